"""Constant lengths and points in time: fixed ones, and those that a run's as-of decides."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Sequence
from typing import Literal

from segdsl.types import TIME, Type
from segdsl.values import Hashed, frozen, hash_once

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
# between these lies the as-of of any run that somebody will want
EARLY, LATE = dt.datetime(1900, 1, 1), dt.datetime(2200, 1, 1)


class OutsideCalendar(Exception):  # noqa: N818 - it is what `segdsl.error.raised` tells of
    """A moment that lies outside the years 1 to 9999; in a run the `definitions` that ask for it, as of when."""

    def __init__(self, definitions: Sequence[str] = (), as_of: dt.datetime | None = None) -> None:
        super().__init__(*definitions)
        self.definitions = tuple(definitions)
        self.as_of = as_of


@frozen
class Length:
    """A constant length of time: calendar months first, then microseconds."""

    months: int = 0
    micros: int = 0

    def __neg__(self) -> Length:
        return Length(-self.months, -self.micros)

    @property
    def is_none(self) -> bool:
        return not (self.months or self.micros)

    @property
    def is_fixed(self) -> bool:
        return self.months == 0

    def after(self, moment: dt.datetime) -> dt.datetime:
        """The moment this long after another; the day is clamped to the month's end. Raises OutsideCalendar."""
        if self.months:
            index = moment.year * 12 + moment.month - 1 + self.months
            year, month = divmod(index, 12)
            if not dt.MINYEAR <= year <= dt.MAXYEAR:
                raise OutsideCalendar
            day = min(moment.day, calendar.monthrange(year, month + 1)[1])
            moment = moment.replace(year=year, month=month + 1, day=day)
        try:
            return moment + dt.timedelta(microseconds=self.micros)
        except OverflowError:
            raise OutsideCalendar from None


Unit = Literal["day", "week", "month", "quarter", "year"]


@frozen
class Floor:
    """A step of a moment: back to the start of the unit it lies in."""

    unit: Unit

    def after(self, moment: dt.datetime) -> dt.datetime:
        day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        match self.unit:
            case "day":
                return day
            case "week":
                return Length(0, -DAY * day.weekday()).after(day)
            case "month":
                return day.replace(day=1)
            case "quarter":
                return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
            case "year":
                return day.replace(month=1, day=1)


@hash_once
@frozen
class Moment(Hashed):
    """A constant point in time: the run's as-of (`base` None) or a fixed one, moved by steps in their order.

    `limits` of an as-of: those around it that can be earlier; nothing after them is seen either.
    """

    base: dt.datetime | None = None
    steps: tuple[Length | Floor, ...] = ()
    type: Type = TIME
    limits: tuple[Moment, ...] = ()

    def moved(self, step: Length | Floor) -> Moment:
        """This moment moved by one step more; fixed moments are worked out, neighbouring fixed lengths joined. Raises
        OutsideCalendar for a fixed one."""
        if self.base is not None:
            return Moment(step.after(self.base))
        if isinstance(step, Length):
            if step.is_none:
                return self
            last = self.steps[-1] if self.steps else None
            if isinstance(last, Length) and step.is_fixed:
                joined = Length(last.months, last.micros + step.micros)
                return Moment(None, self.steps[:-1] if joined.is_none else (*self.steps[:-1], joined))
        return Moment(None, (*self.steps, step))

    def at(self, as_of: dt.datetime) -> dt.datetime:
        """The moment in a run as of `as_of`. Raises OutsideCalendar."""
        moment = as_of if self.base is None else self.base
        for step in self.steps:
            moment = step.after(moment)
        return moment


NOW = Moment()
