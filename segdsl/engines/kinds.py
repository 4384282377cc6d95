"""Columns of a result as what their outputs are, where an engine has no type of its own for that."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from segdsl.program import Output
from segdsl.types import Kind

if TYPE_CHECKING:
    import pyarrow

_DAY = 86_400_000_000


def as_kinds(rows: pyarrow.RecordBatchReader, outputs: Sequence[Output]) -> pyarrow.RecordBatchReader:
    """A wide layout (the key, then a column per output) in which truths and durations are no numbers, and days and
    times no texts."""
    import pyarrow as pa

    fields = [rows.schema[0]]
    for field, output in zip(list(rows.schema)[1:], outputs, strict=True):
        fields.append(pa.field(field.name, _type(field.type, output.type.kind)))
    schema = pa.schema(fields)
    if schema == rows.schema:
        return rows

    def batches() -> Iterator[pyarrow.RecordBatch]:
        for batch in rows:
            columns = [_column(column, field.type) for column, field in zip(batch.columns, schema, strict=True)]
            yield pa.record_batch(columns, schema=schema)

    return pa.RecordBatchReader.from_batches(schema, batches())


def with_lengths(table: pyarrow.Table) -> pyarrow.Table:
    """A table whose durations are those of Arrow, in microseconds: data frames compare and sum these, and have no such
    value as an interval of days and nanoseconds."""
    import pyarrow as pa

    for place, field in enumerate(table.schema):
        if pa.types.is_interval(field.type):
            chunks = [_lengths(chunk) for chunk in table.column(place).chunks]
            table = table.set_column(place, field.name, pa.chunked_array(chunks, pa.duration("us")))
    return table


def _type(found: pyarrow.DataType, kind: Kind) -> pyarrow.DataType:
    import pyarrow as pa

    types = {
        Kind.BOOL: pa.bool_(),
        Kind.DATE: pa.date32(),
        Kind.TIME: pa.timestamp("us"),
        Kind.DURATION: pa.month_day_nano_interval(),
    }
    is_number = pa.types.is_integer(found) or pa.types.is_decimal(found)
    is_other = is_number if kind in (Kind.BOOL, Kind.DURATION) else pa.types.is_string(found)
    # some engines have no type for a column that holds nothing
    return types[kind] if kind in types and (is_other or pa.types.is_null(found)) else found


def _column(column: pyarrow.Array, wanted: pyarrow.DataType) -> pyarrow.Array:
    import pyarrow as pa

    is_counted = pa.types.is_interval(wanted) and not pa.types.is_interval(column.type)
    return _durations(column) if is_counted else column.cast(wanted)


def _durations(micros: pyarrow.Array) -> pyarrow.Array:
    """Intervals of whole days and what is left of a day, as DuckDB and PostgreSQL give them for microseconds."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found = micros.cast(pa.int64())
    # no value has to be in the memory of those that are unknown
    known = pc.fill_null(found, 0)
    days = pc.divide(known, _DAY)
    rest = pc.subtract(known, pc.multiply(days, _DAY))
    words = array("q", bytes(16 * len(found)))  # as in _lengths
    for place, numbers in enumerate((pc.multiply(days, 1 << 32), pc.multiply(rest, 1_000))):
        words[place::2] = array("q", numbers.to_pylist())
    valid = None if not found.null_count else pc.is_valid(found).buffers()[1]
    return pa.Array.from_buffers(pa.month_day_nano_interval(), len(found), [valid, pa.py_buffer(words)])


def _lengths(intervals: pyarrow.Array) -> pyarrow.Array:
    """The microseconds of intervals; they have no months."""
    import pyarrow as pa
    import pyarrow.compute as pc

    # each is three numbers in its memory: months, days and nanoseconds, of 4, 4 and 8 bytes
    start, end = 2 * intervals.offset, 2 * (intervals.offset + len(intervals))
    words = array("q", intervals.buffers()[1].to_pybytes()[8 * start : 8 * end])
    days = pc.shift_right(pa.array(words[::2], pa.int64()), 32)
    micros = pc.add(pc.multiply(days, _DAY), pc.divide(pa.array(words[1::2], pa.int64()), 1_000))
    return pc.if_else(pc.is_valid(intervals), micros, None).cast(pa.duration("us"))
