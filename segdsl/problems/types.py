"""SEG3xx: values of types that do not fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from segdsl.diagnostics import Diagnostic, Fix, Span
from segdsl.problems.words import Labels, either, nearest


def list_not_here(span: Span, is_empty: bool = False) -> Diagnostic:
    help = "a list stands for its items: `bands(orders, limits)`, `country in (our_countries)`"
    return Diagnostic("SEG320", f"a list {'without items ' if is_empty else ''}cannot stand here", span, help)


def condition_expected(found: str, span: Span, help: str | None = None, labels: Labels = ()) -> Diagnostic:
    return Diagnostic("SEG301", f"expected a condition, found {found}", span, help, labels=labels)


def not_comparable(left: str, right: str, span: Span, help: str | None = None, labels: Labels = ()) -> Diagnostic:
    return Diagnostic("SEG302", f"cannot compare {left} with {right}", span, help, labels=labels)


def wrong_operands(
    op: str, found: Sequence[str], expected: str, span: Span, help: str | None = None, labels: Labels = ()
) -> Diagnostic:
    message = f"`{op}` expects {expected}, found {' and '.join(found)}"
    return Diagnostic("SEG303", message, span, help, labels=labels)


def wrong_argument(
    function: str,
    parameter: str,
    expected: str,
    found: str,
    span: Span,
    help: str | None = None,
    labels: Labels = (),
) -> Diagnostic:
    message = f"`{parameter}` of `{function}` expects {expected}, found {found}"
    return Diagnostic("SEG304", message, span, help, labels=labels)


def wrong_call(form: str, found: str, span: Span, help: str | None = None) -> Diagnostic:
    return Diagnostic("SEG305", f"{found}, expected `{form}`", span, help)


def branches_differ(left: str, right: str, span: Span, labels: Labels = (), help: str | None = None) -> Diagnostic:
    return Diagnostic("SEG306", f"expected one type in all places, found {left} and {right}", span, help, labels=labels)


def value_not_in_set(
    value: str,
    values: Sequence[str],
    owner: str,
    span: Span,
    labels: Labels = (),
    quoted: Callable[[str], str] | None = None,
) -> Diagnostic:
    """`quoted` writes a value as it would stand in the place; None where a name stands there."""
    near = nearest(value, values)
    message = f"`{value}` is not a value of {owner}, expected {either(near or list(values))}"
    fix = Fix(span, quoted(near[0])) if near and quoted is not None else None
    return Diagnostic("SEG307", message, span, labels=labels, fix=fix)


def time_expected(found: str, span: Span, help: str | None = None, labels: Labels = ()) -> Diagnostic:
    return Diagnostic("SEG308", f"a window needs a time or a date, found {found}", span, help, labels=labels)


def constant_expected(what: str, span: Span) -> Diagnostic:
    return Diagnostic("SEG309", f"{what} has to be constant", span, "literals, params and what is computed of them")


def type_not_possible(
    what: str, found: str, expected: str, span: Span, help: str | None = None, labels: Labels = ()
) -> Diagnostic:
    return Diagnostic("SEG310", f"{what} expects {expected}, found {found}", span, help, labels=labels)
