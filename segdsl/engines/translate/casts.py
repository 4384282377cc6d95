"""The casts of a model's `sql:` in another dialect: to what is exact in both, by the dialect's own types."""

from __future__ import annotations

import datetime as dt
import re

from sqlglot import exp

from segdsl.engines.translate.frames import Told, Untranslatable, only, quoted
from segdsl.engines.translate.operands import READ_AS, Operand, Sort
from segdsl.engines.translate.uses import Uses
from segdsl.functions import DIGITS
from segdsl.sql import build
from segdsl.sql.rows import Rows
from segdsl.types import BOOL, DATE, DECIMAL, TEXT, TIME, Kind, Type

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(_DAY.pattern + r"[ T]\d\d:\d\d(:\d\d(\.\d{1,6})?)?")

_TYPES = {
    "TEXT": TEXT,
    "VARCHAR": TEXT,
    "DATE": DATE,
    "TIMESTAMP": TIME,
    "TIMESTAMPNTZ": TIME,
    "DECIMAL": DECIMAL,
    "BOOLEAN": BOOL,
}
_SORTS = {type_: sort for sort, type_ in READ_AS.items()}


class Casts:
    """The casts of one `sql:`."""

    def __init__(self, uses: Uses, rows: Rows) -> None:
        self.uses, self.rows = uses, rows
        self.expressions, self.dialect = uses.expressions, uses.dialect

    def cast(self, node: exp.Expr, told: Told) -> Told:
        """`CAST(… AS …)` of a value that is written already, or `date(…)`; raises Untranslatable."""
        only(node, "this", "to")
        word = "DATE" if isinstance(node, exp.Date) else node.args["to"].this.value
        type_ = _TYPES.get(word)
        if type_ is None:
            raise Untranslatable(f"a cast to {word.lower()} rounds and reads texts otherwise there")
        if self.dialect.decimals is not None and type_ is not TEXT:
            raise Untranslatable(f"a cast to {word.lower()}, of which there is no type there")
        if isinstance(told.tree, exp.Literal) and told.tree.is_string and type_ is not TEXT:
            return self.moment(told.tree, type_) if type_ in (DATE, TIME) else self._no_cast(node)
        scale = _scale(node.args["to"]) if type_ is DECIMAL else None
        return self._between(node, self.uses.use(told), type_, scale)

    def _between(self, node: exp.Expr, told: Told, type_: Type, scale: int | None) -> Told:
        to = Operand(_SORTS[type_])
        found: exp.Expr
        match told.is_.sort, to.sort:
            case Sort.NULL, _:
                return Told(self.expressions.cast(told.tree, type_.kind), Operand(to.sort, scale=scale))
            case ((Sort.INT | Sort.UNSEEN | Sort.TEXT), Sort.TEXT) if not self._may_be_truth(told.is_):
                found = told.tree if told.is_.sort is Sort.TEXT else self.expressions.cast(told.tree, Kind.TEXT)
                return Told(self.expressions.ordered(found, TEXT), to)
            case (Sort.DATE, Sort.DATE) | (Sort.TIME, Sort.TIME) | (Sort.TRUTH, Sort.TRUTH):
                return Told(told.tree, to)
            case Sort.TIME, Sort.DATE:
                return Told(self.uses.function("date", told.tree), to)
            case Sort.DATE, Sort.TIME:
                return Told(self.uses.function("midnight", told.tree), to)
            case Sort.UNSEEN, (Sort.DATE | Sort.TIME | Sort.TRUTH):
                return Told(self.rows.read(told.tree, "", type_), to)
            case Sort.TEXT, (Sort.DATE | Sort.TIME):
                return Told(self._moment_of_text(node, told.tree, type_.kind), to)
            case ((Sort.INT | Sort.DECIMAL | Sort.TEXT | Sort.UNSEEN), Sort.DECIMAL) if scale is not None:
                return self._decimal(told, scale)
        return self._no_cast(node)

    def _may_be_truth(self, operand: Operand) -> bool:
        """Whether a column holds 1 and 0 for what is a truth elsewhere."""
        return operand.native == "TINYINT" and "read bool of number" in self.dialect.structures

    def _no_cast(self, node: exp.Expr) -> Told:
        raise Untranslatable(f"{quoted(node)} rounds, reads or shows its value otherwise there")

    def moment(self, of: exp.Literal, type_: Type) -> Told:
        """A day or a time that is written out."""
        if type_ == DATE and _DAY.fullmatch(of.this):
            return Told(self.expressions.date(_read_moment(of.this).date()), Operand(Sort.DATE))
        if type_ == TIME and (_DAY.fullmatch(of.this) or _MOMENT.fullmatch(of.this)):
            return Told(self.expressions.timestamp(_read_moment(of.this)), Operand(Sort.TIME))
        raise Untranslatable(f"{quoted(of)} is not written as `2026-03-31` or `2026-03-31 18:30:00`")

    def _moment_of_text(self, node: exp.Expr, tree: exp.Expr, kind: Kind) -> exp.Expr:
        """A text read as a moment, where it can be read in one way alone."""
        structures = self.dialect.structures
        word = f"read {'date' if kind is Kind.DATE else 'timestamp'}"
        template = structures.get(f"{word} of text", structures.get(word))
        if template is None:
            self._no_cast(node)
        elif ":zone" in template:  # the language turns a text with a zone, a cast takes its clock
            return self.expressions.cast(tree, kind)
        return self.rows.read(tree, "VARCHAR", DATE if kind is Kind.DATE else TIME)

    def _decimal(self, told: Told, scale: int) -> Told:
        """A decimal of so many digits after the point, halves rounded away from zero."""
        to = Operand(Sort.DECIMAL, scale=scale)
        if told.is_.sort is Sort.INT:
            return Told(self.expressions.cast(told.tree, Kind.DECIMAL), to)
        native = {Sort.TEXT: "VARCHAR", Sort.DECIMAL: f"DECIMAL(38,{DIGITS})"}.get(told.is_.sort, "")
        found = self.rows.read(told.tree, native, DECIMAL)
        if scale == DIGITS or (told.is_.scale is not None and told.is_.scale <= scale):
            return Told(found, to)
        return Told(self.uses.function("round", found, build.number(scale), variant="digits"), to)


def _read_moment(text: str) -> dt.datetime:
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError:
        raise Untranslatable(f"`{text}` is no day or time") from None


def _scale(type_: exp.DataType) -> int | None:
    """How many digits a DECIMAL of DuckDB has after the point; None for more than the language has."""
    params = [int(param.name) for param in type_.expressions]
    scale = params[1] if len(params) > 1 else 0 if params else 3
    return scale if scale <= DIGITS else None
