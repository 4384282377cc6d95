"""Metrics that were measured: a number per segment and metric."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from segdsl import problems
from segdsl.error import SegdslError
from segdsl.metrics.measure import Cell, LeftOut
from segdsl.metrics.render import Rendered
from segdsl.metrics.template import Template, Unit
from segdsl.metrics.words import shown
from segdsl.options import read_options_of
from segdsl.problems.options import not_one_of


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric of a segment, of a label (`tier.gold`) or, where `segment` is None, of the whole population.

    `value` is a plain number: a share (0.25 is 25%), an amount of money, a count, days or a score; None where it is
    unknown, or `too_small`: over so few customers that it is not shown. `members` is how many it is over: of a mean
    those whose value is known, of a quotient those who make up its divisor, of anything else all that it goes over.
    None where it asks for a history that begins later.
    """

    segment: str | None
    entity: str
    metric: str
    value: float | None
    unit: Unit
    as_of: dt.datetime
    period: str | None
    members: int | None
    too_small: bool

    @property
    def text(self) -> str:
        """The value as people read it: `12.3%`, `1,234.50`, `–` where it is unknown."""
        return shown(self.value, self.unit, self.too_small)


@read_options_of
class Metrics:
    """Metrics of segments in the order asked for, those of the population last; a table for whatever takes Arrow.

    `begins` has the segments and metrics whose rules ask for a history that begins later, so that numbers of them are
    unknown, and when it begins; None where no run has saved any.
    """

    def __init__(
        self,
        rendered: Mapping[str, Rendered],
        cells: Sequence[Cell],
        left_out: Sequence[LeftOut],
        as_of: dt.datetime,
        begins: Mapping[str, dt.datetime | None],
    ) -> None:
        self.as_of = as_of
        self.begins = dict(begins)
        self.left_out = tuple(left_out)
        self._rendered = rendered
        self._metrics = tuple(self._metric(cell) for cell in cells)

    def _metric(self, cell: Cell) -> Metric:
        rendered = self._rendered[cell.metric]
        period = rendered.period
        return Metric(
            cell.segment,
            cell.entity,
            cell.metric,
            cell.value,
            rendered.template.unit,
            self.as_of,
            None if period is None else period.text,
            cell.size,
            cell.too_small,
        )

    def __iter__(self) -> Iterator[Metric]:
        return iter(self._metrics)

    def __len__(self) -> int:
        return len(self._metrics)

    def __getitem__(self, index: int) -> Metric:
        return self._metrics[index]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Metrics):
            return False
        return (self.as_of, self._metrics, self.left_out) == (other.as_of, other._metrics, other.left_out)

    def __hash__(self) -> int:
        return hash((self.as_of, self._metrics))

    def __repr__(self) -> str:
        return f"<Metrics: {len(self.names)} of {len(self.segments)} segments as of {self.as_of}>"

    @property
    def names(self) -> list[str]:
        """The metrics, in the order asked for."""
        return list(dict.fromkeys(item.metric for item in self))

    @property
    def segments(self) -> list[str]:
        """The segments and labels, in the order asked for."""
        return list(dict.fromkeys(item.segment for item in self if item.segment is not None))

    def template(self, name: str) -> Template:
        """What a metric's file says of it. Raises SegdslError for one that was not measured."""
        if name not in self._rendered:
            raise SegdslError([problems.unknown_metric(name, self._rendered)])
        return self._rendered[name].template

    def value(self, segment: str | None, metric: str) -> float | None:
        """The number of one segment (None: the population). Raises SegdslError where it was not measured."""
        for item in self:
            if (item.segment, item.metric) == (segment, metric):
                return item.value
        if metric not in self.names:
            raise SegdslError([problems.unknown_metric(metric, self.names)])
        raise SegdslError([not_one_of("segment", "nothing" if segment is None else segment, self.segments)])

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        import pyarrow

        columns = {
            "segment": pyarrow.string(),
            "entity": pyarrow.string(),
            "metric": pyarrow.string(),
            "value": pyarrow.float64(),
            "unit": pyarrow.string(),
            "as_of": pyarrow.timestamp("us"),
            "period": pyarrow.string(),
            "members": pyarrow.int64(),
            "too_small": pyarrow.bool_(),
        }
        table = pyarrow.table(
            {name: pyarrow.array([getattr(item, name) for item in self], kind) for name, kind in columns.items()}
        )
        return table.__arrow_c_stream__(requested_schema)

    def _repr_html_(self) -> str:
        from segdsl.notebook import table

        caption = f"as of {self.as_of}"
        headers = ("segment", *(self.template(name).title for name in self.names))
        cells = [(row[0], *row[1]) for row in self.rows()]
        return table(headers, cells, (False, *(True for _ in self.names)), caption)

    def rows(self) -> list[tuple[str, list[str]]]:
        """A row per segment, the populations last: its name and the metrics as people read them; empty where a metric
        is not of its entity."""
        entities = list(dict.fromkeys(item.entity for item in self))
        found: dict[tuple[str, str | None], dict[str, str]] = {}
        for item in self:
            found.setdefault((item.entity, item.segment), {})[item.metric] = item.text
        out: list[tuple[str, list[str]]] = []
        for last in (False, True):
            for (entity, segment), texts in found.items():
                if (segment is None) is last:
                    several = f"population of {entity}" if len(entities) > 1 else "population"
                    out.append((segment or several, [texts.get(name, "") for name in self.names]))
        return out
