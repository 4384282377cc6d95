"""`segdsl diff`: what is different from an earlier version, by meaning."""

from __future__ import annotations

import json
from typing import Any

import click

from segdsl.cli.bar import bar
from segdsl.cli.completion import complete_metrics, complete_refs
from segdsl.cli.options import as_of_option, catalog_option, goes_with, limits_options, set_option, words


@click.command("diff")
@click.argument("ref", required=False, type=words, metavar="[REF]", shell_complete=complete_refs)
@click.option("--data", is_flag=True, help="Compare the members of what changed, on the data as they are now.")
@click.option(
    "--metric",
    "metrics",
    multiple=True,
    type=words,
    metavar="METRIC",
    shell_complete=complete_metrics,
    help="Compare a metric of them too.",
)
@as_of_option("The moment to evaluate both versions at; else the model's, else now.")
@set_option
@click.option(
    "--format", "format_", type=click.Choice(["text", "markdown", "json"]), default="text", help="Text by default."
)
@click.option("--exit-code", is_flag=True, help="End with 1 where a meaning changed.")
@limits_options
@catalog_option
@click.pass_context
def command(
    ctx: click.Context,
    ref: str | None,
    data: bool,
    metrics: tuple[str, ...],
    as_of: str | None,
    settings: dict[str, str],
    format_: str,
    exit_code: bool,
    limits: dict[str, Any],
    folder: str,
) -> None:
    """Show which definitions mean something else than in an earlier version, and through what.

    REF is a branch, tag or commit; left out, the last commit that this branch shares with the main one. Comments,
    order, layout and names of params do not count. A change is proved to let in the same members, fewer (narrower) or
    more (wider), where that can be; more can with the extra segdsl[prove].

    \b
    Example:
      segdsl diff
      segdsl diff HEAD~1 --data
      segdsl diff main --data --format markdown > comment.md
    """
    from segdsl.api import load
    from segdsl.cli import changes_shown as shown

    if not data and not metrics:
        goes_with("--data or --metric", "as_of")
    with bar() as progress:
        found = load(folder, settings, progress, **limits).diff(ref, members=data, metrics=metrics, as_of=as_of)
    if format_ == "json":
        click.echo(json.dumps(shown.as_dict(found), ensure_ascii=False, indent=2))
    elif format_ == "markdown":
        click.echo(shown.as_markdown(found))
    else:
        for line, colour in shown.as_lines(found):
            click.secho(line, fg=colour)
    ctx.exit(1 if exit_code and found.changes else 0)
