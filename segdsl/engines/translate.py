"""The model's `sql:`, which is DuckDB's, in another dialect: only what is known to keep its meaning is translated.

sqlglot writes nearly everything in every dialect, and now and then another value comes out without a warning (weeks
that start on Sunday, `date_diff` that counts days where months were meant, quotients cut to two digits). So the words
that may stand in such a SELECT are listed here; a dialect adds those that were run on its engine and gave the same.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp
from sqlglot.errors import SqlglotError

from segdsl import problems
from segdsl.diagnostics import Span
from segdsl.engines.problem import EngineProblem
from segdsl.engines.sources import Relation, SelectRelation, TableRelation
from segdsl.model.schema import folded
from segdsl.sql import Dialect, sql_text

_KEPT: tuple[type[exp.Expr], ...] = (
    # the frame of a SELECT
    exp.Select, exp.Subquery, exp.Union, exp.With, exp.CTE, exp.From, exp.Join, exp.Where, exp.Group, exp.Having,
    exp.Order, exp.Ordered, exp.Limit, exp.Table, exp.TableAlias, exp.Alias, exp.Column, exp.Identifier, exp.Star,
    exp.Distinct, exp.Tuple, exp.Paren, exp.Values, exp.Window, exp.WindowSpec, exp.RowNumber, exp.Rank, exp.DenseRank,
    # values
    exp.Literal, exp.Null, exp.Boolean, exp.Case, exp.If, exp.Coalesce, exp.Nullif, exp.Neg, exp.Add, exp.Sub, exp.Mul,
    exp.And, exp.Or, exp.Not, exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Is, exp.In, exp.Between,
    exp.Exists, exp.Abs, exp.Date, exp.DataTypeParam,
    # aggregates
    exp.Count, exp.Sum, exp.Min, exp.Max,
)  # fmt: skip
# what a dialect can add to these, by the words that its `keeps` uses
_MORE: dict[str, tuple[type[exp.Expr], ...]] = {
    "letter case": (exp.Lower, exp.Upper),
    "concatenation": (exp.DPipe,),
    "trim": (exp.Trim,),
    "length": (exp.Length,),
    "average": (exp.Avg,),
    "division": (exp.Div,),
    "extract": (exp.Extract, exp.Year, exp.Month, exp.Day, exp.Var),
}
_TYPES = frozenset({"TEXT", "VARCHAR", "DATE", "TIMESTAMP", "TIMESTAMPNTZ", "DECIMAL", "BOOLEAN"})


class _Untranslatable(Exception):  # noqa: N818
    """What has no form of the same meaning."""


def translated(relation: Relation, dialect: Dialect, what: str, span: Span | None = None) -> Relation:
    """A relation as a dialect can read it; raises EngineProblem for a SELECT that might mean something else there."""
    if isinstance(relation, TableRelation) and dialect.folds is not None:
        return TableRelation(tuple(map(folded, relation.parts)))
    if not isinstance(relation, SelectRelation) or dialect.own_select:
        return relation
    select = relation.select.copy()
    try:
        for each in list(select.find_all(exp.Select)):
            _spell_groups(each)
        kept = (*_KEPT, *(node for word in dialect.keeps for node in _MORE[word]))
        for node in _nodes(select):
            _check(node, kept)
        sql_text(select, dialect)
    except (_Untranslatable, SqlglotError) as error:
        reason = next(iter(str(error).strip().splitlines()), "")
        raise EngineProblem([problems.not_translatable(what, dialect.name, reason, span)]) from None
    named = {name: translated(inner, dialect, what, span) for name, inner in relation.named.items()}
    return SelectRelation(select, named)


def _nodes(select: exp.Expr) -> Iterator[exp.Expr]:
    """Every node but the types of casts, which are looked at together with the cast."""
    return select.walk(prune=lambda node: isinstance(node, exp.DataType))


def _check(node: exp.Expr, kept: tuple[type[exp.Expr], ...]) -> None:
    if isinstance(node, exp.DataType):
        return
    if isinstance(node, exp.Cast) and not isinstance(node, exp.TryCast):
        word = node.to.this.value
        if word not in _TYPES:
            raise _Untranslatable(f"a cast to {word.lower()} rounds and reads texts otherwise there")
        return
    if not isinstance(node, kept) or isinstance(node, exp.TryCast):
        raise _Untranslatable(f"`{_shown(node)}` may mean something else there")
    if isinstance(node, exp.Distinct) and node.args.get("on"):
        raise _Untranslatable("`DISTINCT ON` may mean something else there")
    if isinstance(node, exp.In) and node.args.get("query") and isinstance(node.parent, exp.Not):
        raise _Untranslatable("`NOT IN (SELECT …)` treats NULL otherwise there: write NOT EXISTS")
    for word in ("qualify", "sample", "pivots", "laterals", "connect", "windows"):
        if node.args.get(word):
            raise _Untranslatable(f"`{word.upper()}` may mean something else there")
    if isinstance(node, exp.Star) and (node.args.get("except_") or node.args.get("replace")):
        raise _Untranslatable("`* EXCLUDE` and `* REPLACE` are not said in every dialect: name the columns")
    if isinstance(node, exp.Join) and (node.method or node.side not in ("", "LEFT", "INNER") or node.args.get("using")):
        raise _Untranslatable(f"`{_shown(node)}` may mean something else there")


def _spell_groups(select: exp.Select) -> None:
    """`GROUP BY ALL` as what it stands for."""
    group = select.args.get("group")
    if group is None or not group.args.get("all"):
        return
    plain = [item.unalias().copy() for item in select.expressions if item.find(exp.AggFunc) is None]
    if any(isinstance(item, exp.Star) or item.find(exp.Window) for item in plain):
        raise _Untranslatable("`GROUP BY ALL` beside `*` or a window")
    select.set("group", exp.Group(expressions=plain) if plain else None)


def _shown(node: exp.Expr) -> str:
    text = node.sql(dialect="duckdb")
    return text if len(text) <= 40 else f"{text[:39]}…"
