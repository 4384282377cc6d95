"""Conditions that are never or always true, parts that add nothing, labels that nobody gets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from segdsl import problems
from segdsl.check import names
from segdsl.check.context import BROKEN
from segdsl.diagnostics import Diagnostic
from segdsl.functions import SCORES
from segdsl.lint import ranges
from segdsl.lint.sites import Site
from segdsl.lint.view import View
from segdsl.lint.windows import empty_windows
from segdsl.logic.formula import FALSE, Formula, Not, Point, Test, every, opposite
from segdsl.logic.solver import implies, is_always, is_never
from segdsl.problems.lint import empty_window, true_where_known
from segdsl.program import Constant, Node
from segdsl.syntax import tree
from segdsl.syntax.walk import descend
from segdsl.types import BOOL, Kind


def never_and_always(view: View) -> Iterator[Diagnostic]:
    """The smallest conditions that come out alike for everybody; what they stand in is not told of again, nor what
    looks at a window that no time lies in."""
    told: set[Site] = set()
    for site, window, help in empty_windows(view):
        told.add(site)
        yield empty_window(window, help)
    for site in view.unsure:
        if site.value.type.kind is not Kind.BOOL or site in told:
            continue
        if any(part in told for part in site.parts):
            told.add(site)
            continue
        formula = view.formula(site)
        verdict = _verdict(formula, view)
        compared = ranges.of_compared(view, site)
        if verdict is None:
            if compared is not None and ranges.holds_where_known(view, site) and not _is_last_band(view, site):
                yield true_where_known(*compared, site.node.span)
            continue
        told.add(site)
        if isinstance(site.node, tree.Bool | tree.Name | tree.AsOf):
            continue  # what is named is told of where it is defined, and what is written as a constant is meant
        if isinstance(site.node, tree.Call) and not _is_by_arguments(view, site, verdict):
            continue
        yield verdict(site.node.span, *compared[1:]) if compared is not None else verdict(site.node.span)


def _verdict(formula: Formula, view: View) -> Callable[..., Diagnostic] | None:
    if is_never(formula, view.reader):
        return problems.never_true
    return problems.always_true if is_always(formula, view.reader) else None


def _is_last_band(view: View, site: Site) -> bool:
    """Whether it is the last of several conditions of labels or branches, and ends where the values do: so it takes all
    that are left, where `otherwise` would take the unknown with them."""
    for node in descend(view.definition.tree):
        if isinstance(node, tree.Segmentation | tree.Case):
            chain = node.rules if isinstance(node, tree.Segmentation) else node.branches
            conditions = [item.condition for item in chain if item.condition is not None]
            if len(conditions) > 1 and conditions[-1] is site.node:
                return ranges.ends_among_values(view, site)
    return False


def _is_by_arguments(view: View, site: Site, verdict: object) -> bool:
    """Whether a definition comes out alike for everybody by the arguments that it is called with, not by itself."""
    assert isinstance(site.node, tree.Call)
    definition, _ = names.find(view.checker, site.ctx, site.node.name.parts)
    if definition is None or not site.node.args:
        return False
    if any(parameter.default is None for parameter in definition.parameters):
        return True
    return _verdict(view.reader.condition(view.unheard(site.ctx, site.node.name)), view) is not verdict


def repeated(view: View) -> Iterator[Diagnostic]:
    """Parts of an `and` that a neighbour implies, of an `or` that imply a neighbour.

    Only what is written there is compared: what a name stands for can change. The same name twice is too much whatever
    it stands for."""
    for site in view.unsure:
        node = site.node
        if not isinstance(node, tree.Operation) or node.op not in ("and", "or"):
            continue
        yield from _written_twice(node.op, [part for part in site.parts if not _is_spelled_out(part)])
        parts = [part for part in site.parts if _is_spelled_out(part)]
        formulas = [view.formula(part) for part in parts]
        if _share_nothing(view, formulas):
            continue
        gone: set[int] = set()
        for index, (part, formula, near) in enumerate(zip(parts, formulas, _near(formulas), strict=True)):
            if is_never(formula, view.reader) or is_always(formula, view.reader):
                continue
            for other in near:
                beside = formulas[other]
                if other == index or other in gone:
                    continue
                low, high = (beside, formula) if node.op == "and" else (formula, beside)
                if implies(low, high, view.reader, with_facts=False):
                    if implies(high, low, view.reader, with_facts=False) and other > index:
                        continue  # of two that say the same, the second is told of
                    if is_never(low, view.reader):
                        continue
                    gone.add(index)
                    yield problems.repeats(node.op, part.node.span, parts[other].node.span)
                    break


def _written_twice(op: str, parts: Sequence[Site]) -> Iterator[Diagnostic]:
    for index, part in enumerate(parts):
        first = next((other for other in parts[:index] if other.node == part.node), None)
        if first is not None and not isinstance(part.node, tree.Bool):
            yield problems.repeats(op, part.node.span, first.node.span)


def _share_nothing(view: View, formulas: Sequence[Formula]) -> bool:
    """Whether formulas are free, and about different terms: then none implies another."""
    seen: set[Node] = set()
    for formula in formulas:
        terms = view.freedom.terms(formula)
        if not terms or not seen.isdisjoint(terms):
            return False
        seen |= terms
    return True


def _near(formulas: Sequence[Formula]) -> Iterator[Sequence[int]]:
    """For each formula those that it may imply, or that may imply it: `x = 1` and `x = 2` do not, nor do `x != 1` and
    `x != 2`, of which there can be thousands."""
    values = [_one_value(formula) for formula in formulas]
    alike: dict[tuple[bool, Node, Point], list[int]] = defaultdict(list)
    for index, value in enumerate(values):
        if value is not None:
            alike[value].append(index)
    others: dict[tuple[bool, Node], list[int]] = {}
    for value in values:
        if value is None:
            yield range(len(formulas))
            continue
        kind = value[:2]
        if kind not in others:
            others[kind] = [index for index, other in enumerate(values) if other is None or other[:2] != kind]
        yield sorted((*others[kind], *alike[value]))


def _one_value(formula: Formula) -> tuple[bool, Node, Point] | None:
    """Whether a term is one value (or is another), where that is all that a formula says."""
    match formula:
        case Test(term=term, op="=", point=Decimal() | str() as point):
            return True, term, point
        case Not(part=Test(term=term, op="=", point=Decimal() | str() as point)):
            return False, term, point
    return None


def _is_spelled_out(part: Site) -> bool:
    if part.has_params or part.is_open:
        return False
    if isinstance(part.node, tree.Operation) and part.node.op in ("is known", "is unknown"):
        return False
    return isinstance(part.node, tree.Operation | tree.Comparison | tree.InWindow)


def unreached(view: View) -> Iterator[Diagnostic]:
    """Labels of segmentations whose rules hold only for those that an earlier rule has taken."""
    node = view.definition.tree
    if not isinstance(node, tree.Segmentation):
        return
    if view.definition.parameters and any(site.is_open for site in view.sites):
        return
    sites = {id(site.node): site for site in view.roots}
    before: list[Formula] = []
    if node.among is not None and id(node.among) in sites:
        before.append(view.formula(sites[id(node.among)]))
    if is_never(every(before), view.reader):
        return
    for rule in node.rules:
        site = sites.get(id(rule.condition))
        if rule.condition is not None and (site is None or site.value.type != BOOL):
            break
        formula = every(()) if site is None else view.formula(site)
        if formula is FALSE or is_never(formula, view.reader):
            continue
        if is_never(every((*before, formula)), view.reader):
            yield problems.label_never_reached(rule.label.text, rule.label.span)
        before.append(opposite(formula))


def scores_of_constants(view: View) -> Iterator[Diagnostic]:
    """Scores that are the same for everybody, as `percentile(0.9)` is, where its value is a constant."""
    if not any(name.parts[0].text in SCORES for name in view.definition.names):
        return
    for site in view.sites:
        node = site.node
        if isinstance(node, tree.Call) and node.name.text in SCORES and node.name.text != "bands" and not site.is_open:
            scored = [part for part in site.parts if part.node is node.args[-1].value]
            if scored and isinstance(scored[0].value, Constant) and scored[0].value != BROKEN:
                yield problems.score_of_constant(node.name.text, node.span)
