"""The namespaces of a catalog: its own definitions, the libraries it uses, and the usual names of a buyer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import segdsl
from segdsl.diagnostics import Source
from segdsl.syntax import tree
from segdsl.syntax.parser import parse, parse_value
from segdsl.syntax.walk import names_in
from tests.reference.data import Data
from tests.reference.names import Bound, Namespace


def read_module(path: str, text: str) -> tree.Module:
    """The definitions of a text that has no errors."""
    parsed = parse(Source(path, text))
    errors = [item for item in parsed.diagnostics if item.is_error]
    if errors:
        raise ValueError("\n".join(item.render() for item in errors))
    return parsed.module


def read_value(path: str, text: str) -> tree.Expr:
    """An expression that has no errors."""
    value, diagnostics = parse_value(Source(path, text))
    if value is None or diagnostics:
        raise ValueError("\n".join(item.render() for item in diagnostics))
    return value


def library_text(name: str, libraries: Mapping[str, str]) -> str:
    """The text of a library: the given one, else the one that ships with segdsl."""
    if name in libraries:
        return libraries[name]
    path = Path(segdsl.__file__).parent / "library" / f"{name}.seg"
    return path.read_text(encoding="utf-8")


def catalog_of(
    modules: Sequence[tree.Module], data: Data, params: Mapping[str, str], libraries: Mapping[str, str]
) -> Namespace:
    """The names of a catalog, with everything that it uses."""
    return _Filling(data, params, libraries).fill_all(modules)


@dataclass(frozen=True)
class _Filling:
    """Fills namespaces; libraries within libraries too."""

    data: Data
    params: Mapping[str, str]
    libraries: Mapping[str, str]

    def fill_all(self, modules: Sequence[tree.Module]) -> Namespace:
        catalog = Namespace("", next(iter(self.data.entities)))
        if "order" in self.data.event_specs:
            commerce = Namespace("commerce", self.data.owner("order"), "commerce", catalog=catalog)
            commerce.commerce = catalog.commerce = commerce
            self._fill(commerce, [read_module("commerce.seg", library_text("commerce", self.libraries))], catalog)
        self._fill(catalog, modules, catalog)
        return catalog

    def _fill(self, space: Namespace, modules: Sequence[tree.Module], catalog: Namespace) -> None:
        prefix = "" if space is catalog else f"{space.name}."
        # params first: what is there can depend on the words that they are
        every = [one for module in modules for one in module.definitions]
        for definition in sorted(every, key=lambda one: not isinstance(one, tree.Param)):
            match definition:
                case tree.Param() | tree.Trait() | tree.Segment() | tree.Segmentation():
                    name = definition.name.text
                    if f"{prefix}{name}" in self.params:
                        value = read_value("--set", self.params[f"{prefix}{name}"])
                        space.given[name] = Bound(value, catalog, ())
                    needs = [*_needs(definition), *_inherited(definition, space, every)]
                    if all(_is_met(need, space, self.data) for need in needs):
                        space.definitions[name] = definition
                case tree.Use():
                    self._use(space, definition, catalog)

    def _use(self, space: Namespace, use: tree.Use, catalog: Namespace) -> None:
        library = use.library.text
        alias = use.alias.text if use.alias is not None else library
        module = read_module(f"{library}.seg", library_text(library, self.libraries))
        entity = _entity_read(module, self.data, space.entity)
        inner = Namespace(alias, entity, library, catalog=catalog)
        parent = self.data.parent_name(entity)
        inner.roles = {"customer": entity} | ({} if parent is None else {"account": parent})
        inner.commerce = catalog.commerce
        names = [one.name.text for one in module.definitions if isinstance(one, tree.Param)]
        for index, argument in enumerate(use.args):
            name = argument.name.text if argument.name is not None else names[index]
            inner.given[name] = Bound(argument.value, space, ())
        space.uses[alias] = inner
        self._fill(inner, [module], catalog)


def _needs(definition: tree.Definition) -> Iterator[tree.Expr]:
    for annotation in definition.head.annotations:
        if annotation.name.text == "needs":
            yield from (value.value for value in annotation.values)


def _inherited(definition: tree.Definition, space: Namespace, every: Sequence[tree.Definition]) -> Iterator[tree.Expr]:
    """What the main definition of a library needs of the model, for one that names no part of it."""
    if not space.main or isinstance(definition, tree.Param) or any(map(_of_model, _needs(definition))):
        return
    for one in every:
        if not isinstance(one, tree.Use | tree.Example | tree.Expect) and one.name.text == space.main:
            yield from filter(_of_model, _needs(one))
            return


def _of_model(need: tree.Expr) -> bool:
    if isinstance(need, tree.Operation) and need.op != "in":
        return any(map(_of_model, need.args))
    return isinstance(need, tree.Name) or (isinstance(need, tree.Comparison) and isinstance(need.args[1], tree.Text))


def _is_met(need: tree.Expr, space: Namespace, data: Data) -> bool:
    """Whether something that a definition needs is there: a part of the model, a text of a closed set, a word."""
    match need:
        case tree.Operation(op="not", args=(inner,)):
            return not _is_met(inner, space, data)
        case tree.Operation(op="or", args=several):
            return any(_is_met(one, space, data) for one in several)
        case tree.Name():
            return _spec_of(need, space, data) is not None
        case tree.Comparison(args=(tree.Name() as name, tree.Text(value=text))) if len(name.parts) > 1:
            spec = _spec_of(name, space, data)
            closed = spec.get("values") if isinstance(spec, dict) else None
            return spec is not None and (closed is None or text in closed)
        case tree.Comparison(args=(tree.Name() as name, *words)) | tree.Operation(args=(tree.Name() as name, *words)):
            param = space.definitions[name.text]
            assert isinstance(param, tree.Param)
            return word_of(param, space) in [word.text for word in words if isinstance(word, tree.Name)]
        case _:
            raise ValueError(need.span.text)


def _spec_of(name: tree.Name, space: Namespace, data: Data) -> Any:
    """What the model says about an event, an entity, a field or an attribute; None where there is none."""
    head, *rest = (part.text for part in name.parts)
    if head in data.event_specs:
        return data.field_spec(head, tuple(rest))[1] if rest else {}
    if head == "account" and space.roles and "account" not in space.roles:
        return None
    entity = space.roles.get(head, head)
    if entity in data.entities:
        return (data.entities[entity].get("attributes") or {}).get(rest[0]) if rest else {}
    return None if rest else (data.entities[space.entity].get("attributes") or {}).get(head)


def word_of(param: tree.Param, space: Namespace) -> str:
    """The word that a param is: the given one, or its own; where that names another param, what that is."""
    given = space.given.get(param.name.text)
    value, scope = (given.value, given.scope) if given is not None else (param.value, space)
    if isinstance(value, tree.Text):
        return value.value
    assert isinstance(value, tree.Name)
    if value.text in [word.text for word in param.words]:
        return value.text
    other = scope.definitions[value.text]
    assert isinstance(other, tree.Param)
    return word_of(other, scope)


def _entity_read(module: tree.Module, data: Data, default: str) -> str:
    """The entity that has the events which a library needs; else the attributes; else a parent."""
    paths: list[tuple[str, ...]] = []
    for need in (need for definition in module.definitions for need in _needs(definition)):
        paths.extend(tuple(part.text for part in name.parts) for name in names_in(need))
    owners = [data.owner(path[0]) for path in paths if path[0] in data.event_specs]
    for path in paths:
        if path[0] == "customer" and len(path) > 1:
            owners.extend(name for name, spec in data.entities.items() if path[1] in (spec.get("attributes") or {}))
    if ("account",) in paths:
        owners.extend(name for name in data.entities if data.parent_name(name) is not None)
    return (owners or [default])[0]
