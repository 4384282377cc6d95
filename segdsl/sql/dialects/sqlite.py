"""SQLite, from 3.38 on. It has whole numbers of 64 bits, floating ones and texts, and every row may hold any of them.

So a decimal is a whole number of ten-billionths, which reaches to 922,337,203; a time is a whole number of microseconds
since 1970, and so is a day, at its midnight. A column is read by what each row holds, and what cannot be read fails: by
the magnitude of the smallest number, which there is none of. So does what outgrows 64 bits, where SQLite itself would
go on in floating point. A list is a JSON text.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from segdsl.sql.dialects.dialect import NO_HISTORY, Dialect
from segdsl.sql.dialects.portable import Words, rows, structures
from segdsl.types import Kind

_DAY = 86_400_000_000
_WEEK = 7 * _DAY
_ONE = 10_000_000_000
# the largest whole part that a decimal is read with, and that a quotient may have
_LARGEST = 922_337_202


def _error(value: str) -> str:
    """What fails where it is evaluated; it depends on a value, so that nobody evaluates it ahead."""
    return f"ABS(-9223372036854775807 - (LENGTH({value}) >= 0))"


def _mod(value: str, by: int) -> str:
    """What is left of a division, never negative."""
    return f"((({value}) % {by} + {by}) % {by})"


def _seconds(t: str) -> str:
    return f"((({t}) - {_mod(t, 1_000_000)}) / 1000000)"


def _part(letter: str, t: str = "{t}", *modifiers: str) -> str:
    more = "".join(f", {modifier}" for modifier in modifiers)
    return f"CAST(STRFTIME('%{letter}', {_seconds(t)}, 'unixepoch'{more}) AS INTEGER)"


def _start(*modifiers: str) -> str:
    return f"{_part('s', '{t}', *modifiers)} * 1000000"


def _months(n: str) -> str:
    """A time moved by months: the first of that month, then as many days as it had or the month has."""
    first = _part("s", "{t}", "'start of month'", f"({n}) || ' months'")
    last = _part("d", "{t}", "'start of month'", f"(({n}) + 1) || ' months'", "'-1 days'")
    day = f"CASE WHEN {_part('d')} > {last} THEN {last} ELSE {_part('d')} END"
    return f"({first} * 1000000 + (({day}) - 1) * {_DAY} + {_mod('{t}', _DAY)})"


def _given(values: str, result: str) -> str:
    """A result of values that are worked out once."""
    return f"(SELECT {result} FROM (SELECT {values}) AS given)"


_UP = "CASE WHEN (given.a < 0) = (given.b < 0) THEN 1 ELSE -1 END"
_LEFT = "ABS(given.a % given.b)"
_B = "ABS(given.b)"
# a / b in ten-billionths, halves away from zero: the whole part, and ten digits of what is left, one by one where ten
# at once would not fit
_DIGITS = (
    f"CASE WHEN {_B} <= 400000000 THEN (2 * {_LEFT} * {_ONE} + {_B}) / (2 * {_B})"
    f" ELSE (WITH RECURSIVE digit(i, q, r) AS (SELECT 0, 0, {_LEFT}"
    f" UNION ALL SELECT i + 1, q * 10 + r * 10 / {_B}, r * 10 % {_B} FROM digit WHERE i < 10)"
    f" SELECT q + (2 * r >= {_B}) FROM digit WHERE i = 10) END"
)
_REAL = "TYPEOF(given.a) = 'real' OR TYPEOF(given.b) = 'real'"


def _quotient(a: str, b: str) -> str:
    return _given(
        f"{a} AS a, {b} AS b",
        "CASE WHEN given.a IS NULL OR given.b IS NULL OR given.b = 0 THEN NULL"
        f" WHEN {_REAL} OR {_B} > 900000000000000000 OR ABS(given.a / given.b) > {_LARGEST}"
        f" THEN {_error('given.a')} ELSE {_UP} * (ABS(given.a / given.b) * {_ONE} + {_DIGITS}) END",
    )


def _product(a: str, b: str) -> str:
    """a * b / 10^10, halves away from zero: whole parts and ten-billionths apart, these in two halves."""
    left, right = "ABS(given.a)", "ABS(given.b)"
    rest, other = f"({left} % {_ONE})", f"({right} % {_ONE})"
    high, low = f"({rest} / 100000 * {other})", f"({rest} % 100000 * {other})"
    return _given(
        f"{a} AS a, {b} AS b",
        f"CASE WHEN given.a IS NULL OR given.b IS NULL THEN NULL"
        f" WHEN {_REAL} OR CAST({left} AS REAL) * {right} > 9.2e28 THEN {_error('given.a')}"
        f" ELSE {_UP} * ({left} / {_ONE} * {right} + {rest} * ({right} / {_ONE})"
        f" + {high} / 100000 + ({high} % 100000 * 100000 + {low} + {_ONE // 2}) / {_ONE}) END",
    )


def _whole(expression: str) -> str:
    """Whole numbers worked out; beyond 64 bits SQLite would go on in floating point."""
    return _given(f"{expression} AS a", f"CASE WHEN TYPEOF(given.a) = 'real' THEN {_error('given.a')} ELSE given.a END")


def _rounded(by: str) -> str:
    """A multiple of that, halves away from zero, divided by it."""
    return _given(
        f":x AS a, {by} AS b",
        "CASE WHEN given.a < 0 THEN -1 ELSE 1 END * ((ABS(given.a) + given.b / 2) / given.b)",
    )


_ANY = "CASE TYPEOF(:x) WHEN 'null' THEN NULL"
_PLAIN = "LTRIM(TRIM(:x, ' '), '+-')"
_SIGNED = f"LENGTH({_PLAIN}) >= LENGTH(TRIM(:x, ' ')) - 1 AND {_PLAIN} <> '' AND {_PLAIN} <> '.'"
_FRACTION = f"SUBSTR({_PLAIN}, INSTR({_PLAIN} || '.', '.') + 1)"
_INT = (
    f"{_ANY} WHEN 'integer' THEN :x WHEN 'real' THEN CASE WHEN ABS(:x) < 9e18 THEN CAST(ROUND(:x) AS INTEGER)"
    f" ELSE {_error(':x')} END WHEN 'text' THEN CASE WHEN {_SIGNED} AND NOT {_PLAIN} GLOB '*[^0-9]*'"
    f" AND LENGTH({_PLAIN}) < 19 THEN CAST(:x AS INTEGER) ELSE {_error(':x')} END ELSE {_error(':x')} END"
)
_DECIMAL = (
    f"{_ANY} WHEN 'integer' THEN CASE WHEN ABS(:x) <= {_LARGEST} THEN :x * {_ONE} ELSE {_error(':x')} END"
    f" WHEN 'real' THEN CASE WHEN ABS(:x) <= {_LARGEST} THEN CAST(ROUND(:x * 1e10) AS INTEGER)"
    f" WHEN ABS(:x) < 9e999 THEN {_error(':x')} END"
    f" WHEN 'text' THEN CASE WHEN {_SIGNED} AND NOT {_PLAIN} GLOB '*[^0-9.]*' AND NOT {_PLAIN} GLOB '*.*.*'"
    f" AND LENGTH({_FRACTION}) <= 10 AND CAST({_PLAIN} AS REAL) <= {_LARGEST}"
    f" THEN CASE WHEN TRIM(:x, ' ') GLOB '-*' THEN -1 ELSE 1 END * (CAST({_PLAIN} AS INTEGER) * {_ONE}"
    f" + CAST(SUBSTR({_FRACTION} || '0000000000', 1, 10) AS INTEGER)) ELSE {_error(':x')} END ELSE {_error(':x')} END"
)
_ISO = "DATE(SUBSTR(:x, 1, 10), '0 days') = SUBSTR(:x, 1, 10) AND SUBSTR(:x, 1, 10) GLOB '[0-9]*-*-*'"
_MINUTES = "[ T][0-2][0-9]:[0-5][0-9]"
_CLOCK = (
    f"(LENGTH(:x) = 10 OR SUBSTR(:x, 12, 2) < '24' AND (SUBSTR(:x, 11) GLOB '{_MINUTES}'"
    f" OR SUBSTR(:x, 11) GLOB '{_MINUTES}:[0-5][0-9]' OR SUBSTR(:x, 11) GLOB '{_MINUTES}:[0-5][0-9].[0-9]*'"
    " AND NOT SUBSTR(:x, 21) GLOB '*[^0-9]*'))"
)
_MIDNIGHT = "CAST(STRFTIME('%s', SUBSTR(:x, 1, 10)) AS INTEGER) * 1000000"
_OF_DAY = (
    "(SUBSTR(:x, 12, 2) * 3600 + SUBSTR(:x, 15, 2) * 60 + SUBSTR(:x, 18, 2)) * 1000000"
    " + CAST(SUBSTR(SUBSTR(:x, 21) || '000000', 1, 6) AS INTEGER)"
)


def _read_text(test: str, value: str) -> str:
    return f"{_ANY} WHEN 'text' THEN CASE WHEN {test} THEN {value} ELSE {_error(':x')} END ELSE {_error(':x')} END"


_DATE = _read_text(f"{_ISO} AND {_CLOCK}", _MIDNIGHT)
_TIMESTAMP = _read_text(f"{_ISO} AND {_CLOCK}", f"{_MIDNIGHT} + {_OF_DAY}")
_BOOL = (
    f"{_ANY} WHEN 'integer' THEN :x <> 0 WHEN 'real' THEN :x <> 0"
    " WHEN 'text' THEN CASE WHEN LOWER(:x) IN ('true', 't', '1') THEN TRUE"
    " WHEN LOWER(:x) IN ('false', 'f', '0') THEN FALSE"
    f" ELSE {_error(':x')} END ELSE {_error(':x')} END"
)
_MONTH = _start("'start of month'")
WORDS = Words(
    since="{a} - {b}",
    plus="{t} + {n}",
    minus="{t} - {n}",
    plus_months=_months("{n}"),
    quotient=_quotient("{a}", "{b}"),
    year=_part("Y"),
    month=_part("m"),
    day=_part("d"),
    hour=f"{_mod('{t}', _DAY)} / 3600000000",
    weekday=f"{_mod('{t} + ' + str(3 * _DAY), _WEEK)} / {_DAY} + 1",
    int="INTEGER",
    decimal="INTEGER",
    big="INTEGER",
    short="INTEGER",
    time="INTEGER",
    date="INTEGER",
    double="REAL",
    metres="INTEGER",
    contains="INSTR(:a, :b) > 0",
    starts="SUBSTR(:a, 1, LENGTH(:b)) = :b",
    ends="LENGTH(:a) >= LENGTH(:b) AND SUBSTR(:a, LENGTH(:a) - LENGTH(:b) + 1) = :b",
    length="LENGTH(:s)",
    trim="TRIM(:s, ' ')",
    matches=":a REGEXP :b",
    day_start=f"{{t}} - {_mod('{t}', _DAY)}",
    week_start=f"{{t}} - {_mod('{t} + ' + str(3 * _DAY), _WEEK)}",
    month_start=_MONTH,
    quarter_start=_start("'start of month'", f"-(({_part('m')} - 1) % 3) || ' months'"),
    year_start=_start("'start of year'"),
)
_ROWS = rows(WORDS)
_TODAY = f"(:now - {_mod(':now', _DAY)})"
_BORN = f"(:d - {_mod(':d', _DAY)})"
_YEARS = f"12 * ({_part('Y', ':now')} - {_part('Y', ':d')})"
_THIS_YEAR = _months(_YEARS).replace("{t}", _BORN)
_ON_SPHERE = {name: f"RADIANS(CAST(:{name} AS REAL) / {_ONE}.0)" for name in ("lat1", "lon1", "lat2", "lon2")}
_HAVERSINE = (
    "POWER(SIN(({lat2} - {lat1}) / 2), 2) + COS({lat1}) * COS({lat2}) * POWER(SIN(({lon2} - {lon1}) / 2), 2)"
).format(**_ON_SPHERE)

SQLITE = Dialect(
    "sqlite",
    MappingProxyType(
        {
            Kind.BOOL: "INTEGER",
            Kind.INT: "INTEGER",
            Kind.DECIMAL: "INTEGER",
            Kind.TEXT: "TEXT",
            Kind.LABEL: "TEXT",
            Kind.DATE: "INTEGER",
            Kind.TIME: "INTEGER",
            Kind.LIST: "TEXT",
            Kind.DURATION: "INTEGER",
            Kind.DISTANCE: "INTEGER",
        }
    ),
    title="SQLite 3.38",
    overrides=MappingProxyType(
        {
            **_ROWS,
            "+": _whole(":a + :b"),
            "-": _whole(":a - :b"),
            "+/durations": _whole(":a + :b"),
            "-/durations": _whole(":a - :b"),
            "*/int": _whole(":a * :b"),
            "*": _product(":a", ":b"),
            "*/duration": _product(":a", ":b"),
            "//duration": _quotient(":a", ":b"),
            "mean_gap": "(2 * :span + :n) / NULLIF(2 * :n, 0)",
            "round": _rounded(str(_ONE)),
            "round/digits": f"{_rounded('CAST(POWER(10, MAX(0, 10 - :digits)) AS INTEGER)')}"
            " * CAST(POWER(10, MAX(0, 10 - :digits)) AS INTEGER)",
            "floor": f"(:x - {_mod(':x', _ONE)}) / {_ONE}",
            "ceil": f"-((-:x - {_mod('-:x', _ONE)}) / {_ONE})",
            "half": _given(
                ":a + :b AS a",
                f"CASE WHEN TYPEOF(given.a) = 'real' THEN {_error('given.a')}"
                " ELSE (given.a + CASE WHEN given.a < 0 THEN -1 ELSE 1 END * ABS(given.a % 2)) / 2 END",
            ),
            "years_since": f"({_ROWS['months_since']} - {_mod(_ROWS['months_since'], 12)}) / 12",
            "date": f":t - {_mod(':t', _DAY)}",
            "midnight": ":d",
            "anniversary": f"CASE WHEN {_THIS_YEAR} < {_TODAY} THEN {_months(f'{_YEARS} + 12').replace('{t}', _BORN)}"
            f" ELSE {_THIS_YEAR} END",
            "distance": "CASE WHEN :lat1 + :lon1 + :lat2 + :lon2 IS NOT NULL THEN CAST(ROUND(2 * 6371008.8"
            f" * ASIN(SQRT(CASE WHEN {_HAVERSINE} > 1 THEN 1 ELSE {_HAVERSINE} END)) * 1000) AS INTEGER)"
            " * 10000000 END",
            "contains/list": "EXISTS(SELECT 1 FROM JSON_EACH(:a) AS items WHERE items.value = :b)",
        }
    ),
    structures=MappingProxyType(
        {
            **structures(WORDS),
            "date": "CAST(STRFTIME('%s', :s) AS INTEGER) * 1000000",
            "timestamp": "CAST(STRFTIME('%s', SUBSTR(:s, 1, 19)) AS INTEGER) * 1000000"
            " + CAST(SUBSTR(SUBSTR(:s, 21) || '000000', 1, 6) AS INTEGER)",
            "now": f"CASE WHEN :zone = 'UTC' THEN CAST(STRFTIME('%s', 'now') AS INTEGER) * 1000000"
            f" ELSE {_error(':zone')} END",
            "at zone": f"CASE WHEN :zone = 'UTC' THEN :t ELSE {_error(':zone')} END",
            "add months": _months(":n").replace("{t}", ":t"),
            "subtract months": _months("-:n").replace("{t}", ":t"),
            "is finite": ":x = :x",
            "joined": ":a || :b",
            "text": ":a COLLATE BINARY",
            "key": ":a COLLATE BINARY",
            "decimal of int": _whole(f":a * {_ONE}"),
            "list": ":a",
            "shown decimal": f"CAST(:a AS REAL) / {_ONE}.0",
            "shown date": f"DATE({_seconds(':a')}, 'unixepoch')",
            "shown timestamp": f"DATETIME({_seconds(':a')}, 'unixepoch') || PRINTF('.%06d', {_mod(':a', 1_000_000)})",
            **{f"read bool{of}": _BOOL for of in ("", " of number", " of time")},
            **{f"read int{of}": _INT for of in ("", " of number", " of time")},
            **{f"read decimal{of}": _DECIMAL for of in ("", " of number", " of time")},
            **{f"read date{of}": _DATE for of in ("", " of number", " of time")},
            **{f"read timestamp{of}": _TIMESTAMP for of in ("", " of number", " of time")},
        }
    ),
    arrays=False,
    decimals=_ONE,
    replaces="transaction",
    regex="python",
    lacks=MappingProxyType(
        {
            **NO_HISTORY,
            "matches": "it has no regular expressions of its own",
            "lower": "it knows no letter case but that of ASCII",
            "upper": "it knows no letter case but that of ASCII",
            "sample": "it has no hash of a text",
            "zones": "it has no time zones, so that the moment has to be given (`--as-of`, or `as_of` of the model)",
            "\0": "its texts end there, for some of its functions",
        }
    ),
    keeps=frozenset({"concatenation", "trim", "length"}),
    trust="executed",
)
# With the functions that a connection of segdsl brings along; what it is called with is what everybody else is told.
SQLITE_HERE = replace(
    SQLITE,
    overrides=MappingProxyType(
        {
            **SQLITE.overrides,
            "matches": "SEGDSL_MATCHES(:a, :b)",
            "lower": "SEGDSL_LOWER(:s)",
            "upper": "SEGDSL_UPPER(:s)",
            "sample": "SEGDSL_HASH(:seed || '/' || :member) < :limit",
        }
    ),
    lacks=MappingProxyType({word: why for word, why in SQLITE.lacks.items() if word in ("history", "\0")}),
)
