"""Formulas: conditions with everything unfolded but the values that they test.

A formula is true or false. Its atoms test a *term*, a node of the program without references, and are false where the
term is unknown (`Known` says whether it is).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Literal, TypeAlias

from segdsl.program import Moment, Node
from segdsl.values import frozen

Op = Literal["<", "<=", "=", ">=", ">"]
# what a term is compared with: numbers (lengths of time are microseconds, distances metres), texts, moments
Point: TypeAlias = Decimal | str | Moment


@frozen
class Known:
    term: Node


@frozen
class Test:
    """A term against a constant; times and dates against moments (a date is its midnight)."""

    term: Node
    op: Op
    point: Point


@frozen
class Relation:
    """Two terms of one kind against each other; `<`, `<=` and `=` are enough."""

    op: Literal["<", "<=", "="]
    left: Node
    right: Node


@frozen
class Holds:
    """A bool that is true, or a condition that is not looked into."""

    term: Node


# formulas share parts, so they are told apart by identity: comparing them by value could take for ever
@frozen(eq=False)
class All:
    parts: tuple[Formula, ...]


@frozen(eq=False)
class Some:
    parts: tuple[Formula, ...]


@frozen(eq=False)
class Not:
    part: Formula


Atom: TypeAlias = Known | Test | Relation | Holds
Formula: TypeAlias = All | Some | Not | Atom

_MANY = 8
TRUE = All(())
FALSE = Some(())


def every(parts: Iterable[Formula]) -> Formula:
    """All of the parts; nothing that is plainly true is kept."""
    kept: list[Formula] = []
    for part in parts:
        if isinstance(part, Some) and not part.parts:
            return FALSE
        if isinstance(part, All):
            kept.extend(part.parts)
        else:
            kept.append(part)
    return kept[0] if len(kept) == 1 else All(_once(kept)) if kept else TRUE


def some(parts: Iterable[Formula]) -> Formula:
    """At least one of the parts; nothing that is plainly false is kept."""
    kept: list[Formula] = []
    for part in parts:
        if isinstance(part, All) and not part.parts:
            return TRUE
        if isinstance(part, Some):
            kept.extend(part.parts)
        else:
            kept.append(part)
    return kept[0] if len(kept) == 1 else Some(_once(kept)) if kept else FALSE


def _once(parts: list[Formula]) -> tuple[Formula, ...]:
    """Many parts, each once: those of what is named twice, which names something twice, would double each time."""
    return tuple(parts if len(parts) < _MANY else {id(part): part for part in parts}.values())


def opposite(part: Formula) -> Formula:
    match part:
        case Not():
            return part.part
        case All(parts=()):
            return FALSE
        case Some(parts=()):
            return TRUE
        case _:
            return Not(part)


def atoms(formula: Formula) -> Iterator[Atom]:
    """The atoms of a formula, each once, in their order."""
    seen: set[int] = set()
    given: set[Atom] = set()
    stack: list[Formula] = [formula]
    while stack:
        item = stack.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        match item:
            case All(parts) | Some(parts):
                stack.extend(reversed(parts))
            case Not(part):
                stack.append(part)
            case _:
                if item not in given:
                    given.add(item)
                    yield item
