"""What it takes to parse, check and plan a catalog and to write its SQL: CPU seconds of processes, as medians.

    python -m benchmarks.planning [--sizes 10,300,2000] [--runs 5]

Each size of `benchmarks.catalogs`, on small data, in processes of its own, in turns: as they are for whoever calls
`segdsl.load(folder).compile()`. The imports come first, by a catalog of one segment, and are counted in the second
column alone. Where sqlglot's compiled extra is installed, both are measured, with it and without.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.machinery import SOURCE_SUFFIXES, FileFinder, SourceFileLoader
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from benchmarks.catalogs import segments
from benchmarks.data import generate

SIZES = "10,300,2000"


class Spent(NamedTuple):
    """Seconds of CPU of one process."""

    without_imports: float
    with_imports: float


def is_compiled() -> bool:
    """Whether sqlglot's compiled extra is installed."""
    found = find_spec("sqlglot.generator")
    return found is not None and found.origin is not None and not found.origin.endswith(".py")


def make(folder: Path, size: int) -> Path:
    """A catalog of that many segments beside the one of the data, whose tables it reads."""
    here = folder / str(size)
    here.mkdir(exist_ok=True)
    for file in folder.glob("*.parquet"):
        (here / file.name).symlink_to(file)
    (here / "segdsl.yaml").write_text((folder / "segdsl.yaml").read_text())
    (here / "rules.seg").write_text("\n".join(segments(size)) + "\n")
    return here


def plan(small: Path, folder: Path) -> Spent:
    """Plans a catalog in this process, after a small one that brings the imports."""
    import segdsl

    segdsl.load(small).compile()
    before = time.process_time()
    segdsl.load(folder).compile()
    after = time.process_time()
    return Spent(after - before, after)


def measure(small: Path, folder: Path, as_source: bool = False) -> Spent:
    """Plans a catalog in a process of its own, with sqlglot as it is installed or as its source."""
    command = [sys.executable, "-m", "benchmarks.planning", "--plan", str(small), str(folder)]
    done = subprocess.run([*command, *(["--as-source"] if as_source else [])], stdout=subprocess.PIPE, check=True)
    return Spent(*json.loads(done.stdout))


def read_source() -> None:
    """From here on sqlglot is imported as its source, compiled or not."""

    def finder(path: str) -> FileFinder:
        if "sqlglot" not in Path(path).parts:
            raise ImportError
        return FileFinder(path, (SourceFileLoader, SOURCE_SUFFIXES))

    sys.path_hooks.insert(0, finder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--sizes", default=SIZES)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--plan", nargs=2, type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--as-source", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.as_source:
        read_source()
    if given.plan:
        print(json.dumps(plan(*given.plan)))
        return
    sizes = [int(size) for size in given.sizes.split(",")]
    kinds = {"": False} if not is_compiled() else {", sqlglot as source": True, ", sqlglot compiled": False}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        generate(folder, 1_000, 10_000, 10_000)
        small = make(folder, 1)
        catalogs = {size: make(folder, size) for size in sizes}
        found: dict[str, list[Spent]] = {}
        for run in range(given.runs + 1):  # the first time is to have everything compiled and kept
            for size, catalog in catalogs.items():
                for kind, as_source in kinds.items():
                    spent = measure(small, catalog, as_source)
                    if run:
                        found.setdefault(f"{size:,} segments{kind}", []).append(spent)
    print(f"{'':40}{'CPU s':>8}{'with imports':>14}")
    for title, all_ in found.items():
        without, whole = (statistics.median(column) for column in zip(*all_, strict=True))
        print(f"{title:40}{without:8.2f}{whole:14.2f}")


if __name__ == "__main__":
    main()
