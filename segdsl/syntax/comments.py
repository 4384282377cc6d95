"""Where the comments of a text stand, and where they go in the print of its tree.

The print of a tree has the same words in the same order as the text that it was read from; only `(`, `)` and `,` can
come or go. So a comment's place is the number of words before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from segdsl.diagnostics import Source
from segdsl.syntax import tree
from segdsl.syntax.scanner import Chunk, words


@dataclass(frozen=True, slots=True)
class Placed:
    """A comment inside a definition: the words before it, and how often `)` follows the last of them before it."""

    text: str
    own_line: bool
    place: int
    closings: int


def place(source: Source, chunk: Chunk, comments: Sequence[tree.Comment]) -> list[Placed]:
    """The comments of a definition, which are in the order of the text."""
    out: list[Placed] = []
    count = closings = 0
    found = words(source.text, chunk.start, chunk.code_end)
    word = next(found, None)
    for comment in comments:
        while word is not None and word.start() < comment.span.start:
            closing = word.lastgroup == "closing"
            count, closings = (count, closings + 1) if closing else (count + 1, 0)
            word = next(found, None)
        out.append(Placed(comment.text, comment.own_line, count, closings))
    return out


def weave(lines: Sequence[str], comments: Sequence[Placed]) -> tuple[list[str], list[str]]:
    """The lines of a definition with its comments; first those that come to stand above it."""
    spans = _spans(lines)
    before: list[list[str]] = [[] for _ in lines]
    behind: list[str] = [""] * len(lines)
    for comment in comments:
        if comment.own_line:
            before[_line_of_next(spans, comment)].append(comment.text)
            continue
        at = _line_of_last(spans, lines, comment)
        if behind[at]:
            before[at].append(behind[at])
        behind[at] = comment.text
    out: list[str] = []
    for index, line in enumerate(lines):
        if index:
            indent = len(line) - len(line.lstrip()) + (2 if line.lstrip()[:1] in (")", "}") else 0)
            out.extend(" " * indent + text for text in before[index])
        out.append(f"{line}  {behind[index]}" if behind[index] else line)
    # above a definition `##` would describe it
    return [f"#{text.lstrip('#')}" for text in before[0]] if lines else [], out


def _spans(lines: Sequence[str]) -> list[tuple[int, int]]:
    """How many words stand before each line's first and behind its last."""
    out: list[tuple[int, int]] = []
    count = 0
    for line in lines:
        start = count
        count += sum(word.lastgroup != "closing" for word in words(line))
        out.append((start, count))
    return out


def _line_of_next(spans: Sequence[tuple[int, int]], comment: Placed) -> int:
    return next((index for index, (_, end) in enumerate(spans) if comment.place < end), len(spans) - 1)


def _line_of_last(spans: Sequence[tuple[int, int]], lines: Sequence[str], comment: Placed) -> int:
    """The line with the last word before a comment, or with the `)` after it where such a line follows."""
    at = next((index for index, (_, end) in enumerate(spans) if comment.place <= end), len(spans) - 1)
    closings = comment.closings - _closings_at_end(lines[at])
    while closings > 0 and at + 1 < len(spans) and spans[at + 1] == (comment.place, comment.place):
        at += 1
        closings -= _closings_at_end(lines[at])
    return at


def _closings_at_end(line: str) -> int:
    count = 0
    for word in words(line):
        count = count + 1 if word.lastgroup == "closing" else 0
    return count
