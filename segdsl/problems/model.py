"""SEG6xx: the model, and the files of a catalog."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from segdsl.diagnostics import Diagnostic, Fix, Label, Span
from segdsl.problems.words import did_you_mean, either, nearest, replacement

_TYPE_WORDS = {
    "text": ("string", "str", "varchar", "char", "uuid", "enum"),
    "int": ("integer", "bigint", "smallint", "long", "int64", "hugeint"),
    "decimal": ("float", "double", "number", "numeric", "money", "real", "float64"),
    "bool": ("boolean", "flag", "bit"),
    "timestamp": ("datetime", "time", "timestamptz", "moment"),
    "list(text)": ("list", "array", "text[]", "varchar[]", "list(string)", "list(varchar)"),
}

# `+2`, `UTC+02:00`, `GMT-0500`; within `Etc/GMT` the sign is the other one
_OFFSET = re.compile(r"(?:(?:Etc/)?UTC|GMT)? ?([+-])(?:(\d{1,2})(?::(\d\d))?|(\d\d)(\d\d))", re.IGNORECASE)


def not_utf8(path: str, offset: int) -> Diagnostic:
    return Diagnostic("SEG690", f"`{path}` is not UTF-8 text (byte {offset})", None, "save the file as UTF-8")


def cannot_read(path: str, reason: str) -> Diagnostic:
    return Diagnostic("SEG691", f"cannot read `{path}`: {reason}", None)


def passed_over(path: str) -> Diagnostic:
    message = f"`{path}` is passed over, files of definitions end in `.seg`"
    return Diagnostic("SEG693", message, None, "rename it; upper and lower case count", "warning")


def no_catalog(folder: str, near: str | None = None) -> Diagnostic:
    """`near` is a file that stands there by nearly that name."""
    help = "`-C DIR` names a catalog's folder, `segdsl init DIR` makes one, `segdsl demo` shows one"
    if near is not None:
        help = f"there is `{near}`: rename it to `segdsl.yaml`"
    return Diagnostic("SEG692", f"no `segdsl.yaml` in `{folder}` or above it", None, help)


def secret_in_catalog(lines: Sequence[int]) -> Diagnostic:
    places = f"line{'s' * (len(lines) > 1)} {', '.join(map(str, lines))}"
    help = (
        "a catalog goes into git: take it out, and change the password where it is in git already; credentials come\n"
        "from the environment, as `${PGPASSWORD}`, or from a profile that `--engine NAME` names"
    )
    return Diagnostic("SEG670", f"the model holds a URL with a password, in {places}", None, help)


def not_yaml(what: str, reason: str, span: Span, help: str | None = None) -> Diagnostic:
    return Diagnostic("SEG601", f"{what} is not readable as YAML: {reason}", span, help)


def tab_in_yaml(what: str, span: Span) -> Diagnostic:
    return not_yaml(
        what, "a tab stands where a line is moved to the right", span, "use spaces: YAML takes no tabs there"
    )


def quote_in_yaml(what: str, end: int | None, span: Span) -> Diagnostic:
    """`end` is the line in which a quote is closed, and more follows; None where it never is."""
    reason = "is never closed" if end is None else f"is closed in line {end}, and more follows there"
    help = "close it where the text ends; within such quotes, `''` or `\\\"` is a quote of the text"
    return not_yaml(what, f"the quote that begins here {reason}", span, help)


def bracket_in_yaml(what: str, reason: str, span: Span) -> Diagnostic:
    return not_yaml(what, f"what this bracket begins goes wrong: {reason}", span, "is it closed where it should be?")


def duplicate_key(name: str, span: Span, first: Span) -> Diagnostic:
    return Diagnostic("SEG602", f"`{name}` stands here a second time", span, labels=(Label(first, "the first one"),))


def wrong_shape(what: str, expected: str, found: str, span: Span) -> Diagnostic:
    return Diagnostic("SEG603", f"expected {expected} for {what}, found {found}", span)


def unknown_key(name: str, what: str, known: Iterable[str], span: Span) -> Diagnostic:
    keys = list(known)
    help = did_you_mean(name, keys, f"known are {', '.join(f'`{key}`' for key in keys)}")
    return Diagnostic("SEG604", f"unknown key `{name}` in {what}", span, help, fix=replacement(name, keys, span))


def missing_key(name: str, what: str, span: Span) -> Diagnostic:
    shown = name if " " in name else f"`{name}`"
    return Diagnostic("SEG605", f"{shown} is missing in {what}", span)


def unknown_type(word: str, known: Iterable[str], span: Span) -> Diagnostic:
    names = list(known)
    meant = next((name for name, words in _TYPE_WORDS.items() if word.casefold().split("(")[0] in words), None)
    meant = next((name for name, words in _TYPE_WORDS.items() if word.casefold() in words), meant)
    help = f"did you mean `{meant}`?" if meant else did_you_mean(word, names, f"known are {either(names)}")
    fix = Fix(span, meant) if meant else replacement(word, names, span)
    return Diagnostic("SEG606", f"unknown type `{word}`", span, help, fix=fix)


def unknown_part(word: str, name: str, what: str, known: Iterable[str], span: Span) -> Diagnostic:
    names = list(known)
    known_are = f"the model has {either(names)}" if names else f"the model has no {word}"
    help = did_you_mean(name, names, known_are)
    fix = replacement(name, names, span)
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
    # what looks alike in abbreviations and offsets is another time: `EST` for `PST`, `Etc/GMT+2` for `GMT+2`
    zones = sorted(known)
    places = [zone for zone in zones if "/" in zone and not zone.startswith("Etc/")]
    in_other_case = [zone for zone in zones if zone.casefold() == name.casefold()]
    by_city = [zone for zone in places if zone.rpartition("/")[2].casefold() == name.casefold().replace(" ", "_")]
    near = in_other_case or by_city or nearest(name, places)
    help = f"did you mean {either(near)}?" if near else _zone_of_offset(name, zones)
    fix = Fix(span, near[0]) if len(near) == 1 else None
    return Diagnostic("SEG609", f"unknown time zone `{name}`", span, help, fix=fix)


def _zone_of_offset(name: str, zones: Sequence[str]) -> str:
    place = "the name of a place, such as `Europe/Berlin`, brings its summer time; `UTC` is one too"
    offset = _OFFSET.fullmatch(name)
    if offset is None:
        return place
    sign, *numbers = offset.groups()
    hours, minutes = numbers[:2] if numbers[0] is not None else numbers[2:]
    turned = f"Etc/GMT{'-' if sign == '+' else '+'}{int(hours)}"
    if turned not in zones or int(minutes or 0):
        return place
    if not int(hours):
        return "did you mean `UTC`?"
    way = "ahead of" if sign == "+" else "behind"
    return f"`{turned}` is always {int(hours)} h {way} UTC, as its sign counts the other way round; {place}"


def bad_as_of(text: str, span: Span) -> Diagnostic:
    expected = "a date or a time such as `2026-03-31T18:00`"
    is_now = re.fullmatch(r"(now|today|current_date|current_timestamp)(\(\))?", text, re.IGNORECASE) is not None
    help = "leave it out: without it a run is as of now" if is_now else None
    return Diagnostic("SEG610", f"expected {expected} for `as_of`, found `{text}`", span, help)


def invalid_name(name: str, word: str, span: Span) -> Diagnostic:
    help = "names hold no dots, backticks or line breaks, and no spaces at their ends"
    if word in ("field", "attribute"):
        help += "; where the column is called so, choose a name and write `column:`"
    if word in ("param", "trait", "segment", "segmentation", "label"):
        help += "; behind a dot stands a label, as in `tier.gold`"
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


def not_one_select(what: str, reason: str, advice: str | None, span: Span | None) -> Diagnostic:
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
