"""`segdsl lsp`: the server that editors start."""

from __future__ import annotations

import gc
from importlib.util import find_spec

import click


@click.command("lsp")
@click.option("--stdio", is_flag=True, help="Speak over stdin and stdout; there is no other way, some editors say so.")
@click.pass_context
def command(ctx: click.Context, stdio: bool) -> None:
    """Serve editors: mistakes while typing, completion, renaming and more.

    An editor starts it and speaks the Language Server Protocol with it over stdin and stdout.

    \b
    Example:
      segdsl lsp
    """
    if find_spec("pygls") is None:
        from segdsl import problems
        from segdsl.error import SegdslError

        raise SegdslError([problems.editor_missing()])
    gc.enable()  # a server lives long
    from segdsl.editor.server import serve

    ctx.exit(serve())
