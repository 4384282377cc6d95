"""Conditions of a program as formulas: definitions unfolded, `case` and `coalesce` taken apart."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from string import ascii_lowercase, ascii_uppercase

from segdsl.functions import operator
from segdsl.logic.formula import (
    FALSE,
    TRUE,
    Formula,
    Holds,
    Known,
    Op,
    Point,
    Relation,
    Test,
    every,
    opposite,
    some,
)
from segdsl.logic.points import moment, never_after
from segdsl.logic.windows import never_happens, sees_nothing
from segdsl.moment import EARLY, LATE, OutsideCalendar
from segdsl.program import (
    Aggregate,
    Apply,
    At,
    Case,
    ChildAggregate,
    Constant,
    Instance,
    InstanceKey,
    KeyOf,
    Length,
    Moment,
    Node,
    Reference,
    Score,
    Sequence,
    Value,
    is_condition,
)
from segdsl.types import BOOL

# the comparisons, by the names of their functions
OPS: Mapping[str, Op] = {"<": "<", "<=": "<=", "=": "=", ">=": ">=", ">": ">"}
FLIPPED: Mapping[Op, Op] = {"<": ">", "<=": ">=", "=": "=", ">=": "<=", ">": "<"}
# functions that are known where all that they are given is
TOTAL = frozenset(
    (
        *(
            "+",
            "-",
            "*",
            "abs",
            "round",
            "floor",
            "ceil",
            "least",
            "greatest",
            "half",
            "lower",
            "upper",
            "trim",
            "length",
        ),
        *("year", "month", "day", "weekday", "hour", "years_since", "months_since", "days_since", "age", "date"),
        *("anniversary", "midnight", "shift", "day start", "week start", "month start"),
    )
)
# functions that are unknown where a value is, and elsewhere too
_STRICT = frozenset(("/", "mean", "share", "mean_gap", "bands", "distance"))
_COUNTED = ("count", "distinct", "sum")
_A_DAY = dt.timedelta(days=1)
# so many definitions are unfolded, and so deep; what comes after that is taken as it is
MAX_UNFOLDED = 400
MAX_DEPTH = 30


class Reader:
    """Reads conditions of a program; equal terms of all that one reader reads are one term."""

    def __init__(self, instances: Mapping[InstanceKey, Instance]) -> None:
        self._instances = instances
        self._conditions: dict[InstanceKey, Formula] = {}
        self._terms: dict[InstanceKey, Node] = {}
        # what has been read of conditions without a name: segmentations of segmentations name the same ones twice each
        self._read: dict[Apply, Formula] = {}
        self._depth = 0

    # ------------------------------------------------------------ terms

    def term(self, node: Node) -> Node:
        """A value without references, as far as it is unfolded."""
        match node:
            case Reference(instance=key):
                if key not in self._terms:
                    self._terms[key] = node
                    if self._may_unfold(key, len(self._terms)):
                        self._depth += 1
                        self._terms[key] = self.term(self._instances[key].value)
                        self._depth -= 1
                return self._terms[key]
            case Apply(args=args) if not is_condition(node) and self._depth < MAX_DEPTH:
                self._depth += 1
                inner = tuple(self.term(arg) for arg in args)
                self._depth -= 1
                return node if inner == args else replace(node, args=inner)
            case Moment():
                return moment(node)
            case Aggregate(kind=kind) if sees_nothing(node):
                return Constant(0 if kind in _COUNTED else None, node.type)
            case _:
                return node

    def _may_unfold(self, key: InstanceKey, count: int) -> bool:
        return key in self._instances and count <= MAX_UNFOLDED and self._depth < MAX_DEPTH

    # ------------------------------------------------------------ conditions

    def condition(self, node: Node) -> Formula:
        """Whether a BOOL node is true."""
        match node:
            case Constant(value=value):
                return TRUE if value is True else FALSE
            case Reference(instance=key):
                if key not in self._conditions:
                    self._conditions[key] = Holds(node)
                    if self._may_unfold(key, len(self._conditions)):
                        self._depth += 1
                        self._conditions[key] = self.condition(self._instances[key].value)
                        self._depth -= 1
                return self._conditions[key]
            case Case() if self._depth < MAX_DEPTH:
                return self._of_case(node, self.condition)
            case Apply():
                found = self._read.get(node)
                if found is None:
                    found = self._read[node] = self._applied(node)
                return found
            case Aggregate() if sees_nothing(node):
                return FALSE
            case Sequence(steps=steps) if never_happens(steps):
                return FALSE
            case _:
                return Holds(node)

    def _applied(self, node: Apply) -> Formula:
        args = node.args
        match node.function.name:
            case "and":
                return every(self.condition(arg) for arg in args)
            case "or":
                return some(self.condition(arg) for arg in args)
            case "not":
                return opposite(self.condition(args[0]))
            case "between":
                return every((self.compare(">=", args[0], args[1]), self.compare("<=", args[0], args[2])))
            case "in":
                return some(self.compare("=", args[0], arg) for arg in args[1:])
            case "is known" if not is_condition(args[0]):
                return self.known(args[0])
            case "is unknown" if not is_condition(args[0]):
                return opposite(self.known(args[0]))
            case "coalesce":
                return self._first_known(args, self.condition)
            case name if name in OPS and node.function.is_condition:
                return self.compare(OPS[name], args[0], args[1])
            case _:
                return Holds(node)

    def known(self, node: Node) -> Formula:
        """Whether a value is known."""
        node = self.term(node)
        match node:
            case Constant(value=value):
                return FALSE if value is None else TRUE
            case Moment() | KeyOf() | At():
                return TRUE
            case Aggregate(kind=kind) | ChildAggregate(kind=kind) if kind in _COUNTED:
                return TRUE
            case Case() if self._depth < MAX_DEPTH:
                return self._of_case(node, self.known)
            case Apply(function=function, args=args) if function.name == "coalesce":
                return some(self.known(arg) for arg in args)
            case Apply(function=function, args=args) if function.name in TOTAL:
                return every(self.known(arg) for arg in args)
            case Score(value=value, among=among):
                # outside of its population a score is unknown, and so it is where there is nothing to score
                inside = TRUE if among is None else self.condition(among)
                return every((self.known(value), inside, Known(node)))
            case Apply(function=function, args=args) if function.name in _STRICT:
                return every((*(self.known(arg) for arg in args if not is_condition(arg)), Known(node)))
            case _:
                return Known(node)

    def _of_case(self, node: Case, read: Callable[[Node], Formula]) -> Formula:
        """What is read of the value that a `case` has: of that of the first branch that holds."""
        found: list[Formula] = []
        passed: list[Formula] = []
        self._depth += 1
        for condition, value in node.branches:
            holds, of_value = self.condition(condition), read(value)
            if of_value is not FALSE:  # as most are of what is compared with a label
                found.append(every((*passed, holds, of_value)))
            passed.append(opposite(holds))
        if node.otherwise is not None:
            found.append(every((*passed, read(node.otherwise))))
        self._depth -= 1
        return some(found)

    def _first_known(self, args: Iterable[Node], read: Callable[[Node], Formula]) -> Formula:
        found: list[Formula] = []
        passed: list[Formula] = []
        for arg in args:
            known = self.known(arg)
            found.append(every((*passed, known, read(arg))))
            passed.append(opposite(known))
        return some(found)

    # ------------------------------------------------------------ comparisons

    def compare(self, op: Op, left: Node, right: Node) -> Formula:
        """A comparison, which is false where a side is unknown."""
        left, right = self.term(left), self.term(right)
        if isinstance(left, Constant | Moment):
            if isinstance(right, Constant | Moment):
                return _of_constants(op, left, right)
            left, right, op = right, left, FLIPPED[op]
        if BOOL.kind in (left.type.kind, right.type.kind):
            return self._of_bools(left, right)
        for side, other, is_flipped in ((left, right, False), (right, left, True)):
            way = FLIPPED[op] if is_flipped else op
            match side:
                case Case() if self._depth < MAX_DEPTH:
                    return self._of_case(side, lambda value, way=way, other=other: self.compare(way, value, other))  # type: ignore[misc]
                case Apply(function=function, args=args) if function.name == "coalesce":
                    return self._first_known(args, lambda arg, way=way, other=other: self.compare(way, arg, other))  # type: ignore[misc]
        if not isinstance(right, Constant | Moment):
            return self._of_terms(op, left, right)
        if isinstance(left, Apply) and left.function.name in ("least", "greatest"):
            return self._of_extreme(op, left, right)
        return self._of_constant(op, left, right)

    def _of_bools(self, left: Node, right: Node) -> Formula:
        holds = [self.condition(side) for side in (left, right)]
        known = [TRUE if is_condition(side) else self.known(side) for side in (left, right)]
        alike = some((every(holds), every(opposite(side) for side in holds)))
        return every((*known, alike))

    def _of_terms(self, op: Op, left: Node, right: Node) -> Formula:
        if op in (">", ">="):
            left, right, op = right, left, FLIPPED[op]
        if left == right:
            return FALSE if op == "<" else self.known(left)
        if op == "=" and repr(right) < repr(left):
            left, right = right, left
        plain = Relation("<" if op == "<" else "<=" if op == "<=" else "=", left, right)
        return every((self.known(left), self.known(right), plain))

    def _of_extreme(self, op: Op, node: Apply, point: Node) -> Formula:
        """The least value is under a bound where one is, and over it where all are."""
        if op == "=":
            return every((self._of_extreme("<=", node, point), self._of_extreme(">=", node, point)))
        join = some if (node.function.name == "least") is (op in ("<", "<=")) else every
        return every((self.known(node), join(self.compare(op, arg, point) for arg in node.args)))

    def _of_constant(self, op: Op, left: Node, constant: Constant | Moment) -> Formula:
        if isinstance(left, Apply):
            match left.function.name:
                case "midnight":
                    return self._of_constant(op, left.args[0], constant)
                case "date" if isinstance(constant, Constant) and isinstance(constant.value, dt.date):
                    return self._of_day(op, left.args[0], constant.value)
                case name if op == "=" and isinstance(constant, Constant) and _never_is(name, constant.value):
                    return FALSE
                case "age" if isinstance(constant, Constant) and isinstance(constant.value, Length):
                    now = left.args[1]
                    if isinstance(now, Moment) and constant.value.is_fixed:
                        begin = _moved(moment(now), -constant.value)
                        if begin is not None:
                            return self._of_constant(FLIPPED[op], left.args[0], begin)
                        return every((self.known(left), Holds(_plain(op, left, constant))))
        point = point_of(constant)
        if point is None:
            return (
                FALSE
                if isinstance(constant, Constant) and constant.value is None
                else Holds(_plain(op, left, constant))
            )
        test = Test(left, op, point)
        return every((self.known(left), test)) if isinstance(left, Apply | Score) else test

    def _of_day(self, op: Op, time: Node, day: dt.date) -> Formula:
        """The day of a time against a day, as the time against midnights."""
        try:
            begin, end = (Moment(dt.datetime.combine(each, dt.time())) for each in (day, day + _A_DAY))
        except OverflowError:
            return Holds(_plain(op, time, Constant(day, time.type)))
        match op:
            case "<" | ">=":
                return self._of_constant(op, time, begin)
            case "<=" | ">":
                return self._of_constant("<" if op == "<=" else ">=", time, end)
            case "=":
                return every((self._of_constant(">=", time, begin), self._of_constant("<", time, end)))


def _never_is(function: str, text: Value) -> bool:
    """Whether a function of a text never gives this one; of letters it is those that every engine takes for the same
    that tell."""
    if not isinstance(text, str):
        return False
    letters = {"lower": ascii_uppercase, "upper": ascii_lowercase}.get(function, "")
    return any(letter in letters for letter in text) or (function == "trim" and text != text.strip(" "))


def _plain(op: Op, left: Node, right: Node) -> Node:
    return Apply(operator(op), (left, right), BOOL)


def _moved(point: Moment, step: Length) -> Moment | None:
    """None where no calendar has it; of a run's as-of, where it has not in all runs that somebody will want."""
    try:
        found = point.moved(step)
        for as_of in (EARLY, LATE):
            found.at(as_of)
    except OutsideCalendar:
        return None
    return found


def point_of(node: Constant | Moment) -> Point | None:
    """What a term is compared with; None for what is no point, as a bool and a calendar length are."""
    if isinstance(node, Moment):
        return moment(node)
    match node.value:
        case bool():
            return None
        case int() | Decimal():
            return Decimal(node.value)
        case str():
            return node.value
        case dt.date():
            return Moment(dt.datetime.combine(node.value, dt.time()))
        case Length(months=0, micros=micros):
            return Decimal(micros)
        case _:
            return None


def _of_constants(op: Op, left: Constant | Moment, right: Constant | Moment) -> Formula:
    """A comparison of constants, decided where it comes out alike in every run."""
    if any(isinstance(side, Constant) and side.value is None for side in (left, right)):
        return FALSE
    if all(isinstance(side, Constant) and isinstance(side.value, bool) for side in (left, right)):
        return TRUE if left == right else FALSE
    first, second = point_of(left), point_of(right)
    if isinstance(first, Moment) and isinstance(second, Moment):
        found = _of_moments(op, first, second)
        return Holds(_plain(op, left, right)) if found is None else TRUE if found else FALSE
    if first is None or second is None or type(first) is not type(second):
        return Holds(_plain(op, left, right))
    order = (first > second) - (first < second)  # type: ignore[operator]
    return TRUE if order in _ORDERS[op] else FALSE


_ORDERS: Mapping[Op, tuple[int, ...]] = {"<": (-1,), "<=": (-1, 0), "=": (0,), ">=": (0, 1), ">": (1,)}


def _of_moments(op: Op, left: Moment, right: Moment) -> bool | None:
    match op:
        case "<" | "<=":
            if never_after(left, right, strictly=op == "<"):
                return True
            return False if never_after(right, left, strictly=op == "<=") else None
        case ">" | ">=":
            return _of_moments(FLIPPED[op], right, left)
        case "=":
            if left == right:
                return True
            apart = never_after(left, right, strictly=True) or never_after(right, left, strictly=True)
            return False if apart else None
