"""A catalog that has been read, and what can be done with it. Raises one thing: `SegdslError`."""

from __future__ import annotations

import builtins
import datetime as dt
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from segdsl import __version__, problems
from segdsl.api.reviewed import Reviewed
from segdsl.diagnostics import Diagnostic, sort
from segdsl.error import SegdslError, raised
from segdsl.evaluator import Evaluator
from segdsl.options import By, Layout, read_options_of
from segdsl.problems.stages import EVALUATION
from segdsl.program import Program
from segdsl.result import Result
from segdsl.texts import Settings

if TYPE_CHECKING:
    import pyarrow

    from segdsl.engines.handed import Data
    from segdsl.testing.explain import Explained
    from segdsl.testing.trial import Trial

T = TypeVar("T")


@read_options_of
class Catalog(Reviewed):
    """A catalog that has been read: definitions, the model, and what can be done with them."""

    def compile(
        self,
        names: Sequence[str] = (),
        *,
        layout: Layout = "members",
        as_of: str | dt.date | None = None,
        expression: str | Sequence[str] | None = None,
        set: Settings | None = None,
        data: Data | None = None,
        dialect: str = "duckdb",
        engine: str | None = None,
    ) -> str:
        """The SQL that gives what `run` gives, readable, with a header that says what it means.

        Without `as_of` it uses the model's, and where that has none the engine's current time in the model's time
        zone. `set` and `data` are as for `run`: what `data` holds is read by its names. In another `dialect` than
        DuckDB's no data are looked at: the names of tables in the model are those of the engine. With the URL of an
        `engine` its SQL is written, and the types of the columns there are looked at. Raises SegdslError.
        """
        evaluator, outputs = self._questions.setting(set).select(names, layout, expression)
        return evaluator.sql(outputs, layout, as_of, data, dialect, engine, __version__)

    def dbt(
        self,
        *,
        by: By = "file",
        dialect: str = "duckdb",
        engine: str | None = None,
        set: Settings | None = None,
    ) -> dict[str, str]:
        """The files of a dbt project that evaluates the catalog, their texts by their paths.

        A model holds the definitions of a file, of a first tag or of an entity, `by` which they are put together: a row
        per key, and a row per segment and key. `dialect`, `engine` and `set` are as for `compile`. Raises SegdslError.
        """
        from segdsl.dbt.project import project_files
        from segdsl.sql import DIALECTS, DUCKDB

        if dialect not in DIALECTS:
            raise SegdslError([problems.unknown_dialect(dialect, DIALECTS)])
        evaluator = self._questions.setting(set).everything
        evaluator.without_errors()
        spoken = DIALECTS[dialect]
        if engine is None and spoken is not DUCKDB:
            return project_files(evaluator, None, spoken, by, __version__)
        with raised(), closing(evaluator.open() if engine is None else evaluator.connect(engine)) as session:
            return project_files(evaluator, session, session.dialect, by, __version__)

    def run(
        self,
        names: Sequence[str] = (),
        *,
        layout: Layout = "members",
        as_of: str | dt.date | None = None,
        expression: str | Sequence[str] | None = None,
        expect: bool = True,
        set: Settings | None = None,
        save: bool = False,
        rewrite: bool = False,
        incremental: bool = False,
        replay: str | None = None,
        threads: int | None = None,
        memory_limit: str | None = None,
        temp_dir: str | Path | None = None,
        profile: bool = False,
        data: Data | None = None,
        engine: str | None = None,
    ) -> Result:
        """Evaluates definitions by their names (`loyal`, `tier`, `tier.gold`, `rfm.recency`; all, where none is named)
        on DuckDB, as of a moment: the one given, else the model's, else now. `expression`, one or several, is
        evaluated beside them, under its own text as name. The catalog's expectations about what is evaluated are held
        against the data, unless `expect` is false. Raises SegdslError, for a broken expectation too.

        `set` gives params other values for this run, beside those given to `load`: `{"recent": "60d"}`.

        With `save`, the history keeps who is in the segments and labels evaluated, and `Result.saved` says what
        changed. The as-of has to be later than that of the last run saved; an earlier one needs `rewrite`, which drops
        the later runs. Rules that ask for the history find the runs saved before; with `replay` (`30d`) they find
        what runs on each of the days before would have saved. `incremental` goes on from what the last such run has
        kept, and gives what a run without it would; `Result.refreshed` says how.

        `threads`, `memory_limit` (`4GB`) and `temp_dir` say how much of the machine DuckDB may take: what does not fit
        into memory goes to that folder, the machine's for temporary files where it is left out. With `profile` each
        stage is evaluated by itself, and `Result.spent` says what it took.

        `data` gives tables in place of the model's files: data frames by the names that the model's `table:` uses, or
        an open DuckDB connection with tables of these names. A connection is read by a cursor of its own and stays
        open; what a transaction on it has not committed is not seen.

        `engine` is the URL of one that has the tables itself (`postgresql://…`): everything is worked out there, and
        with `save` the members come into the catalog's history here. `incremental` and `profile` are DuckDB's alone.
        """
        from segdsl.engines.limits import limits_of
        from segdsl.running import Wanted, run

        for option, is_given in (("rewrite", rewrite), ("incremental", incremental)):
            if is_given and not save:
                raise SegdslError([problems.goes_with(option, "with `save`")])
        evaluator, outputs = self._questions.setting(set).select(names, layout, expression, expectations=expect)
        limits = limits_of(threads, memory_limit, temp_dir) or evaluator.limits
        wanted = Wanted(
            as_of is None, __version__, expect, save, rewrite, incremental, replay, data, engine, limits, profile
        )
        return run(evaluator, outputs, evaluator.moment(as_of), wanted)

    # ------------------------------------------------------------ asking and testing

    def test(self, names: Sequence[str] = (), *, set: Settings | None = None, libraries: bool = False) -> list[Trial]:
        """Tries the catalog's examples (those in the segments and labels named), each on a customer that has just
        what is given; with `libraries` also those in the files of the libraries in use. `set` is as for `run`. Raises
        SegdslError for errors in the catalog and unknown names.
        """
        from segdsl.testing.trial import try_examples

        def chosen_of(evaluator: Evaluator) -> tuple[Program, builtins.set[str]]:
            program = evaluator.without_errors().done().program
            return program, {evaluator.named(name).name for name in names}

        questions = self._questions.setting(set)
        if libraries:
            from segdsl.check.libraries import check_libraries

            evaluator = Evaluator(questions.texts.catalog)
            check_libraries(evaluator.checked())
            program, wanted = chosen_of(evaluator)
        else:
            program, wanted = questions.ask(chosen_of, names, examples=True)
        chosen = [
            item
            for item in program.examples
            if not wanted or item.target.name in wanted or item.target.name.rpartition(".")[0] in wanted
        ]
        with raised():
            return try_examples(self.model, program, chosen)

    def explain(
        self,
        name: str,
        key: str,
        *,
        as_of: str | dt.date | None = None,
        set: Settings | None = None,
        data: Data | None = None,
        engine: str | None = None,
    ) -> Explained:
        """Why the member of that key has the value it has: the rule taken apart, with the value of every part.

        Keys are compared as text. Durations are microseconds, distances metres. `set`, `data` and `engine` are as for
        `run`. Raises SegdslError, also where nobody has that key.
        """
        from segdsl.sql import sql_text
        from segdsl.testing.explain import explained

        evaluator, part, outputs = self._questions.setting(set).parts(name)
        moment = evaluator.moment(as_of)
        entity = outputs[0].entity
        with raised(), evaluator.session(data, engine) as session:
            _, query = evaluator.query(outputs, session, moment, check_keys=True)
            select = query.wide(entity, outputs, raw=True).where(query.has_key(str(key)))
            rows = session.fetch(sql_text(query.with_steps(select), session.dialect), EVALUATION)
        if not rows:
            raise SegdslError([problems.unknown_key_value(entity, str(key))])
        values = {
            # some engines have numbers for what is true
            output.name: bool(value) if output.kind == "segment" and value is not None else value
            for output, value in zip(outputs, rows[0][1:], strict=True)
        }
        return replace(explained(part, values, moment), entity=entity)

    def explain_example(self, trial: Trial, *, set: Settings | None = None) -> Explained:
        """Why an example that was tried came out as it did; `set` is what it was tried with. Raises SegdslError."""
        from segdsl.testing.explain import explained, outside
        from segdsl.testing.trial import evaluate_given

        evaluator, part, outputs = self._questions.setting(set).parts(trial.example.target.name)
        program = evaluator.checked().done().program
        with raised():
            given = {"example": trial.example}
            values = evaluate_given(self.model, program, outputs, given, trial.as_of)
        if "example" not in values:
            return outside(part, trial.as_of)
        return explained(part, values["example"], trial.as_of)

    def sample(
        self,
        name: str,
        count: int = 5,
        columns: Sequence[str] = (),
        *,
        as_of: str | dt.date | None = None,
        set: Settings | None = None,
        data: Data | None = None,
        engine: str | None = None,
    ) -> pyarrow.Table:
        """Some members of a segment, a label or a segmentation: the key, and a column per name or expression given,
        else what the rule reads. A hash of the key chooses, so they are the same ones as long as they are members.

        `set`, `data` and `engine` are as for `run`. Raises SegdslError.
        """
        from segdsl.engines.kinds import as_kinds, with_lengths
        from segdsl.testing.sample import sample_sql

        evaluator, segment, shown = self._questions.setting(set).ask(
            lambda evaluator: (evaluator, *evaluator.columns(name, columns)), [name, *columns]
        )
        moment = evaluator.moment(as_of)
        with raised(), evaluator.session(data, engine) as session:
            found = [output for _, output in shown]
            _, query = evaluator.query([segment, *found], session, moment, check_keys=True)
            rows = session.arrow(sample_sql(query, segment, found, count), EVALUATION)
            table = with_lengths(as_kinds(rows.to_reader(), found).read_all())
        return table.rename_columns([table.column_names[0], *(text for text, _ in shown)])

    def check_data(
        self,
        *,
        as_of: str | dt.date | None = None,
        set: Settings | None = None,
        data: Data | None = None,
        engine: str | None = None,
    ) -> list[Diagnostic]:
        """What is wrong with the catalog, with the model against the data, and the expectations that these do not
        fulfil; each where what comes before is without errors. Raises nothing but for a wrong `as_of`, `set` or
        `data`, which are as for `run`, as `engine` is.
        """
        from segdsl.plan import make_plan
        from segdsl.testing.data import check_data

        if set:
            questions = self._questions.setting(set)
            return Catalog(questions.texts, questions.progress, questions.limits).check_data(
                as_of=as_of, data=data, engine=engine
            )
        found = self._wrong()
        moment = self._evaluator.moment(as_of)
        if any(item.is_error for item in found):
            return found
        with raised(), self._evaluator.session(data, engine) as session:
            checker = self._evaluator.checked()
            try:
                plan = make_plan(checker.done().program, [item.output for item in checker.done().program.expectations])
                if plan.pasts:
                    self._evaluator.provide_past(plan, session, moment)
            except SegdslError as error:
                return sort([*found, *error.diagnostics])
            found.extend(check_data(checker, session, moment))
        return sort(found)
