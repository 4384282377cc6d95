"""Times, numbers and kinds of events, as a draft reads them; what can be two things is asked about."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

import segdsl
from segdsl.cli.commands import segdsl as commands
from segdsl.draft.write import scalar
from segdsl.types import DATE, DECIMAL, INT, TEXT, TIME, Type
from tests.draft.drafted import Drafted, csv_folder, customers, database, orders, table


def test_dates_in_texts_are_times(tmp_path: Path) -> None:
    source = database(
        tmp_path / "x.duckdb",
        "CREATE TABLE members AS SELECT 'm' || i AS id, '1980-02-0' || (1 + i % 9) AS birthday FROM range(40) AS t(i)",
        "CREATE TABLE events AS SELECT 'm' || (i % 40) AS member, '2026-02-01 10:00:0' || (i % 9) AS happened,"
        " 'a' AS kind,"
        " '2026-02-30' AS never FROM range(200) AS t(i)",
    )
    found = Drafted(source, tmp_path / "c")
    assert found.model.default_entity.attributes["birthday"].type == DATE
    event = found.model.events["event"]
    assert (event.key.column, event.time) == ("member", "happened")
    assert event.fields["never"].type == TEXT


@pytest.mark.parametrize(
    ("written", "format_"),
    [
        ("{month}/{day}/2025 8:{minute:02}", "%m/%d/%Y %H:%M"),
        ("{day}/{month}/2025", "%d/%m/%Y"),
        ("{day:02}.{month:02}.2025 18:{minute:02}:00", "%d.%m.%Y %H:%M:%S"),
        ("2025/{month:02}/{day:02}", "%Y/%m/%d"),
        ("{month}/{day}/25 1:{minute:02} PM", "%m/%d/%y %I:%M %p"),
        ("Jan {day}, 2025", "%b %d, %Y"),
        ("October {day}, 2025 18:{minute:02}", "%B %d, %Y %H:%M"),
    ],
)
def test_times_that_are_written_otherwise_are_read(tmp_path: Path, written: str, format_: str) -> None:
    days = [written.format(day=1 + i % 28, month=1 + i % 12, minute=i % 60) for i in range(60)]
    source = tmp_path / "x.duckdb"
    with duckdb.connect(str(source)) as connection:
        connection.execute("CREATE TABLE visits (customer_id INT, visited TEXT)")
        connection.executemany("INSERT INTO visits VALUES (?, ?)", [(i % 9, day) for i, day in enumerate(days)])
    found = Drafted(source, tmp_path / "c")
    assert format_ in (found.model.events["session"].sql or "")
    assert format_ in found.line("time: visited")
    assert str(found.model.as_of).startswith("2025-")


def test_days_before_months_or_after_is_told(tmp_path: Path) -> None:
    visits = table("customer_id,visited", *(f"{i % 9},{1 + i % 9}/{1 + i % 9}/2025 8:30" for i in range(60)))
    found = Drafted(csv_folder(tmp_path / "d", {"visits.csv": visits}), tmp_path / "c")
    assert "visits.visited: " in found.said
    assert "`%d/%m/%Y %H:%M` would do as well" in found.said


@pytest.mark.parametrize(
    ("number", "last"),
    [
        ("20250101 + i % 28", "2025-01-29"),
        ("1735689600 + i * 3600", "2025-01-03"),
        ("1735689600000 + i", "2025-01-02"),
        ("1735689600000000 + i", "2025-01-02"),
    ],
)
@pytest.mark.parametrize("column", ["visited_at", "created_ms"])
def test_numbers_can_be_times(tmp_path: Path, number: str, last: str, column: str) -> None:
    source = database(
        tmp_path / "x.duckdb",
        f"CREATE TABLE visits AS SELECT i % 9 AS user_id, CAST({number} AS BIGINT) AS {column} FROM range(40) AS t(i)",
    )
    found = Drafted(source, tmp_path / "c")
    assert (found.model.default_entity.name, found.model.events["session"].time) == ("user", column)
    assert str(found.model.as_of) == last


def test_days_of_eight_digits_can_be_texts(tmp_path: Path) -> None:
    """As Google Analytics has them, beside instants in microseconds."""
    source = database(
        tmp_path / "x.duckdb",
        "CREATE TABLE visits AS SELECT i % 9 AS user_id, CAST(20250101 + i % 28 AS TEXT) AS event_date,"
        " CAST(12345678 + i AS TEXT) AS note FROM range(40) AS t(i)",
    )
    found = Drafted(source, tmp_path / "c")
    assert found.model.events["session"].time == "event_date"
    assert "text in the data, read by `%Y%m%d`" in found.text
    assert found.line("note").startswith("note: text")
    assert str(found.model.as_of) == "2025-01-29"


@pytest.mark.parametrize("number", ["i * 1000", "1735689600000000000 + i"])
def test_what_counts_no_time_since_1970_is_a_number(tmp_path: Path, number: str) -> None:
    files = {"users.csv": table("id,seen_at,took_ms", *(f"u{i},2025-01-01,{eval(number)}" for i in range(5)))}
    found = Drafted(csv_folder(tmp_path / "d", files), tmp_path / "c")
    assert found.line("took_ms").startswith("took_ms: int")


@pytest.mark.parametrize("number", ["1776204585", "1776204585000"])  # 2026-04-14T22:09:45Z
def test_numbers_since_1970_follow_the_zone_that_is_set_later(tmp_path: Path, number: str) -> None:
    files = {"users.csv": table("id,created_at", *(f"u{i},{number}" for i in range(5)))}
    found = Drafted(csv_folder(tmp_path / "d", files), tmp_path / "c")
    assert found.line("created_at").startswith("created_at: timestamp")
    berlin = found.text.replace("timezone: UTC", "timezone: Europe/Berlin")
    (tmp_path / "c/segdsl.yaml").write_text(berlin, "utf-8")
    with segdsl.load(tmp_path / "c").run(expression="created_at = 2026-04-15T00:09:45") as result:
        assert result.sizes[0].members == 5


@pytest.mark.parametrize(
    ("small", "great", "what"), [("7,5", "1.0{},90", "a decimal comma"), ("7.5", "1,0{}.90", "a comma of thousands")]
)
@pytest.mark.parametrize("time", ["2026-01-{:02} 10:00:00", "{:02}.01.2026 10:00"])
def test_numbers_with_commas_are_read(tmp_path: Path, small: str, great: str, what: str, time: str) -> None:
    rows = [f"{900 + i};{i % 20};{time.format(1 + i % 28)};{great.format(10 + i) if i else small}" for i in range(60)]
    files = {
        "customers.csv": customers().replace(",", ";"),
        "orders.csv": table("order_id;customer_id;ordered_at;total", *rows),
    }
    found = Drafted(csv_folder(tmp_path / "d", files), tmp_path / "c")
    assert f"numbers with {what}" in found.line("amount: {column: total as number, type: decimal}")
    assert "as its numbers have a comma" not in found.said
    # the first customer: 7.5, 1030.90 and 1050.90
    with segdsl.load(tmp_path / "c").run(expression="sum(order.amount) = 2089.3") as result:
        assert result.members.column(1).to_pylist() == [0]


def test_numbers_with_commas_are_read_of_the_latest_row_of_each(tmp_path: Path) -> None:
    rows = [f"{i};{1 + i % 28:02}.01.2026;1.0{10 + i},90" for i in range(60)]
    files = {
        "customers.csv": table("id;seen;total_last_year", *rows, "3;31.01.2026;2,5"),
        "orders.csv": orders().replace(",", ";"),
    }
    found = Drafted(csv_folder(tmp_path / "d", files), tmp_path / "c")
    assert "QUALIFY" in found.text
    with segdsl.load(tmp_path / "c").run(expression="total_last_year = 2.5") as result:
        assert result.members.column(1).to_pylist() == [3]


def test_numbers_of_rows_that_are_joined_are_read(tmp_path: Path) -> None:
    files = {
        "customers.csv": customers().replace(",", ";"),
        "orders.csv": orders().replace(",", ";"),
        "items.csv": table("item_id;order_id;price", *(f"{i};{900 + i % 40};{i},5" for i in range(60))),
    }
    found = Drafted(csv_folder(tmp_path / "d", files), tmp_path / "c")
    assert "JOIN" in found.text
    assert "{column: price as number, type: decimal}" in found.text


def test_commas_that_can_be_two_things_are_told(tmp_path: Path) -> None:
    rows = (f'{900 + i},{i % 20},2026-01-{1 + i % 28:02} 10:00:00,"1,{100 + i}"' for i in range(60))
    text = table("order_id,customer_id,ordered_at,total", *rows)
    found = Drafted(csv_folder(tmp_path / "d", {"customers.csv": customers(), "orders.csv": text}), tmp_path / "c")
    assert "of thousands or of decimals" in found.line("total: text")
    assert "If that is the decimal one" in found.said
    assert "in place of `table`" in found.said


def test_points_that_can_be_two_things_are_told(tmp_path: Path) -> None:
    rows = "".join(f"{i};{'1.' if i else ''}{100 + i}\n" for i in range(40))
    files = {"kunden.csv": f"Kundennr;Umsatz\n{rows}"}
    found = Drafted(csv_folder(tmp_path / "d", files), tmp_path / "c")
    assert "of thousands or of decimals" in found.line("umsatz: decimal")
    select, field, text = re.findall(r"`(sql: [^`]*|\{column: [^`]*|umsatz[^`]*: [^`]*)`", found.text)
    changed = found.text.replace("table: kunden", select).replace("umsatz: decimal", f"umsatz: {field}\n      {text}")
    (tmp_path / "c" / "segdsl.yaml").write_text(changed)
    with segdsl.load(tmp_path / "c").run(expression="umsatz in (100, 1101)") as result:
        assert result.members.column(1).to_pylist() == [0, 1]


def test_points_in_several_files_are_told(tmp_path: Path) -> None:
    files = {f"visits_{year}.csv": "user_id;visited_at;cost\n1;2026-01-05;1.274\n" for year in (2025, 2026)}
    found = Drafted(csv_folder(tmp_path / "d", files), tmp_path / "c")
    assert "of thousands or of decimals" in found.text


@pytest.mark.parametrize(
    ("delimiter", "values"),
    [(",", ("1.274", "3.822")), (";", ("1.274", "0.822")), (";", ("1.27", "3.822")), (";", ("1.274", "1200"))],
)
def test_points_that_can_be_one_thing_are_not_asked_about(
    tmp_path: Path, delimiter: str, values: tuple[str, str]
) -> None:
    rows = "".join(f"{i}{delimiter}{values[i % 2]}\n" for i in range(40))
    files = {"clients.csv": f"id{delimiter}turnover\n{rows}"}
    found = Drafted(csv_folder(tmp_path / "d", files), tmp_path / "c")
    assert found.line("turnover: decimal") == "turnover: decimal"


def test_what_a_draft_wrote_stays_where_it_says_how_to_read_numbers(tmp_path: Path) -> None:
    rows = (f'{900 + i},{i % 20},{1 + i % 28:02}.01.2026 10:00,"1,{100 + i}"' for i in range(60))
    text = table("order_id,customer_id,ordered_at,total", *rows)
    found = Drafted(csv_folder(tmp_path / "d", {"customers.csv": customers(), "orders.csv": text}), tmp_path / "c")
    assert "in place of `sql`" in found.said
    select, field = re.findall(r"`(sql: [^`]*|\{column: [^`]*)`", found.text)
    start, rest = found.text.split("    sql: |-\n")
    kept = re.sub(r"^( {6}.*\n)+", "", rest)
    changed = f"{start}    {select}\n{re.sub(r'(total|amount): [^#]*', rf'amount: {field} ', kept, count=1)}"
    (tmp_path / "c" / "segdsl.yaml").write_text(changed)
    done = CliRunner().invoke(commands, ["-C", str(tmp_path / "c"), "model", "check"])
    assert done.exit_code == 0, done.output
    # 1.1, 1.12 and 1.14
    with segdsl.load(tmp_path / "c").run(expression="sum(order.amount) = 3.36") as result:
        assert result.members.column(1).to_pylist() == [0]


@pytest.mark.parametrize(("name", "column", "first"), [
    ("events", "kind", "A'Brien"),
    ("what's new", "Type", "A"),
    ('a "b"', "kind", 'A "b"'),
    ("select", "event name", "A'; x\\"),
    ("a: b", "kind", "A: b #c"),
    ("events", "kind", "A\nb `c`"),
])  # fmt: skip
def test_kinds_of_events_are_told_with_sql_that_can_be_read(tmp_path: Path, name: str, column: str, first: str) -> None:
    source = tmp_path / "shop.duckdb"
    with duckdb.connect(str(source)) as connection:
        identifier, kind = ('"' + text.replace('"', '""') + '"' for text in (name, column))
        connection.execute("CREATE TABLE customers AS SELECT i AS id, 'DE' AS country FROM range(20) AS t(i)")
        connection.execute(
            f"CREATE TABLE {identifier} AS SELECT i AS event_id, i % 20 AS customer_id,"
            f" CASE WHEN i % 4 = 0 THEN ? ELSE 'B' END AS {kind},"
            " TIMESTAMP '2026-01-01' + INTERVAL 1 HOUR * i AS at FROM range(60) AS t(i)",
            [first],
        )
    found = Drafted(source, tmp_path / "c")
    (entry,) = re.findall(r"write `(sql: .*)` in place of `table`", found.text)
    assert f"write `{entry}` in place" in found.said
    lines = found.text.splitlines()
    (event,) = found.model.events
    lines[lines.index(found.raw_line("table:", after=f"  {scalar(event)}:"))] = f"    {entry}"
    (tmp_path / "c" / "segdsl.yaml").write_text("\n".join(lines))
    with segdsl.load(tmp_path / "c").run(expression=f"count({event}) >= 1") as result:
        assert result.members.column(1).to_pylist() == [0, 4, 8, 12, 16]


@pytest.mark.parametrize(
    ("word", "values", "type_"),
    [
        ("N/A", ("20", "31"), INT),
        ("-", ("-1.5", ".25"), DECIMAL),
        ("NULL", ("2026-01-05", "2025-02-28"), DATE),
        ("0000-00-00", ("2026-01-05", "2025-02-28"), DATE),
        ("0000-00-00 00:00:00", ("2026-01-05 10:00:00", "2025-02-28 00:00:00"), TIME),
        # texts, zeros in front, more digits than are kept, no such day, an offset
        ("N/A", ("Bonn", "20"), TEXT),
        ("N/A", ("007", "20"), TEXT),
        ("N/A", ("1.12345678901", "20"), TEXT),
        ("N/A", ("2026-02-30", "2026-01-05"), TEXT),
        ("N/A", ("2026-01-05 10:00+02", "2026-01-05 10:00+02"), TEXT),
    ],
)
def test_words_that_stand_for_nothing(tmp_path: Path, word: str, values: tuple[str, str], type_: Type) -> None:
    rows = [f"{i},{word if i % 3 == 0 else values[i % 2]}" for i in range(30)]
    source = csv_folder(tmp_path / "d", {"customers.csv": table("customer_id,v", *rows), "orders.csv": orders()})
    found = Drafted(source, tmp_path / "c")
    assert found.model.default_entity.attributes["v"].type == type_
    assert ("taken for unknown" in found.text) is (type_ != TEXT)
    rule = "v is known" if type_ != TEXT else 'v != "N/A"'
    with segdsl.load(tmp_path / "c").run(expression=rule) as result:
        assert result.sizes[0].members == 20
    if type_ != TEXT:  # a file of tomorrow has none of it
        (source / "customers.csv").write_text(table("customer_id,v", *(f"{i},{values[i % 2]}" for i in range(30))))
        with segdsl.load(tmp_path / "c").run(expression=rule) as result:
            assert result.sizes[0].members == 30


@pytest.mark.parametrize("values", [("none", "unknown"), ("n/a", "n/a")])
def test_words_alone_are_texts(tmp_path: Path, values: tuple[str, str]) -> None:
    rows = [f"{i},{values[i % 2]}" for i in range(30)]
    source = csv_folder(tmp_path / "d", {"customers.csv": table("customer_id,v", *rows), "orders.csv": orders()})
    assert Drafted(source, tmp_path / "c").model.default_entity.attributes["v"].type == TEXT


def test_words_of_a_table_that_is_sampled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segdsl.draft.profile.SAMPLE", 20)
    rows = [f"{i},{'n/a' if i % 2 else i}" for i in range(200)]  # more words than rows that are looked at
    source = csv_folder(tmp_path / "d", {"customers.csv": table("customer_id,v", *rows), "orders.csv": orders()})
    assert Drafted(source, tmp_path / "c").model.default_entity.attributes["v"].type == INT
