"""`segdsl library`: what ships with segdsl."""

from __future__ import annotations

import click


@click.command("library")
@click.argument("name", required=False)
def command(name: str | None) -> None:
    """List the libraries that ship with segdsl, or print one.

    They are written in the language itself; `use NAME` in a .seg file makes one known.

    \b
    Example:
      segdsl library
      segdsl library commerce
    """
    from segdsl import library

    if name is None:
        names = library.names()
        width = max(map(len, names))
        for each in names:
            click.echo(f"{each:{width}}  {_about(library.read(each).text)}".rstrip())
    elif name in library.names():
        click.echo(library.read(name).text, nl=False)
    else:
        from segdsl import problems
        from segdsl.api import SegdslError

        raise SegdslError([problems.unknown_library(name, library.names(), None)])


def _about(text: str) -> str:
    """The first sentence of the comment that a library starts with."""
    lines: list[str] = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.lstrip("#").strip())
    first, stop, _ = " ".join(lines).partition(". ")
    return first + "." if stop else first
