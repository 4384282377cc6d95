"""SEG5xx: dialects of SQL, and what they cannot say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from segdsl.diagnostics import Diagnostic, Span
from segdsl.problems.words import did_you_mean, either


def unknown_dialect(name: str, known: Iterable[str]) -> Diagnostic:
    names = list(known)
    help = did_you_mean(name, names, f"there is {either(names, 20)}")
    return Diagnostic("SEG501", f"no dialect `{name}`", None, help)


def dialect_lacks(construct: str, definition: str, dialect: str, reason: str, span: Span | None) -> Diagnostic:
    message = f"{construct}, which `{definition}` uses, cannot be said in the dialect `{dialect}`: {reason}"
    return Diagnostic("SEG502", message, span, "leave the definition out there, or say it in another way")


def not_translatable(what: str, dialect: str, reason: str, span: Span | None) -> Diagnostic:
    message = f"the `sql` of {what} cannot be said in the dialect `{dialect}`: {reason}"
    help = f"read a table or view in its place, made in {dialect} itself"
    return Diagnostic("SEG503", message, span, help)


def file_elsewhere(text: str, what: str, dialect: str, span: Span | None) -> Diagnostic:
    message = f"`{text}` for {what} is a file, and {dialect} reads its own tables alone"
    help = "name the table that holds these rows there; a name of `tables` stands for a table of that name there"
    return Diagnostic("SEG504", message, span, help)


def history_in_dbt(names: Sequence[str]) -> Diagnostic:
    shown = either(list(dict.fromkeys(names))).replace(" or ", " and ")
    help = "the history is in a store beside the catalog, which dbt cannot read: keep such rules to `segdsl run`"
    return Diagnostic("SEG671", f"a rule asks for the history of {shown}, which dbt does not have", None, help)
