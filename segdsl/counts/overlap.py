"""How segments overlap: of every two how many are in both, and how many are in exactly these and in no other."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, ClassVar

from segdsl.counts.groups import intersections, pairs, population
from segdsl.counts.records import Records
from segdsl.counts.wanted import evaluated
from segdsl.evaluator import Evaluator
from segdsl.program import Output
from segdsl.result import Size, Sizes

if TYPE_CHECKING:
    from segdsl.engines.handed import Data
    from segdsl.engines.results import Evaluation

MOST = 1_000  # combinations that are kept
DRAWN = 20  # combinations that a notebook has room for


@dataclass(frozen=True, slots=True)
class Pair:
    """Two segments, and how many `members` are in both; None where there are some, but too few to be told."""

    segment: str
    other: str
    members: int | None
    share_of_segment: float | None
    share_of_other: float | None
    jaccard: float | None  # of those in either, the part that is in both


class Pairs(Records[Pair]):
    """Every two segments that were compared, in the order asked for."""

    columns: ClassVar = {
        "segment": "text",
        "other": "text",
        "members": "int",
        "share_of_segment": "float",
        "share_of_other": "float",
        "jaccard": "float",
    }


@dataclass(frozen=True, slots=True)
class Intersection:
    """How many `members` are in these segments and in no other; None where they are too few to be told."""

    segments: tuple[str, ...]
    members: int | None
    share: float | None


class Intersections(Records[Intersection]):
    """The combinations that somebody is in, the most frequent first; nobody's segments are the empty one."""

    columns: ClassVar = {"segments": "texts", "members": "int", "share": "float"}


@dataclass(frozen=True)
class Overlap:
    """How segments of one entity overlap as of a moment.

    Numbers from 1 up to below `min_size` are None; those of whole segments are told whatever they are. `combinations`
    is how many intersections there are, of which `intersections` holds the largest; `several` is how many members are
    in two segments or more, None where that is too few to be told or not all intersections are held.
    """

    entity: str
    as_of: dt.datetime
    population: int
    min_size: int
    sizes: Sizes
    pairs: Pairs
    intersections: Intersections
    combinations: int
    several: int | None

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.pairs.__arrow_c_stream__(requested_schema)

    def _repr_html_(self) -> str:
        return self.pairs._repr_html_()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """A chart above the table, where the extra `report` is installed."""
        from segdsl.charts.picture import bundle
        from segdsl.charts.upset import upset

        some = [(item.segments, item.members) for item in self.intersections if item.segments]
        told = [(names, members) for names, members in some if members is not None][:DRAWN]
        sizes = [(size.segment, size.members) for size in self.sizes]
        return bundle(upset(told, sizes), self._repr_html_(), repr(self))


def overlap(
    evaluator: Evaluator, conditions: Sequence[Output], as_of: dt.datetime, min_size: int, data: Data | None = None
) -> Overlap:
    """The overlap of segments and labels; raises SegdslError."""
    with evaluated(evaluator, conditions, as_of, data) as evaluation:
        return read_overlap(evaluation, conditions, as_of, min_size)


def read_overlap(
    evaluation: Evaluation, conditions: Sequence[Output], as_of: dt.datetime, min_size: int, most: int = MOST
) -> Overlap:
    """The overlap of segments and labels that were evaluated."""
    entity = conditions[0].entity
    everybody = population(evaluation, entity)
    both = pairs(evaluation, conditions, everybody)
    names = [output.name for output in conditions]
    sizes = [both.get((place, place), 0) for place in range(len(names))]
    found, count = intersections(evaluation, conditions, most)

    def told(number: int) -> int | None:
        return None if 0 < number < min_size else number

    def pair(one: int, other: int) -> Pair:
        members = told(both.get((one, other), 0))
        either = sizes[one] + sizes[other] - (members or 0)
        shares = [_share(members, whole) for whole in (sizes[one], sizes[other], either)]
        return Pair(names[one], names[other], members, *shares)

    def intersection(places: Sequence[int], number: int) -> Intersection:
        members = told(number)
        return Intersection(tuple(names[place] for place in places), members, _share(members, everybody))

    return Overlap(
        entity,
        as_of,
        everybody,
        min_size,
        Sizes(Size(name, entity, size, everybody) for name, size in zip(names, sizes, strict=True)),
        Pairs(pair(one, other) for one, other in combinations(range(len(names)), 2)),
        Intersections(intersection(places, number) for places, number in found),
        count,
        told(sum(number for places, number in found if len(places) > 1)) if count <= most else None,
    )


def _share(members: int | None, whole: int) -> float | None:
    return None if members is None or not whole else members / whole
