"""The file of a history: killed, shared, rewritten, of another version."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path
from typing import BinaryIO

import duckdb
import pytest

from segdsl.engines.duckdb import attach
from segdsl.engines.problem import EngineProblem
from segdsl.history import file_store, folder, schema
from segdsl.history.erase import forget, prune
from segdsl.history.file_store import FileStore
from tests.history.killed import Begin, Killer, assert_kept, members, save_on, tell_commits, whole_runs
from tests.history.saved import AS_VERSION_2, contents, day, save

# how many times a process is killed; .ci/run does it a thousand times
KILLS = int(os.environ.get("SEGDSL_KILLS", "100"))


def _path(folder: Path) -> Path:
    return folder / ".segdsl" / "history.duckdb"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("seed", range(2))
def test_a_process_killed_at_any_moment_leaves_whole_runs(tmp_path: Path, seed: int) -> None:
    steps = ("create", "open", "save", "commit", "close", "prune", "rewrite", "overwrite")
    killer = Killer(steps, random.Random(seed))
    last = -1
    for number in range(KILLS // 2):
        step = killer.next_step
        is_new = step == "create" or number % 10 == 0
        path = _path(tmp_path / str(number) if is_new else tmp_path)
        passed = killer.kill(partial(_save_on, path, step in steps[5:]), step)
        FileStore.create(path)
        with FileStore.open(path, write=killer.chance.random() < 0.5) as store:
            numbers = whole_runs(store)
        if is_new:
            assert_kept(-1, numbers, passed)
        else:
            last = assert_kept(last, numbers, passed)
    assert min(killer.hits[step] for step in steps) > KILLS // 40
    assert last > KILLS // 8  # the runs did get on


def _save_on(path: Path, tidies: bool, begin: Begin) -> None:
    tell_commits(begin, FileStore)
    overwrite = folder.overwrite

    def told(file: BinaryIO) -> None:
        with begin("overwrite"):
            overwrite(file)

    pytest.MonkeyPatch().setattr(folder, "overwrite", told)
    if not path.exists():
        with begin("create"):
            FileStore.create(path)
    save_on(partial(FileStore.open, path, write=True), begin, tidies)


def test_a_second_run_waits_for_the_first(tmp_path: Path) -> None:
    path = _path(tmp_path)
    FileStore.create(path)
    first = FileStore.open(path, write=True)
    found: list[int] = []

    def second() -> None:
        with FileStore.open(path, write=True) as store:
            save(store, day(2), members(2))
            found.append(store.fetch("SELECT COUNT(*) FROM runs")[0][0])

    thread = threading.Thread(target=second)
    thread.start()
    time.sleep(0.2)
    assert not found
    save(first, day(1), members(1))
    first.close()
    thread.join(30)
    assert found == [2]


def test_who_waits_too_long_is_told_who_is_in_the_way(tmp_path: Path) -> None:
    path = _path(tmp_path)
    FileStore.create(path)
    code = f"import duckdb, sys; c = duckdb.connect({str(path)!r}); print(flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        told: list[tuple[str, float | None]] = []
        with pytest.raises(EngineProblem) as problem:
            FileStore.open(path, wait=0.1, progress=lambda what, share: told.append((what, share)))
        other.communicate(b"")
    assert set(told) == {("waiting until another process has saved in the history", None)}
    assert problem.value.diagnostics[0].code == "SEG745"
    assert str(other.pid) in problem.value.diagnostics[0].message


def test_forgotten_bytes_are_gone_from_the_file(tmp_path: Path) -> None:
    path = _path(tmp_path)
    FileStore.create(path)
    key = "Erika Mustermann, Heidestraße 17"
    with FileStore.open(path, write=True) as store:
        for number in range(4):
            save(store, day(number), {("vip", ""): frozenset((key, "somebody else") if number % 2 else ("x",))})
    assert key.encode() in path.read_bytes()
    with path.open("rb") as old:  # the file as it was, whatever has its name
        with FileStore.open(path, write=True) as store:
            whole = contents(store)
            assert forget(store, key).intervals == 2
            store.rewrite()
        assert key.encode() not in old.read()
    assert all(key.encode() not in file.read_bytes() for file in path.parent.iterdir())
    with FileStore.open(path) as store:
        found = contents(store)
        assert found.pop("memberships") == [row for row in whole.pop("memberships") if row[2] != key]
        assert found == whole


def test_a_rewritten_store_goes_on(tmp_path: Path) -> None:
    path = _path(tmp_path)
    FileStore.create(path)
    for number in range(3):
        with FileStore.open(path, write=True) as store:
            save(store, day(number), members(number))
            store.rewrite()
    with FileStore.open(path) as store:
        assert store.fetch("SELECT COUNT(*) FROM runs") == [(3,)]
        assert store.fetch("SELECT COUNT(*) FROM history")[0][0] > 0
    assert sorted(file.name for file in path.parent.iterdir()) == [".gitignore", "history.duckdb"]


def test_an_interrupted_rewriting_leaves_nothing_behind_for_long(tmp_path: Path) -> None:
    path = _path(tmp_path)
    FileStore.create(path)
    path.with_name("history.duckdb.new-1234").write_bytes(b"half of a file")
    with FileStore.open(path, write=True) as store:
        store.rewrite()
    assert sorted(file.name for file in path.parent.iterdir()) == [".gitignore", "history.duckdb"]


def _refusal(path: Path, write: bool = False) -> str:
    with pytest.raises(EngineProblem) as problem:
        FileStore.open(path, write=write)
    assert problem.value.diagnostics[0].code == "SEG746"
    return problem.value.diagnostics[0].render()


@pytest.mark.parametrize("reason", ["Read-only file system", "Permission denied", "Input/output error"])
def test_a_store_that_cannot_be_written_is_not_to_be_moved_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    path = _path(tmp_path)
    FileStore.create(path)

    def attach_to_read(connection: duckdb.DuckDBPyConnection, path: Path, name: str, read_only: bool = False) -> None:
        if not read_only:
            raise duckdb.IOException(f'IO Error: Cannot open file "{path}": {reason}')
        attach(connection, path, name, read_only)

    monkeypatch.setattr(file_store, "attach", attach_to_read)
    told = _refusal(path, write=True)
    assert reason in told
    assert "can read and write it there" in told
    assert "move it away" not in told
    FileStore.open(path).close()


def test_what_is_no_store_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "history.duckdb"
    path.write_bytes(b"no database" * 1_000)
    assert "it is no DuckDB database" in _refusal(path)
    path.unlink()
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE other (a INTEGER)")
    assert "no history" in _refusal(path)


def test_a_damaged_store_is_told_as_such_at_once(tmp_path: Path) -> None:
    path = _path(tmp_path)
    FileStore.create(path)
    with FileStore.open(path, write=True) as store:
        for number in range(3):
            save(store, day(number), members(number))
    whole = path.read_bytes()
    told = []
    for start in range(3 * 4096, len(whole), 262_144):
        path.write_bytes(
            whole[:start] + bytes(byte ^ 0xFF for byte in whole[start : start + 100]) + whole[start + 100 :]
        )
        try:
            with FileStore.open(path) as store:
                contents(store)
        except EngineProblem as problem:
            told.append(problem.diagnostics[0].render())
    # nobody reads all of it
    assert told
    assert all("it is damaged" in text for text in told)
    path.write_bytes(whole[:20_000])
    assert "it is damaged" in _refusal(path)


def test_a_store_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "history.duckdb"
    FileStore.create(path)
    with duckdb.connect(str(path)) as connection:
        connection.execute("UPDATE meta SET value = '99'")
    assert "a newer segdsl wrote it, in version 99" in _refusal(path, write=True)


def test_a_store_of_an_older_version_is_brought_up_to_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "history.duckdb"
    FileStore.create(path)
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"UPDATE meta SET value = '{schema.VERSION - 1}'")
        connection.execute("ALTER TABLE runs DROP COLUMN segdsl")
    monkeypatch.delitem(schema.MIGRATIONS, schema.VERSION - 1)
    assert "nothing leads on from" in _refusal(path, write=True)
    monkeypatch.setitem(schema.MIGRATIONS, schema.VERSION - 1, ("ALTER TABLE runs ADD COLUMN segdsl TEXT",))
    assert "the next `segdsl run --save` brings it up to date" in _refusal(path)
    with FileStore.open(path, write=True) as store:
        save(store, day(1), members(1))
    with FileStore.open(path) as store:
        assert store.fetch("SELECT value FROM meta") == [(str(schema.VERSION),)]


def test_a_store_with_keys_in_every_stay_becomes_one_with_numbers(tmp_path: Path) -> None:
    made, path = tmp_path / "made.duckdb", tmp_path / "history.duckdb"
    FileStore.create(made)
    with FileStore.open(made, write=True) as store:
        for number in range(3):
            save(store, day(number), members(number))
        expected = contents(store)
    shutil.copy(made, path)
    with FileStore.open(path, write=True) as store:
        for statement in AS_VERSION_2:
            store.execute(statement)
    with FileStore.open(path, write=True) as store, FileStore.open(made, write=True) as other:
        assert store.fetch("SELECT value FROM meta") == [(str(schema.VERSION),)]
        assert contents(store)["memberships"] == expected["memberships"]
        for one in (store, other):
            save(one, day(3), members(3))
            forget(one, "key 7")
        assert contents(store) == contents(other)
        assert store.fetch("SELECT COUNT(*) FROM history") == other.fetch("SELECT COUNT(*) FROM segdsl_stays")
        assert store.fetch("SELECT COUNT(*) FROM members WHERE key = 'key 7'") == [(0,)]


def test_keys_that_nothing_speaks_of_any_more_are_pruned(tmp_path: Path) -> None:
    path = _path(tmp_path)
    FileStore.create(path)
    with FileStore.open(path, write=True) as store:
        for number, keys in enumerate(({"a", "b"}, {"b"}, {"b", "c"})):
            save(store, day(number), {("vip", ""): frozenset(keys)})
        assert store.fetch("SELECT key FROM members ORDER BY key") == [("a",), ("b",), ("c",)]
        prune(store, day(2))
        assert store.fetch("SELECT key FROM members ORDER BY key") == [("b",), ("c",)]


def test_whoever_creates_second_finds_the_first_ones_store(tmp_path: Path) -> None:
    path = _path(tmp_path)
    FileStore.create(path)
    with FileStore.open(path, write=True) as store:
        save(store, day(1), members(1))
    FileStore.create(path)
    with FileStore.open(path) as store:
        assert store.fetch("SELECT COUNT(*) FROM runs") == [(1,)]
