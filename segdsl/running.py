"""A run: what is asked for is evaluated, held against what is expected of it, and saved where that is wanted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from segdsl import problems
from segdsl.error import SegdslError, raised
from segdsl.evaluator import Evaluator
from segdsl.program import Output
from segdsl.result import Result

if TYPE_CHECKING:
    from segdsl.engines.engine import Engine
    from segdsl.engines.handed import Data
    from segdsl.engines.limits import Limits
    from segdsl.history.refresh import Refresh
    from segdsl.history.saving import Saving
    from segdsl.plan import Plan
    from segdsl.sql import Query


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a run is to be made. `replay` is how far back days are evaluated where rules ask for a history.

    `is_present` says that no as-of was given, so that the numbers expected are of this run; `version` is segdsl's.
    """

    is_present: bool
    version: str
    expect: bool = True
    save: bool = False
    rewrite: bool = False
    incremental: bool = False
    replay: str | None = None
    data: Data | None = None
    engine: str | None = None
    limits: Limits | None = None


def run(evaluator: Evaluator, outputs: Sequence[Output], as_of: dt.datetime, wanted: Wanted) -> Result:
    """Evaluates outputs as of a moment; raises SegdslError, for a broken expectation too."""
    from segdsl.history.saving import Saving
    from segdsl.testing.expect import broken, concerning

    program = evaluator.checked().done().program
    expected = concerning(program, outputs, is_present=wanted.is_present) if wanted.expect else []
    if wanted.save and wanted.engine is not None:
        raise SegdslError([problems.save_and_engine()])
    with ExitStack() as stack:
        stack.enter_context(raised())
        saving = None
        if wanted.save:
            saving = stack.enter_context(
                Saving(evaluator.catalog, program, outputs, as_of, wanted.rewrite, wanted.limits)
            )
        if wanted.engine is None:
            session: Engine = evaluator.open(wanted.data, wanted.limits)
        else:
            session = evaluator.connect(wanted.engine, wanted.data)
        try:
            evaluated = [*outputs, *(item.output for item in expected), *(saving.outputs if saving else ())]
            past = _past(evaluator, session, evaluated, as_of, wanted.replay, saving)
            refresh = None
            if saving and wanted.incremental:
                query, refresh = _refresh(evaluator, session, evaluated, saving, past, wanted)
            else:
                _, query = evaluator.query(evaluated, session, as_of, check_keys=True, past=past)
            result = Result(evaluator.catalog.model, session, query, outputs, as_of)
            found = broken(expected, result.counts([item.output for item in expected]))
            if found:
                raise SegdslError(found)
            if saving:
                result.saved = saving.save(result.evaluation, wanted.version, refresh)
                result.refreshed = None if refresh is None else refresh.refreshed
            return result
        except BaseException:
            session.close()
            raise


def _refresh(
    evaluator: Evaluator,
    engine: Engine,
    outputs: Sequence[Output],
    saving: Saving,
    past: Callable[[Plan], None] | None,
    wanted: Wanted,
) -> tuple[Query, Refresh]:
    """The query of outputs with totals that go on from the last run, as far as that fits."""
    from segdsl.engines.describe import describe_model
    from segdsl.engines.duckdb import DuckDB
    from segdsl.history.refresh import Refresh, is_steady

    assert isinstance(engine, DuckDB)
    model = evaluator.catalog.model
    plan, query = evaluator.query(outputs, engine, saving.as_of, check_keys=True, past=past, apart=is_steady)
    schema, _ = describe_model(model, engine, plan.parts(model))
    refresh = Refresh(saving.store, model, engine, saving.as_of, wanted.version)
    return refresh.prepare(plan, query, schema, saving.outputs, wanted.rewrite), refresh


def _past(
    evaluator: Evaluator,
    engine: Engine,
    outputs: Sequence[Output],
    as_of: dt.datetime,
    replay: str | None,
    saving: Saving | None,
) -> Callable[[Plan], None] | None:
    """What gives an evaluation the history that it reads: a replay; else the store that is held open for saving, which
    may be about to begin; else (None) the catalog's store, as for every question."""
    from segdsl.engines.duckdb import DuckDB
    from segdsl.history import past

    if replay is not None:
        days = past.days_before(as_of, evaluator.length("--replay", replay))
        program = evaluator.checked().done().program

        def replayed(plan: Plan) -> None:
            assert isinstance(engine, DuckDB)
            zone = evaluator.catalog.model.timezone
            subjects = past.subjects(program, outputs)
            ask = evaluator.queries(subjects, engine)
            with past.replay(engine, program, subjects, ask, zone, days) as store:
                past.provide(engine, store, plan.pasts)

        return replayed
    if saving is not None:
        store = saving.store
        return lambda plan: past.provide(engine, store, plan.pasts)
    return None
