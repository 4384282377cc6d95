"""What a CSV means does not hang on the rows that DuckDB looks at first: each value is read by itself."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from segdsl.api import SegdslError, load
from segdsl.diagnostics import Diagnostic
from segdsl.engines import sources, texts
from segdsl.engines.measure import measure_model

FEW = 2048  # rows that are looked at, where a test has values behind them


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (sources, texts):
        monkeypatch.setattr(module, "SAMPLE", FEW)


def make(folder: Path, type_: str, rows: Iterable[object], key: str = "id", table: str = "table: c.csv") -> Path:
    """A catalog with an attribute `x` of a file with these values, each of a customer 1, 2, …"""
    lines = "".join(f"{number},{value}\n" for number, value in enumerate(rows, 1))
    (folder / "c.csv").write_text(f"id,x\n{lines}")
    (folder / "segdsl.yaml").write_text(
        "timezone: Europe/Berlin\nas_of: 2026-03-31\ntables: {raw: c.csv}\n"
        f"entities:\n  customer: {{{table}, key: {key}, attributes: {{x: {type_}}}}}\n"
    )
    (folder / "rules.seg").write_text("trait y = x\n")
    return folder


def values(folder: Path) -> list[Any]:
    with load(folder).run(["y"], layout="wide") as result:
        found: list[Any] = result.wide.sort_by("id")["y"].to_pylist()
        return found


def refused(folder: Path) -> Diagnostic:
    with pytest.raises(SegdslError) as caught:
        values(folder)
    (found,) = caught.value.diagnostics
    return found


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


# ---------------------------------------------------------------- rows and quotes


def test_a_row_that_starts_with_a_hash_is_no_comment(tmp_path: Path) -> None:
    folder = make(tmp_path, "text", ())
    (folder / "c.csv").write_text("id,x\n#1001,a\n#1002,b\n1003,c\n1004,d\n")
    assert values(folder) == ["a", "b", "c", "d"]


def test_the_first_quotes_may_come_late(tmp_path: Path) -> None:
    late = ['"Müller"', '"Smith, John"', '"a ""b"""', '""', "'x'"]
    found = values(make(tmp_path, "text", ["Ann"] * 2 * FEW + late))
    assert found[2 * FEW :] == ["Müller", "Smith, John", 'a "b"', None, "'x'"]


def test_apostrophes_are_no_quotes(tmp_path: Path) -> None:
    assert values(make(tmp_path, "text", ["'a'", "'b'"])) == ["'a'", "'b'"]


@pytest.mark.parametrize(
    "written",
    [
        "id,x\n1,a\n2,b\n",
        "\n\nid,x\n1,a\n2,b\n",
        "  \nid,x\n1,a\n2,b\n",
        "sep=;\nid;x\n1;a\n2;b\n",
        "\ufeffsep=\t\r\n\r\nid\tx\r\n1\ta\r\n2\tb\r\n",
        "id|x\r1|a\r2|b\r",
        '\ufeff"id","x","so, and\n""so"""\n1,a,\n2,b,\n',
        "id;x;so, and so\n1;a;\n2;b;\n",
        "id,x\n1,a,\n2,b,\n",
        'x, "id"\na, 1\n"b" , "2"\n',
        "id,x\n\n1,a\n\n2,b\n\n",
    ],
)
@pytest.mark.parametrize("ending", [".csv", ".csv.gz", ".csv.zst", ".csv.GZ", ".CSV.Zst"])
def test_how_a_csv_may_begin(tmp_path: Path, written: str, ending: str) -> None:
    import pyarrow

    folder = make(tmp_path, "text", (), table=f"table: d{ending}")
    compression = {".gz": "gzip", ".zst": "zstd"}.get(ending.casefold()[4:])
    stream = pyarrow.output_stream(folder / f"d{ending}", compression=compression)
    with stream:
        stream.write(written.encode())
    assert values(folder) == ["a", "b"]


def test_each_file_has_its_own_form(tmp_path: Path) -> None:
    folder = make(tmp_path, "text", (), table='table: "d/*.csv"')
    (folder / "d").mkdir()
    files = ["id,x\n1,a\n", "", "sep=;\nx;id;z\nb;2;\n", "\nid;x\n3;c\n", "id,x\n4,d\n"]
    for number, written in enumerate(files):
        (folder / "d" / f"[{number}].csv").write_text(written)
    assert values(folder) == ["a", "b", "c", "d"]
    make(folder, "text", (), table='sql: "SELECT * REPLACE (upper(x) AS x) FROM raw"')
    model = (folder / "segdsl.yaml").read_text().replace("raw: c.csv", 'raw: "d/*.csv"')
    (folder / "segdsl.yaml").write_text(model)
    assert values(folder) == ["A", "B", "C", "D"]


def test_a_file_of_one_column(tmp_path: Path) -> None:
    folder = make(tmp_path, "text", (), key="x")
    (folder / "c.csv").write_text("x\nhello, world\na\n")
    with load(folder).run(["y"], layout="wide") as result:
        assert sorted(result.wide["x"].to_pylist()) == ["a", "hello, world"]
    (folder / "c.csv").write_text("x\na,1\nb,2\n")
    assert refused(folder).message == "line 2 of `c.csv` has 2 columns, expected 1"


# ---------------------------------------------------------------- days and times


@pytest.mark.parametrize("type_", ["date", "timestamp"])
@pytest.mark.parametrize(
    ("value", "formats"),
    [
        ("02/03/2026", ("%m/%d/%Y", "%d/%m/%Y")),
        ("25/03/2026", ("%d/%m/%Y",)),
        ("03/04/90", ("%m/%d/%y", "%d/%m/%y")),
        ("03/04/20", ("%m/%d/%y", "%d/%m/%y")),
        ("03-04-2025", ("%d-%m-%Y", "%m-%d-%Y")),
        ("13.01.2026", ("%d.%m.%Y",)),
        ("1/25/2026 3:07:00 PM", ("%m/%d/%Y %I:%M:%S %p",)),
        ("2026-01-25 3:07 PM", ("%Y-%m-%d %I:%M %p",)),
    ],
)
def test_a_day_in_a_format_of_its_own_is_never_guessed(
    tmp_path: Path, type_: str, value: str, formats: tuple[str, ...]
) -> None:
    found = refused(make(tmp_path, type_, [value]))
    assert found.code == "SEG723"
    assert f"has `{value}` in line 2 of `c.csv`, expected a {'day' if type_ == 'date' else 'time'} as" in found.message
    read = f"strptime(x, '{formats[0]}')"
    read = f"CAST({read} AS DATE)" if type_ == "date" else read
    assert f"`SELECT * REPLACE ({read} AS x) FROM …`" in str(found.help)
    assert all(f"'{format_}'" in str(found.help) for format_ in formats)
    # what is advised reads it
    (tmp_path / "segdsl.yaml").write_text(
        (tmp_path / "segdsl.yaml")
        .read_text()
        .replace("table: c.csv", f'sql: "SELECT * REPLACE ({read} AS x) FROM raw"')
    )
    expected = dt.datetime.strptime(value, formats[0])
    assert values(tmp_path) == [expected.date() if type_ == "date" else expected]


def test_a_file_of_another_format_is_told_with_the_file(tmp_path: Path) -> None:
    folder = make(tmp_path, "date", (), table='table: "d/*.csv"')
    (folder / "d").mkdir()
    (folder / "d" / "1.csv").write_text("id,x\n1,2026-01-05\n2,2026-01-25\n")
    (folder / "d" / "2.csv").write_text('"id","x"\n3,"2026-02-05"\n4,05/01/2026\n')
    assert "has `05/01/2026` in line 3 of `d/2.csv`" in refused(folder).message


def test_the_line_is_found_behind_rows_of_several_lines(tmp_path: Path) -> None:
    folder = make(tmp_path, "date", (), table="table: c.csv.gz")
    with gzip.open(folder / "c.csv.gz", "wt") as file:
        file.write('sep=;\nid;note;x\n1;"a\nb";2026-01-01\n2;;soon\n')
    assert "has `soon` in line 5 of `c.csv.gz`" in refused(folder).message


ZONES = {
    "2026-01-01 10:00:00": "2026-01-01 10:00",
    "2026-01-01T10:00:00Z": "2026-01-01 11:00",
    "2026-01-01T10:00:00.5z": "2026-01-01 11:00:00.5",
    "2025-07-01 23:30:00 UTC": "2025-07-02 01:30",
    "2025-07-01T23:30:00.000000 UTC": "2025-07-02 01:30",
    "2026-01-05 10:00:00 -0500": "2026-01-05 16:00",
    "2026-01-05 10:00:00-05:00": "2026-01-05 16:00",
    "2026-01-05": "2026-01-05 00:00",
}


@pytest.mark.parametrize("order", [1, -1])
def test_each_time_has_its_own_zone(tmp_path: Path, order: int) -> None:
    written = list(ZONES)[::order]
    assert values(make(tmp_path, "timestamp", written)) == [at(ZONES[text]) for text in written]
    days = [at(ZONES[text]).date() for text in written]
    assert values(make(tmp_path, "date", written)) == days
    by_sql = 'sql: "SELECT id, x + INTERVAL 1 DAY AS x FROM raw"'
    found = values(make(tmp_path, "timestamp", written, table=by_sql))
    assert found == [at(ZONES[text]) + dt.timedelta(days=1) for text in written]


@pytest.mark.parametrize("first", list(ZONES))
def test_zones_and_clocks_may_come_late(tmp_path: Path, first: str) -> None:
    written = [first] * FEW * 2 + list(ZONES)
    for table in ("table: c.csv", 'sql: "SELECT * REPLACE (x + INTERVAL 0 DAY AS x) FROM raw"'):
        found = values(make(tmp_path, "timestamp", written, table=table))
        assert found == [at(ZONES[text]) for text in written]


def test_times_of_events(tmp_path: Path) -> None:
    folder = make(tmp_path, "text", ["a"])
    days = "".join(f"1,2026-01-01,{number}\n" for number in range(2 * FEW))
    (folder / "o.csv").write_text(f"id,at,n\n{days}1,2026-01-01 23:00:00,1\n1,2026-01-01T23:00:00Z,2\n")
    model = (folder / "segdsl.yaml").read_text()
    (folder / "segdsl.yaml").write_text(
        f"{model}events: {{order: {{of: customer, table: o.csv, key: id, time: at}}}}\n"
    )
    (folder / "rules.seg").write_text("trait y = last(order.at)\n")
    assert values(folder) == [at("2026-01-02 00:00")]


def test_times_of_json_are_not_guessed_either(tmp_path: Path) -> None:
    folder = make(tmp_path, "date", (), table="table: c.json")
    (folder / "c.json").write_text(json.dumps([{"id": 1, "x": "03-04-2025"}]))
    assert "has `03-04-2025`, expected a day" in refused(folder).message
    make(tmp_path, "timestamp", (), table="table: c.json")
    written = list(ZONES)
    (folder / "c.json").write_text(json.dumps([{"id": number, "x": text} for number, text in enumerate(written)]))
    assert values(folder) == [at(ZONES[text]) for text in written]
    late = ["2026-01-01 10:00:00"] * 2 * FEW + ["2026-01-01T10:00:00Z"]
    (folder / "c.json").write_text(json.dumps([{"id": number, "x": text} for number, text in enumerate(late)]))
    assert values(folder)[-1] == at("2026-01-01 11:00")
    # what a `sql` does with them it does with times
    make(tmp_path, "timestamp", (), table='sql: "SELECT id, x + INTERVAL 1 DAY AS x FROM j"')
    model = (folder / "segdsl.yaml").read_text().replace("raw: c.csv", "j: c.json")
    (folder / "segdsl.yaml").write_text(model)
    assert values(folder)[-1] == at("2026-01-02 11:00")


def test_texts_of_parquet_have_no_years_of_two_digits(tmp_path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    folder = make(tmp_path, "date", (), table="table: c.parquet")
    pyarrow.parquet.write_table(pyarrow.table({"id": [1], "x": ["03/04/20"]}), folder / "c.parquet")
    assert "has `03/04/20`, expected a day as `2026-03-31`" in refused(folder).message


# ---------------------------------------------------------------- numbers and keys


def test_a_late_fraction_is_rounded_and_told(tmp_path: Path) -> None:
    folder = make(tmp_path, "int", [1] * 2 * FEW + ["1.5", "-2.5"])
    assert values(folder)[-2:] == [2, -3]
    catalog = load(folder)
    (found,) = measure_model(catalog.model, catalog.root).diagnostics
    assert (found.code, "2 rows hold a fraction" in found.message) == ("SEG724", True)


def test_the_first_keys_with_zeros_make_texts_of_all(tmp_path: Path) -> None:
    folder = make(tmp_path, "int", ())
    (folder / "c.csv").write_text("id,x\n007,1\n7,2\n")
    with load(folder).run(["y"], layout="wide") as result:
        assert sorted(result.wide["id"].to_pylist()) == ["007", "7"]


@pytest.mark.parametrize("key", ["0031000", "1.5", "+49", "x"])
def test_a_late_key_of_another_form_is_told(tmp_path: Path, key: str) -> None:
    folder = make(tmp_path, "int", range(2 * FEW))
    with (folder / "c.csv").open("a") as file:
        file.write(f"{key},1\n")
    found = refused(folder)
    assert f"(`key` of entity `customer`) has `{key}` in line {2 * FEW + 2:,} of `c.csv`" in found.message
    assert "expected a whole number" in found.message
    assert found.help == "state the key as text: `{column: id, type: text}`"
    make(tmp_path, "int", range(2 * FEW), key="{column: id, type: text}")
    assert len(values(folder)) == 2 * FEW


def test_a_key_that_is_stated_as_int_is_never_rounded(tmp_path: Path) -> None:
    folder = make(tmp_path, "int", (), key="{column: id, type: int}")
    (folder / "c.csv").write_text("id,x\n007,1\n8.0,2\n")
    with load(folder).run(["y"], layout="wide") as result:
        assert sorted(result.wide["id"].to_pylist()) == [7, 8]
    (folder / "c.csv").write_text("id,x\n1,1\n1.5,2\n")
    assert "has `1.5` in line 3 of `c.csv`, expected a whole number" in refused(folder).message


def test_long_keys_lose_no_digits(tmp_path: Path) -> None:
    folder = make(tmp_path, "int", ())
    (folder / "c.csv").write_text("id,x\n12345678901234567890.0,1\n12345678901234567891.0,2\n")
    with load(folder).run(["y"], layout="wide") as result:
        assert result.wide.num_rows == 2


def test_a_column_that_only_a_sql_reads(tmp_path: Path) -> None:
    folder = make(tmp_path, "int", (), table='sql: "SELECT id, n * 2 AS x FROM raw"')
    lines = "".join(f"{number},3\n" for number in range(2 * FEW))
    (folder / "c.csv").write_text(f"id,n\n{lines}")
    assert values(folder) == [6] * 2 * FEW
    (folder / "c.csv").write_text(f"id,n\n{lines}100000,1.5\n")
    found = refused(folder)
    assert f"column `n` has `1.5` in line {2 * FEW + 2:,} of `c.csv`, expected a whole number" in found.message
    assert "state its type" in str(found.help)


# ---------------------------------------------------------------- what is told


def test_whoever_measures_tells_it_with_line_and_format(tmp_path: Path) -> None:
    folder = make(tmp_path, "date", ["2026-01-05", "13.01.2026", "14.01.2026", ""])
    catalog = load(folder)
    (found,) = measure_model(catalog.model, catalog.root).diagnostics
    assert found.code == "SEG738"
    assert "but 2 rows hold something else, such as `13.01.2026` in line 3 of `c.csv`" in found.message
    assert "CAST(strptime(x, '%d.%m.%Y') AS DATE) AS x" in str(found.help)


ORDERS = """\
cust,at,total,qty,least,note
1,2026-03-01 10:00:00,10.5,10,9,12345
1,2026-03-01 10:00:00,10.50,10,9,12345
2,2026-03-02 10:00:00,300,5,9,12345
3,2026-03-20 10:00:00,500,100,20,12345
"""


def bought(folder: Path, select: str, files: str = ORDERS) -> dict[object, int]:
    """How many orders each customer has in a SELECT."""
    (folder / "orders.csv").write_text(files)
    (folder / "segdsl.yaml").write_text(
        "as_of: 2026-03-31\ntables: {orders: orders.csv}\nentities:\n  who: {from_events: true, key: id}\nevents:\n"
        f'  order: {{of: who, sql: "{select}", key: cust, time: at, fields: {{total: decimal}}}}\n'
    )
    (folder / "rules.seg").write_text("trait orders = count(order)")
    with load(folder).run(["orders"], layout="wide") as result:
        return dict(zip(*(column.to_pylist() for column in result.wide.columns), strict=True))


@pytest.mark.parametrize(
    ("select", "expected"),
    [
        ("SELECT * FROM orders WHERE qty > least", {1: 2, 3: 1}),
        ("SELECT * FROM orders WHERE qty > least AND note LIKE '12%'", {1: 2, 3: 1}),
        ("SELECT * FROM orders WHERE qty > least AND at LIKE '2026%'", {1: 2, 3: 1}),
        ("SELECT *, upper(note) AS u FROM orders WHERE qty > least", {1: 2, 3: 1}),
        ("SELECT * REPLACE (strptime(at, '%Y-%m-%d %H:%M:%S') AS at) FROM orders WHERE qty > least", {1: 2, 3: 1}),
        ("SELECT * FROM (SELECT *, max(qty) OVER () AS m FROM orders WHERE note LIKE '1%') WHERE qty = m", {3: 1}),
        ("SELECT DISTINCT cust, at, total FROM orders", {1: 1, 2: 1, 3: 1}),
        ("SELECT DISTINCT * FROM orders", {1: 1, 2: 1, 3: 1}),
        ("SELECT cust, at, total FROM orders GROUP BY ALL", {1: 1, 2: 1, 3: 1}),
        ("SELECT cust, at, total FROM orders GROUP BY 1, 2, 3", {1: 1, 2: 1, 3: 1}),
        ("SELECT x.* FROM (SELECT DISTINCT * FROM orders) AS x", {1: 1, 2: 1, 3: 1}),
        ("SELECT * FROM orders ORDER BY 4 DESC LIMIT 1", {3: 1}),
    ],
)
def test_a_sql_goes_by_the_types_of_columns(tmp_path: Path, select: str, expected: dict[object, int]) -> None:
    assert bought(tmp_path, select) == expected


@pytest.mark.parametrize(
    "select",
    [
        "SELECT * FROM orders WHERE note LIKE '1%' AND note > 9",
        "SELECT * FROM orders WHERE qty LIKE '1%' ORDER BY qty DESC LIMIT 1",
        "SELECT * FROM orders WHERE qty = (SELECT max(qty) FROM orders) AND qty LIKE '1%'",
    ],
)
def test_what_is_done_with_texts_is_done_with_nothing_else(tmp_path: Path, select: str) -> None:
    """By letters 9 is more than 10."""
    with pytest.raises(SegdslError, match="SEG710"):
        bought(tmp_path, select)


@pytest.mark.parametrize("keys", [("10:00", "9:30", "09:30"), ("T", "f", "F"), ("1.50", "1.5", "2")])
def test_keys_that_look_like_something_else_are_texts(tmp_path: Path, keys: tuple[str, ...]) -> None:
    rows = "".join(f"{key},2026-03-01,1\n" for key in keys)
    assert bought(tmp_path, "SELECT * FROM orders", f"cust,at,total\n{rows}") == dict.fromkeys(keys, 1)
