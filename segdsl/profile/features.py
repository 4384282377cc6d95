"""What customers are compared by: attributes, traits, and the segments and labels they are in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlglot import exp

from segdsl.check import Checker
from segdsl.engines.results import Evaluation
from segdsl.metrics.asked import node_output, path_node
from segdsl.plan.nodes import descend, references
from segdsl.profile.statistics import Sums
from segdsl.program import DAY, Attribute, InstanceKey, Output
from segdsl.sql import DUCKDB, build, sql_text
from segdsl.syntax import tree
from segdsl.types import Kind

Sort = Literal["attribute", "trait", "segment"]
MOST_VALUES = 20  # of one text that are looked at, the most frequent ones


@dataclass(frozen=True)
class Feature:
    """A value of each customer: what sort it is, its name, and whether the rule that is profiled reads it."""

    sort: Sort
    name: str
    output: Output
    in_rule: bool

    @property
    def is_category(self) -> bool:
        return self.output.type.kind in (Kind.TEXT, Kind.LABEL, Kind.BOOL, Kind.LIST)

    @property
    def is_age(self) -> bool:
        """Whether its number is of days, of a date or a length of time."""
        return self.output.type.kind is Kind.DURATION


def features_of(checker: Checker, entity: str, outputs: Sequence[Output]) -> list[Feature]:
    """The attributes, traits, segments and segmentations of an entity; `outputs` are the ones that are compared."""
    read = _read_by(checker, outputs)
    compared = {output.name for output in outputs}
    found: list[Feature] = []
    for path in _attributes(checker, entity):
        made = _attribute(checker, entity, path)
        if made is not None:
            found.append(Feature("attribute", ".".join(path), made, ".".join(path) in read))
    for name, definition in checker.catalog.definitions.items():
        output = checker.outputs.get(name)
        if (
            output is None
            or name in checker.doubted
            or output.entity != entity
            or name in compared
            or definition.scope.library == "commerce"
        ):
            continue
        if output.kind == "trait" and definition.scope.alias:
            continue
        if output.type.kind not in (Kind.DISTANCE, Kind.DATE, Kind.TIME):
            found.append(Feature("trait" if output.kind == "trait" else "segment", name, output, name in read))
    return found


def _attributes(checker: Checker, entity: str) -> Iterator[tuple[str, ...]]:
    yield from ((name,) for name in checker.model.entities[entity].attributes)
    parent = checker.model.parent_of(entity)
    if parent is not None:
        yield from ((parent.name, name) for name in parent.attributes)


def _attribute(checker: Checker, entity: str, path: tuple[str, ...]) -> Output | None:
    """The value of an attribute; of a date or time its age."""
    node = path_node(path)
    output, _ = node_output(checker, entity, node.text, node)
    if output is not None and output.type.kind in (Kind.DATE, Kind.TIME):
        age = tree.Call(path_node(("age",)), (tree.Argument(None, node, node.span),), None, None, (), node.span)
        output, _ = node_output(checker, entity, f"age({node.text})", age)
    return output


def _read_by(checker: Checker, outputs: Sequence[Output]) -> set[str]:
    """The attributes (those of a parent behind its name) and definitions that rules read, through others too."""
    found: set[str] = set()
    seen: set[InstanceKey] = set()
    stack = [output.instance for output in outputs]
    entities = {output.entity for output in outputs}
    while stack:
        key = stack.pop()
        if key in seen:
            continue
        seen.add(key)
        instance = checker.instances[key]
        found.add(key.definition)
        for node in descend(instance.value):
            if isinstance(node, Attribute):
                found.add(node.name if node.entity in entities else f"{node.entity}.{node.name}")
        stack.extend(references(instance.value))
    return found


# ---------------------------------------------------------------- counted

Counted = dict[int, dict[str, tuple[int, int, int]]]


def count_values(
    evaluation: Evaluation, entity: str, features: Sequence[Feature], group: exp.Expr, other: exp.Expr
) -> Counted:
    """By feature and known value: how many of the group, of the other one and of both have it."""
    selects: list[exp.Select] = []
    for index, feature in enumerate(features):
        value: exp.Expr = build.column(evaluation.query.columns[feature.output.name], "c")
        source: exp.Expr = build.table(evaluation.query.last[entity], "c")
        if feature.output.type.kind is Kind.LIST:
            items = build.alias(exp.Unnest(expressions=[build.fill("LIST_DISTINCT(:v)", {"v": value})]), "value")
            inner = build.select(items, build.alias(group.copy(), "g"), build.alias(other.copy(), "o")).from_(
                source, copy=False
            )
        else:
            shown = build.alias(build.cast(value, "TEXT"), "value")
            inner = build.select(shown, build.alias(group.copy(), "g"), build.alias(other.copy(), "o")).from_(
                source, copy=False
            )
        rows = build.subquery(inner, "r")
        select = build.select(
            build.alias(build.number(index), "feature"),
            build.column("value", "r"),
            *(build.count_where(condition) for condition in (_in("g"), _in("o"), build.and_([_in("g"), _in("o")]))),
        )
        select = select.from_(rows).where(build.is_known(build.column("value", "r")), copy=False)
        selects.append(select.group_by(build.column("value", "r"), copy=False))
    found: Counted = {}
    for select in selects:
        for index, value_, *counts in evaluation.engine.fetch(sql_text(select, DUCKDB), "a profile"):
            in_group, in_other, in_both = (int(count) for count in counts)
            found.setdefault(int(index), {})[str(value_)] = (in_group, in_other, in_both)
    return found


def _in(name: str) -> exp.Expr:
    return build.column(name, "r")


def sum_numbers(
    evaluation: Evaluation, entity: str, features: Sequence[Feature], group: exp.Expr, other: exp.Expr
) -> list[tuple[Sums, Sums, Sums]]:
    """For each feature its sums over the group, the other one and both, about the mean of the other one; lengths of
    time in days."""
    if not features:
        return []
    means: list[exp.Expr] = []
    columns: list[exp.Expr] = []
    for index, feature in enumerate(features):
        value: exp.Expr = build.column(evaluation.query.columns[feature.output.name], "c")
        number: exp.Expr = build.cast(value, "DOUBLE")
        if feature.is_age:
            number = build.fill(":v / :day", {"v": number, "day": build.number(DAY)})
        of_other = exp.Avg(this=build.case([(other.copy(), number.copy())]))
        means.append(build.alias(build.coalesce(of_other, build.number(0)), f"mean_{index}"))
        mean = build.column(f"mean_{index}", "m")
        for condition in (group, other, build.and_([group.copy(), other.copy()])):
            above = build.fill(":v - :mean", {"v": number, "mean": mean})
            held = build.case([(condition.copy(), above)])
            square = build.fill(":v * :v", {"v": held})
            columns.extend((exp.Count(this=held.copy()), exp.Sum(this=held), exp.Sum(this=square)))
            columns.extend((exp.Max(this=mean.copy()), exp.Avg(this=build.case([(condition.copy(), number.copy())]))))
    select = build.select(*(build.alias(column, f"s{index}") for index, column in enumerate(columns)))
    table = build.table(evaluation.query.last[entity], "c")
    of_means = build.subquery(build.select(*means).from_(table.copy(), copy=False), "m")
    select = select.from_(table, copy=False).join(of_means, join_type="cross", copy=False)
    row = [float(value or 0) for value in evaluation.engine.fetch(sql_text(select, DUCKDB), "a profile")[0]]
    found = [Sums(*row[start : start + 5]) for start in range(0, len(row), 5)]
    return [(found[start], found[start + 1], found[start + 2]) for start in range(0, len(found), 3)]
