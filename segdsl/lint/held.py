"""What rules take for granted of the data: to be held against them where they are at hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from segdsl.check.context import BROKEN
from segdsl.diagnostics import Span
from segdsl.lint.sites import Site
from segdsl.lint.view import View
from segdsl.logic.formula import Test, every
from segdsl.logic.solver import is_never
from segdsl.program import (
    Aggregate,
    Apply,
    Attribute,
    ChildAggregate,
    Field,
    LookupField,
    Moment,
    Node,
    Outer,
    ParentValue,
    Reference,
)
from segdsl.syntax import tree
from segdsl.syntax.printer import print_expr
from segdsl.types import Kind

Column = Attribute | Field | LookupField

# functions of a text whose value is another text
SPELLINGS = ("lower", "upper", "trim")
# values that are one of those of the events, or of the children
_CHOSEN = ("first", "last", "nth", "mode", "min", "max", "median_low", "median_high")
_OF_TEXTS = ("=", "!=", "in", "not in")
_OF_LISTS = ("contains", "has any", "has all")


@dataclass(frozen=True, slots=True)
class FutureAge:
    """A use of the age of a time, as one of a column's or chosen from them, that is right for times to come too;
    `is_band`: not compared, but sorted into bands."""

    column: Column
    operand: str
    span: Span
    is_band: bool = False


@dataclass(frozen=True, slots=True)
class Literal:
    """A text that a column is compared with: its values are spelled by these functions first, the last one first."""

    column: Column
    spellings: tuple[str, ...]
    value: str
    span: Span

    @property
    def what(self) -> str:
        """What is compared, as it is written in the language."""
        return "".join(f"{name}(" for name in self.spellings) + self.column.name + ")" * len(self.spellings)


def future_ages(view: View) -> Iterator[FutureAge]:
    """Comparisons of times with lengths of time that nothing beside them keeps to the past, and bands of times."""
    for site, holding in view.conditions():
        if not isinstance(site.node, tree.Comparison):
            continue
        if not any(part.value.type.kind is Kind.DURATION for part in site.parts):
            continue
        for part in site.parts:
            subject = part.parts[0] if _is_call(part, "age") and part.parts else part
            column = _column(view, subject.value)
            if column is not None and column.type.is_moment and subject.value.type.is_moment:
                ahead = Test(view.reader.term(subject.value), ">", Moment())
                if not is_never(every((holding(), ahead)), view.reader):
                    yield FutureAge(column, print_expr(subject.node), site.node.span)
    for site in view.sites:
        if _is_call(site, "bands") and site.parts:
            column = _column(view, site.parts[0].value)
            if column is not None and column.type.is_moment:
                yield FutureAge(column, print_expr(site.parts[0].node), site.node.span, is_band=True)


def literals(view: View) -> Iterator[Literal]:
    """Texts that columns without a closed set are compared with, and looked for in columns of lists."""
    for site in view.sites:
        match site.node:
            case tree.Comparison(ops=("=" | "!=",)):
                kind = Kind.TEXT
            case tree.Operation(op=op) if op in _OF_TEXTS:
                kind = Kind.TEXT
            case tree.Operation(op=op) if op in _OF_LISTS:
                kind = Kind.LIST
            case _:
                continue
        for part in site.parts:
            spellings, value = _spelled(view, part.value)
            column = _column(view, value)
            if column is not None and column.type.kind is kind and column.type.values is None:
                texts = [arg for arg in site.node.args if isinstance(arg, tree.Text)]
                yield from (Literal(column, spellings, arg.value, arg.span) for arg in texts)
                break


def _is_call(site: Site, name: str) -> bool:
    return isinstance(site.node, tree.Call) and site.node.name.text == name


def _spelled(view: View, value: Node) -> tuple[tuple[str, ...], Node]:
    """The functions of spelling around a value, and what is in them."""
    found: list[str] = []
    while value != BROKEN:
        value = view.reader.term(value)
        if not isinstance(value, Apply) or value.function.name not in SPELLINGS:
            break
        found.append(value.function.name)
        value = value.args[0]
    return tuple(found), value


def _column(view: View, value: Node) -> Column | None:
    """The column that a value is of, whether it is the member's own, the parent's or one of the events'."""
    while value != BROKEN:
        match value:
            case Attribute() | Field() | LookupField():
                return value
            case Outer() | ParentValue():
                value = value.value
            case Aggregate(kind=kind, value=chosen) | ChildAggregate(kind=kind, value=chosen) if (
                kind in _CHOSEN and chosen is not None
            ):
                value = chosen
            case Reference():
                unfolded = view.reader.term(value)
                if unfolded == value:
                    return None
                value = unfolded
            case _:
                return None
    return None
