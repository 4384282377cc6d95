"""Digests of events: what shows whether the same rows are there as before, and of whose events some are not."""

from __future__ import annotations

from sqlglot import exp

from segdsl.program import LookupField
from segdsl.sql import build
from segdsl.sql.query import TotalsStep
from segdsl.sql.rows import AT, KEY

# digests are of the events of all keys that fall into one of so many buckets together
BUCKETS = 65_536
BUCKET, BEFORE, NOW = "bucket", "before", "now"


def digests(step: TotalsStep, then: exp.Expr | None) -> exp.Select:
    """A row per bucket of keys: the number of rows and the sum of their hashes, of those up to a moment (`before`), and
    of all (`now`): the same in whatever order the rows stand."""
    at = build.column(AT, "e")
    own = [name for node, name in step.events.columns.items() if not isinstance(node, LookupField)]
    columns = [build.column(name, "e") for name in (KEY, *own)]
    hashed = exp.Anonymous(this="HASH", expressions=columns)
    found = [build.alias(bucket(build.column(KEY, "e")), BUCKET)]
    if then is not None:
        held: exp.Expr = exp.LTE(this=at, expression=then)
        counted = exp.Count(this=build.case([(held.copy(), build.number(1))]), big_int=True)
        total = exp.Sum(this=build.case([(held.copy(), hashed.copy())]))
        found.append(build.alias(_digest(counted, total), BEFORE))
    found.append(build.alias(_digest(build.count_all(), exp.Sum(this=hashed)), NOW))
    return build.select(*found).from_(build.table(step.events.name, "e")).group_by(exp.Literal.number(1), copy=False)


def bucket(key: exp.Expr) -> exp.Expr:
    """The bucket that a key is in."""
    return build.fill(f"HASH(:k) % {BUCKETS}", {"k": key})


def touched(digests: str, kept: str) -> exp.Select:
    """The buckets in which some rows are others than they were."""
    on = build.eq(build.column(BUCKET, "n"), build.column(BUCKET, "k"))
    before, was = build.column(BEFORE, "n"), build.column(NOW, "k")
    query = build.select(build.alias(build.coalesce(build.column(BUCKET, "n"), build.column(BUCKET, "k")), BUCKET))
    query = query.from_(build.table(digests, "n")).join(build.table(kept, "k"), on=on, join_type="full", copy=False)
    return query.where(exp.NullSafeNEQ(this=before, expression=was), copy=False)


def _digest(count: exp.Expr, total: exp.Expr) -> exp.Expr:
    """Both as a text; unknown where there are no rows."""
    return build.fill("CAST(:n AS TEXT) || ' ' || CAST(:s AS TEXT)", {"n": count, "s": total})
