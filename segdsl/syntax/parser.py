"""Text to tree, collecting what is wrong with it.

A file is cut into definitions first, at the words that start one, and each is parsed by itself: an error in one
hides nothing in the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from lark import Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from segdsl import problems
from segdsl.diagnostics import Diagnostic, Source, Span
from segdsl.syntax import tree
from segdsl.syntax.builder import Builder, SyntaxProblem
from segdsl.syntax.grammar import lark
from segdsl.syntax.messages import explain
from segdsl.syntax.scanner import Chunk, cut, description, is_plain_name

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
    diagnostics: list[Diagnostic] = []
    for chunk in chunks:
        builder = Builder(source, chunk.start, description(source, chunk.start))
        try:
            node = _tree(source, chunk.start, chunk.end, "definition")
            definitions.append(cast(tree.Definition, builder.read(node)))
        except SyntaxProblem as problem:
            diagnostics.append(problem.diagnostic)
        diagnostics.extend(builder.diagnostics)
    return Parsed(tree.Module(source, tuple(definitions), tuple(comments)), tuple(diagnostics))


def parse_value(source: Source) -> tuple[tree.Expr | None, tuple[Diagnostic, ...]]:
    """A text that is one expression, as `--set` and `-e` take it; None where it cannot be read."""
    return cast("tuple[tree.Expr | None, tuple[Diagnostic, ...]]", _parse_one(source, "value"))


def parse_customer(source: Source) -> tuple[tree.Customer | None, tuple[Diagnostic, ...]]:
    """A text that describes one customer: `ada: country = "DE", order(10d ago)`."""
    return cast("tuple[tree.Customer | None, tuple[Diagnostic, ...]]", _parse_one(source, "customer"))


def _parse_one(source: Source, start: str) -> tuple[object | None, tuple[Diagnostic, ...]]:
    builder = Builder(source, 0, "")
    try:
        built = builder.read(_tree(source, 0, len(source.text), start))
    except SyntaxProblem as problem:
        return None, (problem.diagnostic, *builder.diagnostics)
    return built, tuple(builder.diagnostics)


def _tree(source: Source, start: int, end: int, rule: str) -> Tree[Token]:
    try:
        return lark().parse(source.text[start:end], start=rule)
    except (UnexpectedToken, UnexpectedCharacters) as error:
        raise SyntaxProblem(explain(source, start, end, error)) from None
    except UnexpectedInput:  # pragma: no cover - Lark's contextual lexer raises only the two above
        raise
