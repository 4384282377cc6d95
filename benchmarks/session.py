"""How quickly a session answers for one customer, and what new events of one cost.

    python -m benchmarks.session [--customers 1M --orders 20M --events 50M --order time] [--segments 300] [--saved]

Makes the data of `benchmarks.data` and a catalog of that many segments, opens a session on them, or with `--saved` on
the answers of a run that was saved before, asks for customers by chance, and puts an order of each of some in. Prints
the milliseconds, those of the processor too, and the memory that the process took at most.
"""

from __future__ import annotations

import argparse
import datetime as dt
import random
import resource
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import segdsl
from benchmarks.catalogs import segments
from benchmarks.contest import apart
from benchmarks.data import AS_OF, number


class Watch:
    """Seconds since it was made, on the wall and of the processor."""

    def __init__(self) -> None:
        self.begun, self.spent = time.perf_counter(), time.process_time()

    def told(self) -> tuple[float, float]:
        return time.perf_counter() - self.begun, time.process_time() - self.spent


def show(what: str, found: list[tuple[float, float]]) -> None:
    wall, spent = (sorted(one[place] for one in found) for place in (0, 1))
    middle, late = len(found) // 2, len(found) * 99 // 100
    print(
        f"{what}: median {wall[middle] * 1_000:.2f} ms ({spent[middle] * 1_000:.2f} of the processor), "
        f"p99 {wall[late] * 1_000:.2f} ms, {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_000:,.0f} MB"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=number, default=10_000)
    parser.add_argument("--orders", type=number, default=200_000)
    parser.add_argument("--events", type=number, default=500_000)
    parser.add_argument("--order", choices=("customer", "time", "none"), default="customer")
    parser.add_argument("--segments", type=int, default=300)
    parser.add_argument("--saved", action="store_true")
    parser.add_argument("--asked", type=int, default=2_000)
    parser.add_argument("--updates", type=int, default=10)
    parser.add_argument("--folder", type=Path, help="of data that are there already")
    given = parser.parse_args()
    chance = random.Random(1)
    with TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        if not (folder / "segdsl.yaml").exists():
            sizes = ["--customers", str(given.customers), "--orders", str(given.orders), "--events", str(given.events)]
            apart(["-m", "benchmarks.data", str(folder), *sizes, "--order", given.order])
        (folder / "rules.seg").write_text("\n".join(segments(given.segments)) + "\n")
        if given.saved:
            apart(["-c", f"import segdsl; segdsl.load({str(folder)!r}).run(save=True).close()"])
        watch = Watch()
        with segdsl.load(folder).session(saved=given.saved) as session:
            show("opened", [watch.told()])
            found = []
            for _ in range(given.asked):
                key = str(chance.randrange(given.customers) + 1)
                watch = Watch()
                session.member(key)
                found.append(watch.told())
            show("member", found)
            at = dt.datetime.fromisoformat(AS_OF) - dt.timedelta(days=1)
            found = []
            for place in range(given.updates):
                key = str(chance.randrange(given.customers) + 1)
                watch = Watch()
                session.update(key, {"order": [{"at": at, "amount": 50, "channel": "web"}]})
                found.append(watch.told())
                if not place:
                    show("first update", found)
            if found[1:]:
                show("update", found[1:])


if __name__ == "__main__":
    main()
