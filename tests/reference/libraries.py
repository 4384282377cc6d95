"""The namespaces of a catalog: its own definitions, the libraries it uses, and the usual names of a buyer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path

import segdsl
from segdsl.diagnostics import Source
from segdsl.syntax import tree
from segdsl.syntax.parser import parse, parse_value
from tests.reference.data import Data
from tests.reference.names import Bound, Namespace

_USUAL = """
trait orders = count(order)
trait first_purchase = first(order.at)
trait last_purchase = last(order.at)
trait total_spend = sum(order.amount)
trait avg_order_value = avg(order.amount)
trait purchase_gap = avg_gap(order)
"""


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
    if not path.exists() and name == "commerce":
        return _USUAL
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
        for definition in (one for module in modules for one in module.definitions):
            match definition:
                case tree.Param() | tree.Trait() | tree.Segment() | tree.Segmentation():
                    name = definition.name.text
                    space.definitions[name] = definition
                    if f"{prefix}{name}" in self.params:
                        value = read_value("--set", self.params[f"{prefix}{name}"])
                        space.given[name] = Bound(value, catalog, ())
                case tree.Use():
                    self._use(space, definition, catalog)

    def _use(self, space: Namespace, use: tree.Use, catalog: Namespace) -> None:
        library = use.library.text
        alias = use.alias.text if use.alias is not None else library
        module = read_module(f"{library}.seg", library_text(library, self.libraries))
        inner = Namespace(alias, _entity_read(module, self.data, space.entity), library, catalog=catalog)
        inner.commerce = catalog.commerce
        names = [one.name.text for one in module.definitions if isinstance(one, tree.Param)]
        for index, argument in enumerate(use.args):
            name = argument.name.text if argument.name is not None else names[index]
            inner.given[name] = Bound(argument.value, space, ())
        space.uses[alias] = inner
        self._fill(inner, [module], catalog)


def _entity_read(module: tree.Module, data: Data, default: str) -> str:
    """The entity that has the events which a library reads."""
    for name in _names(module):
        if name in data.event_specs:
            return data.owner(name)
    return data.owner("order") if "order" in data.event_specs else default


def _names(node: object) -> Iterator[str]:
    """The first part of every name in a tree."""
    if isinstance(node, tree.Name):
        yield node.parts[0].text
    elif isinstance(node, tree.Step):
        yield node.event.text
    if isinstance(node, tuple):
        for item in node:
            yield from _names(item)
    elif is_dataclass(node) and not isinstance(node, tree.Head | tree.Identifier):
        for one in fields(node):
            if one.name not in ("span", "source"):
                yield from _names(getattr(node, one.name))
