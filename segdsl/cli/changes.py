"""`segdsl changes`: who entered and who left since a run."""

from __future__ import annotations

import click

from segdsl.cli.bar import bar
from segdsl.cli.options import catalog_option, words


@click.command("changes")
@click.option(
    "--since", type=words, metavar="TIME", help="Since the last run as of that time or before; else the last but one."
)
@click.option(
    "--out",
    required=True,
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Write a .csv, .parquet, .duckdb or .json file.",
)
@catalog_option
def command(since: str | None, out: str, folder: str) -> None:
    """Write who entered and who left a segment between two saved runs, and nobody else.

    Columns are segment (labels as tier.gold), entity, key, change (entered or left) and the as-of of the run that saw
    it. Where there is no run before, everybody has entered.

    \b
    Example:
      segdsl changes --out changes.csv
      segdsl changes --since 2026-03-01 --out changes.parquet
    """
    from segdsl.api import load
    from segdsl.cli.history import moment

    with bar() as progress:
        found = load(folder, progress=progress).changes(out, since=since)
    begin = f"from {moment(found.since)}" if found.since is not None else "from the beginning"
    rows = f"{found.rows:,} change{'s' * (found.rows != 1)}"
    click.echo(f"wrote {out}: {rows} {begin} to {moment(found.until)}", err=True)
