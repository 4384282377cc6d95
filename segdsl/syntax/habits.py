"""What people bring along from SQL and other languages, and how it is spelled here."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from segdsl.diagnostics import Source
from segdsl.syntax import spellings
from segdsl.syntax.spellings import (
    LENGTH,
    LITERAL,
    MONEY,
    MONTHS,
    PERIOD,
    SUBJECT,
    TEXT,
    UNIT,
    date_of,
    duration_of,
    unit_of,
)

__all__ = ["calendar_of", "date_of", "duration_of", "habit_at", "habit_of", "unit_of"]

_WORDS = "and|or|not|in|is|of|as|between|case|when|then|else|end|contains|starts|ends|with|matches|within"
_DEFINES = "param|trait|segment|segmentation|use|example|expect"
_CALENDAR = "day|week|month|quarter|year"
_TYPES = "text|string|str|varchar|int|integer|number|numeric|decimal|float|double|bool|boolean|date|timestamp"
_TYPE = "a value has the type that the model states, and none is made into another"
_APART = 'texts are not put together; compare each by itself: `a = "x" and b = "y"`'
_OPERATORS = "known operators are + - * / = != < <= > >= and or not"
_ONE_BY_ONE = "a rule is one condition of one customer, whose events aggregates read: `count(order) > 3`"
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _set_apart(thousands: str) -> str:
    return thousands.replace("'", "_").replace(",", "_")


Help = str | Callable[[re.Match[str]], str | None]

# what is refused is part of the match; the first one that fits and has a help is told
_AT: tuple[tuple[str, Help], ...] = (
    (
        r"(?<![\w.,])(?P<thousands>\d{1,3}(?:'\d{3})+)(?!\d)",
        lambda match: f"thousands are set apart by `_`: `{_set_apart(match['thousands'])}`",
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
    (r"(?:<>|!=)\s*(?i:null)\b", "whether a value is there is asked by `is known` and `is unknown`"),
    (rf"{SUBJECT}<>(?:\s*(?P<value>{LITERAL})(?!\s*[-+*/]))?", spellings.not_equal),
    (r"=>", "write `>=`"),
    (r"=<", "write `<=`"),
    (r":=", "write `=`"),
    (r"&&", "write `and`"),
    (rf"(?:{TEXT})\s*\|\||\|\|\s*(?:{TEXT})", _APART),
    (r"\|\|", "write `or`"),
    (
        r"!(?!=)\s*(?P<name>[\w.]*)",
        lambda match: f"write `not {match['name']}`" if match["name"] else "write `not`",
    ),
    (
        rf"{SUBJECT}(?i:\b(?:is|are)\s+)?(?i:(?P<not>not\s+)?\b(?P<which>any|one|none)\s+of\b)\s*(?P<values>\([^()\n]*\))?",
        spellings.one_of,
    ),
    (
        rf"{SUBJECT}(?i:\bis\s+(?P<not>not\s+)?(?:null|nil|none|empty|blank|missing|never|(?P<there>set|present|defined))\b)",
        spellings.null,
    ),
    (rf"{SUBJECT}(?i:\bdoes\s*(?:not|n['’]t)\s+exist\b(?P<not>)(?P<there>))", spellings.null),
    (rf"{SUBJECT}(?i:\bis\s+(?P<not>not\s+)?(?P<truth>true|false)\b)", spellings.truth),
    (
        rf"{SUBJECT}(?i:\bis\s+(?P<not>not\s+)?distinct\s+from\b)"
        rf"(?:\s*(?:(?P<value>{LITERAL}|(?i:null\b))|(?P<other>[^\W\d][\w.]*)))?",
        spellings.distinct_from,
    ),
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
        rf"{SUBJECT}(?:is\s+)?\bin\s+(?:the\s+)?(?P<end>top|bottom)\s+(?P<number>\d[\d_.]*)\s*(?P<share>%?)",
        spellings.best,
    ),
    (spellings.COMPARED, spellings.compared),
    (
        rf"{SUBJECT}(?i:(?:is\s+)?(?P<not>not\s+|does\s+not\s+|does\s*n['’]t\s+)?\bequals?\b(?:\s+to\b)?)(?:\s*(?P<value>{LITERAL}))?",
        spellings.equality,
    ),
    (
        rf"{SUBJECT}(?i:does\s+not|does\s*n['’]t)\s+(?P<verb>contain|include|start|end|match)\b(?:\s+with\b)?"
        rf"(?:\s*(?P<value>{TEXT}))?",
        spellings.does_not,
    ),
    (
        rf"{SUBJECT}(?:is\s+)?\bon\s+(?P<value>\d{{4}}-\d\d-\d\d)(?P<not>)",
        spellings.equality,
    ),
    (
        rf"{SUBJECT}\bis\s+(?P<not>not\s+)?"
        r"(?P<rest>(?:in\s*\(|(?:in\s+(?:this|last|next)|between|within|after|before|since|from|contains|starts|ends|matches)\b|[<>=!])[^\n]*)",
        spellings.without_is,
    ),
    (r"\{\s*(?P<name>[\w.]+)\s*\}", lambda match: f"a name stands without brackets: `{match['name']}`"),
    (rf"\bas\s+(?:{_TYPES})\b", _TYPE),
    (r"(?i:\bnull\b)", "whether a value is there is asked by `is known` and `is unknown`"),
    (
        rf"{SUBJECT}(?i:\bnot\s+between\b)(?:\s*(?P<low>{LITERAL})(?i:\s+and\s+)(?P<high>{LITERAL})(?!\s*[-+*/]))?",
        spellings.not_between,
    ),
    (
        rf"{SUBJECT}(?i:\b(?:is\s+)?(?P<not>not\s+)?(?P<any_case>i?)like\b)(?:\s*(?P<pattern>{TEXT}))?(?P<escape>(?i:\s+escape\b)?)",
        spellings.like,
    ),
    (rf"{SUBJECT}(?P<not>)\b(?P<there>exists)\b(?!\s*\()", spellings.null),
    (rf"{SUBJECT}\bis\s+(?P<not>not\s+)?(?P<value>{LITERAL})", spellings.equality),
    (r"\bis\s+\S+", "`is known` and `is unknown` ask whether a value is there; `=` and `!=` compare values"),
    (r"(?i:\b(?:rlike|regexp|similar\s+to)\b)", 'a pattern is tested by `matches "…"`'),
    (
        rf"(?P<item>{TEXT})\s+(?P<not>not\s+)?in\s+(?P<list>[^\W\d][\w.]*)",
        lambda match: f"write `{match['not'] or ''}{match['list']} contains {match['item']}`",
    ),
    (
        rf"{SUBJECT}\bnot\s+(?P<rest>(?:in(?!\s*\()|within|since|after|before|from)\s(?:(?!\b(?:and|or)\b)[^()\n])+)",
        spellings.not_in_front,
    ),
    (r"\bnot\s+(?:contains|starts|ends|matches|has)\b", "write `not` in front of the whole condition"),
    (r"(?i:\b(?P<word>starts|ends)_?with\b)", lambda match: f'write `{match["word"].lower()} with "…"`'),
    (r"\b(?P<word>starts|ends)\s+[\"']", lambda match: f'write `{match["word"]} with "…"`'),
    (r"\bcontains\s*\([^()\n]*,", '`contains` takes one text: `x contains "a" or x contains "b"`'),
    (
        rf"\b(?:(?P<word>since|within|from)\s+)?(?P<which>this|last|next)\s+(?P<unit>{_CALENDAR})\b",
        spellings.relative_period,
    ),
    (r"\b(?:includes?|has)\s+[\"']", 'a part is tested by `contains "…"`, items of a list too'),
    (
        rf"\bcontains\s+(?P<items>(?:{TEXT})(?:\s*,\s*(?:{TEXT}))+)",
        lambda match: f"of a list: `has any ({match['items']})`; of a text: `x contains … or x contains …`",
    ),
    (
        r"(?:[=(]|\b(?:and|or|not|when)\b|^)\s*\b(?P<word>any|some|has|did|no|never|count)\s+(?P<event>[^\W\d]\w*)",
        spellings.without_brackets,
    ),
    (
        rf"\bhas\s+(?P<word>any|all)\s+(?P<items>(?:{TEXT})(?:\s*,\s*(?:{TEXT}))*)",
        lambda match: f"values stand in brackets: `has {match['word']} ({match['items']})`",
    ),
    (
        r"\)\s*[<>=]+\s*\d[\d_.]*%?\s+(?P<word>within|since|in|from|before|after)\b",
        spellings.window,
    ),
    (r"\d\s+(?:times|x)\b", "how often is a plain number: `count(order) > 3`"),
    (r"(?i:\b(?:except|minus|excluding|without|unless|but\s+not)\b)", "write `and not`"),
    (r"(?i:\bunion(?:\s+all)?\b)", "write `or`"),
    (r"(?i:\bintersect\b)", "write `and`"),
    (r"(?i:\bxor\b)", "write `a != b`: bools and conditions can be compared"),
    (r"(?i:\b(?:group|order)\s+by\b|\bhaving\b(?:\s+\w+)?)", _ONE_BY_ONE),
    (r"(?i:\blimit\s+\d+)", "the first so many are found by a score: `rank(total_spend) <= 10`"),
    (r"(?i:\bfilter\s*\(\s*where\b)", "`where` stands inside the brackets: `count(order where …)`"),
    (r"::", _TYPE),
    (r"(?i:\b(?:mod|div)\b)", _OPERATORS),
    (r"\*\*|\^", "a power is written as a product: `x * x`"),
    (r"\d\s+%", "a share is written without a blank: `10%`"),
    (
        rf"(?:{MONEY})\s*\d|\d\s*(?:{MONEY})(?!\w)",
        "money is a plain number: `100`, `99.95`",
    ),
    (
        rf"{SUBJECT}(?<![<>!=])=\s*(?P<items>(?:{TEXT})(?:\s*,\s*(?:{TEXT}))+)",
        lambda match: f"one of several values is asked by `in`: `{match['subject'] or 'x'} in ({match['items']})`",
    ),
    (r"\bbetween\s+\S+\s+(?:to|-)\s", "write `between a and b`"),
    (r"[^<>!=]=\s*\([^()\n<>=]*,", "one of several values is asked by `in`: `x in (1, 2)`"),
    (
        r"\bwhere\b[^()\n]*\b(?:within|since|from|in)\b",
        "the window stands before `where`: `count(order within 30d where …)`",
    ),
    (r"\bwhere\b[^()\n]*,", "conditions are joined by `and`"),
    (
        rf"{SUBJECT}(?i:\b(?:(?:with)?in\s+)?(?:the\s+)?(?:last|past|previous)\s+){LENGTH}",
        spellings.last_length,
    ),
    (
        rf"{SUBJECT}(?i:\b(?:(?:with)?in\s+)?(?:the\s+)?next\s+){LENGTH}",
        spellings.next_length,
    ),
    (rf"(?i:\binterval\s+)['\"]?(?P<number>\d[\d_.]*)['\"]?\s*{UNIT}['\"]?", spellings.a_duration),
    (rf"(?<![\w.])(?P<number>\d[\d_.]*)\s+{UNIT}", spellings.a_duration),
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
        spellings.window,
    ),
    (r"(?i:\bover\s*\(.*)", "a score stands alone, its groups inside the brackets: `quintile(x per country)`"),
    (r"(?i:\bover\s+\w*)", "a window stands inside the brackets: `sum(order.amount within 30d)`"),
    (r"\)\s*per\b", "how often something happened is counted in a window: `count(order within 30d)`"),
    (r"(?i:\b(?:asc|desc)\b)", "`rank` gives 1 to the greatest value; `rank(-x)` turns it round"),
    (r"\bwhere\b", "`where` stands inside the brackets of an aggregate: `sum(order.amount where …)`"),
    (r"^(?:(?!\b(?:case|sequence|when)\b).)*\bthen\b", "steps stand in a sequence: `sequence(view then order)`"),
    (r"\bsequence\s*\([^)\n]*?(?:,|->|=>)", "steps are joined by `then`: `sequence(view then order)`"),
    (
        rf"{SUBJECT}(?i:(?:in|from|between)\s+(?P<first>{PERIOD})\s+(?:to|and|-)\s+(?P<last>{PERIOD}))(?![\w-])",
        spellings.from_to,
    ),
    (rf"{SUBJECT}(?i:\bin\s+(?P<period>{PERIOD}))(?![\w-])", spellings.in_period),
    (rf"(?i:\bin\s+(?:{MONTHS}|q[1-4])\b)", "a period is written `2026-03`, `2026-Q1` or `last month`"),
    (rf"\bin\s+{LENGTH}", lambda match: f"write `within {match['number']}{unit_of(match['unit'])}`"),
    (
        r"\bwithin\s+(?P<near>\w+)\s+(?:to|and|-)\s+(?P<far>\w+)",
        spellings.between_ages,
    ),
    (
        r"\bin\s+(?P<list>(?!(?:the|this|last|next)\b)[^\W\d][\w.]*)",
        lambda match: f"values stand in brackets, those of a list too: `in ({match['list']})`",
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
    (
        r"@(?P<name>(?!needs\b)\w+)\s*\((?P<values>[^()\"\n:]*)\)",
        spellings.annotated,
    ),
    (
        r"\b(?P<start>(?:trait|segment|segmentation)\s+\w+)\s+(?P<word>for|on|per)\s+(?P<entity>\w+)\s*[={]",
        lambda match: (
            f"whose values it holds is said by `{match['start']} of {match['entity']}`; "
            "a name with spaces stands in backticks"
        ),
    ),
    (rf"\b(?:{_DEFINES})\s+(?P<name>[\"'][^\"'\n]*[\"'])", spellings.spaced),
    (
        r"\b(?:param|trait|segment|segmentation)\s+(?P<name>[^\W\d]\w*(?:[ \t]+[^\W\d]\w*)+)\s*[={]",
        spellings.spaced,
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
    (r"&", "write `and`"),
    (r"\|", "write `or`"),
    (r"[%^$]", _OPERATORS),
    (rf"{SUBJECT}(?!not\s+in\b)(?i:\bnot\s+in\b)\s*(?P<values>\([^()\n]*\))?", spellings.not_in),
    (
        r"(?!not\b)(?i:\bnot\b)(?:\s+(?P<name>[^\W\d][\w.]*)(?=\s*(?:$|\)|(?i:and|or)\b)))?",
        spellings.negation,
    ),
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
                told = help_ if isinstance(help_, str) else help_(match)
                if told is not None:
                    return told
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
    "concat concat_ws": _APART,
    "datediff date_diff timestampdiff datedif days_between": _ELAPSED,
    "dateadd date_add date_sub datesub adddate subdate": _MOVED,
    "exists has some did": "write `any(order)`, `any(order where …)`",
    "never not_exists": "write `none(order)`, `none(order where …)`",
    "regexp regexp_like regexp_matches regexp_contains rlike": 'write `x matches "^A[0-9]+$"`',
    "ntile": "write `quantile(5, x)`",
    "row_number dense_rank": "write `rank(x)`",
    "top": "write `rank(x) <= 10`",
    "percent_rank cume_dist": "write `percentile(x)`, the share of those with a smaller x",
    "all": 'write `x has all ("a", "b")`',
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
    "not": "keywords are lower case: `not`, which holds for an unknown value too",
    "true": "write `true`, in lower case",
    "false": "write `false`, in lower case",
}
_BY_NAME = {name: help_ for names, help_ in _NAMES.items() for name in names.split()}


def calendar_of(word: str) -> tuple[str, int] | None:
    """The function and the number that a weekday's or a month's name stands for: `("month", 12)`; None for others."""
    plain = word.strip().casefold()
    for function, names in (("weekday", _DAYS), ("month", MONTHS.split("|"))):
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
