"""`segdsl model check`: the model against the data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from segdsl.cli.bar import bar
from segdsl.cli.options import catalog_option, engine_option

if TYPE_CHECKING:
    from segdsl.cli.grid import Grid, Row
    from segdsl.engines.measure import Measure, PartMeasure


@click.group("model")
def command() -> None:
    """What `segdsl.yaml` says, and what the data say to it.

    \b
    Example:
      segdsl model check
    """


@command.command("check")
@click.option("--format", "format_", type=click.Choice(["table", "json"]), default="table", help="A table by default.")
@engine_option
@catalog_option
@click.pass_context
def check(ctx: click.Context, format_: str, engine: str | None, folder: str) -> None:
    """Read all the data of the model, and tell what is not as it says.

    Rows, shares of unknown values, keys that stand twice, events that belong to nobody, times to come, values that
    the model does not list. Ends with 1 where there are errors, which a run would meet too.

    \b
    Example:
      segdsl model check
      segdsl model check --format json
      segdsl model check --engine 'postgresql://${PGUSER}@warehouse/shop'
    """
    from contextlib import ExitStack

    from segdsl.api import SegdslError, load
    from segdsl.cli.findings import show_findings, summary
    from segdsl.cli.grid import show
    from segdsl.engines.connect import connect
    from segdsl.engines.measure import Measure, measure_model
    from segdsl.engines.problem import EngineProblem

    try:
        catalog = load(folder)
        with bar() as progress, ExitStack() as stack:
            there = None if engine is None else stack.enter_context(connect(engine, catalog.root))
            measure = measure_model(catalog.model, catalog.root, progress=progress, there=there)
    except (SegdslError, EngineProblem) as problem:
        measure = Measure((), problem.diagnostics)
    if format_ == "json":
        click.echo(_json(measure))
    else:
        if measure.parts:
            show(_grid(measure))
            click.echo()
        show_findings(measure.diagnostics, err=False)
        click.echo(f"{chr(10) if measure.diagnostics else ''}{summary(measure.diagnostics)}")
    ctx.exit(1 if any(item.is_error for item in measure.diagnostics) else 0)


def _grid(measure: Measure) -> Grid:
    from segdsl.cli.grid import Grid

    sections = [_section(part) for part in measure.parts]
    return Grid(("", "rows", "unknown", "type", "column, or times"), (False, True, True, False, False), sections)


def _section(part: PartMeasure) -> list[Row]:
    from segdsl.cli.grid import visible
    from segdsl.cli.rows import percent

    times = ""
    if part.last is not None:
        times = f"{(part.first or '')[:10]} to {part.last[:10]}"
    rows: list[Row] = [(f"{part.kind} {visible(part.name)}", f"{part.rows:,}", "", "", times)]
    for field in part.fields:
        unknown = part.rows - field.known
        share = percent(unknown / part.rows) if unknown else ""
        plain = field.native.partition("(")[0] in (*_PLAIN.get(field.type, ()), "CSV")
        native = "" if plain else f" ({field.native[:30]})"
        column = "" if field.column.casefold() == field.name.casefold() else visible(field.column)
        rows.append((f"  {visible(field.name)}", "", share, f"{field.type}{visible(native)}", column))
    return rows


# engine types that need no mention beside the stated type
_PLAIN = {
    "text": ("VARCHAR",),
    "int": ("BIGINT", "INTEGER"),
    "decimal": ("DECIMAL", "BIGINT", "INTEGER"),
    "bool": ("BOOLEAN",),
    "date": ("DATE",),
    "timestamp": ("TIMESTAMP",),
    "list(text)": ("VARCHAR[]",),
}


def _json(measure: Measure) -> str:
    import json
    from dataclasses import asdict
    from pathlib import Path

    parts = [asdict(part) for part in measure.parts]
    diagnostics = [item.as_dict(Path.cwd()) for item in measure.diagnostics]
    return json.dumps({"parts": parts, "diagnostics": diagnostics}, ensure_ascii=False, indent=2)
