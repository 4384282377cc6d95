"""Quotients by a count, means first of all, that are compared with numbers: such a comparison takes no division, and so
no column for the quotient."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from itertools import chain

from segdsl.exact import EXACT
from segdsl.functions import DIGITS
from segdsl.program import (
    Aggregate,
    Apply,
    ChildAggregate,
    Constant,
    InstanceKey,
    Node,
    ParentValue,
    Program,
    Reference,
    Score,
)
from segdsl.values import frozen

ValueOf = Callable[[InstanceKey], Node]

_QUOTIENTS = frozenset({"/", "mean", "share"})
_FLIPPED = {">=": "<=", ">": "<", "<": ">", "<=": ">=", "=": "="}
_COUNTS = frozenset({"count", "distinct"})
# Numbers below this one, with a digit more than decimals have, times any count fit into 38 digits.
LARGEST = 10**8
# a quotient is compared in so many places instead of being a column: not all dialects can do without dividing
TOGETHER = 4
_LAST_DIGIT = EXACT.scaleb(1, -DIGITS)
_HALF_OF_IT = EXACT.divide(_LAST_DIGIT, 2)


@frozen
class Edge:
    """The least that rounds to a number or to more: what reaches `value`, or what is above it where that is not
    `included`, since halves are rounded away from zero."""

    value: Decimal
    included: bool


def edge(number: Decimal) -> Edge:
    return Edge(EXACT.subtract(number, _HALF_OF_IT), number > 0)


def edge_above(number: Decimal) -> Edge:
    """The least that rounds to more than a number."""
    return edge(EXACT.add(number, _LAST_DIGIT))


def comparison(node: Node) -> tuple[str, Node, Sequence[Decimal]] | None:
    """A value that is worked out, and how it is compared with which numbers; None where a node is something else."""
    if not isinstance(node, Apply) or not (node.function.name in _FLIPPED or node.function.name in ("between", "in")):
        return None
    name, args = node.function.name, node.args
    if name in _FLIPPED and isinstance(args[0], Constant):
        name, args = _FLIPPED[name], args[::-1]
    value, *constants = args
    if type(value) is not Apply and type(value) is not Reference:
        return None
    numbers = [_number(item) for item in constants]
    found = [number for number in numbers if number is not None and number.copy_abs() < LARGEST]
    return (name, value, found) if len(found) == len(numbers) else None


def _number(node: Node) -> Decimal | None:
    if isinstance(node, Constant) and node.type.is_number and isinstance(node.value, int | Decimal):
        return Decimal(node.value)
    return None


def ratio(node: Node, value_of: ValueOf) -> tuple[Node, Node] | None:
    """What is divided by which count; None for what is no such quotient."""
    if not (isinstance(node, Apply) and node.function.key in _QUOTIENTS):
        return None
    total, n = node.args
    return (total, n) if _is_count(n, value_of) else None


def _is_count(node: Node, value_of: ValueOf) -> bool:
    """Whether a value is a whole number that is never below zero."""
    match node:
        case Aggregate() | ChildAggregate():
            return node.kind in _COUNTS
        case Score():
            return node.kind == "size"
        case Reference():
            return _is_count(value_of(node.instance), value_of)
        case ParentValue():
            return _is_count(node.value, value_of)
        case _:
            return False


def only_compared(program: Program, nodes: Mapping[InstanceKey, Sequence[Node]]) -> set[InstanceKey]:
    """Those of some instances that are such quotients, and are used in a few such comparisons and nothing else; `nodes`
    has all instances with what they are made of."""

    def value_of(key: InstanceKey) -> Node:
        return program.instances[key].value

    quotients = {key for key in nodes if ratio(value_of(key), value_of) is not None}
    if not quotients:
        return quotients
    others: Counter[InstanceKey] = Counter()
    compared: Counter[InstanceKey] = Counter()
    for node in chain.from_iterable(nodes.values()):
        if isinstance(node, Reference):
            others[node.instance] += 1
        else:
            found = comparison(node)
            if found is not None and isinstance(found[1], Reference):
                compared[found[1].instance] += 1
    return {key for key in quotients if compared[key] == others[key] and 0 < compared[key] <= TOGETHER}
