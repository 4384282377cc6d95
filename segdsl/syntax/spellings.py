"""What was written elsewhere, spelled as it is here: so that it has the members that it would have there.

Conditions of this language are never unknown: `not c` and `!=` hold where a value is unknown, and SQL's do not.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re

from segdsl.syntax.literals import quoted

Found = re.Match[str]

_UNITS = {
    "s": "s(?:ec(?:ond)?s?)?",
    "min": "min(?:ute)?s?",
    "h": "h(?:(?:ou)?rs?)?",
    "d": "d(?:ays?)?",
    "w": "w(?:(?:ee)?ks?)?",
    "mo": "mo(?:n(?:th)?s?)?",
    "q": "q(?:uarters?)?",
    "y": "y(?:(?:ea)?rs?)?",
    "km": "km",
    "mi": "mi(?:les?)?",
}
# roughly how many days each has, to tell the longer of two lengths
_DAYS_OF = {"s": 1 / 86400, "min": 1 / 1440, "h": 1 / 24, "d": 1, "w": 7, "mo": 30.4, "q": 91.3, "y": 365.2}
UNIT = rf"(?P<unit>(?i:{'|'.join(_UNITS.values())}))(?!\w)"
LENGTH = rf"(?P<number>\d[\d_.]*)\s*{UNIT}"
# the name or the call in front, where it is all of a value: not the end of a sum
SUBJECT = (
    r"(?:(?<![\w.)+*/-])(?<![+*/-]\s)(?P<subject>(?!\b(?:and|or|not|is|in|within|where|when|then)\b)[^\W\d][\w.]*"
    r"(?:\([^()\n]*\))?)\s+)?"
)
TEXT = r"\"[^\"\n]*\"|'(?:[^'\n]|'')*'"
LITERAL = rf"{TEXT}|\d{{4}}-\d\d-\d\d(?:T[\d:.]+)?|-?\d[\d_.]*%?|(?i:true|false)\b"
_DATE = r"\d{4}-\d\d-\d\d(?![\w-])"
MONTHS = "january|february|march|april|may|june|july|august|september|october|november|december"
PERIOD = r"(?:\d{1,4}|[a-zA-Z]+\d{0,2})(?:[ /-]?\w+)?"
MONEY = r"[$€£¥]|(?:EUR|USD|GBP|CHF|JPY|[Ee]uros?|[Dd]ollars?)\b"
# what a text of a pattern has in brackets so that it means itself
_SPECIAL = re.compile(r"[.?+*$|()\[{]")

_UP = "more|greater|larger|bigger|higher|longer|over|above|exceeds|exceeding|least"
_DOWN = "less|fewer|smaller|lower|shorter|under|below|most"
_OLD, _NEW = "older|earlier", "newer|younger|later|sooner|fresher"
COMPARED = (
    rf"{SUBJECT}(?i:(?:is\s+)?(?P<not>not\s+|no\s+)?\b(?:(?P<than>{_UP}|{_DOWN}|{_OLD}|{_NEW})\s+than\b"
    r"(?P<equal>\s+or\s+equal(?:\s+to)?)?|at\s+(?P<at>least|most)\b|(?P<over>over|above|under|below|exceeds)(?=\s+\d)))"
    rf"(?:\s*(?:(?P<date>{_DATE})|{LENGTH}(?P<ago>\s+ago\b)?|(?P<plain>{TEXT}|\d[\d_.]*%?(?!\w))))?"
)


def unit_of(word: str) -> str | None:
    """The unit that a word stands for: `d` for `days`."""
    return next((unit for unit, words in _UNITS.items() if re.fullmatch(words, word, re.IGNORECASE)), None)


def duration_of(text: str) -> str | None:
    """A length of time as it is written here: `30d` for `30 days`; None for any other text."""
    match = re.fullmatch(rf"\s*{LENGTH}\s*", text)
    return None if match is None else length(match)


def date_of(text: str) -> str | None:
    """A date as it is written here, of one in quotes or without its zeros; None for any other text."""
    match = re.fullmatch(r"\s*(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})\s*", text)
    return f"{match[1]}-{int(match[2]):02}-{int(match[3]):02}" if match else None


def length(match: Found) -> str:
    """The length that was found, with its unit as it is written here."""
    return f"{match['number']}{unit_of(match['unit'])}"


def a_duration(match: Found) -> str:
    found = duration_of(f"{match['number']}{match['unit']}") if match["number"] and match["unit"] else None
    return f"a duration is written `{found}`" if found else "a duration is written `90d`, `12h`, `3mo`"


# ---------------------------------------------------------------- unknown values


def not_in_front(match: Found) -> str:
    """`x not within 30d`: the window alone would be the opposite."""
    return f"`not` stands in front: `not {match['subject'] or 'x'} {match['rest'].strip()}`"


def null(match: Found) -> str:
    subject = f"{match['subject']} " if match["subject"] else ""
    is_known = bool(match["not"]) != bool(match["there"])
    return f"write `{subject}is {'known' if is_known else 'unknown'}`"


def truth(match: Found) -> str:
    """`IS TRUE` and its like, none of which is ever unknown."""
    subject = match["subject"] or "x"
    if match["truth"].lower() == "false":
        return f"write `{subject} {'!=' if match['not'] else '='} false`"
    return f"what is true or false is a condition by itself: `{'not ' if match['not'] else ''}{subject}`"


def _as_in_sql(subject: str | None, condition: str) -> str:
    """A condition with a `not` in it, without those whose value is unknown."""
    return f"`{subject or 'x'} is known and {condition}`"


def not_equal(match: Found) -> str:
    told = "inequality is written `!=`, which holds for an unknown value too"
    subject, value = match["subject"], match["value"]
    return f"{told}; SQL's is {_as_in_sql(subject, f'{subject} != {value}')}" if subject and value else told


def negation(match: Found) -> str:
    told = "keywords are lower case: `not`, which holds for an unknown value too"
    return f"{told}; SQL's is `{match['name']} = false`" if match["name"] else told


def not_in(match: Found) -> str:
    told = "keywords are lower case: `not in`, which holds for an unknown value too"
    subject, values = match["subject"], match["values"]
    return f"{told}; SQL's is {_as_in_sql(subject, f'{subject} not in {values}')}" if subject and values else told


def not_between(match: Found) -> str:
    if not match["low"]:
        return f"write {_as_in_sql('x', 'not x between a and b')}"
    subject, low, high = match["subject"] or "x", match["low"], match["high"]
    return f"write {_as_in_sql(subject, f'not {subject} between {low} and {high}')}"


def distinct_from(match: Found) -> str:
    """`IS DISTINCT FROM`, for which two unknown values are equal."""
    subject, value, is_equal = match["subject"] or "x", match["value"], bool(match["not"])
    if value and value.lower() == "null":
        return f"write `{subject} is {'unknown' if is_equal else 'known'}`"
    if value:
        return f"write `{subject} {'=' if is_equal else '!='} {value}`"
    other = match["other"] or "y"
    equal = f"{subject} = {other} or {subject} is unknown and {other} is unknown"
    return f"write `{equal}`" if is_equal else f"write `not ({equal})`"


def like(match: Found) -> str:
    pattern = match["pattern"]
    if pattern is None or "\\" in pattern or match["escape"]:
        return 'write `contains "…"`, `starts with "…"`, `ends with "…"` or `matches "…"`'
    subject, pattern = match["subject"] or "x", pattern[1:-1].replace(pattern[0] * 2, pattern[0])
    value = subject
    if match["any_case"]:
        value, pattern = f"lower({subject})", pattern.lower()
    inner = pattern.strip("%")
    ends = (pattern.startswith("%"), pattern.endswith("%"))
    test = {(True, True): "contains", (False, True): "starts with", (True, False): "ends with"}.get(ends, "=")
    if "%" in inner or "_" in inner:
        escaped = _SPECIAL.sub(lambda found: f"[{found.group()}]", pattern.replace("^", "\\^"))
        test, inner = "matches", f"^{escaped.replace('%', '.*').replace('_', '.')}$"
    condition = f"{value} {test} {quoted(inner)}"
    return f"write {_as_in_sql(subject, f'not {condition}')}" if match["not"] else f"write `{condition}`"


# ---------------------------------------------------------------- comparisons in words


def compared(match: Found) -> str:
    """`more than 3`, `less than 90 days ago`, `older than 2026-01-01`: the greater an age, the earlier a time."""
    word = (match["than"] or match["at"] or match["over"]).lower()
    if word in f"{_OLD}|{_NEW}".split("|"):
        is_above = word in (_NEW if match["date"] else "older|later" if match["plain"] else _OLD).split("|")
    else:
        is_above = word in _UP.split("|")
    has_equal = bool(match["equal"] or match["at"])
    if match["not"]:
        is_above, has_equal = not is_above, not has_equal
    op = f"{'>' if is_above else '<'}{'=' * has_equal}"
    subject = f"{match['subject']} " if match["subject"] else ""
    call = re.fullmatch(r"(?P<name>\w+)\((?P<events>[\w.]+)\) ", subject)
    if word == "over" and match["number"] and call is not None and not re.search("gap$|^age$", call["name"]):
        return f"a window stands inside the brackets: `{call['name']}({call['events']} within {length(match)})`"
    if match["number"]:
        is_age = match["ago"] or word in f"{_OLD}|{_NEW}".split("|")
        told = "a time is compared by its age:" if is_age else "write"
        return f"{told} `{subject}{op} {length(match)}`"
    value = match["date"] or match["plain"]
    return f"write `{subject}{op} {value}`" if value else f"write `{op}`"


def is_currency(word: str) -> bool:
    return re.fullmatch(MONEY, word) is not None


def equality(match: Found) -> str:
    subject = f"{match['subject']} " if match["subject"] else ""
    value = f" {match['value']}" if match["value"] else ""
    return f"write `{subject}{'!=' if match['not'] else '='}{value}`"


def one_of(match: Found) -> str:
    subject = f"{match['subject']} " if match["subject"] else ""
    is_not = match["not"] or match["which"].lower() == "none"
    return f"write `{subject}{'not in' if is_not else 'in'} {match['values'] or '(…)'}`"


_VERBS = {"contain": "contains", "include": "contains", "start": "starts with", "end": "ends with", "match": "matches"}


_EVENTS = {"any": "any", "some": "any", "has": "any", "did": "any", "no": "none", "never": "none", "count": "count"}


def without_brackets(match: Found) -> str:
    """`any order`, `no order`: `any(order)`, `none(order)`."""
    return f"events stand in brackets: `{_EVENTS[match['word']]}({match['event']})`"


def does_not(match: Found) -> str:
    verb, value = _VERBS[match["verb"].lower()], match["value"] or '"…"'
    return f"write `not {match['subject'] or 'x'} {verb} {value}`"


def without_is(match: Found) -> str:
    subject, rest = match["subject"] or "x", match["rest"].rstrip()
    if match["not"]:
        return f"write `{subject} not {rest}`" if rest.startswith("in") else f"write `not {subject} {rest}`"
    return f"`is` is left out: `{subject} {rest}`"


def best(match: Found) -> str:
    subject, number, is_top = match["subject"] or "x", match["number"], match["end"] == "top"
    if not match["share"]:
        return f"write `rank({subject if is_top else f'-{subject}'}) <= {number}`"
    least = f"{100 - float(number):g}"
    return f"write `percentile({subject}) {f'>= {least}%' if is_top else f'< {number}%'}`"


# ---------------------------------------------------------------- windows


def _period_of(text: str) -> str | None:
    """A period as it is written here, of one written otherwise: `2025-Q1` for `Q1 2025`, `2025-03` for `march 2025`."""
    text = text.strip().lower()
    if re.fullmatch(r"\d{4}", text):
        return text
    for pattern in (
        r"(?P<year>\d{4})[ /-]?(?P<part>[a-z]+\d*|\d+)",
        r"(?P<part>[a-z]+\d*|\d{1,2})[ /-]?(?P<year>\d{4})",
    ):
        found = re.fullmatch(pattern, text)
        if found is None:
            continue
        year, part = found["year"], found["part"]
        if re.fullmatch("q[1-4]", part):
            return f"{year}-{part.upper()}"
        if re.fullmatch("w[0-5]?[0-9]", part):
            return f"{year}-W{int(part[1:]):02}"
        names = [name for name in MONTHS.split("|") if len(part) >= 3 and name.startswith(part)]
        month = int(part) if part.isdigit() else MONTHS.split("|").index(names[0]) + 1 if names else 0
        return f"{year}-{month:02}" if 1 <= month <= 12 else None
    return None


def days_of(text: str) -> tuple[str, str] | None:
    """The first and the last day of a period, as `2025` or `2025-03`; None of anything else."""
    period = _period_of(text)
    return None if period is None else _days(period)


def _days(period: str) -> tuple[str, str] | None:
    """The first and the last day of a period."""
    year, part = int(period[:4]), period[5:]
    if part.startswith("W"):
        try:
            first = dt.date.fromisocalendar(year, int(part[1:]), 1)
        except ValueError:
            return None
        return f"{first}", f"{first + dt.timedelta(6)}"
    start, end = (int(part[1]) * 3 - 2, int(part[1]) * 3) if part[:1] == "Q" else (int(part or 1), int(part or 12))
    return f"{year:04}-{start:02}-01", f"{year:04}-{end:02}-{calendar.monthrange(year, end)[1]}"


def in_period(match: Found) -> str | None:
    found = _period_of(match["period"])
    if found is None:
        return None
    subject = f"{match['subject']} " if match["subject"] else ""
    return f"a period is written `{subject}in {found}`"


def from_to(match: Found) -> str | None:
    start, end = days_of(match["first"]), days_of(match["last"])
    if start is None or end is None:
        return None
    subject = f"{match['subject']} " if match["subject"] else ""
    return f"write `{subject}from {start[0]} to {end[1]}`"


_ONE = {"day": "1d", "week": "1w", "month": "1mo", "quarter": "1q", "year": "1y"}


def relative_period(match: Found) -> str:
    """`last month` is one of the calendar; `since last month` has no end, and `within last month` may be a length."""
    word, which, unit = match["word"], match["which"], match["unit"]
    if word == "since" and which == "last":
        return f"all since a day is written `since 2026-01-31`; `in last {unit}` is that {unit} alone"
    if word == "within" and which == "last":
        return f"write `in last {unit}`, or `within {_ONE[unit]}` for the time up to now"
    return f"write `in {which} {unit}`"


def last_length(match: Found) -> str:
    subject = f"{match['subject']} " if match["subject"] else ""
    return f"a window up to now is written `{subject}within {length(match)}`"


def next_length(match: Found) -> str:
    subject = f"{match['subject']} " if match["subject"] else ""
    return f"a window from now on is written `{subject}within next {length(match)}`"


def between_ages(match: Found) -> str:
    """`within 30d to 60d`, in either order: a window begins with the longer of the two."""
    ages = [match["near"], match["far"]]
    lengths = [re.fullmatch(LENGTH, age) for age in ages]
    days = [float(found["number"]) * _DAYS_OF.get(unit_of(found["unit"]) or "", 0) if found else 0 for found in lengths]
    near, far = ages if days[0] <= days[1] else ages[::-1]
    return f"write `from {far} to {near} ago`"


def window(match: Found) -> str:
    word = match["word"]
    shown = {"over": "within 30d", "in": "in last month", "from": "from 60d to 30d ago", "within": "within 30d"}.get(
        word, f"{word} 2026-01-31"
    )
    return f"a window stands inside the brackets: `sum(order.amount {shown})`"


# ---------------------------------------------------------------- names and annotations


def spaced(match: Found) -> str:
    name = match["name"].strip().strip("\"'")
    return f"a name with spaces stands in backticks: `` `{name}` ``"


def annotated(match: Found) -> str:
    """The texts of an annotation that are neither names nor in quotes."""
    shown = [part.strip() for part in match["values"].split(",")]
    texts = [part if re.fullmatch(r"[^\W\d]\w*|\d+|", part) else quoted(part) for part in shown]
    return f"a text stands in quotes: `@{match['name']}({', '.join(texts)})`"
