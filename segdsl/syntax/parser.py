"""Text to tree, collecting what is wrong with it.

A file is cut into definitions first, at the words that start one, and each is parsed by itself: an error in one
hides nothing in the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from segdsl import problems
from segdsl.diagnostics import Diagnostic, Source, Span
from segdsl.syntax import tree
from segdsl.syntax.builder import MAX_DEPTH, Builder, SyntaxProblem, first_too_deep, makers
from segdsl.syntax.conflicts import conflict_in, with_one_side
from segdsl.syntax.machine import Refused, TooDeep, read
from segdsl.syntax.messages import explain
from segdsl.syntax.scanner import Chunk, cut, description, is_plain_name
from segdsl.syntax.table import table

__all__ = ["MAX_BYTES", "Parsed", "is_plain_name", "parse", "parse_customer", "parse_value"]

MAX_BYTES = 1_000_000


@dataclass(frozen=True)
class Parsed:
    """A module as far as it could be read, and what is wrong with the rest."""

    module: tree.Module
    diagnostics: tuple[Diagnostic, ...]


def parse(source: Source, only: Sequence[Chunk] | None = None) -> Parsed:
    """The definitions of a `.seg` text, or `only` those that some stretches of it are, and no comments then. Never
    raises for what stands in the text.
    """
    size = len(source.text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        span = Span(source, 0, 0)
        problem = problems.too_large("a file of definitions", size, MAX_BYTES, span)
        return Parsed(tree.Module(source, (), ()), (problem,))
    chunks, comments = cut(source) if only is None else (only, [])
    definitions: list[tree.Definition] = []
    concerned = [(0, len(source.text))] if only is None else [(chunk.start, chunk.end) for chunk in only]
    conflict = next((told for each in concerned if (told := conflict_in(source, *each)) is not None), None)
    diagnostics: list[Diagnostic] = [] if conflict is None else [conflict]
    source = with_one_side(source)
    for chunk in chunks:
        builder = Builder(source, description(source, chunk.start))
        built, found = _build(builder, chunk.start, chunk.end, "definition")
        if built is not None:
            definitions.append(cast(tree.Definition, built))
        diagnostics.extend(found)
    return Parsed(tree.Module(source, tuple(definitions), tuple(comments)), tuple(diagnostics))


def parse_value(source: Source) -> tuple[tree.Expr | None, tuple[Diagnostic, ...]]:
    """A text that is one expression, as `--set` and `-e` take it; None where it cannot be read."""
    return cast("tuple[tree.Expr | None, tuple[Diagnostic, ...]]", _parse_one(source, "value"))


def parse_customer(source: Source) -> tuple[tree.Customer | None, tuple[Diagnostic, ...]]:
    """A text that describes one customer: `ada: country = "DE", order(10d ago)`."""
    return cast("tuple[tree.Customer | None, tuple[Diagnostic, ...]]", _parse_one(source, "customer"))


def _parse_one(source: Source, goal: str) -> tuple[object | None, tuple[Diagnostic, ...]]:
    return _build(Builder(source, ""), 0, len(source.text), goal)


def _build(builder: Builder, start: int, end: int, goal: str) -> tuple[Any | None, tuple[Diagnostic, ...]]:
    """What stands in a stretch of a text, None where it cannot be read, and what is wrong with it."""
    source = builder.source
    try:
        try:
            built = read(table(), makers(table()), builder, source.text, start, end, goal, MAX_DEPTH)
        except TooDeep:
            place = first_too_deep(source.text, start, end, goal)
            return None, (problems.too_deep(MAX_DEPTH, Span(source, *place)),)
    except Refused as refused:  # small mistakes before it are told once it can be read
        return None, (explain(source, start, end, refused),)
    except SyntaxProblem as problem:
        return None, (problem.diagnostic, *builder.diagnostics)
    return built, tuple(builder.diagnostics)
