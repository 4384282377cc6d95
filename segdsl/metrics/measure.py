"""All metrics of all segments out of one evaluation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias, TypeVar

from sqlglot import exp

from segdsl import problems
from segdsl.check import Checker
from segdsl.diagnostics import Diagnostic
from segdsl.engines.duckdb import DuckDB
from segdsl.engines.engine import Engine
from segdsl.engines.results import Evaluation, is_one_statement
from segdsl.metrics.asked import Asked, earlier_output, everybody_earlier, rule_output
from segdsl.metrics.render import NOW, THEN, Rendered, fill, missing, owned_elsewhere, settle
from segdsl.metrics.template import Template
from segdsl.model.model import Model
from segdsl.problems.stages import EVALUATION
from segdsl.program import DAY, Output
from segdsl.sql import DUCKDB, Query, build, sql_text
from segdsl.sql.alike import alike_select, has_parts
from segdsl.sql.groups import Group, Measure, groups_select
from segdsl.types import Kind

T = TypeVar("T")
Rows: TypeAlias = list[tuple[Any, ...]]
# a SELECT's rows
Fetch: TypeAlias = Callable[[exp.Query], Rows]


@dataclass(frozen=True)
class LeftOut:
    """A metric that an entity's model cannot give, and what is missing; of that `elsewhere` are the events that are of
    another entity, each with it."""

    metric: str
    entity: str
    missing: tuple[str, ...]
    elsewhere: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Cell:
    """A metric of a group: its value (None where unknown), of how many customers it is (None where nobody knows), and
    whether those are too few for it to be shown. `segment` None is the whole population."""

    entity: str
    segment: str | None
    metric: str
    value: float | None
    size: int | None
    too_small: bool


@dataclass(frozen=True)
class _Column:
    """A metric of an entity: its template filled in, the outputs of its rules, and the period it looks back by."""

    rendered: Rendered
    outputs: Mapping[str, Output]
    then: str | None


@dataclass(frozen=True)
class _Earlier:
    """One period ago: who was a member, an output per segment; and who there was, None for all who are there now."""

    members: list[Output]
    everybody: Output | None

    @property
    def outputs(self) -> list[Output]:
        return self.members if self.everybody is None else [*self.members, self.everybody]


@dataclass
class _Entity:
    """What is measured of one entity; `then` holds who was a member, by period."""

    name: str
    asked: list[Asked]
    columns: list[_Column] = field(default_factory=list)
    then: dict[str, _Earlier] = field(default_factory=dict)

    @property
    def groups(self) -> list[str]:
        return [name for asked in self.asked for name in asked.groups]


class Measuring:
    """Metrics of segments, from their templates to their values."""

    def __init__(self, checker: Checker, asked: Sequence[Asked], as_of: dt.datetime) -> None:
        self.checker = checker
        self.as_of = as_of
        self.left_out: list[LeftOut] = []
        self.rendered: dict[str, Rendered] = {}
        self._entities = [
            _Entity(name, [item for item in asked if item.output.entity == name])
            for name in dict.fromkeys(item.output.entity for item in asked)
        ]

    def add(self, template: Template, given: Mapping[str, str], is_required: bool) -> list[Diagnostic]:
        """Takes a metric in for every entity whose model has what it needs; gives what is wrong with it.

        `is_required`: that no entity has it is an error.
        """
        absent = {item.name: missing_needs(self.checker.model, template, item.name) for item in self._entities}
        able = [item for item in self._entities if not absent[item.name]]
        if is_required and not able and absent:
            whose, lacks = next(iter(absent.items()))
            elsewhere = needs_elsewhere(self.checker.model, template, whose)
            return [problems.metric_needs(template.name, lacks, f"`{whose}`", elsewhere=elsewhere)]
        for name, lacks in absent.items():
            if lacks:
                elsewhere = needs_elsewhere(self.checker.model, template, name)
                self.left_out.append(LeftOut(template.name, name, lacks, elsewhere))
        values, diagnostics = settle(template, given, self.as_of)
        rendered: Rendered | None = None
        if not diagnostics and able:
            rendered, diagnostics = fill(template, values, self.checker.model)
        if rendered is not None:
            self.rendered[template.name] = rendered
            for entity in able:
                diagnostics.extend(self._add_to(entity, rendered))
        return diagnostics

    def _add_to(self, entity: _Entity, rendered: Rendered) -> list[Diagnostic]:
        outputs: dict[str, Output] = {}
        for number, (name, text) in enumerate(rendered.rules.items(), 1):
            path = f"{rendered.template.source.path} rule {number}"
            output, wrong = rule_output(self.checker, entity.name, text, path)
            if output is None:
                return wrong
            outputs[name] = output
        then: str | None = None
        if rendered.looks_back:
            assert rendered.period is not None
            then = rendered.period.text
            wrong = self._look_back(entity, then)
            if wrong:
                return wrong
        entity.columns.append(_Column(rendered, outputs, then))
        return []

    def _look_back(self, entity: _Entity, period: str) -> list[Diagnostic]:
        if period in entity.then:
            return []
        members: list[Output] = []
        for asked in entity.asked:
            output, wrong = earlier_output(self.checker, asked, period)
            if output is None:
                return wrong
            members.append(output)
        everybody, wrong = everybody_earlier(self.checker, entity.name, period)
        if not wrong:
            entity.then[period] = _Earlier(members, everybody)
        return wrong

    @property
    def outputs(self) -> list[Output]:
        """Everything that has to be evaluated, each once."""
        found: dict[str, Output] = {}
        for entity in self._entities:
            found |= {item.output.name: item.output for item in entity.asked}
            earlier = (then.outputs for then in entity.then.values())
            for outputs in (*earlier, *(column.outputs.values() for column in entity.columns)):
                found |= {output.name: output for output in outputs}
        return list(found.values())

    def evaluate(self, engine: DuckDB, query: Query, min_size: int) -> list[Cell]:
        """The cells of all groups and metrics by entity: segments in the order asked for, then the population. The
        query is used up by it."""
        if is_one_statement(query) and all(_is_one_pass(entity, query) for entity in self._entities):
            # nothing else reads what is worked out of customers, so that it need not be kept
            return self._cells(
                query, lambda select: _rows(engine, query.with_steps(select, is_used_up=True), EVALUATION), min_size
            )
        return self.cells(Evaluation(engine, query, self.outputs), min_size)

    def cells(self, evaluation: Evaluation, min_size: int) -> list[Cell]:
        """The same out of an evaluation that holds all of `outputs`."""
        return self._cells(evaluation.query, lambda select: _rows(evaluation.engine, select, "the metrics"), min_size)

    def _cells(self, query: Query, fetch: Fetch, min_size: int) -> list[Cell]:
        return [cell for entity in self._entities for cell in _cells(entity, query, fetch, min_size)]

    def known(self, cells: Sequence[Cell], unknown: Mapping[str, T]) -> tuple[list[Cell], dict[str, T]]:
        """The cells, without a value where they read an output that is `unknown` (by its name); and what is said there
        of that output, by the segment or metric whose rule it is of."""
        hidden: set[tuple[str, str | None, str]] = set()
        owners: dict[str, T] = {}
        for entity in self._entities:
            for column in entity.columns:
                for groups, owner, output in _reads(entity, column):
                    if output.name in unknown:
                        owners[owner] = unknown[output.name]
                        hidden.update((entity.name, group, column.rendered.template.name) for group in groups)
        shown = [
            replace(cell, value=None, size=None, too_small=False)
            if (cell.entity, cell.segment, cell.metric) in hidden
            else cell
            for cell in cells
        ]
        return shown, owners

    def groups(self, entity: str) -> list[str]:
        """The names of an entity's groups, in their order."""
        return next((item.groups for item in self._entities if item.name == entity), [])


def _reads(entity: _Entity, column: _Column) -> Iterator[tuple[Sequence[str | None], str, Output]]:
    """What a metric of some groups reads, and whose rule that is: the metric's own, or that of a segment, now and one
    period ago."""
    for output in column.outputs.values():
        yield (*entity.groups, None), column.rendered.template.name, output
    for asked in entity.asked:
        yield asked.groups, asked.output.name, asked.output
    if column.then is not None:
        for asked, earlier in zip(entity.asked, entity.then[column.then].members, strict=True):
            yield asked.groups, asked.output.name, earlier


def missing_needs(model: Model, template: Template, entity: str) -> tuple[str, ...]:
    """What a metric needs that the model has not for an entity."""
    found = (missing(model, need, entity) for need in template.needs)
    return tuple(dict.fromkeys(item for item in found if item is not None))


def needs_elsewhere(model: Model, template: Template, entity: str) -> tuple[tuple[str, str], ...]:
    """The events that a metric needs and that are of another entity, each with it."""
    found = (owned_elsewhere(model, need, entity) for need in template.needs)
    return tuple(dict.fromkeys(item for item in found if item is not None))


# ---------------------------------------------------------------- evaluated


def _rows(engine: Engine, select: exp.Query, what: str) -> Rows:
    return engine.fetch(sql_text(select, DUCKDB, is_used_up=True), what)


def _cells(entity: _Entity, query: Query, fetch: Fetch, min_size: int) -> Iterator[Cell]:
    found: dict[int, dict[int, tuple[float | None, int]]] = {}
    for of_pass in _passes(entity, query):
        found |= _evaluated(entity, of_pass, query, fetch)
    names: list[str | None] = [None, *entity.groups]
    for number in (*range(1, len(names)), 0):
        for index, column in enumerate(entity.columns):
            template = column.rendered.template
            value, size = found[index][number]
            too_small = 0 < size < min_size and not template.any_size
            yield Cell(entity.name, names[number], template.name, None if too_small else value, size, too_small)


@dataclass(frozen=True)
class _Pass:
    """Metrics that one grouping gives; `moments` are at how many it looks, now being the first. Where they `have_parts`
    they go over customers who are alike."""

    moments: int
    measures: Mapping[int, Measure]
    have_parts: bool


def _passes(entity: _Entity, query: Query) -> Iterator[_Pass]:
    """A grouping of all that can be put together of parts. For the rest, one of today's members, and one for those that
    ask who was a member before: who is in a group at any moment stands in it, so what all others are of would be
    worked out for more rows than they go over."""
    kinds: dict[tuple[bool, bool], dict[int, Measure]] = {}
    for index, column in enumerate(entity.columns):
        measure = _measure(column, query.columns, list(entity.then))
        of_parts = has_parts(measure)
        kinds.setdefault((of_parts, not of_parts and column.then is not None), {})[index] = measure
    for (of_parts, _), measures in kinds.items():
        looks_back = any(entity.columns[index].then is not None for index in measures)
        yield _Pass(1 + len(entity.then) if looks_back else 1, measures, of_parts)


def _is_one_pass(entity: _Entity, query: Query) -> bool:
    """Whether one SELECT gives all metrics of an entity."""
    return [one.have_parts for one in _passes(entity, query)] == [True]


def _evaluated(
    entity: _Entity, of_pass: _Pass, query: Query, fetch: Fetch
) -> dict[int, dict[int, tuple[float | None, int]]]:
    """By column and group: the value, and how many customers it is of."""
    groups = [Group(held[: of_pass.moments]) for held in _groups(entity, query.columns)]
    measures = list(of_pass.measures.values())
    table = query.last[entity.name]

    def read(select: exp.Select) -> dict[int, list[tuple[float | None, int]]]:
        return {
            int(number or 0): [(value, int(size)) for size, value in zip(cells[::2], cells[1::2], strict=True)]
            for number, *cells in fetch(select)
        }

    if of_pass.have_parts:
        found = read(alike_select(table, groups, measures, of_pass.moments))
    else:
        found = read(groups_select(table, groups, measures, of_pass.moments))
        if len(found) < len(groups):  # a group without anybody has no row
            of_nobody = read(groups_select(table, groups, measures, of_pass.moments, of_nobody=True))[0]
            found = {number: found.get(number, of_nobody) for number in range(len(groups))}
    return {
        index: {number: cells[place] for number, cells in found.items()} for place, index in enumerate(of_pass.measures)
    }


def _groups(entity: _Entity, columns: Mapping[str, str]) -> Iterator[tuple[exp.Expr, ...]]:
    """The conditions of each group, now first and then by period: everybody, then the groups of the segments."""
    of_all = (then.everybody for then in entity.then.values())
    yield (exp.true(), *(exp.true() if one is None else build.column(columns[one.name], "c") for one in of_all))
    for asked, *then in zip(entity.asked, *(earlier.members for earlier in entity.then.values()), strict=True):
        yield from zip(*(_held(asked, columns[output.name]) for output in (asked.output, *then)), strict=True)


def _held(asked: Asked, name: str) -> list[exp.Expr]:
    """The conditions of the groups of a segment or segmentation, whose value a column holds."""
    column = build.column(name, "c")
    if asked.output.kind == "segment":
        return [column]
    return [build.eq(column.copy(), build.text(label)) for label in asked.output.labels]


def _measure(column: _Column, columns: Mapping[str, str], periods: list[str]) -> Measure:
    """A metric's SQL with the evaluated columns in place of its rules."""
    values = {name: _shown(output, build.column(columns[output.name], "c")) for name, output in column.outputs.items()}
    moments = {NOW: 0}
    past = 0
    if column.then is not None:
        past = moments[THEN] = 1 + periods.index(column.then)
    among = {"now": (0,), "then": (past,), "either": (0, past)}[column.rendered.template.over]
    populations = {name: _filled(item, values) for name, item in column.rendered.populations.items()}
    tree, base = (_filled(node, values) for node in (column.rendered.tree, column.rendered.base))
    return Measure(tree, base, moments, populations, among)


def _filled(node: exp.Expr, values: Mapping[str, exp.Expr]) -> exp.Expr:
    holder = exp.Paren(this=node.copy())
    for column in list(holder.find_all(exp.Column)):
        if not column.table and column.name in values:
            column.replace(build.wrap(values[column.name].copy()))
    found = holder.this
    assert isinstance(found, exp.Expr)
    found.pop()
    return found


def _shown(output: Output, value: exp.Expr) -> exp.Expr:
    """A rule's value as a template's SQL sees it: durations are days."""
    if output.type.kind is Kind.DURATION:
        return build.fill("CAST(:v AS DOUBLE) / :day", {"v": value, "day": build.number(DAY)})
    return value
