"""`segdsl list`: the definitions of a catalog."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from segdsl.cli.options import catalog_option, owner_option, tag_option

if TYPE_CHECKING:
    from segdsl.plan.about import Listed

KINDS = ("param", "trait", "segment", "segmentation")


@click.command("list")
@tag_option
@owner_option
@click.option("--kind", type=click.Choice(KINDS), help="Those of a kind.")
@click.option("--all", "all_", is_flag=True, help="Those of the libraries in use, too.")
@click.option("--format", "format_", type=click.Choice(["table", "json"]), default="table", help="A table by default.")
@catalog_option
def command(tags: tuple[str, ...], owner: str | None, kind: str | None, all_: bool, format_: str, folder: str) -> None:
    """List the definitions of a catalog.

    \b
    Example:
      segdsl list --kind segment
      segdsl list --tag winback --owner crm
    """
    from segdsl.api import load

    found = [
        item
        for item in load(folder).definitions
        if (all_ or not item.library)
        and (owner is None or item.owner == owner)
        and (kind is None or item.kind == kind)
        and set(tags) <= set(item.tags)
    ]
    if format_ == "json":
        click.echo(json.dumps([_as_dict(item) for item in found], ensure_ascii=False, indent=2))
    elif found:
        _show(found)
    else:
        click.echo("no such definitions" if tags or owner or kind else "no definitions")


def _show(found: list[Listed]) -> None:
    from segdsl.cli.findings import count
    from segdsl.cli.grid import Grid, show, visible

    rows = [(item.name, item.kind, item.owner, ", ".join(item.tags), item.first_line) for item in found]
    shown = [tuple(visible(cell) for cell in row) for row in rows]
    headers = ("name", "kind", "owner", "tags", "description")
    show(Grid(headers, (False,) * 5, [shown], [count(len(found), "definition")], whole=True))


def _as_dict(item: Listed) -> dict[str, object]:
    return {
        "name": item.name,
        "kind": item.kind,
        "entity": None if item.kind == "param" else item.entity,
        "owner": item.owner or None,
        "tags": list(item.tags),
        "description": item.description,
        "library": item.library or None,
    }
