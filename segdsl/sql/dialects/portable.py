"""The rows of the table of functions in SQL that many dialects share, out of the few words in which they differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Words:
    """How a dialect says what the rows are made of. Braces stand for the arguments, each an expression in brackets.

    `since` is the time from b to a in microseconds, `plus` a time moved by microseconds, `plus_months` a time or date
    moved by whole months, the day clamped to the month's end. `quotient` is a / b as a decimal of ten digits, rounded
    half away from zero, NULL where b is 0; `integer_quotient` that of whole numbers, cut towards zero; `whole` a
    decimal rounded half away from zero to a whole number.
    """

    since: str
    plus: str
    minus: str
    plus_months: str
    quotient: str
    year: str = "CAST(EXTRACT(YEAR FROM {t}) AS {int})"
    month: str = "CAST(EXTRACT(MONTH FROM {t}) AS {int})"
    day: str = "CAST(EXTRACT(DAY FROM {t}) AS {int})"
    hour: str = "CAST(EXTRACT(HOUR FROM CAST({t} AS {time})) AS {int})"
    weekday: str = "CAST(EXTRACT(ISODOW FROM {t}) AS {int})"
    integer_quotient: str = "{a} / {b}"
    whole: str = "CAST(ROUND({x}) AS {int})"
    decimal: str = "DECIMAL(38, 10)"
    big: str = "DECIMAL(38, 0)"
    int: str = "BIGINT"
    short: str = "INTEGER"
    time: str = "TIMESTAMP"
    date: str = "DATE"
    double: str = "DOUBLE PRECISION"
    metres: str = "DECIMAL(38, 3)"
    contains: str = "STRPOS(:a, :b) > 0"
    starts: str = "LEFT(:a, LENGTH(:b)) = :b"
    ends: str = "RIGHT(:a, LENGTH(:b)) = :b"
    length: str = "LENGTH(:s)"
    trim: str = "TRIM(BOTH ' ' FROM :s)"
    matches: str = "REGEXP_LIKE(:a, :b)"
    day_start: str = "DATE_TRUNC('day', {t})"
    week_start: str = "DATE_TRUNC('week', {t})"
    month_start: str = "DATE_TRUNC('month', {t})"
    quarter_start: str = "DATE_TRUNC('quarter', {t})"
    year_start: str = "DATE_TRUNC('year', {t})"


def exact_quotient(a: str, b: str) -> str:
    """a / b for dialects whose `/` has too few digits: how often b goes into a, to one digit more than is kept and cut
    towards zero, is a division without a rest; the cast rounds half away from zero."""
    x, d = f"CAST({a} AS {{decimal}}) * 100000000000", f"NULLIF(CAST({b} AS {{decimal}}), 0)"
    return f"CAST(CAST(({x} - ({x}) % {d}) / {d} AS DECIMAL(26, 0)) * 0.00000000001 AS {{decimal}})"


def exact_product(a: str, b: str) -> str:
    """a * b for dialects whose `*` drops digits of long numbers: whole parts and fractions apart, all of one sign. The
    short ones are added first, so that no sum has to be of more than 38 digits."""
    whole = {x: f"CAST(({x}) - ({x}) % 1 AS DECIMAL(18, 0))" for x in (a, b)}
    rest = {x: f"CAST(({x}) % 1 AS DECIMAL(11, 10))" for x in (a, b)}
    return (
        f"CAST(CAST({whole[a]} * {whole[b]} AS DECIMAL(27, 0)) + ({whole[a]} * {rest[b]} + {rest[a]} * {whole[b]}"
        f" + CAST({rest[a]} * {rest[b]} AS DECIMAL(12, 10))) AS DECIMAL(38, 10))"
    )


def added_in_steps(add: str, time: str, n: str) -> str:
    """A time moved by n microseconds where what is added has to fit 32 bits: days, seconds, and what is left."""
    day, second = 86_400_000_000, 1_000_000
    found = time
    for unit, part, by in (("DAY", n, day), ("SECOND", f"({n}) % {day}", second)):
        steps = f"CAST((({part}) - ({part}) % {by}) / {by} AS INTEGER)"
        found = add.replace("{unit}", unit).replace("{n}", steps).replace("{t}", found)
    rest = f"CAST(({n}) % {second} AS INTEGER)"
    return add.replace("{unit}", "MICROSECOND").replace("{n}", rest).replace("{t}", found)


def rows(words: Words) -> Mapping[str, str]:
    """The rows that are not left as DuckDB writes them, by their keys."""

    def say(text: str, **arguments: str) -> str:
        names = {"int": words.int, "time": words.time, "date": words.date, "decimal": words.decimal, "big": words.big}
        return text.format(**{key: f"({value})" for key, value in arguments.items()}, **names)

    now, t = ":now", ":t"
    months = (
        f"({say(words.year, t=now)} - {say(words.year, t=t)}) * 12"
        f" + {say(words.month, t=now)} - {say(words.month, t=t)}"
    )
    reached = say(words.plus_months, t=f"CAST(:t AS {words.time})", n=f"CAST({months} AS {words.short})")
    months_since = f"CAST({months} - CASE WHEN {reached} > :now THEN 1 ELSE 0 END AS {words.int})"
    elapsed = say(words.since, a=now, b=t)
    # a whole number of days below or at what has elapsed: the remainder is made positive before it is taken off
    day = 86_400_000_000
    days_since = say(words.integer_quotient, a=f"{elapsed} - ((({elapsed}) % {day}) + {day}) % {day}", b=str(day))
    years = f"{say(words.year, t=now)} - {say(words.year, t=':d')}"
    own_day = f"CAST(:d AS {words.date})"
    today = f"CAST(:now AS {words.date})"
    this_year = f"CAST({say(words.plus_months, t=own_day, n=f'CAST(12 * ({years}) AS {words.short})')} AS {words.date})"
    next_year = say(words.plus_months, t=own_day, n=f"CAST(12 * ({years} + 1) AS {words.short})")
    double = {name: f"CAST(:{name} AS {words.double})" for name in ("lat1", "lon1", "lat2", "lon2")}
    haversine = (
        "POWER(SIN(RADIANS({lat2} - {lat1}) / 2), 2)"
        " + COS(RADIANS({lat1})) * COS(RADIANS({lat2})) * POWER(SIN(RADIANS({lon2} - {lon1}) / 2), 2)"
    ).format(**double)
    return MappingProxyType(
        {
            "contains/text": words.contains,
            "starts with": words.starts,
            "ends with": words.ends,
            "matches": words.matches,
            "*": f"CAST(CAST(:a AS {words.decimal}) * CAST(:b AS {words.decimal}) AS {words.decimal})",
            "/": say(words.quotient, a=":a", b=":b"),
            "//durations": say(words.quotient, a=":a", b=":b"),
            "*/duration": say(words.whole, x=f"CAST(:a AS {words.big}) * CAST(:b AS {words.decimal})"),
            "//duration": say(words.whole, x=say(words.quotient, a=":a", b=":b")),
            "mean": say(words.quotient, a=":total", b=":n"),
            "share": say(words.quotient, a=":r", b=":n"),
            "mean_gap": say(words.whole, x=say(words.quotient, a=":span", b=":n")),
            "-/times": say(words.since, a=":a", b=":b"),
            "+/time": say(words.plus, t=":a", n=":b"),
            "-/time": say(words.minus, t=":a", n=":b"),
            "round": say(words.whole, x=f"CAST(:x AS {words.decimal})"),
            "round/digits": f"CAST(ROUND(CAST(:x AS {words.decimal}), :digits) AS {words.decimal})",
            "floor": f"CAST(FLOOR(CAST(:x AS {words.decimal})) AS {words.int})",
            "ceil": f"CAST(CEIL(CAST(:x AS {words.decimal})) AS {words.int})",
            "trim": words.trim,
            "length": words.length,
            "year": say(words.year, t=t),
            "month": say(words.month, t=t),
            "day": say(words.day, t=t),
            "weekday": say(words.weekday, t=t),
            "hour": say(words.hour, t=t),
            "months_since": months_since,
            "years_since": f"CAST(FLOOR(({months_since}) / 12.0) AS {words.int})",
            "days_since": f"CAST({days_since} AS {words.int})",
            "age": elapsed,
            "date": f"CAST(:t AS {words.date})",
            "anniversary": f"CASE WHEN {this_year} < {today} THEN CAST({next_year} AS {words.date})"
            f" ELSE {this_year} END",
            "distance": "CASE WHEN :lat1 + :lon1 + :lat2 + :lon2 IS NOT NULL THEN CAST(2 * 6371008.8"
            f" * ASIN(SQRT(CASE WHEN {haversine} > 1 THEN 1 ELSE {haversine} END)) AS {words.metres}) END",
            "midnight": f"CAST(:d AS {words.time})",
            "half": f"CAST((CAST(:a AS {words.decimal}) + CAST(:b AS {words.decimal})) * 0.5 AS {words.decimal})",
            "quantile": f"1 + {say(words.integer_quotient, a=':k * :r', b=':n')}",
            "day start": say(words.day_start, t=t),
            "week start": say(words.week_start, t=t),
            "month start": say(words.month_start, t=t),
        }
    )


def structures(words: Words) -> Mapping[str, str]:
    """What is no function, as far as it follows from the same words."""

    def say(text: str, **arguments: str) -> str:
        names = {"int": words.int, "time": words.time, "date": words.date, "decimal": words.decimal, "big": words.big}
        return text.format(**{key: f"({value})" for key, value in arguments.items()}, **names)

    return MappingProxyType(
        {
            "date": f"CAST(:s AS {words.date})",
            "timestamp": f"CAST(:s AS {words.time})",
            "add micros": say(words.plus, t=":t", n=":n"),
            "subtract micros": say(words.minus, t=":t", n=":n"),
            "since": say(words.since, a=":a", b=":b"),
            "floor day": say(words.day_start, t=":t"),
            "floor week": say(words.week_start, t=":t"),
            "floor month": say(words.month_start, t=":t"),
            "floor quarter": say(words.quarter_start, t=":t"),
            "floor year": say(words.year_start, t=":t"),
            "low middle": f":n = {say(words.integer_quotient, a=':size + 1', b='2')}",
            "high middle": f":n = {say(words.integer_quotient, a=':size', b='2')} + 1",
            "count of": "COUNT(CASE WHEN :a THEN 1 END)",
            "shown decimal": f"CAST(:a AS {words.double})",
            "shown duration": ":a",
        }
    )
