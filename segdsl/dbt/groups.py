"""Which definitions make a model: those of a file, of a tag, or all of an entity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from segdsl.catalog import Definition
from segdsl.options import By
from segdsl.plan.about import listed
from segdsl.program import Output
from segdsl.sql.names import Names
from segdsl.sql.query import SEGMENT

PREFIX = "seg_"


@dataclass(frozen=True)
class Group:
    """Definitions of one entity that one model evaluates: the model's name, and a column's for each output.

    `all_members` is the model of the members of all segments of the entity.
    """

    model: str
    entity: str
    outputs: tuple[Output, ...]
    key: str
    columns: Mapping[str, str]
    all_members: str

    @property
    def members(self) -> str:
        """The model of its members."""
        return _members(self.model)

    @property
    def members_key(self) -> str:
        """The key's column there, beside `segment`."""
        return Names((SEGMENT,), allowed="plain", limit=63).take(self.key)

    @property
    def has_members(self) -> bool:
        return any(output.kind != "trait" for output in self.outputs)


def make_groups(
    outputs: Iterable[Output], definitions: Mapping[str, Definition], keys: Mapping[str, str], by: By
) -> list[Group]:
    """The groups of outputs in their order; `keys` are the key columns of entities. Names are letters, digits, `_`."""
    found: dict[tuple[str, str], list[Output]] = {}
    for output in outputs:
        found.setdefault((_name(definitions[output.name], by), output.entity), []).append(output)
    entities: dict[str, set[str]] = {}
    for name, entity in found:
        entities.setdefault(name, set()).add(entity)
    models = _Models()
    # in the order of the model, so that a rule more calls none of them otherwise
    whole = {entity: models.take(f"{PREFIX}{entity}") for entity in keys}
    groups = []
    for (name, entity), held in found.items():
        wanted = f"{PREFIX}{name}_{entity}" if len(entities[name]) > 1 else f"{PREFIX}{name}"
        model = whole[entity] if by == "entity" else models.take(wanted)
        columns = Names(allowed="plain", limit=63)
        key = columns.take(keys[entity])
        named = {item.name: columns.take(item.name) for item in held}
        groups.append(Group(model, entity, tuple(held), key, named, _members(whole[entity])))
    return groups


class _Models:
    """Hands out names of models, each with another beside it, that of its members, which none has for its own."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, wanted: str) -> str:
        names = Names(allowed="plain", limit=48)
        while True:
            found = names.take(wanted)
            both = {found.casefold(), _members(found).casefold()}
            if self._taken.isdisjoint(both):
                self._taken |= both
                return found


def _members(model: str) -> str:
    return f"{model}_members"


def _name(definition: Definition, by: By) -> str:
    if by == "entity":
        return definition.entity
    if by == "tag":
        return next(iter(listed(definition).tags), "untagged")
    if definition.scope.alias:
        return definition.scope.alias
    return PurePosixPath(definition.tree.name.span.source.path).stem
