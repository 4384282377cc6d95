"""Spark from 4.0 on, Databricks, and Sail, which takes the same SQL. Times are TIMESTAMP_NTZ: clocks, not instants."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from segdsl.sql.dialects.dialect import NO_HISTORY, Dialect
from segdsl.sql.dialects.portable import Words, rows, structures
from segdsl.types import Kind

_MICROS = "UNIX_MICROS(CAST({t} AS TIMESTAMP))"
_A, _B = "CAST({a} AS {decimal})", "NULLIF(CAST({b} AS {decimal}), 0)"


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
    """Letter case code point by code point: one that becomes several stays."""
    cased = f"CASE WHEN LENGTH({function}(c)) = 1 THEN {function}(c) ELSE c END"
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
            "sample": "CAST(CONV(SUBSTRING(MD5(CONCAT(:seed, '/', :key)), 1, 8), 16, 10) AS BIGINT) < :limit",
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
            "joined": "CONCAT(:a, :b)",
        }
    ),
    steps="view",
    regex="java",
    lacks=NO_HISTORY,
    session=MappingProxyType(
        {
            "spark.sql.session.timeZone": "UTC",
            "spark.sql.ansi.enabled": "true",
            "spark.sql.decimalOperations.allowPrecisionLoss": "false",
            "spark.sql.parser.escapedStringLiterals": "false",
        }
    ),
)
# Spark's SQL, with the regular expressions of Rust
SAIL = replace(SPARK, name="sail", reads="spark", title="Sail", regex="rust")
DATABRICKS = replace(SPARK, name="databricks", title="Databricks", note="as Spark")
