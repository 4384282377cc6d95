"""The comment above compiled SQL: of what, as of when, and what it means."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from segdsl.model.model import Model
from segdsl.plan import Plan
from segdsl.plan.meaning import meanings
from segdsl.program import Output
from segdsl.sql.dialects import Dialect


def header(
    version: str,
    model: Model,
    plan: Plan,
    outputs: Sequence[Output],
    as_of: dt.datetime | None,
    dialect: Dialect,
    is_seen: bool = True,
) -> str:
    """Comment lines; `version` is segdsl's, each definition has a hash that is equal for equal meanings.

    `is_seen` is false where nobody looked at the types of the columns.
    """
    moment = "the engine's current time" if as_of is None else as_of.isoformat(sep=" ")
    hashes = meanings(plan.program, [output.instance for output in outputs])
    lines = [
        f"-- segdsl {version}, catalog {_one_line(model.name)}, as of {moment} in {model.timezone}",
        *(f"-- {item.kind} {_one_line(item.name)} of {item.entity}: {hashes[item.instance]}" for item in outputs),
    ]
    if dialect.session:
        settings = ", ".join(f"{name} = {value}" for name, value in dialect.session.items())
        lines.append(f"-- run it in a session with {settings}")
    if not is_seen:
        lines.append(f"-- the types of the columns were not looked at{_of_zones(model, dialect)}")
        if "read text of text" in dialect.structures and "read text of unseen" not in dialect.structures:
            # nothing tells such a column from others there, where nobody looks
            lines.append("-- texts of a CHAR(n) keep the blanks that fill them up: make a view with RTRIM(column)")
    return "\n".join(lines)


def _of_zones(model: Model, dialect: Dialect) -> str:
    """What is to be known of columns whose times may have a zone."""
    if "read timestamp of unseen" in dialect.structures:
        return ""
    if model.timezone == "UTC" or not any("zone" in setting.lower() for setting in dialect.session):
        seen = ": a time with a zone is seen on the clocks of the session's zone, which has to be"
        return f"{seen} {_one_line(model.timezone)}"
    # that session is needed for all else, and has another zone than the model
    return (
        ": none may hold times with a zone, which would be seen on other clocks than those of"
        f" {_one_line(model.timezone)}; make a view that has the clocks, or compile with --engine"
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())
