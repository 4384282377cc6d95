"""What the parts of a rule let through, as a table."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from segdsl.cli.grid import visible

if TYPE_CHECKING:
    from segdsl.counts.funnel import Funnel

_COLUMNS = {
    "and": ("hold it", "and all before", "without it"),
    "or": ("hold it", "or any before", "without it"),
    "label": ("hold it", "get it"),
    "": ("hold it",),
}


def show_funnel(found: Funnel, format_: str, timezone: str) -> None:
    """Prints a funnel, as a table or JSON."""
    if format_ == "json":
        click.echo(json.dumps({**asdict(found), "as_of": found.as_of.isoformat()}, ensure_ascii=False, indent=2))
        return
    from segdsl.testing.wording import clock

    columns = _COLUMNS[found.word]
    rows = [("", *columns)]
    for part in found.parts:
        numbers = [f"{number:,}" if number is not None else "" for number in (part.alone, part.so_far, part.without)]
        rows.append((visible("  " * part.deep + part.text), *numbers[: len(columns)]))
    widths = [max(len(row[index]) for row in rows) for index in range(len(columns) + 1)]
    for row in rows:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        click.echo("  ".join(cells).rstrip())
    share = f" ({found.members / found.population:.1%})" if found.population else ""
    click.echo(visible(f"{found.name}: {found.members:,} of {found.population:,} in the population{share}"))
    click.secho(f"as of {clock(found.as_of).removesuffix(' 00:00')} in {timezone}", dim=True)
