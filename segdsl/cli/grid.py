"""Tables for people: with colours and lines on a terminal, plain everywhere else."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import Console, OverflowMethod

GAP = 2  # spaces between two columns
FOLDED = 20  # how narrow a column of texts may become beside numbers
Row = tuple[str, ...]


@dataclass(frozen=True)
class Grid:
    """A table of texts; `sections` are groups of rows with a line between them.

    With `whole` no column is left out on a narrow terminal: long texts are folded, and numbers that have no room stand
    in further tables below, with the names again. `room` is how wide a table is that is not on a terminal.
    """

    headers: Row
    right: tuple[bool, ...]
    sections: Sequence[Sequence[Row]]
    below: Sequence[str] = ()
    whole: bool = False
    room: int | None = None


def show(grid: Grid) -> None:
    """Prints a grid. On a terminal, columns that have no room there are left out, and counted below."""
    if sys.stdout.isatty():
        _show_rich(grid)
    else:
        _show_plain(grid)


def visible(text: str) -> str:
    """A text on one line: what would move the cursor or change colours is shown by its number."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def _widths(grid: Grid) -> list[int]:
    from rich.cells import cell_len

    rows = [grid.headers, *(row for section in grid.sections for row in section)]
    return [max(cell_len(row[index]) for row in rows) for index in range(len(grid.headers))]


def _split(grid: Grid, room: int, folds: bool) -> Iterator[Grid]:
    """A grid as several, none wider than there is room; the first columns, up to one of numbers, stand in each."""
    lead = max(grid.right.index(True), 1) if True in grid.right else len(grid.right)
    natural = _widths(grid)
    folded = [min(width, width if right else FOLDED) for width, right in zip(natural, grid.right, strict=True)]
    if lead == len(natural) or (folds and sum(folded) + GAP * (len(folded) - 1) <= room):
        yield grid
        return
    least = room // (2 * lead) if folds else room
    widths = [*(min(width, least) for width in natural[:lead]), *(folded if folds else natural)[lead:]]
    blocks: list[list[int]] = [[]]
    used = first = sum(widths[:lead]) + GAP * (lead - 1)
    for index in range(lead, len(widths)):
        if blocks[-1] and used + GAP + widths[index] > room:
            blocks.append([])
            used = first
        blocks[-1].append(index)
        used += GAP + widths[index]
    for block in blocks:
        columns = [*range(lead), *block]
        yield Grid(
            tuple(grid.headers[index] for index in columns),
            tuple(grid.right[index] for index in columns),
            [[tuple(row[index] for index in columns) for row in section] for section in grid.sections],
            grid.below if block is blocks[-1] else (),
            grid.whole,
        )


def _show_plain(grid: Grid) -> None:
    blocks = list(_split(grid, grid.room, folds=False)) if grid.room is not None else [grid]
    for number, block in enumerate(blocks):
        if number:
            click.echo()
        _show_one_plain(block)


def _show_one_plain(grid: Grid) -> None:
    from rich.cells import cell_len

    widths = _widths(grid)
    for row in (grid.headers, *(row for section in grid.sections for row in section)):
        cells = []
        for text, width, right in zip(row, widths, grid.right, strict=True):
            room = " " * (width - cell_len(text))
            cells.append(room + text if right else text + room)
        click.echo((" " * GAP).join(cells).rstrip())
    _show_below(grid.below)


def _show_rich(grid: Grid) -> None:
    from rich.console import Console

    console = Console(highlight=False)
    blocks = list(_split(grid, console.width, folds=True)) if grid.whole else [grid]
    for number, block in enumerate(blocks):
        if number:
            click.echo()
        _show_one_rich(block, console)


def _show_one_rich(grid: Grid, console: Console) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    shown = len(grid.headers) if grid.whole else 1
    widths = _widths(grid)
    while shown < len(widths) and sum(widths[: shown + 1]) + GAP * shown <= console.width:
        shown += 1
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for header, right in list(zip(grid.headers, grid.right, strict=True))[:shown]:
        fold = grid.whole and not right
        overflow: OverflowMethod = "fold" if fold else "ellipsis"
        table.add_column(Text(header), justify="right" if right else "left", no_wrap=not fold, overflow=overflow)
    for section in grid.sections:
        for row in section:
            table.add_row(*(Text(cell) for cell in row[:shown]))
        table.add_section()
    console.print(table)
    left = len(widths) - shown
    more = (
        [f"… {left} more column{'s' * (left != 1)}: name fewer definitions, or write a file with --out"] if left else []
    )
    _show_below([*more, *grid.below])


def _show_below(lines: Sequence[str]) -> None:
    for line in lines:
        click.secho(line, dim=True)
