"""SEG743 to 759: saved runs, and what is asked of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from segdsl.diagnostics import Diagnostic, Span
from segdsl.problems.words import did_you_mean, either

MOST_REPLAYED = 3_660  # days


def _moment(moment: dt.datetime) -> str:
    day, _, time = moment.isoformat(timespec="auto").partition("T")
    # the last moment of a day stands for the day
    return day if time in ("00:00:00", "23:59:59.999999") else f"{day}T{time}"


_EXPECTED = {
    "for": "a segment or a label",
    "ever": "a segment or a label",
    "was": "a segmentation",
}


def history_of_segments(form: str, found: str, span: Span, help: str | None = None) -> Diagnostic:
    expected = _EXPECTED.get(form, "a segment, a label or a segmentation")
    advice = "a history is kept of what has a name: give the condition one, `segment big = …`"
    return Diagnostic("SEG754", f"`{form}` needs the name of {expected}, found `{found}`", span, help or advice)


def no_history(
    by: str | None,
    name: str,
    moment: dt.datetime,
    begins: dt.datetime | None,
    ago: dt.timedelta,
    span: Span | None,
) -> Diagnostic:
    """`by` is the definition, if one, whose rule asks for the history of another as of a moment, so long `ago`."""
    rule = "a rule" if by is None else f"`{by}`"
    if begins is None:
        message = f"no run has saved `{name}` before {_moment(moment)}, and {rule} asks for its history"
    else:
        message = f"the history of `{name}` begins as of {_moment(begins)}, and {rule} asks for it as of "
        message += _moment(moment)
    days = -(-ago // dt.timedelta(days=1)) + 30
    help = "`segdsl run --save` keeps a history from now on"
    help += f"; `segdsl run --replay {days}d` evaluates the last {days} days instead" if days <= MOST_REPLAYED else ""
    return Diagnostic("SEG743", message, span, help)


def example_needs_history(name: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "SEG755",
        f"`{name}` asks for the history, and the customer of an example has none",
        span,
        "give examples for the segments that it asks about",
    )


def earlier_run(as_of: dt.datetime, last: dt.datetime, zone_twice: str | None) -> Diagnostic:
    """`zone_twice`: the time zone, where its clocks show the time twice and the last run may be of the first time."""
    message = f"the run is as of {_moment(as_of)}, the history has one as of {_moment(last)} already"
    if zone_twice is None:
        help = "runs are saved in their order; `--rewrite` drops the later ones and saves this one in their place"
    else:
        help = (
            f"the clocks of `{zone_twice}` go back there and show {_moment(as_of)} twice, one moment to a run: "
            "save the next one as of a time after that hour"
        )
    return Diagnostic("SEG744", message, None, help)


def store_busy(path: str, reason: str) -> Diagnostic:
    return Diagnostic("SEG745", f"the history `{path}` is in use: {reason}", None, "try again when that has ended")


def store_unusable(path: str, reason: str, help: str) -> Diagnostic:
    return Diagnostic("SEG746", f"cannot use the history `{path}`: {reason}", None, help)


def history_of_another_catalog(path: str, owner: str, catalog: str | None, renaming: str | None) -> Diagnostic:
    """`catalog`: the name of the one that is at hand, where it has one; `renaming` the SQL that makes it its own."""
    known = "this one has no `name`" if catalog is None else f"this one is `{catalog}`"
    message = f"the history `{path}` is that of the catalog `{owner}`, {known}"
    help = "name another `schema` in `history`"
    if renaming is None:
        return Diagnostic("SEG746", message, None, f"{help}, or give the model `name: {owner}` where it is the same")
    return Diagnostic("SEG746", message, None, f"{help}; where it is the same under a new name: `{renaming}`")


def history_without_name(path: str) -> Diagnostic:
    message = f"cannot begin the history `{path}`: the model has no `name`, by which it would be told from others there"
    return Diagnostic("SEG746", message, None, "give the model a `name`, as in `name: shop`")


def history_without_rights(path: str, role: str, owner: str | None) -> Diagnostic:
    """`owner`: the role whose tables they are; None where the one at hand may make none."""
    if owner is None:
        message = f"cannot write the history `{path}`: the role `{role}` may make no tables there"
        return Diagnostic("SEG746", message, None, "each run makes some: grant it `CREATE` on the schema")
    message = f"cannot write the history `{path}`: its tables are those of the role `{owner}`, which `{role}` is not in"
    help = f"each run drops and makes some: let `{owner}` run it, or grant `{owner}` to `{role}`"
    return Diagnostic("SEG746", message, None, help)


def store_of_another_zone(store: str, found: str, zone: str) -> Diagnostic:
    return Diagnostic(
        "SEG747",
        f"the runs of the history are in the time zone `{found}`, the model is in `{zone}`",
        None,
        f"their times cannot be compared; put the model back, or move `{store}` away and begin anew",
    )


def nothing_to_save() -> Diagnostic:
    return Diagnostic(
        "SEG748",
        "nothing that is evaluated has a history of its own, expected a segment or a segmentation",
        None,
        "give the expression a name in a .seg file, then save that",
    )


def no_runs(path: str) -> Diagnostic:
    return Diagnostic("SEG749", f"there is no history in `{path}`", None, "`segdsl run --save` begins one")


def no_run_before(since: dt.datetime, first: dt.datetime) -> Diagnostic:
    message = f"no run as of {_moment(since)} or before was saved, the first is as of {_moment(first)}"
    return Diagnostic("SEG752", message, None, "leave `--since` out to compare the last two runs")


def not_in_history(name: str, known: Iterable[str]) -> Diagnostic:
    names = list(known)
    help = did_you_mean(name, names, f"it knows {either(names)}" if names else None)
    return Diagnostic("SEG750", f"no saved run has evaluated `{name}`", None, help)


def key_not_in_history(key: str, is_known: bool = True) -> Diagnostic:
    """`is_known`: a run may have seen them, but in no segment."""
    message = (
        f"no saved run has found `{key}` in a segment" if is_known else f"the history knows nobody of the key `{key}`"
    )
    return Diagnostic("SEG753", message, None, "keys are compared as text, in exact case")


def not_saved(names: Sequence[str], by_another_rule: dt.datetime | None = None) -> Diagnostic:
    """`by_another_rule` is the as-of of a run that has evaluated them by another one."""
    shown = either(names).replace(" or ", " and ")
    again = "; as of the same moment once more, with `--rewrite`"
    if by_another_rule is None:
        message = f"the last saved run has kept no answers of {shown}"
        help = f"`segdsl run --save` keeps those of all segments{again}"
    else:
        message = f"the run saved as of {_moment(by_another_rule)} has evaluated {shown} by another rule"
        help = f"`segdsl run --save` evaluates by the rules of now{again}"
    return Diagnostic("SEG764", message, None, help)


def saved_by_another_model(names: Sequence[str], as_of: dt.datetime, is_known: bool) -> Diagnostic:
    """`is_known`: by one that says something else of what they read than that of now."""
    shown = either(names).replace(" or ", " and ")
    if is_known:
        message = f"the run saved as of {_moment(as_of)} has evaluated {shown} by another model"
    else:
        message = f"no one knows by which model the run saved as of {_moment(as_of)} has evaluated {shown}"
        message += ": an older segdsl has saved it"
    help = "`segdsl run --save` evaluates by the model of now; as of the same moment once more, with `--rewrite`"
    return Diagnostic("SEG764", message, None, help)


def bad_replay() -> Diagnostic:
    return Diagnostic("SEG756", "a replay goes back between one day and ten years", None, "as in `--replay 30d`")


def bad_length(option: str, text: str) -> Diagnostic:
    return Diagnostic("SEG751", f"expected a length of time for `{option}`, found `{text}`", None, "as in `400d`, `2y`")


def event_not_taken(name: str | None, reason: str, help: str | None = None) -> Diagnostic:
    """`name` is the event's, where there is one."""
    what = "events" if name is None else f"the event `{name}`"
    return Diagnostic("SEG758", f"cannot take in {what}: {reason}", None, help)


def session_goes_on(as_of: dt.datetime, now: dt.datetime) -> Diagnostic:
    return Diagnostic(
        "SEG765",
        f"the session is as of {now} already, and `as_of` is {as_of}",
        None,
        "a session goes on in time alone; for an earlier moment open another one",
    )


def result_closed() -> Diagnostic:
    help = "read `sizes`, `members` or `wide` inside of its `with`, which keeps them, or run it again"
    return Diagnostic("SEG766", "the result is closed", None, help)


def not_evaluated(names: Sequence[str], evaluated: Sequence[str]) -> Diagnostic:
    shown = either(names).replace(" or ", " and ")
    message = f"the run has not evaluated {shown}, but {either(evaluated, 20).replace(' or ', ' and ')}"
    return Diagnostic("SEG766", message, None, "name it where it is run, or ask for those")


def session_data_changed(path: str) -> Diagnostic:
    message = f"`{path}` is not the file any more that it was when the session opened"
    return Diagnostic("SEG768", message, None, "open another session, which reads what is there now")


def session_closed() -> Diagnostic:
    return Diagnostic("SEG766", "the session is closed", None, "ask it inside of its `with`, or open another one")


def goes_with(option: str, other: str, help: str | None = None) -> Diagnostic:
    """`other` says with what, or without what."""
    return Diagnostic("SEG767", f"`{option}` goes {other}", None, help)


def no_such_limit(option: str, text: str, expected: str) -> Diagnostic:
    return Diagnostic("SEG759", f"`{option}` has to be {expected}, found `{text}`", None)
