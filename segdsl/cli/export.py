"""`segdsl export`: a catalog for other tools."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from segdsl.cli.options import catalog_option, goes_without, set_option

if TYPE_CHECKING:
    from segdsl.options import By


@click.group("export")
def command() -> None:
    """Write a catalog for other tools.

    \b
    Example:
      segdsl export dbt --out dbt/segments
    """


@command.command("dbt")
@click.option("--out", type=click.Path(file_okay=False), required=True, metavar="DIR", help="The project's folder.")
@click.option(
    "--by",
    type=click.Choice(["file", "tag", "entity"]),
    default="file",
    help="What makes a model: the definitions of a file, of a first tag, or all of an entity.",
)
@click.option("--dialect", default="duckdb", metavar="NAME", help="Whose SQL: `segdsl dialects` lists them.")
@click.option("--engine", metavar="URL", help="Write the SQL of an engine, with a look at its tables.")
@set_option
@catalog_option
def dbt(
    out: str,
    by: By,
    dialect: str,
    engine: str | None,
    settings: dict[str, str],
    folder: str,
) -> None:
    """Write a dbt project: models of values and of members, documented and tested, with sources and exposures.

    It can be a package of another project too. What an earlier export wrote is replaced, nothing else.

    \b
    Example:
      segdsl export dbt --out dbt/segments
      segdsl export dbt --out dbt/segments --by entity --engine warehouse
      dbt build --project-dir dbt/segments --vars '{segdsl_as_of: 2026-03-31}'
    """
    from segdsl import problems
    from segdsl.api import SegdslError, load
    from segdsl.cli.replace import replace_file
    from segdsl.dbt.project import MARK

    if engine is not None:
        goes_without("--engine", "dialect")
    files = load(folder, settings).dbt(by=by, dialect=dialect, engine=engine)
    target = Path(out)
    ours = {path for path in _written(target) if MARK in _first_line(path)}
    there = [name for name in files if (target / name).exists() and target / name not in ours]
    if there:
        raise SegdslError([problems.files_in_the_way(out, there)])
    try:
        for name, text in files.items():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            replace_file(target / name, text.encode())
        for path in ours - {target / name for name in files}:
            path.unlink()
    except OSError as error:
        raise SegdslError([problems.cannot_write(out, error.strerror or "unknown reason")]) from None
    models = sum(name.startswith("models/") and name.endswith(".sql") for name in files)
    tests = sum(name.startswith("tests/") for name in files)
    click.echo(f"wrote {out}: {models} models, {tests} tests of their own", err=True)


def _written(target: Path) -> list[Path]:
    folders = [target / name for name in ("models", "macros", "tests")]
    found = [path for folder in folders if folder.is_dir() for path in folder.iterdir() if path.is_file()]
    return [*found, *([target / "dbt_project.yml"] if (target / "dbt_project.yml").is_file() else [])]


def _first_line(path: Path) -> str:
    with path.open(encoding="utf-8", errors="replace") as file:
        return file.readline()
