"""The language on stand-ins: Snowflake's connector on fakesnow, BigQuery's SQL on Google's own evaluator.

A case takes half a second there, and Google's evaluator half a minute to start. So the usual run has a few cases on the
first and none on the second; SEGDSL_EMULATED=all runs every case on both, as CI does.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping, Sequence
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from segdsl import load
from segdsl.engines.drivers.driver import Refused
from segdsl.plan import make_plan
from segdsl.sql.dialects import BIGQUERY
from segdsl.sql.lacking import lacking
from tests.benches import Benches
from tests.cases import Case, check
from tests.engine import Compiled
from tests.googlesql import GoogleSQL
from tests.test_engines import CASES, NASTY, NASTY_TEXTS, Count, _check_nasty, nasty_catalog
from tests.world import World, named_tables, typed_tables

ALL = os.environ.get("SEGDSL_EMULATED") == "all"
# what asks for history is refused there
MEANT = [(title, case) for title, case in CASES if not title.startswith("history: ")]
# fakesnow has no TO_NUMBER with a format, by which a sample reads the digits of its hash, and its lists are JSON, which
# no function of arrays takes there; it is made of DuckDB, whose UPPER alone has a capital ß
_BEYOND = ("sample(", "has any", "has all", "interests contains", "GIEßEN")
FEW = [(title, case) for title, case in (MEANT if ALL else MEANT[7::70]) if not any(w in case.rules for w in _BEYOND)]


@pytest.mark.parametrize(("title", "case"), FEW, ids=[title for title, _ in FEW])
def test_meaning_on_snowflake(benches: Benches, count: Count, title: str, case: Case) -> None:
    bench = benches("snowflake")
    count("snowflake", title, case.rules)
    check(case, bench)


@pytest.mark.skipif(not ALL, reason="two hundred texts take a while: SEGDSL_EMULATED=all")
def test_nasty_texts_on_snowflake(benches: Benches, count: Count) -> None:
    bench = benches("snowflake")
    count("snowflake", NASTY_TEXTS, number=len(set(NASTY)))
    _check_nasty(bench)


def test_a_catalog_runs_on_snowflake(benches: Benches, tmp_path: Path) -> None:
    """Through the façade, on tables whose names are capital letters as they are where nobody quotes them."""
    owner = benches("snowflake")
    (tmp_path / "segdsl.yaml").write_text(MODEL)
    (tmp_path / "rules.seg").write_text(RULES)
    for statement in TABLES:
        owner.driver.execute(statement)
    url = "snowflake://joe:word@account/shop/public?warehouse=small"
    catalog = load(tmp_path)
    with catalog.run(engine=url) as result:
        assert [(size.segment, size.members, size.population) for size in result.sizes] == [
            ("vip", 1, 3), ("of_this_year", 2, 3), ("tier.gold", 1, 3), ("tier.silver", 2, 3)
        ]  # fmt: skip
        assert result.members.to_pydict() == {
            "segment": ["of_this_year", "of_this_year", "tier.gold", "tier.silver", "tier.silver", "vip"],
            "id": [1, 2, 1, 2, 3, 1],
        }
        assert result.write_into("public") == ("public.segdsl_members", 6)
    with catalog.run(["spent"], layout="wide", engine=url) as result:
        assert result.wide["spent"].to_pylist() == [110.5, 20.0, 0.0]
    sql = catalog.compile(["of_this_year"], engine=url)
    assert "CONVERT_TIMEZONE('Europe/Berlin'" in sql
    assert '"CUSTOMERS"' in sql
    assert '"CUSTOMERS"' in catalog.compile(["vip"], dialect="snowflake")


def test_a_session_of_snowflake_that_stays_otherwise_is_refused(benches: Benches) -> None:
    from segdsl.engines.drivers.snowflake import Snowflake

    benches("snowflake")

    class Other(Snowflake):
        settings: Mapping[str, str] = {"QUOTED_IDENTIFIERS_IGNORE_CASE": "true"}

    with pytest.raises(Refused, match="stays `false`, expected `true`"):
        Other("snowflake://joe:word@account/shop/public")


def test_a_url_of_snowflake_is_what_the_connector_is_called_with() -> None:
    from segdsl.engines.drivers.snowflake import arguments

    assert arguments("snowflake://joe:a%40b@org-account/Shop/Sales?warehouse=W&role=R") == {
        "account": "org-account", "user": "joe", "password": "a@b", "database": "Shop", "schema": "Sales",
        "warehouse": "W", "role": "R",
    }  # fmt: skip
    assert arguments("snowflake://org-account/shop") == {"account": "org-account", "database": "shop"}


MODEL = """\
timezone: Europe/Berlin
as_of: 2026-03-31
entities:
  customer: {table: customers, key: id, attributes: {country: text, signup: timestamp}}
events:
  order:
    of: customer
    sql: SELECT id, customer, min(at) AS at, sum(CAST(amount AS DECIMAL(12, 2))) AS amount FROM lines GROUP BY ALL
    key: customer
    time: at
    fields: {amount: decimal}
"""
RULES = """\
segment vip = total_spend > 100
segment of_this_year = signup in 2026
segmentation tier { gold when orders >= 2  silver otherwise }
trait spent = total_spend
"""
TABLES = (
    "CREATE TABLE customers (id INT, country VARCHAR(2), signup TIMESTAMP_TZ)",
    "CREATE TABLE lines (id INT, customer INT, at TIMESTAMP_NTZ, amount NUMBER(12, 2))",
    "INSERT INTO customers VALUES (1, 'DE', '2025-12-31 23:30:00+00:00'), (2, 'FR', '2026-01-02 00:00:00+00:00'),"
    " (3, 'de', NULL)",
    "INSERT INTO lines VALUES (1, 1, '2026-01-01', 60), (1, 1, '2026-01-01', 50), (2, 1, '2026-03-01', 0.5),"
    " (3, 2, '2026-02-01', 20)",
)


# ---------------------------------------------------------------- BigQuery


@pytest.fixture(scope="module")
def google() -> GoogleSQL:
    if not ALL or find_spec("zetasql") is None:
        pytest.skip("Google's evaluator is asked for by SEGDSL_EMULATED=all, and brought by pip install zetasql")
    return GoogleSQL()


@pytest.mark.parametrize(("title", "case"), MEANT if ALL else [], ids=[t for t, _ in MEANT] if ALL else [])
def test_meaning_on_bigquery(google: GoogleSQL, count: Count, title: str, case: Case) -> None:
    count("bigquery", title, case.rules)

    def evaluate(world: World, rules: str, names: Sequence[str], params: dict[str, str]) -> dict[str, dict[str, Any]]:
        compiled = Compiled(world, rules, params)
        plan = make_plan(compiled.checker.done().program, [compiled.output(name)[0] for name in names])
        assert not list(lacking(plan, BIGQUERY))
        return google.values(compiled, names)

    check(case, evaluate)


def test_nasty_texts_on_bigquery(google: GoogleSQL, count: Count) -> None:
    world, rules, texts = nasty_catalog()
    count("bigquery", NASTY_TEXTS, number=len(texts))
    names = [f"s{number}" for number in range(len(texts))]
    found = google.values(Compiled(world, rules), names)
    for number, each in enumerate(names):
        assert [key for key, holds in found[each].items() if holds] == [str(number)], texts[number]


def test_floating_numbers_of_bigquery_are_read_with_ten_digits(google: GoogleSQL) -> None:
    world = _world("19.99", "19.99", "19.99")
    rules = """
trait least = min(order.amount)
segment three = sum(order.amount) >= 59.97
segment alike = count(order where amount in (19.99, 5)) = 3
"""
    found = google.values(Compiled(world, rules), ["least", "three", "alike"], {"amount": "FLOAT64"})
    assert {name: values["a"] for name, values in found.items()} == {
        "least": Decimal("19.99"), "three": True, "alike": True
    }  # fmt: skip


def _world(*amounts: str) -> World:
    model = named_tables(
        {
            "entities": {"customer": {"key": "id", "from_events": True}},
            "events": {"order": {"of": "customer", "key": "id", "time": "at", "fields": {"amount": "decimal"}}},
        }
    )
    rows = [{"id": "a", "at": "2026-03-01T00:00:00", "amount": text} for text in amounts]
    return World(model, typed_tables(model, {"order": rows}), dt.datetime(2026, 3, 31))
