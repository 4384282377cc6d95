"""One customer, now: a session answers what a run over the same data would."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import segdsl
from segdsl import Catalog, SegdslError

MODEL = """
as_of: 2026-03-31
entities:
  customer: {table: customers, key: {column: id, type: text}, attributes: {country: text}}
  account: {table: accounts, key: {column: id, type: text}}
events:
  order:
    of: customer
    table: orders
    key: customer
    time: time_
    fields: {amount: decimal, channel: {column: ch, type: text}}
"""
RULES = """\
segment buyers = any(order)
segment big = sum(order.amount) >= 100
segment best = percentile(sum(order.amount)) >= 50%
segment web = last(order.channel) = "web"
segment accounts of account = true
segmentation tier {
  gold   when big
  silver when buyers
}
"""
DAY = dt.datetime(2026, 3, 20)
WEST = dt.timezone(dt.timedelta(hours=-12))
ORDERS: list[dict[str, Any]] = [
    {"customer": "a", "time_": DAY, "amount": 120, "ch": "web"},
    {"customer": "b", "time_": DAY, "amount": 60, "ch": "web"},
    {"customer": "c", "time_": DAY, "amount": 10, "ch": "app"},
]


@pytest.fixture
def shop(tmp_path: Path) -> Catalog:
    (tmp_path / "segdsl.yaml").write_text(MODEL)
    (tmp_path / "rules.seg").write_text(RULES)
    return segdsl.load(tmp_path)


def data(orders: list[dict[str, Any]]) -> dict[str, pa.Table]:
    return {
        "customers": pa.table({"id": ["a", "b", "c", "d"], "country": ["DE", None, "DE", "AT"]}),
        "accounts": pa.table({"id": ["x"]}),
        "orders": pa.Table.from_pylist(
            orders,
            schema=pa.schema(
                [
                    ("customer", pa.string()),
                    ("time_", pa.timestamp("us")),
                    ("amount", pa.decimal128(12, 2)),
                    ("ch", pa.string()),
                ]
            ),
        ),
    }


def of_a_run(catalog: Catalog, orders: list[dict[str, Any]], key: str) -> set[str]:
    with catalog.run(data=data(orders)) as result:
        return {row["segment"] for row in result.members.to_pylist() if row["key"] == key}


def test_a_session_says_what_a_run_says(shop: Catalog) -> None:
    with shop.session(data=data(ORDERS)) as session:
        for key in "abcd":
            member = session.member(key)
            assert set(member.segments) == of_a_run(shop, ORDERS, key)
        assert session.member("a").labels == {"tier": "gold"}
        assert session.member("d").labels == {"tier": None}
        assert session.member("x", "account").segments == ("accounts",)
        with pytest.raises(SegdslError, match="SEG721"):
            session.member("nobody")


def test_new_events_change_what_they_would_in_the_data(shop: Catalog) -> None:
    orders = list(ORDERS)
    with shop.session(data=data(orders)) as session:
        for key, amount, channel in (("c", 200, "web"), ("d", 1, None), ("b", -60, "app"), ("c", -250, "web")):
            at = dt.datetime(2026, 3, 25, 12, len(orders))
            before = of_a_run(shop, orders, key)
            orders.append({"customer": key, "time_": at, "amount": amount, "ch": channel})
            moved = session.update(key, {"order": [{"at": at, "amount": amount, "channel": channel}]})
            after = of_a_run(shop, orders, key)
            assert set(moved.entered) == after - before
            assert set(moved.left) == before - after
            for other in "abcd":  # a score of one is a score of all
                assert set(session.member(other).segments) == of_a_run(shop, orders, other)


@pytest.mark.parametrize(
    ("events", "says"),
    [
        ({"visit": []}, "has no such event"),
        ({"order": [{"at": DAY, "price": 1}]}, "no field `price`"),
        ({"order": [{"amount": 1}]}, "`at` has to be a time"),
        ({"order": [{"at": dt.datetime.max.replace(tzinfo=WEST), "amount": 1}]}, "the years 1 to 9999"),
        ({"order": [{"at": DAY, "amount": "much"}]}, "`order`"),
        ({"order": [{"at": dt.datetime(2026, 4, 1), "amount": 1}]}, "later than as-of"),
        ({"order": [{"at": DAY, "amount": 9_999}], "visit": []}, "has no such event"),
    ],
)
def test_an_event_that_cannot_be_is_refused_and_changes_nothing(shop: Catalog, events: Any, says: str) -> None:
    with shop.session(data=data(ORDERS)) as session:
        with pytest.raises(SegdslError, match="SEG758") as error:
            session.update("d", events)
        assert says in str(error.value)
        assert session.member("d").segments == ()
        session.update("d", {"order": [{"at": dt.datetime(2026, 4, 1), "amount": 1}]}, as_of=dt.datetime(2026, 4, 2))
        assert session.member("d").segments == ("buyers", "tier.silver")
        with pytest.raises(SegdslError, match="SEG721"):
            session.update("nobody", {"order": [{"at": DAY}]})


MOVING = """\
segment fresh = last(order.at) < 20d
segment old = last(order.at) >= 30d and signup < 1y
segment much = sum(order.amount within 14d) >= 50
segment best = percentile(sum(order.amount within 30d)) >= 50%
segment fresh_account of account = count(customer where last_seen < 15d) >= 1
segment of_fresh_account = account.newest < 15d
trait last_seen = last(order.at)
trait newest of account = max(customer.last_seen)
segmentation age { new when first(order.at) < 25d  known when any(order) }
"""


@pytest.mark.parametrize("saved", [False, True])
@pytest.mark.parametrize("seed", range(2))
def test_a_session_that_moves_on_says_what_a_run_of_then_says(tmp_path: Path, saved: bool, seed: int) -> None:
    """Of everybody, whoever the events were of."""
    family = "parent: {entity: account, key: house}, attributes: {signup: date}"
    (tmp_path / "segdsl.yaml").write_text(MODEL.replace("attributes: {country: text}", family))
    (tmp_path / "rules.seg").write_text(MOVING)
    shop = segdsl.load(tmp_path)
    chance = random.Random(seed)
    keys = [f"c{number}" for number in range(6)]
    tables = {
        "customers": pa.table({"id": keys, "house": [f"h{number // 2}" for number in range(6)],
                               "signup": [dt.date(2025, 4, 1 + number) for number in range(6)]}),
        "accounts": pa.table({"id": ["h0", "h1", "h2"]}),
    }  # fmt: skip
    orders = [
        {"customer": key, "time_": DAY - dt.timedelta(days=chance.randrange(60)), "amount": 30, "ch": None}
        for key in keys[:5]
    ]

    def now() -> dict[str, pa.Table]:
        return {**tables, "orders": data(orders)["orders"]}

    if saved:
        shop.run(save=True, data=now()).close()
    begun = now()
    with shop.session(saved=saved, data=begun) as session:
        moment = session.as_of
        for _ in range(5):
            moment += dt.timedelta(days=chance.choice((0, 0, 1, 9, 20)))
            key = chance.choice(keys)
            at = moment - dt.timedelta(hours=chance.randrange(48))
            orders.append({"customer": key, "time_": at, "amount": chance.choice((10, 60)), "ch": "web"})
            event = {"at": at, "amount": orders[-1]["amount"], "channel": "web"}
            session.update(key, {"order": [event]}, as_of=moment)
            with shop.run(as_of=moment, data=now()) as result:
                found = {(row["entity"], row["key"], row["segment"]) for row in result.members.to_pylist()}
            for entity, names in (("customer", keys), ("account", ["h0", "h1", "h2"])):
                for name in names:
                    member = session.member(name, entity)
                    assert member.as_of == moment
                    assert set(member.segments) == {row[2] for row in found if row[:2] == (entity, name)}


def _by_signup(folder: Path, more: str) -> tuple[Catalog, dict[str, pa.Table]]:
    """A shop with a rule that reads no events, and its customers; a is 20 days old as of 4 April."""
    (folder / "segdsl.yaml").write_text(MODEL.replace("{country: text}", "{signup: date}"))
    (folder / "rules.seg").write_text(f"segment recent = signup < 20d\n{more}\n")
    signups = [dt.date(2026, 3, 15), dt.date(2026, 3, 30)]
    return segdsl.load(folder), {**data([]), "customers": pa.table({"id": ["a", "b"], "signup": signups})}


def test_what_reads_no_new_events_moves_on_with_who_has_them(tmp_path: Path) -> None:
    shop, tables = _by_signup(tmp_path, "segment buyers = any(order)")
    events = {"order": [{"at": DAY, "amount": 1}]}
    with shop.session(data=tables) as session:
        assert session.member("a").segments == ("recent",)
        assert session.update("a", events, as_of="2026-04-02").entered == ("buyers",)
        moved = session.update("a", events, as_of="2026-04-05")
        assert (moved.entered, moved.left) == ((), ("recent",))
        moved = session.update("b", events, as_of="2026-04-20")
        assert (moved.entered, moved.left) == (("buyers",), ("recent",))


def test_a_score_beside_what_is_read_after_it_is_of_the_events_of_now(tmp_path: Path) -> None:
    view = "  view: {of: customer, table: views, key: customer, time: time_}\n"
    (tmp_path / "segdsl.yaml").write_text(MODEL + view)
    looked = "any(view after last(order.at))"
    (tmp_path / "rules.seg").write_text(f"segment best = percentile(sum(order.amount)) >= 50% and {looked}\n")
    views = pa.table({"customer": pa.array([], pa.string()), "time_": pa.array([], pa.timestamp("us"))})
    with segdsl.load(tmp_path).session(data={**data(ORDERS), "views": views}) as session:
        later = [{"at": DAY + dt.timedelta(days=1)}]
        assert session.update("c", {"order": [{"at": DAY, "amount": 100}]}).entered == ()
        assert session.update("c", {"view": later}).entered == ("best",)
        assert session.update("b", {"view": later}).entered == ()


def test_a_score_among_whom_another_score_lets_in(tmp_path: Path) -> None:
    (tmp_path / "segdsl.yaml").write_text(MODEL)
    best = "segment best = percentile(sum(order.amount)) >= 25%"
    top = "segment top = percentile(count(order) among best) >= 50%"
    (tmp_path / "rules.seg").write_text(f"{best}\n{top}\nsegment accounts of account = true\n")
    shop, orders = segdsl.load(tmp_path), list(ORDERS)
    with shop.session(data=data(orders)) as session:
        for key, amount in (("d", 500), ("d", 1), ("a", -115), ("c", 70), ("c", 80)):
            orders.append({"customer": key, "time_": DAY, "amount": amount, "ch": None})
            session.update(key, {"order": [{"at": DAY, "amount": amount}]})
            for other in "abcd":
                assert set(session.member(other).segments) == of_a_run(shop, orders, other)


def test_whose_update_has_failed_is_not_taken_for_one_who_has_moved_on(tmp_path: Path) -> None:
    huge = "sum(order.amount) * 100000000000000000 * 10000"
    shop, tables = _by_signup(tmp_path, f"segment best = percentile({huge}) >= 50%")
    with shop.session(data=tables) as session:
        session.update("b", {"order": [{"at": DAY, "amount": 1}]}, as_of="2026-04-05")
        with pytest.raises(SegdslError):  # too large for what the score is of
            session.update("a", {"order": [{"at": DAY, "amount": 9_000_000_000}]})
        assert session.member("a").segments == ()
        assert session.member("b").segments == ("recent", "best")


def test_what_a_session_cannot_do_is_said(shop: Catalog) -> None:
    events = {"order": [{"at": DAY, "amount": 1}]}
    with shop.session("big", data=data(ORDERS)) as session:
        assert session.member("a").segments == ("big",)
        # of accounts nothing is held here
        for name in ("house", "account"):
            with pytest.raises(SegdslError, match=r"SEG209.*expected `customer`"):
                session.member("x", name)
            with pytest.raises(SegdslError, match="SEG209"):
                session.update("x", {}, entity=name)
        session.update("d", events, as_of="2026-04-02")
        session.update("d", events, as_of=dt.date(2026, 4, 3))
        session.update("d", events, as_of=dt.datetime(2026, 4, 3, 12, tzinfo=dt.UTC))
        with pytest.raises(SegdslError, match="SEG765"):
            session.update("d", events, as_of="2026-04-01")
        with pytest.raises(SegdslError, match=r"expected a list of rows by the event's name.*, found `list`"):
            session.update("d", [{"at": DAY}])  # type: ignore[arg-type]
        with pytest.raises(SegdslError, match="its rows have to be a list"):
            session.update("d", {"order": {"at": DAY}})  # type: ignore[dict-item]
        with pytest.raises(SegdslError, match="`amount` has to be decimal, found `much`"):
            session.update("d", {"order": [{"at": DAY, "amount": "much"}]})
    for use in (lambda: session.member("a"), lambda: session.update("a", events)):
        with pytest.raises(SegdslError, match="SEG766"):
            use()
    with pytest.raises(SegdslError, match=r"SEG767.*`saved` goes without `as_of`"):
        shop.session(saved=True, as_of="2026-04-01")
    with pytest.raises(SegdslError, match=r"SEG767.*`incremental` goes with `save`"):
        shop.run(incremental=True)


COUNTED = """\
segment twice = count(order) >= 2
segment any_ = any(order)
segment top = percentile(count(order)) >= 50%
"""
_1, _2 = dt.date(2026, 1, 1), dt.date(2026, 1, 2)


@pytest.mark.parametrize(
    ("of_customer", "of_order", "customers", "orders", "key"),
    [
        ("id", "customer", [7, 8], [7.0, None], "7"),
        ("id", "customer", [7, 8], [Decimal("7.00"), Decimal("8.00")], "7"),
        ("id", "customer", [7.0, 8.0], [7, 8], "7.0"),
        ("id", "{column: customer, type: int}", [7, 8], ["007", "008"], "7"),
        ("{column: id, type: int}", "{column: customer, type: int}", ["007", "008"], ["007", "008"], "7"),
        ("{column: id, type: text}", "{column: customer, type: text}", [7, 8], [7, 8], "7"),
        ("id", "customer", [_1, _2], [dt.datetime(2026, 1, 1), dt.datetime(2026, 1, 2)], "2026-01-01"),
    ],
)
def test_new_events_are_beside_those_that_a_run_finds_by_the_key(
    tmp_path: Path, of_customer: str, of_order: str, customers: list[Any], orders: list[Any], key: str
) -> None:
    (tmp_path / "segdsl.yaml").write_text(
        f"as_of: 2026-03-31\nentities: {{customer: {{table: customers, key: {of_customer}}}}}\n"
        f"events: {{order: {{of: customer, table: orders, key: {of_order}, time: at_}}}}\n"
    )
    (tmp_path / "rules.seg").write_text(COUNTED)
    catalog = segdsl.load(tmp_path)

    def data(keys: list[Any]) -> dict[str, pa.Table]:
        times = [DAY] * len(keys)
        return {"customers": pa.table({"id": customers}), "orders": pa.table({"customer": keys, "at_": times})}

    with catalog.session(data=data(orders)) as session:
        session.update(key, {"order": [{"at": DAY}]})
        found = set(session.member(key).segments)
    mine = type(orders[0])(customers[0]) if isinstance(orders[0], int | float | Decimal) else orders[0]
    with catalog.run(data=data([*orders, mine])) as result:
        rows = result.members.to_pylist()
    assert found == {row["segment"] for row in rows if row["id"] == rows[0]["id"]} == {"twice", "any_", "top"}


def test_a_new_event_stands_in_the_columns_of_the_others(tmp_path: Path) -> None:
    """In the model's time zone where these are instants, once where fields share a column, and as it is."""
    (tmp_path / "segdsl.yaml").write_text(
        "timezone: Europe/Berlin\nas_of: 2026-03-31\nentities: {customer: {table: customers, key: id}}\n"
        "events:\n  order:\n    of: customer\n    table: orders\n    key: customer\n    time: at_\n    fields:\n"
        "      day: {column: at_, type: date}\n      paid: timestamp\n      amount: decimal\n      count: int\n"
        "      euros: {column: amount, type: decimal}\n"
    )
    (tmp_path / "rules.seg").write_text(
        "segment early = any(order from 2026-03-10T10:30 to 2026-03-10T11:30)\n"
        "segment tenth = any(order where day = 2026-03-10)\nsegment paid = any(order where paid = 2026-03-10T11:00)\n"
        "segment much = any(order where euros = 20 and amount = 20)\nsegment seven = any(order where count = 7)\n"
    )
    instants = pa.timestamp("us", "UTC")
    tables = {
        "customers": pa.table({"id": [1, 2]}),
        "orders": pa.table({"customer": pa.array([], pa.int64()), "at_": pa.array([], instants),
                            "paid": pa.array([], instants), "amount": pa.array([], pa.int64()),
                            "count": pa.array([], pa.int16())}),
    }  # fmt: skip
    at = dt.datetime(2026, 3, 10, 11)
    instant = dt.datetime(2026, 3, 10, 10, tzinfo=dt.UTC)
    with segdsl.load(tmp_path).session(data=tables) as session:
        for wrong, why in (
            ({"count": 7.5}, "`count` has to be int, found `7.5`"),
            ({"count": 70_000}, "`count` is SMALLINT, which cannot hold `70000`"),
            ({"amount": "NaN"}, "`amount` has to be decimal, found `NaN`"),
            ({"amount": float("inf")}, "`amount` has to be decimal, found `inf`"),
            ({"count": float("inf")}, "`count` has to be int, found `inf`"),
            ({"count": True}, "`count` has to be int, found `True`"),
            ({"day": dt.date(2026, 3, 11)}, "`day` and at stand in one column"),
            ({"amount": 20, "euros": 30}, "`euros` and amount stand in one column"),
        ):
            with pytest.raises(SegdslError, match="SEG758") as error:
                session.update("1", {"order": [{"at": at, **wrong}]})
            assert why in str(error.value)
            assert session.member("1").segments == ()
        row = {"at": at, "paid": at, "day": dt.date(2026, 3, 10), "euros": 20.00000000000001, "count": 7.0}
        assert session.update("1", {"order": [row]}).entered == ("early", "tenth", "paid", "much", "seven")
        assert session.update("2", {"order": [{"at": instant, "paid": instant}]}).entered == ("early", "tenth", "paid")


@pytest.mark.parametrize(
    ("customers", "orders", "key"),
    [
        (pa.array(["01", "1"]), pa.array([1], pa.int32()), "01"),
        (pa.array([Decimal("1.5"), Decimal("2.0")]), pa.array([2], pa.int32()), "1.5"),
        (pa.array([7.5, 8.0]), pa.array([8]), "7.5"),
        (pa.array(["2026-1-1"]), pa.array([dt.date(2026, 1, 1)]), "2026-1-1"),
    ],
)
def test_an_event_of_a_key_that_its_column_cannot_hold_is_refused(
    tmp_path: Path, customers: pa.Array, orders: pa.Array, key: str
) -> None:
    """It would be an event of somebody else, or of nobody."""
    of = "{column: id, type: text}" if pa.types.is_string(customers.type) else "id"
    (tmp_path / "segdsl.yaml").write_text(
        f"as_of: 2026-03-31\nentities: {{customer: {{table: customers, key: {of}}}}}\n"
        "events: {order: {of: customer, table: orders, key: customer, time: at_}}\n"
    )
    (tmp_path / "rules.seg").write_text(COUNTED)
    tables = {"customers": pa.table({"id": customers}), "orders": pa.table({"customer": orders, "at_": [DAY]})}
    with segdsl.load(tmp_path).session(data=tables) as session:
        before = [session.member(str(one)) for one in customers.to_pylist()]
        with pytest.raises(SegdslError, match=r"SEG758.*which cannot hold"):
            session.update(key, {"order": [{"at": DAY}]})
        assert [session.member(str(one)) for one in customers.to_pylist()] == before


@pytest.mark.parametrize("of_visits", [pa.float64(), pa.decimal128(12, 2), pa.int64()])
def test_keys_that_come_of_events_of_several_types(tmp_path: Path, of_visits: pa.DataType) -> None:
    (tmp_path / "segdsl.yaml").write_text(
        "as_of: 2026-03-31\nentities: {customer: {from_events: true, key: customer}}\nevents:\n"
        "  order: {of: customer, table: orders, key: customer, time: at_}\n"
        "  visit: {of: customer, table: visits, key: customer, time: at_}\n"
    )
    (tmp_path / "rules.seg").write_text(
        "segment b = count(order) >= 1\nsegment c = count(order) >= 2\nsegment v = any(visit)\n"
    )
    tables = {
        "orders": pa.table({"customer": pa.array([1], pa.int32()), "at_": [DAY]}),
        "visits": pa.table({"customer": pa.array([1, 2], pa.int32()).cast(of_visits), "at_": [DAY, DAY]}),
    }
    catalog = segdsl.load(tmp_path)
    with catalog.run(data=tables) as result:
        keys = [str(row["customer"]) for row in result.members.to_pylist() if row["segment"] == "v"]
    with catalog.session(data=tables) as session:
        assert session.member(keys[0]).segments == ("b", "v")
        assert session.update(keys[0], {"order": [{"at": DAY}]}).entered == ("c",)
        assert session.update(keys[1], {"order": [{"at": DAY}]}).entered == ("b",)


def test_days_and_whole_numbers_have_room_for_what_the_model_says(tmp_path: Path) -> None:
    """A reader of files takes times that are all midnights for days."""
    (tmp_path / "segdsl.yaml").write_text(MODEL)
    (tmp_path / "rules.seg").write_text(
        "segment noon = any(order since 2026-03-30T12:00)\nsegment half = any(order where amount = 2.5)\n"
        "segment best = percentile(sum(order.amount)) >= 50%\n"
    )
    tables = data(ORDERS)
    tables["orders"] = tables["orders"].set_column(1, "time_", tables["orders"]["time_"].cast(pa.date32()))
    tables["orders"] = tables["orders"].set_column(2, "amount", tables["orders"]["amount"].cast(pa.int64()))
    with segdsl.load(tmp_path).session(data=tables) as session:
        event = {"at": dt.datetime(2026, 3, 30, 12), "amount": 2.5}
        assert session.update("d", {"order": [event]}).entered == ("noon", "half")
        assert session.member("a").segments == ("best",)


@pytest.mark.parametrize("key", ["nobody", "99"])
def test_an_update_that_fails_has_changed_nothing(tmp_path: Path, key: str) -> None:
    (tmp_path / "segdsl.yaml").write_text(MODEL.replace("{column: id, type: text}", "id"))
    (tmp_path / "rules.seg").write_text(COUNTED + "segment huge = sum(order.amount) * 100000000000000000 * 10000 > 1\n")
    tables = {**data([]), "customers": pa.table({"id": [1, 2], "country": ["DE", "DE"]})}
    tables["orders"] = pa.table(
        {"customer": [2], "time_": pa.array([DAY], pa.timestamp("us")), "amount": [1], "ch": ["web"]}
    )
    with segdsl.load(tmp_path).session(data=tables) as session:
        before = [session.member(name) for name in ("1", "2")]
        with pytest.raises(SegdslError):
            session.update(key, {"order": [{"at": DAY, "amount": 1}]}, as_of="2026-04-01")
        with pytest.raises(SegdslError):  # too large for what a rule makes of it
            session.update("1", {"order": [{"at": DAY, "amount": 10**18}]}, as_of="2026-04-01")
        assert [session.member(name) for name in ("1", "2")] == before
        with segdsl.load(tmp_path).session(data=tables) as fresh:
            event = {"order": [{"at": DAY, "amount": 1}]}
            assert session.update("1", event) == fresh.update("1", event)
            assert [session.member(name) for name in ("1", "2")] == [fresh.member(name) for name in ("1", "2")]


def test_who_was_not_in_the_saved_run_gets_all_segments(tmp_path: Path) -> None:
    model = MODEL.replace("attributes: {country: text}", "parent: {entity: account, key: house}")
    model = model.replace("{table: accounts,", "{table: accounts, attributes: {plan: text},")
    (tmp_path / "segdsl.yaml").write_text(model)
    (tmp_path / "rules.seg").write_text(COUNTED + 'segment pro = account.plan = "pro"\n')
    catalog = segdsl.load(tmp_path)
    tables = {"accounts": pa.table({"id": ["x"], "plan": ["pro"]}), "orders": data(ORDERS)["orders"]}
    with catalog.run(save=True, data={**tables, "customers": pa.table({"id": ["a"], "house": ["x"]})}):
        pass
    now = {**tables, "customers": pa.table({"id": ["a", "new"], "house": ["x", "x"]})}
    with catalog.session(saved=True, data=now) as session:
        session.update("new", {"order": [{"at": DAY}]})
        with catalog.session(data=now) as fresh:
            fresh.update("new", {"order": [{"at": DAY}]})
            assert session.member("new") == fresh.member("new")
            assert "pro" in session.member("new").segments


def test_a_session_begins_with_the_answers_of_a_saved_run(shop: Catalog) -> None:
    with shop.run(save=True, data=data(ORDERS)):
        pass
    with shop.session(saved=True, data=data(ORDERS)) as session, shop.session(data=data(ORDERS)) as fresh:
        for key in "abcd":
            assert session.member(key) == fresh.member(key)
        assert session.member("x", "account") == fresh.member("x", "account")
        with pytest.raises(SegdslError, match="SEG721"):
            session.member("nobody")
        events = {"order": [{"at": DAY, "amount": 500, "channel": "app"}]}
        assert session.update("d", events) == fresh.update("d", events)
        for key in "abcd":
            assert session.member(key) == fresh.member(key)


def test_a_session_begins_with_nothing_that_was_not_saved_so(shop: Catalog) -> None:
    with pytest.raises(SegdslError, match="SEG749"):
        shop.session(saved=True)
    with shop.run(["big", "tier"], save=True, data=data(ORDERS)):
        pass
    assert shop.session(["tier", "big"], saved=True, data=data(ORDERS)).member("a").segments == ("tier.gold", "big")
    with pytest.raises(SegdslError, match=r"SEG764.*`buyers`"):
        shop.session(saved=True, data=data(ORDERS))
    assert shop.root is not None
    (shop.root / "rules.seg").write_text(RULES.replace(">= 100", ">= 50"))
    with pytest.raises(SegdslError, match=r"SEG764.*`big`.*another rule"):
        segdsl.load(shop.root).session(["big"], saved=True, data=data(ORDERS))
    shop.history.forget("a")
    with shop.session(["big"], saved=True, data=data(ORDERS)) as session, pytest.raises(SegdslError, match="SEG721"):
        session.member("a")
