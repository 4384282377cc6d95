"""What a URL names has to be there, and to be what it is taken for."""

from __future__ import annotations

from pathlib import Path

import pytest

from segdsl.engines.connect import connect
from segdsl.engines.problem import EngineProblem


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
