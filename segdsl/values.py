"""Values that are looked up often: their hash is worked out once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

Class = TypeVar("Class", bound=type)


class Hashed:
    """The base of frozen dataclasses with slots that `hash_once` decorates."""

    __slots__ = ("_hash",)
    _hash: int


def hash_once(kind: Class) -> Class:
    """A class of such values, whose hash is that of its fields, and kept: values hold values, and so on."""
    work_out = cast("Callable[[Hashed], int]", kind.__hash__)

    def kept_hash(self: Hashed) -> int:
        try:
            return self._hash
        except AttributeError:
            found = work_out(self)
            object.__setattr__(self, "_hash", found)
            return found

    kind.__hash__ = kept_hash  # type: ignore[assignment]
    return kind
