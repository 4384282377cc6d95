"""What sequences cost, as multiples of one GROUP BY of all events of the kinds that they read.

    python -m benchmarks.sequences [--customers 1M --orders 20M --events 50M --order time] [--runs 3] [--folder DIR]

Each statement runs alone in a process of its own, in turns, and makes a table: of the members of a sequence by the SQL
that segdsl writes for it, or of how many messages and orders each customer has. Shown are medians of the CPU that the
statement took (without Python's start and what segdsl does to write it), their multiples, and the process's peak
memory. The data are made by `benchmarks.data` where the folder has none.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from benchmarks.contest import apart
from benchmarks.data import number

SEQUENCES = (
    'message where kind = "clicked" then no order within 1d',
    'message where kind = "clicked" then order within 1d',
    'message where kind = "clicked" then order',
    'message where kind = "opened" then message within 7d where kind = "clicked" then order within 7d',
)
GROUPED = "GROUP BY"


def statement(folder: Path, contender: str) -> str:
    """A SELECT: a sequence's, or the GROUP BY."""
    if contender == GROUPED:
        tables = [f"SELECT customer FROM '{folder / name}.parquet'" for name in ("messages", "orders")]
        return f"SELECT customer, count(*) AS events FROM ({' UNION ALL '.join(tables)}) GROUP BY customer"
    import segdsl

    return segdsl.load(folder).compile(expression=f"sequence({contender})").rstrip().rstrip(";")


def run(folder: Path, contender: str) -> None:
    """Runs a statement, and prints what it took: seconds of CPU, and megabytes."""
    select = statement(folder, contender)
    connection = duckdb.connect()
    started = time.process_time()
    connection.execute(f"CREATE TEMP TABLE found AS {select}")
    cpu = time.process_time() - started
    print(json.dumps([cpu, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))


def main() -> None:
    if sys.argv[1:2] == ["--contender"]:
        run(Path(sys.argv[2]), sys.argv[3])
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=number, default=10_000)
    parser.add_argument("--orders", type=number, default=200_000)
    parser.add_argument("--events", type=number, default=500_000)
    parser.add_argument("--order", choices=("customer", "time", "none"), default="customer")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = (given.folder or Path(temporary)).resolve()
        if not (folder / "segdsl.yaml").exists():
            sizes = ["--customers", str(given.customers), "--orders", str(given.orders), "--events", str(given.events)]
            apart(["-m", "benchmarks.data", str(folder), *sizes, "--order", given.order])
        spent: dict[str, list[list[float]]] = {name: [] for name in (GROUPED, *SEQUENCES)}
        for _ in range(given.runs):
            for name, runs in spent.items():
                command = [sys.executable, "-m", "benchmarks.sequences", "--contender", str(folder), name]
                runs.append(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
    medians = {name: [statistics.median(part) for part in zip(*runs, strict=True)] for name, runs in spent.items()}
    print(f"{'CPU s':>9}{'MB':>9}{'times':>9}")
    for name, (cpu, memory) in medians.items():
        print(f"{cpu:9.2f}{memory:9.0f}{cpu / medians[GROUPED][0]:9.2f}  {name}")
    if given.json:
        given.json.write_text(json.dumps(medians, indent=2))


if __name__ == "__main__":
    main()
