"""Outputs with scores, held so that new events of one member change only whom they concern.

What everybody's scores are worked out of is held as a table, and beside it the values that parts of the population
end with. New events change one row of that table, and move an end from one value to another: only who has a value in
between has another score by that.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, replace

from sqlglot import exp

from segdsl.model.schema import Schema
from segdsl.plan.plan import Scores, Stage
from segdsl.session.group import KEY, Group, made
from segdsl.sql import Query, build, scores
from segdsl.sql.expressions import Expressions
from segdsl.sql.relations import StageRows
from segdsl.sql.scores import ENDS, ScoresStep


@dataclass(frozen=True)
class _Ends:
    """What the parts of one population end with: the table that holds it, and the SQL that works it out anew, and that
    adds whom that concerns."""

    table: str
    anew: str
    passed: str


@dataclass(frozen=True)
class _Held:
    """The SQL that brings up to date what is held."""

    own: str  # the row of the member who has new events
    everybody: str  # all answers
    ends: tuple[_Ends, ...] = ()
    moved: str = ""  # the numbers of the ends that the member's values have a part in that are others now
    concerned: str = ""  # the answers of those who are concerned; empty where these cannot be told


class Scored(Group):
    """Outputs of which others decide by scores alone."""

    _held: _Held | None = None

    def fill(self, schema: Schema, as_of: dt.datetime) -> None:
        self._held = None
        super().fill(schema, as_of)

    def move(self, key: str, events: Collection[str], own: Schema, schema: Schema, as_of: dt.datetime) -> None:
        if as_of == self.as_of and not self.reads(self.plan, events) and self.found(key) is not None:
            return
        held, self._held = self._held, None  # what fails half way is held no longer
        if held is None or as_of != self.as_of:
            held = self._hold(own, schema, as_of)
        else:
            self._bring_up(held)
        self._held = held

    def _named(self, word: str) -> str:
        return f"{self.table}_{word}"

    # ------------------------------------------------------------ to hold

    def _hold(self, own: Schema, schema: Schema, as_of: dt.datetime) -> _Held | None:
        """Evaluates everybody, and holds what scores read; nothing where the data are read again after that."""
        query = self.query(self.plan, schema, as_of)
        first = min(query.scores, key=lambda step: step.relation.reads).stage.name
        rest = query.given({first: _all(self._named("values"))})
        if any(name != first and not isinstance(query.made.get(name), Stage | Scores) for name, _ in rest.steps):
            self.fill(schema, as_of)
            return None
        self.make(self._named("values"), query.reading(_all(first)))
        everybody = self.text(made(self.table, self.answers(rest, self.outputs)))
        self._refill(everybody)
        self.as_of = as_of
        one = self.query(self.plan, own, as_of)
        held = _Held(self.text(made(self._named("now"), one.reading(_all(first)))), everybody)
        lower = Expressions(self.plan, self._engine.dialect, as_of, self._model.timezone)
        if any(step.stage.name != first or not scores.is_by_ends(lower, step.relation) for step in query.scores):
            return held
        ends = tuple(self._ends(lower, step, number) for number, step in enumerate(query.scores))
        for step in ends:
            self.run(step.anew)
            self._keep(step)
        return replace(held, ends=ends, moved=self._moved(lower, query), concerned=self._concerned(query, first, ends))

    def _ends(self, lower: Expressions, step: ScoresStep, number: int) -> _Ends:
        table, anew = self._named(f"ends_{number}"), self._named("ends")
        values = StageRows(self._named("values"), step.stage.frame)
        passed = scores.passed(lower, step.relation, values, table, anew)
        return _Ends(
            table,
            self.text(made(anew, scores.scores(lower, step.relation, values, {}))),
            self.text(exp.Insert(this=build.table(self._named("concerned")), expression=passed)),
        )

    def _moved(self, lower: Expressions, query: Query) -> str:
        selects: list[exp.Expr] = []
        for number, step in enumerate(query.scores):
            before, now = (
                exp.Subquery(
                    this=scores.values(lower, step.relation, StageRows(self._named(word), step.stage.frame)),
                    alias=exp.TableAlias(this=build.name(word)),
                )
                for word in ("before", "now")
            )
            values = [build.column(scores.VALUE, word) for word in ("before", "now")]
            select = build.select(build.alias(build.number(number), "number")).from_(before, copy=False)
            on = build.eq(build.column(KEY, "before"), build.column(KEY, "now"))
            select = select.join(now, on=on, join_type="full", copy=False)
            selects.append(select.where(exp.NullSafeNEQ(this=values[0], expression=values[1]), copy=False))
        found = selects[0]
        for other in selects[1:]:
            found = exp.Union(this=found, expression=other, distinct=False)
        return self.text(found)

    def _concerned(self, query: Query, first: str, ends: tuple[_Ends, ...]) -> str:
        keys = exp.Subquery(
            this=build.select(build.column(KEY)).from_(build.table(self._named("concerned")), copy=False)
        )
        values = _all(self._named("values")).where(exp.In(this=build.column(KEY), query=keys), copy=False)
        held = {step.name: _all(one.table) for step, one in zip(query.scores, ends, strict=True)}
        rest = query.given({first: values, **held})
        return self.text(made(self._named("found"), self.answers(rest, self.outputs)))

    # ------------------------------------------------------------ to bring up to date

    def _bring_up(self, held: _Held) -> None:
        values, now, concerned = (self._named(word) for word in ("values", "now", "concerned"))
        self.run(held.own)
        is_own = f"{KEY} IN (SELECT {KEY} FROM {now})"
        self.run(f"CREATE OR REPLACE TEMP TABLE {self._named('before')} AS FROM {values} WHERE {is_own}")
        self.run(f"DELETE FROM {values} WHERE {is_own}")
        self.run(f"INSERT INTO {values} FROM {now}")
        if not held.concerned:
            self._refill(held.everybody)
            return
        self.run(f"CREATE OR REPLACE TEMP TABLE {concerned} AS SELECT {KEY} FROM {now}")
        is_told = True
        for (number,) in self.run(held.moved):
            step = held.ends[number]
            self.run(step.anew)
            [ends] = self.run(f"SELECT b.{ENDS}, n.{ENDS} FROM {step.table} AS b, {self._named('ends')} AS n")
            # where nobody had a value, or nobody has one any more, there is nothing to lie in between
            is_told = is_told and all(found is not None and None not in found for found in ends)
            self.run(step.passed)
            self._keep(step)
        if not is_told:
            self._refill(held.everybody)
            return
        found = self._named("found")
        self.run(held.concerned)
        self.run(f"DELETE FROM {self.table} WHERE {KEY} IN (SELECT {KEY} FROM {found})")
        self.run(f"INSERT INTO {self.table} FROM {found}")

    def _keep(self, step: _Ends) -> None:
        self.run(f"CREATE OR REPLACE TEMP TABLE {step.table} AS FROM {self._named('ends')}")


def _all(table: str) -> exp.Select:
    return build.select(exp.Star()).from_(build.table(table), copy=False)
