"""Times as a database does not read them by itself: `31.12.2025 18:30`, `20251231`, seconds since 1970."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from segdsl.engines.written import time
from segdsl.types import DATE, TIME, Type

_EPOCHS = (
    ("seconds", 1_000_000_000, 2_100_000_000, 1_000_000),
    ("milliseconds", 10**12, 21 * 10**11, 1_000),
    ("microseconds", 10**15, 21 * 10**14, 1),
)


@dataclass(frozen=True)
class Clock:
    """A way of writing times: how it is read, what it gives, and a remark."""

    value: exp.Expr  # of the column as the model's reader finds it
    type: Type
    remark: str
    is_certain: bool = True


def of_text(column: str, formats: list[str]) -> Clock:
    """Texts that are read by the first of some formats; two of them differ in what is the day and what the month."""
    format_ = formats[0]
    type_ = TIME if "%M" in format_ else DATE
    remark = f"text in the data, read by `{format_}`"
    if len(formats) > 1:
        remark += f", though `{formats[1]}` would do as well"
    return Clock(time(exp.column(column, quoted=True), format_, type_ == DATE), type_, remark, len(formats) == 1)


def of_days(column: str) -> Clock:
    """Numbers such as 20251231."""
    value = time(exp.cast(exp.column(column, quoted=True), "TEXT"), "%Y%m%d", True)
    return Clock(value, DATE, "numbers as 20251231 in the data")


def of_epoch(column: str, lowest: int, highest: int) -> Clock | None:
    """Numbers that count from the start of 1970: instants, which the model's zone makes clocks of."""
    for word, start, end, factor in _EPOCHS:
        if start <= lowest and highest <= end:
            micros: exp.Expr = exp.column(column, quoted=True)
            if factor != 1:
                micros = exp.Mul(this=micros, expression=exp.Literal.number(factor))
            value = exp.Anonymous(this="make_timestamptz", expressions=[micros])
            return Clock(value, TIME, f"{word} since 1970 in the data")
    return None


def reading(column: str, format_: str) -> exp.Expr:
    """The value of a text, unknown where it is written in another way."""
    return exp.Anonymous(
        this="try_strptime", expressions=[exp.column(column, quoted=True), exp.Literal.string(format_)]
    )
