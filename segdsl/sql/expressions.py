"""Values of the program as SQL expressions.

NULL is an unknown value. Where a condition is asked whether it holds (in `and`, `or`, CASE, WHERE), NULL and false are
the same, so comparisons stay as they are; wherever a condition's value itself is kept, NULL becomes FALSE.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from collections.abc import Sequence as Ordered
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple, assert_never

from sqlglot import exp

from segdsl.exact import EXACT
from segdsl.functions import Function, operator
from segdsl.plan import ratios
from segdsl.plan.plan import Leaf, Plan
from segdsl.program import (
    DAY,
    Aggregate,
    Apply,
    At,
    Attribute,
    Begun,
    Case,
    ChildAggregate,
    Constant,
    Field,
    Floor,
    InstanceKey,
    KeyOf,
    Length,
    LookupField,
    Moment,
    Node,
    Outer,
    ParentValue,
    Past,
    Reference,
    Score,
    Sequence,
    is_condition,
)
from segdsl.sql import build, regex
from segdsl.sql.dialects import Dialect
from segdsl.sql.elapsed import by_times
from segdsl.types import DECIMAL, Kind, Type

# the tables in which a run finds what runs before it have saved
STAYS = "segdsl_stays"
EVALUATIONS = "segdsl_evaluations"
_NEVER_NULL = frozenset({"is known", "is unknown", "not", "sample"})
_ORDERINGS = frozenset({"<", "<=", ">", ">=", "between"})
_COMPARISONS = _ORDERINGS | {"=", "in"}
# functions that leave an int as it is
_WHOLE = frozenset({"round", "floor", "ceil"})
# those of which two ints give a decimal by themselves, and those that take any number as a decimal
_RATIOS = frozenset({"/", "mean", "share"})
_BY_DECIMALS = frozenset({"distance", "*/duration", "//duration"})


def _met(node: Apply) -> list[Type]:
    """The types that a function's arguments are to be of, in dialects in which an int is not a decimal already."""
    kinds = {arg.type.kind for arg in node.args}
    row = node.function
    meets = Kind.DECIMAL in kinds or (node.type.kind is Kind.DECIMAL and row.name not in _RATIOS)
    if not meets and row.key not in _BY_DECIMALS:
        return [arg.type for arg in node.args]
    digits = [param.name == "digits" for param in row.params] + [False] * len(node.args)
    return [
        arg.type if is_digits or arg.type.kind is not Kind.INT else DECIMAL
        for arg, is_digits in zip(node.args, digits, strict=False)
    ]


class Named(NamedTuple):
    """A column by its name and its table's: of the very many that there are, most are read in few places or none."""

    name: str
    table: str


def read(value: exp.Expr | Named) -> exp.Expr:
    """A tree of its own for one place that a value is read in."""
    return build.column(*value) if isinstance(value, Named) else build.copied(value)


@dataclass(frozen=True)
class Frame:
    """What names stand for in one SELECT: columns of an entity, fields of a row, and the entity around a row."""

    columns: Mapping[Leaf | InstanceKey, exp.Expr | Named] = field(default_factory=dict)
    rows: Mapping[Field | LookupField | At, exp.Expr] = field(default_factory=dict)
    outer: Frame | None = None


class Expressions:
    """Lowers values for one plan, one dialect and one as-of (None: the engine's current time)."""

    def __init__(self, plan: Plan, dialect: Dialect, as_of: dt.datetime | None, timezone: str) -> None:
        self.plan = plan
        self.dialect = dialect
        self.as_of = as_of
        self.timezone = timezone

    # ------------------------------------------------------------ what a dialect says its own way

    def structure(self, name: str, **holes: exp.Expr) -> exp.Expr:
        """What is no function of the language, as the dialect says it."""
        return build.fill(self.dialect.structures[name], holes, self.dialect.grammar)

    def cast(self, node: exp.Expr, kind: Kind) -> exp.Expr:
        """A value as one of the dialect's own type for a kind."""
        return build.cast(node, self.dialect.types.get(kind, self.dialect.types[Kind.TEXT]), self.dialect.grammar)

    def extreme(self, value: exp.Expr, kind: Kind, greatest: bool) -> exp.Expr:
        """The greatest or the smallest of many values, the unknown ones left aside."""
        word = "greatest bool" if greatest else "smallest bool"
        if kind is Kind.BOOL and word in self.dialect.structures:
            return self.structure(word, a=value)
        return exp.Max(this=value) if greatest else exp.Min(this=value)

    def ordered(self, value: exp.Expr, type_: Type) -> exp.Expr:
        """A value that is put in order: texts go by code point, also where an engine has an order of its own."""
        if type_.kind in (Kind.TEXT, Kind.LABEL) and "text" in self.dialect.structures:
            return self.structure("text", a=value)
        return value

    def compared(self, value: exp.Expr, type_: Type) -> exp.Expr:
        """A value that is only compared, put in order or in groups; the text itself is gone afterwards."""
        if type_.kind in (Kind.TEXT, Kind.LABEL) and "compared" in self.dialect.structures:
            return self.structure("compared", a=value)
        return value

    def decimal_of(self, node: Node, frame: Frame) -> exp.Expr:
        """A number as one that is the same whether it was an int or a decimal."""
        return self._as(node, DECIMAL if node.type.kind is Kind.INT else node.type, frame)

    def _as(self, node: Node, type_: Type, frame: Frame) -> exp.Expr:
        """A value as one of a type: an int among decimals is a decimal, where that is not one thing."""
        if self.dialect.decimals is None or type_.kind is not Kind.DECIMAL or node.type.kind is not Kind.INT:
            return self.value(node, frame)
        if isinstance(node, Constant) and isinstance(node.value, int):
            return build.number(node.value * self.dialect.decimals)
        return self.structure("decimal of int", a=self.value(node, frame))

    # ------------------------------------------------------------ conditions and values

    def holds(self, node: Node, frame: Frame) -> exp.Expr:
        """Whether a condition holds; NULL counts as false."""
        return self._lower(node, frame)

    def value(self, node: Node, frame: Frame) -> exp.Expr:
        """A value as it is kept: a condition is TRUE or FALSE, never NULL."""
        lowered = self._lower(node, frame)
        if node.type.kind is Kind.BOOL and is_condition(node) and not self._never_null(node):
            return build.coalesce(lowered, exp.false())
        return lowered

    def _never_null(self, node: Node) -> bool:
        match node:
            case Apply():
                return node.function.name in _NEVER_NULL
            case Outer():
                return self._never_null(node.value)
            case Reference():
                return True if node.instance in self.plan.computed else self._never_null(self.plan.value(node.instance))
            case Sequence() | Past() | ParentValue() | Constant():
                return True
            case _:
                return False

    def _lower(self, node: Node, frame: Frame) -> exp.Expr:
        match node:  # the usual ones first: each case is tried in turn
            case Apply():
                return self._apply(node, frame)
            case Constant():
                return self.constant(node)
            case Attribute() | KeyOf() | Aggregate() | ChildAggregate() | Score() | Sequence() | Past() | ParentValue():
                return read(frame.columns[node])
            case Moment():
                return self.moment(node)
            case Reference(instance=key):
                found = frame.columns.get(key)
                return read(found) if found is not None else self._lower(self.plan.value(key), frame)
            case Field() | LookupField() | At():
                return build.copied(frame.rows[node])
            case Outer(value=value):
                # without an entity around, the value is made of constants alone
                return self._lower(value, frame.outer or Frame())
            case Begun():
                return self.begun(node)
            case Case():
                branches = [(self.holds(when, frame), self._as(then, node.type, frame)) for when, then in node.branches]
                otherwise = None if node.otherwise is None else self._as(node.otherwise, node.type, frame)
                if not branches:
                    return otherwise or self.cast(exp.Null(), node.type.kind)
                return build.case(branches, otherwise)
            case _:
                assert_never(node)

    # ------------------------------------------------------------ functions and operators

    def _apply(self, node: Apply, frame: Frame) -> exp.Expr:
        name, args = node.function.name, node.args
        match name:
            case "and":
                return build.and_([self.holds(arg, frame) for arg in args])
            case "or":
                return build.or_([self.holds(arg, frame) for arg in args])
            case "not":
                held = self.holds(args[0], frame)
                if not (is_condition(args[0]) and self._never_null(args[0])):
                    held = build.coalesce(held, exp.false())
                return exp.Not(this=build.wrap(held))
            case "shift":
                moment, months, micros = args
                assert isinstance(months, Constant)
                assert isinstance(micros, Constant)
                length = Length(int(str(months.value)), int(str(micros.value)))
                return self.shifted(self.value(moment, frame), length)
        if name in _COMPARISONS:
            told = self._told_otherwise(node, frame)
            if told is not None:
                return told
        if self.dialect.decimals is None:
            values = [self.value(arg, frame) for arg in args]
        elif name in _WHOLE and [arg.type.kind for arg in args] == [Kind.INT]:
            return self.value(args[0], frame)
        else:
            values = [self._as(arg, type_, frame) for arg, type_ in zip(args, _met(node), strict=True)]
        is_compared = name in _COMPARISONS and "compared" in self.dialect.structures
        if is_compared and any(arg.type.kind is Kind.TEXT for arg in args):
            values = [self.compared(value, arg.type) for value, arg in zip(values, args, strict=True)]
        match name:
            case "matches":
                pattern = args[1]
                assert isinstance(pattern, Constant)
                values = [values[0], build.text(regex.written(str(pattern.value), self.dialect.regex))]
            case "in" if not self.dialect.mixes_in and len({arg.type.kind for arg in args}) > 1:
                return build.or_([build.eq(values[0].copy(), value) for value in values[1:]])
            case "in":
                return exp.In(this=build.wrap(values[0]), expressions=values[1:])
            case "has any" | "has all" if not self.dialect.arrays:
                items = [self.filled(operator("contains", "list"), [values[0].copy(), item]) for item in values[1:]]
                return build.or_(items) if name == "has any" else build.and_(items)
            case "has any" | "has all":
                items = values[1:]
                values = [values[0], exp.Array(expressions=items)]
                # engines skip unknown items, but no list has an unknown one
                required = [item for item, arg in zip(items, args[1:], strict=True) if not isinstance(arg, Constant)]
                if name == "has all" and required:
                    known = [build.is_known(item.copy()) for item in required]
                    return build.and_([*known, self._filled(node, values)])
            case "coalesce":
                return values[0] if len(values) == 1 else build.coalesce(*values)
            case "least" | "greatest":
                if len(values) == 1:
                    return values[0]
                kind = exp.Least if name == "least" else exp.Greatest
                values = [self.ordered(value, node.type) for value in values]
                chosen = kind(this=values[0], expressions=values[1:], ignore_nulls=True)
                unknown = build.or_([build.is_null(value.copy()) for value in values])
                return build.case([(exp.Not(this=build.wrap(unknown)), chosen)])
            case "bands":
                # conditions that NULL cannot pass; an unknown value is in no band
                steps = [build.case([(value, build.number(1))], build.number(0)) for value in values[1:]]
                total: exp.Expr = build.number(1)
                for step in steps:
                    total = exp.Add(this=total, expression=step)
                return build.case([(build.is_known(values[0]), total)])
        return self._filled(node, values)

    def _told_otherwise(self, node: Apply, frame: Frame) -> exp.Expr | None:
        """A comparison with numbers that needs no value of its own; None for all others."""
        found = ratios.comparison(node)
        if found is None:
            return None
        op, value, numbers = found

        def seen(value: Node) -> Node:
            while isinstance(value, Reference) and value.instance not in frame.columns:
                value = self.plan.value(value.instance)
            return value

        value = seen(value)
        of_times = by_times(op, value, numbers, self.as_of, seen)
        if of_times is not None:
            told, time = of_times
            lowered = self._lower(told, frame)
            if "is finite time" in self.dialect.structures:
                lowered = build.and_([lowered, self.structure("is finite time", t=self.value(time, frame))])
            return lowered
        parts = ratios.ratio(value, self.plan.value) if "count times" in self.dialect.structures else None
        return None if parts is None else self._undivided(op, parts, numbers, frame)

    def _undivided(self, op: str, parts: tuple[Node, Node], numbers: Ordered[Decimal], frame: Frame) -> exp.Expr:
        """A quotient by a count compared with numbers, told by products.

        What a quotient of ten digits is rounded from is at an edge or beyond it: a number of eleven digits. Times a
        count that is exact, whereas the quotient itself costs ten times as much at least.
        """
        total, count = (build.wrap(self.value(part, frame)) for part in parts)

        def beside(edge: ratios.Edge, reaching: type[exp.Binary], above: type[exp.Binary]) -> exp.Expr:
            number = {"edge": build.number(edge.value), "s": build.text(format(edge.value, "f"))}
            product = self.structure("count times", n=count, **number)
            return (reaching if edge.included else above)(this=total.copy(), expression=product)

        def reaches(edge: ratios.Edge) -> exp.Expr:
            return beside(edge, exp.GTE, exp.GT)

        def stays_below(edge: ratios.Edge) -> exp.Expr:
            return beside(edge, exp.LT, exp.LTE)

        def within(low: Decimal, high: Decimal) -> exp.Expr:
            return build.and_([reaches(ratios.edge(low)), stays_below(ratios.edge_above(high))])

        match op:
            case ">=":
                return reaches(ratios.edge(numbers[0]))
            case ">":
                return reaches(ratios.edge_above(numbers[0]))
            case "<":
                return stays_below(ratios.edge(numbers[0]))
            case "<=":
                return stays_below(ratios.edge_above(numbers[0]))
            case "between":
                return within(*numbers)
            case _:
                each = [within(number, number) for number in numbers]
                return each[0] if len(each) == 1 else build.or_(each)

    def _filled(self, node: Apply, values: list[exp.Expr]) -> exp.Expr:
        if node.function.name in _ORDERINGS:
            values = [self.ordered(value, arg.type) for value, arg in zip(values, node.args, strict=True)]
        return self.filled(node.function, values, node.type)

    def filled(self, row: Function, values: list[exp.Expr], type_: Type | None = None) -> exp.Expr:
        """The template of a function with its arguments, which it takes, and as-of where it asks for that."""
        names = [param.name for param in row.params]
        overrides = self.dialect.overrides
        template = overrides.get(f"{row.key} of {type_}", overrides.get(row.key))
        holes = dict(zip([*names, "now"] if len(values) > len(names) else names, values, strict=True))
        if template is None:
            return build.fill(row.sql, holes, are_used_up=True)
        return build.fill(template, holes, self.dialect.grammar, are_used_up=True)

    # ------------------------------------------------------------ constants and moments

    def constant(self, node: Constant) -> exp.Expr:
        match node.value:
            case None:
                return self.cast(exp.Null(), node.type.kind)
            case bool():
                return exp.true() if node.value else exp.false()
            case Length():
                return build.number(node.value.micros)
            case int() if node.type.kind is Kind.DECIMAL and self.dialect.decimals is not None:
                return build.number(node.value * self.dialect.decimals)
            case int():
                return build.number(node.value)
            case Decimal():
                return self.decimal(node.value)
            case str():
                return build.text(node.value)
            case dt.datetime():
                return self.timestamp(node.value)
            case dt.date():
                return self.date(node.value)
            case tuple():
                raise AssertionError(node)  # the checker lets no list come so far
            case _:
                assert_never(node.value)

    def moment(self, node: Moment) -> exp.Expr:
        """A literal, or an expression of the engine's current time where the run's as-of is not given."""
        if self.as_of is not None or node.base is not None:
            found = node.at(self.as_of or dt.datetime(1, 1, 1))
            return self.date(found.date()) if node.type.kind is Kind.DATE else self.timestamp(found)
        lowered = self.now()
        for step in node.steps:
            if isinstance(step, Floor):
                lowered = self.structure(f"floor {step.unit}", t=lowered)
            else:
                lowered = self.shifted(lowered, step)
        return self.cast(lowered, Kind.DATE) if node.type.kind is Kind.DATE else lowered

    def decimal(self, value: Decimal) -> exp.Expr:
        """A constant with digits after the point; never a floating one."""
        if self.dialect.decimals is not None:
            return build.number(int(EXACT.multiply(value, self.dialect.decimals)))
        if "decimal" in self.dialect.structures:
            return self.structure("decimal", s=build.text(format(value, "f")))
        return build.number(value)

    def date(self, value: dt.date) -> exp.Expr:
        return self.structure("date", s=build.text(value.isoformat()))

    def timestamp(self, value: dt.datetime) -> exp.Expr:
        return self.structure("timestamp", s=build.text(value.isoformat(sep=" ")))

    def begun(self, node: Begun) -> exp.Expr:
        """The first run before a moment that evaluated a definition: a SELECT of one value."""
        held = [
            build.eq(build.column("entity"), build.text(node.entity)),
            build.eq(build.column("definition"), build.text(node.definition)),
            exp.LT(this=build.column("as_of"), expression=build.wrap(self.cut(node.moment))),
        ]
        first = build.select(exp.Min(this=build.column("as_of"))).from_(build.table(EVALUATIONS), copy=False)
        return exp.Subquery(this=first.where(build.and_(held), copy=False))

    def cut(self, moment: Moment) -> exp.Expr:
        """The moment that earlier runs are before: an as-of, or what is around it where that is earlier."""
        own = Moment(moment.base, moment.steps)
        if own == Moment() and not moment.limits:
            return self.now()
        moments = [self.moment(item) for item in dict.fromkeys((own, *moment.limits, Moment()))]
        return exp.Least(this=moments[0], expressions=moments[1:], ignore_nulls=True)

    def now(self) -> exp.Expr:
        """The run's as-of."""
        if self.as_of is not None:
            return self.timestamp(self.as_of)
        return self.structure("now", zone=build.text(self.timezone))

    def shifted(self, moment: exp.Expr, length: Length) -> exp.Expr:
        """A time moved by a constant length: calendar months as an interval, the rest as whole microseconds.

        Never both as intervals: DuckDB takes `t + INTERVAL '30' DAY` and `t + INTERVAL '1' MONTH` in one SELECT for
        the same expression, since intervals compare equal by 30 days a month.
        """
        if length.months:
            word = "add months" if length.months > 0 else "subtract months"
            moment = self.structure(word, t=moment, n=build.text(str(abs(length.months))))
        rest = abs(length.micros)
        if rest and "add days" in self.dialect.structures:
            days, rest = divmod(rest, DAY)
            if days:
                word = "add days" if length.micros > 0 else "subtract days"
                moment = self.structure(word, t=moment, n=build.text(str(days)))
        if rest:
            word = "add micros" if length.micros > 0 else "subtract micros"
            moment = self.structure(word, t=moment, n=build.number(rest))
        return moment
