"""Which column of a table says when something happened."""

from __future__ import annotations

from segdsl.draft.names import thing, time_score, usual_event
from segdsl.draft.profile import Column, Table


def time_column(table: Table) -> Column | None:
    """The column that says when something happened; None where none does."""
    columns = [column for column in table.columns.values() if column.has_time and (column.known or not table.sampled)]
    best = max(
        columns,
        key=lambda column: (time_score(column.name), table.share(column) > 0.9, column.type is not None
                            and column.type.kind.value == "timestamp", table.share(column)),
        default=None,
    )  # fmt: skip
    return None if best is None or time_score(best.name) <= -3 else best


def time_score_of(table: Table) -> int:
    """How much a table looks like one of events, by the names of its times."""
    times = [time_score(column.name) for column in table.columns.values() if column.has_time]
    return max(times, default=-9) + (2 if usual_event(thing(table.name)) else 0)
