"""`segdsl check`: all that is wrong with a catalog, in one go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from segdsl.cli.bar import bar
from segdsl.cli.options import catalog_option, engine_option, limits_options, set_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from segdsl.diagnostics import Diagnostic

# fixes can make way for others
_ROUNDS = 8


@click.command("check")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "concise", "json", "github", "sarif"]),
    default="text",
    help="How findings are shown; text by default.",
)
@click.option("--data", is_flag=True, help="Hold the model and the expectations against the data too.")
@click.option("--fix", is_flag=True, help="Mend what can be mended without changing what any definition means.")
@click.option("--strict", is_flag=True, help="End with 1 for warnings too.")
@set_option
@limits_options
@engine_option
@catalog_option
@click.pass_context
def command(
    ctx: click.Context,
    folder: str,
    settings: dict[str, str],
    format_: str,
    data: bool,
    fix: bool,
    strict: bool,
    limits: dict[str, Any],
    engine: str | None,
) -> None:
    """Tell everything that is wrong with a catalog, and what is rarely meant so.

    Ends with 1 where there are errors. `# segdsl: allow(SEG805)` above a definition or behind a line says that
    something is meant.

    \b
    Example:
      segdsl check
      segdsl check --data               the data too, and what is expected of them
      segdsl check --fix                mend what is safe to
      segdsl check --format github      as annotations of a pull request
    """
    from segdsl.api import SegdslError, load

    if engine is not None and not data:
        raise click.UsageError("--engine goes with --data")
    if fix:
        _fix(folder)
    what = ""
    diagnostics: Sequence[Diagnostic]
    with bar() as progress:
        try:
            catalog = load(folder, settings, progress, **limits)
        except SegdslError as error:
            diagnostics = error.diagnostics
        else:
            try:
                diagnostics = catalog.check_data(engine=engine) if data else catalog.check()
            except SegdslError as error:
                diagnostics = error.diagnostics
            what = _contents(catalog.counts)
    _show(diagnostics, what, format_)
    ctx.exit(1 if any(strict or item.is_error for item in diagnostics) else 0)


def _fix(folder: str) -> None:
    """Mends files until nothing is left that is safe to mend."""
    from segdsl.api import SegdslError, load
    from segdsl.cli.findings import count
    from segdsl.cli.replace import rewrite

    done = 0
    for _ in range(_ROUNDS):
        try:
            catalog = load(folder)
        except SegdslError:  # told of below
            return
        texts, fixed = catalog.fixed()
        for path, text in texts.items():
            rewrite(catalog.root / path, text)
        done += len(fixed)
        if not fixed:
            break
    if done:
        click.echo(f"{count(done, 'fix')} made".replace("fixs", "fixes"), err=True)


def _contents(counts: dict[str, int]) -> str:
    """`31 segments, 4 segmentations, 12 traits`."""
    from segdsl.cli.findings import count

    words = [count(counts[word], word.removesuffix("s")) for word in ("segments", "segmentations", "traits")]
    return ", ".join(item for item in words if not item.startswith("0 ")) or "no definitions"


def _show(diagnostics: Sequence[Diagnostic], what: str, format_: str) -> None:
    from segdsl.cli.findings import as_annotation, as_json, as_line, show_findings, summary

    if format_ == "json":
        click.echo(as_json(diagnostics))
    elif format_ == "sarif":
        from segdsl.cli.sarif import as_sarif

        click.echo(as_sarif(diagnostics))
    elif format_ == "concise":
        for item in diagnostics:
            click.echo(as_line(item))
    elif format_ == "github":
        for item in diagnostics:
            click.echo(as_annotation(item))
    elif diagnostics:
        show_findings(diagnostics, err=False)
        click.echo(f"\n{summary(diagnostics)}")
        first = next((item.code for item in diagnostics if item.is_error), diagnostics[0].code)
        click.echo(f"`segdsl rule {first}` explains")
    else:
        click.echo(f"{what}: {summary(diagnostics)}")
