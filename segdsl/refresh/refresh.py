"""A run that goes on from the one before: totals are brought up to date by what has moved, all else is worked out anew.

What is kept is never trusted further than it is proved. Digests of all events up to the last as-of tell of whose
events some are others than they were; the totals of those are worked out anew, of everybody else by the events that a
window let in or out. Whatever does not fit makes it a full run, which says why.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256

from sqlglot import exp

from segdsl.engines.duckdb import DuckDB
from segdsl.engines.fingerprint import FILE_NAME, Figures, gone_on
from segdsl.engines.results import Held
from segdsl.history import kept as keeping
from segdsl.history.answers import Since
from segdsl.history.kept import Kept, KeptTotals
from segdsl.history.store import Store
from segdsl.model.model import Model
from segdsl.model.schema import PartName
from segdsl.plan import Plan
from segdsl.plan.meaning import meanings
from segdsl.plan.planner import make_plan
from segdsl.plan.steady import is_steady, why_anew
from segdsl.problems import refresh as said
from segdsl.program import Attribute, KeyOf, Output
from segdsl.refresh.concerned import Concerned, Evaluated
from segdsl.refresh.sources import added_to, are_all, files, sources
from segdsl.refresh.totals import Onward, keep, names_of, read
from segdsl.refresh.totals_file import TotalsFile
from segdsl.sql import DUCKDB, Query, build
from segdsl.sql.digests import (
    additions,
    columns_of,
    digests,
    summed,
    touched,
    with_late,
)
from segdsl.sql.expressions import Expressions
from segdsl.sql.rows import keys_of
from segdsl.sql.words import Places

_TOUCHED, _TO_EVALUATE, _WERE, _ADDED = (
    f"segdsl_{word}" for word in ("touched", "to_evaluate", "digests_kept", "digests_added")
)


@dataclass(frozen=True, slots=True)
class Way:
    """How a definition was brought up to date: `differences` (nothing of events was read anew), `partly`, `anew`, or
    `attributes` (it reads no events); `why` says what was worked out anew, and the reason of each."""

    definition: str
    way: str
    why: tuple[str, ...] = ()


@dataclass(frozen=True)
class Refreshed:
    """What a run went on from: the as-of of the last one, or (None) nothing, and `why`. `redone` counts the customers
    whose totals were worked out anew, as their events are others than before or what went decided a value; `evaluated`
    those whom the rules were evaluated for, as they may be elsewhere now (None: everybody)."""

    since: dt.datetime | None
    why: str | None
    redone: int
    _plan: Plan = field(repr=False)
    _outputs: tuple[Output, ...] = field(repr=False)
    evaluated: int | None = None

    @cached_property
    def ways(self) -> tuple[Way, ...]:
        """Which way each definition goes, whether or not this run went on from another."""
        return tuple(_way(self._plan, output) for output in self._outputs)


class Refresh:
    """One run that goes on from the last, or begins what the next can go on from."""

    def __init__(self, store: Store, model: Model, engine: DuckDB, as_of: dt.datetime, version: str) -> None:
        self._store, self._model, self._engine = store, model, engine
        self._as_of, self._version = as_of, version
        self._redone = 0
        self._file = TotalsFile(engine)
        # by entity and event; and who may be elsewhere now, as totals are others than they were
        self._totals: dict[tuple[str, str], KeptTotals] = {}
        self._changed: list[exp.Query] = []
        self._concerned: Concerned | None = None
        self._since: Kept | None = None
        self._evaluated: Evaluated | None = None
        # of events whose files of before are as they were: the last as-of, the figures of then, and the files
        self._before: dict[str, tuple[dt.datetime, Figures, tuple[Sequence[str], Sequence[str]]]] = {}

    # ------------------------------------------------------------ before the evaluation

    def prepare(
        self, plan: Plan, query: Query, outputs: Sequence[Output], places: Mapping[str, Places], rewrite: bool
    ) -> None:
        """Keeps all totals that can be kept. `outputs` are what is saved, `places` the bits of that, by entity."""
        self._plan, self._query, self._schema = plan, query, query.schema
        own = places.get(plan.outputs[0].entity, ())
        self._concerned = Concerned.of(self._file, self._model, self._schema, self._as_of, plan, own, self._with_totals)
        self._steps = [step for step in query.totals if all(map(is_steady, step.relation.leaves))]
        self._events = {step.relation.event: step for step in self._steps}
        self._outputs = list(outputs)
        self._same = self._facts()
        self._columns = {
            name: _hash(json.dumps(sorted(query.schema[kind, name].items())))
            for kind, name in query.schema.parts
            if kind == "event"
        }
        self._definitions = _meanings(plan, self._outputs)
        found = keeping.read(self._store)
        self._file.clean(() if found is None else found[1].tables)
        why = self._why_full(found, rewrite)
        since = None if why is not None or found is None else found[0]
        # before anything is read of the events, so that what is written meanwhile shows in the next run
        were = {} if found is None else found[1].sources
        self._sources = {
            event: sources(self._engine, query.schema.parts[("event", event)], columns_of(step), were.get(event))
            for event, step in self._events.items()
        }
        for number, event in enumerate(self._events):
            self._digest(number, event, since, None if found is None else found[1])
        if since is not None and found is not None:
            why = self._go_on(since, found[1])
        if since is None or why is not None:
            since = None
            for number, step in enumerate(self._steps):
                self._put(keep(self._file, self._totals_of(number), step, query))
        elif found is not None:
            self._since = found[1]
        self.refreshed = Refreshed(since, why, self._redone, plan, tuple(self._outputs))

    def evaluate(self) -> tuple[Query, Mapping[str, Held]]:
        """The query to evaluate, and what is evaluated already, which it reads."""
        if self._concerned is None:
            return self._with_totals(self._query), {}
        answered = None if self._since is None else self._since.answered
        self._evaluated = self._concerned.evaluate(answered, self._changed)
        self.refreshed = replace(self.refreshed, evaluated=self._evaluated.concerned)
        return self._evaluated.query, self._evaluated.held

    def _with_totals(self, query: Query, only: str | None = None) -> Query:
        """A query that reads the totals that were kept, of the keys in a table alone or of all."""
        steps: dict[str, exp.Expr] = {}
        for step in query.totals:
            kept = self._totals.get((step.relation.entity, step.relation.event))
            if kept is not None and all(map(is_steady, step.relation.leaves)):
                columns = dict(zip(step.columns.values(), names_of(step), strict=True))
                steps[step.name] = read(self._file, kept, columns, None if only is None else keys_of(only))
        return query.given(steps)

    def _why_full(self, found: tuple[dt.datetime, Kept] | None, rewrite: bool) -> str | None:
        """Why nothing that was kept can be gone on from."""
        if rewrite:
            return said.REWRITTEN
        if found is None or not found[1].same:
            return said.NOTHING_KEPT
        if not found[1].tables <= set(self._file.tables()):
            return said.NOT_COMPLETE
        since, kept = found
        if since >= self._as_of:
            return said.SAME_MOMENT
        for name, digest in self._same.items():
            if kept.same.get(name) != digest:
                return said.another_than_before(name)
        if kept.definitions != self._definitions:
            return said.definitions_changed(kept.definitions, self._definitions)
        for event, digest in self._columns.items():
            if kept.columns.get(event) != digest:
                return said.other_columns(event) if event in kept.columns else said.read_first(event)
        return None

    def _facts(self) -> dict[str, str]:
        """What has to be the same as before, each as a hash."""
        import duckdb

        return {
            said.VERSION: _hash(self._version),
            said.DUCKDB_VERSION: _hash(duckdb.__version__),
            said.MODEL: _hash(self._model.model_dump_json(exclude={"as_of"})),
        }

    def _digest(self, number: int, event: str, since: dt.datetime | None, kept: Kept | None) -> None:
        """Keeps the digests of an event, and makes a table of the buckets that it has touched since the last run."""
        step, query, then = self._events[event], self._query, self._moment(since)
        own = self._file.own(self._digests_of(number))
        if then is None or kept is None or event not in kept.digests:
            self._file.create(own, query.reading(digests(step, None)))
            return
        self._file.view(_WERE, build.select(exp.Star()).from_(self._file.own(kept.digests[event]), copy=False))
        added = added_to(kept.sources.get(event), self._sources[event])
        if added is None:
            self._file.create(own, query.reading(digests(step, then)))
            self._file.create(f"{_TOUCHED}_{number}", touched(own, _WERE))
        else:
            # what stands in the files of before is what stood there
            rows = query.step(step.events.name)
            self._file.create(_ADDED, query.reading(additions(step, rows, FILE_NAME, then, added)))
            self._file.create(own, summed(_WERE, _ADDED))
            self._file.create(f"{_TOUCHED}_{number}", with_late(_ADDED))
            self._file.drop(_ADDED)
            if since is not None and event in kept.figures:
                self._before[event] = since, kept.figures[event], (files(kept.sources[event] or {}), added)

    def _go_on(self, since: dt.datetime, kept: Kept) -> str | None:
        """Brings all totals up to date; why not, where what was kept cannot be read back as it was."""
        query = self._query
        there = {(one.entity, one.event): one for one in kept.totals}
        redone: dict[str, None] = {}
        if not set(self._events) <= set(kept.digests):
            return said.NOT_COMPLETE
        for number, step in enumerate(self._steps):
            own = there.get((step.relation.entity, step.relation.event))
            names = names_of(step)
            if own is None or not set(names) <= set(own.aggregates):
                return said.NOT_COMPLETE
            types = dict(zip(own.aggregates, own.types[1:], strict=True))
            found = self._file.types_of(query.reading(query.step(step.name)))
            if (own.types[0], *(types[name] for name in names)) != found:
                return said.values_not_kept(step.relation.event)
            redone.update(dict.fromkeys(self._one(number, since, own)))
        self._redone = len(redone)
        return None

    def _one(self, number: int, since: dt.datetime, kept: KeptTotals) -> list[str]:
        """Brings the totals of one step up to date; gives the keys worked out anew, as texts."""
        step, zone = self._steps[number], self._model.timezone
        then, now = (Expressions(self._plan, DUCKDB, moment, zone) for moment in (since, self._as_of))
        touched = f"{_TOUCHED}_{list(self._events).index(step.relation.event)}"
        onward = Onward(self._file, self._query, step, then, now, kept, touched, self._totals_of(number))
        self._put(onward.bring_up())
        if self._concerned is not None and self._concerned.entity == step.relation.entity:
            rest = Expressions(self._concerned.rest, DUCKDB, self._as_of, zone)
            evaluated = f"{_TO_EVALUATE}_{number}"
            self._file.create(evaluated, onward.to_evaluate(self._concerned.watched, rest))
            self._changed.append(keys_of(evaluated))
        return onward.settle()

    def _put(self, kept: KeptTotals) -> None:
        self._totals[(kept.entity, kept.event)] = kept

    # ------------------------------------------------------------ after it

    @property
    def evaluated_since(self) -> Mapping[str, Since]:
        """What was evaluated since the last run, by the entity."""
        return {} if self._evaluated is None else self._evaluated.since

    def figures(self) -> dict[PartName, Figures]:
        """What the fingerprint is made of, of events of which it follows from what the last run has kept."""
        return {
            ("event", event): gone_on(self._model, self._schema, self._engine, event, was, (since, self._as_of), paths)
            for event, (since, was, paths) in self._before.items()
        }

    def keep(self, kept: Kept, figures: Mapping[PartName, Figures]) -> Kept:
        """What the next run can go on from, with what is kept besides."""
        return replace(
            kept,
            same=self._same,
            columns=self._columns,
            definitions=self._definitions,
            file=self._file.name,
            answered=None if self._evaluated is None else self._evaluated.kept,
            totals=tuple(self._totals.values()),
            digests={event: self._digests_of(number) for number, event in enumerate(self._events)},
            sources=self._sources,
            figures={
                event: figures[("event", event)]
                for event, known in self._sources.items()
                if known is not None and are_all(self._engine, self._schema.parts[("event", event)], known)
            },
        )

    def settle(self) -> None:
        """Drops what nobody can go on from any more, once the run is saved."""
        found = keeping.read(self._store)
        tables = set[str]() if found is None else found[1].tables
        instead: Sequence[exp.Expr] = ()
        if self._concerned is not None and self._evaluated is not None:
            instead = self._concerned.held_here(self._evaluated.kept)
            if self._evaluated.kept.answers not in tables:
                # the history has this run already, or nothing of it was to be kept
                for statement in instead:
                    self._file.execute(statement)
                instead = ()
        self._file.clean(tables)
        assert self._store.totals is not None
        self._file.lend(self._store.totals, instead)

    # ------------------------------------------------------------ tables

    def _totals_of(self, number: int) -> str:
        return f"{self._file.name}_totals_{number}"

    def _digests_of(self, number: int) -> str:
        return f"{self._file.name}_digests_{number}"

    def _moment(self, moment: dt.datetime | None) -> exp.Expr | None:
        if moment is None:
            return None
        return Expressions(self._plan, DUCKDB, moment, self._model.timezone).timestamp(moment)


def _hash(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def _meanings(plan: Plan, outputs: Sequence[Output]) -> dict[str, str]:
    found = meanings(plan.program, [output.instance for output in outputs])
    return {
        output.name: _hash(json.dumps([output.entity, output.kind, output.labels, found[output.instance]]))
        for output in outputs
    }


def _way(plan: Plan, output: Output) -> Way:
    """What differences bring up to date of a definition, and what not, and why."""
    leaves = make_plan(plan.program, [output]).leaves
    reasons = {leaf: why_anew(leaf) for leaf in leaves if not isinstance(leaf, Attribute | KeyOf)}
    anew = tuple(dict.fromkeys(why for why in reasons.values() if why is not None))
    if not reasons:
        return Way(output.name, "attributes", (said.READS_NO_EVENTS,))
    if not anew:
        return Way(output.name, "differences")
    return Way(output.name, "anew" if None not in reasons.values() else "partly", anew)
