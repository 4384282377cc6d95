"""Sequences of events as SELECTs: a step for each step, of the events that can be chosen for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlglot import exp

from segdsl.plan.plan import SequenceRelation
from segdsl.program import At, Step
from segdsl.sql import build
from segdsl.sql.expressions import Expressions
from segdsl.sql.nearest import Near, nearest
from segdsl.sql.relations import EventRows, StageRows, source
from segdsl.sql.rows import AT, KEY

AddStep = Callable[[str, exp.Expr], str]


def sequence(
    lower: Expressions,
    relation: SequenceRelation,
    events: Mapping[str, EventRows],
    stage: StageRows | None,
    add: AddStep,
) -> exp.Expr:
    """The keys for which some choice of events fits all steps.

    Each step keeps the events that can be chosen for it. For a time t of the next step the latest choice before t is
    the best one: it leaves the shortest way to t, and the least room for an event of a `no` step between. Where neither
    matters, any choice before t will do, so the first one tells.
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
    return build.select(build.column(KEY, "p")).from_(build.table(name, "p"), copy=False).distinct(copy=False)


def _chosen(
    lower: Expressions, relation: SequenceRelation, step: Step, events: Mapping[str, EventRows], stage: StageRows | None
) -> exp.Select:
    """The events that a step's own condition and as-of let it choose: key, time, and the value of `same`."""
    rows = events[step.event]
    uses_stage = stage if step.condition is not None else None
    frame = rows.frame("e", stage.frame if stage else None)
    query = source(rows, uses_stage)
    at = frame.rows[At(step.event)]
    found = [build.alias(build.column(KEY, "e"), KEY), build.alias(at.copy(), AT)]
    now = relation.leaf.moment
    conditions: list[exp.Expr] = [
        exp.LTE(this=at.copy(), expression=lower.moment(moment)) for moment in (now, *now.limits)
    ]
    if step.same is not None:
        same = lower.decimal_of(step.same, frame)
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
    rows = build.subquery(_chosen(lower, relation, step, events, stage), "t")
    if step.within is None and forbidden is None:
        return _any_later(rows, before, same)
    near = [Near(build.table(before, "p"), "p", must=True)]
    if forbidden is not None:
        near.append(Near(build.subquery(_chosen(lower, relation, forbidden, events, stage), "n"), "n"))
    found = nearest(lower.dialect, rows, "t", near, earlier=True, same=same)
    conditions: list[exp.Expr] = []
    if step.within is not None:
        end = lower.shifted(found.times["p"].copy(), step.within)
        conditions.append(exp.LTE(this=found.at.copy(), expression=build.wrap(end)))
    if forbidden is not None:
        latest = found.times["n"]
        earlier = exp.LTE(this=latest.copy(), expression=found.times["p"].copy())
        conditions.append(exp.Paren(this=build.or_([build.is_null(latest.copy()), earlier])))
    return found.where(conditions)


def _any_later(rows: exp.Expr, before: str, same: bool) -> exp.Expr:
    """The events that lie after any choice of the step before: after the first one of these."""
    columns = [KEY, "same"] if same else [KEY]
    groups = [build.column(name, "b") for name in columns]
    firsts = build.select(*(build.alias(group, group.name) for group in groups))
    firsts = firsts.select(build.alias(exp.Min(this=build.column(AT, "b")), AT), copy=False)
    firsts = firsts.from_(build.table(before, "b")).group_by(*(group.copy() for group in groups), copy=False)
    query = build.select(*(build.alias(build.column(name, "t"), name) for name in (AT, *columns))).from_(
        rows, copy=False
    )
    parts: list[exp.Expr] = [build.eq(build.column(name, "t"), build.column(name, "p")) for name in columns]
    parts.append(exp.GT(this=build.column(AT, "t"), expression=build.column(AT, "p")))
    return build.inner_join(query, build.subquery(firsts, "p"), build.and_(parts))


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
    forbidden = Near(build.subquery(_chosen(lower, relation, step, events, stage), "n"), "n")
    found = nearest(lower.dialect, build.table(before, "p"), "p", [forbidden], earlier=False, same=same)
    end = build.wrap(lower.shifted(found.at.copy(), step.within))
    following = found.times["n"]
    later = exp.GT(this=following.copy(), expression=end)
    conditions: list[exp.Expr] = [exp.Paren(this=build.or_([build.is_null(following.copy()), later]))]
    if is_last:
        # the whole length has to have passed
        conditions.append(exp.LTE(this=end.copy(), expression=lower.moment(relation.leaf.moment)))
    return found.where(conditions)
