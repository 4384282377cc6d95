"""What a later as-of changes about totals, as SELECTs over the events whose place in a window is another."""

from __future__ import annotations

import datetime as dt
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from sqlglot import exp

from segdsl.plan.plan import Leaf
from segdsl.plan.steady import borders
from segdsl.program import Aggregate, At, Floor, InstanceKey, Moment, Node
from segdsl.sql import build
from segdsl.sql.expressions import Expressions, Frame, Named
from segdsl.sql.query import TotalsStep
from segdsl.sql.relations import COMPARISONS
from segdsl.sql.rows import AT, KEY, keys_of
from segdsl.types import Kind

COME, GONE, WAS, IS = "come", "gone", "was", "is"
# aggregates that take the difference as it is; of the others a greatest or smallest value may be known from it
_SUMMED = ("count", "sum")
_EXTREMES = ("min", "max")


@dataclass(frozen=True, slots=True)
class Strip:
    """A stretch of time that borders of windows went over, both ends included, and the aggregates that its events may
    come to or go from."""

    low: dt.datetime
    high: dt.datetime
    come: frozenset[Aggregate] = frozenset()
    gone: frozenset[Aggregate] = frozenset()

    def has(self, leaf: Aggregate) -> bool:
        return leaf in self.come or leaf in self.gone


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
        return tuple(self._strip(Strip(low, high)) for low, high in ranges)

    def _strip(self, strip: Strip) -> Strip:
        moves = {leaf: self._moves(leaf, strip) for leaf in self.leaves}
        come, gone = ({leaf for leaf in moves if moves[leaf][word] is not None} for word in (COME, GONE))
        return replace(strip, come=frozenset(come), gone=frozenset(gone))

    def _in(self, strip: Strip) -> list[Aggregate]:
        return [leaf for leaf in self.leaves if strip.has(leaf)]

    def events(self) -> exp.Select:
        """The events that lie in some strip."""
        at = build.column(AT, "e")
        query = build.select(exp.Star()).from_(build.table(self.step.events.name, "e"), copy=False)
        return query.where(build.or_([self._within(at, strip) for strip in self.strips]), copy=False)

    def moved(self, strip: Strip, events: str) -> exp.Select:
        """A row per key that has events in a strip: for what is summed, what is to be added; else what came and what
        went. `events` are those of all strips."""
        found: list[exp.Expr] = [build.alias(build.column(KEY, "e"), KEY)]
        for leaf in self._in(strip):
            found.extend(self._difference(leaf, strip))
        query = build.select(*found).from_(build.table(events, "e"), copy=False)
        query = query.where(self._within(build.column(AT, "e"), strip), copy=False)
        return query.group_by(build.column(KEY, "e"), copy=False)

    @cached_property
    def doubtful(self) -> tuple[Aggregate, ...]:
        """The aggregates of which what was kept and what moved may not tell the value."""
        return tuple(leaf for leaf in self.leaves if any(_is_doubtful(leaf, strip) for strip in self.strips))

    def undecided(self, kept: str, strip: Strip, moved: str) -> exp.Select | None:
        """The keys of a strip of which some value cannot be told from what was kept and what moved; None where all
        can be."""
        parts: list[exp.Expr] = []
        for leaf in self._in(strip):
            if not _is_doubtful(leaf, strip):
                continue
            column = self._column(leaf)
            gone = build.column(_part(column, GONE), "d")
            if leaf.kind == "distinct":
                parts.append(exp.GT(this=gone, expression=build.number(0)))
            else:
                # what went decided the value, or may have
                old = build.column(column, "k")
                kind = exp.GTE if leaf.kind == "max" else exp.LTE
                is_it = build.coalesce(kind(this=gone.copy(), expression=old), exp.true())
                parts.append(build.and_([build.is_known(gone), is_it]))
        return None if not parts else _beside(kept, moved, build.or_(parts))

    def decided(self, totals: exp.Select, undecided: str) -> exp.Select:
        """The doubtful aggregates of keys that are `undecided` (a table), read from the events; `totals` is the SELECT
        of the whole step."""
        columns = [self._column(leaf) for leaf in self.doubtful]
        found = [item for item in totals.selects if item.alias in (KEY, *columns)]
        totals = totals.select(*found, append=False, copy=False)
        totals = totals.where(build.is_in(build.column(KEY, "e"), keys_of(undecided)), copy=False)
        begins = [self._begins(leaf) for leaf in self.doubtful]
        earliest = min((moment for moment in begins if moment is not None), default=None)
        if earliest is not None and None not in begins:
            at = build.column(AT, "e")
            totals = totals.where(exp.GTE(this=at, expression=self.now.timestamp(earliest)), copy=False)
        values: list[exp.Expr] = [build.alias(build.column(KEY, "u"), KEY)]
        for leaf, column in zip(self.doubtful, columns, strict=True):
            value: exp.Expr = build.column(column, "t")
            # whoever has no such events has no row
            value = build.coalesce(value, build.number(0)) if leaf.kind == "distinct" else value
            values.append(build.alias(value, column))
        query = build.select(*values).from_(build.table(undecided, "u"), copy=False)
        on = build.eq(build.column(KEY, "t"), build.column(KEY, "u"))
        return build.left_join(query, build.subquery(totals, "t"), on)

    def new(self, kept: str, moved: str) -> exp.Select:
        """The keys of a strip of which nothing was kept."""
        return _beside(kept, moved, build.is_null(build.column(KEY, "k")))

    def brought_up(self, kept: str, new: str, moved: Sequence[str], redone: str, anew: str, decided: str) -> exp.Query:
        """The totals now of keys of which something may have moved: of those in `redone` what is in `anew`, of all
        others what was `kept`, or nothing for those that are `new`, with what `moved`, a table for each strip; the
        doubtful ones as far as they are in `decided`."""
        is_redone = build.is_in(build.column(KEY, "k"), keys_of(redone))  # no key is unknown
        columns = [build.column(name) for name in (KEY, *self.step.columns.values())]
        union: exp.Query = build.select(*columns).from_(build.table(anew), copy=False)
        for table, is_kept in ((new, False), (kept, True)):
            found = [build.alias(build.column(KEY, "k"), KEY)]
            for leaf in self.leaves:
                value = self._now(leaf, moved, is_kept)
                if leaf in self.doubtful:
                    is_decided = build.is_known(build.column(KEY, decided))
                    value = build.case([(is_decided, build.column(self._column(leaf), decided))], value)
                found.append(build.alias(value, self._column(leaf)))
            query = build.select(*found).from_(build.table(table, "k"), copy=False)
            for name in (*moved, *((decided,) if self.doubtful else ())):
                on = build.eq(build.column(KEY, name), build.column(KEY, "k"))
                query = build.left_join(query, build.table(name), on)
            query = query.where(exp.Not(this=is_redone.copy()), copy=False)
            union = exp.Union(this=query, expression=union, distinct=False)
        return union

    def changed(self, strip: Strip, moved: str, among: Container[Aggregate]) -> exp.Select | None:
        """The keys of a strip of which some of these totals may be others than they were, but for those that are
        redone; None where there can be no others."""
        parts: list[exp.Expr] = []
        for leaf in self._in(strip):
            column = self._column(leaf)
            if leaf not in among:
                continue
            if leaf.kind in _SUMMED:
                parts.append(exp.NEQ(this=build.column(column), expression=build.number(0)))
            elif leaf.kind in _EXTREMES and leaf in strip.come:
                # what went was not the value, or these are redone
                parts.append(build.is_known(build.column(_part(column, COME))))
        if not parts:
            return None
        return build.select(build.column(KEY)).from_(build.table(moved), copy=False).where(build.or_(parts), copy=False)

    def crossed(
        self,
        kept: str,
        moved: Sequence[str],
        but: exp.Query,
        conditions: Mapping[Node, Sequence[Aggregate]],
        lower: Expressions,
    ) -> list[exp.Select]:
        """The keys of which some condition is met that was not, or the other way round. Each condition is made of some
        of these aggregates and nothing else. Keys in `but`, of which some totals are worked out anew, and new ones are
        not looked at: what was kept of them and what moved may add up to nothing that can be worked with."""
        groups: dict[tuple[int, ...], dict[Node, Sequence[Aggregate]]] = {}
        for condition, leaves in conditions.items():
            places = [place for place, strip in enumerate(self.strips) if any(map(strip.has, leaves))]
            if places:
                groups.setdefault(tuple(places), {})[condition] = leaves
        return [
            self._crossed(kept, [moved[place] for place in places], moved, but, group, lower)
            for places, group in groups.items()
        ]

    def _crossed(
        self,
        kept: str,
        among: Sequence[str],
        moved: Sequence[str],
        but: exp.Query,
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
        found = build.subquery(union([keys_of(name) for name in among]), "m")
        is_anew = build.is_in(build.column(KEY, "m"), but.copy())
        keys = build.select(build.column(KEY, "m")).from_(found, copy=False)
        keys = keys.where(exp.Not(this=is_anew), copy=False)  # no key is unknown
        source = build.subquery(keys, "u")
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
        query = query.from_(build.subquery(inner, "t"))
        return query.where(build.or_(differ), copy=False)

    def _column(self, leaf: Aggregate) -> str:
        columns: dict[Leaf, str] = self.step.columns
        return columns[leaf]

    def _now(self, leaf: Aggregate, moved: Sequence[str], is_kept: bool) -> exp.Expr:
        column = self._column(leaf)
        tables = list(zip(moved, self.strips, strict=True))
        old = [build.column(column, "k")] if is_kept else []
        if leaf.kind in _SUMMED:
            zero = build.number(0)
            parts = [*old, *(build.column(column, table) for table, strip in tables if strip.has(leaf))]
            total: exp.Expr = build.coalesce(parts[0], zero) if parts else zero
            for part in parts[1:]:
                total = exp.Add(this=total, expression=build.coalesce(part, zero.copy()))
            return self.now.cast(total, leaf.type.kind)
        if leaf.kind in _EXTREMES:
            kind = exp.Greatest if leaf.kind == "max" else exp.Least
            come = [build.column(_part(column, COME), table) for table, strip in tables if leaf in strip.come]
            values: list[exp.Expr] = [*old, *come] or [exp.Null()]
            return kind(this=values[0], expressions=values[1:], ignore_nulls=True) if values[1:] else values[0]
        # of those who are new any event makes it undecided
        return old[0] if old else exp.Null()

    def _difference(self, leaf: Aggregate, strip: Strip) -> list[exp.Expr]:
        column, moves = self._column(leaf), self._moves(leaf, strip)
        known = {word: held for word, held in moves.items() if held is not None}
        rows = self.step.events.frame("e", None)
        value = build.number(1) if leaf.value is None else self.now.value(leaf.value, rows)
        match leaf.kind:
            case "count" | "sum":
                totals = {word: self._total(leaf.kind, value, held) for word, held in known.items()}
                added = totals.get(COME, build.number(0))
                found = exp.Sub(this=added, expression=totals[GONE]) if GONE in totals else added
                return [build.alias(found, column)]
            case "min" | "max":
                return [
                    build.alias(
                        self.now.extreme(build.case([(held, value.copy())]), leaf.type.kind, leaf.kind == "max"),
                        _part(column, word),
                    )
                    for word, held in known.items()
                ]
            case _:
                either = build.case([(build.or_(list(known.values())), value)])
                return [build.alias(exp.Count(this=either, big_int=True), _part(column, GONE))]

    def _moves(self, leaf: Aggregate, strip: Strip) -> dict[str, exp.Expr | None]:
        """Whether an event of a strip came, and whether it went; None where none can have."""
        then, now = self._held(leaf, self.then, strip), self._held(leaf, self.now, strip)
        return {COME: _but(now, then), GONE: _but(then, now)}

    def _total(self, kind: str, value: exp.Expr, held: exp.Expr) -> exp.Expr:
        chosen = build.case([(held, value.copy())])
        if kind == "count":
            return exp.Count(this=chosen, big_int=True)
        return build.coalesce(exp.Sum(this=chosen), build.number(0))

    def _held(self, leaf: Aggregate, lower: Expressions, strip: Strip) -> list[exp.Expr] | None:
        """What makes an event of a strip count as of a moment, which sees nothing later; None where none does."""
        as_of = lower.as_of
        assert as_of is not None
        rows = self.step.events.frame("e", None)
        at = rows.rows[At(leaf.event)]
        parts: list[exp.Expr] = []
        limits: list[tuple[str, dt.datetime | None, Node | None]] = [("<=", as_of, None)]
        for bound in leaf.bounds:
            moving = bound.value if isinstance(bound.value, Moment) and bound.value.base is None else None
            limits.append((bound.op, None if moving is None else _border(moving, as_of), bound.value))
        for op, limit, node in limits:
            is_met = None if limit is None else _is_met(op, strip, limit)
            if is_met is False:
                return None
            if is_met is None:
                value = lower.now() if node is None else build.wrap(lower.value(node, Frame()))
                parts.append(COMPARISONS[op](this=at.copy(), expression=value))
        if leaf.condition is not None:
            parts.append(lower.holds(leaf.condition, rows))
        return parts

    def _own_strips(self, leaf: Aggregate) -> set[tuple[dt.datetime, dt.datetime]]:
        """What is new, and where the borders of a window went."""
        then, now = self.then.as_of, self.now.as_of
        assert then is not None
        assert now is not None
        moves = ((_border(moment, then), _border(moment, now)) for moment in borders(leaf))
        return {(then, now), *((min(pair), max(pair)) for pair in moves)}

    def _begins(self, leaf: Aggregate) -> dt.datetime | None:
        """A moment before which no event is in an aggregate's window now; None where there may be none."""
        as_of = self.now.as_of
        assert as_of is not None
        limits = [
            _border(bound.value, as_of)
            for bound in leaf.bounds
            if bound.op in (">", ">=") and isinstance(bound.value, Moment) and bound.value.base is None
        ]
        return max(limits, default=None)

    def _within(self, at: exp.Expr, strip: Strip) -> exp.Expr:
        low, high = self.now.timestamp(strip.low), self.now.timestamp(strip.high)
        return exp.Between(this=at.copy(), low=low, high=high)


def _is_doubtful(leaf: Aggregate, strip: Strip) -> bool:
    """Whether events of a strip can leave an aggregate with a value that nothing kept tells."""
    return strip.has(leaf) if leaf.kind == "distinct" else leaf.kind in _EXTREMES and leaf in strip.gone


def union(queries: Sequence[exp.Query]) -> exp.Query:
    """The different rows of all."""
    found = queries[0]
    for query in queries[1:]:
        found = exp.Union(this=found, expression=query, distinct=True)
    return found


def _beside(kept: str, moved: str, condition: exp.Expr) -> exp.Select:
    """Keys that moved, as `d`, by what was kept of them, as `k`."""
    query = build.select(build.alias(build.column(KEY, "d"), KEY)).from_(build.table(moved, "d"), copy=False)
    query = build.left_join(query, build.table(kept, "k"), build.eq(build.column(KEY, "k"), build.column(KEY, "d")))
    return query.where(condition, copy=False)


def _is_met(op: str, strip: Strip, limit: dt.datetime) -> bool | None:
    """Whether all events of a strip are on one side of a limit; None where some may be on the other."""
    match op:
        case "<":
            return True if strip.high < limit else False if strip.low >= limit else None
        case "<=":
            return True if strip.high <= limit else False if strip.low > limit else None
        case ">":
            return True if strip.low > limit else False if strip.high <= limit else None
        case _:
            return True if strip.low >= limit else False if strip.high < limit else None


def _but(one: list[exp.Expr] | None, other: list[exp.Expr] | None) -> exp.Expr | None:
    """That all of one are met and not all of another; None where that cannot be."""
    if one is None or other in (one, []):
        return None
    parts = [part.copy() for part in one]
    if other is not None:
        all_of = build.and_([part.copy() for part in other])
        parts.append(exp.Not(this=build.wrap(build.coalesce(build.wrap(all_of), exp.false()))))
    return build.and_(parts) if parts else exp.true()


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
