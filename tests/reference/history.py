"""What runs before a moment, and the run itself, have seen of one customer: a value per run, oldest first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from tests.reference.moments import Length, shift
from tests.reference.values import Value

# when a run was, and what it found: whether the customer is in the segment, or its label (None for none)
Seen = Sequence[tuple[dt.datetime, Value]]


@dataclass(frozen=True)
class Stay:
    """Runs in a row that found the same: when the first of them was, and whether an earlier run had looked."""

    label: Value
    start: dt.datetime
    is_seen: bool


def stays(seen: Seen) -> list[Stay]:
    """The stays of a customer in a segment, or in the labels of a segmentation."""
    out: list[Stay] = []
    before: Value = None
    for index, (moment, value) in enumerate(seen):
        if value not in (None, False) and value != before:
            out.append(Stay(value, moment, index > 0))
        before = value
    return out


def entered(seen: Seen) -> dt.datetime | None:
    """When a run last saw the customer enter."""
    return next((stay.start for stay in reversed(stays(seen)) if stay.is_seen), None)


def left(seen: Seen) -> dt.datetime | None:
    """When a run last saw the customer leave."""
    ends = [moment for (_, old), (moment, new) in pairwise(seen) if old not in (None, False) and new != old]
    return ends[-1] if ends else None


def ever(seen: Seen) -> bool:
    return any(value is True for _, value in seen)


def lasts(seen: Seen, length: Length) -> bool:
    """Whether the customer is in a segment, and was in all runs for so long."""
    now, value = seen[-1]
    return value is True and stays(seen)[-1].start <= shift(now, length, -1)


def was(seen: Seen, label: str) -> bool:
    """Whether the label before the present one is this."""
    found = stays(seen)
    if seen[-1][1] is not None:
        found = found[:-1]
    return bool(found) and found[-1].label == label
