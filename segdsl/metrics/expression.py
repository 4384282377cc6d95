"""The SQL of a rendered template: one aggregate expression over values that rules gave."""

from __future__ import annotations

from collections.abc import Container

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from segdsl.model.select import SelectError, check_node, check_tokens, sentence
from segdsl.sql import build

_NOT_HERE = {
    exp.Query: "a SELECT",
    exp.Window: "a window function",
    exp.Star: "`*`",
    exp.Table: "a table",
    exp.Lambda: "a lambda",
}
_DIVISIONS = (exp.Div, exp.IntDiv, exp.Mod)


def parse_aggregate(text: str, known: Container[str]) -> exp.Expr:
    """The tree of one aggregate expression (DuckDB's SQL) in which the names are known ones and stand in aggregates.

    Division by nothing gives NULL. Raises SelectError.
    """
    try:
        check_tokens(sqlglot.tokenize(text, dialect="duckdb"))
        trees = [tree for tree in sqlglot.parse(text, dialect="duckdb") if tree is not None]
    except SqlglotError as error:
        raise SelectError(sentence(error)) from None
    except TypeError:  # what the compiled parser says of an operator that lacks a side
        raise SelectError("it cannot be read") from None
    except RecursionError:
        raise SelectError("it is nested too deep") from None
    if len(trees) != 1:
        raise SelectError(
            f"expected one aggregate expression, found {len(trees)} statements" if trees else "it is empty"
        )
    tree = trees[0]
    for node in tree.walk():
        _check_place(node)
    if not isinstance(tree, exp.Condition | exp.Paren | exp.Filter) or isinstance(tree, exp.Column):
        raise SelectError(f"expected one aggregate expression, found {tree.key.upper()}")
    for node in tree.walk():
        _check(node, known)
    _check_grouping(tree)
    return _divided(tree)


def _check_place(node: exp.Expr) -> None:
    for kind, word in _NOT_HERE.items():
        if isinstance(node, kind) and not (kind is exp.Star and isinstance(node.parent, exp.Count)):
            raise SelectError(f"{word} has no place in a metric")


def _check(node: exp.Expr, known: Container[str]) -> None:
    check_node(node)
    if isinstance(node, exp.Column) and (node.table or node.name not in known):
        raise SelectError(f"unknown name `{node.sql('duckdb')}`", 'values of customers come from `{{ rule("…") }}`')


def _check_grouping(tree: exp.Expr) -> None:
    """Raises SelectError unless each name stands inside exactly one aggregate, and there is one."""
    aggregates = list(tree.find_all(exp.AggFunc))
    if not aggregates:
        raise SelectError("expected an aggregate such as `avg(…)` or `count(*)`, found none")
    for aggregate in aggregates:
        if aggregate.find_ancestor(exp.AggFunc) is not None:
            raise SelectError(f"`{aggregate.sql('duckdb')}` stands inside another aggregate")
    for column in tree.find_all(exp.Column):
        if column.find_ancestor(exp.AggFunc, exp.Filter) is None and not is_of_all(column.name):
            advice = "a metric is one number for many customers: `avg(…)`, `sum(…)`"
            raise SelectError("a value of a customer stands outside of an aggregate", advice)


def is_of_all(name: str) -> bool:
    """Whether a name stands for a number of the whole population."""
    return name.startswith("population ")


def _divided(tree: exp.Expr) -> exp.Expr:
    """Every divisor as NULLIF(…, 0)."""
    holder = exp.Paren(this=tree)
    for node in list(holder.find_all(*_DIVISIONS)):
        divisor = node.expression
        if isinstance(divisor, exp.Literal) and divisor.is_number and float(divisor.name) != 0:
            continue
        node.set("expression", exp.Nullif(this=build.wrap(divisor.copy()), expression=build.number(0)))
    found = holder.this
    assert isinstance(found, exp.Expr)
    found.pop()
    return found
