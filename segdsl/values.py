"""Values of which a catalog has very many: made cheaply, and their hash worked out once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar, cast, dataclass_transform, overload

Class = TypeVar("Class", bound=type)


@overload
def frozen(kind: Class, /) -> Class: ...
@overload
def frozen(*, eq: bool) -> Callable[[Class], Class]: ...
@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(kind: Class | None = None, /, *, eq: bool = True) -> Class | Callable[[Class], Class]:
    """A class of values that never change: a dataclass with slots, equal and hashed by its fields (`eq`), or itself.

    That nothing is set again is left to the type checker: Python's own way of refusing it makes a value three times
    as slow to make, and a catalog has tens of thousands of nodes.
    """
    made = dataclass(slots=True, eq=eq, unsafe_hash=eq)
    return cast("Callable[[Class], Class]", made) if kind is None else cast(Class, made(kind))


class Hashed:
    """The base of frozen classes that `hash_once` decorates."""

    __slots__ = ("_hash",)
    _hash: int


def hash_once(kind: Class) -> Class:
    """A class of such values, whose hash is that of its fields, and kept: values hold values, and so on."""
    work_out = cast("Callable[[Hashed], int]", kind.__hash__)

    def kept_hash(self: Hashed) -> int:
        try:
            return self._hash
        except AttributeError:
            found = self._hash = work_out(self)
            return found

    kind.__hash__ = kept_hash  # type: ignore[assignment]
    return kind
