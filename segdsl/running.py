"""A run: what is asked for is evaluated, held against what is expected of it, and saved where that is wanted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from segdsl import problems
from segdsl.engines.problem import EngineProblem
from segdsl.engines.spent import stage
from segdsl.error import SegdslError, raised
from segdsl.evaluator import Evaluator
from segdsl.plan.said import definitions_of, parts_in, said
from segdsl.problems import stages
from segdsl.program import Output
from segdsl.result import Result

if TYPE_CHECKING:
    from segdsl.engines.engine import Engine
    from segdsl.engines.handed import Data
    from segdsl.engines.limits import Limits
    from segdsl.plan import Plan
    from segdsl.refresh.refresh import Refresh
    from segdsl.saving import Saving
    from segdsl.sql import Query


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a run is to be made. `replay` is how far back days are evaluated where rules ask for a history.

    `profile` works out every stage by itself and notes what it takes. `is_present` says that no as-of was given, so
    that the numbers expected are of this run; `version` is segdsl's.
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
    profile: bool = False


def run(evaluator: Evaluator, outputs: Sequence[Output], as_of: dt.datetime, wanted: Wanted) -> Result:
    """Evaluates outputs as of a moment; raises SegdslError, for a broken expectation too."""
    from segdsl.testing.expect import broken, concerning

    program = evaluator.checked().done().program
    expected = concerning(program, outputs, is_present=wanted.is_present) if wanted.expect else []
    if wanted.engine is not None:
        for option, is_given in (("--profile", wanted.profile), ("--incremental", wanted.incremental)):
            if is_given:
                raise SegdslError([problems.of_duckdb_alone(option)])
    with ExitStack() as stack:
        stack.enter_context(raised())
        saving = None
        if wanted.save:
            from segdsl.saving import Saving

            saving = stack.enter_context(
                Saving(
                    evaluator.catalog,
                    program,
                    outputs,
                    as_of,
                    wanted.rewrite,
                    wanted.limits,
                    evaluator.progress,
                    [item.output for item in expected],
                )
            )
        if wanted.engine is None:
            own = _own(saving) if saving and wanted.incremental else None
            session: Engine = evaluator.open(wanted.data, wanted.limits, wanted.profile, own)
        else:
            session = evaluator.connect(wanted.engine, wanted.data)
        try:
            evaluated = [*outputs, *(item.output for item in expected), *(saving.outputs if saving else ())]
            past = _past(evaluator, session, evaluated, as_of, wanted.replay, saving)
            refresh, held = None, None
            if saving and wanted.incremental:
                plan, query, refresh = _refresh(evaluator, session, evaluated, saving, past, wanted)
                with stage(session, stages.CONCERNED):
                    query, held = refresh.evaluate()
            else:
                with stage(session, stages.OPENING):
                    plan, query = evaluator.query(evaluated, session, as_of, check_keys=True, past=past)
            parts = _parts(session, plan, query) if wanted.profile else None
            bits = saving.bits if saving else None
            catalog = evaluator.catalog
            result = Result(catalog.model, catalog.root or Path(), session, query, outputs, as_of, parts, bits, held)
            if expected:
                with stage(session, stages.COUNTING):
                    found = broken(expected, result.counts([item.output for item in expected]))
                if found:
                    raise SegdslError(found)
            if saving:
                with stage(session, stages.SAVING):
                    result.saved = saving.save(result.evaluation, wanted.version, refresh)
                result.refreshed = None if refresh is None else refresh.refreshed
            return result
        except BaseException:
            session.close()
            raise


def _own(saving: Saving) -> Path:
    """The file of the totals that runs go on from, without what the last run did not leave: that is of people whom the
    history may have forgotten."""
    from segdsl.history import folder, kept
    from segdsl.refresh.totals_file import holds

    path = saving.store.totals
    assert path is not None
    last = kept.read(saving.store)
    if not holds(path, "" if last is None else last[1].file):
        saving.store.drop_totals()
    try:
        folder.make(path.parent.parent)
    except OSError as error:
        raise EngineProblem([problems.cannot_write(str(path), error.strerror or str(error))]) from None
    return path


def _refresh(
    evaluator: Evaluator,
    engine: Engine,
    outputs: Sequence[Output],
    saving: Saving,
    past: Callable[[Plan], None] | None,
    wanted: Wanted,
) -> tuple[Plan, Query, Refresh]:
    """The query of outputs with totals that go on from the last run, as far as that fits."""
    from segdsl.engines.duckdb import DuckDB
    from segdsl.plan.steady import is_steady
    from segdsl.refresh.refresh import Refresh

    assert isinstance(engine, DuckDB)
    model = evaluator.catalog.model
    with stage(engine, stages.OPENING):
        plan, query = evaluator.query(outputs, engine, saving.as_of, check_keys=True, past=past, apart=is_steady)
    refresh = Refresh(saving.store, model, engine, saving.as_of, wanted.version)
    with stage(engine, stages.TOTALS_KEPT):
        refresh.prepare(plan, query, saving.outputs, saving.bits, wanted.rewrite)
    return plan, query, refresh


def _parts(engine: Engine, plan: Plan, query: Query) -> Callable[[str], AbstractContextManager[None]]:
    """The stage that each step of a query belongs to, in the words of the plan."""
    definitions = definitions_of(plan)

    def part(step: str) -> AbstractContextManager[None]:
        made = query.made[step]
        names = dict.fromkeys(name for item in parts_in(made) for name in definitions.get(item, ()))
        return stage(engine, said(made), list(names))

    return part


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
    if replay is None and saving is None:
        return None
    from segdsl.history import past

    if replay is not None:
        days = past.days_before(as_of, evaluator.length("--replay", replay))
        program = evaluator.checked().done().program

        def replayed(plan: Plan) -> None:
            zone = evaluator.catalog.model.timezone
            subjects = past.subjects(program, outputs)
            ask = evaluator.queries(subjects, engine)
            with past.replay(engine, program, subjects, ask, zone, days) as store:
                evaluator.refuse_unknown(past.unknown(past.begun_in(store), plan.pasts, as_of), as_of)
                past.provide(engine, store, plan.pasts)

        return replayed
    assert saving is not None
    store = saving.store
    return lambda plan: past.provide(engine, store, plan.pasts)
