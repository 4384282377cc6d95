"""Sizes over time: those that saved runs have found, and those that are counted back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING

from segdsl.counts.trend import PERIODS, trend
from segdsl.engines.problem import EngineProblem
from segdsl.error import raised
from segdsl.evaluator import Evaluator
from segdsl.history import asked
from segdsl.history.place import place_of
from segdsl.history.record import check_zone
from segdsl.options import Period
from segdsl.plan.meaning import meanings
from segdsl.program import Output
from segdsl.site.entries import Past, Series

if TYPE_CHECKING:
    from segdsl.engines.handed import Data

RUNS = 60  # saved runs, the latest


def saved(
    evaluator: Evaluator, outputs: Sequence[Output], as_of: dt.datetime | None, min_size: int
) -> tuple[dict[str, Past], str]:
    """What the history has of definitions up to a moment, all of it where none is given; nothing where there is none.
    And why nothing is shown, where its times are on other clocks than those of all other pages.

    A definition keeps its name when its rule changes, so what runs have found is not what its rule of now gives.
    """
    catalog = evaluator.catalog
    with raised():
        store = place_of(catalog, evaluator.progress).open_if_there()
        if store is None:
            return {}, ""
        with store:
            try:
                check_zone(store, catalog.model.timezone)
            except EngineProblem as problem:
                told = problem.diagnostics[0]
                return {}, f"What saved runs have found is left out: {told.message} ({told.code})."
            sizes = asked.every_size(store, {output.name: output.entity for output in outputs})
            rules = asked.rules(store)
    now = meanings(evaluator.checked().done().program, [output.instance for output in outputs])
    owners = {output.name for output in outputs}
    points: dict[str, dict[str, dict[dt.datetime, int]]] = {}
    for segment, found in sizes.items():
        # a label belongs to its segmentation
        owner = next((name for name in (segment, segment.rpartition(".")[0]) if name in owners), None)
        until = {at: size for at, size in found if as_of is None or at <= as_of}
        if owner is not None and until:
            points.setdefault(owner, {})[segment] = until
    pasts: dict[str, Past] = {}
    for output in outputs:
        mine = points.get(output.name)
        if mine is None:
            continue
        runs = sorted({at for found in mine.values() for at in found})[-RUNS:]
        series = (
            Series(segment, *_told([(at, found[at]) for at in runs if at in found], min_size))
            for segment, found in mine.items()
        )
        past = [(since, meaning) for since, meaning in rules[output.entity, output.name] if since <= runs[-1]]
        new_rules = tuple(since for since, _ in past[1:] if since in runs)
        about = "As the saved runs found it."
        if past[-1][1] != now[output.instance]:
            about += " The rule has changed since the last of them."
        pasts[output.name] = Past(about, tuple(item for item in series if item.moments), new_rules)
    return pasts, ""


def counted_back(
    evaluator: Evaluator,
    outputs: Sequence[Output],
    as_of: dt.datetime,
    period: Period,
    min_size: int,
    data: Data | None,
) -> dict[str, Past]:
    """The sizes of definitions at the ends of some periods up to a moment."""
    found = trend(evaluator, outputs, period, PERIODS, as_of, data)

    def series(name: str) -> Series:
        known = [(at, size) for at, size in zip(found.moments, found.sizes[name], strict=True) if size is not None]
        return Series(name, *_told(known, min_size))

    def past(output: Output) -> Past:
        about = f"{output.name} at the ends of {PERIODS} {period}s up to then, as a run at each would have given; "
        names = [f"{output.name}.{label}" for label in output.labels] or [output.name]
        return Past(f"{about}attributes are as they are now.", tuple(map(series, names)))

    return {output.name: past(output) for output in outputs}


def _told(
    points: Sequence[tuple[dt.datetime, int]], min_size: int
) -> tuple[tuple[dt.datetime, ...], tuple[int | None, ...]]:
    """Moments, and sizes as far as they are not too small to be told."""
    return tuple(at for at, _ in points), tuple(size if size == 0 or size >= min_size else None for _, size in points)
