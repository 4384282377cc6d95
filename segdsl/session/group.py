"""Outputs of one entity that are evaluated together, and the table of their answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from segdsl.model.model import Model
from segdsl.model.schema import Schema
from segdsl.plan import Plan, make_plan
from segdsl.problems.stages import EVALUATION
from segdsl.program import Output, Program
from segdsl.sql import Query, build, make_query, sql_text
from segdsl.sql.words import BITS, added_bits

if TYPE_CHECKING:
    from segdsl.engines.duckdb import DuckDB
    from segdsl.history.saved import SavedAnswers

KEY, HELD, LABELS = "key", "held", "labels"


class Group:
    """The table has a row per member: `key` as text, `held`, a list of numbers with a bit for each segment, and
    `labels`, a list of those of the segmentations. An answer is the label of a segmentation, "" for a member of a
    segment, and None for neither.

    Where others matter for somebody's answers, everybody is evaluated anew whenever somebody has new events.
    """

    def __init__(
        self,
        engine: DuckDB,
        model: Model,
        program: Program,
        outputs: Sequence[Output],
        table: str,
        as_of: dt.datetime,
    ) -> None:
        self.as_of = as_of  # of everybody's answers
        self.entity = outputs[0].entity
        self.outputs = list(outputs)
        self.table = table
        self._engine, self._model, self._program = engine, model, program
        self.plan = make_plan(program, outputs)

    # ------------------------------------------------------------ everybody

    def fill(self, schema: Schema, as_of: dt.datetime) -> None:
        """Evaluates it for everybody."""
        query = self.query(self.plan, schema, as_of)
        self._refill(self.text(made(self.table, self.answers(query, self.outputs))))
        self.as_of = as_of

    def take(self, saved: SavedAnswers) -> None:
        """Takes the answers of a saved run."""
        self._engine.register("segdsl_given", saved.tables[self.entity])
        values = [saved.value(output, "c") for output in self.outputs]
        row = _row(build.column(KEY, "c"), self.outputs, values).from_(build.table("segdsl_given", "c"))
        self._refill(self.text(made(self.table, row)))
        self._engine.connection.unregister("segdsl_given")

    def _refill(self, answers: str) -> None:
        self.run(answers)
        self.run(f"CREATE INDEX {self.table}_key ON {self.table} ({KEY})")

    def undone(self, key: str) -> Callable[[], None]:
        """What brings this object back to what it is now, whatever is done for the member of a key in between."""
        held = dict(vars(self))

        def undo() -> None:
            vars(self).clear()
            vars(self).update(held)

        return undo

    # ------------------------------------------------------------ one member

    def found(self, key: str) -> list[str | None] | None:
        """The answers for a key; None where nobody has it."""
        rows = self._engine.connection.execute(f"FROM {self.table} WHERE {KEY} = ?", [key]).fetchall()
        return _read(self.outputs, *rows[0][1:]) if rows else None

    def is_behind(self, key: str, as_of: dt.datetime) -> bool:
        """Whether the answers for a key are of another moment."""
        return self.as_of != as_of

    def move(self, key: str, events: Collection[str], own: Schema, schema: Schema, as_of: dt.datetime) -> None:
        """Evaluates what new events of a member change: `own` has the rows of that member alone, `schema` those of
        everybody."""
        if self.found(key) is None:  # who was not in the saved run
            self.fill(schema, as_of)
        else:
            self.follow(events, schema, as_of)

    def follow(self, events: Collection[str], schema: Schema, as_of: dt.datetime) -> None:
        """Evaluates what new events of a member of another entity change."""
        if as_of != self.as_of or self.reads(self.plan, events):
            self.fill(schema, as_of)

    def reads(self, plan: Plan, events: Collection[str]) -> bool:
        parts = plan.parts(self._model)
        return any(("event", event) in parts for event in events)

    # ------------------------------------------------------------ SQL

    def query(self, plan: Plan, schema: Schema, as_of: dt.datetime) -> Query:
        return make_query(self._model, schema, plan, self._engine.dialect, as_of)

    def answers(self, query: Query, outputs: Sequence[Output]) -> exp.Query:
        """The rows of the table, of some outputs."""
        values = [build.column(query.columns[output.name], "c") for output in outputs]
        row = _row(build.cast(build.column(KEY, "c"), "TEXT"), outputs, values)
        return query.with_steps(row.from_(build.table(query.last[self.entity], "c")))

    def text(self, query: exp.Expr) -> str:
        return sql_text(query, self._engine.dialect, is_used_up=True)

    def run(self, statement: str) -> list[tuple[Any, ...]]:
        return self._engine.fetch(statement, EVALUATION)

    def make(self, table: str, query: exp.Expr) -> None:
        self.run(self.text(made(table, query)))


class Alone(Group):
    """Outputs of which nothing about anybody else decides: whoever has new events is evaluated alone, for the outputs
    that read such events."""

    def __init__(
        self,
        engine: DuckDB,
        model: Model,
        program: Program,
        outputs: Sequence[Output],
        table: str,
        as_of: dt.datetime,
    ) -> None:
        super().__init__(engine, model, program, outputs, table, as_of)
        self._plans = [make_plan(program, [output]) for output in outputs]
        # whose answers are as of another moment than everybody's, the last one that was asked for
        self._moment, self._moved = as_of, set[str]()
        # the SQL of some outputs, as of the moment for which that was last written
        self._texts: tuple[dt.datetime, dict[tuple[int, ...], str]] = as_of, {}

    def undone(self, key: str) -> Callable[[], None]:
        undo, moved, was_there = super().undone(key), self._moved, key in self._moved

        def undo_all() -> None:
            undo()
            if not was_there:
                moved.discard(key)

        return undo_all

    def is_behind(self, key: str, as_of: dt.datetime) -> bool:
        return as_of != self.as_of and not (as_of == self._moment and key in self._moved)

    def move(self, key: str, events: Collection[str], own: Schema, schema: Schema, as_of: dt.datetime) -> None:
        before = self.found(key)
        places = tuple(range(len(self.outputs)))
        if before is not None and not self.is_behind(key, as_of):
            places = tuple(place for place in places if self.reads(self._plans[place], events))
        for _, held, labels in self.run(self._text(places, own, as_of)) if places else ():
            answers = list(before or [None] * len(self.outputs))
            found = _read([self.outputs[place] for place in places], held, labels)
            for place, value in zip(places, found, strict=True):
                answers[place] = value
            connection = self._engine.connection
            connection.execute(f"DELETE FROM {self.table} WHERE {KEY} = ?", [key])
            connection.execute(f"INSERT INTO {self.table} VALUES (?, ?, ?)", [key, *_written(self.outputs, answers)])
        if as_of != self._moment:
            self._moment, self._moved = as_of, set()
        if as_of != self.as_of:
            self._moved.add(key)

    def follow(self, events: Collection[str], schema: Schema, as_of: dt.datetime) -> None:
        pass

    def _text(self, places: tuple[int, ...], own: Schema, as_of: dt.datetime) -> str:
        if as_of != self._texts[0]:
            self._texts = as_of, {}
        known = self._texts[1]
        if places not in known:
            outputs = [self.outputs[place] for place in places]
            query = self.query(make_plan(self._program, outputs), own, as_of)
            known[places] = self.text(self.answers(query, outputs))
        return known[places]


def made(table: str, query: exp.Expr) -> exp.Create:
    return build.create(build.table(table), query, temporary=True, replace=True)


def _row(key: exp.Expr, outputs: Sequence[Output], values: Sequence[exp.Expr]) -> exp.Select:
    """The row of the table, of the outputs' values."""
    held = [value for output, value in zip(outputs, values, strict=True) if output.kind != "segmentation"]
    labels = [value for output, value in zip(outputs, values, strict=True) if output.kind == "segmentation"]
    words = [added_bits(held[start : start + BITS]) for start in range(0, len(held), BITS)]
    return build.select(
        build.alias(key, KEY),
        build.alias(build.cast(exp.Array(expressions=words), "BIGINT[]"), HELD),
        build.alias(build.cast(exp.Array(expressions=labels), "TEXT[]"), LABELS),
    )


def _read(outputs: Sequence[Output], held: Sequence[int], labels: Sequence[str | None]) -> list[str | None]:
    """The answers of a row."""
    bits, texts = count(), iter(labels)
    found: list[str | None] = []
    for output in outputs:
        if output.kind == "segmentation":
            found.append(next(texts))
        else:
            word, bit = divmod(next(bits), BITS)
            found.append("" if held[word] >> bit & 1 else None)
    return found


def _written(outputs: Sequence[Output], answers: Sequence[str | None]) -> tuple[list[int], list[str | None]]:
    """What a row has of some answers."""
    both = list(zip(outputs, answers, strict=True))
    bits = [answer is not None for output, answer in both if output.kind != "segmentation"]
    starts = range(0, len(bits), BITS)
    held = [sum(2**bit for bit, is_held in enumerate(bits[start : start + BITS]) if is_held) for start in starts]
    return held, [answer for output, answer in both if output.kind == "segmentation"]
