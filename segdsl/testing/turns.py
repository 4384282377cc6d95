"""Moments at which an answer may become another by time alone: when a time that is known, moved as the rule moves it,
is as old as a length in the rule, and when days and periods of the calendar begin."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import permutations

from segdsl.moment import DAY, OutsideCalendar
from segdsl.plan.nodes import descend, needed
from segdsl.program import Apply, Constant, Floor, Length, Moment, Node, Output, Program
from segdsl.program import Sequence as SequenceNode

MICRO = dt.timedelta(microseconds=1)
# lengths that are gone one after the other
Steps = tuple[Length, ...]
_DAY = dt.timedelta(days=1)
# how far ahead is looked
_AHEAD = dt.timedelta(days=3 * 366)
# where a rule moves times by more lengths than these, two of them are not added up
_MOST_SHIFTS = 6


@dataclass
class _Read:
    """What a rule asks of times."""

    ages: set[Steps] = field(default_factory=lambda: {()})  # how old a time is when something may change
    shifts: set[Length] = field(default_factory=set)  # by which it moves times
    moments: set[dt.datetime] = field(default_factory=set)  # that are written out
    has_calendar: bool = False
    has_anniversaries: bool = False

    def look_at(self, node: Node) -> None:
        match node:
            case Moment(base=None, steps=steps):
                self._age(node)
                self.has_calendar |= any(isinstance(step, Floor) for step in steps)
            case Moment(base=base) if base is not None:
                self.moments.add(base)
            case Constant(value=Length() as length):
                self.ages.update(((length,), (-length,)))
            case Constant(value=dt.date() as day):
                self.moments.add(dt.datetime.combine(day, dt.time()))
            case Constant(value=int() as number) if not isinstance(number, bool) and 0 < number < 1_000:
                # of days_since, months_since, years_since
                self.ages.update(((Length(0, number * DAY),), (Length(number),), (Length(12 * number),)))
            case Apply(
                function=function, args=(_, Constant(value=int() as months), Constant(value=int() as micros))
            ) if function.name == "shift":
                self.shifts.add(Length(months, micros))
            case Apply(function=function):
                self.has_anniversaries |= function.name == "anniversary"
            case SequenceNode(moment=moment, steps=steps):
                for step in steps:
                    if step.within is not None:
                        self.ages.add((step.within,))
                        self._age(moment.moved(-step.within))

    def _age(self, moment: Moment) -> None:
        self.ages.add(tuple(-step for step in reversed(moment.steps) if isinstance(step, Length)))


def turns(
    program: Program, outputs: Sequence[Output], times: Iterable[dt.datetime], as_of: dt.datetime
) -> list[dt.datetime]:
    """The moments after as-of, in order, that the lengths and the moments in a rule give to some times."""
    read = _read(program, outputs)
    known = {*times, *read.moments}
    if read.has_anniversaries:
        known |= set(_anniversaries(known, as_of))
    found = set(_grown(known, read))
    if read.has_calendar:
        # a window of whole days changes at the next midnight
        found.update(_midnight(moment) + _DAY for moment in list(found) if moment < dt.datetime.max - 2 * _DAY)
        first = _midnight(as_of).replace(day=1)
        found.update(moment for number in range(1, 37) for moment in _gone((Length(number),), first))
    return _ahead(found, as_of)


def midnights(as_of: dt.datetime, is_every_day: bool) -> list[dt.datetime]:
    """Those ahead: all, or all of the next five weeks and then those of Mondays."""
    first = _midnight(as_of)
    days = (first + number * _DAY for number in range(1, _AHEAD // _DAY) if first < dt.datetime.max - _AHEAD)
    return [day for day in days if is_every_day or day - first <= 35 * _DAY or day.weekday() == 0]


def _read(program: Program, outputs: Sequence[Output]) -> _Read:
    read = _Read()
    for key in needed(program, [output.instance for output in outputs]):
        for node in descend(program.instances[key].value):
            for value in (node, *(bound.value for bound in getattr(node, "bounds", ()))):
                read.look_at(value)
    return read


def _grown(times: Iterable[dt.datetime], read: _Read) -> Iterator[dt.datetime]:
    """When each time is as old as a length, and a moment later."""
    shifts: set[Steps] = {(), *((one,) for one in read.shifts)}
    if len(read.shifts) <= _MOST_SHIFTS:
        shifts.update(permutations(read.shifts, 2))
    ways = {(*shift, *age) for shift in shifts for age in read.ages}
    for time in times:
        for way in ways:
            for moment in _gone(way, time):
                yield moment
                if moment < dt.datetime.max:
                    yield moment + MICRO


def _anniversaries(times: Iterable[dt.datetime], as_of: dt.datetime) -> Iterator[dt.datetime]:
    """The days of a time's anniversaries in the years around, and those after them, on which the next one counts."""
    for time in times:
        for year in range(as_of.year - 1, as_of.year + 5):
            for moment in _gone((Length(12 * (year - time.year)),), _midnight(time)):
                yield moment
                yield moment + _DAY


def _gone(steps: Steps, moment: dt.datetime) -> Iterator[dt.datetime]:
    """The moment that some steps lead to; none where no calendar has it."""
    try:
        for step in steps:
            moment = step.after(moment)
    except OutsideCalendar:
        return
    yield moment


def _ahead(moments: Iterable[dt.datetime], as_of: dt.datetime) -> list[dt.datetime]:
    return sorted({moment for moment in moments if dt.timedelta() < moment - as_of <= _AHEAD})


def _midnight(moment: dt.datetime) -> dt.datetime:
    return dt.datetime.combine(moment.date(), dt.time())
