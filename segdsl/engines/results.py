"""An evaluation on an engine: every entity's wide table worked out once, and read from there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, TypeAlias

from sqlglot import exp

from segdsl import problems
from segdsl.engines.engine import Engine
from segdsl.engines.kinds import as_kinds, with_lengths
from segdsl.engines.problem import EngineProblem
from segdsl.engines.warehouse import Warehouse
from segdsl.problems.stages import EVALUATION
from segdsl.program import Output
from segdsl.sql import Query, build, sql_text
from segdsl.sql.rows import KEY
from segdsl.sql.words import BITS, Places, held, packed

if TYPE_CHECKING:
    import pyarrow

# what is done inside is one stage
Stage: TypeAlias = AbstractContextManager[None]
# more columns than this in one SELECT make DuckDB's planning grow with their square
BATCH = 250
# and so do more steps than this
STEPS = 100


@dataclass(frozen=True)
class Held:
    """Where conditions are held as bits: the table, their places, and its columns of them."""

    table: str
    places: Places
    columns: Sequence[exp.Expr]


class Evaluation:
    """Creates a temporary table per entity, in one evaluation; sizes, members and values are SELECTs over these."""

    def __init__(
        self,
        engine: Engine,
        query: Query,
        outputs: Sequence[Output],
        stages: Callable[[str], Stage] | None = None,
        bits: Mapping[str, Places] | None = None,
        held: Mapping[str, Held] | None = None,
    ) -> None:
        """The query is used up by it. With `stages`, which says the stage that each step belongs to, every stage is
        worked out by itself. Where they can be, the conditions in `bits`, by entity, are held as these bits. A query
        without steps reads what is there already, where the conditions may be `held` as bits."""
        self.engine = engine
        self.outputs = tuple(outputs)
        self.entities = list(dict.fromkeys(output.entity for output in query.outputs))
        self.held: dict[str, Held] = dict(held or {})
        self._kept: list[str] = []
        self._views: set[str] = set()
        if engine.dialect.steps == "none" or not query.steps:
            self.query = query
            return
        if stages is not None:
            tables = {entity: query.last[entity] for entity in self.entities}
            self._apart(query, stages)
        elif is_one_statement(query):
            tables = dict.fromkeys(self.entities, "segdsl_evaluation")
            places = (bits or {}).get(self.entities[0], ())
            if engine.dialect.words and any(name is not None for name in places):
                self._as_bits(query, self.entities[0], places)
            else:
                rows = exp.select("*").from_(_table(query.last[self.entities[0]]))
                self._create("segdsl_evaluation", query.with_steps(rows, is_used_up=True))
        else:
            # entities read one another's stages: each step is made once, for all of them. Very many are made one by one
            # too, since the time that DuckDB takes to plan a statement grows with their square
            tables = {entity: query.last[entity] for entity in self.entities}
            for name, step in query.steps:
                self._create(name, step)
            # a view is worked out when it is read, so that those before it have to stay
            if engine.dialect.steps != "view":
                self._drop(name for name, _ in query.steps if name not in tables.values())
        # from here on, the last stage of each entity is the table that holds it
        self.query = query.held_in(tables)

    def _apart(self, query: Query, stages: Callable[[str], Stage]) -> None:
        """Each stage in statements of its own. Rows of the data are no stage: whoever needs them reads them."""
        rows = replace(query, steps=tuple((name, step) for name, step in query.steps if name not in query.made))
        steps = [(name, step) for name, step in query.steps if name in query.made]
        for _, group in groupby(steps, lambda item: id(query.made[item[0]])):
            found = list(group)
            with stages(found[0][0]):
                for name, step in found:
                    assert isinstance(step, exp.Query)
                    self._create(name, rows.reading(step))

    def _as_bits(self, query: Query, entity: str, places: Places) -> None:
        """A table with some conditions as bits, and a view of it that has a column of each."""
        rows, shown, numbers = as_bits(query, entity, places)
        self._create("segdsl_bits", query.with_steps(rows, is_used_up=True))
        self._views.add("segdsl_evaluation")
        self._create("segdsl_evaluation", shown.from_(_table("segdsl_bits")))
        self.held[entity] = Held("segdsl_bits", places, numbers)

    def _create(self, name: str, query: exp.Expr) -> None:
        if self.engine.dialect.steps == "held":
            assert isinstance(self.engine, Warehouse)
            self.engine.hold(name, sql_text(query, self.engine.dialect, is_used_up=True), EVALUATION)
            self._kept.append(name)
            return
        create = build.create(_table(name), query, self._kind(name), temporary=True, replace=False)
        self.engine.execute(sql_text(create, self.engine.dialect, is_used_up=True), EVALUATION)
        self._kept.append(name)

    def drop(self) -> None:
        """Lets go of what holds the evaluation, on a session that is used further."""
        self._drop(reversed(self._kept))

    def _drop(self, names: Iterable[str]) -> None:
        for name in list(names):
            drop = exp.Drop(tables=[_table(name)], kind=self._kind(name))
            self.engine.execute(sql_text(drop, self.engine.dialect), EVALUATION)
            self._kept.remove(name)

    def _kind(self, name: str) -> str:
        return "TABLE" if self.engine.dialect.steps == "table" and name not in self._views else "VIEW"

    def sizes(self) -> list[tuple[str, str, int, int]]:
        """Segment, entity, members and population of every segment and label, in the order of the outputs; once each,
        where a label is asked for beside its segmentation."""
        return self._sizes(self.outputs)

    def _sizes(self, outputs: Sequence[Output]) -> list[tuple[str, str, int, int]]:
        conditions: dict[str, tuple[str, exp.Expr]] = {}
        for output in outputs:
            column = exp.column(self.query.columns[output.name], quoted=True)
            if output.kind == "segmentation":
                for label in output.labels:
                    held: exp.Expr = exp.EQ(this=column.copy(), expression=exp.Literal.string(label))
                    conditions.setdefault(f"{output.name}.{label}", (output.entity, held))
            elif output.kind == "segment":
                conditions.setdefault(output.name, (output.entity, column))
        counted = [(name, entity, condition) for name, (entity, condition) in conditions.items()]
        found: dict[tuple[str, str], int] = {}
        population: dict[str, int] = {}
        dialect = self.engine.dialect
        of = dialect.structures["count of"]
        for entity in self.entities:
            of_entity = [item for item in counted if item[1] == entity]
            for start in range(0, max(len(of_entity), 1), BATCH):
                batch = of_entity[start : start + BATCH]
                counts = [build.fill(of, {"a": held}, dialect.grammar) for _, _, held in batch]
                select = build.select(exp.Count(this=exp.Star()), *counts)
                select = select.from_(_table(self.query.last[entity]), copy=False)
                row = self.engine.fetch(sql_text(self._whole(select), self.engine.dialect), EVALUATION)[0]
                # whole numbers that are wider than 64 bits come as decimals: DuckDB's of `COUNT_IF`, by Arrow
                population[entity] = int(row[0])
                found.update({(item[0], entity): int(count) for item, count in zip(batch, row[1:], strict=True)})
        return [(name, entity, found[(name, entity)], population[entity]) for name, entity, _ in counted]

    def counts(self, outputs: Sequence[Output]) -> dict[str, tuple[int, int]]:
        """Members and population of conditions, by their names."""
        return {name: (members, population) for name, _, members, population in self._sizes(outputs)}

    def population(self, entity: str) -> int:
        """How many there are of an entity."""
        counted = exp.select(exp.Count(this=exp.Star())).from_(_table(self.query.last[entity]))
        return int(self.engine.fetch(sql_text(self._whole(counted), self.engine.dialect), EVALUATION)[0][0])

    def stream(self, select: exp.Query) -> pyarrow.RecordBatchReader:
        """Rows of a SELECT over the last stages."""
        return self.engine.stream(sql_text(self._whole(select), self.engine.dialect), EVALUATION)

    def members_query(self) -> exp.Query:
        """The members layout, sorted by segment and key; traits have none. Raises EngineProblem where that is all."""
        outputs = [output for output in self.outputs if output.kind != "trait"]
        if not outputs:
            raise EngineProblem([problems.not_a_segment(output.name, "trait") for output in self.outputs])
        union = self.query.members(outputs)
        columns = [exp.Literal.number(index) for index in range(1, len(union.named_selects) + 1)]
        return self._whole(exp.select("*").from_(union.subquery("members")).order_by(*columns))

    def wide_query(self, entity: str) -> exp.Query:
        """The wide layout, sorted by key."""
        return self._whole(self.query.wide(entity, self._of(entity)).order_by(exp.column("key", "c", quoted=True)))

    def _whole(self, select: exp.Query) -> exp.Query:
        """A SELECT with the steps that nothing holds."""
        return self.query.with_steps(select) if self.query.steps else select

    def members(self) -> pyarrow.Table:
        return self.engine.arrow(sql_text(self.members_query(), self.engine.dialect), EVALUATION)

    def wide(self, entity: str) -> pyarrow.Table:
        rows = self.engine.arrow(sql_text(self.wide_query(entity), self.engine.dialect), EVALUATION)
        return with_lengths(as_kinds(rows.to_reader(), self._of(entity)).read_all())

    def wide_rows(self, entity: str) -> pyarrow.RecordBatchReader:
        """The wide layout, batch by batch."""
        rows = self.engine.stream(sql_text(self.wide_query(entity), self.engine.dialect), EVALUATION)
        return as_kinds(rows, self._of(entity))

    def _of(self, entity: str) -> list[Output]:
        return [output for output in self.outputs if output.entity == entity]


def is_one_statement(query: Query) -> bool:
    """Whether all steps of a query, in front of one SELECT, are a statement that an engine takes well."""
    entities = {output.entity for output in query.outputs}
    return len(entities) == 1 and len(query.steps) <= STEPS and not query.dialect.inlines


def as_bits(query: Query, entity: str, places: Places) -> tuple[exp.Select, exp.Select, list[exp.Expr]]:
    """The last stage of an entity with some conditions as bits; its own columns again, to be selected from that; and
    the columns that have the bits."""
    at = {query.columns[name]: divmod(place, BITS) for place, name in enumerate(places) if name is not None}
    own = (query.columns[output.name] for output in query.outputs if output.entity == entity)
    names = list(dict.fromkeys((KEY, *own)))
    numbers = packed(places, query.columns, query.dialect)
    columns = [build.alias(build.column(name), name) for name in names if name not in at]
    columns += [build.alias(number, _word(word)) for word, number in enumerate(numbers)]
    shown = [
        build.alias(held(build.column(_word(at[name][0])), at[name][1]) if name in at else build.column(name), name)
        for name in names
    ]
    words: list[exp.Expr] = [build.column(_word(word)) for word in range(len(numbers))]
    return build.select(*columns).from_(_table(query.last[entity]), copy=False), build.select(*shown), words


def _word(number: int) -> str:
    """A column's name, which has a space in it, so that it is nobody else's."""
    return f"word {number}"


def _table(name: str) -> exp.Table:
    return exp.Table(this=exp.to_identifier(name, quoted=True))
