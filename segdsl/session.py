"""One customer, now: which segments somebody is in, answered at once, and what new events change about it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from segdsl import problems
from segdsl.engines.added import of_one, table_of, with_events
from segdsl.engines.describe import describe_model
from segdsl.error import SegdslError, raised
from segdsl.evaluator import Evaluator
from segdsl.model.schema import Schema
from segdsl.plan import Plan, make_plan
from segdsl.problems.stages import EVALUATION
from segdsl.program import Aggregate, Attribute, KeyOf, Output, Past
from segdsl.program import Sequence as SequenceNode
from segdsl.sql import Query, build, make_query, sql_text

if TYPE_CHECKING:
    import pyarrow

    from segdsl.engines.duckdb import DuckDB
    from segdsl.history.saved import SavedAnswers

_ALONE = (Attribute, KeyOf, Aggregate, SequenceNode, Past)
Events = Mapping[str, Sequence[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Member:
    """Where somebody is: `segments` has the names of segments and labels (`tier.gold`) in the catalog's order,
    `labels` the label of each segmentation, None where there is none.
    """

    key: str
    entity: str
    segments: tuple[str, ...]
    labels: Mapping[str, str | None]
    as_of: dt.datetime


@dataclass(frozen=True, slots=True)
class Movement:
    """What new events changed: the segments and labels that somebody entered and left."""

    key: str
    entered: tuple[str, ...]
    left: tuple[str, ...]
    as_of: dt.datetime


@dataclass
class _Group:
    """Outputs of one entity that are evaluated together, and the table that has a row per member: `key`, and `found`,
    a text per output: the label of a segmentation, else "" for a member of the segment; NULL for neither."""

    entity: str
    outputs: list[Output]
    is_alone: bool  # whether nothing about anybody else decides
    table: str
    plan: Plan


class Session:
    """All segments of a catalog, evaluated once and held in memory, for a service that asks about one customer at a
    time. Not for several threads at once. Raises SegdslError.
    """

    def __init__(
        self,
        evaluator: Evaluator,
        outputs: Sequence[Output],
        as_of: dt.datetime,
        engine: DuckDB,
        saved: SavedAnswers | None = None,
    ) -> None:
        """Evaluates the outputs, unless there are the answers of a `saved` run: then the data are first looked at when
        something is put in."""
        self.as_of = as_of
        self._evaluator = evaluator
        self._engine = engine
        self._model = evaluator.catalog.model
        self._program = evaluator.checked().done().program
        self._places = {output.name: place for place, output in enumerate(outputs)}
        self._added: dict[str, str] = {}
        self._outputs = tuple(outputs)
        with raised():
            self._groups = self._grouped(outputs)
            for group in self._groups:
                if saved is None:
                    self._fill(group, self._schema)
                else:
                    self._take(group, saved)

    @cached_property
    def _schema(self) -> Schema:
        plan, _ = self._evaluator.query(self._outputs, self._engine, self.as_of, check_keys=True)
        schema, _ = describe_model(self._model, self._engine, plan.parts(self._model))
        return schema

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the engine."""
        self._engine.close()

    def __repr__(self) -> str:
        return f"<Session of {len(self._places)} definitions as of {self.as_of}>"

    def member(self, key: str, entity: str | None = None) -> Member:
        """Which segments somebody is in, and which labels they have. Keys are compared as text; `entity` is the
        model's first where it is left out. Raises SegdslError where nobody has that key.
        """
        return self._member(str(key), entity or self._model.default_entity.name)

    def update(
        self, key: str, events: Events, *, as_of: dt.datetime | None = None, entity: str | None = None
    ) -> Movement:
        """Puts new events of one customer in, and says what they have entered and left by that.

        `events` has rows by the event's name, each with `at` and fields by their names:
        `{"order": [{"at": …, "amount": 20}]}`. What looks at this customer alone is evaluated for them alone, as of
        `as_of` (the session's where it is left out); where others matter, as in a score, everybody is evaluated anew.
        """
        key, entity = str(key), entity or self._model.default_entity.name
        before = self._found(key, entity)
        moment = as_of or self.as_of
        with raised():
            tables = {name: self._checked(key, entity, name, rows, moment) for name, rows in events.items()}
            for name, table in tables.items():
                self._keep(name, table)
            schema = with_events(self._model, self._schema, self._added)
            self.as_of = max(self.as_of, moment)
            for group in self._groups:
                if group.is_alone and group.entity == entity:
                    self._replace(group, of_one(self._model, schema, entity, key), key, moment)
                elif not group.is_alone:
                    self._fill(group, schema, moment)
        if self._found(key, entity) is None:
            raise SegdslError([problems.unknown_key_value(entity, key)])
        now = self._member(key, entity).segments
        then = () if before is None else before
        return Movement(
            key,
            tuple(name for name in now if name not in then),
            tuple(name for name in then if name not in now),
            moment,
        )

    # ------------------------------------------------------------ asking

    def _member(self, key: str, entity: str) -> Member:
        segments = self._found(key, entity)
        if segments is None:
            raise SegdslError([problems.unknown_key_value(entity, key)])
        labels: dict[str, str | None] = {}
        for group in self._groups:
            for output in group.outputs:
                if group.entity == entity and output.kind == "segmentation":
                    own = (label for label in output.labels if f"{output.name}.{label}" in segments)
                    labels[output.name] = next(own, None)
        return Member(key, entity, segments, labels, self.as_of)

    def _found(self, key: str, entity: str) -> tuple[str, ...] | None:
        """The segments and labels of a key, in the catalog's order; None for a key that nobody has."""
        found: list[tuple[int, str]] = []
        is_known = False
        for group in self._groups:
            if group.entity != entity:
                continue
            rows = self._engine.connection.execute(f"SELECT found FROM {group.table} WHERE key = ?", [key]).fetchall()
            is_known = is_known or bool(rows)
            for output, value in zip(group.outputs, rows[0][0] if rows else (), strict=False):
                if value is not None:
                    found.append((self._places[output.name], f"{output.name}.{value}" if value else output.name))
        return tuple(name for _, name in sorted(found)) if is_known else None

    # ------------------------------------------------------------ evaluating

    def _grouped(self, outputs: Sequence[Output]) -> list[_Group]:
        """Outputs by their entity, those that look at one member alone apart from all others."""
        groups: dict[tuple[str, bool], list[Output]] = {}
        for output in outputs:
            leaves = make_plan(self._program, [output]).leaves
            is_alone = all(isinstance(leaf, _ALONE) for leaf in leaves)
            groups.setdefault((output.entity, is_alone), []).append(output)
        return [
            _Group(entity, found, is_alone, f"segdsl_session_{number}", make_plan(self._program, found))
            for number, ((entity, is_alone), found) in enumerate(groups.items())
        ]

    def _fill(self, group: _Group, schema: Schema, as_of: dt.datetime | None = None) -> None:
        """Evaluates a group for everybody."""
        self._make(group, self._query(group, schema, as_of or self.as_of))

    def _take(self, group: _Group, saved: SavedAnswers) -> None:
        """Takes the answers of a saved run."""
        self._engine.register("segdsl_given", saved.tables[group.entity])
        values = [saved.value(output, "c") for output in group.outputs]
        row = build.select(build.column("key", "c"), build.alias(_texts(values), "found"))
        self._make(group, row.from_(build.table("segdsl_given", "c")))
        self._engine.connection.unregister("segdsl_given")

    def _make(self, group: _Group, query: exp.Query) -> None:
        create = exp.Create(
            this=build.table(group.table),
            kind="TABLE",
            replace=True,
            expression=query,
            properties=exp.Properties(expressions=[exp.TemporaryProperty()]),
        )
        self._engine.execute(sql_text(create, self._engine.dialect), EVALUATION)
        self._engine.execute(f"CREATE INDEX {group.table}_key ON {group.table} (key)", EVALUATION)

    def _replace(self, group: _Group, schema: Schema, key: str, as_of: dt.datetime) -> None:
        """Evaluates a group for the one whose rows a schema has."""
        rows = self._engine.fetch(sql_text(self._query(group, schema, as_of), self._engine.dialect), EVALUATION)
        connection = self._engine.connection
        connection.execute(f"DELETE FROM {group.table} WHERE key = ?", [key])
        for row in rows:
            connection.execute(f"INSERT INTO {group.table} VALUES (?, ?)", list(row))

    def _query(self, group: _Group, schema: Schema, as_of: dt.datetime) -> exp.Query:
        query = make_query(self._model, schema, group.plan, self._engine.dialect, as_of)
        values = [_found_in(query, output) for output in group.outputs]
        row = build.select(
            build.alias(build.cast(build.column("key", "c"), "TEXT"), "key"),
            build.alias(_texts(values), "found"),
        )
        return query.with_steps(row.from_(build.table(query.last[group.entity], "c")))

    def _checked(
        self, key: str, entity: str, name: str, rows: Sequence[Mapping[str, Any]], as_of: dt.datetime
    ) -> pyarrow.Table:
        """New events as a table; raises for what cannot be one."""
        event = self._model.events.get(name)
        if event is None or event.of != entity:
            known = [other.name for other in self._model.events.values() if other.of == entity]
            raise SegdslError([problems.event_not_taken(name, f"`{entity}` has no such event, it has {_list(known)}")])
        help = f"a row has `at`, a time, and any of {_list(list(event.fields))}"
        for row in rows:
            strange = [field for field in row if field != "at" and field not in event.fields]
            if strange:
                raise SegdslError([problems.event_not_taken(name, f"it has no field {_list(strange)}", help)])
            if not isinstance(row.get("at"), dt.datetime) or row["at"].tzinfo is not None:
                reason = "`at` has to be a time on the clocks of the model's time zone"
                raise SegdslError([problems.event_not_taken(name, reason, help)])
            if row["at"] > as_of:
                late = f"it is of {row['at']}, later than as-of, {as_of}"
                raise SegdslError([problems.event_not_taken(name, late, "`as_of=` moves the session on")])
        try:
            return table_of(event, rows, key)
        except (ValueError, TypeError, ArithmeticError) as error:  # Arrow's errors are such ones
            raise SegdslError([problems.event_not_taken(name, str(error), help)]) from None

    def _keep(self, name: str, table: pyarrow.Table) -> None:
        place = list(self._model.events).index(name)
        kept = self._added.setdefault(name, f"segdsl_added_{place}")
        self._engine.register("segdsl_given", table)
        connection = self._engine.connection
        connection.execute(f"CREATE TEMP TABLE IF NOT EXISTS {kept} AS FROM segdsl_given LIMIT 0")
        connection.execute(f"INSERT INTO {kept} FROM segdsl_given")
        connection.unregister("segdsl_given")


def _texts(values: Sequence[exp.Expr]) -> exp.Expr:
    return build.cast(exp.Array(expressions=list(values)), "TEXT[]")


def _found_in(query: Query, output: Output) -> exp.Expr:
    value = build.column(query.columns[output.name], "c")
    return value if output.kind == "segmentation" else build.case([(value, build.text(""))])


def _list(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"
