"""Sessions over several entities: whose events they are, and up to when."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pyarrow as pa
import pytest

from segdsl import Catalog, SegdslError, load

MODEL = """\
as_of: 2026-03-31T12:00
entities:
  customer: {table: customers, key: id}
  account: {table: accounts, key: id}
events:
  order: {of: customer, table: orders, key: cust, time: t}
  login: {of: account, table: logins, key: acc, time: t}
"""
RULES = """\
segment buyers of customer = any(order)
segment users of account = any(login)
"""
AS_OF = dt.datetime(2026, 3, 31, 12)
NONE_YET = {"t": pa.array([], pa.timestamp("us"))}
DATA = {
    "customers": pa.table({"id": ["x"]}),
    "accounts": pa.table({"id": ["x"]}),
    "orders": pa.table({"cust": pa.array([], pa.string()), **NONE_YET}),
    "logins": pa.table({"acc": pa.array([], pa.string()), **NONE_YET}),
}


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    (tmp_path / "segdsl.yaml").write_text(MODEL)
    (tmp_path / "rules.seg").write_text(RULES)
    return load(tmp_path)


def test_events_of_another_entity_are_refused(catalog: Catalog) -> None:
    with catalog.session(data=DATA) as session:
        with pytest.raises(SegdslError, match="SEG758"):
            session.update("x", {"order": [{"at": AS_OF}]}, entity="account")
        assert session.member("x").segments == ()
        assert session.update("x", {"login": [{"at": AS_OF}]}, entity="account").entered == ("users",)
        assert session.member("x").segments == ()


def test_an_event_at_the_very_moment_is_seen_and_a_later_one_is_none(catalog: Catalog) -> None:
    with catalog.session(data=DATA) as session:
        with pytest.raises(SegdslError, match="SEG758"):
            session.update("x", {"order": [{"at": AS_OF + dt.timedelta(microseconds=1)}]})
        assert session.update("x", {"order": [{"at": session.as_of}]}).entered == ("buyers",)
