"""Which name of a catalog means which definition."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from segdsl.catalog import CATALOG, Catalog, Definition
from segdsl.check import Checker, names
from segdsl.check.context import Context
from segdsl.moment import NOW
from segdsl.syntax import tree
from segdsl.syntax.walk import names_in

# the definition that is meant, and the name that means it
Use: TypeAlias = tuple[Definition, tree.Name]


def uses(checker: Checker, holder: Definition | tree.Example | tree.Expect | tree.Use) -> Iterator[Use]:
    """Every name in a definition or another line that means a definition."""
    catalog = checker.catalog
    entity, own, found_names = catalog.model.default_entity.name, frozenset[str](), names_in(holder)
    if isinstance(holder, Definition):
        entity, found_names = holder.entity, iter(holder.names)
        own = frozenset(parameter.name.text for parameter in holder.parameters)
    ctx = Context(CATALOG, entity, NOW)
    for name in found_names:
        head = name.parts[0].text
        # most names are of attributes, events and fields
        if len(name.parts) == 1 and (head in own or head not in catalog.definitions):
            continue
        for parts in _readings(catalog, name):
            found, _ = names.find(checker, ctx, parts)
            if found is not None:
                yield found, name
                break


def lines(catalog: Catalog) -> Iterator[tree.Example | tree.Expect | tree.Use]:
    """What names definitions in the catalog's own files, and is none."""
    yield from catalog.expectations
    yield from catalog.examples
    yield from (item.use for item in catalog.used.values() if item.use is not None)


def _readings(catalog: Catalog, name: tree.Name) -> Iterator[tuple[tree.Identifier, ...]]:
    """A path as it is written, and what follows the name of an entity in it."""
    yield name.parts
    if len(name.parts) > 1 and name.parts[0].text in catalog.model.entities:
        yield name.parts[1:]
