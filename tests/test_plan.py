"""The plan: what is shared is worked out once, and references cost what they say, not what they unfold to."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb
import pytest

import segdsl
from segdsl.catalog import build_catalog
from segdsl.check import Checker
from segdsl.diagnostics import Source
from segdsl.engines.describe import describe_model
from segdsl.engines.duckdb import DuckDB
from segdsl.plan import Plan, make_plan
from segdsl.plan.meaning import meanings
from segdsl.plan.planner import PARKED_BEFORE, PARKED_TOGETHER, PUT_OFF
from segdsl.program import Aggregate
from segdsl.sql import DUCKDB, make_query
from tests.cases import default_model
from tests.engine import Compiled, arrow_tables, load
from tests.world import World, customer_rows, named_tables


def plan_of(rules: str, *names: str) -> Plan:
    checker = Checker(build_catalog(load(named_tables(default_model())), [Source("rules.seg", rules)]))
    checker.check_definitions()
    assert not checker.done().has_errors, [item.render() for item in checker.done().diagnostics]
    outputs = [checker.output(name) for name in names] or list(checker.done().program.outputs.values())
    return make_plan(checker.done().program, [output for output in outputs if output is not None])


def aggregates(plan: Plan) -> list[Aggregate]:
    return [leaf for leaf in plan.leaves if isinstance(leaf, Aggregate)]


def test_an_aggregate_is_worked_out_once_however_many_use_it() -> None:
    rules = """
    segment a = count(order within 90d) >= 3
    segment b = count(order within 90d) >= 5 and newsletter
    trait c = count(order within 90d) * 2
    segment d = any(order within 90d)
    """
    assert len(aggregates(plan_of(rules))) == 1


def test_a_shifted_use_shares_with_the_window_it_amounts_to() -> None:
    rules = """
    segment then_ = any(order within 30d) as of 60d ago
    segment direct = any(order from 90d to 60d ago)
    segment nested = (any(order within 30d) as of 20d ago) as of 40d ago
    """
    assert len(aggregates(plan_of(rules))) == 1


def test_definitions_of_one_value_share_a_column_and_keep_their_names() -> None:
    rules = """
    segment german = country = "DE"
    segment german_then = german as of 90d ago
    segment again = german
    segment active_then = any(order within 30d) as of 90d ago
    segment active = any(order within 30d)
    """
    plan = plan_of(rules)
    instances = {output.name: output.instance for output in plan.outputs}
    assert instances["german"] == instances["german_then"] == instances["again"]
    assert len(set(instances.values())) == 3
    model, as_of = named_tables(default_model()), dt.datetime(2026, 3, 31)
    world = World(model, customer_rows(model, ['k1: country = "DE"', 'k2: country = "FR"'], as_of), as_of)
    found = Compiled(world, rules).run(list(instances))
    assert found["german"] == found["german_then"] == found["again"] == {"k1": True, "k2": False}
    assert found["active"] == {"k1": False, "k2": False}


def test_a_condition_that_has_no_column_is_false_where_it_is_unknown() -> None:
    rules = "segment large = visits > 15\nsegment not_large = not large"
    model, as_of = named_tables(default_model()), dt.datetime(2026, 3, 31)
    world = World(model, customer_rows(model, ["a: visits = 20", "b: visits = 10", "u:"], as_of), as_of)
    assert len(plan_of(rules, "not_large").computed) == 1
    assert Compiled(world, rules).run(["not_large"])["not_large"] == {"a": False, "b": True, "u": True}


def test_all_aggregates_of_an_event_come_out_of_one_scan() -> None:
    rules = "\n".join(f"trait t{days} = sum(order.amount within {days}d where items > {days})" for days in range(1, 40))
    plan = plan_of(rules)
    assert [len(stage.relations) for stage in plan.stages] == [1]


@pytest.mark.parametrize(
    ("rules", "read"),
    [
        ("trait a = count(order within 30d)\ntrait b = sum(order.amount from 90d to 60d ago)", "2025-12-31 00:00:00"),
        ("trait a = count(order within 30d)\ntrait b = sum(order.amount)", None),
        ("trait a = count(order within 30d)\ntrait b = count(order after 2026-02-01)", "2026-02-02 00:00:00"),
    ],
    ids=["the first of all windows", "one has none", "a day"],
)
def test_events_before_all_windows_are_not_read(rules: str, read: str | None) -> None:
    model = load(named_tables(default_model()))
    with DuckDB(model, Path(), arrow_tables(model, {})) as engine:
        schema, _ = describe_model(model, engine)
    query = make_query(model, schema, plan_of(rules), DUCKDB, dt.datetime(2026, 3, 31))
    (step,) = (query.step(found.name) for found in query.totals)
    where = step.args.get("where")
    assert (where and where.sql("duckdb")) == (read and f'WHERE "e"."at" >= CAST(\'{read}\' AS TIMESTAMP)')


def test_a_diamond_of_references_grows_with_its_depth_only() -> None:
    def diamond(depth: int) -> Plan:
        lines = ["segment d0 = count(order within 7d where amount > 3) > 2 and visits > 1 or newsletter"]
        lines += [f"segment d{level} = d{level - 1} and not d{level - 1}" for level in range(1, depth + 1)]
        return plan_of("\n".join(lines), f"d{depth}")

    forty, eighty = diamond(40), diamond(80)
    assert len(forty.program.instances) == 41
    assert len(eighty.stages) == 2 * len(forty.stages) - 1


def test_only_what_is_asked_for_is_planned() -> None:
    rules = "segment a = visits > 3\nsegment b = any(view)\nsegment c = any(order where product.category = 'x')"
    plan = plan_of(rules, "a")
    assert plan.events == ()
    assert plan.parts(load(named_tables(default_model()))) == [("entity", "customer")]


def test_meaning_is_the_same_whatever_the_spelling() -> None:
    rules = """
    segment a = orders >= 3 and visits > 2
    # another name, a comment, other spelling
    segment b = (orders >= 3) and
        (visits > 2)
    segment c(least = 3) = orders >= least and visits > 2
    segment d = orders >= 4 and visits > 2
    segment e = credit > 1.10 and sum(order.amount where amount > 1.10) >= 0.50
    segment f = credit > 1.1 and sum(order.amount where amount > 0.6 + 0.5) >= 50%
    segment g = credit > 1.01 and sum(order.amount where amount > 1.1) >= 0.5
    """
    plan = plan_of(rules)
    hashes = meanings(plan.program, [output.instance for output in plan.outputs])
    a, b, c, d, e, f, g = (hashes[output.instance] for output in plan.outputs)
    assert a == b == c != d
    assert e == f != g


def test_a_definition_runs_the_same_beside_two_hundred_others() -> None:
    model = named_tables(default_model())
    as_of = dt.datetime(2026, 3, 31)
    lines = [f"k{n}: visits = {n}, order({n}d ago, amount: {n})" for n in range(20)]
    world = World(model, customer_rows(model, lines, as_of), as_of)
    one = "segment a = visits > 3 and rank(total_spend) <= 10\n"
    many = one + "\n".join(f"segment b{n} = (a as of {n}d ago) or count(order within {n}d) > 1" for n in range(1, 200))
    assert Compiled(world, one).run(["a"])["a"] == Compiled(world, many).run(["a", "b7", "b150"])["a"]


def chain(length: int) -> str:
    """Values each of the one before, with scores and a parent's values among them."""
    lines = ["trait t0 = visits", "trait seats_of of account = seats + 1"]
    for n in range(1, length):
        rule = f"t{n - 1} + {n}" if n % 10 else f"rank(t{n - 1}) + account.seats_of"
        lines += [f"trait t{n} = {rule}", f"segment s{n} = t{n - 1} > {n * 9}"]
    return "\n".join(lines)


def test_the_sql_of_a_chain_grows_with_its_length_though_all_of_it_is_asked_for() -> None:
    world = World(named_tables(default_model()), {}, dt.datetime(2026, 3, 31))
    # what every stage carries stays below a bound, however many follow
    carried = [max(len(stage.carried) for stage in plan_of(chain(length)).stages) for length in (60, 120, 240)]
    assert max(carried) <= 2 * PARKED_TOGETHER + PARKED_BEFORE, carried
    assert Compiled(world, chain(60)).run(["t59", "s3"]) == {"t59": {}, "s3": {}}


def test_a_chain_has_the_values_that_each_of_its_links_has_alone() -> None:
    model = named_tables(default_model())
    as_of = dt.datetime(2026, 3, 31)
    lines = [f'k{n}: visits = {n * n % 17}, account_id = "a{n % 2}"' for n in range(9)]
    rows = customer_rows(model, lines, as_of)
    rows["account"] = [{"account_id": "a0", "seats": 3}, {"account_id": "a1", "seats": None}]
    compiled = Compiled(World(model, rows, as_of), chain(60))
    names = [f"{kind}{n}" for n in range(1, 60) for kind in "ts"]
    together = compiled.run([*names, "seats_of"])
    for name in ("t1", "s1", "t19", "s20", "t31", "s40", "t45", "t59", "s59", "seats_of"):
        assert compiled.run([name])[name] == together[name], name
    assert any(value is not None for value in together["t59"].values())


@pytest.mark.parametrize("first", ["p299", "p0"])
def test_params_of_params_have_no_limit_and_are_worked_out_once(first: str) -> None:
    """Each of two before, so that working one out inside of the other would never end; in either order."""
    rules = ["param p0 = 30d", *(f"param p{n} = p{n - 1} + p{n - 1} - p{n - 1} + 1d" for n in range(1, 300))]
    rules = rules if first == "p0" else rules[::-1]
    model = named_tables(default_model())
    as_of = dt.datetime(2026, 3, 31)
    rows = customer_rows(model, ["a: order(100d ago)", "b: order(328d ago)", "c: order(329d ago)"], as_of)
    rules += ["segment s = any(order within p299)", "segment before = s as of 1d ago"]
    compiled = Compiled(World(model, rows, as_of), "\n".join(rules))
    found = compiled.run(["s", "before"])
    assert sorted(key for key, value in found["s"].items() if value) == ["a", "b"]
    assert sorted(key for key, value in found["before"].items() if value) == ["a", "b", "c"]


def test_a_param_that_is_given_the_end_of_a_long_chain(tmp_path: Path) -> None:
    (tmp_path / "segdsl.yaml").write_text("entities:\n  customer: {table: c.csv, key: id, attributes: {n: int}}\n")
    (tmp_path / "c.csv").write_text("id,n\n1,2\n")
    (tmp_path / "libraries").mkdir()
    (tmp_path / "libraries" / "high.seg").write_text("param least = 1\ntrait above = n - least\n")
    chain = ["param p0 = 60", *(f"param p{n} = p{n - 1} + 1" for n in range(1, 80))]
    rules = ["use high(least: p79)", "param top = 60", *chain, "trait t = n + top", "trait u = high.above as of 1d ago"]
    (tmp_path / "rules.seg").write_text("\n".join(rules))
    with segdsl.load(tmp_path, set={"top": "p78"}).run(["t", "u"], layout="wide") as result:
        assert result.wide.to_pylist() == [{"id": 1, "t": 140, "u": -137}]


def test_params_that_go_in_a_circle_are_told_once() -> None:
    circle = "\n".join(f"param p{n} = p{(n + 1) % 20} + 1" for n in range(20))
    checker = Checker(build_catalog(load(named_tables(default_model())), [Source("rules.seg", circle)]))
    checker.check_definitions()
    assert [item.code for item in checker.done().diagnostics] == ["SEG401"]


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_a_relation_that_needs_the_later_events_reads_a_parquet_file_by_itself(tmp_path: Path, form: str) -> None:
    rows = {
        "customers": "SELECT * FROM range(40) t(id)",
        "orders": "SELECT i % 40 AS customer, TIMESTAMP '2026-03-31' - to_days(CAST(i AS INT)) AS at_, i AS amount"
        " FROM range(200) t(i)",
        "touches": "SELECT i AS customer, TIMESTAMP '2026-03-31' - to_days(CAST(5 * i AS INT)) AS at_"
        " FROM range(40) t(i)",
    }
    with duckdb.connect() as connection:
        for name, select in rows.items():
            connection.execute(f"COPY ({select}) TO '{tmp_path / name}.{form}' (FORMAT {form})")
    (tmp_path / "segdsl.yaml").write_text(f"""\
name: two
as_of: 2026-03-31
entities:
  customer: {{table: customers.{form}, key: id}}
events:
  order: {{of: customer, table: orders.{form}, key: customer, time: at_, fields: {{amount: int}}}}
  touch: {{of: customer, table: touches.{form}, key: customer, time: at_}}
""")
    (tmp_path / "rules.seg").write_text(
        "segment many = count(order) >= 5\nsegment after = any(order since first(touch.at within 90d))\n"
    )
    catalog = segdsl.load(tmp_path)
    assert ("order_events_2" in catalog.compile()) == (form == "parquet")
    with catalog.run() as result:
        sizes = {one.segment: one.members for one in result.sizes}
    # of customer i a touch lies 5i days back, the orders i, i + 40, … days; i = 18 is not within 90 days any more
    assert sizes == {"many": 40, "after": 18}


def test_many_outputs_come_after_a_stage_that_scores_read() -> None:
    lines = [f"segment s{n} = visits > {n % 7}.{n} and credit > {n}" for n in range(PUT_OFF + 20)]
    text = "\n".join([*lines, "segment top = percentile(visits) >= 50%", "segment both = top and s3"])
    plan = plan_of(text)
    # two are read by others, and stay; what nothing reads takes more room than the two columns that it is made of
    assert sum(len(stage.instances) for stage in plan.stages if stage.number == 1) > PUT_OFF
    assert len(plan_of("\n".join([*lines[:9], text.splitlines()[-2]])).stages[0].instances) == 9
    model = named_tables(default_model())
    as_of = dt.datetime(2026, 3, 31)
    rows = customer_rows(model, [f"k{n}: visits = {n}, credit = {n * 20}" for n in range(9)], as_of)
    compiled = Compiled(World(model, rows, as_of), text)
    names = [f"s{n}" for n in range(PUT_OFF + 20)] + ["top", "both"]
    together = compiled.run(names)
    for name in ("s0", "s3", "s40", "s150", "top", "both"):
        assert compiled.run([name])[name] == together[name], name
