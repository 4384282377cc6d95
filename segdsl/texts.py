"""The texts of a catalog: all of them parsed, or no more than some names need.

A question about one definition among thousands does not wait for the others, and no mistake in these stops it.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from math import isfinite
from pathlib import Path
from typing import TypeAlias

from segdsl import library, problems
from segdsl.catalog import Catalog, assemble
from segdsl.diagnostics import Diagnostic, Source
from segdsl.error import SegdslError
from segdsl.garbage import uncollected
from segdsl.model.model import Model
from segdsl.syntax.parser import MAX_BYTES, Parsed, parse
from segdsl.syntax.scanner import Chunk, cut, heading, names_within

# values of params: text in the language, or what is written in it as it is written in Python
Settings: TypeAlias = Mapping[str, str | bool | int | float | Decimal | dt.date]
# the words of definitions that others name
NAMED = frozenset(("param", "trait", "segment", "segmentation"))


@dataclass(frozen=True, eq=False)
class Stretch:
    """A definition that has not been parsed: the word that starts it, and the name behind that, if any can be seen; it
    is the definition's own where the word is one of `NAMED`."""

    source: Source
    chunk: Chunk
    starter: str
    name: str

    @cached_property
    def names(self) -> frozenset[str]:
        """Every word in it that may be a name."""
        return names_within(self.source.text, self.chunk.start, self.chunk.code_end)


@dataclass(frozen=True)
class Files:
    """The `.seg` files of a catalog, and those of its own libraries by their names."""

    sources: tuple[Source, ...]
    libraries: Mapping[str, Source] = field(default_factory=dict)

    @cached_property
    def parsed(self) -> tuple[Parsed, ...]:
        with uncollected():
            return tuple(parse(source) for source in self.sources)

    @cached_property
    def stretches(self) -> tuple[Stretch, ...]:
        return tuple(
            Stretch(source, chunk, *heading(source.text, chunk))
            for source in self.sources
            if len(source.text) <= MAX_BYTES
            for chunk in cut(source)[0]
        )

    def reach(
        self,
        names: Iterable[str],
        examples: bool,
        expectations: bool,
        stretches: Sequence[Stretch] | None = None,
    ) -> Iterator[Parsed]:
        """What some names need, parsed: the definitions with such a name, those that their texts may name, and so on.

        With `examples` and `expectations` also those that name any of them. `use` lines are always there with what
        they need, and so is what has no name that can be seen: it may be anything. `stretches` are those of the files,
        where they are known already.
        """
        by_name: dict[str, list[Stretch]] = defaultdict(list)
        attached: list[Stretch] = []
        waiting: list[Stretch] = []
        wanted = set(names)
        for item in self.stretches if stretches is None else stretches:
            if item.starter in NAMED and item.name:
                by_name[item.name].append(item)
            elif item.starter in ("example", "expect"):
                if examples if item.starter == "example" else expectations:
                    attached.append(item)
            else:
                waiting.append(item)
        for name, source in library.texts(self.libraries).items():
            # an own definition takes the place of one of commerce, in every library
            if name == library.COMMERCE or any(name in item.names for item in waiting):
                wanted.update(names_within(source.text))
        found: dict[Stretch, None] = {}
        reached: set[str] = set()
        while True:
            while wanted or waiting:
                for name in wanted - reached:
                    waiting.extend(by_name.get(name, ()))
                reached |= wanted
                wanted = set()
                for item in waiting:
                    found.setdefault(item)
                    wanted |= item.names
                waiting = []
                wanted -= reached
            waiting = [
                item for item in attached if item not in found and _concerns(item.names & by_name.keys(), reached)
            ]
            if not waiting:
                break
        for source in self.sources:
            chunks = sorted((item.chunk for item in found if item.source is source), key=lambda chunk: chunk.start)
            if chunks or len(source.text) > MAX_BYTES:
                yield parse(source, chunks)


def _concerns(names: Set[str], reached: Set[str]) -> bool:
    """Whether an example or expectation that names these speaks of what is reached; of nothing, of everybody."""
    return not names or not names.isdisjoint(reached)


@dataclass(frozen=True)
class Texts:
    """A model with files, settings of params, and what went wrong in reading them; `metrics` are templates of its own
    by their paths, None for those in its folder."""

    model: Model
    files: Files
    settings: Mapping[str, str] = field(default_factory=dict)
    root: Path | None = None
    diagnostics: tuple[Diagnostic, ...] = ()
    metrics: Mapping[str, Source] | None = None

    @cached_property
    def catalog(self) -> Catalog:
        """Everything."""
        return self._assembled(self.files.parsed)

    def setting(self, settings: Mapping[str, str]) -> Texts:
        """The same files with further settings; nothing is read or parsed again."""
        return replace(self, settings={**self.settings, **settings})

    def adding(self, sources: Iterable[Source]) -> Texts:
        """The same with further files; none that is there is read again."""
        return replace(self, files=replace(self.files, sources=(*self.files.sources, *sources)))

    def needed(self, asked: Sequence[str], examples: bool = False, expectations: bool = False) -> Catalog:
        """The part of the catalog that names and expressions need."""
        names = names_within(" ".join([*asked, *self.settings, *self.settings.values()]))
        # what stands before a dot may have labels, and be a name that is no word
        owners = [name[:place] for name in asked for place, char in enumerate(name) if char == "."]
        parsed = self.files.reach([*asked, *owners, *self.settings, *names], examples, expectations)
        return self._assembled(parsed)

    def _assembled(self, parsed: Iterable[Parsed]) -> Catalog:
        libraries = self.files.libraries
        found = assemble(self.model, parsed, self.settings, self.root, self.diagnostics, libraries)
        return replace(found, metrics=self.metrics)


def as_texts(settings: Settings, option: str = "set") -> dict[str, str]:
    """Values of params as text in the language; `option` is where they were given. Raises SegdslError for what has no
    such text."""
    found = {name: _text(value) for name, value in settings.items()}
    wrong = [name for name, text in found.items() if text is None]
    if wrong:
        raise SegdslError([problems.no_setting(option, name, type(settings[name]).__name__) for name in wrong])
    return {name: text for name, text in found.items() if text is not None}


def _text(value: object) -> str | None:
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float() | Decimal() if isfinite(value):
            return format(Decimal(str(value)), "f")
        case dt.date():
            return value.isoformat()
    return None
