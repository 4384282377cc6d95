"""What all shipped metrics of some segments cost, against the plain evaluation of these segments.

    python -m benchmarks.metrics [--customers 1M --orders 20M --events 50M --order time] [--segments 50] [--runs 3]

The data are made by `benchmarks.data` where the folder has none.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import asdict
from pathlib import Path

from benchmarks.catalogs import segments
from benchmarks.contest import contest, show
from benchmarks.data import generate, number

_PLAIN = "import segdsl\nwith segdsl.load({folder!r}).run() as result:\n    list(result.sizes)"
_METRICS = "import segdsl\nfound = segdsl.load({folder!r}).metrics()\nassert len(found.names) == 31, found.left_out"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=number, default=10_000)
    parser.add_argument("--orders", type=number, default=200_000)
    parser.add_argument("--events", type=number, default=500_000)
    parser.add_argument("--order", choices=("customer", "time", "none"), default="time")
    parser.add_argument("--segments", type=int, default=50)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        if not (folder / "segdsl.yaml").exists():
            generate(folder, given.customers, given.orders, given.events, given.order)
        (folder / "rules.seg").write_text("\n".join(segments(given.segments)) + "\n")
        found = contest(
            {
                "segments": ["-c", _PLAIN.format(folder=str(folder))],
                "segments and metrics": ["-c", _METRICS.format(folder=str(folder))],
            },
            given.runs,
        )
    show(found, "segments")
    if given.json:
        given.json.write_text(json.dumps({name: asdict(one) for name, one in found.items()}, indent=2))


if __name__ == "__main__":
    main()
