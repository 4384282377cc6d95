"""Moments as people read them."""

from __future__ import annotations

import datetime as dt


def shown(moment: dt.datetime) -> str:
    """`2018-01-01`, or `2018-01-01 18:30:00` where it is not midnight, with the parts of a second that it has."""
    day, _, time = moment.isoformat().partition("T")
    return day if time == "00:00:00" else f"{day} {time}"


def caption(timezone: str, as_of: dt.datetime) -> str:
    """`as of 2018-01-01 in America/New_York`."""
    return f"as of {shown(as_of)} in {timezone}"
