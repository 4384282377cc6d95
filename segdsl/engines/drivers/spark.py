"""Spark: a cluster (`spark://…`), or a server of Spark Connect (`sc://…`), which Sail is too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from segdsl.engines.drivers.driver import Refused, word_of
from segdsl.sql import Dialect
from segdsl.sql.dialects import SAIL, SPARK

if TYPE_CHECKING:
    import pyarrow

OLDEST = 4


class Spark:
    """A session of Spark."""

    dialect: Dialect = SPARK

    def __init__(self, url: str) -> None:
        """Connects and pins the session; raises Refused where it cannot be."""
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession

        self.errors: tuple[type[BaseException], ...] = (PySparkException,)
        builder: Any = SparkSession.builder.appName("segdsl")
        is_cluster = not url.startswith("sc:")
        builder = builder.master(url) if is_cluster else builder.remote(url)
        for name, value in self.dialect.session.items() if is_cluster else ():
            builder = builder.config(name, value)
        self._spark: Any = builder.getOrCreate() if is_cluster else builder.create()
        for name, value in self.dialect.session.items():
            self._spark.conf.set(name, value)
            found = self._spark.conf.get(name)
            if found != value:
                raise Refused(f"its setting `{name}` stays `{found}`, expected `{value}`")
        version = str(self._spark.version)
        if int(version.partition(".")[0]) < OLDEST:
            raise Refused(f"it is Spark {version}, expected {OLDEST} or later")

    def execute(self, sql: str) -> None:
        self._spark.sql(sql)

    def stream(self, sql: str) -> pyarrow.RecordBatchReader:
        reader: pyarrow.RecordBatchReader = self._spark.sql(sql).toArrow().to_reader()
        return reader

    def columns(self, select: str) -> dict[str, str]:
        schema = self._spark.sql(select).toArrow().schema
        return {field.name: word_of(field.type) for field in schema}

    def load(self, name: str, table: pyarrow.Table) -> None:
        """Makes rows in memory known by a name, for this session."""
        self._spark.createDataFrame(table).createOrReplaceTempView(name)

    def begin(self) -> None:
        """There are no transactions over several tables."""

    def commit(self) -> None:
        """Nothing is kept back."""

    def rollback(self) -> None:
        """Nothing can be taken back."""

    def close(self) -> None:
        self._spark.stop()


class Sail(Spark):
    """A session of Sail."""

    dialect: Dialect = SAIL
