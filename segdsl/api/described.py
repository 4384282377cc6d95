"""What a catalog says of itself: its model, its definitions and their texts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

from segdsl import catalog as catalogs
from segdsl import problems
from segdsl.diagnostics import Source
from segdsl.engines.limits import UNLIMITED, Limits
from segdsl.error import SegdslError
from segdsl.evaluator import Evaluator
from segdsl.model.model import Model
from segdsl.options import read_options_of
from segdsl.program import Output
from segdsl.questions import Questions
from segdsl.syntax import tree
from segdsl.syntax.printer import print_definition
from segdsl.texts import Texts

if TYPE_CHECKING:
    from segdsl.engines.watch import Progress
    from segdsl.plan.about import About, Library, Listed


@read_options_of
class Described:
    """The definitions of a catalog and its model; errors in definitions do not matter."""

    def __init__(self, texts: Texts, progress: Progress | None = None, limits: Limits = UNLIMITED) -> None:
        self._questions = Questions(texts, progress, limits)

    @property
    def _evaluator(self) -> Evaluator:
        return self._questions.everything

    @property
    def _catalog(self) -> catalogs.Catalog:
        return self._evaluator.catalog

    def __repr__(self) -> str:
        return f"<Catalog {self.model.name} in {self.root}>"

    def _repr_html_(self) -> str:
        from segdsl.notebook import table

        own = [item for item in self.definitions if not item.library]
        rows = [(item.name, item.kind, item.owner, ", ".join(item.tags), item.first_line) for item in own]
        return table(("name", "kind", "owner", "tags", "description"), rows, caption=f"catalog {self.model.name}")

    def adding(self, *texts: str | Source) -> Self:
        """The catalog with further definitions, as if each text were one more file of it; no file is written. A name
        that is there already is an error, as in any other file, which `check` tells.
        """
        sources = [
            Source(f"text {number}", text) if isinstance(text, str) else text
            for number, text in enumerate(texts, start=1)
        ]
        return type(self)(self._questions.texts.adding(sources), self._questions.progress, self._questions.limits)

    @property
    def root(self) -> Path:
        """The folder of `segdsl.yaml`."""
        return self._questions.texts.root or Path()

    @property
    def model(self) -> Model:
        """What `segdsl.yaml` says: entities, events, lookups, the time zone."""
        return self._questions.texts.model

    @property
    def counts(self) -> dict[str, int]:
        """How many params, traits, segments and segmentations the catalog's own files define, by these words."""
        kinds = {
            "params": tree.Param,
            "traits": tree.Trait,
            "segments": tree.Segment,
            "segmentations": tree.Segmentation,
        }
        own = [definition.tree for definition in self._catalog.own()]
        return {word: sum(isinstance(item, kind) for item in own) for word, kind in kinds.items()}

    def text(self, name: str) -> str:
        """A definition as `segdsl fmt` prints it, with its description and annotations. Raises SegdslError."""
        definition = self._catalog.definitions.get(name)
        if definition is None:
            raise SegdslError([problems.unknown_definition(name, self._catalog.definitions)])
        return print_definition(definition.tree)

    @property
    def outputs(self) -> list[Output]:
        """What a run evaluates when nothing is named, traits included: own definitions and those of used libraries."""
        return self._evaluator.outputs

    @property
    def definitions(self) -> list[Listed]:
        """The definitions of the catalog's own files and of the libraries in use, in short; errors in it do not
        matter."""
        from segdsl.plan.about import listed

        return [listed(item) for item in self._catalog.definitions.values()]

    def names_with(
        self, *, tags: str | Sequence[str] = (), owner: str | None = None, traits: bool = False
    ) -> list[str]:
        """The names of the catalog's own segments and segmentations, and with `traits` of these too, that have all of
        some tags and are of an owner, as `run` takes them. What needs arguments has no value of its own, and is left
        out.
        """
        from segdsl.plan.about import listed

        wanted = {tags} if isinstance(tags, str) else set(tags)
        kinds = ("trait", "segment", "segmentation") if traits else ("segment", "segmentation")
        found = [item for item in self._catalog.own() if all(each.default is not None for each in item.parameters)]
        return [
            item.name
            for item in map(listed, found)
            if item.kind in kinds and wanted <= set(item.tags) and (owner is None or item.owner == owner)
        ]

    def about(self, name: str) -> About:
        """A definition in full: what it says, what it reads, and what reads it. Raises SegdslError."""
        from segdsl.plan.about import about

        checker = self._evaluator.checked()
        return about(checker, self._evaluator.definition(name))

    def library(self, name: str) -> Library | None:
        """A library, by its name or the one it is used by; None where there is none."""
        from segdsl.plan.about import about_library

        return about_library(self._catalog, name)

    @property
    def names(self) -> list[str]:
        """Every name that can be asked for, labels as `tier.gold`; errors in the catalog do not matter."""
        return self._evaluator.names
