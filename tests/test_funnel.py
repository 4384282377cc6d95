"""What the parts of a rule let through, and when an answer will be another by time alone."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner, Result

from segdsl import SegdslError, load
from segdsl.cli.commands import segdsl

MODEL = """\
as_of: 2026-03-31
entities:
  customer: {table: customers.csv, key: id, attributes: {country: text, born: date, joined: timestamp}}
events:
  order: {of: customer, table: orders.csv, key: id, time: at}
  cart: {of: customer, table: carts.csv, key: id, time: at}
"""
RULES = """\
param recent = 90d
segment buyers = orders > 0
segment loyal = buyers and last_purchase < recent and (country = "DE" or orders >= 3)
segment named = loyal
segment either = orders >= 3 or country = "FR"
segmentation stage among buyers { new when first_purchase < 60d  active when last_purchase < recent  lost otherwise }
segment month_old = first_purchase >= 1mo
segment this_month = any(order in this month)
segment grown = years_since(born) >= 18
segment left = sequence(cart then no order within 24h)
segment top = percentile(orders) >= 50%
trait n = orders
trait renewal = joined + 1y
segment due = renewal within next 30d
segment renewed = joined + 365d < 20d and joined + 365d >= 0d
segment was_there = (count(order within 200d) > 0) as of 1mo ago
segment there_before = count(order within 6mo before 1mo ago) > 0
segment later = last_purchase + 30d < 90d
segment twice_moved = (last_purchase + 1mo) + 1y < 0d
segment doubled = 400d < age(joined) * 2 < 410d
segment born_soon = anniversary(born) within next 10d
"""
ORDERS = """\
id,at
1,2026-03-01 12:00:00
2,2026-01-31 08:30:00
2,2025-06-01 00:00:00
2,2025-05-01 00:00:00
3,2025-01-01 00:00:00
5,2027-01-01 00:00:00
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "segdsl.yaml").write_text(MODEL)
    (tmp_path / "a.seg").write_text(RULES)
    (tmp_path / "customers.csv").write_text(
        "id,country,born,joined\n1,DE,2008-05-01,2026-01-10 00:00:00\n2,FR,2000-01-01,\n3,,1990-01-01,\n"
        "4,FR,2020-02-29,\n5,DE,,\n"
    )
    (tmp_path / "orders.csv").write_text(ORDERS)
    (tmp_path / "carts.csv").write_text("id,at\n1,2026-03-30 20:00:00\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*args: str) -> Result:
    return CliRunner().invoke(segdsl, ["explain", *args], prog_name="segdsl")


def rows(name: str) -> list[tuple[str, int, int, int | None, int | None]]:
    return [(item.text, item.deep, item.alone, item.so_far, item.without) for item in load().funnel(name).parts]


def test_each_part_of_an_and(folder: Path) -> None:
    expected = [
        ("buyers", 0, 3, 3, 2),
        ("last_purchase < recent", 0, 2, 2, 2),
        ('country = "DE" or orders >= 3', 0, 3, 2, 2),
        ('country = "DE"', 1, 2, None, None),
        ("orders >= 3", 1, 1, None, None),
    ]
    assert rows("loyal") == expected
    assert rows("named") == expected
    found = load().funnel("loyal")
    assert (found.word, found.members, found.population) == ("and", 2, 5)


def test_parts_of_an_or_and_of_a_segmentation(folder: Path) -> None:
    assert rows("either") == [("orders >= 3", 0, 1, 1, 2), ('country = "FR"', 0, 2, 2, 1)]
    assert [(text, alone, taken) for text, _, alone, taken, _ in rows("stage")] == [
        ("among buyers", 3, None),
        ("new when first_purchase < 60d", 1, 1),
        ("active when last_purchase < recent", 2, 1),
        ("lost otherwise", 5, 1),
    ]
    assert rows("top") == [("percentile(orders) >= 50%", 0, 1, None, None)]
    with pytest.raises(SegdslError, match="SEG712"):
        load().funnel("n")


def test_the_table(folder: Path) -> None:
    assert call("either").output.splitlines() == [
        "                hold it  or any before  without it",
        "orders >= 3           1              1           2",
        'country = "FR"        2              2           1',
        "either: 2 of 5 in the population (40.0%)",
        "as of 2026-03-31 in UTC",
    ]
    assert json.loads(call("either", "--format", "json").output)["members"] == 2


FLIPS = (
    ("loyal", "1", dt.datetime(2026, 5, 30, 12)),
    ("loyal", "3", None),
    ("stage", "1", dt.datetime(2026, 4, 30, 12)),
    ("month_old", "1", dt.datetime(2026, 4, 1, 12)),
    ("this_month", "1", dt.datetime(2026, 4, 1)),
    ("grown", "1", dt.datetime(2026, 5, 1)),
    ("left", "1", dt.datetime(2026, 3, 31, 20)),
    ("top", "1", None),
    # lengths that add up
    ("due", "1", dt.datetime(2026, 12, 11)),
    ("renewed", "1", dt.datetime(2027, 1, 10)),
    ("was_there", "2", dt.datetime(2026, 9, 19, 8, 30)),
    ("there_before", "2", dt.datetime(2026, 8, 31, 8, 30, 0, 1)),
    ("later", "1", dt.datetime(2026, 6, 29, 12)),
    ("twice_moved", "1", dt.datetime(2027, 4, 1, 12)),
    # what no length of the rule tells: every day is looked at
    ("doubled", "1", dt.datetime(2026, 7, 29, 0, 0, 0, 1)),
    ("born_soon", "4", dt.datetime(2027, 2, 18)),
)


@pytest.mark.parametrize(("name", "key", "moment"), FLIPS)
def test_when_the_answer_will_be_another(folder: Path, name: str, key: str, moment: dt.datetime | None) -> None:
    found = load().next_flip(name, key)
    assert (None if found is None else found.as_of) == moment
    if moment is not None:
        # a run just before says the same as now, and one at that moment does not
        now, before, then = (
            load().explain(name, key, as_of=at).value for at in (None, moment - dt.timedelta(microseconds=1), moment)
        )
        assert now == before
        assert then != now


QUICK = {"loyal": True, "stage": True, "month_old": False, "this_month": False, "left": True, "top": False}


@pytest.mark.parametrize(("name", "is_quick"), QUICK.items())
def test_what_is_told_quickly_is_what_a_search_finds(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, is_quick: bool
) -> None:
    catalog = load()
    quick = catalog.next_flip(name, "1", quickly=True)
    assert (quick is not None) == is_quick
    if is_quick:
        monkeypatch.setattr("segdsl.testing.soon.is_unmoved", lambda *_: False)
        assert catalog.next_flip(name, "1") == quick


def next_moment(folder: Path, rule: str, native: str, **fields: str) -> dt.datetime | None:
    """When a rule turns for the one customer of a database whose columns `seen` and `at` are of a native type."""
    database = folder / "shop.duckdb"
    database.unlink(missing_ok=True)
    moment = "2026-03-10 12:00:00.123456789"
    with duckdb.connect(str(database)) as connection:
        connection.execute(f"CREATE TABLE customers AS SELECT 1 AS id, '{moment}'::{native} AS seen")
        connection.execute(f"CREATE TABLE orders AS SELECT 1 AS id, '{moment}'::{native} AS at, 'a' AS product")
        connection.execute("CREATE TABLE products AS SELECT 'a' AS id, TIMESTAMP '2026-03-20 12:00:00' AS launched")
    stated = {"seen": "seen", "at": "at", "more": "", "id": "id", **fields}
    (folder / "segdsl.yaml").write_text(
        """\
database: shop.duckdb
as_of: 2026-03-31
entities:
  customer: {{table: customers, key: {id}, attributes: {{seen: {{column: {seen}, type: timestamp}}{more}}}}}
events:
  order: {{of: customer, table: orders, key: {id}, time: {at}, fields: {{product: {{column: product, lookup: item}}}}}}
lookups: {{item: {{table: products, key: id, fields: {{launched: timestamp}}}}}}
""".format_map(stated)
    )
    (folder / "a.seg").write_text(f"segment turning = {rule}\n")
    quick, found = (load().next_flip("turning", "1", quickly=quickly) for quickly in (True, False))
    assert quick is None or quick == found
    return None if found is None else found.as_of


PRECISE = {
    "TIMESTAMP_S": dt.timedelta(),
    "TIMESTAMP_MS": dt.timedelta(milliseconds=123),
    "TIMESTAMP_NS": dt.timedelta(microseconds=123457),  # DuckDB rounds these, and cuts texts
    "TIMESTAMP": dt.timedelta(microseconds=123456),
    "VARCHAR": dt.timedelta(microseconds=123456),
}


@pytest.mark.parametrize(("native", "more"), PRECISE.items())
@pytest.mark.parametrize("rule", ["count(order within 30d) >= 1", "seen < 30d"])
def test_times_are_as_precise_as_their_columns(folder: Path, native: str, more: dt.timedelta, rule: str) -> None:
    found = next_moment(folder, rule, native)
    assert found == dt.datetime(2026, 4, 9, 12) + more
    assert type(found) is dt.datetime
    before, then = (
        load().explain("turning", "1", as_of=at).value for at in (found - dt.timedelta(microseconds=1), found)
    )
    assert (before, then) == (True, False)


def test_columns_are_found_in_whatever_letter_case_the_model_has_them(folder: Path) -> None:
    spelled = {"seen": "SEEN", "at": "At", "id": "ID", "more": ", again: {column: Seen, type: timestamp}"}
    for native in ("TIMESTAMP_S", "VARCHAR"):
        for rule in ("count(order within 30d) >= 1", "seen < 30d or again < 30d"):
            found = next_moment(folder, rule, native, **spelled)
            assert found is not None
            assert found.replace(microsecond=0) == dt.datetime(2026, 4, 9, 12)


def test_a_time_that_is_a_text_too_is_not_moved(folder: Path) -> None:
    as_text = ", told: {column: seen, type: text}"
    found = next_moment(folder, 'seen < 30d and told starts with "2026-03-10"', "TIMESTAMP_S", more=as_text)
    assert found == dt.datetime(2026, 4, 9, 12)


def test_times_of_lookups_stay_where_those_of_customers_move(folder: Path) -> None:
    rule = "count(order within 60d) >= 1 and any(order where product.launched < 30d)"
    assert next_moment(folder, rule, "TIMESTAMP") == dt.datetime(2026, 4, 19, 12)


def test_the_command_says_what_turns(folder: Path) -> None:
    output = call("loyal", "--id", "1").output
    assert output.endswith("next: 2026-05-30 12:00, when `last_purchase < recent` turns false\n")
    assert "next" not in call("month_old", "--id", "1").output
    output = call("loyal", "--id", "1", "--next").output
    assert output.endswith("next: 2026-05-30 12:00, when `last_purchase < recent` turns false\n")
    assert call("loyal", "--id", "3", "--next").output.endswith(
        "no other answer by time alone was found in the next three years\n"
        "what depends on others, or on the history, is not looked for\n"
    )
    found = json.loads(call("loyal", "--id", "1", "--next", "--format", "json").output)
    assert found["next"]["at"] == "2026-05-30T12:00:00"
