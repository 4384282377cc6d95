"""SEG1xx: what cannot be read."""

from __future__ import annotations

from decimal import Decimal

from segdsl.diagnostics import Diagnostic, Fix, Label, Span
from segdsl.exact import EXACT


def unexpected(found: str, expected: str, span: Span, help: str | None = None) -> Diagnostic:
    return Diagnostic("SEG101", f"expected {expected}, found {found}", span, help)


def not_closed(bracket: str, closing: str, span: Span, end: Span) -> Diagnostic:
    return Diagnostic(
        "SEG102",
        f"`{bracket}` is never closed, expected `{closing}` before the end of the definition",
        span,
        labels=(Label(end, f"`{closing}` could stand here"),),
    )


def text_not_closed(quote: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "SEG103",
        f"text is not closed, expected {quote} before the end of the line",
        span,
        "a line break is written `\\n`",
    )


def reserved_word(word: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "SEG104",
        f"expected a name, found the reserved word `{word}`",
        span,
        f"choose another name, or write it in backticks: `` `{word}` ``",
        fix=Fix(span, f"`{word}`"),
    )


def unknown_unit(text: str, unit: str, span: Span, meant: str | None = None, is_money: bool = False) -> Diagnostic:
    number = text[: -len(unit)]
    if unit == "m":
        return Diagnostic("SEG105", f"`{text}` is ambiguous, expected `{number}min` or `{number}mo`", span)
    help = "durations end in s, min, h, d, w, mo, q or y; distances in km or mi; shares in %"
    if unit in ("k", "K"):
        help = f"write the number in full: `{int(EXACT.multiply(Decimal(number), 1000)):_}`"
    elif is_money:
        help = f"money is a plain number: `{number}`"
    elif meant is not None:
        help = f"write `{number}{meant}`"
    return Diagnostic("SEG105", f"unknown unit `{unit}` in `{text}`", span, help)


def bad_number(text: str, expected: str, span: Span) -> Diagnostic:
    return Diagnostic("SEG106", f"expected {expected}, found `{text}`", span)


def no_such_date(text: str, span: Span) -> Diagnostic:
    return Diagnostic("SEG107", f"`{text}` is not in the calendar", span)


def too_deep(limit: int, span: Span) -> Diagnostic:
    help = (
        "give parts of it names of their own, as traits or segments; in a chain of `+` or `*` each operator is a level"
    )
    return Diagnostic("SEG108", f"expression is nested more than {limit} deep", span, help)


# what has a backslash before it in patterns
_OF_PATTERNS = frozenset(".^$|?*+()[]{}-/dDwWsSbBAz")


def bad_escape(escape: str, span: Span) -> Diagnostic:
    help = "known are \\\" \\' \\\\ \\n \\t"
    if escape[-1] in _OF_PATTERNS:
        help += f"; a pattern's backslash is written twice: `\\{escape}`"
    return Diagnostic("SEG109", f"unknown escape `{escape}` in text", span, help)


def not_a_character(char: str, span: Span) -> Diagnostic:
    what = "half a character" if "\ud800" <= char <= "\udfff" else "the control character"
    help = "a line break is written `\\n`, a tab `\\t`" if char in "\n\r" else None
    return Diagnostic("SEG111", f"{what} U+{ord(char):04X} cannot stand in texts and names", span, help)


def merge_conflict(span: Span) -> Diagnostic:
    help = "keep one of the two versions, or what is right of both, and take the lines of `<`, `=` and `>` out"
    return Diagnostic("SEG112", "a merge has left two versions here, expected one", span, help)


def too_large(what: str, size: int, limit: int, span: Span | None) -> Diagnostic:
    return Diagnostic("SEG110", f"{what} holds {size:,}, at most {limit:,} are allowed", span)
