"""The model against the data, value by value: rows, keys, strays, times to come, shares of unknown."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlglot import exp

from segdsl import problems
from segdsl.diagnostics import Diagnostic, sort
from segdsl.engines.columns import has_places, kind_of
from segdsl.engines.describe import describe_model
from segdsl.engines.duckdb import DuckDB
from segdsl.engines.engine import Engine
from segdsl.engines.keys import wrong_keys
from segdsl.engines.misfits import misfits, tried
from segdsl.engines.problem import EngineProblem
from segdsl.engines.reading import ROWS, Reading
from segdsl.engines.watch import Progress
from segdsl.model.model import Entity, Event, Field, Lookup, Model
from segdsl.model.schema import PartName, Schema
from segdsl.problems.columns import fractional_keys
from segdsl.problems.files import rounded_when_read
from segdsl.sql import build, sql_text
from segdsl.types import DECIMAL, INT, TIME, Kind, Type

_INEXACT = ("DOUBLE", "FLOAT")
_MONEY = re.compile(
    r"amount|price|cost|revenue|spend|spent|total|value|sales|discount|disc|margin|profit|fee|tax|money|paid|balance|coupon"
)


_OF_CSV = "CSV"


@dataclass(frozen=True, slots=True)
class FieldMeasure:
    """An attribute or a field: the engine's type of its column, `CSV` where it is a text of such a file that is no text
    in the model, and in how many rows its value is known."""

    name: str
    column: str
    type: str
    native: str
    known: int


@dataclass(slots=True)
class PartMeasure:
    """An entity, an event or a lookup: its rows, and what they hold."""

    kind: str
    name: str
    rows: int
    of: str | None = None
    strays: int | None = None  # rows whose key is in no population; for events of an entity with rows of its own
    first: str | None = None
    last: str | None = None
    after_as_of: int | None = None
    fields: list[FieldMeasure] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Measure:
    """What was found in the data, and what about it is not as the model says."""

    parts: tuple[PartMeasure, ...]
    diagnostics: tuple[Diagnostic, ...]


def measure_model(
    model: Model,
    folder: Path,
    now: dt.datetime | None = None,
    progress: Progress | None = None,
    there: Engine | None = None,
) -> Measure:
    """Reads every table of a model, on an engine that holds them where one is given (`there`), which stays open. `now`
    is what takes the place of an as-of that the model does not state.

    Raises EngineProblem where the data cannot be reached at all.
    """
    with DuckDB(model, folder, progress=progress) if there is None else nullcontext(there) as engine:
        schema, diagnostics = describe_model(model, engine)
        unusable = {item.span.start for item in diagnostics if item.is_error and item.span is not None}
        work = _Work(model, schema, engine, _as_of(model, now), unusable)
        work.measure()
        diagnostics.extend(work.diagnostics)
        return Measure(tuple(work.parts), tuple(sort(diagnostics)))


def _as_of(model: Model, now: dt.datetime | None) -> dt.datetime:
    stated = model.as_of
    if stated is None:
        return now or model.now()
    return stated if isinstance(stated, dt.datetime) else dt.datetime.combine(stated, dt.time())


class _Work:
    """The measures so far, and the findings."""

    def __init__(self, model: Model, schema: Schema, engine: Engine, as_of: dt.datetime, unusable: set[int]) -> None:
        self.model, self.schema, self.engine, self.as_of, self.unusable = model, schema, engine, as_of, unusable
        self.reading = Reading(model, schema, engine, as_of)
        # on DuckDB what cannot be read is counted, on others it is an error, which is told of the first of them
        self.is_tried = isinstance(engine, DuckDB)
        self.parts: list[PartMeasure] = []
        self.diagnostics: list[Diagnostic] = []

    def measure(self) -> None:
        kinds: Sequence[tuple[Any, Any]] = (
            ("entity", self.model.entities), ("event", self.model.events), ("lookup", self.model.lookups)
        )  # fmt: skip
        for kind, parts in kinds:
            for name, part in parts.items():
                if (kind, name) not in self.schema:
                    continue
                try:
                    self._part((kind, name), part)
                except EngineProblem as problem:
                    self.diagnostics.extend(problem.diagnostics)

    def _part(self, name: PartName, part: Entity | Event | Lookup) -> None:
        kind, _ = name
        what = f"{kind} `{part.name}`"
        fields = list(_fields(part))
        here = [item for item in fields if self.schema.type_of(name, item.column) is not None]
        castable = [item for item in here if not self._is_unusable(item)]
        counts: list[exp.Expr] = [exp.Count(this=exp.Star())]
        counts.extend(exp.Count(this=_column(item.column)) for item in here)
        row = self._one(counts, name, what)
        found = PartMeasure(kind, part.name, row[0])
        found.fields = [
            FieldMeasure(item.name, item.column, str(item.type), self._native(name, item), known)
            for item, known in zip(here, row[1:], strict=True)
        ]
        self.parts.append(found)
        if not found.rows:
            self.diagnostics.append(problems.no_rows_found(what, part.span("table", "sql")))
            return
        wrong = misfits(name, self.reading)
        self.diagnostics.extend(told for _, told in wrong)
        self._key(name, part, found, what)
        if isinstance(part, Event):
            # what an engine cannot read ends whatever reads it, but on DuckDB
            self._event(name, part, found, what, set() if self.is_tried else {column for column, _ in wrong})
        word = "attribute" if isinstance(part, Entity) else "field"
        for item, measured in zip(here, found.fields, strict=True):
            if not measured.known:
                said = f"{word} `{item.name}` of {what}"
                self.diagnostics.append(problems.nothing_known(said, item.span("column", "type")))
        for item in castable:
            self._values(name, item, f"{word} `{item.name}` of {what}")
        self._money(name, here, what)

    def _native(self, name: PartName, item: Field) -> str:
        found = self.schema.type_of(name, item.column) or ""
        return _OF_CSV if found == "VARCHAR" and item.type.kind is not Kind.TEXT and self._is_csv(name) else found

    def _is_csv(self, name: PartName) -> bool:
        return any(call.name.casefold() == "read_csv" for call in self.schema.parts[name].tree.find_all(exp.Anonymous))

    # ------------------------------------------------------------ keys

    def _key(self, name: PartName, part: Entity | Event | Lookup, found: PartMeasure, what: str) -> None:
        column = part.key.column
        if self.schema.type_of(name, column) is None:
            return
        unknown = found.rows - self._one([exp.Count(this=_column(column))], name, what)[0]
        if unknown:
            self.diagnostics.append(
                problems.incomplete_rows(what, column, unknown, found.rows, part.key.span("column"))
            )
        self._fractional_key(name, part)
        rows = Schema({name: self.schema.parts[name]})
        self.diagnostics.extend(wrong_keys(self.model, rows, self.engine))

    def _fractional_key(self, name: PartName, part: Entity | Event | Lookup) -> None:
        """Keys of an entity with decimal places. Within a run they are what they are, but a history has their texts."""
        if isinstance(part, Lookup) or (isinstance(part, Event) and not self.model.entities[part.of].from_events):
            return
        entity = part.of if isinstance(part, Event) else part.name
        stated, native = self.model.key_type(entity), self.schema.type_of(name, part.key.column) or ""
        if (stated is None or stated.kind is Kind.TEXT) and has_places(native):
            self.diagnostics.append(fractional_keys(entity, part.key.column, native, part.key.span("type", "column")))

    def _event(self, name: PartName, event: Event, found: PartMeasure, what: str, unread: set[str]) -> None:
        entity = self.model.entities[event.of]
        found.of = event.of
        has_times = self.schema.type_of(name, event.time) is not None and not self._is_unusable(event, "time")
        if has_times and event.time not in unread:
            self._times(name, event, found, what)
        keys = self.schema.type_of(name, event.key.column), self._entity_key(entity)
        if None not in keys and not self._is_unusable(event.key, "column") and event.key.column not in unread:
            self._strays(name, event, entity, found, what)

    def _entity_key(self, entity: Entity) -> str | None:
        part: PartName = ("entity", entity.name)
        return self.schema.type_of(part, entity.key.column) if part in self.schema else None

    def _strays(self, name: PartName, event: Event, entity: Entity, found: PartMeasure, what: str) -> None:
        stated = self.model.key_type(entity.name)
        theirs, own = (
            self._key_of(("entity", entity.name), entity.key.column, stated),
            self._key_of(name, event.key.column, stated),
        )
        held = build.select(exp.alias_(theirs, "k")).from_(self._rows(("entity", entity.name)), copy=False)
        here = build.select(exp.alias_(own, "k")).from_(self._rows(name), copy=False).where(_known(own))
        population = held.where(_known(theirs)).distinct().subquery("held")
        example_of = self.reading.text(exp.Min(this=exp.column("k", "here")))
        counts = (
            build.select(build.alias(build.count_all(), "strays"), build.alias(example_of, "example"))
            .from_(here.subquery("here"))
            .join(
                population,
                on=exp.EQ(this=exp.column("k", "held"), expression=exp.column("k", "here")),
                join_type="left",
            )
            .where(exp.Is(this=exp.column("k", "held"), expression=exp.Null()))
        )
        count, example = self.engine.fetch(sql_text(counts, self.engine.dialect), what)[0]
        found.strays = count
        if count:
            span = event.key.span("column")
            self.diagnostics.append(problems.strays(what, entity.name, count, found.rows, str(example), span))

    # ------------------------------------------------------------ times

    def _times(self, name: PartName, event: Event, found: PartMeasure, what: str) -> None:
        time = self._moment(name, event.time)
        later = exp.GT(this=build.wrap(time.copy()), expression=self.reading.expressions.now())
        first, last = (kind(this=time.copy()) for kind in (exp.Min, exp.Max))
        row = self._one([exp.Count(this=_column(event.time)), first, last, build.count_where(later)], name, what)
        known, earliest, latest, found.after_as_of = row
        found.first, found.last = (self._clock(value) for value in (earliest, latest))
        if known < found.rows:
            unknown = found.rows - known
            self.diagnostics.append(problems.incomplete_rows(what, event.time, unknown, found.rows, event.span("time")))
        if found.after_as_of:
            moment = self.as_of.isoformat(sep=" ", timespec="minutes")
            last_seen = (found.last or "").removesuffix(" 00:00:00")
            self.diagnostics.append(
                problems.after_as_of(what, found.after_as_of, found.rows, last_seen, moment, event.span("time"))
            )

    def _clock(self, value: Any) -> str | None:
        known: dt.datetime | None = self.reading.known(value, Kind.TIME)
        return None if known is None else known.isoformat(sep=" ")

    def _moment(self, name: PartName, column: str) -> exp.Expr:
        """A time on the clocks of the model's zone; what cannot be one is unknown here, and told among the misfits."""
        return self._tried(self.reading.typed(name, column, TIME))

    # ------------------------------------------------------------ values

    def _values(self, name: PartName, item: Field, what: str) -> None:
        native = self.schema.type_of(name, item.column) or ""
        if item.type.values is not None:
            self._closed_set(name, item, what)
        if item.type.kind is Kind.INT and (kind_of(native) == "number" or self.is_tried):
            self._fractions(name, item, what)

    def _fractions(self, name: PartName, item: Field, what: str) -> None:
        """Numbers that are rounded when they are read as whole ones."""
        if self.engine.dialect.decimals is not None:  # decimals are whole numbers there
            return
        read = self._tried(self.reading.typed(name, item.column, INT))
        exact = self._tried(self.reading.typed(name, item.column, DECIMAL))
        count, example = self._where(exp.NEQ(this=exact, expression=read), item.column, name, what)
        if count:
            span = item.span("type", "column")
            self.diagnostics.append(rounded_when_read(what, count, example, span))

    def _money(self, name: PartName, fields: Sequence[Field], what: str) -> None:
        inexact = [
            item for item in fields
            if item.type.kind is Kind.DECIMAL and self.schema.type_of(name, item.column) in _INEXACT
            and _MONEY.search(f"{item.name} {item.column}".casefold())
        ]  # fmt: skip
        if inexact:
            native = self.schema.type_of(name, inexact[0].column) or ""
            columns = [item.column for item in inexact]
            self.diagnostics.append(problems.inexact_money(what, columns, native, inexact[0].span("column", "type")))

    def _closed_set(self, name: PartName, item: Field, what: str) -> None:
        value = self.reading.typed(name, item.column, item.type)
        listed = [build.text(text) for text in item.type.values or ()]
        outside = exp.Not(this=exp.In(this=build.wrap(value.copy()), expressions=listed))
        against = build.and_([_known(_column(item.column)), outside])
        values = build.select(build.alias(value, "value")).from_(self._rows(name), copy=False).where(against)
        select = build.select(build.column("value"), build.alias(build.count_all(), "count"))
        select = select.from_(values.subquery("outside")).group_by(build.column("value"))
        found = self.engine.fetch(sql_text(select, self.engine.dialect), what)
        if found:
            texts = [str(text) for text, _ in sorted(found, key=lambda row: (-row[1], str(row[0])))]
            count = sum(count for _, count in found)
            self.diagnostics.append(problems.outside_values(what, count, texts, item.span("values", "type")))

    # ------------------------------------------------------------ queries

    def _where(self, condition: exp.Expr, column: str, name: PartName, what: str) -> tuple[int, str]:
        example = self.reading.text(exp.Min(this=_column(column)))
        select = build.select(build.count_all(), example).from_(self._rows(name), copy=False).where(condition)
        count, text = self.engine.fetch(sql_text(select, self.engine.dialect), what)[0]
        return count, str(text)

    def _one(self, selected: Sequence[exp.Expr], name: PartName, what: str) -> tuple[Any, ...]:
        named = [build.alias(value, f"v{number}") for number, value in enumerate(selected)]
        select = build.select(*named).from_(self._rows(name), copy=False)
        return self.engine.fetch(sql_text(select, self.engine.dialect), what)[0]

    def _rows(self, name: PartName) -> exp.Expr:
        return exp.alias_(self.schema.tree(name), ROWS, table=True, quoted=True)

    def _key_of(self, name: PartName, column: str, stated: Type | None) -> exp.Expr:
        """A key as it is compared with others."""
        return self._tried(self.reading.key(name, column, stated))

    def _tried(self, value: exp.Expr) -> exp.Expr:
        """A value, unknown where it cannot be worked out, on an engine that can say so."""
        return tried(value) if self.is_tried else value

    def _is_unusable(self, part: Any, *keys: str) -> bool:
        """Whether a finding about the type of this has been told."""
        spans = [part.span(*(keys or ("column", "type")))]
        return any(span is not None and span.start in self.unusable for span in spans)


def _fields(part: Entity | Event | Lookup) -> Iterator[Field]:
    yield from (part.attributes if isinstance(part, Entity) else part.fields).values()


def _column(name: str) -> exp.Column:
    return exp.column(name, quoted=True)


def _known(value: exp.Expr) -> exp.Expr:
    return exp.Not(this=exp.Is(this=value.copy(), expression=exp.Null()))
