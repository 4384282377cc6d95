"""Options that several commands have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def words(value: str) -> str:
    """A text in the language: one that Unicode can hold, which the bytes of an argument need not be."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise click.BadParameter("expected UTF-8 text") from None
    return value


def folder_type() -> click.Path:
    return click.Path(exists=True, file_okay=False)


def catalog_option(command: F) -> F:
    """`-C DIR` after the command too; the command gets `folder`."""

    def settle(ctx: click.Context, _: click.Parameter, value: str | None) -> str:
        return value or ctx.find_root().params.get("folder") or "."

    return click.option(
        "-C", "folder", type=folder_type(), metavar="DIR", callback=settle, help="The catalog's folder."
    )(command)


def set_option(command: F) -> F:
    """`--set p=v`, any number of times; the command gets `settings`, a dict of texts."""

    def settle(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
        settings: dict[str, str] = {}
        for value in values:
            name, equals, text = value.partition("=")
            if not equals or not name.strip() or not text.strip():
                raise click.BadParameter(f"expected NAME=VALUE as in `recent=60d`, found `{value}`")
            settings[name.strip()] = text.strip()
        return settings

    return click.option(
        "--set",
        "settings",
        type=words,
        multiple=True,
        metavar="PARAM=VALUE",
        callback=settle,
        help="Give a param another value.",
    )(command)


def names_argument(command: F) -> F:
    return click.argument("names", nargs=-1, type=words, metavar="[NAME]...")(command)


def as_of_option(help: str) -> Callable[[F], F]:
    return click.option("--as-of", type=words, metavar="TIME", help=help)


def expression_option(command: F) -> F:
    return click.option("-e", "--expression", type=words, metavar="EXPR", help="Evaluate an expression too.")(command)


def layout_option(help: str, default: str | None = None) -> Callable[[F], F]:
    return click.option("--layout", type=click.Choice(["members", "wide"]), default=default, help=help)
