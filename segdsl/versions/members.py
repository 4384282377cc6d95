"""Who is in a segment in both versions, who is new in it and who is gone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from segdsl.versions.diff import Change

if TYPE_CHECKING:
    import pyarrow


@dataclass(frozen=True, slots=True)
class Moved:
    """The members of a segment or label before and after: `kept` in both, `gained` only after, `lost` only before."""

    segment: str
    kept: int
    gained: int
    lost: int

    @property
    def before(self) -> int:
        """How many were members before."""
        return self.kept + self.lost

    @property
    def after(self) -> int:
        """How many are members after."""
        return self.kept + self.gained


@dataclass(frozen=True, slots=True)
class Measure:
    """A metric of a segment before or after, as people read it."""

    segment: str
    metric: str
    is_after: bool
    text: str


@dataclass(frozen=True)
class Diff:
    """What is different since a version, a commit of git: the changes; and where asked for, the members of what
    changed, and metrics, both as of one moment; `notes` say which of these a version cannot give, and why."""

    version: str
    as_of: dt.datetime
    changes: tuple[Change, ...]
    members: tuple[Moved, ...] = ()
    metrics: tuple[Measure, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Members:
    """The rows of a run in the layout `members`, and whose segments they are: entities by segment or segmentation."""

    table: pyarrow.Table
    entities: Mapping[str, str]

    def entity_of(self, name: str) -> str:
        """The entity of a segment or label."""
        return self.entities[name if name in self.entities else name.rpartition(".")[0]]


def moved(
    before: Members | None, after: Members | None, names: Iterable[str], renamed: Mapping[str, str]
) -> list[Moved]:
    """The moves of each segment between two runs, where they have those names now. The same key of two entities is two
    members."""
    import pyarrow as pa

    tables = []
    for members, mark in ((before, 1), (after, 2)):
        if members is None:
            continue
        table = members.table
        segments = table["segment"].cast(pa.large_string()).combine_chunks().dictionary_encode()
        own = segments.dictionary.to_pylist()
        now = [name_now(name, renamed) if mark == 1 else name for name in own]
        columns = {
            "segment": pa.array(now, pa.string()).take(segments.indices),
            "entity": pa.array([members.entity_of(name) for name in own], pa.string()).take(segments.indices),
            "key": table[table.column_names[-1]].cast(pa.string()),
            "mark": pa.array([mark] * table.num_rows, pa.int8()),
        }
        tables.append(pa.table(columns))
    by_segment: dict[str, dict[int, int]] = {name: {} for name in names}
    if tables:
        marked = pa.concat_tables(tables).group_by(["segment", "entity", "key"]).aggregate([("mark", "sum")])
        for row in marked.group_by(["segment", "mark_sum"]).aggregate([("key", "count")]).to_pylist():
            by_segment.setdefault(row["segment"], {})[row["mark_sum"]] = row["key_count"]
    return [Moved(name, found.get(3, 0), found.get(2, 0), found.get(1, 0)) for name, found in by_segment.items()]


def name_now(name: str, renamed: Mapping[str, str]) -> str:
    """A segment's name now; of a label that of its segmentation."""
    if name in renamed:
        return renamed[name]
    owner, dot, label = name.rpartition(".")
    return f"{renamed[owner]}{dot}{label}" if owner in renamed else name
