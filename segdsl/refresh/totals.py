"""The totals of one step of an evaluation, as a run keeps them and the next one brings them up to date.

A day moves the totals of some: these stand in a table in front of the one that has everybody's, until they are too
many.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

from sqlglot import exp

from segdsl.engines.problem import EngineProblem
from segdsl.history.kept import KeptTotals
from segdsl.plan.steady import name_of
from segdsl.plan.watched import Watched
from segdsl.problems.stages import EVALUATION
from segdsl.refresh.totals_file import TotalsFile
from segdsl.sql import DUCKDB, Query, build, sql_text
from segdsl.sql.differences import Differences, union
from segdsl.sql.digests import BUCKET, bucket
from segdsl.sql.expressions import Expressions
from segdsl.sql.query import TotalsStep
from segdsl.sql.rows import KEY, is_joined, keys_of

# `_KEPT`: the totals of everybody before, as they are worked out; `_OLD`: of whoever moved, which `_WAS` has narrow
_EVENTS, _MOVED, _KEPT, _WAS, _OLD, _NEW = (
    f"segdsl_{word}" for word in ("events", "moved", "kept", "was", "old", "new")
)
# keys whose totals are all worked out anew, and these; keys of which some are, and these
_REDONE, _ANEW, _UNDECIDED, _DECIDED = (f"segdsl_{word}" for word in ("redone", "anew", "undecided", "decided"))
# what totals are kept as where all of them fit, which is half as much to write and to read
_NARROW = {"BIGINT": "INTEGER", "HUGEINT": "BIGINT"}
_WIDE_DECIMAL = re.compile(r"DECIMAL\(38, ?(\d+)\)")
# where more than this part of everybody has totals that moved since all were written, all are written again
FRONT_AT_MOST = 0.5


def names_of(step: TotalsStep) -> tuple[str, ...]:
    """The lasting names of the aggregates of a step, in the order of its columns."""
    return tuple(name_of(leaf) for leaf in step.relation.leaves)


def keep(file: TotalsFile, table: str, step: TotalsStep, query: Query) -> KeptTotals:
    """Keeps the totals of everybody in a table of this name, as a query works them out."""
    rows = query.reading(query.step(step.name))
    types = file.types_of(rows.copy())
    kept = KeptTotals(step.relation.entity, step.relation.event, table, names_of(step), types)
    _write(file, kept, lambda as_types: _from_columns(rows.copy(), step, as_types))
    return kept


def read(file: TotalsFile, kept: KeptTotals, columns: Mapping[str, str], only: exp.Query | None = None) -> exp.Select:
    """Totals that were kept, in the types that they were worked out in: by each column the name of its aggregate. Those
    of some keys `only`, or of all."""
    rows = _rows(file, kept)
    if only is not None:
        # before anything is made wide, and joined
        rows = rows.where(is_joined(build.column(KEY, "r"), only), copy=False)
    return _wide(build.subquery(rows, "w"), kept, columns)


@dataclass(frozen=True, eq=False)
class Onward:
    """The totals of one step brought from the as-of of the last run, which has `kept` them, to that of this one.

    `touched` is a table of the buckets of keys whose events are others than they were, and `table` the name for what is
    kept now.
    """

    file: TotalsFile
    query: Query
    step: TotalsStep
    then: Expressions
    now: Expressions
    kept: KeptTotals
    touched: str
    table: str

    def bring_up(self) -> KeptTotals:
        """Keeps the totals of now."""
        file, query, difference = self.file, self.query, self._difference
        file.create(_EVENTS, query.reading(difference.events()))
        for name, strip in zip(self._moved, difference.strips, strict=True):
            file.create(name, difference.moved(strip, _EVENTS))
        file.drop(_EVENTS)
        file.view(_KEPT, read(file, self.kept, self._columns))
        # what moves of it, as it was kept: half as wide
        moved = union([keys_of(name) for name in self._moved])
        file.create(_WAS, _rows(file, self.kept).where(build.is_in(build.column(KEY, "r"), moved), copy=False))
        file.view(_OLD, _wide(build.table(_WAS), self.kept, self._columns))
        file.create(_REDONE, query.reading(self._to_redo()))
        anew = query.step(self.step.name).where(build.is_in(build.column(KEY, "e"), keys_of(_REDONE)), copy=False)
        file.create(_ANEW, query.reading(anew))
        file.create(_UNDECIDED, self._undecided())
        if difference.doubtful:
            file.create(_DECIDED, query.reading(difference.decided(query.step(self.step.name), _UNDECIDED)))
        file.create(_NEW, union([difference.new(_OLD, name) for name in self._moved]))
        return self._write_kept()

    def to_evaluate(self, watched: Watched, rest: Expressions) -> exp.Query:
        """The keys that a rule may say something else of, as far as these totals go, once they are brought up to date.
        `rest` is for the plan of what is `watched`."""
        conditions = watched.conditions.get(self.step.relation.event, {})
        selects: list[exp.Query] = [_worked_out(), keys_of(_NEW)]
        selects += self._difference.crossed(_OLD, self._moved, _worked_out(), conditions, rest)
        for strip, name in zip(self._difference.strips, self._moved, strict=True):
            changed = self._difference.changed(strip, name, watched.totals)
            if changed is not None:
                selects.append(changed)
        return union(selects)

    def settle(self) -> list[str]:
        """Lets go of what is in between; gives the keys that were worked out anew, as texts."""
        keys = build.select(build.cast(build.column(KEY, "w"), "TEXT"))
        keys = keys.from_(build.subquery(_worked_out(), "w"), copy=False)
        told = self.file.engine.fetch(sql_text(keys, DUCKDB), EVALUATION)
        self.file.drop(*self._moved, _WAS, _NEW, _REDONE, _ANEW, _UNDECIDED, _DECIDED)
        return [row[0] for row in told]

    @cached_property
    def _difference(self) -> Differences:
        return Differences(self.step, self.then, self.now)

    @cached_property
    def _moved(self) -> list[str]:
        return [f"{_MOVED}_{number}" for number in range(len(self._difference.strips))]

    @cached_property
    def _columns(self) -> dict[str, str]:
        return dict(zip(self.step.columns.values(), names_of(self.step), strict=True))

    def _to_redo(self) -> exp.Query:
        """The keys whose totals are all worked out anew, as their events are others than they were."""
        selects: list[exp.Query] = []
        in_touched = build.select(build.column(BUCKET)).from_(build.table(self.touched), copy=False)
        for rows in (self.step.events.name, _KEPT):
            key = build.column(KEY, "e")
            inside = build.is_in(build.wrap(bucket(key.copy())), in_touched.copy())
            selects.append(
                build.select(build.alias(key, KEY)).from_(build.table(rows, "e"), copy=False).where(inside, copy=False)
            )
        return union(selects)

    def _undecided(self) -> exp.Query:
        """The keys of which what was kept does not tell all that they are now."""
        found = [
            self._difference.undecided(_OLD, strip, name)
            for name, strip in zip(self._moved, self._difference.strips, strict=True)
        ]
        selects = [select for select in found if select is not None]
        return union(selects) if selects else keys_of(_REDONE).where(exp.false(), copy=False)

    def _write_kept(self) -> KeptTotals:
        kept, file = self.kept, self.file
        types = (kept.types[0], *(kept.types[1 + place] for place in self._places))
        found = replace(kept, table=self.table, aggregates=names_of(self.step), types=types, below="")
        changed = union([keys_of(name) for name in (_WAS, _NEW, _REDONE)])  # whoever is undecided has moved
        everybody = kept.below or kept.table
        front = build.select(exp.Star()).from_(file.own(kept.table), copy=False) if kept.below else None
        # a table of some stands in front of one of the same columns
        if found.aggregates == kept.aggregates:
            in_front = changed.copy() if front is None else union([changed.copy(), _keys(file, kept.table)])
            if file.rows(in_front) <= FRONT_AT_MOST * file.rows(_keys(file, everybody)):
                found = replace(found, below=everybody)
        if not found.below:
            _write(file, found, self._brought_up, partial(self._others, _rows(file, kept), changed))
        elif front is None:
            _write(file, found, self._brought_up, self._gone)
        else:
            _write(file, found, self._brought_up, self._gone, partial(self._in_front, front, changed))
        return found

    @property
    def _places(self) -> list[int]:
        """Where the aggregates stand in what was kept."""
        return [self.kept.aggregates.index(name) for name in names_of(self.step)]

    def _brought_up(self, types: Sequence[str]) -> exp.Query:
        rows = self._difference.brought_up(_OLD, _NEW, self._moved, _REDONE, _ANEW, _DECIDED)
        return _from_columns(rows, self.step, types)

    def _gone(self, types: Sequence[str]) -> exp.Query:
        """Rows without values for keys that have no events any more, so that what is behind does not count."""
        nothing = (build.alias(build.cast(exp.Null(), type_), f"v{place}") for place, type_ in enumerate(types))
        rows = build.select(build.column(KEY), *nothing).from_(build.table(_REDONE), copy=False)
        return rows.where(exp.Not(this=build.is_in(build.column(KEY), keys_of(_ANEW))), copy=False)

    def _in_front(self, rows: exp.Select, changed: exp.Query, types: Sequence[str]) -> exp.Select:
        """Rows of what was kept whose totals are what they were."""
        found = [build.alias(build.column(KEY, "o"), KEY)]
        for place, (was, type_) in enumerate(zip(self._places, types, strict=True)):
            found.append(build.alias(build.cast(build.column(f"v{was}", "o"), type_), f"v{place}"))
        # no key is unknown
        is_changed = build.is_in(build.column(KEY, "o"), changed.copy())
        query = build.select(*found).from_(build.subquery(rows.copy(), "o"), copy=False)
        return query.where(exp.Not(this=is_changed), copy=False)

    def _others(self, rows: exp.Select, changed: exp.Query, types: Sequence[str]) -> exp.Select:
        """The same, without the keys that have no events any more."""
        values = [build.is_known(build.column(f"v{place}", "o")) for place in self._places]
        return self._in_front(rows, changed, types).where(build.or_(values), copy=False)


def _worked_out() -> exp.Query:
    """The keys of which totals are worked out anew, all or some."""
    return union([keys_of(_REDONE), keys_of(_UNDECIDED)])


def _rows(file: TotalsFile, kept: KeptTotals) -> exp.Select:
    """All rows of what was kept, as `r`: `key`, and `v0`, `v1` …"""
    everything = build.select(exp.Star())
    if not kept.below:
        return everything.from_(build.called(file.own(kept.table), "r"))
    behind = everything.copy().from_(build.called(file.own(kept.below), "b"))
    is_in_front = build.is_in(build.column(KEY, "b"), _keys(file, kept.table))
    behind = behind.where(exp.Not(this=is_in_front), copy=False)
    front = everything.copy().from_(file.own(kept.table))
    return everything.from_(build.subquery(exp.Union(this=front, expression=behind, distinct=False), "r"))


def _keys(file: TotalsFile, table: str) -> exp.Select:
    return build.select(build.column(KEY)).from_(file.own(table), copy=False)


def _wide(rows: exp.Expr, kept: KeptTotals, columns: Mapping[str, str]) -> exp.Select:
    """The columns of aggregates, of rows as they are kept."""
    found = [build.alias(build.column(KEY), KEY)]
    for column, name in columns.items():
        place = kept.aggregates.index(name)
        found.append(build.alias(build.cast(build.column(f"v{place}"), kept.types[1 + place]), column))
    return build.select(*found).from_(rows, copy=False)


def _from_columns(rows: exp.Query, step: TotalsStep, types: Sequence[str]) -> exp.Select:
    """Totals as they are kept, as these types, of columns as they are worked out in."""
    found = [build.alias(build.column(KEY, "t"), KEY)]
    for place, (column, type_) in enumerate(zip(step.columns.values(), types, strict=True)):
        found.append(build.alias(build.cast(build.column(column, "t"), type_), f"v{place}"))
    return build.select(*found).from_(build.subquery(rows, "t"), copy=False)


def _write(file: TotalsFile, kept: KeptTotals, *parts: Callable[[Sequence[str]], exp.Query]) -> None:
    """Makes the table of what is kept: narrow, unless some values do not fit."""

    def rows(types: Sequence[str]) -> exp.Query:
        union = parts[0](types)
        for part in parts[1:]:
            union = exp.Union(this=union, expression=part(types), distinct=False)
        return union

    try:
        file.create(file.own(kept.table), rows([_narrower(type_) for type_ in kept.types[1:]]))
    except EngineProblem:
        file.create(file.own(kept.table), rows(kept.types[1:]))


def _narrower(type_: str) -> str:
    found = _WIDE_DECIMAL.fullmatch(type_)
    return _NARROW.get(type_, type_) if found is None else f"DECIMAL(18, {found.group(1)})"
