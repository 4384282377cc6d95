"""SEG8xx: what means what it says, but is rarely what was meant. Warnings, all of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from segdsl.diagnostics import Diagnostic, Fix, Label, Span
from segdsl.exact import EXACT
from segdsl.problems.words import either, nearest


def _warning(
    code: str,
    message: str,
    span: Span | None,
    help: str | None = None,
    labels: tuple[Label, ...] = (),
    fix: Fix | None = None,
) -> Diagnostic:
    return Diagnostic(code, message, span, help, "warning", labels, fix)


def never_true(span: Span, range: str | None = None) -> Diagnostic:
    """`range`: what the value can be that is compared."""
    help = "no customer can fulfil it; one of the limits in it is likely another than was meant"
    return _warning("SEG801", "this condition is never true", span, range or help)


def empty_window(span: Span, help: str) -> Diagnostic:
    return _warning("SEG801", "no time lies in this window", span, help)


def always_true(span: Span, range: str | None = None) -> Diagnostic:
    help = "it leaves nobody out; without it the rule is the same"
    return _warning("SEG802", "this condition is always true", span, range or help)


def true_where_known(operand: str, range: str, span: Span) -> Diagnostic:
    return _warning("SEG802", f"this holds wherever `{operand}` is known", span, range)


def repeats(word: str, span: Span, other: Span) -> Diagnostic:
    help = "one of the two is enough, or another limit was meant"
    if word == "and":
        label = Label(other, "whoever fulfils this fulfils it")
        return _warning("SEG803", "this part adds nothing: another one asks for more", span, help, (label,))
    label = Label(other, "whoever fulfils it fulfils this")
    return _warning("SEG803", "this part adds nothing: another one lets in more", span, help, (label,))


def label_never_reached(label: str, span: Span) -> Diagnostic:
    help = "whoever fulfils its rule has been given a label by a rule before it: the first that holds wins"
    return _warning("SEG804", f"no customer gets the label `{label}`", span, help)


def includes_unknown(operands: Sequence[str], span: Span, leave_out: str, take_in: str) -> Diagnostic:
    help = f"to leave them out write `{leave_out}`; if they are meant, say so: `{take_in}`"
    return _warning("SEG805", f"this holds for those whose {either(operands)} is unknown too", span, help)


def future_too(operand: str, count: int, is_band: bool, span: Span) -> Diagnostic:
    """`is_band`: its age is sorted into bands, and compared with nothing."""
    rows = f"{count:,} row{'s' * (count != 1)}"
    what = "they get the highest band" if is_band else "this holds for them too"
    help = (
        "an age in the future is less than any length of time\n"
        f"`{operand} within …` holds for what lies behind, `{operand} within next …` for what lies ahead"
    )
    return _warning("SEG806", f"`{operand}` lies in the future in {rows}, and {what}", span, help)


def anniversary_ahead(operand: str, span: Span) -> Diagnostic:
    help = f"the next one is today or ahead, and its age less than any length of time: `{operand} within next …`"
    return _warning("SEG806", f"`{operand}` never lies in the past: this holds wherever it is known", span, help)


def anniversary_left(operand: str, length: str, of: str | None, span: Span) -> Diagnostic:
    """`length`: how far it was looked; `of`: whose anniversary it is, as it is written, if a month may be meant."""
    help = f"the next ones are `{operand} within next {length}`"
    if of is not None:
        help += f"; all of this month's, those that are over too: `month({of}) = month(0d ago)`"
    return _warning("SEG806", f"`{operand}` never lies in the past: only from today on is left of this", span, help)


def value_not_seen(value: str, what: str, values: Sequence[str], span: Span) -> Diagnostic:
    """`value` and `values` are as they are written in the language, in quotes."""
    near = nearest(value, values, 1)
    help = f"did you mean {either(near)}?" if near else f"its values are {either(values, 6).replace(' or ', ' and ')}"
    return _warning("SEG807", f"no row of {what} has {value}", span, help, fix=Fix(span, near[0]) if near else None)


def unused_param(what: str, name: str, span: Span) -> Diagnostic:
    return _warning("SEG808", f"the {what} `{name}` is not used", span, "take it out, or use it")


def unused_trait(name: str, span: Span) -> Diagnostic:
    return _warning(
        "SEG809", f"no definition uses the trait `{name}`", span, "take it out, or leave it for those who ask for it"
    )


def deprecated(name: str, note: str, span: Span, place: Span, fix: Fix | None = None) -> Diagnostic:
    label = Label(place, "it says so here")
    return _warning("SEG810", f"`{name}` is deprecated", span, note or "use something else in its place", (label,), fix)


def same_meaning(name: str, other: str, span: Span, place: Span) -> Diagnostic:
    label = Label(place, f"`{other}`")
    return _warning("SEG811", f"`{name}` means exactly what `{other}` means", span, "keep one of the two", (label,))


def no_description(name: str, span: Span) -> Diagnostic:
    return _warning("SEG812", f"`{name}` has no description", span, "lines of `##` above it say what it is for")


def no_owner(name: str, span: Span) -> Diagnostic:
    return _warning("SEG813", f"`{name}` has no owner", span, '`@owner("crm")` above it says whom to ask')


def opposite_of_age(written: str, better: str, span: Span, other: Span, fix: Fix | None) -> Diagnostic:
    label = Label(other, "an age: how long ago")
    help = f"`{better}` says the same, and cannot be taken for an age"
    return _warning("SEG814", f"`{written}` compares a time with a time, not an age", span, help, (label,), fix)


def age_and_moment(age: str, moment: str, operand: str, lengths: tuple[str, str] | None, span: Span) -> Diagnostic:
    """`lengths`: the ages of both ends, the nearer one first."""
    help = (
        "an age grows as the time lies further back: both ends limit it on the same side; write two ages or two moments"
    )
    if lengths is not None:
        near, far = lengths
        help = (
            f"both limit it on the same side; by age it is `{operand} between {near} and {far}`,\n"
            f"by moments `{operand} from {far} to {near} ago`"
        )
    return _warning("SEG814", f"`{age}` is an age and `{moment}` a moment", span, help)


def as_of_changes_nothing(span: Span, fix: Fix | None, brackets: str | None = None) -> Diagnostic:
    """Without a `fix` it is a constant that is looked at; `brackets`: the same with brackets around all before it."""
    help = (
        "attributes are as they are now, at whatever moment; only what comes from events can be looked at in the past"
    )
    if fix is None:
        help = "it belongs to the value before it alone, which is the same at whatever moment"
    if brackets is not None:
        help += f"; what it was then stands in brackets: `{brackets}`"
    return _warning("SEG815", "`as of` changes nothing here", span, help, fix=fix)


def unused_allow(code: str, span: Span, fix: Fix | None) -> Diagnostic:
    return _warning("SEG816", f"nothing here is told as {code}", span, "take the comment out", fix=fix)


def wrong_allow(found: str, span: Span) -> Diagnostic:
    help = "`# segdsl: allow(SEG801)` above a definition or behind a line; only codes from SEG801 on can be allowed"
    return _warning("SEG817", f"`{found}` is no code that can be allowed", span, help)


def unread_annotation(name: str, known: Sequence[str], span: Span) -> Diagnostic:
    if name in ("description", "desc", "doc", "comment", "note"):
        help = "a description is written in lines of `##` above the definition"
    else:
        near = nearest(name, known)
        advice = "what is for others to read goes into `@meta(key: value)`"
        help = f"did you mean `@{near[0]}`? {advice}" if near else advice
    return _warning("SEG840", f"nobody reads an annotation `@{name}`", span, help)


def no_labels(name: str, span: Span) -> Diagnostic:
    help = "a rule is written `gold when orders > 3`, the last one `silver otherwise`"
    return _warning("SEG841", f"`{name}` has no label that anybody could get", span, help)


def score_of_constant(call: str, span: Span) -> Diagnostic:
    help = (
        f"`{call}` scores what differs between customers; a share is compared with it: `percentile(total_spend) >= 90%`"
    )
    return _warning("SEG842", f"this `{call}` is the same for everybody: what it scores is a constant", span, help)


def thousands(written: str, value: Decimal, span: Span) -> Diagnostic:
    meant = written.replace(".", "")
    help = f"the point begins the decimals; a thousand is written `{meant}` or `{meant[:-3]}_{meant[-3:]}`"
    return _warning(
        "SEG843", f"`{written}` is {EXACT.normalize(value):f}, and is compared with whole numbers", span, help
    )


def a_day_more(day: date, before: date, span: Span) -> Diagnostic:
    help = f"both ends belong to it; what ends with the month before is written `{before}`"
    return _warning("SEG844", f"this takes in all of {day}, a day more than whole months", span, help)


def sum_of_keys(call: str, field: str, lookup: str, span: Span) -> Diagnostic:
    help = f"how many different ones there are is `distinct({field})`; what is to be added up is a field of its own"
    return _warning("SEG845", f"`{field}` is the key of a {lookup}: its {call} says nothing", span, help)
