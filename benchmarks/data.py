"""Realistic data of any size from a seed: customers, orders, and the other events of a shop.

    python -m benchmarks.data FOLDER --customers 1M --orders 20M --events 50M [--order customer|time|none]

Writes a Parquet file per table and a `segdsl.yaml` over them. How often a customer buys has a negative binomial
distribution (with one success: the geometric one), what an order is worth a Pareto distribution; a customer has 20
attributes, most of them unknown for some. `--events` are messages; surveys, reviews, tickets and touches are a
hundredth of the orders each. `--order` says how the events' files are sorted.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import duckdb

AS_OF = "2026-03-31"
NUMBERS = {"k": 1_000, "m": 1_000_000}
ATTRIBUTES = {
    "country": ("text", "CASE WHEN u(i, 1) < 0.05 THEN NULL ELSE ['DE','FR','GB','ES','IT','NL','PL','SE'][1 + CAST(floor(8 * u(i, 2) ** 2) AS INT)] END"),  # noqa: E501
    "city": ("text", "'city ' || CAST(floor(2000 * u(i, 3) ** 3) AS INT)"),
    "signup": ("timestamp", f"TIMESTAMP '{AS_OF}' - to_seconds(CAST(floor(u(i, 4) * 4 * 31536000) AS BIGINT))"),
    "birth_date": ("date", f"CASE WHEN u(i, 5) < 0.3 THEN NULL ELSE DATE '{AS_OF}' - CAST(6570 + floor(u(i, 6) * 21900) AS INT) END"),  # noqa: E501
    "newsletter": ("bool", "CASE WHEN u(i, 7) < 0.2 THEN NULL ELSE u(i, 8) < 0.4 END"),
    "visits": ("int", "CAST(floor(-30 * ln(1 - u(i, 9))) AS BIGINT)"),
    "credit": ("decimal", "CASE WHEN u(i, 10) < 0.1 THEN NULL ELSE CAST(1000 * u(i, 11) ** 4 AS DECIMAL(12, 2)) END"),
    "came_by": ("text", "['search','social','affiliate','friend'][1 + CAST(floor(4 * u(i, 12)) AS INT)]"),
} | {
    f"trait_{n}": ("int", f"CASE WHEN u(i, {20 + n}) >= 0.15 THEN CAST(floor(100 * u(i, {40 + n})) AS BIGINT) END")
    for n in range(1, 13)
}  # fmt: skip
_EVENTS = {
    "orders": (
        "CAST(10 * (1 - u(j, 101)) ** (-1 / 2.5) AS DECIMAL(12, 2)) AS amount,"
        " CASE WHEN u(j, 102) < 0.1 THEN CAST(1 + 9 * u(j, 103) AS DECIMAL(12, 2)) END AS coupon,"
        " ['web','app','store'][1 + CAST(floor(3 * u(j, 104)) AS INT)] AS channel"
    ),
    "messages": (
        "['sent','sent','sent','delivered','delivered','delivered','opened','clicked','bounced','unsubscribed']"
        "[1 + CAST(floor(10 * u(j, 105)) AS INT)] AS kind,"
        " ['email','push','sms'][1 + CAST(floor(3 * u(j, 106)) AS INT)] AS channel"
    ),
    "surveys": "CAST(floor(11 * u(j, 107)) AS BIGINT) AS score",
    "reviews": (
        "CAST(1 + floor(5 * u(j, 108)) AS BIGINT) AS rating, CAST(2 * u(j, 109) - 1 AS DECIMAL(4, 2)) AS sentiment"
    ),
    "tickets": "['delivery','payment','other'][1 + CAST(floor(3 * u(j, 110)) AS INT)] AS topic",
    "touches": "CAST(3 * u(j, 111) AS DECIMAL(8, 2)) AS cost, 'ad ' || CAST(floor(20 * u(j, 112)) AS INT) AS campaign",
}  # fmt: skip
# a number from 0 to 1 of a row and a seed. The hash of two values is that of each, mixed so little that numbers of two
# seeds would go together; hashed once more they do not
_RANDOM = "CREATE MACRO u(n, seed) AS (hash(hash(n, seed)) >> 11)::DOUBLE / 9007199254740992.0"
MODEL = """\
name: generated
as_of: {as_of}
entities:
  customer: {{table: customers.parquet, key: id, attributes: {{{attributes}}}}}
events:
  order:
    {{of: customer, table: orders.parquet, key: customer, time: at,
     fields: {{amount: decimal, coupon: decimal, channel: text}}}}
  message:
    {{of: customer, table: messages.parquet, key: customer, time: at, fields: {{kind: text, channel: text}}}}
  survey: {{of: customer, table: surveys.parquet, key: customer, time: at, fields: {{score: int}}}}
  review: {{of: customer, table: reviews.parquet, key: customer, time: at, fields: {{rating: int, sentiment: decimal}}}}
  ticket: {{of: customer, table: tickets.parquet, key: customer, time: at, fields: {{topic: text}}}}
  touch: {{of: customer, table: touches.parquet, key: customer, time: at, fields: {{cost: decimal, campaign: text}}}}
"""


def number(text: str) -> int:
    """`1M`, `20k` and `500` as numbers."""
    unit = NUMBERS.get(text[-1:].casefold())
    return int(float(text[:-1]) * unit) if unit else int(text)


def generate(folder: Path, customers: int, orders: int, events: int, order: str = "customer") -> None:
    """Writes the tables and the model into a folder; the same for the same sizes."""
    folder.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect()
    connection.execute(_RANDOM)
    columns = ", ".join(f"{sql} AS {name}" for name, (_, sql) in ATTRIBUTES.items())
    population = f"FROM range(1, {customers} + 1) AS t(i)"
    _write(connection, f"SELECT i AS id, {columns} {population}", folder / "customers.parquet")
    rare = dict.fromkeys(("surveys", "reviews", "tickets", "touches"), orders // 100)
    sizes = {"orders": orders, "messages": events, **rare}
    sorts = {"customer": 'ORDER BY customer, "at"', "time": 'ORDER BY "at", customer', "none": ""}
    for seed, (name, fields) in enumerate(_EVENTS.items()):
        mean = max(sizes[name] / customers, 0.001)
        count = f"CAST(floor(ln(1 - u(i, {200 + seed})) / ln({mean} / ({mean} + 1))) AS BIGINT)"
        each = f"SELECT i, unnest(range({count})) AS n {population}"
        at = f"TIMESTAMP '{AS_OF}' - to_seconds(CAST(floor(u(j, {300 + seed}) ** 1.5 * 730 * 86400) AS BIGINT))"
        inner = f"SELECT i, i * 1000003 + n * 8 + {seed} AS j FROM ({each})"
        rows = f'SELECT i AS customer, {at} AS "at", {fields} FROM ({inner})'
        _write(connection, f"{rows} {sorts[order]}", folder / f"{name}.parquet")
    attributes = ", ".join(f"{name}: {kind}" for name, (kind, _) in ATTRIBUTES.items())
    (folder / "segdsl.yaml").write_text(MODEL.format(as_of=AS_OF, attributes=attributes))


def _write(connection: duckdb.DuckDBPyConnection, select: str, path: Path) -> None:
    connection.execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--customers", type=number, default=10_000)
    parser.add_argument("--orders", type=number, default=200_000)
    parser.add_argument("--events", type=number, default=500_000)
    parser.add_argument("--order", choices=("customer", "time", "none"), default="customer")
    given = parser.parse_args()
    generate(given.folder, given.customers, given.orders, given.events, given.order)


if __name__ == "__main__":
    main()
