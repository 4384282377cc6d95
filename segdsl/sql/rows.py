"""The rows that everything is worked out of: populations and events, typed as the model says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sqlglot import exp

from segdsl.functions import DIGITS, FUNCTION_ROWS
from segdsl.model.model import Model
from segdsl.model.schema import PartName, Schema
from segdsl.plan.plan import Plan
from segdsl.program import At, Attribute, Field, KeyOf, LookupField
from segdsl.sql import build
from segdsl.sql.expressions import Expressions
from segdsl.sql.names import Names, of_field
from segdsl.sql.wrong import NO_ISO, wrong
from segdsl.types import INT, TEXT, TIME, Kind, Type

KEY = "key"
AT = "at"
# types whose values are instants
ZONED = ("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ")
_FLOATING = ("DOUBLE", "FLOAT")
_NUMBERS = re.compile(r"U?(?:TINY|SMALL|BIG|HUGE)?INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL|NUMERIC|BOOLEAN")
_FRACTIONS = re.compile(r"FLOAT|DOUBLE|NUMERIC|DECIMAL(?:\(\d+, ?[1-9]\d*\))?")
_DECIMALS = re.compile(r"DECIMAL|NUMERIC")
_WHOLE = 38 - DIGITS  # digits before the point
_ROUND = FUNCTION_ROWS["round"][0]
_TIMES = re.compile(r"DATE|TIMESTAMP")
_TEXTS = re.compile(r"VARCHAR|CHAR(?:\(.*\))?")


def keys_of(table: str) -> exp.Select:
    """The keys in a table of this connection."""
    return build.select(build.column(KEY)).from_(build.table(table), copy=False)


def is_joined(key: exp.Column, keys: exp.Query) -> exp.Expr:
    """Whether a join would find a key among others. `IN` takes no number and text together, and the keys of a CSV
    without rows are texts."""
    found = build.select(build.number(1)).from_(build.subquery(keys, "x"))
    return exp.Exists(this=found.where(build.eq(build.column(KEY, "x"), key), copy=False))


@dataclass(frozen=True)
class Given:
    """A table that has some attributes of an entity, by `key`: each as a value of the table, which is called `g`.
    Members that it does not have are left out, and all whose keys are not in the table `only`."""

    entity: str
    table: exp.Table
    values: Mapping[Attribute, exp.Expr]
    only: exp.Table

    def joined(self, population: exp.Select, columns: Mapping[Attribute | KeyOf, str]) -> exp.Select:
        """The rows of a population with these attributes under the names given."""
        found: list[exp.Expr] = [exp.Column(this=exp.Star(), table=build.name("t"))]
        found += [build.alias(value.copy(), columns[item]) for item, value in self.values.items() if item in columns]
        rows = build.subquery(population, "t")
        table = self.table.copy()
        table.set("alias", exp.TableAlias(this=build.name("g")))
        query = build.select(*found).from_(rows, copy=False)
        query = build.inner_join(query, table, build.eq(build.column(KEY, "g"), build.column(KEY, "t")))
        keys = build.select(build.column(KEY)).from_(self.only.copy(), copy=False)
        return query.where(build.is_in(build.column(KEY, "t"), keys), copy=False)


class Rows:
    """SELECTs over the model's own tables, for one plan."""

    def __init__(self, model: Model, schema: Schema, plan: Plan, expressions: Expressions) -> None:
        self.model = model
        self.schema = schema
        self.plan = plan
        self.expressions = expressions

    # ------------------------------------------------------------ populations

    def population(self, entity: str, columns: dict[Attribute | KeyOf, str], parent_key: str | None) -> exp.Select:
        """A row per member: `key`, the attributes under the names given, and the parent's key under its name."""
        part = self.model.entities[entity]
        if part.from_events:
            return self._of_events(entity, columns)
        key = self.raw_key(("entity", entity), part.key.column, "t", self.model.key_type(entity))
        found = [build.alias(key, KEY)]
        for column, name in columns.items():
            if isinstance(column, KeyOf):
                found.append(build.alias(self._key_text(key.copy()), name))
            else:
                field = part.attributes[column.name]
                value = self.typed(("entity", entity), field.column, "t", field.type)
                found.append(build.alias(value, name))
        if parent_key is not None:
            assert part.parent is not None
            stated = self.model.key_type(part.parent.entity)
            of_parent = self.raw_key(("entity", entity), part.parent.key.column, "t", stated)
            found.append(build.alias(of_parent, parent_key))
        query = build.select(*found).from_(
            exp.alias_(self.schema.tree(("entity", entity)), "t", table=True, quoted=True)
        )
        return query.where(build.is_known(key.copy()), copy=False)

    def _of_events(self, entity: str, columns: dict[Attribute | KeyOf, str]) -> exp.Select:
        """The distinct keys of the events at or before the run's as-of."""
        selects: list[exp.Expr] = []
        for event in self.model.events_of(entity):
            key = self.raw_key(("event", event.name), event.key.column, "t", self.model.key_type(entity))
            time = self.typed(("event", event.name), event.time, "t", TIME)
            query = build.select(build.alias(key, KEY)).from_(
                exp.alias_(self.schema.tree(("event", event.name)), "t", table=True, quoted=True)
            )
            seen = exp.LTE(this=build.wrap(time), expression=self.expressions.now())
            selects.append(query.where(build.and_([build.is_known(key.copy()), seen]), copy=False))
        union = selects[0]
        for other in selects[1:]:
            union = exp.Union(this=union, expression=other, distinct=True)
        rows = build.subquery(union, "t")
        found: list[exp.Expr] = [build.alias(build.column(KEY, "t"), KEY)]
        found.extend(build.alias(self._key_text(build.column(KEY, "t")), name) for name in columns.values())
        return build.select(*found).from_(rows, copy=False).distinct(copy=False)

    # ------------------------------------------------------------ events

    def events(self, name: str) -> tuple[exp.Select, dict[Field | LookupField | At, str]]:
        """The events of one kind that the run can see: `key`, `at`, and the fields in use under the names given."""
        event = self.model.events[name]
        part: PartName = ("event", name)
        names = Names.of(self.expressions.dialect, (KEY, AT))
        columns: dict[Field | LookupField | At, str] = {At(name): AT}
        key = self.raw_key(part, event.key.column, "t", self.model.key_type(event.of))
        time = self.typed(part, event.time, "t", TIME)
        found = [build.alias(key, KEY), build.alias(time, AT)]
        query = build.select().from_(exp.alias_(self.schema.tree(part), "t", table=True, quoted=True), copy=False)
        joined: dict[str, str] = {}
        for field in self.plan.fields.get(name, ()):
            columns[field] = names.take(of_field(field))
            if isinstance(field, Field):
                stated = event.fields[field.name]
                value = self.typed(part, stated.column, "t", field.type)
            else:
                if field.field not in joined:
                    joined[field.field] = f"l{len(joined) + 1}"
                    query = self._join_lookup(query, name, field, joined[field.field])
                stated = self.model.lookups[field.lookup].fields[field.name]
                value = self.typed(("lookup", field.lookup), stated.column, joined[field.field], field.type)
            found.append(build.alias(value, columns[field]))
        query.set("expressions", found)
        seen = exp.LTE(this=build.wrap(time.copy()), expression=self.expressions.now())
        return query.where(build.and_([build.is_known(key.copy()), seen]), copy=False), columns

    def _join_lookup(self, query: exp.Select, event: str, field: LookupField, name: str) -> exp.Select:
        lookup = self.model.lookups[field.lookup]
        stated = self.model.lookup_key_type(field.lookup)
        here = self.raw_key(("event", event), self.model.events[event].fields[field.field].column, "t", stated)
        there = self.raw_key(("lookup", field.lookup), lookup.key.column, name, stated)
        source = exp.alias_(self.schema.tree(("lookup", field.lookup)), name, table=True, quoted=True)
        return build.left_join(query, source, build.eq(here, there))

    # ------------------------------------------------------------ columns

    def raw_key(self, part: PartName, column: str, table: str, stated: Type | None) -> exp.Expr:
        found = build.column(self._column_name(part, column), table)
        native = (self.schema.type_of(part, column) or "").upper() if part in self.schema else ""
        if stated is not None:
            if stated.kind is Kind.TEXT:
                return self.read(found, native, TEXT)
            return self._collated(self.expressions.cast(found, stated.kind), stated)
        if not native and "key" in self.expressions.dialect.structures:
            return self.expressions.structure("key", a=found)
        if native == "UUID" or native.startswith("CHAR"):
            # the other side may be texts, and not each of these a UUID, or of a text type that compares in its own way
            return self.read(found, native, TEXT)
        return self._collated(found, TEXT if _same(native, TEXT) else INT)

    def _key_text(self, key: exp.Expr) -> exp.Expr:
        return self._collated(self.expressions.cast(key, Kind.TEXT), TEXT)

    def _column_name(self, part: PartName, column: str) -> str:
        """A column as the engine spells it, where only letter case tells it from what the model says."""
        return column if part not in self.schema else self.schema.parts[part].name_of(column)

    def _collated(self, value: exp.Expr, type_: Type) -> exp.Expr:
        """A text from a table, to be compared by code point from here on."""
        return self.expressions.ordered(value, type_)

    def typed(self, part: PartName, column: str, table: str, type_: Type) -> exp.Expr:
        """A column as a value of the stated type; only what differs is cast."""
        column_name = self._column_name(part, column)
        found: exp.Expr = build.column(column_name, table)
        native = (self.schema.type_of(part, column) or "").upper() if part in self.schema else ""
        if native in ZONED and type_.kind in (Kind.DATE, Kind.TIME):
            # an instant is seen on the clocks of the model's zone
            found = self.expressions.structure("at zone", t=found, zone=build.text(self.expressions.timezone))
            return found if type_.kind is Kind.TIME else self.expressions.cast(found, Kind.DATE)
        structures = self.expressions.dialect.structures
        if type_.kind is Kind.LIST and "list" in structures and native.endswith("[]"):
            # no list of the language there, whose lists are JSON texts
            return self.expressions.structure("list", a=found)
        value = found if _same(native, type_) else self._read(found, native, type_)
        if type_.is_number and (finite := self._finite(native, build.column(column_name, table))) is not None:
            return build.case([(finite, value)])
        return self._collated(value, type_)

    def read(self, value: exp.Expr, native: str, type_: Type) -> exp.Expr:
        """Any value of the engine's as one of a type; `native` is its own as DuckDB writes it, empty where nobody
        knows."""
        return self._collated(value if _same(native, type_) else self._read(value, native, type_), type_)

    def _finite(self, native: str, found: exp.Expr) -> exp.Expr | None:
        """Whether a column holds a number, where its type has values that are none, and are unknown for that."""
        if native in _FLOATING:
            return self.expressions.structure("is finite", x=found)
        if _DECIMALS.match(native) and "is finite decimal" in self.expressions.dialect.structures:
            return self.expressions.structure("is finite decimal", x=found)
        return None

    def _read(self, found: exp.Expr, native: str, type_: Type) -> exp.Expr:
        """A column of another type, cast: or looked at first, where a cast takes whatever it is given."""
        structures = self.expressions.dialect.structures
        is_whole = type_.kind is Kind.INT and _FRACTIONS.fullmatch(native) is not None
        as_decimal = type_.kind is Kind.DECIMAL or (is_whole and "read int of fraction" not in structures)
        if native in _FLOATING and as_decimal and "decimal of floating" in structures:
            found = self.expressions.structure("decimal of floating", x=found)
        word = f"read {type_}"
        if _NUMBERS.match(native):
            word = f"{word} of number" if type_.is_number or type_.kind is Kind.BOOL else word
        elif _TIMES.match(native):
            word = f"{word} of time"
        elif _TEXTS.fullmatch(native) and f"{word} of text" in structures:
            word = f"{word} of text"
        elif not native and f"{word} of unseen" in structures:
            word = f"{word} of unseen"
        if is_whole and "read int of fraction" in structures:
            word = "read int of fraction"
        if word in structures:
            zone, before = build.text(self.expressions.timezone), build.text(wrong(found.name, NO_ISO))
            return self.expressions.structure(word, x=found, zone=zone, wrong=before)
        if is_whole:
            # casts round halves to the even number, or cut, as the engine likes
            return self.expressions.filled(_ROUND, [found])
        return self.expressions.cast(found, type_.kind)


def _same(native: str, type_: Type) -> bool:
    """Whether a column can be taken as it is; decimals of fewer digits are exact as well, and cheaper, where smaller
    whole numbers would run over in a sum that the language has room for. One of more digits before the point than a
    decimal has makes engines drop those behind it of what it is compared or chosen with."""
    if type_.kind is Kind.DECIMAL:
        found = re.fullmatch(r"DECIMAL\((\d+), ?(\d+)\)", native)
        return found is not None and int(found[2]) <= DIGITS and int(found[1]) - int(found[2]) <= _WHOLE
    words = {
        Kind.BOOL: ("BOOLEAN",),
        Kind.INT: ("BIGINT",),
        Kind.TEXT: ("VARCHAR",),
        Kind.DATE: ("DATE",),
        Kind.TIME: ("TIMESTAMP",),
        Kind.LIST: ("VARCHAR[]",),
    }
    return native in words.get(type_.kind, ())
