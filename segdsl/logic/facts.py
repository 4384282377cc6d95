"""What is true of the terms of formulas whatever the customer: bounds of one, and order between two."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import TypeAlias

from segdsl.logic.formula import Formula, Op, Point, every, opposite
from segdsl.logic.points import moment, never_after
from segdsl.program import Aggregate, Apply, At, Bound, ChildAggregate, Floor, KeyOf, Moment, Node, Quantile, Score
from segdsl.types import Kind
from segdsl.values import frozen

Refuted: TypeAlias = Callable[[Formula], bool]  # whether nothing fulfils a formula, as far as that is found
Read: TypeAlias = Callable[[Node], Formula]

_NOW = Moment()
_RANGES: dict[str, tuple[int, int | None]] = {
    "month": (1, 12), "day": (1, 31), "weekday": (1, 7), "hour": (0, 23), "year": (1, 9999), "length": (0, None),
    "abs": (0, None), "bands": (1, None), "mean_gap": (0, None),
}  # fmt: skip


@frozen
class NotAbove:
    """Where both are known, the first is at most the second."""

    low: Node
    high: Node


@frozen
class KnownWith:
    """A value is known only (`only`: exactly) where a count is over zero."""

    value: Node
    count: Node
    exactly: bool


@frozen
class KnownThen:
    """Where the first is known the second is."""

    first: Node
    second: Node


Fact: TypeAlias = NotAbove | KnownWith | KnownThen

# one of the values of the events, known where any of them is
_CHOSEN = ("first", "last", "min", "max", "mode", "median_low", "median_high")


def is_never_unknown(term: Node) -> bool:
    match term:
        case Aggregate(kind=kind) | ChildAggregate(kind=kind):
            return kind in ("count", "distinct", "sum")
        case At() | KeyOf():
            return True
        case _:
            return False


def limits(term: Node) -> Iterator[tuple[Op, Point]]:
    """What a term fulfils wherever it is known."""
    match term:
        case Aggregate(kind="count" | "distinct") | ChildAggregate(kind="count" | "distinct"):
            yield ">=", Decimal(0)
        case Aggregate(kind="max_gap" | "last_gap"):
            yield ">=", Decimal(0)
        case Aggregate(kind="min" | "max" | "nth" | "mode", value=At(), bounds=bounds):
            yield "<=", _NOW
            for bound in bounds:
                if isinstance(bound.value, Moment):
                    yield bound.op, moment(bound.value)
        case At():
            yield "<=", _NOW
        case Quantile(parts=parts):
            yield ">=", Decimal(1)
            yield "<=", Decimal(parts)
        case Score(kind=kind):
            yield ">=", Decimal(1 if kind == "rank" else 0)
        case Apply(function=function, args=args) if function.name in _RANGES:
            low, high = _RANGES[function.name]
            yield ">=", Decimal(low)
            if function.name == "bands":
                high = len(args)
            if high is not None:
                yield "<=", Decimal(high)
        case Apply(function=function, args=(_, Moment() as now)) if function.name == "anniversary":
            yield ">=", moment(now.moved(Floor("day")))
        case Apply(function=function) if function.name == "share":
            yield ">=", Decimal(0)
            yield "<", Decimal(1)


def facts(terms: Sequence[Node], read: Read, refuted: Refuted) -> list[Fact]:
    """The facts about the terms of a formula, pair by pair."""
    aggregates = [term for term in terms if isinstance(term, Aggregate)]
    found: list[Fact] = []
    for one in aggregates:
        for other in aggregates:
            if one is other or (one.entity, one.event) != (other.entity, other.event):
                continue
            is_whole = other.kind == "count" and other.value is None
            if is_whole and not is_never_unknown(one) and _within(one, other, read, refuted):
                is_time = isinstance(one.value, At) and one.kind in ("min", "max")
                found.append(KnownWith(one, other, is_time and _within(other, one, read, refuted)))
            is_chosen = one.value == other.value and one.kind in _CHOSEN and other.kind in _CHOSEN
            if is_chosen and _within(one, other, read, refuted):
                found.append(KnownThen(one, other))
            found.extend(_order(one, other, read, refuted))
    return found


def _order(one: Aggregate, other: Aggregate, read: Read, refuted: Refuted) -> Iterator[Fact]:
    kinds = (one.kind, other.kind)
    is_fewer = _within(one, other, read, refuted)
    if one.kind in ("count", "distinct"):
        is_count = other.kind == "count" and other.value in (None, one.value)
        if is_fewer and (is_count or (kinds[0] == kinds[1] and one.value == other.value)):
            yield NotAbove(one, other)
    elif one.value == other.value and one.type.kind is not Kind.BOOL:
        # the least of more events is not above, and the greatest of more not below
        is_more = _within(other, one, read, refuted)
        if (
            (kinds == ("min", "min") and is_more)
            or (kinds == ("max", "max") and is_fewer)
            or (kinds == ("min", "max") and (is_fewer or is_more))
        ):
            yield NotAbove(one, other)


def _within(one: Aggregate, other: Aggregate, read: Read, refuted: Refuted) -> bool:
    """Whether every event that one looks at is one of the other's."""
    if not all(any(_implies(mine, bound) for mine in one.bounds) for bound in other.bounds):
        return False
    if other.condition is None or one.condition == other.condition:
        return True
    if one.condition is None:
        return False
    return refuted(every((read(one.condition), opposite(read(other.condition)))))


def _implies(mine: Bound, other: Bound) -> bool:
    if mine == other:
        return True
    if not isinstance(mine.value, Moment) or not isinstance(other.value, Moment) or mine.op[0] != other.op[0]:
        return False
    strictly = mine.op in ("<=", ">=") and other.op in ("<", ">")
    low, high = (other.value, mine.value) if mine.op[0] == ">" else (mine.value, other.value)
    return never_after(moment(low), moment(high), strictly)


def whole(term: Node) -> bool:
    """Whether a term has whole numbers only."""
    return term.type.kind is Kind.INT
