"""What the clocks of a time zone show at an instant.

DuckDB turns the columns of a run, by the rules that it brings along. Python has those of the machine, older or newer
ones: a literal or an as-of turned by these would be an hour beside the columns wherever a zone has changed its rules
since. So there is one turn, and it is DuckDB's.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

_EPOCH = datetime(1970, 1, 1)
_MICRO = timedelta(microseconds=1)
_TURN = Lock()


def clock_time(instant: datetime, zone: str) -> datetime:
    """An aware time as the clocks of a zone show it, naive; raises OverflowError outside the years 1 to 9999."""
    # by way of UTC: a time that its own zone's clocks skip is moved only so
    micros = (instant.astimezone(UTC).replace(tzinfo=None) - _EPOCH) // _MICRO
    with _TURN:
        asked = _connection(os.getpid()).execute("SELECT EPOCH_US(TIMEZONE(?, MAKE_TIMESTAMPTZ(?)))", [zone, micros])
        ((shown,),) = asked.fetchall()
    return _EPOCH + timedelta(microseconds=shown)


@cache
def _connection(process: int) -> duckdb.DuckDBPyConnection:
    """One for each process: a fork has no use of the connection of another."""
    import duckdb

    return duckdb.connect(":memory:", config={"threads": 1})
