"""Snowflake. Names without quotes are capital letters there: a plain name of the model stands for that."""

from __future__ import annotations

from types import MappingProxyType

from segdsl.sql.dialects.dialect import COUNT_TIMES, NO_HISTORY, Dialect
from segdsl.sql.dialects.portable import Words, exact_product, exact_quotient, rows, structures
from segdsl.types import Kind

_TIME = "TIMESTAMP_NTZ(6)"


def _floor(unit: str) -> str:
    return f"CAST(DATE_TRUNC('{unit}', {{t}}) AS {_TIME})"


WORDS = Words(
    since="DATEDIFF(MICROSECOND, {b}, {a})",
    plus=f"DATEADD(MICROSECOND, {{n}}, CAST({{t}} AS {_TIME}))",
    minus=f"DATEADD(MICROSECOND, -{{n}}, CAST({{t}} AS {_TIME}))",
    plus_months="DATEADD(MONTH, {n}, {t})",
    # `/` has six digits more than what is divided, twelve at most
    quotient=exact_quotient("{a}", "{b}"),
    weekday="DAYOFWEEKISO({t})",
    integer_quotient="CAST(({a} - {a} % {b}) / {b} AS BIGINT)",
    time=_TIME,
    double="DOUBLE",
    contains="CONTAINS(:a, :b)",
    starts="STARTSWITH(:a, :b)",
    ends="ENDSWITH(:a, :b)",
    trim="TRIM(:s, ' ')",
    # it asks for the whole text, and so the pattern has `.*` around it; by "s" that goes over lines
    matches="REGEXP_LIKE(:a, :b, 's')",
    day_start=_floor("DAY"),
    # what a week starts with is a setting of the session
    week_start=f"DATEADD(DAY, 1 - DAYOFWEEKISO({{t}}), {_floor('DAY')})",
    month_start=_floor("MONTH"),
    quarter_start=_floor("QUARTER"),
    year_start=_floor("YEAR"),
)

SNOWFLAKE = Dialect(
    "snowflake",
    MappingProxyType(
        {
            Kind.BOOL: "BOOLEAN",
            Kind.INT: "BIGINT",
            Kind.DECIMAL: "DECIMAL(38, 10)",
            Kind.TEXT: "VARCHAR",
            Kind.LABEL: "VARCHAR",
            Kind.DATE: "DATE",
            Kind.TIME: _TIME,
            Kind.LIST: "ARRAY",
            Kind.DURATION: "BIGINT",
            Kind.DISTANCE: "DECIMAL(38, 3)",
        }
    ),
    title="Snowflake",
    overrides=MappingProxyType(
        {
            **rows(WORDS),
            "*": exact_product(":a", ":b"),
            "contains/list": "ARRAY_CONTAINS(CAST(:b AS VARIANT), :a)",
            "has any": "ARRAYS_OVERLAP(:a, :b)",
            # it takes off an item as often as the other list has it, so that each stands there once
            "has all": "ARRAY_SIZE(ARRAY_EXCEPT(ARRAY_DISTINCT(:b), :a)) = 0",
            "sample": "TO_NUMBER(SUBSTR(MD5(:seed || '/' || :member), 1, 8), 'XXXXXXXX') < :limit",
        }
    ),
    structures=MappingProxyType(
        {
            **structures(WORDS),
            "now": f"CAST(CONVERT_TIMEZONE(:zone, CURRENT_TIMESTAMP()) AS {_TIME})",
            "at zone": f"CAST(CONVERT_TIMEZONE(:zone, :t) AS {_TIME})",
            "add months": "DATEADD(MONTH, CAST(:n AS INT), :t)",
            "subtract months": "DATEADD(MONTH, -CAST(:n AS INT), :t)",
            "is finite": "NOT :x IN (CAST('NaN' AS DOUBLE), CAST('inf' AS DOUBLE), CAST('-inf' AS DOUBLE))",
            "joined": ":a || :b",
            "count times": COUNT_TIMES,
            "greatest bool": "BOOLOR_AGG(:a)",
            "smallest bool": "BOOLAND_AGG(:a)",
        }
    ),
    folds="upper",
    replaces="statement",
    regex="snowflake",
    lacks=NO_HISTORY,
    trust="emulated",
    keeps=frozenset({"concatenation", "trim", "length", "extract"}),
    session=MappingProxyType(
        {
            "TIMEZONE": "UTC",
            "QUOTED_IDENTIFIERS_IGNORE_CASE": "false",
            "TIMESTAMP_INPUT_FORMAT": "AUTO",
            "DATE_INPUT_FORMAT": "AUTO",
            # an account or a user can have results cut short: 0 is none
            "ROWS_PER_RESULTSET": "0",
        }
    ),
)
