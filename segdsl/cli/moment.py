"""Moments as people read them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping


def shown(moment: dt.datetime) -> str:
    """`2018-01-01`, or `2018-01-01 18:30:00` where it is not midnight, with the parts of a second that it has."""
    day, _, time = moment.isoformat().partition("T")
    return day if time == "00:00:00" else f"{day} {time}"


def caption(timezone: str, as_of: dt.datetime) -> str:
    """`as of 2018-01-01 in America/New_York`."""
    return f"as of {shown(as_of)} in {timezone}"


def begins(found: Mapping[str, dt.datetime | None]) -> list[str]:
    """What is unknown for want of a history, a line each: `vip asks for the history, which begins 2026-01-01`."""
    from segdsl.cli.grid import visible

    said = {name: "no run has saved" if begun is None else f"begins {shown(begun)}" for name, begun in found.items()}
    return [f"{visible(name)} asks for the history, which {text}" for name, text in said.items()]
