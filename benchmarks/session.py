"""How quickly a session answers for one customer: `python -m benchmarks.session --customers 200000 --segments 300`.

Makes customers and orders from a seed, opens a session over a catalog of that many segments, asks for customers by
chance, puts in some events, and prints the milliseconds of both.
"""

from __future__ import annotations

import argparse
import datetime as dt
import random
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

import segdsl

MODEL = """
as_of: 2026-03-31
entities:
  customer:
    table: customers.parquet
    key: id
    attributes: {country: text, age: int, visits: int}
events:
  order: {of: customer, table: orders.parquet, key: customer, time: at, fields: {amount: decimal, channel: text}}
"""


def rules(count: int, chance: random.Random) -> str:
    """Segments of attributes (two in five), aggregates (two in five), references and scores (one in ten each)."""
    out: list[str] = []
    for number in range(count):
        kind = number % 10
        days, least = chance.choice((7, 30, 60, 90, 180, 365)), chance.randrange(1, 200)
        if kind < 4:
            countries = f'"C{chance.randrange(20)}", "C{chance.randrange(20)}"'
            rule = f"age >= {chance.randrange(18, 80)} and country in ({countries})"
        elif kind < 8:
            rule = f"count(order within {days}d) >= {1 + least % 4} and sum(order.amount within {days}d) >= {least}"
        elif kind == 8:
            rule = f"s{chance.randrange(number)} and not s{chance.randrange(number)}"
        else:
            rule = f"percentile(sum(order.amount within {days}d)) >= {chance.randrange(50, 100)}%"
        out.append(f"segment s{number} = {rule}")
    return "\n".join(out)


def make(folder: Path, customers: int, orders: int, segments: int, seed: int) -> None:
    (folder / "segdsl.yaml").write_text(MODEL)
    (folder / "rules.seg").write_text(rules(segments, random.Random(seed)))
    with duckdb.connect() as connection:
        connection.execute(
            f"""COPY (SELECT 'c' || i AS id, 'C' || hash(i + {seed}) % 20 AS country,
                (18 + hash(i + 1) % 70)::BIGINT AS age, (hash(i + 2) % 50)::BIGINT AS visits
                FROM range({customers}) AS r(i)) TO '{folder}/customers.parquet'"""
        )
        connection.execute(
            f"""COPY (SELECT 'c' || hash(i + {seed}) % {customers} AS customer,
                TIMESTAMP '2024-04-01' + to_seconds((hash(i + 1) % 63_000_000)::BIGINT) AS "at",
                (hash(i + 2) % 20_000 / 100)::DECIMAL(12, 2) AS amount, 'web' AS channel
                FROM range({orders}) AS r(i)) TO '{folder}/orders.parquet'"""
        )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--customers", type=int, default=200_000)
    arguments.add_argument("--orders", type=int, default=0, help="ten a customer where it is left out")
    arguments.add_argument("--segments", type=int, default=300)
    arguments.add_argument("--asked", type=int, default=2_000)
    arguments.add_argument("--updates", type=int, default=5)
    arguments.add_argument("--seed", type=int, default=1)
    given = arguments.parse_args()
    chance = random.Random(given.seed)
    with TemporaryDirectory() as folder:
        make(Path(folder), given.customers, given.orders or 10 * given.customers, given.segments, given.seed)
        begun = time.perf_counter()
        with segdsl.load(folder).session() as session:
            print(f"opened in {time.perf_counter() - begun:.1f} s")
            asked = []
            for _ in range(given.asked):
                key = f"c{chance.randrange(given.customers)}"
                begun = time.perf_counter()
                session.member(key)
                asked.append((time.perf_counter() - begun) * 1_000)
            asked.sort()
            print(f"member: median {asked[len(asked) // 2]:.2f} ms, p99 {asked[len(asked) * 99 // 100]:.2f} ms")
            updated = []
            for _ in range(given.updates):
                key, at = f"c{chance.randrange(given.customers)}", dt.datetime(2026, 3, 30)
                begun = time.perf_counter()
                session.update(key, {"order": [{"at": at, "amount": 50}]})
                updated.append(time.perf_counter() - begun)
            if updated:
                print(f"update: {sorted(updated)[len(updated) // 2]:.2f} s in the middle")


if __name__ == "__main__":
    main()
