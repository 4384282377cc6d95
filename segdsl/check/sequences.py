"""Sequences of events."""

from __future__ import annotations

from itertools import pairwise

from segdsl import problems
from segdsl.check import windows
from segdsl.check.context import BROKEN, Checking, Context
from segdsl.program import Field, Node, Sequence, Step
from segdsl.syntax import tree
from segdsl.types import Kind, unify


def sequence(check: Checking, ctx: Context, node: tree.Sequence) -> Node:
    """Whether some choice of events fits all steps."""
    if ctx.row is not None:
        return check.report(problems.not_here("a sequence", "inside `where`", node.span))
    if not _well_formed(check, node):
        return BROKEN
    steps = [_step(check, ctx, step) for step in node.steps]
    if any(step is None for step in steps):
        return BROKEN
    built = [step for step in steps if step is not None]
    if node.same is not None:
        fields = _same(check, node, built)
        if fields is None:
            return BROKEN
        built = [
            Step(step.no, step.event, step.within, step.condition, field)
            for step, field in zip(built, fields, strict=True)
        ]
    return Sequence(ctx.entity, tuple(built), ctx.moment)


def _well_formed(check: Checking, node: tree.Sequence) -> bool:
    steps = node.steps
    if steps[0].no:
        help = "a sequence starts with an event that happened"
        check.report(problems.sequence_rule("the first step cannot be a `no` step", steps[0].span, help))
        return False
    for before, step in pairwise(steps):
        if before.no and step.no:
            message = "two `no` steps cannot stand in a row"
            help = "put both into one with `where`, or write two sequences joined by `and`"
            check.report(problems.sequence_rule(message, step.span, help))
            return False
    last = steps[-1]
    if last.no and last.within is None:
        message = f"a `no` step at the end needs `within`, as in `no {last.event.text} within 24h`"
        check.report(problems.sequence_rule(message, last.span))
        return False
    return True


def _step(check: Checking, ctx: Context, step: tree.Step) -> Step | None:
    name = step.event.text
    event = check.model.events.get(name)
    if event is None or event.of != ctx.entity:
        known = [item.name for item in check.model.events_of(ctx.entity)]
        check.report(problems.unknown_event(name, known, step.event.span))
        return None
    within = None
    if step.within is not None:
        within = windows.constant_length(check, ctx, step.within, step.span)
        if within is None:
            return None
    condition = None
    if step.where is not None:
        condition = check.condition(ctx.inside(name), step.where)
        if condition == BROKEN:
            return None
    return Step(step.no, name, within, condition, None)


def _same(check: Checking, node: tree.Sequence, steps: list[Step]) -> list[Node] | None:
    assert node.same is not None
    name = node.same.text
    fields: list[Node] = []
    for step in steps:
        event = check.model.events[step.event]
        if name not in event.fields:
            check.report(problems.unknown_field(step.event, name, event.fields, node.same.span))
            return None
        type_ = event.fields[name].type
        first = fields[0].type if fields else type_
        if type_.kind is Kind.LIST or unify(first, type_) is None:
            check.report(problems.branches_differ(str(first), str(type_), node.same.span))
            return None
        fields.append(Field(step.event, name, type_))
    return fields
