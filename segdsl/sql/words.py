"""Conditions of a row as the bits of a few numbers: tens of columns as one, written and compared at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqlglot import exp

from segdsl.sql import build
from segdsl.sql.dialects import Dialect
from segdsl.types import Kind

# bits of a BIGINT that are used, so that none is negative
BITS = 62
# conditions by their bits; None where a bit is not in use
Places = Sequence[str | None]


def words(places: Places) -> Iterator[Places]:
    """The places of each number."""
    return (places[start : start + BITS] for start in range(0, len(places), BITS))


def packed(places: Places, columns: Mapping[str, str], dialect: Dialect) -> list[exp.Expr]:
    """The numbers, of the columns that conditions stand in."""
    found: list[exp.Expr] = []
    for names in words(places):
        total = added_bits(None if name is None else build.column(columns[name]) for name in names)
        found.append(build.cast(total, dialect.types[Kind.INT], dialect.grammar))
    return found


def added_bits(conditions: Iterable[exp.Expr | None]) -> exp.Expr:
    """A number with a bit for each condition that holds, in their order."""
    total: exp.Expr = build.number(0)
    for bit, condition in enumerate(conditions):
        if condition is not None:
            total = exp.Add(this=total, expression=build.case([(condition, build.number(2**bit))], build.number(0)))
    return total


def held(word: exp.Expr, bit: int) -> exp.Expr:
    """Whether a bit of a number is set."""
    return build.fill("(:w & :b) <> 0", {"w": word, "b": build.number(2**bit)})
