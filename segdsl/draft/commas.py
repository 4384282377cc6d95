"""Numbers that are text to a database, as they are written with a comma: `19,90`, `1.019,90`, `1,019`, `1,019.90`."""

from __future__ import annotations

import sqlglot
from sqlglot import exp

from segdsl.draft.draft import DraftPart
from segdsl.draft.names import free, snake
from segdsl.draft.write import scalar, sql_entry
from segdsl.engines.written import number

READ, BELOW, ELSEWHERE = (
    "text in the data, read in `sql`",
    "text here: see the end of the file",
    "have a view read them",
)
DECIMALS = "numbers with a decimal comma"
GROUPED = "numbers with a comma of thousands"
UNSURE = "numbers with a comma of thousands or of decimals"
# what a point may be in a file whose columns are set apart by `;`, as they are where the comma is a decimal one
POINTS = r"^[+-]?[1-9]\d{0,2}(\.\d{3})?$"
UNSURE_POINT = "numbers with a point of thousands or of decimals"


def read_number(column: str, is_grouped: bool, table: str | None = None) -> exp.Expr:
    """The number that a text of a column is; `is_grouped` says that the comma sets thousands apart."""
    return number(exp.column(column, table, quoted=True), is_grouped)


def number_name(column: str) -> str:
    """Another name than the column's, as a file's own columns have the types that are stated for them."""
    return f"{column} as number"


def how_to_read(part: DraftPart | None, table: exp.Expr, name: str, column: str) -> str:
    """What to write so that rules get numbers, where the comma may be one of thousands as well."""
    written, select = _with_number(part, table, column)
    return (
        f"{name}.{column}: text, as its numbers have a comma. If that is the decimal one, write `{sql_entry(select)}` "
        f"in place of `{written}`, and state the field as `{{column: {scalar(number_name(column))}, type: decimal}}`"
    )


def how_to_read_points(part: DraftPart | None, table: exp.Expr, name: str, column: str) -> str:
    """What to write so that `1.274` is more than a thousand: what is stated as text is read as it is written."""
    written, select = _with_number(part, table, column)
    field = free(f"{snake(column)}_text", [field.name for field in part.fields] if part is not None else [])
    return (
        f"{name}.{column}: its numbers have a point with three digits behind it, read as decimals. If it sets "
        f"thousands apart, write `{sql_entry(select)}` in place of `{written}`, state the field as "
        f"`{{column: {scalar(number_name(column))}, type: decimal}}`, and so that it is read as it is written, another "
        f"one: `{scalar(field)}: {{column: {scalar(column)}, type: text}}`"
    )


def _with_number(part: DraftPart | None, table: exp.Expr, column: str) -> tuple[str, exp.Select]:
    """The rows of a part as the draft has them, with a column more, and what says them in the draft."""
    written, select = "table", exp.select(exp.Star()).from_(table)
    if part is not None and part.sql is not None:
        written, select = "sql", sqlglot.parse_one(part.sql, dialect="duckdb", into=exp.Select)
    source = select.args["from_"].this.alias_or_name if select.args.get("joins") else None
    value = read_number(column, False, source)
    return written, select.select(exp.alias_(value, number_name(column), quoted=True))
