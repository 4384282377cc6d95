"""Options that several commands have."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click
from click.core import ParameterSource

from segdsl.cli.completion import EVALUATED, complete, complete_owners, complete_tags

if TYPE_CHECKING:
    from segdsl.api import Catalog

F = TypeVar("F", bound=Callable[..., Any])


def words(value: str) -> str:
    """A text in the language: one that Unicode can hold, which the bytes of an argument need not be."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise click.BadParameter("expected UTF-8 text") from None
    return value


def goes_with(other: str, *parameters: str) -> None:
    """Refuses those of a command's parameters that were given, as they do nothing without `other`."""
    for shown in _given(parameters):
        raise click.UsageError(f"{shown} goes with {other}")


def goes_without(other: str, *parameters: str) -> None:
    """Refuses those of a command's parameters that were given, as they do nothing beside `other`."""
    for shown in _given(parameters):
        raise click.UsageError(f"{shown} goes without {other}")


def _given(parameters: Collection[str]) -> Iterator[str]:
    ctx = click.get_current_context()
    for item in ctx.command.params:
        if item.name in parameters and ctx.get_parameter_source(item.name) is ParameterSource.COMMANDLINE:
            yield max(item.opts, key=len) if isinstance(item, click.Option) else item.human_readable_name.strip("[].")


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
    complete_names = complete(EVALUATED)
    return click.argument("names", nargs=-1, type=words, metavar="[NAME]...", shell_complete=complete_names)(command)


def chosen_options(command: F) -> F:
    """`--tag`, any number of times, and `--owner`; the command gets `chosen`, which `with_chosen` makes names of."""

    @wraps(command)
    def choosing(*args: Any, tags: tuple[str, ...], owner: str | None, **rest: Any) -> Any:
        return command(*args, chosen={"tags": tags, "owner": owner}, **rest)

    return cast("F", tag_option(owner_option(choosing)))


def tag_option(command: F) -> F:
    return click.option(
        "--tag",
        "tags",
        type=words,
        multiple=True,
        metavar="TAG",
        shell_complete=complete_tags,
        help="Those with a tag; twice: with both.",
    )(command)


def owner_option(command: F) -> F:
    return click.option(
        "--owner", type=words, metavar="OWNER", shell_complete=complete_owners, help="Those of an owner."
    )(command)


def with_chosen(
    catalog: Catalog, names: tuple[str, ...], chosen: Mapping[str, Any], traits: bool = False
) -> tuple[str, ...]:
    """The names given, and those of what has the tags and the owner, if any are asked for; raises UsageError where
    nothing has them: no name at all would mean everything."""
    if not any(chosen.values()):
        return names
    found = catalog.names_with(**chosen, traits=traits)
    if not found:
        shown = [f"--tag {tag}" for tag in chosen["tags"]] + [f"--owner {chosen['owner']}"] * bool(chosen["owner"])
        told = f"nothing with members has {' and '.join(shown)}"
        raise click.UsageError(f"{told}: `segdsl list` shows what has which tags and owner")
    return tuple(dict.fromkeys((*names, *found)))


def name_argument(command: F) -> F:
    """One name of what has a value."""
    return click.argument("name", type=words, metavar="NAME", shell_complete=complete(EVALUATED))(command)


def any_name_argument(command: F) -> F:
    """One name of whatever kind."""
    every = complete({*EVALUATED, "param"})
    return click.argument("name", type=words, metavar="NAME", shell_complete=every)(command)


def segment_argument(command: F) -> F:
    """One name, or none, of what has members."""
    names = complete({"segment", "segmentation"})
    return click.argument("name", required=False, type=words, metavar="[SEGMENT]", shell_complete=names)(command)


def as_of_option(help: str) -> Callable[[F], F]:
    return click.option("--as-of", type=words, metavar="TIME", help=help)


def expression_option(command: F) -> F:
    return click.option(
        "-e", "--expression", type=words, multiple=True, metavar="EXPR", help="Evaluate an expression."
    )(command)


def layout_option(help: str, default: str | None = None) -> Callable[[F], F]:
    return click.option("--layout", type=click.Choice(["members", "wide"]), default=default, help=help)


def min_size_option(command: F) -> F:
    return click.option(
        "--min-size",
        type=click.IntRange(0),
        help="Numbers of fewer members are shown as too small; the model's, else 10, by default; 0 shows all.",
    )(command)


LIMITS = ("threads", "memory_limit", "temp_dir")


def limits_options(command: F) -> F:
    """`--threads`, `--memory-limit` and `--temp-dir`; the command gets `limits`, as `segdsl.load` takes them."""

    @wraps(command)
    def limited(*args: Any, threads: int | None, memory_limit: str | None, temp_dir: str | None, **rest: Any) -> Any:
        limits = {"threads": threads, "memory_limit": memory_limit, "temp_dir": temp_dir}
        return command(*args, limits=limits, **rest)

    options = (
        click.option(
            "--threads", type=click.IntRange(1), help="How many threads DuckDB may use; all cores by default."
        ),
        click.option(
            "--memory-limit", metavar="SIZE", help="How much memory DuckDB may use, as 4GB; it spills what is more."
        ),
        click.option("--temp-dir", type=click.Path(file_okay=False), metavar="DIR", help="Where it spills to."),
    )
    found: Any = limited
    for option in reversed(options):
        found = option(found)
    return cast("F", found)


def engine_option(command: F) -> F:
    return click.option(
        "--engine", metavar="URL", help="Look where the tables are: postgresql://… , or a profile of yours."
    )(command)


def period_option(command: F) -> F:
    return click.option(
        "--period",
        type=click.Choice(["day", "week", "month", "quarter", "year"]),
        default="month",
        help="The time between two sizes; a month by default.",
    )(command)
