"""What stands before a text that DuckDB would take for something else, so that its cast fails and says of which column.

The words come back in the error of the cast, where `segdsl.engines.misread` reads them.
"""

from __future__ import annotations

import re

NO_ISO = "not in ISO form"
NO_WHOLE = "no whole number that is written as one"
NO_DAY = "no day alone"
WRONG = re.compile(
    rf"(?P<quote>[\"'])in column (?P<column>[^\n]+?), (?P<why>{NO_ISO}|{NO_WHOLE}|{NO_DAY}): (?P<value>.*?)(?P=quote)"
    r"(?=,| to [A-Z]|\n|$)",
    re.DOTALL,
)


def wrong(column: str, why: str) -> str:
    """What stands before a text of a column."""
    return f"in column {column}, {why}: "
