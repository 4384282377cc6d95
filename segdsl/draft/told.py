"""Tables that somebody has described, and that are not looked at: names, types, what was tested of their columns."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlglot import exp
from sqlglot.errors import SqlglotError

from segdsl.draft.names import is_amount, time_score, words_of
from segdsl.draft.profile import Column, Table, type_of
from segdsl.engines.duckdb import DuckDB
from segdsl.engines.sources import TableRelation
from segdsl.types import BOOL, DECIMAL, TEXT, TIME, Type

_TRUTHS = frozenset(("is", "has", "was", "can"))


@dataclass
class ToldColumn:
    """A column: its type as the warehouse writes it (empty where nobody says), and what is tested of it."""

    name: str
    type: str = ""
    description: str = ""
    is_unique: bool = False
    values: tuple[str, ...] = ()  # the only ones that it may have
    leads_to: tuple[str, str] | None = None  # a table, by its name here, and its column


@dataclass
class ToldTable:
    """A table by the name that a model gives it in `table:`, with its columns by their names."""

    name: str
    parts: tuple[str, ...]
    description: str = ""
    columns: dict[str, ToldColumn] = field(default_factory=dict)


def read_told(told: ToldTable, number: int, dialect: str | None, engine: DuckDB) -> Table:
    """A table to guess from, without rows; `dialect` is sqlglot's name of the one that types are written in."""
    import pyarrow as pa

    columns = {name: _column(column, dialect) for name, column in told.columns.items()}
    sample = f"segdsl_draft_{number}"
    engine.register(sample, pa.table({name: pa.array([], pa.string()) for name in columns}))
    return Table(told.name, None, 0, columns, TableRelation(told.parts), sample, 0, is_told=True)


def _column(told: ToldColumn, dialect: str | None) -> Column:
    native = _native(told.type, dialect)
    column = Column(told.name, native or "VARCHAR", type_of(native) if native else TEXT)
    if not native:
        column.type = _guessed(told.name)
        column.remarks.append("a guess: its type is not stated")
    if told.description:
        column.remarks.insert(0, " ".join(told.description.split())[:100].rstrip("."))
    column.is_key, column.leads_to = told.is_unique, told.leads_to
    if column.type == TEXT:
        column.values, column.is_closed = told.values, bool(told.values)
    return column


def _guessed(name: str) -> Type:
    if time_score(name) >= 2:
        return TIME
    if is_amount(name):
        return DECIMAL
    return BOOL if words_of(name)[:1] and words_of(name)[0] in _TRUTHS else TEXT


def _native(type_: str, dialect: str | None) -> str:
    """A type of a warehouse as DuckDB writes what holds the same; empty where it is none."""
    if not type_:
        return ""
    try:
        found = exp.DataType.build(type_, dialect=dialect)
    except SqlglotError:
        return ""
    if found.is_type(*exp.DataType.TEXT_TYPES, exp.DType.ENUM):
        return "VARCHAR"
    if found.is_type(exp.DType.ARRAY) and found.expressions and found.expressions[0].is_type(*exp.DataType.TEXT_TYPES):
        return "VARCHAR[]"
    return "" if found.is_type(exp.DType.USERDEFINED) else found.sql(dialect="duckdb")
