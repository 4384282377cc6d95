"""`segdsl test`: every example of a catalog, tried."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import click

from segdsl.cli.options import (
    catalog_option,
    chosen_options,
    goes_without,
    names_argument,
    set_option,
    with_chosen,
    words,
)
from segdsl.cli.replace import replace_file, spare_needed

if TYPE_CHECKING:
    from segdsl.api import Catalog
    from segdsl.testing.coverage import Seen
    from segdsl.testing.trial import Trial

_ADVICE = "an example in a .seg file names a customer that has to be in or out:\n  example in loyal: order(10d ago)"


@click.command("test")
@names_argument
@chosen_options
@click.option("--libraries", is_flag=True, help="Those in the libraries in use, too.")
@set_option
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", help="Text by default.")
@click.option("--coverage", is_flag=True, help="Show which conditions the examples have seen true and false.")
@click.option("--suggest", type=words, metavar="SEGMENT", help="Write examples on the borders of a rule instead.")
@click.option("--junit", type=click.Path(dir_okay=False), metavar="FILE", help="Write the results as JUnit XML too.")
@catalog_option
@click.pass_context
def command(
    ctx: click.Context,
    names: tuple[str, ...],
    chosen: dict[str, Any],
    libraries: bool,
    settings: dict[str, str],
    format_: str,
    coverage: bool,
    suggest: str | None,
    junit: str | None,
    folder: str,
) -> None:
    """Try the examples of a catalog, or of what is named.

    Each is a customer that has just what the example gives. One that comes out otherwise is shown with the value of
    every part of the rule. Ends with 1 where there are any.

    \b
    Example:
      segdsl test
      segdsl test loyal tier
      segdsl test --coverage            what no example has looked at
      segdsl test --suggest loyal       examples to choose from, each of which passes
      segdsl test --junit results.xml   for CI
    """
    from segdsl.api import load

    if suggest is not None:
        goes_without("--suggest", "names", "tags", "owner", "libraries", "coverage", "junit")
    catalog = load(folder, settings)
    if suggest is not None:
        _suggest(catalog, suggest, format_)
        return
    if junit is not None:
        spare_needed(catalog, junit)
    names = with_chosen(catalog, names, chosen)
    trials = catalog.test(names, libraries=libraries)
    failed = [trial for trial in trials if not trial.passed]
    if format_ == "json":
        tried = [_as_dict(catalog, trial) for trial in trials]
        seen = {"examples": tried, "coverage": _coverage(catalog, names)} if coverage else tried
        click.echo(json.dumps(seen, ensure_ascii=False, indent=2))
    elif not trials:
        click.echo(f"no examples{f' of {_and(names)}' if names else ''}; {_ADVICE}")
    else:
        show_failed(catalog, failed)
        click.echo(_summary(trials))
    if coverage and format_ != "json":
        _show_coverage(catalog, names)
    if junit is not None:
        _write_junit(catalog, trials, Path(junit))
    ctx.exit(1 if failed else 0)


def _suggest(catalog: Catalog, name: str, format_: str) -> None:
    from segdsl.cli.grid import visible

    found = catalog.suggest(name)
    if format_ == "json":
        click.echo(json.dumps([asdict(item) for item in found], ensure_ascii=False, indent=2))
    for item in found if format_ == "text" else ():
        click.secho(visible(f"# {item.about}"), dim=True)
        click.echo(visible(item.line))
    if not found:
        reason = "nobody was found who is in it, or it depends on other customers (a score, a sample)"
        click.echo(f"no examples of `{visible(name)}`: {reason}", err=True)


def _coverage(catalog: Catalog, names: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {
            "definition": item.definition,
            "condition": item.text,
            "file": item.span.source.seen_from(Path.cwd()),
            "line": item.span.line,
            "true": item.true,
            "false": item.false,
        }
        for item in catalog.coverage(names)
    ]


def _show_coverage(catalog: Catalog, names: Sequence[str]) -> None:
    from segdsl.cli.findings import count
    from segdsl.cli.grid import visible

    found = catalog.coverage(names)
    by_definition: dict[str, list[Seen]] = {}
    for item in found:
        by_definition.setdefault(item.definition, []).append(item)
    width = max((len(name) for name in by_definition), default=0)
    click.echo()
    for name, items in by_definition.items():
        covered = sum(item.is_covered for item in items)
        click.echo(visible(f"{name:{width}}  {covered} of {len(items)}"))
        for item in items:
            if not item.is_covered:
                never = "never true" if not item.true else "never false"
                never = "not looked at" if not item.true and not item.false else never
                click.secho(visible(f"  {item.text}: {never}"), fg="yellow")
    covered = sum(item.is_covered for item in found)
    share = f" ({covered / len(found):.0%})" if found else ""
    click.echo(f"{count(len(found), 'condition')}: {covered:,} seen true and false{share}")


def _write_junit(catalog: Catalog, trials: Sequence[Trial], path: Path) -> None:
    from segdsl import problems
    from segdsl.api import SegdslError
    from segdsl.cli.junit import as_junit
    from segdsl.cli.tree import plain_tree

    content = as_junit(catalog.model.name, trials, lambda trial: plain_tree(catalog.explain_example(trial)))
    try:
        replace_file(path, content)
    except OSError as error:
        raise SegdslError([problems.cannot_write(path.as_posix(), error.strerror or "unknown reason")]) from None


def show_failed(catalog: Catalog, failed: Iterable[Trial]) -> None:
    """Writes each example that failed, what came out instead, and why."""
    from segdsl.cli.grid import visible
    from segdsl.cli.tree import show_tree
    from segdsl.testing.wording import clock

    for trial in failed:
        span = trial.example.span
        click.secho(f"{span.place_from(Path.cwd())}: failed", fg="red", bold=True)
        for row in _written(trial).split("\n"):
            click.echo(f"  {visible(row)}")
        expected, found = ("out", "in") if trial.example.negated else ("in", "out")
        moment = clock(trial.as_of).removesuffix(" 00:00")
        click.echo(f"expected {expected}, found {found}, as of {moment}:")
        show_tree(catalog.explain_example(trial), "  ")
        click.echo()


def _written(trial: Trial) -> str:
    """The example as it stands in its file, its further lines moved to the left alike."""
    first, *rest = trial.example.span.text.split("\n")
    moved = dedent("\n".join(rest)).split("\n") if rest else []
    return "\n".join((first, *(f"  {row}" for row in moved)))


def _summary(trials: Sequence[Trial]) -> str:
    """`19 examples: 18 passed, 1 failed`."""
    from segdsl.cli.findings import count

    passed = sum(trial.passed for trial in trials)
    failed = f", {len(trials) - passed:,} failed" if passed < len(trials) else ""
    return f"{count(len(trials), 'example')}: {passed:,} passed{failed}"


def _as_dict(catalog: Catalog, trial: Trial) -> dict[str, Any]:
    from segdsl.cli.tree import as_dict

    span = trial.example.span
    found: dict[str, Any] = {
        "target": trial.example.target.name,
        "expected": "out" if trial.example.negated else "in",
        "found": "in" if trial.is_member else "out",
        "passed": trial.passed,
        "as_of": trial.as_of.isoformat(),
        "file": span.source.seen_from(Path.cwd()),
        "line": span.line,
        "text": span.text,
    }
    if not trial.passed:
        found["explanation"] = as_dict(catalog.explain_example(trial))
    return found


def _and(names: Sequence[str]) -> str:
    return " and ".join(f"`{name}`" for name in names)
