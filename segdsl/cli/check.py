"""`segdsl check`: all that is wrong with a catalog, in one go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from segdsl.cli.bar import bar
from segdsl.cli.options import catalog_option, set_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from segdsl.diagnostics import Diagnostic


@click.command("check")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    help="How findings are shown; text by default.",
)
@click.option("--data", is_flag=True, help="Hold the model and the expectations against the data too.")
@set_option
@catalog_option
@click.pass_context
def command(ctx: click.Context, folder: str, settings: dict[str, str], format_: str, data: bool) -> None:
    """Tell everything that is wrong with a catalog.

    Ends with 1 where there are errors.

    \b
    Example:
      segdsl check
      segdsl check --data               the data too, and what is expected of them
      segdsl check --format github      as annotations of a pull request
    """
    from segdsl.api import SegdslError, load

    what = ""
    diagnostics: Sequence[Diagnostic]
    with bar() as progress:
        try:
            catalog = load(folder, settings, progress)
        except SegdslError as error:
            diagnostics = error.diagnostics
        else:
            try:
                diagnostics = catalog.check_data() if data else catalog.check()
            except SegdslError as error:
                diagnostics = error.diagnostics
            what = _contents(catalog.counts)
    _show(diagnostics, what, format_)
    ctx.exit(1 if any(item.is_error for item in diagnostics) else 0)


def _contents(counts: dict[str, int]) -> str:
    """`31 segments, 4 segmentations, 12 traits`."""
    from segdsl.cli.findings import count

    words = [count(counts[word], word.removesuffix("s")) for word in ("segments", "segmentations", "traits")]
    return ", ".join(item for item in words if not item.startswith("0 ")) or "no definitions"


def _show(diagnostics: Sequence[Diagnostic], what: str, format_: str) -> None:
    from segdsl.cli.findings import as_annotation, as_json, show_findings, summary

    if format_ == "json":
        click.echo(as_json(diagnostics))
    elif format_ == "github":
        for item in diagnostics:
            click.echo(as_annotation(item))
    elif diagnostics:
        show_findings(diagnostics, err=False)
        click.echo(f"\n{summary(diagnostics)}")
        first = next((item.code for item in diagnostics if item.is_error), None)
        if first is not None:
            click.echo(f"`segdsl rule {first}` explains")
    else:
        click.echo(f"{what}: {summary(diagnostics)}")
