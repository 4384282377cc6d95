"""`segdsl flow`: who moved from which label to which."""

from __future__ import annotations

from typing import Any

import click

from segdsl.cli.bar import bar
from segdsl.cli.options import catalog_option, limits_options, min_size_option, name_argument, set_option, words
from segdsl.cli.records import format_option, show_cells, show_values


@click.command("flow")
@name_argument
@click.option("--from", "start", type=words, metavar="TIME", help="Where it starts; else three months before its end.")
@click.option("--to", "end", type=words, metavar="TIME", help="Where it ends; else the model's as-of, else now.")
@min_size_option
@set_option
@format_option
@limits_options
@catalog_option
def command(
    name: str,
    start: str | None,
    end: str | None,
    min_size: int | None,
    settings: dict[str, str],
    format_: str,
    limits: dict[str, Any],
    folder: str,
) -> None:
    """Count who moved between the labels of a segmentation from one day to another, or in and out of a segment.

    \b
    Example:
      segdsl flow stage --from 2017-10-01 --to 2018-01-01
      segdsl flow vip --format json
    """
    from segdsl.api import load
    from segdsl.cli.moment import shown
    from segdsl.cli.rows import percent

    with bar() as progress:
        catalog = load(folder, settings, progress, **limits)
        found = catalog.flow(name, start, end, min_size=min_size)
    if format_ in ("json", "csv"):
        show_values(list(found.moves.columns), found.moves.rows(), format_)
        return
    nobody = "not in it" if found.labels == (found.name,) else "no label"
    rows = [
        [
            move.before or nobody,
            move.after or nobody,
            f"<{found.min_size}" if move.members is None else f"{move.members:,}",
            "–" if move.share_of_before is None else percent(move.share_of_before),
        ]
        for move in found.moves
    ]
    kept = f"{found.stayed:,} of {found.population:,} are where they were"
    days = f"{shown(found.start)} to {shown(found.end)} in {catalog.model.timezone}"
    show_cells(["from", "to", "members", "of from"], [False, False, True, True], rows, format_, [kept, days])
