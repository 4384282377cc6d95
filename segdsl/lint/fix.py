"""Fixes of warnings, made only where they prove to change nothing: every definition means what it meant."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TypeAlias

from segdsl.catalog import Catalog, assemble
from segdsl.check import Checker
from segdsl.diagnostics import Diagnostic, Fix, Source
from segdsl.plan.meaning import meanings
from segdsl.syntax.parser import Parsed, parse

# what each output of a catalog means with other texts for some of its files; None where there are errors
Meanings: TypeAlias = Callable[[Mapping[str, str]], dict[str, str] | None]


def fixed(
    catalog: Catalog, diagnostics: Iterable[Diagnostic], meanings_with: Meanings | None = None
) -> tuple[dict[str, str], list[Diagnostic]]:
    """The new texts of files, by their paths, and what was fixed in them.

    Fixes that overlap wait for another time, and one that would change what a definition means is left out; what they
    mean is what `meanings_with` says, or else found by checks of everything.
    """
    meanings_with = meanings_with or partial(_meanings, catalog)
    sources = {module.source.path: module.source for module in catalog.modules}
    wanted = [item for item in diagnostics if item.fix is not None and item.fix.span.source.path in sources]
    chosen = _apart(wanted)
    before = meanings_with({})
    if before is None:
        return {}, []
    if meanings_with(_texts(sources, chosen)) != before:
        kept: list[Diagnostic] = []
        for item in chosen:
            if meanings_with(_texts(sources, [*kept, item])) == before:
                kept.append(item)
        chosen = kept
    return _texts(sources, chosen), chosen


def _fix(item: Diagnostic) -> Fix:
    assert item.fix is not None
    return item.fix


def _apart(items: Iterable[Diagnostic]) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    ends: dict[str, int] = {}
    for item in sorted(items, key=lambda item: (_fix(item).span.source.path, _fix(item).span.start)):
        span = _fix(item).span
        if span.start >= ends.get(span.source.path, 0):
            found.append(item)
            ends[span.source.path] = span.end
    return found


def _texts(sources: Mapping[str, Source], items: Sequence[Diagnostic]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for item in reversed(items):
        fix = _fix(item)
        path = fix.span.source.path
        text = texts.get(path, sources[path].text)
        texts[path] = text[: fix.span.start] + fix.replacement + text[fix.span.end :]
    return texts


def _meanings(catalog: Catalog, texts: Mapping[str, str]) -> dict[str, str] | None:
    """What each output means, with other texts for some files; None where there are errors."""
    files = [
        parse(Source(module.source.path, texts[module.source.path]))
        if module.source.path in texts
        else Parsed(module, ())
        for module in catalog.modules
    ]
    checker = Checker(assemble(catalog.model, files, {}, None, (), catalog.libraries))
    checker.check_definitions()
    checked = checker.done()
    if checked.has_errors:
        return None
    program = checked.program
    found = meanings(program, [output.instance for output in program.outputs.values()])
    return {name: found[output.instance] for name, output in program.outputs.items()}
