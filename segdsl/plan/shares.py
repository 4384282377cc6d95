"""Conditions that compare a percentile with whole percents, as leaves of their own: where nothing else is asked of a
score, nobody's rank is needed, only the values that these shares of all end with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from segdsl.exact import EXACT
from segdsl.program import Apply, Constant, Instance, InstanceKey, Node, Program, Reaches, Score
from segdsl.types import BOOL

_FLIPPED = {">=": "<=", ">": "<", "<": ">", "<=": ">="}
_JOINING = frozenset({"and", "or", "not"})


def with_shares(program: Program, keys: Iterable[InstanceKey]) -> Program:
    """The program where some instances have such leaves."""
    changed: dict[InstanceKey, Instance] = {}
    for key in keys:
        instance = program.instances[key]
        value = _read(instance.value)
        if value is not instance.value:
            changed[key] = replace(instance, value=value)
    return replace(program, instances={**program.instances, **changed}) if changed else program


def _read(node: Node) -> Node:
    if not isinstance(node, Apply):
        return node
    name = node.function.name
    if name in _JOINING:
        args = tuple(_read(arg) for arg in node.args)
        is_same = all(one is other for one, other in zip(args, node.args, strict=True))
        return node if is_same else Apply(node.function, args, node.type)
    if name not in _FLIPPED or len(node.args) != 2:
        return node
    left, right = node.args
    if isinstance(left, Constant):
        return _reaches(right, _FLIPPED[name], left) or node
    return _reaches(left, name, right) or node


def _reaches(node: Node, op: str, constant: Node) -> Node | None:
    """A percentile against whole percents. It is counted, not divided: a quotient of ten digits says the same of any
    population below 200 million, and could be a hair too high beyond."""
    if not (isinstance(node, Apply) and node.function.name == "share" and isinstance(constant, Constant)):
        return None
    below = node.args[0]
    value = constant.value
    if not isinstance(below, Score) or isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    percents = EXACT.multiply(value, 100)
    if percents != int(percents) or not 0 < percents < 100:
        return None
    return Reaches("reaches", below.entity, below.value, below.among, below.per, BOOL, op, int(percents))
