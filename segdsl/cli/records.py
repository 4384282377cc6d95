"""Rows in the formats that commands print: a table, JSON, CSV, Markdown."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Sequence
from typing import Any

import click

from segdsl.cli.grid import Grid, show, visible

FORMATS = ("table", "json", "csv", "markdown")

Cells = Sequence[str]


def format_option(command: Any) -> Any:
    """`--format`; the command gets `format_`."""
    return click.option(
        "--format", "format_", type=click.Choice(FORMATS), default="table", help="What is printed; a table by default."
    )(command)


def show_cells(headers: Cells, right: Sequence[bool], rows: Sequence[Cells], format_: str, below: Cells = ()) -> None:
    """Rows of texts for people, as a table or in Markdown."""
    shown = [tuple(visible(cell) for cell in row) for row in rows]
    if format_ == "markdown":
        _write(_markdown(headers, right, shown, below))
    else:
        show(Grid(tuple(headers), tuple(right), [shown], below, whole=True))


def show_values(names: Sequence[str], rows: Sequence[Sequence[object]], format_: str) -> None:
    """Rows of values for programs, as JSON objects or CSV; unknown is null, or empty."""
    if format_ == "json":
        items = [json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False, default=_plain) for row in rows]
        _write("[" + ",".join(f"\n  {item}" for item in items) + "\n]\n")
        return
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(
        [[str(value).lower() if isinstance(value, bool) else _plain(value) for value in row] for row in rows]
    )
    _write(text.getvalue())


def _markdown(headers: Cells, right: Sequence[bool], rows: Sequence[Cells], below: Cells) -> str:
    lines = [_row(headers), _row(["---:" if side else "---" for side in right]), *map(_row, rows)]
    if below:
        lines.extend(("", *(f"{line}  " for line in below[:-1]), below[-1]))
    return "\n".join(lines) + "\n"


def _row(cells: Cells) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _plain(value: Any) -> Any:
    """A value as CSV and JSON have it."""
    if isinstance(value, tuple):
        return " & ".join(value)
    return value.isoformat() if hasattr(value, "isoformat") else value


def _write(text: str) -> None:
    """UTF-8 whatever the terminal's encoding is."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode())
