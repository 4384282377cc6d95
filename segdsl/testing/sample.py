"""Some members of a segment with what its rule reads; the same ones every time, as a hash of their keys has it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlglot import exp

from segdsl.catalog import CATALOG
from segdsl.check import Checker
from segdsl.check.context import BROKEN, Context
from segdsl.engines.problem import EngineProblem
from segdsl.functions import SCORES, operator
from segdsl.plan import make_plan
from segdsl.problems.dialects import dialect_lacks
from segdsl.program import Moment, Output, Program
from segdsl.sql import Dialect, Query, build, sql_text
from segdsl.sql.expressions import Expressions
from segdsl.sql.rows import KEY
from segdsl.syntax import tree
from segdsl.testing.explain import Part

MANY = 2**31  # members, more than which no engine has to count
MOST = 8  # columns that are shown where none are named


def columns_read(part: Part) -> list[tuple[str, Output]]:
    """What a rule reads, by the texts that it has there: traits, attributes and aggregates, not unfolded further."""
    found: dict[str, Output] = {}
    for item in _read(part):
        if item.output is not None:
            found.setdefault(item.text, item.output)
    return list(found.items())[:MOST]


def _read(part: Part) -> Iterator[Part]:
    for item in part.parts:
        is_computed = isinstance(item.node, tree.Operation | tree.Case)
        is_value = item.role == "value" and not is_computed
        is_bare = not item.parts and item.note != "above" and item.node is not None
        if is_value or is_bare or isinstance(item.node, tree.AsOf):
            yield item
            if isinstance(item.node, tree.Call) and item.node.name.text in SCORES:
                yield from _read(item)  # a score says little without the value that it is of
        else:
            yield from _read(item)


def column(checker: Checker, entity: str, text: str, node: tree.Expr) -> Output | None:
    """A column for the value of an expression; None where it has an error."""
    value = checker.expr(Context(CATALOG, entity, Moment()), node)
    checker.work_off()
    return None if value == BROKEN else checker.hold(f".column {text}", entity, value)


def sample_sql(query: Query, segment: Output, columns: Sequence[Output], count: int) -> str:
    """The SELECT of some members: their keys and the columns; raises EngineProblem where the dialect has no hash."""
    held: exp.Expr = build.column(query.columns[segment.name], "c")
    if segment.kind == "segmentation":
        held = build.is_known(held)
    key = build.column(KEY, "c")
    order = _hash(query.dialect, query.text(key.copy()))
    select = query.wide(segment.entity, columns).where(held, copy=False).order_by(order, key)
    select = select.limit(build.number(min(count, MANY)))
    return sql_text(query.with_steps(select), query.dialect)


def _hash(dialect: Dialect, member: exp.Expr) -> exp.Expr:
    """The number by which `sample(…)` of the language chooses, the same one in each dialect."""
    if (reason := dialect.lacks.get("sample")) is not None:
        raise EngineProblem([dialect_lacks("a hash of the key", "segdsl sample", dialect.name, reason, None)])
    lower = Expressions(make_plan(Program({}, {}), []), dialect, None, "UTC")
    is_below = lower.filled(operator("sample"), [member, build.text(""), build.number(0)])
    assert isinstance(is_below, exp.LT)
    found: exp.Expr = is_below.this
    return found
