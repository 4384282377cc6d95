"""`segdsl explain`: why a customer is in or out."""

from __future__ import annotations

import json

import click

from segdsl.cli.bar import bar
from segdsl.cli.options import as_of_option, catalog_option, name_argument, set_option, words


@click.command("explain")
@name_argument
@click.option("--id", "key", type=words, required=True, metavar="KEY", help="The key of the customer.")
@as_of_option("The moment to look at, as 2026-03-31 or 2026-03-31T18:30; else the model's, else now.")
@set_option
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", help="Text by default.")
@catalog_option
def command(name: str, key: str, as_of: str | None, settings: dict[str, str], format_: str, folder: str) -> None:
    """Tell why a customer is in a segment, or is not.

    Shows the rule as a tree, the value of each part, and for a segmentation which of its rules takes the customer.

    \b
    Example:
      segdsl explain vip --id 1042
      segdsl explain value_tier --id 1042 --as-of 2017-10-01
    """
    from segdsl.api import load
    from segdsl.cli.tree import as_dict, show_tree
    from segdsl.testing.wording import clock

    with bar() as progress:
        catalog = load(folder, settings, progress)
        found = catalog.explain(name, key, as_of=as_of)
    entity = found.entity
    if format_ == "json":
        item = {"name": name, "entity": entity, "key": key, "explanation": as_dict(found)}
        click.echo(json.dumps(item, ensure_ascii=False, indent=2))
        return
    from segdsl.cli.grid import visible

    show_tree(found)
    moment = clock(found.as_of).removesuffix(" 00:00")
    click.secho(f"{visible(entity)} {visible(key)}, as of {moment} in {catalog.model.timezone}", dim=True)
