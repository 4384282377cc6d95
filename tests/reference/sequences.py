"""Sequences of events: a plain search over every choice of events."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from tests.reference.moments import Length, shift
from tests.reference.values import Value


@dataclass(frozen=True)
class Happening:
    """An event that fits a step by its kind and condition; `shared` is its value of the field named by `same`."""

    at: dt.datetime
    shared: Value


@dataclass(frozen=True)
class FilledStep:
    """A step with all the events that fit it by themselves, and its length worked out."""

    no: bool
    within: Length | None
    events: tuple[Happening, ...]


def holds(steps: tuple[FilledStep, ...], same: bool, moment: dt.datetime) -> bool:
    """Whether some choice of events fits all steps."""
    first = steps[0]
    since = None if first.within is None else shift(moment, first.within, -1)
    return any(
        _goes_on(steps, 1, event, same, moment)
        for event in first.events
        if (since is None or since < event.at) and not (same and event.shared is None)
    )


def _goes_on(steps: tuple[FilledStep, ...], index: int, chosen: Happening, same: bool, moment: dt.datetime) -> bool:
    """Whether the steps from an index on can be fitted, after the last chosen event."""
    if index == len(steps):
        return True
    step, before = steps[index], chosen.at
    no: FilledStep | None = None
    if step.no:
        no, index = step, index + 1
        if index == len(steps):
            assert no.within is not None
            end = shift(before, no.within)
            return end <= moment and not _any_between(no, chosen, same, end)
        step = steps[index]
    for event in step.events:
        if event.at <= before or (same and event.shared != chosen.shared):
            continue
        if step.within is not None and event.at > shift(before, step.within):
            continue
        if no is not None and no.within is not None and _any_between(no, chosen, same, shift(before, no.within)):
            continue
        if no is not None and no.within is None and _any_between(no, chosen, same, event.at, open_end=True):
            continue
        if _goes_on(steps, index + 1, event, same, moment):
            return True
    return False


def _any_between(no: FilledStep, chosen: Happening, same: bool, end: dt.datetime, open_end: bool = False) -> bool:
    """Whether an event of a `no` step lies after the chosen one and up to (or before) the end."""
    return any(
        chosen.at < event.at and (event.at < end or (event.at == end and not open_end))
        for event in no.events
        if not same or event.shared == chosen.shared
    )
