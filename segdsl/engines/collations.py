"""Tables whose columns have an order of their own (`COLLATE nocase`): texts go by code point all the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from segdsl.engines.engine import Engine
from segdsl.engines.sources import FileRelation, Relation, SelectRelation, TableRelation
from segdsl.sql import Dialect, build

if TYPE_CHECKING:
    from sqlglot import exp


def has_collations(engine: Engine) -> bool:
    """Whether any table or view of an engine was made with such a column."""
    return bool(engine.fetch(engine.dialect.collated, "the tables of the database"))


def is_collated(relation: Relation, has_any: Callable[[], bool]) -> bool:
    """Whether columns of a relation may have an order of their own: of a table where `has_any` has, and where it says
    so itself."""
    from sqlglot import exp

    match relation:
        case FileRelation():
            return False
        case TableRelation():
            return has_any()
        case SelectRelation(select=select, named=named):
            return select.find(exp.Collate) is not None or any(is_collated(each, has_any) for each in named.values())


def by_code_point(tree: exp.Expr, columns: Mapping[str, str], dialect: Dialect) -> exp.Expr:
    """The same rows with texts that are compared by code point, whatever the order of their columns is."""
    from sqlglot import exp

    found: list[exp.Expr] = []
    for name, type_ in columns.items():
        column: exp.Expr = build.column(name, "rows")
        if type_ == "VARCHAR":
            column = build.fill(dialect.structures["text of table"], {"a": column}, dialect.grammar)
        found.append(build.alias(column, name))
    select = build.select(*found).from_(exp.alias_(tree, "rows", table=True, quoted=True), copy=False)
    return exp.Subquery(this=select)
