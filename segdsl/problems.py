"""Every sentence a user can be told: one constructor per code.

SEG1xx syntax · 2xx names · 3xx types · 4xx meaning · 5xx dialects · 6xx catalog, model · 7xx data, engines · 8xx lint.
A sentence is lower case, without a full stop, with names in backticks: what was found against what was expected.
What to do goes into `help`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from segdsl.diagnostics import Diagnostic, Fix, Label, Span

# ---------------------------------------------------------------- words shared by several sentences


def _near(name: str, known: Iterable[str], most: int = 3) -> list[str]:
    names = list(dict.fromkeys(known))
    folded = {candidate.casefold(): candidate for candidate in reversed(names)}
    if name.casefold() in folded:
        return [folded[name.casefold()]]
    return get_close_matches(name, names, n=most, cutoff=0.65)


def _or(names: Sequence[str], most: int = 8) -> str:
    shown = [f"`{name}`" for name in names[:most]]
    if len(names) > most:
        return ", ".join(shown) + " …"
    if len(shown) < 2:
        return "".join(shown)
    return f"{', '.join(shown[:-1])} or {shown[-1]}"


def _did_you_mean(name: str, known: Iterable[str], otherwise: str | None = None) -> str | None:
    near = _near(name, known)
    return f"did you mean {_or(near)}?" if near else otherwise


def _replace(name: str, known: Iterable[str], span: Span) -> Fix | None:
    near = _near(name, known)
    return Fix(span, near[0]) if near else None


# ---------------------------------------------------------------- SEG1xx syntax


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
        "SEG103", f"text is not closed, expected {quote} before the end of the line", span, "a line break is written `\\n`"
    )


def reserved_word(word: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "SEG104",
        f"expected a name, found the reserved word `{word}`",
        span,
        f"choose another name, or write it in backticks: `` `{word}` ``",
        fix=Fix(span, f"`{word}`"),
    )


def unknown_unit(text: str, unit: str, span: Span) -> Diagnostic:
    if unit == "m":
        number = text[: -len(unit)]
        return Diagnostic("SEG105", f"`{text}` is ambiguous, expected `{number}min` or `{number}mo`", span)
    return Diagnostic(
        "SEG105",
        f"unknown unit `{unit}` in `{text}`",
        span,
        "durations end in s, min, h, d, w, mo, q or y; distances in km or mi; shares in %",
    )


def bad_number(text: str, expected: str, span: Span) -> Diagnostic:
    return Diagnostic("SEG106", f"expected {expected}, found `{text}`", span)


def no_such_date(text: str, span: Span) -> Diagnostic:
    return Diagnostic("SEG107", f"`{text}` is not in the calendar", span)


def too_deep(limit: int, span: Span) -> Diagnostic:
    return Diagnostic(
        "SEG108", f"expression is nested more than {limit} deep", span, "give parts of it names of their own, as traits or segments"
    )


def bad_escape(escape: str, span: Span) -> Diagnostic:
    return Diagnostic("SEG109", f"unknown escape `{escape}` in text", span, "known are \\\" \\' \\\\ \\n \\t")


def too_large(what: str, size: int, limit: int, span: Span | None) -> Diagnostic:
    return Diagnostic("SEG110", f"{what} holds {size:,}, at most {limit:,} are allowed", span)
