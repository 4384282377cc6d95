"""The commands, and how all of them end: 0 fine, 1 findings, 2 wrong usage or an internal error."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from contextlib import suppress
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import click

from segdsl import __version__
from segdsl.cli.options import folder_type

# in the order in which a newcomer needs them
COMMANDS = (
    "demo",
    "init",
    "model",
    "check",
    "test",
    "prove",
    "diff",
    "run",
    "history",
    "changes",
    "metrics",
    "profile",
    "explain",
    "sample",
    "overlap",
    "flow",
    "trend",
    "report",
    "docs",
    "list",
    "show",
    "compile",
    "export",
    "dialects",
    "fmt",
    "lsp",
    "library",
    "rule",
)

FINDINGS = 1
FAILURE = 2
INTERRUPTED = 130
BROKEN_PIPE = 141


class Commands(click.Group):
    """Imports a command when it is asked for, and turns what goes wrong in it into messages and exit codes."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"segdsl.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            near = get_close_matches(args[0], COMMANDS, 1)
            ctx.fail(f"no command `{args[0]}`, {f'did you mean `{near[0]}`?' if near else f'there is {_all()}'}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            value = super().invoke(ctx)
            sys.stdout.flush()
            return value
        except BrokenPipeError:
            _drop_output()
            ctx.exit(BROKEN_PIPE)
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except Exception as error:
            _end(ctx, error)


@click.group("segdsl", cls=Commands, epilog="`segdsl COMMAND --help` has an example for every command.")
@click.option(
    "-C",
    "folder",
    type=folder_type(),
    metavar="DIR",
    help="The catalog's folder; else the current one or the nearest above it that holds segdsl.yaml.",
)
@click.version_option(__version__, prog_name="segdsl", message="%(prog)s %(version)s")
@click.pass_context
def segdsl(ctx: click.Context, folder: str | None) -> None:
    """Customer segments as text: check them, run them, get their SQL.

    \b
    Example:
      segdsl demo                       what it is, on a year of grocery shopping
      segdsl -C examples/journey run    the sizes of all segments of a catalog
    """
    if os.environ.get("NO_COLOR"):
        ctx.color = False


def _end(ctx: click.Context, error: Exception) -> NoReturn:
    """Tells what went wrong: a user's mistake with all its diagnostics, anything else as what it is, a bug."""
    from segdsl import problems
    from segdsl.api import SegdslError  # only now, as it brings the whole compiler
    from segdsl.cli.findings import show_findings

    if isinstance(error, SegdslError):
        show_findings(error.diagnostics)
        ctx.exit(FINDINGS)
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EIO}:
        _drop_output()
        show_findings([problems.cannot_write("stdout", error.strerror or "unknown reason")])
        ctx.exit(FAILURE)
    # neither its message nor its values are shown: they can hold data
    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if "segdsl" in Path(frame.filename).parts]
    place = f" in {'/'.join(Path(ours[-1].filename).parts[-2:])}, line {ours[-1].lineno}" if ours else ""
    click.echo(f"segdsl {__version__}: internal error ({type(error).__name__}{place}). Please report it.", err=True)
    if os.environ.get("SEGDSL_TRACEBACK") == "1":
        click.echo("".join(traceback.format_exception(error)), err=True)
    else:
        click.echo(
            "SEGDSL_TRACEBACK=1 shows where it comes from; look it through before you send it, it can hold data.",
            err=True,
        )
    ctx.exit(FAILURE)


def _all() -> str:
    return ", ".join(f"`{name}`" for name in COMMANDS)


def _drop_output() -> None:
    """What is still to be written goes nowhere, so that Python does not complain at its end."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
