"""`# segdsl: allow(SEG801)`: comments that say that something is meant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from segdsl import problems
from segdsl.diagnostics import Diagnostic, Fix, Span
from segdsl.lint.table import EVERY, OF_COMMENTS
from segdsl.syntax import tree
from segdsl.syntax.scanner import cut, words

_ALLOW = re.compile(r"#+\s*segdsl:\s*(.*?)\s*$")
_FORM = re.compile(r"allow\(([^()]*)\)")


@dataclass
class Allow:
    """A code that a comment allows on some lines of a file."""

    code: str
    comment: Span
    path: str
    first: int
    last: int
    is_alone: bool
    used: bool = field(default=False)

    def covers(self, item: Diagnostic) -> bool:
        if item.span is None or item.code != self.code or item.span.source.path != self.path:
            return False
        return self.first <= item.span.line <= self.last


def allows(modules: Iterable[tree.Module]) -> tuple[list[Allow], list[Diagnostic]]:
    """What comments allow, and what is wrong with such comments.

    Behind a line a comment speaks of that line, on a line of its own of the next one; above a definition or a rule of a
    segmentation, or behind its end, of all of it.
    """
    found: list[Allow] = []
    wrong: list[Diagnostic] = []
    for module in modules:
        parts: list[_Part] | None = None
        for comment in module.comments:
            match = _ALLOW.match(comment.text)
            if match is None:
                continue
            form = _FORM.fullmatch(match.group(1))
            codes = [code.strip() for code in form.group(1).split(",")] if form else []
            bad = next((code for code in codes if code not in EVERY or code in OF_COMMENTS), None)
            if not codes or bad is not None:
                wrong.append(problems.wrong_allow(bad or match.group(1), comment.span))
                continue
            parts = list(_parts(module)) if parts is None else parts
            first, last = _lines(module, parts, comment)
            found.extend(Allow(code, comment.span, module.source.path, first, last, len(codes) == 1) for code in codes)
    return found, wrong


@dataclass(frozen=True)
class _Part:
    """The lines of a definition, or of a rule of a segmentation: the first, that without annotations, and the last."""

    first: int
    own: int
    last: int


def _lines(module: tree.Module, parts: Sequence[_Part], comment: tree.Comment) -> tuple[int, int]:
    """The lines that a comment speaks of. `fmt` breaks and joins those of a definition or a rule, so that a comment at
    its start or its end has to speak of them all."""
    line = comment.span.line
    if not comment.own_line:
        return min([line, *(part.first for part in parts if part.last == line)]), line
    lines = module.source.text.split("\n")
    following = line
    while following < len(lines) and (not lines[following].strip() or lines[following].lstrip().startswith("#")):
        following += 1
    following += 1
    for part in parts:
        if part.first == following or (part.first <= line and following == part.own):
            return following, part.last
    return following, following


def _parts(module: tree.Module) -> Iterator[_Part]:
    source = module.source
    chunks = iter(cut(source)[0])
    for definition in module.definitions:
        chunk = next(chunk for chunk in chunks if definition.span.start < chunk.end)
        first = min([definition.span.line, *(item.span.line for item in definition.head.annotations)])
        yield _Part(first, definition.span.line, source.position(chunk.code_end - 1)[0])
        if isinstance(definition, tree.Segmentation):
            ends = [*(rule.span.start for rule in definition.rules[1:]), chunk.code_end - 1]  # before its `}`
            for rule, end in zip(definition.rules, ends, strict=False):
                last = max(word.end() for word in words(source.text, rule.span.start, end))
                yield _Part(rule.span.line, rule.span.line, source.position(last - 1)[0])


def without_allowed(items: Sequence[Diagnostic], found: Sequence[Allow]) -> Iterator[Diagnostic]:
    """The findings that no comment allows; notes which comments were of use."""
    for item in items:
        hits = [allow for allow in found if allow.covers(item)]
        for allow in hits:
            allow.used = True
        if not hits:
            yield item


def unused(found: Sequence[Allow], told: frozenset[str]) -> Iterator[Diagnostic]:
    """Comments that allow what nothing would have told."""
    for allow in found:
        if not allow.used and allow.code in told:
            fix = Fix(_line_of(allow.comment), "") if allow.is_alone else None
            yield problems.unused_allow(allow.code, allow.comment, fix)


def _line_of(span: Span) -> Span:
    """A comment with the spaces before it, and its line where nothing else stands there."""
    text, start = span.source.text, span.start
    while start and text[start - 1] in " \t":
        start -= 1
    if not start:
        return Span(span.source, start, min(span.end + 1, len(text)))
    return Span(span.source, start - 1 if text[start - 1] == "\n" else start, span.end)
