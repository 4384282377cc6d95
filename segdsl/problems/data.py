"""SEG7xx: data, engines, runs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal

from segdsl.diagnostics import Diagnostic, Span
from segdsl.exact import EXACT
from segdsl.problems.remedies import Remedy, how_to_read
from segdsl.problems.words import did_you_mean, either, nearest

# what is a file or several, where a name of a table is wanted
_FILE = re.compile(r"[/\\*]|\.(?:csv|tsv|parquet|jsonl?|ndjson)(?:\.gz)?$", re.IGNORECASE)


def no_such_file(
    text: str, what: str, span: Span | None, *, folder: str, missing: str, there: Sequence[str]
) -> Diagnostic:
    near = nearest(missing, there)
    seen = f"there is {either(there)}" if there else "it holds no file that can be read"
    help = f"in `{folder}`, did you mean {either(near)}?" if near else f"looked in `{folder}`; {seen}"
    return Diagnostic("SEG701", f"no file `{text}` for {what}", span, help)


def unknown_table(name: str, what: str, known: Iterable[str], span: Span | None) -> Diagnostic:
    if _FILE.search(name):  # of a `table` it would have been looked for
        short = re.sub(r"\W+", "_", re.split(r"[/\\]", name)[-1].partition(".")[0]).strip("_") or "rows"
        help = f"a `sql` names no file itself: write `{short}: {name}` under `tables`, and `{short}` in the `sql`"
        return Diagnostic("SEG702", f"no table `{name}` for {what}", span, help)
    names = list(known)
    advice = "name a file, or say in `tables` or `database` where it is"
    otherwise = f"there is {either(names)}" if names else advice
    return Diagnostic("SEG702", f"no table `{name}` for {what}", span, did_you_mean(name, names, otherwise))


def unset_variable(name: str, known: Iterable[str], span: Span | None) -> Diagnostic:
    return Diagnostic("SEG703", f"the environment has no variable `{name}`", span, did_you_mean(name, known))


def package_not_found(name: str, what: str, span: Span | None) -> Diagnostic:
    install = f"install it: `pip install {name.replace('_', '-')}`"
    help = install if name else "it is written `package:NAME/path/of/file`"
    return Diagnostic("SEG704", f"no installed package `{name}` for {what}", span, help)


def unknown_format(text: str, what: str, span: Span | None) -> Diagnostic:
    message = f"`{text}` for {what} is of no known format"
    help = "files that can be read end in .csv, .tsv, .parquet, .json, .jsonl or .ndjson"
    return Diagnostic("SEG705", message, span, help)


def missing_column(column: str, what: str, known: Iterable[str], span: Span | None) -> Diagnostic:
    names = list(known)
    help = did_you_mean(column, names, f"there is {either(names, 20)}")
    return Diagnostic("SEG706", f"{what} has no column `{column}`", span, help)


def key_kinds_differ(one: tuple[str, str], other: tuple[str, str], advice: str, span: Span | None) -> Diagnostic:
    message = f"{one[0]} is {one[1]}, {other[0]} is {other[1]}: such keys cannot be compared"
    return Diagnostic("SEG707", message, span, advice)


def not_castable(what: str, stated: str, column: str, found: str, span: Span | None) -> Diagnostic:
    message = f"{what} is stated as `{stated}`, its column `{column}` is {found}"
    return Diagnostic("SEG708", message, span, "state another type, or convert the column in `sql:`")


def database_unusable(path: str, reason: str, help: str | None, span: Span | None) -> Diagnostic:
    return Diagnostic("SEG709", f"cannot read the database `{path}`: {reason}", span, help)


def engine_failed(what: str, reason: str, span: Span | None = None, help: str | None = None) -> Diagnostic:
    return Diagnostic("SEG710", f"{what}: {reason}", span, help)


def duplicate_keys(what: str, column: str, example: str, count: int, span: Span | None) -> Diagnostic:
    keys, stand = ("key", "stands") if count == 1 else ("keys", "stand")
    return Diagnostic(
        "SEG711",
        f"{count:,} {keys} of {what} {stand} in several rows, as `{example}` in `{column}`",
        span,
        "each key stands once in such a table; make it so in `sql:`, for example with GROUP BY",
    )


def not_a_segment(
    name: str, kind: str, expected: str = "a segment, a segmentation or a label", *, label: str = "", wide: bool = False
) -> Diagnostic:
    """`label` is one of a segmentation's, where these would do; `wide`, where a layout holds traits as well."""
    help = f"a condition on it is one, as in `segment known = {name} is known`"
    if label:
        help = f"name one of its labels, as `{name}.{label}`"
    elif wide:
        help = '`--layout wide` has traits too, in Python `layout="wide"`'
    return Diagnostic("SEG712", f"`{name}` is a {kind}, expected {expected}", None, help)


def several_entities(names: Sequence[str]) -> Diagnostic:
    return Diagnostic(
        "SEG713",
        f"the wide layout holds one entity, the definitions are of {either(names).replace(' or ', ' and ')}",
        None,
        "name definitions of one entity",
    )


def bad_moment(text: str) -> Diagnostic:
    return Diagnostic(
        "SEG714", f"expected a date or a time, found `{text}`", None, "as in `2026-03-31` or `2026-03-31T18:30`"
    )


def unknown_ending(path: str) -> Diagnostic:
    return Diagnostic("SEG715", f"cannot tell the format of `{path}`, expected .csv, .parquet, .duckdb or .json", None)


def cannot_write(path: str, reason: str) -> Diagnostic:
    return Diagnostic("SEG716", f"cannot write `{path}`: {reason}", None)


def output_unusable(path: str, reason: str, help: str | None) -> Diagnostic:
    return Diagnostic("SEG716", f"cannot write `{path}`: {reason}", None, help)


def output_holds_tables(path: str, names: Sequence[str]) -> Diagnostic:
    message = f"cannot write `{path}`: it is a database that holds {either(names).replace(' or ', ' and ')} as well"
    return Diagnostic("SEG716", message, None, "name a file of its own for the output: the whole file is replaced")


def nothing_to_run() -> Diagnostic:
    return Diagnostic(
        "SEG717", "the catalog defines no segment and no segmentation", None, "`segment loyal = …` in a .seg file"
    )


def names_clash(first: str, second: str) -> Diagnostic:
    return Diagnostic(
        "SEG718",
        f"`{first}` and `{second}` differ in case only, columns of one table cannot",
        None,
        "name one of them less",
    )


def demo_needs_data(package: str) -> Diagnostic:
    message = f"the demo reads the data of the package `{package}`, which is not installed"
    return Diagnostic("SEG704", message, None, "install it: `pip install 'segdsl[demo]'`")


def share_expected(
    members: int, population: int, low: Decimal, high: Decimal, is_share: bool, span: Span
) -> Diagnostic:
    if is_share:
        found = f"{members / population:.1%} ({members:,} of {population:,})"
        expected = f"{_percent(low)} to {_percent(high)}"
    else:
        found, expected = f"{members:,}", f"{low:,} to {high:,}"
    return Diagnostic("SEG719", f"expected {expected} members, found {found}", span)


def nobody_expected(kind: str, count: int, span: Span) -> Diagnostic:
    found = {
        "inside": f"expected all of the first to be in the second, found {count:,} who are not",
        "disjoint": f"expected nobody to be in more than one, found {count:,}",
        "covers": f"expected a label for everybody in its population, found {count:,} without",
    }
    return Diagnostic("SEG720", found[kind], span, "`segdsl run --no-expect` leaves expectations aside")


def unknown_key_value(entity: str, key: str) -> Diagnostic:
    return Diagnostic("SEG721", f"no `{entity}` has the key `{key}`", None, "keys are compared as text, in exact case")


def files_in_the_way(folder: str, names: Sequence[str]) -> Diagnostic:
    shown = either(names).replace(" or ", " and ")
    help = "nothing was written; name another folder, or move them away"
    return Diagnostic("SEG731", f"`{folder}` holds {shown} already", None, help)


def nothing_to_draft(source: str, reason: str) -> Diagnostic:
    help = "a model needs a table with a key, or one of events with a time and the key of whose event it is"
    return Diagnostic("SEG732", f"cannot draft a model from `{source}`: {reason}", None, help)


def strays(what: str, entity: str, count: int, rows: int, example: str, span: Span | None) -> Diagnostic:
    return Diagnostic(
        "SEG733",
        f"{count:,} of {rows:,} rows of {what} belong to no `{entity}`, such as those of `{example}`",
        span,
        "they are ignored; where that is most of them, the keys may be written in two ways",
        "warning",
    )


def incomplete_rows(what: str, column: str, count: int, rows: int, span: Span | None) -> Diagnostic:
    message = f"`{column}` is unknown in {count:,} of {rows:,} rows of {what}"
    return Diagnostic("SEG734", message, span, "such rows are ignored", "warning")


def after_as_of(what: str, count: int, rows: int, latest: str, as_of: str, span: Span | None) -> Diagnostic:
    return Diagnostic(
        "SEG735",
        f"{count:,} of {rows:,} rows of {what} are later than as-of {as_of}, up to {latest}",
        span,
        "a run does not see them before as-of reaches them; where that is wrong, see to `time`, `timezone` and `as_of`",
        "warning",
    )


def outside_values(what: str, count: int, found: Sequence[str], span: Span | None) -> Diagnostic:
    shown = either(found, 5).replace(" or ", " and ")
    rows = f"{count:,} row{'s' * (count != 1)}"
    help = "rules can only name the `values` that the model states: add these, or mend the data in `sql:`"
    return Diagnostic("SEG736", f"{what} holds {shown} in {rows}, not among its `values`", span, help, "warning")


def inexact_money(what: str, columns: Sequence[str], native: str, span: Span | None) -> Diagnostic:
    shown = either(columns, 20).replace(" or ", " and ")
    first = columns[0]
    return Diagnostic(
        "SEG737",
        f"{what} reads money that is {native}: {shown}",
        span,
        "sums of it in `sql:` depend on the order of rows, and what was off in it stays so; make it exact first:\n"
        f"`CAST({first} AS DECIMAL(18, 2)) AS {first}`",
        "warning",
    )


def not_of_its_type(
    what: str, type_: str, is_stated: bool, count: int, example: str, remedies: Sequence[Remedy], span: Span | None
) -> Diagnostic:
    """`is_stated`: the model could state another type, which it cannot of the time of events. `example`: as it is to be
    shown, with its place."""
    rows = "1 row holds" if count == 1 else f"{count:,} rows hold"
    said = f"is stated as `{type_}`" if is_stated else f"has to be a `{type_}`"
    if remedies:
        help = f"a run that reads it fails; {how_to_read(remedies)}"
    elif is_stated:
        help = "a run that reads it fails; state another type, or convert it in `sql:` with TRY_CAST"
    else:
        help = "a run that reads it fails; read it in `sql:` with strptime, or with TRY_CAST where such rows may go"
    return Diagnostic("SEG738", f"{what} {said}, but {rows} something else, such as {example}", span, help)


def nothing_known(what: str, span: Span | None) -> Diagnostic:
    return Diagnostic("SEG739", f"{what}: not one value is known", span, None, "warning")


def no_rows_found(what: str, span: Span | None) -> Diagnostic:
    return Diagnostic("SEG730", f"{what} has no rows", span, None, "warning")


def unknown_data(name: str, known: Iterable[str]) -> Diagnostic:
    names = list(known)
    message = f"the model reads no table `{name}`, so data of that name would go unread"
    return Diagnostic("SEG740", message, None, did_you_mean(name, names, f"it reads {either(names)}"))


def not_a_frame(name: str, found: str, reason: str) -> Diagnostic:
    """`reason`: what Arrow says of a data frame; empty of what is none."""
    message = f"the data for `{name}` cannot be read as a table"
    if reason:
        help = "give that column another type, or hand over the columns alone that the model names"
        return Diagnostic("SEG741", f"{message}: {reason}", None, help)
    help = "a data frame of pandas, Polars or DuckDB, an Arrow table, or anything else that has `__arrow_c_stream__`"
    return Diagnostic("SEG741", f"{message}, found `{found}`", None, help)


def no_value_of_its_own(name: str, parameters: Sequence[str]) -> Diagnostic:
    if not parameters:
        message = f"`{name}` is a param, expected a trait, a segment or a segmentation"
        return Diagnostic("SEG742", message, None, f"`segdsl show {name}` tells what it is and where it is used")
    message = f"`{name}` has no value of its own, it needs {either(parameters).replace(' or ', ' and ')}"
    return Diagnostic("SEG742", message, None, f"call it in an expression: `-e '{name}(…)'`")


def _percent(share: Decimal) -> str:
    return f"{EXACT.normalize(EXACT.multiply(share, 100)):f}%"
