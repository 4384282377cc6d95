"""`segdsl dialects`: whose SQL can be written, how far it can be trusted, and what is lacking."""

from __future__ import annotations

import click


@click.command("dialects")
def command() -> None:
    """List the dialects of SQL that `compile --dialect` knows.

    executed: every case of the language runs on the engine itself, with equal members. emulated: on a stand-in for it.
    parsed: its SQL is read by a grammar of it, not run.

    \b
    Example:
      segdsl dialects
    """
    from segdsl.cli.grid import Grid, show
    from segdsl.sql import DIALECTS

    rows = [(item.name, item.title, item.trust, "; ".join(_lacking(item.lacks))) for item in DIALECTS.values()]
    show(Grid(("dialect", "of", "trust", "lacks"), (False,) * 4, [rows], whole=True))


def _lacking(lacks: object) -> list[str]:
    from collections.abc import Mapping

    assert isinstance(lacks, Mapping)
    return [f"{'U+0000 in texts' if name == chr(0) else name}: {reason}" for name, reason in lacks.items()]
