"""A query as text."""

from __future__ import annotations

from sqlglot import ErrorLevel, exp

from segdsl.garbage import uncollected
from segdsl.sql.dialects import Dialect
from segdsl.sql.escapes import with_escapes
from segdsl.sql.truths import without_truths
from segdsl.sql.variables import without_variables


@uncollected()
def sql_text(query: exp.Expr, dialect: Dialect, is_used_up: bool = False) -> str:
    """The query as readable text. What sqlglot cannot say raises its UnsupportedError. A tree that `is_used_up` is not
    needed any more: writing it may change it, which saves a copy."""
    if not dialect.truths:
        query = without_truths(query)
    if dialect.variables:
        query = without_variables(query, dialect.variables)
    if dialect.escapes:
        query, is_used_up = with_escapes(query if is_used_up else query.copy()), True
    return query.sql(dialect=dialect.grammar, pretty=True, unsupported_level=ErrorLevel.RAISE, copy=not is_used_up)
