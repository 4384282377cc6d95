"""The laws of meaning, over random catalogs and random data: the compiler says what the language says."""

from __future__ import annotations

import datetime as dt
import os
import sys
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from segdsl.engines.describe import describe_model
from segdsl.engines.duckdb import DuckDB
from segdsl.plan import make_plan
from segdsl.program import Output
from segdsl.sql import DUCKDB, make_query, sql_text
from tests.engine import Compiled, arrow_tables
from tests.laws.catalogs import RandomCatalog, catalogs
from tests.laws.worlds import borders, worlds
from tests.reference.evaluator import Reference
from tests.world import World

# `SEGDSL_LAWS=3000` while developing: more examples, other ones each time, and those that fail made small
DEVELOPING = "SEGDSL_LAWS" in os.environ
# Hypothesis minds when the reference changes it in the midst of an example
sys.setrecursionlimit(20_000)
EXAMPLES = int(os.environ.get("SEGDSL_LAWS", "100"))
Values = dict[str, dict[str, Any]]


def law(share: float) -> settings:
    """The settings of a law that is shown by a share of the examples."""
    return settings(
        max_examples=max(1, int(EXAMPLES * share)),
        deadline=None,
        derandomize=not DEVELOPING,
        phases=[Phase.reuse, Phase.generate, Phase.shrink] if DEVELOPING else [Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


def alike(expected: Any, found: Any) -> bool:
    """Whether two values are one: decimals to the ninth digit, all others exactly."""
    if expected is None or found is None:
        return expected is found
    if isinstance(expected, bool) or isinstance(found, bool):
        return expected is found
    if isinstance(expected, int | Decimal) and isinstance(found, int | Decimal):
        return abs(Decimal(expected) - Decimal(found)) <= Decimal("1e-9")
    return type(expected) is type(found) and bool(expected == found)


def differences(expected: Values, found: Values) -> list[str]:
    """Where two evaluations differ, a line for each."""
    out = [
        f"{name} of {key}: {value!r} and {found[name].get(key)!r}"
        for name, values in expected.items()
        for key, value in values.items()
        if not alike(value, found[name].get(key))
    ]
    out.extend(f"the population of {name}" for name, values in expected.items() if set(values) != set(found[name]))
    return out


def assert_alike(expected: Values, found: Values, world: World, text: str) -> None:
    lines = differences(expected, found)
    assert not lines, "\n".join([*lines, f"as of {world.as_of}", text])


def run(
    world: World,
    catalog: RandomCatalog,
    names: Sequence[str],
    text: str | None = None,
    as_of: dt.datetime | None = None,
) -> Values:
    """What the compiler makes of a catalog, or of a text in its place."""
    return Compiled(world, catalog.text if text is None else text, dict(catalog.settings)).run(names, as_of)


def beside(catalog: RandomCatalog, lines: Sequence[str]) -> str:
    """A catalog with more definitions."""
    return catalog.text + "\n".join(lines) + "\n"


@law(1)
@given(worlds(), catalogs())
def test_the_compiler_means_what_the_reference_means(world: World, catalog: RandomCatalog) -> None:
    reference = Reference(world, catalog.text, dict(catalog.settings))
    expected = {name: reference.values(name) for name in catalog.names}
    assert_alike(expected, run(world, catalog, catalog.names), world, catalog.text)


@law(0.4)
@given(worlds(), catalogs(most=8))
def test_not_is_the_opposite_and_de_morgan_holds(world: World, catalog: RandomCatalog) -> None:
    conditions = [one for one in catalog.definitions if one.condition is not None]
    lines: list[str] = []
    for index, one in enumerate(conditions):
        of = f" of {one.entity}"
        other = next((two for two in reversed(conditions) if two.entity == one.entity), one)
        lines += [
            f"segment yes_{index}{of} = {one.condition}",
            f"segment no_{index}{of} = not {one.condition}",
            f"trait kept_{index}{of} = {one.condition}",
            f"segment not_kept_{index}{of} = not kept_{index}",
            f"segment nor_{index}{of} = not ({one.condition} or {other.condition})",
            f"segment both_not_{index}{of} = not {one.condition} and not {other.condition}",
            f"segment nand_{index}{of} = not ({one.condition} and {other.condition})",
            f"segment one_not_{index}{of} = not {one.condition} or not {other.condition}",
        ]
    if not lines:
        return
    names = [line.split()[1] for line in lines]
    found = run(world, catalog, names, beside(catalog, lines))
    for index, one in enumerate(conditions):
        assert all(found[f"yes_{index}"][key] is not value for key, value in found[f"no_{index}"].items()), one.text
        for left, right in (("yes", "kept"), ("no", "not_kept"), ("nor", "both_not"), ("nand", "one_not")):
            # a bool attribute kept in a trait may be unknown
            kept = {key: value is True for key, value in found[f"{right}_{index}"].items()}
            assert found[f"{left}_{index}"] == kept, (left, one.text, catalog.text)


@law(0.4)
@given(worlds(), catalogs(most=8), st.integers(0, 19))
def test_as_of_a_moment_is_a_run_at_that_moment(world: World, catalog: RandomCatalog, back: int) -> None:
    past = [moment for moment in borders(world.as_of) if moment <= world.as_of]
    moment = past[back % len(past)]
    lines = [
        f"trait then_{index} of {one.entity} = ({one.name_text}) as of {moment.isoformat()}"
        for index, one in enumerate(catalog.outputs)
    ]
    found = run(world, catalog, [f"then_{index}" for index in range(len(lines))], beside(catalog, lines))
    expected = run(world, catalog, catalog.names, as_of=moment)
    then = {name: found[f"then_{index}"] for index, name in enumerate(catalog.names)}
    assert_alike(expected, then, World(world.model, world.tables, moment), catalog.text)


@law(0.3)
@given(worlds(), catalogs(most=8), st.integers(1, 7), st.randoms(use_true_random=False))
def test_neither_order_nor_company_changes_a_definition(
    world: World, catalog: RandomCatalog, count: int, random: Any
) -> None:
    whole = run(world, catalog, catalog.names)
    # each is made of those before it, so the first ones are a catalog of their own
    fewer = RandomCatalog(catalog.params, catalog.definitions[:count], catalog.settings)
    assert_alike(run(world, fewer, fewer.names), whole, world, catalog.text)
    asked = catalog.names[-count:]
    assert_alike(run(world, catalog, asked), whole, world, catalog.text)
    texts = [one.text for one in catalog.definitions]
    random.shuffle(texts)
    shuffled = "\n".join([*texts, *catalog.params])
    assert_alike(run(world, catalog, catalog.names, shuffled), whole, world, shuffled)


@law(0.3)
@given(worlds(), catalogs(most=8))
def test_the_text_run_in_a_plain_duckdb_is_the_run_in_both_layouts(world: World, catalog: RandomCatalog) -> None:
    expected = run(world, catalog, catalog.names)
    compiled = Compiled(world, catalog.text, dict(catalog.settings))
    outputs = [compiled.output(name)[0] for name in catalog.names]
    model = compiled.catalog.model
    tables = arrow_tables(model, world.tables)
    with DuckDB(model, Path("."), tables) as engine:
        schema, _ = describe_model(model, engine)
    query = make_query(model, schema, make_plan(compiled.checker.done().program, outputs), DUCKDB, world.as_of)
    conditions = [one for one in outputs if one.kind != "trait"]
    with duckdb.connect() as plain:
        for name, table in tables.items():
            plain.register(name, table)
        for entity in dict.fromkeys(one.entity for one in outputs):
            of_entity = [one for one in outputs if one.entity == entity]
            rows = plain.execute(sql_text(query.with_steps(query.wide(entity, of_entity)), DUCKDB)).fetchall()
            for index, one in enumerate(of_entity, start=1):
                wide = {row[0]: row[index] for row in rows}
                assert set(wide) == set(expected[one.name])
                if one.kind != "trait":
                    assert wide == expected[one.name], catalog.text
        if conditions:
            rows = plain.execute(sql_text(query.with_steps(query.members(conditions)), DUCKDB)).fetchall()
            several = len({one.entity for one in conditions}) > 1
            assert sorted(rows) == sorted(_members(conditions, expected, several)), catalog.text


def _members(outputs: Sequence[Output], values: Values, several: bool) -> list[tuple[str, ...]]:
    """The rows of the layout `members`."""
    return [
        (f"{one.name}.{value}" if one.kind == "segmentation" else one.name, *((one.entity,) if several else ()), key)
        for one in outputs
        for key, value in values[one.name].items()
        if (value is not None if one.kind == "segmentation" else value is True)
    ]
