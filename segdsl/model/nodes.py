"""YAML as nodes with places, read as YAML 1.2 means it: `no`, `on` and `yes` are text."""

from __future__ import annotations

import re
from contextlib import suppress

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode

from segdsl import problems
from segdsl.diagnostics import Diagnostic, Source, Span
from segdsl.problems.model import bracket_in_yaml, quote_in_yaml, tab_in_yaml
from segdsl.problems.words import nearest
from segdsl.syntax.conflicts import conflict_in

_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
_BOOLS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
MAX_BYTES = 1_000_000
MAX_VALUES = 10_000
# what no text can hold: control characters but tabs and line breaks, and halves of characters
_NOT_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")

# a key of a mapping: where it stands, and its value
Entry = tuple[Span, Node]


def compose(source: Source, what: str = "the model") -> tuple[Node | None, Diagnostic | None]:
    """The one document of a text, or why what it holds cannot be read."""
    size = len(source.text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        return None, problems.too_large(what, size, MAX_BYTES, Span(source, 0, 0))
    conflict = conflict_in(source)
    if conflict is not None:
        return None, conflict
    try:
        return yaml.compose(source.text, Loader=yaml.BaseLoader), None
    except yaml.MarkedYAMLError as error:
        return None, _told(source, what, error)
    except yaml.reader.ReaderError as error:
        start = min(int(error.position), len(source.text))
        char = source.text[start : start + 1]
        told = f"the character U+{ord(char):04X} is not allowed" if char else "it ends early"
    except RecursionError:
        start, told = 0, "it is nested too deep"
    return None, problems.not_yaml(what, told, Span(source, start, start + 1))


def _told(source: Source, what: str, error: yaml.MarkedYAMLError) -> Diagnostic:
    """What is wrong, where it begins: YAML notices most of it only where it cannot go on."""
    mark, begin = error.problem_mark or error.context_mark, error.context_mark
    start = min(mark.index if mark else 0, len(source.text))
    told = error.problem or error.context or "it cannot be read"
    if source.text[start : start + 1] == "\t":
        return tab_in_yaml(what, Span(source, start, start + 1))
    if begin is not None and error.context == "while scanning a quoted scalar":
        return quote_in_yaml(what, None, Span(source, begin.index, begin.index + 1))
    quote = _quote_before(source.text, start)
    if quote is not None:
        return quote_in_yaml(
            what, quote.end_mark.line + 1, Span(source, quote.start_mark.index, quote.start_mark.index + 1)
        )
    if begin is not None and mark is not None and begin.line < mark.line and "flow" in (error.context or ""):
        return bracket_in_yaml(what, f"{told} in line {mark.line + 1}", Span(source, begin.index, begin.index + 1))
    help = "put the text into quotes" if "cannot start any token" in told else None
    return problems.not_yaml(what, told, Span(source, start, start + 1), help)


def _quote_before(text: str, place: int) -> yaml.ScalarToken | None:
    """The text in quotes that ends in the line of a place, before it, and began in another."""
    found = None
    with suppress(yaml.YAMLError):
        for token in yaml.scan(text, Loader=yaml.BaseLoader):
            if token.start_mark.index >= place:
                break
            if isinstance(token, yaml.ScalarToken) and token.style in ("'", '"'):
                found = token
    if found is None or found.start_mark.line == found.end_mark.line or "\n" in text[found.end_mark.index : place]:
        return None
    return found


def is_null(node: Node) -> bool:
    return isinstance(node, ScalarNode) and not node.style and node.value in _NULLS


class Reader:
    """Takes nodes apart, and collects what is not as it should be."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.diagnostics: list[Diagnostic] = []

    def report(self, problem: Diagnostic) -> None:
        self.diagnostics.append(problem)

    def span(self, node: Node) -> Span:
        return Span(self.source, node.start_mark.index, node.end_mark.index)

    def place(self, entry: Entry) -> Span:
        """What to point at for a value: the value itself where it is short, else its key."""
        key, node = entry
        return self.span(node) if isinstance(node, ScalarNode) and node.style not in ("|", ">") else key

    def mapping(self, entry: Entry, what: str) -> dict[str, Entry]:
        """The entries of a mapping whose keys are free; an empty value is an empty mapping."""
        node = entry[1]
        if is_null(node):
            return {}
        if not isinstance(node, MappingNode):
            self.report(problems.wrong_shape(what, "a mapping (`key: value`)", _found(node), self.place(entry)))
            return {}
        entries: dict[str, Entry] = {}
        for key_node, value in node.value:
            if not isinstance(key_node, ScalarNode) or is_null(key_node):
                self.report(problems.wrong_shape(f"a key of {what}", "a text", _found(key_node), self.span(key_node)))
            elif key_node.value in entries:
                self.report(problems.duplicate_key(key_node.value, self.span(key_node), entries[key_node.value][0]))
            else:
                self.check_characters(key_node, f"a key of {what}")
                entries[key_node.value] = (self.span(key_node), value)
        return entries

    def section(
        self, entry: Entry, what: str, known: tuple[str, ...], required: tuple[str, ...] = ()
    ) -> dict[str, Entry]:
        """The entries of a mapping whose keys are fixed; keys without a value are as if they were left out."""
        entries = self.mapping(entry, what)
        for name, (span, _) in entries.items():
            if name not in known:
                self.report(problems.unknown_key(name, what, known, span))
                meant = nearest(name, [key for key in known if key not in entries])
                if len(meant) == 1 and meant[0] in required:  # else much is told because it is missing
                    entries = {**entries, meant[0]: entries[name]}
        kept = {name: entries[name] for name in entries if name in known and not is_null(entries[name][1])}
        if isinstance(entry[1], MappingNode) or is_null(entry[1]):
            for name in required:
                if name not in kept:
                    self.report(problems.missing_key(name, what, entries[name][0] if name in entries else entry[0]))
        return kept

    def text(self, entry: Entry, what: str) -> str | None:
        """A text as it is written, a plain number or date too."""
        node = entry[1]
        if isinstance(node, ScalarNode) and not is_null(node) and node.value.strip():
            self.check_characters(node, what)
            return str(node.value)
        self.report(problems.wrong_shape(what, "a text", _found(node), self.place(entry)))
        return None

    def truth(self, entry: Entry, what: str) -> bool:
        node = entry[1]
        if isinstance(node, ScalarNode) and not node.style and node.value in _BOOLS:
            return _BOOLS[node.value]
        self.report(problems.wrong_shape(what, "`true` or `false`", _found(node), self.place(entry)))
        return False

    def whole(self, entry: Entry, what: str, least: int) -> int:
        """A whole number from `least` on."""
        node = entry[1]
        if isinstance(node, ScalarNode) and not node.style and node.value.isdecimal() and int(node.value) >= least:
            return int(node.value)
        self.report(problems.wrong_shape(what, f"a whole number from {least}", _found(node), self.place(entry)))
        return least

    def texts(self, entry: Entry, what: str) -> list[tuple[str, Span]]:
        """The texts of a list, each with its place."""
        node = entry[1]
        if not isinstance(node, yaml.SequenceNode):
            self.report(problems.wrong_shape(what, "a list of texts", _found(node), self.place(entry)))
            return []
        found: list[tuple[str, Span]] = []
        if len(node.value) > MAX_VALUES:
            self.report(problems.too_large(what, len(node.value), MAX_VALUES, self.place(entry)))
            return []
        for item in node.value:
            if isinstance(item, ScalarNode) and not is_null(item):
                self.check_characters(item, f"a member of {what}")
                found.append((item.value, self.span(item)))
            else:
                self.report(problems.wrong_shape(f"a member of {what}", "a text", _found(item), self.span(item)))
        return found

    def check_characters(self, node: ScalarNode, what: str) -> None:
        found = _NOT_TEXT.search(node.value)
        if found is not None:
            char = f"the character U+{ord(found.group()):04X}"
            self.report(problems.wrong_shape(what, "a text without control characters", char, self.span(node)))

    def places(self, name: Span, entries: dict[str, Entry]) -> dict[str, Span]:
        """What a part of the model remembers of where it was written; see `Part.span`."""
        return {"": name} | {key: self.place(entry) for key, entry in entries.items()}


def _found(node: Node) -> str:
    if isinstance(node, MappingNode):
        return "a mapping"
    if isinstance(node, ScalarNode):
        return "nothing" if is_null(node) or not node.value.strip() else f"`{node.value}`"
    return "a list"
