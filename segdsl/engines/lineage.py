"""Which columns of its tables the columns of a SELECT are made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.scope import Scope, build_scope


@dataclass(frozen=True)
class Source:
    """A column, in small letters, of a table as the SELECT writes it. `is_same`: nothing is done to it on the way, but
    that it may get another name."""

    table: str
    column: str
    is_same: bool


def sources_of(select: exp.Query, column: str) -> frozenset[Source] | None:
    """What a column of a SELECT is made of: the tables' columns that it is, and those of its own name that the
    expression behind it reads. Others that an expression reads are left out: the column's type says nothing of theirs.
    None where nobody can say."""
    try:
        scope = build_scope(select)
    except SqlglotError:
        return None
    return None if scope is None else frozenset(_Search().of(scope, column.casefold(), True))


class _Search:
    """Follows names from scope to scope; a WITH query that reads itself is followed once."""

    def __init__(self) -> None:
        self.seen: set[tuple[int, str, bool]] = set()

    def of(self, scope: Scope, column: str, is_same: bool) -> Iterator[Source]:
        if (id(scope), column, is_same) in self.seen:
            return
        self.seen.add((id(scope), column, is_same))
        if scope.set_operation_scopes:
            yield from self._of_both(scope, column, is_same)
            return
        others: list[exp.Expr] = []
        for projection in _projections(scope):
            if projection.alias_or_name.casefold() == column and not _is_star(projection):
                yield from self._of_value(scope, projection.unalias(), column, is_same)
                return
            if _is_star(projection):
                others.append(projection)
        for star in others:
            yield from self._of_star(scope, star, column, is_same)

    def _of_both(self, scope: Scope, column: str, is_same: bool) -> Iterator[Source]:
        """Of a UNION and the like: the names are those of the first, the others stand at the same places."""
        first, *others = scope.set_operation_scopes
        yield from self.of(first, column, is_same)
        selects = _projections(first)
        names = [item.alias_or_name.casefold() for item in selects]
        by_place = not scope.expression.args.get("by_name") and not any(map(_is_star, selects)) and column in names
        for other in others:
            there = _projections(other)
            place = names.index(column) if by_place else len(there)
            name = there[place].alias_or_name.casefold() if place < len(there) else column
            yield from self.of(other, name, is_same)

    def _of_value(self, scope: Scope, value: exp.Expr, column: str, is_same: bool) -> Iterator[Source]:
        if isinstance(value, exp.Column):
            yield from self._inside(scope, value.name.casefold(), value.table.casefold(), is_same)
        elif any(read.name.casefold() == column for read in value.find_all(exp.Column)):
            yield from self._inside(scope, column, "", False)

    def _of_star(self, scope: Scope, projection: exp.Expr, column: str, is_same: bool) -> Iterator[Source]:
        star = projection.find(exp.Star)
        args = star.args if star is not None else {}
        for replaced in args.get("replace") or ():
            if replaced.alias_or_name.casefold() == column:
                yield from self._of_value(scope, replaced.unalias(), column, is_same)
                return
        if any(left_out.name.casefold() == column for left_out in args.get("except_") or ()):
            return
        renamed = {item.alias.casefold(): item.this.name.casefold() for item in args.get("rename") or ()}
        table = projection.table.casefold() if isinstance(projection, exp.Column) else ""
        yield from self._inside(scope, renamed.get(column, column), table, is_same)

    def _inside(self, scope: Scope, column: str, table: str, is_same: bool) -> Iterator[Source]:
        """What a column is that an expression reads, of a table named before it or of any."""
        for name, (_, source) in scope.selected_sources.items():
            if table and name.casefold() != table:
                continue
            if isinstance(source, exp.Table):
                yield Source(".".join(part.name for part in source.parts), column, is_same)
            else:
                yield from self.of(source, column, is_same)


def _projections(scope: Scope) -> list[exp.Expr]:
    return scope.expression.selects if isinstance(scope.expression, exp.Query) else []


def _is_star(projection: exp.Expr) -> bool:
    return projection.is_star or projection.find(exp.Columns) is not None
