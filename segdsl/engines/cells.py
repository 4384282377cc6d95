"""Values of Arrow as Python has them.

An engine's times reach further: before the year 1, beyond 9999, and to infinity. Python has none for these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow

# the microseconds and days that stand for infinity in DuckDB
_INFINITE = {2**63 - 1: "infinity", -(2**63) + 1: "-infinity", 2**31 - 1: "infinity", -(2**31) + 1: "-infinity"}


def values(column: pyarrow.ChunkedArray | pyarrow.Array) -> list[Any]:
    """The values of a column; times that Python has none for are texts, as `12000-05-01 00:00:00` and `infinity`."""
    import pyarrow as pa

    try:
        found: list[Any] = column.to_pylist()
    except (OverflowError, ValueError):
        chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
        if pa.types.is_list(column.type):
            return [values(value.values) if value.is_valid else None for chunk in chunks for value in chunk]
        if not pa.types.is_temporal(column.type):
            raise
        return [_value(value) for chunk in chunks for value in chunk]
    return found


def rows(table: pyarrow.Table | pyarrow.RecordBatch) -> list[dict[str, Any]]:
    """The rows of a table, by the names of its columns."""
    columns = [values(column) for column in table.columns]
    return [dict(zip(table.schema.names, row, strict=True)) for row in zip(*columns, strict=True)]


def _value(value: pyarrow.Scalar) -> Any:
    import pyarrow as pa

    try:
        return value.as_py()
    except (OverflowError, ValueError):
        infinite = _INFINITE.get(value.value)
        return infinite or str(value.cast(pa.string()).as_py()).removesuffix(".000000")
