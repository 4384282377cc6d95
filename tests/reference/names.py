"""What a name means where it stands: a parameter, a field, an attribute, a definition or a label."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from segdsl.syntax import tree
from tests.reference.data import Data, Event

Valued: TypeAlias = tree.Param | tree.Trait | tree.Segment | tree.Segmentation


class UnresolvedError(Exception):
    """A name that means nothing; such a program is one for the compiler to refuse."""


@dataclass(frozen=True)
class Bound:
    """A constant given to a parameter, with the names that it may use itself, and the moment that it is of."""

    value: tree.Expr
    scope: Namespace
    params: Params
    moment: dt.datetime | None = None  # None: that of the place where it is used


Params: TypeAlias = tuple[tuple[str, Bound], ...]


@dataclass(frozen=True)
class Found:
    """A definition, the namespace that it stands in, and one of its labels where that was named."""

    definition: Valued
    scope: Namespace
    label: str | None = None


@dataclass(eq=False)
class Namespace:
    """The names of a catalog, or of a library as it is used; for libraries, `main` is the name of the library."""

    name: str
    entity: str
    main: str = ""
    definitions: dict[str, Valued] = field(default_factory=dict)
    uses: dict[str, Namespace] = field(default_factory=dict)
    given: dict[str, Bound] = field(default_factory=dict)  # params that `use` or `--set` override
    catalog: Namespace | None = None
    commerce: Namespace | None = None
    roles: dict[str, str] = field(default_factory=dict)  # the entities that a library calls `customer` and `account`

    def find(self, parts: tuple[str, ...]) -> Found | None:
        """What a path names, seen from inside."""
        shared = self.commerce
        if shared is not None and self.catalog is not None and parts[0] in shared.definitions:
            # the catalog's own definition of a usual name wins inside libraries, the usual ones included
            replaced = parts[0] in self.catalog.definitions
            if replaced and (self is shared or parts[0] not in self.definitions):
                return self.catalog.own(parts)
        return self.own(parts) or (shared.own(parts) if shared is not None else None)

    def own(self, parts: tuple[str, ...]) -> Found | None:
        """What a path names among the definitions and libraries of this namespace."""
        head, rest = parts[0], parts[1:]
        definition = self.definitions.get(head)
        if definition is not None:
            if not rest:
                return Found(definition, self)
            if isinstance(definition, tree.Segmentation) and len(rest) == 1 and rest[0] in labels(definition):
                return Found(definition, self, rest[0])
        library = self.uses.get(head)
        if library is None:
            return None
        if not rest:
            return library.own((library.main,))
        return library.own(rest) or library.own((library.main, *rest))


def labels(definition: tree.Segmentation) -> tuple[str, ...]:
    return tuple(rule.label.text for rule in definition.rules)


@dataclass(frozen=True)
class Frame:
    """Where and for whom an expression is evaluated. Without a key: for its types alone."""

    scope: Namespace
    entity: str
    key: str | None
    moment: dt.datetime
    horizon: dt.datetime  # nothing after it is seen: the earliest of the run's as-of and every as-of around
    params: Params = ()
    event: str | None = None  # inside the `where` of an event …
    row: Event | None = None  # … and the event that is looked at
    child: bool = False  # inside the `where` of a child entity

    @property
    def outside(self) -> Frame:
        """The customer's own frame, outside of any `where`."""
        return replace(self, event=None, row=None, child=False)


@dataclass(frozen=True)
class ParameterTarget:
    bound: Bound


@dataclass(frozen=True)
class FieldTarget:
    path: tuple[str, ...]


@dataclass(frozen=True)
class AttributeTarget:
    name: str


@dataclass(frozen=True)
class DefinitionTarget:
    found: Found


@dataclass(frozen=True)
class ParentTarget:
    """Something of the parent entity."""

    rest: tuple[str, ...]


@dataclass(frozen=True)
class SelfTarget:
    """Something of the entity itself, written with its name before it."""

    rest: tuple[str, ...]


Target: TypeAlias = ParameterTarget | FieldTarget | AttributeTarget | DefinitionTarget | ParentTarget | SelfTarget


def resolve(parts: tuple[str, ...], frame: Frame, data: Data) -> Target:
    """What a path means in a frame."""
    parts = played(parts, frame.scope)
    head, rest = parts[0], parts[1:]
    if frame.event is not None:
        return _resolve_in_event(parts, frame, data)
    attributes: Mapping[str, object] = data.entities[frame.entity].get("attributes") or {}
    bound = dict(frame.params).get(head)
    if not rest and bound is not None and not (frame.child and head in attributes):
        return ParameterTarget(bound)
    # what a library defines is meant before an attribute; the usual names of a buyer step back behind one
    is_own = frame.scope.main not in ("", "commerce") and head in frame.scope.definitions
    if not rest and head in attributes and not is_own:
        return AttributeTarget(head)
    if rest and head == frame.entity:
        return SelfTarget(rest)
    if rest and head == data.parent_name(frame.entity):
        return ParentTarget(rest)
    found = frame.scope.find(parts)
    if found is None:
        raise UnresolvedError(".".join(parts))
    return DefinitionTarget(found)


def _resolve_in_event(parts: tuple[str, ...], frame: Frame, data: Data) -> Target:
    assert frame.event is not None
    if data.field_spec(frame.event, parts)[0]:
        return FieldTarget(parts)
    if len(parts) == 1:
        bound = dict(frame.params).get(parts[0])
        if bound is not None:
            return ParameterTarget(bound)
    elif parts[0] == frame.entity:
        return SelfTarget(parts[1:])
    found = frame.scope.find(parts)
    if found is not None and isinstance(found.definition, tree.Param):
        return DefinitionTarget(found)
    raise UnresolvedError(".".join(parts))


def played(parts: tuple[str, ...], scope: Namespace) -> tuple[str, ...]:
    """A path with the entity in place of the word that a library has for it."""
    if parts[0] in scope.definitions:
        return parts
    return (scope.roles.get(parts[0], parts[0]), *parts[1:])


def bind(
    parameters: tuple[tree.Parameter, ...], arguments: tuple[tree.Argument, ...], scope: Namespace, frame: Frame
) -> Params:
    """The parameters of a definition with what a call gives them, by name or by place, else their defaults."""
    given: dict[str, Bound] = {}
    for index, argument in enumerate(arguments):
        name = argument.name.text if argument.name is not None else parameters[index].name.text
        given[name] = Bound(argument.value, frame.scope, frame.params, frame.moment)
    out: Params = ()
    for parameter in parameters:
        name = parameter.name.text
        if name not in given:
            if parameter.default is None:
                raise UnresolvedError(f"no value for the parameter {name}")
            given[name] = Bound(parameter.default, scope, out, frame.moment)
        out = (*out, (name, given[name]))
    return out
