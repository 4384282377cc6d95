"""`segdsl rule`: what the code of a message means, with a bad and a good example."""

from __future__ import annotations

import sys

import click


def _complete(_: click.Context, __: click.Parameter, start: str) -> list[str]:
    from segdsl import rules

    return [code for code in rules.codes() if code.startswith(start.upper())]


@click.command("rule")
@click.argument("code", required=False, shell_complete=_complete)
@click.pass_context
def command(ctx: click.Context, code: str | None) -> None:
    """Explain the code of a message, or list all codes.

    \b
    Example:
      segdsl rule SEG301
      segdsl rule
    """
    from segdsl import rules

    known = rules.codes()
    if code is None:
        for each in known:
            click.echo(f"{each}  {rules.title(each)}")
        return
    wanted = code.upper() if code.upper().startswith("SEG") else f"SEG{code}"
    if wanted not in known:
        ctx.fail(f"no code `{code}`, {_near(wanted, known)}")
    _show(rules.read(wanted))


def _near(wanted: str, known: list[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(wanted, known, 3)
    return f"did you mean {' or '.join(f'`{each}`' for each in near)}?" if near else "`segdsl rule` lists them"


def _show(page: str) -> None:
    """As laid out Markdown on a terminal, else as it is written."""
    if not sys.stdout.isatty():
        click.echo(page, nl=False)
        return
    from rich.console import Console
    from rich.markdown import Markdown

    console = Console()
    console.print(Markdown(page), width=min(console.width, 100))
