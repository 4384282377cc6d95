"""Conditions that are never or always true, parts that add nothing, labels that nobody gets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from segdsl import problems
from segdsl.check.context import BROKEN
from segdsl.diagnostics import Diagnostic
from segdsl.functions import SCORES
from segdsl.lint.room import Room
from segdsl.lint.sites import Site
from segdsl.logic.formula import FALSE, Formula, every, opposite
from segdsl.logic.solver import implies, is_always, is_never
from segdsl.program import Constant, Node
from segdsl.syntax import tree
from segdsl.types import BOOL, Kind


def never_and_always(room: Room) -> Iterator[Diagnostic]:
    """The smallest conditions that come out alike for everybody; what they stand in is not told of again."""
    told: set[Site] = set()
    for site in room.rules():
        if site.value.type.kind is not Kind.BOOL:
            continue
        causes = [part for part in site.parts if part in told]
        if causes:
            told.add(site)
            continue
        if site in room.plain:
            continue
        formula = room.formula(site)
        if isinstance(site.node, tree.Bool | tree.Name | tree.Call | tree.AsOf):
            # what is named is told of where it is defined, and what is written as a constant is meant
            if is_never(formula, room.reader) or is_always(formula, room.reader):
                told.add(site)
        elif is_never(formula, room.reader):
            told.add(site)
            yield problems.never_true(site.node.span)
        elif is_always(formula, room.reader):
            told.add(site)
            yield problems.always_true(site.node.span)


def repeated(room: Room) -> Iterator[Diagnostic]:
    """Parts of an `and` that a neighbour implies, of an `or` that imply a neighbour.

    Only what is written there is compared: what a name stands for can change."""
    for site in room.rules():
        node = site.node
        if not isinstance(node, tree.Operation) or node.op not in ("and", "or") or site in room.plain:
            continue
        parts = [part for part in site.parts if _is_spelled_out(part)]
        formulas = [room.formula(part) for part in parts]
        if _share_nothing(room, formulas):
            continue
        gone: set[int] = set()
        for index, (part, formula) in enumerate(zip(parts, formulas, strict=True)):
            if is_never(formula, room.reader) or is_always(formula, room.reader):
                continue
            for other, beside in enumerate(formulas):
                if other == index or other in gone:
                    continue
                low, high = (beside, formula) if node.op == "and" else (formula, beside)
                if implies(low, high, room.reader, with_facts=False):
                    if implies(high, low, room.reader, with_facts=False) and other > index:
                        continue  # of two that say the same, the second is told of
                    if is_never(low, room.reader):
                        continue
                    gone.add(index)
                    yield problems.repeats(node.op, part.node.span, parts[other].node.span)
                    break


def _share_nothing(room: Room, formulas: Sequence[Formula]) -> bool:
    """Whether formulas are free, and about different terms: then none implies another."""
    seen: set[Node] = set()
    for formula in formulas:
        terms = room.freedom.terms(formula)
        if not terms or not seen.isdisjoint(terms):
            return False
        seen |= terms
    return True


def _is_spelled_out(part: Site) -> bool:
    if part.has_params or part.is_open:
        return False
    if isinstance(part.node, tree.Operation) and part.node.op in ("is known", "is unknown"):
        return False
    return isinstance(part.node, tree.Operation | tree.Comparison | tree.InWindow)


def unreached(room: Room) -> Iterator[Diagnostic]:
    """Labels of segmentations whose rules hold only for those that an earlier rule has taken."""
    for definition in room.own:
        node = definition.tree
        sites = {id(site.node): site for site in room.by_definition[definition.name]}
        if not isinstance(node, tree.Segmentation) or any(site.is_open for site in sites.values()):
            continue
        before: list[Formula] = []
        if node.among is not None and id(node.among) in sites:
            before.append(room.formula(sites[id(node.among)]))
        if is_never(every(before), room.reader):
            continue
        for rule in node.rules:
            site = sites.get(id(rule.condition))
            if rule.condition is not None and (site is None or site.value.type != BOOL):
                break
            formula = every(()) if site is None else room.formula(site)
            if formula is FALSE or is_never(formula, room.reader):
                continue
            if is_never(every((*before, formula)), room.reader):
                yield problems.label_never_reached(rule.label.text, rule.label.span)
            before.append(opposite(formula))


def scores_of_constants(room: Room) -> Iterator[Diagnostic]:
    """Scores that are the same for everybody, as `percentile(0.9)` is, where its value is a constant."""
    for site in room.sites:
        node = site.node
        if isinstance(node, tree.Call) and node.name.text in SCORES and node.name.text != "bands" and not site.is_open:
            scored = [part for part in site.parts if part.node is node.args[-1].value]
            if scored and isinstance(scored[0].value, Constant) and scored[0].value != BROKEN:
                yield problems.score_of_constant(node.name.text, node.span)
