"""Which column holds keys of which table: by its name, and by the values that both have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from segdsl.draft.names import is_key_name, is_phone, is_whom, snake, stem, thing, words_of
from segdsl.draft.overlaps import overlaps
from segdsl.draft.profile import Column, Table, is_unique
from segdsl.engines.duckdb import DuckDB
from segdsl.types import INT

# rows of a table whose keys may be repeated, and it still is one of keys
_NEARLY = 0.9
# how near names are does not matter where a foreign key was declared
DECLARED = 4


@dataclass(frozen=True)
class Key:
    """A column that tells the rows of its table apart; `certain` where no value stands twice."""

    table: Table
    column: Column
    certain: bool
    score: int


@dataclass(frozen=True)
class Link:
    """A column whose values are keys of another table: the share of them that are, and how near the names are."""

    table: Table
    column: Column
    to: Key
    share: float
    nearness: int

    @property
    def why(self) -> str:
        if self.nearness == DECLARED:
            return f"a foreign key to {self.to.table.name}.{self.to.column.name}"
        if not self.table.sampled or not self.to.table.sampled:
            return f"guessed from its name: `{self.to.table.name}` or this table has no rows"
        shown = "all" if self.share == 1 else f"{self.share:.0%}" if self.share < 0.99 else "99%"
        return f"{shown} of its values are in {self.to.table.name}.{self.to.column.name}"

    @property
    def rank(self) -> tuple[float, ...]:
        return (self.nearness, self.share, self.column.known)


def find_keys(tables: Sequence[Table], engine: DuckDB) -> list[Key]:
    """The columns that could be keys of their tables, at most two of each, the likeliest first."""
    found: list[Key] = []
    for table in tables:
        keys = []
        for index, column in enumerate(table.columns.values()):
            score = _key_score(table, column, index)
            if not column.is_like_a_key or score <= 0:
                continue
            if not table.rows:
                if score >= 4:
                    keys.append(Key(table, column, True, score))
            elif table.share(column) >= 0.5 and is_unique(table, column, engine):
                keys.append(Key(table, column, True, score))
            elif score >= 5 and is_whom(thing(table.name)) and column.different >= _NEARLY * column.known > 0:
                keys.append(Key(table, column, False, score - 2))
        found.extend(sorted(keys, key=lambda key: -key.score)[:2])
    return found


def _key_score(table: Table, column: Column, index: int) -> int:
    """How much a name and a place speak of a key."""
    of = stem(column.name)
    name = thing(table.name)
    words = words_of(column.name)
    if column.is_key:
        return 9 + (index == 0)
    if is_phone(column.name):
        return 1
    if is_key_name(column.name):
        score = 3
        if of == name or (of and name.endswith(f"_{of}")) or (not of and words[-1:] in (["id"], ["key"], ["uuid"])):
            score += 3
        return score + (index == 0)
    if snake(column.name) == name:
        return 3
    if words in (["email"], ["email", "address"], ["username"], ["login"]):
        return 2
    return 2 if index == 0 and not column.has_time else 0


def find_links(tables: Sequence[Table], keys: Sequence[Key], engine: DuckDB) -> tuple[list[Link], list[str]]:
    """Every column that holds keys of another table; and what is to be told of those that only seem to."""
    shares = overlaps(tables, [(key.table, key.column) for key in keys], engine)
    found: list[Link] = []
    for table in tables:
        for column in table.columns.values():
            if column.is_like_a_key:
                found.extend(_links_of(table, column, keys, shares))
    return found, list(_conflicts(tables, keys, found, shares))


def _links_of(
    table: Table, column: Column, keys: Sequence[Key], shares: dict[tuple[str, str, int], float]
) -> Iterator[Link]:
    for index, key in enumerate(keys):
        if key.table is table:
            continue
        share = shares.get((table.name, column.name, index), 0.0)
        nearness = _nearness(column, key)
        if not table.sampled or not key.table.sampled or not column.known:
            if nearness >= 3:
                yield Link(table, column, key, 0.0, nearness)
        elif nearness >= 2:
            if share >= 0.05 or nearness == DECLARED:
                yield Link(table, column, key, share, nearness)
        elif _is_telling(column, key, share, nearness):
            yield Link(table, column, key, share, nearness)


def _is_telling(column: Column, key: Key, share: float, nearness: int) -> bool:
    """Whether values alone say it: small numbers are in every column of numbers, texts are not."""
    if INT in (key.column.type, column.type):
        return (
            nearness == 1 and share >= 0.98 and column.different >= 0.3 * key.column.different and not stem(column.name)
        )
    return share >= 0.9 and column.different >= (3 if nearness else 8)


def _nearness(column: Column, key: Key) -> int:
    """How near the name of a column is to that of a key: 3 the same, 2 ends with it, 1 at least a key's, 0 not."""
    if column.leads_to == (key.table.name, key.column.name):
        return DECLARED
    own = stem(column.name) or ""
    other = stem(key.column.name) or thing(key.table.name)
    named = thing(key.table.name)
    if is_key_name(column.name) or is_key_name(key.column.name):
        if own and own in (other, named, named.rpartition("_")[2]):
            return 3
        if own and snake(column.name) == snake(key.column.name):
            return 3
        if own and (own.endswith((f"_{other}", f"_{named}"))):
            return 2
    elif snake(column.name) == snake(key.column.name):
        return 3
    return 1 if is_key_name(column.name) else 0


def _conflicts(
    tables: Sequence[Table], keys: Sequence[Key], links: Sequence[Link], shares: dict[tuple[str, str, int], float]
) -> Iterator[str]:
    """Columns that are called like the key of a table, but hold nothing, or next to nothing, of it."""
    linked = {(link.table.name, link.column.name) for link in links}
    # a table that holds a few of another's keys, as a list of exclusions does, is right to be called so
    held = {(link.to.table.name, link.to.column.name, link.table.name, link.column.name) for link in links}
    for table in tables:
        for column in table.columns.values():
            for index, key in enumerate(keys):
                apart = key.table is not table and (table.name, column.name) not in linked
                apart = apart and (table.name, column.name, key.table.name, key.column.name) not in held
                if apart and column.is_like_a_key and column.known and key.column.known and _nearness(column, key) == 3:
                    share = shares.get((table.name, column.name, index), 0.0)
                    common = "no" if not share else "under 1% of its" if share < 0.01 else f"{share:.0%} of its"
                    yield (
                        f"{table.name}.{column.name} has the name of {key.table.name}.{key.column.name}, "
                        f"but {common} values in common with it"
                    )
