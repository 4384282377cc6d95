"""Why a run that was to go on from the last one is a full one, and why a value is worked out anew in each run."""

from __future__ import annotations

from collections.abc import Mapping

REWRITTEN = "`--rewrite` drops what was kept"
NOTHING_KEPT = "the last run has kept nothing to go on from"
SAME_MOMENT = "the last run is of this as-of"
NOT_COMPLETE = "what was kept is not complete"

# what has to be as it was
VERSION = "the version of segdsl"
DUCKDB_VERSION = "the version of DuckDB"
MODEL = "the model"

READS_NO_EVENTS = "it reads no events"
ATTRIBUTES = "attributes are read as they are now"
OF_EVERYBODY = "a score looks at everybody"
IN_ORDER = "a sequence needs all of its events in order"
OF_OTHERS = "it looks at other entities"
OF_HISTORY = "it asks the history"
WINDOW_OF_CUSTOMER = "its window goes by a value of the customer"
READS_CUSTOMER = "its `where` reads values of the customer"
THROUGH_LOOKUP = "it reads through a lookup"
MOVES_WITH_AS_OF = "its `where` compares with as-of"


def another_than_before(what: str) -> str:
    return f"{what} is another than before"


def read_first(event: str) -> str:
    return f"`{event}` was not read before"


def other_columns(event: str) -> str:
    return f"the columns of `{event}`, or their types, are others than before"


def definitions_changed(before: Mapping[str, str], now: Mapping[str, str]) -> str:
    """Of what definitions mean, before and now."""
    parts = [
        (sorted(set(now) - set(before)), "is new", "are new"),
        (sorted(set(before) - set(now)), "is left out", "are left out"),
        (sorted(name for name in set(before) & set(now) if before[name] != now[name]), "changed", "changed"),
    ]
    found = []
    for names, one, several in parts:
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        if names:
            shown = ", ".join(f"`{name}`" for name in names[:3])
            found.append(f"{shown}{more} {one if len(names) == 1 else several}")
    return "; ".join(found)


def values_not_kept(event: str) -> str:
    return f"keys or values of `{event}` cannot be kept as they are"


def needs_order(aggregate: str) -> str:
    return f"`{aggregate}` needs the events in order"
