"""The words of the language by what they do, for whoever gives them colours: one table, held against the grammar."""

from __future__ import annotations

from segdsl.syntax.scanner import STARTERS

CONSTANTS = frozenset(("true", "false"))
# what conditions are made with
LOGIC = frozenset(
    "and or not in is between contains starts ends with matches has any all known unknown".split()  # noqa: SIM905
)
# what leads on to a time, a population or a part of something
CONTROL = frozenset(
    "after ago among as before case else end ever for from inside last next no of otherwise per same sequence since "  # noqa: SIM905
    "then this to was when where within".split()
)
KEYWORDS = STARTERS | CONSTANTS | LOGIC | CONTROL
