"""Relations of the plan as SELECTs: a row per key, a column per leaf."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp

from segdsl.plan.plan import ChildTotals, Leaf, ParentRelation, Ranked, Totals
from segdsl.program import Aggregate, At, ChildAggregate, Constant, Field, LookupField, Moment, Reference
from segdsl.sql import build
from segdsl.sql.expressions import Expressions, Frame
from segdsl.sql.rows import AT, KEY
from segdsl.types import Kind

COMPARISONS: dict[str, type[exp.Binary]] = {"<": exp.LT, "<=": exp.LTE, ">": exp.GT, ">=": exp.GTE}
Columns = Mapping[Leaf, str]


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


def source(events: EventRows, stage: StageRows | None, table: str = "e") -> exp.Select:
    """Events, with the columns of their entity beside them where a stage is given."""
    query = build.select().from_(build.table(events.name, table), copy=False)
    if stage is not None:
        on = build.eq(build.column(KEY, table), build.column(KEY, "c"))
        query = build.inner_join(query, build.table(stage.name, "c"), on)
    return query


def _conditions(lower: Expressions, leaf: Aggregate, frame: Frame) -> list[exp.Expr]:
    parts: list[exp.Expr] = []
    at = frame.rows[At(leaf.event)]
    for bound in leaf.bounds:
        limit = lower.value(bound.value, frame.outer or Frame())
        parts.append(COMPARISONS[bound.op](this=at.copy(), expression=build.wrap(limit)))
    if leaf.condition is not None:
        parts.append(lower.holds(leaf.condition, frame))
    return parts


def _aggregated(
    lower: Expressions, leaf: Aggregate | ChildAggregate, value: exp.Expr | None, conditions: list[exp.Expr]
) -> exp.Expr:
    """An aggregate with its condition inside: CASE, which is the same everywhere and faster than FILTER on DuckDB."""
    if leaf.kind == "count" and value is None:
        if not conditions:
            return build.count_all()
        value = build.number(1)
    assert value is not None
    if leaf.kind in ("min", "max"):
        value = lower.ordered(value, leaf.type)
    if leaf.kind == "distinct" and leaf.value is not None:
        value = lower.compared(value, leaf.value.type)
    if conditions:
        value = build.case([(build.and_(conditions), value)])
    match leaf.kind:
        case "count":
            return exp.Count(this=value, big_int=True)
        case "distinct":
            return exp.Count(this=exp.Distinct(expressions=[value]), big_int=True)
        case "sum" if leaf.type.kind is Kind.INT and "sum of int" in lower.dialect.structures:
            return lower.structure("sum of int", a=value)
        case "sum":
            # the type of a sum has more digits before the point, and leaves others none behind it
            return lower.cast(exp.Sum(this=value), leaf.type.kind)
        case "min" | "max":
            return lower.extreme(value, leaf.type.kind, leaf.kind == "max")
        case _:
            raise AssertionError(leaf.kind)


def totals(
    lower: Expressions, relation: Totals, events: EventRows, stage: StageRows | None, columns: Columns
) -> exp.Expr:
    """Aggregates side by side over one scan."""
    frame = events.frame("e", stage.frame if stage else None)
    found: list[exp.Expr] = [build.alias(build.column(KEY, "e"), KEY)]
    for leaf in relation.leaves:
        value = None if leaf.value is None else lower.value(leaf.value, frame)
        aggregate = _aggregated(lower, leaf, value, _conditions(lower, leaf, frame))
        found.append(build.alias(aggregate, columns[leaf]))
    query = source(events, stage)
    query.set("expressions", found)
    for needed in (_begun(lower, relation.leaves, frame), _anchored(lower, relation.leaves, frame)):
        if needed is not None:
            query.where(needed, copy=False)
    return query.group_by(build.column(KEY, "e"), copy=False)


def _begun(lower: Expressions, leaves: Sequence[Aggregate], frame: Frame) -> exp.Expr | None:
    """That an event lies in or after the window of some aggregate: the others need not be read. None where an aggregate
    has no window that begins."""
    begins: dict[Moment, None] = {}
    for leaf in leaves:
        first = _beginning(lower, leaf)
        if first is None:
            return None
        begins.setdefault(first)
    if lower.as_of is not None:
        as_of = lower.as_of
        begins = {min(begins, key=lambda moment: moment.at(as_of)): None}
    at = frame.rows[At(leaves[0].event)]
    return build.or_([exp.GTE(this=at.copy(), expression=build.wrap(lower.moment(moment))) for moment in begins])


def reads_later(lower: Expressions, relation: Totals, events: EventRows) -> bool:
    """Whether a relation reads only the events after some moment."""
    return _begun(lower, relation.leaves, events.frame("e", None)) is not None


def _beginning(lower: Expressions, leaf: Aggregate) -> Moment | None:
    """A moment that no event of an aggregate is before: a limit of its window, or of the window that a limit is the
    time of an event from."""
    limits = [bound.value for bound in leaf.bounds if bound.op in (">", ">=")]
    for limit in limits:
        if isinstance(limit, Moment):
            return limit
    for limit in limits:
        value = lower.plan.value(limit.instance) if isinstance(limit, Reference) else limit
        # it is one of the times, whichever of them is asked for
        if isinstance(value, Aggregate) and isinstance(value.value, At):
            found = _beginning(lower, value)
            if found is not None:
                return found
    return None


def _anchored(lower: Expressions, leaves: Sequence[Aggregate], frame: Frame) -> exp.Expr | None:
    """That the customer has the time from which, or up to which, some aggregate looks: the events of all others need
    not be read. None where an aggregate looks at everybody's."""
    if frame.outer is None:
        return None
    known: dict[str, exp.Expr] = {}
    for leaf in leaves:
        own = [bound.value for bound in leaf.bounds if not isinstance(bound.value, Moment | Constant)]
        if not own:
            return None
        limit = build.is_known(lower.value(own[0], frame.outer))
        known.setdefault(limit.sql(), limit)
    return build.or_(list(known.values()))


def ranked(
    lower: Expressions, relation: Ranked, events: EventRows, stage: StageRows | None, columns: Columns
) -> exp.Expr:
    """First, last, n-th, most frequent and middle values, and gaps: by numbering the events of each key."""
    first = relation.leaves[0]
    assert first.value is not None
    frame = events.frame("e", stage.frame if stage else None)
    value = lower.value(first.value, frame)
    query = source(events, stage)
    query.set("expressions", [
        build.alias(build.column(KEY, "e"), KEY),
        build.alias(build.column(AT, "e"), AT),
        build.alias(value, "value"),
    ])  # fmt: skip
    conditions = [build.is_known(value.copy()), *_conditions(lower, first, frame)]
    rows = query.where(build.and_(conditions), copy=False)
    return _numbered(lower, relation.order, rows, relation.leaves, columns)


def _numbered(
    lower: Expressions,
    order: str,
    rows: exp.Select,
    leaves: Sequence[Aggregate | ChildAggregate],
    columns: Columns,
) -> exp.Expr:
    key, at, value = (build.column(text, "r") for text in (KEY, AT, "value"))
    assert leaves[0].value is not None
    by_value = lower.compared(lower.ordered(value, leaves[0].value.type), leaves[0].value.type)
    extra: list[exp.Expr]
    match order:
        case "time":
            extra = [
                build.alias(build.window(exp.RowNumber(), [key], [(at, False), (by_value, False)]), "nth"),
                build.alias(build.window(exp.RowNumber(), [key], [(at, True), (by_value, True)]), "nth_last"),
            ]
        case "value":
            extra = [
                build.alias(build.window(exp.RowNumber(), [key], [(by_value, False)]), "nth"),
                build.alias(build.window(build.count_all(), [key]), "size"),
            ]
        case "frequency":
            counted = build.select(key, value, build.alias(build.count_all(), "times")).from_(
                build.subquery(rows, "r"), copy=False
            )
            rows = counted.group_by(key.copy(), value.copy(), copy=False)
            times = build.column("times", "r")
            extra = [build.alias(build.window(exp.RowNumber(), [key], [(times, True), (by_value, False)]), "nth")]
        case _:
            # numbered first, so that neighbours are the same ones throughout where times are equal
            number = build.alias(build.window(exp.RowNumber(), [key], [(at, False)]), "nth")
            size = build.alias(build.window(build.count_all(), [key]), "size")
            rows = build.select(key, at, value, number, size).from_(build.subquery(rows, "r"), copy=False)
            nth = build.column("nth", "r")
            before = build.window(exp.Lag(this=at.copy()), [key.copy()], [(nth, False)])
            gap = lower.structure("since", a=at, b=before)
            extra = [build.alias(gap, "gap"), nth.copy(), build.column("size", "r")]
    numbered = build.select(key.copy(), value.copy(), *extra).from_(build.subquery(rows, "r"), copy=False)
    found: list[exp.Expr] = [build.alias(build.column(KEY, "n"), KEY)]
    found.extend(build.alias(_picked(lower, leaf), columns[leaf]) for leaf in leaves)
    return (
        build.select(*found)
        .from_(build.subquery(numbered, "n"), copy=False)
        .group_by(build.column(KEY, "n"), copy=False)
    )


def _picked(lower: Expressions, leaf: Aggregate | ChildAggregate) -> exp.Expr:
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
            chosen = lower.structure("low middle", n=nth, size=build.column("size", "n"))
        case "median_high":
            chosen = lower.structure("high middle", n=nth, size=build.column("size", "n"))
        case "max_gap":
            return exp.Max(this=build.column("gap", "n"))
        case _:
            chosen, value = build.eq(nth, build.column("size", "n")), build.column("gap", "n")
    return lower.extreme(build.case([(chosen, value)]), leaf.type.kind, True)


def child_totals(
    lower: Expressions, relation: ChildTotals, stage: StageRows, parent_key: str, columns: Columns
) -> exp.Expr:
    """Aggregates over the rows of the children's stage, per key of the parent."""
    key = build.column(parent_key, "c")
    if relation.order is not None:
        first = relation.leaves[0]
        assert first.value is not None
        value = lower.value(first.value, stage.frame)
        query = build.select(build.alias(key, KEY), build.alias(value, "value")).from_(
            build.table(stage.name, "c"), copy=False
        )
        conditions = [build.is_known(key.copy()), build.is_known(value.copy())]
        if first.condition is not None:
            conditions.append(lower.holds(first.condition, stage.frame))
        rows = query.where(build.and_(conditions), copy=False)
        return _numbered(lower, relation.order, rows, relation.leaves, columns)
    found: list[exp.Expr] = [build.alias(key, KEY)]
    for leaf in relation.leaves:
        held = [] if leaf.condition is None else [lower.holds(leaf.condition, stage.frame)]
        inner = None if leaf.value is None else lower.value(leaf.value, stage.frame)
        found.append(build.alias(_aggregated(lower, leaf, inner, held), columns[leaf]))
    query = build.select(*found).from_(build.table(stage.name, "c"), copy=False)
    return query.where(build.is_known(key.copy()), copy=False).group_by(key.copy(), copy=False)


def parent_values(lower: Expressions, relation: ParentRelation, stage: StageRows, columns: Columns) -> exp.Expr:
    """Values of the parent by its key, each computed of its stage."""
    found: list[exp.Expr] = [build.alias(build.column(KEY, "c"), KEY)]
    found.extend(build.alias(lower.value(leaf.value, stage.frame), columns[leaf]) for leaf in relation.leaves)
    return build.select(*found).from_(build.table(stage.name, "c"), copy=False)
