"""Trino by its own client."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from segdsl.engines import inventory
from segdsl.engines.drivers.cursors import batches
from segdsl.engines.drivers.driver import Refused
from segdsl.engines.inventory import Declared
from segdsl.sql import Dialect
from segdsl.sql.dialects import TRINO

if TYPE_CHECKING:
    import pyarrow

_TLS = 443
# a type of Trino, and DuckDB's word for what holds the same; a time of another precision than the language's is cast
_WORDS: tuple[tuple[str, Callable[[str], str]], ...] = (
    (r"tinyint|smallint|integer|bigint|real|double|boolean|date", lambda found: found.upper().replace("REAL", "FLOAT")),
    (r"varchar(\(\d+\))?", lambda _: "VARCHAR"),
    (r"char\(\d+\)", lambda _: "CHAR"),
    (r"decimal\(\d+, ?\d+\)", lambda found: found.upper().replace(" ", "")),
    (r"timestamp\(6\)", lambda _: "TIMESTAMP"),
    (r"timestamp(\(\d+\))?", lambda _: "TIMESTAMP_NS"),
    (r"timestamp(\(\d+\))? with time zone", lambda _: "TIMESTAMP WITH TIME ZONE"),
    (r"array\(varchar(\(\d+\))?\)", lambda _: "VARCHAR[]"),
    (r"uuid|json", str.upper),
    (r"unknown", lambda _: "NULL"),
)
_INVENTORY = replace(inventory.STANDARD, current="SELECT CURRENT_SCHEMA AS name")


class Trino:
    """A session: `trino://user@host:8080/catalog/schema`; with a password or `?scheme=https` it goes over TLS.

    There are no temporary tables, so that every question is one SELECT.
    """

    dialect: Dialect = TRINO

    def __init__(self, url: str) -> None:
        """Connects and pins the session; raises Refused where it cannot be."""
        import trino

        self.errors: tuple[type[BaseException], ...] = (
            trino.exceptions.Error,
            trino.exceptions.HttpError,
            OSError,  # those of the connection are such ones
        )
        given = arguments(url)
        password = given.pop("password", None)
        if password is not None:
            given["auth"] = trino.auth.BasicAuthentication(given["user"], password)
        connect: Any = trino.dbapi.connect
        self._connection: Any = connect(**given, source="segdsl", timezone="UTC")
        try:
            self._check()
        except BaseException:
            self.close()
            raise

    def _check(self) -> None:
        cursor = self._run("SELECT CURRENT_TIMEZONE() AS zone")
        ((zone,),) = cursor.fetchall()
        if zone not in ("UTC", "Etc/UTC", "Z"):
            raise Refused(f"its time zone stays `{zone}`, expected `UTC`")

    def _run(self, sql: str) -> Any:
        cursor = self._connection.cursor()
        cursor.execute(sql)
        return cursor

    def execute(self, sql: str) -> None:
        self._run(sql).fetchall()  # a statement is done once its last answer is read

    def stream(self, sql: str) -> pyarrow.RecordBatchReader:
        cursor = self._run(sql)
        return batches(cursor, {item.name: _arrow(item.type_code) for item in cursor.description})

    def columns(self, select: str) -> dict[str, str]:
        return {item.name: word_of(item.type_code) for item in self._run(select).description}

    def declared(self, schema: str | None) -> Declared:
        return inventory.declared(self, _INVENTORY, schema)

    def begin(self) -> None:
        """Nothing is written."""

    def commit(self) -> None:
        """Nothing was written."""

    def rollback(self) -> None:
        """Nothing was written."""

    def close(self) -> None:
        self._connection.close()


def word_of(type_: str) -> str:
    """A type of Trino as DuckDB writes the one that holds the same."""
    return next((word(type_) for pattern, word in _WORDS if re.fullmatch(pattern, type_)), type_.upper())


def _arrow(type_: str) -> pyarrow.DataType:
    import pyarrow as pa

    if (decimal := re.fullmatch(r"decimal\((\d+), ?(\d+)\)", type_)) is not None:
        return pa.decimal128(int(decimal[1]), int(decimal[2]))
    if type_.startswith("timestamp"):
        return pa.timestamp("us")
    if type_.startswith("array("):
        return pa.list_(pa.string())
    return {
        "tinyint": pa.int64(),
        "smallint": pa.int64(),
        "integer": pa.int64(),
        "bigint": pa.int64(),
        "real": pa.float64(),
        "double": pa.float64(),
        "boolean": pa.bool_(),
        "date": pa.date32(),
        "unknown": pa.null(),
    }.get(type_, pa.string())


def arguments(url: str) -> dict[str, Any]:
    """What the client is called with for a URL."""
    parts = urlsplit(url)
    catalog, _, schema = parts.path.strip("/").partition("/")
    options = dict(parse_qsl(parts.query))
    is_safe = parts.password is not None or parts.port == _TLS or options.get("scheme") == "https"
    found: dict[str, Any] = {
        "host": parts.hostname or "localhost",
        "port": parts.port or (_TLS if is_safe else 8080),
        "user": unquote(parts.username or "segdsl"),
        "password": None if parts.password is None else unquote(parts.password),
        "catalog": unquote(catalog),
        "schema": unquote(schema),
        "http_scheme": "https" if is_safe else "http",
    }
    return {name: value for name, value in found.items() if value}
