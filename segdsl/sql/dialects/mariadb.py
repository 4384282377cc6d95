"""MariaDB, and MySQL as far as it differs. A condition is 1 or 0 there, a decimal has up to 65 digits.

What a cast cannot read is 0 or NULL with a warning there: so texts that are read as something else are looked at first,
and one that cannot be read is an error, which is the logarithm's inverse beyond what a DOUBLE holds. A list is kept as
a JSON text.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from segdsl.sql.dialects.dialect import COUNT_TIMES, NO_HISTORY, Dialect
from segdsl.sql.dialects.portable import Words, rows, structures
from segdsl.types import Kind

_TIME = "DATETIME(6)"
_DAY = f"CAST(CAST({{t}} AS DATE) AS {_TIME})"
_MONTH = f"DATE_SUB({_DAY}, INTERVAL (DAYOFMONTH({{t}}) - 1) DAY)"
# a quotient has four digits more than what is divided: so how often b goes into a, to one digit more than is kept and
# cut towards zero, is a division without a rest; the cast rounds half away from zero
_X, _D = "CAST({a} AS {decimal}) * 100000000000", "NULLIF(CAST({b} AS {decimal}), 0)"

WORDS = Words(
    since="TIMESTAMPDIFF(MICROSECOND, {b}, {a})",
    plus=f"DATE_ADD(CAST({{t}} AS {_TIME}), INTERVAL {{n}} MICROSECOND)",
    minus=f"DATE_SUB(CAST({{t}} AS {_TIME}), INTERVAL {{n}} MICROSECOND)",
    plus_months="DATE_ADD({t}, INTERVAL {n} MONTH)",
    quotient=f"CAST(CAST(({_X} - ({_X}) % {_D}) / {_D} AS DECIMAL(54, 0)) * 0.00000000001 AS {{decimal}})",
    weekday="CAST(WEEKDAY({t}) + 1 AS BIGINT)",
    integer_quotient="({a}) DIV ({b})",
    time=_TIME,
    double="DOUBLE",
    contains="LOCATE(:b, :a) > 0",
    starts="LEFT(:a, CHAR_LENGTH(:b)) = :b",
    ends="RIGHT(:a, CHAR_LENGTH(:b)) = :b",
    length="CHAR_LENGTH(:s)",
    matches="REGEXP_INSTR(:a, :b) > 0",
    day_start=_DAY,
    week_start=f"DATE_SUB({_DAY}, INTERVAL (WEEKDAY({{t}})) DAY)",
    month_start=_MONTH,
    quarter_start=f"DATE_SUB({_MONTH}, INTERVAL ((MONTH({{t}}) - 1) % 3) MONTH)",
    year_start=f"DATE_SUB({_MONTH}, INTERVAL (MONTH({{t}}) - 1) MONTH)",
)


def _error(kind: str) -> str:
    """What fails where it is evaluated, and only there."""
    return f"CAST(EXP(1000 + CHAR_LENGTH(CAST(:x AS CHAR))) AS {kind})"


def _read(pattern: str, value: str, kind: str) -> str:
    found = f"REGEXP_INSTR(CAST(:x AS CHAR), '{pattern}') > 0"
    return f"CASE WHEN {found} THEN {value} WHEN NOT :x IS NULL THEN {_error(kind)} END"


_NUMBER = "^ *[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]+)? *$"
_WHOLE = "^ *[-+]?[0-9]+([.][0-9]*)? *$"
_CLOCK = "^ *[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([ T][0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?)? *$"
_SAID = "LOWER(CAST(:x AS CHAR))"
_BOOL = (
    f"CASE WHEN {_SAID} IN ('true', 't', '1') THEN TRUE WHEN {_SAID} IN ('false', 'f', '0') THEN FALSE"
    f" WHEN NOT :x IS NULL THEN {_error('SIGNED')} END"
)
_TEXT = "CONVERT(:a USING utf8mb4) COLLATE utf8mb4_nopad_bin"
# a collation of Unicode 14, which has the letter case of every letter
_CASED = "(:s COLLATE utf8mb4_uca1400_as_cs) COLLATE utf8mb4_nopad_bin"
_ITEM = (
    "EXISTS(SELECT 1 FROM JSON_TABLE(:a, '$[*]' COLUMNS (item LONGTEXT PATH '$')) AS items"
    " WHERE items.item COLLATE utf8mb4_nopad_bin = :b)"
)

MARIADB = Dialect(
    "mariadb",
    MappingProxyType(
        {
            Kind.BOOL: "BOOLEAN",
            Kind.INT: "BIGINT",
            Kind.DECIMAL: "DECIMAL(38, 10)",
            Kind.TEXT: "LONGTEXT",
            Kind.LABEL: "LONGTEXT",
            Kind.DATE: "DATE",
            Kind.TIME: _TIME,
            Kind.LIST: "LONGTEXT",
            Kind.DURATION: "BIGINT",
            Kind.DISTANCE: "DECIMAL(38, 3)",
        }
    ),
    title="MariaDB 10.11",
    reads="mysql",
    overrides=MappingProxyType(
        {
            **rows(WORDS),
            "contains/list": _ITEM,
            "lower": f"LOWER{_CASED}",
            "upper": f"UPPER{_CASED}",
            "sample": "CAST(CONV(SUBSTRING(MD5(CONCAT(:seed, '/', :member)), 1, 8), 16, 10) AS UNSIGNED) < :limit",
        }
    ),
    structures=MappingProxyType(
        {
            **structures(WORDS),
            "now": f"CASE :zone WHEN 'UTC' THEN UTC_TIMESTAMP(6) ELSE COALESCE(CONVERT_TZ(UTC_TIMESTAMP(6), '+00:00',"
            f" :zone), CAST(EXP(1000 + CHAR_LENGTH(:zone)) AS {_TIME})) END",
            "at zone": f"CASE WHEN :zone = 'UTC' OR :t IS NULL THEN :t ELSE COALESCE(CONVERT_TZ(:t, '+00:00', :zone),"
            f" CAST(EXP(1000 + CHAR_LENGTH(:zone)) AS {_TIME})) END",
            "add months": "DATE_ADD(:t, INTERVAL :n MONTH)",
            "subtract months": "DATE_SUB(:t, INTERVAL :n MONTH)",
            "is finite": ":x = :x",
            "joined": "CONCAT(:a, :b)",
            "count times": COUNT_TIMES,
            "text": _TEXT,
            # nobody knows whether it is a text: by its digits or letters it is the same one
            "key": _TEXT,
            "list": ":a",
            "read bool": _BOOL,
            "read bool of number": ":x <> 0",
            "read int": _read(_WHOLE, "CAST(CAST(:x AS DECIMAL(38, 10)) AS SIGNED)", "SIGNED"),
            "read decimal": _read(_NUMBER, "CAST(:x AS DECIMAL(38, 10))", "DECIMAL(38, 10)"),
            "read date": _read(_CLOCK, "CAST(:x AS DATE)", "DATE"),
            "read timestamp": _read(_CLOCK, f"CAST(:x AS {_TIME})", _TIME),
        }
    ),
    name_limit=64,
    names="basic",
    arrays=False,
    inlines=True,
    replaces="rename",
    regex="pcre",
    session=MappingProxyType(
        {
            "time_zone": "'+00:00'",
            "sql_mode": "'STRICT_TRANS_TABLES,STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,NO_ENGINE_SUBSTITUTION'",
            "character_set_client": "utf8mb4",
            "character_set_results": "utf8mb4",
            "collation_connection": "utf8mb4_nopad_bin",
            "collation_database": "utf8mb4_nopad_bin",
            "default_regex_flags": "''",
            # only so many bytes of a text are looked at where rows are put in order or in groups
            "max_sort_length": "1000000",
            "sort_buffer_size": "33554432",
            # a server can cut every result short: its largest number is that of a session without a limit
            "sql_select_limit": "18446744073709551615",
            # joins of steps by hashes, not by looking at every pair of rows
            "join_cache_level": "8",
            "join_buffer_size": "33554432",
        }
    ),
    lacks=NO_HISTORY,
    keeps=frozenset({"trim", "length", "extract", "floating"}),
    trust="executed",
)

_MYSQL_TEXT = "CONVERT(:a USING utf8mb4) COLLATE utf8mb4_0900_bin"
_MYSQL_CASED = "(:s COLLATE utf8mb4_0900_as_cs) COLLATE utf8mb4_0900_bin"
MYSQL = replace(
    MARIADB,
    name="mysql",
    reads="",
    title="MySQL 8",
    overrides=MappingProxyType(
        {
            **MARIADB.overrides,
            "contains/list": "JSON_CONTAINS(CAST(:a AS JSON), JSON_QUOTE(:b))",
            "lower": f"LOWER{_MYSQL_CASED}",
            "upper": f"UPPER{_MYSQL_CASED}",
            "matches": "REGEXP_LIKE(:a, :b, 'c')",
        }
    ),
    structures=MappingProxyType({**MARIADB.structures, "text": _MYSQL_TEXT, "key": _MYSQL_TEXT}),
    inlines=False,
    regex="java",  # that of ICU
    session=MappingProxyType(
        {
            "time_zone": "'+00:00'",
            # a time that is cast to a date, or to fewer digits, would be rounded
            "sql_mode": "'STRICT_TRANS_TABLES,STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,NO_ENGINE_SUBSTITUTION,"
            "TIME_TRUNCATE_FRACTIONAL'",
            "character_set_client": "utf8mb4",
            "character_set_results": "utf8mb4",
            "collation_connection": "utf8mb4_0900_bin",
            "max_sort_length": "1000000",
            "sort_buffer_size": "33554432",
            "sql_select_limit": "18446744073709551615",
        }
    ),
    trust="parsed",
)
