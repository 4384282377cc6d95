"""A library's file as a catalog puts it to use: its definitions, what each of them needs, and whose they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

from segdsl import library
from segdsl.catalog.catalog import Named
from segdsl.catalog.needs import needs_of, of_model
from segdsl.library.roles import ACCOUNT, CUSTOMER
from segdsl.model.model import Model
from segdsl.syntax import tree
from segdsl.syntax.parser import Parsed
from segdsl.syntax.walk import names_in


@dataclass(frozen=True, eq=False)
class Volume:
    """A library that has been parsed, by its name."""

    name: str
    parsed: Parsed

    @cached_property
    def items(self) -> tuple[Named, ...]:
        """Its params and definitions."""
        others = tree.Use | tree.Example | tree.Expect
        return tuple(item for item in self.parsed.module.definitions if not isinstance(item, others))

    @cached_property
    def needs(self) -> tuple[Sequence[tree.Expr], ...]:
        """What each item needs. One that names no part of the model needs those of the main one."""
        needs = [tuple(needs_of(item)) for item in self.items]
        mains = (each for item, each in zip(self.items, needs, strict=True) if item.name.text == self.name)
        shared = [need for need in next(mains, ()) if of_model(need)]
        return tuple(
            each if isinstance(item, tree.Param) or any(map(of_model, each)) else (*each, *shared)
            for item, each in zip(self.items, needs, strict=True)
        )

    @cached_property
    def _paths(self) -> tuple[tuple[str, ...], ...]:
        """Every dotted name that anything in it needs."""
        return tuple(self._needed_paths())

    def _needed_paths(self) -> Iterator[tuple[str, ...]]:
        for item in self.parsed.module.definitions:
            for need in needs_of(item):
                yield from (tuple(part.text for part in name.parts) for name in names_in(need))

    def entity_in(self, model: Model) -> str:
        """The entity that the library belongs to: the one that has the events which it needs, else the attributes, else
        a parent where it needs one; the first that fits."""
        for head, *_ in self._paths:
            if head in model.events:
                return model.events[head].of
        for head, *rest in self._paths:
            if head == CUSTOMER and rest:
                for entity in model.entities.values():
                    if rest[0] in entity.attributes:
                        return entity.name
        if any(head == ACCOUNT for head, *_ in self._paths):
            for entity in model.entities.values():
                if entity.parent is not None:
                    return entity.name
        return model.default_entity.name


@cache
def shipped(name: str) -> Volume:
    """A library that ships with segdsl, which no catalog can change. Raises KeyError for an unknown name."""
    return Volume(name, library.parsed(name))
