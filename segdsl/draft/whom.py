"""Whose events are, where no table of those is there: by what several tables of events have in common."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlglot import exp

from segdsl.draft.links import Key, Link
from segdsl.draft.names import (
    is_email,
    is_group,
    is_key_name,
    is_of_order,
    is_phone,
    is_thing,
    is_whom,
    is_whose,
    snake,
    stem,
    thing,
)
from segdsl.draft.profile import Column, Table, is_one_of_few
from segdsl.draft.times import time_column
from segdsl.engines.duckdb import DuckDB

_EMAIL, _PHONE = "email", "phone"
# of the rows, that a telephone stands in where it is worth a thought
_HALF = 0.5
# times as many rows as a key has on average
_MUCH = 3
# what stands in a key where nobody is known, in small letters: a guest, in most shops
_NOBODY = ("0", "-1", "", "-", "guest", "anonymous", "none", "null", "unknown", "n/a", "na", "not set", "(not set)")


def shared_keys(tables: Sequence[Table], links: Sequence[Link], engine: DuckDB) -> list[tuple[str, float]]:
    """What may tell whose the events of several tables are, the stem of keys, `email` or `phone`, and how likely that
    is, the likeliest first. Keys that lead to another table, as orders' lines have them, are left out."""
    shares: dict[str, list[float]] = {}
    for table in tables:
        if time_column(table) is None:
            continue
        linked = {link.column.name for link in links if link.table is table and link.nearness >= 2}
        for of in sorted({_whose(column) for column in table.columns.values()} - {""}):
            column = key_of(of, table)
            if column is not None and column.name not in linked and _tells_apart(column, of, table):
                share = _share(table, column, engine) if column.known else 1.0
                if of != _PHONE or share >= _HALF:
                    shares.setdefault(of, []).append(share)
    scores = {of: _weight(of) * sum(found) / len(found) + sum(found) for of, found in shares.items()}
    return sorted(((of, score) for of, score in scores.items() if score > 0), key=lambda item: -item[1])


def key_of(of: str, table: Table) -> Column | None:
    """The column of a table that holds such keys, of several the one that is known most often."""
    columns = [column for column in table.columns.values() if column.is_like_a_key and _whose(column) == of]
    return max(columns, key=lambda column: (is_key_name(column.name), column.known), default=None)


def key_that_is_met(key: Key, keys: Sequence[Key], links: Sequence[Link]) -> Key:
    """Of the keys of a table of people, the one that most tables of events hold; this one where others have no more."""
    same = [other for other in keys if other is key or (other.table is key.table and other.certain)]
    met = [
        len({link.table.name for link in links if link.to is other and time_column(link.table) is not None})
        for other in same
    ]
    return max(zip(same, met, strict=True), key=lambda item: (item[1], item[0] is key))[0]


def told_key(key: Key, likeliest: Key) -> list[str]:
    """What is to be told where people are known by another key than the likeliest."""
    if key is likeliest:
        return []
    bare = 1 - key.table.share(key.column)
    told = f"; {bare:.1%} of the rows have none, and are no members" if bare else ""
    return [
        f"{key.table.name}: `{key.column.name}` was taken for the key, rather than `{likeliest.column.name}`, as more "
        f"events have it{told}"
    ]


def name_of(of: str) -> str:
    """The name of an entity with such keys."""
    return "customer" if of in (_EMAIL, _PHONE) else snake(of)


def _weight(of: str) -> float:
    if of in (_EMAIL, _PHONE):
        return 2 if of == _EMAIL else 1
    return 4 * is_whom(of) + 2 * is_group(of) - 5 * is_thing(of)


def _whose(column: Column) -> str:
    if is_email(column.name):
        return _EMAIL
    if is_phone(column.name):
        return _PHONE
    return stem(column.name) if is_key_name(column.name) or is_whose(column.name) else ""


def _tells_apart(column: Column, of: str, table: Table) -> bool:
    """Whether its values are of several people, of whom some have several events: a code that is one of few is not.
    Orders may be all of different people."""
    if not column.known:
        return True
    is_somebody = of in (_EMAIL, _PHONE) or (is_whom(of) and not is_thing(of) and is_key_name(column.name))
    several = column.different < column.known or (is_somebody and is_of_order(thing(table.name)))
    return several and (is_somebody or not is_one_of_few(column))


# ---------------------------------------------------------------- doubts


def told_others(tables: Sequence[Table], likely: Sequence[tuple[str, float]], engine: DuckDB) -> Iterator[str]:
    """What else than the first could tell whose events are, and in how many rows it is known."""
    for table in tables:
        first = key_of(likely[0][0], table)
        if first is None or time_column(table) is None:
            continue
        for of, _ in likely[1:]:
            other = key_of(of, table)
            if other is None or _weight(of) <= 0:
                continue
            shares = _share(table, first, engine), _share(table, other, engine)
            if _weight(of) > _weight(likely[0][0]) or shares[1] > shares[0]:
                told = [
                    f"`{column.name}` ({column.different:,} different, in {share:.0%} of the rows)"
                    for column, share in zip((first, other), shares, strict=True)
                ]
                yield f"{table.name}: {told[0]} was taken for whose events these are, {told[1]} could tell it too"


def _share(table: Table, column: Column, engine: DuckDB) -> float:
    """Of the rows that tell who it is."""
    return (column.known - nobody(table, column, engine)[1]) / table.sampled if table.sampled else 0.0


def nobody(table: Table, column: Column, engine: DuckDB) -> tuple[str, int]:
    """What stands in a key where nobody is known, and in how many of the rows that are looked at; none as a rule."""
    text = exp.cast(exp.column(column.name, quoted=True), "TEXT")
    is_nobody = exp.In(
        this=exp.Lower(this=exp.Trim(this=text.copy())), expressions=[exp.Literal.string(word) for word in _NOBODY]
    )
    select = exp.select(exp.Min(this=text), exp.Count(this=exp.Star())).from_(exp.to_identifier(table.sample))
    ((word, count),) = engine.fetch(select.where(is_nobody).sql(dialect="duckdb"), f"table `{table.name}`")
    # a number is one of somebody, if it is met no more often than others are
    return (word or "", count) if count * column.different > _MUCH * column.known else ("", 0)
