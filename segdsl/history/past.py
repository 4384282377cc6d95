"""What an evaluation reads of earlier runs: from a store, or from a replay of the days before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from contextlib import ExitStack
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
from segdsl.history.record import Recorded, RunFacts, record
from segdsl.history.store import Store
from segdsl.moment import DAY, Length, OutsideCalendar
from segdsl.plan import make_plan
from segdsl.plan.plan import PastOf
from segdsl.program import Output, Program
from segdsl.sql import Query, build, sql_text
from segdsl.sql.expressions import EVALUATIONS, STAYS
from segdsl.sql.rows import KEY

_MOST_DAYS = 3_660
# a query as of a moment
Ask = Callable[[dt.datetime], Query]


def subjects(program: Program, outputs: Sequence[Output]) -> list[Output]:
    """The definitions whose history these read, those that the evaluation of these reads included."""
    found: dict[str, Output] = {}
    asked = list(outputs)
    while asked:
        plan = make_plan(program, asked)
        asked = [program.outputs[name] for _, name in plan.pasts if name not in found]
        found.update((output.name, output) for output in asked)
    return list(found.values())


def provide(engine: Engine, store: Store | None, pasts: Sequence[PastOf]) -> None:
    """Gives an evaluation what a store knows of some definitions; without a store there was no run."""
    assert isinstance(engine, DuckDB | Warehouse)
    if store is None:
        with FileStore.in_memory() as empty:
            provide(engine, empty, pasts)
        return
    wanted = " OR ".join("(entity = ? AND definition = ?)" for _ in pasts) or "FALSE"
    for table in (STAYS, EVALUATIONS):
        values = [value for past in pasts for value in past]
        engine.register(table, store.arrow(f"SELECT * FROM {table} WHERE {wanted}", values))


def check_begun(store: Store | None, pasts: Sequence[PastOf], as_of: dt.datetime) -> None:
    """Refuses an evaluation whose rules ask for a history that begins later, or not at all."""
    begun = {} if store is None else begun_in(store)
    late = [past for past in pasts if past not in begun or begun[past] > as_of]
    if late:
        first = begun.get(late[0])
        same = [name for entity, name in late if (begun.get((entity, name)) is None) == (first is None)]
        raise EngineProblem([problems.no_history(same, as_of, first)])


def begun_in(store: Store) -> dict[PastOf, dt.datetime]:
    """Since when there is a history of definitions."""
    rows = store.fetch(f"SELECT entity, definition, MIN(as_of) FROM {EVALUATIONS} GROUP BY entity, definition")
    return {(entity, name): first for entity, name, first in rows}


def open_store(catalog: Catalog, progress: Progress | None = None) -> Store | None:
    """The catalog's store to read from; None where there is none."""
    return place_of(catalog, progress).open_if_there()


def days_before(as_of: dt.datetime, length: Length) -> list[dt.datetime]:
    """The moments of a replay: one a day, at the time of as-of, as far back as a length reaches; oldest first.

    Raises EngineProblem where these are none, or more than ten years of them.
    """
    try:
        start = (-length).after(as_of)
        count = (as_of - start) // dt.timedelta(microseconds=DAY)
    except OutsideCalendar:
        count = 0
    if not 0 < count <= _MOST_DAYS:
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
