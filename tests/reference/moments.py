"""Dates, times, lengths of time and periods. Times are naive: wall-clock times in the model's zone."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias
from zoneinfo import ZoneInfo

from segdsl.syntax import tree
from tests.reference.numbers import Number, half_away, whole_half_away

Moment: TypeAlias = dt.date | dt.datetime

MICROS = {"s": 1_000_000, "min": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000, "w": 604_800_000_000}
MONTHS = {"mo": 1, "q": 3, "y": 12}
MONTH_OF_MICROS = 2_629_746_000_000


@dataclass(frozen=True)
class Length:
    """A length of time: whole months by the calendar, then whole microseconds."""

    months: int
    micros: int

    @property
    def order(self) -> int:
        """What lengths are ordered by; only fixed ones are really compared."""
        return self.months * MONTH_OF_MICROS + self.micros

    def plus(self, other: Length, sign: int = 1) -> Length:
        return Length(self.months + sign * other.months, self.micros + sign * other.micros)

    def times(self, factor: Number) -> Length:
        return Length(whole_half_away(self.months * factor), whole_half_away(self.micros * factor))

    def divided(self, divisor: Number) -> Length | None:
        return None if divisor == 0 else self.times(1 / Fraction(divisor))

    def over(self, other: Length) -> Fraction | None:
        """How many times the other goes into this one."""
        return None if other.order == 0 else half_away(Fraction(self.order, other.order))


def length_of(quantity: tree.Quantity) -> Length:
    """A written duration: `90d`, `1.5h`, `6mo`."""
    value = Fraction(quantity.value)
    if quantity.unit in MONTHS:
        return Length(int(value) * MONTHS[quantity.unit], 0)
    return Length(0, whole_half_away(value * MICROS[quantity.unit]))


def is_moment(value: object) -> bool:
    return isinstance(value, dt.date)


def is_date(value: object) -> bool:
    """A date, not a time."""
    return isinstance(value, dt.date) and not isinstance(value, dt.datetime)


def as_time(value: Moment) -> dt.datetime:
    """A time as it is, a date as the midnight that starts it."""
    return value if isinstance(value, dt.datetime) else dt.datetime.combine(value, dt.time())


def as_day(value: Moment) -> dt.date:
    return value.date() if isinstance(value, dt.datetime) else value


def local(value: dt.datetime, zone: str) -> dt.datetime:
    """A time with an offset, as the clocks of the zone show it."""
    return value if value.tzinfo is None else value.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def add_months(value: dt.datetime, months: int) -> dt.datetime:
    """So many months on, the day clamped to the month's end, the time of day kept."""
    index = value.year * 12 + value.month - 1 + months
    year, month = divmod(index, 12)
    if year < 1:
        return dt.datetime.min
    if year > 9999:
        return dt.datetime.max
    return value.replace(year=year, month=month + 1, day=min(value.day, days_in(year, month + 1)))


def days_in(year: int, month: int) -> int:
    if month == 12:
        return 31
    return (dt.date(year, month + 1, 1) - dt.date(year, month, 1)).days


def shift(value: Moment, length: Length, sign: int = 1) -> dt.datetime:
    """A moment plus (or minus) a length, months first; the calendar's first and last moments are its borders."""
    moved = add_months(as_time(value), sign * length.months)
    micros = sign * length.micros
    try:
        return moved + dt.timedelta(microseconds=micros)
    except OverflowError:
        return dt.datetime.max if micros > 0 else dt.datetime.min


def between(later: Moment, earlier: Moment) -> Length:
    """The time from one moment to another."""
    return Length(0, (as_time(later) - as_time(earlier)) // dt.timedelta(microseconds=1))


def months_since(value: Moment, moment: dt.datetime) -> int:
    """The most months that can be added without passing the moment."""
    start = as_time(value)
    months = (moment.year - start.year) * 12 + moment.month - start.month
    return months if add_months(start, months) <= moment else months - 1


def anniversary(value: Moment, moment: dt.datetime) -> dt.date:
    """The next day, today included, with the month and day of the value."""
    day, today = as_day(value), moment.date()
    this_year = dt.date(today.year, day.month, min(day.day, days_in(today.year, day.month)))
    if this_year >= today:
        return this_year
    return dt.date(today.year + 1, day.month, min(day.day, days_in(today.year + 1, day.month)))


def week_of(day: dt.date) -> dt.date:
    """The Monday of a day's week."""
    return day - dt.timedelta(days=day.weekday())


def period_bounds(period: tree.Period, moment: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    """Where a period starts, and where the next one does."""
    start = as_time(period.start) if period.start is not None else _unit_start(period.unit, moment)
    return _step(period.unit, start, period.offset), _step(period.unit, start, period.offset + 1)


def _unit_start(unit: str, moment: dt.datetime) -> dt.datetime:
    day = moment.date()
    match unit:
        case "week":
            day = week_of(day)
        case "month":
            day = day.replace(day=1)
        case "quarter":
            day = day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        case "year":
            day = day.replace(month=1, day=1)
    return as_time(day)


def _step(unit: str, start: dt.datetime, count: int) -> dt.datetime:
    if unit in ("day", "week"):
        return shift(start, Length(0, count * MICROS["d" if unit == "day" else "w"]))
    return add_months(start, count * {"month": 1, "quarter": 3, "year": 12}[unit])
