"""Values that are written in another way than a database reads them, as `12,50` or `31.12.2025 18:30`: what reads them.

All of it is DuckDB's, as what stands in `sql:` is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB as Grammar

from segdsl.engines.formats import formats_of
from segdsl.problems.remedies import Remedy
from segdsl.types import Kind

# numbers with a comma: all values of a column have to be such, and one of them such that its comma is none of thousands
NUMBER = r"^[+-]?(\d+|\d{1,3}(\.\d{3})+)(,\d+)?$"
DECIMAL_COMMA = r",(\d{1,2}|\d{4,})$|^[+-]?0,|\.\d{3},"
# the comma sets thousands apart: `1,019.90`
THOUSANDS = r"^[+-]?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?$"
_CURRENCY = re.compile(r"^([+-]?)(?:[$€£¥] ?)?([+-]?\d[\d.,]*)(?: ?[$€£¥])?$")


def number(value: exp.Expr, is_grouped: bool, has_groups: bool = True) -> exp.Expr:
    """The number that a text is; `is_grouped` says that the comma sets thousands apart. Where it is the decimal one,
    `has_groups` says that points set them apart."""
    pairs = [(",", "")] if is_grouped else [*([(".", "")] if has_groups else []), (",", ".")]
    for old, new in pairs:
        value = _call("replace", value, old, new)
    return exp.cast(value, "DECIMAL(38, 10)")


def time(value: exp.Expr, format_: str, is_day: bool) -> exp.Expr:
    """The time that a text is, or the day."""
    found = _call("strptime", value, format_)
    return exp.cast(found, "DATE") if is_day else found


def remedies(column: str, example: str, kind: Kind) -> list[Remedy]:
    """What reads a column that has to be of a kind, told by a value that is not: several where the value can be read in
    more than one way, none where its way is not known."""
    match kind:
        case Kind.INT | Kind.DECIMAL:
            return _of_number(column, example)
        case Kind.DATE | Kind.TIME:
            return list(_of_time(column, example, kind is Kind.DATE))
        case _:
            return []


def unknown_where(column: str, value: str, name: str | None = None) -> str:
    """A SELECT in which a column is unknown where it has that value: in its place, or under another name beside it."""
    return _selected(column, _call("nullif", _column(column), value), name)


def _of_number(column: str, example: str) -> list[Remedy]:
    money = _CURRENCY.fullmatch(example.strip())
    if money is None:
        return []
    bare = "".join(money.groups())
    value: exp.Expr = _column(column)
    if bare != example:
        value = _call("regexp_replace", value, "[^0-9.,+-]", "", "g")
    name = f"{column}_number"
    is_decimal = re.search(NUMBER, bare) is not None and "," in bare
    is_grouped = re.search(THOUSANDS, bare) is not None
    if is_decimal and re.search(DECIMAL_COMMA, bare):
        is_grouped = False
    made = []
    if is_decimal:
        read = _selected(column, number(value.copy(), False, "." in bare), name)
        made.append(Remedy(read, name, "the comma is the decimal one" if is_grouped else None))
    if is_grouped:
        read = _selected(column, number(value.copy(), True), name)
        made.append(Remedy(read, name, "it sets thousands apart" if is_decimal else None))
    return made


def _of_time(column: str, example: str, is_day: bool) -> Iterator[Remedy]:
    fitting = formats_of(example)
    for format_ in fitting[:2]:
        what = None
        if len(fitting) > 1:
            what = "the month comes first" if format_.startswith("%m") else "the day comes first"
        yield Remedy(_selected(column, time(_column(column), format_, is_day), None), None, what)


def _selected(column: str, value: exp.Expr, name: str | None) -> str:
    """A SELECT with a value in the place of a column, or under another name beside it."""
    of = exp.Table(this=exp.to_identifier("…", quoted=False))
    named = exp.alias_(value, _named(column if name is None else name))
    selected: Sequence[exp.Expr] = [exp.Star(replace=[named])] if name is None else [exp.Star(), named]
    return exp.select(*selected).from_(of).sql(dialect="duckdb", normalize_functions=False)


def _call(name: str, value: exp.Expr, *texts: str) -> exp.Expr:
    return exp.Anonymous(this=name, expressions=[value, *map(exp.Literal.string, texts)])


def _column(name: str) -> exp.Column:
    return exp.Column(this=_named(name))


def _named(name: str) -> exp.Identifier:
    """A name, in quotes where it needs them: this is for people to read."""
    is_plain = re.fullmatch(r"[A-Za-z_]\w*", name) is not None and name.upper() not in Grammar.Tokenizer.KEYWORDS
    return exp.to_identifier(name, quoted=not is_plain)
