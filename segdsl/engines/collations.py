"""Tables of DuckDB whose columns have an order of their own (`COLLATE nocase`): texts go by code point all the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from segdsl.engines.engine import Engine
from segdsl.engines.sources import FileRelation, Relation, SelectRelation, TableRelation
from segdsl.sql import build

if TYPE_CHECKING:
    from sqlglot import exp

# where such a column can be from; DESCRIBE does not tell it
_ANY = r"""SELECT 1 FROM duckdb_tables() WHERE sql ILIKE '%collate%'
UNION ALL SELECT 1 FROM duckdb_views() WHERE NOT internal AND sql ILIKE '%collate%' LIMIT 1"""


def has_collations(engine: Engine) -> bool:
    """Whether any table or view that DuckDB knows was made with such a column."""
    return bool(engine.fetch(_ANY, "the tables of the database"))


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


def by_code_point(tree: exp.Expr, columns: Mapping[str, str]) -> exp.Expr:
    """The same rows with texts that are compared by code point, whatever the order of their columns is."""
    from sqlglot import exp

    binary = exp.to_identifier("binary", quoted=True)
    found = [
        build.alias(exp.Collate(this=build.column(name, "rows"), expression=binary.copy()), name)
        if type_ == "VARCHAR"
        else build.column(name, "rows")
        for name, type_ in columns.items()
    ]
    select = build.select(*found).from_(exp.alias_(tree, "rows", table=True, quoted=True), copy=False)
    return exp.Subquery(this=select)
