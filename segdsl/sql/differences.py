"""What a later as-of changes about totals, as SELECTs over the events whose place in a window is another."""

from __future__ import annotations

import datetime as dt
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from sqlglot import exp

from segdsl.plan.plan import Leaf
from segdsl.plan.steady import borders
from segdsl.program import Aggregate, At, Floor, InstanceKey, Moment, Node
from segdsl.sql import build
from segdsl.sql.expressions import Expressions, Frame, Named
from segdsl.sql.query import TotalsStep
from segdsl.sql.relations import COMPARISONS
from segdsl.sql.rows import AT, KEY
from segdsl.types import Kind

COME, GONE, WAS, IS = "come", "gone", "was", "is"
# aggregates that take the difference as it is; of the others a greatest or smallest value may be known from it
_SUMMED = ("count", "sum")
_EXTREMES = ("min", "max")


@dataclass(frozen=True, slots=True)
class Strip:
    """A stretch of time that borders of windows went over, both ends included, and the aggregates whose borders did."""

    low: dt.datetime
    high: dt.datetime
    leaves: tuple[Aggregate, ...]

    def has_any(self, leaves: Sequence[Aggregate]) -> bool:
        return any(leaf in self.leaves for leaf in leaves)


@dataclass(frozen=True)
class Differences:
    """Totals of one step from an as-of to a later one.

    What moved is told strip by strip: most windows have borders in few of these, so that one table of all that may move
    would be very wide, and nearly empty.
    """

    step: TotalsStep
    then: Expressions
    now: Expressions

    @property
    def leaves(self) -> tuple[Aggregate, ...]:
        return self.step.relation.leaves

    @cached_property
    def strips(self) -> tuple[Strip, ...]:
        """In the order of time, none touching another."""
        own = {leaf: self._own_strips(leaf) for leaf in self.leaves}
        ranges = _joined(sorted({strip for strips in own.values() for strip in strips}))
        return tuple(
            Strip(low, high, tuple(leaf for leaf in own if any(low <= at <= high for at, _ in own[leaf])))
            for low, high in ranges
        )

    def events(self) -> exp.Select:
        """The events that lie in some strip."""
        at = build.column(AT, "e")
        query = build.select(exp.Star()).from_(build.table(self.step.events.name, "e"), copy=False)
        return query.where(build.or_([self._within(at, strip) for strip in self.strips]), copy=False)

    def moved(self, strip: Strip, events: str) -> exp.Select:
        """A row per key that has events in a strip: for what is summed, what is to be added; else what came and what
        went. `events` are those of all strips."""
        found: list[exp.Expr] = [build.alias(build.column(KEY, "e"), KEY)]
        for leaf in strip.leaves:
            found.extend(self._difference(leaf, self._column(leaf)))
        query = build.select(*found).from_(build.table(events, "e"), copy=False)
        query = query.where(self._within(build.column(AT, "e"), strip), copy=False)
        return query.group_by(build.column(KEY, "e"), copy=False)

    def undecided(self, kept: str, strip: Strip, moved: str) -> exp.Select | None:
        """The keys of a strip of which some value cannot be told from what was kept and what moved; None where all
        can be."""
        parts: list[exp.Expr] = []
        for leaf in strip.leaves:
            column = self._column(leaf)
            gone = build.column(_part(column, GONE), "d")
            if leaf.kind == "distinct":
                parts.append(exp.GT(this=gone, expression=build.number(0)))
            elif leaf.kind in _EXTREMES:
                # what went decided the value, or may have
                old = build.column(column, "k")
                kind = exp.GTE if leaf.kind == "max" else exp.LTE
                is_it = build.coalesce(kind(this=gone.copy(), expression=old), exp.true())
                parts.append(build.and_([build.is_known(gone), is_it]))
        return None if not parts else _beside(kept, moved, build.or_(parts))

    def new(self, kept: str, moved: str) -> exp.Select:
        """The keys of a strip of which nothing was kept."""
        return _beside(kept, moved, build.is_null(build.column(KEY, "k")))

    def brought_up(self, kept: str, new: str, moved: Sequence[str], redone: str, anew: str) -> exp.Query:
        """The totals now of keys of which something may have moved: of those in `redone` what is in `anew`, of all
        others what was `kept`, or nothing for those that are `new`, with what `moved`, a table for each strip."""
        inner = build.select(build.column(KEY)).from_(build.table(redone), copy=False)
        # no key is unknown
        is_redone = exp.In(this=build.column(KEY, "k"), query=exp.Subquery(this=inner))
        columns = [build.column(name) for name in (KEY, *self.step.columns.values())]
        union: exp.Query = build.select(*columns).from_(build.table(anew), copy=False)
        for table, is_kept in ((new, False), (kept, True)):
            found = [build.alias(build.column(KEY, "k"), KEY)]
            found.extend(build.alias(self._now(leaf, moved, is_kept), self._column(leaf)) for leaf in self.leaves)
            query = build.select(*found).from_(build.table(table, "k"), copy=False)
            for name in moved:
                on = build.eq(build.column(KEY, name), build.column(KEY, "k"))
                query = build.left_join(query, build.table(name), on)
            query = query.where(exp.Not(this=is_redone.copy()), copy=False)
            union = exp.Union(this=query, expression=union, distinct=False)
        return union

    def changed(self, strip: Strip, moved: str, among: Container[Aggregate] | None = None) -> exp.Select | None:
        """The keys of a strip whose totals, all or some, may be others than they were, but for those that are redone;
        None where there can be no others."""
        parts: list[exp.Expr] = []
        for leaf in strip.leaves if among is None else [leaf for leaf in strip.leaves if leaf in among]:
            column = self._column(leaf)
            if leaf.kind in _SUMMED:
                parts.append(exp.NEQ(this=build.column(column), expression=build.number(0)))
            elif leaf.kind in _EXTREMES:
                # what went was not the value, or these are redone
                parts.append(build.is_known(build.column(_part(column, COME))))
        if not parts:
            return None
        return build.select(build.column(KEY)).from_(build.table(moved), copy=False).where(build.or_(parts), copy=False)

    def crossed(
        self,
        kept: str,
        moved: Sequence[str],
        redone: str,
        conditions: Mapping[Node, Sequence[Aggregate]],
        lower: Expressions,
    ) -> list[exp.Select]:
        """The keys of which some condition is met that was not, or the other way round. Each condition is made of some
        of these aggregates and nothing else. Keys that are `redone`, or new, are not looked at: what was kept of them
        and what moved may add up to nothing that can be worked with."""
        groups: dict[tuple[int, ...], dict[Node, Sequence[Aggregate]]] = {}
        for condition, leaves in conditions.items():
            places = [place for place, strip in enumerate(self.strips) if strip.has_any(leaves)]
            groups.setdefault(tuple(places), {})[condition] = leaves
        return [
            self._crossed(kept, [moved[place] for place in places], moved, redone, group, lower)
            for places, group in groups.items()
        ]

    def _crossed(
        self,
        kept: str,
        among: Sequence[str],
        moved: Sequence[str],
        redone: str,
        conditions: Mapping[Node, Sequence[Aggregate]],
        lower: Expressions,
    ) -> exp.Select:
        """The keys for conditions whose aggregates have borders in the same strips: the tables `among` all that
        `moved`."""
        leaves = dict.fromkeys(leaf for found in conditions.values() for leaf in found)
        rows = [build.alias(build.column(KEY, "k"), KEY)]
        frames: dict[str, dict[Leaf | InstanceKey, exp.Expr | Named]] = {WAS: {}, IS: {}}
        for leaf in leaves:
            column = self._column(leaf)
            old: exp.Expr = build.column(column, "k")
            if leaf.kind not in _EXTREMES:
                old = build.coalesce(old, build.number(0))
            for word, value in ((WAS, old), (IS, self._now(leaf, moved, is_kept=True))):
                rows.append(build.alias(value, _part(column, word)))
                frames[word][leaf] = Named(_part(column, word), "t")
        found = exp.Subquery(this=union([_keys(name) for name in among]), alias=exp.TableAlias(this=build.name("m")))
        is_redone = exp.In(this=build.column(KEY, "m"), query=exp.Subquery(this=_keys(redone)))
        keys = build.select(build.column(KEY, "m")).from_(found, copy=False)
        keys = keys.where(exp.Not(this=is_redone), copy=False)  # no key is unknown
        source = exp.Subquery(this=keys, alias=exp.TableAlias(this=build.name("u")))
        inner = build.select(*rows).from_(source, copy=False)
        for name in among:
            on = build.eq(build.column(KEY, name), build.column(KEY, "u"))
            inner = build.left_join(inner, build.table(name), on)
        inner = build.inner_join(
            inner, build.table(kept, "k"), build.eq(build.column(KEY, "k"), build.column(KEY, "u"))
        )
        was, is_ = (Frame(columns=frames[word]) for word in (WAS, IS))
        differ = [
            exp.NullSafeNEQ(this=build.wrap(lower.value(one, was)), expression=build.wrap(lower.value(one, is_)))
            for one in conditions
        ]
        query = build.select(build.column(KEY, "t"))
        query = query.from_(exp.Subquery(this=inner, alias=exp.TableAlias(this=build.name("t"))))
        return query.where(build.or_(differ), copy=False)

    def _column(self, leaf: Aggregate) -> str:
        columns: dict[Leaf, str] = self.step.columns
        return columns[leaf]

    def _now(self, leaf: Aggregate, moved: Sequence[str], is_kept: bool) -> exp.Expr:
        column = self._column(leaf)
        tables = [table for table, strip in zip(moved, self.strips, strict=True) if leaf in strip.leaves]
        old = [build.column(column, "k")] if is_kept else []
        if leaf.kind in _SUMMED:
            zero = build.number(0)
            parts = [*old, *(build.column(column, table) for table in tables)]
            total: exp.Expr = build.coalesce(parts[0], zero)
            for part in parts[1:]:
                total = exp.Add(this=total, expression=build.coalesce(part, zero.copy()))
            return self.now.cast(total, leaf.type.kind) if leaf.type.kind in self.now.dialect.sums else total
        if leaf.kind in _EXTREMES:
            kind = exp.Greatest if leaf.kind == "max" else exp.Least
            first, *others = [*old, *(build.column(_part(column, COME), table) for table in tables)]
            return kind(this=first, expressions=others, ignore_nulls=True)
        # of those who are new any event makes it undecided
        return old[0] if old else exp.Null()

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

    def _own_strips(self, leaf: Aggregate) -> set[tuple[dt.datetime, dt.datetime]]:
        """What is new, and where the borders of a window went."""
        then, now = self.then.as_of, self.now.as_of
        assert then is not None
        assert now is not None
        moves = ((_border(moment, then), _border(moment, now)) for moment in borders(leaf))
        return {(then, now), *((min(pair), max(pair)) for pair in moves)}

    def _within(self, at: exp.Expr, strip: Strip) -> exp.Expr:
        low, high = self.now.timestamp(strip.low), self.now.timestamp(strip.high)
        return exp.Between(this=at.copy(), low=low, high=high)


def union(queries: Sequence[exp.Query]) -> exp.Query:
    """The different rows of all."""
    found = queries[0]
    for query in queries[1:]:
        found = exp.Union(this=found, expression=query, distinct=True)
    return found


def _keys(table: str) -> exp.Select:
    return build.select(build.column(KEY)).from_(build.table(table), copy=False)


def _beside(kept: str, moved: str, condition: exp.Expr) -> exp.Select:
    """Keys that moved, as `d`, by what was kept of them, as `k`."""
    query = build.select(build.alias(build.column(KEY, "d"), KEY)).from_(build.table(moved, "d"), copy=False)
    query = build.left_join(query, build.table(kept, "k"), build.eq(build.column(KEY, "k"), build.column(KEY, "d")))
    return query.where(condition, copy=False)


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
