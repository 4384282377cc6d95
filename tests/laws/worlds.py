"""Random rows for the model of the conformance cases, with everything on a border that can lie on one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar

from hypothesis import strategies as st

from tests.cases import default_model
from tests.world import Row, Tables, World

T = TypeVar("T")

MOMENTS = (
    dt.datetime(2026, 3, 31),
    dt.datetime(2026, 3, 31, 12, 30),
    dt.datetime(2026, 3, 31),
    dt.datetime(2024, 2, 29),
    dt.datetime(2026, 3, 1, 0, 0, 0, 1),
    dt.datetime(2025, 12, 31, 23, 59, 59, 999999),
    dt.datetime(2026, 1, 1),
    dt.datetime(2025, 2, 28, 18),
)
TEXTS = ("web", "store", "DE", "", "it's", 'a"b', "Ünï", "😀 x", " a ", "a", "shoes", "é", "\\n", "%_")
NUMBERS = (0, 1, 2, 3, 5, 10, -1, 50)
DECIMALS = tuple(Decimal(text) for text in ("0", "1", "2.5", "10", "-1.5", "0.0001", "3.3333", "99.99", "100", "0.5"))
_MICRO = dt.timedelta(microseconds=1)


class Picker:
    """Choices for plain code; the first of the items, and False, are what an example shrinks to."""

    def __init__(self, number: Callable[[int, int], int]) -> None:
        self.number = number

    def one(self, items: Sequence[T]) -> T:
        return items[self.number(0, len(items) - 1)]

    def chance(self, percent: int) -> bool:
        """True in about so many of a hundred choices."""
        return self.number(0, 99) >= 100 - percent

    def maybe(self, items: Sequence[T], percent: int = 15) -> T | None:
        """One of the items, or unknown."""
        return None if self.chance(percent) else self.one(items)

    def shuffled(self, items: Sequence[T]) -> list[T]:
        rest = list(items)
        return [rest.pop(self.number(0, len(rest) - 1)) for _ in items]


def picker(draw: st.DrawFn) -> Picker:
    """Choices that Hypothesis makes, and shrinks."""
    return Picker(lambda low, high: draw(_integers(low, high)))


@cache
def _integers(low: int, high: int) -> st.SearchStrategy[int]:
    # sampled, as integers in a range come too often from its ends
    return st.sampled_from(range(low, high + 1))


def borders(as_of: dt.datetime) -> tuple[dt.datetime, ...]:
    """Times on the edges of the usual windows as of a moment, and a little beside them."""
    day = dt.timedelta(days=1)
    midnight = dt.datetime.combine(as_of.date(), dt.time())
    edges = [as_of - day * back for back in (0, 1, 7, 30, 90, 365)]
    out = [time for edge in edges for time in (edge, edge - _MICRO, edge + _MICRO)]
    out += [midnight, midnight - day, midnight - 30 * day, midnight.replace(day=1), midnight.replace(day=1) - day]
    out += [midnight.replace(day=1) - _MICRO, midnight.replace(month=1, day=1), midnight - day * midnight.weekday()]
    hour = dt.timedelta(hours=1)
    out += [as_of - 10 * day, as_of - 10 * day + hour, as_of - 10 * day + 2 * hour, as_of - 9 * day, as_of - 3 * day]
    out += [as_of - 2 * day, as_of - hour, as_of + hour, as_of + day, as_of + 30 * day, as_of + 40 * day]
    out += [dt.datetime(2024, 2, 29), dt.datetime(2025, 2, 28, 12), dt.datetime(2026, 1, 31), dt.datetime(2025, 12, 31)]
    return (as_of - 5 * day, *out)


DATES = tuple(
    dt.date(*day)
    for day in (
        (2026, 3, 31), (2026, 3, 30), (2026, 3, 1), (2026, 2, 28), (2024, 2, 29), (2026, 1, 31), (2000, 2, 29),
        (1990, 3, 31), (1990, 4, 1), (2025, 12, 31), (2026, 1, 1), (2026, 4, 15), (2024, 12, 31),
    )
)  # fmt: skip


@st.composite
def worlds(draw: st.DrawFn) -> World:
    return make_world(picker(draw))


def make_world(pick: Picker) -> World:
    """A world of the conformance model: a few customers and accounts, and up to a dozen events of each kind."""
    as_of = pick.one(MOMENTS)
    times = borders(as_of)
    if pick.chance(60):
        # few times, so that many events share one or lie just beside another
        start = pick.number(0, len(times) - 1)
        times = tuple(times[(start + step) % len(times)] for step in range(pick.number(2, 9)))
    keys = [f"c{number}" for number in range(1, pick.one((4, 3, 5, 6, 1)) + 1)]
    if pick.chance(30):
        keys.append('it\'s "x" 😀')
    tables: Tables = {
        "customer": [_customer(pick, key, times) for key in keys],
        "account": [
            {"account_id": key, "plan": pick.maybe(TEXTS), "seats": pick.maybe(NUMBERS)}
            for key in ("a1", "a2", "a3")[: pick.number(0, 3)]
        ],
        "product": [
            {"product_id": key, "category": pick.maybe(TEXTS), "brand": pick.maybe(TEXTS)}
            for key in ("p1", "p2")[: pick.number(0, 2)]
        ],
    }
    some: tuple[list[str | None], ...] = ([*keys], [*keys], [*keys], [keys[0]], [*keys, "nobody", None])
    owners = pick.one(some)
    for event in ("order", "view", "cart_add", "message"):
        tables[event] = [_event(pick, event, owners, times) for _ in range(pick.one((6, 0, 3, 9, 12)))]
    return World(default_model(), tables, as_of)


def _customer(pick: Picker, key: str, times: Sequence[dt.datetime]) -> Row:
    return {
        "customer_id": key,
        "country": pick.maybe(TEXTS),
        "city": pick.maybe(TEXTS),
        "birth_date": pick.maybe(DATES),
        "signup": pick.maybe(times),
        "renewal": pick.maybe(times),
        "newsletter": pick.maybe((False, True), 30),
        "visits": pick.maybe(NUMBERS),
        "credit": pick.maybe(DECIMALS),
        "interests": pick.maybe(((), ("a",), ("a", "b"), ("it's", "😀"), ("b", "b", "Ünï"))),
        "channel": pick.maybe(("web", "store", "app")),
        "lat": pick.maybe((Decimal("48.2"), Decimal("48.1371"), Decimal("-90"), Decimal(0))),
        "lon": pick.maybe((Decimal("11.6"), Decimal("-180"), Decimal(0))),
        "account_id": pick.maybe(("a1", "a2", "zz")),
    }


def _event(pick: Picker, event: str, owners: Sequence[str | None], times: Sequence[dt.datetime]) -> Row:
    own: dict[str, Any]
    product = pick.maybe(("p1", "p2", "p9"))
    match event:
        case "order":
            own = {
                "amount": pick.maybe(DECIMALS),
                "items": pick.maybe(NUMBERS),
                "channel": pick.maybe(("web", "store")),
                "due": pick.maybe(DATES),
                "gift": pick.maybe((False, True)),
                "product_id": product,
            }
        case "view":
            own = {"category": pick.maybe(TEXTS), "product_id": product}
        case "cart_add":
            own = {"value": pick.maybe(DECIMALS), "product_id": product}
        case _:
            own = {"kind": pick.maybe(("sent", "opened")), "channel": pick.maybe(("web", "store", "it's"))}
    time = {"order": "ordered_at", "view": "viewed_at", "cart_add": "added_at", "message": "sent_at"}[event]
    return {"customer_id": pick.one(owners), time: pick.maybe(times, 4), **own}
