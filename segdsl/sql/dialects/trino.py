"""Trino, and Athena, which is one. Times have six digits after the second, where they would have three by themselves.

Microseconds go by UNIX seconds in floating point, which are exact for whole seconds of any year, and to the microsecond
for times between 1685 and 2255.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from segdsl.sql.dialects.dialect import NO_HISTORY, Dialect
from segdsl.sql.dialects.portable import Words, rows, structures
from segdsl.types import Kind

_TIME = "TIMESTAMP(6)"
_TRIMMED = "TRIM(TRAILING ' ' FROM CAST(:x AS VARCHAR))"
_MICROS = f"CAST(ROUND(TO_UNIXTIME(CAST({{t}} AS {_TIME})) * 1000000) AS BIGINT)"


def _moved(sign: str) -> str:
    return (
        f"CAST(FROM_UNIXTIME_NANOS(CAST({_MICROS} {sign} {{n}} AS DECIMAL(38, 0)) * 1000) AT TIME ZONE 'UTC'"
        f" AS {_TIME})"
    )


def _floor(unit: str) -> str:
    return f"CAST(DATE_TRUNC('{unit}', {{t}}) AS {_TIME})"


WORDS = Words(
    since=f"{_MICROS.replace('{t}', '{a}')} - {_MICROS.replace('{t}', '{b}')}",
    plus=_moved("+"),
    minus=_moved("-"),
    plus_months="DATE_ADD('month', {n}, {t})",
    # a quotient has as many digits as the longer of the two, rounded half away from zero
    quotient="CAST(CAST({a} AS {decimal}) / NULLIF(CAST({b} AS {decimal}), 0) AS {decimal})",
    weekday="DAY_OF_WEEK({t})",
    integer_quotient="({a} - {a} % {b}) / {b}",
    time=_TIME,
    double="DOUBLE",
    starts="STARTS_WITH(:a, :b)",
    ends="STARTS_WITH(REVERSE(:a), REVERSE(:b))",
    trim="TRIM(BOTH ' ' FROM :s)",
    day_start=_floor("day"),
    week_start=_floor("week"),
    month_start=_floor("month"),
    quarter_start=_floor("quarter"),
    year_start=_floor("year"),
)

TRINO = Dialect(
    "trino",
    MappingProxyType(
        {
            Kind.BOOL: "BOOLEAN",
            Kind.INT: "BIGINT",
            Kind.DECIMAL: "DECIMAL(38, 10)",
            Kind.TEXT: "VARCHAR",
            Kind.LABEL: "VARCHAR",
            Kind.DATE: "DATE",
            Kind.TIME: _TIME,
            Kind.LIST: "ARRAY(VARCHAR)",
            Kind.DURATION: "BIGINT",
            Kind.DISTANCE: "DECIMAL(38, 3)",
        }
    ),
    title="Trino",
    overrides=MappingProxyType(
        {
            **rows(WORDS),
            "contains/list": "CONTAINS(:a, :b)",
            "has any": "ARRAYS_OVERLAP(:a, :b)",
            "has all": "CARDINALITY(ARRAY_EXCEPT(:b, :a)) = 0",
            "sample": "FROM_BASE(SUBSTR(LOWER(TO_HEX(MD5(TO_UTF8(:seed || '/' || :member)))), 1, 8), 16) < :limit",
        }
    ),
    structures=MappingProxyType(
        {
            **structures(WORDS),
            "now": f"CAST(CURRENT_TIMESTAMP AT TIME ZONE :zone AS {_TIME})",
            "at zone": f"CAST(:t AT TIME ZONE :zone AS {_TIME})",
            "add months": "DATE_ADD('month', CAST(:n AS INTEGER), :t)",
            "subtract months": "DATE_ADD('month', -CAST(:n AS INTEGER), :t)",
            "add days": "DATE_ADD('day', CAST(:n AS INTEGER), :t)",
            "subtract days": "DATE_ADD('day', -CAST(:n AS INTEGER), :t)",
            "is finite": "IS_FINITE(:x)",
            # one that is filled up with blanks, which some versions keep and others do not
            "read text of text": _TRIMMED,
            "read text of unseen": f"CASE WHEN TYPEOF(:x) LIKE 'char(%' THEN {_TRIMMED} ELSE CAST(:x AS VARCHAR) END",
            "joined": ":a || :b",
        }
    ),
    regex="java",
    lacks=NO_HISTORY,
    steps="none",
    keeps=frozenset({"concatenation", "trim", "length", "extract", "strict"}),
)
ATHENA = replace(TRINO, name="athena", title="Amazon Athena 3")
