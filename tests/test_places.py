"""What a URL names has to be there, and to be what it is taken for."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from segdsl.cli.commands import segdsl
from segdsl.engines.connect import connect
from segdsl.engines.problem import EngineProblem

MODEL = """\
as_of: 2026-03-31
entities:
  customer: {table: customers, key: id, attributes: {country: text}}
"""


@pytest.mark.parametrize(("scheme", "kind"), [("duckdb", "DuckDB"), ("sqlite", "SQLite")])
def test_a_file_that_is_no_database_is_told_as_one(tmp_path: Path, scheme: str, kind: str) -> None:
    """Not as a login that fails."""
    (tmp_path / "notes.txt").write_text("these are notes, " * 1000)
    with pytest.raises(EngineProblem) as found:
        connect(f"{scheme}:///{tmp_path}/notes.txt", tmp_path)
    (told,) = found.value.diagnostics
    assert (told.code, told.message) == ("SEG773", f"`{scheme}://` cannot be used: it is no {kind} database")
    assert told.help == f"`{scheme}:///` is followed by the path of a database"


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    pytest.importorskip("chdb")
    with pytest.raises(EngineProblem) as found:
        connect(f"chdb://{tmp_path}/no%20where", tmp_path)
    (told,) = found.value.diagnostics
    assert told.code == "SEG773"
    assert told.message.endswith(f"there is no folder `{tmp_path}/no where`")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("engine", "reason"),
    [
        ("spark://nowhere:7077", "spark is not the engine of a warehouse that allows for it"),
        ("trino://nowhere/c/s", "trino is not the engine of a warehouse that allows for it"),
        ("duckdb:///shop.duckdb", "the file of DuckDB is opened for reading"),
        (None, "duckdb is not the engine of a warehouse that allows for it"),
    ],
)
def test_what_cannot_take_a_table_is_told_before_anything_is_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str | None, reason: str
) -> None:
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as database:
        database.execute("CREATE TABLE customers AS SELECT 1 AS id, 'DE' AS country")
    (tmp_path / "segdsl.yaml").write_text(MODEL)
    (tmp_path / "rules.seg").write_text('segment german = country = "DE"\n')
    monkeypatch.chdir(tmp_path)
    there = sorted(tmp_path.rglob("*"))
    options = [] if engine is None else ["--engine", engine]
    done = CliRunner().invoke(segdsl, ["run", "--save", "--into", "main", *options], prog_name="segdsl")
    assert done.exit_code == 1
    assert f"error[SEG776]: nothing can be written into `main`: {reason}" in done.output
    assert sorted(tmp_path.rglob("*")) == there
