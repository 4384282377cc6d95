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
from segdsl.program import Attribute, Field, LookupField, Moment, Node, Outer, ParentValue
from segdsl.syntax import tree
from segdsl.syntax.printer import print_expr
from segdsl.types import Kind

Column = Attribute | Field | LookupField


@dataclass(frozen=True, slots=True)
class FutureAge:
    """A comparison of an attribute's age that holds for times to come too."""

    column: Attribute
    operand: str
    span: Span


@dataclass(frozen=True, slots=True)
class Literal:
    """A text that a column is compared with."""

    column: Column
    value: str
    span: Span


def future_ages(view: View) -> Iterator[FutureAge]:
    """Comparisons of attributes with lengths of time that nothing beside them keeps to the past."""
    for site, beside in view.conditions():
        if not isinstance(site.node, tree.Comparison):
            continue
        kinds = {part.value.type.kind for part in site.parts}
        for part in site.parts:
            value = part.value
            if isinstance(value, Attribute) and value.type.is_moment and Kind.DURATION in kinds:
                ahead = Test(view.reader.term(value), ">", Moment())
                if not is_never(every((*beside(), view.formula(site), ahead)), view.reader):
                    yield FutureAge(value, print_expr(part.node), site.node.span)


def literals(view: View) -> Iterator[Literal]:
    """Texts that columns without a closed set are compared with."""
    for site in view.sites:
        match site.node:
            case tree.Comparison(ops=("=" | "!=",)) | tree.Operation(op="in" | "not in"):
                column = next((found for part in site.parts if (found := _column(part)) is not None), None)
                if column is None:
                    continue
                for arg in site.node.args:
                    if isinstance(arg, tree.Text):
                        yield Literal(column, arg.value, arg.span)


def _column(part: Site) -> Column | None:
    value: Node = part.value
    while isinstance(value, Outer | ParentValue):
        value = value.value
    if value == BROKEN or not isinstance(value, Attribute | Field | LookupField):
        return None
    return value if value.type.kind is Kind.TEXT and value.type.values is None else None
