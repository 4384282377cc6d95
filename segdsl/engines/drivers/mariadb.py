"""MariaDB by PyMySQL."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from segdsl.engines import inventory
from segdsl.engines.drivers.cursors import batches
from segdsl.engines.drivers.driver import Refused
from segdsl.engines.inventory import Declared
from segdsl.sql import Dialect
from segdsl.sql.dialects import MARIADB

if TYPE_CHECKING:
    import pyarrow

OLDEST = (10, 11)
_BINARY = 63  # the number of the character set of bytes
_UNSIGNED = 32  # a flag
_DIGITS = 38  # of Arrow's usual decimal
# names of types as DuckDB writes what holds the same. Dates and times are none of the language's own types, so that
# they are always cast: the zero dates of old tables are then unknown
_WORDS = {
    "TINY": "TINYINT",
    "SHORT": "SMALLINT",
    "INT24": "INTEGER",
    "LONG": "INTEGER",
    "LONGLONG": "BIGINT",
    "YEAR": "SMALLINT",
    "FLOAT": "FLOAT",
    "DOUBLE": "DOUBLE",
    "DATE": "DATE(0)",
    "NEWDATE": "DATE(0)",
    "DATETIME": "TIMESTAMP(6)",
    "TIMESTAMP": "TIMESTAMP WITH TIME ZONE",
    "TIME": "TIME",
    "BIT": "BIT",
    "JSON": "JSON",
    "GEOMETRY": "GEOMETRY",
    "NULL": "NULL",
}
# access to the database denied, which a table says of itself; a transaction that only reads
_NO_TABLES = (1044, 1792)
_RIGHTS = (
    "a run reads the tables, and makes temporary ones: `GRANT SELECT, CREATE TEMPORARY TABLES ON database.* TO user`; "
    "without that right `segdsl compile --engine` writes the SQL, as one SELECT"
)
_DECIMALS = ("DECIMAL", "NEWDECIMAL")
_TEXTS = ("VAR_STRING", "STRING", "VARCHAR", "BLOB", "TINY_BLOB", "MEDIUM_BLOB", "LONG_BLOB", "ENUM", "SET")


class MariaDB:
    """A session: `mariadb://user@host:3306/database`, or `mysql://…`."""

    dialect: Dialect = MARIADB

    def __init__(self, url: str) -> None:
        """Connects and pins the session; raises Refused where it cannot be."""
        import pymysql
        from pymysql.constants import FIELD_TYPE
        from pymysql.converters import conversions

        self.errors: tuple[type[BaseException], ...] = (pymysql.err.MySQLError,)
        known = {*_WORDS, *_TEXTS, *_DECIMALS}  # some have a second name there
        self._names = {number: name for name, number in vars(FIELD_TYPE).items() if name in known}
        times = (FIELD_TYPE.DATE, FIELD_TYPE.DATETIME, FIELD_TYPE.TIMESTAMP)
        read = {**conversions, **{number: _time_by(conversions[number]) for number in times}}
        self._connection: Any = pymysql.connect(**arguments(url), conv=read, charset="utf8mb4", autocommit=True)
        try:
            self._pin()
        except BaseException:
            self.close()
            raise

    def _pin(self) -> None:
        ((version,),) = self._rows("SELECT VERSION()")
        if "MariaDB" not in version:
            advice = "`segdsl compile --dialect mysql` writes the SQL for it"
            raise Refused(f"it is MySQL {version}, which segdsl has never been run on", advice)
        if tuple(map(int, version.split(".")[:2])) < OLDEST:
            raise Refused(f"it is MariaDB {version}, expected {'.'.join(map(str, OLDEST))} or later")
        for name, value in self.dialect.session.items():
            self.execute(f"SET SESSION {name} = {value}")
        (found,) = self._rows(f"SELECT {', '.join(f'@@SESSION.{name}' for name in self.dialect.session)}")
        for (name, value), there in zip(self.dialect.session.items(), found, strict=True):
            if set(str(there).split(",")) != set(value.strip("'").split(",")):
                raise Refused(f"its setting `{name}` stays `{there}`, expected `{value}`")

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        with self._connection.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())

    def execute(self, sql: str) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute(sql)

    def stream(self, sql: str) -> pyarrow.RecordBatchReader:
        cursor = self._connection.cursor()
        cursor.execute(sql)
        return batches(cursor, {field.name: self._arrow(field) for field in cursor._result.fields})

    def columns(self, select: str) -> Mapping[str, str]:
        with self._connection.cursor() as cursor:
            cursor.execute(select)
            return {field.name: self._word(field) for field in cursor._result.fields}

    def _word(self, field: Any) -> str:
        name = self._names.get(field.type_code, "")
        if name in _DECIMALS:
            return f"DECIMAL({min(_precision(field), _DIGITS)},{field.scale})"
        if name in _TEXTS:
            return "BLOB" if field.charsetnr == _BINARY else "VARCHAR"
        word = _WORDS.get(name, "BLOB")
        return f"U{word}" if field.flags & _UNSIGNED and word.endswith(("INT", "INTEGER")) else word

    def _arrow(self, field: Any) -> pyarrow.DataType:
        import pyarrow as pa

        name = self._names.get(field.type_code, "")
        if name in _DECIMALS:
            precision = _precision(field)
            return (pa.decimal128 if precision <= _DIGITS else pa.decimal256)(precision, field.scale)
        if name in _TEXTS and field.charsetnr == _BINARY:
            return pa.binary()
        return {
            "TINY": pa.int64(),
            "SHORT": pa.int64(),
            "INT24": pa.int64(),
            "LONG": pa.int64(),
            "LONGLONG": pa.uint64() if field.flags & _UNSIGNED else pa.int64(),
            "YEAR": pa.int64(),
            "FLOAT": pa.float64(),
            "DOUBLE": pa.float64(),
            "DATE": pa.date32(),
            "DATETIME": pa.timestamp("us"),
            "TIMESTAMP": pa.timestamp("us"),
            "TIME": pa.duration("us"),
            "BIT": pa.binary(),
            "NULL": pa.null(),
        }.get(name, pa.string())

    def declared(self, schema: str | None) -> Declared:
        return inventory.declared(self, inventory.MARIADB, schema)

    def advice(self, error: BaseException) -> str | None:
        """Reading is not all that a run needs: a WITH is worked out anew wherever it is named, so that its steps are
        temporary tables."""
        return _RIGHTS if error.args and error.args[0] in _NO_TABLES else None

    def begin(self) -> None:
        self.execute("START TRANSACTION")

    def commit(self) -> None:
        self.execute("COMMIT")

    def rollback(self) -> None:
        self.execute("ROLLBACK")

    def close(self) -> None:
        if self._connection.open:
            self._connection.close()


def _time_by(convert: Callable[[str], Any]) -> Callable[[str], dt.date | None]:
    """What reads a day or a time as the library does, which gives the text of a zero date back: that is unknown."""

    def read(text: str) -> dt.date | None:
        found = convert(text)
        return found if isinstance(found, dt.date) else None

    return read


def _precision(field: Any) -> int:
    """The digits of a decimal: its length has a sign and a point beside them."""
    return int(field.length) - (0 if field.flags & _UNSIGNED else 1) - (1 if field.scale else 0)


def arguments(url: str) -> dict[str, Any]:
    """What the library is called with for a URL: a password is the URL's, or that of `MYSQL_PWD`.

    Options are `unix_socket`, `ssl_ca`, `ssl_cert`, `ssl_key`, `ssl_verify_cert`, `connect_timeout` and
    `read_default_file`.
    """
    import os

    parts = urlsplit(url)
    found: dict[str, Any] = {
        "host": parts.hostname or "",
        "port": parts.port,
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or "") or os.environ.get("MYSQL_PWD", ""),
        "database": unquote(parts.path.strip("/")),
        **dict(parse_qsl(parts.query)),
    }
    for name in ("connect_timeout", "ssl_verify_cert"):
        if name in found:
            found[name] = int(found[name])
    return {name: value for name, value in found.items() if value}
