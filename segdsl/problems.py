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


# ---------------------------------------------------------------- SEG6xx files of a catalog


def not_utf8(path: str, offset: int) -> Diagnostic:
    return Diagnostic("SEG690", f"`{path}` is not UTF-8 text (byte {offset})", None, "save the file as UTF-8")


def cannot_read(path: str, reason: str) -> Diagnostic:
    return Diagnostic("SEG691", f"cannot read `{path}`: {reason}", None)


def no_catalog(folder: str) -> Diagnostic:
    return Diagnostic(
        "SEG692", f"no `segdsl.yaml` in `{folder}` or above it", None, "name the catalog's folder with `-C DIR`"
    )


# ---------------------------------------------------------------- SEG6xx catalog, model

_TYPE_WORDS = {
    "text": ("string", "str", "varchar", "char", "uuid", "enum"),
    "int": ("integer", "bigint", "smallint", "long", "int64", "hugeint"),
    "decimal": ("float", "double", "number", "numeric", "money", "real", "float64"),
    "bool": ("boolean", "flag", "bit"),
    "timestamp": ("datetime", "time", "timestamptz", "moment"),
    "list(text)": ("list", "array", "text[]", "varchar[]", "list(string)", "list(varchar)"),
}


def not_yaml(reason: str, span: Span) -> Diagnostic:
    return Diagnostic("SEG601", f"the model is not readable as YAML: {reason}", span)


def duplicate_key(name: str, span: Span, first: Span) -> Diagnostic:
    return Diagnostic("SEG602", f"`{name}` stands here a second time", span, labels=(Label(first, "the first one"),))


def wrong_shape(what: str, expected: str, found: str, span: Span) -> Diagnostic:
    return Diagnostic("SEG603", f"expected {expected} for {what}, found {found}", span)


def unknown_key(name: str, what: str, known: Iterable[str], span: Span) -> Diagnostic:
    keys = list(known)
    help = _did_you_mean(name, keys, f"known are {', '.join(f'`{key}`' for key in keys)}")
    return Diagnostic("SEG604", f"unknown key `{name}` in {what}", span, help, fix=_replace(name, keys, span))


def missing_key(name: str, what: str, span: Span) -> Diagnostic:
    shown = name if " " in name else f"`{name}`"
    return Diagnostic("SEG605", f"{shown} is missing in {what}", span)


def unknown_type(word: str, known: Iterable[str], span: Span) -> Diagnostic:
    names = list(known)
    meant = next((name for name, words in _TYPE_WORDS.items() if word.casefold().split("(")[0] in words), None)
    meant = next((name for name, words in _TYPE_WORDS.items() if word.casefold() in words), meant)
    help = f"did you mean `{meant}`?" if meant else _did_you_mean(word, names, f"known are {_or(names)}")
    fix = Fix(span, meant) if meant else _replace(word, names, span)
    return Diagnostic("SEG606", f"unknown type `{word}`", span, help, fix=fix)


def unknown_part(word: str, name: str, what: str, known: Iterable[str], span: Span) -> Diagnostic:
    names = list(known)
    known_are = f"the model has {_or(names)}" if names else f"the model has no {word}"
    help = _did_you_mean(name, names, known_are)
    fix = _replace(name, names, span)
    return Diagnostic("SEG607", f"{what} names the unknown {word} `{name}`", span, help, fix=fix)


def no_rows(what: str, span: Span, because: str | None = None) -> Diagnostic:
    message = f"{what} has neither `table` nor `sql`"
    return Diagnostic("SEG608", message if because is None else f"{message}, and {because}", span)


def table_and_sql(what: str, span: Span, first: Span) -> Diagnostic:
    other = Label(first, "the other")
    return Diagnostic("SEG608", f"{what} has both `table` and `sql`, expected one", span, labels=(other,))


def table_beside_events(what: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "SEG608", f"{what} has rows of its own, expected no `from_events`", span, "leave out `from_events`, or the rows"
    )


def unknown_time_zone(name: str, known: Iterable[str], span: Span) -> Diagnostic:
    names = sorted(known)
    by_city = [zone for zone in names if zone.rpartition("/")[2].casefold() == name.casefold().replace(" ", "_")]
    near = by_city or _near(name, names)
    help = f"did you mean {_or(near)}?" if near else "a name such as `Europe/Berlin` or `UTC`"
    fix = Fix(span, near[0]) if len(near) == 1 else None
    return Diagnostic("SEG609", f"unknown time zone `{name}`", span, help, fix=fix)


def bad_as_of(text: str, span: Span) -> Diagnostic:
    expected = "a date or a time such as `2026-03-31T18:00`"
    return Diagnostic("SEG610", f"expected {expected} for `as_of`, found `{text}`", span)


def invalid_name(name: str, word: str, span: Span) -> Diagnostic:
    help = "names hold no dots, backticks or line breaks, and no spaces at their ends"
    if word in ("field", "attribute"):
        help += "; where the column is called so, choose a name and write `column:`"
    article = "an" if word[0] in "aeiou" else "a"
    return Diagnostic("SEG611", f"`{name}` cannot be the name of {article} {word}", span, help)


def named_twice(name: str, second: str, first: str, span: Span, first_span: Span) -> Diagnostic:
    return Diagnostic(
        "SEG612", f"`{name}` is {second} and {first}", span, labels=(Label(first_span, f"{first} of that name"),)
    )


def name_hides(what: str, other: str, span: Span) -> Diagnostic:
    help = "choose another name, and say the column: `column: …`"
    return Diagnostic("SEG612", f"{what} has the name of {other}", span, help)


def field_named_at(what: str, span: Span) -> Diagnostic:
    help = "choose another name, with `column: at`"
    return Diagnostic("SEG613", f"{what} has a field `at`, which is always its time", span, help)


def not_one_select(what: str, reason: str, advice: str | None, span: Span) -> Diagnostic:
    return Diagnostic("SEG614", f"`sql` of {what}: {reason}", span, advice)


def key_types_differ(what: str, found: str, entity: str, expected: str, *, span: Span, first: Span) -> Diagnostic:
    label = Label(first, f"`{expected}` here")
    message = f"{what} is stated as `{found}`, that of entity `{entity}` as `{expected}`"
    return Diagnostic("SEG615", message, span, "state the type at the entity alone", labels=(label,))


def not_a_key(type_: str, span: Span) -> Diagnostic:
    return Diagnostic("SEG615", f"a key cannot be of type `{type_}`", span)


def parent_cycle(names: Sequence[str], span: Span) -> Diagnostic:
    return Diagnostic("SEG616", f"an entity is its own parent: {' → '.join(f'`{name}`' for name in names)}", span)


def values_not_text(what: str, type_: str, span: Span) -> Diagnostic:
    return Diagnostic("SEG617", f"{what} has `values`, expected the type `text`, found `{type_}`", span)
