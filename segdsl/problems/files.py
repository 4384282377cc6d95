"""SEG722 and on: files that are read and written."""

from __future__ import annotations

from segdsl.diagnostics import Diagnostic, Span


def output_is_needed(path: str, what: str) -> Diagnostic:
    help = "name another file for the output"
    return Diagnostic("SEG722", f"cannot write `{path}`: it is {what}", None, help)


def unreadable_value(
    value: str,
    column: str,
    where: tuple[str, int] | None,
    what: str | None,
    expected: str,
    is_key: bool,
    span: Span | None,
) -> Diagnostic:
    """`where`: the file and its line."""
    place = "" if where is None else f" in line {where[1]:,} of `{where[0]}`"
    whose = "" if what is None else f" ({what})"
    shown = value if len(value) <= 60 else f"{value[:57]}…"
    message = f"column `{column}`{whose} has `{shown}`{place}, expected {expected}"
    if is_key:
        return Diagnostic("SEG723", message, span, f"state the key as text: `{{column: {column}, type: text}}`")
    literal = value.replace("'", "''")
    help = (
        f"correct it, or state `text`; where it means that nothing is known, read another column, which a `sql` makes: "
        f"`SELECT *, nullif({column}, '{literal}') AS known_{column} FROM …`"
    )
    return Diagnostic("SEG723", message, span, help)


def rounded_when_read(what: str, count: int, example: str, span: Span | None) -> Diagnostic:
    message = (
        f"{what} is stated as `int`, but {count:,} row{'s hold' if count != 1 else ' holds'} a fraction, as {example}"
    )
    help = "it is rounded, halves away from zero; state `decimal` where the fraction matters"
    return Diagnostic("SEG724", message, span, help, "warning")
