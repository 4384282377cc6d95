"""A catalog against the data at hand: the model, and what is expected."""

from __future__ import annotations

import datetime as dt

from segdsl.diagnostics import Diagnostic
from segdsl.engines.describe import describe_model
from segdsl.engines.duckdb import DuckDB
from segdsl.engines.keys import repeated_keys
from segdsl.engines.results import Evaluation
from segdsl.model.model import Model
from segdsl.plan import make_plan
from segdsl.program import Program
from segdsl.sql import DUCKDB, make_query
from segdsl.testing.expect import broken


def check_data(model: Model, program: Program, engine: DuckDB, as_of: dt.datetime) -> list[Diagnostic]:
    """What is not as the model says; where there is nothing, the expectations that the data do not fulfil."""
    schema, found = describe_model(model, engine)
    if not any(item.is_error for item in found):
        found.extend(repeated_keys(model, schema, engine))
    if program.expectations and not any(item.is_error for item in found):
        outputs = [item.output for item in program.expectations]
        query = make_query(model, schema, make_plan(program, outputs), DUCKDB, as_of)
        found.extend(broken(program.expectations, Evaluation(engine, query, outputs).counts(outputs)))
    return found
