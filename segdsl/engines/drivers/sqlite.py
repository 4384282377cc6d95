"""SQLite by the module that comes with Python."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

from segdsl.engines import inventory
from segdsl.engines.drivers.driver import Refused, no_file
from segdsl.engines.inventory import Declared
from segdsl.sql import Dialect
from segdsl.sql.dialects import SQLITE_HERE

if TYPE_CHECKING:
    import pyarrow

OLDEST = (3, 38)
_WRITTEN = "`sqlite:///` is followed by the path of a database"
# what a column holds that is declared so, by https://www.sqlite.org/datatype3.html; a row may hold anything anyway
_DECLARED = (
    (r".*INT.*", "INT"),
    (r".*(?:CHAR|CLOB|TEXT).*", "VARCHAR"),
    (r"BOOL(?:EAN)?", "TINYINT"),
    # no type of SQLite's own: texts that are read as what they say
    (r"(?:DATE|TIME).*", "CHAR"),
    (r".*BLOB.*|", "CHAR"),
)


class SQLite:
    """A connection to a file: `sqlite:///shop.db`, or `sqlite:////data/shop.db` with its whole path."""

    dialect: Dialect = SQLITE_HERE
    errors: tuple[type[BaseException], ...] = (sqlite3.Error,)

    def __init__(self, url: str) -> None:
        """Opens the file, which has to be there; raises Refused where it cannot be used."""
        parts = urlsplit(url)
        path = unquote(parts.netloc + parts.path.removeprefix("/"))
        if sqlite3.sqlite_version_info < OLDEST:
            raise Refused(f"it is SQLite {sqlite3.sqlite_version}, expected 3.38 or later")
        if path and not Path(path).is_file():
            raise no_file(Path(path), _WRITTEN)
        place = f"file:{quote(path)}?mode=rw" if path else ":memory:"
        try:
            self._connection = sqlite3.connect(place, isolation_level=None, uri=True, check_same_thread=False)
        except sqlite3.Error as error:
            raise Refused(str(error), _WRITTEN) from None
        try:
            ((encoding,),) = self._connection.execute("PRAGMA encoding").fetchall()
            if encoding != "UTF-8":  # texts are compared byte by byte
                raise Refused(f"its texts are in the encoding `{encoding}`, expected `UTF-8`")
            self._bring()
        except sqlite3.Error as error:
            self.close()
            is_none = error.sqlite_errorcode == sqlite3.SQLITE_NOTADB
            raise Refused("it is no SQLite database" if is_none else str(error), _WRITTEN) from None
        except BaseException:
            self.close()
            raise

    def _bring(self) -> None:
        """The functions that SQLite has not got."""
        for name, count, function in (
            ("SEGDSL_MATCHES", 2, _matches),
            ("SEGDSL_LOWER", 1, lambda text: None if text is None else "".join(map(_lower, text))),
            ("SEGDSL_UPPER", 1, lambda text: None if text is None else "".join(map(_upper, text))),
            ("SEGDSL_HASH", 1, _hash),
        ):
            self._connection.create_function(name, count, function, deterministic=True)

    def execute(self, sql: str) -> None:
        self._connection.execute(sql)

    def stream(self, sql: str) -> pyarrow.RecordBatchReader:
        """A column has the type of its values: SQLite knows none before it has seen them."""
        import pyarrow as pa

        cursor = self._connection.execute(sql)
        names = [item[0] for item in cursor.description]
        columns: list[Any] = list(zip(*cursor.fetchall(), strict=True)) or [()] * len(names)
        return pa.table([_array(column) for column in columns], names=names).to_reader()

    def columns(self, select: str) -> dict[str, str]:
        view = "segdsl_described"
        self.execute(f"CREATE TEMPORARY VIEW {view} AS {select}")
        try:
            rows = self._connection.execute(f"PRAGMA table_info({view})").fetchall()
        finally:
            self.execute(f"DROP VIEW {view}")
        return {name: word_of(declared) for _, name, declared, *_ in rows}

    def declared(self, schema: str | None) -> Declared:
        return inventory.declared(self, inventory.SQLITE, schema)

    def begin(self) -> None:
        self.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        self.execute("COMMIT")

    def rollback(self) -> None:
        self.execute("ROLLBACK")

    def close(self) -> None:
        self._connection.close()


def _array(values: Sequence[Any]) -> pyarrow.Array:
    """Values of one type; of several, which a column may hold, the texts that SQLite has for them."""
    import pyarrow as pa

    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array([value if value is None or isinstance(value, str) else str(value) for value in values])


def word_of(declared: str) -> str:
    """A declared type as DuckDB writes the one that holds the same."""
    found = (word for pattern, word in _DECLARED if re.fullmatch(pattern, declared.strip().upper()))
    return next(found, "NUMERIC")


def _lower(char: str) -> str:
    """Its small letter, one for one: Python has two for `İ` alone."""
    return "i" if char == "\u0130" else char.lower()


def _upper(char: str) -> str:
    """Its capital letter, one for one; Greek letters with an iota below have one where titles begin."""
    return next((cased for cased in (char.upper(), char.title()) if len(cased) == 1), char)


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text)


def _matches(text: str | None, pattern: str) -> bool | None:
    return None if text is None else _pattern(pattern).search(text) is not None


def _hash(text: str | None) -> int | None:
    """The first 32 bits of a text's MD5."""
    return None if text is None else int(hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()[:8], 16)
