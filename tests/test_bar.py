"""A bar on a terminal for what takes its time, and an end within a second: real processes, terminals and signals."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from segdsl.api import load

pty = pytest.importorskip("pty")

MODEL = """
as_of: 2026-03-31
entities:
  customer: {table: customers.parquet, key: id, attributes: {x: int}}
events:
  order: {of: customer, table: orders.parquet, key: id, time: at_, fields: {amount: decimal, note: text}}
"""
SLOW = "segment slow = percentile(mode(order.note)) >= 50% and median(order.amount) > 1 and distinct(order.note) > 3\n"


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalog whose evaluation takes some seconds."""
    folder = tmp_path_factory.mktemp("slow")
    (folder / "segdsl.yaml").write_text(MODEL)
    (folder / "rules.seg").write_text(SLOW)
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT range AS id, range AS x FROM range(100000)) TO '{folder}/customers.parquet'")
        connection.execute(
            f"""COPY (SELECT hash(range) % 100000 AS id, TIMESTAMP '2026-03-01' - to_seconds(range) AS at_,
                (hash(range + 1) % 1000) / 7 AS amount, 'n' || hash(range + 2) % 100000 AS note FROM range(4000000))
                TO '{folder}/orders.parquet'"""
        )
    return folder


def spawn(folder: Path, *arguments: str, tmp: Path, terminal: int | None = None) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "segdsl", *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE if terminal is None else terminal,
        env={**os.environ, "TERM": "xterm-256color", "TMPDIR": str(tmp), "COLUMNS": "80"},
        start_new_session=True,
    )


def test_a_bar_is_drawn_on_a_terminal_and_wiped_away(slow: Path, tmp_path: Path) -> None:
    here, there = pty.openpty()
    process = spawn(slow, "run", tmp=tmp_path, terminal=there)
    os.close(there)
    drawn = b""
    while True:
        try:
            piece = os.read(here, 10_000)
        except OSError:  # how Linux tells that nobody has the other end any more
            break
        if not piece:
            break
        drawn += piece
    os.close(here)
    out = process.communicate(timeout=60)[0].decode()
    assert process.returncode == 0
    assert re.match(r"segment +members +share\nslow", out), out
    text = drawn.decode()
    assert "reading customer and order" in text
    assert "━" in text
    # the cursor is shown again, and the line is empty
    assert text.rstrip().endswith(("\x1b[2K", "\x1b[?25h")), text[-60:]


def test_there_is_no_bar_in_a_pipe(slow: Path, tmp_path: Path) -> None:
    out, err = spawn(slow, "run", tmp=tmp_path).communicate(timeout=60)
    assert out.startswith(b"segment")
    assert err == b""


def used(pid: int) -> float:
    """The seconds of CPU that a process has taken so far, all its threads together: the same however busy the machine
    is with others."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="a process tells its seconds in /proc")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_ends_it_within_a_second_and_leaves_nothing(slow: Path, tmp_path: Path, name: str) -> None:
    before = sorted(path.name for path in slow.iterdir())
    (tmp_path / "members.csv").write_text("as it was")
    process = spawn(slow, "run", "--out", str(tmp_path / "members.csv"), tmp=tmp_path)
    while process.poll() is None and used(process.pid) < 2:
        time.sleep(0.02)
    assert process.poll() is None, "too quick to be interrupted"
    sent = used(process.pid)
    process.send_signal(getattr(signal, name))
    # until it has ended, but not yet gone
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    after = used(process.pid) - sent
    out, err = process.communicate(timeout=30)
    assert after < 2, after  # a second of both cores
    assert process.returncode in ((130,) if name == "SIGINT" else (143, -signal.SIGTERM))
    assert b"Traceback" not in err
    assert out == b""
    assert sorted(path.name for path in slow.iterdir()) == before
    assert [path.name for path in tmp_path.iterdir()] == ["members.csv"]
    assert (tmp_path / "members.csv").read_text() == "as it was"


def test_progress_is_told_to_whoever_asks(slow: Path) -> None:
    told: list[tuple[str, float | None]] = []
    load(slow, progress=lambda what, share: told.append((what, share))).run().close()
    shares = [share for what, share in told if what == "reading customer and order" and share is not None]
    assert shares
    assert all(0 <= share <= 1 for share in shares)
    assert max(shares) > min(shares)
