"""BigQuery's SQL on Google's own analyser and reference evaluator, as the wheel `zetasql` has them: SELECTs over rows
that stand in the statement itself."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
from sqlglot import exp

from segdsl.engines.unseen import unseen_schema
from segdsl.plan import make_plan
from segdsl.program import Output
from segdsl.sql import build, make_query, sql_text
from segdsl.sql.dialects import BIGQUERY
from segdsl.types import Kind
from tests.engine import Compiled, _value, arrow_tables
from tests.warehouses import _literal, kind_of


class GoogleSQL:
    """The evaluator; it takes half a minute to start."""

    def __init__(self) -> None:
        from zetasql.api import CatalogBuilder
        from zetasql.types import AnalyzerOptions, LanguageOptions, ZetaSQLBuiltinFunctionOptions

        language = LanguageOptions.maximum_features()
        self._options: Any = AnalyzerOptions(language_options=language)
        functions = ZetaSQLBuiltinFunctionOptions(language_options=language)
        self._catalog: Any = CatalogBuilder("db").with_builtin_functions(functions).build()

    def rows(self, select: exp.Query) -> list[list[Any]]:
        """The rows of a SELECT, with what JSON has for their values."""
        from zetasql.api import PreparedQuery

        names = select.named_selects
        inner = select.copy()
        ctes = inner.args.get("with_")
        inner.set("with_", None)
        outer = exp.select(exp.func("TO_JSON_STRING", exp.column("t"))).from_(inner.subquery("t"))
        outer.set("with_", ctes)
        builder = PreparedQuery.builder().set_sql(sql_text(outer, BIGQUERY))
        with builder.set_analyzer_options(self._options).set_catalog(self._catalog).prepare() as prepared:
            found = [json.loads(row.cell[0].string_value) for row in prepared.execute().content.table_data.row]
        return [[row[name] for name in names] for row in found]

    def values(
        self, compiled: Compiled, names: Sequence[str], types: Mapping[str, str] | None = None
    ) -> dict[str, dict[str, Any]]:
        """The values of definitions for every key; `types` are those of columns that hold what the model says as
        something else."""
        wanted = {name: compiled.output(name) for name in names}
        outputs = list({output.name: output for output, _ in wanted.values()}.values())
        plan = make_plan(compiled.checker.done().program, outputs)
        model = compiled.catalog.model
        schema, _ = unseen_schema(model, Path(), BIGQUERY, plan.parts(model))
        query = make_query(model, schema, plan, BIGQUERY, compiled.world.as_of)
        inline = list(_inline(arrow_tables(model, compiled.world.tables), types or {}))
        results: dict[str, dict[str, Any]] = {}
        for entity in dict.fromkeys(output.entity for output in outputs):
            of_entity = [output for output in outputs if output.entity == entity]
            select = query.with_steps(query.wide(entity, of_entity, raw=True))
            select.args["with_"].set(
                "expressions", [*(cte.copy() for cte in inline), *select.args["with_"].expressions]
            )
            results.update({output.name: {} for output in of_entity})
            for row in self.rows(select):
                for index, output in enumerate(of_entity, start=1):
                    results[output.name][str(row[0])] = _read(row[index], output)
        return {
            name: results[output.name]
            if label is None
            else {key: value == label for key, value in results[output.name].items()}
            for name, (output, label) in wanted.items()
        }


def _read(value: Any, output: Output) -> Any:
    match output.type.kind:
        case _ if value is None:
            return None
        case Kind.TIME:
            return dt.datetime.fromisoformat(value)
        case Kind.DATE:
            return dt.date.fromisoformat(value)
        case Kind.INT | Kind.DURATION:
            return _value(int(value), output)
        case Kind.DECIMAL | Kind.DISTANCE:
            return Decimal(str(value))
        case _:
            return _value(value, output)


def _inline(tables: Mapping[str, pa.Table], types: Mapping[str, str]) -> Iterator[exp.CTE]:
    def cell(value: Any, column: str, kind: Kind) -> exp.Expr:
        # from a text: a literal number is taken for a decimal wherever one is asked for, and has no digits to lose
        literal = build.text(str(value)) if column in types and value is not None else _literal(BIGQUERY, value, kind)
        return build.alias(build.cast(literal, types.get(column, BIGQUERY.types[kind]), "bigquery"), column)

    for name, table in tables.items():
        kinds = {field.name: kind_of(field.type) for field in table.schema}
        union: exp.Expr | None = None
        for row in table.to_pylist() or [dict.fromkeys(kinds)]:
            cells = [cell(row[column], column, kind) for column, kind in kinds.items()]
            select = build.select(*cells)
            if not table.num_rows:
                select = select.from_(exp.Subquery(this=build.select(build.alias(build.number(1), "none")))).where(
                    exp.false(), copy=False
                )
            union = select if union is None else exp.Union(this=union, expression=select, distinct=False)
        yield exp.CTE(this=union, alias=exp.TableAlias(this=build.name(name)))
