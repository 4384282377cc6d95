"""Values of a template's params: text of the language inside of a rule, literals in SQL."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from functools import total_ordering
from typing import Any

from sqlglot import exp

from segdsl.check.constants import quantity
from segdsl.diagnostics import Diagnostic, Source
from segdsl.exact import EXACT, of_digits
from segdsl.program import DAY, Length
from segdsl.sql import build
from segdsl.syntax import tree
from segdsl.syntax.parser import parse_value
from segdsl.syntax.printer import print_expr

Raw = bool | Decimal | str | dt.date | Length

# What a quotient is worked out in that somebody reads in SQL: its digits fit into the decimals of any warehouse.
QUOTIENTS = of_digits(28)


@total_ordering
@dataclass(frozen=True, eq=False)
class Value:
    """A param's value. `type`: duration, number, text, bool or date; `text` is how the language writes it.

    In a template it compares as what it is: numbers, texts, bools and dates; a duration by its days.
    """

    type: str
    raw: Raw
    text: str
    as_of: dt.datetime

    @property
    def days(self) -> Decimal:
        """How many days a duration has; one of months those of the months that end at as-of."""
        assert isinstance(self.raw, Length)
        begin = (-self.raw).after(self.as_of)
        return QUOTIENTS.divide((self.as_of - begin) // dt.timedelta(microseconds=1), DAY)

    def sql(self) -> exp.Expr:
        """The value as a literal; a duration is a number of days."""
        match self.raw:
            case bool():
                return exp.true() if self.raw else exp.false()
            case Decimal():
                return build.number(self.raw)
            case Length():
                return build.number(QUOTIENTS.normalize(self.days) if self.days else self.days)
            case str():
                return build.text(self.raw)
            case dt.date():
                return build.cast(build.text(self.raw.isoformat()), "DATE")

    def __str__(self) -> str:
        return self.text

    def __eq__(self, other: object) -> bool:
        return bool(self._plain() == _plain(other))

    def __lt__(self, other: object) -> bool:
        return bool(self._plain() < _plain(other))

    def __bool__(self) -> bool:
        return bool(self._plain())

    def __hash__(self) -> int:
        return hash(self.raw)

    def _plain(self) -> Any:
        return self.days if isinstance(self.raw, Length) else self.raw


def _plain(value: object) -> Any:
    if isinstance(value, Value):
        return value._plain()
    return Decimal(str(value)) if isinstance(value, float) else value


def read_value(text: str, source: Source, as_of: dt.datetime) -> tuple[Value | None, tuple[Diagnostic, ...]]:
    """The value that a text stands for: a literal of the language, a bare word being a text; None for anything else."""
    node, diagnostics = parse_value(source)
    if node is None or diagnostics:
        return None, diagnostics
    negative = isinstance(node, tree.Operation) and node.op == "-" and len(node.args) == 1
    inner = node.args[0] if negative and isinstance(node, tree.Operation) else node
    sign = -1 if negative else 1
    match inner:
        case tree.Number(value=number):
            return Value("number", EXACT.multiply(sign, number), print_expr(node), as_of), ()
        case tree.Quantity(value=number, unit=unit):
            found = quantity(number, unit).value
            if isinstance(found, Length) and not negative:
                return Value("duration", found, print_expr(node), as_of), ()
            if isinstance(found, Decimal) and unit == "%":
                return Value("number", EXACT.multiply(sign, found), print_expr(node), as_of), ()
        case tree.Text(value=words) if not negative:
            return Value("text", words, print_expr(inner), as_of), ()
        case tree.Name(parts=(one,)) if not negative:
            return Value("text", one.text, print_expr(tree.Text(one.text, inner.span)), as_of), ()
        case tree.Bool(value=flag) if not negative:
            return Value("bool", flag, print_expr(inner), as_of), ()
        case tree.Date(value=day) if not negative:
            return Value("date", day, print_expr(inner), as_of), ()
    return None, ()
