"""The file of a history: killed, shared, rewritten, of another version."""

from __future__ import annotations

import datetime as dt
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import duckdb
import pytest

from segdsl.engines.problem import EngineProblem
from segdsl.history import schema
from segdsl.history.erase import forget, prune
from segdsl.history.file_store import FileStore
from tests.history.saved import Members, contents, day, members_at, save

# how many times a process is killed; SEGDSL_KILLS=1000 before a change to what the store does
KILLS = int(os.environ.get("SEGDSL_KILLS", "15"))


def _path(folder: Path) -> Path:
    return folder / ".segdsl" / "history.duckdb"


def _members(number: int) -> Members:
    """Whom the run of a number finds: some thousand keys, of which some change from run to run."""
    return {
        ("vip", ""): frozenset(f"key {key}" for key in range(3_000) if (key * 7 + number) % 13 < 4),
        ("tier", "gold"): frozenset(f"key {key}" for key in range(1_000) if (key + number) % 5 == 0),
        ("tier", "silver"): frozenset(f"key {key}" for key in range(1_000) if (key + number) % 5 == 1),
    }


def _time_of_a_run(path: Path) -> float:
    """How long a process takes here to begin a store and to save a run."""
    begun = time.monotonic()
    child = os.fork()
    if not child:
        _save_on(path, 1)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    return time.monotonic() - begun


def _save_on(path: Path, times: int = 1_000) -> None:
    """Saves runs one after the other, and now and then prunes, until somebody ends the process."""
    FileStore.create(path)
    for _ in range(times):
        with FileStore.open(path, write=True) as store:
            last = store.fetch("SELECT MAX(as_of) FROM runs")[0][0]
            number = (last - day(0)).days + 1 if last is not None else 0
            save(store, day(number), _members(number))
            if number % 7 == 6:
                prune(store, day(number - 3))
                store.rewrite()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_process_killed_at_any_moment_leaves_whole_runs(tmp_path: Path) -> None:
    chance = random.Random(7)
    path = _path(tmp_path)
    numbers: set[dt.datetime] = set()
    usual = _time_of_a_run(tmp_path / "timed" / "history.duckdb")
    for _ in range(KILLS):
        child = os.fork()
        if not child:
            try:
                _save_on(path)
            finally:
                os._exit(1)
        time.sleep(chance.uniform(0.0, 2 * usual))
        os.kill(child, signal.SIGKILL)
        assert os.waitpid(child, 0)[1] == signal.SIGKILL
        if not path.exists():
            usual *= 1.5  # the machine has other work by now
            continue
        with FileStore.open(path, write=bool(chance.getrandbits(1))) as store:
            moments = [row[0] for row in store.fetch("SELECT as_of FROM runs ORDER BY as_of")]
            usual *= 1.0 if numbers < {*numbers, *moments} else 1.5
            numbers.update(moments)
            assert store.fetch("SELECT COUNT(*) FROM evaluations") == [(2 * len(moments),)]
            assert store.fetch("SELECT COUNT(*) FROM sizes") == [(3 * len(moments),)]
            last = moments[-1] if moments else day(0)
            for moment in moments[-2:]:
                expected = _members((moment - day(0)).days)
                for name in ("vip", "tier"):
                    found = {(label, key) for (of, label), keys in expected.items() if of == name for key in keys}
                    assert members_at(store, moment, name) == found
            late = "SELECT COUNT(*) FROM memberships WHERE entered_at > ? OR left_at > ?"
            assert store.fetch(late, [last, last]) == [(0,)]
    assert len(numbers) > KILLS / 10  # the runs did get on


def test_a_second_run_waits_for_the_first(tmp_path: Path) -> None:
    path = _path(tmp_path)
    FileStore.create(path)
    first = FileStore.open(path, write=True)
    found: list[int] = []

    def second() -> None:
        with FileStore.open(path, write=True) as store:
            save(store, day(2), _members(2))
            found.append(store.fetch("SELECT COUNT(*) FROM runs")[0][0])

    thread = threading.Thread(target=second)
    thread.start()
    time.sleep(0.2)
    assert not found
    save(first, day(1), _members(1))
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
        with pytest.raises(EngineProblem) as problem:
            FileStore.open(path, wait=0.1)
        other.communicate(b"")
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
            save(store, day(number), _members(number))
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


def test_what_is_no_store_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "history.duckdb"
    path.write_bytes(b"no database" * 1_000)
    assert "it is no DuckDB database" in _refusal(path)
    path.unlink()
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE other (a INTEGER)")
    assert "no history" in _refusal(path)


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
        connection.execute("UPDATE meta SET value = '0'")
        connection.execute("ALTER TABLE runs DROP COLUMN segdsl")
    assert "nothing leads on from" in _refusal(path, write=True)
    monkeypatch.setitem(schema.MIGRATIONS, 0, ("ALTER TABLE runs ADD COLUMN segdsl TEXT",))
    assert "the next `segdsl run --save` brings it up to date" in _refusal(path)
    with FileStore.open(path, write=True) as store:
        save(store, day(1), _members(1))
    with FileStore.open(path) as store:
        assert store.fetch("SELECT value FROM meta") == [(str(schema.VERSION),)]


def test_whoever_creates_second_finds_the_first_ones_store(tmp_path: Path) -> None:
    path = _path(tmp_path)
    FileStore.create(path)
    with FileStore.open(path, write=True) as store:
        save(store, day(1), _members(1))
    FileStore.create(path)
    with FileStore.open(path) as store:
        assert store.fetch("SELECT COUNT(*) FROM runs") == [(1,)]
