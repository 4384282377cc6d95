"""Lint: from a checked catalog to what is rarely meant.

Most rules look at one definition and at what it names; what they found can be kept as long as these stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from segdsl.catalog import Catalog
from segdsl.check import Checker
from segdsl.diagnostics import Diagnostic, sort
from segdsl.lint import allow, names
from segdsl.lint.room import Room
from segdsl.lint.table import DEFAULT, EVERY, OF_DATA, RULES, UNUSED_ALLOW, WRONG_ALLOW
from segdsl.lint.uses import lines, uses
from segdsl.lint.view import View
from segdsl.model.model import Model
from segdsl.syntax import tree


@dataclass(frozen=True, slots=True)
class Looked:
    """What rules found in one definition; and of it what they need to look at all of them: the definitions that it
    names, itself apart, and of a segment or segmentation what it means, with the params that it reads."""

    found: tuple[Diagnostic, ...]
    named: frozenset[str]
    meaning: tuple[str, frozenset[str]] | None


Seen: TypeAlias = Mapping[str, Looked]


def told(model: Model) -> frozenset[str]:
    """The codes that a catalog wants to be told of: what `lint` in its model says, else the usual ones."""
    chosen = frozenset(model.lint.select) or DEFAULT
    if "all" in chosen:
        chosen = EVERY
    return (chosen | frozenset(model.lint.extend)) - frozenset(model.lint.ignore)


def lint(checker: Checker, of_data: Iterable[Diagnostic] | None = None) -> list[Diagnostic]:
    """The warnings about a catalog that has no errors. `of_data` are those that come from the data, where these were
    looked at; where not, comments that allow such are left alone."""
    room = Room(checker)
    return findings(room, look(room), of_data)


def look(room: Room, give_way: Callable[[], None] | None = None) -> dict[str, Looked]:
    """What the rules find in each definition that is looked at, by its name; `give_way` is called before each."""
    codes = told(room.catalog.model)
    rules = [rule for rule in RULES if codes.intersection((*rule.codes, *rule.wanted))]
    params = {name for name, item in room.catalog.definitions.items() if item.is_param}
    seen: dict[str, Looked] = {}
    for view in room.views:
        if give_way is not None:
            give_way()
        seen[view.definition.name] = _looked(view, [rule.find(view) for rule in rules], codes, params)
    return seen


def _looked(view: View, found: Iterable[Iterable[Diagnostic]], codes: frozenset[str], params: set[str]) -> Looked:
    definition = view.definition
    meaning: tuple[str, frozenset[str]] | None = None
    if isinstance(definition.tree, tree.Segment | tree.Segmentation):
        known = view.meaning(definition.name)
        if known is not None:
            # a name for another is no twin of it, but of a second name
            known = f"{known} by name" if view.is_alias else known
            # params can change: what reads others is no twin
            meaning = known, frozenset(name.text for name in definition.names if name.text in params)
    return Looked(
        tuple(item for items in found for item in items if item.code in codes),
        frozenset(item.name for item, _ in view.uses if item.name != definition.name),
        meaning,
    )


def findings(room: Room, seen: Seen, of_data: Iterable[Diagnostic] | None = None) -> list[Diagnostic]:
    """All warnings about a catalog, of which `seen` says what was found in each of its definitions."""
    catalog = room.catalog
    codes = told(catalog.model)
    found = [item for looked in seen.values() for item in looked.found]
    found.extend(item for item in (*_of_all(room, seen), *(of_data or ())) if item.code in codes)
    return sort(_allowed(catalog, found, codes if of_data is not None else codes - frozenset(OF_DATA)))


def findings_in(room: Room, seen: Seen) -> list[Diagnostic]:
    """The warnings about single definitions, where some of the catalog are wrong and so nothing can be said of all."""
    found = sort(item for looked in seen.values() for item in looked.found)
    return list(allow.without_allowed(found, allow.allows(room.catalog.modules)[0]))


def _of_all(room: Room, seen: Seen) -> Iterable[Diagnostic]:
    """What all definitions together show, and the lines that are none."""
    catalog = room.catalog
    own = list(catalog.own())
    outside = [use for line in lines(catalog) for use in uses(room.checker, line)]
    used = {found.name for found, _ in outside}.union(*(looked.named for looked in seen.values()))
    yield from names.unused_params(own, used)
    yield from names.unused_traits(own, used)
    yield from names.deprecated_among(catalog, outside, room.meaning)
    yield from names.twins(own, {name: looked.meaning for name, looked in seen.items() if looked.meaning is not None})
    yield from names.unread_annotations(catalog.modules)


def _allowed(catalog: Catalog, found: Sequence[Diagnostic], codes: frozenset[str]) -> list[Diagnostic]:
    comments, wrong = allow.allows(catalog.modules)
    left = list(allow.without_allowed(sort(found), comments))
    left.extend(wrong if WRONG_ALLOW in codes else ())
    left.extend(allow.unused(comments, codes) if UNUSED_ALLOW in codes else ())
    return left
