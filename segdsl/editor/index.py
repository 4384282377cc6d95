"""The definitions of texts that may be broken, found without parsing all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import pairwise

from segdsl import library
from segdsl.catalog import Catalog
from segdsl.diagnostics import Source
from segdsl.model.model import Model
from segdsl.syntax import tree
from segdsl.syntax.conflicts import conflict_in
from segdsl.syntax.parser import Parsed, parse
from segdsl.syntax.scanner import cut, description, words
from segdsl.texts import NAMED, Files, Stretch
from segdsl.types import Kind, Type

_NAMELESS = tree.Use | tree.Example | tree.Expect


class SourceIndex:
    """One text, cut into the stretches of its definitions; each is parsed once, when it is asked for."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._parsed: dict[Stretch, Parsed] = {}

    @cached_property
    def stretches(self) -> tuple[Stretch, ...]:
        return Files((self.source,)).stretches

    @cached_property
    def whole(self) -> Parsed:
        """All of it, as `parse` gives it."""
        if not self.stretches:
            return parse(self.source)
        found = [self._read(stretch) for stretch in self.stretches]
        definitions = tuple(item for each in found for item in each.module.definitions)
        module = tree.Module(self.source, definitions, tuple(cut(self.source)[1]))
        diagnostics = [item for each in found for item in each.diagnostics]
        conflict = conflict_in(self.source)
        if conflict is not None:  # once, whatever it reaches into
            diagnostics = [conflict, *(item for item in diagnostics if item.code != conflict.code)]
        return Parsed(module, tuple(diagnostics))

    def parsed(self, stretch: Stretch) -> tree.Definition | None:
        """The definition of a stretch; None while it cannot be read."""
        found = self._read(stretch).module.definitions
        return found[0] if found else None

    def _read(self, stretch: Stretch) -> Parsed:
        found = self._parsed.get(stretch)
        if found is None:
            found = self._parsed[stretch] = parse(self.source, [stretch.chunk])
        return found

    def at(self, offset: int) -> Stretch | None:
        """The stretch that an offset lies in, or stands right behind."""
        return next((item for item in reversed(self.stretches) if item.chunk.start <= offset), None)


class Index:
    """All texts of a catalog as they are now, its model, and what the last whole check has found in them, the types of
    definitions too."""

    def __init__(
        self, model: Model, sources: Sequence[SourceIndex], checked: Catalog | None, types: Mapping[str, Type]
    ) -> None:
        self.model = model
        self.sources = sources
        self.checked = checked
        self.types = types

    @cached_property
    def own(self) -> dict[str, tuple[SourceIndex, Stretch]]:
        """The catalog's own definitions by name, the first of each."""
        found: dict[str, tuple[SourceIndex, Stretch]] = {}
        for source in self.sources:
            for stretch in source.stretches:
                if stretch.starter in NAMED and stretch.name:
                    found.setdefault(stretch.name, (source, stretch))
        return found

    def definition(self, name: str) -> tree.Definition | None:
        """A definition by its name in the catalog, own or of a library."""
        known = self.checked.definitions.get(name) if self.checked else None
        if name in self.own:
            source, stretch = self.own[name]
            if known is not None and known.tree.span.source is source.source:
                return known.tree  # of the very text that was checked
            found = source.parsed(stretch)
            if found is not None:
                return found
        return known.tree if known is not None else None

    def description(self, name: str) -> str | None:
        """What stands above a definition; of an own one nothing else is read for it."""
        if name in self.own:
            source, stretch = self.own[name]
            return description(source.source, stretch.chunk.start)
        node = self.definition(name)
        return node.head.description if node is not None and not isinstance(node, _NAMELESS) else None

    def starter(self, name: str) -> str:
        """`param`, `trait`, `segment` or `segmentation`; empty for an unknown name."""
        if name in self.own:
            return self.own[name][1].starter
        return type(found).__name__.lower() if (found := self.definition(name)) is not None else ""

    def entity_of(self, node: tree.Definition | None, name: str = "") -> str:
        default = self.model.default_entity.name
        if node is None or isinstance(node, tree.Param | tree.Use | tree.Example | tree.Expect):
            return default
        if node.entity is not None and node.entity.text in self.model.entities:
            return node.entity.text
        known = self.checked.definitions.get(name) if self.checked and name not in self.own else None
        return known.entity if known is not None else default

    def entity_named(self, name: str) -> str:
        """The entity of a definition by its name, as the last check has found it; a later one is parsed."""
        known = self.checked.definitions.get(name) if self.checked else None
        return known.entity if known is not None else self.entity_of(self.definition(name), name)

    @property
    def aliases(self) -> dict[str, str]:
        """The libraries in use, by the names that they are used by."""
        used = self.checked.used if self.checked else {}
        return {alias: item.scope.library for alias, item in used.items() if item.scope.library != library.COMMERCE}

    @cached_property
    def names(self) -> list[str]:
        """Every name of a definition, own and of libraries."""
        known = self.checked.definitions if self.checked else {}
        return list(dict.fromkeys([*self.own, *(name for name, item in known.items() if item.scope.alias)]))

    def labels(self, name: str) -> tuple[str, ...]:
        """The labels of a segmentation, or the words that a param can be."""
        node = self.definition(name)
        match node:
            case tree.Segmentation(rules=rules):
                return tuple(dict.fromkeys(rule.label.text for rule in rules))
            case tree.Param(words=found):
                return tuple(word.text for word in found)
        if name in self.own and self.starter(name) == "segmentation":  # unfinished: what stands before `when`
            source, stretch = self.own[name]
            found_ = list(words(source.source.text, stretch.chunk.start, stretch.chunk.code_end))
            return tuple(one.group() for one, two in pairwise(found_) if two.group() in ("when", "otherwise"))
        return ()

    def labelled_by(self, name: str) -> str | None:
        """Whose labels the values of a definition are: its own, or those of the segmentation that a trait keeps."""
        if self.labels(name):
            return name
        known = self.types.get(name)
        return known.of if known is not None and known.kind is Kind.LABEL else None

    def everything(self) -> Iterator[tuple[SourceIndex, Stretch]]:
        return ((source, stretch) for source in self.sources for stretch in source.stretches)
