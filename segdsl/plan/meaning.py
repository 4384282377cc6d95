"""What a definition means, as a hash: equal for equal programs, whatever its name, comments, order or formatting."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from functools import cache
from hashlib import sha256
from typing import Any

from segdsl.functions import Function
from segdsl.plan.planner import needed
from segdsl.program import InstanceKey, Program, Reference
from segdsl.types import Type


def meanings(program: Program, keys: list[InstanceKey]) -> dict[InstanceKey, str]:
    """The first 12 hex digits of a SHA-256 over each instance's canonical program, those it refers to included."""
    digests: dict[InstanceKey, str] = {}
    for key in needed(program, keys):
        text = canonical(program.instances[key].value, digests)
        digests[key] = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return {key: digests[key][:12] for key in keys}


def canonical(value: Any, digests: dict[InstanceKey, str]) -> str:
    """A part of a program as text, the same for the same meaning; `digests` has the instances that it refers to."""
    kind = value.__class__
    if kind is tuple:
        return f"[{' '.join([canonical(item, digests) for item in value])}]"
    names = _fields(kind)
    if names is None:
        return repr(value)
    if kind is Reference:
        return digests[value.instance]
    if kind is Function:
        return str(value.key)
    if kind is Type:
        return str(value.kind.value)
    return f"({kind.__name__} {' '.join([canonical(getattr(value, name), digests) for name in names])})"


@cache
def _fields(kind: Any) -> tuple[str, ...] | None:
    """The names of the fields of a kind of node; None for what is no node."""
    return tuple(item.name for item in fields(kind)) if is_dataclass(kind) else None
