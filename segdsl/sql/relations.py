"""Relations of the plan as SELECTs: a row per key, a column per leaf."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from sqlglot import exp

from segdsl.plan.plan import ChildTotals, Leaf, ParentRelation, Ranked, Scores, SequenceRelation, Totals
from segdsl.program import Aggregate, At, ChildAggregate, Field, LookupField, Score, Step
from segdsl.sql import build
from segdsl.sql.expressions import Expressions, Frame
from segdsl.sql.rows import AT, KEY

_COMPARISONS: dict[str, type[exp.Binary]] = {"<": exp.LT, "<=": exp.LTE, ">": exp.GT, ">=": exp.GTE}
Columns = Mapping[Leaf, str]
AddStep = Callable[[str, exp.Expr], str]


@dataclass(frozen=True)
class EventRows:
    """The CTE of one kind of events: its name, and its columns for the fields in use."""

    name: str
    columns: Mapping[Field | LookupField | At, str]

    def frame(self, table: str, outer: Frame | None) -> Frame:
        rows = {node: build.column(column, table) for node, column in self.columns.items()}
        return Frame(rows=rows, outer=outer)


@dataclass(frozen=True)
class StageRows:
    """The CTE of a stage, and its columns."""

    name: str
    frame: Frame


def _source(events: EventRows, stage: StageRows | None, table: str = "e") -> exp.Select:
    """Events, with the columns of their entity beside them where a stage is given."""
    query = build.select().from_(build.table(events.name, table))
    if stage is not None:
        on = build.eq(build.column(KEY, table), build.column(KEY, "c"))
        query = build.inner_join(query, build.table(stage.name, "c"), on)
    return query


def _conditions(lower: Expressions, leaf: Aggregate, frame: Frame) -> list[exp.Expr]:
    parts: list[exp.Expr] = []
    at = frame.rows[At(leaf.event)]
    for bound in leaf.bounds:
        limit = lower.value(bound.value, frame.outer or Frame())
        parts.append(_COMPARISONS[bound.op](this=at.copy(), expression=build.wrap(limit)))
    if leaf.condition is not None:
        parts.append(lower.holds(leaf.condition, frame))
    return parts


def _aggregated(kind: str, value: exp.Expr | None, conditions: list[exp.Expr], is_int: bool) -> exp.Expr:
    """An aggregate with its condition inside: CASE, which is the same everywhere and faster than FILTER on DuckDB."""
    if kind == "count" and value is None:
        if not conditions:
            return build.count_all()
        value = build.number(1)
    assert value is not None
    if conditions:
        value = build.case([(build.and_(conditions), value)])
    match kind:
        case "count":
            return exp.Count(this=value, big_int=True)
        case "distinct":
            return exp.Count(this=exp.Distinct(expressions=[value]), big_int=True)
        case "sum":
            total = exp.Sum(this=value)
            return build.cast(total, "BIGINT") if is_int else total
        case "min":
            return exp.Min(this=value)
        case "max":
            return exp.Max(this=value)
        case _:
            raise AssertionError(kind)


def totals(
    lower: Expressions, relation: Totals, events: EventRows, stage: StageRows | None, columns: Columns
) -> exp.Expr:
    """Aggregates side by side over one scan."""
    frame = events.frame("e", stage.frame if stage else None)
    found: list[exp.Expr] = [build.alias(build.column(KEY, "e"), KEY)]
    for leaf in relation.leaves:
        value = None if leaf.value is None else lower.value(leaf.value, frame)
        aggregate = _aggregated(leaf.kind, value, _conditions(lower, leaf, frame), leaf.type.kind.value == "int")
        found.append(build.alias(aggregate, columns[leaf]))
    query = _source(events, stage)
    query.set("expressions", found)
    return query.group_by(build.column(KEY, "e"), copy=False)


def ranked(
    lower: Expressions, relation: Ranked, events: EventRows, stage: StageRows | None, columns: Columns
) -> exp.Expr:
    """First, last, n-th, most frequent and middle values, and gaps: by numbering the events of each key."""
    first = relation.leaves[0]
    assert first.value is not None
    frame = events.frame("e", stage.frame if stage else None)
    value = lower.value(first.value, frame)
    query = _source(events, stage)
    query.set("expressions", [
        build.alias(build.column(KEY, "e"), KEY),
        build.alias(build.column(AT, "e"), AT),
        build.alias(value, "value"),
    ])  # fmt: skip
    conditions = [build.is_known(value.copy()), *_conditions(lower, first, frame)]
    return _numbered(relation.order, query.where(build.and_(conditions), copy=False), relation.leaves, columns)


def _subquery(query: exp.Expr, name: str) -> exp.Subquery:
    return exp.Subquery(this=query, alias=exp.TableAlias(this=build.name(name)))


def _numbered(order: str, rows: exp.Select, leaves: Iterable[Aggregate | ChildAggregate], columns: Columns) -> exp.Expr:
    key, at, value = (build.column(text, "r") for text in (KEY, AT, "value"))
    extra: list[exp.Expr]
    match order:
        case "time":
            extra = [
                build.alias(build.window(exp.RowNumber(), [key], [(at, False), (value, False)]), "nth"),
                build.alias(build.window(exp.RowNumber(), [key], [(at, True), (value, True)]), "nth_last"),
            ]
        case "value":
            extra = [
                build.alias(build.window(exp.RowNumber(), [key], [(value, False)]), "nth"),
                build.alias(build.window(build.count_all(), [key]), "size"),
            ]
        case "frequency":
            counted = build.select(key, value, build.alias(build.count_all(), "times")).from_(_subquery(rows, "r"))
            rows = counted.group_by(key.copy(), value.copy(), copy=False)
            times = build.column("times", "r")
            extra = [build.alias(build.window(exp.RowNumber(), [key], [(times, True), (value, False)]), "nth")]
        case _:
            # numbered first, so that neighbours are the same ones throughout where times are equal
            number = build.alias(build.window(exp.RowNumber(), [key], [(at, False)]), "nth")
            size = build.alias(build.window(build.count_all(), [key]), "size")
            rows = build.select(key, at, value, number, size).from_(_subquery(rows, "r"))
            nth = build.column("nth", "r")
            before = build.window(exp.Lag(this=at.copy()), [key.copy()], [(nth, False)])
            gap = build.fill("EPOCH_US(:a) - EPOCH_US(:b)", {"a": at, "b": before})
            extra = [build.alias(gap, "gap"), nth.copy(), build.column("size", "r")]
    numbered = build.select(key.copy(), value.copy(), *extra).from_(_subquery(rows, "r"))
    found: list[exp.Expr] = [build.alias(build.column(KEY, "n"), KEY)]
    found.extend(build.alias(_picked(leaf), columns[leaf]) for leaf in leaves)
    return build.select(*found).from_(_subquery(numbered, "n")).group_by(build.column(KEY, "n"), copy=False)


def _picked(leaf: Aggregate | ChildAggregate) -> exp.Expr:
    """The one row of the numbered ones that a leaf is the value of."""
    value, nth, last = (build.column(text, "n") for text in ("value", "nth", "nth_last"))
    match leaf.kind:
        case "first" | "mode":
            chosen = build.eq(nth, build.number(1))
        case "nth":
            assert isinstance(leaf, Aggregate)
            chosen = build.eq(nth, build.number(leaf.n))
        case "last":
            chosen = build.eq(last, build.number(1))
        case "median_low":
            chosen = build.fill(":n = (:size + 1) // 2", {"n": nth, "size": build.column("size", "n")})
        case "median_high":
            chosen = build.fill(":n = :size // 2 + 1", {"n": nth, "size": build.column("size", "n")})
        case "max_gap":
            return exp.Max(this=build.column("gap", "n"))
        case _:
            chosen, value = build.eq(nth, build.column("size", "n")), build.column("gap", "n")
    return exp.Max(this=build.case([(chosen, value)]))


def child_totals(
    lower: Expressions, relation: ChildTotals, stage: StageRows, parent_key: str, columns: Columns
) -> exp.Expr:
    """Aggregates over the rows of the children's stage, per key of the parent."""
    key = build.column(parent_key, "c")
    if relation.order is not None:
        first = relation.leaves[0]
        assert first.value is not None
        value = lower.value(first.value, stage.frame)
        query = build.select(build.alias(key, KEY), build.alias(value, "value")).from_(build.table(stage.name, "c"))
        conditions = [build.is_known(key.copy()), build.is_known(value.copy())]
        if first.condition is not None:
            conditions.append(lower.holds(first.condition, stage.frame))
        return _numbered(relation.order, query.where(build.and_(conditions), copy=False), relation.leaves, columns)
    found: list[exp.Expr] = [build.alias(key, KEY)]
    for leaf in relation.leaves:
        held = [] if leaf.condition is None else [lower.holds(leaf.condition, stage.frame)]
        inner = None if leaf.value is None else lower.value(leaf.value, stage.frame)
        found.append(build.alias(_aggregated(leaf.kind, inner, held, leaf.type.kind.value == "int"), columns[leaf]))
    query = build.select(*found).from_(build.table(stage.name, "c"))
    return query.where(build.is_known(key.copy()), copy=False).group_by(key.copy(), copy=False)


def parent_values(lower: Expressions, relation: ParentRelation, stage: StageRows, columns: Columns) -> exp.Expr:
    """Values of the parent by its key, each computed of its stage."""
    found: list[exp.Expr] = [build.alias(build.column(KEY, "c"), KEY)]
    found.extend(build.alias(lower.value(leaf.value, stage.frame), columns[leaf]) for leaf in relation.leaves)
    return build.select(*found).from_(build.table(stage.name, "c"))


def scores(lower: Expressions, relation: Scores, stage: StageRows, columns: Columns) -> exp.Expr:
    """Ranks over those whose value is known, on as few columns as there can be."""
    first = relation.leaves[0]
    inner: list[exp.Expr] = [
        build.alias(build.column(KEY, "c"), KEY),
        build.alias(lower.value(first.value, stage.frame), "value"),
    ]
    per = [f"per_{index}" for index in range(1, len(first.per) + 1)]
    inner.extend(build.alias(lower.value(node, stage.frame), name) for node, name in zip(first.per, per, strict=True))
    rows = build.select(*inner).from_(build.table(stage.name, "c"))
    if first.among is not None:
        rows = rows.where(lower.holds(first.among, stage.frame), copy=False)
    value = build.column("value", "s")
    groups = [build.column(name, "s") for name in per]
    found: list[exp.Expr] = [build.alias(build.column(KEY, "s"), KEY)]
    found.extend(build.alias(_score(leaf, value, groups), columns[leaf]) for leaf in relation.leaves)
    return build.select(*found).from_(_subquery(rows, "s")).where(build.is_known(value.copy()), copy=False)


def _score(leaf: Score, value: exp.Expr, groups: list[exp.Column]) -> exp.Expr:
    if leaf.kind == "size":
        return build.window(build.count_all(), groups)
    rank = build.window(exp.Rank(), groups, [(value.copy(), leaf.kind == "rank")])
    return rank if leaf.kind == "rank" else exp.Sub(this=rank, expression=build.number(1))


# ---------------------------------------------------------------- sequences


def sequence(
    lower: Expressions,
    relation: SequenceRelation,
    events: Mapping[str, EventRows],
    stage: StageRows | None,
    add: AddStep,
) -> exp.Expr:
    """The keys for which some choice of events fits all steps.

    Each step keeps the events that can be chosen for it. For a time t of the next step the latest choice before t is
    the best one: it leaves the shortest way to t, and the least room for an event of a `no` step between.
    """
    leaf = relation.leaf
    same = leaf.steps[0].same is not None
    steps = list(leaf.steps)
    name = add(f"{steps[0].event}_step", _first_step(lower, relation, events, stage))
    index = 1
    while index < len(steps):
        forbidden = steps[index] if steps[index].no else None
        if forbidden is not None:
            index += 1
        if forbidden is not None and forbidden.within is not None:
            name = add(
                f"no_{forbidden.event}_step",
                _clean(lower, relation, name, forbidden, events, stage, index == len(steps)),
            )
            forbidden = None
        if index < len(steps):
            query = _next_step(lower, relation, name, steps[index], forbidden, events, stage, same)
            name = add(f"{steps[index].event}_step", query)
            index += 1
    return build.select(build.column(KEY, "p")).from_(build.table(name, "p")).distinct(copy=False)


def _chosen(
    lower: Expressions, relation: SequenceRelation, step: Step, events: Mapping[str, EventRows], stage: StageRows | None
) -> exp.Select:
    """The events that a step's own condition and as-of let it choose: key, time, and the value of `same`."""
    rows = events[step.event]
    uses_stage = stage if step.condition is not None else None
    frame = rows.frame("e", stage.frame if stage else None)
    query = _source(rows, uses_stage)
    at = frame.rows[At(step.event)]
    found = [build.alias(build.column(KEY, "e"), KEY), build.alias(at.copy(), AT)]
    now = relation.leaf.moment
    conditions: list[exp.Expr] = [
        exp.LTE(this=at.copy(), expression=lower.moment(moment)) for moment in (now, *now.limits)
    ]
    if step.same is not None:
        same = lower.value(step.same, frame)
        found.append(build.alias(same, "same"))
        conditions.append(build.is_known(same.copy()))
    if step.condition is not None:
        conditions.append(lower.holds(step.condition, frame))
    query.set("expressions", found)
    return query.where(build.and_(conditions), copy=False)


def _first_step(
    lower: Expressions, relation: SequenceRelation, events: Mapping[str, EventRows], stage: StageRows | None
) -> exp.Expr:
    step = relation.leaf.steps[0]
    query = _chosen(lower, relation, step, events, stage)
    if step.within is not None:
        start = lower.moment(relation.leaf.moment.moved(-step.within))
        query = query.where(exp.GT(this=build.column(AT, "e"), expression=start), copy=False)
    return query


def _pairs(left: str, right: str, op: type[exp.Binary], same: bool) -> exp.Expr:
    """Equal keys (and equal values of `same`), and times that compare as given: what an ASOF join goes by."""
    parts: list[exp.Expr] = [build.eq(build.column(KEY, left), build.column(KEY, right))]
    if same:
        parts.append(build.eq(build.column("same", left), build.column("same", right)))
    parts.append(op(this=build.column(AT, left), expression=build.column(AT, right)))
    return build.and_(parts)


def _step_columns(same: bool, table: str) -> list[exp.Expr]:
    return [build.alias(build.column(text, table), text) for text in (KEY, AT, *(("same",) if same else ()))]


def _next_step(
    lower: Expressions,
    relation: SequenceRelation,
    before: str,
    step: Step,
    forbidden: Step | None,
    events: Mapping[str, EventRows],
    stage: StageRows | None,
    same: bool,
) -> exp.Expr:
    rows = _subquery(_chosen(lower, relation, step, events, stage), "t")
    query = build.select(*_step_columns(same, "t")).from_(rows)
    query = build.asof_join(query, build.table(before, "p"), _pairs("t", "p", exp.GT, same), left=False)
    conditions: list[exp.Expr] = []
    if step.within is not None:
        end = lower.shifted(build.column(AT, "p"), step.within)
        conditions.append(exp.LTE(this=build.column(AT, "t"), expression=build.wrap(end)))
    if forbidden is not None:
        between = _subquery(_chosen(lower, relation, forbidden, events, stage), "n")
        query = build.asof_join(query, between, _pairs("t", "n", exp.GT, same), left=True)
        latest = build.column(AT, "n")
        earlier = exp.LTE(this=latest.copy(), expression=build.column(AT, "p"))
        conditions.append(exp.Paren(this=build.or_([build.is_null(latest), earlier])))
    return query.where(build.and_(conditions), copy=False) if conditions else query


def _clean(
    lower: Expressions,
    relation: SequenceRelation,
    before: str,
    step: Step,
    events: Mapping[str, EventRows],
    stage: StageRows | None,
    is_last: bool,
) -> exp.Expr:
    """The choices of the step before that no forbidden event follows within the length."""
    assert step.within is not None
    same = step.same is not None
    query = build.select(*_step_columns(same, "p")).from_(build.table(before, "p"))
    forbidden = _subquery(_chosen(lower, relation, step, events, stage), "n")
    query = build.asof_join(query, forbidden, _pairs("p", "n", exp.LT, same), left=True)
    end = build.wrap(lower.shifted(build.column(AT, "p"), step.within))
    following = build.column(AT, "n")
    later = exp.GT(this=following.copy(), expression=end)
    conditions: list[exp.Expr] = [exp.Paren(this=build.or_([build.is_null(following), later]))]
    if is_last:
        # the whole length has to have passed
        conditions.append(exp.LTE(this=end.copy(), expression=lower.moment(relation.leaf.moment)))
    return query.where(build.and_(conditions), copy=False)
