"""The compiler with DuckDB, as the runners of the cases call it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

from segdsl.catalog import Catalog, build_catalog
from segdsl.check import Checker
from segdsl.diagnostics import Diagnostic, Source
from segdsl.engines.describe import describe_model, part_of
from segdsl.engines.duckdb import DuckDB
from segdsl.engines.engine import Engine
from segdsl.engines.results import Evaluation
from segdsl.history import past
from segdsl.lint import lint
from segdsl.model.loader import load_model
from segdsl.model.model import Model
from segdsl.plan import make_plan
from segdsl.program import Output
from segdsl.sql import Query, make_query, sql_text
from segdsl.sql.expressions import EVALUATIONS, STAYS
from segdsl.types import Kind
from tests.world import World

_ARROW = {
    "bool": pa.bool_(),
    "int": pa.int64(),
    "decimal": pa.decimal128(38, 10),
    "text": pa.string(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "list(text)": pa.list_(pa.string()),
}


def load(model: Mapping[str, Any]) -> Model:
    """The model of a plain mapping; the rules of `segdsl.yaml` hold. Each is read once, however many cases have it."""
    key = json.dumps(model, default=repr)
    if key not in _LOADED:
        _LOADED[key] = _load(model)
    return _LOADED[key]


_LOADED: dict[str, Model] = {}


def _load(model: Mapping[str, Any]) -> Model:
    found, diagnostics = load_model(
        Source("segdsl.yaml", yaml.safe_dump(dict(model), sort_keys=False, allow_unicode=True))
    )
    assert found is not None, "\n".join(item.render() for item in diagnostics)
    return found


def catalog_of(model: Mapping[str, Any], rules: str, params: Mapping[str, str] | None = None) -> Catalog:
    return build_catalog(load(model), [Source("rules.seg", rules)], params or {})


def diagnostics(model: Mapping[str, Any], rules: str) -> list[Diagnostic]:
    """Everything that is wrong with the rules, sorted."""
    checker = Checker(catalog_of(model, rules))
    checker.check_definitions()
    return list(checker.done().diagnostics)


def warnings(model: Mapping[str, Any], rules: str, *codes: str) -> list[Diagnostic]:
    """What lint tells of rules without errors: the usual codes, or those given."""
    checker = Checker(catalog_of({**model, "lint": {"select": list(codes)}} if codes else model, rules))
    checker.check_definitions()
    errors = [item.render() for item in checker.done().diagnostics if item.is_error]
    assert not errors, "\n\n".join(errors)
    return lint(checker)


def arrow_tables(model: Model, tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, pa.Table]:
    """The rows of a world as Arrow tables, with the types that the model states."""
    out: dict[str, pa.Table] = {}
    for part in (*model.entities.values(), *model.events.values(), *model.lookups.values()):
        if part.table is None:
            continue
        columns: dict[str, pa.DataType] = {part.key.column: _ARROW[str(part.key.type or "text")]}
        fields = getattr(part, "attributes", None) or getattr(part, "fields", {})
        if hasattr(part, "time"):
            columns[part.time] = pa.timestamp("us")
        for field in fields.values():
            columns[field.column] = _ARROW[str(field.type.kind.value)]
        parent = getattr(part, "parent", None)
        if parent is not None:
            columns.setdefault(parent.key.column, pa.string())
        rows = [
            {name: _plain(row.get(name), type_) for name, type_ in columns.items()}
            for row in tables.get(part.table, ())
        ]
        for name, type_ in columns.items():
            if type_ == pa.int64() and all(abs(row[name] or 0) < 2**31 for row in rows):
                columns[name] = pa.int32()  # as most tables have it: what is reckoned with it has more room
        out[part.table] = pa.Table.from_pylist(rows, schema=pa.schema(list(columns.items())))
    return out


def _plain(value: Any, type_: pa.DataType) -> Any:
    if value is None:
        return None
    if pa.types.is_decimal(type_):
        return Decimal(str(value)).quantize(Decimal("0.0000000001"))
    if pa.types.is_timestamp(type_):
        if isinstance(value, str):
            value = dt.datetime.fromisoformat(value)
        return value if isinstance(value, dt.datetime) else dt.datetime.combine(value, dt.time())
    if pa.types.is_date(type_) and isinstance(value, str):
        return dt.date.fromisoformat(value)
    if pa.types.is_string(type_):
        return str(value)
    return value


Opened = Callable[[dict[str, pa.Table]], AbstractContextManager[Engine]]


class Compiled:
    """A catalog checked against a world's model, ready to be run."""

    def __init__(self, world: World, rules: str, params: Mapping[str, str] | None = None) -> None:
        self.world = world
        self.catalog = catalog_of(world.model, rules, params)
        self.checker = Checker(self.catalog)
        self.checker.check_definitions()
        errors = [item.render() for item in self.checker.done().diagnostics if item.is_error]
        assert not errors, "\n\n".join(errors)

    def output(self, name: str) -> tuple[Output, str | None]:
        """The output of a name, and the label where it names one."""
        found = self.checker.output(name)
        if found is not None:
            return found, None
        head, _, label = name.rpartition(".")
        owner = self.checker.output(head)
        assert owner is not None, f"no definition `{name}`"
        assert label in owner.labels, f"no label `{name}`"
        return owner, label

    def run(
        self, names: Iterable[str], as_of: dt.datetime | None = None, opened: Opened | None = None, held: bool = False
    ) -> dict[str, dict[str, Any]]:
        """The values of what is named, on DuckDB or on the engine that a call opens with the world's tables.

        They come from one statement, or (`held`) as `segdsl run` has them, from tables that hold the evaluation.
        """
        wanted = {name: self.output(name) for name in names}
        outputs = list({output.name: output for output, _ in wanted.values()}.values())
        plan = make_plan(self.checker.done().program, outputs)
        model = self.catalog.model
        results: dict[str, dict[str, Any]] = {}
        everything = arrow_tables(model, self.world.tables)
        read = {part_of(model, part).table for part in plan.parts(model)}
        tables = {name: table for name, table in everything.items() if name in read}
        if plan.pasts:
            tables |= self._past(outputs, everything, as_of or self.world.as_of)
        with opened(tables) if opened else DuckDB(model, Path("."), tables) as engine:
            schema, found = describe_model(model, engine, plan.parts(model))
            assert not found, "\n".join(item.render() for item in found)
            query = make_query(model, schema, plan, engine.dialect, as_of or self.world.as_of)
            evaluation = Evaluation(engine, query, outputs) if held else None
            query = evaluation.query if evaluation else query
            try:
                for entity in dict.fromkeys(output.entity for output in outputs):
                    of_entity = [output for output in outputs if output.entity == entity]
                    select = query.wide(entity, of_entity, raw=True)
                    sql = sql_text((query.with_steps(select) if query.steps else select), engine.dialect)
                    rows = engine.fetch(sql)
                    for index, output in enumerate(of_entity, start=1):
                        results[output.name] = {
                            str(row[0]): _value(row[index], output, engine.dialect.decimals) for row in rows
                        }
            finally:
                if evaluation:
                    evaluation.drop()
        return {
            name: results[output.name]
            if label is None
            else {key: value == label for key, value in results[output.name].items()}
            for name, (output, label) in wanted.items()
        }

    def _past(self, outputs: Sequence[Output], tables: dict[str, pa.Table], as_of: dt.datetime) -> dict[str, pa.Table]:
        """What the runs of the world have saved."""
        model = self.catalog.model
        program = self.checker.done().program
        subjects = past.subjects(program, outputs)
        plan = make_plan(program, subjects)
        with DuckDB(model, Path("."), tables) as engine:
            schema, _ = describe_model(model, engine, plan.parts(model))
            runs = sorted(self.world.runs)

            def ask(moment: dt.datetime) -> Query:
                return make_query(model, schema, plan, engine.dialect, moment)

            with past.replay(engine, program, subjects, ask, model.timezone, runs) as store:
                return {name: store.arrow(f"SELECT * FROM {name}") for name in (STAYS, EVALUATIONS)}


def _value(value: Any, output: Output, decimals: int | None = None) -> Any:
    if decimals is not None and value is not None:  # whole numbers stand for decimals and moments
        match output.type.kind:
            case Kind.DECIMAL | Kind.DISTANCE:
                return Decimal(value) / decimals
            case Kind.DATE | Kind.TIME:
                moment = dt.datetime(1970, 1, 1) + dt.timedelta(microseconds=value)
                return moment.date() if output.type.kind is Kind.DATE else moment
    if output.type.kind is Kind.BOOL and value in (0, 1):  # an engine may have no truths of its own
        return bool(value)
    if value is not None and output.type.kind is Kind.DURATION:
        return dt.timedelta(microseconds=value)
    if output.type.kind is Kind.LIST and isinstance(value, str):  # nor lists: they are JSON there
        value = json.loads(value)
    return tuple(value) if isinstance(value, list) else value


def evaluate(
    world: World, rules: str, names: Iterable[str], params: Mapping[str, str] | None = None
) -> dict[str, dict[str, Any]]:
    """The values of definitions, labels and library names for every key; segments and labels as True or False."""
    return Compiled(world, rules, params).run(names)
