"""What a definition means, as a hash: equal for equal programs, whatever its name, comments, order or formatting."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from hashlib import sha256
from operator import attrgetter
from types import MappingProxyType, NoneType
from typing import Any

from segdsl.functions import Function
from segdsl.program import InstanceKey, Program, Reference
from segdsl.types import Type


def meanings(
    program: Program, keys: list[InstanceKey], digests: dict[InstanceKey, str] | None = None
) -> dict[InstanceKey, str]:
    """The first 12 hex digits of a SHA-256 over each instance's canonical program, those it refers to included.

    `digests` are the whole hashes of instances as far as they are known; those that are worked out are added."""
    digests = {} if digests is None else digests
    for root in keys:
        stack = [] if root in digests else [root]
        while stack:
            key = stack[-1]
            value = program.instances[key].value
            lacking: list[InstanceKey] = []
            text = canonical(value, digests, lacking)
            if lacking:
                stack.extend(lacking)
                continue
            stack.pop()
            # a name for another means what that one means
            is_alias = isinstance(value, Reference)
            digests[key] = text if is_alias else sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return {key: digests[key][:12] for key in keys}


def canonical(value: Any, digests: dict[InstanceKey, str], lacking: list[InstanceKey]) -> str:
    """A part of a program as text, the same for the same meaning; `digests` has the instances that it refers to, and
    those that it has not are added to `lacking`."""
    kind = value.__class__
    plain = _PLAIN.get(kind)
    if plain is not None:
        return plain(value)
    if kind is tuple:
        return f"[{' '.join([canonical(item, digests, lacking) for item in value])}]"
    values = _values(kind)
    if values is None:
        return repr(value)
    if kind is Reference:
        found = digests.get(value.instance)
        if found is None:
            lacking.append(value.instance)
            return ""
        return found
    return f"({kind.__name__} {' '.join([canonical(item, digests, lacking) for item in values(value)])})"


# what holds no further parts, and is most of all that there is
_PLAIN: Mapping[Any, Callable[[Any], str]] = MappingProxyType(
    {
        str: repr,
        int: repr,
        bool: repr,
        NoneType: repr,
        Function: attrgetter("key"),
        Type: attrgetter("kind._value_"),
    }
)


@cache
def _values(kind: Any) -> Callable[[Any], tuple[Any, ...]] | None:
    """What gives the fields of a kind of node; None for what is no node."""
    if not is_dataclass(kind):
        return None
    names = [item.name for item in fields(kind)]
    if len(names) > 1:
        return attrgetter(*names)
    return lambda value: tuple(getattr(value, name) for name in names)
