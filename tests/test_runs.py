"""Whole runs over files: what is read, how it is typed, what comes out, and what is refused."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from segdsl.api import Catalog, SegdslError, load

MODEL = """
name: shop
timezone: Europe/Berlin
as_of: 2026-03-31
entities:
  customer:
    table: customers.csv
    key: {column: id, type: text}
    attributes: {country: text, credit: decimal, signup: timestamp, birth: date}
    parent: {entity: account, key: account}
  account:
    table: accounts.csv
    key: id
    attributes: {plan: text}
events:
  order:
    of: customer
    table: orders.csv
    key: customer
    time: at_
    fields: {amount: decimal, note: text}
"""
CUSTOMERS = '''id,country,credit,signup,birth,account
007,DE,1.5,2026-01-01 10:00:00,1990-01-31,1
7,AT,,2026-03-30 23:30:00,,1
8,"D'E ""x""",0.1,,2000-02-29,2
'''
ORDERS = """customer,at_,amount,note
007,2026-03-30 10:00:00,0.1,001
007,2026-03-29 10:00:00,0.2,
7,2026-03-31 00:00:00,5,x
7,2026-03-31 00:00:01,500,x
,2026-03-01 00:00:00,9,x
nobody,2026-03-01 00:00:00,9,x
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "segdsl.yaml").write_text(MODEL)
    (tmp_path / "customers.csv").write_text(CUSTOMERS)
    (tmp_path / "accounts.csv").write_text("id,plan\n1,pro\n2,free\n3,pro\n")
    (tmp_path / "orders.csv").write_text(ORDERS)
    return tmp_path


def catalog(folder: Path, rules: str, **changes: str) -> Catalog:
    (folder / "rules.seg").write_text(rules)
    for name, text in changes.items():
        (folder / name.replace("__", ".")).write_text(text)
    return load(folder)


def members(catalog: Catalog, *names: str, **options: Any) -> dict[str, list[Any]]:
    out: dict[str, list[Any]] = {}
    with catalog.run(names, **options) as result:
        for row in result.members.to_pylist():
            segment, *_, key = row.values()
            out.setdefault(segment, []).append(key)
    return out


def test_keys_and_texts_stay_as_they_are_written(shop: Path) -> None:
    found = members(catalog(shop, 'segment a = any(order)\nsegment b = any(order where note = "001")'))
    assert found == {"a": ["007", "7"], "b": ["007"]}


def test_money_of_a_csv_is_exact(shop: Path) -> None:
    rules = "segment a = total_spend = 0.3\nsegment b = avg_order_value = 0.15\nsegment c = credit = 0.1"
    assert members(catalog(shop, rules)) == {"a": ["007"], "b": ["007"], "c": ["8"]}


def test_sizes_have_members_population_and_share(shop: Path) -> None:
    rules = "segment a = any(order)\nsegmentation c { german when country = 'DE'\n other otherwise }"
    with catalog(shop, rules).run() as result:
        found = [(size.segment, size.members, size.population) for size in result.sizes]
        assert found == [("a", 2, 3), ("c.german", 1, 3), ("c.other", 2, 3)]
        assert result.sizes[0].share == pytest.approx(2 / 3)
        assert result.as_of == dt.datetime(2026, 3, 31)


def test_labels_are_segments_of_their_own(shop: Path) -> None:
    rules = "segmentation c { german when country = 'DE'\n other otherwise }"
    assert members(catalog(shop, rules), "c.german") == {"c.german": ["007"]}


def test_nobody_is_counted_as_none(shop: Path) -> None:
    """Of a label that is unknown for everybody, and where there is nobody at all, too."""
    rules = "segmentation tier among credit > 100 {\n  high when credit > 1000\n  low otherwise\n}\nsegment all_ = true"
    with catalog(shop, rules).run() as result:
        assert [(one.segment, one.members, one.population) for one in result.sizes] == [
            ("tier.high", 0, 3), ("tier.low", 0, 3), ("all_", 3, 3),
        ]  # fmt: skip
    (shop / "customers.csv").write_text(CUSTOMERS.splitlines()[0] + "\n")
    with load(shop).run() as result:
        assert [(one.members, one.population) for one in result.sizes] == [(0, 0)] * 3


def test_wide_has_a_column_per_definition(shop: Path) -> None:
    rules = """
    trait spend = total_spend
    trait gap = last_gap(order)
    segment a = spend > 1
    segmentation c among country is known { german when country = 'DE'
      other otherwise }
    """
    with catalog(shop, rules).run(layout="wide") as result:
        rows = result.wide.to_pylist()
    assert rows[0]["id"] == "007"
    assert rows[0]["spend"] == pytest.approx(0.3)
    assert (rows[0]["a"], rows[0]["c"]) == (False, "german")
    assert [list(row) for row in rows] == [["id", "spend", "gap", "a", "c"]] * 3


@pytest.mark.parametrize("layout", ["members", "wide"])
@pytest.mark.parametrize("ending", [".csv", ".parquet", ".duckdb"])
def test_files_hold_what_the_run_gives(shop: Path, layout: Any, ending: str) -> None:
    path = shop / f"out 'x'{ending}"
    path.write_text("old")
    with catalog(shop, "segment a = any(order)\nsegment b = country = 'AT'").run() as result:
        result.write(path, layout)
        expected = (result.members if layout == "members" else result.wide).to_pylist()
    connection: Any = duckdb.connect()
    if ending == ".parquet":
        found = pq.read_table(path).to_pylist()
    elif ending == ".csv":
        quoted = str(path).replace("'", "''")
        found = connection.execute(f"FROM read_csv('{quoted}', types={{'id': 'VARCHAR'}})").to_arrow_table().to_pylist()
    else:
        database: Any = duckdb.connect(str(path))
        found = database.execute(f"FROM {layout}").to_arrow_table().to_pylist()
        database.close()
    assert found == expected
    assert [item.name for item in shop.iterdir() if item.name.startswith(".out")] == []


def test_a_file_that_cannot_be_written_says_so(shop: Path) -> None:
    with catalog(shop, "segment a = any(order)").run() as result:
        with pytest.raises(SegdslError, match="SEG716"):
            result.write(shop / "no" / "such" / "folder.csv")
        with pytest.raises(SegdslError, match="SEG715"):
            result.write(shop / "members.xlsx")


@pytest.mark.parametrize("layout", ["members", "wide"])
@pytest.mark.parametrize("as_of", [None, "2026-03-30", "2026-03-30T12:00:00Z"])
def test_compiled_sql_gives_what_a_run_gives(shop: Path, layout: Any, as_of: str | None) -> None:
    rules = """
    segment a = any(order within 1d) or last_purchase < 36h
    segment m = any(order in this month) and signup within 1mo or birth within next 1y
    segmentation c { german when country = 'DE' and rank(total_spend) <= 2
      other otherwise }
    segment s = sequence(order then no order within 1h)
    """
    found = catalog(shop, rules, segdsl__yaml=MODEL.replace("as_of: 2026-03-31\n", ""))
    sql = found.compile(layout=layout, as_of=as_of)
    rows = duckdb.connect().execute(sql).fetchall()
    with found.run(layout=layout, as_of=as_of) as result:
        table = result.members if layout == "members" else result.wide
    assert sorted(map(repr, rows)) == sorted(repr(tuple(row.values())) for row in table.to_pylist())


def test_a_header_says_what_the_sql_means(shop: Path) -> None:
    sql = catalog(shop, "segment a = any(order)").compile(["a"], as_of="2026-01-01")
    first, second, *_ = sql.splitlines()
    assert first.endswith("catalog shop, as of 2026-01-01 00:00:00 in Europe/Berlin")
    assert second.startswith("-- segment a of customer: ")
    assert "WITH" in sql


def test_an_expression_is_evaluated_beside_the_catalog(shop: Path) -> None:
    found = catalog(shop, "segment a = any(order)")
    assert members(found, expression="a and country = 'AT'") == {"a and country = 'AT'": ["7"]}
    with found.run(layout="wide", expression="total_spend * 2") as result:
        assert result.wide.column(1).to_pylist() == [pytest.approx(0.6), pytest.approx(10), 0]


def test_expression_mistakes_do_not_stick(shop: Path) -> None:
    found = catalog(shop, "segment a = any(order)")
    with pytest.raises(SegdslError, match="SEG201"):
        found.run(expression="nothing > 3")
    assert members(found) == {"a": ["007", "7"]}


def test_several_entities_stand_side_by_side_in_members(shop: Path) -> None:
    rules = "segment a = any(order)\nsegment big of account = count(customer where a) >= 2"
    with catalog(shop, rules).run() as result:
        assert result.members.column_names == ["segment", "entity", "key"]
        rows = [tuple(row.values()) for row in result.members.to_pylist()]
        assert rows == [("a", "customer", "007"), ("a", "customer", "7"), ("big", "account", "1")]
    with pytest.raises(SegdslError, match="SEG713"):
        catalog(shop, rules).run(layout="wide")


def test_several_entities_come_out_of_one_evaluation(shop: Path) -> None:
    rules = """
    segment paying = account.busy and any(order)
    segment busy of account = count(customer where total_spend > 1) >= 1
    trait place of account = rank(count(customer where paying or country = 'DE'))
    segment first of account = place = 1
    """
    found = catalog(shop, rules)
    assert members(found) == {"paying": ["007", "7"], "busy": ["1"], "first": ["1"]}
    # what is left on the connection is what results are read from
    with found.run() as result:
        tables = result._engine.fetch("SELECT count(*) FROM duckdb_tables() WHERE temporary")
        assert tables == [(2,)]


def test_repeated_keys_are_refused(shop: Path) -> None:
    found = catalog(shop, "segment a = any(order)", customers__csv=CUSTOMERS + "8,FR,,,,\n")
    with pytest.raises(SegdslError, match=r"SEG711.*`8`"):
        found.run()


def test_instants_are_seen_on_the_clocks_of_the_model(shop: Path) -> None:
    # 22:30 UTC is half past midnight in Berlin the day after; the clocks change on 29 March
    orders = "customer,at_,amount,note\n007,2026-03-28T23:30:00Z,1,\n7,2026-03-29T22:30:00Z,1,\n"
    rules = "segment a = any(order in 2026-03-29)\nsegment b = any(order in 2026-03-30)"
    assert members(catalog(shop, rules, orders__csv=orders)) == {"a": ["007"], "b": ["7"]}


def test_numbers_that_are_none_are_unknown(shop: Path) -> None:
    orders = "customer,at_,amount,note\n007,2026-03-01,1,\n007,2026-03-02,,\n7,2026-03-01,2,\n"
    connection = duckdb.connect()
    connection.execute(
        f"""COPY (SELECT 'x' AS customer, TIMESTAMP '2026-03-01' AS at_, 'nan'::DOUBLE AS amount, '' AS note
        UNION ALL SELECT '007', TIMESTAMP '2026-03-01', 0.1, NULL) TO '{shop / "orders.parquet"}'"""
    )
    model = MODEL.replace("orders.csv", "orders.parquet")
    found = catalog(shop, "segment a = total_spend = 0.1", orders__csv=orders, segdsl__yaml=model)
    assert members(found) == {"a": ["007"]}


def test_missing_files_are_told_where_they_were_looked_for(shop: Path) -> None:
    found = catalog(shop, "segment a = any(order)", segdsl__yaml=MODEL.replace("orders.csv", "order.csv"))
    with pytest.raises(SegdslError, match=r"SEG701.*order\.csv"):
        found.run()


def test_a_folder_without_a_model_is_no_catalog(tmp_path: Path) -> None:
    with pytest.raises(SegdslError, match="SEG692"):
        load(tmp_path)


def test_errors_stop_a_run_and_all_are_told(shop: Path) -> None:
    found = catalog(shop, "segment a = nothing\nsegment b = any(orde)")
    assert [item.code for item in found.check()] == ["SEG201", "SEG203"]
    with pytest.raises(SegdslError) as raised:
        found.run()
    assert len(raised.value.diagnostics) == 2


def test_params_are_set_from_outside(shop: Path) -> None:
    (shop / "rules.seg").write_text("param recent = 90d\nsegment a = last_purchase < recent")
    assert members(load(shop, set={"recent": "12h"})) == {"a": ["7"]}
    assert [item.code for item in load(shop, set={"recnt": "1d"}).check()] == ["SEG214"]
    assert [item.code for item in load(shop, set={"recent": "3"}).check()] == ["SEG310"]


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ("expect a between 50% and 80%", None),
        ("expect a between 2 and 2", None),
        ("expect a between 0 and 10%", "expected 0% to 10% members, found 66.7% (2 of 3)"),
        ("param most = 80%\n    expect a between 50% and most", None),
        ("param most = 1\n    expect a between 0 and most", "expected 0 to 1 members, found 2"),
        ("param most = 10%\n    expect a between 0 and most", "expected 0% to 10% members, found 66.7% (2 of 3)"),
        ("param few = 0.01\n    expect a between few and 80%", None),
        ("param few = 0.7\n    expect a between few and 80%", "expected 70% to 80% members, found 66.7% (2 of 3)"),
        ("expect a between 3 and 1_000", "expected 3 to 1,000 members, found 2"),
        ("expect a inside b", "expected all of the first to be in the second, found 2 who are not"),
        ("expect disjoint(a, b)", None),
        ("expect disjoint(a, a and country = 'DE')", "expected nobody to be in more than one, found 1"),
        ("expect covers(c)", "expected a label for everybody in its population, found 1 without"),
        ("expect covers(d)", None),
        ("expect covers(e)", None),
        ("expect covers(f)", "expected a label for everybody in its population, found 1 without"),
    ],
)
def test_expectations_are_held_against_the_data(shop: Path, rule: str, says: str | None) -> None:
    rules = f"""
    segment a = any(order)
    segment b = none(order)
    segmentation c {{ german when country = 'DE'
      other when country = 'AT' }}
    segmentation d(fewest = 2) among count(order) >= fewest {{ often when count(order) = 2 }}
    segmentation e(credit = 3) among count(order) >= credit {{ often when count(order) >= 3 }}
    segmentation f(credit = 1) among count(order) >= credit {{ often when count(order) = 2 }}
    {rule}
    """
    found = catalog(shop, rules)
    if says is None:
        found.run().close()
    else:
        with pytest.raises(SegdslError) as raised:
            found.run()
        assert [item.message for item in raised.value.diagnostics] == [says]
        found.run(expect=False).close()


def test_how_many_are_expected_concerns_the_present_only(shop: Path) -> None:
    rules = "segment a = any(order)\nexpect a between 2 and 2\nexpect a inside country = 'DE'"
    found = catalog(shop, rules)
    with pytest.raises(SegdslError, match="SEG720"):
        found.run(["a"])
    with pytest.raises(SegdslError, match="SEG720"):
        found.run(as_of="2026-03-31")
    found.run(as_of="2026-01-01").close()


def test_expectations_about_other_definitions_wait_for_these(shop: Path) -> None:
    found = catalog(shop, "segment a = any(order)\nsegment b = none(order)\nexpect b between 3 and 3")
    found.run(["a"]).close()
    with pytest.raises(SegdslError, match="SEG719"):
        found.run(["b"])


def test_a_chain_of_more_steps_than_one_statement_should_have(shop: Path) -> None:
    rules = "trait t0 = coalesce(credit, 5)\n" + "\n".join(f"trait t{n} = t{n - 1} + 1" for n in range(1, 121))
    names = [f"t{n}" for n in range(121)]
    with catalog(shop, rules).run(names, layout="wide", expression="t120 > 122") as result:
        rows = {row["id"]: row for row in result.wide.to_pylist()}
    assert {key: (row["t3"], row["t120"], row["t120 > 122"]) for key, row in rows.items()} == {
        "007": (4.5, 121.5, False),
        "7": (8, 125, True),
        "8": (3.1, 120.1, False),
    }
