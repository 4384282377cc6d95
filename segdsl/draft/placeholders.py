"""Words that stand for nothing in a column of numbers or times, as `N/A` does in an export."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from segdsl.draft.clocks import Clock
from segdsl.engines.texts import MOMENT
from segdsl.sql import build
from segdsl.sql.dialects.dialect import ZONE_AT_END
from segdsl.types import DATE, DECIMAL, INT, TIME

if TYPE_CHECKING:
    from segdsl.draft.profile import Column
    from segdsl.engines.duckdb import DuckDB

# in small letters, without blanks around them
_WORDS = (
    *("n/a", "na", "#n/a", "n.a.", "null", "(null)", "none", "nil", "nan", "unknown", "undefined", "missing"),
    *("not set", "(not set)", "-", "--", "?", "\\n", "0000-00-00", "0000-00-00 00:00:00"),
)
_MOST = 3
_WHOLE, _NUMBER = r"^[+-]?(0|[1-9]\d{0,17})$", r"^[+-]?((0|[1-9]\d{0,17})(\.\d{1,10})?|\.\d{1,10})$"


def settle(column: Column, rows: exp.Expr, engine: DuckDB, what: str) -> None:
    """Reads a text as the number or time that it is where it is none of a few words, all of which stand for nothing."""
    found = engine.fetch(_words(column.name, rows).sql(dialect="duckdb"), what)
    words = [word for (word,) in found]
    if not 0 < len(words) <= _MOST:
        return
    value: exp.Expr = exp.column(column.name, quoted=True)
    for word in words:
        value = exp.Nullif(this=value, expression=exp.Literal.string(word))

    def is_all(condition: exp.Expr) -> bool:
        against = exp.select("1").from_(rows.copy()).where(exp.Not(this=exp.Paren(this=condition))).limit(1)
        return not engine.fetch(against.sql(dialect="duckdb"), what)

    def matches(pattern: str) -> exp.Expr:
        return exp.RegexpLike(this=value.copy(), expression=exp.Literal.string(pattern))

    if is_all(build.is_null(value.copy())):  # nothing but words
        return
    told = f"{' and '.join(f'`{word}`' for word in words)} taken for unknown, read in `sql`"
    if is_all(matches(_NUMBER)):
        column.type = INT if is_all(matches(_WHOLE)) else DECIMAL
        column.number = exp.cast(value.copy(), "BIGINT" if column.type == INT else "DECIMAL(38, 10)")
    elif is_all(matches(MOMENT)) and is_all(exp.Not(this=matches(ZONE_AT_END))):
        length = exp.Length(this=exp.Trim(this=value.copy()))
        is_day = is_all(exp.LTE(this=length, expression=exp.Literal.number(10)))
        cast = exp.DataType.build("DATE" if is_day else "TIMESTAMP")
        tried = exp.TryCast(this=value.copy(), to=cast, safe=True)
        if not is_all(build.or_([build.is_null(value.copy()), exp.Not(this=build.is_null(tried))])):
            return
        column.type = DATE if is_day else TIME
        column.clock = Clock(exp.Cast(this=value.copy(), to=cast.copy()), column.type, told)
    else:
        return
    column.remarks.append(told)


def _words(column: str, rows: exp.Expr) -> exp.Select:
    """The words of a column, as they are written."""
    text = exp.column(column, quoted=True)
    is_word = exp.In(
        this=exp.Lower(this=exp.Trim(this=text.copy())), expressions=[exp.Literal.string(word) for word in _WORDS]
    )
    return exp.select(text).distinct().from_(rows.copy()).where(is_word).order_by(text.copy())
