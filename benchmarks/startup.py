"""How long the everyday commands take: CPU and wall seconds of whole processes, as medians.

    python -m benchmarks.startup [--runs 5]

CPU seconds are those of the process and its children, as the operating system counts them. What every `run` costs
before it comes to any data, the start of Python and of the libraries that it needs among it, is that of a run of one
segment over one customer.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

JOURNEY = Path(__file__).parent.parent / "examples" / "journey"
SEGMENTS = 2_000
MODEL = """
name: generated
entities:
  customer:
    table: customers.csv
    key: id
    attributes: {country: text, visits: int, credit: decimal, newsletter: bool}
events:
  order: {of: customer, table: orders.csv, key: customer, time: ordered_at, fields: {amount: decimal, channel: text}}
"""


def generate(folder: Path, segments: int = SEGMENTS) -> None:
    """A catalog of segments: attributes, aggregates and references, with data of one customer."""
    folder.mkdir()
    (folder / "segdsl.yaml").write_text(MODEL)
    (folder / "customers.csv").write_text("id,country,visits,credit,newsletter\n1,DE,3,1.5,true\n")
    (folder / "orders.csv").write_text("customer,ordered_at,amount,channel\n1,2026-01-01,5.00,web\n")
    lines = []
    for number in range(segments):
        kind = number % 10
        if kind < 4:
            rule = f'country = "DE" and visits > {number % 50} or credit < {number} and newsletter'
        elif kind < 8:
            days, least = 7 + number % 60, 1 + number % 5
            rule = f'count(order within {days}d where channel = "web") >= {least} and total_spend > {number}'
        else:
            rule = f"segment_{number - 3} and not segment_{number - 6}"
        lines.append(f"## Segment number {number}.\nsegment segment_{number} = {rule}\n")
    for part in range(20):
        text = "\n".join(lines[part::20])
        (folder / f"part_{part:02}.seg").write_text(text)


def measure(arguments: list[str], folder: Path, runs: int) -> tuple[float, float]:
    """Medians of CPU and wall seconds of a command, after one run that is not counted."""
    command = [sys.executable, "-m", "segdsl", *arguments]
    # as everywhere, Python keeps what it has compiled, from the first run on
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    cpu: list[float] = []
    wall: list[float] = []
    for run in range(runs + 1):
        started = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        _, status, usage = os.wait4(process.pid, 0)
        elapsed = time.perf_counter() - started
        if os.waitstatus_to_exitcode(status) != 0:
            message = process.stderr.read().decode() if process.stderr else ""
            raise SystemExit(f"{' '.join(arguments)} failed: {message}")
        if run:
            cpu.append(usage.ru_utime + usage.ru_stime)
            wall.append(elapsed)
    return statistics.median(cpu), statistics.median(wall)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        many, least = folder / "many", folder / "least"
        generate(many)
        generate(least, segments=1)
        cases = [
            ("segdsl --help", ["--help"], many),
            ("check, journey", ["check"], JOURNEY),
            (f"check, {SEGMENTS:,} segments", ["check"], many),
            (f"compile of one among {SEGMENTS:,}", ["compile", "segment_1998"], many),
            ("run of one segment, one customer", ["run"], least),
            ("run, journey", ["run"], JOURNEY),
            ("explain --id, journey", ["explain", "lost_vips", "--id", "40"], JOURNEY),
        ]
        print(f"{'':34}{'CPU s':>8}{'wall s':>8}")
        for title, arguments, where in cases:
            cpu, wall = measure(arguments, where, runs)
            print(f"{title:34}{cpu:8.2f}{wall:8.2f}")


if __name__ == "__main__":
    main()
