"""SEG4xx: what has a form, but no meaning."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from segdsl.diagnostics import Diagnostic, Span


def cycle(names: Sequence[str], span: Span) -> Diagnostic:
    path = " → ".join(f"`{name}`" for name in names)
    return Diagnostic("SEG401", f"a definition cannot depend on itself: {path}", span)


def calendar_length(span: Span) -> Diagnostic:
    return Diagnostic(
        "SEG402",
        "a calendar length (mo, q, y) has no fixed length to calculate or compare a duration with",
        span,
        "use days or weeks, or compare the time itself: `signup < 3mo`",
    )


def calendar_value(span: Span) -> Diagnostic:
    return Diagnostic(
        "SEG415",
        "a calendar length (mo, q, y) is no value of a customer: it has no fixed length",
        span,
        "a `param` can be one, to be used in windows and comparisons of times",
    )


def sequence_rule(message: str, span: Span, help: str | None = None) -> Diagnostic:
    return Diagnostic("SEG403", message, span, help)


def not_here(what: str, where: str, span: Span, help: str | None = None) -> Diagnostic:
    return Diagnostic("SEG404", f"{what} cannot stand {where}", span, help)


def missing_argument(target: str, name: str, span: Span) -> Diagnostic:
    return Diagnostic("SEG405", f"`{target}` needs a value for `{name}`", span, f"write `{target}({name}: …)`")


def too_many_arguments(target: str, most: int, found: int, span: Span) -> Diagnostic:
    return Diagnostic("SEG406", f"`{target}` takes {most} argument{'s' * (most != 1)}, found {found}", span)


def bad_pattern(message: str, span: Span) -> Diagnostic:
    return Diagnostic("SEG407", f"the regular expression is not one of RE2: {message}", span)


def bad_value(what: str, expected: str, found: str, span: Span, help: str | None = None) -> Diagnostic:
    return Diagnostic("SEG408", f"{what} has to be {expected}, found {found}", span, help)


def rule_never_reached(label: str, span: Span) -> Diagnostic:
    return Diagnostic("SEG409", f"`{label}` stands after `otherwise` and is never reached", span)


def given_twice(what: str, span: Span) -> Diagnostic:
    return Diagnostic("SEG410", f"{what} is given twice", span)


def bad_expectation(span: Span, help: str | None = None) -> Diagnostic:
    return Diagnostic(
        "SEG411",
        "expected an expectation",
        span,
        help
        or "`SEGMENT between 2% and 40%`, `SEGMENT between 100 and 5_000`, `SEGMENT inside SEGMENT`,\n"
        "`disjoint(SEGMENT, SEGMENT)` or `covers(SEGMENTATION)`",
    )


def bad_example(message: str, span: Span, help: str | None = None) -> Diagnostic:
    return Diagnostic("SEG412", message, span, help)


def no_such_moment(span: Span) -> Diagnostic:
    help = "events of all times need no window: `count(order)`"
    return _outside("this lies", "", span, help)


def outside_calendar(definitions: Sequence[str], as_of: dt.datetime | None) -> Diagnostic:
    who = f"`{definitions[0]}`" if definitions else "a rule"
    asks = f"and {len(definitions) - 1} more ask" if len(definitions) > 1 else "asks"
    when = "" if as_of is None else f" as of {as_of.date()}"
    return _outside(
        f"{who} {asks} for a moment", when, None, "ask for shorter lengths of time, or as of another moment"
    )


def _outside(what: str, when: str, span: Span | None, help: str) -> Diagnostic:
    return Diagnostic("SEG413", f"{what} outside the years 1 to 9999{when}", span, help)


def refers_too_deep(name: str, most: int, span: Span) -> Diagnostic:
    return Diagnostic(
        "SEG414",
        f"definitions lead more than {most} deep from here to `{name}`",
        span,
        "calls with arguments nest too deep, or the definitions run in a long circle",
    )
