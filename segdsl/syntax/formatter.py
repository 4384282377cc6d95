"""The formatter of `.seg` files. It proves what it does: the print has the same tree and the same comments."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from segdsl.diagnostics import Diagnostic, Source
from segdsl.syntax import tree
from segdsl.syntax.module_printer import description_comments, print_module
from segdsl.syntax.parser import Parsed, parse

_ROUNDS = 8


class FormatterError(Exception):
    """The formatter would have changed what a file says: a bug in segdsl, never a mistake of the file."""

    def __init__(self, source: Source, what: str) -> None:
        super().__init__(f"{source.path}: {what}; the file is left as it is; this is a bug in segdsl, please report it")


@dataclass(frozen=True)
class Formatted:
    """The canonical print of a file; with syntax errors it is the file's own text."""

    text: str
    changed: bool
    diagnostics: tuple[Diagnostic, ...]


def format_source(source: Source) -> Formatted:
    """The canonical print of a file, which is parsed again to prove that it says the same."""
    return format_parsed(source, parse(source))


def format_parsed(source: Source, parsed: Parsed) -> Formatted:
    """The same for a file that has been parsed."""
    if parsed.diagnostics:
        return Formatted(source.text, False, parsed.diagnostics)
    module = parsed.module
    text = print_module(module)
    if text == source.text:
        return Formatted(text, False, ())
    # comments can move once more when the lines around them have
    for _ in range(_ROUNDS):
        again = parse(Source(source.path, text))
        if again.diagnostics:
            raise FormatterError(source, "the print cannot be read")
        if again.module.definitions != module.definitions:
            raise FormatterError(source, "the print has other definitions")
        if _comments(again.module) != _comments(module):
            raise FormatterError(source, "the print has other comments")
        before, text = text, print_module(again.module)
        if text == before:
            return Formatted(text, text != source.text, ())
    raise FormatterError(source, "the print of the print is different")


def _comments(module: tree.Module) -> Counter[str]:
    """How often each comment stands in a module, descriptions apart: they are part of the definitions."""
    described = description_comments(module)
    return Counter(each.text.lstrip("#").strip() for each in module.comments if each.span.start not in described)
