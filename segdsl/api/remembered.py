"""What a catalog remembers: who was in which segment, as far as runs were saved."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from segdsl import problems
from segdsl.api.measured import Measured
from segdsl.error import SegdslError, raised
from segdsl.options import read_options_of

if TYPE_CHECKING:
    from segdsl.engines.handed import Data
    from segdsl.history.erase import Erased
    from segdsl.history.history import Changes, History
    from segdsl.session import Session


@read_options_of
class Remembered(Measured):
    """The history of memberships beside a catalog."""

    @property
    def history(self) -> History:
        """Who was in which segment over time, as far as runs were saved: in `.segdsl/history.duckdb`, or where the
        model says."""
        from segdsl.history.history import History
        from segdsl.history.place import place_in
        from segdsl.history.spared import spare

        place = place_in(self.model, self.root, self._questions.progress)
        return History(place, self.model, partial(spare, model=self.model, root=self.root))

    def changes(self, out: str | Path, since: str | dt.date | None = None) -> Changes:
        """Writes who entered and who left since a saved run (the last one at or before `since`, where a date is its
        whole day; else the last but one) to a .csv, .parquet, .duckdb or .json file. Raises SegdslError.
        """
        return self.history.changes(out, since)

    def prune_history(self, keep: str, *, as_of: str | dt.date | None = None) -> Erased:
        """Drops saved runs older than a length of time such as `400d`, counted back from a moment (the model's as-of or
        now where none is given), and the stays that ended before; the last run is kept. Raises SegdslError.
        """
        return self.history.prune(self._evaluator.length("--keep", keep), self._questions.moment(as_of))

    def session(
        self,
        names: Sequence[str] = (),
        *,
        as_of: str | dt.date | None = None,
        saved: bool = False,
        data: Data | None = None,
    ) -> Session:
        """All segments and segmentations (or those named), evaluated once and held in memory, to ask about one customer
        at a time: `session.member(key)`; `session.update(key, events)` puts new events in. `as_of` and `data` are as
        for `run`. With `saved` it begins with the answers of the last saved run, as of that, and evaluates nothing but
        what `update` puts in. Raises SegdslError.
        """
        from segdsl.history.saved import saved_answers
        from segdsl.session import Session

        if saved and as_of is not None:
            raise SegdslError([problems.goes_with("saved", "without `as_of`", "it begins as of the last saved run")])
        evaluator, outputs = self._questions.select(names, None, ())
        answers = None
        if saved:
            with raised():
                answers = saved_answers(evaluator.catalog, evaluator.checked().done().program, outputs)
        engine = evaluator.open(data)
        try:
            moment = evaluator.moment(as_of) if answers is None else answers.as_of
            return Session(evaluator, outputs, moment, engine, answers)
        except BaseException:
            engine.close()
            raise
