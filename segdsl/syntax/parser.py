"""Text to tree, collecting what is wrong with it.

A file is cut into definitions first, at the words that start one, and each is parsed by itself: an error in one
hides nothing in the others.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import cast

from lark import Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from segdsl import problems
from segdsl.diagnostics import Diagnostic, Source, Span
from segdsl.syntax import tree
from segdsl.syntax.builder import Builder, SyntaxProblem
from segdsl.syntax.grammar import RESERVED, lark
from segdsl.syntax.messages import explain

MAX_BYTES = 1_000_000
_STARTERS = frozenset("param trait segment segmentation use example expect".split())
_SCAN = re.compile(
    r"""(?P<text>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`[^`\n]*`)|(?P<comment>\#[^\n]*)|(?P<word>[^\W\d]\w*)|(?P<at>@)|(?P<other>\d\w*|\S)""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class Parsed:
    """A module as far as it could be read, and what is wrong with the rest."""

    module: tree.Module
    diagnostics: tuple[Diagnostic, ...]


def parse(source: Source) -> Parsed:
    """The definitions of a `.seg` text. Never raises for what stands in the text."""
    size = len(source.text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        span = Span(source, 0, 0)
        problem = problems.too_large("a file of definitions", size, MAX_BYTES, span)
        return Parsed(tree.Module(source, (), ()), (problem,))
    chunks, comments = _cut(source)
    definitions: list[tree.Definition] = []
    diagnostics: list[Diagnostic] = []
    for start, end in chunks:
        builder = Builder(source, start, _description(source, start))
        try:
            definitions.append(cast(tree.Definition, builder.build(_tree(source, start, end, "definition"))))
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
        built = builder.build(_tree(source, 0, len(source.text), start))
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


def _cut(source: Source) -> tuple[list[tuple[int, int]], list[tree.Comment]]:
    """Where each definition starts and ends, and every comment."""
    text = source.text
    starts: list[int] = []
    comments: list[tree.Comment] = []
    pending = False  # annotations have been seen whose definition has not
    seen_on_line = False
    position = 0
    for match in _SCAN.finditer(text):
        if "\n" in text[position : match.start()]:
            seen_on_line = False
        position = match.end()
        kind = match.lastgroup
        if kind == "comment":
            span = Span(source, match.start(), match.end())
            comments.append(tree.Comment(match.group().rstrip(), not seen_on_line, span))
            continue
        if kind == "at" and not pending:
            starts.append(match.start())
            pending = True
        elif kind == "word" and match.group() in _STARTERS and _starts_definition(text, match.start(), seen_on_line):
            if not pending:
                starts.append(match.start())
            pending = False
        elif not starts:
            starts.append(match.start())
        seen_on_line = True
    return list(zip(starts, [*starts[1:], len(text)], strict=True)), comments


def _starts_definition(text: str, start: int, seen_on_line: bool) -> bool:
    """Whether a reserved word starts a definition here: not where a name was meant, as in `segment use = …`."""
    if not seen_on_line:
        return True
    before = text[:start].rstrip(" \t")
    if before.endswith("."):
        return False
    word = re.search(r"(?<![\w`])([^\W\d]\w*)$", before)
    return not (word and word.group(1) in _STARTERS)


def _description(source: Source, start: int) -> str:
    """The `##` lines directly above an offset, without their marks."""
    line = source.position(start)[0]
    lines: list[str] = []
    while line > 1:
        line -= 1
        text = source.line(line).strip()
        if not text.startswith("##"):
            break
        lines.append(text[2:].removeprefix(" "))
    return "\n".join(reversed(lines)).strip("\n")


def is_plain_name(text: str) -> bool:
    """Whether a name can be written without backticks."""
    return text not in RESERVED and re.fullmatch(r"[^\W\d]\w*", text) is not None
