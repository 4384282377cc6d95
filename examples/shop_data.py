"""Makes the data of the example shop from a seed: `python examples/shop_data.py` writes examples/shop/data again."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TypeVar

FOLDER = Path(__file__).parent / "shop" / "data"
SEED = 20260331
CUSTOMERS = 200
START = datetime(2024, 4, 1)
END = datetime(2026, 3, 31)  # the model's as-of: nothing happens later

T = TypeVar("T")

PLACES = (
    ("DE", "Berlin", 22), ("DE", "Hamburg", 16), ("DE", "Munich", 15), ("DE", "Leipzig", 8), ("AT", "Vienna", 12),
    ("CH", "Zurich", 9), ("FR", "Lyon", 8), ("NL", "Utrecht", 6), ("PL", "Poznań", 4),
)  # fmt: skip
PRODUCTS = (
    ("Trail shoe", "shoes", "Nordlauf", 119), ("Road shoe", "shoes", "Nordlauf", 139),
    ("Sandal", "shoes", "Palma", 49), ("Hiking boot", "shoes", "Gipfel", 189),
    ("Rain jacket", "clothing", "Gipfel", 159), ("Running shirt", "clothing", "Nordlauf", 35),
    ("Shorts", "clothing", "Palma", 39), ("Merino sweater", "clothing", "Gipfel", 99),
    ("Socks, three pairs", "clothing", "Palma", 18), ("Tent for two", "camping", "Gipfel", 249),
    ("Sleeping bag", "camping", "Gipfel", 129), ("Gas stove", "camping", "Flamme", 45),
    ("Head torch", "camping", "Flamme", 38), ("Bottle", "accessories", "Palma", 15),
    ("Backpack 20 l", "accessories", "Gipfel", 79), ("Sports watch", "accessories", "Tik", 219),
    ("Cap", "accessories", "Palma", 22), ("Gift card", "accessories", "", 50),
)  # fmt: skip
INTERESTS = ("running", "hiking", "camping", "travel", "yoga")
TOPICS = ("delivery", "return", "invoice", "product")
CAMPAIGNS = ("spring", "summer", "autumn", "winter")
# how often such a customer buys (days between orders, 0 never), and for how much of the time before it stays away
HABITS = (
    ("regular", 24, 1.0, 26), ("occasional", 75, 1.0, 58), ("faded", 32, 0.62, 30), ("once", 0, 1.0, 32),
    ("looker", 0, 1.0, 30), ("newcomer", 16, 1.0, 24),
)  # fmt: skip


class Dice:
    """Chances that come out the same on every Python: built on `random()` alone, which is promised to stay as it is."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed).random

    def chance(self, share: float) -> bool:
        return self._random() < share

    def between(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return low + int(self._random() * (high - low + 1))

    def of(self, options: Sequence[T], weights: Sequence[int] | None = None) -> T:
        weights = weights or [1] * len(options)
        at = self.between(1, sum(weights))
        for option, weight in zip(options, weights, strict=True):
            at -= weight
            if at <= 0:
                return option
        raise AssertionError

    def moment(self, first: datetime, last: datetime) -> datetime:
        """A minute at daytime on one of the days of a stretch of time."""
        day = first.date() + timedelta(days=self.between(0, max((last - first).days - 1, 0)))
        return datetime(day.year, day.month, day.day, self.between(7, 21), self.between(0, 59))


@dataclass
class Shop:
    """The tables, each with its header and rows."""

    headers: dict[str, tuple[str, ...]]
    rows: dict[str, list[tuple[object, ...]]] = field(default_factory=dict)

    def add(self, table: str, *values: object) -> None:
        self.rows.setdefault(table, []).append(values)

    def files(self) -> dict[str, str]:
        """The text of each file by its name; events in the order of their times."""
        found: dict[str, str] = {}
        for table, header in self.headers.items():
            rows = self.rows[table]
            if "at" in header:
                at = header.index("at")
                rows = sorted(rows, key=lambda row: (str(row[at]), str(row)))
            if header[0] in ("order_id", "message_id"):
                rows = [(f"{header[0][0]}{number:05}", *row[1:]) for number, row in enumerate(rows, 1)]
            text = io.StringIO()
            writer = csv.writer(text, lineterminator="\n")
            writer.writerow(header)
            writer.writerows([_written(value) for value in row] for row in rows)
            found[f"{table}.csv"] = text.getvalue()
        return found


def _written(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case datetime():
            return value.isoformat(sep=" ", timespec="seconds")
        case date():
            return value.isoformat()
    return str(value)


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"


def make(seed: int = SEED) -> dict[str, str]:
    """The text of each data file by its name."""
    dice = Dice(seed)
    shop = Shop(
        {
            "customers": (
                "customer_id", "birth_date", "country", "city", "signed_up_at", "newsletter", "interests", "came_by",
            ),
            "products": ("product_id", "name", "category", "brand", "price"),
            "orders": ("order_id", "customer_id", "at", "channel", "product_id", "amount", "discount"),
            "messages": ("message_id", "customer_id", "at", "channel", "kind", "campaign"),
            "sessions": ("customer_id", "at", "device", "pages", "minutes"),
            "actions": ("customer_id", "at", "kind", "product_id"),
            "touches": ("customer_id", "at", "channel", "campaign", "cost"),
            "surveys": ("customer_id", "at", "score"),
            "reviews": ("customer_id", "at", "product_id", "rating", "sentiment"),
            "tickets": ("customer_id", "at", "topic", "solved", "hours"),
        }
    )  # fmt: skip
    for number, (name, category, brand, price) in enumerate(PRODUCTS, 1):
        shop.add("products", f"p{number:02}", name, category, brand, f"{price}.00")
    for number in range(1, CUSTOMERS + 1):
        _customer(shop, dice, f"c{number:03}")
    return shop.files()


def _customer(shop: Shop, dice: Dice, key: str) -> None:
    habit, gap, active, _ = dice.of(HABITS, [item[3] for item in HABITS])
    signed_up = dice.moment(*((END - timedelta(55), END - timedelta(3)) if habit == "newcomer" else _span(habit)))
    country, city, _ = dice.of(PLACES, [place[2] for place in PLACES])
    born = date(1946, 1, 1) + timedelta(days=dice.between(0, 365 * 61))
    newsletter = dice.of((True, False, None), (60, 28, 12))
    liked = sorted({dice.of(INTERESTS) for _ in range(dice.between(0, 3))})
    came_by = dice.of(("search", "social", "affiliate", "friend", None), (38, 24, 12, 14, 12))
    known = dice.chance(0.93)
    shop.add(
        "customers", key, born if dice.chance(0.78) else None, country if known else None, city if known else None,
        signed_up, newsletter, "|".join(liked) or None, came_by,
    )  # fmt: skip
    if came_by in ("search", "social", "affiliate"):
        for _ in range(dice.between(1, 3)):
            at = signed_up - timedelta(minutes=dice.between(2, 60 * 24 * 9))
            cost = _money(dice.between(15, 240))
            shop.add("touches", key, max(at, START), dice.of((came_by, "social")), dice.of(CAMPAIGNS), cost)
    until = signed_up + (END - signed_up) * active
    times = _order_times(dice, habit, gap, signed_up, until)
    for at in times:
        _order(shop, dice, key, at)
    _visits(shop, dice, key, signed_up, until)
    if newsletter:
        _mail(shop, dice, key, signed_up, eager=len(times) > 4)


def _span(habit: str) -> tuple[datetime, datetime]:
    """When customers of a habit have signed up."""
    return (START, datetime(2025, 4, 1)) if habit in ("regular", "faded") else (START, END - timedelta(20))


def _order_times(dice: Dice, habit: str, gap: int, first: datetime, until: datetime) -> list[datetime]:
    if habit == "looker":
        return []
    at = first + timedelta(days=dice.between(0, 6), minutes=dice.between(5, 300))
    times = [min(at, END - timedelta(hours=dice.between(5, 30)))]
    while gap and at < until:
        at += timedelta(days=dice.between(gap // 3, gap * 5 // 3), minutes=dice.between(-180, 180))
        if at < min(until, END - timedelta(hours=1)):
            times.append(at)
    return times


def _order(shop: Shop, dice: Dice, key: str, at: datetime) -> None:
    number = dice.between(1, len(PRODUCTS))
    product = f"p{number:02}"
    price = PRODUCTS[number - 1][3] * 100 * dice.of((1, 2, 3), (84, 13, 3))
    discount = price * dice.of((0, 5, 10, 20), (62, 14, 16, 8)) // 100
    channel = dice.of(("web", "app", "store"), (52, 31, 17))
    if channel != "store":
        minutes = dice.between(3, 55)
        shop.add("actions", key, at - timedelta(minutes=minutes), "view", product)
        shop.add("actions", key, at - timedelta(minutes=minutes - 1), "cart_add", product)
        device = "phone" if channel == "app" else dice.of(("phone", "desktop", "tablet"), (40, 50, 10))
        shop.add("sessions", key, at - timedelta(minutes=minutes + 1), device, dice.between(3, 14), minutes + 2)
    shop.add("orders", "", key, at, channel, product, _money(price - discount), _money(discount))
    if dice.chance(0.16):
        rating = dice.of((1, 2, 3, 4, 5), (7, 8, 14, 31, 40))
        sentiment = max(min((rating - 3) * 40 + dice.between(-35, 35), 100), -100)
        shown = f"{'-' * (sentiment < 0)}{_money(abs(sentiment))}" if dice.chance(0.8) else None
        _later(shop, dice, "reviews", key, at, 20, product, rating, shown)
    if dice.chance(0.2):
        _later(shop, dice, "surveys", key, at, 9, dice.of(tuple(range(11)), (2, 1, 1, 2, 2, 5, 7, 14, 24, 22, 20)))
    if dice.chance(0.09):
        solved = dice.chance(0.86)
        _later(shop, dice, "tickets", key, at, 12, dice.of(TOPICS), solved, dice.between(1, 90) if solved else None)


def _later(shop: Shop, dice: Dice, table: str, key: str, at: datetime, days: int, *values: object) -> None:
    """Something that follows within some days, unless that is after the end."""
    then = dice.moment(at + timedelta(days=1), at + timedelta(days=days))
    if then < END:
        shop.add(table, key, then, *values)


def _visits(shop: Shop, dice: Dice, key: str, first: datetime, until: datetime) -> None:
    """Visits that end without an order, some with things left in the cart."""
    for _ in range(dice.between(0, 5)):
        at = dice.moment(max(first, END - timedelta(days=420)), until)
        if not first < at < END:
            continue
        shop.add("sessions", key, at, dice.of(("phone", "desktop", "tablet")), dice.between(1, 9), dice.between(1, 25))
        for step in range(dice.between(0, 2)):
            product = f"p{dice.between(1, len(PRODUCTS)):02}"
            shop.add("actions", key, at + timedelta(minutes=step + 1), "view", product)
            if dice.chance(0.4):
                shop.add("actions", key, at + timedelta(minutes=step + 2), "cart_add", product)


def _mail(shop: Shop, dice: Dice, key: str, first: datetime, eager: bool) -> None:
    """A message a month in the last year, and what became of it, until the customer has had enough."""
    channel = dice.of(("email", "push", "sms"), (74, 18, 8))
    for month in range(12):
        sent = datetime(2025 + (month + 3) // 12, (month + 3) % 12 + 1, 5, 9, 30)
        if sent < first:
            continue
        campaign = CAMPAIGNS[month // 3]

        def tell(minutes: int, kind: str, sent: datetime = sent, campaign: str = campaign) -> None:
            shop.add("messages", "", key, sent + timedelta(minutes=minutes), channel, kind, campaign)

        tell(0, "sent")
        if dice.chance(0.03):
            tell(1, "bounced")
            continue
        tell(1, "delivered")
        if not dice.chance(0.55 if eager else 0.25):
            continue
        opened = dice.between(3, 2_000)
        tell(opened, "opened")
        if dice.chance(0.3):
            tell(opened + 1, "clicked")
            if eager and dice.chance(0.35):
                tell(opened + dice.between(5, 50), "converted")
        elif dice.chance(0.06):
            tell(opened + 2, dice.of(("unsubscribed", "complained"), (5, 1)))
            return


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in make().items():
        (FOLDER / name).write_text(text, "utf-8", newline="\n")


if __name__ == "__main__":
    main()
