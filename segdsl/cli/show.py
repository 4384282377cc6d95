"""`segdsl show`: what a definition says, what it reads and what reads it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from segdsl.cli.options import any_name_argument, catalog_option, goes_with, goes_without, set_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from segdsl.plan.about import About, Library


@click.command("show")
@any_name_argument
@click.option("--sql", is_flag=True, help="The SQL of it too.")
@click.option("--say", is_flag=True, help="It in plain words, English and German, instead.")
@set_option
@catalog_option
def command(name: str, sql: bool, say: bool, settings: dict[str, str], folder: str) -> None:
    """Show a definition: what it is, what it says, what it uses and what uses it. Or what a library defines.

    \b
    Example:
      segdsl show vip
      segdsl show value_tier --sql
      segdsl show vip --say             as an English and a German sentence
      segdsl show commerce
    """
    from segdsl.api import load

    catalog = load(folder, settings)
    library = None if name in catalog.names else catalog.library(name)
    if library is not None:
        goes_with("the name of a definition", "sql", "say")
        _show_library(library)
        return
    if say:
        goes_without("--say", "sql")
        from segdsl.cli.grid import visible

        for index, language in enumerate(("en", "de")):
            click.echo("\n" * bool(index) + "\n".join(map(visible, catalog.say(name, language).split("\n"))))
        return
    found = catalog.about(name)
    _show(found)
    if sql:
        text = catalog.compile([name], layout="wide" if found.listed.kind == "trait" else "members")
        click.echo()
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode())


def _show(found: About) -> None:
    from segdsl.cli.findings import count
    from segdsl.cli.grid import visible

    click.secho(visible(f"{found.title}, {found.heading}" if found.title else found.heading), bold=True)
    click.echo()
    for row in found.text.rstrip().split("\n"):
        click.echo(visible(row))
    click.echo()
    events = [f"event {name}" for name in found.events]
    attributes = [f"attribute {name}" for name in found.attributes]
    tests = [
        count(number, word)
        for number, word in ((found.examples, "example"), (found.expectations, "expectation"))
        if number
    ]
    rows = (
        ("uses", found.uses),
        ("reads", [*events, *attributes]),
        ("used by", found.used_by),
        ("tested by", tests),
        ("stands in", [found.place.rpartition(":")[0]]),
    )
    _show_rows([(label, visible(", ".join(names))) for label, names in rows if names])


def _show_library(found: Library) -> None:
    from segdsl.cli.grid import visible

    click.secho(f"library {found.name}", bold=True)
    click.echo(f"\n{found.description}\n")
    if not found.used_as:
        click.echo(f"not in use here; a line `use {found.name}` in a .seg file makes it known")
        return
    _show_rows([(visible(item.name), visible(item.first_line)) for item in found.definitions])


def _show_rows(rows: Sequence[tuple[str, str]]) -> None:
    width = max((len(label) for label, _ in rows), default=0)
    for label, text in rows:
        click.echo(f"{label:{width}}  {text}".rstrip())
