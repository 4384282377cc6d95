"""The little about types that values do not show: whether an expression is a date, a time, or a label of what."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeAlias

from segdsl.syntax import tree
from tests.reference.aggregates import AGGREGATES
from tests.reference.data import Data
from tests.reference.names import (
    AttributeTarget,
    DefinitionTarget,
    FieldTarget,
    Frame,
    ParameterTarget,
    ParentTarget,
    SelfTarget,
    UnresolvedError,
    bind,
    labels,
    played,
    resolve,
)
from tests.reference.scores import SCORES
from tests.world import type_of

Kind: TypeAlias = str | tuple[str, ...] | None  # "date", "timestamp", the labels of a segmentation; None for the rest

_OF_FIELD = frozenset({"min", "max", "first", "last", "nth", "mode", "median"})
_OF_ARGUMENTS = frozenset({"least", "greatest", "coalesce"})


def kind_of(expr: tree.Expr, frame: Frame, data: Data) -> Kind:
    """The kind of an expression, as far as it matters."""
    match expr:
        case tree.Date():
            return "date"
        case tree.Time() | tree.Operation(op="ago"):
            return "timestamp"
        case tree.Name():
            return _of_path(tuple(part.text for part in expr.parts), (), frame, data)
        case tree.AsOf():
            return kind_of(expr.value, frame, data)
        case tree.Operation(op="+" | "-", args=(left, right)):
            first, second = kind_of(left, frame, data), kind_of(right, frame, data)
            moments = [kind for kind in (first, second) if kind in ("date", "timestamp")]
            return "timestamp" if len(moments) == 1 else None
        case tree.Case():
            values = [branch.value for branch in expr.branches]
            return _widest([*values, *([expr.otherwise] if expr.otherwise is not None else [])], frame, data)
        case tree.Call():
            return _of_call(expr, frame, data)
        case _:
            return None


def _widest(values: list[tree.Expr], frame: Frame, data: Data) -> Kind:
    kinds = [kind for kind in (kind_of(value, frame, data) for value in values) if kind is not None]
    if "timestamp" in kinds:
        return "timestamp"
    return kinds[0] if kinds else None


def _of_call(call: tree.Call, frame: Frame, data: Data) -> Kind:
    name = call.name.text
    values = [argument.value for argument in call.args]
    if name in ("date", "anniversary"):
        return "date"
    if name in ("entered", "left"):
        return "timestamp"
    if name in _OF_ARGUMENTS:
        return _widest(values, frame, data)
    if name in _OF_FIELD:
        source = values[-1]
        if isinstance(source, tree.InWindow):
            source = source.subject
        if isinstance(source, tree.Name) and source.parts[0].text in data.event_specs:
            path = tuple(part.text for part in source.parts[1:])
            return _of_spec(data.field_spec(source.parts[0].text, path)[1])
        if isinstance(source, tree.Name | tree.Call):
            parts = tuple(part.text for part in (source if isinstance(source, tree.Name) else source.name).parts)
            parts = played(parts, frame.scope)
            inner = replace(frame, entity=parts[0], event=None, row=None, key=None)
            return _of_path(parts[1:], source.args if isinstance(source, tree.Call) else (), inner, data)
        return None
    if name in AGGREGATES or name in SCORES:
        return None
    try:
        return _of_path(tuple(part.text for part in call.name.parts), call.args, frame, data)
    except UnresolvedError:
        return None  # a function of numbers or text


def _of_path(parts: tuple[str, ...], args: tuple[tree.Argument, ...], frame: Frame, data: Data) -> Kind:
    try:
        target = resolve(parts, frame, data)
    except UnresolvedError:
        return None  # a label, read beside its segmentation
    match target:
        case ParameterTarget(bound):
            return kind_of(bound.value, replace(frame.outside, scope=bound.scope, params=bound.params), data)
        case FieldTarget(path):
            return _of_spec(data.field_spec(frame.event or "", path)[1])
        case AttributeTarget(name):
            return _of_spec(data.entities[frame.entity]["attributes"][name])
        case SelfTarget(rest):
            return _of_path(rest, args, replace(frame.outside, params=()), data)
        case ParentTarget(rest):
            parent = data.parent_name(frame.entity) or ""
            return _of_path(rest, args, replace(frame.outside, entity=parent, params=()), data)
        case DefinitionTarget(found):
            definition = found.definition
            if isinstance(definition, tree.Segmentation):
                return labels(definition) if found.label is None else None
            if isinstance(definition, tree.Param) and definition.words:
                return tuple(word.text for word in definition.words)
            if isinstance(definition, tree.Param):
                given = found.scope.given.get(definition.name.text)
                value, scope = (given.value, given.scope) if given else (definition.value, found.scope)
                return kind_of(value, replace(frame.outside, scope=scope, params=()), data)
            params = bind(definition.parameters, args, found.scope, frame)
            memo = (id(definition), found.scope, params, frame.entity)
            if memo not in data.kinds:
                inner = replace(frame.outside, scope=found.scope, params=params)
                data.kinds[memo] = kind_of(definition.value, inner, data)
            kind: Kind = data.kinds[memo]
            return kind


_VALUES = frozenset({"+", "-", "*", "/", "ago"})  # the operators that make no condition


def is_condition(expr: tree.Expr, frame: Frame, data: Data) -> bool:
    """Whether an expression is a condition, which is true or false, never unknown."""
    match expr:
        case tree.Comparison() | tree.InWindow() | tree.Sequence() | tree.Bool():
            return True
        case tree.Operation():
            return expr.op not in _VALUES
        case tree.AsOf():
            return is_condition(expr.value, frame, data)
        case tree.Call() if expr.name.text in ("any", "none", "sample"):
            return True
        case tree.Call() if expr.name.text in AGGREGATES or expr.name.text in SCORES:
            return False
        case tree.Name() | tree.Call():
            name = expr if isinstance(expr, tree.Name) else expr.name
            return is_condition_named(tuple(part.text for part in name.parts), frame, data)
        case _:
            return False


def is_condition_named(parts: tuple[str, ...], frame: Frame, data: Data) -> bool:
    """Whether a name is that of a segment, of a label, or of a trait that keeps a condition."""
    try:
        target = resolve(parts, frame, data)
    except UnresolvedError:
        return False  # a function of numbers or text
    match target:
        case SelfTarget(rest):
            return is_condition_named(rest, replace(frame.outside, params=()), data)
        case ParentTarget(rest):
            parent = data.parent_name(frame.entity) or ""
            return is_condition_named(rest, replace(frame.outside, entity=parent, params=()), data)
        case DefinitionTarget(found):
            definition = found.definition
            if isinstance(definition, tree.Trait):
                return is_condition(definition.value, replace(frame.outside, scope=found.scope, params=()), data)
            return isinstance(definition, tree.Segment) or found.label is not None
        case _:
            return False


def _of_spec(spec: Any) -> Kind:
    kind = type_of(spec)
    return kind if kind in ("date", "timestamp") else None
