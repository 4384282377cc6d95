"""A DuckDB database by its file, as one that holds the model's tables itself: `duckdb:///shop.duckdb`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from segdsl.engines import inventory
from segdsl.engines.drivers.driver import Refused, no_file
from segdsl.engines.duckdb import DATABASE, attach, why_not
from segdsl.engines.fence import fence_in
from segdsl.engines.inventory import Declared
from segdsl.engines.replaced import replaced_functions
from segdsl.problems import databases as said
from segdsl.sql import Dialect
from segdsl.sql.dialects import DUCKDB

if TYPE_CHECKING:
    import pyarrow

_WRITTEN = "`duckdb:///` is followed by the path of a database"


class DuckDBFile:
    """A session on a database file: `duckdb:///shop.duckdb` in the folder that one is in, `duckdb:////data/shop.duckdb`
    from the root. It is opened for reading, by any number at a time; `?access=write` is for `--into`.
    """

    dialect: Dialect = DUCKDB

    def __init__(self, url: str) -> None:
        """Opens the file and pins the session; raises Refused where it cannot be used."""
        import duckdb

        self.errors: tuple[type[BaseException], ...] = (duckdb.Error,)
        parts = urlsplit(url)
        path = Path(unquote(parts.netloc + parts.path.removeprefix("/")))
        if not path.is_file():
            raise no_file(path, _WRITTEN)
        self._connection: Any = duckdb.connect(":memory:")
        try:
            # what clocks show is that whatever the machine's zone is; and nothing else than the file can be reached
            self.execute("SET TimeZone = 'UTC'")
            attach(self._connection, path, DATABASE, read_only=self.is_for_reading(url))
            if replaced := replaced_functions(self._connection, DATABASE):
                raise Refused(said.replaced(replaced), said.RENAME)
            self.execute(f'USE "{DATABASE}"')
            fence_in(self._connection)
        except duckdb.Error as error:
            self.close()
            reason, advice = why_not(error)
            raise Refused(reason, advice or _WRITTEN) from None
        except BaseException:
            self.close()
            raise

    @staticmethod
    def is_for_reading(url: str) -> bool:
        """Whether a URL has its file opened for reading alone."""
        return "access=write" not in urlsplit(url).query

    def execute(self, sql: str) -> None:
        self._connection.execute(sql)

    def stream(self, sql: str) -> pyarrow.RecordBatchReader:
        reader: pyarrow.RecordBatchReader = self._connection.sql(sql).to_arrow_reader()
        return reader

    def take(self, name: str, rows: pyarrow.RecordBatchReader) -> None:
        """Makes rows known by a name, in the place of others of that name."""
        self._connection.register(name, rows.read_all())

    def columns(self, select: str) -> dict[str, str]:
        rows = self._connection.execute(f"DESCRIBE {select}").fetchall()
        return {row[0]: "NULL" if row[1] == '"NULL"' else row[1] for row in rows}

    def declared(self, schema: str | None) -> Declared:
        return inventory.declared(self, inventory.DUCKDB, schema)

    def begin(self) -> None:
        self.execute("BEGIN")

    def commit(self) -> None:
        self.execute("COMMIT")

    def rollback(self) -> None:
        self.execute("ROLLBACK")

    def close(self) -> None:
        self._connection.close()
