"""A session says of everybody what a run over the same data says, whoever had new events."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from segdsl import Catalog, load
from segdsl.session import Session
from tests.laws.test_meaning_laws import law
from tests.laws.worlds import Picker, picker

_AS_OF = dt.datetime(2026, 3, 31)
_MODEL = """
as_of: 2026-03-31
entities:
  customer:
    table: customers
    key: id
    attributes: {country: text, visits: int}
    parent: {entity: account, key: account}
  account: {table: accounts, key: id}
events:
  order: {of: customer, table: orders, key: customer, time: at, fields: {amount: decimal, channel: text}}
  message: {of: customer, table: messages, key: customer, time: at, fields: {kind: text}}
"""
_VALUES = (
    "count(order)",
    "sum(order.amount within 30d)",
    "sum(order.amount within 90d) / count(order)",
    "max(order.amount)",
    "last(order.channel)",
    "count(message) + visits",
    "visits",
)
_AMONG = ("", " among orders > 0", " among visits > 1", " among spent > 1_000")
_TRAITS = "trait orders = count(order)\ntrait spent = sum(order.amount)\n"
# of each way to be told: alone, by others through scores of some kinds, and by others otherwise
_OTHERS = (
    "segment rare = percentile(count(order) per country) >= 50%",
    "segment first_ = rank(spent) <= 2",
    "segment twice = percentile(quintile(spent)) >= 50%",
    "segment after = count(order where amount > customer.spent_score) >= 1\ntrait spent_score = quintile(spent)",
)
_ALWAYS = """
segment often = count(order within 30d) >= 2
segment lately = any(order within 30d)
segment reached = any(message) and visits > 1
segment quiet = not any(order)
segment of_web = last(order.channel) = "web" and often
segmentation tier { gold when spent >= 3  some when any(order)  told when any(message) }
segment big of account = sum(customer.orders) >= 3
segment upper of account = percentile(count(customer)) >= 50%
"""


@st.composite
def sessions(draw: st.DrawFn) -> tuple[Picker, str]:
    pick = picker(draw)
    lines = [_TRAITS, _ALWAYS]
    for number in range(pick.one((3, 1, 5))):
        values = f"{pick.one(_VALUES)}{pick.one(_AMONG)}"
        percents = pick.one((50, 80, 20, 1, 99, 0))
        lines.append(f"segment s{number} = percentile({values}) {pick.one(('>=', '>', '<'))} {percents}%")
        lines.append(
            f"segment p{number} = quantile({pick.one((2, 3, 5))}, {values}) = {pick.one((1, 2))} and not often"
        )
    lines += [line for line in _OTHERS if pick.chance(15)]
    return pick, "\n".join(lines)


@law(0.08)
@given(sessions())
def test_a_session_says_of_everybody_what_a_run_says(found: tuple[Picker, str]) -> None:
    pick, rules = found
    size = pick.one((6, 1, 12))
    tables: dict[str, list[dict[str, Any]]] = {
        "accounts": [{"id": number} for number in range(3)],
        "customers": [
            {
                "id": number,
                "country": pick.maybe(("DE", "FR")),
                "visits": pick.maybe((0, 1, 2, 3)),
                "account": pick.maybe((0, 1, 2)),
            }
            for number in range(size)
        ],
        "orders": [_order(pick, pick.number(0, size)) for _ in range(pick.one((8, 0, 20)))],
        "messages": [_message(pick, pick.number(0, size)) for _ in range(pick.one((3, 0)))],
    }
    as_of = _AS_OF
    # 31 March is two days behind a night that lacks an hour in Berlin, where these times do not lie
    zone, is_zoned = pick.one(("UTC", "Europe/Berlin")), pick.chance(30)
    key_type = pick.one((pa.int64(), pa.float64(), pa.int32(), pa.decimal128(10, 2)))

    def data() -> dict[str, pa.Table]:
        return _data(tables, key_type, is_zoned, zone)

    with TemporaryDirectory() as folder:
        (Path(folder) / "segdsl.yaml").write_text(f"timezone: {zone}\n{_MODEL}")
        (Path(folder) / "rules.seg").write_text(rules)
        catalog = load(folder)
        with catalog.session(data=data()) as session:
            for _ in range(pick.one((4, 1, 6))):
                key = pick.number(0, size - 1)
                as_of += dt.timedelta(days=pick.one((0, 0, 30, 1)))
                made = (
                    [_order(pick, key) for _ in range(pick.one((1, 1, 2, 0)))],
                    [_message(pick, key) for _ in range(pick.one((0, 0, 1)))],
                )
                before = session.member(str(key)).segments
                moved = session.update(
                    str(key), dict(zip(("order", "message"), map(_events, made), strict=True)), as_of=as_of
                )
                for name, rows in zip(("orders", "messages"), made, strict=True):
                    tables[name] += rows
                now = session.member(str(key)).segments
                assert set(moved.entered) == {*now} - {*before}
                assert set(moved.left) == {*before} - {*now}
                _assert_alike(catalog, session, data(), as_of, size)


def _assert_alike(catalog: Catalog, session: Session, data: dict[str, pa.Table], as_of: dt.datetime, size: int) -> None:
    """Of everybody, whoever was asked about before."""
    with catalog.run(as_of=as_of, data=data) as result:
        members = result.members.to_pylist()
    for entity, count in (("account", 3), ("customer", size)):
        rows = [row for row in members if row["entity"] == entity]
        for number in range(count):
            expected = {one["segment"] for one in rows if one["key"] == str(number)}
            assert set(session.member(str(number), entity).segments) == expected


def _order(pick: Picker, customer: int) -> dict[str, Any]:
    amount = pick.maybe([Decimal(pick.number(-2, 6)) / 2])
    return {"customer": customer, "at": _time(pick), "amount": amount, "channel": pick.maybe(("web", "app"))}


def _message(pick: Picker, customer: int) -> dict[str, Any]:
    return {"customer": customer, "at": _time(pick), "kind": pick.maybe(("sent", "opened"))}


def _time(pick: Picker) -> dt.datetime:
    return _AS_OF - dt.timedelta(days=pick.one((1, 10, 29, 30, 31, 90, 200)), microseconds=pick.number(0, 1_000))


def _events(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name != "customer"} for row in rows]


def _data(tables: dict[str, list[dict[str, Any]]], key: pa.DataType, is_zoned: bool, zone: str) -> dict[str, pa.Table]:
    """The tables, with keys of orders of a type, and their times on the clocks of a zone, or as instants."""
    decimal, time = pa.decimal128(12, 2), pa.timestamp("us")
    columns = {
        "accounts": {"id": pa.int64()},
        "customers": {"id": pa.int64(), "country": pa.string(), "visits": pa.int64(), "account": pa.int64()},
        "orders": {"customer": key, "at": pa.timestamp("us", "UTC") if is_zoned else time, "amount": decimal,
                   "channel": pa.string()},
        "messages": {"customer": pa.int64(), "at": time, "kind": pa.string()},
    }  # fmt: skip
    orders = [{**row, "at": row["at"].replace(tzinfo=ZoneInfo(zone))} for row in tables["orders"]]
    rows = {**tables, "orders": orders if is_zoned else tables["orders"]}
    return {name: pa.Table.from_pylist(rows[name], schema=pa.schema(columns[name])) for name in tables}
