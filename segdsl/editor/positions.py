"""Offsets in a text and positions in an editor, which counts lines from 0 and columns in UTF-16."""

from __future__ import annotations

from lsprotocol import types

from segdsl.diagnostics import Source, Span


def units(text: str) -> int:
    """How many UTF-16 code units a text has."""
    return len(text) + sum(char > "\uffff" for char in text)


def position(source: Source, offset: int) -> types.Position:
    line, column = source.position(offset)
    start = offset - column + 1
    return types.Position(line - 1, units(source.text[start:offset]))


def offset(source: Source, place: types.Position) -> int:
    """The offset of a position; what lies outside of the text is brought to its nearest end."""
    starts = source.line_starts
    if place.line >= len(starts):
        return len(source.text)
    start = starts[place.line]
    end = starts[place.line + 1] - 1 if place.line + 1 < len(starts) else len(source.text)
    left = place.character
    while start < end and left > 0:
        left -= 2 if source.text[start] > "\uffff" else 1
        start += 1
    return start


def range_of(span: Span) -> types.Range:
    return types.Range(position(span.source, span.start), position(span.source, span.end))
