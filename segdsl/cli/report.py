"""`segdsl report`: a page about the segments, in one file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from segdsl.cli.bar import bar
from segdsl.cli.completion import complete_list
from segdsl.cli.options import (
    as_of_option,
    catalog_option,
    limits_options,
    min_size_option,
    period_option,
    set_option,
    words,
)
from segdsl.cli.replace import replace_file, spare_needed

if TYPE_CHECKING:
    from segdsl.options import Period


@click.command("report")
@click.option(
    "--out", type=click.Path(dir_okay=False), default="report.html", metavar="FILE", help="report.html by default."
)
@click.option(
    "--segments",
    "names",
    type=words,
    multiple=True,
    metavar="NAMES",
    shell_complete=complete_list,
    help="Segments, segmentations and labels, with commas between; all of the catalog where none is named.",
)
@period_option
@as_of_option("The moment to report, as 2026-03-31 or 2026-03-31T18:30; else the model's, else now.")
@min_size_option
@set_option
@limits_options
@catalog_option
def command(
    out: str,
    names: tuple[str, ...],
    period: Period,
    as_of: str | None,
    min_size: int | None,
    settings: dict[str, str],
    limits: dict[str, Any],
    folder: str,
) -> None:
    """Write a report: sizes, segmentations, the past, overlaps and definitions on one page that works offline.

    \b
    Example:
      segdsl report
      segdsl report --out vip.html --segments vip,lost_vips,value_tier --period week
    """
    from segdsl.api import load
    from segdsl.engines.write import check_folder
    from segdsl.error import raised

    with raised():  # before anything is evaluated
        check_folder(Path(out))
    chosen = [name.strip() for text in names for name in text.split(",") if name.strip()]
    with bar() as progress:
        catalog = load(folder, settings, progress, **limits)
        spare_needed(catalog, out)
        text = catalog.report(chosen, period=period, as_of=as_of, min_size=min_size)
    size = write(Path(out), text)
    click.echo(f"wrote {out}: {size / 1_000_000:.1f} MB, opens in any browser without a network", err=True)


def write(path: Path, text: str) -> int:
    """Writes a page, whole or not at all; gives the number of bytes. Raises SegdslError."""
    from segdsl import problems
    from segdsl.api import SegdslError

    content = text.encode()
    try:
        replace_file(path, content)
    except OSError as error:
        raise SegdslError([problems.cannot_write(str(path), error.strerror or "unknown reason")]) from None
    return len(content)
