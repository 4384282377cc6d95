"""What stands in a text at a glance: its definitions, the kinds of its words, counts beside names, things to do."""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol import types

from segdsl.diagnostics import Source, Span
from segdsl.editor.index import Index, SourceIndex
from segdsl.editor.marks import marks
from segdsl.editor.positions import position, range_of, units
from segdsl.editor.project import Outcome
from segdsl.functions import CALLS
from segdsl.syntax import tree
from segdsl.syntax.keywords import CONSTANTS, KEYWORDS
from segdsl.syntax.scanner import pieces
from segdsl.texts import NAMED, Stretch

_SYMBOLS = {
    "segment": types.SymbolKind.Class,
    "trait": types.SymbolKind.Variable,
    "segmentation": types.SymbolKind.Enum,
    "param": types.SymbolKind.Constant,
}
TOKENS = (
    "keyword string number comment operator class variable enum enumMember parameter property event "  # noqa: SIM905
    "function namespace struct decorator".split()
)
MODIFIERS = ["definition", "readonly"]
_MOST_PARSED = 150
_OF_THINGS = {
    "label": "enumMember",
    "parameter": "parameter",
    "attribute": "property",
    "field": "property",
    "event": "event",
    "entity": "struct",
    "library": "namespace",
    "function": "function",
    "annotation": "decorator",
}
_OF_STARTERS = {"segment": "class", "segmentation": "enum", "trait": "variable", "param": "variable"}


def name_of(index: SourceIndex, stretch: Stretch) -> Span | None:
    """Where the definition in a stretch gives its name."""
    node = index.parsed(stretch)
    if node is not None and not isinstance(node, tree.Use | tree.Example | tree.Expect):
        return node.name.span
    text = index.source.text
    start = text.find(stretch.name, text.find(stretch.starter, stretch.chunk.start) + len(stretch.starter))
    return Span(index.source, start, start + len(stretch.name)) if stretch.name and start >= 0 else None


def symbols(index: SourceIndex) -> list[types.DocumentSymbol]:
    """The definitions of a text, with the labels of segmentations inside."""
    found: list[types.DocumentSymbol] = []
    for stretch in index.stretches:
        if stretch.starter not in NAMED or not stretch.name:
            continue
        whole = range_of(Span(index.source, stretch.chunk.start, stretch.chunk.code_end))
        children: list[types.DocumentSymbol] = []
        name = whole
        if stretch.starter == "segmentation" and isinstance(node := index.parsed(stretch), tree.Segmentation):
            name = range_of(node.name.span)
            for rule in node.rules:
                place = range_of(rule.label.span)
                children.append(
                    types.DocumentSymbol(rule.label.text, types.SymbolKind.EnumMember, range_of(rule.span), place)
                )
        else:
            text = index.source.text
            start = text.find(stretch.starter, stretch.chunk.start)
            start = text.find(stretch.name, start + len(stretch.starter))
            name = range_of(Span(index.source, start, start + len(stretch.name)))
        found.append(
            types.DocumentSymbol(
                stretch.name, _SYMBOLS[stretch.starter], whole, name, detail=stretch.starter, children=children
            )
        )
    return found


def semantic_tokens(index: Index | None, source: SourceIndex) -> list[int]:
    """The words of a text with their kinds, as the protocol numbers them."""
    known: dict[int, tuple[str, bool]] = {}
    if index is not None and len(source.stretches) <= _MOST_PARSED:
        for stretch in source.stretches:
            if (node := source.parsed(stretch)) is not None:
                for mark in marks(index, node):
                    thing = mark.thing
                    kind = _OF_THINGS.get(thing.kind) or _OF_STARTERS.get(index.starter(thing.name), "variable")
                    known[mark.span.start] = (kind, mark.is_definition)
    data: list[int] = []
    line = last_line = last_start = column = at = 0
    for kind, text in pieces(source.source.text):
        found, defines = known.get(at, ("", False))
        found = found or _lexical(kind, text)
        if found:
            data += [line - last_line, column - (last_start if line == last_line else 0), units(text)]
            data += [TOKENS.index(found), int(defines)]
            last_line, last_start = line, column
        at += len(text)
        if "\n" in text:
            line += text.count("\n")
            column = units(text[text.rfind("\n") + 1 :])
        else:
            column += units(text)
    return data


def _lexical(kind: str, text: str) -> str:
    match kind:
        case "comment":
            return "comment"
        case "text":
            return "" if text.startswith("`") else "string"
        case "word":
            return "keyword" if text in KEYWORDS | CONSTANTS else "function" if text in CALLS else ""
        case "other":
            return "number" if text[0].isdigit() else "operator" if text[0] in "=<>!+-*/" else ""
    return ""


def hints(source: SourceIndex, outcome: Outcome, first: int, last: int) -> Iterator[types.InlayHint]:
    """How many members segments and labels had in the last saved run, behind their names."""
    if not outcome.counts:
        return
    for stretch in source.stretches:
        if stretch.chunk.code_end < first or stretch.chunk.start > last:
            continue
        if stretch.starter == "segmentation" and isinstance(node := source.parsed(stretch), tree.Segmentation):
            for rule in node.rules:
                yield from _hint(outcome, f"{stretch.name}.{rule.label.text}", source.source, rule.label.span.end)
        elif stretch.starter == "segment" and (place := name_of(source, stretch)) is not None:
            yield from _hint(outcome, stretch.name, source.source, place.end)


def _hint(outcome: Outcome, name: str, source: Source, offset: int) -> Iterator[types.InlayHint]:
    if name in outcome.counts:
        day, members = outcome.counts[name]
        said = "1 member" if members == 1 else f"{members:,} members"
        yield types.InlayHint(
            position(source, offset), said, tooltip=f"as of {day}, the last saved run", padding_left=True
        )


def lenses(uri: str, source: SourceIndex) -> Iterator[types.CodeLens]:
    """What can be done with each segment and segmentation."""
    for stretch in source.stretches:
        if stretch.starter in ("segment", "segmentation") and stretch.name:
            start = position(source.source, stretch.chunk.start)
            for title, command in (("Run", "run"), ("Explain", "explain"), ("SQL", "sql")):
                called = types.Command(title, f"segdsl.{command}", arguments=[uri, stretch.name])
                yield types.CodeLens(types.Range(start, start), called)
