"""`segdsl explain`: why a customer is in or out."""

from __future__ import annotations

import json
from typing import Any

import click

from segdsl.cli.bar import bar
from segdsl.cli.options import (
    as_of_option,
    catalog_option,
    engine_option,
    goes_with,
    limits_options,
    name_argument,
    set_option,
    words,
)


@click.command("explain")
@name_argument
@click.option("--id", "key", type=words, metavar="KEY", help="The key of the customer; else all are counted.")
@click.option(
    "--next",
    "next_",
    is_flag=True,
    help="With --id: look for when, in the next three years, the answer will be another by time alone, however long "
    "that takes.",
)
@as_of_option("The moment to look at, as 2026-03-31 or 2026-03-31T18:30; else the model's, else now.")
@set_option
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", help="Text by default.")
@limits_options
@engine_option
@catalog_option
def command(
    name: str,
    key: str | None,
    next_: bool,
    as_of: str | None,
    settings: dict[str, str],
    format_: str,
    limits: dict[str, Any],
    folder: str,
    engine: str | None,
) -> None:
    """Tell why a customer is in a segment, or is not; without --id how many each part of the rule lets through.

    Shows the rule as a tree, the value of each part, and for a segmentation which of its rules takes the customer. Of
    all customers: how many hold each part, hold it and all before it, and would be members without it.

    \b
    Example:
      segdsl explain vip
      segdsl explain vip --id 1042
      segdsl explain loyal --id 1042 --next
      segdsl explain value_tier --id 1042 --as-of 2017-10-01
    """
    from segdsl.api import load
    from segdsl.cli.funnel import show_funnel
    from segdsl.cli.tree import as_dict, show_tree, turned
    from segdsl.testing.wording import clock

    if engine is not None and next_:
        raise click.UsageError("--engine goes without --next")
    if key is None:
        goes_with("--id", "next_")
    with bar() as progress:
        catalog = load(folder, settings, progress, **limits)
        if key is None:
            show_funnel(catalog.funnel(name, as_of=as_of, engine=engine), format_, catalog.model.timezone)
            return
        found = catalog.explain(name, key, as_of=as_of, engine=engine)
        later = None if engine else catalog.next_flip(name, key, as_of=as_of, quickly=not next_)
    entity = found.entity
    if format_ == "json":
        item: dict[str, Any] = {"name": name, "entity": entity, "key": key, "explanation": as_dict(found)}
        if next_ or later is not None:
            item["next"] = None if later is None else {"at": later.as_of.isoformat(), "explanation": as_dict(later)}
        click.echo(json.dumps(item, ensure_ascii=False, indent=2))
        return
    from segdsl.cli.grid import visible

    show_tree(found)
    moment = clock(found.as_of).removesuffix(" 00:00")
    click.secho(f"{visible(entity)} {visible(key)}, as of {moment} in {catalog.model.timezone}", dim=True)
    if next_ and later is None:
        click.echo(
            "next: no other answer by time alone was found in the next three years\n"
            "what depends on others, or on the history, is not looked for"
        )
    elif later is not None:
        click.echo(visible(f"next: {clock(later.as_of).removesuffix(' 00:00')}, when {turned(found, later)}"))
