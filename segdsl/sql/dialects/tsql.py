"""T-SQL of SQL Server 2022. A condition is no value there. A text equals one with blanks behind it, and in the usual
collations one in another letter case: so texts are taken by their codes, and compared with a mark at the end.

Codes are those of UTF-16, so that characters beyond U+FFFF are ordered before those from U+E000 on.
"""

from __future__ import annotations

from types import MappingProxyType

from segdsl.sql.dialects.dialect import NO_HISTORY, PADDED, Dialect
from segdsl.sql.dialects.portable import Words, added_in_steps, exact_product, exact_quotient, rows, structures
from segdsl.types import Kind

_TIME = "DATETIME2(6)"
_DAY = f"CAST(CAST({{t}} AS DATE) AS {_TIME})"
_SINCE_MONDAY = "DATEDIFF(DAY, CAST('0001-01-01' AS DATE), CAST({t} AS DATE))"
_LENGTH = "LEN(CONCAT({s}, '.')) - 1"


# A text of CHAR(n) is filled up with blanks, and nobody knows the types of the columns here. ISNULL gives a value of
# the type of its first argument: where a text without its blanks is as long there as it was with them, it had none, or
# it is filled up again
_TEXT = "CAST(:x AS NVARCHAR(MAX))"
_TRIMMED = f"RTRIM({_TEXT})"
_READ = (
    f"CASE WHEN DATALENGTH(ISNULL(CASE WHEN 1 = 0 THEN :x END, {_TRIMMED})) = DATALENGTH(:x) THEN {_TRIMMED}"
    f" ELSE {_TEXT} END"
)


def _start(month: str) -> str:
    return f"CAST(DATEFROMPARTS(YEAR({{t}}), {month}, 1) AS {_TIME})"


def _same(a: str, b: str) -> str:
    return f"CONCAT({a}, '.') = CONCAT({b}, '.')"


WORDS = Words(
    since=f"DATEDIFF_BIG(MICROSECOND, CAST({{b}} AS {_TIME}), CAST({{a}} AS {_TIME}))",
    plus=added_in_steps("DATEADD({unit}, {n}, {t})", f"CAST({{t}} AS {_TIME})", "{n}"),
    minus=added_in_steps("DATEADD({unit}, {n}, {t})", f"CAST({{t}} AS {_TIME})", "-{n}"),
    plus_months="DATEADD(MONTH, {n}, {t})",
    quotient=exact_quotient("{a}", "{b}"),
    year="CAST(YEAR({t}) AS BIGINT)",
    month="CAST(MONTH({t}) AS BIGINT)",
    day="CAST(DAY({t}) AS BIGINT)",
    hour=f"CAST(DATEPART(HOUR, CAST({{t}} AS {_TIME})) AS BIGINT)",
    # the first day of the first year was a Monday; DATEPART goes by a setting of the session
    weekday=f"CAST({_SINCE_MONDAY} % 7 + 1 AS BIGINT)",
    integer_quotient="CAST(({a} - {a} % {b}) / {b} AS BIGINT)",
    whole="CAST(ROUND({x}, 0) AS BIGINT)",
    time=_TIME,
    double="FLOAT",
    contains=":b IS NOT NULL AND CASE WHEN LEN(CONCAT(:b, '.')) = 1 THEN :a IS NOT NULL ELSE CHARINDEX(:b, :a) > 0 END",
    starts=f":a IS NOT NULL AND :b IS NOT NULL AND {_same(f'LEFT(:a, {_LENGTH})'.replace('{s}', ':b'), ':b')}",
    ends=f":a IS NOT NULL AND :b IS NOT NULL AND {_same(f'RIGHT(:a, {_LENGTH})'.replace('{s}', ':b'), ':b')}",
    length=f"CASE WHEN :s IS NOT NULL THEN CAST({_LENGTH.replace('{s}', ':s COLLATE Latin1_General_100_CS_AS_SC')}"
    " AS BIGINT) END",
    trim="LTRIM(RTRIM(:s))",
    day_start=_DAY,
    week_start=f"DATEADD(DAY, -({_SINCE_MONDAY} % 7), {_DAY})",
    month_start=_start("MONTH({t})"),
    quarter_start=_start("MONTH({t}) - (MONTH({t}) - 1) % 3"),
    year_start=_start("1"),
)

TSQL = Dialect(
    "tsql",
    MappingProxyType(
        {
            Kind.BOOL: "BIT",
            Kind.INT: "BIGINT",
            Kind.DECIMAL: "DECIMAL(38, 10)",
            Kind.TEXT: "NVARCHAR(MAX)",
            Kind.LABEL: "NVARCHAR(MAX)",
            Kind.DATE: "DATE",
            Kind.TIME: _TIME,
            Kind.LIST: "NVARCHAR(MAX)",
            Kind.DURATION: "BIGINT",
            Kind.DISTANCE: "DECIMAL(38, 3)",
        }
    ),
    title="SQL Server 2022",
    overrides=MappingProxyType(
        {
            **rows(WORDS),
            "*": exact_product(":a", ":b"),
            "*/duration": "CAST(ROUND(CAST(:a AS DECIMAL(19, 0)) * CAST(:b AS DECIMAL(18, 10)), 0) AS BIGINT)",
            "half": "CAST(CAST(CAST(:a AS DECIMAL(38, 10)) + CAST(:b AS DECIMAL(38, 10)) AS DECIMAL(36, 10)) * 0.5"
            " AS DECIMAL(38, 10))",
            "ceil": "CAST(CEILING(CAST(:x AS DECIMAL(38, 10))) AS BIGINT)",
        }
    ),
    structures=MappingProxyType(
        {
            **structures(WORDS),
            "now": f"CAST(SYSDATETIMEOFFSET() AT TIME ZONE :zone AS {_TIME})",
            "at zone": f"CAST(:t AT TIME ZONE :zone AS {_TIME})",
            "add months": "DATEADD(MONTH, CAST(:n AS INTEGER), :t)",
            "subtract months": "DATEADD(MONTH, -CAST(:n AS INTEGER), :t)",
            "is finite": ":x = :x",
            "read text of unseen": _READ,
            "joined": "CONCAT(:a, :b)",
            "greatest bool": "MAX(CAST(:a AS INTEGER))",
            "smallest bool": "MIN(CAST(:a AS INTEGER))",
            "text": ":a COLLATE Latin1_General_100_BIN2",
            # nobody knows whether it is a text: by its digits or letters it is the same one
            "key": "CAST(:a AS NVARCHAR(MAX)) COLLATE Latin1_General_100_BIN2",
            # U+0001 is below whatever a text goes on with
            "compared": "CASE WHEN :a IS NOT NULL THEN CONCAT(:a, CHAR(1)) END",
        }
    ),
    name_limit=128,
    truths=False,
    lacks=MappingProxyType(
        {
            **NO_HISTORY,
            **PADDED,
            "matches": "it has no regular expressions",
            "sample": "its hash of a text goes by the encoding of the database",
            "list(text)": "it has no lists",
            "\0": "its texts end there, for some of its functions",
        }
    ),
)
