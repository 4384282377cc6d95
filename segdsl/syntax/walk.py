"""Going over trees without naming each node."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from operator import attrgetter
from typing import Any

from segdsl.syntax import tree


def descend(node: Any) -> Iterator[Any]:
    """Every node of a tree, itself included, in the order of the text; without recursion."""
    stack: list[Any] = [node]
    while stack:
        item = stack.pop()
        if isinstance(item, tuple):
            stack.extend(reversed(item))
        else:
            kind: Any = type(item)
            if (parts := _parts(kind)) is not None:
                yield item
                stack.extend(parts(item))


@cache
def _inner(kind: Any) -> tuple[str, ...] | None:
    """The slots of a kind of node, from the last to the first; None for what is no node."""
    if not hasattr(kind, "__dataclass_fields__"):
        return None
    return tuple(slot for slot in reversed(kind.__slots__) if slot != "span")


@cache
def _parts(kind: Any) -> Callable[[Any], tuple[Any, ...]] | None:
    """What gives the parts of a kind of node, from the last to the first; None for what is no node."""
    inner = _inner(kind)
    if inner is None or len(inner) > 1:
        return None if inner is None else attrgetter(*inner)
    return lambda item: tuple([getattr(item, slot) for slot in inner])


# what most of a tree's parts are, and holds no names
_NAMELESS = frozenset((tree.Identifier, tree.Number, tree.Quantity, tree.Text, tree.Head, str, type(None)))


def names_in(node: Any) -> Iterator[tree.Name]:
    """Every dotted name that a tree holds, called ones too."""
    stack: list[Any] = [node]
    while stack:
        item = stack.pop()
        kind: Any = type(item)
        if kind is tuple:
            stack.extend(reversed(item))
        elif kind is tree.Name:
            yield item
        elif kind not in _NAMELESS and (parts := _parts(kind)) is not None:
            stack.extend(parts(item))
