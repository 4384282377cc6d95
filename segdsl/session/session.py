"""One customer, now: which segments somebody is in, answered at once, and what new events change about it."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from segdsl import problems
from segdsl.engines.added import Beside, of_one, table_of
from segdsl.engines.added import Member as Keyed
from segdsl.error import SegdslError, raised
from segdsl.evaluator import Evaluator
from segdsl.model.given import moment_of
from segdsl.model.schema import PartName, Rows, Schema
from segdsl.options import read_options_of
from segdsl.plan import make_plan
from segdsl.problems import events as said
from segdsl.problems.stages import EVALUATION
from segdsl.program import Aggregate, Attribute, KeyOf, Output, Past, Score
from segdsl.program import Sequence as SequenceNode
from segdsl.session.group import Alone, Group, made
from segdsl.session.scored import Scored
from segdsl.session.standing import Standing, standing
from segdsl.sql import build, sql_text
from segdsl.sql import rows as columns
from segdsl.sql.expressions import Expressions

if TYPE_CHECKING:
    import pyarrow
    from sqlglot import exp

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
    """The segments and labels that somebody entered and left by new events, and by time since they were last asked
    about."""

    key: str
    entered: tuple[str, ...]
    left: tuple[str, ...]
    as_of: dt.datetime


@read_options_of
class Session:
    """All segments of a catalog, evaluated once and held in memory, for a service that asks about one customer at a
    time. Threads take turns: one asks or updates while the others wait. Raises SegdslError.

    The data and the history are those of when it opened, and what `update` puts in: an event that is also stored where
    the data are counts once. What is stored and not put in, another session has.
    """

    def __init__(
        self,
        evaluator: Evaluator,
        outputs: Sequence[Output],
        as_of: dt.datetime,
        engine: DuckDB,
        saved: SavedAnswers | None = None,
    ) -> None:
        """Evaluates the outputs, unless there are the answers of a `saved` run; holds the rows that they read in any
        case, as what is put in may be stored as well by then."""
        self.as_of = as_of
        self._evaluator = evaluator
        self._engine = engine
        self._model = evaluator.catalog.model
        self._program = evaluator.checked().done().program
        self._places = {output.name: place for place, output in enumerate(outputs)}
        self._added: dict[str, str] = {}
        self._key_types: dict[str, str] = {}
        self._outputs = tuple(outputs)
        self._is_closed = False
        self._turn = threading.RLock()
        with raised():
            self._groups = self._grouped(outputs)
            self._held = self._hold(is_needed=saved is None)
            for group in self._groups:
                if saved is None:
                    group.fill(self._standing, as_of)
                else:
                    group.take(saved)

    @cached_property
    def _schema(self) -> Schema:
        _, query = self._evaluator.query(self._outputs, self._engine, self.as_of, check_keys=True)
        return query.schema

    @property
    def _standing(self) -> Schema:
        """What rules read, as it was when the session opened: what is put in stands beside that alone."""
        if isinstance(self._held, SegdslError):
            raise self._held
        with raised():
            self._held.check()
        return self._held.schema

    def _hold(self, *, is_needed: bool) -> Standing | SegdslError:
        """The rows that rules read; or why there are none, where a saved run has the answers: a warehouse may have
        evaluated that, whose data are not here."""
        try:
            with raised():
                return standing(self._model, self._engine, make_plan(self._program, self._outputs), self._schema)
        except SegdslError as error:
            if is_needed:
                raise
            return error

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the engine."""
        with self._turn:
            self._is_closed = True
            self._engine.close()

    def __repr__(self) -> str:
        return f"<Session of {len(self._places)} definitions as of {self.as_of}>"

    def member(self, key: str, entity: str | None = None) -> Member:
        """Which segments somebody is in, and which labels they have. Keys are compared as text; `entity` is the
        model's first where it is left out. Raises SegdslError where nobody has that key.

        Once an update has moved the session's as-of on, whoever is asked for is brought there first.
        """
        with self._turn:
            return self._member(str(key), self._entity(entity))

    def update(
        self, key: str, events: Events, *, as_of: str | dt.date | None = None, entity: str | None = None
    ) -> Movement:
        """Puts new events of one customer in, and says what they have entered and left since they were last looked at.

        `events` has rows by the event's name, each with `at` and fields by their names:
        `{"order": [{"at": …, "amount": 20}]}`. What reads such events is evaluated as of `as_of` (the session's where
        it is left out, and never earlier than that): for this customer alone where nobody else matters; scores for
        those whom they concern, and for everybody in the first update and where `as_of` is another; whatever else
        others matter for, for everybody. Raises SegdslError.
        """
        with self._turn:
            return self._update(str(key), events, as_of, self._entity(entity))

    def _update(self, key: str, events: Events, as_of: str | dt.date | None, entity: str) -> Movement:
        before = self._found(key, entity)
        moment = self.as_of if as_of is None else self._evaluator.moment(as_of)
        if moment < self.as_of:
            raise SegdslError([problems.session_goes_on(moment, self.as_of)])
        if not isinstance(events, Mapping):
            raise SegdslError([problems.event_not_taken(None, f"{said.SHAPE}, found `{type(events).__name__}`")])
        with raised():
            tables = {name: self._checked(key, entity, name, rows, moment) for name, rows in events.items()}
            with self._as_a_whole(key):
                for name, table in tables.items():
                    self._keep(name, table, key)
                schema = self._now
                self.as_of = moment
                own = self._own(schema, entity, key)
                for group in self._groups:
                    if group.entity == entity:
                        group.move(key, events, own, schema, moment)
                    else:
                        group.follow(events, schema, moment)
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

    @contextmanager
    def _as_a_whole(self, key: str) -> Iterator[None]:
        """What fails inside, for the member of a key, has changed nothing."""
        as_of, added = self.as_of, dict(self._added)
        undone = [group.undone(key) for group in self._groups]
        connection = self._engine.connection
        connection.execute("BEGIN")
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            with suppress(Exception):
                connection.execute("ROLLBACK")
            self.as_of, self._added = as_of, added
            for undo in undone:
                undo()
            raise

    # ------------------------------------------------------------ asking

    def _entity(self, name: str | None) -> str:
        if self._is_closed:
            raise SegdslError([problems.session_closed()])
        found = name or self._model.default_entity.name
        known = list(dict.fromkeys(group.entity for group in self._groups))
        if found not in known:
            raise SegdslError([problems.unknown_entity(found, known, None)])
        return found

    def _member(self, key: str, entity: str) -> Member:
        behind = [group for group in self._groups if group.entity == entity and group.is_behind(key, self.as_of)]
        if behind:
            with raised():
                schema = self._now
                rows = self._own(schema, entity, key)
                for group in behind:
                    group.move(key, (), rows, schema, self.as_of)
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
            answers = group.found(key)
            is_known = is_known or answers is not None
            for output, value in zip(group.outputs, answers or (), strict=False):
                if value is not None:
                    found.append((self._places[output.name], f"{output.name}.{value}" if value else output.name))
        return tuple(name for _, name in sorted(found)) if is_known else None

    # ------------------------------------------------------------ evaluating

    def _grouped(self, outputs: Sequence[Output]) -> list[Group]:
        """Outputs by their entity, and by who decides of them: a member alone, others by scores, or others at all."""
        groups: dict[tuple[str, type[Group]], list[Output]] = {}
        for output in outputs:
            leaves = make_plan(self._program, [output]).leaves
            kind = Group
            if all(isinstance(leaf, (*_ALONE, Score)) for leaf in leaves):
                kind = Scored if any(isinstance(leaf, Score) for leaf in leaves) else Alone
            groups.setdefault((output.entity, kind), []).append(output)
        return [
            kind(self._engine, self._model, self._program, found, f"segdsl_session_{number}", self.as_of)
            for number, ((_, kind), found) in enumerate(groups.items())
        ]

    @cached_property
    def _typed(self) -> columns.Rows:
        """Columns as a run compares them."""
        plan = make_plan(self._program, self._outputs)
        lower = Expressions(plan, self._engine.dialect, self.as_of, self._model.timezone)
        return columns.Rows(self._model, self._standing, plan, lower)

    @property
    def _now(self) -> Schema:
        """The schema with the events that were put in."""
        parts = dict(self._standing.parts)
        for name, table in self._added.items():
            beside = self._beside(name)
            assert beside is not None
            parts[("event", name)] = beside.both(table)
        return Schema(parts)

    def _own(self, schema: Schema, entity: str, key: str) -> Schema:
        """The schema with tables of the rows of one member."""
        parts = dict(schema.parts)
        keyed = self._keyed(entity, key)
        for number, (part, rows) in enumerate(of_one(self._model, schema, self._typed, entity, keyed).items()):
            table = f"segdsl_own_{number}"
            self._run(self._text(made(table, rows)))
            parts[part] = Rows(schema[part], build.table(table))
        return Schema(parts)

    def _checked(
        self, key: str, entity: str, name: str, rows: Sequence[Mapping[str, Any]], as_of: dt.datetime
    ) -> pyarrow.Table:
        """New events as a table; raises for what cannot be one."""
        event = self._model.events.get(name)
        if event is None or event.of != entity:
            known = [other.name for other in self._model.events.values() if other.of == entity]
            raise SegdslError([problems.event_not_taken(name, said.no_such_event(entity, known))])
        help = said.fields(event.fields)
        if not isinstance(rows, Sequence) or not all(isinstance(row, Mapping) for row in rows):
            raise SegdslError([problems.event_not_taken(name, said.NO_ROWS, help)])
        for row in rows:
            strange = [field for field in row if field != "at" and field not in event.fields]
            if strange:
                raise SegdslError([problems.event_not_taken(name, said.no_such_fields(strange), help)])
            at = row.get("at")
            moment = moment_of(self._model, at) if isinstance(at, dt.datetime) else None
            if moment is None:
                raise SegdslError([problems.event_not_taken(name, said.no_time(at), help)])
            if moment > as_of:
                raise SegdslError([problems.event_not_taken(name, said.too_late(moment, as_of), said.MOVES_ON)])
        try:
            return table_of(self._model, event, rows, key)
        except (ValueError, OverflowError) as error:
            raise SegdslError([problems.event_not_taken(name, str(error), help)]) from None

    def _keep(self, name: str, table: pyarrow.Table, key: str) -> None:
        """Keeps new events in the event's own columns; raises for values that these cannot hold."""
        beside = self._beside(name)
        if beside is None:  # no rule reads it
            return
        kept = self._added.setdefault(name, f"segdsl_added_{list(self._model.events).index(name)}")
        self._engine.register("segdsl_given", table)
        types = {row[0]: row[1] for row in self._run("DESCRIBE segdsl_given")}
        keyed = self._keyed(beside.event.of, key)
        [lost] = self._run(self._text(beside.not_held("segdsl_given", types, self._typed, keyed)))
        for column, value in zip(beside.types, lost, strict=True):
            if value is not None:
                reason = said.not_held(column, beside.types[column], value)
                raise SegdslError([problems.event_not_taken(name, reason)])
        given = self._text(beside.given("segdsl_given"))
        self._run(f"CREATE TEMP TABLE IF NOT EXISTS {kept} AS {given} LIMIT 0")
        self._run(f"INSERT INTO {kept} {given}")
        self._engine.connection.unregister("segdsl_given")

    def _beside(self, event: str) -> Beside | None:
        part: PartName = ("event", event)
        rows = self._standing.parts.get(part)
        if rows is None:
            return None
        return Beside(self._model, self._model.events[event], self._schema.parts[part], rows)

    def _keyed(self, entity: str, key: str) -> Keyed:
        if entity not in self._key_types:
            described = self._run(f"DESCRIBE {self._text(self._typed.population(entity, {}, None))}")
            self._key_types[entity] = described[0][1]
        return Keyed(key, self._key_types[entity])

    def _text(self, query: exp.Expr) -> str:
        return sql_text(query, self._engine.dialect)

    def _run(self, statement: str) -> list[tuple[Any, ...]]:
        return self._engine.fetch(statement, EVALUATION)
