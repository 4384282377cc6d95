"""`segdsl prove`: whether something holds for every customer that there can be."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import click

from segdsl.cli.completion import complete_claim
from segdsl.cli.options import catalog_option, set_option, words

if TYPE_CHECKING:
    from segdsl.proving.prove import Verdict

_COLOURS = {"proved": "green", "refuted": "red", "not decided": "yellow"}
_OF_TWO = ("disjoint", "same")
_NAME = re.compile(r"[\w.]+")


@click.command("prove")
@click.argument("claim", nargs=-1, type=words, metavar="[CLAIM]...", shell_complete=complete_claim)
@set_option
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", help="Text by default.")
@catalog_option
@click.pass_context
def command(ctx: click.Context, claim: tuple[str, ...], settings: dict[str, str], format_: str, folder: str) -> None:
    """Prove a claim for all customers, or find one who breaks it.

    CLAIM is `never A`, `always A`, `disjoint A B`, `A inside B`, `same A B` or `covers SEGMENTATION`; A and B are
    segments or conditions. Left out, it is every `expect` line about all customers. Needs z3: the extra segdsl[prove].

    A claim that is refuted comes with a customer, as example lines that `segdsl test` can try. Ends with 1 where one is
    refuted.

    \b
    Example:
      segdsl prove
      segdsl prove loyal inside buyers
      segdsl prove "never orders_90d > orders"
    """
    from segdsl.api import load

    catalog = load(folder, settings)
    found = catalog.prove(_text(claim)) if claim else catalog.prove()
    if format_ == "json":
        click.echo(json.dumps([_as_dict(item) for item in found], ensure_ascii=False, indent=2))
    elif not found:
        click.echo("no expectations about all customers; `segdsl prove CLAIM` proves one")
    else:
        for item in found:
            _show(item)
    ctx.exit(1 if any(item.answer == "refuted" for item in found) else 0)


def _text(claim: tuple[str, ...]) -> str:
    """The claim in one text: two parts that the shell kept each in one word stay apart."""
    if len(claim) == 3 and claim[0] in _OF_TWO and not all(_NAME.fullmatch(part) for part in claim[1:]):
        return f"{claim[0]}({claim[1]}, {claim[2]})"
    return " ".join(claim)


def _show(item: Verdict) -> None:
    from segdsl.cli.grid import visible

    click.secho(f"{item.answer}: ", fg=_COLOURS[item.answer], bold=True, nl=False)
    click.echo(visible(item.claim))
    for line in item.examples or (
        (f"by a customer with {item.customer or 'nothing'}",) if item.answer == "refuted" else ()
    ):
        click.echo(f"  {visible(line)}")
    if item.reason:
        click.echo(f"  {visible(item.reason)}")


def _as_dict(item: Verdict) -> dict[str, object]:
    found: dict[str, object] = {"claim": item.claim, "answer": item.answer}
    if item.answer == "refuted":
        found |= {"customer": item.customer, "examples": list(item.examples)}
    if item.reason:
        found["reason"] = item.reason
    return found
