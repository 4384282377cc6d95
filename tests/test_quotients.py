"""Quotients that are quicker than the exact division of any decimals are as exact: ten digits, halves away from 0."""

from __future__ import annotations

import random
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal, localcontext

import duckdb

from segdsl.functions import operator
from segdsl.sql import build


def _divided(name: str, over: str, under: str, type_: str, pairs: Sequence[tuple[object, int]]) -> list[Decimal | None]:
    sql = build.fill(operator(name).sql, {over: build.column("a"), under: build.column("b")}).sql("duckdb")
    given = ", ".join(f"('{a}', {b})" for a, b in pairs)
    query = f"SELECT {sql} FROM (SELECT CAST(a AS {type_}) AS a, b FROM (VALUES {given}) AS t(a, b)) AS t"
    with duckdb.connect() as connection:
        return [value for (value,) in connection.execute(query).fetchall()]


def test_a_share() -> None:
    draw = random.Random(20261124)
    pairs = [(0, 1), (1, 2048), (2047, 2048), (9_223_372_036_853, 9_223_372_036_854)]  # 1 / 2048 ends in a 5
    pairs += [(draw.randrange(n), n) for n in (draw.randrange(1, 10 ** draw.randrange(1, 13)) for _ in range(5000))]
    pairs += [(draw.randrange(2**k), 2**k) for k in range(1, 40) for _ in range(20)]
    with localcontext(prec=60):
        for (r, n), value in zip(pairs, _divided("share", "r", "n", "BIGINT", pairs), strict=True):
            assert value == (Decimal(r) / n).quantize(Decimal("1e-10"), ROUND_HALF_UP), (r, n)


def test_a_mean() -> None:
    draw = random.Random(20261124)
    pairs: list[tuple[Decimal, int]] = []
    with localcontext(prec=60):
        for power in range(-10, 15):
            for _ in range(300):
                n = draw.choice([draw.randrange(1, 50), draw.randrange(1, 10**7), 2 ** draw.randrange(1, 24)])
                total = Decimal(draw.randrange(-(10**9), 10**9)).scaleb(power - 9).quantize(Decimal("1e-10"))
                # a value of eleven digits that ends in 5, or one that is next to it
                middle = (Decimal(draw.randrange(-(10**6), 10**6)) + Decimal("0.5")).scaleb(power - 10)
                near = (middle * n).quantize(Decimal("1e-10")) + draw.choice([0, 0, 1, -1]) * Decimal("1e-10")
                pairs += [(total, n), (near, n)]
        for type_, step in (("DECIMAL(38, 10)", "1e-10"), ("DECIMAL(38, 2)", "0.01"), ("BIGINT", "1")):
            given = [(total.quantize(Decimal(step)), n) for total, n in pairs]
            for (total, n), value in zip(given, _divided("mean", "total", "n", type_, given), strict=True):
                assert value == (total / n).quantize(Decimal("1e-10"), ROUND_HALF_UP), (total, n)
        assert _divided("mean", "total", "n", "DECIMAL(38, 2)", [(0, 0), (1, 0)]) == [None, None]


def test_a_mean_gap() -> None:
    draw = random.Random(20261124)
    pairs = [
        (draw.randrange(10 ** draw.randrange(1, 18)), draw.randrange(1, 10 ** draw.randrange(1, 7)))
        for _ in range(5000)
    ]
    pairs += [(span * 2 + 1, 2) for span in range(100)]
    for (span, n), value in zip(pairs, _divided("mean_gap", "span", "n", "BIGINT", pairs), strict=True):
        assert value == (Decimal(span) / n).quantize(Decimal(1), ROUND_HALF_UP), (span, n)
    assert _divided("mean_gap", "span", "n", "BIGINT", [(0, 0)]) == [None]
