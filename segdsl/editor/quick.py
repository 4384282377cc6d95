"""What is wrong with the definitions that are being written, before everything is checked: at once, and for good once
the whole check has been."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from segdsl.catalog import Catalog, assemble
from segdsl.check import Checker
from segdsl.diagnostics import Diagnostic, Source, Span, sort
from segdsl.editor.index import SourceIndex
from segdsl.model.model import Model
from segdsl.texts import Files, Stretch


def at_once(
    model: Model,
    indexes: Sequence[SourceIndex],
    libraries: Mapping[str, Source],
    before: Catalog,
    known: Sequence[Diagnostic],
    path: str,
) -> list[Diagnostic]:
    """What is wrong in a text: errors of its definitions that are not those of the last check, checked with what they
    need and nothing else; and what that check found in the others (`known`), where they stand now."""
    now = next(index for index in indexes if index.source.path == path)
    old = next((SourceIndex(item.source) for item in before.modules if item.source.path == path), None)
    stretches = old.stretches if old is not None else ()
    left = Counter(_text(item) for item in stretches)
    changed: list[Stretch] = []
    moved: dict[str, list[Stretch]] = {}
    for item in now.stretches:
        text = _text(item)
        if left[text] > 0:
            left[text] -= 1
            moved.setdefault(text, []).append(item)
        else:
            changed.append(item)
    found = _checked(model, indexes, libraries, changed)
    for item in stretches:
        places = moved.get(_text(item))
        if places:
            found.extend(_moved(known, item, places.pop(0)))
    return sort(found)


def _text(item: Stretch) -> str:
    return item.source.text[item.chunk.start : item.chunk.code_end]


def _checked(
    model: Model,
    indexes: Sequence[SourceIndex],
    libraries: Mapping[str, Source],
    changed: Sequence[Stretch],
) -> list[Diagnostic]:
    """The errors in some definitions."""
    if not changed:
        return []
    files = Files(tuple(index.source for index in indexes), libraries)
    cut = [stretch for index in indexes for stretch in index.stretches]
    names = {name for item in changed for name in (*item.names, item.name) if name}
    has_tests = any(item.starter in ("example", "expect") for item in changed)
    parsed = files.reach(names, has_tests, has_tests, stretches=cut)
    checker = Checker(assemble(model, parsed, {}, None, (), libraries))
    checker.check_definitions()
    return [item for item in checker.diagnostics if item.is_error and any(_is_in(item.span, each) for each in changed)]


def _is_in(span: Span | None, item: Stretch) -> bool:
    return span is not None and span.source is item.source and item.chunk.start <= span.start <= item.chunk.end


def _moved(known: Sequence[Diagnostic], before: Stretch, now: Stretch) -> list[Diagnostic]:
    """What was found in a definition, where that stands now."""
    by = now.chunk.start - before.chunk.start
    return [
        replace(item, span=Span(now.source, item.span.start + by, item.span.end + by), fix=None)
        for item in known
        if item.span is not None
        and item.span.source.path == before.source.path
        and before.chunk.start <= item.span.start < before.chunk.code_end
    ]
