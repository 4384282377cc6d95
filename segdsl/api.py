"""The façade: load, check, compile, run. The only place that raises, and it raises one thing: `SegdslError`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segdsl import __version__, problems
from segdsl import catalog as catalogs
from segdsl.check import Checker
from segdsl.diagnostics import Diagnostic, Source, sort
from segdsl.error import SegdslError, raised
from segdsl.model.loader import load_model
from segdsl.model.model import Model
from segdsl.program import Output
from segdsl.result import Layout, Result, Size, one_entity
from segdsl.syntax import tree
from segdsl.syntax.parser import parse_value
from segdsl.syntax.printer import print_definition

if TYPE_CHECKING:
    import pyarrow

    from segdsl.engines.duckdb import DuckDB
    from segdsl.engines.handed import Data
    from segdsl.plan import Plan
    from segdsl.plan.about import About, Library, Listed
    from segdsl.sql import Query
    from segdsl.testing.explain import Explained, Part
    from segdsl.testing.trial import Trial


def load(path: str | Path = ".", set: Mapping[str, str] | None = None) -> Catalog:
    """Reads the catalog in a folder, or the nearest one above it that has a `segdsl.yaml`.

    `set` gives params other values, as `--set` does: `{"recent": "60d"}`. Raises SegdslError where there is no catalog
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
    return Catalog(catalogs.build_catalog(model, sources, set, root, (*diagnostics, *found)))


class Catalog:
    """A catalog that has been read: definitions, the model, and what can be done with them."""

    def __init__(self, catalog: catalogs.Catalog) -> None:
        self._catalog = catalog
        self._checker: Checker | None = None

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
        return self._catalog.root or Path()

    @property
    def model(self) -> Model:
        """What `segdsl.yaml` says: entities, events, lookups, the time zone."""
        return self._catalog.model

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

    def _checked(self) -> Checker:
        if self._checker is None:
            self._checker = Checker(self._catalog)
            self._checker.check_definitions()
        return self._checker

    def check(self) -> list[Diagnostic]:
        """Everything that is wrong with the catalog, by file and place; never raises."""
        return list(self._checked().done().diagnostics)

    @property
    def outputs(self) -> list[Output]:
        """What a run evaluates when nothing is named, traits included: own definitions and those of used libraries."""
        outputs = self._checked().done().program.outputs
        return [outputs[name] for name in self._catalog.definitions if name in outputs]

    def compile(
        self,
        names: Sequence[str] = (),
        *,
        layout: Layout = "members",
        as_of: str | dt.date | None = None,
        expression: str | Sequence[str] | None = None,
        data: Data | None = None,
    ) -> str:
        """The SQL for DuckDB that gives what `run` gives, readable, with a header that says what it means.

        Without `as_of` it uses the model's, and where that has none the engine's current time in the model's time
        zone. `data` is as for `run`: what it holds is read by its names. Raises SegdslError.
        """
        from segdsl.sql import DUCKDB, sql_text
        from segdsl.sql.header import header

        with raised(), self._open(data) as engine:
            outputs = self._select(names, layout, expression)
            given = as_of if as_of is not None else self._catalog.model.as_of
            moment = None if given is None else self._moment(given)
            plan, query = self._query(outputs, engine, moment)
            if layout == "wide":
                select: Any = query.wide(one_entity(outputs), outputs)
            else:
                select = query.members(outputs)
            said = header(__version__, self._catalog.model, plan, outputs, moment)
            return f"{said}\n{sql_text(query.with_steps(select), DUCKDB)};\n"

    def run(
        self,
        names: Sequence[str] = (),
        *,
        layout: Layout = "members",
        as_of: str | dt.date | None = None,
        expression: str | Sequence[str] | None = None,
        expect: bool = True,
        data: Data | None = None,
    ) -> Result:
        """Evaluates definitions by their names (`loyal`, `tier`, `tier.gold`, `rfm.recency`; all, where none is named)
        on DuckDB, as of a moment: the one given, else the model's, else now. `expression`, one or several, is
        evaluated beside them, under its own text as name. The catalog's expectations about what is evaluated are held
        against the data, unless `expect` is false. Raises SegdslError, for a broken expectation too.

        `data` gives tables in place of the model's files: data frames by the names that the model's `table:` uses, or
        an open DuckDB connection with tables of these names. A connection is read by a cursor of its own and stays
        open; what a transaction on it has not committed is not seen.
        """
        from segdsl.testing.expect import broken, concerning

        outputs = self._select(names, layout, expression)
        moment = self._moment(as_of if as_of is not None else self._catalog.model.as_of)
        program = self._checked().done().program
        expected = concerning(program, outputs, is_present=as_of is None) if expect else []
        engine = self._open(data)
        try:
            with raised():
                evaluated = [*outputs, *(item.output for item in expected)]
                _, query = self._query(evaluated, engine, moment, check_keys=True)
                result = Result(self._catalog.model, engine, query, outputs, moment)
                found = broken(expected, result.counts([item.output for item in expected]))
                if found:
                    raise SegdslError(found)
                return result
        except BaseException:
            engine.close()
            raise

    # ------------------------------------------------------------ asking and testing

    def test(self, names: Sequence[str] = ()) -> list[Trial]:
        """Tries the catalog's examples (those in the segments and labels named), each on a customer that has just
        what is given. Raises SegdslError for errors in the catalog and unknown names.
        """
        from segdsl.testing.trial import try_examples

        checker = self._without_errors()
        wanted = {self._named(checker, name).name for name in names}
        program = checker.done().program
        chosen = [
            item
            for item in program.examples
            if not wanted or item.target.name in wanted or item.target.name.rpartition(".")[0] in wanted
        ]
        with raised():
            return try_examples(self._catalog.model, program, chosen)

    def explain(
        self, name: str, key: str, *, as_of: str | dt.date | None = None, data: Data | None = None
    ) -> Explained:
        """Why the member of that key has the value it has: the rule taken apart, with the value of every part.

        Keys are compared as text. Durations are microseconds, distances metres. Raises SegdslError, also where nobody
        has that key.
        """
        from segdsl.sql import DUCKDB, sql_text
        from segdsl.testing.explain import explained

        part, outputs = self._parts(name)
        moment = self._moment(as_of if as_of is not None else self._catalog.model.as_of)
        entity = outputs[0].entity
        with raised(), self._open(data) as engine:
            _, query = self._query(outputs, engine, moment, check_keys=True)
            select = query.wide(entity, outputs, raw=True).where(query.has_key(str(key)))
            rows = engine.fetch(sql_text(query.with_steps(select), DUCKDB), "the evaluation")
        if not rows:
            raise SegdslError([problems.unknown_key_value(entity, str(key))])
        values = dict(zip((output.name for output in outputs), rows[0][1:], strict=True))
        return explained(part, values, moment)

    def explain_example(self, trial: Trial) -> Explained:
        """Why an example that was tried came out as it did. Raises SegdslError."""
        from segdsl.testing.explain import explained
        from segdsl.testing.trial import evaluate_given

        part, outputs = self._parts(trial.example.target.name)
        program = self._checked().done().program
        with raised():
            given = {"example": trial.example}
            values = evaluate_given(self._catalog.model, program, outputs, given, trial.as_of)
        return explained(part, values.get("example", {}), trial.as_of)

    def sample(
        self,
        name: str,
        count: int = 5,
        columns: Sequence[str] = (),
        *,
        as_of: str | dt.date | None = None,
        data: Data | None = None,
    ) -> pyarrow.Table:
        """Some members of a segment, a label or a segmentation: the key, and a column per name or expression given,
        else what the rule reads. A hash of the key chooses, so they are the same ones as long as they are members.

        Raises SegdslError.
        """
        from segdsl.testing.sample import column, columns_read, sample_sql

        part, outputs = self._parts(name)
        segment, entity = outputs[0], outputs[0].entity
        if segment.kind == "trait":
            raise SegdslError([problems.not_a_segment(name, "trait")])
        if columns:
            checker = self._checked()
            shown = [(text, self._made("--columns", text, partial(column, checker, entity, text))) for text in columns]
        else:
            shown = [(name, segment)] if segment.kind == "segmentation" else []
            shown.extend(columns_read(part))
        moment = self._moment(as_of if as_of is not None else self._catalog.model.as_of)
        with raised(), self._open(data) as engine:
            found = [output for _, output in shown]
            _, query = self._query([segment, *found], engine, moment, check_keys=True)
            table = engine.arrow(sample_sql(query, segment, found, count), "the evaluation")
        return table.rename_columns([table.column_names[0], *(text for text, _ in shown)])

    def check_data(self, *, as_of: str | dt.date | None = None, data: Data | None = None) -> list[Diagnostic]:
        """What is wrong with the catalog, with the model against the data, and the expectations that these do not
        fulfil; each where what comes before is without errors. Raises nothing but for a wrong `as_of` or `data`.
        """
        from segdsl.testing.data import check_data

        found = self.check()
        moment = self._moment(as_of if as_of is not None else self._catalog.model.as_of)
        if any(item.is_error for item in found):
            return found
        with raised(), self._open(data) as engine:
            found.extend(check_data(self._catalog.model, self._checked().done().program, engine, moment))
        return sort(found)

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

        checker = self._checked()
        definition = self._catalog.definitions.get(name) or self._catalog.definitions.get(name.rpartition(".")[0])
        if definition is None or (definition.name != name and name not in self.names):
            raise SegdslError([problems.unknown_definition(name, self.names)])
        return about(checker, definition)

    def library(self, name: str) -> Library | None:
        """A shipped library, by its name or the one it is used by; None where there is none."""
        from segdsl.plan.about import about_library

        return about_library(self._catalog, name)

    @property
    def names(self) -> list[str]:
        """Every name that can be asked for, labels as `tier.gold`; errors in the catalog do not matter."""
        found: list[str] = []
        for name, item in self._catalog.definitions.items():
            found.append(name)
            if isinstance(item.tree, tree.Segmentation):
                found.extend(dict.fromkeys(f"{name}.{rule.label.text}" for rule in item.tree.rules))
        return found

    def _parts(self, name: str) -> tuple[Part, list[Output]]:
        from segdsl.testing.explain import outputs_of, parts_of

        checker = self._without_errors()
        self._named(checker, name)
        part = parts_of(checker, name)
        assert part is not None
        checker.work_off()
        return part, list(outputs_of(part))

    def _without_errors(self) -> Checker:
        checker = self._checked()
        errors = [item for item in checker.done().diagnostics if item.is_error]
        if errors:
            raise SegdslError(errors)
        return checker

    # ------------------------------------------------------------ what to evaluate

    def _select(self, names: Sequence[str], layout: Layout, expression: str | Sequence[str] | None) -> list[Output]:
        """The outputs that names and expressions ask for; raises for errors in the catalog and unknown names."""
        checker = self._checked()
        texts = (expression,) if isinstance(expression, str) else expression or ()
        added = [self._expression(checker, text) for text in dict.fromkeys(texts)]
        errors = [item for item in checker.done().diagnostics if item.is_error]
        if errors:
            raise SegdslError(errors)
        outputs = [self._named(checker, name) for name in dict.fromkeys(names)]
        outputs.extend(item for item in added if item not in outputs)
        if not names and not added:
            outputs = [item for item in self.outputs if layout == "wide" or item.kind != "trait"]
            if not outputs:
                raise SegdslError([problems.nothing_to_run()])
        if layout == "members":
            traits = [problems.not_a_segment(item.name, "trait") for item in outputs if item.kind == "trait"]
            if traits:
                raise SegdslError(traits)
        else:
            one_entity(outputs)
            seen: dict[str, str] = {}
            for item in outputs:
                other = seen.setdefault(item.name.casefold(), item.name)
                if other != item.name:
                    raise SegdslError([problems.names_clash(other, item.name)])
        return outputs

    def _named(self, checker: Checker, name: str) -> Output:
        found = checker.output(name)
        if found is None:
            definition = self._catalog.definitions.get(name)
            if definition is None:
                raise SegdslError([problems.unknown_definition(name, self.names)])
            needed = [item.name.text for item in definition.parameters if item.default is None]
            raise SegdslError([problems.no_value_of_its_own(name, needed)])
        return found

    def _expression(self, checker: Checker, text: str) -> Output:
        if (named := checker.output(text.strip())) is not None:  # nothing but the name of a definition
            return named
        return self._made("-e", text, lambda node: checker.add_expression(text.strip(), node))

    def _made(self, where: str, text: str, make: Callable[[tree.Expr], Output | None]) -> Output:
        """The output that is made of an expression; raises for what is wrong with it."""
        node, diagnostics = parse_value(Source(where, text))
        if node is None or diagnostics:
            raise SegdslError(diagnostics)
        checker = self._checked()
        before = len(checker.diagnostics)
        found = make(node)
        if found is None:
            errors = sort(checker.diagnostics[before:])
            del checker.diagnostics[before:]
            raise SegdslError(errors)
        return found

    def _moment(self, given: str | dt.date | None) -> dt.datetime:
        """A moment as wall-clock time in the model's time zone; a date is its midnight, None is now."""
        zone = self._catalog.model.zone
        if given is None:
            return dt.datetime.now(zone).replace(tzinfo=None)
        if isinstance(given, str):
            node, diagnostics = parse_value(Source("--as-of", given))
            if diagnostics or not isinstance(node, tree.Date | tree.Time):
                raise SegdslError([problems.bad_moment(given)])
            given = node.value
        if not isinstance(given, dt.datetime):
            return dt.datetime.combine(given, dt.time())
        try:
            return self._catalog.model.clock_time(given)
        except OverflowError:
            raise SegdslError([problems.bad_moment(given.isoformat())]) from None

    # ------------------------------------------------------------ how to evaluate it

    def _open(self, data: Data | None = None) -> DuckDB:
        from segdsl.engines.duckdb import DuckDB
        from segdsl.engines.handed import frames

        model = self._catalog.model
        with raised():
            return DuckDB(model, self.root, frames(model, data) if isinstance(data, Mapping) else data)

    def _query(
        self, outputs: Sequence[Output], engine: DuckDB, as_of: dt.datetime | None, check_keys: bool = False
    ) -> tuple[Plan, Query]:
        from segdsl.engines.describe import describe_model
        from segdsl.engines.keys import repeated_keys
        from segdsl.plan import make_plan
        from segdsl.sql import DUCKDB, make_query

        plan = make_plan(self._checked().done().program, outputs)
        schema, diagnostics = describe_model(self._catalog.model, engine, plan.parts(self._catalog.model))
        if not any(item.is_error for item in diagnostics) and check_keys:
            # keys that stand in several rows would multiply members and events without a word
            diagnostics.extend(repeated_keys(self._catalog.model, schema, engine))
        if any(item.is_error for item in diagnostics):
            raise SegdslError(diagnostics)
        return plan, make_query(self._catalog.model, schema, plan, DUCKDB, as_of)


__all__ = ["Catalog", "Layout", "Result", "SegdslError", "Size", "load"]
