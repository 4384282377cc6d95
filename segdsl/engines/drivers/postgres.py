"""PostgreSQL by its ADBC driver."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import MAX_PREC, ROUND_HALF_UP, Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from segdsl.engines import inventory
from segdsl.engines.drivers.driver import Refused, word_of
from segdsl.engines.inventory import Declared
from segdsl.exact import of_digits
from segdsl.sql import Dialect
from segdsl.sql.dialects import POSTGRES_HERE

if TYPE_CHECKING:
    import pyarrow

OLDEST = 17
# What changes the meaning of SQL or of what comes back, as the session has to have it. What compiled SQL cannot do
# without is the dialect's.
SETTINGS = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "client_encoding": "UTF8",
    "standard_conforming_strings": "on",
    "transform_null_equals": "off",
    "array_nulls": "on",
    **POSTGRES_HERE.session,
}
# types that Arrow has no other word for, or one that is wrong: it counts money in cents
_WORDS = {
    "numeric": "NUMERIC",
    "money": "NUMERIC",
    "bpchar": "CHAR(bpchar)",
    "uuid": "UUID",
    "json": "JSON",
    "jsonb": "JSON",
    "citext": "CHAR(citext)",
    "_citext": "CHAR(citext)[]",
}
# Those that are texts of the language. Others that Arrow has as texts, such as enumerations, have an order and a
# comparison of their own, and are cast first: each is a `CHAR` of its own name.
_TEXTS = ("", "text", "varchar")
# How dates and times that are infinite come, and how DuckDB has them: ADBC moves numbers that count from 2000 to count
# from 1970, and these beyond the largest number and round again.
_DAYS, _MICROS = 10_957, 946_684_800_000_000
_INFINITE_DATES = {_DAYS - 2**31 - 1: 2**31 - 1, _DAYS - 2**31: 1 - 2**31}
_INFINITE_TIMES = {_MICROS - 2**63 - 1: 2**63 - 1, _MICROS - 2**63: 1 - 2**63}
# numerics that are no numbers, as ADBC writes them: unknown, as among floating numbers
_NO_NUMBERS = ("nan", "inf", "-inf")
_LAST_DIGIT, _ALL_DIGITS = Decimal("1e-10"), of_digits(MAX_PREC)
# For a user who may not make temporary tables, and on a standby: each question is one SELECT.
_WITHOUT_TABLES = replace(
    POSTGRES_HERE,
    steps="none",
    lacks=MappingProxyType(
        {**POSTGRES_HERE.lacks, "history": "earlier runs come as temporary tables, which this session may not make"}
    ),
)
_AT_A_ROW = "[PGRES_FATAL_ERROR]: ERROR:"
_SHORT = 200
_HEADER = 4  # a numeric's typmod is (precision << 16 | scale) + 4


class Postgres:
    """A session. Texts are compared by code point by the SQL itself, whatever the database's collation is."""

    dialect: Dialect = POSTGRES_HERE

    def __init__(self, url: str) -> None:
        """Connects and pins the session; raises Refused where it cannot be."""
        import adbc_driver_manager
        import pyarrow as pa
        from adbc_driver_postgresql import dbapi

        # what fails while rows are read is told by Arrow
        self.errors: tuple[type[BaseException], ...] = (adbc_driver_manager.Error, pa.ArrowException, OSError)
        self._connection: Any = dbapi.connect(url, autocommit=True)
        try:
            self._pin()
        except BaseException:
            self.close()
            raise

    def _pin(self) -> None:
        for name, value in SETTINGS.items():
            self.execute(f"SET {name} = '{value}'")
        about = ("server_version_num", "server_encoding", "transaction_read_only")
        names = ", ".join(f"current_setting('{name}')" for name in (*SETTINGS, *about))
        may_make = "has_database_privilege(current_database(), 'TEMPORARY')"
        *found, version, encoding, is_read_only, has_tables = self._row(f"SELECT {names}, {may_make}")
        for (name, wanted), value in zip(SETTINGS.items(), found, strict=True):
            if value != wanted:
                raise Refused(f"its setting `{name}` stays `{value}`, expected `{wanted}`")
        if int(version) < OLDEST * 10_000:
            raise Refused(f"it is PostgreSQL {int(version) // 10_000}, expected {OLDEST} or later")
        if encoding != "UTF8":
            raise Refused(f"its database is in the encoding `{encoding}`, expected `UTF8`")
        if is_read_only == "on" or not has_tables:
            self.dialect = _WITHOUT_TABLES

    def _row(self, sql: str) -> list[Any]:
        return [column[0].as_py() for column in self.stream(sql).read_all().columns]

    def execute(self, sql: str, values: Sequence[Any] = ()) -> None:
        """Runs a statement for what it does; `$1`, `$2` … in it stand for values."""
        with self._connection.cursor() as cursor:
            cursor.execute(sql, values or None)

    def take(self, name: str, rows: pyarrow.RecordBatchReader) -> None:
        """Makes a temporary table of rows, in the place of one of that name; names are segdsl's own."""
        self.execute(f'DROP TABLE IF EXISTS pg_temp."{name}"')
        with self._connection.cursor() as cursor:
            cursor.adbc_ingest(name, rows, mode="create", temporary=True)

    def stream(self, sql: str, values: Sequence[Any] = ()) -> pyarrow.RecordBatchReader:
        import pyarrow as pa

        cursor = self._connection.cursor()
        try:
            cursor.execute(sql, values or None)
            reader = cursor.fetch_record_batch()
        except BaseException:
            cursor.close()
            raise
        schema = pa.schema([pa.field(field.name, _type(field)) for field in reader.schema])

        def batches() -> Iterator[pyarrow.RecordBatch]:
            with cursor:
                for batch in reader:
                    columns = [_plain(column, field.type) for column, field in zip(batch.columns, schema, strict=True)]
                    yield pa.record_batch(columns, schema=schema)

        return pa.RecordBatchReader.from_batches(schema, batches())

    def columns(self, select: str) -> dict[str, str]:
        with self._connection.cursor() as cursor:
            cursor.execute(select)
            return {field.name: _word(field) for field in cursor.fetch_record_batch().schema}

    def declared(self, schema: str | None) -> Declared:
        return inventory.declared(self, inventory.POSTGRES, schema)

    def reason(self, error: BaseException) -> str:
        """The server's message, and its detail where that is short; ADBC puts the statement before them."""
        parts: dict[bytes, bytes] = dict(getattr(error, "details", None) or ())
        message, detail = (
            " ".join(parts.get(f"PG_DIAG_MESSAGE_{part}".encode(), b"").decode(errors="replace").split())
            for part in ("PRIMARY", "DETAIL")
        )
        if not message:  # what fails while rows are read has no parts
            return str(error).rpartition(_AT_A_ROW)[2]
        return f"{message}: {detail}" if 0 < len(detail) <= _SHORT else message

    def begin(self) -> None:
        self.execute("BEGIN")

    def commit(self) -> None:
        self.execute("COMMIT")

    def rollback(self) -> None:
        self.execute("ROLLBACK")

    def close(self) -> None:
        self._connection.close()


def _postgres_type(field: pyarrow.Field) -> str:
    metadata = field.metadata or {}
    return (metadata.get(b"POSTGRESQL:type") or metadata.get(b"ADBC:postgresql:typname") or b"").decode()


def _word(field: pyarrow.Field) -> str:
    name = _postgres_type(field)
    if name == "numeric" and (modifier := int((field.metadata or {}).get(b"POSTGRESQL:typmod", b"-1"))) >= _HEADER:
        return f"DECIMAL({(modifier - _HEADER) >> 16},{(modifier - _HEADER) & 0x7FF})"
    word = _WORDS.get(name) or word_of(field.type)
    if word == "VARCHAR" and name not in _TEXTS:
        return f"CHAR({name})"
    if word == "VARCHAR[]" and name.removeprefix("_") not in _TEXTS:
        return f"CHAR({name.removeprefix('_')})[]"
    return word


def _type(field: pyarrow.Field) -> pyarrow.DataType:
    """Numbers of any length come as texts; ours have ten digits after the point."""
    import pyarrow as pa

    if _postgres_type(field) == "numeric":
        return pa.decimal128(38, 10)
    return getattr(field.type, "storage_type", field.type)


def _plain(column: pyarrow.Array, type_: pyarrow.DataType) -> pyarrow.Array:
    import pyarrow as pa

    column = getattr(column, "storage", column)
    if pa.types.is_date32(column.type):
        return _with_infinity(column, pa.int32(), _INFINITE_DATES)
    if pa.types.is_timestamp(column.type):
        return _with_infinity(column, pa.int64(), _INFINITE_TIMES)
    if pa.types.is_decimal(type_) and pa.types.is_string(column.type):
        import pyarrow.compute as pc

        column = pc.if_else(pc.is_in(column, pa.array(_NO_NUMBERS)), pa.scalar(None, column.type), column)
        try:
            return column.cast(type_)
        except pa.ArrowInvalid:  # more digits after the point than ours, or too many before it
            return pa.array([_rounded(text) for text in column.to_pylist()], type_)
    return column if column.type == type_ else column.cast(type_)


def _rounded(text: str | None) -> Decimal | None:
    """A number with ten digits after the point, rounded as a cast there does it."""
    return None if text is None else Decimal(text).quantize(_LAST_DIGIT, ROUND_HALF_UP, _ALL_DIGITS)


def _with_infinity(column: pyarrow.Array, numbers: pyarrow.DataType, infinite: Mapping[int, int]) -> pyarrow.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    found = column.view(numbers)
    for wrong, right in infinite.items():
        is_wrong = pc.equal(found, pa.scalar(wrong, numbers))
        if pc.any(is_wrong).as_py():
            found = pc.if_else(is_wrong, pa.scalar(right, numbers), found)
    return found.view(column.type)
