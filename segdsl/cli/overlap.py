"""`segdsl overlap`: how many are in two segments at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from segdsl.cli.bar import bar
from segdsl.cli.options import (
    as_of_option,
    catalog_option,
    chosen_options,
    limits_options,
    min_size_option,
    names_argument,
    set_option,
    with_chosen,
)
from segdsl.cli.records import format_option, show_cells, show_values

if TYPE_CHECKING:
    from segdsl.counts.overlap import Overlap

ROWS = 20  # that a table shows


@click.command("overlap")
@names_argument
@chosen_options
@click.option("--exact", is_flag=True, help="Who is in exactly which segments and in no other, instead of pairs.")
@as_of_option("The moment to count at, as 2026-03-31 or 2026-03-31T18:30; else the model's, else now.")
@min_size_option
@set_option
@format_option
@limits_options
@catalog_option
def command(
    names: tuple[str, ...],
    chosen: dict[str, Any],
    exact: bool,
    as_of: str | None,
    min_size: int | None,
    settings: dict[str, str],
    format_: str,
    limits: dict[str, Any],
    folder: str,
) -> None:
    """Count how segments overlap: where none is named, all of those of the default entity.

    A segmentation stands for all of its labels. Tables show the largest overlaps, json and csv all.

    \b
    Example:
      segdsl overlap vip every_week value_tier.gold
      segdsl overlap vip lost_vips stage --exact --format markdown
    """
    from segdsl.api import load
    from segdsl.cli.moment import caption

    with bar() as progress:
        catalog = load(folder, settings, progress, **limits)
        named = with_chosen(catalog, names, chosen)
        found = catalog.overlap(named, as_of=as_of, min_size=min_size)
    if format_ in ("json", "csv"):
        records = found.intersections if exact else found.pairs
        show_values(list(records.columns), records.rows(), format_)
    else:
        _show(found, exact, format_, caption(catalog.model.timezone, found.as_of))
    entities = [] if named else [output.entity for output in catalog.outputs if output.kind == "segment"]
    others = [entity for entity in dict.fromkeys(entities) if entity != found.entity]
    if others:
        text = f"left out: segments of {' and '.join(others)} (these are of {found.entity}; name some to compare them)"
        click.secho(text, err=True, dim=True)


def _show(found: Overlap, exact: bool, format_: str, moment: str) -> None:
    headers, right, rows = _exact(found) if exact else _pairs(found)
    below = [f"… {len(rows) - ROWS:,} more, smaller ones"] if len(rows) > ROWS else []
    if exact and found.combinations > len(rows):
        below = [f"… {found.combinations - min(len(rows), ROWS):,} more, smaller ones"]
    below.append(f"{found.population:,} in the population, {moment}")
    show_cells(headers, right, rows[:ROWS], format_, below)


def _pairs(found: Overlap) -> tuple[list[str], list[bool], list[list[str]]]:
    from segdsl.cli.rows import percent

    def number(members: int | None) -> str:
        return f"<{found.min_size}" if members is None else f"{members:,}"

    def share(value: float | None) -> str:
        return "–" if value is None else percent(value)

    # what is too small to be told stands between none and the first that is told
    order = sorted(found.pairs, key=lambda pair: -(0.5 if pair.members is None else pair.members))
    rows = [
        [pair.segment, pair.other, number(pair.members), share(pair.share_of_segment), share(pair.share_of_other)]
        for pair in order
    ]
    headers = ["segment", "other", "in both", "of segment", "of other"]
    return headers, [False, False, True, True, True], rows


def _exact(found: Overlap) -> tuple[list[str], list[bool], list[list[str]]]:
    from segdsl.cli.rows import percent

    rows = []
    for item in found.intersections:
        members = f"<{found.min_size}" if item.members is None else f"{item.members:,}"
        rows.append([
            " & ".join(item.segments) or "none of them",
            members,
            "–" if item.share is None else percent(item.share),
        ])  # fmt: skip
    return ["in exactly", "members", "share"], [False, True, True], rows
