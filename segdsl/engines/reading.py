"""The columns of the model's own tables as rules read them, on whatever engine they are."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from sqlglot import exp

from segdsl.engines.engine import Engine
from segdsl.exact import EXACT
from segdsl.model.model import Model
from segdsl.model.schema import PartName, Schema
from segdsl.plan import make_plan
from segdsl.program import Program
from segdsl.sql.expressions import Expressions
from segdsl.sql.rows import Rows
from segdsl.types import Kind, Type

# what stands for the rows of a part in a SELECT
ROWS = "rows"
_EPOCH = dt.datetime(1970, 1, 1)


class Reading:
    """Columns as values of the language, in SELECTs over one part each."""

    def __init__(self, model: Model, schema: Schema, engine: Engine, as_of: dt.datetime) -> None:
        nothing = make_plan(Program({}, {}), [])
        self.model, self.schema, self.engine = model, schema, engine
        self.expressions = Expressions(nothing, engine.dialect, as_of, model.timezone)
        self._rows = Rows(model, schema, nothing, self.expressions)

    def typed(self, part: PartName, column: str, type_: Type) -> exp.Expr:
        """A column as a value of a type."""
        return self._rows.typed(part, column, ROWS, type_)

    def key(self, part: PartName, column: str, stated: Type | None) -> exp.Expr:
        """A key as it is compared with others."""
        return self._rows.raw_key(part, column, ROWS, stated)

    def text(self, value: exp.Expr) -> exp.Expr:
        return self.expressions.cast(value, Kind.TEXT)

    def known(self, value: Any, kind: Kind) -> Any:
        """A value that was fetched, where an engine has something else for it: numbers for decimals, moments and
        truths, JSON for lists."""
        scale = self.engine.dialect.decimals
        if value is None:
            return None
        if kind in (Kind.DECIMAL, Kind.DISTANCE) and scale is not None:
            return EXACT.divide(value, scale)
        if kind in (Kind.DATE, Kind.TIME) and scale is not None:
            moment = _EPOCH + dt.timedelta(microseconds=value)
            return moment.date() if kind is Kind.DATE else moment
        if kind is Kind.BOOL:
            return bool(value)
        return json.loads(value) if kind is Kind.LIST and isinstance(value, str) else value
