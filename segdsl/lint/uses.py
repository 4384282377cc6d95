"""Which name of a catalog means which definition."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from segdsl.catalog import CATALOG, Catalog, Definition
from segdsl.check import Checker, names
from segdsl.check.context import Context
from segdsl.program import Moment
from segdsl.syntax import tree
from segdsl.syntax.walk import names_in

_NOW = Moment()
# the definition that is meant, the name that means it, and the definition that the name stands in
Use: TypeAlias = tuple[Definition, tree.Name, Definition | None]


def uses(checker: Checker) -> Iterator[Use]:
    """Every name of the catalog's own files that means a definition."""
    catalog = checker.catalog
    default = catalog.model.default_entity.name
    places: list[tuple[object, Definition | None]] = [(item.tree, item) for item in catalog.own()]
    places.extend((item, None) for item in (*catalog.expectations, *catalog.examples))
    places.extend((item.use, None) for item in catalog.used.values() if item.use is not None)
    for node, holder in places:
        entity = default if holder is None else holder.entity
        own = set() if holder is None else {parameter.name.text for parameter in holder.parameters}
        ctx = Context(CATALOG, entity, _NOW)
        for name in names_in(node) if holder is None else holder.names:
            if len(name.parts) == 1 and name.text in own:
                continue
            for parts in _readings(catalog, name):
                found, _ = names.find(checker, ctx, parts)
                if found is not None:
                    yield found, name, holder
                    break


def _readings(catalog: Catalog, name: tree.Name) -> Iterator[tuple[tree.Identifier, ...]]:
    """A path as it is written, and what follows the name of an entity in it."""
    yield name.parts
    if len(name.parts) > 1 and name.parts[0].text in catalog.model.entities:
        yield name.parts[1:]
