"""All segments of a catalog against what people do today and against the least that reading the data costs.

    python -m benchmarks.speed [--customers 1M --orders 20M --events 50M --order time] [--segments 300] [--runs 3]
    python -m benchmarks.speed --segments 300 2000 [--memory-limit 2GB]

Each contender runs in a process of its own, in turns: `segdsl` to one wide table; `handwritten`, a DuckDB query per
segment; `floor`, one GROUP BY per table of events; `polars` (streaming) and `chdb` the same aggregates. With `--check`
the members of segdsl and of the queries by hand are compared instead. With several sizes of the catalog segdsl is held
against itself: each size against the first. With a memory limit it runs once more within it.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
import tempfile
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path

import duckdb

from benchmarks.catalogs import segments
from benchmarks.contest import apart, contest, show
from benchmarks.data import number
from benchmarks.handwritten import TABLES, Aggregate, aggregate, queries

Members = dict[str, tuple[int, int]]


def run_segdsl(folder: Path, check: bool = False, memory_limit: str | None = None) -> Members:
    """Everybody's answers as one table; with `check` the members and the sum of their keys."""
    import segdsl

    with segdsl.load(folder).run(memory_limit=memory_limit) as result:
        if not check:
            return {}
        sums: Members = {size.segment: (0, 0) for size in result.sizes}
        for row in result.members.group_by("segment").aggregate([("id", "count"), ("id", "sum")]).to_pylist():
            sums[row["segment"]] = (row["id_count"], row["id_sum"])
        return sums


def run_handwritten(folder: Path, check: bool = False) -> Members:
    """One query after the other, each to a table of its own."""
    connection = _duckdb(folder)
    found: Members = {}
    for name, query in queries((folder / "rules.seg").read_text().splitlines()).items():
        connection.execute(f"CREATE TEMP TABLE {name} AS {query}")
        if check:
            row = connection.execute(f"SELECT count(*), coalesce(sum(id), 0) FROM {name}").fetchone()
            assert row is not None
            found[name] = (row[0], int(row[1]))
    return found


def run_floor(folder: Path) -> None:
    connection = _duckdb(folder)
    for table in {of.table for of in _aggregates(folder)}:
        connection.execute(
            f"CREATE TEMP TABLE n_{table} AS SELECT customer, count(*) AS n FROM {table} GROUP BY customer"
        )


def run_polars(folder: Path) -> None:
    import polars as pl

    for table, found in _by_table(folder).items():
        columns = []
        for index, of in enumerate(found):
            held = pl.sql_expr(of.where.replace("INTERVAL ", "INTERVAL '").replace(" DAY", " days'"))
            chosen = pl.col(of.column or "at").filter(held)
            method = {"count": "count", "sum": "sum", "max": "max", "avg": "mean"}[of.kind]
            columns.append(getattr(chosen, method)().alias(f"a{index}"))
        pl.scan_parquet(folder / f"{table}.parquet").group_by("customer").agg(columns).collect(engine="streaming")


def run_chdb(folder: Path) -> None:
    import chdb

    for table, found in _by_table(folder).items():
        columns = []
        for of in found:
            held = re.sub(r"TIMESTAMP ('[^']*')", r"toDateTime64(\1, 6)", of.where)
            columns.append(f"{of.kind}If({f'{of.column}, ' if of.column else ''}{held})")
        source = f"file('{folder / table}.parquet', Parquet)"
        chdb.query(f"SELECT customer, {', '.join(columns)} FROM {source} GROUP BY customer FORMAT Null")


def _aggregates(folder: Path) -> list[Aggregate]:
    """The different aggregates that the rules of a folder read."""
    text = (folder / "rules.seg").read_text()
    found = re.findall(r"(?:count|sum|max|avg)\((?:order|message|survey|ticket|touch)[^()]*\)", text)
    return [aggregate(one) for one in dict.fromkeys(found)]


def _by_table(folder: Path) -> dict[str, list[Aggregate]]:
    out: dict[str, list[Aggregate]] = {}
    for of in _aggregates(folder):
        out.setdefault(of.table, []).append(of)
    return out


def _duckdb(folder: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    for table in ("customers", *TABLES.values()):
        connection.execute(f"CREATE VIEW {table} AS FROM '{folder / table}.parquet'")
    return connection


def check(folder: Path) -> None:
    """Holds the members of both against one another."""
    ours, theirs = run_segdsl(folder, True), run_handwritten(folder, True)
    differ = [name for name in theirs if ours[name] != theirs[name]]
    if differ:
        raise SystemExit(f"{len(differ)} segments differ: {', '.join(differ[:10])}")
    print(f"{len(theirs)} segments have the same members")


def run_within(folder: Path, memory_limit: str) -> None:
    run_segdsl(folder, memory_limit=memory_limit)


def twin(folder: Path, size: int, to: Path) -> Path:
    """A folder with the same data, and so many segments."""
    to.mkdir()
    for file in folder.glob("*.parquet"):
        (to / file.name).symlink_to(file.resolve())
    shutil.copy(folder / "segdsl.yaml", to)
    (to / "rules.seg").write_text("\n".join(segments(size)) + "\n")
    return to


def main() -> None:
    if sys.argv[1:2] == ["--contender"]:
        globals()[f"run_{sys.argv[2]}"](Path(sys.argv[3]), *sys.argv[4:])
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=number, default=10_000)
    parser.add_argument("--orders", type=number, default=200_000)
    parser.add_argument("--events", type=number, default=500_000)
    parser.add_argument("--order", choices=("customer", "time", "none"), default="customer")
    parser.add_argument("--segments", type=int, nargs="+", default=[300])
    parser.add_argument("--memory-limit")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        if not (folder / "segdsl.yaml").exists():
            rows = ["--customers", str(given.customers), "--orders", str(given.orders), "--events", str(given.events)]
            apart(["-m", "benchmarks.data", str(folder), *rows, "--order", given.order])
        (folder / "rules.seg").write_text("\n".join(segments(given.segments[0])) + "\n")
        if given.check:
            check(folder)
            return
        command = ["-m", "benchmarks.speed", "--contender"]
        if len(given.segments) == 1:
            names = ["segdsl", "handwritten", "floor", *(name for name in ("polars", "chdb") if find_spec(name))]
            contenders = {name: [*command, name, str(folder)] for name in names}
            sizes = {"segdsl": folder}
        else:
            sizes = {
                f"{size} segments": twin(folder, size, Path(temporary) / f"{size} segments") for size in given.segments
            }
            contenders = {name: [*command, "segdsl", str(of_size)] for name, of_size in sizes.items()}
        if given.memory_limit:
            for name, of_size in sizes.items():
                contenders[f"{name}, {given.memory_limit}"] = [*command, "within", str(of_size), given.memory_limit]
        found = contest(contenders, given.runs)
    show(found, "floor" if "floor" in found else next(iter(found)))
    if given.json:
        given.json.write_text(json.dumps({name: asdict(one) for name, one in found.items()}, indent=2))


if __name__ == "__main__":
    main()
