"""Spark: a cluster (`spark://…`), or a server of Spark Connect (`sc://…`), and Sail, which takes the same (`sail://…`)."""

from __future__ import annotations

import os
import socket
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import proxy_bypass

from segdsl.engines.drivers.driver import Refused, word_of
from segdsl.engines.inventory import Declared, shared
from segdsl.sql import Dialect
from segdsl.sql.dialects import SAIL, SPARK

if TYPE_CHECKING:
    import pyarrow

OLDEST = 4
# what the client of Spark Connect takes where a URL has no port, and the variables that name a proxy for it
_PORT = 15002
PROXIES = ("grpc_proxy", "https_proxy", "http_proxy")
_PATIENCE = 5.0  # seconds


class Spark:
    """A session of Spark."""

    dialect: Dialect = SPARK

    def __init__(self, url: str) -> None:
        """Connects and pins the session; raises Refused where it cannot be."""
        with warnings.catch_warnings():
            # of versions of pandas, and of settings that it takes for texts in SQL: nothing that one could do about
            warnings.filterwarnings("ignore", module=r"pyspark\.")
            self._connect(url)

    def _connect(self, url: str) -> None:
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession

        self.errors: tuple[type[BaseException], ...] = (PySparkException,)
        self._held: dict[str, Any] = {}
        is_cluster = url.partition(":")[0] in ("spark", "local")
        self._is_shared = is_cluster and SparkSession.getActiveSession() is not None
        builder: Any = SparkSession.builder.appName("segdsl")
        if is_cluster:
            # a process has one connection to a cluster; the settings and views of a session are its own
            self._spark: Any = builder.master(url).config("spark.ui.enabled", "false").getOrCreate().newSession()
        else:
            see_that_listening(url)
            _import_connect()
            self._spark = builder.remote(f"sc:{url.partition(':')[2]}").create()
        try:
            self._pin()
        except BaseException:
            self.close()
            raise

    def _pin(self) -> None:
        for name, value in self.dialect.session.items():
            self._spark.conf.set(name, value)
            found = self._spark.conf.get(name)
            if found != value:
                raise Refused(f"its setting `{name}` stays `{found}`, expected `{value}`")
        version = str(self._spark.version)
        if int(version.partition(".")[0]) < OLDEST:
            raise Refused(f"it is Spark {version}, expected {OLDEST} or later")
        self._check()

    def _check(self) -> None:
        """What another engine behind the same protocol does otherwise."""
        (weekday,) = self.stream("SELECT WEEKDAY(DATE '2026-03-29') AS d").read_all()["d"].to_pylist()
        if weekday != 6:
            raise Refused("it takes Spark's SQL, but is not Spark", "Sail is written as `sail://host:port`")

    def execute(self, sql: str) -> None:
        self._spark.sql(sql)

    def stream(self, sql: str) -> pyarrow.RecordBatchReader:
        reader: pyarrow.RecordBatchReader = self._spark.sql(sql).toArrow().to_reader()
        return reader

    def columns(self, select: str) -> dict[str, str]:
        from pyspark.sql.pandas.types import to_arrow_schema

        # a plan is enough, and no job is run
        schema = self._spark.sql(select).schema
        found = zip(schema, to_arrow_schema(schema), strict=True)
        return {field.name: _padded(field) or word_of(arrow.type) for field, arrow in found}

    def hold(self, name: str, sql: str) -> None:
        """A view alone would be worked out, and its SQL read, each time that it is named; what `CACHE TABLE` keeps is
        read anew as SQL too, before it is found to be there."""
        with self._active():
            rows = self._spark.sql(sql).localCheckpoint(eager=True)
        rows.createOrReplaceTempView(name)
        # the client has the server let go of rows that nobody has at hand here, view or no view
        self._held[name] = rows

    @contextmanager
    def _active(self) -> Iterator[None]:
        """The client of Spark Connect takes rows that are held for those of the active session, which is the first one
        of a thread, or of the program: not of whom it asked."""
        active = getattr(type(self._spark), "_active_session", None)
        if not isinstance(active, threading.local):
            yield
            return
        before = getattr(active, "session", None)
        active.session = self._spark
        try:
            yield
        finally:
            active.session = before

    def load(self, name: str, table: pyarrow.Table) -> None:
        """Makes rows in memory known by a name, for this session."""
        self._spark.createDataFrame(table).createOrReplaceTempView(name)

    def declared(self, schema: str | None) -> Declared:
        catalog = self._spark.catalog
        current = str(catalog.currentDatabase())
        place = schema or current
        databases = [str(item.name) for item in catalog.listDatabases()]
        found = catalog.listTables(place) if place in databases else []
        tables = shared(sorted(str(item.name) for item in found))
        return Declared(place, place == current, tables, others=() if tables else tuple(databases))

    def begin(self) -> None:
        """There are no transactions over several tables."""

    def commit(self) -> None:
        """Nothing is kept back."""

    def rollback(self) -> None:
        """Nothing can be taken back."""

    def close(self) -> None:
        self._held.clear()
        if not self._is_shared:
            self._spark.stop()


def _padded(field: Any) -> str:
    """The type of a column whose texts are filled up with blanks, which Spark calls a STRING like others."""
    declared = str((field.metadata or {}).get("__CHAR_VARCHAR_TYPE_STRING", field.dataType.simpleString()))
    return declared.upper() if declared.startswith("char(") else ""


def see_that_listening(url: str) -> None:
    """Raises OSError where nobody listens at the host of a URL; the client would ask again for minutes."""
    parts = urlsplit(url)
    if not parts.hostname:  # the client says so
        return
    if any(os.environ.get(name) for name in PROXIES) and not proxy_bypass(parts.hostname):
        return
    socket.create_connection((parts.hostname, parts.port or _PORT), timeout=_PATIENCE).close()


def _import_connect() -> None:
    """Imports the client of Spark Connect.

    It takes a program without a file (`python -c`, a worker of a job queue) for a run of its own doctests, and ends the
    process where a whole Spark is not installed beside it: for the time of the import there is a file.
    """
    main = sys.modules["__main__"]
    is_without = not hasattr(main, "__file__")
    if is_without:
        main.__file__ = "<string>"
    try:
        import pyspark.sql.connect.session  # noqa: F401
    finally:
        if is_without:
            del main.__file__


class Sail(Spark):
    """A session of Sail."""

    dialect: Dialect = SAIL

    def _check(self) -> None:
        """It is asked for by its name."""
