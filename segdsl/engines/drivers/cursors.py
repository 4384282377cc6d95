"""Rows of a DB-API cursor as Arrow batches, for libraries that have nothing better."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow

BATCH = 50_000


def batches(cursor: Any, types: Mapping[str, pyarrow.DataType]) -> pyarrow.RecordBatchReader:
    """What a cursor still has, each column of the type that it is known to have."""
    import pyarrow as pa

    schema = pa.schema(list(types.items()))

    def found() -> Iterator[pyarrow.RecordBatch]:
        while rows := cursor.fetchmany(BATCH):
            columns = zip(*rows, strict=True)
            arrays = [
                pa.array([_plain(value, field.type) for value in column], field.type)
                for column, field in zip(columns, schema, strict=True)
            ]
            yield pa.record_batch(arrays, schema=schema)

    return pa.RecordBatchReader.from_batches(schema, found())


def _plain(value: Any, type_: pyarrow.DataType) -> Any:
    """A value as Arrow takes it: what clocks show without a zone, lists out of their JSON, numbers of one kind."""
    import pyarrow as pa

    match value:
        case None:
            return None
        case dt.datetime() if value.tzinfo is not None:
            return value.astimezone(dt.UTC).replace(tzinfo=None)
        case str() if pa.types.is_list(type_):
            return json.loads(value)
        case Decimal() if pa.types.is_integer(type_):
            return int(value)
        case int() | float() | str() if pa.types.is_decimal(type_):
            return Decimal(str(value))
        case _:
            return value
