"""SEG76x: segments counted against each other, and the report."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from segdsl.diagnostics import Diagnostic
from segdsl.problems.words import either


def not_counted(name: str, kind: str) -> Diagnostic:
    return Diagnostic(
        "SEG760",
        f"`{name}` is a {kind}, expected a segment, a segmentation or a label",
        None,
        f"a condition on it has members, as in `{name} is known`",
    )


def not_compared(entities: Sequence[str]) -> Diagnostic:
    names = either(entities).replace(" or ", " and ")
    return Diagnostic(
        "SEG761",
        f"members of one entity are compared, the segments are of {names}",
        None,
        "name segments of one entity",
    )


def flow_backwards(start: dt.datetime, end: dt.datetime) -> Diagnostic:
    shown = [moment.isoformat(sep=" ", timespec="minutes").removesuffix(" 00:00") for moment in (start, end)]
    return Diagnostic(
        "SEG762",
        f"expected a start before the end {shown[1]}, found {shown[0]}",
        None,
        "the end is `--to`, else the model's as-of, else now",
    )


def report_needs_charts(package: str) -> Diagnostic:
    return Diagnostic(
        "SEG763",
        f"the report draws its charts by the package `{package}`, which is not installed",
        None,
        "install it: `pip install 'segdsl[report]'`",
    )


def folder_holds_others(path: str, others: Sequence[str]) -> Diagnostic:
    shown = ", ".join(f"`{name}`" for name in others[:3])
    more = f" and {len(others) - 3} more" if len(others) > 3 else ""
    return Diagnostic(
        "SEG660",
        f"`{path}` holds what is no part of an earlier site: {shown}{more}",
        None,
        "name a folder of its own: `--out site`",
    )
