"""Who moved from which label to which between two days."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from segdsl import problems
from segdsl.counts.groups import grouped
from segdsl.counts.records import Records
from segdsl.counts.wanted import at, evaluated
from segdsl.error import SegdslError
from segdsl.evaluator import Evaluator
from segdsl.program import Length, Moment, Output

if TYPE_CHECKING:
    from segdsl.engines.handed import Data
    from segdsl.engines.results import Evaluation

QUARTER = Length(-3, 0)  # how far back a flow begins where nothing is said


@dataclass(frozen=True, slots=True)
class Move:
    """How many had the label `before` and have the label `after`, of whom None is no label; `members` is None where
    they are some, but too few to be told."""

    before: str | None
    after: str | None
    members: int | None
    share_of_before: float | None


class Moves(Records[Move]):
    """Every move that somebody made, staying where one is included; in the order of the labels, no label last."""

    columns: ClassVar = {"before": "text", "after": "text", "members": "int", "share_of_before": "float"}


@dataclass(frozen=True)
class Flow:
    """The moves between the labels of a segmentation, or in and out of a segment, from one moment to a later one.

    Everybody of the entity is in it: who has no label is in `before` or `after` None. `sizes_before` and `sizes_after`
    are how many have each label; they are told whatever they are, moves from 1 up to below `min_size` are not.
    """

    name: str
    entity: str
    labels: tuple[str, ...]
    start: dt.datetime
    end: dt.datetime
    min_size: int
    sizes_before: dict[str | None, int]
    sizes_after: dict[str | None, int]
    moves: Moves
    stayed: int

    @property
    def population(self) -> int:
        """How many there are in all."""
        return sum(self.sizes_before.values())

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.moves.__arrow_c_stream__(requested_schema)

    def _repr_html_(self) -> str:
        return self.moves._repr_html_()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """A chart above the table, where the extra `report` is installed."""
        from segdsl.charts.picture import bundle
        from segdsl.charts.sankey import sankey

        def name(label: str | None) -> str:
            return "no label" if label is None else label

        drawn = [(name(move.before), name(move.after), move.members) for move in self.moves if move.members is not None]
        before, after = (
            [(name(label), size) for label, size in sizes.items() if size]
            for sizes in (self.sizes_before, self.sizes_after)
        )
        return bundle(sankey(drawn, before, after), self._repr_html_(), repr(self))


@dataclass(frozen=True, slots=True)
class Moving:
    """A flow that has been asked for: the definition, as it is at the end and as it was at the start."""

    output: Output
    earlier: Output
    start: dt.datetime


def flow(evaluator: Evaluator, asked: Moving, end: dt.datetime, min_size: int, data: Data | None = None) -> Flow:
    """The flow of a segmentation or segment that was asked for; raises SegdslError, as a run as of its start would."""
    evaluator.see_that_known([asked.output, asked.earlier], end)
    with evaluated(evaluator, [asked.output, asked.earlier], end, data) as evaluation:
        return read_flow(evaluation, asked, end, min_size)


def moving(
    evaluator: Evaluator, name: str, start: dt.datetime | None, end: dt.datetime, tag: str = " before"
) -> Moving:
    """The outputs of a flow in a run as of its end; three months long where it has no start. Raises SegdslError."""
    evaluator.without_errors()
    output = evaluator.named(name)
    if output.kind == "trait":
        raise SegdslError([problems.not_counted(name, output.kind)])
    if start is not None and start >= end:
        raise SegdslError([problems.flow_backwards(start, end)])
    moment = Moment().moved(QUARTER) if start is None else Moment(start)
    return Moving(output, at(evaluator, output, moment, " before"), moment.at(end))


def read_flow(evaluation: Evaluation, asked: Moving, end: dt.datetime, min_size: int) -> Flow:
    """The flow of outputs that were evaluated as of its end."""
    output = asked.output
    labels = output.labels or (output.name,)
    order: dict[str | None, int] = {label: place for place, label in enumerate((*labels, None))}
    cells: dict[tuple[str | None, str | None], int] = {}
    for before, after, count in grouped(evaluation, [asked.earlier, output]):
        cells[_label(output, before), _label(output, after)] = count
    before_sizes = dict.fromkeys(order, 0)
    after_sizes = dict.fromkeys(order, 0)
    for (before, after), count in cells.items():
        before_sizes[before] += count
        after_sizes[after] += count
    moves = []
    for (before, after), count in sorted(cells.items(), key=lambda cell: tuple(order[label] for label in cell[0])):
        members = None if count < min_size else count
        moves.append(Move(before, after, members, None if members is None else members / before_sizes[before]))
    stayed = sum(count for (before, after), count in cells.items() if before == after)
    return Flow(
        output.name,
        output.entity,
        labels,
        asked.start,
        end,
        min_size,
        before_sizes,
        after_sizes,
        Moves(moves),
        stayed,
    )


def _label(output: Output, value: object) -> str | None:
    """The label that a value of the output is; who is not in a segment has none."""
    if output.kind == "segmentation":
        return None if value is None else str(value)
    return output.name if value else None
