"""Texts of the language in coloured pieces that lead to what they name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from segdsl.catalog import CATALOG, Definition
from segdsl.check import Checker, names
from segdsl.check.context import Context
from segdsl.diagnostics import Source
from segdsl.lint.sites import Walker
from segdsl.program import Moment
from segdsl.site.entries import Piece
from segdsl.syntax import tree
from segdsl.syntax.grammar import RESERVED
from segdsl.syntax.parser import parse
from segdsl.syntax.printer import print_definition
from segdsl.syntax.scanner import pieces
from segdsl.syntax.walk import names_in


def rule(checker: Checker, definition: Definition, uses: Sequence[str]) -> tuple[Piece, ...]:
    """A definition as the formatter prints it, without what stands above it; the names in it lead to their
    definitions."""
    walker = Walker(checker)
    contexts = {id(site.node): site.ctx for root in walker.sites(definition) for site in root.walk()}
    checker.work_off()
    own = {parameter.name.text for parameter in definition.parameters}
    home = Context(definition.scope, definition.entity, Moment())

    def meant(name: tree.Name) -> str:
        ctx = contexts.get(id(name), home)
        if len(name.parts) == 1 and (name.text in own or ctx.row is not None):
            return ""
        parts = name.parts
        if len(parts) > 1 and parts[0].text in checker.model.entities:
            ctx, parts = ctx.of(parts[0].text), parts[1:]
        found, _ = names.find(checker, ctx, parts)
        return found.name if found is not None and found.name in uses else ""

    return _printed(definition.tree, meant)


def said(checker: Checker, node: tree.Example | tree.Expect, entity: str) -> tuple[Piece, ...]:
    """An example or an expectation as the formatter prints it, with links too."""
    home = Context(CATALOG, entity, Moment())

    def meant(name: tree.Name) -> str:
        found, _ = names.find(checker, home, name.parts)
        return "" if found is None else found.name

    return _printed(node, meant)


def plain(text: str) -> tuple[Piece, ...]:
    """An expression by itself, coloured."""
    return tuple(_coloured(text, {}))


def _printed(node: tree.Definition, meant: Callable[[tree.Name], str]) -> tuple[Piece, ...]:
    """A tree as it is printed, without its head; what is printed has the same names, in the same order."""
    source = Source("page", print_definition(node))
    printed = parse(source).module.definitions[0]
    begin = source.text.rfind("\n", 0, _start(printed)) + 1
    links: dict[int, tuple[int, str]] = {}
    for there, here in zip(names_in(node), names_in(printed), strict=True):
        target = meant(there)
        if target:
            links[here.span.start - begin] = (here.span.end - begin, target)
    return tuple(_coloured(source.text[begin:].strip("\n"), links))


def _start(node: tree.Definition) -> int:
    """Something in the first line below a definition's head."""
    match node:
        case tree.Example(target=target):
            return target.span.start
        case tree.Expect(condition=condition):
            return condition.span.start
        case tree.Use(library=name):
            return name.span.start
        case _:
            return node.name.span.start


def _coloured(text: str, links: Mapping[int, tuple[int, str]]) -> Iterator[Piece]:
    """A text in pieces. `links` says by an offset where the name that starts there ends, and what it means."""
    position = end = 0
    held = target = ""
    for kind, piece in pieces(text):
        if position in links:
            end, target = links[position]
        position += len(piece)
        if target:
            # a dotted name is one link
            held += piece
            if position >= end:
                yield "name", held, target
                held = target = ""
        elif kind == "word" and piece in RESERVED:
            yield "keyword", piece, ""
        elif kind == "other" and piece[0].isdigit():
            yield "number", piece, ""
        elif kind in ("text", "comment"):
            yield kind, piece, ""
        else:
            yield "", piece, ""
