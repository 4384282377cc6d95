"""What a report shows, as plain values: sections of tables, charts, cards and rules. Every text in it is plain text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table: its text, the number it is sorted by, and how long its bar is, from 0 to 1.

    `link` is the anchor that the text leads to; `tone` is `good`, `bad` or nothing.
    """

    text: str
    value: float | None = None
    bar: float | None = None
    link: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells under headers; `numeric` says which columns hold numbers. The first column names the row."""

    headers: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str
    sortable: bool = False
    id: str = ""
    foot: tuple[tuple[Cell, ...], ...] = ()  # rows that stay last, however the others are sorted


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart: what it says in one sentence, what it is drawn from (a Vega specification), and the same as a table.

    `least` is the width in pixels that it cannot do without; narrower pages scroll it.
    """

    id: str
    title: str
    takeaway: str
    spec: Mapping[str, Any]
    table: Table
    least: int = 280


@dataclass(frozen=True, slots=True)
class Rule:
    """A definition with its text in pieces: their kind (for colours), their text, and the anchor they lead to."""

    id: str
    name: str
    title: str
    heading: str
    description: str
    owner: str
    tags: tuple[str, ...]
    pieces: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """A number with what it is of."""

    label: str
    text: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Some numbers side by side."""

    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """A segment in person: what it is called, who that is in sentences, and the numbers behind them."""

    id: str
    title: str
    subtitle: str
    text: str
    table: Table | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence about what is not shown, or why."""

    text: str


Part: TypeAlias = "Table | Chart | Rule | Facts | Card | Note"


@dataclass(frozen=True, slots=True)
class Group:
    """Parts of a section under a heading of their own; `fold` says that they are closed at first."""

    id: str
    title: str
    parts: tuple[Part, ...]
    description: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, what it is about, and its parts."""

    id: str
    title: str
    about: str
    parts: tuple[Part | Group, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """A whole page."""

    title: str
    subtitle: str
    footer: str
    sections: tuple[Section, ...]
