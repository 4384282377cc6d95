"""ClickHouse: inside the process by chdb, or a server by clickhouse-connect."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from segdsl.engines import inventory
from segdsl.engines.drivers.driver import Refused
from segdsl.engines.inventory import Declared
from segdsl.sql import Dialect
from segdsl.sql.dialects import CLICKHOUSE

if TYPE_CHECKING:
    import pyarrow

# A ClickHouse type, and DuckDB's word for it. None of these words is taken as the language's own type, so that every
# column is cast to a Nullable one: what is not Nullable has 0 or an empty text where there is nothing.
_WORDS = (
    (r"U?Int\d+", "INT"),
    (r"Float\d+|BFloat16", "DOUBLE"),
    (r"Decimal.*", "NUMERIC"),
    (r"Bool", "BOOLEAN"),
    (r"String", "CHAR"),
    # what is compared and comes out otherwise than as its text, keys too
    (r"FixedString.*", "CHAR(fixed)"),
    (r"Enum.*", "CHAR(enum)"),
    (r"UUID", "UUID"),
    (r"Date(?:32)?", "DATE(0)"),
    (r"DateTime(?:64\(\d\))?", "TIMESTAMP(6)"),
    # an instant, seen on the clocks of a zone
    (r"DateTime(?:64)?\(.*'.*'\)", "TIMESTAMP WITH TIME ZONE"),
    (r"Array\((?:LowCardinality\()?String\)?\)", "VARCHAR[]"),
    (r"Nothing", "NULL"),
)
_WRAPPED = re.compile(r"(?:Nullable|LowCardinality)\((.*)\)")


def word_of(type_: str) -> str:
    """A ClickHouse type as DuckDB writes the one that holds the same."""
    while (found := _WRAPPED.fullmatch(type_)) is not None:
        type_ = found[1]
    return next((word for pattern, word in _WORDS if re.fullmatch(pattern, type_)), f"{type_.upper()}")


class ClickHouse:
    """A session: of a server by `clickhouse://…`, of an engine inside the process by `chdb:` (tables in a folder by
    `chdb:///FOLDER`)."""

    dialect: Dialect = CLICKHOUSE

    def __init__(self, url: str) -> None:
        """Connects and pins the session; raises Refused where it cannot be."""
        self._client = _Inside(url) if url.startswith("chdb:") else _Server(url)
        self.errors = self._client.errors
        try:
            self._pin()
        except BaseException:
            self.close()
            raise

    def _pin(self) -> None:
        for name, value in CLICKHOUSE.session.items():
            self.execute(f"SET {name} = {value}")
        self._check()

    def _check(self) -> None:
        names = ", ".join(f"getSetting('{name}')" for name in CLICKHOUSE.session)
        row = self.stream(f"SELECT {names}").read_all()
        for (name, wanted), column in zip(CLICKHOUSE.session.items(), row.columns, strict=True):
            found = column[0].as_py()
            if str(int(found) if isinstance(found, bool | float) else found) != wanted.strip("'"):
                raise Refused(f"its setting `{name}` stays `{found}`, expected `{wanted}`")

    def execute(self, sql: str) -> None:
        self._client.execute(sql)

    def stream(self, sql: str) -> pyarrow.RecordBatchReader:
        """Times come without a zone, as they are in the SQL."""
        import pyarrow as pa

        table = self._client.arrow(sql)
        schema = pa.schema([pa.field(field.name, _plain(field.type)) for field in table.schema])
        return table.cast(schema).to_reader()

    def columns(self, select: str) -> Mapping[str, str]:
        rows = self._client.arrow(f"DESCRIBE TABLE ({select})")
        return dict(zip(rows["name"].to_pylist(), map(word_of, rows["type"].to_pylist()), strict=True))

    def declared(self, schema: str | None) -> Declared:
        return inventory.declared(self, inventory.CLICKHOUSE, schema)

    def begin(self) -> None:
        """There are no transactions; what is put in place is put there by one exchange of names."""

    def commit(self) -> None:
        """Nothing is kept back."""

    def rollback(self) -> None:
        """Nothing can be taken back."""

    def close(self) -> None:
        self._client.close()


def _plain(type_: pyarrow.DataType) -> pyarrow.DataType:
    import pyarrow as pa

    if pa.types.is_timestamp(type_):
        return pa.timestamp("us")
    return pa.string() if pa.types.is_binary(type_) else type_


class _Inside:
    """ClickHouse in this very process."""

    def __init__(self, url: str) -> None:
        from chdb.session import Session

        folder = unquote(urlsplit(url).path)
        if folder and not Path(folder).is_dir():  # it would be made
            raise Refused(f"there is no folder `{folder}`", "`chdb:///` is followed by the path of a folder of tables")
        self.errors: tuple[type[BaseException], ...] = (RuntimeError,)
        make: Any = Session
        self._session: Any = make(folder) if folder else make()

    def execute(self, sql: str) -> None:
        self._session.query(sql)

    def arrow(self, sql: str) -> pyarrow.Table:
        import pyarrow as pa

        found = self._session.query(sql, "ArrowStream").bytes()
        return pa.ipc.open_stream(found).read_all()

    def close(self) -> None:
        self._session.close()


class _Server:
    """A ClickHouse server, over HTTP with one session."""

    def __init__(self, url: str) -> None:
        import clickhouse_connect
        from clickhouse_connect.driver.exceptions import Error

        self.errors: tuple[type[BaseException], ...] = (Error,)
        secure = url.startswith("clickhouses:")
        dsn = re.sub(r"^clickhouses?:", "clickhouse:", url)
        parts = urlsplit(url)
        # earlier versions take both out of the URL as they are written there
        login = {"username": unquote(parts.username or ""), "password": unquote(parts.password or "")}
        self._client: Any = clickhouse_connect.get_client(
            dsn=dsn,
            secure=secure,
            autogenerate_session_id=True,
            **{name: text for name, text in login.items() if text},
        )

    def execute(self, sql: str) -> None:
        self._client.command(sql)

    def arrow(self, sql: str) -> pyarrow.Table:
        return self._client.query_arrow(sql, use_strings=True)

    def close(self) -> None:
        self._client.close()
