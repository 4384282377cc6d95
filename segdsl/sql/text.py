"""A query as text."""

from __future__ import annotations

from sqlglot import ErrorLevel, exp

from segdsl.garbage import uncollected
from segdsl.sql.dialects import Dialect
from segdsl.sql.literals import with_escapes, without_variables
from segdsl.sql.truths import without_truths


@uncollected()
def sql_text(query: exp.Expr, dialect: Dialect, is_used_up: bool = False) -> str:
    """The query as readable text. What sqlglot cannot say raises its UnsupportedError. A tree that `is_used_up` is not
    needed any more: writing it may change it, which saves a copy."""
    if (not dialect.truths or dialect.variables or dialect.escapes) and not is_used_up:
        query, is_used_up = query.copy(), True
    if not dialect.truths:
        query = without_truths(query)
    if dialect.variables:
        query = without_variables(query, dialect.variables)
    if dialect.escapes:
        query = with_escapes(query)
    return query.sql(dialect=dialect.grammar, pretty=True, unsupported_level=ErrorLevel.RAISE, copy=not is_used_up)
