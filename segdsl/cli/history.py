"""`segdsl history`: sizes over time, where somebody was, and taking things out."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from segdsl.cli.bar import bar as bar_of_progress
from segdsl.cli.completion import MEMBERS, complete
from segdsl.cli.moment import shown
from segdsl.cli.options import as_of_option, catalog_option, goes_without, segment_argument, words

if TYPE_CHECKING:
    from segdsl.cli.grid import Grid, Row
    from segdsl.history.asked import PastSize, SavedRun, Stay
    from segdsl.history.erase import Erased

_BAR = 24  # characters of the longest bar
_PARTS = " ▏▎▍▌▋▊▉█"


class _Shown(click.Group):
    """A group whose command `show` needs no name: `segdsl history vip` is `segdsl history show vip`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if ctx.resilient_parsing and not args:
            return super().parse_args(ctx, args)  # what is completed may still become either
        if not args or (args[0] not in self.commands and args[0] != "--help"):
            args = ["show", *args]
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        names = complete(MEMBERS)(ctx, show.params[0], incomplete)
        return [*super().shell_complete(ctx, incomplete), *map(CompletionItem, names)]


@click.group("history", cls=_Shown)
def command() -> None:
    """Who was in which segment over time, as `segdsl run --save` keeps it.

    \b
    Example:
      segdsl history                      the runs that were saved
      segdsl history vip                  its size, who entered and who left, run by run
      segdsl history --id c123            when this customer was where
      segdsl history prune --keep 400d
      segdsl history forget --id c123

    `segdsl history show --help` has the options of the first three.
    """


@command.command("show")
@segment_argument
@click.option("--id", "key", type=words, metavar="KEY", help="When the member of that key was where.")
@click.option("--of", "entity", type=words, metavar="ENTITY", help="With --id: of this entity alone.")
@click.option("-n", "most", type=click.IntRange(1), default=30, show_default=True, help="The last so many runs.")
@click.option("--format", "format_", type=click.Choice(["table", "json"]), default="table", help="A table by default.")
@catalog_option
def show(name: str | None, key: str | None, entity: str | None, most: int, format_: str, folder: str) -> None:
    """Show the runs, the sizes of a segment, or the stays of a customer.

    \b
    Example:
      segdsl history vip -n 90
      segdsl history --id c123 --format json
    """
    from segdsl.api import load
    from segdsl.cli.grid import show as show_grid

    if name is not None and key is not None:
        raise click.UsageError("either a segment or --id KEY, not both")
    if entity is not None and key is None:
        raise click.UsageError("--of goes with --id KEY")
    if key is not None:
        goes_without("--id KEY", "most")
    with bar_of_progress() as progress:
        history = load(folder, progress=progress).history
        stays = [] if key is None else history.member(key, entity)
        sizes = [] if name is None else history.sizes(name)
        runs = history.runs[-most:] if key is None and name is None else []
    if key is not None:
        if format_ == "json":
            _emit(stays)
        else:
            show_grid(_stay_grid(stays))
    elif name is not None:
        kept = sorted({size.as_of for size in sizes})[-most:]
        sizes = [size for size in sizes if size.as_of >= kept[0]]
        if format_ == "json":
            _emit(sizes)
        else:
            show_grid(_size_grid(sizes))
    elif format_ == "json":
        _emit(runs)
    elif runs:
        show_grid(_run_grid(runs))
    else:
        click.echo("no run was saved; `segdsl run --save` saves one")


@command.command("prune")
@click.option("--keep", required=True, type=words, metavar="LENGTH", help="How far back, as 400d or 2y.")
@as_of_option("From when to count back; else the model's as-of, else now.")
@catalog_option
def prune(keep: str, as_of: str | None, folder: str) -> None:
    """Drop runs older than a length of time, and the stays that ended before. The last run is kept.

    \b
    Example:
      segdsl history prune --keep 400d
    """
    from segdsl.api import load

    with bar_of_progress() as progress:
        erased = load(folder, progress=progress).prune_history(keep, as_of=as_of)
    click.echo(f"dropped {erased.runs:,} run{'s' * (erased.runs != 1)} and {_stays(erased)}", err=True)


@command.command("forget")
@click.option("--id", "key", required=True, type=words, metavar="KEY", help="Whom to forget.")
@click.option("--of", "entity", type=words, metavar="ENTITY", help="Of which entity; of all where it is left out.")
@catalog_option
def forget(key: str, entity: str | None, folder: str) -> None:
    """Erase everything that the history knows of a customer, from the file's own bytes too.

    Numbers of members stay as they were counted. The data that a run reads are not touched: whoever stands in them is
    saved again.

    \b
    Example:
      segdsl history forget --id c123
    """
    from segdsl.api import load

    with bar_of_progress() as progress:
        erased = load(folder, progress=progress).history.forget(key, entity)
    click.echo(f"erased {_stays(erased)}", err=True)


def _stays(erased: Erased) -> str:
    return f"{erased.intervals:,} stay{'s' * (erased.intervals != 1)}"


def _emit(found: Iterable[Any]) -> None:
    rows = [{name: _plain(value) for name, value in dataclasses.asdict(item).items()} for item in found]
    text = "[" + ",".join(f"\n  {json.dumps(row, ensure_ascii=False)}" for row in rows) + "\n]\n"
    sys.stdout.buffer.write(text.encode())


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value


def moment(value: dt.datetime | None) -> str:
    """A time as short as it is: a midnight is a date."""
    return "" if value is None else shown(value)


def _run_grid(runs: Iterable[SavedRun]) -> Grid:
    from segdsl.cli.grid import Grid

    rows = [(moment(run.as_of), f"{run.rows:,}", f"{run.seconds:.1f} s", run.fingerprint, run.segdsl) for run in runs]
    return Grid(("as of", "rows read", "took", "data", "segdsl"), (False, True, True, False, False), [rows])


def _size_grid(sizes: list[PastSize]) -> Grid:
    """A row per run, with a bar as long as the segment is large; the runs of a label stand together."""
    from segdsl.cli.grid import Grid, visible

    most = max((size.members for size in sizes), default=0)
    names = list(dict.fromkeys(size.segment for size in sizes))
    sections: list[list[Row]] = []
    for name in names:
        rows: list[Row] = []
        for index, size in enumerate(size for size in sizes if size.segment == name):
            first = visible(name) if not index and len(names) > 1 else ""
            moved = ("", "") if size.is_first else (f"+{size.entered:,}", f"-{size.left:,}")
            mark = f"rule {size.version}" if size.is_new_rule else ""
            cells = (moment(size.as_of), f"{size.members:,}", *moved, bar(size.members, most), mark)
            rows.append((first, *cells) if len(names) > 1 else cells)
        sections.append(rows)
    headers: Row = ("as of", "members", "entered", "left", "", "")
    right: tuple[bool, ...] = (False, True, True, True, False, False)
    below = []
    if any(size.is_new_rule for size in sizes):
        below.append("at `rule 2` and so on the rule is another: who comes and goes there may do so through the rule")
    if len(names) > 1:
        headers, right = ("segment", *headers), (False, *right)
    return Grid(headers, right, sections, below, whole=True)


def bar(value: int, most: int) -> str:
    """A bar in eighths of a character; what is not nothing is seen."""
    eighths = 0 if not most else max(round(value * _BAR * 8 / most), 1 if value else 0)
    full, part = divmod(eighths, 8)
    return (_PARTS[8] * full + _PARTS[part]).rstrip()


def _stay_grid(stays: Iterable[Stay]) -> Grid:
    from segdsl.cli.grid import Grid, visible

    rows = []
    for stay in stays:
        entered = moment(stay.entered) if stay.entered is not None else f"before {moment(stay.found)}"
        left = moment(stay.left) if stay.left is not None else f"in, {moment(stay.evaluated)}"
        by = f"{stay.version}" if stay.left_by in (None, stay.version) else f"{stay.version} to {stay.left_by}"
        rows.append((visible(stay.segment), entered, left, by, stay.meaning))
    return Grid(("segment", "entered", "left", "rule", "meaning"), (False,) * 5, [rows], whole=True)
