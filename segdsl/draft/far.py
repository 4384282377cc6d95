"""Tables of an engine: the first rows of each are looked at here, and of larger ones a few counts are asked for there.

Every question is one whose answer is small: a number, a time, or which of some values are there.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from segdsl.engines.columns import kind_of
from segdsl.engines.duckdb import DuckDB
from segdsl.engines.inventory import Declared
from segdsl.engines.sources import Relation, relation_tree, resolve_table
from segdsl.engines.translate import translated_name
from segdsl.engines.warehouse import Warehouse
from segdsl.model.schema import folded
from segdsl.sql import build, sql_text
from segdsl.types import Kind

if TYPE_CHECKING:
    import pyarrow

SAMPLE = 20_000  # rows of a table that come here; one with no more of them is known as a whole
_VALUES = 200  # values of a column that are looked for among the keys of a larger table
_AT_ONCE = 1_000  # of them in one question
_PLAIN = re.compile(r'[^".]+')


def names_of(declared: Declared, engine: Warehouse) -> dict[str, str]:
    """The tables of a schema as a model names them in `table:`, by their own names."""
    found: dict[str, str] = {}
    for table in declared.tables:
        parts = (table,) if declared.is_current else (declared.schema, table)
        found[table] = ".".join(_written(part, engine) for part in parts)
    return found


def _written(name: str, engine: Warehouse) -> str:
    lower = name.lower()
    if engine.dialect.folds is not None and folded(lower) == name:
        return lower
    return name if _PLAIN.fullmatch(name) else '"' + name.replace('"', '""') + '"'


class Far:
    """One table of an engine."""

    def __init__(self, name: str, engine: Warehouse) -> None:
        self.name, self.engine = name, engine
        self.what = f"table `{name}`"
        relation = resolve_table(name, engine.scope, self.what)
        self.relation: Relation = translated_name(relation, engine.dialect)

    def natives(self) -> dict[str, str]:
        """Its columns, with their types as DuckDB writes them."""
        return self.engine.describe(self.relation, what=self.what)

    def rows(self) -> int:
        return int(self._one(build.count_all()))

    def keep_sample(self, columns: Sequence[str], sample: str, here: DuckDB) -> int:
        """Brings its first rows here, as a table of a name; how many there are."""
        import pyarrow as pa

        wanted: list[exp.Expr] = [build.column(column) for column in columns] or [
            build.alias(build.number(1), "nothing")
        ]
        select = self._from(exp.select(*wanted)).limit(SAMPLE)
        table = self.engine.arrow(sql_text(select, self.engine.dialect), self.what)
        natives = self.natives()
        for index, field in enumerate(table.schema):
            # where no type was declared SQLite has values of any, and they are read as texts
            if kind_of(natives.get(field.name, "")) == "text" and not pa.types.is_nested(field.type):
                table = table.set_column(index, field.name, table.column(index).cast(pa.string()))
            elif pa.types.is_decimal256(field.type):
                table = table.set_column(index, field.name, _narrower(table.column(index)))
        here.register(sample, table)
        return int(table.num_rows)

    def repeated(self, column: str) -> int:
        """How many rows have a value that another row has already."""
        value = build.column(column)
        counts = exp.Sub(
            this=exp.Count(this=value), expression=exp.Count(this=exp.Distinct(expressions=[value.copy()]))
        )
        return int(self._one(counts))

    def latest(self, column: str, before: str) -> Any:
        """The latest time in a column that is not after a moment, given as ISO text."""
        structures, grammar = self.engine.dialect.structures, self.engine.dialect.grammar
        kind = self.engine.dialect.types[Kind.TIME]
        value: exp.Expr = build.cast(build.column(column), kind, grammar)
        if "read timestamp" in structures:
            value = build.fill(structures["read timestamp"], {"x": build.column(column)}, grammar)
        bound = build.fill(structures["timestamp"], {"s": build.text(before)}, grammar)
        greatest: exp.Expr = exp.Max(this=value)
        if "shown timestamp" in structures:
            greatest = build.fill(structures["shown timestamp"], {"a": greatest}, grammar)
        found = self._one(greatest, exp.LTE(this=value.copy(), expression=bound))
        return dt.datetime.fromisoformat(found) if isinstance(found, str) else found

    def held(self, column: str, values: Sequence[str], is_number: bool) -> set[str]:
        """Which of some values are in a column."""
        found: set[str] = set()
        place: exp.Expr = build.column(column)
        if not is_number:
            place = build.cast(place, self.engine.dialect.types[Kind.TEXT], self.engine.dialect.grammar)
        for start in range(0, len(values), _AT_ONCE):
            batch = [
                build.number(int(value)) if is_number else build.text(value)
                for value in values[start : start + _AT_ONCE]
            ]
            select = self._from(exp.select(build.alias(place.copy(), "v"))).distinct()
            select = select.where(exp.In(this=place.copy(), expressions=batch))
            found.update(str(row[0]) for row in self.engine.fetch(sql_text(select, self.engine.dialect), self.what))
        return found

    def _from(self, select: exp.Select) -> exp.Select:
        return select.from_(exp.alias_(relation_tree(self.relation), "t", table=True))

    def _one(self, value: exp.Expr, where: exp.Expr | None = None) -> Any:
        select = self._from(exp.select(build.alias(value, "n")))
        if where is not None:
            select = select.where(where)
        return self.engine.fetch(sql_text(select, self.engine.dialect), self.what)[0][0]


def _narrower(column: pyarrow.ChunkedArray) -> pyarrow.ChunkedArray:
    """Decimals with more digits than DuckDB has, as a rule reads them; as floating numbers where one is too long."""
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        return pc.round(column, 10, round_mode="half_towards_infinity").cast(pa.decimal128(38, 10))
    except pa.ArrowInvalid:
        return column.cast(pa.float64())


def some_values(sample: str, key_text: exp.Expr, here: DuckDB) -> list[str]:
    """A few of the values of a column, out of the rows that are here; the same ones every time."""
    value = exp.alias_(key_text, "v")
    select = exp.select(value).distinct().from_(exp.to_identifier(sample))
    known = exp.Not(this=exp.Is(this=exp.column("v"), expression=exp.Null()))
    chosen = exp.select("v").from_(select.subquery("held")).where(known)
    chosen = chosen.order_by(exp.Anonymous(this="hash", expressions=[exp.column("v")])).limit(_VALUES)
    return [str(row[0]) for row in here.fetch(chosen.sql(dialect="duckdb"), "the keys")]


def shares(
    held: Sequence[tuple[Any, list[str]]], far: Far, column: str, is_number: bool
) -> Iterator[tuple[Any, float]]:
    """For each list of values, the share of them that are in a column of a larger table."""
    usable = [(of, [value for value in values if _is_whole(value) or not is_number]) for of, values in held]
    wanted = list(dict.fromkeys(value for _, values in usable for value in values))
    found = far.held(column, wanted, is_number) if wanted else set()
    for (of, values), (_, all_values) in zip(usable, held, strict=True):
        if hits := sum(value in found for value in values):
            yield of, hits / len(all_values)


def _is_whole(value: str) -> bool:
    return re.fullmatch(r"-?\d{1,18}", value) is not None and str(int(value)) == value
