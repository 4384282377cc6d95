"""Windows that no time lies in, whatever the run and whoever the customer."""

from __future__ import annotations

from collections.abc import Sequence

from segdsl.logic.points import moment, never_after
from segdsl.program import Aggregate, Apply, Bound, Constant, Length, Moment, Node, Step

_NOW = Bound("<=", Moment())


def is_empty(bounds: Sequence[Bound]) -> bool:
    """Whether bounds leave no time between them, as far as that is plain to see."""
    lows = [bound for bound in bounds if bound.op in (">", ">=")]
    highs = [bound for bound in bounds if bound.op in ("<", "<=")]
    return any(_leave_nothing(low, high) for low in lows for high in highs)


def sees_nothing(node: Aggregate) -> bool:
    """Whether an aggregate looks at no event: none is after as-of."""
    return bool(node.bounds) and is_empty((*node.bounds, _NOW))


def is_no_length(length: Length) -> bool:
    """Whether nothing lies within a length of time: it is none, or goes back."""
    return length.months <= 0 and length.micros <= 0


def never_happens(steps: Sequence[Step]) -> bool:
    """Whether a step of a sequence has no time to happen in."""
    return any(not step.no and step.within is not None and is_no_length(step.within) for step in steps)


def _leave_nothing(low: Bound, high: Bound) -> bool:
    is_point_in = (low.op, high.op) == (">=", "<=")
    if isinstance(low.value, Moment) and isinstance(high.value, Moment):
        return never_after(moment(high.value), moment(low.value), strictly=is_point_in)
    # both ends of `within D after X` are of one X
    (start, before), (end, after) = _shifted(low.value), _shifted(high.value)
    if start != end or Length() not in (before, after):
        return False
    between = after if before == Length() else -before
    return is_no_length(between) and not (is_point_in and between == Length())


def _shifted(node: Node) -> tuple[Node, Length]:
    """A value, and the constant length that it is moved by."""
    match node:
        case Apply(args=(value, Constant(value=int() as months), Constant(value=int() as micros))):
            if node.function.name == "shift":
                return value, Length(months, micros)
    return node, Length()
