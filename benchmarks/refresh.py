"""What a day costs: `run --save` against `run --save --incremental`, with a thousandth of the orders and messages new.

    python -m benchmarks.refresh [--customers 1M --orders 20M --events 50M] [--segments 300] [--runs 3] [--folder DIR]

Both begin with the same store, which a run of the day before has left; each in a process of its own, in turns.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path

import duckdb

from benchmarks.catalogs import segments
from benchmarks.contest import apart, contest, show
from benchmarks.data import AS_OF, number

_RUN = """
import shutil, segdsl
shutil.rmtree({folder!r} + "/.segdsl")
shutil.copytree({store!r}, {folder!r} + "/.segdsl")
with segdsl.load({folder!r}).run(save=True, incremental={incremental}, as_of="2026-04-01") as result:
    assert not {incremental} or result.refreshed.since is not None, result.refreshed
"""


def split(folder: Path) -> None:
    """Puts each of the two large tables into a folder of its own, so that a day is a file more."""
    for table in ("orders", "messages"):
        (folder / table).mkdir()
        (folder / f"{table}.parquet").rename(folder / table / "old.parquet")
    model = folder / "segdsl.yaml"
    text = model.read_text()
    model.write_text(
        text.replace("orders.parquet", "orders/*.parquet").replace("messages.parquet", "messages/*.parquet")
    )


def add_day(folder: Path) -> None:
    """A thousandth of the events once more, at some time of the day after."""
    connection = duckdb.connect()
    for table in ("orders", "messages"):
        old = folder / table / "old.parquet"
        time = f"TIMESTAMP '{AS_OF}' + to_seconds(CAST(hash(\"at\", customer) % 86400 AS BIGINT))"
        rows = f'SELECT * REPLACE ({time} AS "at") FROM \'{old}\' WHERE hash("at", customer, 7) % 1000 = 0'
        connection.execute(f"COPY ({rows}) TO '{folder / table / 'new.parquet'}' (FORMAT parquet)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=number, default=10_000)
    parser.add_argument("--orders", type=number, default=200_000)
    parser.add_argument("--events", type=number, default=500_000)
    parser.add_argument("--segments", type=int, default=300)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        if not (folder / "segdsl.yaml").exists():
            sizes = ["--customers", str(given.customers), "--orders", str(given.orders), "--events", str(given.events)]
            apart(["-m", "benchmarks.data", str(folder), *sizes, "--order", "time"])
            split(folder)
        (folder / "rules.seg").write_text("\n".join(segments(given.segments)) + "\n")
        for table in ("orders", "messages"):
            (folder / table / "new.parquet").unlink(missing_ok=True)
        shutil.rmtree(folder / ".segdsl", ignore_errors=True)
        apart(["-c", f"import segdsl; segdsl.load({str(folder)!r}).run(save=True, incremental=True).close()"])
        add_day(folder)
        store = folder / "store"
        shutil.rmtree(store, ignore_errors=True)
        shutil.copytree(folder / ".segdsl", store)
        known = {"folder": str(folder), "store": str(store)}
        found = contest(
            {
                "full": ["-c", _RUN.format(incremental=False, **known)],
                "incremental": ["-c", _RUN.format(incremental=True, **known)],
            },
            given.runs,
        )
    show(found, "incremental")
    if given.json:
        given.json.write_text(json.dumps({name: asdict(one) for name, one in found.items()}, indent=2))


if __name__ == "__main__":
    main()
