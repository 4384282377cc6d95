"""Going over trees without naming each node."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from segdsl.syntax import tree


def descend(node: Any) -> Iterator[Any]:
    """Every node of a tree, itself included, in the order of the text; without recursion."""
    stack: list[Any] = [node]
    while stack:
        item = stack.pop()
        if isinstance(item, tuple):
            stack.extend(reversed(item))
        elif hasattr(item, "__dataclass_fields__"):
            yield item
            stack.extend(getattr(item, slot) for slot in reversed(item.__slots__) if slot != "span")


def names_in(node: Any) -> Iterator[tree.Name]:
    """Every dotted name that a tree holds, called ones too."""
    return (item for item in descend(node) if isinstance(item, tree.Name))
