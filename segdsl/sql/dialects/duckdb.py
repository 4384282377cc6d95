"""DuckDB, the dialect that everything is written in first."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from segdsl.sql.dialects.dialect import COUNT_TIMES, ZONE_AT_END, Dialect
from segdsl.types import Kind

# What is no function of the language, but has to be said in every dialect. A dialect that has `add days` writes whole
# days by it, and only the rest of a length as microseconds; one that has `text` puts it around texts from tables and
# around those that are put in order, and one that has `compared` does so with those that are only compared; `key`
# stands around keys of a type that is neither stated nor seen. `read int` and the like read a column that is no number,
# no date and no truth as one (`read int of number` one that is a number, `of fraction` one that may have digits after
# the point, `of text` one that is known to be a text, `of unseen` one whose type nobody knows), in dialects whose casts
# give something for what they cannot read, or drop what they should not; `zone` is the model's. `shown date` and `shown
# timestamp` are what people are shown of a moment; `decimal of int` is a whole number among decimals. `count times` is
# a number of eleven digits after the point and up to eight before it (`edge`, as a text `s`) times a count, exactly,
# and unknown for none; where a dialect has none, or nobody has tried, quotients by counts are divided before they are
# compared. `is finite time` tells where times can be infinite, of which nothing has elapsed, `is finite decimal` where
# decimals can be; `sum of int` stands where a sum of whole numbers runs over without a word; `text of table` is a text
# of a table whose columns may have an order of their own.
STRUCTURES: Mapping[str, str] = MappingProxyType(
    {
        "date": "CAST(:s AS DATE)",
        "timestamp": "CAST(:s AS TIMESTAMP)",
        "now": "CAST(CURRENT_TIMESTAMP AT TIME ZONE :zone AS TIMESTAMP)",
        "at zone": ":t AT TIME ZONE :zone",
        "add months": ":t + INTERVAL :n MONTH",
        "subtract months": ":t - INTERVAL :n MONTH",
        "add micros": "MAKE_TIMESTAMP(EPOCH_US(:t) + :n)",
        "subtract micros": "MAKE_TIMESTAMP(EPOCH_US(:t) - :n)",
        "since": "EPOCH_US(:a) - EPOCH_US(:b)",
        "floor day": "DATE_TRUNC('day', :t)",
        "floor week": "DATE_TRUNC('week', :t)",
        "floor month": "DATE_TRUNC('month', :t)",
        "floor quarter": "DATE_TRUNC('quarter', :t)",
        "floor year": "DATE_TRUNC('year', :t)",
        "is finite": "ISFINITE(:x)",
        "low middle": ":n = (:size + 1) // 2",
        "high middle": ":n = :size // 2 + 1",
        "joined": ":a || :b",
        # a ninth of what COUNT(CASE …) costs where nothing is grouped; of no row it is unknown, where that is 0
        "count of": "COALESCE(COUNT_IF(:a), 0)",
        "shown decimal": "CAST(:a AS DOUBLE)",
        "shown duration": "TO_DAYS(CAST(:a // 86400000000 AS INTEGER)) + TO_MICROSECONDS(:a % 86400000000)",
    }
)
# What a cast takes for a time and is none in ISO form: a year of less than four digits (`03/04/25`), which may be a day
# or a month as well, and a half of the day or a number behind the clock, which is dropped. `wrong` says of which column
# it is.
_NO_ISO = "REGEXP_MATCHES(:x, '^ *[0-9]{1,3}[^0-9]|[^A-Za-z][AaPp][Mm] *$|:[0-9.]+ +[0-9]')"
# A cast takes the clock of a text and drops the zone behind it. Of an instant, an offset has no blank before it there,
# nor has a `Z`, which is a capital letter; and as it would not say in which column it failed, it is tried.
_IS_ZONED = f"REGEXP_MATCHES(:x, '{ZONE_AT_END}')"
_INSTANT = (
    r"COALESCE(TRY_CAST(REGEXP_REPLACE(:x, ' +([-+])', '\1') AS TIMESTAMPTZ),"
    r" TRY_CAST(REGEXP_REPLACE(:x, '([0-9]) *[Zz] *$', '\1Z') AS TIMESTAMPTZ), CAST(:wrong || :x AS TIMESTAMPTZ))"
)


def _read(type_: str) -> str:
    """A text as a day, or as a time on the clocks of the model's zone."""
    clock = f"{_INSTANT} AT TIME ZONE :zone"
    return (
        f"CASE WHEN {_NO_ISO} THEN CAST(:wrong || :x AS {type_})"
        f" WHEN {_IS_ZONED} THEN {clock if type_ == 'TIMESTAMP' else f'CAST({clock} AS {type_})'}"
        f" ELSE CAST(:x AS {type_}) END"
    )


# a text as an instant, where texts without a zone are of the model's
READ_INSTANT = (
    f"CASE WHEN {_NO_ISO} THEN CAST(:wrong || :x AS TIMESTAMPTZ)"
    f" WHEN {_IS_ZONED} THEN {_INSTANT} ELSE CAST(:x AS TIMESTAMP) AT TIME ZONE :zone END"
)
# it has a capital ß, where all others leave the letter as it is; the text stands here once, as it may be a whole rule
_UPPER = (
    "LIST_EXTRACT(LIST_TRANSFORM(LIST_VALUE(:s), LAMBDA whole : CASE WHEN CONTAINS(whole, 'ß') THEN ARRAY_TO_STRING("
    "LIST_TRANSFORM(STRING_SPLIT(whole, 'ß'), LAMBDA part : UPPER(part)), 'ß') ELSE UPPER(whole) END), 1)"
)
# where a score is worked out of the different values
_ITS_OWN: Mapping[str, str] = MappingProxyType(
    {
        # the values, put in order, that shares of them end with; and one of these
        "ends of shares": "QUANTILE_DISC(:a, :shares)",
        "item": "LIST_EXTRACT(:a, :n)",
    }
)

DUCKDB = Dialect(
    "duckdb",
    MappingProxyType(
        {
            Kind.BOOL: "BOOLEAN",
            Kind.INT: "BIGINT",
            Kind.DECIMAL: "DECIMAL(38, 10)",
            Kind.TEXT: "TEXT",
            Kind.LABEL: "TEXT",
            Kind.DATE: "DATE",
            Kind.TIME: "TIMESTAMP",
            Kind.LIST: "TEXT[]",
            Kind.DURATION: "BIGINT",
            Kind.DISTANCE: "DECIMAL(38, 3)",
        }
    ),
    title="DuckDB 2",
    overrides=MappingProxyType({"upper": _UPPER}),
    structures=MappingProxyType(
        {
            **STRUCTURES,
            **_ITS_OWN,
            "count times": COUNT_TIMES,
            "is finite time": "ISFINITE(:t)",
            "text of table": ':a COLLATE "binary"',
            "read timestamp of text": _read("TIMESTAMP"),
            "read date of text": _read("DATE"),
        }
    ),
    nearest="sort",
    scores="values",
    stars=True,
    words=True,
    own_select=True,
    collated="""SELECT 1 FROM duckdb_tables() WHERE sql ILIKE '%collate%'
    UNION ALL SELECT 1 FROM duckdb_views() WHERE NOT internal AND sql ILIKE '%collate%' LIMIT 1""",
    replaces="transaction",
    trust="executed",
)
