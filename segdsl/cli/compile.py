"""`segdsl compile`: the SQL that gives what `run` gives."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from segdsl.cli.options import (
    as_of_option,
    catalog_option,
    chosen_options,
    expression_option,
    goes_without,
    layout_option,
    names_argument,
    set_option,
    with_chosen,
)
from segdsl.cli.replace import replace_file, spare_needed

if TYPE_CHECKING:
    from segdsl.api import Layout


@click.command("compile")
@names_argument
@chosen_options
@as_of_option("The moment to evaluate; else the model's, else the engine's current time.")
@layout_option("members: a row per segment and key. wide: a row per key.", "members")
@set_option
@expression_option
@click.option("--dialect", default="duckdb", metavar="NAME", help="Whose SQL: `segdsl dialects` lists them.")
@click.option("--engine", metavar="URL", help="Write the SQL of an engine, with a look at its tables.")
@click.option("--out", type=click.Path(dir_okay=False), metavar="FILE", help="Write it to a file.")
@catalog_option
def command(
    names: tuple[str, ...],
    chosen: dict[str, Any],
    as_of: str | None,
    layout: Layout,
    settings: dict[str, str],
    expression: tuple[str, ...],
    dialect: str,
    engine: str | None,
    out: str | None,
    folder: str,
) -> None:
    """Write the SQL of definitions, of all where none is named.

    \b
    Example:
      segdsl compile vip
      segdsl compile vip value_tier --layout wide --as-of 2018-01-01 --out vip.sql
      segdsl compile vip --dialect postgres
    """
    from segdsl.api import load

    if engine is not None:
        goes_without("--engine", "dialect")
    catalog = load(folder, settings)
    if out is not None:
        spare_needed(catalog, out)
    names = with_chosen(catalog, names, chosen, traits=layout == "wide")
    sql = catalog.compile(names, layout=layout, as_of=as_of, expression=expression, dialect=dialect, engine=engine)
    if out is None:
        sys.stdout.buffer.write(sql.encode())
        return
    from segdsl import problems
    from segdsl.api import SegdslError

    try:
        replace_file(Path(out), sql.encode())
    except OSError as error:
        raise SegdslError([problems.cannot_write(out, error.strerror or "unknown reason")]) from None
    click.echo(f"wrote {out}", err=True)
