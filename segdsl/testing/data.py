"""A catalog against the data at hand: the model, and what is expected."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping

from segdsl.check import Checker
from segdsl.diagnostics import Diagnostic
from segdsl.engines.describe import describe_model
from segdsl.engines.duckdb import DuckDB
from segdsl.engines.engine import Engine
from segdsl.engines.keys import wrong_keys
from segdsl.engines.misfits import misfits
from segdsl.engines.problem import EngineProblem
from segdsl.engines.reading import Reading
from segdsl.engines.results import Evaluation
from segdsl.lint import lint
from segdsl.lint.room import Room
from segdsl.model.schema import PartName
from segdsl.plan import make_plan
from segdsl.sql import make_query
from segdsl.testing.expect import broken
from segdsl.testing.held import unlike_the_data
from segdsl.types import Type


def check_data(checker: Checker, engine: Engine, as_of: dt.datetime) -> list[Diagnostic]:
    """What is not as the model says, of values those that the definitions read; where there is nothing, the
    expectations that the data do not fulfil, and what is rarely meant. What the values themselves say of that is seen
    on DuckDB alone."""
    model, program = checker.catalog.model, checker.done().program
    schema, found = describe_model(model, engine)
    if not any(item.is_error for item in found):
        found.extend(wrong_keys(model, schema, engine))
        outputs = [program.outputs[name] for name in checker.catalog.definitions if name in program.outputs]
        columns = make_plan(program, outputs).columns(model)
        found.extend(_unreadable(columns, Reading(model, schema, engine, as_of)))
    if program.expectations and not any(item.is_error for item in found):
        outputs = [item.output for item in program.expectations]
        query = make_query(model, schema, make_plan(program, outputs), engine.dialect, as_of)
        found.extend(broken(program.expectations, Evaluation(engine, query, outputs).counts(outputs)))
    if any(item.is_error for item in found) or not isinstance(engine, DuckDB):
        found.extend(lint(checker))
    else:
        found.extend(lint(checker, unlike_the_data(Room(checker), schema, engine, as_of)))
    return found


def _unreadable(
    columns: Mapping[PartName, Collection[tuple[str, Type | None]]], reading: Reading
) -> Iterator[Diagnostic]:
    """What a run that evaluates everything would fail of: values of the columns that it reads."""
    for part, read in columns.items():
        try:
            yield from (told for _, told in misfits(part, reading, read))
        except EngineProblem as problem:
            yield from problem.diagnostics
