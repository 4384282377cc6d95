"""Every sentence a user can be told: one constructor per code.

SEG1xx syntax · 2xx names · 3xx types · 4xx meaning · 5xx dialects · 6xx catalog, model · 7xx data, engines · 8xx lint.
A sentence is lower case, without a full stop, with names in backticks: what was found against what was expected.
What to do goes into `help`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from difflib import SequenceMatcher, get_close_matches

from segdsl.diagnostics import Diagnostic, Fix, Label, Span

Labels = tuple[Label, ...]

# ---------------------------------------------------------------- words shared by several sentences


def _near(name: str, known: Iterable[str], most: int = 3, fitting: Iterable[str] = ()) -> list[str]:
    """The known names nearest to one that is not; of equally near ones those that fit the place come first."""
    names = list(dict.fromkeys(known))
    folded = {candidate.casefold(): candidate for candidate in reversed(names)}
    if name.casefold() in folded:
        return [folded[name.casefold()]]
    fits = frozenset(fitting)
    scores = {
        candidate: SequenceMatcher(None, candidate, name).ratio() + (0.1 if candidate in fits else 0)
        for candidate in get_close_matches(name, names, n=10, cutoff=0.65)
    }
    best = sorted(scores, key=lambda candidate: -scores[candidate])[:most]
    return [candidate for candidate in best if scores[candidate] > scores[best[0]] - 0.15]


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


def unknown_unit(text: str, unit: str, span: Span, meant: str | None = None) -> Diagnostic:
    number = text[: -len(unit)]
    if unit == "m":
        return Diagnostic("SEG105", f"`{text}` is ambiguous, expected `{number}min` or `{number}mo`", span)
    help = "durations end in s, min, h, d, w, mo, q or y; distances in km or mi; shares in %"
    if unit in ("k", "K"):
        help = f"write the number in full: `{int(Decimal(number) * 1000):_}`"
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


def bad_escape(escape: str, span: Span) -> Diagnostic:
    return Diagnostic("SEG109", f"unknown escape `{escape}` in text", span, "known are \\\" \\' \\\\ \\n \\t")


def not_a_character(char: str, span: Span) -> Diagnostic:
    what = "half a character" if "\ud800" <= char <= "\udfff" else "the control character"
    help = "a line break is written `\\n`, a tab `\\t`" if char in "\n\r" else None
    return Diagnostic("SEG111", f"{what} U+{ord(char):04X} cannot stand in texts and names", span, help)


def too_large(what: str, size: int, limit: int, span: Span | None) -> Diagnostic:
    return Diagnostic("SEG110", f"{what} holds {size:,}, at most {limit:,} are allowed", span)


# ---------------------------------------------------------------- SEG2xx names


def unknown_name(
    name: str, known: Iterable[str], span: Span, help: str | None = None, fitting: Sequence[str] = ()
) -> Diagnostic:
    near = _near(name, known, fitting=fitting)
    seen = f", perhaps {_or(near)}" if near else ""
    if not near and help is None and 0 < len(fitting) <= 8:
        help = f"what fits here is {_or(fitting)}"
    fix = Fix(span, near[0]) if near else None
    return Diagnostic("SEG201", f"unknown name `{name}`{seen}", span, help, fix=fix)


def text_without_quotes(name: str, known: Iterable[str], span: Span) -> Diagnostic:
    found = unknown_name(name, known, span)
    return replace(found, help=f'a text stands in quotes: `"{name}"`', fix=found.fix or Fix(span, f'"{name}"'))


def defined_twice(name: str, first: Span, span: Span) -> Diagnostic:
    return Diagnostic(
        "SEG202",
        f"`{name}` is defined twice, first at {first.place}",
        span,
        "a name is defined once in a catalog",
        labels=(Label(first, "first defined here"),),
    )


def unknown_event(name: str, known: Iterable[str], span: Span, help: str | None = None) -> Diagnostic:
    names = list(known)
    near = _near(name, names) or names
    return Diagnostic("SEG203", f"unknown event `{name}`, expected {_or(near) or 'an event of the model'}", span, help)


def unknown_field(
    event: str,
    name: str,
    known: Iterable[str],
    span: Span,
    help: str | None = None,
    fitting: Sequence[str] = (),
) -> Diagnostic:
    names = list(known)
    near = _near(name, names, fitting=fitting)
    fix = Fix(span, near[0]) if near else None
    expected = _or(near or fitting or names)
    return Diagnostic(
        "SEG204", f"`{event}` has no field `{name}`{f', expected {expected}' if expected else ''}", span, help, fix=fix
    )


def outer_name(name: str, entity: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "SEG205",
        f"bare names in `where` are fields of the event, `{name}` is written `{entity}.{name}` there",
        span,
        fix=Fix(span, f"{entity}.{name}"),
    )


def unknown_function(name: str, known: Iterable[str], span: Span, help: str | None = None) -> Diagnostic:
    near = _near(name, known) if help is None else []
    seen = f", perhaps {_or(near)}" if near else ""
    return Diagnostic("SEG206", f"unknown function `{name}`{seen}", span, help)


def attribute_name(name: str, entity: str, span: Span) -> Diagnostic:
    return Diagnostic("SEG207", f"`{name}` is already an attribute of `{entity}`", span, "choose another name")


def unknown_label(name: str, segmentation: str, labels: Iterable[str], span: Span) -> Diagnostic:
    names = list(labels)
    near = _near(name, names) or names
    return Diagnostic(
        "SEG208", f"`{segmentation}` has no label `{name}`, expected {_or(near)}", span, fix=_replace(name, names, span)
    )


def unknown_entity(name: str, known: Iterable[str], span: Span) -> Diagnostic:
    names = list(known)
    return Diagnostic("SEG209", f"unknown entity `{name}`, expected {_or(_near(name, names) or names)}", span)


def unknown_argument(name: str, target: str, known: Sequence[str], span: Span) -> Diagnostic:
    expected = f"expected {_or(_near(name, known) or list(known))}" if known else "it has none"
    return Diagnostic("SEG210", f"`{target}` has no parameter `{name}`, {expected}", span)


def unknown_library(name: str, known: Sequence[str], span: Span | None) -> Diagnostic:
    expected = f", expected {_or(_near(name, known) or list(known))}" if known else ""
    return Diagnostic("SEG211", f"unknown library `{name}`{expected}", span, "`segdsl library` lists them")


def library_needs(library: str, missing: str, span: Span, name: str | None = None) -> Diagnostic:
    what = f"`{name}` of the library `{library}`" if name else f"the library `{library}`"
    return Diagnostic("SEG212", f"{what} reads {missing}, which the model does not have", span)


def other_entity(name: str, owner: str, entity: str, span: Span, help: str) -> Diagnostic:
    return Diagnostic("SEG213", f"`{name}` belongs to `{owner}`, here values of `{entity}` are expected", span, help)


def unknown_param(name: str, known: Sequence[str], span: Span | None) -> Diagnostic:
    near = _near(name, known) or list(known)
    expected = f", expected {_or(near)}" if near else ", the catalog has none"
    return Diagnostic("SEG214", f"unknown param `{name}`{expected}", span)


def built_in_call(name: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "SEG216",
        f"calls of `{name}` are built in, a definition with parameters cannot have this name",
        span,
        "choose another name, or leave the parameters out",
    )


def unknown_definition(name: str, known: Iterable[str]) -> Diagnostic:
    return Diagnostic("SEG215", f"the catalog defines no `{name}`", None, _did_you_mean(name, known))


# ---------------------------------------------------------------- SEG3xx types; labels say where the types come from


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


def branches_differ(left: str, right: str, span: Span, labels: Labels = ()) -> Diagnostic:
    return Diagnostic("SEG306", f"expected one type in all places, found {left} and {right}", span, labels=labels)


def value_not_in_set(value: str, values: Sequence[str], owner: str, span: Span, labels: Labels = ()) -> Diagnostic:
    near = _near(value, values) or list(values)
    return Diagnostic("SEG307", f"`{value}` is not a value of {owner}, expected {_or(near)}", span, labels=labels)


def time_expected(found: str, span: Span, help: str | None = None, labels: Labels = ()) -> Diagnostic:
    return Diagnostic("SEG308", f"a window needs a time or a date, found {found}", span, help, labels=labels)


def constant_expected(what: str, span: Span) -> Diagnostic:
    return Diagnostic("SEG309", f"{what} has to be constant", span, "literals, params and what is computed of them")


def type_not_possible(
    what: str, found: str, expected: str, span: Span, help: str | None = None, labels: Labels = ()
) -> Diagnostic:
    return Diagnostic("SEG310", f"{what} expects {expected}, found {found}", span, help, labels=labels)


# ---------------------------------------------------------------- SEG4xx meaning


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


def bad_value(what: str, expected: str, found: str, span: Span) -> Diagnostic:
    return Diagnostic("SEG408", f"{what} has to be {expected}, found {found}", span)


def rule_never_reached(label: str, span: Span) -> Diagnostic:
    return Diagnostic("SEG409", f"`{label}` stands after `otherwise` and is never reached", span)


def given_twice(what: str, span: Span) -> Diagnostic:
    return Diagnostic("SEG410", f"{what} is given twice", span)


def bad_expectation(span: Span) -> Diagnostic:
    return Diagnostic(
        "SEG411",
        "expected an expectation",
        span,
        "`SEGMENT between 2% and 40%`, `SEGMENT between 100 and 5_000`, `SEGMENT inside SEGMENT`,\n"
        "`disjoint(SEGMENT, SEGMENT)` or `covers(SEGMENTATION)`",
    )


def bad_example(message: str, span: Span, help: str | None = None) -> Diagnostic:
    return Diagnostic("SEG412", message, span, help)


def no_such_moment(span: Span) -> Diagnostic:
    return Diagnostic("SEG413", "this lies outside the years 1 to 9999", span)


def refers_too_deep(name: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "SEG414",
        f"definitions lead more than 64 deep from here to `{name}`",
        span,
        "calls with arguments nest too deep, or the definitions run in a long circle",
    )


# ---------------------------------------------------------------- SEG6xx files of a catalog


def not_utf8(path: str, offset: int) -> Diagnostic:
    return Diagnostic("SEG690", f"`{path}` is not UTF-8 text (byte {offset})", None, "save the file as UTF-8")


def cannot_read(path: str, reason: str) -> Diagnostic:
    return Diagnostic("SEG691", f"cannot read `{path}`: {reason}", None)


def no_catalog(folder: str) -> Diagnostic:
    return Diagnostic(
        "SEG692",
        f"no `segdsl.yaml` in `{folder}` or above it",
        None,
        "`-C DIR` names a catalog's folder, `segdsl init DIR` makes one, `segdsl demo` shows one",
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


# ---------------------------------------------------------------- SEG7xx data, engines


def no_such_file(
    text: str, what: str, span: Span | None, *, folder: str, missing: str, there: Sequence[str]
) -> Diagnostic:
    near = _near(missing, there)
    seen = f"there is {_or(there)}" if there else "it holds no file that can be read"
    help = f"in `{folder}`, did you mean {_or(near)}?" if near else f"looked in `{folder}`; {seen}"
    return Diagnostic("SEG701", f"no file `{text}` for {what}", span, help)


def unknown_table(name: str, what: str, known: Iterable[str], span: Span | None) -> Diagnostic:
    names = list(known)
    advice = "name a file, or say in `tables` or `database` where it is"
    otherwise = f"there is {_or(names)}" if names else advice
    return Diagnostic("SEG702", f"no table `{name}` for {what}", span, _did_you_mean(name, names, otherwise))


def unset_variable(name: str, known: Iterable[str], span: Span | None) -> Diagnostic:
    return Diagnostic("SEG703", f"the environment has no variable `{name}`", span, _did_you_mean(name, known))


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
    help = _did_you_mean(column, names, f"there is {_or(names, 20)}")
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


# ---------------------------------------------------------------- SEG7xx runs


def duplicate_keys(what: str, column: str, example: str, count: int, span: Span | None) -> Diagnostic:
    return Diagnostic(
        "SEG711",
        f"{count:,} key{'s' * (count != 1)} of {what} stand in several rows, as `{example}` in `{column}`",
        span,
        "each key stands once in such a table; make it so in `sql:`, for example with GROUP BY",
    )


def not_a_segment(name: str, kind: str) -> Diagnostic:
    return Diagnostic(
        "SEG712", f"`{name}` is a {kind}, expected a segment or a segmentation", None, "`--layout wide` has traits too"
    )


def several_entities(names: Sequence[str]) -> Diagnostic:
    return Diagnostic(
        "SEG713",
        f"the wide layout holds one entity, the definitions are of {_or(names).replace(' or ', ' and ')}",
        None,
        "name definitions of one entity",
    )


def bad_moment(text: str) -> Diagnostic:
    return Diagnostic(
        "SEG714", f"expected a date or a time, found `{text}`", None, "as in `2026-03-31` or `2026-03-31T18:30`"
    )


def unknown_ending(path: str) -> Diagnostic:
    return Diagnostic("SEG715", f"cannot tell the format of `{path}`, expected .csv, .parquet or .duckdb", None)


def cannot_write(path: str, reason: str) -> Diagnostic:
    return Diagnostic("SEG716", f"cannot write `{path}`: {reason}", None)


def output_unusable(path: str, reason: str, help: str | None) -> Diagnostic:
    return Diagnostic("SEG716", f"cannot write `{path}`: {reason}", None, help)


def output_holds_tables(path: str, names: Sequence[str]) -> Diagnostic:
    message = f"cannot write `{path}`: it is a database that holds {_or(names).replace(' or ', ' and ')} as well"
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


def _percent(share: Decimal) -> str:
    return f"{(share * 100).normalize():f}%"


def nobody_expected(kind: str, count: int, span: Span) -> Diagnostic:
    found = {
        "inside": f"expected all of the first to be in the second, found {count:,} who are not",
        "disjoint": f"expected nobody to be in more than one, found {count:,}",
        "covers": f"expected a label for everybody in its population, found {count:,} without",
    }
    return Diagnostic("SEG720", found[kind], span, "`segdsl run --no-expect` leaves expectations aside")


def unknown_key_value(entity: str, key: str) -> Diagnostic:
    return Diagnostic("SEG721", f"no `{entity}` has the key `{key}`", None, "keys are compared as text, in exact case")


# ---------------------------------------------------------------- SEG73x own data: `init` and `model check`


def files_in_the_way(folder: str, names: Sequence[str]) -> Diagnostic:
    shown = _or(names).replace(" or ", " and ")
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
    shown = _or(found, 5).replace(" or ", " and ")
    rows = f"{count:,} row{'s' * (count != 1)}"
    help = "rules can only name the `values` that the model states: add these, or mend the data in `sql:`"
    return Diagnostic("SEG736", f"{what} holds {shown} in {rows}, not among its `values`", span, help, "warning")


def inexact_money(what: str, columns: Sequence[str], native: str, span: Span | None) -> Diagnostic:
    shown = _or(columns, 20).replace(" or ", " and ")
    first = columns[0]
    return Diagnostic(
        "SEG737",
        f"{what} reads money that is {native}: {shown}",
        span,
        "sums of it in `sql:` depend on the order of rows, and what was off in it stays so; make it exact first:\n"
        f"`CAST({first} AS DECIMAL(18, 2)) AS {first}`",
        "warning",
    )


def not_of_its_type(what: str, type_: str, count: int, example: str, span: Span | None) -> Diagnostic:
    rows = f"{count:,} row{'s' * (count != 1)}"
    return Diagnostic(
        "SEG738",
        f"{what} is stated as `{type_}`, but {rows} hold something else, such as `{example}`",
        span,
        "a run that reads it fails; state another type, or convert it in `sql:` with TRY_CAST",
    )


def nothing_known(what: str, span: Span | None) -> Diagnostic:
    return Diagnostic("SEG739", f"{what}: not one value is known", span, None, "warning")


def no_rows_found(what: str, span: Span | None) -> Diagnostic:
    return Diagnostic("SEG730", f"{what} has no rows", span, None, "warning")


# ---------------------------------------------------------------- SEG74x data that is handed over


def unknown_data(name: str, known: Iterable[str]) -> Diagnostic:
    names = list(known)
    message = f"the model reads no table `{name}`, so data of that name would go unread"
    return Diagnostic("SEG740", message, None, _did_you_mean(name, names, f"it reads {_or(names)}"))


def not_a_frame(name: str, found: str) -> Diagnostic:
    return Diagnostic(
        "SEG741",
        f"the data for `{name}` cannot be read as a table, found `{found}`",
        None,
        "a data frame of pandas, Polars or DuckDB, an Arrow table, or anything else that has `__arrow_c_stream__`",
    )


def no_value_of_its_own(name: str, parameters: Sequence[str]) -> Diagnostic:
    if not parameters:
        message = f"`{name}` is a param, expected a trait, a segment or a segmentation"
        return Diagnostic("SEG742", message, None, f"`segdsl show {name}` tells what it is and where it is used")
    message = f"`{name}` has no value of its own, it needs {_or(parameters).replace(' or ', ' and ')}"
    return Diagnostic("SEG742", message, None, f"call it in an expression: `-e '{name}(…)'`")
