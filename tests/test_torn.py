"""CSV files that no rows can be made of: which file, which line, and what to do."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow
import pytest
from click.testing import CliRunner

from segdsl.api import SegdslError, load
from segdsl.cli.commands import segdsl as commands
from segdsl.diagnostics import Diagnostic
from segdsl.engines.heads import names_in
from segdsl.engines.lines import line_of
from segdsl.engines.sources import FileRelation

MODEL = """\
as_of: 2026-03-31
tables: {raw: c.csv}
entities:
  customer: {ROWS, key: id, attributes: {name: text}}
"""
TABLE, SELECT = "table: c.csv", "sql: SELECT * REPLACE (upper(name) AS name) FROM raw"
MANY = b"".join(b"%d;n\r\n" % number for number in range(30_000))


def refused(folder: Path, content: bytes, rows: str = TABLE) -> Diagnostic:
    (folder / "segdsl.yaml").write_text(MODEL.replace("ROWS", rows))
    (folder / "c.csv").write_bytes(content)
    (folder / "rules.seg").write_text('segment x = name = "a"\n')
    with pytest.raises(SegdslError) as caught:
        load(folder).run()
    (found,) = caught.value.diagnostics
    assert found.span is not None
    assert found.span.source.text[found.span.start : found.span.end] in rows
    return found


@pytest.mark.parametrize("rows", [TABLE, SELECT])
@pytest.mark.parametrize(
    ("content", "code", "message"),
    [
        (b"id;name\n1;a\n2;M\xfcnchen\n", "SEG725", "line 3 of `c.csv` is not UTF-8, as CSV has to be"),
        (
            b"id;name\r\n" + MANY + b"30001;M\xfcnchen\r\n",
            "SEG725",
            "line 30,002 of `c.csv` is not UTF-8, as CSV has to be",
        ),
        ("id;name\n1;München\n".encode("utf-16"), "SEG725", "`c.csv` is not UTF-8, as CSV has to be"),
        (b"id;name\r\n1;a\r\n2;b\n", "SEG726", "line 3 of `c.csv` ends by LF, those before it by CRLF"),
        (b"id;name\n1;a\n2;b\r\n", "SEG726", "line 3 of `c.csv` ends by CRLF, those before it by LF"),
        (b"id;name\r\n" + MANY + b"30001;a\n", "SEG726", "line 30,002 of `c.csv` ends by LF, those before it by CRLF"),
        (b"id;name\r\n" + MANY + b"30001;a;b\r\n", "SEG727", "line 30,002 of `c.csv` has 3 columns, expected 2"),
        (b"id,name\n1,a\n2,b\n3,c,d\n", "SEG727", "line 4 of `c.csv` has 3 columns, expected 2"),
        (b"id,name\n1,a\n2,b\n3 rows\n", "SEG727", "line 4 of `c.csv` has 1 column, expected 2"),
        (b"id,name,x\n1,a,1,\n2,b,1,\n3,b,1\n", "SEG727", "line 4 of `c.csv` has 3 columns, expected 4"),
        (b"\n\nid,name\n1,a\n2,b,c\n", "SEG727", "line 5 of `c.csv` has 3 columns, expected 2"),
        (b"id,name\n1,a\n2,b\nid,name,x\n3,c,d\n", "SEG727", "line 4 of `c.csv` has 3 columns, expected 2"),
        (b"id;name\n1;a\n2;b\nid,name,x\n3,c,d\n", "SEG727", "line 4 of `c.csv` has 1 column, expected 2"),
        (
            b'id,name\n1,a\n2,"b\n3,c\n',
            "SEG727",
            "line 3 of `c.csv` has a value that begins with a quote and does not end with one",
        ),
        (
            b'id,name\n1,a\n2,"b" c\n3,c\n',
            "SEG727",
            "line 3 of `c.csv` has a value that begins with a quote and does not end with one",
        ),
        (
            b"id;name\r\n" + MANY + b'30001;"a\r\n',
            "SEG727",
            "line 30,002 of `c.csv` has a value that begins with a quote and does not end with one",
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_told(tmp_path: Path, content: bytes, code: str, message: str, rows: str) -> None:
    found = refused(tmp_path, content, rows)
    assert (found.code, found.message) == (code, message)
    assert found.help is not None


def test_two_files_in_one_are_told(tmp_path: Path) -> None:
    found = refused(tmp_path, b"id,name\n1,a\n2,b\nid,name,x\n3,c,d\n")
    assert str(found.help).startswith("it names the columns once more: keep the files apart")


@pytest.mark.parametrize(
    ("above", "line", "lines"),
    [
        (b"Customers\n", 2, "the line above it: `sed -i 1,1d c.csv`"),
        (b"Customers,\n", 2, "the line above it: `sed -i 1,1d c.csv`"),
        (b"Berlin; March\n\n", 3, "the 2 lines above it: `sed -i 1,2d c.csv`"),
        (b"# made by x\n# on 2026-03-31, late\n", 3, "the 2 lines above it: `sed -i 1,2d c.csv`"),
    ],
)
def test_a_title_above_the_columns_is_told(tmp_path: Path, above: bytes, line: int, lines: str) -> None:
    found = refused(tmp_path, above + b"id,name\n1,a\n2,b\n")
    assert (found.code, found.message) == ("SEG727", f"`c.csv` names its columns in line {line}, expected the first")
    assert found.help == f"delete {lines}"
    # where a `sql` reads it, nobody says which columns it has
    (tmp_path / "segdsl.yaml").write_text(MODEL.replace("ROWS", SELECT))
    with pytest.raises(SegdslError):
        load(tmp_path).run()


@pytest.mark.parametrize(("ending", "tool"), [(".gz", "gzip"), (".GZ", "gzip"), (".zst", "zstd")])
def test_a_title_in_a_compressed_file_is_not_cut_out_of_its_bytes(tmp_path: Path, ending: str, tool: str) -> None:
    content = b"Customers\nid,name\n1,a\n2,b\n"
    (tmp_path / f"c.csv{ending}").write_bytes(pyarrow.compress(content, codec=tool, asbytes=True))
    found = refused(tmp_path, content, f"table: c.csv{ending}")
    assert found.message == f"`c.csv{ending}` names its columns in line 2, expected the first"
    assert found.help == (
        f"delete the line above it: `{tool} -dc < c.csv{ending} | sed 1,1d | {tool} > new.csv{ending.lower()}`"
    )


LONG = b"id,name\n" + b"".join(b"%d,%x\n" % (number, number**9) for number in range(5000))
GZIP, ZSTD = gzip.compress(LONG, mtime=0), pyarrow.compress(LONG, codec="zstd", asbytes=True)


@pytest.mark.parametrize(
    ("file", "content", "code"),
    [
        ("c.csv.gz", GZIP[:12], "SEG710"),
        ("c.csv.gz", GZIP[:200], "SEG710"),
        ("c.csv.gz", GZIP[: len(GZIP) // 2], "SEG710"),
        ("c.csv.gz", GZIP[:-20], "SEG710"),
        ("c.csv.gz", GZIP[:60] + b"\xff\xff\xff\xff" + GZIP[64:], "SEG727"),
        ("c.csv.gz", GZIP[:20_000] + b"\xff" * 400 + GZIP[20_400:], "SEG727"),
        ("c.csv.gz", LONG, "SEG710"),
        ("c.csv.zst", ZSTD[:30] + b"\xff\xff" + ZSTD[32:], "SEG710"),
        ("c.csv.zst", LONG, "SEG710"),
    ],
)
def test_a_damaged_file_is_told(tmp_path: Path, file: str, content: bytes, code: str) -> None:
    """Its first lines are looked at before DuckDB reads it, and cannot always be."""
    (tmp_path / "segdsl.yaml").write_text(MODEL.replace("ROWS", TABLE).replace("c.csv", file))
    (tmp_path / file).write_bytes(content)
    (tmp_path / "rules.seg").write_text('segment x = name = "a"\n')
    with pytest.raises(SegdslError) as caught:
        load(tmp_path).run()
    (found,) = caught.value.diagnostics
    assert found.code == code
    assert file in found.message
    # who looks for a value in it, or for a line, finds none
    files = FileRelation((str(tmp_path / file),), "csv")
    assert (line_of([files], "id", "none"), names_in(str(tmp_path / file), ["none"])) == (None, None)


def test_a_file_among_others_has_to_name_the_key(tmp_path: Path) -> None:
    """Every row of it would be left out."""
    table = "table: c*.csv"
    (tmp_path / "c1.csv").write_text("id,name\n1,a\n")
    found = refused(tmp_path, b"2,b\n3,c\n", table)
    assert (found.code, found.message) == ("SEG706", "`c.csv` has no column `id`")
    found = refused(tmp_path, b"Customers,\nid,name\n2,b\n3,c\n", table)
    assert found.message == "`c.csv` names its columns in line 2, expected the first"
    found = refused(tmp_path, b"id,name\n2,b\nid,name,x\n3,c,\n", table)
    assert found.message == "line 3 of `c.csv` has 3 columns, expected 2"


def of_many(folder: Path, select: str, files: dict[str, str]) -> list[str]:
    """What is told of a SELECT over files of two tables, `c*.csv` and `n*.csv`."""
    (folder / "segdsl.yaml").write_text(
        "as_of: 2026-03-31\ntables: {c: c*.csv, n: n*.csv}\n"
        f"entities:\n  customer: {{sql: {select!r}, key: id, attributes: {{name: text}}}}\n"
    )
    (folder / "rules.seg").write_text('segment x = name = "a"\n')
    for name, content in files.items():
        (folder / name).write_text(content)
    return [found.message for found in load(folder).check_data()]


KEYED = {"c1.csv": "k,name\n1,a\n", "c2.csv": "x,name\n2,a\n", "n1.csv": "c,n\n1,5\n", "n2.csv": "no,n\n1,5\n"}


@pytest.mark.parametrize(
    "select",
    [
        "SELECT k AS id, name FROM c",
        "SELECT k AS id, name FROM c, n",
        "SELECT * FROM (SELECT k AS id, name FROM c)",
        "WITH one AS (SELECT k AS id, * FROM c) SELECT id, name FROM one",
        "SELECT 'x' AS id, 'y' AS name UNION ALL SELECT k, name FROM c",
    ],
)
def test_a_file_that_a_sql_reads_among_others_has_to_name_the_key(tmp_path: Path, select: str) -> None:
    assert of_many(tmp_path, select, KEYED) == ["`c2.csv` has no column `k`"]
    titled = KEYED | {"c2.csv": "Report, of\nk,name\n2,a\n"}
    assert of_many(tmp_path, select, titled) == ["`c2.csv` names its columns in line 2, expected the first"]


@pytest.mark.parametrize(
    "select",
    [
        "SELECT coalesce(k, x) AS id, name FROM c",
        "SELECT DISTINCT n.n AS id, name FROM c, n",
        "SELECT DISTINCT 1 AS id, name FROM c",
    ],
)
def test_a_key_that_a_sql_makes_may_be_in_one_file_alone(tmp_path: Path, select: str) -> None:
    assert of_many(tmp_path, select, KEYED) == []


@pytest.mark.parametrize(
    ("heads", "key", "missing"),
    [
        ((",name", ",name"), "column0", None),  # the index that pandas writes
        (("id,id,name", "id,id,name"), "id_1", None),
        ((",name", "column0,name"), "column0", None),
        ((",name", "no,name"), "column0", "c2.csv"),
        (("id,id,name", "id,x,name"), "id_1", "c2.csv"),
    ],
)
def test_a_key_may_have_a_name_that_the_reader_gives(
    tmp_path: Path, heads: tuple[str, str], key: str, missing: str | None
) -> None:
    for number, head in enumerate(heads, 1):
        values = [str(number)] * head.count(",") + ["a"]
        (tmp_path / f"c{number}.csv").write_text(f"{head}\n{','.join(values)}\n")
    model = MODEL.replace("tables: {raw: c.csv}\n", "").replace("ROWS", "table: c*.csv")
    (tmp_path / "segdsl.yaml").write_text(model.replace("key: id", f"key: {key}"))
    (tmp_path / "rules.seg").write_text('segment x = name = "a"\n')
    if missing is None:
        with load(tmp_path).run(["x"]) as result:
            assert [size.members for size in result.sizes] == [2]
        return
    with pytest.raises(SegdslError) as caught:
        load(tmp_path).run()
    (found,) = caught.value.diagnostics
    assert (found.code, found.message) == ("SEG706", f"`{missing}` has no column `{key}`")


def test_the_encoding_is_guessed(tmp_path: Path) -> None:
    assert "`iconv -f WINDOWS-1252 -t UTF-8 c.csv > new.csv`" in str(refused(tmp_path, b"id;name\n1;\xfc\n").help)
    assert "`iconv -f UTF-16 -t UTF-8 c.csv > new.csv`" in str(
        refused(tmp_path, "id;name\n1;ü\n".encode("utf-16")).help
    )


def test_an_end_of_line_inside_quotes_is_no_end_of_a_line(tmp_path: Path) -> None:
    (tmp_path / "segdsl.yaml").write_text(MODEL.replace("ROWS", TABLE))
    (tmp_path / "c.csv").write_bytes(b'id;name\r\n1;"a\nb"\r\n2;c\r\n')
    (tmp_path / "rules.seg").write_text('segment x = name = "c" and nick = "c"\n')
    (tmp_path / "segdsl.yaml").write_text(MODEL.replace("ROWS", TABLE).replace("name: text", "name: text, nick: text"))
    found = load(tmp_path).check_data()
    assert [item.code for item in found] == ["SEG706"]  # not of the ends of its lines


def test_a_day_of_another_format_than_the_others(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("id;name;since\n1;a;2026-01-05\n2;b;13.01.2026\n")
    (tmp_path / "segdsl.yaml").write_text(MODEL.replace("ROWS", TABLE).replace("name: text", "since: date"))
    (tmp_path / "rules.seg").write_text("segment x = since within 90d\n")
    with pytest.raises(SegdslError) as caught:
        load(tmp_path).run()
    assert "has `13.01.2026` in line 3 of `c.csv`, expected a day as `2026-03-31`" in str(caught.value)


def test_a_draft_names_the_file_and_goes_on_with_the_others(tmp_path: Path) -> None:
    source = tmp_path / "export"
    source.mkdir()
    (source / "customers.csv").write_text("id;name\n1;a\n2;b\n3;c\n")
    (source / "people.csv").write_bytes(b"id;name\n1;M\xfcller\n2;b\n")
    orders = "".join(f"{number};{number % 3 + 1};2026-01-0{number}\n" for number in range(1, 9))
    (source / "orders.csv").write_text(f"order_id;customer_id;ordered_at\n{orders}")
    done = CliRunner().invoke(commands, ["init", str(tmp_path / "new"), "--from", str(source)])
    assert done.exit_code == 0, done.output
    assert "people: cannot be read: line 2 of `export/people.csv` is not UTF-8" in done.output
    assert "entity customer: customers, key id, 3 rows" in done.output
