"""Whether any customer fulfils a formula: tried cell by cell, as far as a budget reaches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from segdsl.logic.cells import Cell, above, cells, reaches, test
from segdsl.logic.facts import Fact, KnownThen, KnownWith, NotAbove, facts, is_never_unknown
from segdsl.logic.formula import (
    All,
    Atom,
    Formula,
    Holds,
    Known,
    Not,
    Point,
    Relation,
    Some,
    Test,
    atoms,
    every,
    opposite,
)
from segdsl.logic.points import Place, places
from segdsl.logic.reading import Reader
from segdsl.program import Node, is_condition
from segdsl.types import Kind

# how often a formula is looked at, times its size, before its question is left open
BUDGET = 60_000


def is_never(formula: Formula, reader: Reader, with_facts: bool = True) -> bool:
    """Whether nothing fulfils a formula, as far as that is found out; False says nothing."""
    return _Search(formula, reader, with_facts).is_refuted()


def is_always(formula: Formula, reader: Reader, with_facts: bool = True) -> bool:
    return is_never(opposite(formula), reader, with_facts)


def implies(formula: Formula, other: Formula, reader: Reader, with_facts: bool = True) -> bool:
    """Whether whatever fulfils a formula fulfils the other, as far as that is found out."""
    return is_never(every((formula, opposite(other))), reader, with_facts)


class _SpentError(Exception):
    """The budget is spent."""


# what is chosen of a term: its cell; of a relation: how left and right lie to each other; of a condition: its truth
Choice = Cell | str | bool
Variable = tuple[str, object]
_Found = tuple[bool | None, Atom | None]
_Memo = dict[int, _Found]  # by the identity of an `and` or an `or`
_OPEN = object()


class _Search:
    def __init__(self, formula: Formula, reader: Reader, with_facts: bool) -> None:
        self.formula = formula
        self.chosen: dict[Variable, Choice] = {}
        # what each atom is about, and where its point lies; by identity, which the formula holds
        self.variables: dict[int, Variable] = {}
        self.places: dict[int, list[Place]] = {}
        self.same: dict[Variable, Variable] = {}
        self.budget = BUDGET
        points: dict[Node, dict[Point, None]] = defaultdict(dict)
        self.relations: list[Relation] = []
        for atom in atoms(formula):
            match atom:
                case Test(term=term, point=point):
                    points[term][point] = None
                case Known(term=term) | Holds(term=term):
                    points.setdefault(term, {})
                case Relation(left=left, right=right):
                    points.setdefault(left, {})
                    points.setdefault(right, {})
                    self.relations.append(atom)
        self.facts: list[Fact] = []
        if with_facts:
            self.facts = facts(list(points), reader.condition, lambda inner: is_never(inner, reader))
            for fact in self.facts:
                if isinstance(fact, KnownWith):
                    points[fact.count][Decimal(0)] = None
                elif isinstance(fact, NotAbove):
                    # on the points of both the two can be told apart
                    shared = points[fact.low] | points[fact.high]
                    points[fact.low].update(shared)
                    points[fact.high].update(shared)
        self.points = points
        self.cells: dict[Node, list[Cell]] = {}
        self.of_term: dict[Node, list[Fact]] = defaultdict(list)
        for fact in self.facts:
            for term in _concerned(fact):
                self.of_term[term].append(fact)

    def is_refuted(self) -> bool:
        try:
            return not self._can_be()
        except _SpentError:
            return False

    def _can_be(self) -> bool:
        value, open_ = self._value(self.formula, {})
        if value is not None:
            return value
        assert open_ is not None
        variable = _variable(open_)
        for choice in self._choices(open_):
            self.chosen[variable] = choice
            if self._is_coherent(variable) and self._can_be():
                return True
            del self.chosen[variable]
        return False

    def _choices(self, atom: Atom) -> Iterable[Choice]:
        if isinstance(atom, Holds | Known) and atom.term.type.kind is Kind.BOOL:
            return (True, False) if is_condition(atom.term) else (True, False, None)
        if isinstance(atom, Relation):
            left, right = _in_order(atom)
            found = ("<", "=", ">") if _sure(atom) else ("<", "=", ">", "unknown")
            excluded = {NotAbove(left, right): ">", NotAbove(right, left): "<"}
            without = {choice for fact, choice in excluded.items() if fact in self.facts}
            return tuple(choice for choice in found if choice not in without)
        if isinstance(atom, Holds):
            return (True, False)
        if atom.term not in self.cells:
            fitting = cells(atom.term, self.points[atom.term])
            for holds, unit in self._units(atom.term):
                fitting = [cell for cell in fitting if _holds(cell, unit) is not (not holds)]
            self.cells[atom.term] = fitting
        return self.cells[atom.term]

    def _units(self, term: Node) -> list[tuple[bool, Known | Test]]:
        """What an `and` asks of a term by itself, or says that it is not; what leaves few cells first."""
        parts = self.formula.parts if isinstance(self.formula, All) else ()
        found: list[tuple[bool, Known | Test]] = []
        for part in parts:
            unit = part.part if isinstance(part, Not) else part
            if isinstance(unit, Known | Test) and unit.term == term:
                found.append((unit is part, unit))
        return sorted(found, key=lambda item: not item[0])

    # ------------------------------------------------------------ what a choice makes of the formula

    def _value(self, formula: Formula, memo: _Memo) -> _Found:
        """True or False where the choices decide it, else None and an atom that is open."""
        self.budget -= 1
        if self.budget < 0:
            raise _SpentError
        match formula:
            case All() | Some():
                found = memo.get(id(formula))
                if found is None:
                    found = memo[id(formula)] = self._of_parts(formula.parts, isinstance(formula, Some), memo)
                return found
            case Not(part):
                value, open_ = self._value(part, memo)
                return (None if value is None else not value), open_
            case _:
                return self._of_atom(formula)

    def _of_parts(self, parts: tuple[Formula, ...], end: bool, memo: _Memo) -> _Found:
        """The value of an `or` (`end` True) or of an `and`: that of a part that decides it, else the opposite."""
        first: Atom | None = None
        for part in parts:
            value, open_ = self._value(part, memo)
            if value is end:
                return end, None
            if first is None:
                first = open_
        return (not end, None) if first is None else (None, first)

    def _of_atom(self, atom: Atom) -> _Found:
        variable = self.variables.get(id(atom))
        if variable is None:
            # one for all atoms about the same, so that it is found again at once
            variable = self.variables[id(atom)] = self.same.setdefault(found := _variable(atom), found)
        choice = self.chosen.get(variable, _OPEN)
        if choice is _OPEN:
            return None, atom
        match atom:
            case Known():
                return choice is not None, None
            case Test(op=op, point=point):
                assert choice is None or isinstance(choice, tuple)
                lying = self.places.get(id(atom))
                if lying is None:
                    lying = self.places[id(atom)] = places(point)
                value = test(choice, op, lying)
                if value is None:  # the cells are too coarse
                    raise _SpentError
                return value, None
            case Relation(op=op):
                return _turned(atom, choice) in {"<": ("<",), "<=": ("<", "="), "=": ("=",)}[op], None
            case Holds():
                return choice is True, None

    # ------------------------------------------------------------ whether choices go together

    def _is_coherent(self, variable: Variable) -> bool:
        kind, what = variable
        if kind == "term":
            return all(self._fulfils(fact) for fact in self.of_term.get(what, ())) and all(  # type: ignore[call-overload]
                self._agrees(relation) for relation in self.relations if what in (relation.left, relation.right)
            )
        if kind == "pair":
            return all(self._agrees(relation) for relation in self.relations if _variable(relation) == variable)
        return True

    def _fulfils(self, fact: Fact) -> bool:
        match fact:
            case NotAbove(low, high):
                pair = self.chosen.get(("term", low), ...), self.chosen.get(("term", high), ...)
                return ... in pair or not above(*pair)  # type: ignore[arg-type]
            case KnownThen(first, second):
                pair = self.chosen.get(("term", first), ...), self.chosen.get(("term", second), ...)
                return ... in pair or pair[0] is None or pair[1] is not None
            case KnownWith(value, count, exactly):
                pair = self.chosen.get(("term", value), ...), self.chosen.get(("term", count), ...)
                if ... in pair:
                    return True
                over = reaches(pair[1], Decimal(0))  # type: ignore[arg-type]
                return not (pair[0] is not None and over is False) and not (
                    exactly and pair[0] is None and over is True
                )

    def _agrees(self, relation: Relation) -> bool:
        choice = _turned(relation, self.chosen.get(_variable(relation), ...))
        left, right = (self.chosen.get(("term", term), ...) for term in (relation.left, relation.right))
        if choice is ... or choice == "unknown":
            return True
        if left is None or right is None:
            return False
        if choice == ">" or left is ... or right is ...:
            # `<` and `>` are looked at where both are chosen
            return choice != ">" or left is ... or right is ... or not above(right, left)  # type: ignore[arg-type]
        return not above(left, right) and not (choice == "=" and above(right, left))  # type: ignore[arg-type]


def _holds(cell: Cell, atom: Known | Test) -> bool | None:
    return cell is not None if isinstance(atom, Known) else test(cell, atom.op, places(atom.point))


def _concerned(fact: Fact) -> tuple[Node, Node]:
    match fact:
        case NotAbove(one, other) | KnownWith(one, other) | KnownThen(one, other):
            return one, other


def _sure(relation: Relation) -> bool:
    return is_never_unknown(relation.left) and is_never_unknown(relation.right)


def _variable(atom: Atom) -> Variable:
    match atom:
        case Known(term=term) | Test(term=term):
            return "term", term
        case Relation():
            return "pair", _in_order(atom)
        case Holds(term=term):
            return "truth" if is_condition(term) else "term", term


def _in_order(relation: Relation) -> tuple[Node, Node]:
    left, right = relation.left, relation.right
    return (left, right) if repr(left) <= repr(right) else (right, left)


def _turned(relation: Relation, choice: object) -> object:
    """How left and right of a relation lie to each other, by what is chosen of the pair in its one order."""
    is_turned = repr(relation.left) > repr(relation.right)
    return {"<": ">", ">": "<"}.get(choice, choice) if is_turned and isinstance(choice, str) else choice
