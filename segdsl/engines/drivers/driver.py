"""The protocol of a driver: a connection whose session means what the dialect's SQL takes for granted."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from segdsl.engines.inventory import Declared
from segdsl.sql import Dialect

if TYPE_CHECKING:
    import pyarrow


class Refused(Exception):  # noqa: N818  a problem, as everywhere here
    """Why a session cannot be used: what was found, and what to do."""

    def __init__(self, reason: str, advice: str | None = None) -> None:
        super().__init__(reason)
        self.advice = advice


def no_file(path: Path, advice: str) -> Refused:
    """What a path names is not there; one that is not whole goes from the folder that the command is run in."""
    if path.is_absolute():
        return Refused(f"there is no file `{path}`", advice)
    tried = f"one that is not whole goes from the folder you are in, here to `{path.absolute()}`"
    return Refused(f"there is no file `{path}`", f"{advice}; {tried}")


class Driver(Protocol):
    """A connection. It raises what its library raises: one of `errors`, or Refused when it is opened."""

    dialect: Dialect
    errors: tuple[type[BaseException], ...]

    def execute(self, sql: str) -> None:
        """Runs a statement for what it does."""

    def stream(self, sql: str) -> pyarrow.RecordBatchReader:
        """Runs a query; its result, with decimals, dates and times as Arrow has them."""

    def columns(self, select: str) -> Mapping[str, str]:
        """The columns of a SELECT, with their types as DuckDB would write them."""

    def declared(self, schema: str | None) -> Declared:
        """The tables of a schema, of the one in use where none is named, and what was declared of them."""

    def begin(self) -> None:
        """Starts a transaction."""

    def commit(self) -> None:
        """Ends it, and keeps what was done."""

    def rollback(self) -> None:
        """Ends it, and keeps nothing."""

    def close(self) -> None:
        """Ends the session."""


@runtime_checkable
class Holding(Protocol):
    """What a driver has beside, where no statement makes a temporary table (`steps` of the dialect is `held`)."""

    def hold(self, name: str, sql: str) -> None:
        """Works out a query; its rows stay with the session, as a view of that name."""


@runtime_checkable
class Taking(Protocol):
    """What a driver has beside, where rows can be brought to the session in bulk."""

    def take(self, name: str, rows: pyarrow.RecordBatchReader) -> None:
        """Makes a temporary table of rows, in the place of one of that name."""


@runtime_checkable
class Explaining(Protocol):
    """What a driver has beside, where the first line of what its library raises is not the reason."""

    def reason(self, error: BaseException) -> str:
        """What the engine itself says of an error."""


@runtime_checkable
class Advising(Protocol):
    """What a driver has beside, where what to do about an error is known."""

    def advice(self, error: BaseException) -> str | None:
        """What to do about an error; None where that is not known."""


def word_of(type_: Any) -> str:
    """An Arrow type as DuckDB writes the type that holds the same."""
    import pyarrow as pa

    is_ = pa.types
    if is_.is_decimal(type_):
        return f"DECIMAL({type_.precision},{type_.scale})"
    if is_.is_timestamp(type_):
        if type_.tz is not None:
            return "TIMESTAMP WITH TIME ZONE"
        return "TIMESTAMP" if type_.unit == "us" else f"TIMESTAMP_{type_.unit.upper()}"
    if is_.is_list(type_) or is_.is_large_list(type_):
        return f"{word_of(type_.value_type)}[]"
    for test, word in (
        (is_.is_boolean, "BOOLEAN"),
        (is_.is_int64, "BIGINT"),
        (is_.is_int32, "INTEGER"),
        (is_.is_integer, "SMALLINT"),
        (is_.is_floating, "DOUBLE"),
        (is_.is_string, "VARCHAR"),
        (is_.is_large_string, "VARCHAR"),
        (is_.is_string_view, "VARCHAR"),
        (is_.is_date, "DATE"),
        (is_.is_null, "NULL"),
        (is_.is_struct, "STRUCT()"),
    ):
        if test(type_):
            return word
    return str(type_).upper()
