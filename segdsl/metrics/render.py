"""A template with its params filled in: the rules it asks for, and its SQL over them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from sqlglot import exp

from segdsl import problems
from segdsl.diagnostics import Diagnostic, Source
from segdsl.metrics.basis import base_of
from segdsl.metrics.expression import parse_aggregate
from segdsl.metrics.sandbox import TemplateProblem, render
from segdsl.metrics.template import Template
from segdsl.metrics.value import Value, read_value
from segdsl.model.model import Model
from segdsl.model.select import SelectError
from segdsl.sql import build

NOW, THEN = "now", "then"


@dataclass(frozen=True)
class Named:
    """A fragment of SQL that is a name: of a rule's value, of a number of the population, of a membership."""

    name: str

    def sql(self) -> exp.Expr:
        return build.column(self.name)

    def __str__(self) -> str:
        return build.column(self.name).sql(dialect="duckdb")


@dataclass(frozen=True)
class Rendered:
    """A metric as SQL trees: `rules` are the texts of the language by the names that stand for them in the SQL,
    `populations` aggregates over everybody by theirs, `base` how many customers its number is of."""

    template: Template
    values: Mapping[str, Value]
    tree: exp.Expr
    base: exp.Expr
    rules: Mapping[str, str]
    populations: Mapping[str, exp.Expr]

    @property
    def period(self) -> Value | None:
        return self.values.get("period")

    @property
    def looks_back(self) -> bool:
        """Whether it asks who was a member one period ago."""
        return self.template.over != "now" or any(column.name == THEN for column in self.tree.find_all(exp.Column))


class _Calls:
    """What a template can call, for one rendering."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.rules: dict[str, str] = {}
        self.populations: dict[str, str] = {}

    def rule(self, text: object) -> Named:
        """`{{ rule("…") }}`: the value of an expression of the language."""
        return Named(self._known(self.rules, "rule", str(text).strip()))

    def population(self, sql: object) -> Named:
        """`{{ population("sum(…)") }}`: an aggregate over the whole population."""
        return Named(self._known(self.populations, "population", str(sql).strip()))

    def has(self, need: object) -> bool:
        """`has("message.kind = sent")`: whether the model has an event, a field or a value."""
        return missing(self.model, str(need)) is None

    @staticmethod
    def _known(names: dict[str, str], word: str, text: str) -> str:
        found = next((name for name, known in names.items() if known == text), None)
        if found is None:
            found = f"{word} {len(names) + 1}"
            names[found] = text
        return found


def settle(
    template: Template, given: Mapping[str, str], as_of: dt.datetime
) -> tuple[dict[str, Value], list[Diagnostic]]:
    """The values of a template's params: those given, else their defaults."""
    values: dict[str, Value] = {}
    diagnostics: list[Diagnostic] = []
    for name in given:
        if name not in template.params:
            diagnostics.append(problems.unknown_metric_param(name, template.name, template.params))
    for name, param in template.params.items():
        what = f"`{name}` of metric `{template.name}`"
        default, _ = read_value(param.default, Source(param.span.source.path, param.default), as_of)
        if default is None or param.type not in (None, default.type):
            expected = param.type or "a number, a duration, a date, `true`, `false` or a text"
            diagnostics.append(problems.bad_metric_param(what, param.default, expected, param.span))
            continue
        values[name] = default
        if name in given:
            value, _ = read_value(given[name], Source("--set", given[name]), as_of)
            if value is None or value.type != default.type:
                diagnostics.append(problems.bad_metric_param(what, given[name], default.type, None))
            else:
                values[name] = value
    period = values.get("period")
    if period is not None and period.type != "duration":
        param = template.params["period"]
        diagnostics.append(problems.bad_metric_param("`period`", param.default, "duration", param.span))
    return values, diagnostics


def missing(model: Model, need: str, entity: str | None = None) -> str | None:
    """What the model lacks of a need: `order`, `message.kind` or `message.kind = sent`; None where it is there.

    A field without a closed set of values can have any.
    """
    path, _, value = (part.strip() for part in need.partition("="))
    event, _, name = path.partition(".")
    known = model.events.get(event)
    if known is None or (entity is not None and known.of != entity):
        return f"the event `{event}`"
    if not name:
        return None
    field = known.fields.get(name)
    if field is None:
        return f"the field `{event}.{name}`"
    if value and field.type.values is not None and value not in field.type.values:
        return f"`{value}` among the values of `{event}.{name}`"
    return None


def owned_elsewhere(model: Model, need: str, entity: str) -> tuple[str, str] | None:
    """The event of a need, and the other entity that it is of; None where it is this one's, or nobody's."""
    event = model.events.get(need.partition("=")[0].partition(".")[0].strip())
    return None if event is None or event.of == entity else (event.name, event.of)


def fill(template: Template, values: Mapping[str, Value], model: Model) -> tuple[Rendered | None, list[Diagnostic]]:
    """The metric with values for its params, or what is wrong with its text."""
    calls = _Calls(model)
    names = {**values, NOW: Named(NOW), THEN: Named(THEN)}
    try:
        text = render(template.body, names, {"rule": calls.rule, "population": calls.population, "has": calls.has})
    except TemplateProblem as problem:
        span = template.line_span(problem.line)
        return None, [problems.bad_template(template.name, problem.reason, span, problem.advice)]
    known = {*calls.rules, *calls.populations, NOW, THEN}
    span = template.line_span(_first_line(template.body))
    try:
        populations = {name: parse_aggregate(sql, set(calls.rules)) for name, sql in calls.populations.items()}
        tree = parse_aggregate(text, known)
    except SelectError as problem:
        return None, [problems.not_an_aggregate(template.name, str(problem), span, problem.advice)]
    rendered = Rendered(template, values, tree, base_of(tree), calls.rules, populations)
    if rendered.looks_back and rendered.period is None:
        return None, [problems.metric_without_period(template.name, template.span)]
    return rendered, []


def _first_line(body: str) -> int:
    """The first line of a body that holds SQL, counted from 1."""
    lines = body.splitlines()
    return next(
        (n for n, line in enumerate(lines, 1) if line.strip() and not line.lstrip().startswith(("{%", "{#"))), 1
    )
