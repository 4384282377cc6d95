"""Files, libraries and the model become one catalog, an immutable value that owns what it knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

from segdsl import library, problems
from segdsl.diagnostics import Diagnostic, Source
from segdsl.functions import CALLS
from segdsl.model.model import Model
from segdsl.syntax import tree
from segdsl.syntax.parser import Parsed, parse, parse_value
from segdsl.syntax.tree import Parameter

MODEL_FILE = "segdsl.yaml"

Named: TypeAlias = tree.Param | tree.Trait | tree.Segment | tree.Segmentation


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Used:
    """A library in use: under which name, and the `use` line (none for commerce)."""

    scope: Scope
    module: tree.Module
    use: tree.Use | None


@dataclass(frozen=True)
class Catalog:
    """Everything that was read. `definitions` by their names in the catalog; those of commerce have no prefix."""

    model: Model
    modules: tuple[tree.Module, ...]
    definitions: Mapping[str, Definition]
    used: Mapping[str, Used]
    settings: Mapping[str, tree.Expr] = field(default_factory=dict)  # params overridden, by their names in the catalog
    root: Path | None = None
    diagnostics: tuple[Diagnostic, ...] = ()

    @cached_property
    def examples(self) -> tuple[tree.Example, ...]:
        return tuple(item for module in self.modules for item in module.definitions if isinstance(item, tree.Example))

    @cached_property
    def expectations(self) -> tuple[tree.Expect, ...]:
        return tuple(item for module in self.modules for item in module.definitions if isinstance(item, tree.Expect))

    def own(self) -> Iterator[Definition]:
        """The definitions of the catalog's own files, in their order."""
        return (item for item in self.definitions.values() if not item.scope.alias)


def find_root(start: Path) -> Path | None:
    """The folder that holds the model: this one or the nearest parent that does."""
    for folder in (start, *start.parents):
        if (folder / MODEL_FILE).is_file():
            return folder
    return None


def seg_files(root: Path) -> list[Path]:
    """The `.seg` files in a folder and below it, in the order of their paths; hidden folders are left out."""
    found = (path for path in sorted(root.rglob("*.seg")) if path.is_file())
    return [path for path in found if not any(part.startswith(".") for part in path.relative_to(root).parts)]


def read_sources(root: Path) -> tuple[list[Source], list[Diagnostic]]:
    """The `.seg` files of a catalog, and what is wrong with those that cannot be read."""
    sources: list[Source] = []
    diagnostics: list[Diagnostic] = []
    for path in seg_files(root):
        relative = path.relative_to(root)
        try:
            text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
            sources.append(Source(relative.as_posix(), text, path))
        except UnicodeDecodeError as error:
            diagnostics.append(problems.not_utf8(relative.as_posix(), error.start))
        except OSError as error:
            diagnostics.append(problems.cannot_read(relative.as_posix(), error.strerror or "unknown reason"))
    return sources, diagnostics


def build_catalog(
    model: Model,
    sources: list[Source],
    settings: Mapping[str, str] | None = None,
    root: Path | None = None,
    diagnostics: tuple[Diagnostic, ...] = (),
) -> Catalog:
    """A catalog of a model and texts; `settings` are texts for params, as `--set` takes them."""
    return assemble(model, [parse(source) for source in sources], settings, root, diagnostics)


def assemble(
    model: Model,
    files: Iterable[Parsed],
    settings: Mapping[str, str] | None = None,
    root: Path | None = None,
    diagnostics: tuple[Diagnostic, ...] = (),
) -> Catalog:
    """A catalog of a model and what has been parsed."""
    builder = _Builder(model, list(diagnostics))
    modules = tuple(builder.take(parsed) for parsed in files)
    builder.define_all(modules)
    values = builder.settle(settings or {})
    return Catalog(model, modules, builder.definitions, builder.used, values, root, tuple(builder.diagnostics))


class _Builder:
    def __init__(self, model: Model, diagnostics: list[Diagnostic]) -> None:
        self.model = model
        self.diagnostics = diagnostics
        self.definitions: dict[str, Definition] = {}
        self.used: dict[str, Used] = {}

    def take(self, parsed: Parsed) -> tree.Module:
        self.diagnostics.extend(parsed.diagnostics)
        return parsed.module

    def define_all(self, modules: tuple[tree.Module, ...]) -> None:
        uses: list[tree.Use] = []
        for module in modules:
            for item in module.definitions:
                if isinstance(item, tree.Use):
                    uses.append(item)
                elif not isinstance(item, tree.Example | tree.Expect):
                    self._define(item, CATALOG, self._entity_of(item))
        for use in uses:
            self._use(use)
        if "order" in self.model.events:
            scope = Scope(library.COMMERCE, library.COMMERCE)
            self._add_library(scope, None, self.model.events["order"].of)

    def _entity_of(self, item: Named) -> str:
        default = self.model.default_entity.name
        named = None if isinstance(item, tree.Param) else item.entity
        if named is None:
            return default
        if named.text not in self.model.entities:
            self.diagnostics.append(problems.unknown_entity(named.text, self.model.entities, named.span))
            return default
        return named.text

    def _define(self, item: Named, scope: Scope, entity: str) -> None:
        name = scope.qualify(item.name.text)
        first = self.definitions.get(name)
        if first is not None:
            if scope.library != library.COMMERCE:  # a catalog's own definition takes the place of commerce's
                self.diagnostics.append(problems.defined_twice(name, first.tree.name.span, item.name.span))
            return
        # a param is of no entity, and would hide an attribute of each
        concerned = self.model.entities if isinstance(item, tree.Param) else (entity,)
        owner = next((each for each in concerned if item.name.text in self.model.entities[each].attributes), None)
        if not scope.alias and owner is not None:
            self.diagnostics.append(problems.attribute_name(item.name.text, owner, item.name.span))
        if not isinstance(item, tree.Param) and item.parameters and item.name.text in CALLS:
            self.diagnostics.append(problems.built_in_call(item.name.text, item.name.span))
        self.definitions[name] = Definition(name, item, scope, entity)

    def _use(self, use: tree.Use) -> None:
        known = [name for name in library.names() if name != library.COMMERCE]
        name = use.library.text
        if name not in known:
            self.diagnostics.append(problems.unknown_library(name, known, use.library.span))
            return
        alias = (use.alias or use.library).text
        place = (use.alias or use.library).span
        if alias in self.used or alias in self.definitions:
            earlier = self.definitions.get(alias)
            used = self.used.get(alias)
            first = used.use.span if used and used.use else earlier.tree.name.span if earlier else place
            self.diagnostics.append(problems.defined_twice(alias, first, place))
            return
        scope = Scope(alias, name)
        module = self.take(library.parsed(name))
        events = self._events_read(module)
        missing = [event for event in events if event not in self.model.events]
        if missing:
            what = " and ".join(f"the event `{event}`" for event in missing)
            self.diagnostics.append(problems.library_needs(name, what, use.library.span))
            return
        entity = self.model.events[events[0]].of if events else self.model.default_entity.name
        self._add_library(scope, use, entity, module)

    def _add_library(self, scope: Scope, use: tree.Use | None, entity: str, module: tree.Module | None = None) -> None:
        module = module or self.take(library.parsed(scope.library))
        self.used[scope.alias] = Used(scope, module, use)
        for item in module.definitions:
            if not isinstance(item, tree.Use | tree.Example | tree.Expect):
                self._define(item, scope, entity)

    def _events_read(self, module: tree.Module) -> list[str]:
        """The events that a library cannot do without, as its `@needs(…)` annotations name them."""
        out: list[str] = []
        for item in module.definitions:
            for annotation in item.head.annotations:
                if annotation.name.text == "needs":
                    for value in annotation.values:
                        if isinstance(value.value, tree.Name) and value.value.text not in out:
                            out.append(value.value.text)
        return out

    def settle(self, settings: Mapping[str, str]) -> dict[str, tree.Expr]:
        """The values of params that `use` lines and settings give, by the params' names in the catalog."""
        values: dict[str, tree.Expr] = {}
        for used in self.used.values():
            if used.use is not None:
                self._use_arguments(used, values)
        known = [item.name for item in self.definitions.values() if item.is_param]
        for name, text in settings.items():
            source = Source(f"--set {name}", text)
            found, diagnostics = parse_value(source)
            self.diagnostics.extend(diagnostics)
            if name not in known:
                self.diagnostics.append(problems.unknown_param(name, known, None))
            elif found is not None:
                values[name] = found
        return values

    def _use_arguments(self, used: Used, values: dict[str, tree.Expr]) -> None:
        assert used.use is not None
        params = [item.name.text for item in used.module.definitions if isinstance(item, tree.Param)]
        for argument in used.use.args:
            if argument.name is None or argument.name.text not in params:
                name = argument.name.text if argument.name else argument.span.text
                self.diagnostics.append(problems.unknown_argument(name, used.scope.library, params, argument.span))
                continue
            qualified = used.scope.qualify(argument.name.text)
            if qualified in values:
                self.diagnostics.append(problems.given_twice(f"`{argument.name.text}`", argument.span))
            values[qualified] = argument.value
