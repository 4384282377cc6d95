"""`segdsl trend`: sizes as they were at the ends of the last periods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from segdsl.cli.bar import bar
from segdsl.cli.options import (
    as_of_option,
    catalog_option,
    chosen_options,
    limits_options,
    names_argument,
    period_option,
    set_option,
    with_chosen,
)
from segdsl.cli.records import format_option, show_cells, show_values

if TYPE_CHECKING:
    from segdsl.options import Period


@click.command("trend")
@names_argument
@chosen_options
@period_option
@click.option("--periods", type=click.IntRange(2, 120), default=12, help="How many sizes; 12 by default.")
@as_of_option("The latest moment, as 2026-03-31 or 2026-03-31T18:30; else the model's, else now.")
@set_option
@format_option
@limits_options
@catalog_option
def command(
    names: tuple[str, ...],
    chosen: dict[str, Any],
    period: Period,
    periods: int,
    as_of: str | None,
    settings: dict[str, str],
    format_: str,
    limits: dict[str, Any],
    folder: str,
) -> None:
    """Show how the sizes of definitions changed, all of them where none is named.

    Each size is that of a run as of then, attributes apart: these are as they are now. Where a rule asks for the
    history, sizes before that begins are unknown.

    \b
    Example:
      segdsl trend vip value_tier
      segdsl trend vip --period week --periods 26 --format csv
    """
    from segdsl.api import load
    from segdsl.cli.moment import begins, caption, shown

    with bar() as progress:
        catalog = load(folder, settings, progress, **limits)
        found = catalog.trend(with_chosen(catalog, names, chosen), period=period, periods=periods, as_of=as_of)
    if format_ in ("json", "csv"):
        show_values(list(found.points.columns), found.points.rows(), format_)
        return
    headers = ["segment", *map(shown, found.moments)]
    rows = [[name, *("–" if size is None else f"{size:,}" for size in sizes)] for name, sizes in found.sizes.items()]
    below = [*begins(found.begins), caption(catalog.model.timezone, found.moments[-1])]
    show_cells(headers, [False, *([True] * periods)], rows, format_, below)
