"""Formulas over atoms whose truth is known: whether they hold, how near they come to it, and atoms as conditions."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from segdsl.functions import operator
from segdsl.logic.formula import All, Atom, Formula, Holds, Known, Not, Point, Relation, Some, Test
from segdsl.program import Apply, Constant, Length, Moment, Node, number_constant
from segdsl.types import BOOL, TIME, Kind, Type


def nearness(formula: Formula, truth: Mapping[Atom, bool], wanted: bool = True) -> float:
    """How much of a formula is as wanted, from 0 to 1; exactly 1 where it comes out so."""
    match formula:
        case Not(part):
            return nearness(part, truth, not wanted)
        case All(parts) | Some(parts):
            found = [nearness(part, truth, wanted) for part in parts]
            if isinstance(formula, All) is wanted:
                return sum(found) / len(found) if found else 1.0
            return max(found, default=0.0)
        case _:
            return 1.0 if truth[formula] is wanted else 0.0


def condition_of(atom: Atom) -> Node:
    """An atom as a condition of the program."""
    match atom:
        case Known(term=term):
            return Apply(operator("is known"), (term,), BOOL)
        case Holds(term=term):
            return Apply(operator("and"), (term,), BOOL)
        case Relation(op=op, left=left, right=right):
            return Apply(operator(op), (_time(left, right.type), _time(right, left.type)), BOOL)
        case Test(term=term, op=op, point=point):
            constant = _constant(point, term.type)
            return Apply(operator(op), (_time(term, constant.type), constant), BOOL)


def _time(term: Node, beside: Type) -> Node:
    """A date beside a time as the midnight that starts it."""
    if term.type.kind is Kind.DATE and beside.kind is Kind.TIME:
        return Apply(operator("midnight"), (term,), TIME)
    return term


def _constant(point: Point, type_: Type) -> Constant | Moment:
    if isinstance(point, Moment):
        return point
    if isinstance(point, str):
        return Constant(point, type_)
    if type_.kind is Kind.DURATION:
        return Constant(Length(0, int(point)), type_)
    return number_constant(Decimal(point)) if type_.is_number else Constant(point, type_)
