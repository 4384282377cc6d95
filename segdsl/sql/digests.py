"""Digests of events: what shows whether the same rows are there as before, and of whose events some are not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlglot import exp

from segdsl.program import Field, LookupField
from segdsl.sql import build
from segdsl.sql.query import TotalsStep
from segdsl.sql.rows import AT, KEY
from segdsl.types import TEXT, TIME, Kind, Type

# digests are of the events of all keys that fall into one of so many buckets together
BUCKETS = 65_536
BUCKET = "bucket"
# how many rows, and the sum of their hashes: of all, and of those up to a moment
ROWS, TOTAL, ROWS_BEFORE, TOTAL_BEFORE = "rows", "total", "rows_before", "total_before"
LATE = "late"
_OF_FILE, _HASHED = "of_file", "hashed"


def columns_of(step: TotalsStep) -> list[str]:
    """The columns of events that digests go over."""
    return list(_types_of(step))


def hashed(values: Iterable[tuple[exp.Expr, Type]]) -> exp.Expr:
    """A hash of values side by side that is another when one of them is another, or is known where it was not."""
    found: list[exp.Expr] = []
    for value, type_ in values:
        if type_.kind is Kind.LIST:
            # beside other values DuckDB hashes the items of a list as if these stood there themselves: nothing tells
            # where it ends, nor an empty one from none; and alone, none from an unknown item
            found += [build.fill(f"{function}(:l)", {"l": value}) for function in ("HASH", "LEN")]
        else:
            found.append(value)
    return exp.Anonymous(this="HASH", expressions=found)


def digests(step: TotalsStep, then: exp.Expr | None) -> exp.Select:
    """A row per bucket of keys: the number of rows and the sum of their hashes, of all, and of those up to a moment:
    the same in whatever order the rows stand."""
    hashed = _hash(step, "e")
    found = [build.alias(bucket(build.column(KEY, "e")), BUCKET), *_digest(build.count_all(), exp.Sum(this=hashed))]
    if then is not None:
        held = exp.LTE(this=build.column(AT, "e"), expression=then)
        counted = build.count_where(held.copy())
        total = exp.Sum(this=build.case([(held, hashed.copy())]))
        found += _digest(counted, total, (ROWS_BEFORE, TOTAL_BEFORE))
    return (
        build.select(*found)
        .from_(build.table(step.events.name, "e"), copy=False)
        .group_by(exp.Literal.number(1), copy=False)
    )


def additions(step: TotalsStep, rows: exp.Select, file_name: str, then: exp.Expr, added: Sequence[str]) -> exp.Select:
    """The digests of the events after a moment, and of all in files that have come since: how many of these are `late`,
    of before it. `rows` is the step of the events, which reads a table called `t`."""
    events = rows.copy()
    events.append("expressions", build.alias(build.column(file_name, "t"), _OF_FILE))
    selects: list[exp.Query] = []
    key, at = build.column(KEY, "e"), build.column(AT, "e")
    fresh: list[exp.Expr] = [exp.GT(this=at, expression=then)]
    late: list[exp.Expr] = [exp.In(this=build.column(_OF_FILE, "e"), expressions=[build.text(path) for path in added])]
    late.append(exp.LTE(this=at.copy(), expression=then.copy()))
    for held, is_late in ((fresh, 0), (late, 1)) if added else ((fresh, 0),):
        columns = [build.alias(key.copy(), KEY), build.alias(build.number(is_late), LATE)]
        columns.append(build.alias(_hash(step, "e"), _HASHED))
        source = build.subquery(events.copy(), "e")
        selects.append(build.select(*columns).from_(source, copy=False).where(build.and_(held), copy=False))
    union = selects[0]
    for other in selects[1:]:
        union = exp.Union(this=union, expression=other, distinct=False)
    found = [
        build.alias(bucket(build.column(KEY, "a")), BUCKET),
        *_digest(build.count_all(), exp.Sum(this=build.column(_HASHED, "a"))),
        build.alias(exp.Sum(this=build.column(LATE, "a")), LATE),
    ]
    source = build.subquery(union, "a")
    return build.select(*found).from_(source, copy=False).group_by(exp.Literal.number(1), copy=False)


def summed(kept: str, added: str) -> exp.Select:
    """What was kept and what came, as the digests of now."""
    found = [build.alias(build.coalesce(build.column(BUCKET, "k"), build.column(BUCKET, "a")), BUCKET)]
    for name in (ROWS, TOTAL):
        parts = [build.coalesce(build.column(name, table), build.number(0)) for table in ("k", "a")]
        found.append(build.alias(exp.Add(this=parts[0], expression=parts[1]), name))
    query = build.select(*found).from_(build.table(kept, "k"), copy=False)
    on = build.eq(build.column(BUCKET, "k"), build.column(BUCKET, "a"))
    return query.join(build.table(added, "a"), on=on, join_type="full", copy=False)


def with_late(added: str) -> exp.Select:
    """The buckets in which some rows have come late."""
    query = build.select(build.column(BUCKET)).from_(build.table(added), copy=False)
    return query.where(exp.GT(this=build.column(LATE), expression=build.number(0)), copy=False)


def bucket(key: exp.Expr) -> exp.Expr:
    """The bucket that a key is in."""
    return build.fill(f"HASH(:k) % {BUCKETS}", {"k": key})


def touched(digests: exp.Table, kept: str) -> exp.Select:
    """The buckets in which some rows are others than they were."""
    on = build.eq(build.column(BUCKET, "n"), build.column(BUCKET, "k"))
    query = build.select(build.alias(build.coalesce(build.column(BUCKET, "n"), build.column(BUCKET, "k")), BUCKET))
    found = digests.copy()
    found.set("alias", exp.TableAlias(this=build.name("n")))
    query = query.from_(found).join(build.table(kept, "k"), on=on, join_type="full", copy=False)
    zero = build.number(0)
    differ = [
        exp.NEQ(
            this=build.coalesce(build.column(before, "n"), zero.copy()),
            expression=build.coalesce(build.column(was, "k"), zero.copy()),
        )
        for before, was in ((ROWS_BEFORE, ROWS), (TOTAL_BEFORE, TOTAL))
    ]
    return query.where(build.or_(differ), copy=False)


def _types_of(step: TotalsStep) -> dict[str, Type]:
    """The columns that digests go over, each with a type; whether the key is a text or a number is no matter here."""
    found = {KEY: TEXT}
    for node, name in step.events.columns.items():
        if not isinstance(node, LookupField):
            found[name] = node.type if isinstance(node, Field) else TIME
    return found


def _hash(step: TotalsStep, table: str) -> exp.Expr:
    return hashed((build.column(name, table), type_) for name, type_ in _types_of(step).items())


def _digest(count: exp.Expr, total: exp.Expr, names: tuple[str, str] = (ROWS, TOTAL)) -> list[exp.Expr]:
    """A number of rows, and the sum of their hashes as a type that every table can hold."""
    known = build.coalesce(build.cast(total, "DECIMAL(38, 0)"), build.number(0))
    return [build.alias(count, names[0]), build.alias(known, names[1])]
