"""Texts and the model become a catalog: every definition under its name, libraries under the names they are used by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from segdsl import library, problems
from segdsl.catalog.catalog import CATALOG, Catalog, Definition, LeftOut, Named, Scope, Used
from segdsl.catalog.needs import Lack, Surroundings, lacks_of, needs_of
from segdsl.catalog.volume import Volume, shipped
from segdsl.catalog.words import Words
from segdsl.diagnostics import Diagnostic, Source, Span
from segdsl.functions import CALLS
from segdsl.library.roles import ACCOUNT, CUSTOMER, in_roles
from segdsl.model.model import Model
from segdsl.syntax import tree
from segdsl.syntax.parser import Parsed, parse, parse_value
from segdsl.syntax.scanner import is_name


def build_catalog(
    model: Model,
    sources: list[Source],
    settings: Mapping[str, str] | None = None,
    root: Path | None = None,
    diagnostics: tuple[Diagnostic, ...] = (),
    libraries: Mapping[str, Source] | None = None,
) -> Catalog:
    """A catalog of a model and texts; `settings` are texts for params, as `--set` takes them, `libraries` the catalog's
    own, by their names."""
    return assemble(model, [parse(source) for source in sources], settings, root, diagnostics, libraries)


def assemble(
    model: Model,
    files: Iterable[Parsed],
    settings: Mapping[str, str] | None = None,
    root: Path | None = None,
    diagnostics: tuple[Diagnostic, ...] = (),
    libraries: Mapping[str, Source] | None = None,
) -> Catalog:
    """A catalog of a model and what has been parsed."""
    builder = _Builder(model, list(diagnostics), library.texts(libraries or {}))
    modules = tuple(builder.take(parsed) for parsed in files)
    builder.read_settings(settings or {})
    builder.define_all(modules)
    builder.check_settings()
    left_out = {name: item for name, item in builder.left_out.items() if name not in builder.definitions}
    return Catalog(
        model,
        modules,
        builder.definitions,
        builder.used,
        left_out,
        builder.libraries,
        builder.values,
        root,
        tuple(builder.diagnostics),
    )


class _Builder:
    def __init__(self, model: Model, diagnostics: list[Diagnostic], libraries: dict[str, Source]) -> None:
        self.model = model
        self.diagnostics = diagnostics
        self.libraries = libraries
        self.definitions: dict[str, Definition] = {}
        self.left_out: dict[str, LeftOut] = {}
        self.used: dict[str, Used] = {}
        self.values: dict[str, tree.Expr] = {}  # of params that `use` lines and settings give
        self.settings: dict[str, Span] = {}
        self.words = Words(self.values)

    def take(self, parsed: Parsed) -> tree.Module:
        self.diagnostics.extend(parsed.diagnostics)
        return parsed.module

    def define_all(self, modules: tuple[tree.Module, ...]) -> None:
        items = [item for module in modules for item in module.definitions]
        self.words.learn(CATALOG, items)
        for item in items:
            if not isinstance(item, tree.Use | tree.Example | tree.Expect):
                entity = self._entity_of(item, self.model.default_entity.name)
                needs = tuple(needs_of(item))
                self._define(item, CATALOG, entity, self._lacks(needs, CATALOG, entity, {}) if needs else [])
        for item in items:
            if isinstance(item, tree.Use):
                self._use(item)
        if "order" in self.model.events:
            scope = Scope(library.COMMERCE, library.COMMERCE)
            self._add_library(scope, None, self._read(library.COMMERCE))

    def _entity_of(self, item: Named, default: str) -> str:
        named = None if isinstance(item, tree.Param) else item.entity
        if named is None:
            return default
        if named.text not in self.model.entities:
            self.diagnostics.append(problems.unknown_entity(named.text, self.model.entities, named.span))
            return default
        return named.text

    def _lacks(
        self, needs: Iterable[tree.Expr], scope: Scope, entity: str, roles: Mapping[str, str | None]
    ) -> list[Lack]:
        around = Surroundings(self.model, entity, roles, partial(self.words.of, scope))
        lacks, found = lacks_of(needs, around)
        self.diagnostics.extend(found)
        return lacks

    def _define(self, item: Named, scope: Scope, entity: str, lacks: list[Lack]) -> None:
        name = scope.qualify(item.name.text)
        self._check_names(item)
        if lacks:
            self.left_out.setdefault(name, LeftOut(name, item, scope, tuple(lacks)))
            return
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

    def _check_names(self, item: Named) -> None:
        named = [(item.name, type(item).__name__.lower())]
        named.extend((rule.label, "label") for rule in (item.rules if isinstance(item, tree.Segmentation) else ()))
        for name, word in named:
            if not is_name(name.text):
                self.diagnostics.append(problems.invalid_name(name.text, word, name.span))

    # ------------------------------------------------------------ libraries

    def _use(self, use: tree.Use) -> None:
        known = [name for name in self.libraries if name != library.COMMERCE]
        name = use.library.text
        if name not in known:
            self.diagnostics.append(problems.unknown_library(name, known, use.library.span))
            return
        alias = (use.alias or use.library).text
        place = (use.alias or use.library).span
        if not is_name(alias):
            self.diagnostics.append(problems.invalid_name(alias, "library", place))
        if alias in self.used or alias in self.definitions:
            earlier = self.definitions.get(alias)
            used = self.used.get(alias)
            first = used.use.span if used and used.use else earlier.tree.name.span if earlier else place
            self.diagnostics.append(problems.defined_twice(alias, first, place))
            return
        self._add_library(Scope(alias, name), use, self._read(name))

    def _read(self, name: str) -> Volume:
        source = self.libraries[name]
        is_shipped = name in library.names() and source is library.read(name)
        found = shipped(name) if is_shipped else Volume(name, parse(source))
        self.take(found.parsed)
        return found

    def _add_library(self, scope: Scope, use: tree.Use | None, volume: Volume) -> None:
        items = volume.items
        self.words.learn(scope, items)
        if use is not None:
            self._take_arguments(scope, use, items)
        entity = volume.entity_in(self.model)
        parent = self.model.parent_of(entity)
        own = {item.name.text for item in items}
        roles = {CUSTOMER: entity, ACCOUNT: parent.name if parent is not None else None}
        known = {word: name for word, name in roles.items() if name not in (None, word) and word not in own}
        lacking = [self._lacks(needs, scope, entity, roles) for needs in volume.needs]
        if use is not None and (missing := _missing(items, lacking)):
            self.diagnostics.append(problems.library_needs(scope.library, " and ".join(missing), use.library.span))
            return
        module = in_roles(volume.parsed.module, known)
        self.used[scope.alias] = Used(scope, module, use, entity)
        renamed = [item for item in module.definitions if not isinstance(item, tree.Use | tree.Example | tree.Expect)]
        for item, lacks in zip(renamed, lacking, strict=True):
            self._define(item, scope, entity if lacks else self._entity_of(item, entity), lacks)

    # ------------------------------------------------------------ the values of params

    def read_settings(self, settings: Mapping[str, str]) -> None:
        for name, text in settings.items():
            source = Source(f"--set {name}", text)
            found, diagnostics = parse_value(source)
            self.diagnostics.extend(diagnostics)
            self.settings[name] = Span(source, 0, len(text))
            if found is not None:
                self.values[name] = found

    def check_settings(self) -> None:
        known = [item.name for item in self.definitions.values() if item.is_param]
        for name in self.settings:
            if name not in known:
                self.diagnostics.append(problems.unknown_param(name, known, None))

    def _take_arguments(self, scope: Scope, use: tree.Use, items: Iterable[Named]) -> None:
        params = [item.name.text for item in items if isinstance(item, tree.Param)]
        given: set[str] = set()
        for argument in use.args:
            if argument.name is None or argument.name.text not in params:
                name = argument.name.text if argument.name else argument.span.text
                self.diagnostics.append(problems.unknown_argument(name, scope.library, params, argument.span))
                continue
            qualified = scope.qualify(argument.name.text)
            if qualified in given:
                self.diagnostics.append(problems.given_twice(f"`{argument.name.text}`", argument.span))
            given.add(qualified)
            if qualified not in self.settings:
                self.values[qualified] = argument.value


def _missing(items: Sequence[Named], lacking: Sequence[list[Lack]]) -> list[str]:
    """What a library of which nothing is left needs of the model."""
    named = [lacks for item, lacks in zip(items, lacking, strict=True) if not isinstance(item, tree.Param)]
    if not named or not all(named):
        return []
    return list(dict.fromkeys(lack.text for lacks in named for lack in lacks if lack.is_of_model))
