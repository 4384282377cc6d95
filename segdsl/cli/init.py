"""`segdsl init`: a catalog to start from, with data beside it or over data that are there."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from segdsl.cli.options import goes_without, words

if TYPE_CHECKING:
    from segdsl.draft.draft import Draft


@click.command("init")
@click.argument("target", type=click.Path(file_okay=False), default=".", metavar="[DIR]")
@click.option(
    "--from",
    "source",
    type=words,
    metavar="DATA",
    help="Draft the model from a DuckDB file, a folder of Parquet or CSV files, or an engine as --engine takes it.",
)
@click.option("--schema", type=words, metavar="NAME", help="With the URL of an engine: where the tables are there.")
@click.option("--name", type=words, metavar="NAME", help="The catalog's name; else the folder's.")
@click.option("--ci", is_flag=True, help="A GitHub Actions workflow and pre-commit hooks too.")
def command(target: str, source: str | None, schema: str | None, name: str | None, ci: bool) -> None:
    """Make a catalog: a small shop to play with, or a draft over your own data.

    Nothing that is there is overwritten. A draft says for each guess why, and what is left for you to say.

    \b
    Example:
      segdsl init shop
      segdsl init segments --from warehouse.duckdb
      segdsl init . --from exports/
      segdsl init shop --from 'postgresql://${PGUSER}@warehouse/shop' --schema sales
      segdsl init . --ci                for the catalog that is there
    """
    from segdsl.catalog import MODEL_FILE

    folder = Path(target)
    is_engine = source is not None and not Path(source).exists()
    if schema is not None and not is_engine:
        raise click.UsageError("--schema goes with --from and the URL of an engine")
    if ci:
        _see_that_ci_is_free(folder)
    if ci and source is None and (folder / MODEL_FILE).is_file():
        goes_without("--ci where a catalog is there", "name")
    elif source is None:
        _write(folder, _shop(name))
        _tell(folder, "a shop of 200 customers: segdsl.yaml, three .seg files, ten .csv files", ["check", "run"])
    elif is_engine:
        _draft_engine(folder, source, schema, name)
    else:
        _draft(folder, Path(source), name)
    if ci:
        _write_ci(folder)


def _see_that_ci_is_free(folder: Path) -> None:
    from segdsl.draft.ci import HOOKS_FILE, WORKFLOW_FILE, repository_of

    _see_that_free(repository_of(folder), (WORKFLOW_FILE, HOOKS_FILE))


def _write_ci(folder: Path) -> None:
    from segdsl.draft.ci import ci_files, repository_of

    repository = repository_of(folder)
    files = ci_files(folder, repository)
    _write(repository, {path: text.encode() for path, text in files.items()})
    click.echo(f"Made {' and '.join(files)}, in {repository}.")


def _shop(name: str | None) -> dict[str, bytes]:
    from segdsl.cli.shipped import example_folder

    shop = example_folder("shop")
    found = {
        path.relative_to(shop).as_posix(): path.read_bytes()
        for path in sorted(shop.rglob("*"))
        if path.is_file() and path.suffix in (".yaml", ".seg", ".csv", ".md") and not path.name.startswith(".")
    }
    if name is not None:
        from segdsl.draft.write import scalar

        renamed = found["segdsl.yaml"].decode().replace("name: shop\n", f"name: {scalar(name)}\n", 1)
        found["segdsl.yaml"] = renamed.encode()
    return found


def _draft(folder: Path, source: Path, name: str | None) -> None:
    from segdsl.api import SegdslError
    from segdsl.draft.guess import draft_model
    from segdsl.draft.write import MODEL_FILE, STARTER_FILE, model_text, starter_text
    from segdsl.engines.problem import EngineProblem

    _see_that_free(folder, (MODEL_FILE, STARTER_FILE))
    try:
        draft = draft_model(source, folder)
    except EngineProblem as problem:
        raise SegdslError(problem.diagnostics) from None
    draft.name = name or draft.name
    _write_draft(folder, draft, {MODEL_FILE: model_text(draft, str(source)), STARTER_FILE: starter_text(draft)})
    _tell(folder, f"{MODEL_FILE} with the reason for each guess, and {STARTER_FILE}", ["model check", "run"])


def _draft_engine(folder: Path, url: str, schema: str | None, name: str | None) -> None:
    """A draft over the tables of an engine; nothing of the URL but its host is written anywhere, or shown, but where a
    file is."""
    import shlex
    from contextlib import closing

    from segdsl.api import SegdslError
    from segdsl.draft.guess import draft_engine
    from segdsl.draft.write import MODEL_FILE, STARTER_FILE, model_text, starter_text
    from segdsl.engines.connect import connect
    from segdsl.engines.problem import EngineProblem
    from segdsl.engines.profiles import has_profile
    from segdsl.engines.urls import from_anywhere, is_profile, shown

    if is_profile(url) and ("/" in url or "." in url):
        raise click.BadParameter(f"there is no file or folder `{url}`", param_hint="--from")
    try:
        if is_profile(url) and not has_profile(url, os.environ):
            raise click.BadParameter(f"there is no file or folder `{url}`, and no profile either", param_hint="--from")
    except EngineProblem as problem:
        raise SegdslError(problem.diagnostics) from None
    _see_that_free(folder, (MODEL_FILE, STARTER_FILE))
    try:
        with closing(connect(url, folder)) as engine:
            draft = draft_engine(engine, schema, shown(url), folder)
    except EngineProblem as problem:
        raise SegdslError(problem.diagnostics) from None
    draft.name = name or draft.name
    named = url if is_profile(url) else "URL"
    text = model_text(draft, shown(url), f"segdsl run --engine {named}")
    _write_draft(folder, draft, {MODEL_FILE: text, STARTER_FILE: starter_text(draft)})
    there = shlex.quote(url if is_profile(url) else from_anywhere(url))
    made = f"{MODEL_FILE} with the reason for each guess, and {STARTER_FILE}"
    _tell(folder, made, ["check", f"run --engine {there}"])


def _write_draft(folder: Path, draft: Draft, texts: Mapping[str, str]) -> None:
    _write(folder, {path: text.encode() for path, text in texts.items()})
    for part in draft.parts:
        click.echo(f"  {part.summary}")
    click.echo("\nNot to be told from the data:")
    for item in draft.open:
        click.echo(f"  - {item}")
    click.echo()


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Writes files into a folder in which none of them is; none, where one cannot be."""
    from segdsl import problems
    from segdsl.api import SegdslError
    from segdsl.cli.replace import replace_file

    _see_that_free(folder, list(files))
    written: list[Path] = []
    try:
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(path, content)
            written.append(path)
    except OSError as error:
        for path in written:
            path.unlink(missing_ok=True)
        raise SegdslError([problems.cannot_write(str(path), error.strerror or str(error))]) from None


def _see_that_free(folder: Path, names: Sequence[str]) -> None:
    from segdsl import problems
    from segdsl.api import SegdslError

    there = [name for name in names if (folder / name).exists() or (folder / name).is_symlink()]
    if there:
        raise SegdslError([problems.files_in_the_way(str(folder), there)])


def _tell(folder: Path, what: str, commands: Sequence[str]) -> None:
    here = folder.resolve() == Path.cwd()
    click.echo(f"Made {what}, in {'this folder' if here else folder}.\n\nNext:\n")
    if not here:
        shown = str(folder) if str(folder).isprintable() and " " not in str(folder) else f"'{folder}'"
        click.echo(f"    cd {shown}")
    about = {
        "check": "all that is wrong with the definitions: nothing yet",
        "model check": "the model against the data",
        "run": "how many members each segment has",
    }
    width = max(14, *(len(command) + 1 for command in commands))
    for command in commands:
        click.echo(f"    segdsl {command:{width}} {about[command.partition(' --')[0]]}")
