"""Why a session does not take a new event in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

SHAPE = """expected a list of rows by the event's name, as `{"order": [{"at": …, "amount": 20}]}`"""
NO_ROWS = "its rows have to be a list, each with its values by name"
MOVES_ON = "`as_of=` moves the session on"


def no_such_event(entity: str, known: Iterable[str]) -> str:
    return f"`{entity}` has no such event, it has {listed(known)}"


def no_such_fields(names: Iterable[str]) -> str:
    return f"it has no field {listed(names)}"


def fields(names: Iterable[str]) -> str:
    return f"a row has `at`, a time, and any of {listed(names)}; what is unknown is left out or None"


def no_time(found: object) -> str:
    if found is None:
        return "`at` has to be a time"
    return f"`at` has to be a time of the years 1 to 9999 on the clocks of the model's zone, found `{found}`"


def too_late(at: dt.datetime, as_of: dt.datetime) -> str:
    return f"it is of {at}, later than as-of, {as_of}"


def of_another_type(field: str, expected: str, found: object) -> str:
    return f"`{field}` has to be {expected}, found `{found}`"


def of_one_column(field: str, other: str, found: object, there: object) -> str:
    return f"`{field}` and {other} stand in one column, found `{found}` and `{there}`"


def not_held(column: str, type_: str, value: str) -> str:
    return f"the column `{column}` is {type_}, which cannot hold `{value}`"


def listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"
