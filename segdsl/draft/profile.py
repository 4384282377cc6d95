"""What the columns of a table hold: types, how many values are known and different, which are keys of others."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlglot import exp

from segdsl.draft import commas, placeholders
from segdsl.draft.clocks import Clock, of_days, of_epoch, of_text, reading
from segdsl.draft.far import Far
from segdsl.draft.names import counts_time, is_amount, is_key_name, time_score
from segdsl.draft.tables import Found
from segdsl.engines import written
from segdsl.engines.columns import can_be, kind_of
from segdsl.engines.duckdb import DuckDB
from segdsl.engines.formats import text_formats
from segdsl.engines.sources import FileRelation, ReadAs, Relation, Types, relation_tree, resolve_table
from segdsl.engines.texts import MOMENT, TEMPORAL, value_of
from segdsl.sql.dialects.dialect import ZONE_AT_END
from segdsl.types import BOOL, DATE, DECIMAL, INT, LIST, TEXT, TIME, Type

SAMPLE = 200_000  # rows of a larger table that are looked at
FEW = 8  # different values that are worth a remark
_WHOLE = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT|U?INTEGER|BIGNUM|VARINT|DECIMAL\(\d+,0\)")
_DAYLIKE = r"^(\d{1,4}[-/. ][\dA-Za-z]{1,3}[-/. ]\d{2,4}|[A-Za-z]{3,9} \d{1,2}, \d{4})( .*)?$"


@dataclass
class Column:
    """A column: the engine's type, the type that rules see, and what the sample tells about its values."""

    name: str
    native: str
    type: Type | None  # None: of no use to rules
    known: int = 0
    different: int = 0
    values: tuple[str, ...] = ()  # all of them, where they are few
    remarks: list[str] = field(default_factory=list)
    number: exp.Expr | None = None  # the number that its text is, where that takes a word in `sql:`
    unsure: Literal[",", "."] | None = None  # what in its numbers may be of decimals or of thousands
    clock: Clock | None = None  # how its times are read, where that takes a word in `sql:`
    is_key: bool = False  # declared to be one
    leads_to: tuple[str, str] | None = None  # the table and column whose keys it was declared to hold

    @property
    def is_like_a_key(self) -> bool:
        """Whether its values could be keys, by their type."""
        return self.type in (TEXT, INT) and kind_of(self.native) in ("text", "number", "other scalar")

    @property
    def has_time(self) -> bool:
        return self.type in (DATE, TIME)


@dataclass
class Table:
    """A table: its rows, its columns, and the name under which the engine keeps the sample of it."""

    name: str
    place: str | None
    rows: int
    columns: dict[str, Column]
    relation: Relation
    sample: str
    sampled: int
    far: Far | None = None  # where its rows are, if not here

    @property
    def is_partly_here(self) -> bool:
        """Whether its rows are elsewhere, and more of them than are looked at."""
        return self.far is not None and self.rows > self.sampled

    def share(self, column: Column) -> float:
        """Of known values."""
        return column.known / self.sampled if self.sampled else 0.0

    @property
    def tree(self) -> exp.Expr:
        """What stands in FROM for all of its rows that are here, whole numbers and times of files as text."""
        return self.tree_of(False)

    def tree_of(self, numbers: bool) -> exp.Expr:
        """The same, with whole numbers as the model's reader has them, if wanted."""
        if self.far is not None:
            return exp.Table(this=exp.to_identifier(self.sample))
        return relation_tree(self.relation, _as_text(self.columns, numbers))

    @property
    def is_text_file(self) -> bool:
        """Whether its rows are in a file that has no types."""
        return isinstance(self.relation, FileRelation) and self.relation.format != "parquet"


def read_table(found: Found, number: int, engine: DuckDB) -> Table:
    """Looks at a table, at a sample of it where it is large. Raises EngineProblem."""
    what = f"table `{found.name}`"
    relation = resolve_table(found.name, engine.scope, what)
    natives = engine.describe(relation, what=what)
    if isinstance(relation, FileRelation) and relation.format != "parquet":
        natives = {name: "VARCHAR" if native in TEMPORAL else native for name, native in natives.items()}
    columns = {name: Column(name, native, _type(native)) for name, native in natives.items()}
    sample = f"segdsl_draft_{number}"
    table = Table(found.name, found.place, 0, columns, relation, sample, 0)
    table.rows = _one(engine, exp.select(exp.Count(this=exp.Star())).from_(aliased(table.tree)), what)[0]
    _keep_sample(table, engine, what)
    _count_values(table, engine, what)
    for column in columns.values():
        _settle(table, column, engine, what)
    return table


def read_far_table(far: Far, number: int, engine: DuckDB) -> Table:
    """Looks at a table of another engine, at its first rows where it is large. Raises EngineProblem."""
    columns = {name: Column(name, native, _type(native)) for name, native in far.natives().items()}
    table = Table(far.name, None, far.rows(), columns, far.relation, f"segdsl_draft_{number}", 0, far)
    wanted = [column.name for column in columns.values() if column.type is not None]
    table.sampled = far.keep_sample(wanted, table.sample, engine)
    table.rows = max(table.rows, table.sampled)
    _count_values(table, engine, far.what)
    for column in columns.values():
        _settle(table, column, engine, far.what)
    return table


def is_one_of_few(column: Column) -> bool:
    """Whether a value is one of a few that stand in many rows, as a code or a kind is, rather than a key."""
    return column.different <= FEW and 4 * column.different < column.known


def key_text(column: Column) -> exp.Expr:
    """A value as the text that it is compared by: whole numbers without a point."""
    value: exp.Expr = _column(column.name)
    if column.native in ("DOUBLE", "FLOAT") or column.native.startswith("DECIMAL("):
        value = exp.TryCast(this=value, to=exp.DataType.build("BIGINT"), safe=True)
    return exp.cast(value, "TEXT")


def is_unique(table: Table, column: Column, engine: DuckDB) -> bool:
    """Whether no known value stands in two rows: in all rows, when the sample does not tell already."""
    if not column.known or column.different < column.known:
        return False
    return table.sampled == table.rows or column.is_key or repeated(table, column, engine) == 0


def repeated(table: Table, column: Column, engine: DuckDB) -> int:
    """How many rows have a value that another row has already."""
    if table.far is not None and table.is_partly_here:
        return table.far.repeated(column.name)
    value = _column(column.name)
    counts = exp.select(exp.Count(this=value), exp.Count(this=exp.Distinct(expressions=[value.copy()])))
    known, different = _one(engine, counts.from_(aliased(table.tree)), f"table `{table.name}`")
    return int(known - different)


# ---------------------------------------------------------------- steps


def _type(native: str) -> Type | None:
    match kind_of(native):
        case "number":
            return INT if _WHOLE.fullmatch(native) else DECIMAL
        case "bool":
            return BOOL
        case "time":
            return DATE if native.startswith("DATE") else TIME
        case "list of texts":
            return LIST
        case "text" | "other scalar" | None:
            return TEXT
    return None


def _as_text(columns: Mapping[str, Column], numbers: bool) -> Types:
    """Of a CSV whole numbers are read as text, so that zeros in front of them are seen, unless `numbers` are wanted;
    times of any file, which may be in a format that DuckDB guesses."""

    def choose(file: FileRelation) -> ReadAs | None:
        natives = {name: column.native for name, column in columns.items()}
        if file.format == "parquet":
            return None
        if file.format == "json":
            return ReadAs(natives)
        typed = {
            name: native
            for name, native in natives.items()
            if native != "VARCHAR" and (numbers or not _WHOLE.fullmatch(native))
        }
        return ReadAs(values={name: value_of(name, native, "UTC") for name, native in typed.items()})

    return choose


def _keep_sample(table: Table, engine: DuckDB, what: str) -> None:
    rows = aliased(table.tree)
    names: list[exp.Expr] = [_column(item.name) for item in table.columns.values() if item.type is not None]
    if table.rows > SAMPLE:
        sample = exp.TableSample(
            method=exp.var("RESERVOIR"), size=exp.Literal.number(SAMPLE), seed=exp.Literal.number(1)
        )
        rows = exp.alias_(exp.select("*").from_(rows).subquery(), "rows", table=True)
        rows.set("sample", sample)
    select = exp.select(*(names or [exp.alias_(exp.Literal.number(1), "nothing")])).from_(rows)
    create = exp.Create(
        this=exp.Table(this=exp.to_identifier(table.sample)),
        kind="TABLE",
        expression=select,
        properties=exp.Properties(expressions=[exp.TemporaryProperty()]),
    )
    engine.execute(create.sql(dialect="duckdb"), what)
    table.sampled = min(table.rows, SAMPLE)


def _count_values(table: Table, engine: DuckDB, what: str) -> None:
    columns = [column for column in table.columns.values() if column.type is not None]
    for start in range(0, len(columns), 100):
        batch = columns[start : start + 100]
        counts: list[exp.Expr] = []
        for column in batch:
            value = _column(column.name)
            counts.append(exp.Count(this=value))
            counts.append(exp.Count(this=exp.Distinct(expressions=[value.copy()])))
        row = _one(engine, exp.select(*counts).from_(exp.to_identifier(table.sample)), what)
        for index, column in enumerate(batch):
            column.known, column.different = row[2 * index], row[2 * index + 1]


def _settle(table: Table, column: Column, engine: DuckDB, what: str) -> None:
    """The type that the values speak of, and remarks about them."""
    if column.type is None:
        return
    if table.rows and not column.known:
        column.remarks.append("no known value")
    elif table.rows and table.share(column) < 0.995:
        column.remarks.append(f"unknown in {_percent(1 - table.share(column))}")
    guessed = TIME if time_score(column.name) >= 2 else DECIMAL if is_amount(column.name) else None
    if not table.rows and kind_of(column.native) == "text" and guessed is not None:
        column.type = guessed
        column.remarks.append("guessed from its name, as there are no rows")
    if not column.known:
        return
    from_csv = isinstance(table.relation, FileRelation) and table.relation.format == "csv"
    if _WHOLE.fullmatch(column.native) and from_csv and _holds(table, column, r"^[+-]?0\d", engine, what):
        column.native, column.type = "VARCHAR", TEXT
        column.remarks.append("numbers with zeros in front")
    elif column.type == INT and (time_score(column.name) > 0 or counts_time(column.name)):
        _settle_number(table, column, engine, what)
    elif column.native in ("DOUBLE", "FLOAT"):
        if is_key_name(column.name) and _is_whole(table, column, engine, what):
            column.type = INT
            column.remarks.append(f"{column.native} in the data, whole numbers all the same")
        elif not from_csv:
            column.remarks.append(f"{column.native} in the data")
        elif _may_be_thousands(table, column, engine, what):
            column.unsure = "."
            column.remarks.append(f"{commas.UNSURE_POINT} (read as decimals: see the end of the file)")
    elif column.type == TEXT and kind_of(column.native) == "text":
        _settle_text(table, column, engine, what)
        if from_csv and _holds(table, column, r"^0\d", engine, what) and _is_all(table, column, r"^\d+$", engine, what):
            column.remarks.append("numbers with zeros in front")
    if column.type == TEXT and 1 < column.different <= FEW and table.sampled > 2 * column.different:
        value = exp.cast(_column(column.name), "TEXT")
        select = exp.select(value).distinct().from_(exp.to_identifier(table.sample))
        found = [row[0] for row in engine.fetch(select.sql(dialect="duckdb"), what) if row[0] is not None]
        column.values = tuple(sorted(found))


def _settle_text(table: Table, column: Column, engine: DuckDB, what: str) -> None:
    value = _column(column.name)
    rows = table.tree if table.rows > table.sampled else exp.to_identifier(table.sample)
    sample = exp.to_identifier(table.sample)
    if _all(column, exp.RegexpLike(this=value, expression=exp.Literal.string(MOMENT)), sample, engine, what):
        _settle_moments(table, column, rows, engine, what)
        if column.type == TEXT and table.is_text_file:
            placeholders.settle(column, aliased(rows), engine, what)
    elif (is_solid := time_score(column.name) > 0 and _is_all(table, column, r"^\d{8}$", engine, what)) or _is_all(
        table, column, _DAYLIKE, engine, what
    ):
        # all rows are asked: a single one that is written in another way would end a run
        full_years = _is_all(table, column, r"\d{4}", engine, what)
        fitting = [
            format_ for format_ in (["%Y%m%d"] if is_solid else text_formats(full_years))
            if _all(column, _is_known(reading(column.name, format_)), sample, engine, what)
            and _all(column, _is_known(reading(column.name, format_)), aliased(rows), engine, what)
        ]  # fmt: skip
        if fitting and table.far is not None:
            column.remarks.append(f"text in the data, as `{fitting[0]}`: have a view read it")
        elif fitting:
            column.clock = of_text(column.name, fitting)
            column.type = column.clock.type
            column.remarks.append(column.clock.remark)
    elif _holds(table, column, ",", engine, what):
        numbers = exp.RegexpLike(this=value.copy(), expression=exp.Literal.string(written.NUMBER))
        if _all(column, numbers, aliased(rows), engine, what):
            is_decimal = _holds(table, column, written.DECIMAL_COMMA, engine, what)
            _read_commas(table, column, commas.DECIMALS if is_decimal else commas.UNSURE)
        elif _all(
            column,
            exp.RegexpLike(this=value.copy(), expression=exp.Literal.string(written.THOUSANDS)),
            aliased(rows),
            engine,
            what,
        ):
            _read_commas(table, column, commas.GROUPED)
    elif table.is_text_file and not is_key_name(column.name):
        placeholders.settle(column, aliased(rows), engine, what)


def _may_be_thousands(table: Table, column: Column, engine: DuckDB, what: str) -> bool:
    """Whether the decimals that DuckDB sees in a CSV may be thousands: looked at as they are written there."""
    assert isinstance(table.relation, FileRelation)
    if any(form.delimiter != ";" for form in table.relation.forms):
        return False
    points = exp.RegexpLike(this=_column(column.name), expression=exp.Literal.string(commas.POINTS))
    return _all(column, points, aliased(relation_tree(table.relation, lambda _: ReadAs())), engine, what)


def _settle_moments(table: Table, column: Column, rows: exp.Expr, engine: DuckDB, what: str) -> None:
    """Texts in ISO form: all rows are asked, as a single one that cannot be read would end a run."""
    if table.far is not None and _holds(table, column, ZONE_AT_END, engine, what):
        column.remarks.append("times with an offset, in a text: have a view read them")
    elif _all(column, _is_known(_moment(column)), aliased(rows), engine, what):
        value = exp.Anonymous(this="trim", expressions=[_column(column.name)])
        short = exp.LTE(this=exp.Length(this=value), expression=exp.Literal.number(10))
        column.type = DATE if _all(column, short, aliased(rows), engine, what) else TIME
        if not table.is_text_file:
            column.remarks.append("text in the data")


def _moment(column: Column) -> exp.Expr:
    """The time that a text is, unknown where it is none."""
    return exp.Anonymous(this="try", expressions=[value_of(column.name, "TIMESTAMP", "UTC")])


def _read_commas(table: Table, column: Column, told: str) -> None:
    """Reads a text as the numbers that it is, where that is certain and the rows can be had by `sql:`."""
    if table.far is not None:
        where = commas.ELSEWHERE
    elif told == commas.UNSURE:
        column.unsure = ","
        where = commas.BELOW
    else:
        column.number, column.type = commas.read_number(column.name, told == commas.GROUPED), DECIMAL
        where = commas.READ
    column.remarks.append(f"{told} ({where})")


def _settle_number(table: Table, column: Column, engine: DuckDB, what: str) -> None:
    """Numbers that are days or moments."""
    value = exp.cast(_column(column.name), "BIGINT")
    select = exp.select(exp.Min(this=value), exp.Max(this=value.copy())).from_(aliased(table.tree))
    lowest, highest = _one(engine, select, what)
    if lowest is not None and lowest >= 19_000_101 and highest <= 21_001_231:
        tried = exp.Anonymous(
            this="try_strptime", expressions=[exp.cast(_column(column.name), "TEXT"), exp.Literal.string("%Y%m%d")]
        )
        if _all(column, _is_known(tried), aliased(table.tree), engine, what):
            column.clock = of_days(column.name)
    elif lowest is not None:
        column.clock = of_epoch(column.name, lowest, highest)
    if column.clock is not None and table.far is not None:
        column.remarks.append(f"{column.clock.remark}: have a view read it")
        column.clock = None
    elif column.clock is not None:
        column.type = column.clock.type
        column.remarks.append(column.clock.remark)


def _is_known(value: exp.Expr) -> exp.Expr:
    return exp.Not(this=exp.Is(this=value, expression=exp.Null()))


def _all(column: Column, condition: exp.Expr, rows: exp.Expr, engine: DuckDB, what: str) -> bool:
    """Whether a condition holds for every known value."""
    known = exp.Not(this=exp.Is(this=_column(column.name), expression=exp.Null()))
    against = exp.And(this=known, expression=exp.Not(this=exp.Paren(this=condition.copy())))
    select = exp.select("1").from_(rows.copy()).where(against).limit(1)
    return not engine.fetch(select.sql(dialect="duckdb"), what)


def _holds(table: Table, column: Column, pattern: str, engine: DuckDB, what: str) -> bool:
    """Whether a known value matches."""
    matches = exp.RegexpLike(this=_column(column.name), expression=exp.Literal.string(pattern))
    return not _all(column, exp.Not(this=matches), exp.to_identifier(table.sample), engine, what)


def _is_all(table: Table, column: Column, pattern: str, engine: DuckDB, what: str) -> bool:
    """Whether all known values match."""
    matches = exp.RegexpLike(this=_column(column.name), expression=exp.Literal.string(pattern))
    return _all(column, matches, exp.to_identifier(table.sample), engine, what)


def _is_whole(table: Table, column: Column, engine: DuckDB, what: str) -> bool:
    value = _column(column.name)
    whole = exp.EQ(this=value, expression=exp.Floor(this=value.copy()))
    return _all(column, whole, exp.to_identifier(table.sample), engine, what)


def latest(table: Table, column: Column, engine: DuckDB, before: str) -> str | None:
    """The latest time in a column that is not after a moment, as ISO text."""
    if table.far is not None and table.is_partly_here:
        found = table.far.latest(column.name, before)
        return None if found is None else str(found).partition("+")[0]
    found_as: exp.Expr = _column(column.name) if column.clock is None else column.clock.value.copy()
    is_text = column.clock is None and kind_of(column.native) == "text"
    value = _moment(column) if is_text else exp.cast(found_as, "TIMESTAMP")
    bound = exp.cast(exp.Literal.string(before), "TIMESTAMP")
    select = exp.select(exp.cast(exp.Max(this=value), "TEXT")).from_(aliased(table.tree_of(True)))
    found = _one(engine, select.where(exp.LTE(this=value.copy(), expression=bound)), f"table `{table.name}`")[0]
    return None if found is None else str(found)


def castable(column: Column) -> bool:
    """Whether the type that is going to be stated can be had from the column."""
    return column.type is not None and (
        column.clock is not None or column.number is not None or can_be(column.native, column.type)
    )


def _percent(share: float) -> str:
    return f"{share:.0%}" if 0.01 <= share <= 0.99 else "<1%" if share < 0.5 else ">99%"


def aliased(tree: exp.Expr) -> exp.Expr:
    return exp.alias_(tree, "rows", table=True)


def _column(name: str) -> exp.Column:
    return exp.column(name, quoted=True)


def _one(engine: DuckDB, select: exp.Query, what: str) -> tuple[Any, ...]:
    return engine.fetch(select.sql(dialect="duckdb"), what)[0]
