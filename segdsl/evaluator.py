"""What every question to a catalog begins with: which outputs are meant, as of when, and their one query."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from segdsl import catalog as catalogs
from segdsl import problems
from segdsl.check import Checker
from segdsl.diagnostics import Diagnostic, Source, sort
from segdsl.engines.limits import UNLIMITED, Limits
from segdsl.error import SegdslError, raised
from segdsl.model.given import moment_of
from segdsl.options import Layout
from segdsl.program import Aggregate, Length, Output
from segdsl.result import one_entity
from segdsl.syntax import tree
from segdsl.syntax.parser import parse_value

if TYPE_CHECKING:
    from segdsl.catalog import Definition
    from segdsl.engines.duckdb import DuckDB
    from segdsl.engines.engine import Engine
    from segdsl.engines.handed import Data
    from segdsl.engines.warehouse import Warehouse
    from segdsl.engines.watch import Progress
    from segdsl.history.past import Unknown
    from segdsl.plan import Plan
    from segdsl.sql import Dialect, Query
    from segdsl.testing.explain import Part


class Evaluator:
    """A catalog with its checker: names become outputs, outputs a query. Raises SegdslError alone."""

    def __init__(
        self,
        catalog: catalogs.Catalog,
        in_spite_of_errors: bool = False,
        progress: Progress | None = None,
        limits: Limits = UNLIMITED,
    ) -> None:
        """`in_spite_of_errors` in the catalog, questions are answered as far as they can be: to say what is wrong with
        a question that the errors have nothing to do with. `progress` is told how far DuckDB is, `limits` are how much
        it may take where a question has none of its own.
        """
        self.catalog = catalog
        self.progress = progress
        self.limits = limits
        self._in_spite_of_errors = in_spite_of_errors
        self._checker: Checker | None = None

    def checked(self) -> Checker:
        """The checker with every definition checked, and everything that is wrong with them."""
        if self._checker is None:
            self._checker = Checker(self.catalog)
            self._checker.check_definitions()
        return self._checker

    def without_errors(self) -> Checker:
        """The same for a catalog without errors; raises where it has some."""
        checker = self.checked()
        errors = [item for item in checker.done().diagnostics if item.is_error]
        if errors and not self._in_spite_of_errors:
            raise SegdslError(errors)
        return checker

    @property
    def has_errors(self) -> bool:
        return any(item.is_error for item in self.checked().diagnostics)

    @property
    def names(self) -> list[str]:
        """Every name that can be asked for, labels as `tier.gold`; errors in the catalog do not matter."""
        found: list[str] = []
        for name, item in self.catalog.definitions.items():
            found.append(name)
            if isinstance(item.tree, tree.Segmentation):
                found.extend(dict.fromkeys(f"{name}.{rule.label.text}" for rule in item.tree.rules))
        return found

    @property
    def outputs(self) -> list[Output]:
        """What is evaluated when nothing is named, traits included: own definitions and those of used libraries."""
        outputs = self.checked().done().program.outputs
        return [outputs[name] for name in self.catalog.definitions if name in outputs]

    def is_own(self, output: Output) -> bool:
        """Whether a definition or label, or an expression, is of no library."""
        definitions = self.catalog.definitions
        found = definitions.get(output.name) or definitions.get(output.name.rpartition(".")[0])
        return found is None or not found.scope.alias

    def parts(self, name: str) -> tuple[Part, list[Output]]:
        """A rule taken apart, and the outputs that its parts have; raises for errors and unknown names."""
        from segdsl.testing.explain import outputs_of, parts_of

        checker = self.without_errors()
        self.named(name)
        part = parts_of(checker, name)
        assert part is not None
        checker.work_off()
        return part, list(outputs_of(part))

    def columns(self, name: str, columns: Sequence[str]) -> tuple[Output, list[tuple[str, Output]]]:
        """A segment, label or segmentation, and what is shown of its members: the expressions given, else what its
        rule reads; raises.
        """
        from segdsl.testing.sample import column, columns_read

        part, outputs = self.parts(name)
        segment = outputs[0]
        if segment.kind == "trait":
            raise SegdslError([problems.not_a_segment(name, "trait")])
        if columns:
            make = partial(column, self.checked(), segment.entity)
            return segment, [(text, self.made("--columns", text, partial(make, text))) for text in columns]
        shown = [(name, segment)] if segment.kind == "segmentation" else []
        return segment, [*shown, *columns_read(part)]

    # ------------------------------------------------------------ what to evaluate

    def select(
        self, names: Sequence[str], layout: Layout | None, expression: str | Sequence[str] | None
    ) -> list[Output]:
        """The outputs that names and expressions ask for; raises for errors in the catalog and unknown names. Without a
        layout they are what has members, and there is no other."""
        texts = (expression,) if isinstance(expression, str) else expression or ()
        added = [self.expression(text) for text in dict.fromkeys(texts)]
        self.without_errors()
        outputs = [self.named(name) for name in dict.fromkeys(names)]
        outputs.extend(item for item in added if item not in outputs)
        if not names and not added:
            outputs = [item for item in self.outputs if layout == "wide" or item.kind != "trait"]
            if not outputs:
                raise SegdslError([problems.nothing_to_run()])
        if layout != "wide":
            traits = [item.name for item in outputs if item.kind == "trait"]
            if traits:
                raise SegdslError([problems.not_a_segment(name, "trait", wide=layout is not None) for name in traits])
        else:
            one_entity(outputs)
            seen: dict[str, str] = {}
            for item in outputs:
                other = seen.setdefault(item.name.casefold(), item.name)
                if other != item.name:
                    raise SegdslError([problems.names_clash(other, item.name)])
        return outputs

    def named(self, name: str) -> Output:
        """The output of a definition or label; raises where there is none."""
        found = self.checked().output(name)
        if found is None:
            definition = self.catalog.definitions.get(name)
            if definition is None:
                raise SegdslError([problems.unknown_definition(name, self.names)])
            needed = [item.name.text for item in definition.parameters if item.default is None]
            raise SegdslError([problems.no_value_of_its_own(name, needed)])
        return found

    def definition(self, name: str) -> Definition:
        """The definition of a name; a label's is its segmentation. Raises where there is none."""
        definitions = self.catalog.definitions
        owner = max((owner for owner in definitions if name.startswith(f"{owner}.")), key=len, default=name)
        found = definitions.get(name) or definitions.get(owner)
        if found is None or (found.name != name and name not in self.names):
            raise SegdslError([problems.unknown_definition(name, self.names)])
        return found

    def expression(self, text: str) -> Output:
        """The output of an expression that no file holds; raises for what is wrong with it."""
        checker = self.checked()
        if (named := checker.output(text.strip())) is not None:  # nothing but the name of a definition
            return named
        return self.made("-e", text, lambda node: checker.add_expression(text.strip(), node))

    def made(self, where: str, text: str, make: Callable[[tree.Expr], Output | None]) -> Output:
        """The output that is made of an expression; raises for what is wrong with it."""
        node, diagnostics = parse_value(Source(where, text))
        if node is None or diagnostics:
            raise SegdslError(diagnostics)
        checker = self.checked()
        before = len(checker.diagnostics)
        found = make(node)
        if found is None:
            errors = sort(checker.diagnostics[before:])
            del checker.diagnostics[before:]
            raise SegdslError(errors)
        return found

    def moment(self, given: str | dt.date | None) -> dt.datetime:
        """A moment as wall-clock time in the model's time zone: the one given, else the model's, else the second of
        now. A date is its midnight."""
        if given is None:
            given = self.catalog.model.as_of
        if given is None:
            # what is printed of a run, to the second, is what it is as of
            return self.catalog.model.now().replace(microsecond=0)
        found = moment_of(self.catalog.model, given)
        if found is None:
            raise SegdslError([problems.bad_moment(str(given))])
        return found

    def length(self, option: str, text: str) -> Length:
        """A length of time above nothing, as an option takes it: `400d`, `2y`; raises."""
        from segdsl.check.constants import length, quantity

        text = str(text)  # of Python a number may come
        node, diagnostics = parse_value(Source(option, text))
        if not diagnostics and isinstance(node, tree.Quantity):
            found = length(quantity(node.value, node.unit))
            if found is not None and (found.months > 0 or found.micros > 0):
                return found
        raise SegdslError([problems.bad_length(option, text)])

    # ------------------------------------------------------------ how to evaluate it

    def open(
        self,
        data: Data | None = None,
        limits: Limits | None = None,
        is_profiled: bool = False,
        own: Path | None = None,
    ) -> DuckDB:
        """A connection to the model's data, or to what stands in for it; raises. `own` is a database file to write
        to."""
        from segdsl.engines.duckdb import DuckDB
        from segdsl.engines.handed import frames

        model = self.catalog.model
        with raised():
            tables = frames(model, data) if isinstance(data, Mapping) else data
            root = self.catalog.root or Path()
            return DuckDB(model, root, tables, self.progress, limits or self.limits, is_profiled, own)

    def session(self, data: Data | None, engine: str | None) -> DuckDB | Warehouse:
        """A connection to the model's data, or a session on the engine of a URL; raises."""
        return self.open(data) if engine is None else self.connect(engine, data)

    def connect(self, url: str, data: Data | None = None) -> Warehouse:
        """A session on the engine of a URL; raises."""
        from segdsl.engines.connect import connect

        if data is not None:
            raise SegdslError([problems.data_and_engine()])
        with raised():
            return connect(url, self.catalog.root or Path())

    def sql(
        self,
        outputs: Sequence[Output],
        layout: Layout,
        as_of: str | dt.date | None,
        data: Data | None,
        dialect: str,
        engine: str | None,
        version: str,
    ) -> str:
        """The SQL of outputs, with a header that says what it means and whose `version` wrote it; raises."""
        from segdsl.sql import DIALECTS, DUCKDB, sql_text
        from segdsl.sql.header import header

        if dialect not in DIALECTS:
            raise SegdslError([problems.unknown_dialect(dialect, DIALECTS)])
        spoken = DIALECTS[dialect]
        is_seen = spoken is DUCKDB or engine is not None
        given = as_of if as_of is not None else self.catalog.model.as_of
        moment = None if given is None else self.moment(given)
        if is_seen:
            with raised(), closing(self.open(data) if engine is None else self.connect(engine, data)) as session:
                # what a connection of ours brings along is nobody else's
                spoken = DIALECTS[session.dialect.name]
                plan, query = self.query(outputs, session, moment, past=lambda _: None, spoken=spoken)
        else:
            plan, query = self.unseen_query(outputs, spoken, moment)
        wide = layout == "wide"
        select = query.wide(one_entity(outputs), outputs) if wide else query.members(outputs)
        said = header(version, self.catalog.model, plan, outputs, moment, query.dialect, is_seen)
        return f"{said}\n{sql_text(query.with_steps(select, is_used_up=True), query.dialect, is_used_up=True)};\n"

    def query(
        self,
        outputs: Sequence[Output],
        engine: Engine,
        as_of: dt.datetime | None,
        check_keys: bool = False,
        past: Callable[[Plan], None] | None = None,
        apart: Callable[[Aggregate], bool] | None = None,
        spoken: Dialect | None = None,
    ) -> tuple[Plan, Query]:
        """The one plan of outputs, and the query that it is on the rows that are there; raises. `apart` is as for
        `make_plan`, `spoken` the dialect where it is not the engine's.

        Where rules ask for the history, `past` gives the engine what it reads; else the catalog's store does.
        """
        from segdsl.engines.describe import describe_model
        from segdsl.engines.duckdb import DuckDB
        from segdsl.engines.keys import wrong_keys
        from segdsl.plan import make_plan
        from segdsl.sql import make_query

        plan = make_plan(self.checked().done().program, outputs, apart)
        dialect = spoken or engine.dialect
        self.see_that_sayable(plan, dialect, as_of)
        schema, diagnostics = describe_model(self.catalog.model, engine, plan.parts(self.catalog.model))
        if not any(item.is_error for item in diagnostics) and check_keys:
            # keys that stand in several rows would multiply members and events without a word
            diagnostics.extend(wrong_keys(self.catalog.model, schema, engine))
        if any(item.is_error for item in diagnostics):
            raise SegdslError(diagnostics)
        if isinstance(engine, DuckDB):
            engine.reading = tuple(dict.fromkeys(name for _, name in plan.parts(self.catalog.model)))
        if plan.pasts:
            if past is not None:
                past(plan)
            else:
                self.provide_past(plan, engine, as_of or self.moment(None))
        with raised():
            return plan, make_query(self.catalog.model, schema, plan, dialect, as_of)

    def queries(self, outputs: Sequence[Output], engine: Engine) -> Callable[[dt.datetime], Query]:
        """The query of outputs as of any moment, on rows that are looked at once; raises. What the outputs read of the
        history is left to whoever asks.
        """
        from segdsl.engines.describe import describe_model
        from segdsl.plan import make_plan
        from segdsl.sql import make_query

        model = self.catalog.model
        plan = make_plan(self.checked().done().program, outputs)
        schema, diagnostics = describe_model(model, engine, plan.parts(model))
        if any(item.is_error for item in diagnostics):
            raise SegdslError(diagnostics)
        return lambda as_of: make_query(model, schema, plan, engine.dialect, as_of)

    def provide_past(self, plan: Plan, engine: Engine, as_of: dt.datetime | None) -> None:
        """Gives an engine what the catalog's store knows of the history that a plan reads. With an `as_of` it raises
        where a rule asks for what was before that begins; without one such a rule finds nothing."""
        from segdsl.history import past

        with raised(), ExitStack() as stack:
            store = past.open_store(self.catalog, self.progress)
            if store is not None:
                stack.enter_context(store)
            if as_of is not None:
                self.refuse_unknown(past.unknown(past.begun_in(store), plan.pasts, as_of), as_of)
            past.provide(engine, store, plan.pasts)

    def unknown(self, outputs: Sequence[Output], as_of: dt.datetime) -> dict[str, Unknown]:
        """The outputs, by their names, that ask for a history as of a moment before it begins in a run as of `as_of`,
        with what they ask for: nobody knows what they say, and a run of them is refused."""
        from segdsl.history import past
        from segdsl.plan.pasts import pasts_of

        program = self.checked().done().program
        if not pasts_of(program, outputs):
            return {}
        with raised(), ExitStack() as stack:
            store = past.open_store(self.catalog, self.progress)
            begun = past.begun_in(None if store is None else stack.enter_context(store))
            found = ((output.name, past.unknown(begun, pasts_of(program, [output]), as_of)) for output in outputs)
            return {name: items[-1] for name, items in found if items}

    def see_that_known(self, outputs: Sequence[Output], as_of: dt.datetime) -> None:
        """Raises for outputs that ask for a history as of a moment before it begins, as a run of them does."""
        self.refuse_unknown(self.unknown(outputs, as_of).values(), as_of)

    def refuse_unknown(self, found: Iterable[Unknown], as_of: dt.datetime) -> None:
        """Raises for what nobody knows, if anything, at the definitions that ask for it."""
        wrong: dict[tuple[str, str], Diagnostic] = {}
        for item in found:
            definition = self.catalog.definitions.get(item.by)
            by, span = (None, None) if definition is None else (item.by, definition.tree.name.span)
            told = problems.no_history(by, item.definition, item.moment, item.begins, as_of - item.moment, span)
            wrong.setdefault((item.by, item.definition), told)
        if wrong:
            raise SegdslError(sort(wrong.values()))

    def unseen_query(
        self, outputs: Sequence[Output], dialect: Dialect, as_of: dt.datetime | None
    ) -> tuple[Plan, Query]:
        """The same for an engine that is not at hand, whose tables have the names that the model uses; raises."""
        from segdsl.engines.unseen import unseen_schema
        from segdsl.plan import make_plan
        from segdsl.sql import make_query

        model = self.catalog.model
        plan = make_plan(self.checked().done().program, outputs)
        self.see_that_sayable(plan, dialect, as_of)
        schema, diagnostics = unseen_schema(model, self.catalog.root or Path(), dialect, plan.parts(model))
        if diagnostics:
            raise SegdslError(diagnostics)
        with raised():
            return plan, make_query(model, schema, plan, dialect, as_of)

    def see_that_sayable(self, plan: Plan, dialect: Dialect, as_of: dt.datetime | None) -> None:
        """Raises for what the dialect lacks, at the definitions that use it. Without a moment SQL asks for its own."""
        from segdsl.sql.lacking import lacking

        found: list[Diagnostic] = []
        zone = self.catalog.model.timezone if as_of is None else "UTC"
        for key, construct, reason in lacking(plan, dialect, zone):
            definition = self.catalog.definitions.get(key.definition)
            span = None if definition is None else definition.tree.name.span
            found.append(problems.dialect_lacks(construct, key.definition, dialect.name, reason, span))
        if found:
            raise SegdslError(sort(found))
