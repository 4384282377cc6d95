"""Scores: where a customer stands among all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from fractions import Fraction
from math import floor
from typing import Any

from tests.reference.moments import Length, is_moment
from tests.reference.numbers import half_away
from tests.reference.values import Value, compare, sort_key

SCORES = frozenset({"percentile", "quantile", "quintile", "decile", "rank", "bands"})


def score_all(name: str, count: int, ranked: dict[str, tuple[tuple[Value, ...], Value]]) -> dict[str, Value]:
    """The scores of everybody that counts; each is given by its group and its known value."""
    groups: dict[tuple[Value, ...], list[Any]] = {}
    for group, value in ranked.values():
        groups.setdefault(group, []).append(sort_key(value))
    return {key: _score(name, count, sort_key(value), groups[group]) for key, (group, value) in ranked.items()}


def _score(name: str, count: int, value: Any, values: list[Any]) -> Value:
    smaller = sum(1 for other in values if other < value)
    match name:
        case "percentile":
            return half_away(Fraction(smaller, len(values)))
        case "rank":
            return 1 + sum(1 for other in values if other > value)
        case _:
            parts = {"quintile": 5, "decile": 10}.get(name, count)
            return 1 + floor(Fraction(parts * smaller, len(values)))


def band(value: Value, bounds: Sequence[Value], moment: dt.datetime) -> Value:
    """`bands(x, a, b, …)`: one more than the bounds that are reached."""
    if value is None:
        return None
    return 1 + sum(
        compare("<" if is_moment(value) and isinstance(bound, Length) else ">=", value, bound, moment)
        for bound in bounds
    )
