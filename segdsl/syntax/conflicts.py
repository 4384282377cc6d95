"""Texts that a merge has left in two versions, with the marks of git around them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from segdsl.diagnostics import Diagnostic, Source, Span
from segdsl.problems.syntax import merge_conflict


def conflict_in(source: Source, start: int = 0, end: int | None = None) -> Diagnostic | None:
    """What is told of a text with marks in it, once: where they begin. With a stretch, of those that reach into it."""
    if not source.merge_marks:
        return None
    end = len(source.text) if end is None else end
    if not any(begin < end and start < stop for begin, _, stop in _versions(source)):
        return None
    return merge_conflict(Span(source, *source.merge_marks[0]))


def with_one_side(source: Source) -> Source:
    """The same text with the first of two versions alone, and blanks of the same length for the other and the marks."""
    if not source.merge_marks:
        return source
    text = list(source.text)
    for start, end in (*source.merge_marks, *((other, end) for _, other, end in _versions(source))):
        text[start:end] = re.sub(r"[^\n]", " ", source.text[start:end])
    return replace(source, text="".join(text))


def _versions(source: Source) -> Iterator[tuple[int, int, int]]:
    """Where the first of two versions begins with its mark, where the other does, and where both end; marks that stand
    alone have none."""
    held: list[tuple[int, int]] = []
    for mark in source.merge_marks:
        kind = source.text[mark[0]]
        if kind == ">" and len(held) > 1:
            yield held[0][0], held[1][0], mark[1]
            held = []
        elif kind in "=|" and held:
            held.append(mark)
        else:
            yield from ((start, start, end) for start, end in held)
            held = [mark] if kind == "<" else []
            if not held:
                yield mark[0], *mark
    yield from ((start, start, end) for start, end in held)
