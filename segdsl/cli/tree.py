"""Explanations as trees: with lines on a terminal, indented everywhere else."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from segdsl.cli.grid import visible
from segdsl.types import Kind

if TYPE_CHECKING:
    from rich.text import Text
    from rich.tree import Tree

    from segdsl.testing.explain import Explained

HOLDS, FAILS, NEITHER = "✓", "✗", "·"
_COLOURS = {HOLDS: "green", FAILS: "red"}
_NOTES = {
    "above": "see above",
    "took": "takes the customer",
    "would": "would have too",
    "outside": "without an event by then it is in no population",
}


@dataclass(frozen=True)
class Line:
    """A part as it is shown: a mark, what it says, a note, and the lines below it."""

    mark: str
    text: str
    note: str
    lines: tuple[Line, ...]


def line(item: Explained, as_of: dt.datetime | None = None) -> Line:
    """A part with what is below it; `as_of` is the moment of what is above it.

    A definition stands in one line with its rule, a value's with the name alone, where the body only says it again."""
    from segdsl.testing.wording import clock, said

    if item.role == "more":
        return Line(NEITHER, item.text, "", ())
    text, parts = item.text, item.parts
    is_rule = item.role != "value"
    if item.names and len(parts) == 1 and not parts[0].names and parts[0].value == item.value:
        if is_rule:
            text = f"{text}: {parts[0].text}"
        if is_rule or not parts[0].parts:
            parts = parts[0].parts
    if not is_rule or item.value is None:
        text = f"{text} = {said(item.value, item.kind, item.as_of)}"
    mark = {True: HOLDS, False: FAILS}.get(item.value, NEITHER) if is_rule else NEITHER
    notes = [_NOTES[item.note]] if item.note else []
    if as_of is not None and item.as_of != as_of:
        notes.insert(0, f"as of {clock(item.as_of).removesuffix(' 00:00')}")
    return Line(mark, visible(text), ", ".join(notes), tuple(line(part, item.as_of) for part in parts))


def show_tree(item: Explained, indent: str = "") -> None:
    """Prints an explanation; all but the first line is set off by lines or spaces."""
    found = line(item)
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.padding import Padding

        Console(highlight=False).print(Padding(_rich(found), (0, 0, 0, len(indent))))
        return
    for row in _rows(found):
        click.echo(f"{indent}{row}")


def turned(before: Explained, after: Explained) -> str:
    """The smallest parts that are another truth than before: "`last_purchase < 90d` turns false"."""
    found = list(dict.fromkeys(_turned(before, after)))
    return " and ".join(found) or "the answer turns"


def _turned(before: Explained, after: Explained) -> Iterator[str]:
    if len(before.parts) != len(after.parts) or before.kind is not Kind.BOOL:
        inner = [text for one, two in zip(before.parts, after.parts, strict=False) for text in _turned(one, two)]
        yield from inner
        return
    inner = [text for one, two in zip(before.parts, after.parts, strict=True) for text in _turned(one, two)]
    if inner:
        yield from inner
    elif before.value is not after.value:
        text = after.text.partition(" when ")[2] if after.role == "label" else after.text
        yield f"`{text or after.text}` turns {'true' if after.value is True else 'false'}"


def plain_tree(item: Explained) -> str:
    """An explanation as indented lines."""
    return "\n".join(_rows(line(item)))


def _rows(item: Line) -> Iterator[str]:
    for depth, each in _flat(item, 0):
        note = f"  ({each.note})" if each.note else ""
        yield f"{'  ' * depth}{each.mark} {each.text}{note}"


def _flat(item: Line, depth: int) -> Iterator[tuple[int, Line]]:
    yield depth, item
    for below in item.lines:
        yield from _flat(below, depth + 1)


def _rich(item: Line) -> Tree:
    from rich.tree import Tree

    tree = Tree(_text(item), guide_style="dim")
    for below in item.lines:
        tree.children.append(_rich(below))
    return tree


def _text(item: Line) -> Text:
    from rich.text import Text

    found = Text.assemble((item.mark, _COLOURS.get(item.mark, "dim")), " ", item.text)
    if item.note:
        found.append(f"  ({item.note})", "dim")
    return found


def as_dict(item: Explained) -> dict[str, Any]:
    """An explanation as plain JSON values: times as texts, decimals as numbers, lengths of time as texts."""
    from segdsl.testing.wording import plain

    found: dict[str, Any] = {
        "text": item.text,
        "role": item.role,
        "value": plain(item.value, item.kind),
        "as_of": item.as_of.isoformat(),
    }
    if item.label:
        found["label"] = item.label
    if item.note:
        found["note"] = item.note
    if item.parts:
        found["parts"] = [as_dict(part) for part in item.parts]
    return found
