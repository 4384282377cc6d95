"""Trying examples: each customer by itself, on DuckDB."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segdsl import problems
from segdsl.engines.duckdb import DuckDB
from segdsl.engines.problem import EngineProblem
from segdsl.model.model import Model
from segdsl.plan import Plan, make_plan
from segdsl.program import Aggregate, Attribute, ChildAggregate, Example, Output, ParentValue, Program
from segdsl.program import Sequence as SequenceNode
from segdsl.sql import DUCKDB, make_query, sql_text
from segdsl.testing.given import given_tables

# the as-of of examples that name none, in catalogs whose model states none
FIXED = dt.datetime(2026, 1, 1)


@dataclass(frozen=True, slots=True)
class Trial:
    """An example that was tried: whether its customer was a member, and so whether it passed."""

    example: Example
    is_member: bool
    as_of: dt.datetime

    @property
    def passed(self) -> bool:
        """Whether the customer is where the example says."""
        return self.is_member is not self.example.negated


def as_of_standing(model: Model) -> dt.datetime:
    """The as-of of examples that name none: the model's, else a fixed one."""
    stated = model.as_of
    if isinstance(stated, dt.datetime):
        return stated
    return FIXED if stated is None else dt.datetime.combine(stated, dt.time())


def as_of_of(model: Model, example: Example) -> dt.datetime:
    """The as-of that an example is evaluated at."""
    base = as_of_standing(model)
    return base if example.as_of is None else example.as_of.at(base)


def try_examples(model: Model, program: Program, examples: Sequence[Example]) -> list[Trial]:
    """Every example, in their order. Those whose customers cannot be told apart by being alone share an evaluation."""
    members: dict[int, bool] = {}
    groups: dict[tuple[dt.datetime, str], list[int]] = defaultdict(list)
    plans: dict[str, Plan] = {}
    for index, example in enumerate(examples):
        name = example.target.name
        if name not in plans:
            plans[name] = make_plan(program, [example.target])
            if plans[name].pasts:
                raise EngineProblem([problems.example_needs_history(name, example.span)])
        shared = "" if is_alone_anyway(plans[name]) else f"{index}"
        groups[(as_of_of(model, example), f"{example.target.entity} {shared}")].append(index)
    for (as_of, _), indexes in groups.items():
        targets = list({examples[index].target.name: examples[index].target for index in indexes}.values())
        given = {f"example {index}": examples[index] for index in indexes}
        values = evaluate_given(model, program, targets, given, as_of)
        for index in indexes:
            row = values.get(f"example {index}", {})
            members[index] = row.get(examples[index].target.name) is True
    return [Trial(example, members[index], as_of_of(model, example)) for index, example in enumerate(examples)]


class Evaluations:
    """The values of outputs of one entity for given customers, as often as asked: one query on one connection."""

    def __init__(self, model: Model, program: Program, outputs: Sequence[Output], as_of: dt.datetime) -> None:
        plan = make_plan(program, outputs)
        self._model, self._as_of = model, as_of
        self._parts = plan.parts(model)
        self._names = [output.name for output in outputs]
        schema, _ = given_tables(model, self._parts, {}, as_of)
        query = make_query(model, schema, plan, DUCKDB, as_of)
        self._sql = sql_text(query.with_steps(query.wide(outputs[0].entity, outputs, raw=True)), DUCKDB)
        self._engine = DuckDB(model.model_copy(update={"database": None, "tables": {}}), Path())

    def close(self) -> None:
        self._engine.close()

    def values(self, given: dict[str, Example]) -> dict[str, dict[str, Any]]:
        """By key and output."""
        keyed = _keys(given)
        for name, table in given_tables(self._model, self._parts, keyed, self._as_of)[1].items():
            self._engine.register(name, table)
        back = dict(zip(keyed, given, strict=True))
        rows = self._engine.fetch(self._sql, "the examples")
        return {back[str(row[0])]: dict(zip(self._names, row[1:], strict=True)) for row in rows}


def evaluate_given(
    model: Model, program: Program, outputs: Sequence[Output], given: dict[str, Example], as_of: dt.datetime
) -> dict[str, dict[str, Any]]:
    """The values of outputs of one entity for given customers, by key and output."""
    with closing(Evaluations(model, program, outputs, as_of)) as evaluations:
        return evaluations.values(given)


def _keys(given: dict[str, Example]) -> dict[str, Example]:
    """The customers under keys that are numbers as well as texts, for models that state either."""
    return {str(number): example for number, example in enumerate(given.values(), start=1)}


def is_alone_anyway(plan: Plan) -> bool:
    """Whether a customer's values depend on no other customer, and not on its key."""
    return all(isinstance(leaf, Attribute | Aggregate | SequenceNode) for leaf in plan.leaves)


def is_alone_apart(plan: Plan) -> bool:
    """Whether a customer's values depend on no other customer as long as no two have a parent in common."""
    alone = Attribute | Aggregate | SequenceNode | ParentValue | ChildAggregate
    return all(isinstance(leaf, alone) for leaf in plan.leaves)
