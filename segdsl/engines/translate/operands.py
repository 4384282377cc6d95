"""What the operands of a model's `sql:` are: by that it is decided whether an operation means the same elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum

from segdsl.engines.columns import kind_of
from segdsl.sql import Dialect
from segdsl.sql.rows import ZONED
from segdsl.types import BOOL, DATE, DECIMAL, INT, TEXT, TIME, Type

# a column of a base table: the place of its table in the SELECTs, and its name there
Base = tuple[int, str]


class Sort(Enum):
    """What an operand holds; the value of each member is how a message calls it."""

    TEXT = "a text"
    INT = "a whole number"
    DECIMAL = "a decimal"
    FLOATING = "a floating-point number"
    TRUTH = "a truth"
    DATE = "a day"
    TIME = "a time"
    INSTANT = "an instant"
    UUID = "a UUID"
    NULL = "NULL"
    OTHER = "of a type that the language has not"
    UNSEEN = "of a type that is not known"


NUMBERS = frozenset({Sort.INT, Sort.DECIMAL})
MOMENTS = frozenset({Sort.DATE, Sort.TIME})
# as what a column of a base table is read before it is an operand; a floating number is taken as it is
# (a whole number too, except where a row may hold something else all the same)
INT_AS_READ = INT
READ_AS: dict[Sort, Type] = {
    Sort.TEXT: TEXT,
    Sort.DECIMAL: DECIMAL,
    Sort.TRUTH: BOOL,
    Sort.DATE: DATE,
    Sort.TIME: TIME,
}


@dataclass(frozen=True)
class Operand:
    """A value in a SELECT. `bases` are the columns that it is, unchanged; `scale` how many digits it has after the
    point, None where nobody knows; `native` the type of a column as DuckDB writes it."""

    sort: Sort
    bases: frozenset[Base] = frozenset()
    scale: int | None = None
    native: str = ""


NULL = Operand(Sort.NULL)
UNSEEN = Operand(Sort.UNSEEN)
WHOLE = Operand(Sort.INT, scale=0)
TRUTH = Operand(Sort.TRUTH)

_WHOLE = re.compile(r"U?(?:TINY|SMALL|BIG|HUGE)?INT|U?INTEGER")
_DECIMAL = re.compile(r"DECIMAL\(\d+, ?(\d+)\)|NUMERIC|DECIMAL")
_TIMES = re.compile(r"TIMESTAMP(?:\(\d+\)|_NTZ|_S|_MS|_NS)?")


class Unlike(Exception):  # noqa: N818  a problem, as everywhere here
    """Operands that have no sort in common."""


def of_native(native: str, dialect: Dialect) -> Operand:
    """A column of a type as DuckDB writes it. Where rows hold values of any type (SQLite), it tells of whole numbers
    alone: what is declared as a text may stand for a decimal or a time."""
    return replace(_of_native(native.upper(), dialect.decimals is None), native=native)


def _of_native(native: str, has_types: bool) -> Operand:
    if native in ZONED:
        return Operand(Sort.INSTANT)
    if _WHOLE.fullmatch(native):
        return WHOLE
    if native == "NULL":
        return NULL
    if not has_types:
        return Operand(Sort.UNSEEN if native == "VARCHAR" else Sort.OTHER)
    if kind_of(native) == "text" and native not in ("JSON", "UUID"):
        return Operand(Sort.TEXT)
    if (found := _DECIMAL.fullmatch(native)) is not None:
        return Operand(Sort.DECIMAL, scale=int(found[1]) if found[1] else None)
    if _TIMES.fullmatch(native):
        return Operand(Sort.TIME)
    words = {
        "DOUBLE": Sort.FLOATING,
        "FLOAT": Sort.FLOATING,
        "BOOLEAN": Sort.TRUTH,
        "DATE": Sort.DATE,
        "DATE(0)": Sort.DATE,
        "UUID": Sort.UUID,
    }
    return Operand(words.get(native, Sort.OTHER))


def unified(operands: Iterable[Operand]) -> Operand:
    """What values of one column are together: of the branches of a CASE, or at one place of a UNION. Raises Unlike."""
    found = [operand for operand in operands if operand.sort is not Sort.NULL]
    sorts = {operand.sort for operand in found}
    if not found:
        return NULL
    if Sort.UNSEEN in sorts:
        return UNSEEN
    if len(sorts) == 1:
        scales = [operand.scale for operand in found]
        known = [scale for scale in scales if scale is not None]
        return Operand(sorts.pop(), scale=max(known) if len(known) == len(scales) else None)
    if sorts == NUMBERS:
        scales = [operand.scale for operand in found if operand.sort is Sort.DECIMAL]
        return Operand(Sort.DECIMAL, scale=None if None in scales else max(scale or 0 for scale in scales))
    raise Unlike(" and ".join(sorted(sort.value for sort in sorts)))
