"""Scores in a session: what is held to bring them up to date is never older than what a customer is answered of."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

import segdsl
from segdsl import Catalog

MODEL = """
as_of: 2026-03-31
entities:
  customer: {table: customers, key: id, attributes: {visits: int}}
  account: {table: accounts, key: id}
events:
  order: {of: customer, table: orders, key: customer, time: at, fields: {amount: decimal}}
  message: {of: customer, table: messages, key: customer, time: at}
  login: {of: account, table: logins, key: account, time: at}
"""
DAY = dt.datetime(2026, 3, 31)
Event = tuple[str, dt.datetime]


def _catalog(folder: Path, rules: str) -> Catalog:
    (folder / "segdsl.yaml").write_text(MODEL)
    (folder / "rules.seg").write_text(rules)
    return segdsl.load(folder)


def _data(customers: str, orders: list[Event] | None = None, **events: list[Event]) -> dict[str, Any]:
    """Tables of the customers, each with one visit more than the one before, and of events by their keys."""

    def table(key: str, rows: list[Event]) -> pa.Table:
        kinds = {key: pa.string(), "at": pa.timestamp("us")}
        return pa.table({name: pa.array([row[place] for row in rows], kind)
                         for place, (name, kind) in enumerate(kinds.items())})  # fmt: skip

    of_orders = table("customer", orders or [])
    amounts = pa.array([Decimal(1)] * len(of_orders), pa.decimal128(10, 2))
    return {
        "customers": pa.table({"id": list(customers), "visits": range(1, len(customers) + 1)}),
        "accounts": pa.table({"id": ["x", "y"]}),
        "orders": of_orders.append_column("amount", amounts),
        "messages": table("customer", events.get("messages", [])),
        "logins": table("account", events.get("logins", [])),
    }


def _of_a_run(catalog: Catalog, data: dict[str, Any], key: str, as_of: dt.datetime = DAY) -> set[str]:
    with catalog.run(as_of=as_of, data=data) as result:
        return {row["segment"] for row in result.members.to_pylist() if key in row.values()}


def test_what_an_event_of_another_entity_moved_on_is_held_anew(tmp_path: Path) -> None:
    catalog = _catalog(
        tmp_path,
        "segment best = percentile(count(order within 10d)) >= 50%\nsegment seen of account = any(login)\n",
    )
    orders = [("a", DAY - dt.timedelta(days=5)), ("a", DAY - dt.timedelta(days=4)), ("b", DAY - dt.timedelta(days=1))]
    first, later = DAY - dt.timedelta(days=8), DAY + dt.timedelta(days=8)
    with catalog.session(data=_data("abc", orders)) as session:
        session.update("c", {"order": [{"at": first, "amount": 1}]})
        # by then what was held of `a` and `c` is out of the window
        session.update("x", {"login": [{"at": later}]}, as_of=later, entity="account")
        session.update("c", {"order": [{"at": later, "amount": 1}]}, as_of=later)
        now = _data("abc", [*orders, ("c", first), ("c", later)], logins=[("x", later)])
        for key in "abc":
            assert set(session.member(key).segments) == _of_a_run(catalog, now, key, later)


def test_who_was_not_in_the_saved_run_gets_a_score_by_an_event_that_it_does_not_read(tmp_path: Path) -> None:
    catalog = _catalog(tmp_path, "segment often = percentile(visits) >= 50%\nsegment told = any(message)\n")
    catalog.run(save=True, data=_data("ab")).close()
    with catalog.session(saved=True, data=_data("abc")) as session:
        session.update("c", {"message": [{"at": DAY}]})
        found = set(session.member("c").segments)
    assert found == _of_a_run(catalog, _data("abc", messages=[("c", DAY)]), "c") == {"often", "told"}
