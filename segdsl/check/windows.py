"""Windows in time, as bounds that a time keeps to."""

from __future__ import annotations

from typing import Literal, cast

from segdsl import problems
from segdsl.check.constants import length, midnight
from segdsl.check.context import BROKEN, Checking, Context
from segdsl.check.moments import A_DAY, after_end, before_end, day_start, move, start
from segdsl.diagnostics import Span
from segdsl.program import Bound, Floor, Length, Node
from segdsl.syntax import tree
from segdsl.syntax.spellings import days_of
from segdsl.types import Kind

_UNITS = {
    "day": A_DAY,
    "week": Length(0, 7 * A_DAY.micros),
    "month": Length(1),
    "quarter": Length(3),
    "year": Length(12),
}
_ANCHORED: dict[str, tuple[Literal["<", "<=", ">", ">="], bool]] = {
    # the comparison with the anchor, and whether a date's whole day lies on the near side of it
    "since": (">=", False),
    "after": (">", True),
    "before": ("<", False),
    "to": ("<=", True),
}


def bounds(check: Checking, ctx: Context, window: tree.Window, of_date: bool = False) -> tuple[Bound, ...] | None:
    """What a time in the window keeps to; None where the window makes no sense (reported).

    For a date (`of_date`) its midnight is compared, and moments by their days where days are meant.
    """
    args = [cast(tree.Expr, arg) for arg in window.args]
    found: tuple[Bound | None, ...]
    match window.kind:
        case "within":
            found = (_back(check, ctx, args[0], ">", window.span), Bound("<=", ctx.moment))
        case "within next":
            found = _next(check, ctx, args[0], of_date, window.span)
        case "within after" | "within before":
            found = _around(check, ctx, window.kind, args[0], args[1], window.span)
        case "from":
            found = _from(check, ctx, args[0], args[1], of_date, window.span)
        case "since" | "after" | "before":
            found = (_anchored(check, ctx, window.kind, args[0], of_date),)
        case "in":
            return _period(check, ctx, cast(tree.Period, window.args[0]))
    kept = tuple([bound for bound in found if bound is not None])
    return kept if len(kept) == len(found) else None


def constant_length(check: Checking, ctx: Context, node: tree.Expr, span: Span) -> Length | None:
    """The constant length that an expression is; reports and gives None where it is none."""
    value = check.expr(ctx, node)
    if value.type.kind is Kind.ANY:  # as BROKEN is
        return None
    if value.type.kind is not Kind.DURATION:
        help = "a duration is a number with its unit: `30d`, `12h`, `3mo`"
        if isinstance(node, tree.Operation) and node.op == "ago":
            back = node.args[0].span.text
            help = f"the {back} up to now are `within {back}`; all since then is `since {back} ago`"
        problem = problems.type_not_possible("the length of a window", str(value.type), "a duration", node.span, help)
        check.report(problem)
        return None
    found = length(value)
    if found is None:
        check.report(problems.constant_expected("the length of a window", span))
    return found


def _back(check: Checking, ctx: Context, node: tree.Expr, op: Literal[">", "<="], span: Span) -> Bound | None:
    found = constant_length(check, ctx, node, span)
    if found is None:
        return None
    moment = move(check, ctx.moment, -found, span)
    return None if moment == BROKEN else Bound(op, moment)


def _next(
    check: Checking, ctx: Context, node: tree.Expr, of_date: bool, span: Span
) -> tuple[Bound | None, Bound | None]:
    found = constant_length(check, ctx, node, span)
    if found is None:
        return None, None
    # a date counts from the start of as-of's day, which it may be itself
    begin = Bound(">=", ctx.moment.moved(Floor("day"))) if of_date else Bound(">", ctx.moment)
    end = move(check, ctx.moment, found, span)
    return begin, None if end == BROKEN else Bound("<=", end)


def _around(
    check: Checking, ctx: Context, kind: str, length_: tree.Expr, anchor: tree.Expr, span: Span
) -> tuple[Bound | None, Bound | None]:
    found = constant_length(check, ctx, length_, span)
    moment = _moment(check, ctx, anchor, kind)
    if found is None or moment is None:
        return None, None
    begin = start(moment)
    if kind == "within after":
        end = move(check, begin, found, span)
        return Bound(">", begin), None if end == BROKEN else Bound("<=", end)
    end = move(check, begin, -found, span)
    return None if end == BROKEN else Bound(">=", end), Bound("<", begin)


def _from(
    check: Checking, ctx: Context, low: tree.Expr, high: tree.Expr, of_date: bool, span: Span
) -> tuple[Bound | None, Bound | None]:
    is_ago = isinstance(high, tree.Operation) and high.op == "ago"
    if not is_ago and isinstance(low, tree.Quantity) and isinstance(high, tree.Quantity):
        far, near = sorted((low, high), key=lambda end: end.value, reverse=True)
        help = f"a window that far back is written `from {far.span.text} to {near.span.text} ago`"
        check.report(problems.time_expected("duration", low.span.to(high.span), help))
        return None, None
    if is_ago and not (isinstance(low, tree.Operation) and low.op == "ago"):
        value = check.expr(ctx, low)
        if value == BROKEN:
            return None, None
        if value.type.kind is Kind.DURATION:
            assert isinstance(high, tree.Operation)
            return _back(check, ctx, low, ">", span), _back(check, ctx, high.args[0], "<=", span)
    return _anchored(check, ctx, "since", low, of_date), _anchored(check, ctx, "to", high, of_date)


def _anchored(check: Checking, ctx: Context, kind: str, node: tree.Expr, of_date: bool) -> Bound | None:
    moment = _moment(check, ctx, node, kind)
    if moment is None:
        return None
    op, whole_day = _ANCHORED[kind]
    if of_date:
        return Bound(op, day_start(moment))
    if moment.type.kind is Kind.DATE and whole_day:
        beside = after_end if op == ">" else before_end
        return beside(check, start(moment), A_DAY, node.span)
    return Bound(op, start(moment))


def _moment(check: Checking, ctx: Context, node: tree.Expr, kind: str) -> Node | None:
    value = check.expr(ctx, node)
    if value == BROKEN or value.type.kind is Kind.ANY:
        return None
    if not value.type.is_moment:
        text, help = node.span.text, None
        if value.type.kind is Kind.DURATION:
            help = f"`{text} ago` is that long before as-of"
        elif value.type.is_number and (days := days_of(text)) is not None:
            is_last = kind in _ANCHORED and _ANCHORED[kind][1]
            help = f"a day stands here: `{days[is_last]}`; the whole period is `in {text}`"
        check.report(problems.time_expected(str(value.type), node.span, help))
        return None
    return value


def _period(check: Checking, ctx: Context, period: tree.Period) -> tuple[Bound, ...] | None:
    unit = _UNITS[period.unit]
    if period.start is not None:
        begin: Node = midnight(period.start)
    else:
        begin = ctx.moment.moved(Floor(period.unit))
        step = Length(unit.months * period.offset, unit.micros * period.offset)
        begin = move(check, begin, step, period.span)
    if begin == BROKEN:
        return None
    end = before_end(check, begin, unit, period.span)
    return None if end is None else (Bound(">=", begin), end)
