"""What to do about a column whose values are written in a way of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Remedy:
    """A SELECT that reads a column: in its place, or as another one of a `name`. `where` says of which ways of writing
    it is right, if there are several."""

    select: str
    name: str | None
    where: str | None = None


def how_to_read(remedies: Sequence[Remedy]) -> str:
    """What to write; there is at least one remedy, and all of them give the column one name."""
    selects = [
        f"`{remedy.select}`" if remedy.where is None else f"`{remedy.select}` where {remedy.where}"
        for remedy in remedies
    ]
    name = remedies[0].name
    stated = "" if name is None else f", and state `column: {name}`"
    return f"read it in its own format, in a `sql`: {', '.join(selects)}{stated}"
