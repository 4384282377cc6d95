"""Who there was at an earlier moment: of an entity without a table, those who had an event by then."""

from __future__ import annotations

from segdsl.catalog import CATALOG
from segdsl.check import Checker
from segdsl.check.context import Context
from segdsl.diagnostics import Source, Span
from segdsl.functions import operator
from segdsl.program import Apply, Case, Moment, Node
from segdsl.syntax import tree
from segdsl.types import BOOL, Kind


def of_then(checker: Checker, entity: str, moment: Moment, value: Node) -> Node:
    """A value as a run as of a moment has it, which knows nobody who came later: they are in no segment, and have no
    label."""
    if moment == Moment() or not checker.model.entities[entity].from_events:
        return value
    ctx = Context(CATALOG, entity, Moment()).at(moment)
    there = [checker.expr(ctx, _any(event.name)) for event in checker.model.events_of(entity)]
    checker.work_off()
    is_there = there[0] if len(there) == 1 else Apply(operator("or"), tuple(there), BOOL)
    if value.type.kind is Kind.BOOL:
        return checker.settled(Apply(operator("and"), (is_there, value), BOOL))
    return Case(((is_there, value),), None, value.type)


def _any(event: str) -> tree.Expr:
    """`any(event)`, as a tree."""
    span = Span(Source(event, event), 0, len(event))
    name, of = (tree.Name((tree.Identifier(text, span),), span) for text in ("any", event))
    return tree.Call(name, (tree.Argument(None, of, span),), None, None, (), span)
