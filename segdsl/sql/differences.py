"""What a later as-of changes about totals, as SELECTs over the events whose place in a window is another."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

from segdsl.plan.plan import Leaf
from segdsl.plan.steady import borders
from segdsl.program import Aggregate, At, Floor, Moment
from segdsl.sql import build
from segdsl.sql.expressions import Expressions, Frame
from segdsl.sql.query import TotalsStep
from segdsl.sql.relations import COMPARISONS
from segdsl.sql.rows import AT, KEY
from segdsl.types import Kind

COME, GONE = "come", "gone"
# aggregates that take the difference as it is; of the others a greatest or smallest value may be known from it
_SUMMED = ("count", "sum")
_EXTREMES = ("min", "max")


@dataclass(frozen=True)
class Differences:
    """Totals of one step from an as-of to a later one."""

    step: TotalsStep
    then: Expressions
    now: Expressions

    @property
    def leaves(self) -> tuple[Aggregate, ...]:
        return self.step.relation.leaves

    def select(self) -> exp.Select:
        """A row per key some of whose events are in a window now and were not then, or the other way round: for what is
        summed, what is to be added; else what came and what went."""
        found: list[exp.Expr] = [build.alias(build.column(KEY, "e"), KEY)]
        for leaf, column in self._columns():
            found.extend(self._difference(leaf, column))
        query = build.select(*found).from_(build.table(self.step.events.name, "e"))
        return query.where(self._moved(), copy=False).group_by(build.column(KEY, "e"), copy=False)

    def undecided(self, kept: str, moved: str) -> exp.Select | None:
        """The keys of which some value cannot be told from what was kept and what moved; None where all can be."""
        parts: list[exp.Expr] = []
        for leaf, column in self._columns():
            gone = build.column(_part(column, GONE), "d")
            if leaf.kind == "distinct":
                parts.append(exp.GT(this=gone, expression=build.number(0)))
            elif leaf.kind in _EXTREMES:
                # what went decided the value, or may have
                old = build.column(column, "k")
                kind = exp.GTE if leaf.kind == "max" else exp.LTE
                is_it = build.coalesce(kind(this=gone.copy(), expression=old), exp.true())
                parts.append(build.and_([build.is_known(gone), is_it]))
        if not parts:
            return None
        query = build.select(build.alias(build.column(KEY, "d"), KEY)).from_(build.table(moved, "d"))
        query = build.left_join(query, build.table(kept, "k"), build.eq(build.column(KEY, "k"), build.column(KEY, "d")))
        return query.where(build.or_(parts), copy=False)

    def brought_up(self, kept: str, moved: str, redone: str, anew: str) -> exp.Query:
        """The totals now: of the keys in `redone` those in `anew`, of all others what was kept with what moved."""
        found = [build.alias(build.coalesce(build.column(KEY, "k"), build.column(KEY, "d")), KEY)]
        found.extend(build.alias(self._now(leaf, column), column) for leaf, column in self._columns())
        query = build.select(*found).from_(build.table(kept, "k"))
        on = build.eq(build.column(KEY, "k"), build.column(KEY, "d"))
        query = query.join(build.table(moved, "d"), on=on, join_type="full", copy=False)
        inner = build.select(build.column(KEY)).from_(build.table(redone))
        own = build.coalesce(build.column(KEY, "k"), build.column(KEY, "d"))
        # no key is unknown
        query = query.where(exp.Not(this=exp.In(this=own, query=exp.Subquery(this=inner))), copy=False)
        columns = [build.column(name) for name in (KEY, *self.step.columns.values())]
        return exp.Union(this=query, expression=build.select(*columns).from_(build.table(anew)), distinct=False)

    def changed(self, moved: str, redone: str) -> exp.Query:
        """The keys whose totals may be others than they were."""
        parts: list[exp.Expr] = []
        for leaf, column in self._columns():
            if leaf.kind in _SUMMED:
                parts.append(exp.NEQ(this=build.column(column), expression=build.number(0)))
            elif leaf.kind in _EXTREMES:
                # what went was not the value, or these are redone
                parts.append(build.is_known(build.column(_part(column, COME))))
        query = build.select(build.column(KEY)).from_(build.table(moved)).where(build.or_(parts), copy=False)
        other = build.select(build.column(KEY)).from_(build.table(redone))
        return exp.Union(this=query, expression=other, distinct=False)

    def _columns(self) -> list[tuple[Aggregate, str]]:
        columns: dict[Leaf, str] = self.step.columns
        return [(leaf, columns[leaf]) for leaf in self.leaves]

    def _now(self, leaf: Aggregate, column: str) -> exp.Expr:
        old = build.column(column, "k")
        if leaf.kind in _SUMMED:
            zero = build.number(0)
            moved = build.coalesce(build.column(column, "d"), zero.copy())
            total = exp.Add(this=build.coalesce(old, zero), expression=moved)
            return self.now.cast(total, leaf.type.kind) if leaf.type.kind in self.now.dialect.sums else total
        if leaf.kind in _EXTREMES:
            kind = exp.Greatest if leaf.kind == "max" else exp.Least
            return kind(this=old, expressions=[build.column(_part(column, COME), "d")], ignore_nulls=True)
        return old

    def _difference(self, leaf: Aggregate, column: str) -> list[exp.Expr]:
        then, now = self._held(leaf, self.then), self._held(leaf, self.now)
        came = build.and_([now.copy(), exp.Not(this=build.wrap(build.coalesce(then.copy(), exp.false())))])
        went = build.and_([then, exp.Not(this=build.wrap(build.coalesce(now, exp.false())))])
        rows = self.step.events.frame("e", None)
        value = build.number(1) if leaf.value is None else self.now.value(leaf.value, rows)
        parts: list[tuple[str, exp.Expr]]
        match leaf.kind:
            case "count" | "sum":
                added, taken = (self._total(leaf.kind, value, held) for held in (came, went))
                parts = [(column, exp.Sub(this=added, expression=taken))]
            case "min" | "max":
                greatest = leaf.kind == "max"
                parts = [
                    (
                        _part(column, name),
                        self.now.extreme(build.case([(held, value.copy())]), leaf.type.kind, greatest),
                    )
                    for name, held in ((COME, came), (GONE, went))
                ]
            case _:
                either = build.case([(build.or_([came, went]), value)])
                parts = [(_part(column, GONE), exp.Count(this=either, big_int=True))]
        return [build.alias(found, name) for name, found in parts]

    def _total(self, kind: str, value: exp.Expr, held: exp.Expr) -> exp.Expr:
        chosen = build.case([(held, value.copy())])
        if kind == "count":
            return exp.Count(this=chosen, big_int=True)
        return build.coalesce(exp.Sum(this=chosen), build.number(0))

    def _held(self, leaf: Aggregate, lower: Expressions) -> exp.Expr:
        """Whether an event counts as of a moment, which sees nothing later."""
        rows = self.step.events.frame("e", None)
        at = rows.rows[At(leaf.event)]
        parts: list[exp.Expr] = [exp.LTE(this=at.copy(), expression=lower.now())]
        for bound in leaf.bounds:
            limit = lower.value(bound.value, Frame())
            parts.append(COMPARISONS[bound.op](this=at.copy(), expression=build.wrap(limit)))
        if leaf.condition is not None:
            parts.append(lower.holds(leaf.condition, rows))
        return build.and_(parts)

    def _moved(self) -> exp.Expr:
        """Whether an event lies where a border of some window went."""
        then, now = self.then.as_of, self.now.as_of
        assert then is not None
        assert now is not None
        strips = {(then, now)}
        for leaf in self.leaves:
            for moment in borders(leaf):
                low, high = sorted((_border(moment, then), _border(moment, now)))
                strips.add((low, high))
        at = build.column(AT, "e")
        return build.or_([self._between(at, low, high) for low, high in _joined(sorted(strips))])

    def _between(self, at: exp.Expr, low: dt.datetime, high: dt.datetime) -> exp.Expr:
        return exp.Between(this=at.copy(), low=self.now.timestamp(low), high=self.now.timestamp(high))


def _border(moment: Moment, as_of: dt.datetime) -> dt.datetime:
    found = moment.at(as_of)
    return Floor("day").after(found) if moment.type.kind is Kind.DATE else found


def _joined(strips: Sequence[tuple[dt.datetime, dt.datetime]]) -> list[tuple[dt.datetime, dt.datetime]]:
    """Ranges in order, those that overlap as one."""
    found: list[tuple[dt.datetime, dt.datetime]] = []
    for low, high in strips:
        if found and low <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], high))
        else:
            found.append((low, high))
    return found


def _part(column: str, word: str) -> str:
    return f"{column} {word}"
