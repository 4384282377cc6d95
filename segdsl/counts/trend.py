"""Sizes as they were at the ends of the last periods."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from segdsl.counts.records import Records
from segdsl.counts.wanted import at, evaluated
from segdsl.error import SegdslError
from segdsl.evaluator import Evaluator
from segdsl.moment import OutsideCalendar
from segdsl.options import Period
from segdsl.problems.options import not_such_a_value
from segdsl.program import DAY, Length, Moment, Output

if TYPE_CHECKING:
    from segdsl.engines.handed import Data

LENGTHS: dict[Period, Length] = {
    "day": Length(0, DAY),
    "week": Length(0, 7 * DAY),
    "month": Length(1),
    "quarter": Length(3),
    "year": Length(12),
}
PERIODS = 12
COLUMNS = 144  # of one evaluation; the engine's planning grows faster than their number


@dataclass(frozen=True, slots=True)
class Point:
    """How many members a segment or label had as of a moment; None where its rule asks for a history that begins
    later."""

    segment: str
    as_of: dt.datetime
    members: int | None


class Points(Records[Point]):
    """Segments in the order asked for, moments in the order of time."""

    columns: ClassVar = {"segment": "text", "as_of": "time", "members": "int"}


@dataclass(frozen=True)
class Trend:
    """Sizes as of the ends of the last periods, the latest of which is the run's as-of.

    Where a rule asks for the history, sizes before that `begins` are unknown (None); all of them where no run has saved
    it, of which None is said in `begins`.
    """

    period: Period
    moments: tuple[dt.datetime, ...]
    sizes: dict[str, tuple[int | None, ...]]  # by segment or label, a number per moment
    begins: dict[str, dt.datetime | None]  # by definition, of those that have sizes that are unknown

    @property
    def points(self) -> Points:
        """A row per segment and moment."""
        return Points(
            Point(name, moment, size)
            for name, sizes in self.sizes.items()
            for moment, size in zip(self.moments, sizes, strict=True)
        )

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.points.__arrow_c_stream__(requested_schema)

    def _repr_html_(self) -> str:
        from segdsl.notebook import table

        headers = ["segment", *(f"{moment:%Y-%m-%d}" for moment in self.moments)]
        rows = [[name, *("–" if size is None else f"{size:,}" for size in sizes)] for name, sizes in self.sizes.items()]
        return table(headers, rows, [False, *([True] * len(self.moments))])

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """A chart above the table, where the extra `report` is installed."""
        from segdsl.charts.lines import lines
        from segdsl.charts.picture import bundle

        moments = [moment.date().isoformat() for moment in self.moments]
        return bundle(lines(list(self.sizes.items()), moments), self._repr_html_(), repr(self))


def trend(
    evaluator: Evaluator,
    outputs: Sequence[Output],
    period: Period,
    periods: int,
    as_of: dt.datetime,
    data: Data | None = None,
) -> Trend:
    """The sizes of definitions as of each of the last so many moments, a period between two; raises SegdslError."""
    length = LENGTHS[period]
    # counted from as-of at once: two months before 31 March is 31 January, not 28
    backs = [Length(-back * length.months, -back * length.micros) for back in range(periods - 1, -1, -1)]
    moments = [Moment().moved(back) for back in backs]
    try:
        ends = tuple(moment.at(as_of) for moment in moments)
    except OutsideCalendar:
        raise SegdslError([not_such_a_value("periods", f"{periods}", "so few that the year 1 is not left")]) from None
    begins: dict[str, dt.datetime | None] = {}
    sizes: dict[str, tuple[int | None, ...]] = {}
    batch = max(COLUMNS // periods, 1)
    for first in range(0, len(outputs), batch):
        chosen = outputs[first : first + batch]
        series = {
            output.name: [at(evaluator, output, moment, f" {place}") for place, moment in enumerate(moments)]
            for output in chosen
        }
        every = [item for items in series.values() for item in items]
        unknown = evaluator.unknown(every, as_of)
        with evaluated(evaluator, every, as_of, data, check_keys=first == 0, unknown_too=True) as evaluation:
            counted = evaluation.counts(every)
        for output in chosen:
            begun = [unknown[item.name].begins for item in series[output.name] if item.name in unknown]
            if begun:
                known = [moment for moment in begun if moment is not None]
                begins[output.name] = max(known) if len(known) == len(begun) else None
            for label in output.labels if output.kind == "segmentation" else ("",):
                behind = f".{label}" if label else ""
                sizes[f"{output.name}{behind}"] = tuple(
                    None if item.name in unknown else counted[f"{item.name}{behind}"][0] for item in series[output.name]
                )
    return Trend(period, ends, sizes, begins)
