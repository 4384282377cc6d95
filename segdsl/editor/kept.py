"""What a check has found, kept while a catalog is written: only what a change can touch is looked at again.

A definition is touched that is another one now, and so is whatever names a touched one. All else keeps its part of the
program and its findings; what only all definitions together show is worked out from what is kept of each.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from typing import TypeAlias

from segdsl.catalog import Catalog, Definition, assemble
from segdsl.check import Checker
from segdsl.check.examples import example
from segdsl.check.expectations import expectation
from segdsl.diagnostics import Diagnostic, Fix, Label, Source, Span, sort
from segdsl.lint.findings import Looked, findings, findings_in, look
from segdsl.lint.names import successors
from segdsl.lint.room import Room
from segdsl.plan.meaning import meanings
from segdsl.program import InstanceKey
from segdsl.syntax import tree
from segdsl.syntax.parser import Parsed, parse
from segdsl.syntax.walk import names_in

Line: TypeAlias = tree.Example | tree.Expect


@dataclass(frozen=True)
class Kept:
    """A catalog that was checked: what it is, what its checker made of it, and what lint has seen of its definitions.

    `mentions` are the names that each definition may mean, `lines` those of right examples and expectations by identity
    (the line is held, so that no other gets its place), `digests` what instances are known to mean.
    """

    catalog: Catalog
    checker: Checker
    diagnostics: tuple[Diagnostic, ...]
    mentions: Mapping[str, frozenset[str]]
    lines: Mapping[int, tuple[Line, frozenset[str]]]
    looked: Mapping[str, Looked] = field(default_factory=dict)
    digests: Mapping[InstanceKey, str] = field(default_factory=dict)

    @property
    def has_errors(self) -> bool:
        return any(item.is_error for item in self.diagnostics)

    @cached_property
    def meanings(self) -> dict[str, str]:
        """What each output means, as a hash."""
        keys = {name: output.instance for name, output in self.checker.outputs.items()}
        found = meanings(self.checker.done().program, list(keys.values()), dict(self.digests))
        return {name: found[key] for name, key in keys.items()}

    def meanings_with(self, texts: Mapping[str, str]) -> dict[str, str] | None:
        """The same with other texts for some files, by their paths; None where there are errors."""
        if not texts:
            return self.meanings
        files = [
            parse(Source(module.source.path, texts[module.source.path]))
            if module.source.path in texts
            else Parsed(module, ())
            for module in self.catalog.modules
        ]
        found = checked(assemble(self.catalog.model, files, {}, None, (), self.catalog.libraries), self, False)
        return None if found.has_errors else found.meanings


def at_once() -> None:
    """Gives way to nothing."""


def checked(
    catalog: Catalog, before: Kept | None, with_lint: bool = True, give_way: Callable[[], None] = at_once
) -> Kept:
    """A catalog checked, as a fresh check would; what was found `before` is made use of.

    Where there are errors, lint looks at the definitions alone that have nothing to do with them. `give_way` is called
    between the steps, and may wait."""
    if before is not None and not _is_alike(before.catalog, catalog):
        before = None
    give_way()
    mentions = _mentions(catalog, before)
    give_way()
    touched = set(catalog.definitions) if before is None else _touched(catalog, before, mentions)
    same = catalog.definitions.keys() - touched
    checker = Checker(catalog, before.checker if before else None, same)
    checker.check_named(give_way)
    give_way()
    lines = _lines(checker, before, touched)
    kept = Kept(catalog, checker, tuple(sort(checker.diagnostics)), mentions, lines)
    if before is not None:
        digests = {key: digest for key, digest in before.digests.items() if key.definition in same}
        moves = _Moves(before.catalog, catalog)
        looked = {name: moves.looked(item) for name, item in before.looked.items() if name in same}
        kept = replace(kept, looked={name: item for name, item in looked.items() if item is not None}, digests=digests)
    give_way()
    return _linted(kept, give_way) if with_lint else kept


def _linted(kept: Kept, give_way: Callable[[], None]) -> Kept:
    checker = kept.checker
    wrong = _users(checker.doubted, kept.mentions) if kept.has_errors else set()
    left = {item.name for item in kept.catalog.own()} - kept.looked.keys() - wrong
    room = Room(checker, left, dict(kept.digests))
    seen = {**kept.looked, **look(room, give_way)}
    give_way()
    found = findings_in(room, seen) if kept.has_errors else findings(room, seen)
    return replace(kept, diagnostics=tuple(sort((*kept.diagnostics, *found))), looked=seen, digests=room.digests)


def _is_alike(before: Catalog, now: Catalog) -> bool:
    """Whether two catalogs differ in nothing but the lines of their own files, those of `use` apart."""
    return (
        before.model is now.model
        and before.libraries == now.libraries
        and [item.use for item in before.used.values()] == [item.use for item in now.used.values()]
    )


# ---------------------------------------------------------------- what is touched


def _mentions(catalog: Catalog, before: Kept | None) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for name, definition in catalog.definitions.items():
        known = before.catalog.definitions.get(name) if before is not None else None
        is_known = known is not None and known.tree is definition.tree and known.scope == definition.scope
        found[name] = before.mentions[name] if before is not None and is_known else _mentioned(definition)
    return found


def _mentioned(definition: Definition) -> frozenset[str]:
    qualify = definition.scope.qualify
    found = _readings(definition.names)
    return frozenset((*found, *map(qualify, found), *successors(definition)))


def _readings(names: Iterable[tree.Name]) -> list[str]:
    """Every name of a definition that dotted names may hold."""
    found: list[str] = []
    for name in names:
        texts = [part.text for part in name.parts]
        found.extend(texts)
        found.extend(f"{one}.{two}" for one, two in pairwise(texts))
    return found


def _touched(catalog: Catalog, before: Kept, mentions: Mapping[str, frozenset[str]]) -> set[str]:
    """What is another definition than before, or wrong; what is gone; and what mentions any of them."""
    old, new = before.catalog, catalog
    waiting = set(before.checker.doubted)
    waiting.update(old.left_out.keys() ^ new.left_out.keys())
    waiting.update(old.definitions.keys() ^ new.definitions.keys())
    for name, definition in new.definitions.items():
        known = old.definitions.get(name)
        if known is not None and not _is_same(known, definition):
            waiting.add(name)
    return _users(waiting, mentions)


def _users(names: Iterable[str], mentions: Mapping[str, frozenset[str]]) -> set[str]:
    """Some names, and the definitions that mention any of them."""
    users: dict[str, list[str]] = defaultdict(list)
    for name, mentioned in mentions.items():
        for item in mentioned:
            users[item].append(name)
    waiting, found = set(names), set()
    while waiting:
        name = waiting.pop()
        found.add(name)
        waiting.update(item for item in users.get(name, ()) if item not in found)
    return found


def _is_same(old: Definition, new: Definition) -> bool:
    if old.scope != new.scope or old.entity != new.entity:
        return False
    if old.tree is new.tree or old.scope.alias:
        return True
    return old.tree == new.tree and _text(old.tree) == _text(new.tree)


def _text(node: tree.Definition) -> str:
    return node.span.source.text[_start(node) : node.span.end]


def _start(node: tree.Definition) -> int:
    """Where a definition begins, its annotations included."""
    return min([node.span.start, *(item.span.start for item in node.head.annotations)])


def _lines(checker: Checker, before: Kept | None, touched: Set[str]) -> dict[int, tuple[Line, frozenset[str]]]:
    """Checks the examples and expectations that may be other than before; those that are right."""
    found: dict[int, tuple[Line, frozenset[str]]] = {}
    lines: tuple[Line, ...] = (*checker.catalog.examples, *checker.catalog.expectations)
    for line in lines:
        known = before.lines.get(id(line)) if before is not None else None
        if known is None or not known[1].isdisjoint(touched):
            known = (line, frozenset(_readings(names_in(line)))) if _is_right(checker, line) else None
        if known is not None:
            found[id(line)] = known
    return found


def _is_right(checker: Checker, line: Line) -> bool:
    before = len(checker.diagnostics)
    list(example(checker, line) if isinstance(line, tree.Example) else expectation(checker, line, 0))
    checker.work_off()
    return len(checker.diagnostics) == before


# ---------------------------------------------------------------- where findings stand now


class _Moves:
    """Where the places of one catalog's texts are in another's."""

    def __init__(self, before: Catalog, now: Catalog) -> None:
        self.gone = {module.source for module in before.modules} - {module.source for module in now.modules}
        # stretches of definitions that stand elsewhere now, and by how much
        self.moved: dict[Source, list[tuple[int, int, Source, int]]] = defaultdict(list)
        for name, old in before.definitions.items():
            new = now.definitions.get(name)
            if new is not None and new.tree is not old.tree and not old.scope.alias and _is_same(old, new):
                start = _start(old.tree)
                move = (start, old.tree.span.end, new.tree.span.source, _start(new.tree) - start)
                self.moved[old.tree.span.source].append(move)

    def looked(self, item: Looked) -> Looked | None:
        """What was seen of a definition, where it stands now; None where a place is no more."""
        if not item.found:
            return item
        try:
            return replace(item, found=tuple(map(self._diagnostic, item.found)))
        except LookupError:
            return None

    def _diagnostic(self, item: Diagnostic) -> Diagnostic:
        if not any(span.source in self.moved or span.source in self.gone for span in _spans(item)):
            return item
        fix = None if item.fix is None else Fix(self._span(item.fix.span), item.fix.replacement)
        labels = tuple(Label(self._span(label.span), label.message) for label in item.labels)
        return replace(item, span=None if item.span is None else self._span(item.span), labels=labels, fix=fix)

    def _span(self, span: Span) -> Span:
        for start, end, source, by in self.moved.get(span.source, ()):
            if start <= span.start and span.end <= end:
                return Span(source, span.start + by, span.end + by)
        if span.source in self.gone:
            raise LookupError(span)
        return span


def _spans(item: Diagnostic) -> Iterator[Span]:
    if item.span is not None:
        yield item.span
    yield from (label.span for label in item.labels)
    if item.fix is not None:
        yield item.fix.span
