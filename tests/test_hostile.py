"""Nasty texts and names: they reach the engine as what they are, and come back so, or are refused where they stand."""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from segdsl.api import Catalog, SegdslError, load
from segdsl.diagnostics import Source
from segdsl.model.loader import load_model
from segdsl.syntax.parser import parse, parse_value

_BITS = (
    "'", '"', "''", '""', "\\", "\\\\", "\\'", '\\"', "`", "--", "-- x", "/*", "*/", "/* x */", "#", "##",
    "# x", ";", "; --",
    "$$", "$a$", "$1", "?", ":x", ":now", "{x}", "{{x}}", "${HOME}", "%", "%s", "%%", "%x%", "_", "\\n", "\\0", "\\x00",
    "&amp;", "<b>", "[red]", "[/]", "[x]", "*", "?*", "!", "@x", "(", ")", "()", "{", "}", ",", ".", "..",
    "a.b", "a..b", "=",
    "+", "-", "|", "||", "&&", "^", "~", "§", "€", "ß", "İ", "ı", "ſ", "ﬁ", "é", "e\u0301", "Å", "Å", "名前",
    "عربى", "עברית",
    "\u202eabc", "\u202dabc", "\u2066x\u2069", "\u200fx", "\u200ex", "\u200b", "a\u200bb", "\u200d", "\ufeff", "\u00a0",
    "\u00ad", "\u2028", "\u2029", "\u3000", "\ufffd", "\uffff", "\ufdd0", "😀", "👩\u200d👩\u200d👧", "🏳️\u200d🌈",
    "𝒳", "𠜎", "\U0010ffff",
    "\U000e0001", "²", "٣", "Ⅷ", "½",
)  # fmt: skip
_WORDS = (
    "null", "NULL", "true", "select", "from", "SELECT", "key", "at", "segment", "t", "c", "members", "main", "temp",
    "unknown", "known", "count", "order", "customer", "nan", "inf", "1", "0", "-1", "1.0", "1e5", "007",
    "2026-01-31", "t1",
    "rows", "value", "segdsl_evaluation_1", "database", "rowid", "rownum", "__x__", "a b", " a", "a ", "  ", "A", "a",
)  # fmt: skip
_ATTACKS = (
    "' OR 1=1 --", "\\' OR 1=1 --", "a\\' OR 1=1 --", '" OR ""="', "'; DROP TABLE t; --", "x') UNION SELECT 1 --",
    '"; DROP TABLE t; --', "' || (SELECT 1) || '", "x' /* y", "*/ 1 /*", "$$ ; SELECT 1; $$", "E'\\x27'", "U&'\\0027'",
    "X'00'", "' AT TIME ZONE 'x", "'::INT", "1; ATTACH 'x'", "read_csv('x')", "' || getenv('HOME') || '", "%27 OR 1=1",
    "\\u0027", "\\047", "&#39;", "’ OR ’1’=’1", "＇ OR 1=1", "${jndi:ldap://x}", "{{7*7}}", "__proto__", "CON",
    "../../x",
    "line\nbreak", "tab\there", "two\n\nbreaks", "\nfirst", "last\n", "'\n--", '"\n--', "\n-- x\n", "\n/*",
    "\n# x", "\n## x",
    "x" * 300, "'" * 300, '"' * 299, "\\" * 100, "😀" * 60, "é" * 100, "y" * 5000, "-" * 1001, "/*" * 500,
)  # fmt: skip
_MIXED = tuple(
    f"{left}x{right}" for left in ("'", '"', "\\", "/*", "--", "$$", "%") for right in ("'", '"', "\\", "*/", "é")
)
TEXTS = tuple(dict.fromkeys((*_BITS, *_WORDS, *_ATTACKS, *_MIXED)))
# those that can be names: of columns, which engines do not tell apart by case, and in backticks
NAMES = tuple(
    {
        text.casefold(): text
        for text in reversed(TEXTS)
        if not re.search(r"[`\n.\t\u0085\u2028\u2029]|^\s|\s$", text) and len(text) < 600 and text.lower() != "key"
    }.values()
)
CONTROLS = (
    *(chr(code) for code in range(0x20) if chr(code) not in "\n\t"),
    "\x7f",
    "\x80",
    "\x9b",
    "\ud800",
    "\udfff",
)


def quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


def write_rows(path: Path, rows: Sequence[dict[str, Any]], columns: dict[str, pa.DataType]) -> None:
    pq.write_table(pa.Table.from_pylist(list(rows), schema=pa.schema(list(columns.items()))), path)


def catalog(
    folder: Path, model: dict[str, Any], rules: Sequence[str], settings: dict[str, str] | None = None
) -> Catalog:
    (folder / "segdsl.yaml").write_text(yaml.safe_dump(model, sort_keys=False, allow_unicode=False), "utf-8")
    (folder / "rules.seg").write_text("\n".join(rules), "utf-8")
    found = load(folder, settings)
    errors = [item.render() for item in found.check() if item.is_error]
    assert not errors, "\n".join(errors[:3])
    return found


def members(found: Catalog, *names: str) -> dict[str, set[str]]:
    """The keys of the members of every segment and label, or of those named."""
    out: dict[str, set[str]] = {}
    with found.run(names) as result:
        table = result.members
    for segment, key in zip(table["segment"].to_pylist(), table[1].to_pylist(), strict=True):
        out.setdefault(segment, set()).add(str(key))
    return out


@pytest.fixture
def texts(tmp_path: Path) -> dict[str, Any]:
    """A model whose customers each have one of the texts, under its number as key; the last has none."""
    rows = [{"id": str(number), "x": text, "l": [text]} for number, text in enumerate(TEXTS)]
    columns = {"id": pa.string(), "x": pa.string(), "l": pa.list_(pa.string())}
    write_rows(tmp_path / "x.parquet", [*rows, {"id": "none"}], columns)
    attributes = {"x": "text", "l": "list(text)"}
    return {"entities": {"customer": {"table": "x.parquet", "key": "id", "attributes": attributes}}}


def keys(*wanted: str) -> set[str]:
    return {str(TEXTS.index(text)) for text in wanted}


def test_there_are_enough_of_them() -> None:
    assert len(TEXTS) >= 200
    assert len(NAMES) >= 150


# ---------------------------------------------------------------- texts


def test_texts_in_rules(tmp_path: Path, texts: dict[str, Any]) -> None:
    rules: list[str] = []
    expected: dict[str, set[str]] = {}
    for number, text in enumerate(TEXTS):
        rules.append(f"segment equal_{number} = x = {quoted(text)}")
        expected[f"equal_{number}"] = keys(text)
        rules.append(f"segment lists_{number} = l contains {quoted(text)}")
        expected[f"lists_{number}"] = keys(text)
        if number % 4 == 0:
            rules.append(f"segment within_{number} = x contains {quoted(text)}")
            expected[f"within_{number}"] = keys(*(one for one in TEXTS if text in one))
            rules.append(f"segment starts_{number} = x starts with {quoted(text)}")
            expected[f"starts_{number}"] = keys(*(one for one in TEXTS if one.startswith(text)))
            rules.append(f"segment ends_{number} = x ends with {quoted(text)}")
            expected[f"ends_{number}"] = keys(*(one for one in TEXTS if one.endswith(text)))
            rules.append(f"segment less_{number} = x < {quoted(text)}")
            expected[f"less_{number}"] = keys(*(one for one in TEXTS if one < text))
    found = members(catalog(tmp_path, texts, rules))
    for name, wanted in expected.items():
        assert found.get(name, set()) == wanted, (name, TEXTS[int(name.rpartition("_")[2])])


def test_texts_as_patterns_params_and_among_others(tmp_path: Path, texts: dict[str, Any]) -> None:
    rules: list[str] = []
    expected: dict[str, set[str]] = {}
    settings: dict[str, str] = {}
    for number, text in enumerate(TEXTS):
        pattern = re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text)
        if len(pattern) < 600:  # RE2 has a bound on what it builds
            rules.append(f"segment pattern_{number} = x matches {quoted(f'^{pattern}$')}")
            expected[f"pattern_{number}"] = keys(text)
        rules.append(f'param p_{number} = "param"')
        rules.append(f"segment set_{number} = x = p_{number}")
        settings[f"p_{number}"] = quoted(text)
        expected[f"set_{number}"] = keys(text)
    rules.append(f"segment any_of = x in ({', '.join(quoted(text) for text in TEXTS[::2])})")
    expected["any_of"] = keys(*TEXTS[::2])
    rules.append(f"segment other = x not in ({', '.join(quoted(text) for text in TEXTS)})")
    expected["other"] = {"none"}
    found = members(catalog(tmp_path, texts, rules, settings))
    for name, wanted in expected.items():
        assert found.get(name, set()) == wanted, name


def test_texts_as_values_keys_and_seeds(tmp_path: Path) -> None:
    rows = [{"id": text, "x": text} for text in TEXTS]
    write_rows(tmp_path / "x.parquet", rows, {"id": pa.string(), "x": pa.string()})
    closed = {"x": {"type": "text", "values": list(TEXTS)}}
    model = {"entities": {"customer": {"table": "x.parquet", "key": "id", "attributes": closed}}}
    rules = ["segment all = x is known", "segment long = length(x) > 100"]
    rules += [f"segment v_{number} = x = {quoted(text)}" for number, text in enumerate(TEXTS)]
    rules += [f"segment s_{number} = sample(50%, {quoted(text)})" for number, text in enumerate(TEXTS[::8])]
    found = members(catalog(tmp_path, model, rules))
    assert found["all"] == set(TEXTS)
    assert found["long"] == {text for text in TEXTS if len(text) > 100}
    assert all(found[f"v_{number}"] == {text} for number, text in enumerate(TEXTS))
    for number, seed in enumerate(TEXTS[::8]):
        digests = {text: hashlib.md5(f"{seed}/{text}".encode(), usedforsecurity=False).hexdigest() for text in TEXTS}
        assert found[f"s_{number}"] == {text for text, digest in digests.items() if int(digest[:8], 16) < 2**31}


def test_compiled_sql_gives_what_a_run_gives(tmp_path: Path, texts: dict[str, Any]) -> None:
    texts["name"] = "x\n; SELECT 'no' --"
    rules = [f"segment `{name}` = x = {quoted(name)}" for name in NAMES]
    found = catalog(tmp_path, texts, rules)
    ran = members(found)
    with duckdb.connect() as connection:
        rows = connection.execute(found.compile()).fetchall()
    assert {segment: {key} for segment, key in rows} == ran == {name: keys(name) for name in NAMES}


# ---------------------------------------------------------------- names


def test_names_of_definitions_and_labels(tmp_path: Path, texts: dict[str, Any]) -> None:
    rules = [f"segment `{name}` = x = {quoted(name)}" for name in NAMES]
    rules.append("segmentation tier {")
    rules += [f"  `{name}` when `{name}`" for name in NAMES]
    rules.append("}")
    rules += [f"segment again_{number} = tier = `{name}` and tier.`{name}`" for number, name in enumerate(NAMES)]
    found = catalog(tmp_path, texts, rules)
    by_segment = members(found)
    for number, name in enumerate(NAMES):
        assert by_segment[name] == by_segment[f"tier.{name}"] == by_segment[f"again_{number}"] == keys(name), name
    assert found.text(NAMES[0]).startswith("segment ")
    with found.run([*NAMES[:50], "tier"], layout="wide") as result:
        wide = result.wide
        assert wide.column_names[1:] == [*NAMES[:50], "tier"]
        assert set(wide["tier"].to_pylist()) == {*NAMES, None}
        for ending in ("csv", "parquet", "duckdb"):
            assert result.write(tmp_path / f"o'ut \" -- {ending}.{ending}", "wide") == len(TEXTS) + 1
    with (tmp_path / "o'ut \" -- csv.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == wide.column_names
    assert {row[-1] for row in rows} == {*NAMES, ""}


def test_names_of_attributes_and_columns(tmp_path: Path) -> None:
    columns = {name: pa.string() for name in NAMES}
    values = [{name: f"{name}{row}" for name in NAMES} for row in range(2)]
    rows = [{"key_": str(row)} | value for row, value in enumerate(values)]
    write_rows(tmp_path / "x.parquet", rows, {"key_": pa.string()} | columns)
    with (tmp_path / "x.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["key_", *NAMES], quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows(rows)
    rules = [f"segment a_{number} = `{name}` = {quoted(name + '1')}" for number, name in enumerate(NAMES)]
    for table in ("x.parquet", "x.csv"):
        attributes: dict[str, Any] = dict.fromkeys(NAMES, "text")
        model: dict[str, Any] = {"entities": {"who": {"table": table, "key": "key_", "attributes": attributes}}}
        found = members(catalog(tmp_path, model, rules))
        assert found == {f"a_{number}": {"1"} for number in range(len(NAMES))}
    # a column by another name than the attribute, and names that no rule could write plainly
    mapped: dict[str, Any] = {f"a{number}": {"column": name, "type": "text"} for number, name in enumerate(NAMES)}
    model = {"entities": {"who": {"table": "x.parquet", "key": "key_", "attributes": mapped}}}
    rules = [f"segment a_{number} = a{number} = {quoted(name + '1')}" for number, name in enumerate(NAMES)]
    assert members(catalog(tmp_path, model, rules)) == {f"a_{number}": {"1"} for number in range(len(NAMES))}


def test_names_of_events_fields_entities_files_and_tables(tmp_path: Path) -> None:
    # DuckDB can read no glob in a folder where a name starts with a backslash; a `*` in a name makes it one
    names = [name for name in NAMES if not re.search(r"/|^package:|^\\", name) and len(name.encode()) < 200]
    assert len(names) > 130
    schema = {"id": pa.string(), "at_": pa.timestamp("us"), "f": pa.int64()}
    (tmp_path / "data").mkdir()
    database = duckdb.connect(str(tmp_path / "d'ata.duckdb"))
    for number, name in enumerate(names):
        rows = [{"id": "a", "at_": 0, "f": number}] * 2 + [{"id": "b", "at_": 0, "f": number}]
        if "${" not in name:
            write_rows(tmp_path / "data" / f"{name}.parquet", rows, schema)
        table = pa.Table.from_pylist(rows, schema=pa.schema(list(schema.items())))
        database.register("given", table)
        database.execute(f'CREATE TABLE "{name.replace(chr(34), chr(34) * 2)}" AS FROM given')
        database.unregister("given")
    database.close()
    expected = {f"e_{number}": {"a"} for number in range(len(names))}
    for place in ("file", "tables", "database"):
        events: dict[str, Any] = {}
        rules: list[str] = []
        for number, name in enumerate(names):
            rows_of: dict[str, str] = {"table": name}
            if place == "file":
                rows_of = {"table": f"data/{name}.parquet" if "${" not in name else f"data/{names[0]}.parquet"}
            elif (number % 2) if place == "tables" else re.search(r"[*?\\]|\$\{", name):  # which mean files
                escaped = name.replace('"', '""')
                rows_of = {"sql": f'SELECT * FROM "{escaped}"'}
            field = {name if name != "at" else "f": {"column": "f", "type": "int"}}
            events[name] = rows_of | {"of": 'it\'s "me" --', "key": "id", "time": "at_", "fields": field}
            value = 0 if place == "file" and "${" in name else number
            rules.append(f"segment e_{number} = count(`{name}`) = 2 and max(`{name}`.`{next(iter(field))}`) = {value}")
        entity: dict[str, Any] = {"key": "id", "sql": "SELECT 'a' AS id UNION ALL SELECT 'b'"}
        model: dict[str, Any] = {"as_of": "2026-01-01", "entities": {'it\'s "me" --': entity}, "events": events}
        if place == "tables":
            files = {name: f"data/{name}.parquet" for name in names if "${" not in name}
            missing = {name: f"data/{names[0]}.parquet" for name in names if "${" in name}
            model["tables"] = files | missing
            rules = [rule for rule, name in zip(rules, names, strict=True) if name not in missing]
        if place == "database":
            model["database"] = "d'ata.duckdb"
        found = catalog(tmp_path, model, rules)
        wanted = [name for name in expected if any(f" {name} " in rule for rule in rules)]
        for start in range(0, len(wanted), 16):  # joins of very many tables are slow
            some = wanted[start : start + 16]
            assert members(found, *some) == {name: expected[name] for name in some}


# ---------------------------------------------------------------- what cannot be


@pytest.mark.parametrize("char", CONTROLS, ids=lambda char: f"U+{ord(char):04X}")
def test_control_characters_are_refused_where_they_stand(char: str) -> None:
    for text, column in ((f'segment s = x = "ab{char}c"', 20), (f"segment `a{char}b` = x", 11)):
        (found,) = parse(Source("rules.seg", text)).diagnostics
        assert (found.code, found.span and found.span.column) == ("SEG111", column)
        assert char not in found.message
    _, (found,) = parse_value(Source("--set x", f"'{char}'"))
    assert (found.code, found.span and found.span.column) == ("SEG111", 2)


@pytest.mark.parametrize("place", ["column", "values", "table", "sql", "name", "tables", "key"])
def test_control_characters_are_refused_in_models(place: str) -> None:
    texts = {one: f"{one}\0" if one == place else one for one in ("column", "values", "name", "tables", "key")}
    rows = {"sql": "SELECT '\0'" if place == "sql" else "SELECT 1"}
    attributes = {"x": {"column": texts["column"], "type": "text", "values": [texts["values"]]}}
    model = {
        "name": texts["name"],
        "tables": {texts["tables"]: "x.csv"},
        "entities": {
            "customer": ({"table": "x\0.csv"} if place == "table" else rows)
            | {"key": texts["key"], "attributes": attributes}
        },
    }
    found, diagnostics = load_model(Source("segdsl.yaml", yaml.safe_dump(model)))
    assert found is None
    assert "SEG603" in {item.code for item in diagnostics}


def test_an_expression_cannot_hold_half_a_character(tmp_path: Path, texts: dict[str, Any]) -> None:
    found = catalog(tmp_path, texts, ["segment s = x is known"])
    with pytest.raises(SegdslError):
        found.run(expression='x = "\udcff"')
    with pytest.raises(SegdslError):
        found.run(["\udcff"])
    with pytest.raises(SegdslError):
        found.run(as_of="\udcff")
