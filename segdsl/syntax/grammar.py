"""Where the grammar lies, and the parser built from it."""

from __future__ import annotations

import os
from functools import cache
from importlib.resources import files
from pathlib import Path

from lark import Lark

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


@cache
def lark() -> Lark:
    """The LALR parser; that its grammar has no conflict is checked by a test, which builds it in Lark's strict mode."""
    return Lark(
        grammar(),
        parser="lalr",
        lexer="contextual",
        start=list(STARTS),
        maybe_placeholders=True,
        cache=_cache_file() or False,
    )


def _cache_file() -> str | None:
    """Where the built parser is kept for the next start, in the user's own cache folder; None where that cannot be.

    Lark compares a hash of the grammar, its options and the versions, and builds the parser where the file is not what
    it wants."""
    try:
        root = os.environ.get("LOCALAPPDATA" if os.name == "nt" else "XDG_CACHE_HOME")
        folder = (Path(root) if root else Path.home() / ".cache") / "segdsl"
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):
        return None
    return str(folder / "grammar.bin") if os.access(folder, os.W_OK) else None
