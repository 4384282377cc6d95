"""The types of the language, and how they combine."""

from __future__ import annotations

from enum import Enum

from segdsl.values import Hashed, frozen, hash_once


class Kind(Enum):
    """What a value is; the value of each member is the word a user reads and writes."""

    BOOL = "bool"
    INT = "int"
    DECIMAL = "decimal"
    TEXT = "text"
    DATE = "date"
    TIME = "timestamp"
    LIST = "list(text)"
    DURATION = "duration"
    DISTANCE = "distance"
    LABEL = "label"
    VALUES = "list"  # of constants: the value of a param, never of a customer
    ANY = "any"  # unknown while checking a definition whose parameter has no value yet, or after an error

    # each is there once; Enum's own hash of the name is Python code, and asked for very often
    __hash__ = object.__hash__


@hash_once
@frozen
class Type(Hashed):
    """A kind, with what narrows it: the closed set of a text, the labels of a segmentation and its name, or what the
    items of a list are."""

    kind: Kind
    values: tuple[str, ...] | None = None
    of: str | None = None

    def __str__(self) -> str:
        if self.kind is Kind.VALUES:
            return f"list of {self.of}s"
        return f"label of {self.of}" if self.kind is Kind.LABEL else self.kind.value

    @property
    def is_number(self) -> bool:
        return self.kind in (Kind.INT, Kind.DECIMAL, Kind.ANY)

    @property
    def is_moment(self) -> bool:
        """A point in time: a date or a time."""
        return self.kind in (Kind.DATE, Kind.TIME, Kind.ANY)


BOOL = Type(Kind.BOOL)
INT = Type(Kind.INT)
DECIMAL = Type(Kind.DECIMAL)
TEXT = Type(Kind.TEXT)
DATE = Type(Kind.DATE)
TIME = Type(Kind.TIME)
LIST = Type(Kind.LIST)
DURATION = Type(Kind.DURATION)
DISTANCE = Type(Kind.DISTANCE)
ANY = Type(Kind.ANY)

# the types a model can state
STATED = {type_.kind.value: type_ for type_ in (BOOL, INT, DECIMAL, TEXT, DATE, TIME, LIST)}


def unify(left: Type, right: Type) -> Type | None:
    """The type that values of both have in common, as for the branches of a `case`; None where there is none."""
    if left == right:
        return left
    if left.kind is Kind.ANY:
        return right
    if right.kind is Kind.ANY:
        return left
    if left.is_number and right.is_number:
        return DECIMAL
    if {left.kind, right.kind} == {Kind.DATE, Kind.TIME}:
        return TIME  # the date as the midnight that starts it
    if left.kind is right.kind:
        if left.kind in (Kind.LABEL, Kind.VALUES):
            return None
        return Type(left.kind)
    return None
