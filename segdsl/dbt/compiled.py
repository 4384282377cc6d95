"""Outputs as SQL for dbt: tables are sources, and as-of is the run's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from sqlglot import exp

from segdsl import problems
from segdsl.dbt.groups import Group
from segdsl.dbt.jinja import Places, literal
from segdsl.dbt.sources import Sources
from segdsl.engines.describe import describe_model
from segdsl.engines.engine import Engine
from segdsl.engines.unseen import unseen_schema
from segdsl.error import SegdslError
from segdsl.evaluator import Evaluator
from segdsl.model.schema import Schema
from segdsl.plan import make_plan
from segdsl.program import Expectation, Output
from segdsl.sql import Dialect, Query, build, make_query, sql_text
from segdsl.sql.query import SEGMENT

AS_OF = "segdsl_as_of()"


@dataclass(frozen=True)
class Writer:
    """Writes queries as templates. `session` is where the types of columns are looked at; None: nowhere."""

    evaluator: Evaluator
    session: Engine | None
    dialect: Dialect
    places: Places
    sources: Sources

    def wide(self, group: Group) -> str:
        """A row per member of the entity, a column per definition."""
        query = self._query(group.outputs)
        select = query.wide(group.entity, group.outputs)
        for column, name in zip(select.expressions, [group.key, *group.columns.values()], strict=True):
            column.set("alias", build.name(name))
        return self._text(query.with_steps(select))

    def members(self, group: Group) -> str:
        """A row per segment and member, out of the wide model."""
        selects: list[exp.Expr] = []
        for output in group.outputs:
            value: exp.Expr = build.column(group.columns[output.name], "w")
            if output.kind == "trait":
                continue
            segment: exp.Expr = build.text(output.name)
            held = value
            if output.kind == "segmentation":
                prefix = {"a": build.text(f"{output.name}."), "b": value.copy()}
                segment = build.fill(self.dialect.structures["joined"], prefix, self.dialect.grammar)
                held = build.is_known(value)
            key = build.alias(build.column(group.key, "w"), group.members_key)
            select = build.select(build.alias(segment, SEGMENT), key)
            selects.append(select.from_(self._ref(group.model, "w")).where(held, copy=False))
        return self._text(_union(selects))

    def all_members(self, groups: Sequence[Group]) -> str:
        """The members of several groups of one entity."""
        selects = [
            build.select(build.column(SEGMENT, "m"), build.column(group.members_key, "m")).from_(
                self._ref(group.members, "m"), copy=False
            )
            for group in groups
        ]
        return self._text(_union([*selects]))

    def expectation(self, item: Expectation, key: str) -> str:
        """The customers that break an expectation; for a number of members, that number where it is another."""
        query = self._query([item.output])
        held = build.column(query.columns[item.output.name], "c")
        rows = build.table(query.last[item.output.entity], "c")
        if item.kind != "between":
            select = (
                build.select(build.alias(build.column("key", "c"), key)).from_(rows, copy=False).where(held, copy=False)
            )
            return self._text(query.with_steps(select))
        members = exp.Count(this=build.case([(held, build.number(1))]), big_int=True)
        counted = build.select(build.alias(members, "members"), build.alias(build.count_all(), "population"))
        inner = build.subquery(counted.from_(rows), "t")
        found, everybody = build.column("members", "t"), build.column("population", "t")
        low, high = build.number(item.low), build.number(item.high)
        if item.is_share:
            low = exp.Mul(this=build.wrap(low), expression=everybody.copy())
            high = exp.Mul(this=build.wrap(high), expression=everybody.copy())
        outside = build.or_([exp.LT(this=found, expression=low), exp.GT(this=found.copy(), expression=high)])
        if item.is_share:
            outside = build.and_([outside, exp.GT(this=everybody.copy(), expression=build.number(0))])
        select = build.select(found.copy(), everybody.copy()).from_(inner, copy=False).where(outside, copy=False)
        return self._text(query.with_steps(select))

    def repeated_keys(self, kind: str, name: str, column: str) -> str:
        """The keys of an entity or a lookup that stand in several rows, which would multiply members or events."""
        schema = self._schema([("entity" if kind == "entity" else "lookup", name)])
        part = next(iter(schema.parts))
        key = build.column(schema.parts[part].name_of(column), "rows")
        rows = exp.alias_(schema.tree(part), "rows", table=True, quoted=True)
        several = exp.GT(this=build.count_all(), expression=build.number(1))
        select = build.select(key, build.alias(build.count_all(), "times")).from_(rows, copy=False)
        select = select.where(build.is_known(key.copy()), copy=False).group_by(key.copy(), copy=False)
        return self._text(select.having(several, copy=False))

    def literal(self, text: str) -> str:
        return sql_text(build.text(text), self.dialect)

    def _text(self, query: exp.Expr) -> str:
        return self.places.filled(sql_text(query, self.dialect)) + "\n"

    def _ref(self, model: str, alias: str) -> exp.Table:
        return build.table(self.places.take(f"ref({literal(model)})"), alias)

    def _query(self, outputs: Sequence[Output]) -> Query:
        evaluator, model = self.evaluator, self.evaluator.catalog.model
        plan = make_plan(evaluator.checked().done().program, outputs)
        evaluator.see_that_sayable(plan, self.dialect, None)
        if plan.pasts:
            raise SegdslError([problems.history_in_dbt([past.of[1] for past in plan.pasts])])
        now = self.dialect.structures["timestamp"].replace(":s", f"'{self.places.take(AS_OF)}'")
        dialect = replace(self.dialect, structures=MappingProxyType({**self.dialect.structures, "now": now}))
        return make_query(model, self._schema(plan.parts(model)), plan, dialect, None)

    def _schema(self, parts: Sequence[tuple[object, str]]) -> Schema:
        model = self.evaluator.catalog.model
        if self.session is not None:
            schema, found = describe_model(model, self.session, parts)  # type: ignore[arg-type]
        else:
            schema, found = unseen_schema(model, self.evaluator.catalog.root or Path(), self.dialect, parts)  # type: ignore[arg-type]
        if any(item.is_error for item in found):
            raise SegdslError(found)
        return self.sources.sourced(schema)


def _union(selects: Sequence[exp.Expr]) -> exp.Expr:
    found = selects[0]
    for other in selects[1:]:
        found = exp.Union(this=found, expression=other, distinct=False)
    return found
