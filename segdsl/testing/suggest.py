"""Examples on the borders of a rule: customers just inside, just outside, and of whom the value is unknown."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

from segdsl.check import Checker
from segdsl.exact import EXACT
from segdsl.lint.room import Room
from segdsl.logic.facts import is_never_unknown
from segdsl.logic.formula import Atom, Formula, Holds, Known, Relation, Test, atoms
from segdsl.logic.reading import Reader
from segdsl.logic.truth import nearness
from segdsl.moment import OutsideCalendar
from segdsl.program import DAY, Length, Moment, Output
from segdsl.syntax import tree
from segdsl.syntax.printer import print_expr
from segdsl.testing.drafts import Draft
from segdsl.testing.near import Near, Truth

# a rule of more conditions than these has more borders than anybody wants to read
MOST_ATOMS = 24


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An example line that comes out as it says, and the border that it stands on."""

    line: str
    about: str


def suggest(
    checker: Checker, output: Output, name: str, as_of: dt.datetime, texts: dict[Atom, str]
) -> list[Suggestion]:
    """Examples on each border of a segment or label that a customer was found for; `texts` says how atoms are told."""
    reader = Reader(checker.instances)
    formula = reader.condition(checker.instances[output.instance].value)
    found = list(atoms(formula))[:MOST_ATOMS]
    beside = {atom: _beside(atom) for atom in found}
    extra = [each for sides in beside.values() for side in sides.values() for each in side]
    unknown = [Known(atom.term) for atom in found if isinstance(atom, Test) and not is_never_unknown(atom.term)]
    near = Near(checker, output.entity, list(dict.fromkeys((*atoms(formula), *extra, *unknown))), as_of)
    out: dict[str, str] = {}
    with closing(near):
        made = _Suggesting(near, formula, beside)
        base = near.search(lambda truth: nearness(formula, truth)) if near.can_be_tried else None
        for atom in found:
            if base is None:
                break
            told = texts.get(atom, "")
            for about, draft in made.at(atom, base):
                is_in = near.holds(output, draft)
                facts = near.text(draft)
                line = f"example {'in' if is_in else 'not in'} {name}:{f' {facts}' if facts else ''}"
                out.setdefault(line, f"{told}: {about}" if told else about)
    return [Suggestion(line, about) for line, about in out.items()]


class _Suggesting:
    def __init__(self, near: Near, formula: Formula, beside: dict[Atom, dict[bool, tuple[Atom, ...]]]) -> None:
        self.near, self.formula, self.beside = near, formula, beside

    def at(self, atom: Atom, base: Draft) -> Iterator[tuple[str, Draft]]:
        """The customers around one condition, for whom it is this condition that decides."""
        for about, is_in in (("just inside", True), ("just outside", False)):
            draft = self._found(atom, base, is_in, is_close=True) or self._found(atom, base, is_in, is_close=False)
            if draft is not None:
                yield about, draft
        if isinstance(atom, Test) and not is_never_unknown(atom.term):
            draft = self.near.search(lambda truth: self._unknown(truth, atom), [base])
            if draft is not None:
                yield "unknown", draft

    def _found(self, atom: Atom, base: Draft, is_in: bool, is_close: bool) -> Draft | None:
        def goal(truth: Truth) -> float:
            parts = [self._decides(truth, atom, is_in)]
            if is_close:
                parts.extend(float(truth[each]) for each in self.beside[atom][truth[atom]])
            return sum(parts) / len(parts)

        return self.near.search(goal, [base])

    def _decides(self, truth: Truth, atom: Atom, is_in: bool) -> float:
        """How near a customer comes to being in (or out) by this condition alone: turned, it turns the rule."""
        turned = {**truth, atom: not truth[atom]}
        return (nearness(self.formula, truth, is_in) + nearness(self.formula, turned, not is_in)) / 2

    def _unknown(self, truth: Truth, atom: Test) -> float:
        decides = max(self._decides(truth, atom, is_in) for is_in in (True, False))
        return (float(not truth[Known(atom.term)]) + decides) / 2


def told(room: Room) -> dict[Atom, str]:
    """How each atom of the rules that are looked at is written: where it is a condition of its own, else where it is
    part of one."""
    found: dict[Atom, str] = {}
    parts: dict[Atom, str] = {}
    for view, site in ((each, site) for each in room.views for site in each.sites):
        if site.role == "rule" and not site.is_open:
            formula = view.formula(site)
            if isinstance(formula, Known | Test | Relation | Holds):
                found.setdefault(formula, print_expr(site.node))
            elif isinstance(site.node, tree.Comparison | tree.InWindow):
                for atom in atoms(formula):
                    parts.setdefault(atom, print_expr(site.node))
    return parts | found


def _beside(atom: Atom) -> dict[bool, tuple[Atom, ...]]:
    """That a value lies next to the point that it is compared with: where the comparison is true, and where not."""
    if not isinstance(atom, Test) or isinstance(atom.point, str):
        return {True: (), False: ()}
    at = atom.point
    if isinstance(at, Moment):
        try:
            less, more = (at.moved(Length(0, step)) for step in (-DAY, DAY))
        except OutsideCalendar:
            return {True: (), False: ()}
        low, high = Test(atom.term, ">=", less), Test(atom.term, "<=", more)
    else:
        low, high = Test(atom.term, ">=", EXACT.subtract(at, 1)), Test(atom.term, "<=", EXACT.add(at, 1))
    from_here, up_to_here = Test(atom.term, ">=", at), Test(atom.term, "<=", at)
    match atom.op:
        case ">=":
            return {True: (up_to_here,), False: (low,)}
        case "<=":
            return {True: (from_here,), False: (high,)}
        case ">":
            return {True: (high,), False: (from_here,)}
        case "<":
            return {True: (low,), False: (up_to_here,)}
        case "=":
            return {True: (), False: (low, high)}
