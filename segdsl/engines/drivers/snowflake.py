"""Snowflake by its own connector."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from segdsl.engines import inventory
from segdsl.engines.drivers.cursors import batches
from segdsl.engines.drivers.driver import Refused
from segdsl.engines.inventory import Declared
from segdsl.sql import Dialect
from segdsl.sql.dialects import SNOWFLAKE

if TYPE_CHECKING:
    import pyarrow

# names of types by the connector's numbers for them, as DuckDB writes what holds the same
_WORDS = {
    "REAL": "DOUBLE",
    "TEXT": "VARCHAR",
    "DATE": "DATE",
    "TIMESTAMP": "TIMESTAMP WITH TIME ZONE",
    "TIMESTAMP_LTZ": "TIMESTAMP WITH TIME ZONE",
    "TIMESTAMP_TZ": "TIMESTAMP WITH TIME ZONE",
    "BOOLEAN": "BOOLEAN",
    "ARRAY": "VARCHAR[]",
}
_MICROS = 6


class Snowflake:
    """A session: `snowflake://user@account/database/schema?warehouse=W&role=R`.

    The password is the URL's, or the connector finds another way in by its own options, such as
    `authenticator=externalbrowser` or `private_key_file=…`.
    """

    dialect: Dialect = SNOWFLAKE
    settings: Mapping[str, str] = SNOWFLAKE.session

    def __init__(self, url: str) -> None:
        """Connects and pins the session; raises Refused where it cannot be."""
        import snowflake.connector
        from snowflake.connector.constants import FIELD_ID_TO_NAME

        self.errors: tuple[type[BaseException], ...] = (snowflake.connector.errors.Error,)
        self._names: Mapping[int, str] = FIELD_ID_TO_NAME
        self._connection: Any = snowflake.connector.connect(
            **arguments(url), session_parameters=dict(self.settings), autocommit=True
        )
        try:
            self._check()
        except BaseException:
            self.close()
            raise

    def _check(self) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute("SHOW PARAMETERS IN SESSION")
            found = {row[0].upper(): str(row[1]) for row in cursor.fetchall()}
        for name, wanted in self.settings.items():
            value = found.get(name, wanted).removeprefix("Etc/")
            if value.casefold() != wanted.casefold():
                raise Refused(f"its setting `{name}` stays `{value}`, expected `{wanted}`")

    def execute(self, sql: str) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute(sql)

    def stream(self, sql: str) -> pyarrow.RecordBatchReader:
        cursor = self._connection.cursor()
        cursor.execute(sql)
        return batches(cursor, {item.name: self._arrow(item) for item in cursor.description})

    def columns(self, select: str) -> dict[str, str]:
        with self._connection.cursor() as cursor:
            cursor.execute(select)
            return {item.name: self._word(item) for item in cursor.description}

    def _word(self, item: Any) -> str:
        name = self._names[item.type_code]
        if name == "FIXED":
            return f"DECIMAL({item.precision},{item.scale})" if item.scale else "BIGINT"
        if name == "TIMESTAMP_NTZ":
            return "TIMESTAMP" if item.scale == _MICROS else "TIMESTAMP_NS"
        return _WORDS.get(name, name)

    def _arrow(self, item: Any) -> pyarrow.DataType:
        import pyarrow as pa

        name = self._names[item.type_code]
        if name == "FIXED":
            return pa.decimal128(38, item.scale) if item.scale else pa.int64()
        return {
            "REAL": pa.float64(),
            "DATE": pa.date32(),
            "BOOLEAN": pa.bool_(),
            "ARRAY": pa.list_(pa.string()),
        }.get(name, pa.timestamp("us") if name.startswith("TIMESTAMP") else pa.string())

    def declared(self, schema: str | None) -> Declared:
        return inventory.declared(self, inventory.STANDARD, schema)

    def begin(self) -> None:
        self.execute("BEGIN")

    def commit(self) -> None:
        self.execute("COMMIT")

    def rollback(self) -> None:
        self.execute("ROLLBACK")

    def close(self) -> None:
        self._connection.close()


def arguments(url: str) -> dict[str, str]:
    """What the connector is called with for a URL."""
    parts = urlsplit(url)
    database, _, schema = parts.path.strip("/").partition("/")
    found = {
        "account": parts.hostname or "",
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "database": unquote(database),
        "schema": unquote(schema),
        **dict(parse_qsl(parts.query)),
    }
    return {name: value for name, value in found.items() if value}
