"""The façade: load, check, compile, run. The only place that raises, and it raises one thing: `SegdslError`."""

from __future__ import annotations

import builtins
import datetime as dt
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from segdsl import __version__, problems
from segdsl import catalog as catalogs
from segdsl.diagnostics import Diagnostic, Source, sort
from segdsl.error import SegdslError, raised
from segdsl.evaluator import MIN_SIZE, Evaluator
from segdsl.model.loader import load_model
from segdsl.model.model import Model
from segdsl.program import Output, Program
from segdsl.questions import Questions
from segdsl.result import Layout, Result, Size
from segdsl.syntax import tree
from segdsl.syntax.printer import print_definition
from segdsl.texts import Files, Settings, Texts, as_texts

if TYPE_CHECKING:
    import pyarrow

    from segdsl.counts.flow import Flow
    from segdsl.counts.overlap import Overlap
    from segdsl.counts.trend import Period, Trend
    from segdsl.engines.handed import Data
    from segdsl.engines.watch import Progress
    from segdsl.history.erase import Erased
    from segdsl.history.history import Changes, History
    from segdsl.plan.about import About, Library, Listed
    from segdsl.testing.explain import Explained
    from segdsl.testing.trial import Trial

T = TypeVar("T")


def load(path: str | Path = ".", set: Settings | None = None, progress: Progress | None = None) -> Catalog:
    """Reads the catalog in a folder, or the nearest one above it that has a `segdsl.yaml`.

    `set` gives params other values, as `--set` does: `{"recent": "60d"}`, each as text in the language, or as a plain
    number, bool or date. `progress` is called some times a second while DuckDB works, from another thread, with what
    is being done and how far it is: from 0 to 1, None where nobody knows. Raises SegdslError where there is no catalog
    or its model cannot be read; what is wrong with definitions is left to `Catalog.check`.
    """
    start = Path(path).resolve()
    root = catalogs.find_root(start)
    if root is None:
        raise SegdslError([problems.no_catalog(str(start))])
    file = root / catalogs.MODEL_FILE
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SegdslError([problems.not_utf8(catalogs.MODEL_FILE, error.start)]) from None
    except OSError as error:
        raise SegdslError([problems.cannot_read(catalogs.MODEL_FILE, error.strerror or "unknown reason")]) from None
    model, diagnostics = load_model(Source(catalogs.MODEL_FILE, text, file))
    if model is None:
        raise SegdslError(sort(diagnostics))
    sources, found = catalogs.read_sources(root)
    libraries, unread = catalogs.read_libraries(root)
    texts = Texts(model, Files(tuple(sources), libraries), {}, root, (*diagnostics, *found, *unread))
    return Catalog(texts.setting(as_texts(set or {})), progress)


class Catalog:
    """A catalog that has been read: definitions, the model, and what can be done with them."""

    def __init__(self, texts: Texts, progress: Progress | None = None) -> None:
        self._questions = Questions(texts, progress)

    @property
    def _evaluator(self) -> Evaluator:
        return self._questions.everything

    @property
    def _catalog(self) -> catalogs.Catalog:
        return self._evaluator.catalog

    def __repr__(self) -> str:
        return f"<Catalog {self.model.name} in {self.root}>"

    def _repr_html_(self) -> str:
        from segdsl.notebook import table

        own = [item for item in self.definitions if not item.library]
        rows = [(item.name, item.kind, item.owner, ", ".join(item.tags), item.first_line) for item in own]
        return table(("name", "kind", "owner", "tags", "description"), rows, caption=f"catalog {self.model.name}")

    @property
    def root(self) -> Path:
        """The folder of `segdsl.yaml`."""
        return self._questions.texts.root or Path()

    @property
    def model(self) -> Model:
        """What `segdsl.yaml` says: entities, events, lookups, the time zone."""
        return self._questions.texts.model

    @property
    def counts(self) -> dict[str, int]:
        """How many params, traits, segments and segmentations the catalog's own files define, by these words."""
        kinds = {
            "params": tree.Param,
            "traits": tree.Trait,
            "segments": tree.Segment,
            "segmentations": tree.Segmentation,
        }
        own = [definition.tree for definition in self._catalog.own()]
        return {word: sum(isinstance(item, kind) for item in own) for word, kind in kinds.items()}

    def text(self, name: str) -> str:
        """A definition as `segdsl fmt` prints it, with its description and annotations. Raises SegdslError."""
        definition = self._catalog.definitions.get(name)
        if definition is None:
            raise SegdslError([problems.unknown_definition(name, self._catalog.definitions)])
        return print_definition(definition.tree)

    def check(self) -> list[Diagnostic]:
        """Everything that is wrong with the catalog, by file and place; never raises."""
        return list(self._evaluator.checked().done().diagnostics)

    @property
    def outputs(self) -> list[Output]:
        """What a run evaluates when nothing is named, traits included: own definitions and those of used libraries."""
        return self._evaluator.outputs

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
        the later runs.

        `data` gives tables in place of the model's files: data frames by the names that the model's `table:` uses, or
        an open DuckDB connection with tables of these names. A connection is read by a cursor of its own and stays
        open; what a transaction on it has not committed is not seen.

        `engine` is the URL of one that has the tables itself (`postgresql://…`): everything is worked out there.
        """
        from segdsl.history.saving import Saving
        from segdsl.testing.expect import broken, concerning

        evaluator, outputs = self._questions.setting(set).select(names, layout, expression, expectations=expect)
        moment = evaluator.moment(as_of)
        program = evaluator.checked().done().program
        expected = concerning(program, outputs, is_present=as_of is None) if expect else []
        if save and engine is not None:
            raise SegdslError([problems.save_and_engine()])
        with ExitStack() as stack:
            stack.enter_context(raised())
            saving = None
            if save:
                saving = stack.enter_context(Saving(evaluator.catalog, program, outputs, moment, rewrite))
            session = evaluator.open(data) if engine is None else evaluator.connect(engine, data)
            try:
                evaluated = [*outputs, *(item.output for item in expected), *(saving.outputs if saving else ())]
                _, query = evaluator.query(evaluated, session, moment, check_keys=True)
                result = Result(self.model, session, query, outputs, moment)
                found = broken(expected, result.counts([item.output for item in expected]))
                if found:
                    raise SegdslError(found)
                if saving:
                    result.saved = saving.save(result.evaluation, __version__)
                return result
            except BaseException:
                session.close()
                raise

    # ------------------------------------------------------------ asking and testing

    def test(self, names: Sequence[str] = (), *, set: Settings | None = None) -> list[Trial]:
        """Tries the catalog's examples (those in the segments and labels named), each on a customer that has just
        what is given. `set` is as for `run`. Raises SegdslError for errors in the catalog and unknown names.
        """
        from segdsl.testing.trial import try_examples

        def chosen_of(evaluator: Evaluator) -> tuple[Program, builtins.set[str]]:
            program = evaluator.without_errors().done().program
            return program, {evaluator.named(name).name for name in names}

        program, wanted = self._questions.setting(set).ask(chosen_of, names, examples=True)
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
    ) -> Explained:
        """Why the member of that key has the value it has: the rule taken apart, with the value of every part.

        Keys are compared as text. Durations are microseconds, distances metres. `set` and `data` are as for `run`.
        Raises SegdslError, also where nobody has that key.
        """
        from segdsl.sql import DUCKDB, sql_text
        from segdsl.testing.explain import explained

        evaluator, part, outputs = self._questions.setting(set).parts(name)
        moment = evaluator.moment(as_of)
        entity = outputs[0].entity
        with raised(), evaluator.open(data) as engine:
            _, query = evaluator.query(outputs, engine, moment, check_keys=True)
            select = query.wide(entity, outputs, raw=True).where(query.has_key(str(key)))
            rows = engine.fetch(sql_text(query.with_steps(select), DUCKDB), "the evaluation")
        if not rows:
            raise SegdslError([problems.unknown_key_value(entity, str(key))])
        values = dict(zip((output.name for output in outputs), rows[0][1:], strict=True))
        return replace(explained(part, values, moment), entity=entity)

    def explain_example(self, trial: Trial, *, set: Settings | None = None) -> Explained:
        """Why an example that was tried came out as it did; `set` is what it was tried with. Raises SegdslError."""
        from segdsl.testing.explain import explained
        from segdsl.testing.trial import evaluate_given

        evaluator, part, outputs = self._questions.setting(set).parts(trial.example.target.name)
        program = evaluator.checked().done().program
        with raised():
            given = {"example": trial.example}
            values = evaluate_given(self.model, program, outputs, given, trial.as_of)
        return explained(part, values.get("example", {}), trial.as_of)

    def sample(
        self,
        name: str,
        count: int = 5,
        columns: Sequence[str] = (),
        *,
        as_of: str | dt.date | None = None,
        set: Settings | None = None,
        data: Data | None = None,
    ) -> pyarrow.Table:
        """Some members of a segment, a label or a segmentation: the key, and a column per name or expression given,
        else what the rule reads. A hash of the key chooses, so they are the same ones as long as they are members.

        `set` and `data` are as for `run`. Raises SegdslError.
        """
        from segdsl.testing.sample import sample_sql

        evaluator, segment, shown = self._questions.setting(set).ask(
            lambda evaluator: (evaluator, *evaluator.columns(name, columns)), [name, *columns]
        )
        moment = evaluator.moment(as_of)
        with raised(), evaluator.open(data) as engine:
            found = [output for _, output in shown]
            _, query = evaluator.query([segment, *found], engine, moment, check_keys=True)
            table = engine.arrow(sample_sql(query, segment, found, count), "the evaluation")
        return table.rename_columns([table.column_names[0], *(text for text, _ in shown)])

    def check_data(
        self, *, as_of: str | dt.date | None = None, set: Settings | None = None, data: Data | None = None
    ) -> list[Diagnostic]:
        """What is wrong with the catalog, with the model against the data, and the expectations that these do not
        fulfil; each where what comes before is without errors. Raises nothing but for a wrong `as_of`, `set` or
        `data`, which are as for `run`.
        """
        from segdsl.testing.data import check_data

        if set:
            return Catalog(self._questions.setting(set).texts, self._questions.progress).check_data(
                as_of=as_of, data=data
            )
        found = self.check()
        moment = self._evaluator.moment(as_of)
        if any(item.is_error for item in found):
            return found
        with raised(), self._evaluator.open(data) as engine:
            found.extend(check_data(self.model, self._evaluator.checked().done().program, engine, moment))
        return sort(found)

    # ------------------------------------------------------------ counting

    def overlap(
        self,
        names: Sequence[str] = (),
        *,
        as_of: str | dt.date | None = None,
        min_size: int = MIN_SIZE,
        data: Data | None = None,
    ) -> Overlap:
        """How segments and labels overlap: of every two how many are in both, and how many are in exactly these and in
        no other. A segmentation is all of its labels; without names it is all segments of the default entity.

        Numbers of fewer than `min_size` members are None. Raises SegdslError.
        """
        from segdsl.counts.overlap import read_overlap
        from segdsl.counts.wanted import evaluated, segments

        conditions = segments(self._evaluator, names)
        moment = self._evaluator.moment(as_of)
        with evaluated(self._evaluator, conditions, moment, data) as evaluation:
            return read_overlap(evaluation, conditions, moment, min_size)

    def flow(
        self,
        name: str,
        start: str | dt.date | None = None,
        end: str | dt.date | None = None,
        *,
        min_size: int = MIN_SIZE,
        data: Data | None = None,
    ) -> Flow:
        """Who moved between the labels of a segmentation (or in and out of a segment) from one moment to a later one,
        everybody without a label included. The end is the model's as-of or now where it is not given, the start three
        months before.

        Moves of fewer than `min_size` members are None. Raises SegdslError.
        """
        from segdsl.counts.flow import moving, read_flow
        from segdsl.counts.wanted import evaluated

        moment = self._evaluator.moment(end)
        asked = moving(self._evaluator, name, None if start is None else self._evaluator.moment(start), moment)
        with evaluated(self._evaluator, [asked.output, asked.earlier], moment, data) as evaluation:
            return read_flow(evaluation, asked, moment, min_size)

    def trend(
        self,
        names: Sequence[str] = (),
        *,
        period: Period = "month",
        periods: int = 12,
        as_of: str | dt.date | None = None,
        data: Data | None = None,
    ) -> Trend:
        """The sizes of segments and segmentations as of the ends of the last periods (day, week, month, quarter, year),
        the latest of which is as-of: each as a run as of then would give it, attributes apart. Raises SegdslError.
        """
        from segdsl.counts.trend import trend

        outputs = self._evaluator.select(names, "members", None)
        return trend(self._evaluator, outputs, period, periods, self._evaluator.moment(as_of), data)

    @property
    def history(self) -> History:
        """Who was in which segment over time, as far as runs were saved; in `.segdsl/history.duckdb`."""
        from segdsl.history.history import History
        from segdsl.history.store import FILE

        return History(self.root / FILE)

    def changes(self, out: str | Path, since: str | dt.date | None = None) -> Changes:
        """Writes who entered and who left since a saved run (the last one at or before `since`; else the last but one)
        to a .csv, .parquet, .duckdb or .json file. Raises SegdslError.
        """
        return self.history.changes(out, None if since is None else self._evaluator.moment(since))

    def prune_history(self, keep: str, *, as_of: str | dt.date | None = None) -> Erased:
        """Drops saved runs older than a length of time such as `400d`, counted back from a moment (the model's as-of or
        now where none is given), and the stays that ended before; the last run is kept. Raises SegdslError.
        """
        return self.history.prune(self._evaluator.length("--keep", keep), self._evaluator.moment(as_of))

    # ------------------------------------------------------------ looking around

    @property
    def definitions(self) -> list[Listed]:
        """The definitions of the catalog's own files and of the libraries in use, in short; errors in it do not
        matter."""
        from segdsl.plan.about import listed

        return [listed(item) for item in self._catalog.definitions.values()]

    def about(self, name: str) -> About:
        """A definition in full: what it says, what it reads, and what reads it. Raises SegdslError."""
        from segdsl.plan.about import about

        checker = self._evaluator.checked()
        definition = self._catalog.definitions.get(name) or self._catalog.definitions.get(name.rpartition(".")[0])
        if definition is None or (definition.name != name and name not in self.names):
            raise SegdslError([problems.unknown_definition(name, self.names)])
        return about(checker, definition)

    def library(self, name: str) -> Library | None:
        """A library, by its name or the one it is used by; None where there is none."""
        from segdsl.plan.about import about_library

        return about_library(self._catalog, name)

    @property
    def names(self) -> list[str]:
        """Every name that can be asked for, labels as `tier.gold`; errors in the catalog do not matter."""
        return self._evaluator.names


__all__ = ["Catalog", "Layout", "Result", "SegdslError", "Size", "load"]
