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
    """Definitions of one entity that one model evaluates: the model's name, and a column's for each output."""

    model: str
    entity: str
    outputs: tuple[Output, ...]
    key: str
    columns: Mapping[str, str]

    @property
    def members(self) -> str:
        """The model of its members."""
        return f"{self.model}_members"

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
    taken = Names(allowed="plain", limit=48)
    for entity in {entity for _, entity in found}:  # the models of all members of an entity
        taken.take(all_members(entity).removesuffix("_members"))
    groups = []
    for (name, entity), held in found.items():
        whole = f"{name}_{entity}" if len(entities[name]) > 1 else name
        model = all_members(entity).removesuffix("_members") if by == "entity" else taken.take(f"{PREFIX}{whole}")
        columns = Names(allowed="plain", limit=63)
        key = columns.take(keys[entity])
        groups.append(Group(model, entity, tuple(held), key, {item.name: columns.take(item.name) for item in held}))
    return groups


def all_members(entity: str) -> str:
    """The model of the members of all segments of an entity."""
    return f"{Names(allowed='plain', limit=48).take(f'{PREFIX}{entity}')}_members"


def _name(definition: Definition, by: By) -> str:
    if by == "entity":
        return definition.entity
    if by == "tag":
        return next(iter(listed(definition).tags), "untagged")
    if definition.scope.alias:
        return definition.scope.alias
    return PurePosixPath(definition.tree.name.span.source.path).stem
