"""What a site shows, as plain values; every text in them is plain text."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from segdsl.plan.about import About

Piece = tuple[str, str, str]  # a kind for its colour, the text, the definition that it leads to


@dataclass(frozen=True, slots=True)
class Count:
    """How many members a segment or label has: `<10` where there are too few to be told."""

    name: str
    members: str
    share: str


@dataclass(frozen=True, slots=True)
class Series:
    """Sizes of a segment or label over time, None where they are too small to be told."""

    name: str
    moments: tuple[dt.datetime, ...]
    sizes: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Past:
    """Sizes of a segment, or of each label, over time: `about` says where they are from, `new_rules` as of which of the
    moments the rule became another."""

    about: str
    series: tuple[Series, ...]
    new_rules: tuple[dt.datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class Label:
    """A label of a segmentation: its name and the rule that gives it."""

    name: str
    rule: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A definition with all that its page shows; `sql_note` says why there is no SQL, `size_note`
    why there is no size, `past_note` why no past, or none of saved runs."""

    about: About
    file: str
    sentence: str
    rule: tuple[Piece, ...]
    sql: str = ""
    sql_note: str = ""
    labels: tuple[Label, ...] = ()
    examples: tuple[tuple[Piece, ...], ...] = ()
    expectations: tuple[tuple[Piece, ...], ...] = ()
    deprecated: str = ""
    counts: tuple[Count, ...] = ()
    size_note: str = ""
    past: Past | None = None
    past_note: str = ""

    @property
    def name(self) -> str:
        return self.about.listed.name


@dataclass(frozen=True)
class Site:
    """A whole catalog: its entries by name; `sized` says what sizes are of, where any were counted."""

    name: str
    timezone: str
    entries: dict[str, Entry]
    model: tuple[ModelPart, ...]
    sized: str = ""


@dataclass(frozen=True, slots=True)
class ModelPart:
    """An entity, event or lookup of the model: what there is to read, with types, and what reads it."""

    kind: str
    name: str
    note: str
    fields: tuple[tuple[str, str, str], ...]  # name, type, values or lookup
    read_by: tuple[str, ...]

    @property
    def anchor(self) -> str:
        return f"{self.kind}-{self.name}"
