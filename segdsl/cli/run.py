"""`segdsl run`: evaluates definitions, and shows or writes what comes out."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import shutil
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from segdsl.cli import moment as moments
from segdsl.cli.bar import bar
from segdsl.cli.options import (
    as_of_option,
    catalog_option,
    chosen_options,
    expression_option,
    goes_with,
    goes_without,
    layout_option,
    limits_options,
    names_argument,
    set_option,
    with_chosen,
    words,
)
from segdsl.cli.replace import spare_needed

if TYPE_CHECKING:
    from segdsl.api import Catalog, Layout, Result, Size
    from segdsl.history.record import Saved
    from segdsl.refresh.refresh import Refreshed


@click.command("run")
@names_argument
@chosen_options
@as_of_option("The moment to evaluate, as 2026-03-31 or 2026-03-31T18:30; else the model's, else now.")
@set_option
@expression_option
@click.option(
    "--out", type=click.Path(dir_okay=False), metavar="FILE", help="Write a .csv, .parquet, .duckdb or .json file."
)
@layout_option("Rows instead of sizes. members: a row per segment and key. wide: a row per key, traits too.")
@click.option(
    "--format", "format_", type=click.Choice(["table", "json", "csv"]), help="What is printed; a table by default."
)
@click.option("--save", is_flag=True, help="Keep who is in the segments and labels in the catalog's history.")
@click.option("--rewrite", is_flag=True, help="With --save: in place of a saved run, and of all later ones.")
@click.option("--incremental", is_flag=True, help="With --save: go on from the last such run.")
@click.option("--explain", is_flag=True, help="With --incremental: which way each definition went and why, no sizes.")
@click.option("--replay", type=words, metavar="LENGTH", help="Rules that ask for a history get that of so many days.")
@click.option("--profile", is_flag=True, help="What each stage takes: rows, seconds, memory; no sizes.")
@click.option("--no-expect", is_flag=True, help="Leave the catalog's expectations about the data aside.")
@click.option("--into", metavar="SCHEMA", help="With --engine: write a table of that schema, replaced as a whole.")
@click.option("--engine", metavar="URL", help="Evaluate where the tables are: postgresql://… , or a profile of yours.")
@limits_options
@catalog_option
def command(
    names: tuple[str, ...],
    chosen: dict[str, Any],
    as_of: str | None,
    settings: dict[str, str],
    expression: tuple[str, ...],
    out: str | None,
    layout: Layout | None,
    format_: str | None,
    save: bool,
    rewrite: bool,
    incremental: bool,
    explain: bool,
    replay: str | None,
    profile: bool,
    no_expect: bool,
    into: str | None,
    engine: str | None,
    limits: dict[str, Any],
    folder: str,
) -> None:
    """Evaluate definitions, all where none is named.

    Shows how many members each segment has; with --layout or --out, who they are.

    \b
    Example:
      segdsl run
      segdsl run vip value_tier.gold --as-of 2017-10-01 --format json
      segdsl run -e 'last_purchase < 30d and orders >= 5'
      segdsl run vip spend --layout wide --out vip.parquet
      segdsl run --owner crm --tag winback
      segdsl run --save
      segdsl run --profile
      segdsl run -e 'entered(vip) < 7d' --replay 30d
      segdsl run --engine 'postgresql://${PGUSER}@warehouse/shop'
    """
    from segdsl.api import load
    from segdsl.cli.spent import show_spent

    _refuse_misfits(into, out, format_, profile, explain, save, incremental)
    with bar() as progress:
        catalog = load(folder, settings, progress, **limits)
        _see_that_writable(catalog, into, engine, out)
        result = catalog.run(
            with_chosen(catalog, names, chosen, traits=layout == "wide"),
            layout=layout or "members",
            as_of=as_of,
            expression=expression,
            expect=not no_expect,
            save=save,
            rewrite=rewrite,
            incremental=incremental,
            replay=replay,
            profile=profile,
            engine=engine,
        )
    with result:
        if result.saved is not None:
            click.echo(said(result.saved, catalog.model.now()), err=True)
        if result.refreshed is not None:
            click.echo(went_on(result.refreshed), err=True)
        if into:
            table, rows = result.write_into(into, layout or "members")
            click.echo(_wrote(table, rows, catalog, result), err=True)
        elif out:
            click.echo(_wrote(out, result.write(out, layout or "members"), catalog, result), err=True)
        elif not profile and not explain:
            _show(catalog, result, layout, format_ or "table")
        if explain and result.refreshed is not None:
            show_ways(result.refreshed, format_ or "table")
        if profile:
            result.sizes  # noqa: B018 counting them is a stage, too
            show_spent(result.spent, format_ or "table", [caption(catalog, result)])


def _refuse_misfits(
    into: str | None,
    out: str | None,
    format_: str | None,
    profile: bool,
    explain: bool,
    save: bool,
    incremental: bool,
) -> None:
    """Raises UsageError for options that do not go together."""
    if not save:
        goes_with("--save", "rewrite", "incremental")
    if not incremental:
        goes_with("--incremental", "explain")
    if into and out:
        raise click.UsageError("--into writes a table of the engine, --out a file: name one of them")
    if profile and explain:
        raise click.UsageError("--profile and --explain print a table each: name one of them")
    if profile or explain:
        shown = "--profile" if profile else "--explain"
        if format_ == "csv":
            raise click.UsageError(f"{shown} prints a table, or JSON")
        if not out and not into:
            goes_without(f"{shown}, unless --out writes the rows", "layout")
    elif into:
        goes_without("--into", "format_")
    elif out and format_:
        raise click.UsageError("--format is for what is printed; with --out, the ending of FILE says the format")


def _see_that_writable(catalog: Catalog, into: str | None, engine: str | None, out: str | None) -> None:
    """Raises SegdslError, before anything is saved, where a table or a file cannot be written."""
    from segdsl.engines.into import check_into
    from segdsl.engines.write import check_target
    from segdsl.error import raised

    with raised():
        if into:
            check_into(into, engine)
        if out:
            spare_needed(catalog, out)
            check_target(Path(out))


def _wrote(target: str, rows: int, catalog: Catalog, result: Result) -> str:
    return f"wrote {target}: {rows:,} row{'s' * (rows != 1)}, {caption(catalog, result)}"


def _show(catalog: Catalog, result: Result, layout: Layout | None, format_: str) -> None:
    if layout is None:
        show_sizes(catalog, result, format_)
    else:
        _show_rows(catalog, result, layout, format_)


def said(saved: Saved, now: dt.datetime) -> str:
    """What saving a run changed; `now` is on the clock of the model."""
    if not saved.definitions:
        return "saved before: the history has this run already; `--rewrite` would replace it"
    count = len(saved.definitions)
    parts = []
    if len(saved.first) < count:
        parts.append(f"{saved.entered:,} entered, {saved.left:,} left")
    if saved.first:
        some = "" if len(saved.first) == count else f"{len(saved.first):,} "
        parts.append(f"{some}for the first time, {saved.found:,} member{'s' * (saved.found != 1)}")
    text = f"saved {count:,} definition{'s' * (count != 1)}: {'; '.join(parts)}"
    if saved.dropped:
        text += f"; {saved.dropped:,} run{'s' * (saved.dropped != 1)} dropped"
    if saved.changed:
        text += f"\nanother rule than before: {', '.join(saved.changed)}"
    if saved.as_of > now:
        when = moments.shown(saved.as_of)
        text += f"\n{when} is yet to come: runs as of earlier times are refused from now on, unless they `--rewrite`"
    return text


def went_on(refreshed: Refreshed) -> str:
    """What an incremental run went on from."""
    if refreshed.since is None:
        return f"a full run: {refreshed.why}"
    text = f"went on from the run as of {moments.shown(refreshed.since)}"
    if refreshed.redone:
        text += f"; totals of {refreshed.redone:,} customer{'s' * (refreshed.redone != 1)} worked out anew"
    if refreshed.evaluated is not None:
        text += f"; rules evaluated for {refreshed.evaluated:,} customer{'s' * (refreshed.evaluated != 1)}"
    return text


def show_ways(refreshed: Refreshed, format_: str) -> None:
    """Which way each definition goes, and why; after a full run, which way it will go."""
    from segdsl.cli.grid import Grid, show

    if format_ == "json":
        facts = {
            "since": None if refreshed.since is None else refreshed.since.isoformat(),
            "full": refreshed.why,
            "totals_anew": refreshed.redone,
            "evaluated": refreshed.evaluated,
            "definitions": [asdict(one) for one in refreshed.ways],
        }
        _emit([json.dumps(facts, ensure_ascii=False, indent=2), "\n"])
        return
    rows = [(one.definition, one.way, "; ".join(one.why)) for one in refreshed.ways]
    below = ["this was a full run; a run that goes on from another goes these ways"] if refreshed.since is None else []
    show(Grid(("definition", "way", "why"), (False, False, False), [rows], below, whole=True))


def caption(catalog: Catalog, result: Result) -> str:
    """`as of 2018-01-01 in America/New_York`."""
    return moments.caption(catalog.model.timezone, result.as_of)


def show_sizes(catalog: Catalog, result: Result, format_: str = "table") -> None:
    """How many members each segment and label has."""
    from segdsl.cli.grid import show
    from segdsl.cli.rows import size_grid, sizes_json

    if format_ == "json":
        _emit([sizes_json(result.sizes)])
    elif format_ == "csv":
        _emit([_sizes_csv(result.sizes)])
    else:
        show(size_grid(result.outputs, result.sizes, [caption(catalog, result)]))


def _sizes_csv(sizes: Iterable[Size]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("segment", "members", "population", "share"))
    writer.writerows((size.segment, size.members, size.population, size.share) for size in sizes)
    return text.getvalue()


def _show_rows(catalog: Catalog, result: Result, layout: Layout, format_: str) -> None:
    from segdsl.cli.grid import show
    from segdsl.cli.rows import row_grid, rows_json

    if format_ == "csv":  # the same text as in a file
        with TemporaryDirectory(prefix="segdsl-") as folder:
            path = Path(folder) / "rows.csv"
            result.write(path, layout)
            with path.open("rb") as file:
                shutil.copyfileobj(file, sys.stdout.buffer)
        return
    table = result.members if layout == "members" else result.wide
    if format_ == "json":
        _emit(rows_json(table))
    else:
        show(row_grid(table, [caption(catalog, result)]))


def _emit(pieces: Iterable[str]) -> None:
    """Writes what programs read: UTF-8 whatever the terminal's encoding is."""
    for piece in pieces:
        sys.stdout.buffer.write(piece.encode())
