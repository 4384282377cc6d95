"""Columns whose values are not quite what the model says they are."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow
import pytest
from sqlglot import exp

from segdsl.api import SegdslError, load
from segdsl.diagnostics import Diagnostic
from segdsl.engines.describe import describe_model
from segdsl.engines.measure import measure_model
from segdsl.engines.reading import ROWS, Reading
from segdsl.engines.sources import SAMPLE
from segdsl.model.schema import PartName, Rows, Schema
from segdsl.sql import build, sql_text
from segdsl.types import INT
from tests.benches import BENCHES, Benches
from tests.engine import load as model_of

COPIES = {"c.json": "(FORMAT json, ARRAY)", "c.parquet": "(FORMAT parquet)"}


def make(folder: Path, columns: str, type_: str, table: str = "c.csv", rule: str = "trait x = score") -> Path:
    """A catalog that reads an attribute `score` of a file whose lines are given."""
    (folder / "data").mkdir(exist_ok=True)
    (folder / "data" / "c.csv").write_text(columns)
    for name, copied in COPIES.items():
        source, target = folder / "data" / "c.csv", folder / "data" / name
        duckdb.sql(f"COPY (FROM read_csv('{source}', all_varchar = true)) TO '{target}' {copied}")
    (folder / "segdsl.yaml").write_text(
        f"as_of: 2026-01-01\nentities:\n  customer: {{table: data/{table}, key: id, attributes: {{score: {type_}}}}}\n"
    )
    (folder / "rules.seg").write_text(rule)
    return folder


def refused(folder: Path) -> Diagnostic:
    with pytest.raises(SegdslError) as caught:
        load(folder).run(layout="wide")
    (found,) = caught.value.diagnostics
    return found


# ---------------------------------------------------------------- values that cannot be read


@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [("decimal", "n/a", "a number"), ("decimal", "a, b", "a number"), ("decimal", "it's", "a number")],
)
def test_a_value_of_a_csv_is_told_with_its_line(tmp_path: Path, type_: str, value: str, expected: str) -> None:
    found = refused(make(tmp_path, f'id,score\n1,3.5\n2,"{value}"\n', type_))
    assert (found.code, found.message) == (
        "SEG723",
        f"column `score` (attribute `score` of entity `customer`) has `{value}` in line 3 of `data/c.csv`, "
        f"expected {expected}",
    )
    assert found.span is not None
    assert found.span.source.text[found.span.start : found.span.end] == type_


def test_a_time_in_a_format_of_its_own_is_told_how_to_be_read(tmp_path: Path) -> None:
    rows = pyarrow.table({"id": [1], "at": ["13.01.2026"]})
    (tmp_path / "segdsl.yaml").write_text(
        "entities: {customer: {key: id, from_events: true}}\n"
        "events: {order: {of: customer, table: orders, key: id, time: at}}\n"
    )
    (tmp_path / "rules.seg").write_text("segment s = any(order)\n")
    with pytest.raises(SegdslError) as error:
        load(tmp_path).run(data={"orders": rows})
    found = error.value.diagnostics[0]
    assert found.code == "SEG723"
    assert 'strptime("at", \'%d.%m.%Y\') AS "at"' in (found.help or "")


@pytest.mark.parametrize("table", ["c.csv", "c.json", "c.parquet"])
@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [
        ("int", "n/a", "a whole number"),
        ("decimal", "n/a", "a number"),
        ("date", "2026-02-31", "a day as `2026-03-31`"),
        ("timestamp", "2026-02-31 10:00", "a time as `2026-03-31 18:30`"),
        ("date", "soon", "a day as `2026-03-31`"),
        ("timestamp", "soon", "a time as `2026-03-31 18:30`"),
        ("timestamp", "2026-02-31T10:00:00Z", "a time as `2026-03-31 18:30`"),
        ("timestamp", "2026-02-28 10:00+2", "a time as `2026-03-31 18:30`"),
        ("timestamp", "2026-02-28 10:00 Mars/Base", "a time as `2026-03-31 18:30`"),
        ("date", "2026-02-31T10:00:00 UTC", "a day as `2026-03-31`"),
        ("bool", "maybe", "`true` or `false`"),
    ],
)
def test_a_value_is_told_with_its_column(tmp_path: Path, type_: str, value: str, expected: str, table: str) -> None:
    found = refused(make(tmp_path, f"id,score\n1,\n2,{value}\n", type_, table))
    place = " in line 3 of `data/c.csv`" if table == "c.csv" else ""
    assert (found.code, found.message) == (
        "SEG723",
        f"column `score` (attribute `score` of entity `customer`) has `{value}`{place}, expected {expected}",
    )
    assert found.span is not None


def test_what_is_advised_helps(tmp_path: Path) -> None:
    folder = make(tmp_path, "id,score\n1,3.5\n2,n/a\n", "decimal")
    assert "`SELECT *, nullif(score, 'n/a') AS known_score FROM …`" in str(refused(folder).help)
    (folder / "segdsl.yaml").write_text(
        "as_of: 2026-01-01\ntables: {raw: data/c.csv}\nentities:\n  customer:\n"
        "    sql: SELECT *, nullif(score, 'n/a') AS known_score FROM raw\n    key: id\n"
        "    attributes: {score: {column: known_score, type: decimal}}\n"
    )
    with load(folder).run(layout="wide") as result:
        assert result.wide["x"].to_pylist() == [3.5, None]
    # and goes on to, where no row has that value
    (folder / "data" / "c.csv").write_text("id,score\n1,3.5\n2,4\n")
    with load(folder).run(layout="wide") as result:
        assert result.wide["x"].to_pylist() == [3.5, 4]


@pytest.mark.parametrize("word", ["n/a", ""])
def test_what_is_held_against_a_word_keeps_its_zeros(tmp_path: Path, word: str) -> None:
    folder = make(tmp_path, f"id,score\n1,01067\n2,{word}\n", "text")
    (folder / "segdsl.yaml").write_text(
        "as_of: 2026-01-01\ntables: {raw: data/c.csv}\nentities:\n  customer:\n"
        "    sql: SELECT id, nullif(nullif(score, 'n/a'), '-') AS score FROM raw\n    key: id\n"
        "    attributes: {score: text}\n"
    )
    with load(folder).run(layout="wide") as result:
        assert result.wide["x"].to_pylist() == ["01067", None]


def test_what_is_compared_beside_a_word_does_not_go_by_letters(tmp_path: Path) -> None:
    folder = make(tmp_path, "id,score\n1,9\n1,10\n2,8\n", "int")
    (folder / "data" / "p.csv").write_text("id,score\n1,n/a\n2,gold\n")

    def top(of: str, where: str) -> list[int]:
        (folder / "segdsl.yaml").write_text(
            "as_of: 2026-01-01\ntables: {raw: data/c.csv, p: data/p.csv}\nentities:\n  customer:\n"
            f"    sql: SELECT raw.id, max({of}) AS top FROM raw JOIN p ON p.id = raw.id WHERE {where} GROUP BY 1\n"
            "    key: id\n    attributes: {score: {column: top, type: int}}\n"
        )
        with load(folder).run(layout="wide") as result:
            return list(result.wide["x"].to_pylist())

    assert top("raw.score", "nullif(p.score, 'n/a') IS NULL OR p.score = 'gold'") == [10, 8]
    with pytest.raises(SegdslError, match="Could not convert string 'n/a'"):
        top("nullif(raw.score, 'n/a')", "true")


WRITTEN: list[tuple[str, str, str, object]] = [  # type, value, what is said of the way, and what it is
    ("decimal", "12,50", "", 12.5),
    ("decimal", "-1.019,90", "", -1019.9),
    ("decimal", "$1,234.50", "", 1234.5),
    ("decimal", "12,50 €", "", 12.5),
    ("decimal", "1,500", "decimal one", 1.5),
    ("decimal", "1,500", "sets thousands apart", 1500),
    ("int", "1,500", "sets thousands apart", 1500),
    ("int", "1,500,000", "", 1_500_000),
    ("date", "03.04.1990", "", dt.date(1990, 4, 3)),
    ("date", "03.04.90", "", dt.date(1990, 4, 3)),
    ("date", "03/04/1990", "month comes first", dt.date(1990, 3, 4)),
    ("date", "03/04/1990", "day comes first", dt.date(1990, 4, 3)),
    ("date", "25/04/1990 8:30", "", dt.date(1990, 4, 25)),
    ("date", "Jan 5, 2025", "", dt.date(2025, 1, 5)),
    ("timestamp", "03.04.2025 18:30", "", dt.datetime(2025, 4, 3, 18, 30)),
    ("timestamp", "4/25/2025 8:30:05 PM", "", dt.datetime(2025, 4, 25, 20, 30, 5)),
]


@pytest.mark.parametrize("column", ["score", "Created at", "order"])
@pytest.mark.parametrize(("type_", "value", "way", "meant"), WRITTEN)
def test_what_is_advised_reads_values_of_a_format_of_their_own(
    tmp_path: Path, type_: str, value: str, way: str, meant: object, column: str
) -> None:
    folder = make(tmp_path, f'id,{column}\n1,\n2,"{value}"\n', f'{{column: "{column}", type: {type_}}}', "c.parquet")
    catalog = load(folder)
    told = [item for item in measure_model(catalog.model, catalog.root).diagnostics if item.code == "SEG738"]
    for found in (refused(folder), *told):
        made = re.findall(r"`(SELECT [^`]*)`([^,`]*)", found.help or "")
        (select,) = [sql for sql, of in made if way in of]
        name = re.search(r"`column: ([^`]*)`", found.help or "")
        (folder / "segdsl.yaml").write_text(
            "as_of: 2026-01-01\ntables: {raw: data/c.parquet}\nentities:\n  customer:\n"
            f"    sql: {select.replace('…', 'raw')}\n    key: id\n"
            f'    attributes: {{score: {{column: "{name.group(1) if name else column}", type: {type_}}}}}\n'
        )
        with load(folder).run(layout="wide") as result:
            assert result.wide["x"].to_pylist() == [None, meant]


@pytest.mark.parametrize(("value", "meant"), [("12,50", 12.5), ("1.019,90", 1019.9)])
def test_what_is_advised_reads_numbers_of_a_csv(tmp_path: Path, value: str, meant: float) -> None:
    folder = make(tmp_path, f'id,score\n1,\n2,"{value}"\n', "decimal")
    (select,) = re.findall(r"`(SELECT [^`]*)`", refused(folder).help or "")
    (folder / "segdsl.yaml").write_text(
        "as_of: 2026-01-01\ntables: {raw: data/c.csv}\nentities:\n  customer:\n"
        f"    sql: {select.replace('…', 'raw')}\n    key: id\n"
        "    attributes: {score: {column: score_number, type: decimal}}\n"
    )
    with load(folder).run(layout="wide") as result:
        assert result.wide["x"].to_pylist() == [None, meant]


def test_a_comma_that_is_read_as_a_point_leaves_points_alone(tmp_path: Path) -> None:
    # a column that has both: 12.50 must not become 1250
    folder = make(tmp_path, 'id,score\n1,12.50\n2,"12,50"\n', "decimal")
    assert "replace(score, ',', '.')" in (refused(folder).help or "")


def test_a_key_behind_the_rows_that_were_looked_at(tmp_path: Path) -> None:
    lines = "".join(f"{number},1\n" for number in range(SAMPLE + 5000))
    folder = make(tmp_path, f"id,score\n{lines}x,2\n", "int")
    found = refused(folder)
    assert (found.code, found.message, found.help) == (
        "SEG723",
        "column `id` (`key` of entity `customer`) has `x` in line 105,002 of `data/c.csv`, expected a whole number",
        "state the key as text: `{column: id, type: text}`",
    )
    text = (folder / "segdsl.yaml").read_text()
    (folder / "segdsl.yaml").write_text(text.replace("key: id", "key: {column: id, type: text}"))
    with load(folder).run(layout="wide") as result:
        assert result.wide.num_rows == SAMPLE + 5001


WHOLE, DIGITS = "a whole number or a length of time beyond 64 bits", "a number with more digits than fit"


@pytest.mark.parametrize(("type_", "large", "rule", "kind"), [
    ("decimal", "0.0000000001", "12h / score", WHOLE), ("int", "9000000000000000000", "score * 12h", WHOLE),
    ("int", "9000000000000000000", "score * score", WHOLE), ("int", "9000000000000000000", "score + score", WHOLE),
    ("decimal", "900000000000000000", "score * score * 0.01", DIGITS),
])  # fmt: skip
def test_what_outgrows_a_number_is_told_with_what_to_do(
    tmp_path: Path, type_: str, large: str, rule: str, kind: str
) -> None:
    found = refused(make(tmp_path, f"id,score\n1,1\n2,{large}\n", type_, rule=f"trait x = {rule}"))
    assert found.code == "SEG710"
    assert found.message.startswith(f"the evaluation: {kind}: ")
    assert "`segdsl run NAME`" in (found.help or "")


def test_what_would_outgrow_a_number_can_be_left_out(tmp_path: Path) -> None:
    rule = "trait x = case when score > 0.01 then 12h / score end"
    with load(make(tmp_path, "id,score\n1,1\n2,0.0000000001\n", "decimal", rule=rule)).run(layout="wide") as result:
        assert sorted(result.wide["x"].to_pylist(), key=str)[0] == dt.timedelta(hours=12)
        assert result.wide["x"].null_count == 1


# ---------------------------------------------------------------- keys


@pytest.mark.parametrize(("of_entity", "of_event"), [("UUID", "VARCHAR"), ("VARCHAR", "UUID"), ("UUID", "UUID")])
def test_keys_that_are_uuids_meet_texts(tmp_path: Path, of_entity: str, of_event: str) -> None:
    known, other = "00000000-0000-0000-0000-00000000000a", "00000000-0000-0000-0000-00000000000b"
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as connection:
        connection.execute(f"CREATE TABLE c AS SELECT unnest(['{known}', '{other}'])::{of_entity} AS id")
        strangers = f"'{known}', 'nobody'" if of_event == "VARCHAR" else f"'{known}'"
        connection.execute(
            f"CREATE TABLE o AS SELECT unnest([{strangers}])::{of_event} AS id, DATE '2026-01-01' AS at,"
            f" '{known}'::UUID AS field"
        )
        if of_entity == "VARCHAR":
            connection.execute("INSERT INTO c VALUES ('nobody')")
    (tmp_path / "segdsl.yaml").write_text(
        "as_of: 2026-01-02\ndatabase: shop.duckdb\nentities:\n"
        "  customer: {table: c, key: id}\n  seen: {key: id, from_events: true}\n"
        "events:\n  order: {of: customer, table: o, key: id, time: at, fields: {field: text}}\n"
        "  visit: {of: seen, table: o, key: id, time: at}\n"
    )
    (tmp_path / "rules.seg").write_text(
        f'segment s = any(order where field = "{known}")\nsegment v of seen = count(visit) >= 1\n'
    )
    catalog = load(tmp_path)
    with catalog.run(["s"], save=True) as result:
        assert result.members.to_pydict() == {"segment": ["s"], "id": [known]}
    with catalog.run(["v"]) as result:
        assert known in result.members["id"].to_pylist()
    assert [stay.segment for stay in catalog.history.member(known)] == ["s"]
    assert catalog.explain("s", known).value is True


# ---------------------------------------------------------------- fractions that are stated as whole numbers

FRACTIONS = "id,score\n1,2.5\n2,3.5\n3,-2.5\n4,1.4\n5,\n6,2.0\n"


@pytest.mark.parametrize("type_", ["DOUBLE", "FLOAT", "DECIMAL(9, 2)", "VARCHAR"])
def test_fractions_are_rounded_as_the_language_does(tmp_path: Path, type_: str) -> None:
    folder = make(tmp_path, FRACTIONS, "int", "typed.parquet", "trait x = score\nsegment s = score >= 3")
    source, target = folder / "data" / "c.csv", folder / "data" / "typed.parquet"
    duckdb.sql(f"COPY (SELECT id, score::{type_} AS score FROM read_csv('{source}')) TO '{target}'")
    with load(folder).run(layout="wide") as result:
        assert result.wide["x"].to_pylist() == [3, 4, -3, 1, None, 2]
        assert str(result.wide.schema.field("x").type) == "int64"
        assert result.wide["s"].to_pylist() == [True, True, False, False, False, False]


def test_fractions_of_a_csv_are_told(tmp_path: Path) -> None:
    folder = make(tmp_path, FRACTIONS, "int")
    with load(folder).run(layout="wide") as result:
        assert result.wide["x"].to_pylist() == [3, 4, -3, 1, None, 2]
    catalog = load(folder)
    (found,) = measure_model(catalog.model, catalog.root).diagnostics
    assert (found.code, found.severity, found.message) == (
        "SEG724",
        "warning",
        "attribute `score` of entity `customer` is stated as `int`, but 4 rows hold a fraction, as -2.5",
    )
    assert found.span is not None
    make(tmp_path, "id,score\n1,2.0\n2,\n3,5\n", "int")
    assert measure_model(catalog.model, catalog.root).diagnostics == ()


# SQLite has no decimals: numbers of tables come there as they are stored
@pytest.mark.parametrize("name", [name for name in BENCHES if name != "sqlite"])
def test_every_engine_rounds_them_so(benches: Benches, name: str) -> None:
    part: PartName = ("entity", "customer")
    rows = {"table": "customer", "key": "id", "attributes": {"score": "int"}}
    model = model_of({"entities": {"customer": rows}, "as_of": "2026-01-01"})
    values = [None if text is None else Decimal(text) for text in ("2.5", "3.5", "-2.5", "1.4", None, "2")]
    table = pyarrow.table({"id": [1, 2, 3, 4, 5, 6], "score": pyarrow.array(values, pyarrow.decimal128(38, 10))})
    with benches(name).opened({"customer": table}) as engine:
        schema, _ = describe_model(model, engine)
        floating = exp.cast(exp.column("score", quoted=True), "DOUBLE")
        columns = (exp.column("id", quoted=True), build.alias(floating, "score"))
        tree = build.select(*columns).from_(schema.tree(part), copy=False).subquery()
        for found in (schema, Schema({part: Rows({"id": "BIGINT", "score": "DOUBLE"}, tree)})):
            reading = Reading(model, found, engine, dt.datetime(2026, 1, 1))
            read = [reading.key(part, "id", INT), reading.typed(part, "score", INT)]
            select = build.select(*(build.alias(value, f"v{n}") for n, value in enumerate(read)))
            select = select.from_(exp.alias_(found.tree(part), ROWS, table=True, quoted=True), copy=False)
            fetched = sorted(engine.fetch(sql_text(select, engine.dialect), "the rows"))
            assert [tuple(row) for row in fetched] == [(1, 3), (2, 4), (3, -3), (4, 1), (5, None), (6, 2)]
        assert [item.code for item in measure_model(model, Path(), there=engine).diagnostics] == ["SEG724"]
