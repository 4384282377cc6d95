"""Formulas as constraints for z3: a variable per term, and what is true of all customers beside it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import z3

from segdsl.check.constants import ten_digits
from segdsl.exact import EXACT
from segdsl.logic.facts import KnownThen, KnownWith, NotAbove, facts, is_never_unknown, limits
from segdsl.logic.formula import All, Formula, Holds, Known, Not, Op, Point, Relation, Some, Test, atoms
from segdsl.logic.points import EPOCH, micros, never_after
from segdsl.logic.reading import Reader
from segdsl.logic.solver import is_never
from segdsl.program import DAY, Apply, Constant, Floor, Length, Moment, Node, is_condition
from segdsl.types import Kind

_FLOORS = {"day": DAY, "week": 7 * DAY, "month": 31 * DAY, "quarter": 92 * DAY, "year": 366 * DAY}
_WHOLE = (Kind.INT, Kind.DURATION, Kind.DATE, Kind.TIME)


class Encoding:
    """One formula for z3, with everything that is known of its terms.

    Texts are numbers in their order; between any two lies another one, which only allows more customers.
    """

    def __init__(self, formula: Formula, reader: Reader) -> None:
        self.reader = reader
        self.solver = z3.Solver()
        self._terms: dict[Node, Any] = {}
        self._known: dict[Node, Any] = {}
        self._holds: dict[Node, Any] = {}
        self._moments: dict[Moment, Any] = {}
        # by what they are; each holds its formula, for what nobody holds can give its place in memory to another one
        self._memo: dict[int, tuple[Formula, Any]] = {}
        self._now = z3.Int("now")
        found = list(atoms(formula))
        texts = {atom.point for atom in found if isinstance(atom, Test) and isinstance(atom.point, str)}
        texts.update(value for atom in found for term in _terms_of(atom) for value in term.type.values or ())
        self._texts = {text: number for number, text in enumerate(sorted(texts), start=1)}
        self.solver.add(self.of(formula))
        self._add_facts()

    # ------------------------------------------------------------ formulas

    def of(self, formula: Formula) -> Any:
        if id(formula) not in self._memo:
            self._memo[id(formula)] = (formula, self._of(formula))
        return self._memo[id(formula)][1]

    def _of(self, formula: Formula) -> Any:
        match formula:
            case All(parts):
                return z3.And([self.of(part) for part in parts])
            case Some(parts):
                return z3.Or([self.of(part) for part in parts])
            case Not(part):
                return z3.Not(self.of(part))
            case Known(term=term):
                return self.known(term)
            case Holds(term=term):
                return self._truth(term)
            case Test(term=term, op=op, point=point):
                return z3.And(self.known(term), _compared(op, self.value(term), self._point(point)))
            case Relation(op=op, left=left, right=right):
                known = (self.known(left), self.known(right))
                return z3.And(*known, _compared(op, self.value(left), self.value(right)))

    def _truth(self, term: Node) -> Any:
        if term not in self._holds:
            var = z3.Bool(f"holds {len(self._holds)}")
            self._holds[term] = var if is_condition(term) else z3.And(self.known(term), var)
        return self._holds[term]

    def known(self, term: Node) -> Any:
        if is_never_unknown(term):
            return z3.BoolVal(True)
        if term not in self._known:
            var = self._known[term] = z3.Bool(f"known {len(self._known)}")
            inner = self.reader.known(term)
            if inner != Known(term):
                self.solver.add(var == self.of(inner))
        return self._known[term]

    # ------------------------------------------------------------ terms

    def value(self, term: Node) -> Any:
        if term not in self._terms:
            found = self._composed(term)
            if found is None:
                make = z3.Int if term.type.kind in _WHOLE else z3.Real
                found = make(f"value {len(self._terms)}")
            self._terms[term] = found
            for op, point in limits(term):
                self.solver.add(z3.Implies(self.known(term), _compared(op, found, self._point(point))))
            if term.type.kind is Kind.TEXT and term.type.values is not None:
                among = [found == self._texts[value] for value in term.type.values if value in self._texts]
                # the model says that there are no others
                self.solver.add(z3.Implies(self.known(term), z3.Or(among)))
        return self._terms[term]

    def _composed(self, term: Node) -> Any:
        """A term whose value is worked out exactly from others."""
        if isinstance(term, Moment):
            return self._point(term)
        if isinstance(term, Constant):
            return self._constant(term)
        if not isinstance(term, Apply) or term.type.kind is Kind.TEXT:
            return None
        args, name = term.args, term.function.name
        match name:
            case "+" | "-" if len(args) == 2:
                left, right = map(self.value, args)
                return left + right if name == "+" else left - right
            case "-":
                return -self.value(args[0])
            case "midnight":
                return self.value(args[0])
            case "age":
                return self.value(args[1]) - self.value(args[0])
            case "shift" if isinstance(args[1], Constant) and not args[1].value and isinstance(args[2], Constant):
                return self.value(args[0]) + int(str(args[2].value))
            case "abs":
                inner = self.value(args[0])
                return z3.If(inner < 0, -inner, inner)
            case "least" | "greatest":
                found = self.value(args[0])
                for arg in args[1:]:
                    other = self.value(arg)
                    found = z3.If(found < other if name == "least" else found > other, found, other)
                return found
            case "*" if any(arg.type.kind is Kind.INT for arg in args):
                constants = [arg for arg in args if isinstance(arg, Constant)]
                # a product with a whole number is exact
                if len(constants) == 1 and all(arg.type.is_number for arg in args):
                    return self.value(args[0]) * self.value(args[1])
        return None

    def _constant(self, node: Constant) -> Any:
        match node.value:
            case int() | Decimal():
                return (
                    z3.RealVal(f"{Decimal(node.value):f}")
                    if node.type.kind not in _WHOLE
                    else z3.IntVal(int(node.value))
                )
            case Length(months=0, micros=length):
                return z3.IntVal(length)
            case _:
                return None

    # ------------------------------------------------------------ what z3 finds

    def solution(self, as_of: dt.datetime) -> Mapping[Node, Any]:
        self.solver.add(self._now == micros(as_of))
        if self.solver.check() != z3.sat:
            return {}
        model = self.solver.model()
        found: dict[Node, Any] = {}
        for term, var in self._terms.items():
            if isinstance(term, Constant | Moment) or not z3.is_true(model.eval(self.known(term), True)):
                continue
            value = self._found(term, model.eval(var, True))
            if value is not None:
                found[term] = value
        for term, var in self._holds.items():
            if not is_condition(term):
                found[term] = z3.is_true(model.eval(var, True))
        return found

    def _found(self, term: Node, value: Any) -> Any:
        """A number of z3 as a value of a term's type; None where it is none."""
        if z3.is_int_value(value):
            number = Decimal(value.as_long())
        elif z3.is_rational_value(value):
            number = EXACT.divide(value.numerator_as_long(), value.denominator_as_long())
        else:
            return None
        try:
            match term.type.kind:
                case Kind.INT | Kind.DECIMAL:
                    return ten_digits(number)
                case Kind.DATE | Kind.TIME:
                    return EPOCH + dt.timedelta(microseconds=int(number))
                case Kind.DURATION:
                    return dt.timedelta(microseconds=int(number))
                case Kind.TEXT:
                    # between two texts lies another one
                    return next((text for text, at in self._texts.items() if at == number), f"other {number:f}")
                case _:
                    return None
        except (OverflowError, InvalidOperation):
            return None

    # ------------------------------------------------------------ points

    def _point(self, point: Point) -> Any:
        if isinstance(point, Moment):
            return self._moment(point)
        if isinstance(point, str):
            return z3.RealVal(self._texts.setdefault(point, len(self._texts) + 1))
        return z3.RealVal(f"{point:f}")

    def _moment(self, point: Moment) -> Any:
        if point.base is not None:
            return z3.IntVal(micros(point.base))
        if point not in self._moments:
            if not point.steps:
                self._moments[point] = self._now
                return self._now
            before, step = self._moment(Moment(None, point.steps[:-1])), point.steps[-1]
            if isinstance(step, Length) and not step.months:
                self._moments[point] = before + step.micros
            else:
                var = z3.Int(f"moment {len(self._moments)}")
                if isinstance(step, Floor):
                    self.solver.add(var <= before, var > before - _FLOORS[step.unit])
                else:
                    near, far = sorted((step.months * 28 * DAY, step.months * 31 * DAY))
                    self.solver.add(var >= before + near + step.micros, var <= before + far + step.micros)
                self._order(point, var)
                self._moments[point] = var
        return self._moments[point]

    def _order(self, point: Moment, var: Any) -> None:
        for other, known in self._moments.items():
            if never_after(point, other):
                self.solver.add(var < known if never_after(point, other, strictly=True) else var <= known)
            if never_after(other, point):
                self.solver.add(known < var if never_after(other, point, strictly=True) else known <= var)

    # ------------------------------------------------------------ facts

    def _add_facts(self) -> None:
        terms = list(dict.fromkeys((*self._terms, *self._known, *self._holds)))
        terms = [term for term in terms if not isinstance(term, Constant | Moment)]
        for fact in facts(terms, self.reader.condition, lambda inner: is_never(inner, self.reader)):
            match fact:
                case NotAbove(low, high):
                    known = z3.And(self.known(low), self.known(high))
                    self.solver.add(z3.Implies(known, self.value(low) <= self.value(high)))
                case KnownWith(value, count, exactly):
                    self.solver.add(z3.Implies(self.known(value), self.value(count) > 0))
                    if exactly:
                        self.solver.add(z3.Implies(self.value(count) > 0, self.known(value)))
                case KnownThen(first, second):
                    self.solver.add(z3.Implies(self.known(first), self.known(second)))


def _terms_of(atom: object) -> Iterator[Node]:
    match atom:
        case Test(term=term) | Known(term=term):
            yield term
        case Relation(left=left, right=right):
            yield left
            yield right


def _compared(op: Op, left: Any, right: Any) -> Any:
    match op:
        case "<":
            return left < right
        case "<=":
            return left <= right
        case "=":
            return left == right
        case ">=":
            return left >= right
        case ">":
            return left > right


def is_refuted(formula: Formula, reader: Reader, seconds: float = 5) -> bool:
    """Whether z3 shows that nothing fulfils a formula; False says nothing."""
    encoding = Encoding(formula, reader)
    encoding.solver.set("timeout", int(seconds * 1000))
    return bool(encoding.solver.check() == z3.unsat)


def solution(formula: Formula, reader: Reader, as_of: dt.datetime, seconds: float = 2) -> Mapping[Node, Any]:
    """What z3 says that the terms could be where a formula holds, for those that would be known: numbers as Decimal,
    times and dates as datetime, lengths of time as timedelta, texts as one of the formula's or one of no meaning.

    No customer need be like that: what ties terms together is not all told to z3. Empty where it finds none.
    """
    encoding = Encoding(formula, reader)
    encoding.solver.set("timeout", int(seconds * 1000))
    return encoding.solution(as_of)
