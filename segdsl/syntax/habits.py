"""What people bring along from SQL and other languages, and how it is spelled here."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from segdsl.diagnostics import Source

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
_UNIT = rf"(?P<unit>(?i:{'|'.join(_UNITS.values())}))(?!\w)"
_LENGTH = rf"(?P<number>\d[\d_.]*)\s*{_UNIT}"
_SUBJECT = r"(?:(?P<subject>[\w.]+)\s+)?"
_WORDS = "and|or|not|in|is|of|as|between|case|when|then|else|end|contains|starts|ends|with|matches|within"
_DEFINES = "param|trait|segment|segmentation|use|example|expect"
_CALENDAR = "day|week|month|quarter|year"
_MONTHS = "january|february|march|april|may|june|july|august|september|october|november|december"
_TYPES = "text|string|str|varchar|int|integer|number|numeric|decimal|float|double|bool|boolean|date|timestamp"
_TYPE = "a value has the type that the model states, and none is made into another"
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def unit_of(word: str) -> str | None:
    """The unit that a word stands for: `d` for `days`."""
    return next((unit for unit, words in _UNITS.items() if re.fullmatch(words, word, re.IGNORECASE)), None)


def duration_of(text: str) -> str | None:
    """A length of time as it is written here: `30d` for `30 days`; None for any other text."""
    match = re.fullmatch(rf"\s*{_LENGTH}\s*", text)
    return None if match is None else f"{match['number']}{unit_of(match['unit'])}"


def date_of(text: str) -> str | None:
    """A date as it is written here, of one in quotes or without its zeros; None for any other text."""
    match = re.fullmatch(r"\s*(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})\s*", text)
    return f"{match[1]}-{int(match[2]):02}-{int(match[3]):02}" if match else None


def _duration(match: re.Match[str]) -> str:
    number, unit = match["number"], match["unit"]
    found = duration_of(f"{number}{unit}") if number and unit else None
    return f"a duration is written `{found}`" if found else "a duration is written `90d`, `12h`, `3mo`"


def _like(match: re.Match[str]) -> str:
    subject, pattern = match["subject"] or "…", match["pattern"]
    if pattern is None:
        return 'write `contains "…"`, `starts with "…"`, `ends with "…"` or `matches "…"`'
    inner = pattern.strip("%")
    if match["any_case"]:
        subject, inner, pattern = f"lower({subject})", inner.lower(), pattern.lower()
    ends = (pattern.startswith("%"), pattern.endswith("%"))
    test = {(True, True): "contains", (False, True): "starts with", (True, False): "ends with"}.get(ends, "=")
    if "%" in inner or "_" in inner:
        test, inner = "matches", f"^{pattern.replace('%', '.*').replace('_', '.')}$"
    return f'write `{"not " if match["not"] else ""}{subject} {test} "{inner}"`'


def _null(match: re.Match[str]) -> str:
    subject = f"{match['subject']} " if match["subject"] else ""
    return f"write `{subject}is {'known' if match['not'] else 'unknown'}`"


def _truth(match: re.Match[str]) -> str:
    is_opposite = (match["truth"].lower() == "false") != bool(match["not"])
    shown = f"{'not ' if is_opposite else ''}{match['subject'] or 'x'}"
    return f"what is true or false is a condition by itself: `{shown}`"


def _spaced(match: re.Match[str]) -> str:
    name = match["name"].strip().strip("\"'")
    return f"a name with spaces stands in backticks: `` `{name}` ``"


def _apart(thousands: str) -> str:
    return thousands.replace("'", "_").replace(",", "_")


def _best(match: re.Match[str]) -> str:
    subject, number, is_top = match["subject"] or "x", match["number"], match["end"] == "top"
    if not match["share"]:
        return f"write `rank({subject if is_top else f'-{subject}'}) <= {number}`"
    least = f"{100 - float(number):g}"
    return f"write `percentile({subject}) {f'>= {least}%' if is_top else f'< {number}%'}`"


Help = str | Callable[[re.Match[str]], str]

# what is refused is part of the match; the first one that fits is told
_AT: tuple[tuple[str, Help], ...] = (
    (
        r"(?<![\w.,])(?P<thousands>\d{1,3}(?:'\d{3})+)(?!\d)",
        lambda match: f"thousands are set apart by `_`: `{_apart(match['thousands'])}`",
    ),
    (
        r"^\s*(?:def|define|define_segment|create|let|var|const|set|rule|audience|cohort|filter)\b",
        "a condition is defined by `segment name = …`, a value by `trait name = …`, a constant by `param name = …`",
    ),
    (r"\bexample\s+(?!in\b|not\b)(?P<name>[\w.]+)", lambda match: f"write `example in {match['name']}: …`"),
    (
        r"\bexample\s+(?P<not>not\s+)?in\s+(?P<name>[\w.]+)\s+\w",
        lambda match: f"a colon stands after the name: `example {match['not'] or ''}in {match['name']}: …`",
    ),
    (r"@(?P<name>\w+)[ \t]+(?P<value>\w+)", lambda match: f'write `@{match["name"]}("{match["value"]}")`'),
    (r"==", "equality is written `=`"),
    (r"<>", "inequality is written `!=`"),
    (r"=>", "write `>=`"),
    (r"=<", "write `<=`"),
    (r":=", "write `=`"),
    (r"&&", "write `and`"),
    (r"\|\|", "write `or`"),
    (
        r"!(?!=)\s*(?P<name>[\w.]*)",
        lambda match: f"write `not {match['name']}`" if match["name"] else "write `not`",
    ),
    (rf"{_SUBJECT}(?i:\bis\s+(?P<not>not\s+)?(?:null|none|empty)\b)", _null),
    (rf"{_SUBJECT}(?i:\bis\s+(?P<not>not\s+)?(?P<truth>true|false)\b)", _truth),
    (r"\bis\s+not\s+(?:un)?known\b", "the opposite of `is known` is `is unknown`"),
    (
        r"(?P<first>\w+)\s*->\s*(?P<second>\w+)(?!.*\))",
        lambda match: f"what follows what is a sequence: `sequence({match['first']} then {match['second']})`",
    ),
    (
        r"\bsequence\s*\((?:[^()\n]|\([^()\n]*\))*?\b(?:or|and)\b(?!\s+then)",
        "a step is one kind of event; two sequences are joined: `sequence(…) or sequence(…)`",
    ),
    (r"\b(?:and|or)\s+then\b", "steps are joined by `then` alone: `sequence(view then order)`"),
    (
        r"\b(?P<call>\w+)\s*\((?P<event>\w+)\)\.(?P<field>\w+)",
        lambda match: f"write `{match['call']}({match['event']}.{match['field']})`",
    ),
    (
        rf"{_SUBJECT}(?:is\s+)?\bin\s+(?:the\s+)?(?P<end>top|bottom)\s+(?P<number>\d[\d_.]*)\s*(?P<share>%?)",
        _best,
    ),
    (
        r"\)\s*(?P<word>over|above|under|below|exceeds)\s+(?P<number>\d[\d_.]*)",
        lambda match: f"write `{'<' if match['word'] in ('under', 'below') else '>'} {match['number']}`",
    ),
    (r"\{\s*(?P<name>[\w.]+)\s*\}", lambda match: f"a name stands without brackets: `{match['name']}`"),
    (rf"\bas\s+(?:{_TYPES})\b", _TYPE),
    (r"\bis\s+\S+", "`is known` and `is unknown` ask whether a value is there; `=` and `!=` compare values"),
    (r"(?i:\bnull\b)", "whether a value is there is asked by `is known` and `is unknown`"),
    (r"\bnot\s+between\b", "write `not x between a and b`"),
    (
        rf"{_SUBJECT}(?i:\b(?P<not>not\s+)?(?P<any_case>i?)like\b)(?:\s*['\"](?P<pattern>[^'\"\n]*)['\"])?",
        _like,
    ),
    (r"\bnot\s+(?:contains|starts|ends|matches|has|within)\b", "write `not` in front of the whole condition"),
    (r"(?i:\b(?P<word>starts|ends)_?with\b)", lambda match: f'write `{match["word"].lower()} with "…"`'),
    (r"\b(?P<word>starts|ends)\s+[\"']", lambda match: f'write `{match["word"]} with "…"`'),
    (r"\bcontains\s*\([^()\n]*,", '`contains` takes one text: `x contains "a" or x contains "b"`'),
    (
        rf"\b(?:(?:since|within|from)\s+)?(?P<period>(?:this|last|next)\s+(?:{_CALENDAR}))\b",
        lambda match: f"write `in {match['period']}`",
    ),
    (r"\b(?:older|newer|longer|more|less)\s+than\b", "a time is compared by its age: `last_purchase > 90d`"),
    (r"[^<>!=]=\s*\([^()\n<>=]*,", "one of several values is asked by `in`: `x in (1, 2)`"),
    (
        r"\bwhere\b[^()\n]*\b(?:within|since|from|in)\b",
        "the window stands before `where`: `count(order within 30d where …)`",
    ),
    (r"\bwhere\b[^()\n]*,", "conditions are joined by `and`"),
    (
        rf"(?i:\b(?:within\s+)?(?:the\s+)?last\s+){_LENGTH}",
        lambda match: f"a window up to now is written `within {match['number']}{unit_of(match['unit'])}`",
    ),
    (rf"(?i:\binterval\s+)['\"]?(?P<number>\d[\d_.]*)['\"]?\s*{_UNIT}['\"]?", _duration),
    (rf"(?<![\w.])(?P<number>\d[\d_.]*)\s+{_UNIT}", _duration),
    (
        r"(?i:\b(?:date|timestamp)\s+)['\"]",
        "dates and times are written as they are: `2026-01-31`, `2026-01-31T18:30`",
    ),
    (r"\(\s*\*\s*\)", "all events are counted by `count(order)`"),
    (
        r"(?i:\bdistinct\s+)(?P<name>[\w.]+)",
        lambda match: f"different values are counted by `distinct({match['name']})`",
    ),
    (r"\b(?i:if)\s+\w|\?", "write `case when … then … else … end`"),
    (r"\bcase\s+(?!when\b)(?P<name>[\w.]+)", lambda match: f"write `case when {match['name']} = … then … end`"),
    (r"(?i:\bselect\b.*)", "a rule is one condition and needs no SELECT: `segment big = sum(order.amount) > 500`"),
    (r"\)\s*where\b", "`where` stands inside the brackets: `sum(order.amount where …)`"),
    (
        r"\)\s*(?P<word>within|since|in|from|before|after|over)\b(?!\s*\().*?[<>=]",
        lambda match: f"a window stands inside the brackets: `sum(order.amount {_window(match['word'])})`",
    ),
    (r"(?i:\bover\s*\(.*)", "a score stands alone, its groups inside the brackets: `quintile(x per country)`"),
    (r"(?i:\bover\s+\w*)", "a window stands inside the brackets: `sum(order.amount within 30d)`"),
    (r"\)\s*per\b", "how often something happened is counted in a window: `count(order within 30d)`"),
    (r"(?i:\b(?:asc|desc)\b)", "`rank` gives 1 to the greatest value; `rank(-x)` turns it round"),
    (r"\bwhere\b", "`where` stands inside the brackets of an aggregate: `sum(order.amount where …)`"),
    (r"^(?:(?!\b(?:case|sequence|when)\b).)*\bthen\b", "steps stand in a sequence: `sequence(view then order)`"),
    (r"\bsequence\s*\([^)\n]*?(?:,|->|=>)", "steps are joined by `then`: `sequence(view then order)`"),
    (rf"(?i:\bin\s+(?:{_MONTHS}|q[1-4])\b)", "a period is written `2026-03`, `2026-Q1` or `last month`"),
    (rf"\bin\s+{_LENGTH}", lambda match: f"write `within {match['number']}{unit_of(match['unit'])}`"),
    (
        r"\bwithin\s+(?P<near>\w+)\s+to\s+(?P<far>\w+)",
        lambda match: f"write `from {match['far']} to {match['near']} ago`",
    ),
    (r"\bin\s+[\d\"'][^(\n]*", 'values stand in brackets: `in (1, 2)`, `in ("a", "b")`'),
    (
        r"(?<![\w.,])(?P<thousands>\d{1,3}(?:,\d{3})+)(?!\d)",
        lambda match: f"thousands are set apart by `_`: `{match['thousands'].replace(',', '_')}`",
    ),
    (
        r"(?<![\w.,])(?P<thousands>\d{1,3}(?:\.\d{3})+),(?P<part>\d+)(?!\d)",
        lambda match: f"write `{match['thousands'].replace('.', '_')}.{match['part']}`",
    ),
    (
        r"(?<![\w.])(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})(?!\w)",
        lambda match: f"a date is written `{match['year']}-{int(match['month']):02}-{int(match['day']):02}`",
    ),
    (r"(?<![\w.,])(?P<whole>\d+),(?P<part>\d+)", lambda match: f"write `{match['whole']}.{match['part']}`"),
    (r"[$€£¥]\s*\d|\d\s*[$€£¥]", "money is a plain number: `100`, `99.95`"),
    (rf"\b(?:{_DEFINES})\s+(?P<name>[\"'][^\"'\n]*[\"'])", _spaced),
    (
        r"\b(?:param|trait|segment|segmentation)\s+(?P<name>[^\W\d]\w*(?:[ \t]+[^\W\d]\w*)+)\s*[={]",
        _spaced,
    ),
    (
        r"\b(?:param|trait|segment|segmentation)\s+(?P<name>\d[\w-]*|\w+(?:-\w+)+)",
        lambda match: (
            "names are of letters, digits and `_`, and begin with no digit; any other stands in backticks: "
            f"`` `{match['name']}` ``"
        ),
    ),
    (r"\b(?:param|trait|segment)\s+\w+\s*:", "a name is followed by `=`"),
    (r"^\s*(?:import|include)\s+(?P<name>\w+)", lambda match: f"a library is put to use by `use {match['name']}`"),
    (r";", "definitions need no end mark"),
    (r"//|/\*|--", "comments start with `#`"),
    (r"[“”„‘’«»]", 'text is written in straight quotes: `"…"`'),
    (r"[\[\]]", 'a list is written in round brackets: `("a", "b")`'),
    (r"~", 'a pattern is tested by `matches "…"`'),
    (r"[%^&|$]", "known operators are + - * / = != < <= > >= and or not"),
    (
        rf"\b(?P<word>(?!(?:{_WORDS})\b)(?i:{_WORDS}))\b(?:\s+\S)?",
        lambda match: f"keywords are lower case: `{match['word'].lower()}`",
    ),
    (
        rf"^\s*(?P<word>(?!(?:{_DEFINES})\b)(?i:{_DEFINES}))\b",
        lambda match: f"keywords are lower case: `{match['word'].lower()}`",
    ),
)
_BEFORE, _AFTER = 60, 200  # how far from what is refused a habit can begin and end


@cache
def _compiled() -> tuple[tuple[re.Pattern[str], Help], ...]:
    """Only where something is refused: a hundred patterns are a hundredth of a second, which no good text needs."""
    return tuple((re.compile(pattern), help_) for pattern, help_ in _AT)


def _window(word: str) -> str:
    return {"over": "within 30d", "in": "in last month", "from": "from 60d to 30d ago"}.get(
        word, f"{word} {'30d' if word == 'within' else '2026-01-31'}"
    )


def habit_at(source: Source, position: int) -> str | None:
    """What to write instead, where something is refused at a position that is a habit from elsewhere."""
    line_start = source.text.rfind("\n", 0, position) + 1
    line_end = source.text.find("\n", position)
    start = max(line_start, position - _BEFORE)
    line = source.text[start : min(line_end if line_end >= 0 else len(source.text), position + _AFTER)]
    place = position - start
    for pattern, help_ in _compiled():
        for match in pattern.finditer(line):
            if match.start() <= place < match.end():
                return help_ if isinstance(help_, str) else help_(match)
            if match.start() > place:
                break
    return None


_CASE = "write `case when … then … else … end`"
_COALESCE = "write `coalesce(x, 0)`"
_NOW = "times are compared by their age: `last_purchase < 90d`; `90d ago` is that long before as-of"
_PARTS = "parts of a text are tested by `starts with`, `ends with`, `contains` and `matches`"
_ELAPSED = "write `days_since(t)` or `months_since(t)`; times can be subtracted: `t2 - t1`"
_MOVED = "times move by a duration: `t + 30d`; `90d ago` is that long before as-of"
_STATED = "types are stated in the model; dates are written as they are: `2026-01-31`"
_NAMES = {
    "null none nil na": "whether a value is there is asked by `is known` and `is unknown`",
    "yesterday": "write `t in last day`",
    "now today current_date current_timestamp getdate sysdate localtimestamp": _NOW,
    "if iif iff decode switch": _CASE,
    "ifnull nvl zeroifnull": _COALESCE,
    "isnull is_null": "write `x is unknown`",
    "notnull isnotnull is_not_null": "write `x is known`",
    "substr substring left right mid": _PARTS,
    "concat concat_ws": 'texts are not put together; compare each by itself: `a = "x" and b = "y"`',
    "datediff date_diff timestampdiff datedif days_between": _ELAPSED,
    "dateadd date_add date_sub datesub adddate subdate": _MOVED,
    "exists has some did": "write `any(order)`, `any(order where …)`",
    "never not_exists": "write `none(order)`, `none(order where …)`",
    "regexp regexp_like regexp_matches regexp_contains rlike": 'write `x matches "^A[0-9]+$"`',
    "ntile": "write `quantile(5, x)`",
    "row_number dense_rank": "write `rank(x)`",
    "top": "write `rank(x) <= 10`",
    "percent_rank cume_dist": "write `percentile(x)`",
    "nunique count_distinct countdistinct uniq approx_count_distinct": "write `distinct(order.field)`",
    "mean average": "write `avg(order.field)`",
    "len char_length strlen": "write `length(x)`",
    "lcase tolower to_lower": "write `lower(x)`",
    "ucase toupper to_upper": "write `upper(x)`",
    "ceiling": "write `ceil(x)`",
    "cast try_cast convert to_date to_timestamp strptime parse_date": _STATED,
    "extract date_part datepart": "write `year(t)`, `month(t)`, `day(t)`, `weekday(t)` or `hour(t)`",
    "date_trunc trunc": "periods are windows: `t in this month`, `t in 2026-03`",
    "text str string to_char to_text tostring int integer number numeric to_number float double bool boolean": _TYPE,
    "true": "write `true`, in lower case",
    "false": "write `false`, in lower case",
}
_BY_NAME = {name: help_ for names, help_ in _NAMES.items() for name in names.split()}


def calendar_of(word: str) -> tuple[str, int] | None:
    """The function and the number that a weekday's or a month's name stands for: `("month", 12)`; None for others."""
    plain = word.strip().casefold()
    for function, names in (("weekday", _DAYS), ("month", _MONTHS.split("|"))):
        for number, name in enumerate(names, start=1):
            if plain == name or (len(plain) >= 3 and name.startswith(plain)):
                return function, number
    return None


def habit_of(name: str) -> str | None:
    """What to write instead of a name or function that other languages have."""
    found = _BY_NAME.get(name.casefold())
    if found is None and (day := calendar_of(name)) is not None:
        return f"days and months are numbers: `{day[0]}(t) = {day[1]}`"
    return found
