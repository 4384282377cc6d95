"""Ages and moments that are easily taken for one another, and `as of` that changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from segdsl import problems
from segdsl.check.constants import length
from segdsl.check.context import BROKEN
from segdsl.diagnostics import Diagnostic, Fix, Span
from segdsl.lint.sites import Site
from segdsl.lint.view import View
from segdsl.logic.facts import limits
from segdsl.logic.formula import Formula, Known, Test, atoms, every, opposite
from segdsl.logic.points import never_after
from segdsl.logic.solver import is_never
from segdsl.plan.meaning import meanings
from segdsl.problems.lint import age_and_moment, anniversary_ahead, anniversary_left
from segdsl.program import DAY, Apply, Constant, Instance, InstanceKey, Length, Moment, Node, Program
from segdsl.syntax import tree
from segdsl.syntax.printer import print_expr
from segdsl.types import Kind

_WINDOWS = {"<": "before", ">": "after", ">=": "since"}
_A_MONTH = 30 * DAY  # near enough to see which of two lengths was meant to be the longer
_LENGTHS = {"day": "1d", "week": "7d", "month": "30d", "quarter": "3mo", "year": "1y"}

# a definition without it has no two ends
_STRETCH = re.compile(r"\bbetween\b|[<>].*[<>]", re.DOTALL)
# a definition without it looks at no other moment
_AS_OF = re.compile(r"as\b")


def beside_its_opposite(view: View) -> Iterator[Diagnostic]:
    """`t < 90d ago` in a definition that says `t < 90d` too: they look alike and are opposites."""
    if "ago" not in view.text:
        return
    found = view.sites
    ages: dict[str, Span] = {}
    for site in found:
        if isinstance(site.node, tree.Comparison) and any(part.value.type.kind is Kind.DURATION for part in site.parts):
            for part in site.parts:
                if part.value.type.is_moment and part.value != BROKEN:
                    ages.setdefault(print_expr(part.node), site.node.span)
    for site in found:
        match site.node:
            case tree.Comparison(ops=(op,), args=(subject, tree.Operation(op="ago") as moment)) if op != "=":
                other = ages.get(print_expr(subject))
                if other is None:
                    continue
                written = print_expr(site.node)
                word = _WINDOWS.get(op)
                better = f"{print_expr(subject)} {word or 'before'} {print_expr(moment)}"
                if word is None:
                    better = f"not {print_expr(subject)} after {print_expr(moment)}"
                fix = Fix(site.node.span, better) if word else None
                yield problems.opposite_of_age(written, better, site.node.span, other, fix)


def mixed_ends(view: View) -> Iterator[Diagnostic]:
    """`t between 30d and 90d ago`: an age and a moment as two ends, of which neither is the other's opposite."""
    for site in view.sites if _STRETCH.search(view.text) else ():
        parts = {id(part.node): part for part in site.parts if part.value != BROKEN}
        for low, subject, high in _stretches(site.node):
            ends = [parts[id(node)] for node in (low, subject, high) if id(node) in parts]
            if len(ends) == 3 and ends.pop(1).value.type.is_moment:
                ages = [end for end in ends if end.value.type.kind is Kind.DURATION]
                moments = [end for end in ends if end.value.type.is_moment]
                if ages and moments:
                    age, moment, operand = (print_expr(node) for node in (ages[0].node, moments[0].node, subject))
                    yield age_and_moment(age, moment, operand, _lengths(ages[0], moments[0]), site.node.span)


def _stretches(node: tree.Expr) -> Iterator[tuple[tree.Expr, tree.Expr, tree.Expr]]:
    """What is between two ends, each with these."""
    match node:
        case tree.Operation(op="between", args=(subject, low, high)):
            yield low, subject, high
        case tree.Comparison(ops=ops, args=args):
            for ends, (one, other) in zip(zip(args, args[1:], args[2:], strict=False), pairwise(ops), strict=False):
                if one[0] == other[0] in ("<", ">"):
                    yield ends


def _lengths(age: Site, moment: Site) -> tuple[str, str] | None:
    """An age and how long ago a moment is, as they are written, the shorter first; None for another moment."""
    if not isinstance(moment.node, tree.Operation) or moment.node.op != "ago":
        return None
    both = [age, *moment.parts]
    lengths = [length(part.value) or Length() for part in both]
    near, far = sorted(range(2), key=lambda index: lengths[index].months * _A_MONTH + lengths[index].micros)
    return print_expr(both[near].node), print_expr(both[far].node)


def anniversary_behind(view: View) -> Iterator[Diagnostic]:
    """`anniversary(t) < 30d`, `anniversary(t) within 7d`: the next one is never past, so that looking back at it says
    nothing, or leaves those of today."""
    for site in view.sites if "anniversary" in view.text else ():
        if not isinstance(site.node, tree.Comparison | tree.InWindow | tree.Operation):
            continue
        for part in site.parts:
            value = view.reader.term(part.value)
            if not isinstance(value, Apply) or value.function.name != "anniversary":
                continue
            formula = view.formula(site)
            if not _looks_back(formula, value) or is_never(formula, view.reader):
                continue
            fails = every((view.reader.known(value), Known(value), opposite(formula)))
            if is_never(fails, view.reader):
                yield anniversary_ahead(print_expr(part.node), site.node.span)
            else:
                far, is_month = _looked(site.node)
                of = part.node.args[0].span.text if isinstance(part.node, tree.Call) and part.node.args else None
                yield anniversary_left(print_expr(part.node), far, of if is_month else None, site.node.span)


def _looked(node: tree.Expr) -> tuple[str, bool]:
    """How far a window looks, and whether a calendar month may be meant by it."""
    match node:
        case tree.InWindow(window=tree.Window(kind="in", args=(tree.Period(unit=unit),))):
            return _LENGTHS[unit], unit == "month"
        case tree.InWindow(window=tree.Window(kind="within", args=(tree.Quantity() as far,))):
            return print_expr(far), True
    return "30d", True


def _looks_back(formula: Formula, anniversary: Apply) -> bool:
    """Whether a condition lets begin before today what never does."""
    today = next(point for _, point in limits(anniversary))
    starts = [
        atom.point
        for atom in atoms(formula)
        if isinstance(atom, Test) and atom.term == anniversary and atom.op in (">", ">=") and atom.point != today
    ]
    return any(
        isinstance(point, Moment) and isinstance(today, Moment) and never_after(point, today) for point in starts
    )


def as_of_nothing(view: View) -> Iterator[Diagnostic]:
    """`x as of …` where x has the same program at whatever moment."""
    for site in view.sites if _AS_OF.search(view.text) else ():
        if not isinstance(site.node, tree.AsOf) or len(site.parts) != 1 or site.is_open:
            continue
        then, now = site.parts[0].value, _now(view, site)
        if now is not None and then != BROKEN and _same(view, then, now):
            if isinstance(then, Constant):
                yield problems.as_of_changes_nothing(site.node.span, None, _in_brackets(view, site.node))
            else:
                yield problems.as_of_changes_nothing(site.node.span, Fix(_tail(site.node), ""))


def _in_brackets(view: View, node: tree.AsOf) -> str | None:
    """How what ends with an `as of` is written so that all of it is looked at then; None where nothing else does."""
    around = [
        site.node
        for site in view.sites
        if isinstance(site.node, (tree.Comparison, tree.InWindow, tree.Operation, tree.Call))
        and site.node.span.start < node.span.start
        and node.span.end <= site.node.span.end
    ]
    if not around:
        return None
    found = min(around, key=lambda item: item.span.end - item.span.start)
    tail = _tail(node)
    text = node.span.source.text
    return f"({text[found.span.start : tail.start]}{text[tail.end : found.span.end]}){text[tail.start : tail.end]}"


def _tail(node: tree.AsOf) -> Span:
    """The ` as of …` behind a value, brackets around its moment included."""
    text = node.span.source.text
    start = text.index("as", node.value.span.end)
    while text[start - 1].isspace():
        start -= 1
    end = node.span.end
    while text[start:end].count("(") > text[start:end].count(")"):
        end = text.index(")", end) + 1
    return Span(node.span.source, start, end)


def _now(view: View, site: Site) -> Node | None:
    assert isinstance(site.node, tree.AsOf)
    value = view.unheard(site.ctx, site.node.value)
    return None if value == BROKEN else value


def _same(view: View, *nodes: Node) -> bool:
    """Whether values mean the same."""
    instances = dict(view.checker.instances)
    keys = [InstanceKey(f".{number}", (), Moment()) for number, _ in enumerate(nodes)]
    instances.update({key: Instance(key, "", node) for key, node in zip(keys, nodes, strict=True)})
    found = meanings(Program(instances, {}), keys)
    return len(set(found.values())) == 1
