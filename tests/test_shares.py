"""A percentile's share, r of n, is exact: ten digits, rounded half away from zero, whatever the sizes."""

from __future__ import annotations

import random
from decimal import ROUND_HALF_UP, Decimal, localcontext

import duckdb

from segdsl.functions import operator
from segdsl.sql import build


def test_a_share_is_rounded_as_a_quotient_of_any_length() -> None:
    draw = random.Random(20261124)
    pairs = [(0, 1), (1, 2048), (2047, 2048), (9_223_372_036_853, 9_223_372_036_854)]  # 1 / 2048 ends in a 5
    pairs += [(draw.randrange(n), n) for n in (draw.randrange(1, 10 ** draw.randrange(1, 13)) for _ in range(5000))]
    pairs += [(draw.randrange(2**k), 2**k) for k in range(1, 40) for _ in range(20)]
    share = build.fill(operator("share").sql, {"r": build.column("r"), "n": build.column("n")}).sql("duckdb")
    given = ", ".join(f"({r}, {n})" for r, n in pairs)
    with duckdb.connect() as connection:
        found = connection.execute(f"SELECT r, n, {share} FROM (VALUES {given}) AS t(r, n)").fetchall()
    with localcontext(prec=60):
        for r, n, value in found:
            assert value == (Decimal(r) / n).quantize(Decimal("1e-10"), ROUND_HALF_UP), (r, n)
