"""`segdsl profile`: what is special about a segment."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from segdsl.cli.bar import bar
from segdsl.cli.options import as_of_option, catalog_option, limits_options, name_argument, set_option, words

if TYPE_CHECKING:
    from segdsl.profile.profile import Profile

SHOWN = 25


@click.command("profile")
@name_argument
@click.option("--against", type=words, metavar="OTHER", help="Another segment to compare with; else everybody.")
@as_of_option("The moment to look at, as 2026-03-31 or 2026-03-31T18:30; else the model's, else now.")
@set_option
@click.option("--min-size", type=click.IntRange(0), help="Smaller segments have no profile; 10 by default.")
@click.option("--all", "all_", is_flag=True, help="What does not surely differ, too.")
@click.option("--format", "format_", type=click.Choice(["table", "json"]), default="table", help="A table by default.")
@limits_options
@catalog_option
def command(
    name: str,
    against: str | None,
    as_of: str | None,
    settings: dict[str, str],
    min_size: int | None,
    all_: bool,
    format_: str,
    limits: dict[str, Any],
    folder: str,
) -> None:
    """Show how the members of a segment differ from everybody: attributes, labels and metrics, the strongest first.

    \b
    Example:
      segdsl profile vip
      segdsl profile tier.gold --against tier.silver
    """
    from segdsl.api import load

    with bar() as progress:
        catalog = load(folder, settings, progress, **limits)
        found = catalog.profile(name, against, as_of=as_of, min_size=min_size)
    if format_ == "json":
        sys.stdout.buffer.write(_json(found).encode())
    else:
        _show(found, all_)


def _show(found: Profile, all_: bool) -> None:
    import textwrap

    from segdsl.cli.grid import Grid, show, visible
    from segdsl.cli.moment import begins
    from segdsl.profile.profile import rows_of

    click.echo("\n".join(textwrap.wrap(visible(found.persona), 100)))
    click.echo()
    sure = [item for item in found.comparisons if item.is_sure]
    chosen = list(found.comparisons) if all_ else sure[:SHOWN]
    rows = [tuple(map(visible, row)) for row in rows_of(chosen)]
    headers = ("", found.segment, found.against or "population", "index", "difference (95%)", "effect")
    left = len(found.comparisons) - len(chosen)
    unsure = len(found.comparisons) - len(sure)
    more = f"… {left} more, {unsure} of which do not surely differ: --all shows them" if left else ""
    below = [more] if more else []
    for name, begun in found.begins.items():
        what = "metrics that look back are left out" if name in (found.segment, found.against) else "left out"
        below.extend(f"{what}: {line}" for line in begins({name: begun}))
    show(Grid(headers, (False, *(True,) * 5), [rows], below, whole=True))


def _json(found: Profile) -> str:
    whole = {
        "segment": found.segment,
        "against": found.against,
        "as_of": found.as_of.isoformat(),
        "members": found.members,
        "others": found.others,
        "persona": found.persona,
        "comparisons": [asdict(item) for item in found.comparisons],
        "begins": {name: None if begun is None else begun.isoformat() for name, begun in found.begins.items()},
    }
    return json.dumps(whole, ensure_ascii=False, indent=2) + "\n"
