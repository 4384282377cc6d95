"""Plan to SQL: one common table expression per step, and a SELECT of what was asked for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlglot import exp

from segdsl.garbage import uncollected
from segdsl.model.model import Model
from segdsl.model.schema import PartName, Schema
from segdsl.plan.beyond import named
from segdsl.plan.plan import (
    ChildTotals,
    Leaf,
    ParentRelation,
    PastRelation,
    Plan,
    Ranked,
    Relation,
    Scores,
    SequenceRelation,
    Stage,
    Totals,
)
from segdsl.program import Attribute, InstanceKey, KeyOf, Output, Score, is_condition
from segdsl.program import Sequence as SequenceNode
from segdsl.sql import build, pasts, relations, scores, sequences
from segdsl.sql.dialects import DUCKDB, Dialect
from segdsl.sql.expressions import Expressions, Frame, Named, read
from segdsl.sql.names import Names, of_column, plain
from segdsl.sql.relations import EventRows, StageRows
from segdsl.sql.rows import KEY, Given, Rows
from segdsl.types import BOOL, Kind

SEGMENT = "segment"
_ZERO = frozenset({"count", "sum", "distinct"})


@dataclass(frozen=True)
class TotalsStep:
    """A step that is nothing but aggregates over one kind of events: their columns, and the rows it reads."""

    name: str
    relation: Totals
    columns: dict[Leaf, str]
    events: EventRows


@dataclass(frozen=True)
class Query:
    """The evaluation of a plan as SQL: its steps in order, and where each output's value stands at the end."""

    steps: tuple[tuple[str, exp.Expr], ...]
    last: dict[str, str]  # the step of each entity that has all its outputs
    columns: dict[str, str]  # the column of each output there
    outputs: tuple[Output, ...]
    key_columns: dict[str, str]
    dialect: Dialect = DUCKDB
    totals: tuple[TotalsStep, ...] = ()  # those that read no stage
    scores: tuple[scores.ScoresStep, ...] = ()
    made: Mapping[str, Relation | Stage] = field(default_factory=dict)  # what a step is for; not for rows of the data
    schema: Schema = field(default_factory=Schema)  # the rows that it reads

    def held_in(self, tables: Mapping[str, str]) -> Query:
        """The query of which all has been worked out already, into a table for each entity."""
        return replace(self, steps=(), last=dict(tables), totals=(), scores=(), made={})

    def without(self, names: Collection[str]) -> Query:
        """The query where some steps are tables that are there already, and without the steps that only they read."""
        steps = [(name, step) for name, step in self.steps if name not in names]
        read = set(self.last.values())
        kept: list[tuple[str, exp.Expr]] = []
        for name, step in reversed(steps):
            if name in read:
                kept.append((name, step))
                read.update(table.name for table in step.find_all(exp.Table))
        return replace(self, steps=tuple(reversed(kept)))

    def given(self, others: Mapping[str, exp.Expr]) -> Query:
        """The query where some steps are others, and without the steps that nothing reads any more."""
        return replace(self, steps=tuple((name, others.get(name, step)) for name, step in self.steps)).without(())

    def reading(self, select: exp.Query) -> exp.Query:
        """A SELECT over some steps, with these, and the steps that they read, in front of it."""
        names = {table.name for table in select.find_all(exp.Table)}
        return replace(self, last={name: name for name in names}).without(()).with_steps(select)

    def step(self, name: str) -> exp.Select:
        """A step by itself."""
        found = next(step for known, step in self.steps if known == name)
        assert isinstance(found, exp.Select)
        return found.copy()

    def with_steps(self, select: exp.Query, is_used_up: bool = False) -> exp.Query:
        """A SELECT over the last stages, with every step in front of it and of its own: a copy, unless neither is still
        needed."""
        steps = self.steps if is_used_up else [(name, step.copy()) for name, step in self.steps]
        ctes = [exp.CTE(this=step, alias=exp.TableAlias(this=build.name(name))) for name, step in steps]
        found = select if is_used_up else select.copy()
        own = found.args.get("with_")
        found.set("with_", exp.With(expressions=[*ctes, *(own.expressions if own else ())]))
        return found

    @uncollected()
    def wide(self, entity: str, outputs: Sequence[Output], raw: bool = False) -> exp.Select:
        """A row per member: its key under its own name, and a column per output (`raw`: as the steps keep them)."""
        names = Names.of(self.dialect)
        key = names.take(self.key_columns[entity])
        found: list[exp.Expr] = [build.alias(build.column(KEY, "c"), key)]
        for output in outputs:
            value: exp.Expr = build.column(self.columns[output.name], "c")
            found.append(build.alias(value if raw else self._shown(output, value), names.take(output.name)))
        return build.select(*found).from_(build.table(self.last[entity], "c"), copy=False)

    def has_key(self, key: str) -> exp.Expr:
        """Whether a row of the wide layout is the one of a key, compared as text."""
        return build.eq(self.text(build.column(KEY, "c")), build.text(key))

    def text(self, value: exp.Expr) -> exp.Expr:
        """A value as text."""
        return build.cast(value, self.dialect.types[Kind.TEXT], self.dialect.grammar)

    def _fill(self, name: str, **holes: exp.Expr) -> exp.Expr:
        return build.fill(self.dialect.structures[name], holes, self.dialect.grammar)

    def _shown(self, output: Output, value: exp.Expr) -> exp.Expr:
        """A value as people and other tools take it: intervals for durations, plain numbers for decimals."""
        match output.type.kind:
            case Kind.DURATION:
                return self._fill("shown duration", a=value)
            case Kind.DECIMAL | Kind.DISTANCE:
                return self._fill("shown decimal", a=value)
            case Kind.DATE | Kind.TIME if f"shown {output.type}" in self.dialect.structures:
                return self._fill(f"shown {output.type}", a=value)
            case _:
                return value

    @uncollected()
    def members(self, outputs: Sequence[Output]) -> exp.Query:
        """A row per segment and member; where the outputs are of several entities, `entity` stands between and
        keys are text. Labels beside their segmentation stand once."""
        entities = list(dict.fromkeys(output.entity for output in outputs))
        several = len(entities) > 1
        key_column = "key" if several else Names.of(self.dialect, (SEGMENT,)).take(self.key_columns[entities[0]])
        selects: list[exp.Expr] = []
        labels = {f"{output.name}.{label}" for output in outputs for label in output.labels}
        for output in (output for output in outputs if output.name not in labels):
            key: exp.Expr = build.column(KEY, "c")
            value = build.column(self.columns[output.name], "c")
            of_entity: list[exp.Expr] = []
            if several:
                of_entity = [build.alias(build.text(output.entity), "entity")]
                key = self.text(key)
            if output.kind == "segmentation":
                prefix = build.text(f"{output.name}.")
                segment: exp.Expr = self._fill("joined", a=prefix, b=value)
                held = build.is_known(value.copy())
            else:
                segment, held = build.text(output.name), value
            source = exp.From(this=build.table(self.last[output.entity], "c"))
            columns: list[exp.Expr] = [build.alias(segment, SEGMENT), *of_entity, build.alias(key, key_column)]
            # thousands of these are made: sqlglot's own methods would take more than twice as long
            selects.append(exp.Select(expressions=columns, from_=source, where=exp.Where(this=held)))
        found = selects[0]
        for other in selects[1:]:
            found = exp.Union(this=found, expression=other, distinct=False)
        assert isinstance(found, exp.Query)
        return found


def make_query(
    model: Model, schema: Schema, plan: Plan, dialect: Dialect, as_of: dt.datetime | None, given: Given | None = None
) -> Query:
    """The SQL of a plan, as of a moment (None: the engine's current time in the model's time zone). `given` has some
    attributes that the model's own tables have not. Raises OutsideCalendar."""
    with uncollected(), named(plan, as_of):
        return _Writer(model, schema, plan, dialect, as_of, given).write()


class _Writer:
    def __init__(
        self,
        model: Model,
        schema: Schema,
        plan: Plan,
        dialect: Dialect,
        as_of: dt.datetime | None,
        given: Given | None,
    ) -> None:
        self.given = given
        self.model = model
        self.schema = schema
        self.plan = plan
        self.lower = Expressions(plan, dialect, as_of, model.timezone)
        self.rows = Rows(model, schema, plan, self.lower)
        self.names = Names.of(dialect, {*_tables(schema), pasts.STAYS, pasts.EVALUATIONS})
        self.steps: list[tuple[str, exp.Expr]] = []
        self.events: dict[str, EventRows] = {}
        self.stages: dict[tuple[str, int], StageRows] = {}
        self.columns: dict[str, dict[Leaf | InstanceKey, str]] = {}
        self.column_names: dict[str, Names] = {}
        self.totals: list[TotalsStep] = []
        self.scores: list[scores.ScoresStep] = []
        self.parent_keys: dict[str, str] = {}
        self.made: dict[str, Relation | Stage] = {}
        self.making: Relation | Stage | None = None

    def write(self) -> Query:
        for entity in self.plan.entities:
            self.columns[entity] = {}
            self.column_names[entity] = Names.of(self.lower.dialect, (KEY,))
            # outputs come first, so that their columns have their own names
            for output in self.plan.outputs:
                if output.entity == entity and output.instance not in self.columns[entity]:
                    self._column(entity, output.instance)
        for event in self.plan.events:
            query, columns = self.rows.events(event)
            self.events[event] = EventRows(self._step(f"{plain(event)}_events", query), columns)
        for stage in self.plan.stages:
            self._stage(stage)
        last = {entity: self._last(entity) for entity in self.plan.entities}
        return Query(
            tuple(self.steps),
            last,
            {output.name: self.columns[output.entity][output.instance] for output in self.plan.outputs},
            self.plan.outputs,
            {entity: self.model.entities[entity].key.column for entity in self.plan.entities},
            self.lower.dialect,
            tuple(self.totals),
            tuple(self.scores),
            self.made,
            self.schema,
        )

    def _step(self, wanted: str, query: exp.Expr) -> str:
        name = self.names.take(wanted)
        if self.making is not None:
            self.made[name] = self.making
        self.steps.append((name, query))
        return name

    def _column(self, entity: str, column: Leaf | InstanceKey) -> str:
        known = self.columns[entity]
        name = known.get(column)
        if name is None:
            name = known[column] = self.column_names[entity].take(of_column(column))
        return name

    # ------------------------------------------------------------ stages

    def _stage(self, stage: Stage) -> None:
        entity = stage.entity
        parent_key = self._parent_key(entity)
        here: dict[Leaf | InstanceKey, exp.Expr | Named] = {}
        found: list[exp.Expr]
        if stage.before is None:
            source, of_population = self._population(entity, parent_key)
            here.update({column: Named(name, "p") for column, name in of_population.items()})
        else:
            source = self.stages[(entity, stage.before)].name
            here.update({carried: Named(self._column(entity, carried), "p") for carried in stage.carried})
        carries_all = self._carries_all(stage)
        if carries_all:
            found = [exp.Column(this=exp.Star(), table=build.name("p"))]
        else:
            found = [build.alias(build.column(KEY, "p"), KEY)]
            if parent_key is not None:
                found.append(build.alias(build.column(parent_key, "p"), parent_key))
            found.extend(build.alias(read(here[item]), self._column(entity, item)) for item in stage.carried)
        query = build.select().from_(build.table(source, "p"), copy=False)
        # values that only the stage before has, and that are not carried on, can be read here all the same
        if stage.before is not None and not carries_all:
            for before, column_before in self.stages[(entity, stage.before)].frame.columns.items():
                if before not in here:
                    here[before] = Named(column_before.name, "p")
        for index, relation in enumerate(stage.relations, start=1):
            query = self._join(query, relation, f"r{index}", here)
        frame = Frame(columns=here)
        kept: dict[Leaf | InstanceKey, exp.Expr] = {}
        for column, value in here.items():
            if column in stage.kept:
                kept[column] = read(value)
        for key in stage.instances:
            kept[key] = self.lower.value(self.plan.value(key), frame)
        found.extend(build.alias(value, self._column(entity, column)) for column, value in kept.items())
        query.set("expressions", found)
        self.making = stage
        name = self._step(f"{plain(entity)}_stage_{self._count(entity)}", query)
        self.making = None
        columns = {item: Named(self._column(entity, item), "c") for item in (*stage.carried, *kept)}
        self.stages[(entity, stage.number)] = StageRows(name, Frame(columns=columns))

    def _carries_all(self, stage: Stage) -> bool:
        """Whether every column of the stage before is carried on, so that none has to be named."""
        if stage.before is None or not self.lower.dialect.stars:
            return False
        return len(self.stages[(stage.entity, stage.before)].frame.columns) == len(stage.carried)

    def _last(self, entity: str) -> str:
        """The step with all outputs of an entity: its last stage, joined to those before it that some were left in."""
        last = self.stages[(entity, self.plan.last[entity])]
        parked = self.plan.parked.get(entity, {})
        if not parked:
            return last.name
        found: list[exp.Expr] = [build.alias(build.column(KEY, "c"), KEY)]
        query = build.select().from_(build.table(last.name, "c"), copy=False)
        left_at = dict.fromkeys(last.frame.columns, "c")
        for index, (number, columns) in enumerate(parked.items(), start=1):
            alias = f"s{index}"
            stage = build.table(self.stages[(entity, number)].name, alias)
            query = build.left_join(query, stage, build.eq(build.column(KEY, alias), build.column(KEY, "c")))
            left_at.update(dict.fromkeys(columns, alias))
        for column in dict.fromkeys(output.instance for output in self.plan.outputs if output.entity == entity):
            name = self._column(entity, column)
            found.append(build.alias(build.column(name, left_at[column]), name))
        query.set("expressions", found)
        self.making = next(
            one for one in self.plan.stages if (one.entity, one.number) == (entity, self.plan.last[entity])
        )
        name = self._step(f"{plain(entity)}_outputs", query)
        self.making = None
        return name

    def _count(self, entity: str) -> int:
        return sum(1 for known, _ in self.stages if known == entity) + 1

    def _parent_key(self, entity: str) -> str | None:
        """The column that holds the parent's key, where anything goes by it."""
        by_parent = any(isinstance(item, ParentRelation) and item.entity == entity for item in self._relations())
        by_child = any(isinstance(item, ChildTotals) and item.child == entity for item in self._relations())
        if not by_parent and not by_child:
            return None
        if entity not in self.parent_keys:
            self.parent_keys[entity] = self.column_names[entity].take("parent_key")
        return self.parent_keys[entity]

    def _relations(self) -> Iterable[Relation]:
        return (relation for stage in self.plan.stages for relation in stage.relations)

    def _population(self, entity: str, parent_key: str | None) -> tuple[str, dict[Attribute | KeyOf, str]]:
        columns = {
            leaf: self._column(entity, leaf)
            for leaf in self.plan.leaves
            if isinstance(leaf, Attribute | KeyOf) and leaf.entity == entity
        }
        given = self.given if self.given is not None and self.given.entity == entity else None
        own = {item: name for item, name in columns.items() if given is None or item not in given.values}
        rows = self.rows.population(entity, own, parent_key)
        if given is not None:
            rows = given.joined(rows, columns)
        return self._step(f"{plain(entity)}_population", rows), columns

    # ------------------------------------------------------------ relations

    def _join(
        self, query: exp.Select, relation: Relation, name: str, here: dict[Leaf | InstanceKey, exp.Expr | Named]
    ) -> exp.Select:
        entity = relation.entity
        columns: dict[Leaf, str] = {leaf: self._column(entity, leaf) for leaf in relation.leaves}
        self.making = relation
        step = self._relation(relation, columns)
        self.making = None
        query = build.left_join(query, build.table(step, name), self._on(relation, name, here))
        for leaf, column in columns.items():
            value: exp.Expr = build.column(column, name)
            if isinstance(leaf, SequenceNode):
                value = build.is_known(build.column(KEY, name))
            elif isinstance(relation, Scores) and isinstance(leaf, Score):
                value = scores.score(self.lower, relation, leaf, here, name, column)
            elif getattr(leaf, "kind", "") in _ZERO:
                value = build.coalesce(value, build.number(0))
            elif leaf.type == BOOL and is_condition(leaf):
                value = build.coalesce(value, exp.false())
            here[leaf] = value
        return query

    def _on(self, relation: Relation, name: str, here: Mapping[Leaf | InstanceKey, exp.Expr | Named]) -> exp.Expr:
        """What joins a relation to a row of the stage."""
        own: exp.Expr = build.column(KEY, "p")
        match relation:
            case Scores():
                return scores.joined(self.lower, relation, here, name)
            case ParentRelation():
                own = build.column(self.parent_keys[relation.entity], "p")
            case PastRelation():
                own = build.cast(own, "TEXT")  # as a history keeps them
        return build.eq(build.column(KEY, name), own)

    def _relation(self, relation: Relation, columns: dict[Leaf, str]) -> str:
        entity = relation.entity
        stage = None
        if relation.reads is not None and not isinstance(relation, ChildTotals | ParentRelation):
            stage = self.stages[(entity, relation.reads)]
        match relation:
            case Totals():
                events = self._events(relation)
                query = relations.totals(self.lower, relation, events, stage, columns)
                name = self._step(f"{plain(relation.event)}_totals", query)
                if stage is None:
                    self.totals.append(TotalsStep(name, relation, columns, events))
                return name
            case Ranked():
                query = relations.ranked(self.lower, relation, self.events[relation.event], stage, columns)
                return self._step(f"{plain(relation.event)}_by_{relation.order}", query)
            case ChildTotals():
                children = self.stages[(relation.child, relation.reads)]
                key = self.parent_keys[relation.child]
                query = relations.child_totals(self.lower, relation, children, key, columns)
                return self._step(f"{plain(relation.child)}_totals", query)
            case ParentRelation():
                parents = self.stages[(relation.parent, relation.reads)]
                query = relations.parent_values(self.lower, relation, parents, columns)
                return self._step(f"{plain(relation.parent)}_values", query)
            case Scores():
                assert stage is not None
                name = self._step(f"{plain(entity)}_scores", scores.scores(self.lower, relation, stage, columns))
                self.scores.append(scores.ScoresStep(name, relation, stage))
                return name
            case PastRelation():
                return self._step(f"{plain(entity)}_past", pasts.past(self.lower, relation, columns))
            case SequenceRelation():
                query = sequences.sequence(self.lower, relation, self.events, stage, self._step)
                return self._step(f"{plain(entity)}_sequence", query)

    def _events(self, relation: Totals) -> EventRows:
        """The events that a relation reads. One that comes after a stage reads the later ones of a file by itself: what
        two relations read at different times, an engine holds in memory as a whole."""
        events = self.events[relation.event]
        part: PartName = ("event", relation.event)
        is_file = part in self.schema and bool(self.schema.parts[part].files)
        if relation.reads is None or not is_file or not relations.reads_later(self.lower, relation, events):
            return events
        query, columns = self.rows.events(relation.event)
        making, self.making = self.making, None
        found = EventRows(self._step(f"{plain(relation.event)}_events", query), columns)
        self.making = making
        return found


def _tables(schema: Schema) -> set[str]:
    """Every table name that the model's own SQL uses: no step may hide one."""
    out: set[str] = set()
    for part in schema.parts:
        tree = schema.tree(part)
        out.update(table.name for table in tree.find_all(exp.Table))
        out.update(cte.alias for cte in tree.find_all(exp.CTE))
    return out
