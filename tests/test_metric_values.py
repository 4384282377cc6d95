"""Every shipped metric, as worked out by hand, on the compiler and once more from plain rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from segdsl.diagnostics import Source
from segdsl.engines.describe import describe_model
from segdsl.engines.duckdb import DuckDB
from segdsl.engines.results import Evaluation
from segdsl.metrics.ask import expression_of
from segdsl.metrics.asked import Asked
from segdsl.metrics.measure import Cell, Measuring
from segdsl.metrics.template import SHIPPED, Template, shipped
from segdsl.metrics.value import read_value
from segdsl.plan import make_plan
from segdsl.program import Length as ProgramLength
from segdsl.sql import DUCKDB, Query, make_query
from tests.cases import Case, MetricCase, same, world_of
from tests.engine import Compiled, arrow_tables
from tests.reference import metrics as reference
from tests.reference.evaluator import Reference
from tests.reference.moments import Length
from tests.test_spec import ALL
from tests.world import World, column_of

_CASES = [(title, case) for title, case in ALL if case.metrics]


def compiled(case: Case) -> list[float | None]:
    """The metrics of a case from the compiler: those with the same values for params in one statement."""
    return _compiled(case, lambda measuring, engine, query: measuring.evaluate(engine, query, 1))


def of_a_table(case: Case) -> list[float | None]:
    """The same of an evaluation that is kept."""
    return _compiled(case, _of_a_table)


def of_every_row(case: Case) -> list[float | None]:
    """The same with every customer's row in each of its groups, as aggregates are worked out that have no parts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("segdsl.metrics.measure.has_parts", lambda measure: False)
        return _compiled(case, _of_a_table)


def _of_a_table(measuring: Measuring, engine: DuckDB, query: Query) -> list[Cell]:
    evaluation = Evaluation(engine, query, measuring.outputs)
    cells = measuring.cells(evaluation, 1)
    evaluation.drop()
    return cells


def _compiled(case: Case, measure: Callable[[Measuring, DuckDB, Query], list[Cell]]) -> list[float | None]:
    world = world_of(case)
    made = Compiled(world, case.rules)
    outputs = [made.output(item.segment or _first(made))[0] for item in case.metrics]
    asked = [Asked(output, expression_of(made.checker, output)) for output in dict.fromkeys(outputs)]
    model = made.catalog.model
    found: dict[tuple[Any, ...], float | None] = {}
    with DuckDB(model, Path("."), arrow_tables(model, world.tables)) as engine:
        schema, _ = describe_model(model, engine)
        for params in dict.fromkeys(tuple(item.params.items()) for item in case.metrics):
            measuring = Measuring(made.checker, asked, world.as_of)
            for name in dict.fromkeys(item.metric for item in case.metrics if tuple(item.params.items()) == params):
                wrong = measuring.add(shipped()[name], dict(params), is_required=True)
                assert not wrong, "\n".join(one.render() for one in wrong)
            plan = make_plan(made.checker.done().program, measuring.outputs)
            query = make_query(model, schema, plan, DUCKDB, world.as_of)
            for cell in measure(measuring, engine, query):
                found[(cell.metric, params, cell.segment)] = cell.value
    return [found[(item.metric, tuple(item.params.items()), item.segment)] for item in case.metrics]


def _first(made: Compiled) -> str:
    """Some segment of the default entity, where only everybody is asked about."""
    return next(name for name, output in made.checker.outputs.items() if output.kind == "segment")


def from_rows(case: Case) -> list[Any]:
    """The same from plain rows."""
    world = world_of(case)
    evaluator = Reference(world, case.rules)
    people = people_of(world)
    return [of_people(evaluator, people, item, world.as_of) for item in case.metrics]


def people_of(world: World) -> dict[str, reference.Person]:
    """The population of a world with its events, each kind's rows with their time as `at`."""
    spec = world.model["entities"]["customer"]
    events: dict[str, dict[str, list[dict[str, Any]]]] = {
        str(row[spec["key"]]): {} for row in world.tables[spec["table"]]
    }
    for name, event in world.model["events"].items():
        for row in world.tables[event["table"]]:
            fields = {field: row.get(column_of(field, of)) for field, of in (event.get("fields") or {}).items()}
            events[str(row[event["key"]])].setdefault(name, []).append({**fields, "at": row[event["time"]]})
    return {key: reference.Person(key, found) for key, found in events.items()}


def of_people(
    evaluator: Reference, people: Mapping[str, reference.Person], item: MetricCase, as_of: dt.datetime
) -> Any:
    template = shipped()[item.metric]
    params = params_of(template, item.params, as_of)
    now, then = set(people), set(people)
    if item.segment is not None:
        now = {key for key, held in evaluator.evaluate(item.segment).items() if held is True}
        if "period" in params:
            period = item.params.get("period", template.params["period"].default)
            then = {
                key for key, held in evaluator.evaluate(f"{item.segment} as of {period} ago").items() if held is True
            }
    asked = reference.Asked(
        [people[key] for key in sorted(now)],
        [people[key] for key in sorted(then)],
        list(people.values()),
        as_of,
        params,
    )
    found = reference.METRICS[item.metric](asked)
    return None if found is None else float(found)


def params_of(template: Template, given: Mapping[str, str], as_of: dt.datetime) -> dict[str, Any]:
    """The params of a metric as the reference takes them."""
    found: dict[str, Any] = {}
    for name, param in template.params.items():
        value, _ = read_value(given.get(name, param.default), Source(name, given.get(name, param.default)), as_of)
        assert value is not None
        raw = value.raw
        found[name] = Length(raw.months, raw.micros) if isinstance(raw, ProgramLength) else raw
    return found


@pytest.mark.parametrize("evaluate", [compiled, of_a_table, of_every_row, from_rows])
@pytest.mark.parametrize("case", [case for _, case in _CASES], ids=[title for title, _ in _CASES])
def test_metrics_are_what_was_worked_out_by_hand(case: Case, evaluate: Any) -> None:
    for item, value in zip(case.metrics, evaluate(case), strict=True):
        expected = None if item.value is None else Decimal(item.value)
        assert same(expected, value), f"{item.metric} of {item.segment}: {value}, not {expected}"


def test_every_shipped_metric_has_a_case_and_a_reference() -> None:
    tried = {item.metric for _, case in _CASES for item in case.metrics}
    assert tried == set(SHIPPED) == set(reference.METRICS)
