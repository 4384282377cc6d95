"""Numbers that are text to a database, as they are written with a comma: `19,90`, `1.019,90`, `1,019`, `1,019.90`."""

from __future__ import annotations

from sqlglot import exp

from segdsl.draft.write import scalar, sql_entry

# all values have to be such, and one of them such that its comma is none of thousands
NUMBER = r"^[+-]?(\d+|\d{1,3}(\.\d{3})+)(,\d+)?$"
DECIMAL_COMMA = r",(\d{1,2}|\d{4,})$|^[+-]?0,|\.\d{3},"

# the comma sets thousands apart: `1,019.90`
THOUSANDS = r"^[+-]?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?$"

BELOW, ELSEWHERE = "see the end of the file", "have a view read them"
DECIMALS = f"numbers with a decimal comma (text here: {BELOW})"
GROUPED = f"numbers with a comma of thousands (text here: {BELOW})"
UNSURE = f"numbers with a comma of thousands or of decimals (text here: {BELOW})"


def how_to_read(table: exp.Expr, name: str, column: str, is_grouped: bool) -> str:
    """What to write so that rules get numbers; under another name, as a file's own columns have their stated types.
    `is_grouped` says that the comma sets thousands apart."""
    value: exp.Expr = exp.column(column, quoted=True)
    for old, new in ((",", ""),) if is_grouped else ((".", ""), (",", ".")):
        value = exp.Anonymous(this="replace", expressions=[value, exp.Literal.string(old), exp.Literal.string(new)])
    number = exp.alias_(exp.cast(value, "DECIMAL(38, 10)"), f"{column} as number", quoted=True)
    entry = sql_entry(exp.select(exp.Star(), number).from_(table))
    meant = "one of thousands" if is_grouped else "the decimal one"
    return (
        f"{name}.{column}: text, as its numbers have a comma. If that is {meant}, write `{entry}` in place of "
        f"`table`, and state the field as `{{column: {scalar(number.alias)}, type: decimal}}`"
    )
