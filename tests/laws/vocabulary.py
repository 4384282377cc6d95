"""What random expressions are made of: the names of the conformance model, constants on borders, and patterns.

In a pattern `<kind>` is an expression of that kind, `<kind.>` one that does not branch further, `<kind!>` a constant,
and the other words are holes of their own (see `Phrases.hole`). `moment` is a date or a time, `condition` what is
never unknown.
"""

from __future__ import annotations

# kinds: number text date time duration bool list; `length` is a duration that may count months, `texts` and the like
# are lists (constants only); a tuple holds the labels of a segmentation
Kind = str | tuple[str, ...]

ATTRIBUTES: dict[str, dict[str, str]] = {
    "customer": {
        "country": "text", "city": "text", "birth_date": "date", "signup": "time", "renewal": "time",
        "newsletter": "bool", "visits": "number", "credit": "number", "interests": "list", "channel": "set",
        "lat": "number", "lon": "number",
    },
    "account": {"plan": "text", "seats": "number"},
}  # fmt: skip
FIELDS: dict[str, dict[str, str]] = {
    "order": {
        "amount": "number", "items": "number", "channel": "text", "due": "date", "gift": "bool", "product": "text",
        "product.category": "text", "product.brand": "text", "at": "time",
    },
    "view": {"category": "text", "product": "text", "product.brand": "text", "at": "time"},
    "cart_add": {"value": "number", "product": "text", "product.category": "text", "at": "time"},
    "message": {"kind": "text", "channel": "text", "at": "time"},
}  # fmt: skip
EVENTS = tuple(FIELDS)

FIXED = ("30d", "90d", "24h", "1d", "7d", "1w", "1h", "365d", "2d", "12h", "90min", "1.5h", "0d", "0.000001s")
CALENDAR = ("1mo", "3mo", "1q", "1y", "2mo")
DATES = (
    "2026-03-01", "2026-03-31", "2026-01-31", "2024-02-29", "2025-12-31", "2026-02-28", "2026-04-10", "1990-03-31",
)  # fmt: skip
TIMES = (
    "2026-03-01T00:00", "2026-02-28T12:00", "2026-03-30T22:00:00Z", "2026-01-31T23:59:59.999999", "2025-12-31T18:00",
)  # fmt: skip
NUMBERS = ("0", "1", "2", "3", "1", "2", "10", "5", "0.5", "2.5", "-1", "100", "1.25", "10%", "0.0001", "3.3333")
TEXTS = (
    '"web"', '"a"', '"DE"', '""', '"it\'s"', "'a\"b'", '"Ünï"', '"😀"', '" a "', '"shoes"', '"é"', '"\\\\n"', '"%_"',
    '"store"', '"p1"', '"opened"', '"b"', '"sent"',
)  # fmt: skip
CONSTANTS: dict[str, tuple[str, ...]] = {
    "number": NUMBERS,
    "text": TEXTS,
    "date": DATES,
    "time": (*TIMES, "(30d ago)", "(1mo ago)", "(90d ago)", "(1d ago)"),
    "duration": (*FIXED, "(2 * 7d)", "(30d / 4)", "(90d - 1h)"),
    "length": (*FIXED, *CALENDAR, "(1mo + 1d)"),
    "bool": ("true", "false"),
    "texts": ('("web", "DE")', '("a", "b", "")', '("é",)', '("store", "shoes", "it\'s")'),
    "numbers": ("(1, 2, 3)", "(0.5, 10)", "(2,)", "(-1, 0, 100)"),
    "durations": ("(30d, 90d)", "(7d,)", "(1d, 12h, 365d)"),
}

WORDS: dict[str, tuple[str, ...]] = {
    "factor": ("2", "-1", "0.5", "3", "1.5", "0", "0.3333", "10%"),
    "op": (">=", "<", "=", "<=", ">", "!=", "<", ">="),
    "equal": ("=", "!="),
    "is": ("is known", "is unknown"),
    "in": ("in", "not in"),
    "sign": ("+", "-"),
    "word": ("and", "or"),
    "like": ("contains", "starts with", "ends with"),
    "has": ("has any", "has all"),
    "regex": ('"^a"', '"[a-z]+$"', '"."', '"(web|DE)"', '"^$"', '"\\\\w"', '"Ü"', '"it\'s?"'),
    "set": ('"web"', '"store"', '"app"'),
    "share": ("50%", "10%", "0%", "100%", "0.333"),
    "km": ("25km", "0km", "6000km"),
    "constant": TEXTS,
    "period": (
        "2026", "2026-Q1", "2026-03", "2026-W10", "2026-03-30", "2024-02", "2024-02-29", "this day", "last day",
        "next day", "this week", "last week", "this month", "last month", "next month", "this quarter", "last quarter",
        "this year", "last year", "next week", "next quarter", "next year",
    ),
}  # fmt: skip

PATTERNS: dict[str, tuple[str, ...]] = {
    "number": (
        "(<number> + <number>)", "(<number> - <number>)", "(<number> * <factor>)", "(<factor> * <number>)",
        "(<number> / <factor>)", "(<number> / <number>)", "(-<number>)", "abs(<number>)", "round(<number>)",
        "round(<number>, 2)", "round(<number>, 0)", "round(<number>, -1)", "floor(<number>)", "ceil(<number>)",
        "least(<number>, <number>)", "greatest(<number>, <number>, <number>)", "length(<text>)",
        "(<duration> / <duration>)", "year(<moment>)", "month(<moment>)", "day(<moment>)", "weekday(<moment>)",
        "hour(<moment>)", "years_since(<moment>)", "months_since(<moment>)", "days_since(<moment>)",
    ),
    "text": ("lower(<text>)", "upper(<text>)", "trim(<text>)", "least(<text>, <text>)", "greatest(<text>, <text>)"),
    "date": ("date(<moment>)", "anniversary(<moment>)", "least(<date>, <date>)"),
    "time": (
        "(<moment> <sign> <length>)", "(<moment> <sign> <duration.>)", "(<length> + <moment>)",
        "greatest(<time>, <moment>)", "least(<moment>, <time>)",
    ),
    "duration": (
        "age(<moment>)", "(<moment> - <moment>)", "(<duration> + <duration>)", "(<duration> - <duration>)",
        "(<duration> * <factor>)", "(<factor> * <duration>)", "(<duration> / <number.>)", "(-<duration>)",
        "least(<duration>, <duration>)",
    ),
    "bool": ("<condition>",),
    "list": ("<list.>",),
    "window": (
        "within <length>", "from <length> to <length> ago", "since <anchor>", "after <anchor>", "before <anchor>",
        "in <period>", "from <anchor> to <anchor>", "within <length> after <anchor>", "within <length> before <anchor>",
    ),
}  # fmt: skip

# of every kind that has an order, twice where K stands twice; times and dates compare with one another
ORDERED = ("number", "number", "text", "moment", "moment", "duration")
COMPARISONS = (
    "<K> <op> <K>", "<K> <op> <K!>", "<K> <op> <K!>", "<K!> <op> <K> <op> <K>", "<K> between <K!> and <K>",
    "<K> <in> (<K>, <K.>)", "<K> <in> (<K>)", "<K> <is>",
)  # fmt: skip
CONDITIONS = (
    *(pattern.replace("K", kind) for pattern in COMPARISONS for kind in ORDERED),
    *("not <condition>", "<condition> <word> <condition>", "<condition> and <condition> and <condition>") * 3,
    *("<moment> <window>", "<moment> within next <length>") * 3,
    *("<text> <like> <text>", "<text> matches <regex>", "<text> <like> <constant>"),
    *("<moment> <op> <duration>", "<length> <= <moment> < <length>", "<moment> between <length> and <length>"),
    *("<moment> <op> <length>", "<duration> <op> <moment>"),
    *("<bool> <equal> <bool>", "<bool> <is>", "<bool.>", "<bool> in (<bool>)"),
)
OF_CUSTOMER = (
    "<list> contains <text.>", "<list> <has> (<text.>)", "<list> <has> (<text.>, <constant>)", "<list> <is>",
    "distance(<me>lat, <me>lon, 48.20, 11.60) <op> <km>",
)  # fmt: skip
OF_SET = (
    "<me>channel <equal> <set>", "<me>channel <in> (<set>, <set>)", '(coalesce(<me>channel, "none")) <like> <constant>',
)  # fmt: skip
# what a list that has a name can stand in, N being the name
OF_LISTS: dict[str, tuple[str, ...]] = {
    "texts": ("<text> <in> (N)", "<text> <in> (N, <text.>)", "<text> <in> (<constant>, N)"),
    "numbers": ("<number> <in> (N)", "<number> <in> (<number.>, N)", "bands(<number>, N) <op> <number!>"),
    "durations": ("<duration> <in> (N)", "bands(<duration>, N) <op> <number!>", "bands(<moment>, N) <op> <number!>"),
}
OF_TEXTS = ("<list> <has> (N)", "<list> <has> (N, <constant>)")
OUTSIDE = (
    "sample(<share>, <constant>)", "any(<events>)", "none(<events>)", "any(<events>)",
)  # fmt: skip
