"""A whole file to text: definitions with their comments and the blank lines between them."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from segdsl.diagnostics import Span
from segdsl.syntax import tree
from segdsl.syntax.comments import place, weave
from segdsl.syntax.layout import broken_groups, render
from segdsl.syntax.printer import description, layout
from segdsl.syntax.scanner import Chunk, cut, description_lines


@dataclass(frozen=True, slots=True)
class _Item:
    """A definition or a comment between definitions: its lines, and where it stood in the text, if anywhere."""

    lines: list[str]
    span: Span | None
    definition: tree.Definition | None = None


def print_module(module: tree.Module) -> str:
    """The canonical print of a file. What could not be read in it is not printed."""
    out: list[str] = []
    before: _Item | None = None
    for item in _items(module):
        if before is not None and _are_apart(before, item):
            out.append("")
        out.extend(item.lines)
        before = item
    return "".join(f"{line}\n" for line in out)


def description_comments(module: tree.Module) -> frozenset[int]:
    """Where those comments start that are descriptions of definitions."""
    return _described(module, cut(module.source)[0])


def _described(module: tree.Module, chunks: list[Chunk]) -> frozenset[int]:
    by_line = {comment.span.line: comment.span.start for comment in module.comments if comment.own_line}
    out: set[int] = set()
    for chunk in chunks:
        line = module.source.position(chunk.start)[0]
        count = len(description_lines(module.source, chunk.start))
        out.update(by_line[number] for number in range(line - count, line))
    return frozenset(out)


def _items(module: tree.Module) -> Iterator[_Item]:
    """The definitions, and the comments between them, in the order of the text."""
    chunks = cut(module.source)[0]
    starts = [chunk.start for chunk in chunks]
    described = _described(module, chunks)
    comments = deque(comment for comment in module.comments if comment.span.start not in described)
    for definition in module.definitions:
        if definition.span.source is not module.source:  # a tree that was not read from a text
            yield _Item([*description(definition.head), *_lines(definition, [])], None, definition)
            continue
        chunk = chunks[bisect_right(starts, definition.span.start) - 1]
        while comments and comments[0].span.start < chunk.start:
            yield _comment(comments.popleft())
        inner: list[tree.Comment] = []
        while comments and _is_inside(comments[0], chunk):
            inner.append(comments.popleft())
        placed = place(module.source, chunk, inner)
        above, lines = weave(_lines(definition, [each.place for each in placed]), placed)
        first_line = module.source.position(chunk.start)[0] - len(description_lines(module.source, chunk.start))
        start = min(module.source.line_starts[first_line - 1], chunk.start)
        span = Span(module.source, start, max(chunk.code_end, inner[-1].span.end if inner else 0))
        yield _Item([*above, *description(definition.head), *lines], span, definition)
    yield from map(_comment, comments)


def _comment(comment: tree.Comment) -> _Item:
    return _Item([comment.text], comment.span)


def _is_inside(comment: tree.Comment, chunk: Chunk) -> bool:
    start = comment.span.start
    return start < chunk.code_end or (start < chunk.end and not comment.own_line)


def _lines(definition: tree.Definition, places: list[int]) -> list[str]:
    docs = layout(definition)
    broken = broken_groups((doc for _, doc in docs), places)
    return [line for indent, doc in docs for line in render(doc, indent, broken=broken)]


def _are_apart(before: _Item, item: _Item) -> bool:
    """Whether a blank line comes between: where one stood, and above a definition with a description or annotations."""
    if before.definition and item.definition and (item.definition.head.description or item.definition.head.annotations):
        return True
    if before.span is None or item.span is None:
        return False
    return before.span.source.text.count("\n", before.span.end, item.span.start) > 1
