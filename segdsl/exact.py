"""The context that Decimals are worked out in: the same whoever asks, and in whatever thread."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, DivisionByZero, InvalidOperation, Overflow


def of_digits(digits: int) -> Context:
    """A context of which all is stated: the rest of one has `decimal.DefaultContext`, which is anybody's to change."""
    return Context(
        prec=digits,
        rounding=ROUND_HALF_EVEN,
        Emin=-999_999,
        Emax=999_999,
        capitals=1,
        clamp=0,
        flags=[],
        traps=[InvalidOperation, DivisionByZero, Overflow],
    )


# An operator between Decimals rounds to the digits of the thread's own context, which is the caller's: with six of them
# a rule would have other members. So what is worked out here is a method of this one, `EXACT.add(a, b)`; the type
# checker refuses operators (tests/decimal_plugin.py). Comparisons, `int(a)`, `a.copy_abs()` and `f"{a:f}"` are the same
# in every context. A number of a rule has 18 digits before the point and ten after it, one of data has 38, of
# ClickHouse 76: nothing but a quotient is rounded.
EXACT = of_digits(120)
