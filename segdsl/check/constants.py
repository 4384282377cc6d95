"""Constants: what can be worked out while compiling is, exactly as the engine would."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal

from segdsl.exact import EXACT
from segdsl.functions import DIGITS, Function, operator
from segdsl.program import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    Apply,
    Case,
    Constant,
    Length,
    Moment,
    Node,
    is_condition,
    number_constant,
)
from segdsl.types import BOOL, DECIMAL, DISTANCE, DURATION, Kind, Type

_MICROS = {"s": SECOND, "min": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}
_MONTHS = {"mo": 1, "q": 3, "y": 12}
_METRES = {"km": Decimal(1000), "mi": Decimal("1609.344")}
_LAST_DIGIT = EXACT.scaleb(1, -DIGITS)
_TOO_LARGE = 10**18


def quantity(value: Decimal, unit: str) -> Constant:
    """The constant that a number with a unit is."""
    if unit in _MICROS:
        return Constant(Length(0, whole(EXACT.multiply(value, _MICROS[unit]))), DURATION)
    if unit in _MONTHS:
        return Constant(Length(int(value) * _MONTHS[unit]), DURATION)
    if unit in _METRES:
        return Constant(ten_digits(EXACT.multiply(value, _METRES[unit])), DISTANCE)
    return Constant(ten_digits(EXACT.divide(value, 100)), DECIMAL)


def ten_digits(value: Decimal) -> Decimal:
    """Rounded half away from zero to the digits that decimals carry."""
    return value.quantize(_LAST_DIGIT, ROUND_HALF_UP, EXACT)


def whole(value: Decimal) -> int:
    """Rounded half away from zero to a whole number."""
    return int(value.quantize(Decimal(1), ROUND_HALF_UP, EXACT))


def length(node: Node) -> Length | None:
    """The length that a constant duration has."""
    return node.value if isinstance(node, Constant) and isinstance(node.value, Length) else None


def number(node: Node) -> Decimal | None:
    """The number that a constant is."""
    if isinstance(node, Constant) and node.type.is_number and isinstance(node.value, int | Decimal):
        return Decimal(node.value)
    return None


def is_constant(node: Node) -> bool:
    return isinstance(node, Constant | Moment)


def fold(function: Function, args: tuple[Node, ...]) -> Node | None:
    """What a function of constants is; None where it is left to the engine."""
    numbers = [number(arg) for arg in args]
    lengths = [length(arg) for arg in args]
    if numbers and all(item is not None for item in numbers):
        return _fold_numbers(function, [item for item in numbers if item is not None])
    if lengths and all(item is not None for item in lengths):
        return _fold_lengths(function, [item for item in lengths if item is not None])
    if len(args) == 2 and lengths[0] is not None and numbers[1] is not None and function.name in ("*", "/"):
        return _scale(lengths[0], numbers[1], function.name)
    return None


def _fold_numbers(function: Function, values: list[Decimal]) -> Node | None:
    name = function.name
    if name == "-" and len(values) == 1:
        return _number(EXACT.minus(values[0]))
    if name in ("+", "-", "*", "/"):
        left, right = values
        if name == "/":
            return _decimal(EXACT.divide(left, right)) if right else Constant(None, DECIMAL)
        result = {"+": EXACT.add, "-": EXACT.subtract, "*": EXACT.multiply}[name](left, right)
        return _number(ten_digits(result))
    if name == "abs":
        return _number(values[0].copy_abs())
    if name == "round":
        if len(values) == 2:
            return _decimal(EXACT.scaleb(Decimal(whole(EXACT.scaleb(values[0], int(values[1])))), -int(values[1])))
        return number_constant(whole(values[0]))
    if name in ("floor", "ceil"):
        rounding = ROUND_FLOOR if name == "floor" else ROUND_CEILING
        return number_constant(int(values[0].to_integral_value(rounding, EXACT)))
    if name in ("least", "greatest"):
        return _number(min(values) if name == "least" else max(values))
    return None


def _number(value: Decimal) -> Node | None:
    return number_constant(value) if value.copy_abs() < _TOO_LARGE else None


def _decimal(value: Decimal) -> Node | None:
    rounded = ten_digits(value)
    return Constant(rounded, DECIMAL) if rounded.copy_abs() < _TOO_LARGE else None


def _fold_lengths(function: Function, values: list[Length]) -> Node | None:
    match function.name, values:
        case "-", [only]:
            return Constant(-only, DURATION)
        case "+", [left, right]:
            return Constant(Length(left.months + right.months, left.micros + right.micros), DURATION)
        case "-", [left, right]:
            return Constant(Length(left.months - right.months, left.micros - right.micros), DURATION)
        case "/", [left, right] if left.is_fixed and right.is_fixed:
            if not right.micros:
                return Constant(None, DECIMAL)
            return _decimal(EXACT.divide(Decimal(left.micros), Decimal(right.micros)))
        case ("least" | "greatest") as which, _ if all(value.is_fixed for value in values):
            chosen = min if which == "least" else max
            return Constant(chosen(values, key=lambda value: value.micros), DURATION)
        case _:
            return None


def _scale(value: Length, factor: Decimal, op: str) -> Node | None:
    if op == "/" and not factor:
        return Constant(None, DURATION)
    scaled = [
        EXACT.divide(Decimal(part), factor) if op == "/" else EXACT.multiply(Decimal(part), factor)
        for part in (value.months, value.micros)
    ]
    if scaled[0] != int(scaled[0]):
        return None
    return Constant(Length(int(scaled[0]), whole(scaled[1])), DURATION)


def truth(node: Node) -> bool | None:
    """What a constant condition is; None for one that is not constant."""
    return node.value is True if isinstance(node, Constant) and node.type.kind is Kind.BOOL else None


def fold_comparison(op: str, left: Node, right: Node) -> Constant | None:
    """What a comparison of two constants is, as far as they are numbers, texts, labels or bools."""
    if not (isinstance(left, Constant) and isinstance(right, Constant)):
        return None
    values = (left.value, right.value)
    if None in values:
        return Constant(False, BOOL)
    numbers = number(left), number(right)
    if numbers[0] is not None and numbers[1] is not None:
        return Constant(_compared(op, numbers[0], numbers[1]), BOOL)
    if all(isinstance(value, str) for value in values):
        return Constant(_compared(op, str(values[0]), str(values[1])), BOOL)
    if op == "=" and all(isinstance(value, bool) for value in values):
        return Constant(values[0] is values[1], BOOL)
    return None


def _compared(op: str, left: Decimal | str, right: Decimal | str) -> bool:
    match op:
        case "=":
            return left == right
        case "<":
            return left < right  # type: ignore[operator]
        case "<=":
            return left <= right  # type: ignore[operator]
        case ">":
            return left > right  # type: ignore[operator]
        case _:
            return left >= right  # type: ignore[operator]


def logic(op: str, parts: Sequence[Node]) -> Node:
    """`and`, `or` and `not` of conditions, without the parts that are constant."""
    if op == "not":
        found = truth(parts[0])
        return Apply(operator(op), tuple(parts), BOOL) if found is None else Constant(not found, BOOL)
    decides = op == "or"
    if any(truth(part) is decides for part in parts):
        return Constant(decides, BOOL)
    left = tuple(part for part in parts if truth(part) is None)
    if not left:
        return Constant(not decides, BOOL)
    # a bool value by itself is no condition yet
    return left[0] if len(left) == 1 and is_condition(left[0]) else Apply(operator(op), left, BOOL)


def choice(branches: Sequence[tuple[Node, Node]], otherwise: Node | None, type_: Type) -> Node:
    """A `case` without the branches that can never be taken; nothing but a value where only one can be."""
    left: list[tuple[Node, Node]] = []
    for condition, value in branches:
        found = truth(condition)
        if found is True:
            otherwise = value
            break
        if found is None:
            left.append((condition, value))
    if left:
        return Case(tuple(left), otherwise, type_)
    found_value = otherwise if otherwise is not None else Constant(None, type_)
    return found_value if found_value.type == type_ else Case((), found_value, type_)


def midnight(value: dt.date) -> Moment:
    """The start of a day."""
    return Moment(dt.datetime.combine(value, dt.time()))
