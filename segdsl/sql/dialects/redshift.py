"""Amazon Redshift. A text there equals one with blanks behind it, so that texts are compared with a mark at the end.

An INT is added to times by steps that fit 32 bits. TEXT would be 256 bytes long.
"""

from __future__ import annotations

from types import MappingProxyType

from segdsl.sql.dialects.dialect import NO_HISTORY, PADDED, Dialect
from segdsl.sql.dialects.portable import Words, added_in_steps, exact_product, exact_quotient, rows, structures
from segdsl.types import Kind

_TEXT = "VARCHAR(65535)"
_DAY = "DATE_TRUNC('day', CAST({t} AS TIMESTAMP))"

WORDS = Words(
    since="DATEDIFF(MICROSECOND, {b}, {a})",
    plus=added_in_steps("DATEADD({unit}, {n}, {t})", "CAST({t} AS TIMESTAMP)", "{n}"),
    minus=added_in_steps("DATEADD({unit}, {n}, {t})", "CAST({t} AS TIMESTAMP)", "-{n}"),
    plus_months="DATEADD(MONTH, {n}, {t})",
    quotient=exact_quotient("{a}", "{b}"),
    weekday="CAST((EXTRACT(DOW FROM {t}) + 6) % 7 + 1 AS BIGINT)",
    integer_quotient="CAST(({a} - {a} % {b}) / {b} AS BIGINT)",
    contains="CASE WHEN LEN(:b) = 0 THEN :a IS NOT NULL ELSE STRPOS(:a, :b) > 0 END",
    starts="LEFT(:a, LEN(:b)) || '.' = :b || '.'",
    ends="RIGHT(:a, LEN(:b)) || '.' = :b || '.'",
    length="CAST(LEN(:s) AS BIGINT)",
    trim="TRIM(BOTH ' ' FROM :s)",
    # "p" is Perl's kind of patterns
    matches="REGEXP_INSTR(:a, :b, 1, 1, 0, 'p') > 0",
    day_start=_DAY,
    week_start=_DAY.replace("day", "week"),
    month_start=_DAY.replace("day", "month"),
    quarter_start=_DAY.replace("day", "quarter"),
    year_start=_DAY.replace("day", "year"),
)

REDSHIFT = Dialect(
    "redshift",
    MappingProxyType(
        {
            Kind.BOOL: "BOOLEAN",
            Kind.INT: "BIGINT",
            Kind.DECIMAL: "DECIMAL(38, 10)",
            Kind.TEXT: _TEXT,
            Kind.LABEL: _TEXT,
            Kind.DATE: "DATE",
            Kind.TIME: "TIMESTAMP",
            Kind.LIST: "SUPER",
            Kind.DURATION: "BIGINT",
            Kind.DISTANCE: "DECIMAL(38, 3)",
        }
    ),
    title="Amazon Redshift",
    overrides=MappingProxyType(
        {
            **rows(WORDS),
            "*": exact_product(":a", ":b"),
            "*/duration": "CAST(ROUND(CAST(:a AS DECIMAL(19, 0)) * CAST(:b AS DECIMAL(18, 10))) AS BIGINT)",
            "half": "CAST(CAST(CAST(:a AS DECIMAL(38, 10)) + CAST(:b AS DECIMAL(38, 10)) AS DECIMAL(36, 10)) * 0.5"
            " AS DECIMAL(38, 10))",
            "sample": "STRTOL(SUBSTRING(MD5(:seed || '/' || :member), 1, 8), 16) < :limit",
        }
    ),
    structures=MappingProxyType(
        {
            **structures(WORDS),
            "now": "CONVERT_TIMEZONE('UTC', :zone, CAST(SYSDATE AS TIMESTAMP))",
            "at zone": ":t AT TIME ZONE :zone",
            "add months": "DATEADD(MONTH, CAST(:n AS INTEGER), :t)",
            "subtract months": "DATEADD(MONTH, -CAST(:n AS INTEGER), :t)",
            "is finite": "NOT CAST(:x AS DOUBLE PRECISION) IN ('NaN', 'Infinity', '-Infinity')",
            "joined": ":a || :b",
            "greatest bool": "BOOL_OR(:a)",
            "smallest bool": "BOOL_AND(:a)",
            # U+0001 is below whatever a text goes on with
            "compared": ":a || CHR(1)",
        }
    ),
    name_limit=127,
    regex="pcre",
    lacks=MappingProxyType(
        {
            **NO_HISTORY,
            **PADDED,
            "list(text)": "it has no lists of texts, only values of type SUPER, which are compared loosely",
            "\0": "its texts cannot hold that character",
        }
    ),
    keeps=frozenset({"concatenation", "trim", "extract"}),
    session=MappingProxyType({"timezone": "UTC"}),
)
