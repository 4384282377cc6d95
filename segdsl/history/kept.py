"""What a run keeps for the next one to go on from: totals, digests of the events, and where everybody was.

Everything is of the last run: where everybody was in tables of the store that only these facts name; totals and
digests in a file beside it, which the evaluation writes to and reads from. Facts without their tables are worth
nothing, nor are tables without facts. Keys are in there, so that `forget` drops totals and digests, and where somebody
was.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from segdsl.engines.fingerprint import Figures
from segdsl.history.store import Store

if TYPE_CHECKING:
    import datetime as dt

    import pyarrow

# of what is kept, and how; before `reads` it was 9, before hashes told all lists apart 8, before there was `is_cut` 7,
# before `below` 6
_FORM = 10
_FORMS = (6, 7, 8, 9, _FORM)
# the first one whose hashes can be compared with those of now
_HASHES = 9


@dataclass(frozen=True, slots=True)
class KeptTotals:
    """The table of one step's totals: `key`, and `v0`, `v1` … for the aggregates by their lasting names; and the types
    that all of these were worked out in. Of keys that are not in there the totals stand in the table `below`, where
    there is one, in the same columns."""

    entity: str
    event: str
    table: str
    aggregates: tuple[str, ...]
    types: tuple[str, ...]
    below: str = ""


@dataclass(frozen=True, slots=True)
class KeptAnswers:
    """Tables of what everybody was told, and what has to be the same for them to be worth anything (`basis`, a hash):
    `conditions` has the conditions that change by themselves as the bits of `c0`, `c1` …, and a hash of the attributes;
    `answers` a row as the evaluation gave it.
    """

    basis: str
    conditions: str
    answers: str


@dataclass(frozen=True, slots=True)
class Layout:
    """A table of answers: the segments by their bits and the segmentations by their columns; None where a place is no
    longer in use."""

    table: str
    segments: tuple[str | None, ...]
    labels: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """What has to be as it was (`same`, a hash of each by what it is called; nothing where only answers are kept), the
    `columns` of events, as hashes, the `definitions` with the hashes of what they mean, the tables by their entity or
    event, and the `sources` of events: a hash of each file that they stand in; and the `figures` of those, which the
    data's fingerprint is made of. Totals, digests and what was `answered` lie beside the store, in tables whose names
    begin with `file` but for those that totals of an earlier run stand in.

    `reads` has by entity and name a hash of what the model says of all that a definition reads: those whose answers
    were worked out by a version that kept none are not in there.

    Where somebody has been forgotten since (`is_cut`), sizes were told with them: who moved is found by the intervals.
    """

    name: str
    same: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    definitions: Mapping[str, str] = field(default_factory=dict)
    file: str = ""
    answered: KeptAnswers | None = None
    totals: tuple[KeptTotals, ...] = ()
    digests: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, Layout] = field(default_factory=dict)
    sources: Mapping[str, Mapping[str, str] | None] = field(default_factory=dict)
    figures: Mapping[str, Figures] = field(default_factory=dict)
    is_cut: bool = False
    reads: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    form: int = _FORM

    @property
    def tables(self) -> set[str]:
        """The tables that lie beside the store."""
        found = {name for one in self.totals for name in (one.table, one.below) if name} | set(self.digests.values())
        if self.answered is not None:
            found |= {self.answered.conditions, self.answered.answers}
        return found


def read(store: Store) -> tuple[dt.datetime, Kept] | None:
    """What the last run has kept, and its as-of; None where it has kept nothing."""
    rows = store.fetch(
        """SELECT as_of, facts FROM kept JOIN runs USING (as_of, saved_at)
        WHERE as_of = (SELECT MAX(as_of) FROM runs)"""
    )
    if not rows:
        return None
    found = json.loads(rows[0][1])
    form = found.pop("form", 0)
    if form not in _FORMS:
        return None
    found.pop("model", None)  # until form 9 a hash of all of it
    if form < _HASHES:
        found["same"] = {}  # the answers are what they were
    totals = tuple(
        KeptTotals(**{**one, "aggregates": tuple(one["aggregates"]), "types": tuple(one["types"])})
        for one in found.pop("totals")
    )
    answers = {
        entity: Layout(one["table"], tuple(one["segments"]), tuple(one["labels"]))
        for entity, one in found.pop("answers").items()
    }
    figures = {event: Figures(**one) for event, one in found.pop("figures").items()}
    answered = found.pop("answered")
    known = None if answered is None else KeptAnswers(**answered)
    return rows[0][0], Kept(totals=totals, answers=answers, figures=figures, answered=known, **found)


def next_name(store: Store) -> str:
    """What the names of the tables begin with that the next run keeps, beside those that are there."""
    return "kept_1" if store.tables("kept_0_") else "kept_0"


def write(store: Store, as_of: dt.datetime, kept: Kept) -> None:
    """Notes what is kept of a run, which has its row already; the tables are there."""
    facts = json.dumps(asdict(kept))
    store.execute("INSERT INTO kept SELECT as_of, saved_at, CAST(? AS TEXT) FROM runs WHERE as_of = ?", [facts, as_of])


def fill(store: Store, table: str, rows: pyarrow.RecordBatchReader) -> None:
    """Makes a temporary table of rows."""
    with store.rows("given", rows):
        store.execute(f"CREATE TEMP TABLE {table} AS SELECT * FROM given")
