"""The shipped metrics once more, from plain rows: each a function of who is a member now, who was, and everybody."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.reference.moments import Length, shift

Row = Mapping[str, Any]
Number = Fraction | None


@dataclass(frozen=True)
class Person:
    """A customer: its key, and its events by kind, each a row with its time as `at`."""

    key: str
    events: Mapping[str, Sequence[Row]] = field(hash=False, compare=False)


@dataclass(frozen=True)
class Asked:
    """A metric of a group: its members now and one period ago, everybody, the run's moment, and the params."""

    now: Sequence[Person]
    then: Sequence[Person]
    everybody: Sequence[Person]
    as_of: dt.datetime
    params: Mapping[str, Any]

    @property
    def period(self) -> Length:
        length: Length = self.params["period"]
        return length

    def rows(
        self, person: Person, event: str, within: Length | None = None, at: dt.datetime | None = None
    ) -> list[Row]:
        """The events that a moment sees: those at or before it, later than a length before it."""
        moment = at or self.as_of
        start = None if within is None else shift(moment, within, -1)
        return [
            row
            for row in person.events.get(event, ())
            if row["at"] is not None and row["at"] <= moment and (start is None or row["at"] > start)
        ]

    def lately(self, person: Person, event: str) -> list[Row]:
        return self.rows(person, event, self.period)

    def is_active(self, person: Person, at: dt.datetime | None = None) -> bool:
        return bool(self.rows(person, "order", self.params["active"], at))

    @property
    def past(self) -> dt.datetime:
        return shift(self.as_of, self.period, -1)


def total(rows: Iterable[Row], name: str) -> Fraction:
    """The exact sum of a field's known values."""
    known = [row[name] for row in rows if row[name] is not None]
    return Fraction(sum(value if isinstance(value, int | Decimal) else Decimal(str(value)) for value in known))


def mean(values: Iterable[Number]) -> Number:
    known = [value for value in values if value is not None]
    return sum(known, Fraction(0)) / len(known) if known else None


def ratio(above: Number, below: Number) -> Number:
    return None if above is None or not below else above / below


def _growth(asked: Asked) -> Number:
    found = ratio(Fraction(len(asked.now)), Fraction(len(asked.then)))
    return None if found is None else found - 1


def _retained(asked: Asked) -> list[bool]:
    """Of those who were members and active then: who is active now."""
    return [asked.is_active(person) for person in asked.then if asked.is_active(person, asked.past)]


def _spent(asked: Asked, people: Sequence[Person]) -> Fraction:
    return sum((total(asked.lately(person, "order"), "amount") for person in people), Fraction(0))


def _orders(asked: Asked) -> list[int]:
    return [len(asked.lately(person, "order")) for person in asked.now]


def _order_value(asked: Asked) -> Number:
    known = [row for person in asked.now for row in asked.lately(person, "order") if row["amount"] is not None]
    return ratio(total(known, "amount"), Fraction(len(known)))


def _gap(asked: Asked, person: Person) -> Number:
    times = sorted(row["at"] for row in asked.lately(person, "order"))
    if len(times) < 2:
        return None
    return Fraction((times[-1] - times[0]) // dt.timedelta(microseconds=1), (len(times) - 1) * 86_400_000_000)


def _historic(asked: Asked) -> Number:
    found = mean(total(asked.rows(person, "order"), "amount") for person in asked.now)
    return None if found is None else found * Fraction(asked.params["margin"])


def _projected(asked: Asked) -> Number:
    found = mean(total(asked.lately(person, "order"), "amount") for person in asked.now)
    days = Fraction((asked.as_of - asked.past) // dt.timedelta(microseconds=1), 86_400_000_000)
    return (
        None
        if found is None
        else found * 365 / days * Fraction(asked.params["margin"]) * Fraction(asked.params["years"])
    )


def _messages(asked: Asked, kind: str) -> Fraction:
    rows = (row for person in asked.now for row in asked.lately(person, "message"))
    return Fraction(sum(row["kind"] == kind for row in rows))


def _of_delivered(kind: str) -> Callable[[Asked], Number]:
    def rate(asked: Asked) -> Number:
        delivered = _messages(asked, "delivered") or _messages(asked, "sent") - _messages(asked, "bounced")
        return ratio(_messages(asked, kind), delivered)

    return rate


def _nps(asked: Asked) -> Number:
    marks: list[Number] = []
    for person in asked.now:
        answers = sorted(
            (row["at"], row["score"]) for row in asked.lately(person, "survey") if row["score"] is not None
        )
        if answers:
            score = answers[-1][1]
            marks.append(Fraction(1 if score >= 9 else -1 if score <= 6 else 0))
    found = mean(marks)
    return None if found is None else 100 * found


def _mean_of(event: str, name: str) -> Callable[[Asked], Number]:
    def value(asked: Asked) -> Number:
        rows = [row for person in asked.now for row in asked.lately(person, event) if row[name] is not None]
        return ratio(total(rows, name), Fraction(len(rows)))

    return value


def _cost(asked: Asked, people: Sequence[Person]) -> Fraction:
    return sum((total(asked.lately(person, "touch"), "cost") for person in people), Fraction(0))


def _roi(asked: Asked) -> Number:
    spent = Fraction(0)
    for person in asked.now:
        touches = [row["at"] for row in asked.lately(person, "touch")]
        if touches:
            spent += total((row for row in asked.rows(person, "order") if row["at"] >= min(touches)), "amount")
    found = ratio(spent * Fraction(asked.params["margin"]), _cost(asked, asked.now))
    return None if found is None else found - 1


def _coupons(asked: Asked) -> Number:
    rows = [row for person in asked.now for row in asked.lately(person, "order")]
    redeemed = sum(1 for row in rows if row["coupon"] is not None and row["coupon"] > 0)
    return ratio(Fraction(redeemed), Fraction(len(rows)))


METRICS: Mapping[str, Callable[[Asked], Number]] = {
    "size": lambda a: Fraction(len(a.now)),
    "share": lambda a: ratio(Fraction(len(a.now)), Fraction(len(a.everybody))),
    "growth": _growth,
    "entered": lambda a: Fraction(len({p.key for p in a.now} - {p.key for p in a.then})),
    "left": lambda a: Fraction(len({p.key for p in a.then} - {p.key for p in a.now})),
    "retention_rate": lambda a: mean(Fraction(held) for held in _retained(a)),
    "churn_rate": lambda a: mean(Fraction(not held) for held in _retained(a)),
    "revenue": lambda a: _spent(a, a.now),
    "revenue_share": lambda a: ratio(_spent(a, a.now), _spent(a, a.everybody)),
    "arpu": lambda a: ratio(_spent(a, a.now), Fraction(len(a.now))),
    "average_order_value": _order_value,
    "orders_per_customer": lambda a: mean(map(Fraction, _orders(a))),
    "repeat_purchase_rate": lambda a: mean(Fraction(n > 1) for n in _orders(a) if n),
    "purchase_frequency": lambda a: mean(Fraction(n) for n in _orders(a) if n),
    "days_between_orders": lambda a: mean(_gap(a, person) for person in a.now),
    "historic_clv": _historic,
    "projected_clv": _projected,
    "open_rate": _of_delivered("opened"),
    "click_rate": _of_delivered("clicked"),
    "click_to_open_rate": lambda a: ratio(_messages(a, "clicked"), _messages(a, "opened")),
    "conversion_rate": _of_delivered("converted"),
    "unsubscribe_rate": _of_delivered("unsubscribed"),
    "bounce_rate": lambda a: ratio(_messages(a, "bounced"), _messages(a, "sent")),
    "complaint_rate": _of_delivered("complained"),
    "nps": _nps,
    "average_rating": _mean_of("review", "rating"),
    "average_sentiment": _mean_of("review", "sentiment"),
    "campaign_roi": _roi,
    "cost_per_retained_customer": lambda a: ratio(_cost(a, a.then), Fraction(sum(_retained(a)))),
    "tickets_per_customer": lambda a: mean(Fraction(len(a.lately(person, "ticket"))) for person in a.now),
    "coupon_redemption_rate": _coupons,
}
