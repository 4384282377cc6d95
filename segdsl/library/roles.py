"""The two words by which a library speaks of entities that every model calls otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from segdsl.syntax import tree

# the entity that a library belongs to, and that one's parent
CUSTOMER, ACCOUNT = "customer", "account"

Tree = TypeVar("Tree")


def in_roles(node: Tree, roles: Mapping[str, str]) -> Tree:
    """A tree with the entities of the model in place of the words, in `of account` and at the start of names."""
    if not roles:
        return node
    found: Any = node
    match node:
        case tuple():
            changed = tuple(in_roles(item, roles) for item in node)
            return node if all(new is old for new, old in zip(changed, node, strict=True)) else changed  # type: ignore[return-value]
        case tree.Name():
            head = _renamed(node.parts[0], roles)
            return node if head is node.parts[0] else replace(found, parts=(head, *node.parts[1:]))
        case tree.Trait() | tree.Segment() | tree.Segmentation() if node.entity is not None:
            found = replace(found, entity=_renamed(node.entity, roles))
        case _:
            pass
    if not is_dataclass(node):
        return node
    changes = {}
    for item in fields(node):
        value = getattr(found, item.name)
        if item.name not in ("span", "source", "head") and (new := in_roles(value, roles)) is not value:
            changes[item.name] = new
    renamed: Tree = replace(found, **changes) if changes else found
    return renamed


def _renamed(identifier: tree.Identifier, roles: Mapping[str, str]) -> tree.Identifier:
    name = roles.get(identifier.text, identifier.text)
    return identifier if name == identifier.text else tree.Identifier(name, identifier.span)
