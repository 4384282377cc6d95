"""The history of a catalog: a store that may not be there yet, opened for each question."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from segdsl import problems
from segdsl.engines.problem import EngineProblem
from segdsl.engines.write import check_target, write_rows
from segdsl.error import raised
from segdsl.history import asked, erase
from segdsl.history.asked import PastSize, SavedRun, Stay
from segdsl.history.erase import Erased
from segdsl.history.place import Place
from segdsl.history.record import check_zone
from segdsl.history.store import Store
from segdsl.model.given import moment_of
from segdsl.model.model import Model
from segdsl.moment import OutsideCalendar
from segdsl.options import read_options_of
from segdsl.program import Length


@dataclass(frozen=True, slots=True)
class Changes:
    """What `History.changes` wrote: how many rows, between which runs (`since` None: from the beginning)."""

    rows: int
    since: dt.datetime | None
    until: dt.datetime


@read_options_of
class History:
    """Memberships over time, as `run(save=True)` keeps them. Raises SegdslError, where the times of runs are on other
    clocks than the model's too, but for `forget`, which asks for none."""

    def __init__(self, place: Place, model: Model, spare: Callable[[Path], None] = lambda _: None) -> None:
        """`model` is of the catalog whose history it is: moments are on its clock. `spare` raises EngineProblem for
        files that nothing may be written to."""
        self.place, self._model, self._spare = place, model, spare

    def __repr__(self) -> str:
        return f"<History in {self.place}>"

    @property
    def runs(self) -> list[SavedRun]:
        """The runs that were saved, oldest first; none where nothing was."""
        with raised():
            store = self.place.open_if_there()
            if store is None:
                return []
            with store:
                check_zone(store, self._model.timezone)
                return asked.runs(store)

    def sizes(self, segment: str) -> list[PastSize]:
        """How many members a segment, a label or each label of a segmentation had in each run."""
        with self._open() as store:
            return asked.sizes(store, segment)

    def every_size(self, entities: Mapping[str, str] | None = None) -> dict[str, list[tuple[dt.datetime, int]]]:
        """How many members every segment and label had, run by run: of the entity that `entities` has for a definition,
        else of the one that it was of the last time."""
        with self._open() as store:
            return asked.every_size(store, entities)

    def member(self, key: str, entity: str | None = None) -> list[Stay]:
        """When somebody was where, and by which version of the rule. Keys are compared as text."""
        with self._open() as store:
            return asked.stays(store, str(key), entity)

    def changes(self, out: str | Path, since: str | dt.date | None = None) -> Changes:
        """Writes who entered and who left since a run (the last one at or before `since`, where a date is its whole
        day; else the last but one) to a .csv, .parquet, .duckdb or .json file."""
        path = Path(out)
        with raised():
            self._spare(path)
            check_target(path, ("changes",))
            moment = None if since is None else moment_of(self._model, since, is_whole_day=True)
            if since is not None and moment is None:
                raise EngineProblem([problems.bad_moment(str(since))])
        with self._open() as store:
            before, last, table = asked.changes(store, moment)
        with raised():
            rows = write_rows(table.to_reader(), path, "changes", ("changes",))
        return Changes(rows, before, last)

    def prune(self, keep: Length, now: dt.datetime) -> Erased:
        """Drops runs older than a length of time, and the stays that ended before. The last run is kept."""
        with self._open(write=True) as store:
            try:
                before = (-keep).after(now)
            except OutsideCalendar:
                before = dt.datetime.min  # nothing is that old
            found = erase.prune(store, before)
            store.rewrite()
            return found

    def forget(self, key: str, entity: str | None = None) -> Erased:
        """Drops everything about a key, from the file's own bytes too. Numbers of members stay as they were. Raises
        SegdslError where the history knows nobody of that key."""
        with self._open(write=True, any_zone=True) as store:
            asked.check_entity(store, entity)
            found = erase.forget(store, str(key), entity)
            # in any case, since what was deleted by an older run may still stand in the file
            store.rewrite()
            if not found.is_known:
                raise EngineProblem([problems.key_not_in_history(str(key), is_known=False)])
            return found

    @contextmanager
    def _open(self, write: bool = False, any_zone: bool = False) -> Iterator[Store]:
        with raised():
            store = self.place.open_if_there(write=write)
            if store is None:
                raise EngineProblem([problems.no_runs(str(self.place))])
            with store:
                if not any_zone:
                    check_zone(store, self._model.timezone)
                yield store
