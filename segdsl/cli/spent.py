"""What the stages of a run took, as a table or as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict

from segdsl.cli.grid import Grid, Row, show, visible
from segdsl.engines.spent import Spent

SHOWN = 2  # definitions that a stage is for


def show_spent(spent: Sequence[Spent], format_: str, below: Sequence[str] = ()) -> None:
    """A row per stage, in the order in which they were done, and one for all of them."""
    if format_ == "json":
        rows = [json.dumps(asdict(one), ensure_ascii=False) for one in spent]
        sys.stdout.buffer.write(("[" + ",".join(f"\n  {row}" for row in rows) + "\n]\n").encode())
        return
    memory, spilled = max((one.memory for one in spent), default=0), sum(one.spilled for one in spent)
    seconds, cpu = (sum(getattr(one, name) for one in spent) for name in ("seconds", "cpu"))
    rows_of_stages = [
        _row(visible(one.stage), _short(one.definitions), f"{one.rows_read:,}", f"{one.rows:,}", one, spilled > 0)
        for one in spent
    ]
    whole = _row("all", "", "", "", Spent("", (), 0, 0, seconds, cpu, memory, spilled), spilled > 0)
    headers: Row = ("stage", "for", "rows read", "rows", "time", "CPU", "memory")
    if spilled:
        headers = (*headers, "spilled")
    right = (False, False, *(True,) * (len(headers) - 2))
    show(Grid(headers, right, [rows_of_stages, [whole]], below, whole=True))


def _row(stage: str, names: str, rows_read: str, rows: str, one: Spent, has_spilled: bool) -> Row:
    row = (stage, names, rows_read, rows, _seconds(one.seconds), _seconds(one.cpu), size(one.memory))
    return (*row, size(one.spilled) if one.spilled else "") if has_spilled else row


def size(count: int) -> str:
    """Bytes as people say them."""
    number, units = count / 1000, ["kB", "MB", "GB", "TB"]
    while number >= 1000 and len(units) > 1:
        number /= 1000
        units.pop(0)
    unit = units[0]
    return f"{number:.1f} {unit}" if number < 10 else f"{number:.0f} {unit}"


def _seconds(value: float) -> str:
    return f"{value:.2f} s"


def _short(names: Sequence[str]) -> str:
    more = len(names) - SHOWN
    return visible(", ".join(names[:SHOWN])) + (f" and {more} more" if more > 0 else "")
