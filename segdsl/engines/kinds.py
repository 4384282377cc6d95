"""Columns of a result as what their outputs are, where an engine has no type of its own for that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from segdsl.program import Output
from segdsl.types import Kind

if TYPE_CHECKING:
    import pyarrow


def as_kinds(rows: pyarrow.RecordBatchReader, outputs: Sequence[Output]) -> pyarrow.RecordBatchReader:
    """A wide layout (the key, then a column per output) in which truths are no numbers, and days and times no texts."""
    import pyarrow as pa

    fields = [rows.schema[0]]
    for field, output in zip(list(rows.schema)[1:], outputs, strict=True):
        fields.append(pa.field(field.name, _type(field.type, output.type.kind)))
    schema = pa.schema(fields)
    if schema == rows.schema:
        return rows

    def batches() -> Iterator[pyarrow.RecordBatch]:
        for batch in rows:
            columns = [column.cast(field.type) for column, field in zip(batch.columns, schema, strict=True)]
            yield pa.record_batch(columns, schema=schema)

    return pa.RecordBatchReader.from_batches(schema, batches())


def _type(found: pyarrow.DataType, kind: Kind) -> pyarrow.DataType:
    import pyarrow as pa

    if kind is Kind.BOOL and pa.types.is_integer(found):
        return pa.bool_()
    if pa.types.is_string(found) and kind in (Kind.DATE, Kind.TIME):
        return pa.date32() if kind is Kind.DATE else pa.timestamp("us")
    return found
