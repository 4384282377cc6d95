"""Numbers that are text to a database, as they are written with a comma: `19,90`, `1.019,90`, `1,019`, `1,019.90`."""

from __future__ import annotations

import sqlglot
from sqlglot import exp

from segdsl.draft.draft import DraftPart
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


def read_number(column: str, is_grouped: bool, table: str | None = None) -> exp.Expr:
    """The number that a text of a column is; `is_grouped` says that the comma sets thousands apart."""
    return number(exp.column(column, table, quoted=True), is_grouped)


def number_name(column: str) -> str:
    """Another name than the column's, as a file's own columns have the types that are stated for them."""
    return f"{column} as number"


def how_to_read(part: DraftPart | None, table: exp.Expr, name: str, column: str) -> str:
    """What to write so that rules get numbers, where the comma may be one of thousands as well: the rows of the part,
    as the draft has them, with a column more."""
    written, select = "table", exp.select(exp.Star()).from_(table)
    if part is not None and part.sql is not None:
        written, select = "sql", sqlglot.parse_one(part.sql, dialect="duckdb", into=exp.Select)
    source = select.args["from_"].this.alias_or_name if select.args.get("joins") else None
    select = select.select(exp.alias_(read_number(column, False, source), number_name(column), quoted=True))
    return (
        f"{name}.{column}: text, as its numbers have a comma. If that is the decimal one, write `{sql_entry(select)}` "
        f"in place of `{written}`, and state the field as `{{column: {scalar(number_name(column))}, type: decimal}}`"
    )
