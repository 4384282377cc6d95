"""A catalog against the data at hand: the model, and what is expected."""

from __future__ import annotations

import datetime as dt

from segdsl.check import Checker
from segdsl.diagnostics import Diagnostic
from segdsl.engines.describe import describe_model
from segdsl.engines.duckdb import DuckDB
from segdsl.engines.engine import Engine
from segdsl.engines.keys import repeated_keys
from segdsl.engines.results import Evaluation
from segdsl.lint import lint
from segdsl.lint.room import Room
from segdsl.plan import make_plan
from segdsl.sql import make_query
from segdsl.testing.expect import broken
from segdsl.testing.held import unlike_the_data


def check_data(checker: Checker, engine: Engine, as_of: dt.datetime) -> list[Diagnostic]:
    """What is not as the model says; where there is nothing, the expectations that the data do not fulfil, and what is
    rarely meant. What the values themselves say of that is seen on DuckDB alone."""
    model, program = checker.catalog.model, checker.done().program
    schema, found = describe_model(model, engine)
    if not any(item.is_error for item in found):
        found.extend(repeated_keys(model, schema, engine))
    if program.expectations and not any(item.is_error for item in found):
        outputs = [item.output for item in program.expectations]
        query = make_query(model, schema, make_plan(program, outputs), engine.dialect, as_of)
        found.extend(broken(program.expectations, Evaluation(engine, query, outputs).counts(outputs)))
    if any(item.is_error for item in found) or not isinstance(engine, DuckDB):
        found.extend(lint(checker))
    else:
        found.extend(lint(checker, unlike_the_data(Room(checker), schema, engine, as_of)))
    return found
