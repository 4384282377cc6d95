"""Literals, as-of and columns are turned to the model's clocks by one set of rules."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from segdsl.model.clocks import clock_time

MODEL = """\
timezone: Europe/Berlin
as_of: 2026-06-30T21:00:00Z
entities: {c: {table: c.csv, key: id}}
events: {order: {of: c, table: o.csv, key: c, time: at_}}
"""
RULES = """\
segment bought = any(order)
segment last_hour = any(order within 1h)
segment exact = any(order from 2026-06-30T20:30:00Z to 2026-06-30T20:30:00Z)
"""
PROGRAM = """\
import segdsl, zoneinfo, datetime as dt
summer = dt.datetime(2026, 6, 30, 20, 30, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin"))
assert summer.utcoffset() == dt.timedelta(), "the rules of the machine are not those of the test"
for as_of in (None, "2026-06-30T21:00:00Z", dt.datetime(2026, 6, 30, 21, tzinfo=dt.timezone.utc)):
    with segdsl.load(".").run(as_of=as_of) as result:
        print(result.as_of, [tuple(row.values()) for row in result.members.to_pylist()])
"""


def test_the_rules_of_the_machine_do_not_matter(tmp_path: Path) -> None:
    """Where they are older than those of DuckDB, as after a country has done away with its summer time."""
    for name, text in (
        ("segdsl.yaml", MODEL),
        ("rules.seg", RULES),
        ("c.csv", "id\na\nb\n"),
        ("o.csv", "c,at_\na,2026-06-30T20:30:00Z\nb,2026-06-30T19:30:00Z\n"),
    ):
        (tmp_path / name).write_text(text)
    zone = tmp_path / "zones" / "Europe" / "Berlin"
    zone.parent.mkdir(parents=True)
    zone.write_bytes(_WITHOUT_SUMMER)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=tmp_path,
        env={**os.environ, "PYTHONTZPATH": str(tmp_path / "zones")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    members = [("bought", "a"), ("bought", "b"), ("exact", "a"), ("last_hour", "a")]
    assert done.stdout.splitlines() == [f"2026-06-30 23:00:00 {members}"] * 3


# the file of a zone that is UTC all year round: no changes, one kind of time, of the offset 0
_WITHOUT_SUMMER = (
    b"TZif1" + bytes(15) + b"".join(number.to_bytes(4, "big") for number in (0, 0, 0, 0, 1, 4)) + bytes(6) + b"UTC\0"
)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"])
def test_clocks_show_what_python_says_too(zone: str) -> None:
    """Over years of which everybody has the same rules."""
    start = dt.datetime(1995, 1, 1, 0, 30, tzinfo=dt.UTC)
    for step in range(0, 20 * 366, 5):
        instant = start + dt.timedelta(days=step, microseconds=step)
        assert clock_time(instant, zone) == instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def test_no_clock_shows_what_lies_outside_the_calendar() -> None:
    for instant in (dt.datetime.max.replace(tzinfo=dt.UTC), dt.datetime.min.replace(tzinfo=dt.UTC)):
        assert clock_time(instant, "UTC") == instant.replace(tzinfo=None)
    with pytest.raises(OverflowError):
        clock_time(dt.datetime.max.replace(tzinfo=dt.UTC), "Asia/Tokyo")
    with pytest.raises(OverflowError):
        clock_time(dt.datetime.min.replace(tzinfo=dt.UTC), "America/New_York")
