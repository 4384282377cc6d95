"""Who has entered and left since the answers before: bits and labels that differ.

The answers before are what the last run has kept; where it has not evaluated a definition, or has kept nothing, they
are the intervals that nobody has ended.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence

from segdsl.history.kept import Layout
from segdsl.history.store import Store
from segdsl.sql.words import BITS, words


def columns_of(layout: Layout) -> list[str]:
    """The columns of a table of answers, without `member`."""
    numbers = [f"w{word}" for word in range(-(-len(layout.segments) // BITS))]
    return [*numbers, *(f"l{number}" for number in range(len(layout.labels)))]


class Compared:
    """The answers of one entity to the definitions that a store is saving: before and now, both as they are laid out
    now."""

    def __init__(self, store: Store, layout: Layout, saved: Mapping[str, int]) -> None:
        """`saved` are the numbers of the definitions, by their names."""
        self._store, self._layout, self._saved = store, layout, saved
        self._masks = self._masks_of(saved)
        self._labels = {number: saved[name] for number, name in enumerate(layout.labels) if name and name in saved}
        store.execute("CREATE TEMP TABLE spots (spot INTEGER, definition INTEGER)")
        spots = [(spot, saved[name]) for spot, name in enumerate(layout.segments) if name and name in saved]
        for start in range(0, len(spots), 500):
            batch = spots[start : start + 500]
            slots = ", ".join("(?, ?)" for _ in batch)
            store.execute(f"INSERT INTO spots VALUES {slots}", [value for spot in batch for value in spot])

    def _masks_of(self, names: Container[str]) -> dict[int, int]:
        """Of each number that has bits of some segments these bits."""
        masks = {
            word: sum(2**bit for bit, name in enumerate(place) if name in names)
            for word, place in enumerate(words(self._layout.segments))
        }
        return {word: mask for word, mask in masks.items() if mask}

    def old(self, kept: str | None, carried: Container[str]) -> str:
        """A table of the answers before, as they are laid out now: those `carried` as they were `kept`, of all others
        as the intervals have them that nobody has ended."""
        apart = {name for name in self._saved if name not in carried}
        if kept is not None and not apart:
            return kept
        were_saved = {number for (number,) in self._store.fetch("SELECT id FROM saving WHERE NOT is_new")}
        begun = sorted(self._saved[name] for name in apart if self._saved[name] in were_saved)
        parts = []
        if kept is not None:
            masks = self._masks_of(set(self._saved) - apart)
            labels = {
                number for number, name in enumerate(self._layout.labels) if name in self._saved and name in carried
            }
            parts.append(f"SELECT member, {self._kept(masks, labels)} FROM {kept}")
        if begun:
            self._end_other_kinds(begun)
            parts.append(self._from_intervals(begun))
        if not parts:
            parts.append(f"SELECT * FROM {self._layout.table} WHERE member IS NULL")
        rows = parts[0]
        if len(parts) > 1:
            columns = ", ".join(
                f"{'BIT_OR' if name.startswith('w') else 'MAX'}({name}) AS {name}" for name in columns_of(self._layout)
            )
            rows = f"SELECT member, {columns} FROM ({' UNION ALL '.join(parts)}) AS p GROUP BY member"
        self._store.execute(f"CREATE TEMP TABLE old AS {rows}")
        return "old"

    def _kept(self, masks: Mapping[int, int], labels: Container[int]) -> str:
        """Columns of what was kept, as they are laid out now, of some definitions alone."""
        found = []
        for name in columns_of(self._layout):
            number = int(name[1:])
            if name.startswith("w"):
                value = f"{name} & {masks[number]}" if number in masks else "CAST(0 AS BIGINT)"
            else:
                value = name if number in labels else "CAST(NULL AS TEXT)"
            found.append(f"{value} AS {name}")
        return ", ".join(found)

    def _from_intervals(self, begun: Sequence[int]) -> str:
        """The answers of some definitions that the intervals have."""
        found = []
        for word in range(-(-len(self._layout.segments) // BITS)):
            first, last = word * BITS, word * BITS + BITS - 1
            bit = f"CASE WHEN spot BETWEEN {first} AND {last} THEN CAST(1 AS BIGINT) << (spot - {first}) END"
            found.append(f"COALESCE(BIT_OR({bit}), 0) AS w{word}")
        for number in range(len(self._layout.labels)):
            id_ = self._labels.get(number)
            value = "CAST(NULL AS TEXT)" if id_ is None else f"MAX(CASE WHEN s.definition = {id_} THEN label END)"
            found.append(f"{value} AS l{number}")
        return f"""SELECT member, {", ".join(found)}
            FROM stays AS s LEFT JOIN spots AS p ON p.definition = s.definition
            WHERE left_at IS NULL AND s.definition IN ({", ".join(map(str, begun))})
                AND (spot IS NULL) = (label <> '') GROUP BY member"""

    def _end_other_kinds(self, begun: Sequence[int]) -> None:
        """Whoever was in a label of what is a segment now leaves that, and whoever was in a segment that has labels."""
        self._store.execute(
            f"""INSERT INTO gone SELECT s.definition, label, member
            FROM stays AS s LEFT JOIN spots AS p ON p.definition = s.definition
            WHERE left_at IS NULL AND s.definition IN ({", ".join(map(str, begun))})
                AND (spot IS NULL) = (label = '')"""
        )

    def find(self, source: str, member: str, of_each: tuple[str, str]) -> None:
        """Adds whoever's answers before and now differ to the tables `gone` and `come`: columns of a source, that begin
        as in `of_each`."""
        # whoever is in one of the tables alone has no bits, and no labels, in the other
        pairs = {f"w{word}": f"COALESCE({{}}w{word}, 0) & {mask}" for word, mask in self._masks.items()}
        pairs.update((f"l{number}", f"{{}}l{number}") for number in self._labels)
        if pairs:
            values = ", ".join(f"{sql.format(of)} AS {of[0]}_{name}" for name, sql in pairs.items() for of in of_each)
            old, new = of_each
            differ = " OR ".join(f"{sql.format(old)} IS DISTINCT FROM {sql.format(new)}" for sql in pairs.values())
            self._store.execute(
                f"CREATE TEMP TABLE moved AS SELECT {member} AS member, {values} {source} WHERE {differ}"
            )
            for table, here, there in (("gone", "o", "n"), ("come", "n", "o")):
                self._store.execute(f"INSERT INTO {table} {' UNION ALL '.join(self._unpacked(here, there))}")
            self._store.execute("DROP TABLE moved")
        for table in ("spots", "old"):
            self._store.execute(f"DROP TABLE IF EXISTS {table}")

    def _unpacked(self, here: str, there: str) -> Iterator[str]:
        """Rows of who is `here` in what, and not `there`."""
        for word in self._masks:
            first, last = word * BITS, word * BITS + BITS - 1
            bits = f"{here}_w{word} & ~{there}_w{word}"
            yield f"""SELECT definition, '', member
                FROM (SELECT member, {bits} AS bits FROM moved WHERE {bits} != 0) AS m
                JOIN spots ON spot BETWEEN {first} AND {last} AND bits >> (spot - {first}) & 1 = 1"""
        for number, id_ in self._labels.items():
            was, is_ = f"{there}_l{number}", f"{here}_l{number}"
            yield f"SELECT {id_}, {is_}, member FROM moved WHERE {is_} IS NOT NULL AND {is_} IS DISTINCT FROM {was}"
