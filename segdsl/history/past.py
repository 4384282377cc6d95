"""What an evaluation reads of earlier runs: from a store, or from a replay of the days before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

from sqlglot import exp

from segdsl import problems
from segdsl.catalog import Catalog
from segdsl.engines.duckdb import DuckDB
from segdsl.engines.engine import Engine
from segdsl.engines.problem import EngineProblem
from segdsl.engines.warehouse import Warehouse
from segdsl.engines.watch import Progress
from segdsl.history.file_store import FileStore
from segdsl.history.place import place_of
from segdsl.history.record import Recorded, RunFacts, check_zone, record
from segdsl.history.store import Store
from segdsl.moment import DAY, Length, OutsideCalendar
from segdsl.plan import make_plan
from segdsl.plan.pasts import AskedPast, PastOf
from segdsl.program import Output, Program
from segdsl.sql import Query, build, sql_text
from segdsl.sql.expressions import EVALUATIONS, STAYS
from segdsl.sql.rows import KEY

# a query as of a moment
Ask = Callable[[dt.datetime], Query]


def subjects(program: Program, outputs: Sequence[Output]) -> list[Output]:
    """The definitions whose history these read, those that the evaluation of these reads included."""
    found: dict[str, Output] = {}
    asked = list(outputs)
    while asked:
        plan = make_plan(program, asked)
        names = dict.fromkeys(name for _, name in (past.of for past in plan.pasts))
        asked = [program.outputs[name] for name in names if name not in found]
        found.update((output.name, output) for output in asked)
    return list(found.values())


def provide(engine: Engine, store: Store | None, pasts: Sequence[AskedPast]) -> None:
    """Gives an evaluation what a store knows of some definitions; without a store there was no run."""
    assert isinstance(engine, DuckDB | Warehouse)
    if store is None:
        with FileStore.in_memory() as empty:
            provide(engine, empty, pasts)
        return
    subjects = list(dict.fromkeys(past.of for past in pasts))
    wanted = " OR ".join("(entity = ? AND definition = ?)" for _ in subjects) or "FALSE"
    for table in (STAYS, EVALUATIONS):
        values = [value for subject in subjects for value in subject]
        engine.register(table, store.arrow(f"SELECT * FROM {table} WHERE {wanted}", values))


@dataclass(frozen=True, slots=True)
class Unknown:
    """That the rule of the definition `by` asks for the history of `definition` as of a `moment` before it `begins`,
    or (None) though no run has saved any: nobody knows what it says."""

    by: str
    definition: str
    moment: dt.datetime
    begins: dt.datetime | None


def unknown(begun: Mapping[PastOf, dt.datetime], pasts: Sequence[AskedPast], as_of: dt.datetime) -> list[Unknown]:
    """What is asked of the history in a run as of `as_of` that nobody knows, `begun` being since when there is one: the
    latest beginning last."""
    found = []
    for past in pasts:
        try:
            moment = past.at(as_of)
        except OutsideCalendar:
            raise OutsideCalendar([past.by], as_of) from None
        if past.of not in begun or moment < begun[past.of]:
            found.append(Unknown(past.by, past.of[1], moment, begun.get(past.of)))
    return sorted(found, key=lambda item: (item.begins is None, item.begins or as_of))


def begun_in(store: Store | None) -> dict[PastOf, dt.datetime]:
    """Since when there is a history of definitions; without a store there is none."""
    if store is None:
        return {}
    rows = store.fetch(f"SELECT entity, definition, MIN(as_of) FROM {EVALUATIONS} GROUP BY entity, definition")
    return {(entity, name): first for entity, name, first in rows}


def open_store(catalog: Catalog, progress: Progress | None = None) -> Store | None:
    """The catalog's store to read from; None where there is none. Raises EngineProblem, where its times are on other
    clocks than the model's too: a rule would find what was hours before or after."""
    store = place_of(catalog, progress).open_if_there()
    if store is None:
        return None
    try:
        check_zone(store, catalog.model.timezone)
    except BaseException:
        store.close()
        raise
    return store


def days_before(as_of: dt.datetime, length: Length) -> list[dt.datetime]:
    """The moments of a replay: one a day, at the time of as-of, as far back as a length reaches; oldest first.

    Raises EngineProblem where these are none, or more than ten years of them.
    """
    try:
        start = (-length).after(as_of)
        count = (as_of - start) // dt.timedelta(microseconds=DAY)
    except OutsideCalendar:
        count = 0
    if not 0 < count <= problems.history.MOST_REPLAYED:
        raise EngineProblem([problems.bad_replay()])
    return [as_of - dt.timedelta(days=number) for number in range(count, 0, -1)]


def replay(
    engine: Engine, program: Program, wanted: Sequence[Output], ask: Ask, timezone: str, days: Sequence[dt.datetime]
) -> Store:
    """What runs on these days would have saved of some definitions; `ask` gives the query that has them all."""
    pasts = make_plan(program, wanted).pasts
    with ExitStack() as stack:
        store = stack.enter_context(FileStore.in_memory())
        recorded = [Recorded(item.entity, item.name, item.kind, item.labels, "", str) for item in wanted]
        for day in days:
            provide(engine, store, pasts)
            query = ask(day)
            select = sql_text(query.with_steps(_members_query(query, wanted)), engine.dialect)
            rows = partial(engine.stream, select, "the replay")
            record(store, RunFacts(day, timezone, 0, 0, "", ""), recorded, rows)
        stack.pop_all()
    return store


def _members_query(query: Query, outputs: Sequence[Output]) -> exp.Query:
    """A row per output (its place), label ("" of a segment) and member."""
    selects: list[exp.Query] = []
    for place, output in enumerate(outputs):
        value = build.column(query.columns[output.name])
        is_labelled = output.kind == "segmentation"
        select = build.select(
            build.alias(build.number(place), "definition"),
            build.alias(value.copy() if is_labelled else build.text(""), "label"),
            build.alias(query.text(build.column(KEY)), KEY),
        )
        held = build.is_known(value) if is_labelled else value
        select = select.from_(build.table(query.last[output.entity]), copy=False)
        selects.append(select.where(held, copy=False))
    union = selects[0]
    for other in selects[1:]:
        union = exp.Union(this=union, expression=other, distinct=False)
    return union
