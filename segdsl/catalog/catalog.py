"""A catalog: an immutable value that owns what it knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeAlias, TypeVar

from segdsl import library, problems
from segdsl.catalog.needs import Lack
from segdsl.diagnostics import Diagnostic, Source, Span
from segdsl.model.model import Model
from segdsl.syntax import tree
from segdsl.syntax.tree import Name, Parameter
from segdsl.syntax.walk import names_in
from segdsl.values import frozen

Named: TypeAlias = tree.Param | tree.Trait | tree.Segment | tree.Segmentation
Said = TypeVar("Said", tree.Example, tree.Expect)


@frozen
class Scope:
    """Where names are looked up: the catalog itself (no alias), or a library under the name it is used by."""

    alias: str = ""
    library: str = ""

    def qualify(self, name: str) -> str:
        """The name in the catalog of a definition in this scope; a library's main definition has the alias itself."""
        if not self.alias or self.library == library.COMMERCE:
            return name
        return self.alias if name == self.library else f"{self.alias}.{name}"


CATALOG = Scope()


@dataclass(frozen=True)
class Definition:
    """A named definition: its name in the catalog, where it stands, and whom its values are of."""

    name: str
    tree: Named
    scope: Scope
    entity: str

    @property
    def is_param(self) -> bool:
        return isinstance(self.tree, tree.Param)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return () if isinstance(self.tree, tree.Param) else self.tree.parameters

    @cached_property
    def names(self) -> tuple[Name, ...]:
        """Every dotted name in it, called ones too, in the order of the text."""
        return tuple(names_in(self.tree))


@frozen
class Used:
    """A library in use: under which name, the `use` line (none for commerce), and the entity that it belongs to."""

    scope: Scope
    module: tree.Module
    use: tree.Use | None
    entity: str


@frozen
class LeftOut:
    """A definition that is not there, for want of what it needs."""

    name: str
    tree: Named
    scope: Scope
    lacks: tuple[Lack, ...]

    def problem(self, span: Span | None) -> Diagnostic:
        """The problem of somebody who names it."""
        of_model = [lack.text for lack in self.lacks if lack.is_of_model]
        return problems.left_out(self.name, of_model or [lack.text for lack in self.lacks], bool(of_model), span)


@dataclass(frozen=True)
class Catalog:
    """Everything that was read. `definitions` by their names in the catalog; those of commerce have no prefix."""

    model: Model
    modules: tuple[tree.Module, ...]
    definitions: Mapping[str, Definition]
    used: Mapping[str, Used]
    left_out: Mapping[str, LeftOut] = field(default_factory=dict)
    libraries: Mapping[str, Source] = field(default_factory=lambda: library.texts({}))
    settings: Mapping[str, tree.Expr] = field(default_factory=dict)  # params overridden, by their names in the catalog
    root: Path | None = None
    diagnostics: tuple[Diagnostic, ...] = ()
    metrics: Mapping[str, Source] | None = None  # templates of its own, by their paths; None: those in its folder

    @cached_property
    def examples(self) -> tuple[tree.Example, ...]:
        """The examples of the catalog's own files; those of what is left out are left out too."""
        return tuple(item for module in self.modules for item in self.kept(module, CATALOG, tree.Example))

    @cached_property
    def expectations(self) -> tuple[tree.Expect, ...]:
        """The expectations of the catalog's own files, likewise."""
        return tuple(item for module in self.modules for item in self.kept(module, CATALOG, tree.Expect))

    def kept(self, module: tree.Module, scope: Scope, kind: type[Said]) -> Iterator[Said]:
        """The examples or expectations of a file that name nothing that is left out."""
        for item in module.definitions:
            if isinstance(item, kind) and not any(self._is_left_out(name, scope) for name in names_in(item)):
                yield item

    def _is_left_out(self, name: tree.Name, scope: Scope) -> bool:
        head = name.parts[0].text
        found = (head, ".".join(part.text for part in name.parts[:2]), scope.qualify(head))
        return any(each in self.left_out for each in found)

    def own(self) -> Iterator[Definition]:
        """The definitions of the catalog's own files, in their order."""
        return (item for item in self.definitions.values() if not item.scope.alias)
