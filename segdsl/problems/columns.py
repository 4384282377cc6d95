"""Columns of the data that are not plainly the ones the model names."""

from __future__ import annotations

from collections.abc import Sequence

from segdsl.diagnostics import Diagnostic, Span
from segdsl.problems.words import either


def fractional_keys(entity: str, column: str, native: str, span: Span | None) -> Diagnostic:
    message = f"the keys of entity `{entity}` are {native}: the history knows whom `1` means as `1.0`, as another one"
    help = f"state it at the entity, `key: {{column: {column}, type: int}}`, before a run is saved"
    return Diagnostic("SEG707", message, span, help, "warning")


def inexact_keys(what: str, column: str, native: str, bound: int, count: int, span: Span | None) -> Diagnostic:
    keys = "1 row has a key" if count == 1 else f"{count:,} rows have keys"
    message = f"{keys} of {what} from {bound:,} on in `{column}`, which is {native}: their last digits are lost there"
    help = "have them written as whole numbers or texts; pandas makes floats of ids where one is missing: use `Int64`"
    return Diagnostic("SEG707", message, span, help)


def twin_columns(what: str, column: str, found: Sequence[str], span: Span | None) -> Diagnostic:
    """`found`: the columns that differ from the one that is read in letter case alone, or not at all."""
    there = either(found, 20).replace(" or ", " and ")
    message = f"{what} has {there}: which of them is `{column}` cannot be told, as DuckDB takes them for the same"
    return Diagnostic("SEG706", message, span, "give each a name of its own in the data, or leave out all but one")
