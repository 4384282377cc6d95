"""`segdsl docs`: the catalog as a folder of pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from segdsl.cli.bar import bar
from segdsl.cli.options import (
    as_of_option,
    catalog_option,
    goes_with,
    limits_options,
    min_size_option,
    period_option,
    set_option,
)

if TYPE_CHECKING:
    from segdsl.options import Period


@click.command("docs")
@click.option(
    "--out",
    type=click.Path(),
    default="site",
    metavar="DIR",
    help="The folder; `site` by default.",
)
@click.option("--data", "sizes", is_flag=True, help="With the sizes of all segments, now and over the last periods.")
@period_option
@as_of_option("With --data: the moment to count at; else the model's, else now.")
@min_size_option
@set_option
@limits_options
@catalog_option
def command(
    out: str,
    sizes: bool,
    period: Period,
    as_of: str | None,
    min_size: int | None,
    settings: dict[str, str],
    limits: dict[str, Any],
    folder: str,
) -> None:
    """Write the documentation of the catalog: a page per definition, lists, a search. It works without a network.

    A page has the description, the rule with links to what it names, the rule in plain words, the SQL, what uses it and
    what it uses, and its examples; sizes with --data, and those of saved runs where there are any.

    \b
    Example:
      segdsl docs
      segdsl docs --out public --data
    """
    from segdsl.api import load

    if not sizes:
        goes_with("--data", "period", "as_of")
    with bar() as progress:
        catalog = load(folder, settings, progress, **limits)
        written = catalog.docs(out, sizes=sizes, period=period, as_of=as_of, min_size=min_size)
    click.echo(
        f"wrote {out}: {written.definitions:,} definitions, {written.files:,} files, "
        f"{written.size / 1_000_000:.1f} MB; open {out.rstrip('/')}/index.html in any browser",
        err=True,
    )
