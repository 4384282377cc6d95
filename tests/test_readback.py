"""Dialects that cannot be run here: what sqlglot reads gives the members on DuckDB, and is what was reviewed."""

from __future__ import annotations

import datetime as dt
import os
import random
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from segdsl import load
from segdsl.sql import DIALECTS, Dialect
from tests.benches import IN_CI
from tests.cases import Case, check
from tests.engine import Compiled
from tests.laws.catalogs import make_catalog
from tests.laws.test_meaning_laws import assert_alike, run
from tests.laws.worlds import Picker, make_world
from tests.readback import ReadBack
from tests.test_engines import (
    CASES,
    CHANGES,
    CLOCKS,
    NASTY_TEXTS,
    RANDOM,
    Count,
    changes_of_clocks,
    nasty_catalog,
)
from tests.world import World, named_tables

# one of each grammar that sqlglot reads: Athena's is Trino's
READ = ["snowflake", "bigquery", "trino", "redshift", "tsql", "mysql"]
GOLDEN = Path(__file__).parent / "golden"
# all that is refused in any case
HISTORY = {"`history`"}
_PADDED = {"`interests`, a `list(text)`", "`least of text`", "`min of text`", "`mode of text`", "`same of text`"}
REFUSED = {"redshift": HISTORY | _PADDED, "tsql": HISTORY | _PADDED | {"`matches`", "`sample`"}}
# every second case is read back, in one of the dialects in turn; SEGDSL_READ_BACK=all has each in all of them. What may
# differ is in test_silent.py, for every dialect
ALL = os.environ.get("SEGDSL_READ_BACK") == "all"


@pytest.fixture(scope="module")
def duckdb() -> Iterator[ReadBack]:
    back = ReadBack()
    yield back
    back.close()


NUMBERS = range(0, len(CASES), 1 if ALL else 2)


@pytest.mark.parametrize("number", NUMBERS, ids=[CASES[number][0] for number in NUMBERS])
def test_meaning(duckdb: ReadBack, count: Count, number: int) -> None:
    """The members and values of a case. What a dialect lacks is refused, and stands in its row."""
    for name in READ if ALL else [READ[number // 2 % len(READ)]]:
        title, case = CASES[number]
        count(f"read back:{name}", title, case.rules, refused=not _check(duckdb, case, DIALECTS[name]))


def _check(duckdb: ReadBack, case: Case, dialect: Dialect) -> bool:
    """Whether the dialect has all that the case uses, which is then equal."""

    def evaluate(world: World, rules: str, names: Sequence[str], params: dict[str, str]) -> dict[str, dict[str, Any]]:
        compiled = Compiled(world, rules, params)
        if refused := set(duckdb.refused(compiled, names, dialect)):
            assert refused <= REFUSED.get(dialect.name, HISTORY), refused
            raise _Refused
        duckdb.load(compiled, dialect)
        return duckdb.values(compiled, names, dialect)

    try:
        check(case, evaluate)
    except _Refused:
        return False
    return True


class _Refused(Exception):  # noqa: N818
    """The dialect lacks something that the case uses."""


@pytest.mark.parametrize("name", READ)
def test_nasty_texts_are_what_they_are(duckdb: ReadBack, count: Count, name: str) -> None:
    """Each of two hundred texts finds the one customer that has it, and no other."""
    world, rules, texts = nasty_catalog()
    count(f"read back:{name}", NASTY_TEXTS, number=len(texts))
    compiled = Compiled(world, rules)
    duckdb.load(compiled, DIALECTS[name])
    names = [f"s{number}" for number in range(len(texts))]
    found = duckdb.values(compiled, names, DIALECTS[name])
    for number, each in enumerate(names):
        assert [key for key, holds in found[each].items() if holds] == [str(number)], texts[number]


@pytest.mark.parametrize("name", READ)
def test_random_catalogs_give_what_duckdb_gives(duckdb: ReadBack, count: Count, name: str) -> None:
    seeds = range(8 if ALL else 1)
    count(f"read back:{name}", RANDOM, number=len(seeds))
    for seed in seeds:
        pick = Picker(random.Random(f"{name} {seed}").randint)
        world, catalog = make_world(pick), make_catalog(pick)
        compiled = Compiled(world, catalog.text, dict(catalog.settings))
        names = [word for word in catalog.names if not duckdb.refused(compiled, [word], DIALECTS[name])]
        duckdb.load(compiled, DIALECTS[name])
        expected = {word: values for word, values in run(world, catalog, catalog.names).items() if word in names}
        assert names
        assert_alike(expected, duckdb.values(compiled, names, DIALECTS[name]), world, catalog.text)


@pytest.mark.parametrize("name", READ)
def test_lengths_of_time_cross_the_changes_of_the_clocks(duckdb: ReadBack, count: Count, name: str) -> None:
    count(f"read back:{name}", CLOCKS, number=2)
    for world, rules, names in changes_of_clocks(*CHANGES[READ.index(name) % 2]):
        compiled = Compiled(world, rules)
        duckdb.load(compiled, DIALECTS[name])
        assert_alike(compiled.run(names), duckdb.values(compiled, names, DIALECTS[name]), world, rules)


@pytest.mark.parametrize("type_", ["DOUBLE", "VARCHAR", "DECIMAL(38, 15)"])
@pytest.mark.parametrize("name", READ)
def test_a_number_is_read_with_ten_digits(duckdb: ReadBack, name: str, type_: str) -> None:
    model = named_tables({"entities": {"customer": {"key": "id", "attributes": {"x": "decimal"}}}})
    compiled = Compiled(World(model, {"customer": []}, dt.datetime(2026, 3, 31)), "segment s = x = 0.1234567892")
    column = f"CAST('0.12345678915' AS {type_}) AS x"
    duckdb.connection.execute(f"CREATE OR REPLACE TEMP VIEW customer AS SELECT 'a' AS id, {column}")
    assert duckdb.values(compiled, ["s"], DIALECTS[name]) == {"s": {"a": True}}


# ---------------------------------------------------------------- what was reviewed

MODEL = """\
timezone: Europe/Berlin
as_of: 2026-03-31
entities:
  customer:
    table: customers
    key: customer_id
    attributes: {country: text, signup: timestamp, birth_date: date}
events:
  order: {of: customer, table: shop.orders, key: customer_id, time: ordered_at, fields: {amount: decimal}}
  cart_add: {of: customer, table: cart_adds, key: customer_id, time: at}
"""
RULES = """\
segment vip = sum(order.amount within 365d) >= 500 and country != "DE's"
segment lost = last_purchase >= 6mo and weekday(first_purchase) <= 5
segment top = percentile(total_spend per country) >= 90%
segment left_cart = sequence(cart_add within 7d then no order within 24h)
segment teenager = years_since(birth_date) between 13 and 19 and age(signup) > 36h
segment german = country matches "^(DE|AT)$" or lower(country) starts with "d"
trait usual = round(median(order.amount) / count(order), 2)
trait gap = avg_gap(order)
segment fair = avg(order.amount within 60d) >= 20 and count(order within 30d) / count(order) < 50%
segmentation split { test when sample(50%, "a")  control otherwise }
"""
NAMES = ["vip", "lost", "top", "left_cart", "teenager", "german", "usual", "gap", "fair", "split"]


@pytest.mark.parametrize("name", [*READ, "athena", "mariadb", "sqlite"])
def test_the_sql_is_what_was_reviewed(tmp_path: Path, name: str) -> None:
    """SEGDSL_GOLDEN=write writes it anew, to be read again."""
    (tmp_path / "segdsl.yaml").write_text(MODEL)
    (tmp_path / "rules.seg").write_text(RULES)
    names = [
        word for word in NAMES if not (name in ("tsql", "sqlite") and word in ("german", "split"))
    ]  # both lack both
    sql = load(tmp_path).compile(names, layout="wide", dialect=name).partition("\n")[2]
    golden = GOLDEN / f"{name}.sql"
    if os.environ.get("SEGDSL_GOLDEN") == "write":
        golden.write_text(sql)
    assert sql == golden.read_text()


@pytest.mark.parametrize("name", ["trino", "athena"])
def test_trinos_own_grammar_takes_it(name: str) -> None:
    if find_spec("trino_sql_validator") is None and not IN_CI:
        pytest.skip("Trino's grammar is not here: pip install -e '.[engines]' brings trino-sql-validator")
    import trino_sql_validator

    sql = (GOLDEN / f"{name}.sql").read_text()
    found = trino_sql_validator.validate(sql.rstrip(";\n"))
    assert found.valid, found.error
