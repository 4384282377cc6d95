"""Answers of several runs as of one moment, as those of one run.

A later run as of the same moment saves what no earlier one has; what an earlier one has saved stays. So it is with what
is kept: the answers to a definition are those of the run that has saved it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from segdsl.history.kept import Kept, Layout
from segdsl.history.store import Store
from segdsl.sql.words import BITS, words

_NOTHING = Layout("", (), ())


def join(
    store: Store, was: Kept | None, now: Mapping[str, Layout], saved: Collection[tuple[str, str]], name: str
) -> dict[str, Layout]:
    """Makes tables of the answers that there are of earlier runs as of one moment (`was`) and of this run (`now`), of
    which those count to the definitions it has `saved`, by entity and name. Names of the tables begin with `name`."""
    there: Mapping[str, Layout] = {} if was is None else was.answers
    # of whoever has been forgotten nobody knows any more what the earlier runs have found
    kind = "LEFT" if was is not None and was.is_cut else "FULL"
    found: dict[str, Layout] = {}
    for number, entity in enumerate(dict.fromkeys((*there, *now))):
        own = {item for of, item in saved if of == entity}
        both = _Both(there.get(entity, _NOTHING), now.get(entity, _NOTHING), own, kind)
        layout = Layout(f"{name}_joined_{number}", both.segments, both.labels)
        store.execute(f"CREATE TABLE {layout.table} AS {both.select()}")
        found[entity] = layout
    return found


@dataclass(frozen=True)
class _Both:
    """The answers of one entity in two tables, of which the second counts for the definitions `saved`."""

    old: Layout
    new: Layout
    saved: Collection[str]
    kind: str  # of a join

    @property
    def segments(self) -> tuple[str, ...]:
        return self._names(self.old.segments, self.new.segments)

    @property
    def labels(self) -> tuple[str, ...]:
        return self._names(self.old.labels, self.new.labels)

    def _names(self, old: Sequence[str | None], new: Sequence[str | None]) -> tuple[str, ...]:
        stay = [name for name in old if name is not None and name not in self.saved]
        return (*stay, *(name for name in new if name is not None and name in self.saved))

    def select(self) -> str:
        columns = [f"{value} AS w{word}" for word, value in enumerate(map(self._word, words(self.segments)))]
        for place, name in enumerate(self.labels):
            table, there = ("n", self.new.labels) if name in self.saved else ("o", self.old.labels)
            columns.append(f"{table}.l{there.index(name)} AS l{place}")
        if not self.old.table or not self.new.table:
            member, source = "member", f"{self.old.table} AS o" if self.old.table else f"{self.new.table} AS n"
        else:
            member = "COALESCE(o.member, n.member) AS member"
            source = f"{self.old.table} AS o {self.kind} JOIN {self.new.table} AS n ON o.member = n.member"
        return f"SELECT {', '.join([member, *columns])} FROM {source}"

    def _word(self, names: Sequence[str | None]) -> str:
        """A number that has bits of some segments: those that stand together in both are moved together."""
        masks: dict[tuple[str, int, int], int] = defaultdict(int)
        for bit, name in enumerate(names):
            table, there = ("n", self.new.segments) if name in self.saved else ("o", self.old.segments)
            word, was = divmod(there.index(name), BITS)
            masks[table, word, bit - was] |= 2**was
        return " | ".join(
            f"((COALESCE({table}.w{word}, 0) & {mask}) {'<<' if shift >= 0 else '>>'} {abs(shift)})"
            for (table, word, shift), mask in masks.items()
        )
