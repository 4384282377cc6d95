"""The numbers of a report: everything that is as of one moment in one evaluation, and the past in as few as will do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from segdsl.counts.flow import Flow, Moving, moving, read_flow
from segdsl.counts.groups import population
from segdsl.counts.overlap import Overlap, read_overlap
from segdsl.counts.trend import PERIODS, Trend, trend
from segdsl.counts.wanted import evaluated
from segdsl.evaluator import Evaluator
from segdsl.metrics.ask import measured
from segdsl.metrics.result import Metrics
from segdsl.options import Period
from segdsl.profile.profile import Profile, profiles
from segdsl.program import Output
from segdsl.report.rfm import Grid, ask, read_grid
from segdsl.result import Size

if TYPE_CHECKING:
    from segdsl.engines.handed import Data
    from segdsl.engines.results import Evaluation

# what can be read on a page; the rest is said to be left out
FOLLOWED = 48  # definitions whose past is looked at
CROSSED = 24  # segments in the matrix
JOINED = 8  # segments in the UpSet plot, at most
TOLD = 0.8  # of the population, in combinations of these that can be told
CARDS = 12  # segments that have a persona
FLOWS = 12  # segmentations whose moves are shown


@dataclass(frozen=True)
class Unfollowed:
    """What is not in the trend and in the metrics: of how many `segments` that are, how many are left out, and whether
    a catalog's own have taken the places of those of libraries; how many of the `segmentations`."""

    followed: int
    segments: int
    own_first: bool
    segmentations: int

    def __bool__(self) -> bool:
        return bool(self.segments or self.segmentations)

    def sentence(self, done: str, left: str) -> str:
        """`The 48 largest segments are followed; 13 smaller ones are left out here.`"""
        said = []
        if self.segments and self.own_first:
            head = f"{self.followed} segments are {done}, the catalog's own first, then the largest"
            said.append(f"{head}; {self.segments} are {left}.")
        elif self.segments:
            said.append(f"The {self.followed} largest segments are {done}; {self.segments} smaller ones are {left}.")
        if self.segmentations:
            said.append(f"The first {FLOWS} segmentations are {done}; {self.segmentations} are {left}.")
        return " ".join(said)


@dataclass(frozen=True)
class Found:
    """What was found out about a catalog as of a moment; sizes and labels in the order asked for. Definitions that ask
    for a history that begins later are `unknown`: they are in nothing else."""

    as_of: dt.datetime
    period: Period
    min_size: int
    outputs: tuple[Output, ...]
    sizes: dict[str, Size]
    populations: dict[str, int]
    trend: Trend
    unfollowed: Unfollowed
    overlaps: tuple[Overlap, ...]  # of the segments of each entity that has two or more
    joined: tuple[Overlap, ...]  # the same of the largest few
    flows: dict[str, Flow]
    grids: tuple[Grid, ...]
    metrics: Metrics
    profiles: tuple[Profile, ...]  # of the largest segments
    unknown: tuple[str, ...]

    def labels(self, output: Output) -> list[Size]:
        """The sizes of a segmentation's labels."""
        return [self.sizes[f"{output.name}.{label}"] for label in output.labels]

    @property
    def segments(self) -> list[Size]:
        """The sizes of segments and labels that were asked for by themselves, the largest first."""
        found = [self.sizes[output.name] for output in self.outputs if output.kind == "segment"]
        return sorted(found, key=lambda size: -size.members)

    @property
    def segmentations(self) -> list[Output]:
        return [output for output in self.outputs if output.kind == "segmentation"]


def gather(
    evaluator: Evaluator,
    names: Sequence[str],
    as_of: dt.datetime,
    period: Period,
    min_size: int,
    data: Data | None = None,
) -> Found:
    """Everything that a report about definitions needs, all of them where none is named; raises SegdslError, also for
    those named that ask for a history that begins later."""
    wanted = evaluator.select(names, None, None)
    unknown = evaluator.unknown(wanted, as_of)
    outputs = [output for output in wanted if output.name not in unknown]
    if names or not outputs:
        evaluator.refuse_unknown(unknown.values(), as_of)
    splits = [output for output in outputs if output.kind == "segmentation"]
    flowing = [moving(evaluator, output.name, None, as_of) for output in splits[:FLOWS]]
    unseen = evaluator.unknown([item.earlier for item in flowing], as_of)
    asked = [item for item in flowing if item.earlier.name not in unseen]
    grids = ask(evaluator, outputs)
    everything = [*outputs, *(item.earlier for item in asked), *(output for grid in grids for output in grid.outputs)]
    with evaluated(evaluator, everything, as_of, data) as evaluation:
        sizes = {size.segment: size for size in _sizes(evaluation, outputs)}
        entities = list(dict.fromkeys(output.entity for output in outputs))
        populations = {entity: population(evaluation, entity) for entity in entities}
        overlaps, joined = _overlaps(evaluation, outputs, sizes, as_of, min_size)
        flows = _flows(evaluation, asked, as_of, min_size)
        found_grids = tuple(read_grid(evaluation, item) for item in grids)
    # a library has what may be of no use here, unless it was asked for by name
    mine = [output for output in outputs if names or evaluator.is_own(output)]
    largest = [
        *_largest(mine, sizes, FOLLOWED),
        *_largest([item for item in outputs if item not in mine], sizes, FOLLOWED),
    ]
    chosen = largest[:FOLLOWED]
    followed = [output for output in outputs if output in chosen or output in splits[:FLOWS]]  # in the order asked for
    unfollowed = Unfollowed(
        len(chosen),
        sum(output.kind == "segment" for output in outputs) - len(chosen),
        any(output.kind == "segment" and output not in mine for output in outputs),
        max(len(splits) - FLOWS, 0),
    )
    past = trend(evaluator, followed, period, PERIODS, as_of, data)
    cards = [output.name for output in _largest(outputs, sizes, CARDS) if sizes[output.name].members]
    metrics = measured(evaluator, followed, as_of=as_of, min_size=min_size, data=data)
    return Found(
        as_of,
        period,
        min_size,
        tuple(outputs),
        sizes,
        populations,
        past,
        unfollowed,
        overlaps,
        joined,
        flows,
        found_grids,
        metrics,
        tuple(profiles(evaluator, cards, as_of, min_size, data)),
        tuple(unknown),
    )


def _sizes(evaluation: Evaluation, outputs: Sequence[Output]) -> list[Size]:
    """The sizes of every segment and label."""
    counted = evaluation.counts(outputs)
    found: list[Size] = []
    for output in outputs:
        names = [f"{output.name}.{label}" for label in output.labels] or [output.name]
        found.extend(Size(name, output.entity, *counted[name]) for name in names)
    return found


def _largest(outputs: Sequence[Output], sizes: dict[str, Size], most: int) -> list[Output]:
    segments = [output for output in outputs if output.kind == "segment"]
    return sorted(segments, key=lambda output: -sizes[output.name].members)[:most]


def _overlaps(
    evaluation: Evaluation, outputs: Sequence[Output], sizes: dict[str, Size], as_of: dt.datetime, min_size: int
) -> tuple[tuple[Overlap, ...], tuple[Overlap, ...]]:
    crossed: list[Overlap] = []
    joined: list[Overlap] = []
    for entity in dict.fromkeys(output.entity for output in outputs):
        somebody = [item for item in outputs if item.entity == entity and item.name in sizes]
        somebody = [item for item in somebody if sizes[item.name].members]
        largest = _largest(somebody, sizes, CROSSED)
        if len(largest) > 1:
            crossed.append(read_overlap(evaluation, largest, as_of, min_size))
            # of many segments each combination is rare: as many as leave most members in combinations that can be told
            for few in range(JOINED, 2, -1):
                combined = read_overlap(evaluation, largest[:few], as_of, min_size)
                if sum(item.members or 0 for item in combined.intersections) >= TOLD * combined.population:
                    break
            joined.append(combined)
    return tuple(crossed), tuple(joined)


def _flows(evaluation: Evaluation, asked: Sequence[Moving], as_of: dt.datetime, min_size: int) -> dict[str, Flow]:
    return {item.output.name: read_flow(evaluation, item, as_of, min_size) for item in asked}
