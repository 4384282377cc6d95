"""`segdsl sample`: some members of a segment, with their values."""

from __future__ import annotations

import sys
from typing import Any

import click

from segdsl.cli.bar import bar
from segdsl.cli.options import (
    as_of_option,
    catalog_option,
    engine_option,
    limits_options,
    name_argument,
    set_option,
    words,
)


@click.command("sample")
@name_argument
@click.option("-n", "count", type=click.IntRange(1, 10_000), default=5, show_default=True, help="How many.")
@click.option(
    "--columns",
    type=words,
    multiple=True,
    metavar="A,B,…",
    help="Attributes, traits or expressions; by default what the rule reads.",
)
@as_of_option("The moment to look at, as 2026-03-31 or 2026-03-31T18:30; else the model's, else now.")
@set_option
@click.option("--format", "format_", type=click.Choice(["table", "json"]), default="table", help="A table by default.")
@limits_options
@engine_option
@catalog_option
def command(
    name: str,
    count: int,
    columns: tuple[str, ...],
    as_of: str | None,
    settings: dict[str, str],
    format_: str,
    limits: dict[str, Any],
    folder: str,
    engine: str | None,
) -> None:
    """Show some members of a segment with their values, the same ones every time.

    \b
    Example:
      segdsl sample vip
      segdsl sample value_tier.gold -n 10 --columns total_spend,last_purchase
    """
    from segdsl.api import load
    from segdsl.cli.grid import show
    from segdsl.cli.rows import row_grid, rows_json

    wanted = [text for given in columns for text in split(given)]
    with bar() as progress:
        table = load(folder, settings, progress, **limits).sample(name, count, wanted, as_of=as_of, engine=engine)
    if format_ == "json":
        for piece in rows_json(table):
            sys.stdout.buffer.write(piece.encode())
    elif table.num_rows:
        show(row_grid(table, [], count))
    else:
        click.echo("no members")


def split(text: str) -> list[str]:
    """A list of columns at its commas, those within brackets and quotes aside."""
    found, depth, quote = [""], 0, ""
    for char in text:
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'`":
            quote = char
        elif char in "()":
            depth += 1 if char == "(" else -1
        elif char == "," and depth <= 0:
            found.append("")
            continue
        found[-1] += char
    return [item.strip() for item in found if item.strip()]
