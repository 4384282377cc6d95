"""Bytes of files are hashed again where the file may be another than before, and nowhere else."""

from __future__ import annotations

import os
import time
from hashlib import file_digest
from pathlib import Path
from typing import Any

import pytest

from segdsl.refresh import sources
from segdsl.refresh.sources import added_to

pytestmark = pytest.mark.skipif(os.name == "nt", reason="all bytes are hashed there")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "orders.parquet"
    path.write_bytes(b"one")
    return path


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is ten seconds after whatever is written."""
    now = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: now() + 10_000_000_000)


def _hashed(path: Path, was: str | None = None) -> str:
    return sources._hashed(str(path), was)


@pytest.mark.usefixtures("later")
def test_a_file_that_nobody_touched_is_not_read_again(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    was = _hashed(file)
    monkeypatch.setattr(sources, "file_digest", None)
    assert _hashed(file, was) == was


@pytest.mark.usefixtures("later")
def test_other_bytes_of_the_same_length_and_time_are_noticed(file: Path) -> None:
    was, stat = _hashed(file), file.stat()
    file.write_bytes(b"two")
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert added_to({"a": was}, {"a": _hashed(file, was)}) is None


@pytest.mark.usefixtures("later")
def test_a_copy_with_the_same_bytes_is_the_same(file: Path) -> None:
    was = _hashed(file)
    copy = file.with_name("copy")
    copy.write_bytes(file.read_bytes())
    os.replace(copy, file)
    now = _hashed(file, was)
    assert now != was
    assert added_to({"a": was}, {"a": now, "b": now}) == ["b"]


def test_a_file_that_was_hashed_while_it_was_new_is_read_again(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    was = _hashed(file)
    read: list[object] = []

    def digest(file: Any, kind: Any) -> Any:
        read.append(file)
        return file_digest(file, kind)

    monkeypatch.setattr(sources, "file_digest", digest)
    assert added_to({"a": was}, {"a": _hashed(file, was)}) == []
    assert read


def test_what_an_older_version_has_kept_is_a_hash_alone(file: Path) -> None:
    was = _hashed(file).partition(" ")[0]
    assert added_to({"a": was}, {"a": _hashed(file, was)}) == []
