"""A profile: every attribute, label and metric of a segment against everybody, ordered by how much it differs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Literal

from sqlglot import exp

from segdsl import problems
from segdsl.counts.records import Records
from segdsl.diagnostics import Source
from segdsl.engines.results import Evaluation
from segdsl.error import SegdslError, raised
from segdsl.evaluator import Evaluator
from segdsl.metrics.ask import expression_of, settings_of, templates
from segdsl.metrics.asked import Asked, node_output
from segdsl.metrics.measure import Cell, Measuring
from segdsl.metrics.words import shown
from segdsl.profile.features import MOST_VALUES, Feature, count_values, features_of, sum_numbers
from segdsl.profile.persona import sentences
from segdsl.profile.statistics import BUCKETS, Difference, Sums, of_estimates, of_means, of_shares
from segdsl.program import Output
from segdsl.sql import DUCKDB, build, sql_text
from segdsl.syntax import tree
from segdsl.syntax.parser import parse_value
from segdsl.types import Kind

if TYPE_CHECKING:
    from segdsl.engines.engine import Engine
    from segdsl.engines.handed import Data
    from segdsl.history.past import Unknown
    from segdsl.plan import Plan

Sort = Literal["attribute", "trait", "segment", "metric"]
Relation = Literal["", "=", "has"]
POPULATION = "population"
TOGETHER = 6  # profiles out of one evaluation


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a segment is compared by, and how it differs.

    `value` is the one value of `name` whose share is compared, None where `name` is a number; `relation` is how the two
    hang together: `=` of a label or text, `has` of a list, nothing where the value is that it holds. `title` is what
    people read. `members` and `others` are shares (unit percent), means or metrics; `index` is 100 where both are
    equal. `low` and `high` are the ends of the 95% interval of `difference`, `effect` its size in standard deviations
    (Cohen's h for shares), `is_sure` whether the interval leaves 0 out. `in_rule`: the rule itself reads it.
    """

    sort: Sort
    name: str
    value: str | None
    title: str
    unit: str
    members: float
    others: float
    index: float | None
    difference: float
    low: float
    high: float
    effect: float
    is_sure: bool
    in_rule: bool
    higher_is: str = "neither"
    relation: Relation = ""


class Comparisons(Records[Comparison]):
    """What differs surely first, by the size of the effect."""

    columns: ClassVar = {
        "sort": "text", "name": "text", "value": "text", "unit": "text", "members": "float", "others": "float",
        "index": "float", "difference": "float", "low": "float", "high": "float", "effect": "float",
    }  # fmt: skip


@dataclass(frozen=True)
class Profile:
    """What is special about a segment, against the population or (`against`) another segment.

    `begins` has the definitions and metrics that it does not compare, as they ask for a history that begins later, and
    when that is (None: no run has saved any); the segments themselves where that is so of their metrics of earlier.
    """

    segment: str
    against: str | None
    entity: str
    as_of: dt.datetime
    members: int
    others: int
    comparisons: Comparisons
    begins: Mapping[str, dt.datetime | None]

    @property
    def persona(self) -> str:
        """One paragraph of plain sentences, of the strongest differences that are sure and not of the rule itself."""
        return " ".join(sentences(self))

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.comparisons.__arrow_c_stream__(requested_schema)

    def _repr_html_(self) -> str:
        from html import escape

        return f"<p>{escape(self.persona)}</p>{self.comparisons._repr_html_()}"


def profile(
    evaluator: Evaluator,
    name: str,
    against: str | None = None,
    as_of: str | dt.date | None = None,
    min_size: int | None = None,
    data: Data | None = None,
) -> Profile:
    """The profile of a segment or label, as `Catalog.profile` describes it. Raises SegdslError."""
    moment = evaluator.moment(as_of)
    asked = _ask(evaluator, name, against, moment)
    least = evaluator.catalog.model.metrics.min_size if min_size is None else min_size
    with raised(), evaluator.open(data) as engine:
        _, query = evaluator.query(asked.outputs, engine, moment, True, _past(evaluator, engine))
        return _read(Evaluation(engine, query, asked.outputs), asked, moment, least)


def profiles(
    evaluator: Evaluator,
    names: Sequence[str],
    as_of: str | dt.date | None = None,
    min_size: int | None = None,
    data: Data | None = None,
) -> list[Profile]:
    """The profiles of several segments or labels against everybody, some out of each evaluation; those of too few
    members are left out. Raises SegdslError."""
    moment = evaluator.moment(as_of)
    least = evaluator.catalog.model.metrics.min_size if min_size is None else min_size
    found: list[Profile] = []
    for start in range(0, len(names), TOGETHER):
        several = [_ask(evaluator, name, None, moment) for name in names[start : start + TOGETHER]]
        outputs = list({output.name: output for asked in several for output in asked.outputs}.values())
        with raised(), evaluator.open(data) as engine:
            _, query = evaluator.query(outputs, engine, moment, start == 0, _past(evaluator, engine))
            evaluation = Evaluation(engine, query, outputs)
            for asked in several:
                try:
                    found.append(_read(evaluation, asked, moment, least))
                except _TooFewError:
                    continue
    return found


def _past(evaluator: Evaluator, engine: Engine) -> Callable[[Plan], None]:
    """What gives an evaluation the history that it reads, from before it begins too: what asks for that is told."""
    return partial(evaluator.provide_past, engine=engine, as_of=None)


class _TooFewError(SegdslError):
    """That a group is too small to be profiled."""


@dataclass(frozen=True)
class _Asked:
    """A profile that has been asked for: its groups, what they are compared by, and their metrics; and which outputs
    ask for a history that begins later."""

    segment: Output
    other: Output | None
    features: list[Feature]
    measuring: Measuring
    unknown: Mapping[str, Unknown]
    begins: Mapping[str, dt.datetime | None]  # of features that are left out for that

    @property
    def outputs(self) -> list[Output]:
        groups = [self.segment] if self.other is None else [self.segment, self.other]
        wanted = (*groups, *(item.output for item in self.features), *self.measuring.outputs)
        return list({output.name: output for output in wanted}.values())

    def owner(self, name: str) -> str:
        """Whose rule it is that a metric reads: the metric's own, or that of the segment which a group is of."""
        groups = self.measuring.groups(self.segment.entity)
        if name not in groups:
            return name
        if self.other is None or groups.index(name) < len(groups) // 2:
            return self.segment.name
        return self.other.name


def _ask(evaluator: Evaluator, name: str, against: str | None, as_of: dt.datetime) -> _Asked:
    checker = evaluator.without_errors()
    segment = _segment(evaluator, name)
    other = None if against is None else _segment(evaluator, against)
    if other is not None and other.entity != segment.entity:
        raise SegdslError([problems.not_compared([segment.entity, other.entity])])
    groups = [segment] if other is None else [segment, other]
    features = features_of(checker, segment.entity, groups)
    with raised():
        measuring = _measuring(evaluator, segment, other, as_of)
    unknown = evaluator.unknown([*groups, *(item.output for item in features), *measuring.outputs], as_of)
    evaluator.refuse_unknown((unknown[item.name] for item in groups if item.name in unknown), as_of)
    begins = {item.name: unknown[item.output.name].begins for item in features if item.output.name in unknown}
    known = [item for item in features if item.name not in begins]
    return _Asked(segment, other, known, measuring, unknown, begins)


def _read(evaluation: Evaluation, asked: _Asked, as_of: dt.datetime, least: int) -> Profile:
    segment, other, entity = asked.segment, asked.other, asked.segment.entity
    columns = evaluation.query.columns
    group = build.column(columns[segment.name], "c")
    rest: exp.Expr = exp.true() if other is None else build.column(columns[other.name], "c")
    size, other_size = _sizes(evaluation, entity, group, rest)
    if size < least or other_size < least:
        small = segment.name if size < least or other is None else other.name
        raise _TooFewError([problems.too_few_to_profile(small, min(size, other_size), least)])
    cells, asking = asked.measuring.known(asked.measuring.cells(evaluation, 1), asked.unknown)
    found = [
        *_categories(evaluation, entity, asked.features, group, rest, size, other_size),
        *_numbers(evaluation, entity, asked.features, group, rest, least),
        *_metrics(asked.measuring, cells, entity, (size, other_size), least),
    ]
    ordered = sorted(
        found, key=lambda item: (not item.is_sure, -round(abs(item.effect), 9), item.difference < 0, item.title)
    )
    against = None if other is None else other.name
    begins = {**asked.begins, **{asked.owner(name): item.begins for name, item in asking.items()}}
    return Profile(segment.name, against, entity, as_of, size, other_size, Comparisons(ordered), begins)


def _segment(evaluator: Evaluator, name: str) -> Output:
    output = evaluator.named(name)
    if output.kind != "segment":
        label = output.labels[0] if output.labels else ""
        raise SegdslError([problems.not_a_segment(name, output.kind, "a segment or a label", label=label)])
    return output


def _sizes(evaluation: Evaluation, entity: str, group: exp.Expr, other: exp.Expr) -> tuple[int, int]:
    counts = [build.count_where(held.copy()) for held in (group, other)]
    select = build.select(*(build.alias(count, f"n{index}") for index, count in enumerate(counts)))
    text = sql_text(select.from_(build.table(evaluation.query.last[entity], "c")), DUCKDB)
    size, other_size = evaluation.engine.fetch(text, "a profile")[0]
    return int(size), int(other_size)


# ---------------------------------------------------------------- attributes, traits and labels


def _categories(
    evaluation: Evaluation,
    entity: str,
    features: Sequence[Feature],
    group: exp.Expr,
    other: exp.Expr,
    size: int,
    other_size: int,
) -> Iterator[Comparison]:
    chosen = [feature for feature in features if feature.is_category]
    counted = count_values(evaluation, entity, chosen, group, other)
    both = _both(evaluation, entity, group, other)
    for index, feature in enumerate(chosen):
        values = counted.get(index, {})
        frequent = sorted(values, key=lambda value: (-values[value][1], value))
        if feature.output.type.kind is Kind.TEXT and len(values) > max(MOST_VALUES, other_size // 20):
            continue  # names, numbers of cards: no property that a group could have
        if feature.output.type.kind is Kind.BOOL:
            frequent = [value for value in frequent if value == "true"]
        for value in frequent[:MOST_VALUES]:
            here, there, shared = values[value]
            found = of_shares(_of_share(here, size), _of_share(there, other_size), _of_share(shared, both))
            if found is not None and (here or there):
                yield _compared(feature, value, "percent", here / size, there / other_size, found)


def _both(evaluation: Evaluation, entity: str, group: exp.Expr, other: exp.Expr) -> int:
    return _sizes(evaluation, entity, build.and_([group.copy(), other.copy()]), exp.true())[0]


def _of_share(count: int, size: int) -> Sums:
    return Sums(size, count, count)


def _numbers(
    evaluation: Evaluation, entity: str, features: Sequence[Feature], group: exp.Expr, other: exp.Expr, least: int
) -> Iterator[Comparison]:
    """The means of those of whom the number is known, where these are not too few."""
    chosen = [feature for feature in features if not feature.is_category]
    sums = sum_numbers(evaluation, entity, chosen, group, other)
    for feature, (here, there, both) in zip(chosen, sums, strict=True):
        if min(here.n, there.n) < least:
            continue
        found = of_means(here, there, both)
        if found is not None:
            unit = "days" if feature.is_age else "score"
            yield _compared(feature, None, unit, here.mean, there.mean, found)


def _compared(
    feature: Feature, value: str | None, unit: str, members: float, others: float, found: Difference
) -> Comparison:
    relation: Relation = ""
    if value is not None and feature.output.type.kind is not Kind.BOOL:
        relation = "has" if feature.output.type.kind is Kind.LIST else "="
    title = f"{feature.name} {relation} {value}" if relation else feature.name
    if feature.sort == "attribute" and feature.is_age:
        title = f"days since {feature.name}"
    return Comparison(
        feature.sort, feature.name, value, title, unit, members, others, _index(members, others), found.value,
        found.low, found.high, found.effect, found.is_sure, feature.in_rule, relation=relation,
    )  # fmt: skip


def _index(members: float, others: float) -> float | None:
    return 100 * members / others if others > 0 and members >= 0 else None


# ---------------------------------------------------------------- metrics


def _measuring(evaluator: Evaluator, segment: Output, other: Output | None, as_of: dt.datetime) -> Measuring:
    """The metrics of both groups, and of both without each bucket of customers."""
    checker = evaluator.checked()
    own = expression_of(checker, segment)
    rest = _parsed("true") if other is None else expression_of(checker, other)
    asked: list[Asked] = []
    against = "everybody" if other is None else other.name
    for node, name in ((own, f"group of {segment.name}"), (rest, f"other of {against}")):
        for bucket in (None, *range(BUCKETS)):
            narrowed = node if bucket is None else _without(node, bucket)
            output, wrong = node_output(checker, segment.entity, f"{name} without {bucket}", narrowed)
            assert output is not None, "\n".join(item.render() for item in wrong)
            asked.append(Asked(replace(output, kind="segment"), narrowed))
    measuring = Measuring(checker, asked, as_of)
    settings = settings_of(evaluator.catalog, {}, None)
    for name, template in templates(evaluator.catalog).items():
        if not template.adds_up:
            wrong = measuring.add(template, settings[name], is_required=False)
            if wrong:
                raise SegdslError(wrong)
    return measuring


def _parsed(text: str) -> tree.Expr:
    node, _ = parse_value(Source("profile", text))
    assert node is not None
    return node


def _without(node: tree.Expr, bucket: int) -> tree.Expr:
    """A condition for those outside of one bucket: a fixed twentieth of the customers."""
    low, high = bucket * 100 // BUCKETS, (bucket + 1) * 100 // BUCKETS
    outside = _parsed(f'sample({low}%, "profile") or not sample({high}%, "profile")')
    return tree.Operation("and", (node, outside), node.span)


def _metrics(
    measuring: Measuring, known: Sequence[Cell], entity: str, sizes: tuple[int, int], least: int
) -> Iterator[Comparison]:
    """The metrics of both groups, where they are known and not of too few."""
    cells = {(cell.segment, cell.metric): cell for cell in known}
    names = measuring.groups(entity)
    half = len(names) // 2
    for metric, rendered in measuring.rendered.items():
        whole = [cells[(name, metric)].size for name in (names[0], names[half])]
        if any(size is None or 0 < size < least for size in whole) and not rendered.template.any_size:
            continue
        group, *groups = (cells[(name, metric)].value for name in names[:half])
        rest, *rests = (cells[(name, metric)].value for name in names[half:])
        if group is None or rest is None:
            continue
        found = of_estimates(group, rest, list(zip(groups, rests, strict=True)), *sizes)
        if found is None:
            continue
        template = rendered.template
        yield Comparison(
            "metric", metric, None, template.title, template.unit, group, rest, _index(group, rest), found.value,
            found.low, found.high, found.effect, found.is_sure, False, template.higher_is,
        )  # fmt: skip


def rows_of(comparisons: Iterable[Comparison]) -> list[tuple[str, ...]]:
    """The traits as people read them: what, of members, of others, index, difference with its interval, effect."""
    return [
        (
            item.title + (" (in the rule)" if item.in_rule else ""),
            shown(item.members, item.unit),
            shown(item.others, item.unit),
            "–" if item.index is None else f"{item.index:,.0f}",
            f"{_signed(item.difference, item.unit)} ({_signed(item.low, item.unit)} … {_signed(item.high, item.unit)})",
            f"{item.effect:+.2f}",
        )
        for item in comparisons
    ]


def _signed(value: float, unit: str) -> str:
    if unit == "percent":
        return f"{100 * value:+z,.1f}"
    return f"{value:+z,.2f}"
