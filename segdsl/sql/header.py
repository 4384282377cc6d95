"""The comment above compiled SQL: of what, as of when, and what it means."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from segdsl.model.model import Model
from segdsl.plan import Plan
from segdsl.plan.meaning import meanings
from segdsl.program import Output


def header(version: str, model: Model, plan: Plan, outputs: Sequence[Output], as_of: dt.datetime | None) -> str:
    """Comment lines; `version` is segdsl's, each definition has a hash that is equal for equal meanings."""
    moment = "the engine's current time" if as_of is None else as_of.isoformat(sep=" ")
    hashes = meanings(plan.program, [output.instance for output in outputs])
    lines = [
        f"-- segdsl {version}, catalog {_one_line(model.name)}, as of {moment} in {model.timezone}",
        *(f"-- {item.kind} {_one_line(item.name)} of {item.entity}: {hashes[item.instance]}" for item in outputs),
    ]
    return "\n".join(lines)


def _one_line(text: str) -> str:
    return " ".join(text.split())
