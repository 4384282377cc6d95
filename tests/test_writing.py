"""Files are written whole or not at all: killed, on a full disk, while somebody else has them."""

from __future__ import annotations

import datetime as dt
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from segdsl.api import SegdslError, load
from segdsl.cli.commands import segdsl
from segdsl.engines.write import write_rows

ROWS = 200_000
MODEL = f"""
as_of: 2026-01-01
entities:
  customer: {{sql: "SELECT i AS id, md5(i::TEXT) AS x FROM range({ROWS}) t(i)", key: id, attributes: {{x: text}}}}
"""
RUN = """
import sys
from segdsl.api import load
with load(sys.argv[1]).run() as result:
    print("ready", flush=True)
    while True:
        result.write(sys.argv[2])
        print("written", flush=True)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "segdsl.yaml").write_text(MODEL)
    (tmp_path / "rules.seg").write_text("segment known = x is known\n")
    return tmp_path


def count(path: Path) -> int:
    """The rows of a file, which has to be whole."""
    match path.suffix:
        case ".csv":
            text = path.read_text()
            assert text.endswith("\n")
            return text.count("\n") - 1
        case ".parquet":
            return int(pq.read_table(path).num_rows)
        case _:
            with duckdb.connect(str(path), read_only=True) as connection:
                found = connection.execute("SELECT count(*), count(DISTINCT id) FROM members").fetchone()
                assert found is not None
                assert found[0] == found[1]
                return int(found[0])


@pytest.fixture
def process(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds a database for writing."""
    text = "import duckdb, sys, time; c = duckdb.connect(sys.argv[1]); print('held', flush=True); time.sleep(600)"
    with duckdb.connect(str(folder / "held.duckdb")) as connection:
        connection.execute("CREATE TABLE members AS SELECT 1 AS id")
    command = [sys.executable, "-c", text, str(folder / "held.duckdb")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as found:
        assert found.stdout is not None
        assert found.stdout.readline() == "held\n"
        yield found
        found.kill()


@pytest.mark.parametrize("ending", ["csv", "parquet", "duckdb"])
def test_a_kill_leaves_a_whole_file(folder: Path, ending: str) -> None:
    path = folder / "out" / f"members.{ending}"
    path.parent.mkdir()
    chance = random.Random(ending)
    with load(folder).run() as result:
        result.write(path)
    for _ in range(4):
        command = [sys.executable, "-c", RUN, str(folder), str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            time.sleep(chance.uniform(0, 0.4))
            process.kill()
        assert process.returncode == -signal.SIGKILL
        assert count(path) == ROWS
        assert not (path.parent / f"{path.name}.wal").exists()


@pytest.mark.parametrize("ending", ["csv", "parquet", "duckdb"])
def test_a_full_disk_leaves_the_old_file(folder: Path, ending: str) -> None:
    path = folder / "out" / f"members.{ending}"
    path.parent.mkdir()
    with load(folder).run() as result:
        result.write(path)
        before = path.read_bytes()
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
        try:
            with pytest.raises(SegdslError) as caught:
                result.write(path)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        (found,) = caught.value.diagnostics
        # not the JSON of DuckDB's, nor the name of the file beside it
        assert (found.code, found.message) == ("SEG716", f"cannot write `{path}`: File too large")
        assert path.read_bytes() == before
        assert list(path.parent.iterdir()) == [path]
        assert result.write(path) == ROWS
    assert count(path) == ROWS


def test_a_place_that_is_no_file_is_an_error(folder: Path) -> None:
    (folder / "folder.csv").mkdir()
    with load(folder).run() as result:
        for path in (folder / "folder.csv", folder / "none" / "x.csv", folder / "segdsl.yaml" / "x.csv"):
            with pytest.raises(SegdslError) as caught:
                result.write(path)
            assert [item.code for item in caught.value.diagnostics] == ["SEG716"]


def test_a_link_stays_a_link_and_permissions_stay(folder: Path) -> None:
    (folder / "real.csv").write_text("old")
    (folder / "real.csv").chmod(0o640)
    (folder / "link.csv").symlink_to("real.csv")
    with load(folder).run() as result:
        result.write(folder / "link.csv")
    assert (folder / "link.csv").is_symlink()
    assert count(folder / "real.csv") == ROWS
    assert (folder / "real.csv").stat().st_mode & 0o777 == 0o640


# ---------------------------------------------------------------- databases


def test_a_database_in_use_is_not_replaced(folder: Path, process: subprocess.Popen[str]) -> None:
    with load(folder).run() as result, pytest.raises(SegdslError) as caught:
        result.write(folder / "held.duckdb")
    (found,) = caught.value.diagnostics
    assert found.code == "SEG716"
    assert "another process" in found.message
    assert str(process.pid) in found.message


def test_a_database_in_use_is_not_read(folder: Path, process: subprocess.Popen[str]) -> None:
    (folder / "segdsl.yaml").write_text(
        "database: held.duckdb\nentities: {customer: {table: members, key: id, attributes: {x: text}}}\n"
    )
    with pytest.raises(SegdslError) as caught:
        load(folder).run()
    (found,) = caught.value.diagnostics
    assert found.code == "SEG709"
    assert str(process.pid) in found.message
    assert found.span is not None


def test_a_database_that_holds_other_tables_is_kept(folder: Path) -> None:
    with duckdb.connect(str(folder / "own.duckdb")) as connection:
        connection.execute("CREATE TABLE members AS SELECT 1 AS id")
        connection.execute("CREATE TABLE precious AS SELECT 1 AS id")
    with load(folder).run() as result, pytest.raises(SegdslError) as caught:
        result.write(folder / "own.duckdb")
    assert "`precious`" in caught.value.diagnostics[0].message
    with duckdb.connect(str(folder / "own.duckdb")) as connection:
        assert connection.execute("FROM precious").fetchall() == [(1,)]


def test_what_waits_beside_an_old_database_is_gone_with_it(folder: Path) -> None:
    text = (
        "import duckdb, os, sys; c = duckdb.connect(sys.argv[1]); c.execute('CREATE TABLE members AS SELECT 1 AS id');"
        "c.execute('INSERT INTO members SELECT 2'); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", text, str(folder / "old.duckdb")], check=True)
    assert (folder / "old.duckdb.wal").exists()
    with load(folder).run() as result:
        result.write(folder / "old.duckdb")
    assert count(folder / "old.duckdb") == ROWS


# ---------------------------------------------------------------- Ctrl-C


@pytest.mark.skipif(os.name == "nt", reason="signals are sent otherwise there")
def test_an_interrupt_ends_a_run_quietly(folder: Path) -> None:
    (folder / "segdsl.yaml").write_text(MODEL.replace(str(ROWS), "40000000"))
    command = [sys.executable, "-m", "segdsl", "-C", str(folder), "run"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        time.sleep(3)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in out + err
    assert "internal error" not in out + err


# ---------------------------------------------------------------- durations


def test_durations_are_whole_in_every_format(tmp_path: Path) -> None:
    """Parquet's own intervals are of whole milliseconds and never negative: microseconds are written."""
    (tmp_path / "c.csv").write_text("id,renewal,n\n1,2026-01-01 00:00:00.000001,1\n2,2025-12-30 21:30,-2\n3,,\n")
    (tmp_path / "segdsl.yaml").write_text(
        "as_of: 2026-01-01\nentities:\n  customer: {table: c.csv, key: id, attributes: {renewal: timestamp, n: int}}\n"
    )
    (tmp_path / "rules.seg").write_text("trait due = age(renewal)\ntrait short = 0.123456s * n\n")
    with load(tmp_path).run(layout="wide") as result:
        for ending in ("parquet", "csv", "duckdb"):
            assert result.write(tmp_path / f"out.{ending}", "wide") == 3
        assert str(result.wide["due"].type) == "duration[us]"
    table = pq.read_table(tmp_path / "out.parquet")
    assert [str(field.type) for field in table.schema] == ["int64", "int64", "int64"]
    assert table.to_pydict() == {"id": [1, 2, 3], "due": [-1, 95_400_000_000, None], "short": [123_456, -246_912, None]}
    with duckdb.connect(str(tmp_path / "out.duckdb")) as connection:
        connection.execute("SET VARIABLE path = ?", [str(tmp_path / "out.parquet")])
        same = connection.execute(
            "SELECT w.due IS NOT DISTINCT FROM to_microseconds(p.due),"
            " w.short IS NOT DISTINCT FROM to_microseconds(p.short)"
            " FROM wide w JOIN read_parquet(getvariable('path')) p USING (id)"
        )
        assert same.fetchall() == [(True, True)] * 3
    assert (tmp_path / "out.csv").read_text() == (
        "id,due,short\n1,-00:00:00.000001,00:00:00.123456\n2,1 day 02:30:00,-00:00:00.246912\n3,,\n"
    )


# ---------------------------------------------------------------- what the catalog needs


@pytest.fixture
def reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A catalog that reads files by their names, by a link and by a glob, and has saved a run."""
    root = tmp_path / "shop [1]"
    (root / "parts" / "old").mkdir(parents=True)
    (root / "c.csv").write_text("id,n\n1,5\n")
    (root / "real.csv").write_text("id,at\n1,2026-01-01\n")
    (root / "linked.csv").symlink_to("real.csv")
    (root / "parts" / "old" / "a.json").write_text('[{"id": 1, "at": "2026-01-01"}]')
    with duckdb.connect(str(root / "shop.duckdb")) as connection:
        connection.execute("CREATE TABLE members AS SELECT 1 AS id, DATE '2026-01-01' AS at")
    (root / "segdsl.yaml").write_text(
        "as_of: 2026-01-02\ndatabase: ${DATABASE}\ntables: {parts: 'parts/**/*.json'}\n"
        "entities:\n  customer: {table: c.csv, key: id, attributes: {n: int}}\n"
        "events:\n  a: {of: customer, table: linked.csv, key: id, time: at}\n"
        "  b: {of: customer, table: parts, key: id, time: at}\n"
        "  c: {of: customer, table: members, key: id, time: at}\n"
    )
    (root / "rules.seg").write_text("segment s = n > 3\nexample in s: n = 5\n")
    monkeypatch.setenv("DATABASE", "shop.duckdb")
    monkeypatch.chdir(root)
    load(root).run(save=True).close()
    return root


@pytest.mark.parametrize(
    ("out", "what"),
    [
        ("c.csv", "read by the model as `c.csv`"),
        ("parts/../c.csv", "read by the model as `c.csv`"),
        ("other.csv", "read by the model as `c.csv`"),
        ("real.csv", "read by the model as `linked.csv`"),
        ("linked.csv", "read by the model as `linked.csv`"),
        ("parts/old/a.json", "read by the model as `parts`"),
        ("parts/new.json", "read by the model as `parts`"),
        ("shop.duckdb", "the model's database"),
        (".segdsl/history.duckdb", "the catalog's history"),
    ],
)
def test_what_the_catalog_needs_is_not_written_to(reading: Path, out: str, what: str) -> None:
    (reading / "other.csv").symlink_to("c.csv")
    before = {path: path.read_bytes() for path in reading.rglob("*") if path.is_file()}
    said = f"error[SEG722]: cannot write `{out}`: it is {what}\n  = help: name another file for the output\n"
    for command in (
        ["run", "--out"],
        ["run", "--layout", "wide", "--out"],
        ["changes", "--out"],
        ["report", "--out"],
        ["compile", "--out"],
        ["test", "--junit"],
    ):
        assert call(*command, out) == (1, said)
    with load(reading).run() as result, pytest.raises(SegdslError, match="SEG722"):
        result.write(out)
    assert {path: path.read_bytes() for path in reading.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("out", ["rules.seg", "segdsl.yaml"])
def test_pages_do_not_take_the_place_of_definitions(reading: Path, out: str) -> None:
    for command in ("report", "compile"):
        code, said = call(command, "--out", out)
        assert (code, said.splitlines()[0]) == (
            1,
            f"error[SEG722]: cannot write `{out}`: it is a part of the catalog",
        )


def test_files_beside_those_that_are_read_are_written(reading: Path) -> None:
    for out in ("parts/new.csv", "d.csv", "new.json", "out.duckdb"):
        assert call("run", "--out", out)[0] == 0


def test_a_refused_run_has_evaluated_nothing(reading: Path) -> None:
    history = (reading / ".segdsl" / "history.duckdb").read_bytes()
    assert call("run", "--save", "--as-of", "2026-01-05", "--out", "c.csv")[0] == 1
    assert (reading / ".segdsl" / "history.duckdb").read_bytes() == history


def call(*args: str) -> tuple[int, str]:
    """The exit code of a command, and what it says."""
    found = CliRunner().invoke(segdsl, args, prog_name="segdsl")
    return found.exit_code, found.output


@pytest.mark.parametrize("ending", ["csv", "json"])
def test_times_are_written_as_everywhere_else(tmp_path: Path, ending: str) -> None:
    times = [dt.datetime(2026, 2, 20), dt.datetime(2026, 2, 20, 18, 30, 1, 250_000), None]
    rows = pyarrow.table({'the "time"': times, "text": ["a b", None, "c"]})
    path = tmp_path / f"rows.{ending}"
    assert write_rows(rows.to_reader(), path, "rows", ("rows",)) == 3
    text = path.read_text()
    assert "2026-02-20T00:00:00" in text
    assert "2026-02-20T18:30:01.25" in text
    if ending == "csv":
        assert text == '"the ""time""",text\n2026-02-20T00:00:00,a b\n2026-02-20T18:30:01.25,\n,c\n'
