"""ClickHouse. Every value is Nullable; a list is kept as a JSON text, since no array can be unknown there."""

from __future__ import annotations

from types import MappingProxyType

from segdsl.sql.dialects.dialect import NO_HISTORY, Dialect
from segdsl.sql.dialects.portable import Words, rows, structures
from segdsl.types import Kind

_TIME = "Nullable(DateTime64(6, 'UTC'))"
_DECIMAL = "Nullable(Decimal(38, 10))"
_DAY = 86_400_000_000
_WEEK = 7 * _DAY
_SCALE = 10_000_000_000
_MICROS = f"toUnixTimestamp64Micro(CAST({{t}} AS {_TIME}))"
# a decimal as a whole number of its last digit, and back
_DIGITS = f"toInt256(CAST({{x}} AS Nullable(Decimal(76, 10))) * {_SCALE})"
_DECIMALS = f"CAST(toDecimal256({{n}}, 10) / {_SCALE} AS {_DECIMAL})"


def _rounded(value: str, by: int) -> str:
    """A whole number divided, halves away from zero."""
    return f"intDiv({value} + CASE WHEN {value} < 0 THEN -{by // 2} ELSE {by // 2} END, {by})"


def _whole(value: str) -> str:
    """A number of 64 bits, or an error: what is worked out in 64 bits runs over without a word, and a cast does too."""
    return f"accurateCast({value}, 'Nullable(Int64)')"


def _moved(sign: str) -> str:
    return f"fromUnixTimestamp64Micro({_MICROS} {sign} CAST({{n}} AS Nullable(Int64)), 'UTC')"


def _floor(unit: int, shift: int) -> str:
    """Back to a multiple of a unit; the functions that do so for days and weeks know no time before 1970."""
    return f"fromUnixTimestamp64Micro({_MICROS} - positiveModulo({_MICROS} + {shift}, {unit}), 'UTC')"


_MONTH = (
    f"fromUnixTimestamp64Micro({_MICROS} - positiveModulo({_MICROS}, {_DAY})"
    f" - CAST((toDayOfMonth({{t}}) - 1) * {_DAY} AS Nullable(Int64)), 'UTC')"
)
_ZERO = "CAST({b} AS Nullable(Decimal(38, 10))) = 0 OR {b} IS NULL"
_A, _B = _DIGITS.replace("{x}", "{a}"), _DIGITS.replace("{x}", "{b}")
_B_OF = _DIGITS.replace("{x}", ":b")
_PRODUCT = f"{_DIGITS.replace('{x}', ':a')} * {_DIGITS.replace('{x}', ':b')}"

WORDS = Words(
    since=f"{_MICROS.replace('{t}', '{a}')} - {_MICROS.replace('{t}', '{b}')}",
    plus=_moved("+"),
    minus=_moved("-"),
    plus_months="addMonths({t}, {n})",
    # to one digit more than is kept, cut towards zero, then rounded
    quotient=f"CASE WHEN {_ZERO} THEN NULL ELSE"
    f" {_DECIMALS.replace('{n}', _rounded(f'intDivOrZero({_A} * 100000000000, {_B})', 10))} END",
    year="CAST(toYear({t}) AS Nullable(Int64))",
    month="CAST(toMonth({t}) AS Nullable(Int64))",
    day="CAST(toDayOfMonth({t}) AS Nullable(Int64))",
    hour=f"CAST(toHour(CAST({{t}} AS {_TIME})) AS Nullable(Int64))",
    weekday=f"CAST(1 + intDiv(positiveModulo({_MICROS} + {3 * _DAY}, {_WEEK}), {_DAY}) AS Nullable(Int64))",
    integer_quotient="intDiv({a}, {b})",
    whole=_whole(_rounded(_DIGITS, _SCALE)),
    decimal=_DECIMAL,
    big=_DECIMAL,
    int="Nullable(Int64)",
    short="Nullable(Int32)",
    time=_TIME,
    date="Nullable(Date32)",
    double="Nullable(Float64)",
    metres="Nullable(Decimal(38, 3))",
    contains="position(:a, :b) > 0",
    starts="startsWith(:a, :b)",
    ends="endsWith(:a, :b)",
    length="CAST(lengthUTF8(:s) AS Nullable(Int64))",
    matches="match(:a, :b)",
    day_start=_floor(_DAY, 0),
    week_start=_floor(_WEEK, 3 * _DAY),
    month_start=_MONTH,
    quarter_start=f"addMonths({_MONTH}, -(toMonth({{t}}) - 1) % 3)",
    year_start=f"addMonths({_MONTH}, -(toMonth({{t}}) - 1))",
)


def _read(value: str, expected: str, found: str = ":x") -> str:
    """A column as a value of another type; what is there and cannot be read fails, where a cast has NULL for it."""
    unread = f"throwIf(NOT {found} IS NULL AND {value} IS NULL, 'a value of a column cannot be read as {expected}')"
    return f"CASE WHEN {unread} = 0 THEN {value} END"


def _read_moment(value: str, expected: str) -> str:
    """The same of a text whose numbers are in the list `g`; one beyond what it counts would move the others."""
    day = f"makeDate32({', '.join(_part(n) for n in (1, 2, 3))})"
    is_day = " AND ".join(f"{part}({day}) = {_part(n)}" for part, n in (("toMonth", 2), ("toDayOfMonth", 3)))
    right = f"{is_day} AND {_part(4)} < 24 AND {_part(5)} < 60 AND {_part(6)} < 60"
    body = _read(f"CASE WHEN {right} THEN {value.replace('DAY', day)} END", expected)
    return f"arrayElement(arrayMap(g -> {body}, [extractGroups(ifNull({_TEXT}, ''), '{_CLOCK}')]), 1)"


def _part(n: int) -> str:
    return f"toInt64OrZero(arrayElement(g, {n}))"


_TEXT = "CAST(:x AS Nullable(String))"
# to one digit more than is kept: cut there, it is rounded the same way
_NUMBER = f"toDecimal256OrNull(trim({_TEXT}), 11)"
_WHOLE = f"accurateCastOrNull(toInt256(round({_NUMBER}, 0)), 'Int64')"
_ROUNDED = "accurateCastOrNull(toInt256(round(CAST(:x AS Nullable(Decimal(76, 11))), 0)), 'Int64')"
_CLOCK = (
    "^ *([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[ T]([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:[.]([0-9]{1,9}))?)?)? *$"
)
_DATE_READ = _read_moment("DAY", "a day")
_TIME_READ = _read_moment(
    f"fromUnixTimestamp64Micro(toInt64(toInt32(DAY)) * {_DAY} + {_part(4)} * 3600000000 + {_part(5)} * 60000000"
    f" + {_part(6)} * 1000000 + toInt64OrZero(substring(concat(arrayElement(g, 7), '000000'), 1, 6)), 'UTC')",
    "a time",
)


def _cased(function: str) -> str:
    """Letter case code point by code point: one that becomes several stays, but `İ`, which has a small letter."""
    cased = f"if(lengthUTF8({function}(c)) = 1, {function}(c), c)"
    if function == "lowerUTF8":
        cased = f"if(c = 'İ', 'i', {cased})"
    return (
        f"CASE WHEN :s IS NULL THEN NULL ELSE arrayStringConcat(arrayMap(c -> {cased},"
        " extractAll(ifNull(:s, ''), '(?s).'))) END"
    )


def _of_list(test: str) -> str:
    return f"CASE WHEN :a IS NOT NULL THEN {test.replace('LIST', _LIST)} END"


_LIST = "JSONExtract(ifNull(:a, '[]'), 'Array(String)')"

CLICKHOUSE = Dialect(
    "clickhouse",
    MappingProxyType(
        {
            Kind.BOOL: "Nullable(Bool)",
            Kind.INT: "Nullable(Int64)",
            Kind.DECIMAL: _DECIMAL,
            Kind.TEXT: "Nullable(String)",
            Kind.LABEL: "Nullable(String)",
            Kind.DATE: "Nullable(Date32)",
            Kind.TIME: _TIME,
            Kind.LIST: "Nullable(String)",
            Kind.DURATION: "Nullable(Int64)",
            Kind.DISTANCE: "Nullable(Decimal(38, 3))",
        }
    ),
    title="ClickHouse",
    overrides=MappingProxyType(
        {
            **rows(WORDS),
            "*": _DECIMALS.replace("{n}", _rounded(f"({_PRODUCT})", _SCALE)),
            **{
                key: _whole(f"toInt256(:a) {key[0]} toInt256(:b)")
                for key in ("+ of int", "- of int", "*/int", "+/durations", "-/durations")
            },
            "half": _DECIMALS.replace(
                "{n}", _rounded(f"({_DIGITS.replace('{x}', ':a')} + {_DIGITS.replace('{x}', ':b')})", 2)
            ),
            "*/duration": _whole(_rounded(f"(toInt256(:a) * {_B_OF})", _SCALE)),
            "lower": _cased("lowerUTF8"),
            "upper": _cased("upperUTF8"),
            "contains/list": _of_list("has(LIST, :b)"),
            "has any": _of_list("hasAny(LIST, :b)"),
            "has all": _of_list("hasAll(LIST, :b)"),
            "sample": "reinterpretAsUInt32(reverse(substring(MD5(concat(:seed, '/', :member)), 1, 4))) < :limit",
        }
    ),
    structures=MappingProxyType(
        {
            **structures(WORDS),
            "now": f"CAST(toString(toTimeZone(now64(6), :zone)) AS {_TIME})",
            "at zone": f"CAST(toString(toTimeZone(:t, :zone)) AS {_TIME})",
            "add months": "addMonths(:t, toInt32(:n))",
            "subtract months": "addMonths(:t, -toInt32(:n))",
            "is finite": "isFinite(:x)",
            # a cast would cut the digits of a floating number where it should round
            "decimal of floating": f"CAST(round(:x * {_SCALE}) / {_SCALE} AS {_DECIMAL})",
            "decimal": f"CAST(:s AS {_DECIMAL})",
            "sum of int": _whole("SUM(toInt128(:a))"),
            "joined": "concat(:a, :b)",
            # whole numbers of 64 bits go round beyond them: they are reckoned with as longer ones, and looked at then
            "wide int": "toInt256(:a)",
            "int of wide": "accurateCast(:a, 'Nullable(Int64)')",
            # of 76 digits, so that nothing that it is compared with overflows
            "count times": "CAST(:s AS Nullable(Decimal(76, 11))) * NULLIF(:n, 0)",
            "list": "toJSONString(:a)",
            "read int of text": _read(_WHOLE, "a whole number"),
            "read int of number": _read("accurateCastOrNull(:x, 'Int64')", "a whole number"),
            "read int of fraction": _read(_ROUNDED, "a whole number"),
            "read decimal of text": _read(f"CAST(round({_NUMBER}, 10) AS {_DECIMAL})", "a number"),
            # a cast would cut what is behind the tenth digit
            "read decimal of number": f"CAST(round(:x, 10) AS {_DECIMAL})",
            "read date of text": _DATE_READ,
            "read timestamp of text": _TIME_READ,
        }
    ),
    mixes_in=False,
    inlines=True,
    replaces="statement",
    table_engine="MergeTree",
    regex="re2 with dots",
    session=MappingProxyType(
        {
            "join_use_nulls": "1",
            "aggregate_functions_null_for_empty": "1",
            "prefer_column_name_to_alias": "1",
            "session_timezone": "'UTC'",
            "transform_null_in": "0",
            "cast_keep_nullable": "1",
            "decimal_check_overflow": "1",
            "enable_optimize_predicate_expression": "1",
            # what a server's profile can set otherwise: counts that are guessed, joins that take any one row, rows that
            # are left out without a word
            "dialect": "'clickhouse'",
            "count_distinct_implementation": "'uniqExact'",
            "join_default_strictness": "'ALL'",
            "group_by_use_nulls": "0",
            "data_type_default_nullable": "0",
            "final": "0",
            "limit": "0",
            "offset": "0",
            "additional_result_filter": "''",
            "read_overflow_mode_leaf": "'throw'",
            "timeout_overflow_mode_leaf": "'throw'",
            "skip_unavailable_shards": "0",
            **{
                f"{what}_overflow_mode": "'throw'"
                for what in ("read", "group_by", "sort", "result", "timeout", "set", "join", "distinct", "transfer")
            },
        }
    ),
    lacks=NO_HISTORY,
    keeps=frozenset({"strict"}),
    trust="executed",
)
