"""Realistic catalogs of any size over the data of `benchmarks.data`, the same for the same size."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import product

_DAYS = (7, 14, 30, 60, 90, 180, 365, 540)
# some sixty aggregates that rules draw from
AGGREGATES = [
    *(f"count(order within {days}d)" for days in _DAYS),
    *(f"sum(order.amount within {days}d)" for days in _DAYS),
    *(f'count(order within {days}d where channel = "{channel}")' for days, channel in product(_DAYS[2:6], ("web", "app", "store"))),  # noqa: E501
    *(f'sum(order.amount within {days}d where channel = "{channel}")' for days, channel in product(_DAYS[4:7], ("web", "app"))),  # noqa: E501
    *(f'count(message within {days}d where kind = "{kind}")' for days, kind in product(_DAYS[2:6], ("opened", "clicked", "sent"))),  # noqa: E501
    *(f"max(order.amount within {days}d)" for days in _DAYS[3:7]),
    *(f"avg(order.amount within {days}d)" for days in _DAYS[3:7]),
    "count(survey)", "count(ticket within 90d)", "sum(touch.cost within 180d)",
]  # fmt: skip
_BOUNDS = {"count": (1, 2, 3, 5, 8), "sum": (20, 50, 100, 250, 500), "max": (20, 50, 100), "avg": (12, 15, 20, 30)}


def segments(size: int, seed: int = 1) -> Iterator[str]:
    """Definitions: of ten four of attributes alone, four with one to three aggregates, a reference and a score."""
    chance = random.Random(seed)
    for index in range(size):
        match index % 10:
            case 0 | 1 | 2 | 3:
                rule = " and ".join(_attribute(chance) for _ in range(chance.randint(1, 3)))
            case 4 | 5 | 6 | 7:
                rule = " and ".join(_aggregate(chance) for _ in range(chance.randint(1, 3)))
                rule = f"{rule} and {_attribute(chance)}" if chance.random() < 0.5 else rule
            case 8 if index > 8:
                rule = f"s{chance.randrange(index)} and not s{chance.randrange(index)}"
            case 8:
                rule = _attribute(chance)
            case _:
                value = chance.choice(AGGREGATES[:16])
                rule = f"percentile({value} among orders > 0) >= {chance.choice((50, 75, 80, 90, 95))}%"
        yield f"segment s{index} = {rule}"


def _attribute(chance: random.Random) -> str:
    match chance.randrange(6):
        case 0:
            return f'country = "{chance.choice(("DE", "FR", "GB", "ES"))}"'
        case 1:
            return f"visits > {chance.randrange(1, 100)}"
        case 2:
            return f"trait_{chance.randrange(1, 13)} between {chance.randrange(40)} and {chance.randrange(50, 100)}"
        case 3:
            return "newsletter"
        case 4:
            return f"signup < {chance.choice((30, 90, 365, 730))}d"
        case _:
            return f"years_since(birth_date) >= {chance.choice((18, 25, 40, 60))}"


def _aggregate(chance: random.Random) -> str:
    value = chance.choice(AGGREGATES)
    return f"{value} >= {chance.choice(_BOUNDS[value.partition('(')[0]])}"
