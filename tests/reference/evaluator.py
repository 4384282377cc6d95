"""The evaluator: every expression of the language for one customer at one moment.

`Reference(world, rules).values("loyal")` gives the value of each member of the population by its key (as text).
Values are Python's: bool, int, Decimal, str, date, datetime, timedelta for durations, tuple of str for lists,
the label's text for segmentations, metres as Decimal for distances, and None for unknown.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from segdsl.syntax import tree
from tests.reference import functions, history, numbers, sequences
from tests.reference.aggregates import AGGREGATES, fold, fold_rows, fold_values
from tests.reference.data import Data
from tests.reference.kinds import is_condition_named, kind_of
from tests.reference.libraries import catalog_of, read_module, read_value, word_of
from tests.reference.moments import Length, as_time, between, is_date, is_moment, length_of, local, shift
from tests.reference.names import (
    AttributeTarget,
    Bound,
    DefinitionTarget,
    FieldTarget,
    Found,
    Frame,
    Namespace,
    ParameterTarget,
    Params,
    ParentTarget,
    SelfTarget,
    UnresolvedError,
    Valued,
    bind,
    played,
    resolve,
)
from tests.reference.scores import SCORES, band, score_all
from tests.reference.values import Value, compare
from tests.reference.windows import in_window
from tests.world import World

_METRES = {"km": Fraction(1000), "mi": Fraction("1609.344")}


class Reference:
    """A catalog's rules, evaluated in a world."""

    def __init__(
        self,
        world: World,
        rules: str | Sequence[tree.Module],
        params: Mapping[str, str] | None = None,
        libraries: Mapping[str, str] | None = None,
    ) -> None:
        sys.setrecursionlimit(max(sys.getrecursionlimit(), 20_000))
        self.world = world
        self.data = Data(world)
        self.zone = str(world.model.get("timezone") or "UTC")
        modules = [read_module("rules.seg", rules)] if isinstance(rules, str) else rules
        self.catalog = catalog_of(modules, self.data, params or {}, libraries or {})
        self._values: dict[tuple[Any, ...], Value] = {}
        self._scores: dict[tuple[Any, ...], dict[str, Value]] = {}
        self._given = (rules, params, libraries)
        self._runs: dict[dt.datetime, Reference] = {}

    # ------------------------------------------------------------ what is asked for

    def values(self, name: str) -> dict[str, Value]:
        """The value of a definition (`loyal`, `tier`, `tier.gold`, `orders`, `rfm.recency`) for everybody."""
        found = self.catalog.find((name,)) or self.catalog.find(tuple(name.split(".")))
        if found is None:
            raise UnresolvedError(name)
        frame = self._frame(_entity_of(found.definition, found.scope) or found.scope.entity)
        return {
            key: _plain(self._definition(found, (), replace(frame, key=key)))
            for key in self.data.population[frame.entity]
        }

    def members(self, name: str) -> set[str]:
        """For whom a segment, a label or any condition holds."""
        return {key for key, value in self.values(name).items() if value is True}

    def evaluate(self, expr_text: str, entity: str | None = None) -> dict[str, Value]:
        """The value of an expression for everybody."""
        expr = read_value("-e", expr_text)
        frame = self._frame(entity or self.catalog.entity)
        return {key: _plain(self._value(expr, replace(frame, key=key))) for key in self.data.population[frame.entity]}

    def definitions(self) -> list[tuple[str, str, str]]:
        """What is evaluated when the catalog runs: name, entity and kind (trait, segment, segmentation) of its own
        definitions and those of the libraries it uses, where every parameter has a default."""
        out: list[tuple[str, str, str]] = []
        for prefix, space in [("", self.catalog), *self.catalog.uses.items()]:
            for name, definition in space.definitions.items():
                if isinstance(definition, tree.Param) or any(one.default is None for one in definition.parameters):
                    continue
                full = name if not prefix else prefix if name == space.main else f"{prefix}.{name}"
                out.append((full, _entity_of(definition, space) or space.entity, type(definition).__name__.lower()))
        return out

    def _frame(self, entity: str) -> Frame:
        return Frame(self.catalog, entity, None, self.world.as_of, self.world.as_of)

    # ------------------------------------------------------------ expressions

    def _truth(self, expr: tree.Expr, frame: Frame) -> bool:
        return self._value(expr, frame) is True

    def _value(self, expr: tree.Expr, frame: Frame) -> Value:
        match expr:
            case tree.Number():
                return Fraction(expr.value) if "." in expr.text else int(expr.value)
            case tree.Quantity(unit="%"):
                return numbers.half_away(Fraction(expr.value) / 100)
            case tree.Quantity(unit="km" | "mi"):
                return Fraction(expr.value) * _METRES[expr.unit]
            case tree.Quantity():
                return length_of(expr)
            case tree.Text() | tree.Bool() | tree.Date():
                return expr.value
            case tree.Time():
                return local(expr.value, self.zone)
            case tree.Name():
                return self._path(tuple(part.text for part in expr.parts), (), frame)
            case tree.Operation():
                return self._operation(expr.op, expr.args, frame)
            case tree.Comparison():
                return all(
                    self._compared(op, left, right, frame)
                    for op, left, right in zip(expr.ops, expr.args, expr.args[1:], strict=False)
                )
            case tree.InWindow():
                return in_window(
                    self._value(expr.subject, frame), expr.window, lambda arg: self._value(arg, frame), frame.moment
                )
            case tree.AsOf():
                moment = as_time(self._value(expr.moment, frame))
                return self._value(expr.value, replace(frame, moment=moment, horizon=min(moment, frame.horizon)))
            case tree.Case():
                return self._case(expr, frame)
            case tree.Call():
                return self._call(expr, frame)
            case tree.Sequence():
                return self._sequence(expr, frame)
            case tree.ListValue():
                return tuple(self._value(item, frame) for item in expr.items)

    def _items(self, args: Sequence[tree.Expr], frame: Frame) -> list[Value]:
        """Several values; a list among them is its items."""
        out: list[Value] = []
        for arg in args:
            value = self._value(arg, frame)
            out.extend(value if isinstance(value, tuple) else (value,))
        return out

    def _is_one_of(self, value: tree.Expr, args: Sequence[tree.Expr], frame: Frame) -> bool:
        for arg in args:
            is_label = isinstance(arg, tree.Name) and isinstance(kind_of(value, frame, self.data), tuple)
            items = None if is_label or not isinstance(arg, tree.Name) else self._value(arg, frame)
            if isinstance(items, tuple):
                if any(compare("=", self._value(value, frame), item, frame.moment) for item in items):
                    return True
            elif self._compared("=", value, arg, frame):
                return True
        return False

    def _operation(self, op: str, args: tuple[tree.Expr, ...], frame: Frame) -> Value:
        match op:
            case "and":
                return all(self._truth(arg, frame) for arg in args)
            case "or":
                return any(self._truth(arg, frame) for arg in args)
            case "not":
                return not self._truth(args[0], frame)
            case "between":
                return self._compared(">=", args[0], args[1], frame) and self._compared("<=", args[0], args[2], frame)
            case "in":
                return self._is_one_of(args[0], args[1:], frame)
            case "not in":
                return not self._is_one_of(args[0], args[1:], frame)
            case "is known":
                return self._value(args[0], frame) is not None
            case "is unknown":
                return self._value(args[0], frame) is None
            case "ever":
                return history.ever(self._seen(args[0], frame))
            case "for":
                return history.lasts(self._seen(args[0], frame), self._value(args[1], frame))
            case "was":
                assert isinstance(args[1], tree.Name)
                return history.was(self._seen(args[0], frame), args[1].text)
        values = [self._value(args[0], frame), *self._items(args[1:], frame)]
        match op:
            case "contains":
                return None not in values and values[1] in values[0]
            case "starts with":
                return None not in values and values[0].startswith(values[1])
            case "ends with":
                return None not in values and values[0].endswith(values[1])
            case "matches":
                return None not in values and functions.matches(values[0], values[1])
            case "has any":
                return values[0] is not None and any(value in values[0] for value in values[1:])
            case "has all":
                return values[0] is not None and all(value in values[0] for value in values[1:])
        if None in values:
            return None
        if op == "ago":
            return shift(frame.moment, values[0], -1)
        return _negative(values[0]) if len(values) == 1 else _arithmetic(op, values[0], values[1])

    def _seen(self, subject: tree.Expr, frame: Frame) -> history.Seen:
        """What earlier runs and this one find of the customer in a segment or segmentation.

        A run before is the whole evaluation as of its moment; it has found nothing of who was not in the population.
        """
        assert frame.key is not None
        now = self._value(subject, frame)
        seen: list[tuple[dt.datetime, Value]] = []
        for moment in sorted(self.world.runs):
            if moment < min(frame.moment, frame.horizon, self.world.as_of):
                if moment not in self._runs:
                    world = replace(
                        self.world, as_of=moment, runs=tuple(run for run in self.world.runs if run < moment)
                    )
                    self._runs[moment] = Reference(world, *self._given)
                run = self._runs[moment]
                exists = frame.key in run.data.population[frame.entity]
                there = replace(run._frame(frame.entity), key=frame.key)
                seen.append((moment, run._value(subject, there) if exists else None))
        return [*seen, (frame.moment, now)]

    def _compared(self, op: str, left: tree.Expr, right: tree.Expr, frame: Frame) -> bool:
        return compare(op, self._beside(left, right, frame), self._beside(right, left, frame), frame.moment)

    def _beside(self, expr: tree.Expr, other: tree.Expr, frame: Frame) -> Value:
        """The value of an operand; a label, where it names one of the segmentation that is the other."""
        if isinstance(expr, tree.Name) and len(expr.parts) == 1:
            known = kind_of(other, frame, self.data)
            if isinstance(known, tuple) and expr.text in known:
                return expr.text
        return self._value(expr, frame)

    def _case(self, case: tree.Case, frame: Frame) -> Value:
        for branch in case.branches:
            if self._truth(branch.condition, frame):
                return self._widened(self._value(branch.value, frame), case, frame)
        return None if case.otherwise is None else self._widened(self._value(case.otherwise, frame), case, frame)

    def _widened(self, value: Value, whole: tree.Expr, frame: Frame) -> Value:
        """A date as its midnight, where other branches of the whole are times."""
        return as_time(value) if is_date(value) and kind_of(whole, frame, self.data) == "timestamp" else value

    # ------------------------------------------------------------ names

    def _path(self, parts: tuple[str, ...], args: tuple[tree.Argument, ...], frame: Frame) -> Value:
        match resolve(parts, frame, self.data):
            case ParameterTarget(bound):
                return self._bound(bound, frame)
            case FieldTarget(path):
                assert frame.event is not None
                assert frame.row is not None
                return self.data.field(frame.event, frame.row, path)
            case AttributeTarget(name):
                return None if frame.key is None else self.data.attribute(frame.entity, frame.key, name)
            case SelfTarget(rest):
                return self._path_outside(rest, args, frame, frame.outside)
            case ParentTarget(rest):
                parent = self.data.parent_name(frame.entity)
                key = None if frame.key is None else self.data.parent(frame.entity, frame.key)
                assert parent is not None
                there = replace(frame.outside, entity=parent, key=key)
                if key is None:
                    # without a parent nothing is known of it; but a condition is never unknown
                    return False if is_condition_named(rest, replace(there, params=()), self.data) else None
                return self._path_outside(rest, args, frame, there)
            case DefinitionTarget(found):
                definition = found.definition
                parameters = () if isinstance(definition, tree.Param) else definition.parameters
                return self._definition(found, bind(parameters, args, found.scope, frame), frame)

    def _path_outside(self, rest: tuple[str, ...], args: tuple[tree.Argument, ...], here: Frame, there: Frame) -> Value:
        """A path that goes on at an entity, where the parameters of here are no names, but usable in arguments."""
        target = resolve(rest, replace(there, params=()), self.data)
        if isinstance(target, DefinitionTarget) and not isinstance(target.found.definition, tree.Param):
            parameters = target.found.definition.parameters
            return self._definition(target.found, bind(parameters, args, target.found.scope, here), there)
        return self._path(rest, args, replace(there, params=()))

    def _bound(self, bound: Bound, frame: Frame) -> Value:
        moment = bound.moment or frame.moment
        return self._value(bound.value, replace(frame.outside, scope=bound.scope, params=bound.params, moment=moment))

    def _definition(self, found: Found, params: Params, frame: Frame) -> Value:
        memo = (id(found.definition), found.scope, params, frame.entity, frame.key, frame.moment, frame.horizon)
        if memo not in self._values:
            inner = replace(frame.outside, scope=found.scope, params=self._complete(found, params))
            self._values[memo] = self._defined(found, inner)
        value = self._values[memo]
        return value if found.label is None else value == found.label

    def _complete(self, found: Found, params: Params) -> Params:
        """The parameters as given, or all by default where a name is asked for from outside."""
        if params or isinstance(found.definition, tree.Param):
            return params
        return bind(found.definition.parameters, (), found.scope, self._frame(found.scope.entity))

    def _defined(self, found: Found, frame: Frame) -> Value:
        match found.definition:
            case tree.Param(words=words) if words:
                return word_of(found.definition, found.scope)
            case tree.Param():
                given = found.scope.given.get(found.definition.name.text)
                return self._value(found.definition.value, frame) if given is None else self._bound(given, frame)
            case tree.Trait():
                return self._value(found.definition.value, frame)
            case tree.Segment():
                return self._truth(found.definition.value, frame)
            case tree.Segmentation():
                among = found.definition.among
                if among is not None and not self._truth(among, frame):
                    return None
                for rule in found.definition.rules:
                    if rule.condition is None or self._truth(rule.condition, frame):
                        return rule.label.text
                return None

    # ------------------------------------------------------------ calls

    def _call(self, call: tree.Call, frame: Frame) -> Value:
        name = call.name.text
        values = [argument.value for argument in call.args]
        if name in ("entered", "left"):
            return {"entered": history.entered, "left": history.left}[name](self._seen(values[0], frame))
        if name in AGGREGATES:
            return self._aggregate(name, values, call.where, frame)
        if name == "bands":
            return band(self._value(values[0], frame), self._items(values[1:], frame), frame.moment)
        if name in SCORES:
            return self._score(call, frame)
        if name == "coalesce":
            known = (value for value in (self._value(value, frame) for value in values) if value is not None)
            return self._widened(next(known, None), call, frame)
        if name == "sample":
            assert frame.key is not None
            return functions.sampled(self._value(values[0], frame), self._value(values[1], frame), frame.key)
        if name in functions.PLAIN or name in functions.TIMED:
            return functions.apply(name, [self._value(value, frame) for value in values], frame.moment)
        return self._path(tuple(part.text for part in call.name.parts), call.args, frame)

    def _aggregate(self, name: str, values: list[tree.Expr], where: tree.Expr | None, frame: Frame) -> Value:
        nth = self._value(values[0], frame) if name == "nth" else 0
        source = values[-1]
        window: tree.Window | None = None
        if isinstance(source, tree.InWindow):
            window, source = source.window, source.subject
        assert isinstance(source, tree.Name | tree.Call)
        parts = tuple(part.text for part in (source if isinstance(source, tree.Name) else source.name).parts)
        parts = played(parts, frame.scope)
        assert frame.key is not None
        if parts[0] not in self.data.event_specs:
            return self._children(name, parts, source.args if isinstance(source, tree.Call) else (), where, frame)
        event, path = parts[0], parts[1:]
        chosen = [
            one
            for one in self.data.seen(event, frame.key, frame.horizon)
            if (window is None or in_window(one.at, window, lambda arg: self._value(arg, frame), frame.moment))
            and (where is None or self._truth(where, replace(frame, event=event, row=one)))
        ]
        field = (lambda index: self.data.field(event, chosen[index], path)) if path else None
        return fold(name, nth, [one.at for one in chosen], field)

    def _children(
        self, name: str, parts: tuple[str, ...], args: tuple[tree.Argument, ...], where: tree.Expr | None, frame: Frame
    ) -> Value:
        frames = [
            replace(frame, entity=parts[0], key=key, child=True)
            for key in self.data.children[parts[0]].get(frame.key or "", [])
        ]
        chosen = [one for one in frames if where is None or self._truth(where, one)]
        if len(parts) == 1:
            return fold_rows(name, len(chosen))
        values = [self._path_outside(parts[1:], args, frame, one.outside) for one in chosen]
        return fold_values(name, [value for value in values if value is not None])

    def _score(self, call: tree.Call, frame: Frame) -> Value:
        name, values = call.name.text, [argument.value for argument in call.args]
        memo = (call, frame.scope, frame.params, frame.child, frame.entity, frame.moment, frame.horizon)
        if memo not in self._scores:
            ranked: dict[str, tuple[tuple[Value, ...], Value]] = {}
            for key in self.data.population[frame.entity]:
                one = replace(frame, key=key)
                value = self._value(values[-1], one)
                if value is not None and (call.among is None or self._truth(call.among, one)):
                    ranked[key] = (tuple(self._value(per, one) for per in call.per), value)
            count = self._value(values[0], frame) if name == "quantile" else 0
            self._scores[memo] = score_all(name, count, ranked)
        assert frame.key is not None
        return self._scores[memo].get(frame.key)

    def _sequence(self, sequence: tree.Sequence, frame: Frame) -> bool:
        assert frame.key is not None
        steps: list[sequences.FilledStep] = []
        for step in sequence.steps:
            event, where = step.event.text, step.where
            seen = self.data.seen(event, frame.key, frame.horizon)
            fitting = tuple(
                sequences.Happening(
                    one.at, self.data.field(event, one, (sequence.same.text,)) if sequence.same is not None else None
                )
                for one in seen
                if where is None or self._truth(where, replace(frame, event=event, row=one))
            )
            within = None if step.within is None else self._value(step.within, frame)
            steps.append(sequences.FilledStep(step.no, within, fitting))
        return sequences.holds(tuple(steps), sequence.same is not None, frame.moment)


def _entity_of(definition: Valued, scope: Namespace) -> str | None:
    if isinstance(definition, tree.Param) or definition.entity is None:
        return None
    return played((definition.entity.text,), scope)[0]


def _negative(value: Value) -> Value:
    return Length(-value.months, -value.micros) if isinstance(value, Length) else -value


def _arithmetic(op: str, left: Value, right: Value) -> Value:
    """`+ - * /` of known values."""
    lengths = isinstance(left, Length), isinstance(right, Length)
    match op, lengths:
        case "*", (True, _):
            return left.times(right)
        case "*", (_, True):
            return right.times(left)
        case "*", _:
            return numbers.multiply(left, right)
        case "/", (True, True):
            return left.over(right)
        case "/", (True, _):
            return left.divided(right)
        case "/", _:
            return numbers.divide(left, right)
        case _, (True, True):
            return left.plus(right, 1 if op == "+" else -1)
        case _, (True, _):
            return shift(right, left)
        case _, (_, True):
            return shift(left, right, 1 if op == "+" else -1)
        case _:
            if is_moment(left):
                return between(left, right)
            return left + right if op == "+" else left - right


def _plain(value: Value) -> Value:
    """A value as tests compare it."""
    if isinstance(value, Fraction):
        return numbers.as_decimal(value)
    if isinstance(value, Length) and not value.months:
        return dt.timedelta(microseconds=value.micros)
    return value
