"""Where the grammar lies, and what is known of it without reading it."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

# words that can be names only in backticks
RESERVED = frozenset(
    "param trait segment segmentation use example expect and or not in is as of between when then else end "  # noqa: SIM905
    "otherwise among per case sequence true false".split()
)
STARTS = ("definition", "customer", "value")


@cache
def grammar() -> str:
    """The text of the grammar: beside this module in a wheel, in grammar/ in a checkout."""
    shipped = files("segdsl.syntax") / "segdsl.lark"
    if shipped.is_file():
        return shipped.read_text("utf-8")
    return (Path(__file__).parents[2] / "grammar" / "segdsl.lark").read_text("utf-8")
