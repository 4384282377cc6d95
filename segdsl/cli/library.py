"""`segdsl library`: the libraries that a catalog can use."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from segdsl.cli.options import catalog_option, goes_with, goes_without, words

if TYPE_CHECKING:
    from segdsl.diagnostics import Source
    from segdsl.library.contents import Contents, Entry


def _complete(ctx: click.Context, _: click.Parameter, start: str) -> list[str]:
    from segdsl.catalog import find_root, read_libraries
    from segdsl.library import texts

    root = find_root(Path(ctx.params.get("folder") or ctx.find_root().params.get("folder") or ".").resolve())
    return [name for name in texts(read_libraries(root)[0] if root else {}) if name.startswith(start)]


@click.command("library")
@click.argument("name", required=False, type=words, shell_complete=_complete)
@click.option("--text", is_flag=True, help="Print the file itself.")
@click.option("--eject", is_flag=True, help="Copy it into the catalog, to be changed there.")
@catalog_option
def command(name: str | None, text: bool, eject: bool, folder: str) -> None:
    """List the libraries that there are, or show what is in one: params and definitions.

    They ship with segdsl, or stand in the folder `libraries` of the catalog; all are written in the language itself.
    `use NAME` in a .seg file makes one known.

    \b
    Example:
      segdsl library
      segdsl library rfm
      segdsl library rfm --eject
    """
    from segdsl import problems
    from segdsl.api import SegdslError
    from segdsl.catalog import find_root, no_root, read_libraries
    from segdsl.library import texts

    if name is None:
        goes_with("NAME", "text", "eject")
    if eject:
        goes_without("--eject", "text")
    root = find_root(Path(folder).resolve())
    own, unread = read_libraries(root) if root is not None else ({}, [])
    if unread:
        raise SegdslError(unread)
    known = texts(own)
    if name is None:
        _list(known, own)
        return
    if name not in known:
        raise SegdslError([problems.unknown_library(name, list(known), None)])
    if eject:
        if root is None:
            raise SegdslError([no_root(Path(folder).resolve())])
        _eject(name, root, own)
    elif text:
        sys.stdout.flush()
        sys.stdout.buffer.write(known[name].text.encode())
    else:
        _show(name, known[name])


def _list(known: Mapping[str, Source], own: Mapping[str, Source]) -> None:
    from segdsl.cli.grid import visible
    from segdsl.library import summary

    width = max(map(len, known))
    for name, source in known.items():
        note = f" ({source.path})" if name in own else ""
        click.echo(f"{visible(name):{width}}  {visible(summary(source.text))}{note}".rstrip())


def _eject(name: str, root: Path, own: Mapping[str, Source]) -> None:
    """The shipped library as the catalog's own."""
    from segdsl import library, problems
    from segdsl.api import SegdslError
    from segdsl.catalog import LIBRARY_FOLDER
    from segdsl.cli.replace import replace_file

    if name in own:
        raise SegdslError([problems.library_is_own(name, own[name].seen_from(Path.cwd()))])
    target = root / LIBRARY_FOLDER / f"{name}.seg"
    try:
        target.parent.mkdir(exist_ok=True)
        replace_file(target, library.read(name).text.encode())
    except OSError as error:
        raise SegdslError([problems.cannot_write(target.as_posix(), error.strerror or "unknown reason")]) from None
    click.echo(
        f"wrote {LIBRARY_FOLDER}/{name}.seg, which takes the place of the library that ships with segdsl", err=True
    )
    if name == library.COMMERCE:
        click.echo("its names are there as before, without any `use`", err=True)
    else:
        click.echo(f"`use {name}` lines stay as they are; where there is none yet, one makes its names known", err=True)


def _show(name: str, source: Source) -> None:
    from segdsl import library
    from segdsl.api import SegdslError
    from segdsl.cli.grid import visible
    from segdsl.library.contents import contents
    from segdsl.syntax.parser import parse

    parsed = parse(source)
    if parsed.diagnostics:
        raise SegdslError(list(parsed.diagnostics))
    found = contents(name, parsed.module)
    click.secho(f"library {visible(name)}", bold=True)
    click.echo(f"\n{_lines(found.description)}\n")
    if name == library.COMMERCE:
        click.echo("always there, unprefixed, where the model has the event `order`")
    else:
        click.echo(f"put to use by a line `use {visible(name)}`{_settings(found)}")
    if found.reads:
        click.echo(f"reads, where the model has it: {visible(', '.join(found.reads))}")
    _rows("params", [(entry, f"{entry.name} = {entry.default}") for entry in found.params])
    prefix = "" if name == library.COMMERCE else f"{name}."
    _rows("definitions", [(entry, _shown(entry, name, prefix)) for entry in found.definitions])


def _settings(found: Contents) -> str:
    """How params are set, shown by the first that there is."""
    if not found.params:
        return ""
    first = found.params[0]
    return f"; `use {found.name}({first.name}: …)` sets a param"


def _shown(entry: Entry, library: str, prefix: str) -> str:
    return library if entry.name == library else f"{prefix}{entry.name}"


def _rows(heading: str, rows: list[tuple[Entry, str]]) -> None:
    from segdsl.cli.grid import visible

    if not rows:
        return
    click.echo()
    click.secho(heading, bold=True)
    width = max(len(left) for _, left in rows)
    for entry, left in rows:
        said = [entry.first_sentence]
        if entry.labels:
            said.append(f"Labels: {', '.join(entry.labels)}.")
        if entry.words:
            said.append(f"One of {', '.join(entry.words)}.")
        if entry.needs:
            said.append(f"[{', '.join(entry.needs)}]")
        click.echo(f"{visible(left):{width}}  {visible(' '.join(filter(None, said)))}".rstrip())


def _lines(text: str) -> str:
    from segdsl.cli.grid import visible

    return "\n".join(map(visible, text.split("\n")))
