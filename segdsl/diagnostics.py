"""What a user is told, and where: sources, spans, diagnostics, and how they are rendered."""

from __future__ import annotations

import os
import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from segdsl.values import frozen

Severity = Literal["error", "warning"]

# what would do something to a terminal instead of being seen, or turn a line around: shown as its picture, one wide
_PICTURES = {code: chr(0x2400 + code) for code in range(0x20) if chr(code) not in "\t\n"}
_PICTURES[0x7F] = "\u2421"
_PICTURES |= dict.fromkeys((*range(0x80, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)), "\ufffd")


_MERGE_MARK = r"^(?:<{7}|={7}|>{7}|\|{7})(?:[ \t][^\n]*)?$"


@dataclass(frozen=True, eq=False)
class Source:
    """A text and the path it is known by (relative to the catalog, or a name such as `--set`).

    `file` is where it was read from, where that is a file of the user's.
    """

    path: str
    text: str
    file: Path | None = None

    @cached_property
    def line_starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self.text))]

    @cached_property
    def merge_marks(self) -> list[tuple[int, int]]:
        """The lines that git puts around the two versions of an unfinished merge."""
        if not any(mark * 7 in self.text for mark in "<=>|"):  # faster than to look at lines, and nearly always so
            return []
        return [match.span() for match in re.finditer(_MERGE_MARK, self.text, re.MULTILINE)]

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both counted from 1; columns count code points."""
        line = bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1

    def seen_from(self, folder: Path | None) -> str:
        """The path as it is written in a folder, so that it can be opened from there; without one, the path known."""
        if folder is None or self.file is None:
            return self.path
        try:
            relative = os.path.relpath(self.file, folder)
        except ValueError:  # on another drive
            return self.file.as_posix()
        return Path(min(relative, str(self.file), key=len)).as_posix()

    def line(self, number: int) -> str:
        """The text of a line (counted from 1), without its end."""
        start = self.line_starts[number - 1]
        end = self.line_starts[number] - 1 if number < len(self.line_starts) else len(self.text)
        return self.text[start:end].rstrip("\r")


@frozen(eq=False)
class Span:
    """A stretch of a source, from `start` up to before `end`."""

    source: Source
    start: int
    end: int

    @property
    def line(self) -> int:
        return self.source.position(self.start)[0]

    @property
    def column(self) -> int:
        return self.source.position(self.start)[1]

    @property
    def place(self) -> str:
        """`path:line:column`."""
        return self.place_from(None)

    def place_from(self, folder: Path | None) -> str:
        """`path:line:column`, with the path as it is written in a folder."""
        line, column = self.source.position(self.start)
        return f"{self.source.seen_from(folder)}:{line}:{column}"

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    def to(self, other: Span) -> Span:
        """From the start of this one to the end of the other."""
        end = other.end
        return Span(self.source, self.start, end if end > self.end else self.end)


@frozen
class Fix:
    """A replacement that mends what a diagnostic points at."""

    span: Span
    replacement: str


@frozen
class Label:
    """A second place that a diagnostic speaks of."""

    span: Span
    message: str


@frozen
class Diagnostic:
    """One finding: a stable code, one sentence, its place, and what can be done about it."""

    code: str
    message: str
    span: Span | None = None
    help: str | None = None
    severity: Severity = "error"
    labels: tuple[Label, ...] = ()
    fix: Fix | None = field(default=None, compare=False)

    @property
    def is_error(self) -> bool:
        """Whether nothing can run before it is mended; a warning only asks to look again."""
        return self.severity == "error"

    def as_dict(self, folder: Path | None = None) -> dict[str, Any]:
        """The diagnostic as plain JSON values; lines and columns count from 1, paths are as seen from a folder."""
        out: dict[str, Any] = {"code": self.code, "severity": self.severity, "message": self.message}
        if self.span is not None:
            line, column = self.span.source.position(self.span.start)
            end_line, end_column = self.span.source.position(self.span.end)
            out |= {"file": self.span.source.seen_from(folder), "line": line, "column": column}
            out |= {"end_line": end_line, "end_column": end_column}
        if self.help:
            out["help"] = self.help
        if self.labels:
            out["labels"] = [
                {"place": label.span.place_from(folder), "message": label.message} for label in self.labels
            ]
        if self.fix:
            out["fix"] = {"place": self.fix.span.place_from(folder), "replacement": self.fix.replacement}
        return out

    def render(self, folder: Path | None = None) -> str:
        """The diagnostic as text: code and sentence, place, the line with a caret under it, help.

        Paths are relative to the catalog, or as seen from the folder given."""
        lines = [f"{self.severity}[{self.code}]: {self.message}"]
        if self.span is not None:
            lines.extend(_excerpt(self.span, folder, "-->", "^", ""))
        for label in self.labels:
            lines.extend(_excerpt(label.span, folder, ":::", "-", label.message))
        if self.help:
            first, *rest = self.help.splitlines()
            lines.append(f"  = help: {first}")
            lines.extend(f"          {line}" for line in rest)
        return "\n".join(lines).translate(_PICTURES)


def sort(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Each diagnostic once, by file and place; those without a place first."""

    def key(item: Diagnostic) -> tuple[str, int, str, str]:
        if item.span is None:
            return ("", -1, item.code, item.message)
        return (item.span.source.path, item.span.start, item.code, item.message)

    unique = {(*key(item), item.span.end if item.span else 0): item for item in diagnostics}
    return sorted(unique.values(), key=key)


_LONG_LINE = 200


def _excerpt(span: Span, folder: Path | None, arrow: str, mark: str, message: str) -> list[str]:
    line, column = span.source.position(span.start)
    text, begin = _around(span.source.line(line), column - 1)
    room = max(len(text) - begin, 1)
    width = max(1, min(span.end - span.start, room))
    gutter = len(str(line))
    # tabs and wide characters before the caret stay as they are, so that it stands below what it means
    lead = "".join(char if char == "\t" else " " * _columns(char) for char in text[:begin])
    carets = mark * max(1, sum(_columns(char) for char in text[begin : begin + width]))
    under = f"{lead}{carets} {message}".rstrip()
    return [
        f"{' ' * gutter} {arrow} {span.place_from(folder)}",
        f"{' ' * gutter} |",
        f"{line} | {text}",
        f"{' ' * gutter} | {under}",
    ]


def _around(text: str, begin: int) -> tuple[str, int]:
    """A line, of a long one the part around a place in it; and where in that part the place is."""
    if len(text) <= _LONG_LINE:
        return text, begin
    start = max(0, begin - _LONG_LINE // 3)
    part = text[start : start + _LONG_LINE]
    if start + len(part) < len(text):
        part = f"{part[:-1]}…"
    return (f"…{part[1:]}", begin - start) if start else (part, begin)


def _columns(char: str) -> int:
    from unicodedata import combining, east_asian_width

    if combining(char):
        return 0
    return 2 if east_asian_width(char) in "WF" else 1
