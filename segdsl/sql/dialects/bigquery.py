"""BigQuery. A decimal of ten digits after the point is a BIGNUMERIC there, and what clocks show a DATETIME.

A column cannot hold an unknown list, only an empty one.
"""

from __future__ import annotations

from types import MappingProxyType

from segdsl.sql.dialects.dialect import NO_HISTORY, Dialect
from segdsl.sql.dialects.portable import Words, rows, structures
from segdsl.types import Kind


def _floor(unit: str) -> str:
    return f"DATETIME_TRUNC(CAST({{t}} AS DATETIME), {unit})"


def _moved(function: str) -> str:
    return f"{function}(CAST({{t}} AS DATETIME), INTERVAL {{n}} MICROSECOND)"


WORDS = Words(
    since="DATETIME_DIFF(CAST({a} AS DATETIME), CAST({b} AS DATETIME), MICROSECOND)",
    plus=_moved("DATETIME_ADD"),
    minus=_moved("DATETIME_SUB"),
    plus_months="DATETIME_ADD(CAST({t} AS DATETIME), INTERVAL {n} MONTH)",
    # a quotient has 38 digits after the point
    quotient="ROUND(CAST({a} AS BIGNUMERIC) / NULLIF(CAST({b} AS BIGNUMERIC), 0), 10)",
    year="EXTRACT(YEAR FROM {t})",
    month="EXTRACT(MONTH FROM {t})",
    day="EXTRACT(DAY FROM {t})",
    hour="EXTRACT(HOUR FROM CAST({t} AS DATETIME))",
    weekday="MOD(EXTRACT(DAYOFWEEK FROM {t}) + 5, 7) + 1",
    integer_quotient="DIV({a}, {b})",
    whole="CAST(ROUND({x}) AS INT64)",
    decimal="BIGNUMERIC",
    big="BIGNUMERIC",
    int="INT64",
    short="INT64",
    time="DATETIME",
    double="FLOAT64",
    metres="BIGNUMERIC",
    starts="STARTS_WITH(:a, :b)",
    ends="ENDS_WITH(:a, :b)",
    length="CHAR_LENGTH(:s)",
    trim="TRIM(:s, ' ')",
    matches="REGEXP_CONTAINS(:a, :b)",
    day_start=_floor("DAY"),
    week_start=_floor("WEEK(MONDAY)"),
    month_start=_floor("MONTH"),
    quarter_start=_floor("QUARTER"),
    year_start=_floor("YEAR"),
)


def _cased(function: str) -> str:
    """Letter case code point by code point: one that becomes several stays, but `İ`, which has a small letter."""
    cased = f"IF(CHAR_LENGTH({function}(c)) = 1, {function}(c), c)"
    if function == "LOWER":
        cased = f"IF(c = 'İ', 'i', {cased})"
    return (
        f"CASE WHEN :s IS NOT NULL THEN ARRAY_TO_STRING(ARRAY(SELECT {cased} FROM UNNEST(SPLIT(:s, '')) AS c"
        " WITH OFFSET AS o ORDER BY o), '') END"
    )


_ROWS = rows(WORDS)
_TEN_DIGITS = "ROUND(CAST(:x AS BIGNUMERIC), 10)"
_SINE = "POWER(SIN(({to} - {frm}) * ACOS(-1) / 360), 2)"
_DEGREES = {name: f"CAST(:{name} AS FLOAT64)" for name in ("lat1", "lon1", "lat2", "lon2")}
_HAVERSINE = (
    _SINE.format(to=_DEGREES["lat2"], frm=_DEGREES["lat1"])
    + f" + COS({_DEGREES['lat1']} * ACOS(-1) / 180) * COS({_DEGREES['lat2']} * ACOS(-1) / 180) * "
    + _SINE.format(to=_DEGREES["lon2"], frm=_DEGREES["lon1"])
)

BIGQUERY = Dialect(
    "bigquery",
    MappingProxyType(
        {
            Kind.BOOL: "BOOL",
            Kind.INT: "INT64",
            Kind.DECIMAL: "BIGNUMERIC",
            Kind.TEXT: "STRING",
            Kind.LABEL: "STRING",
            Kind.DATE: "DATE",
            Kind.TIME: "DATETIME",
            Kind.LIST: "ARRAY<STRING>",
            Kind.DURATION: "INT64",
            Kind.DISTANCE: "BIGNUMERIC",
        }
    ),
    title="BigQuery",
    overrides=MappingProxyType(
        {
            **_ROWS,
            "*": "ROUND(CAST(:a AS BIGNUMERIC) * CAST(:b AS BIGNUMERIC), 10)",
            "round/digits": "ROUND(CAST(:x AS BIGNUMERIC), :digits)",
            "half": "ROUND((CAST(:a AS BIGNUMERIC) + CAST(:b AS BIGNUMERIC)) * BIGNUMERIC '0.5', 10)",
            "years_since": f"DIV(({_ROWS['months_since']} - MOD(MOD({_ROWS['months_since']}, 12) + 12, 12)), 12)",
            "distance": "CASE WHEN :lat1 + :lon1 + :lat2 + :lon2 IS NOT NULL THEN ROUND(CAST(2 * 6371008.8"
            f" * ASIN(SQRT(LEAST(1.0, {_HAVERSINE}))) AS BIGNUMERIC), 3) END",
            "lower": _cased("LOWER"),
            "upper": _cased("UPPER"),
            "contains/list": ":b IN UNNEST(:a)",
            "has any": "CASE WHEN :a IS NOT NULL THEN EXISTS(SELECT 1 FROM UNNEST(:b) AS i WHERE i IN UNNEST(:a)) END",
            "has all": "CASE WHEN :a IS NOT NULL THEN NOT EXISTS(SELECT 1 FROM UNNEST(:b) AS i"
            " WHERE NOT i IN UNNEST(:a)) END",
            "sample": "CAST(CONCAT('0x', SUBSTR(TO_HEX(MD5(CONCAT(:seed, '/', :member))), 1, 8)) AS INT64) < :limit",
        }
    ),
    structures=MappingProxyType(
        {
            **structures(WORDS),
            "now": "DATETIME(CURRENT_TIMESTAMP(), :zone)",
            "at zone": "DATETIME(:t, :zone)",
            "add months": "DATETIME_ADD(:t, INTERVAL CAST(:n AS INT64) MONTH)",
            "subtract months": "DATETIME_SUB(:t, INTERVAL CAST(:n AS INT64) MONTH)",
            "is finite": "NOT (IS_NAN(:x) OR IS_INF(:x))",
            # a BIGNUMERIC keeps 38 digits after the point: of a floating number all those of its power of two
            "read decimal": _TEN_DIGITS,
            "read decimal of number": _TEN_DIGITS,
            # without this a number with a point is a floating one
            "decimal": "CAST(:s AS BIGNUMERIC)",
            "joined": "CONCAT(:a, :b)",
            "count times": "CAST(:s AS BIGNUMERIC) * NULLIF(:n, 0)",
            "greatest bool": "LOGICAL_OR(:a)",
            "smallest bool": "LOGICAL_AND(:a)",
        }
    ),
    name_limit=300,
    names="plain",
    regex="re2",
    lacks=NO_HISTORY,
    steps="none",
    replaces="statement",
    trust="emulated",
    keeps=frozenset({"concatenation", "trim", "length", "extract", "strict"}),
)
