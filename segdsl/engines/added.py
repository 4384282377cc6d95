"""The rows of a model with some more beside them, or with those of one member alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from numbers import Integral
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlglot import exp

from segdsl.check.constants import ten_digits
from segdsl.exact import EXACT
from segdsl.model.given import is_day
from segdsl.model.model import Event, Field, Model
from segdsl.model.schema import PartName, Rows, Schema
from segdsl.problems import events as said
from segdsl.sql import DUCKDB, build
from segdsl.sql import rows as columns
from segdsl.types import Kind

if TYPE_CHECKING:
    import pyarrow

_TEN_DIGITS = Decimal("0.0000000001")
_WHOLE = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"})
# types that hold numbers and times as well as they can
_INEXACT = frozenset({"FLOAT", "DOUBLE", "TIMESTAMP_S", "TIMESTAMP_MS"})


@dataclass
class _Column:
    """The values of a column as they are gathered: the field that they are of, and its kind."""

    field: str
    kind: Kind
    values: list[Any]


def table_of(model: Model, event: Event, rows: Sequence[Mapping[str, Any]], key: str) -> pyarrow.Table:
    """Events of one member as a table with the columns of the model: `rows` have fields by their names, and `at`. Times
    with an offset are turned into the model's time zone.

    Raises ValueError for a value that is not of its field's type, and for two of one column that differ.
    """
    import pyarrow

    kinds = {
        Kind.BOOL: pyarrow.bool_(),
        Kind.INT: pyarrow.int64(),
        Kind.DECIMAL: pyarrow.decimal128(38, 10),
        Kind.DATE: pyarrow.date32(),
        Kind.TIME: pyarrow.timestamp("us"),
        Kind.LIST: pyarrow.list_(pyarrow.string()),
    }
    given = [("at", event.time, Kind.TIME), *((one.name, one.column, one.type.kind) for one in event.fields.values())]
    found = {event.key.column: _Column("the key", Kind.TEXT, [key] * len(rows))}
    keys = {name for name, field in event.fields.items() if _is_key_of_any_type(model, field)}
    for name, column, kind in given:
        values = [_key_text(row.get(name)) if name in keys else row.get(name) for row in rows]
        own = [None if value is None else _value(model, name, kind, value) for value in values]
        there = found.setdefault(column, _Column(name, kind, [None] * len(rows)))
        if all(value is None for value in there.values):
            there.field, there.kind = name, kind
        there.values = [_one(there, name, *pair) for pair in zip(there.values, own, strict=True)]
    arrays = {}
    for column, gathered in found.items():
        type_ = kinds.get(gathered.kind, pyarrow.string())
        try:
            arrays[column] = pyarrow.array(gathered.values, type_)
        except (ValueError, TypeError, ArithmeticError):  # Arrow's errors are such ones
            shown = next(str(value) for value in gathered.values if value is not None)
            raise ValueError(said.of_another_type(gathered.field, gathered.kind.value, shown)) from None
    return pyarrow.table(arrays)


def _is_key_of_any_type(model: Model, field: Field) -> bool:
    """Whether a field is the key of a lookup as the data have it: text, for want of a type that the model states."""
    lookup = model.lookup_of(field)
    return lookup is not None and lookup.key.type is None and field.type.kind is Kind.TEXT


def _key_text(value: Any) -> Any:
    """The text of what a key may be; any other value as it is."""
    is_whole = isinstance(value, Integral) and not isinstance(value, bool)
    is_date = isinstance(value, dt.date) and not isinstance(value, dt.datetime)
    return str(value) if is_whole or is_date or isinstance(value, UUID) else value


def _value(model: Model, name: str, kind: Kind, value: Any) -> Any:
    """A value of a field as Arrow takes it."""
    wrong = ValueError(said.of_another_type(name, kind.value, value))
    match kind:
        case Kind.DECIMAL | Kind.INT:
            try:
                number = Decimal(str(value))
                # to ten digits, as a run brings what it reads
                found = ten_digits(number) if kind is Kind.DECIMAL else number.to_integral_value(context=EXACT)
            except ArithmeticError:
                raise wrong from None
            if not found.is_finite() or (kind is Kind.INT and found != number):
                raise wrong
            return found if kind is Kind.DECIMAL else int(found)
        case Kind.TIME:
            if not is_day(value):
                raise wrong
            if isinstance(value, dt.datetime):
                return model.clock_time(value)
            return dt.datetime.combine(value, dt.time())
        case Kind.DATE:
            if not is_day(value):
                raise wrong  # Arrow takes a number for the days since 1970
            return model.clock_time(value).date() if isinstance(value, dt.datetime) else value
        case Kind.LIST if isinstance(value, str):
            raise wrong  # Arrow takes a text for the list of its letters
    return value


def _one(there: _Column, name: str, old: Any, new: Any) -> Any:
    """The value of a column that two fields have a value for."""
    if old is None or new is None:
        return new if old is None else old
    same = old.date() == new if isinstance(old, dt.datetime) and not isinstance(new, dt.datetime) else old == new
    if not same and not (there.field == "the key" and str(new) == old):
        raise ValueError(said.of_one_column(name, there.field, new, old))
    return old


@dataclass(frozen=True)
class Member:
    """Somebody by the text of their key; `type_` is what keys of their entity are, as a run makes them."""

    key: str
    type_: str

    def is_of(self, key: exp.Expr) -> exp.Expr:
        """Whether a key, as a run compares it, is theirs: by the types of both, as it is joined."""
        text = build.text(self.key)
        if "'" in self.type_:  # an enum's
            return build.eq(build.cast(key, "TEXT"), text)
        own = exp.TryCast(this=text, to=build.data_type(self.type_))
        return build.and_([build.eq(key, own), build.eq(build.cast(own.copy(), "TEXT"), text.copy())])


@dataclass(frozen=True)
class Beside:
    """New events beside those of the data, in the columns that the model names: `types` are what these have then, which
    is wider where the data's own column holds less than the model says (whole numbers, or days). `read` are the rows
    that have the columns which rules read, and no others."""

    model: Model
    event: Event
    rows: Rows
    read: Rows

    @cached_property
    def types(self) -> dict[str, str]:
        found = {column: self.rows.type_of(column) or "TEXT" for column in _used(self.event)}
        wider = {Kind.DECIMAL: (_WHOLE, "DECIMAL(38,10)"), Kind.TIME: ({"DATE"}, "TIMESTAMP")}
        fields = [(self.event.time, Kind.TIME), *((one.column, one.type.kind) for one in self.event.fields.values())]
        for column, kind in fields:
            narrow, type_ = wider.get(kind, (frozenset[str](), ""))
            if column != self.event.key.column and found[column] in narrow:
                found[column] = type_
        return found

    def given(self, table: str) -> exp.Select:
        """The rows of a table of new events in these types; unknown is what they cannot hold."""
        found = [build.alias(self._kept(column), column) for column in self._read]
        return build.select(*found).from_(build.table(table), copy=False)

    def not_held(self, table: str, types: Mapping[str, str], typed: columns.Rows, member: Member) -> exp.Select:
        """For each column a value of a table of new events of a member that the column cannot hold, as a text. `types`
        are those of the table."""
        found: list[exp.Expr] = []
        for column, type_ in self.types.items():
            kept = self._kept(column)
            is_lost: exp.Expr = exp.And(this=build.is_null(kept), expression=build.is_known(build.column(column)))
            if column == self.event.key.column:
                stated = self.model.key_type(self.event.of)
                of_run = kept if stated is None else typed.expressions.cast(kept, stated.kind)
                is_lost = exp.Not(this=build.coalesce(build.wrap(member.is_of(of_run)), exp.false()))
            elif type_ not in _INEXACT:
                back = self._at_zone(kept) if type_ in columns.ZONED else kept
                back = exp.TryCast(this=build.wrap(back.copy()), to=build.data_type(types[column]))
                is_lost = exp.NullSafeNEQ(this=back, expression=build.column(column))
            text = build.case([(is_lost, build.cast(build.column(column), "TEXT"))])
            found.append(build.alias(exp.Min(this=text), column))
        return build.select(*found).from_(build.table(table), copy=False)

    def both(self, added: str) -> Rows:
        """The rows of the data, and those of a table that has new events in these types."""
        there = []
        for column, type_ in self._read.items():
            own: exp.Expr = build.column(column, "rows")
            is_wider = type_ != (self.rows.type_of(column) or "TEXT")
            there.append(build.alias(build.cast(own, type_) if is_wider else own, column))
        old = build.select(*there).from_(exp.alias_(self.read.tree.copy(), "rows", table=True, quoted=True), copy=False)
        new = build.select(*map(build.column, self._read)).from_(build.table(added), copy=False)
        both = exp.Subquery(this=exp.Union(this=old, expression=new, distinct=False))
        named = {self.rows.name_of(column): type_ for column, type_ in self._read.items()}
        return Rows({**self.read.columns, **named}, both)

    @property
    def _read(self) -> dict[str, str]:
        """Of the types those of the columns that rules read."""
        return {column: type_ for column, type_ in self.types.items() if self.read.type_of(column) is not None}

    def _kept(self, column: str) -> exp.Expr:
        """A column of new events in the type that it has then."""
        type_, value = self.types[column], build.column(column)
        if type_ in columns.ZONED:
            # what the clocks of the model's zone show
            return self._at_zone(exp.TryCast(this=value, to=build.data_type("TIMESTAMP")))
        return exp.TryCast(this=value, to=build.data_type(type_))

    def _at_zone(self, time: exp.Expr) -> exp.Expr:
        """An instant as the clocks of the model's zone show it, and the other way round."""
        zone = build.text(self.model.timezone)
        return build.fill(DUCKDB.structures["at zone"], {"t": time.copy(), "zone": zone})


def of_one(
    model: Model, schema: Schema, typed: columns.Rows, entity: str, member: Member
) -> dict[PartName, exp.Select]:
    """The rows of one member of an entity, and of its events, by their parts: those that a run would join. `typed` has
    the columns as a run compares them."""
    found: dict[PartName, exp.Select] = {}
    stated = model.key_type(entity)
    for part, rows in schema.parts.items():
        if part == ("entity", entity):
            column = model.entities[entity].key.column
            wanted: list[exp.Expr] = [exp.Star()]
        elif part[0] == "event" and model.events[part[1]].of == entity:
            event = model.events[part[1]]
            column = event.key.column
            used = (one for one in _used(event) if rows.type_of(one) is not None)
            wanted = [build.alias(build.column(one, "rows"), one) for one in used]
        else:
            continue
        own = typed.raw_key(part, column, "rows", stated)
        source = exp.alias_(rows.tree.copy(), "rows", table=True, quoted=True)
        found[part] = build.select(*wanted).from_(source, copy=False).where(member.is_of(own), copy=False)
    return found


def _used(event: Event) -> list[str]:
    """The columns of an event that the model names."""
    return list(dict.fromkeys([event.key.column, event.time, *(field.column for field in event.fields.values())]))
