"""The values of a term as finitely many cells: the points it is compared with, what lies between them, and unknown."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import pairwise, product
from typing import Any

from segdsl.exact import EXACT
from segdsl.logic.facts import is_never_unknown, limits, whole
from segdsl.logic.formula import Op, Point
from segdsl.logic.points import Line, Place, never_after, places
from segdsl.program import Length, Moment, Node
from segdsl.values import frozen

# terms compared on more lines than make so many cells are not looked at on the last of them
MAX_CELLS = 600


@frozen
class Stretch:
    """A point, or what lies between two: its ends (None for none), and whether they belong to it."""

    low: Any
    low_in: bool
    high: Any
    high_in: bool

    def test(self, op: Op, at: Any) -> bool:
        """Whether all values of it fulfil a comparison with a point, which is one of its ends or outside."""
        if op == "=":
            return self.low_in and self.high_in and self.low == at == self.high
        if op in ("<", "<="):
            return self.high is not None and (self.high < at or (self.high == at and (op == "<=" or not self.high_in)))
        return self.low is not None and (self.low > at or (self.low == at and (op == ">=" or not self.low_in)))


Cell = tuple[tuple[Line, Stretch], ...] | None  # a stretch on each line; None is unknown


def test(cell: Cell, op: Op, lying: Iterable[Place]) -> bool | None:
    """Whether a cell fulfils a comparison with a point, by its places; None where it is not fine enough to say."""
    if cell is None:
        return False
    for line, at in lying:
        for known, stretch in cell:
            if known == line:
                return stretch.test(op, at)
    return None


def cells(term: Node, points: Iterable[Point]) -> list[Cell]:
    """The cells of a term, those apart that no value lies in."""
    own = list(limits(term))
    lines: dict[Line, set[Any]] = {}
    for point in (*points, *(point for _, point in own)):
        for line, at in places(point):
            lines.setdefault(line, set()).add(at)
    # a moment that lies on two lines is needed on one, that with other points where there is one
    for line in [line for line, found in lines.items() if found == {0} and isinstance(line, tuple)]:
        other = ({"micros": "months", "months": "micros"}[line[0]], line[1])
        if other in lines:
            del lines[line]
    stretches: list[list[tuple[Line, Stretch]]] = []
    size = 1
    for line, found in lines.items():
        of_line = [(line, stretch) for stretch in _stretches(sorted(found), whole(term) and line == "Decimal")]
        if size * len(of_line) > MAX_CELLS:
            break
        size *= len(of_line)
        stretches.append(of_line)
    out: list[Cell] = [cell for cell in product(*stretches) if _can_be(cell) and _within(cell, own)]
    if not is_never_unknown(term):
        out.append(None)
    return out


def _stretches(points: list[Any], is_whole: bool) -> list[Stretch]:
    out: list[Stretch] = []
    ends = [None, *points, None]
    for index, (low, high) in enumerate(pairwise(ends)):
        out.append(Stretch(low, False, high, False))
        if index < len(points):
            out.append(Stretch(high, True, high, True))
    return [cut for stretch in out if (cut := _whole(stretch)) is not None] if is_whole else out


def _whole(stretch: Stretch) -> Stretch | None:
    """A stretch of whole numbers: with ends that belong to it."""
    low, high = stretch.low, stretch.high
    if low is not None:
        found = low.to_integral_value(ROUND_CEILING, EXACT)
        low = EXACT.add(found, 1) if found == low and not stretch.low_in else found
    if high is not None:
        found = high.to_integral_value(ROUND_FLOOR, EXACT)
        high = EXACT.subtract(found, 1) if found == high and not stretch.high_in else found
    if low is not None and high is not None and low > high:
        return None
    return Stretch(low, low is not None, high, high is not None)


def _can_be(cell: tuple[tuple[Line, Stretch], ...]) -> bool:
    """Whether no two stretches on lines of their own exclude each other, as `< 30d ago` and `> 1mo ago` would."""
    for index, (line, stretch) in enumerate(cell):
        for other_line, other in cell[index + 1 :]:
            if _apart(line, stretch, other_line, other) or _apart(other_line, other, line, stretch):
                return False
    return True


def _apart(line: Line, stretch: Stretch, other_line: Line, other: Stretch) -> bool:
    """Whether one lies wholly before the other."""
    if stretch.high is None or other.low is None:
        return False
    high, low = _moment(line, stretch.high), _moment(other_line, other.low)
    if high is None or low is None:
        return False
    return never_after(high, low, strictly=stretch.high_in and other.low_in)


def _moment(line: Line, at: Any) -> Moment | None:
    if not isinstance(line, tuple):
        return None
    kind, steps = line
    step = Length(at, 0) if kind == "months" else Length(0, at)
    return Moment(None, steps if step == Length() else (*steps, step))


def _within(cell: Cell, own: list[tuple[Op, Point]]) -> bool:
    return all(test(cell, op, places(point)) is not False for op, point in own)


def above(cell: Cell, other: Cell) -> bool:
    """Whether a cell lies wholly above another; where one is unknown it does not."""
    if cell is None or other is None:
        return False
    found = dict(other)
    for line, stretch in cell:
        if line in found:
            low, high = stretch.low, found[line].high
            if low is None or high is None:
                continue
            if low > high or (low == high and not (stretch.low_in and found[line].high_in)):
                return True
    return False


def reaches(cell: Cell, bound: Decimal) -> bool | None:
    """Whether all (True) or none (False) of the numbers of a cell are over a bound; None for some."""
    if cell is None:
        return False
    for line, stretch in cell:
        if line == "Decimal":
            if stretch.low is not None and (stretch.low > bound or (stretch.low == bound and not stretch.low_in)):
                return True
            if stretch.high is not None and stretch.high <= bound:
                return False
    return None
