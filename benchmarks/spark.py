"""The catalog of the journey on a cluster of Spark and on one DuckDB: the same members, and how time grows with data.

    python -m benchmarks.spark [--times 1 10 50] [--only NAME …] [--memory 3g] [--partitions 8] [--json FILE]

The year of shopping is written to Parquet as often as `--times` says, each time with other households; both read the
same files. The cluster is a master and two workers with a core each on this machine (tests/spark_cluster.py), DuckDB
has two threads. Asked is what `segdsl run` asks: the size of each segment, and all members. A cluster is started for
each size, and warmed by a small question; its start does not count.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import yaml
from sqlglot import exp

import segdsl
from segdsl.engines.connect import connect
from segdsl.engines.describe import describe_model
from segdsl.engines.duckdb import DuckDB
from segdsl.model.model import Model
from segdsl.sql import DUCKDB, sql_text
from tests.spark_cluster import spark_cluster

JOURNEY = Path(__file__).parent.parent / "examples" / "journey"
# keys of households end below this
APART = 10_000
Members = dict[str, tuple[int, int]]


@dataclass(frozen=True)
class Asked:
    """Seconds of the clock for sizes and for members; how many each segment has, and the sum of their keys."""

    sizes: float
    members: float
    found: Members


def write_journey(folder: Path, times: int) -> dict[str, int]:
    """The journey over Parquet files, a folder of them per part of its model, with so many times the households; the
    rows of each part."""
    plain = yaml.safe_load((JOURNEY / "segdsl.yaml").read_text("utf-8"))
    model = segdsl.load(JOURNEY).model
    rows: dict[str, int] = {}
    with DuckDB(model, JOURNEY) as engine:
        schema, found = describe_model(model, engine)
        assert not [item for item in found if item.is_error]
        for part, held in schema.parts.items():
            kind, name = part
            key = _household_key(model, kind, name)
            columns = ", ".join(f'"{column}"' for column in held.columns if column != key)
            source = sql_text(exp.select("*").from_(exp.alias_(schema.tree(part), "t", table=True)), DUCKDB)
            table = engine.arrow(source)
            rows[name] = _write(table, folder / name, key, columns, times if key else 1)
    for kind in ("entities", "events", "lookups"):
        for name, part in plain[kind].items():
            part.pop("sql", None)
            part["table"] = name
    plain["tables"] = {name: f"{name}/*.parquet" for name in rows}
    (folder / "segdsl.yaml").write_text(yaml.safe_dump(plain, sort_keys=False))
    shutil.copytree(JOURNEY / "segments", folder / "segments")
    return rows


def _household_key(model: Model, kind: str, name: str) -> str | None:
    if kind == "entity":
        return model.entities[name].key.column
    return model.events[name].key.column if kind == "event" else None


def _write(table: pa.Table, folder: Path, key: str | None, columns: str, times: int) -> int:
    """A file for some times the rows each, so that several workers can read at once."""
    folder.mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.register("rows", table)
        for first in range(0, times, 5):
            last = min(first + 5, times)
            own = f'"{key}" + {APART} * n AS "{key}", ' if key else ""
            select = f"SELECT {own}{columns} FROM rows, range({first}, {last}) AS t(n)"
            connection.execute(f"COPY ({select}) TO '{folder / f'{first}.parquet'}' (FORMAT parquet)")
    return table.num_rows * times


def ask(folder: Path, names: Sequence[str], engine: str | None = None) -> Asked:
    """Sizes and members on an engine, or on DuckDB with two threads."""
    started = time.perf_counter()
    with segdsl.load(folder, threads=2).run(names, engine=engine, expect=False) as result:
        sizes = {size.segment: size.members for size in result.sizes}
        sized = time.perf_counter()
        held = result.members.group_by("segment").aggregate([("household_id", "sum")]).to_pylist()
        done = time.perf_counter()
    sums = {row["segment"]: row["household_id_sum"] for row in held}
    found = {name: (count, sums.get(name, 0)) for name, count in sizes.items()}
    return Asked(sized - started, done - sized, found)


@contextmanager
def on_spark(folder: Path, parts: Sequence[str], memory: str, partitions: int) -> Iterator[str]:
    """A cluster that knows the files as tables; its URL."""
    settings = {
        "spark.executor.memory": memory,
        "spark.sql.adaptive.enabled": "true",
        "spark.sql.shuffle.partitions": str(partitions),
    }
    with spark_cluster(settings, memory) as cluster:
        with connect(cluster.connect, folder) as session:
            for name in parts:
                session.execute(f"CREATE TABLE `{name}` USING parquet LOCATION 'file://{folder / name}'")
        yield cluster.connect


def measure(times: int, names: Sequence[str], memory: str, partitions: int) -> dict[str, object]:
    """Both on data of one size; fails where they differ."""
    with tempfile.TemporaryDirectory(prefix="segdsl-bench-") as temporary:
        folder = Path(temporary)
        rows = write_journey(folder, times)
        here = ask(folder, names)
        with on_spark(folder, list(rows), memory, partitions) as url:
            ask(folder, ["vip"], url)
            there = ask(folder, names, url)
    differ = [name for name in here.found if here.found[name] != there.found[name]]
    if differ:
        raise SystemExit(f"x{times}: {len(differ)} segments differ: {', '.join(differ[:10])}")
    total = sum(count for count, _ in here.found.values())
    return {
        "times": times, "rows": rows, "segments": len(here.found), "members": total,
        "duckdb": [here.sizes, here.members], "spark": [there.sizes, there.members],
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, nargs="+", default=[1, 10, 50])
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME")
    parser.add_argument("--memory", default="3g")
    parser.add_argument("--partitions", type=int, default=8)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    found = []
    for times in given.times:
        one = measure(times, given.only, given.memory, given.partitions)
        print(json.dumps(one), flush=True)
        found.append(one)
    if given.json:
        given.json.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
