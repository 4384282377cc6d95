"""PostgreSQL, from 17 on: before, it has no letter case of Unicode that is the same on every machine."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from segdsl.sql.dialects.dialect import COUNT_TIMES, NO_HISTORY, Dialect
from segdsl.sql.dialects.portable import Words, rows, structures
from segdsl.types import Kind

_DAY = 86_400_000_000
# an interval times a number goes by floating point: a length in days and what is left of it is exact
_MOVED = f"{{t}} {{sign}} (({{n}} / {_DAY}) * INTERVAL '1 day' + ({{n}} % {_DAY}) * INTERVAL '1 microsecond')"
_NO_NUMBERS = "('NaN', 'Infinity', '-Infinity')"
# of a column of which nobody knows the type: whatever numbers it has, their texts have all digits; and an instant, or a
# text with a zone, is not read as the clock of the session
_UNSEEN_NUMBER = f"CASE WHEN NOT CAST(:x AS TEXT) IN {_NO_NUMBERS} THEN"
_TYPE = "CAST(PG_TYPEOF(:x) AS TEXT)"
_UNSEEN_TIME = (
    f"CASE WHEN {_TYPE} = 'timestamp with time zone' THEN CAST(:x AS TIMESTAMPTZ) AT TIME ZONE :zone"
    f" WHEN {_TYPE} IN ('timestamp without time zone', 'date') THEN CAST(:x AS TIMESTAMP)"
)
# A cast guesses which of `01/02/03` is the day, by a setting, and takes `today` and `10:00 PM`. What starts with a year
# of four digits is one day under every setting; what a zone is called in short (`CST`, `IST`) is no place.
_DATE = "[0-9]{4,}([-][0-9]{1,2}[-]|/[0-9]{1,2}/| [0-9]{1,2} )[0-9]{1,2}"
_CLOCK = "[0-9]{1,2}:[0-9]{1,2}(:[0-5]?[0-9]([.][0-9]*)?)?"
_ZONE = "[Zz]|[-+][0-9]{2}(:?[0-9]{2}(:[0-9]{2})?)?|UTC|utc|GMT|gmt|[A-Za-z_]+/[A-Za-z0-9_/+-]+"
_ISO = f"^[[:space:]]*({_DATE}([T ] *{_CLOCK}( *({_ZONE}))?)?|[-+]?[Ii]nfinity)[[:space:]]*$"
# all digits behind the sixth are dropped, where a cast rounds
_DIGITS = "REGEXP_REPLACE(CAST(:x AS TEXT), '(?<=[.][0-9]{6})[0-9]+', '')"


def _read(type_: str, cases: str = "CASE") -> str:
    """A text as a day, or as a time on the clocks of the model's zone; what is in no ISO form fails. A cast would take
    the clock of a text and drop the zone behind it."""
    return (
        f"{cases} WHEN NOT CAST(:x AS TEXT) ~ '{_ISO}' THEN CAST(:wrong || CAST(:x AS TEXT) AS {type_})"
        f" WHEN CAST(:x AS TEXT) ~ ':.*[A-Za-z+-]' THEN CAST({_DIGITS} AS TIMESTAMPTZ) AT TIME ZONE :zone"
        f" ELSE CAST({_DIGITS} AS {type_}) END"
    )


WORDS = Words(
    since="CAST((EXTRACT(EPOCH FROM {a}) - EXTRACT(EPOCH FROM {b})) * 1000000 AS BIGINT)",
    plus=_MOVED.replace("{sign}", "+"),
    minus=_MOVED.replace("{sign}", "-"),
    plus_months="{t} + {n} * INTERVAL '1 month'",
    # the quotient to one digit more, cut towards zero, then rounded half away from zero by the cast
    quotient="CAST(DIV(CAST({a} AS {decimal}) * 100000000000, NULLIF(CAST({b} AS {decimal}), 0)) * 0.00000000001"
    " AS {decimal})",
    matches=":a ~ :b",
)

POSTGRES = Dialect(
    "postgres",
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
    title="PostgreSQL 17",
    overrides=MappingProxyType(
        {
            **rows(WORDS),
            "contains/list": ":b = ANY(:a)",
            "has any": ":a && :b",
            "has all": ":a @> :b",
            # the letter case of "C" is that of ASCII; this one is Unicode's, code point by code point
            "lower": 'LOWER(:s COLLATE "pg_c_utf8") COLLATE "C"',
            "upper": 'UPPER(:s COLLATE "pg_c_utf8") COLLATE "C"',
            "sample": "CAST(CAST('x' || SUBSTRING(MD5(:seed || '/' || :member), 1, 8) AS BIT(32)) AS BIGINT) < :limit",
        }
    ),
    structures=MappingProxyType(
        {
            **structures(WORDS),
            "now": "CURRENT_TIMESTAMP AT TIME ZONE :zone",
            "at zone": ":t AT TIME ZONE :zone",
            "add months": ":t + INTERVAL :n MONTH",
            "subtract months": ":t - INTERVAL :n MONTH",
            "add days": ":t + INTERVAL :n DAY",
            "subtract days": ":t - INTERVAL :n DAY",
            "is finite": "NOT CAST(:x AS DOUBLE PRECISION) IN " + _NO_NUMBERS,
            "is finite decimal": f"NOT CAST(:x AS DECIMAL) IN {_NO_NUMBERS}",
            # a cast keeps 6 or 15 digits of a floating number, where its text has all; one of 4 bytes is widened first,
            # as all else does
            "decimal of floating": "CAST(CAST(CAST(:x AS DOUBLE PRECISION) AS TEXT) AS DECIMAL)",
            "joined": ":a || :b",
            "count times": COUNT_TIMES,
            "is finite time": "ISFINITE(:t)",
            "read decimal of text": "NULLIF(CAST(:x AS DECIMAL(38, 10)), 'NaN')",
            "read timestamp of text": _read("TIMESTAMP"),
            "read date of text": f"CAST({_read('DATE')} AS DATE)",
            "read int of unseen": f"{_UNSEEN_NUMBER} CAST(ROUND(CAST(CAST(:x AS TEXT) AS DECIMAL)) AS BIGINT) END",
            "read decimal of unseen": f"{_UNSEEN_NUMBER} CAST(CAST(:x AS TEXT) AS DECIMAL(38, 10)) END",
            "read timestamp of unseen": _read("TIMESTAMP", _UNSEEN_TIME),
            "read date of unseen": f"CAST({_read('DATE', _UNSEEN_TIME)} AS DATE)",
            "shown duration": f"(:a / {_DAY}) * INTERVAL '1 day' + (:a % {_DAY}) * INTERVAL '1 microsecond'",
            "greatest bool": "BOOL_OR(:a)",
            "smallest bool": "BOOL_AND(:a)",
            # by code point, whatever the collation of the database is
            "text": ':a COLLATE "C"',
        }
    ),
    name_limit=63,
    # a table that takes the place of another is empty to whoever waits for it with an older snapshot, as COPY does
    replaces="rows",
    lock="SELECT PG_ADVISORY_XACT_LOCK(HASHTEXT(:name))",
    lacks=MappingProxyType({**NO_HISTORY, "\0": "its texts cannot hold that character"}),
    regex="postgres",
    escapes=True,
    # all digits of a floating number
    session=MappingProxyType({"extra_float_digits": "1"}),
    keeps=frozenset({"concatenation", "trim", "length", "extract", "floating", "strict"}),
    trust="executed",
)
# A session of segdsl takes the history along, as temporary tables.
POSTGRES_HERE = replace(
    POSTGRES, lacks=MappingProxyType({word: why for word, why in POSTGRES.lacks.items() if word not in NO_HISTORY})
)
