"""Spark from 4.0 on, Databricks, and Sail, which takes the same SQL. Times are TIMESTAMP_NTZ: clocks, not instants."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from segdsl.sql.dialects.dialect import COUNT_TIMES, NO_HISTORY, ZONE_AT_END, Dialect
from segdsl.sql.dialects.portable import Words, exact_product, rows, structures
from segdsl.types import Kind

_MICROS = "UNIX_MICROS(CAST({t} AS TIMESTAMP))"
_A, _B = "CAST({a} AS {decimal})", "NULLIF(CAST({b} AS {decimal}), 0)"


# a cast to a clock drops the zone behind it; one to an instant takes a `Z` that is a capital letter, without a blank
_INSTANT = "CAST(REGEXP_REPLACE(:x, '([0-9]) *[Zz] *$', '$1Z') AS TIMESTAMP)"
_ZONED = (
    f"CASE WHEN :x RLIKE '{ZONE_AT_END}'"
    f" THEN CAST(FROM_UTC_TIMESTAMP({_INSTANT}, :zone) AS TIMESTAMP_NTZ) ELSE CAST(:x AS TIMESTAMP_NTZ) END"
)


def _moved(sign: str) -> str:
    return f"CAST(TIMESTAMP_MICROS({_MICROS} {sign} {{n}}) AS TIMESTAMP_NTZ)"


def _floor(unit: str) -> str:
    return f"CAST(DATE_TRUNC('{unit}', {{t}}) AS TIMESTAMP_NTZ)"


WORDS = Words(
    since=f"{_MICROS.replace('{t}', '{a}')} - {_MICROS.replace('{t}', '{b}')}",
    plus=_moved("+"),
    minus=_moved("-"),
    plus_months="{t} + MAKE_YM_INTERVAL(0, {n})",
    # `/` rounds where its type has no more digits. So: how often b goes into a, and into what is left, to one digit
    # more than is kept, both cut towards zero; the cast rounds half away from zero
    quotient=f"CAST(CAST({_A} DIV {_B} AS DECIMAL(26, 0))"
    f" + CAST((({_A} % {_B}) * 100000000000) DIV {_B} AS DECIMAL(12, 0)) * 0.00000000001 AS {{decimal}})",
    weekday="CAST(WEEKDAY({t}) + 1 AS BIGINT)",
    integer_quotient="({a}) DIV ({b})",
    time="TIMESTAMP_NTZ",
    double="DOUBLE",
    contains="CONTAINS(:a, :b)",
    starts="STARTSWITH(:a, :b)",
    ends="ENDSWITH(:a, :b)",
    length="CAST(LENGTH(:s) AS BIGINT)",
    matches=":a RLIKE :b",
    day_start=_floor("DAY"),
    week_start=_floor("WEEK"),
    month_start=_floor("MONTH"),
    quarter_start=_floor("QUARTER"),
    year_start=_floor("YEAR"),
)


def _cased(function: str) -> str:
    """Letter case code point by code point: one that becomes several stays, but `İ`, which has a small letter."""
    cased = f"CASE WHEN LENGTH({function}(c)) = 1 THEN {function}(c) ELSE c END"
    if function == "LOWER":
        cased = cased.replace("CASE", "CASE WHEN c = 'İ' THEN 'i'", 1)
    return f"ARRAY_JOIN(TRANSFORM(SPLIT(:s, ''), c -> {cased}), '')"


SPARK = Dialect(
    "spark",
    MappingProxyType(
        {
            Kind.BOOL: "BOOLEAN",
            Kind.INT: "BIGINT",
            Kind.DECIMAL: "DECIMAL(38, 10)",
            Kind.TEXT: "STRING",
            Kind.LABEL: "STRING",
            Kind.DATE: "DATE",
            Kind.TIME: "TIMESTAMP_NTZ",
            Kind.LIST: "ARRAY<STRING>",
            Kind.DURATION: "BIGINT",
            Kind.DISTANCE: "DECIMAL(38, 3)",
        }
    ),
    title="Spark 4",
    overrides=MappingProxyType(
        {
            **rows(WORDS),
            "lower": _cased("LOWER"),
            "upper": _cased("UPPER"),
            "contains/list": "ARRAY_CONTAINS(:a, :b)",
            "has any": "ARRAYS_OVERLAP(:a, :b)",
            "has all": "SIZE(ARRAY_EXCEPT(:b, :a)) = 0",
            "sample": "CAST(CONV(SUBSTRING(MD5(CONCAT(:seed, '/', :member)), 1, 8), 16, 10) AS BIGINT) < :limit",
        }
    ),
    structures=MappingProxyType(
        {
            **structures(WORDS),
            "now": "CAST(FROM_UTC_TIMESTAMP(CURRENT_TIMESTAMP(), :zone) AS TIMESTAMP_NTZ)",
            "at zone": "CAST(FROM_UTC_TIMESTAMP(:t, :zone) AS TIMESTAMP_NTZ)",
            "add months": ":t + MAKE_YM_INTERVAL(0, CAST(:n AS INTEGER))",
            "subtract months": ":t - MAKE_YM_INTERVAL(0, CAST(:n AS INTEGER))",
            "is finite": "NOT (ISNAN(:x) OR ABS(:x) = CAST('Infinity' AS DOUBLE))",
            "read timestamp of text": _ZONED,
            "read date of text": f"CAST({_ZONED} AS DATE)",
            # one that is filled up with blanks
            "read text of text": "RTRIM(:x)",
            "joined": "CONCAT(:a, :b)",
            "count times": COUNT_TIMES,
        }
    ),
    steps="held",
    regex="java",
    lacks=NO_HISTORY,
    trust="executed",
    session=MappingProxyType(
        {
            "spark.sql.session.timeZone": "UTC",
            "spark.sql.ansi.enabled": "true",
            "spark.sql.decimalOperations.allowPrecisionLoss": "false",
            "spark.sql.parser.escapedStringLiterals": "false",
            # members are sorted by the places of their columns, else by numbers that are the same for all
            "spark.sql.orderByOrdinal": "true",
            # else `${HOME}` in a text is a variable, and becomes an empty one
            "spark.sql.variable.substitute": "false",
            # a step that is read twice in a join, as sequences do, is an invalid plan to it
            "spark.sql.optimizer.excludedRules": "org.apache.spark.sql.catalyst.optimizer.RemoveRedundantAliases",
        }
    ),
)

# Sail's DIV gives a BIGINT and works out four digits more than it keeps. So it divides whole numbers of the last digit:
# how often b goes into a, then into a millionfold of what is left, then into a hundred thousandfold of what is left of
# that, each cut towards zero, which is one digit more than is kept. And it takes `CAST(x AS …) = 0.3` for x = 0.3, so
# that no cast may be what rounds.
_SAIL_A = "CAST(CAST({a} AS {decimal}) * 10000000000 AS DECIMAL(38, 0))"
_SAIL_B = "NULLIF(CAST(CAST({b} AS {decimal}) * 10000000000 AS DECIMAL(38, 0)), 0)"
_LEFT = f"CAST(({_SAIL_A} % {_SAIL_B}) * 1000000 AS DECIMAL(38, 0))"
_LEFT_OF_THAT = f"CAST(CAST({_LEFT} % {_SAIL_B} AS DECIMAL(38, 0)) * 100000 AS DECIMAL(38, 0))"
_SAIL_WORDS = replace(
    WORDS,
    quotient=f"CAST(ROUND(CAST({_SAIL_A} DIV {_SAIL_B} AS DECIMAL(20, 0))"
    f" + CAST({_LEFT} DIV {_SAIL_B} AS DECIMAL(20, 0)) * CAST('0.000001' AS DECIMAL(11, 11))"
    f" + CAST({_LEFT_OF_THAT} DIV {_SAIL_B} AS DECIMAL(20, 0)) * CAST('0.00000000001' AS DECIMAL(11, 11))"
    ", 10) AS {decimal})",
    # WEEKDAY counts from another day there; DAYOFWEEK is Sunday 1 to Saturday 7
    weekday="CAST((DAYOFWEEK(CAST({t} AS DATE)) + 5) % 7 + 1 AS BIGINT)",
)
# Spark's SQL, with the regular expressions of Rust
SAIL = replace(
    SPARK,
    name="sail",
    reads="spark",
    title="Sail 0.7",
    steps="view",
    regex="rust",
    overrides=MappingProxyType(
        {
            **SPARK.overrides,
            **rows(_SAIL_WORDS),
            "*": "CAST(ROUND(CAST(:a AS DECIMAL(38, 10)) * CAST(:b AS DECIMAL(38, 10)), 10) AS DECIMAL(38, 10))",
            "half": "CAST(ROUND((CAST(:a AS DECIMAL(38, 10)) + CAST(:b AS DECIMAL(38, 10))) * 0.5, 10)"
            " AS DECIMAL(38, 10))",
            "has all": "FORALL(:b, x -> ARRAY_CONTAINS(:a, x))",
        }
    ),
    structures=MappingProxyType(
        # a short decimal makes a product or a sum one of few digits
        {
            **SPARK.structures,
            **structures(_SAIL_WORDS),
            "decimal": "CAST(:s AS DECIMAL(38, 10))",
            "count times": "CAST(:s AS DECIMAL(19, 11)) * NULLIF(:n, 0)",
        }
    ),
)


def _added(sign: str) -> str:
    """A sum of two decimals whose type has no more than 38 digits."""
    return f"CAST(:a AS DECIMAL(37, 10)) {sign} CAST(:b AS DECIMAL(37, 10))"


_WHOLE, _REST = "CAST((:b) - (:b) % 1 AS DECIMAL(18, 0))", "CAST((:b) % 1 AS DECIMAL(11, 10))"
_LENGTH = "CAST(:a AS DECIMAL(19, 0))"
# A warehouse has settings of its own alone, and takes none of Spark's. So there is no decimal that its types would have
# no room for, and would drop digits of, and no text that it finds a variable in.
DATABRICKS = replace(
    SPARK,
    name="databricks",
    title="Databricks",
    trust="parsed",
    overrides=MappingProxyType(
        {
            **SPARK.overrides,
            "+ of decimal": _added("+"),
            "- of decimal": _added("-"),
            "*": exact_product(":a", ":b"),
            # of one sign, so that the parts are rounded as their sum would be
            "*/duration": f"CAST({_LENGTH} * {_WHOLE} + ROUND({_LENGTH} * {_REST}) AS BIGINT)",
            "half": "CAST((CAST(:a AS DECIMAL(28, 10)) + CAST(:b AS DECIMAL(28, 10))) * 0.5 AS DECIMAL(38, 10))",
        }
    ),
    structures=MappingProxyType({**SPARK.structures, "count times": ":edge * NULLIF(CAST(:n AS DECIMAL(18, 0)), 0)"}),
    variables="${",
    session=MappingProxyType({"TIMEZONE": "UTC", "ANSI_MODE": "true"}),
)
