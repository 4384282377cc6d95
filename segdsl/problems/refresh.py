"""Why a run that was to go on from the last one is a full one, and why a value is worked out anew in each run."""

from __future__ import annotations

from collections.abc import Sequence

REWRITTEN = "`--rewrite` drops what was kept"
NOTHING_KEPT = "the last run has kept nothing to go on from"
SAME_MOMENT = "the last run is of this as-of"
NOT_COMPLETE = "what was kept is not complete"
ORDER_OF_DEFINITIONS = "other definitions than before"

# what has to be as it was
VERSION = "the version of segdsl"
DUCKDB_VERSION = "the version of DuckDB"
MODEL = "the model"
COLUMNS = "the list of the events' columns"

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


def definitions_changed(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    shown = ", ".join(f"`{name}`" for name in names[:3])
    return f"{shown}{more} changed" if names else ORDER_OF_DEFINITIONS


def values_not_kept(event: str) -> str:
    return f"keys or values of `{event}` cannot be kept as they are"


def needs_order(aggregate: str) -> str:
    return f"`{aggregate}` needs the events in order"
