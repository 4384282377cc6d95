"""What a definition means, as a hash: equal for equal programs, whatever its name, comments, order or formatting."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from functools import cache
from hashlib import sha256
from operator import attrgetter
from types import MappingProxyType, NoneType
from typing import Any

from segdsl.functions import Function
from segdsl.program import Aggregate, InstanceKey, Program, Reference
from segdsl.types import Type


def meanings(
    program: Program, keys: list[InstanceKey], digests: dict[InstanceKey, str] | None = None
) -> dict[InstanceKey, str]:
    """The first 12 hex digits of a SHA-256 over each instance's canonical program, those it refers to included.

    `digests` are the whole hashes of instances as far as they are known; those that are worked out are added."""
    digests = {} if digests is None else digests
    aggregates: dict[Aggregate, str] = {}
    for root in keys:
        stack = [] if root in digests else [root]
        while stack:
            key = stack[-1]
            value = program.instances[key].value
            lacking: list[InstanceKey] = []
            text = canonical(value, digests, lacking, aggregates)
            if lacking:
                stack.extend(lacking)
                continue
            stack.pop()
            # a name for another means what that one means
            is_alias = isinstance(value, Reference)
            digests[key] = text if is_alias else sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return {key: digests[key][:12] for key in keys}


def canonical(
    value: Any,
    digests: dict[InstanceKey, str],
    lacking: list[InstanceKey],
    aggregates: dict[Aggregate, str] | None = None,
) -> str:
    """A part of a program as text, the same for the same meaning; `digests` has the instances that it refers to, and
    those that it has not are added to `lacking`. Many rules read the same few `aggregates`, whose texts are kept."""
    kind: Any = type(value)
    if kind is tuple:
        return f"[{_joined(value, digests, lacking, aggregates)}]"
    if kind in _PLAIN:
        return _PLAIN[kind](value)
    values = _values(kind)
    if values is None:
        return repr(value)
    if kind is Reference:
        found = digests.get(value.instance)
        if found is None:
            lacking.append(value.instance)
            return ""
        return found
    if aggregates is not None and kind is Aggregate and value in aggregates:
        return aggregates[value]
    before = len(lacking)
    text = f"({kind.__name__} {_joined(values(value), digests, lacking, aggregates)})"
    if aggregates is not None and kind is Aggregate and len(lacking) == before:
        aggregates[value] = text
    return text


def _joined(
    values: tuple[Any, ...],
    digests: dict[InstanceKey, str],
    lacking: list[InstanceKey],
    aggregates: dict[Aggregate, str] | None,
) -> str:
    """The same for several parts; what holds no further ones is most of them, and needs no call of `canonical`."""
    return " ".join(
        [
            canonical(item, digests, lacking, aggregates) if (plain := _PLAIN.get(type(item))) is None else plain(item)
            for item in values
        ]
    )


def _decimal(value: Decimal) -> str:
    """1.1, 1.10 and 110% are one number."""
    text = f"{value:f}" if value else "0"
    return text.rstrip("0").rstrip(".") if "." in text else text


# what holds no further parts, and is most of all that there is
_PLAIN: Mapping[type, Callable[[Any], str]] = MappingProxyType(
    {
        str: repr,
        int: repr,
        bool: repr,
        NoneType: repr,
        Decimal: _decimal,
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
