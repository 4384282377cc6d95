"""Exact numbers: `int` for whole ones, `Fraction` for decimals of up to ten digits after the point."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction
from math import ceil, floor
from typing import TypeAlias

Number: TypeAlias = int | Fraction

DIGITS = 10


def half_away(value: Number, digits: int = DIGITS) -> Fraction:
    """Rounded to so many digits after the point, halves away from zero."""
    scale = Fraction(10**digits) if digits >= 0 else Fraction(1, 10**-digits)
    whole = floor(abs(Fraction(value)) * scale + Fraction(1, 2))
    return Fraction(whole if value >= 0 else -whole) / scale


def whole_half_away(value: Number) -> int:
    """Rounded to a whole number, halves away from zero."""
    return int(half_away(value, 0))


def multiply(left: Number, right: Number) -> Number:
    """The product; of decimals rounded to ten digits."""
    product = left * right
    return product if isinstance(product, int) else half_away(product)


def divide(left: Number, right: Number) -> Fraction | None:
    """The quotient, always a decimal; unknown where it would be by zero."""
    return None if right == 0 else half_away(Fraction(left) / Fraction(right))


def round_to(value: Number, digits: int) -> Fraction:
    """`round(x, digits)`."""
    return half_away(value, min(digits, DIGITS))


def whole_floor(value: Number) -> int:
    return floor(value)


def whole_ceil(value: Number) -> int:
    return ceil(value)


def as_decimal(value: Fraction) -> Decimal:
    """A decimal of the language as Python's: exact, since no more than ten digits follow its point."""
    with localcontext() as context:
        context.prec = 100
        return Decimal(value.numerator) / Decimal(value.denominator)
