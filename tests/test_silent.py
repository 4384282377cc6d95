"""What translated SQL gets wrong without a word: each kind of such a difference that the language has a construct for.

295 expressions of DuckDB were written for other engines by sqlglot and run there; the names below are those that gave
another value on some engine. Each that is about something the language can say is a rule here, with its value.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from segdsl.engines.problem import EngineProblem
from segdsl.sql import DIALECTS
from tests.benches import BENCHES, Benches
from tests.engine import Compiled
from tests.readback import ReadBack
from tests.test_readback import READ
from tests.world import World, named_tables

MODEL = {
    "entities": {
        "customer": {
            "key": "id",
            "attributes": {
                "t": "timestamp", "old": "timestamp", "d": "date", "e": "date", "x": "decimal", "zero": "decimal",
                "n": "int", "s": "text", "b": "bool", "likes": "list(text)",
            },
        }
    },
    "events": {
        "order": {
            "of": "customer", "key": "id", "time": "at", "fields": {"amount": "decimal", "note": "text", "big": "bool"}
        }
    },
}  # fmt: skip
AS_OF = dt.datetime(2026, 3, 31, 1)
SILENT = "silent differences"
# somebody with values, and somebody of whom nothing is known
TABLES: dict[str, list[dict[str, Any]]] = {
    "customer": [
        {
            "id": "a", "t": "2026-03-30T23:00:00.999999", "old": "1969-12-28T23:59:59.5", "d": "2026-01-31",
            "e": "2024-02-29", "x": "2.675", "zero": 0, "n": -7, "s": "Äb \\d\n", "b": True, "likes": ["A", "b "],
        },
        {"id": "z"},
    ],
    # a Saturday, a Sunday, a Monday, a Wednesday
    "order": [
        {"id": "a", "at": "2026-03-07T12:00:00", "amount": "0.1", "note": None, "big": False},
        {"id": "a", "at": "2026-03-08T23:59:59.999999", "amount": "0.2", "note": "b", "big": None},
        {"id": "a", "at": "2026-03-09T00:00:00", "amount": "10", "note": "B", "big": True},
        {"id": "a", "at": "2026-03-11T00:00:00", "amount": None, "note": None, "big": None},
    ],
}  # fmt: skip
# the probes, what says the same here, its value for either customer
HOURS = dt.timedelta(hours=2) - dt.timedelta(microseconds=999_999)
SAID: tuple[tuple[str, str, Any, Any], ...] = (
    ("date.dd_hour_boundary date.dd_minute_boundary date.dd_second date.ts_frac", "age(t)", HOURS, None),
    ("date.dd_day_2h_midnight", "days_since(t)", 0, None),
    ("date.dd_day_negative", "days_since(t + 3h)", -1, None),
    ("date.dd_month_eom date.dd_month_1day", "months_since(d)", 2, None),
    ("date.dd_quarter_1day", "months_since(e + 1d) / 3", Decimal(8), None),
    ("date.dd_year_1day", "years_since(e)", 2, None),
    ("date.dd_week_sat_sun date.dd_week_sun_mon date.dd_week_mon_mon date.dd_week_wed_tue", "weeks(order)", 2, 0),
    ("date.extract_week date.trunc_week_date", "count(order in 2026-W11)", 2, 0),
    ("date.date_minus_date", "d - e", dt.timedelta(days=702), None),
    ("date.date_plus_int date.date_plus_hours", "d + 27h", dt.datetime(2026, 2, 1, 3), None),
    ("date.dayofweek_sun date.extract_dow_sun", "weekday(old)", 7, None),
    ("date.year_before_1970", "year(old) * 10000 + day(old) * 100 + hour(old)", 19692823, None),
    ("date.tstz_cast", "date(t)", dt.date(2026, 3, 30), None),
    ("num.div_zero_col", "x / zero", None, None),
    ("num.lit_dec_eq", "0.1 + 0.2 = 0.3 and sum(order.amount where amount < 1) = 0.3", True, False),
    ("num.dec_div num.div_scale", "10 / 3.0 + zero", Decimal("3.3333333333"), None),
    ("num.avg_decimal num.sum_over_count", "avg(order.amount)", Decimal("3.4333333333"), None),
    ("num.int_div num.int_div_neg num.int_div_cols", "n / 2", Decimal("-3.5"), None),
    ("num.round_half num.cast_half_int num.cast_1p5_int", "round(x - 0.175)", 3, None),
    ("num.round_half_neg num.cast_neg_int", "round(n / 2)", -4, None),
    ("num.round_double_half num.round_2 num.round_dbl_2 num.cast_dec_scale", "round(x, 2)", Decimal("2.68"), None),
    ("num.greatest_null", "greatest(n, 1)", 1, None),
    ("str.like_case", 's contains "ä"', False, False),
    ("str.eq_case", 'likes contains "a"', False, False),
    ("str.eq_trailing_space", 'likes contains "b"', False, False),
    ("str.lt_case", 's > "b"', True, False),
    ("str.in_list_case", 's in ("äb \\\\d\\n", "Äb \\\\d")', False, False),
    ("str.lower_utf8", "lower(s)", "äb \\d\n", None),
    ("str.regexp str.regexp_d", 's matches "b"', True, False),
    ("str.regexp_i", 's matches "(?i)ä.b?" or s matches "^B"', True, False),
    ("str.regexp_extract str.regexp_extract_none", 's matches "[0-9]"', False, False),
    ("str.md5_bucket str.sha256", 'sample(50%, "seed 2")', True, False),
    ("str.backslash str.newline", 's = "Äb \\\\d\\n"', True, False),
    ("bool.not_in_null join.not_in_sub_null", "x not in (1, 2)", True, True),
    ("bool.is_not_true", "not b", False, True),
    ("agg.percentile_cont_wg", "median(order.amount)", Decimal("0.2"), None),
    ("win.lag_ignore_nulls", "max_gap(order)", dt.timedelta(days=2), None),
    ("win.first_last", "first(order.note)", "b", None),
    ("win.order_string", "mode(order.note)", "B", None),
    ("win.order_desc win.order_desc_nulls_last win.row_number_desc_nulls", "rank(n)", 1, None),
    ("win.distinct_on win.qualify win.qualify_where win.qualify_alias", "last(order.amount)", Decimal(10), None),
    ("join.left_null join.left_null_types join.full", "sum(order.amount)", Decimal("10.3"), Decimal(0)),
    ("join.anti_is_null", "none(order)", False, True),
    ("arr.json_missing", 'likes has all ("A", "b ", "A")', True, False),
    ("arr.filter_len arr.unnest_lateral", 'likes has any ("x", "A")', True, False),
)  # fmt: skip
# those that no rule can say, or that the checker refuses: names of days and free formats of times, logarithms, parts of
# texts, joined and replaced texts, casts of texts (which are the model's), seconds, deviations, lists that are made or
# counted, sets of groups
UNSAID = {
    "date.extract_second_frac", "date.dayname", "date.strftime", "date.strftime_month", "date.strptime",
    "date.at_tz", "num.log_1arg", "num.try_cast_bad", "num.cmp_int_str", "str.substr_neg", "str.substr0",
    "str.regexp_replace_1", "str.concat_ws", "str.concat_null_fn", "bool.cast_str_bool", "agg.stddev_pop",
    "agg.array_agg_len", "agg.array_agg_ord", "agg.grouping_sets", "arr.len", "arr.index1",
}  # fmt: skip
RULES = "\n".join(f"trait r{number} = {rule}" for number, (_, rule, _, _) in enumerate(SAID))
NAMES = [f"r{number}" for number in range(len(SAID))]
EXPECTED = {name: {"a": a, "z": z} for name, (_, _, a, z) in zip(NAMES, SAID, strict=True)}


@cache
def _world() -> World:
    return World(named_tables(MODEL), TABLES, AS_OF)


def _differences(found: dict[str, dict[str, Any]]) -> list[tuple[str, Any, Any]]:
    return [
        (rule, found[name], EXPECTED[name])
        for name, (_, rule, _, _) in zip(NAMES, SAID, strict=True)
        if found[name] != EXPECTED[name]
    ]


def test_each_is_said_once() -> None:
    probes = [probe for names, *_ in SAID for probe in names.split()]
    assert len(probes) == len(set(probes))
    assert not UNSAID & set(probes)


def test_on_duckdb(count: Callable[..., None]) -> None:
    count("duckdb", SILENT, number=len(SAID))
    assert _differences(Compiled(_world(), RULES).run(NAMES)) == []


@pytest.mark.parametrize("name", list(BENCHES))
def test_on_an_engine(benches: Benches, count: Callable[..., None], name: str) -> None:
    count(name, SILENT, number=len(SAID))
    assert _differences(Compiled(_world(), RULES).run(NAMES, opened=benches(name).opened, held=True)) == []


@pytest.mark.parametrize("name", READ)
def test_read_back(count: Callable[..., None], name: str) -> None:
    """All that the dialect has, each by itself where something else of it is refused."""
    back, compiled, dialect = ReadBack(), Compiled(_world(), RULES), DIALECTS[name]
    names = [word for word in NAMES if not back.refused(compiled, [word], dialect)]
    assert len(names) >= len(NAMES) - 9
    count(f"read back:{name}", SILENT, number=len(names))
    back.load(compiled, dialect)
    found = back.values(compiled, names, dialect)
    back.close()
    assert _differences({**EXPECTED, **found}) == []


# whole numbers and lengths of time beyond 64 bits, of what is well within them
BEYOND = [
    "n * n", "n * n > 0", "n + n + n", "0 - n - n - n", "sum(order.pieces)", "avg(order.pieces)", "round(1.0 * n * 10)",
    "age(t) * 1_000_000", "age(t) * 99 + age(t) * 99",
]  # fmt: skip


# not on Sail, whose numbers run over without a word
@pytest.mark.parametrize("name", ["duckdb", "postgres", "clickhouse", "sqlite"])
def test_what_has_no_room_is_an_error(benches: Benches, name: str) -> None:
    model = {
        "entities": {"customer": {"key": "id", "attributes": {"n": "int", "t": "timestamp"}}},
        "events": {"order": {"of": "customer", "key": "id", "time": "at", "fields": {"pieces": "int"}}},
    }
    tables: dict[str, list[dict[str, Any]]] = {
        "customer": [{"id": "a", "n": 4 * 10**18, "t": "0001-01-01"}],
        "order": [{"id": "a", "at": "2026-01-01", "pieces": 4 * 10**18} for _ in range(3)],
    }
    world = World(named_tables(model), tables, AS_OF)
    for rule in BEYOND:
        compiled = Compiled(world, f"trait x = {rule}\n")
        with pytest.raises(EngineProblem):
            print(rule, compiled.run(["x"], opened=None if name == "duckdb" else benches(name).opened))
