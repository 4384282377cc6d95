"""Quotients that are quicker than the exact division of any decimals are as exact: ten digits, halves away from 0."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_UP, Decimal, localcontext

import duckdb

from segdsl.functions import operator
from segdsl.plan import make_plan
from segdsl.program import Aggregate, Apply, Attribute, Constant, Program, number_constant
from segdsl.sql import DUCKDB, build
from segdsl.sql.expressions import Expressions, Frame
from segdsl.types import BOOL, DECIMAL, INT
from tests.cases import default_model
from tests.engine import Compiled
from tests.world import World, customer_rows, named_tables


def _divided(
    name: str, over: str, under: str, type_: str, pairs: Sequence[tuple[object, object]]
) -> list[Decimal | None]:
    sql = build.fill(operator(name).sql, {over: build.column("a"), under: build.column("b")}).sql("duckdb")
    given = ", ".join(f"('{a}', '{b}')" for a, b in pairs)
    below = "DECIMAL(38, 10)" if name == "/" else "BIGINT"
    rows = f"SELECT CAST(a AS {type_}) AS a, CAST(b AS {below}) AS b FROM (VALUES {given}) AS t(a, b)"
    query = f"SELECT {sql} FROM ({rows}) AS t"
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


def test_any_quotient() -> None:
    """Up to lengths between the year 1 and 9999 in microseconds, of numbers of ten digits after the point."""
    draw = random.Random(20261130)
    pairs: list[tuple[Decimal, Decimal]] = []
    with localcontext(prec=80):
        for _ in range(5000):
            b = Decimal(draw.randrange(1, 10 ** draw.randrange(1, 19))).scaleb(-draw.randrange(11))
            a = Decimal(draw.randrange(-(10 ** draw.randrange(1, 18)), 85 * 10**16)).scaleb(-draw.randrange(11))
            middle = (a * b).quantize(Decimal("1e-10")) if abs(a * b) < 8 * 10**17 else a
            pairs += [(a.quantize(Decimal("1e-10")), draw.choice([b, -b])), (middle, b)]
            pairs.append((Decimal(draw.randrange(-(10**6), 10**6)) + Decimal("0.5e-10") * 2, Decimal(2)))
        pairs = [(a, b.quantize(Decimal("1e-10"))) for a, b in pairs]
        pairs = [(a, b) for a, b in pairs if b and abs(a / b) < 10**27]
        pairs += [(Decimal(315537897599999999) * sign, Decimal(86_400_000_000)) for sign in (1, -1)]
        found = _divided("/", "a", "b", "DECIMAL(38, 10)", pairs)
        for (a, b), value in zip(pairs, found, strict=True):
            assert value == (a / b).quantize(Decimal("1e-10"), ROUND_HALF_UP), (a, b)


def test_a_length_up_to_the_end_of_the_calendar_is_divided_like_any_other() -> None:
    model = named_tables(default_model())
    as_of = dt.datetime(2026, 3, 31)
    lines = [f"{key}: signup = 2026-01-01, renewal = {end}" for key, end in (("a", "9999-12-31"), ("b", "2026-01-11"))]
    rules = """
    trait term = (renewal - signup) / 1d
    trait half_ = (renewal - signup) / 2
    trait years_ = age(renewal) / 365.25d
    """
    found = Compiled(World(model, customer_rows(model, lines, as_of), as_of), rules).run(["term", "half_", "years_"])
    assert found == {
        "term": {"a": 2912442, "b": 10},
        "half_": {"a": dt.timedelta(days=1456221), "b": dt.timedelta(days=5)},
        "years_": {"a": Decimal("-7973.5879534565"), "b": Decimal("0.2162902122")},
    }


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


_ULP = Decimal("1e-10")
_TOTAL = Attribute("customer", "a", DECIMAL)
_COUNT = Aggregate("count", "customer", "order", None, None, (), INT)
_MEANS = Apply(operator("mean"), (_TOTAL, _COUNT), DECIMAL)
_COMPARED: dict[str, Callable[[Decimal, Decimal], bool]] = {
    ">=": lambda mean, number: mean >= number,
    ">": lambda mean, number: mean > number,
    "<": lambda mean, number: mean < number,
    "<=": lambda mean, number: mean <= number,
    "=": lambda mean, number: mean == number,
    "between": lambda mean, number: number <= mean <= number + 1,
    "in": lambda mean, number: mean in (number, number + 1),
}


def _holds(op: str, number: Decimal) -> str:
    """The SQL of a mean compared with a number."""
    constants: list[Constant] = [number_constant(number)]
    if op in ("between", "in"):
        constants.append(number_constant(number + 1))
    frame = Frame({_TOTAL: build.column("a"), _COUNT: build.column("b")})
    lowered = Expressions(make_plan(Program({}, {}), []), DUCKDB, None, "UTC")
    sql = lowered.holds(Apply(operator(op), (_MEANS, *constants), BOOL), frame).sql("duckdb")
    assert "//" not in sql
    return sql


def test_a_mean_is_compared_without_dividing() -> None:
    draw = random.Random(20261128)
    numbers = [Decimal(text) for text in ("0", "20", "-20", "0.3", "-1.5", "0.0000000001", "-0.0000000001")]
    numbers += [Decimal("1.3333333333"), Decimal("99999998.9999999999"), Decimal("-99999999.9999999999")]
    with localcontext(prec=60), duckdb.connect() as connection:
        for number in numbers:
            counts = [1, 2, 3, 4, 7, 10**6, 2**63 - 1, *[draw.randrange(1, 10**power) for power in range(1, 19)]]
            pairs: list[tuple[Decimal, int]] = []
            for n in counts:
                for edge in (number, number - _ULP / 2, number + _ULP / 2, number + 1, number + 1 + _ULP / 2):
                    near = (edge * n).quantize(_ULP)
                    pairs += [(near + steps * _ULP, n) for steps in (-2, -1, 0, 1, 2)]
            for type_, step in (("DECIMAL(38, 10)", _ULP), ("DECIMAL(38, 2)", Decimal("0.01"))):
                given = list(dict.fromkeys((total.quantize(step), n) for total, n in pairs))
                rows = ", ".join(f"('{total}', {n})" for total, n in given)
                wanted = ", ".join(_holds(op, number) for op in _COMPARED)
                query = f"SELECT {wanted} FROM (SELECT CAST(a AS {type_}) AS a, b FROM (VALUES {rows}) AS t(a, b))"
                for (total, n), found in zip(given, connection.execute(query).fetchall(), strict=True):
                    mean = (total / n).quantize(_ULP, ROUND_HALF_UP)
                    expected = tuple(holds(mean, number) for holds in _COMPARED.values())
                    assert found == expected, (total, n, number)


def test_no_mean_compares() -> None:
    with duckdb.connect() as connection:
        for op in _COMPARED:
            query = f"SELECT {_holds(op, Decimal(0))} FROM (VALUES (0.0, 0), (NULL, 1), (1.0, NULL)) AS t(a, b)"
            assert connection.execute(query).fetchall() == [(None,)] * 3


def test_what_can_be_below_zero_is_divided_by() -> None:
    """Multiplied by it, a comparison would be turned round: -2.5 is not 0.5 or more, though 5 is more than -1."""
    model, as_of = named_tables(default_model()), dt.datetime(2026, 3, 31)
    customers = [
        "below: order(1d ago, amount: 5, items: -2)",
        "above: order(1d ago, amount: 5, items: 2)",
        "both_below: order(1d ago, amount: -5, items: -2)",
    ]
    world = World(model, customer_rows(model, customers, as_of), as_of)
    for kind in ("sum", "min", "max", "avg", "first"):
        found = Compiled(world, f"segment half = sum(order.amount) / {kind}(order.items) >= 0.5").run(["half"])
        assert found["half"] == {"below": False, "above": True, "both_below": True}, kind
