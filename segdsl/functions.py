"""The one table of functions and operators: name, parameters, result, SQL, description, examples.

The checker, the SQL, the docs and the editor all read these rows. The SQL is DuckDB's, with `:name` where an argument
goes; it is parsed once and filled with trees. Parameter types are the words below; a row is chosen by the first match.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from segdsl.types import Kind
from segdsl.values import Hashed, frozen, hash_once

# Decimals carry ten digits after the point.
DIGITS = 10
_DECIMAL = f"DECIMAL(38, {DIGITS})"
# Twice the quotient, cut towards zero by HUGEINT division: its half is then rounded half away from zero by the cast. One
# decimal digit more instead of the one bit would overflow where a duration of some 5,400 years is divided.
_QUOTIENT = (
    f"CAST(CAST(CAST((CAST(CAST({{a}} AS {_DECIMAL}) * 10000000000 AS HUGEINT) * 20000000000)"
    f" // NULLIF(CAST(CAST({{b}} AS {_DECIMAL}) * 10000000000 AS HUGEINT), 0) AS DECIMAL(38, 0))"
    f" * 0.5 AS DECIMAL(38, 0)) * 0.0000000001 AS {_DECIMAL})"
)
# The same for a part of a whole, r of n below nine trillion: two divisions of BIGINT (five digits, then six) cost a
# fiftieth. The ten-billionths, below 2^53, are then cast exactly.
_SHARE = (
    "CAST(CAST(((:r * 100000 // :n) * 1000000 + ((:r * 100000) % :n) * 1000000 // :n + 5) // 10 AS DOUBLE)"
    f" / 10000000000 AS DECIMAL(18, {DIGITS}))"
)
# The same for a mean, a total by a count: DOUBLE where its ten digits are sure, which costs a fiftieth. Its errors, a few
# of 2^-53, are far below a hundred thousandth of a ten-billionth of the value; what lies so near to the middle between
# two values of ten digits (and all that is above 50,000) is divided exactly.
_ROUGHLY = "(CAST(:total AS DOUBLE) / NULLIF(:n, 0))"
_MEAN = (
    f"CASE WHEN ABS({_ROUGHLY} * 1e10 - FLOOR({_ROUGHLY} * 1e10) - 0.5) > ABS({_ROUGHLY}) * 1e-5"
    f" THEN CAST({_ROUGHLY} AS {_DECIMAL}) ELSE {_QUOTIENT.format(a=':total', b=':n')} END"
)
_DIVIDE = _QUOTIENT.format(a=":a", b=":b")

# What a parameter's word admits.
WORDS: Mapping[str, frozenset[Kind]] = MappingProxyType(
    {
        "bool": frozenset({Kind.BOOL}),
        "condition": frozenset({Kind.BOOL}),
        "int": frozenset({Kind.INT}),
        "number": frozenset({Kind.INT, Kind.DECIMAL}),
        "text": frozenset({Kind.TEXT}),
        "list": frozenset({Kind.LIST}),
        "date": frozenset({Kind.DATE}),
        "time": frozenset({Kind.TIME}),
        "moment": frozenset({Kind.DATE, Kind.TIME}),
        "duration": frozenset({Kind.DURATION}),
        "distance": frozenset({Kind.DISTANCE}),
        "ordered": frozenset({Kind.INT, Kind.DECIMAL, Kind.TEXT, Kind.DATE, Kind.TIME, Kind.DURATION, Kind.DISTANCE}),
        "scalar": frozenset(Kind) - {Kind.LIST},
        "any": frozenset(Kind),
    }
)


@frozen
class Parameter:
    """A parameter: its name, the word for its type, whether it must be constant, may repeat."""

    name: str
    word: str
    constant: bool = False
    repeated: bool = False


@hash_once
@frozen
class Function(Hashed):
    """A row of the table. `result`: a kind's word, `widest` of the numbers given, or `same` as the arguments."""

    name: str
    params: tuple[Parameter, ...]
    result: str
    sql: str
    doc: str = ""
    examples: tuple[str, ...] = ()
    is_condition: bool = False
    operator: bool = False
    # the name of a plain-value computation the checker may do on constants; see check/constants.py
    variant: str = ""

    @property
    def key(self) -> str:
        """What tells rows of one name apart, for dialects that override one of them."""
        return f"{self.name}/{self.variant}" if self.variant else self.name


def _params(text: str) -> tuple[Parameter, ...]:
    """Reads `a: number, n: int constant, rest: number repeated`."""
    out = []
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, _, rest = part.partition(":")
        word, *marks = rest.split()
        out.append(Parameter(name, word, "constant" in marks, "repeated" in marks))
    return tuple(out)


def _function(name: str, params: str, result: str, sql: str, doc: str, *examples: str, variant: str = "") -> Function:
    return Function(name, _params(params), result, sql, doc, examples, variant=variant)


def _operator(name: str, params: str, result: str, sql: str, variant: str = "", condition: bool = False) -> Function:
    return Function(name, _params(params), result, sql, is_condition=condition, operator=True, variant=variant)


def _condition(name: str, params: str, sql: str, variant: str = "") -> Function:
    return _operator(name, params, "bool", sql, variant, condition=True)


# ---------------------------------------------------------------- operators

OPERATORS: tuple[Function, ...] = (
    _condition("and", "a: condition repeated", ""),
    _condition("or", "a: condition repeated", ""),
    _condition("not", "a: condition", "NOT :a"),
    _condition("=", "a: any, b: any", ":a = :b"),
    _condition("<", "a: ordered, b: ordered", ":a < :b"),
    _condition("<=", "a: ordered, b: ordered", ":a <= :b"),
    _condition(">", "a: ordered, b: ordered", ":a > :b"),
    _condition(">=", "a: ordered, b: ordered", ":a >= :b"),
    _condition("between", "a: ordered, b: ordered, c: ordered", ":a BETWEEN :b AND :c"),
    _condition("in", "a: any, b: any repeated", ""),
    _condition("is known", "a: any", ":a IS NOT NULL"),
    _condition("is unknown", "a: any", ":a IS NULL"),
    _condition("contains", "a: text, b: text", "STRPOS(:a, :b) > 0", "text"),
    _condition("contains", "a: list, b: text", "LIST_CONTAINS(:a, :b)", "list"),
    _condition("starts with", "a: text, b: text", "STARTS_WITH(:a, :b)"),
    _condition("ends with", "a: text, b: text", "ENDS_WITH(:a, :b)"),
    _condition("matches", "a: text, b: text constant", "REGEXP_MATCHES(:a, :b)"),
    _condition("has any", "a: list, b: text repeated", "LIST_HAS_ANY(:a, :b)"),
    _condition("has all", "a: list, b: text repeated", "LIST_HAS_ALL(:a, :b)"),
    _operator("-", "a: int", "int", "-:a", "negative int"),
    _operator("-", "a: number", "decimal", "-:a", "negative"),
    _operator("-", "a: duration", "duration", "-:a", "negative duration"),
    _operator("+", "a: number, b: number", "widest", ":a + :b"),
    _operator("-", "a: number, b: number", "widest", ":a - :b"),
    _operator("*", "a: int, b: int", "int", ":a * :b", "int"),
    # a product of two decimals of up to 18 digits would be one of 18 digits
    _operator("*", "a: number, b: number", "decimal", f"CAST(CAST(:a AS {_DECIMAL}) * :b AS {_DECIMAL})"),
    _operator("/", "a: number, b: number", "decimal", _DIVIDE),
    _operator("+", "a: duration, b: duration", "duration", ":a + :b", "durations"),
    _operator("-", "a: duration, b: duration", "duration", ":a - :b", "durations"),
    _operator("*", "a: duration, b: number", "duration", "CAST(CAST(:a AS DECIMAL(38, 0)) * :b AS BIGINT)", "duration"),
    _operator(
        "/", "a: duration, b: number", "duration", f"CAST({_QUOTIENT.format(a=':a', b=':b')} AS BIGINT)", "duration"
    ),
    _operator("/", "a: duration, b: duration", "decimal", _DIVIDE, "durations"),
    _operator("-", "a: moment, b: moment", "duration", "EPOCH_US(:a) - EPOCH_US(:b)", "times"),
    _operator("+", "a: moment, b: duration", "timestamp", "MAKE_TIMESTAMP(EPOCH_US(:a) + :b)", "time"),
    _operator("-", "a: moment, b: duration", "timestamp", "MAKE_TIMESTAMP(EPOCH_US(:a) - :b)", "time"),
)

# ---------------------------------------------------------------- functions

_ELAPSED_MONTHS = (
    "(EXTRACT(YEAR FROM :now) - EXTRACT(YEAR FROM :t)) * 12 + EXTRACT(MONTH FROM :now) - EXTRACT(MONTH FROM :t)"
)
_MONTHS_SINCE = (
    f"CAST({_ELAPSED_MONTHS} - CASE WHEN CAST(:t AS TIMESTAMP) + TO_MONTHS(CAST({_ELAPSED_MONTHS} AS INTEGER))"
    " > :now THEN 1 ELSE 0 END AS BIGINT)"
)
_NEXT_ANNIVERSARY = (
    "CAST(CAST(:d AS DATE) + TO_YEARS(CAST(EXTRACT(YEAR FROM :now) - EXTRACT(YEAR FROM :d) + CASE"
    " WHEN CAST(CAST(:d AS DATE) + TO_YEARS(CAST(EXTRACT(YEAR FROM :now) - EXTRACT(YEAR FROM :d) AS INTEGER)) AS DATE)"
    " < CAST(:now AS DATE) THEN 1 ELSE 0 END AS INTEGER)) AS DATE)"
)
# LEAST passes over NULL, so unknown coordinates are kept away from it
_HAVERSINE = (
    "CASE WHEN :lat1 + :lon1 + :lat2 + :lon2 IS NOT NULL THEN CAST(2 * 6371008.8 * ASIN(SQRT(LEAST(1.0, POWER(SIN(RADIANS(CAST(:lat2 AS DOUBLE) - CAST(:lat1 AS DOUBLE)) / 2), 2)"
    " + COS(RADIANS(CAST(:lat1 AS DOUBLE))) * COS(RADIANS(CAST(:lat2 AS DOUBLE)))"
    " * POWER(SIN(RADIANS(CAST(:lon2 AS DOUBLE) - CAST(:lon1 AS DOUBLE)) / 2), 2)))) AS DECIMAL(38, 3)) END"
)

FUNCTIONS: tuple[Function, ...] = (
    _function("abs", "x: number", "same", "ABS(:x)", "The number without its sign.", "abs(credit) > 10"),
    _function(
        "round", "x: number", "int", "CAST(ROUND(:x) AS BIGINT)", "The nearest whole number, halves away from zero.",
        "round(2.5) = 3",
    ),
    _function(
        "round", "x: number, digits: int constant", "decimal", f"CAST(ROUND(CAST(:x AS {_DECIMAL}), :digits) AS {_DECIMAL})",
        "Rounded to so many digits after the point (before it, where negative).", "round(2.25, 1) = 2.3", variant="digits",
    ),
    _function("floor", "x: number", "int", "CAST(FLOOR(:x) AS BIGINT)", "The greatest whole number not above x.", "floor(-2.5) = -3"),
    _function("ceil", "x: number", "int", "CAST(CEIL(:x) AS BIGINT)", "The smallest whole number not below x.", "ceil(2.1) = 3"),
    _function("least", "x: ordered repeated", "same", "", "The smallest of the values; unknown where one is.", "least(orders, 5)"),
    _function("greatest", "x: ordered repeated", "same", "", "The greatest of the values; unknown where one is.", "greatest(orders, 1)"),
    _function("coalesce", "x: any repeated", "same", "", "The first value that is known.", "coalesce(visits, 0)"),
    _function("lower", "s: text", "text", "LOWER(:s)", "The text in small letters.", 'lower(city) contains "a"'),
    _function("upper", "s: text", "text", "UPPER(:s)", "The text in capital letters.", 'upper(country) = "DE"'),
    _function("trim", "s: text", "text", "TRIM(:s, ' ')", "The text without spaces at both ends.", 'trim(city) = "Bonn"'),
    _function("length", "s: text", "int", "LENGTH(:s)", "How many characters (code points) the text has.", "length(city) > 3"),
    _function("year", "t: moment", "int", "EXTRACT(YEAR FROM :t)", "The year.", "year(signup) = 2026"),
    _function("month", "t: moment", "int", "EXTRACT(MONTH FROM :t)", "The month, 1 to 12.", "month(signup) = 12"),
    _function("day", "t: moment", "int", "EXTRACT(DAY FROM :t)", "The day of the month, 1 to 31.", "day(signup) = 1"),
    _function("weekday", "t: moment", "int", "ISODOW(:t)", "The day of the week, Monday 1 to Sunday 7.", "weekday(signup) >= 6"),
    _function(
        "hour", "t: moment", "int", "EXTRACT(HOUR FROM CAST(:t AS TIMESTAMP))", "The hour of the day, 0 to 23.", "hour(signup) < 12"
    ),
    _function(
        "years_since", "t: moment", "int", f"CAST(FLOOR(({_MONTHS_SINCE}) / 12) AS BIGINT)", "Whole years elapsed.",
        "years_since(birth_date) >= 18",
    ),
    _function("months_since", "t: moment", "int", _MONTHS_SINCE, "The most months that can be added to t without passing as-of.",
              "months_since(signup) >= 6"),
    _function(
        "days_since", "t: moment", "int",
        "CAST(FLOOR(CAST(EPOCH_US(:now) - EPOCH_US(:t) AS DECIMAL(38, 0)) / 86400000000) AS BIGINT)",
        "Whole days (of 24 hours) elapsed.", "days_since(signup) < 30",
    ),
    _function("age", "t: moment", "duration", "EPOCH_US(:now) - EPOCH_US(:t)", "The time elapsed since t.", "age(signup) > 90d"),
    _function("date", "t: moment", "date", "CAST(:t AS DATE)", "The day of a time.", "date(signup) = 2026-03-29"),
    _function("anniversary", "d: moment", "date", _NEXT_ANNIVERSARY, "The next day, today included, with the month and day of d.",
              "anniversary(birth_date) within next 14d"),
    _function("distance", "lat1: number, lon1: number, lat2: number, lon2: number", "distance", _HAVERSINE,
              "How far two points lie apart on the globe, in a straight line over its surface.",
              "distance(lat, lon, 48.20, 11.60) < 25km"),
)  # fmt: skip


@frozen
class AggregateRow:
    """An aggregate over events (and children): how it is called, and what a field of it may be ("" where it has none)."""

    name: str
    form: str
    word: str
    doc: str
    children: bool = True


AGGREGATES: Mapping[str, AggregateRow] = MappingProxyType(
    {
        row.name: row
        for row in (
            AggregateRow("count", "count(event)", "", "How many events."),
            AggregateRow("any", "any(event)", "", "Whether there is at least one event."),
            AggregateRow("none", "none(event)", "", "Whether there is no event."),
            AggregateRow("sum", "sum(event.field)", "number", "The sum of a field; 0 with no event."),
            AggregateRow("avg", "avg(event.field)", "number", "The mean of a field."),
            AggregateRow("median", "median(event.field)", "number", "The middle value, or the mean of the middle two."),
            AggregateRow("min", "min(event.field)", "scalar", "The smallest value of a field."),
            AggregateRow("max", "max(event.field)", "scalar", "The greatest value of a field."),
            AggregateRow("distinct", "distinct(event.field)", "scalar", "How many different known values."),
            AggregateRow("mode", "mode(event.field)", "scalar", "The most frequent value; the smallest of several."),
            AggregateRow(
                "first", "first(event.field)", "scalar", "The field at the earliest event that has it.", False
            ),
            AggregateRow("last", "last(event.field)", "scalar", "The field at the latest event that has it.", False),
            AggregateRow("nth", "nth(2, event.field)", "scalar", "The field at the n-th event that has it.", False),
            AggregateRow("days", "days(event)", "", "On how many calendar days there was an event.", False),
            AggregateRow("weeks", "weeks(event)", "", "In how many calendar weeks there was an event.", False),
            AggregateRow("months", "months(event)", "", "In how many calendar months there was an event.", False),
            AggregateRow("avg_gap", "avg_gap(event)", "", "The mean time between neighbouring events.", False),
            AggregateRow("max_gap", "max_gap(event)", "", "The longest time between neighbouring events.", False),
            AggregateRow("last_gap", "last_gap(event)", "", "The time between the latest two events.", False),
        )
    }
)


@frozen
class ScoreRow:
    """A score over the population: how it is called."""

    name: str
    form: str
    doc: str


SCORES: Mapping[str, ScoreRow] = MappingProxyType(
    {
        row.name: row
        for row in (
            ScoreRow("percentile", "percentile(x)", "The share of the population with a smaller x, from 0 to below 1."),
            ScoreRow("quantile", "quantile(k, x)", "1 to k, k the best k-th part."),
            ScoreRow("quintile", "quintile(x)", "1 to 5, 5 the best fifth."),
            ScoreRow("decile", "decile(x)", "1 to 10, 10 the best tenth."),
            ScoreRow("rank", "rank(x)", "1 for the greatest x, equal values alike."),
        )
    }
)


@frozen
class HistoryRow:
    """What is asked of the history of a segment or segmentation: how it is written."""

    name: str
    form: str
    doc: str


HISTORY: tuple[HistoryRow, ...] = (
    HistoryRow(
        "entered", "entered(segment)", "When the customer entered the segment or label, the last time of several."
    ),
    HistoryRow("left", "left(segment)", "When the customer left it, the last time of several."),
    HistoryRow("for", "segment for 30d", "Whether the customer is in it, and has been for so long without a break."),
    HistoryRow("ever", "ever segment", "Whether the customer is in it or ever was."),
    HistoryRow("was", "segmentation was label", "Whether that was the customer's label before the present one."),
)
# those that are calls
HISTORY_CALLS = ("entered", "left")
# calls that look like scores but look at one customer alone
BANDS = ScoreRow("bands", "bands(x, bound, …)", "1 + the number of bounds that x reaches.")
SAMPLE = ScoreRow("sample", 'sample(10%, "seed")', "A fixed share of the population, the same on every engine and day.")

# Rows that only the checker makes use of; no user names them.
INTERNAL: tuple[Function, ...] = (
    _operator("midnight", "d: date", "timestamp", "CAST(:d AS TIMESTAMP)"),
    _operator("shift", "t: moment, months: int constant, micros: int constant", "timestamp", ""),
    _operator("half", "a: number, b: number", "decimal", f"CAST((CAST(:a AS {_DECIMAL}) + :b) * 0.5 AS {_DECIMAL})"),
    _operator("quantile", "k: int, r: int, n: int", "int", "1 + (:k * :r) // :n"),
    _operator("mean", "total: number, n: int", "decimal", _MEAN),
    _operator("share", "r: int, n: int", "decimal", _SHARE),
    _operator("mean_gap", "span: duration, n: int", "duration", "(2 * :span + :n) // NULLIF(2 * :n, 0)"),
    _operator("day start", "t: moment", "timestamp", "DATE_TRUNC('day', :t)"),
    _operator("week start", "t: moment", "timestamp", "DATE_TRUNC('week', :t)"),
    _operator("month start", "t: moment", "timestamp", "DATE_TRUNC('month', :t)"),
    _operator("bands", "x: any, reached: condition repeated", "int", ""),
    _condition("sample", "member: text, seed: text, limit: int", "CAST('0x' || SUBSTR(MD5(:seed || '/' || :member), 1, 8) AS BIGINT) < :limit"),
)  # fmt: skip


def _by_name(rows: tuple[Function, ...]) -> Mapping[str, tuple[Function, ...]]:
    out: dict[str, tuple[Function, ...]] = {}
    for row in rows:
        out[row.name] = (*out.get(row.name, ()), row)
    return MappingProxyType(out)


OPERATOR_ROWS = _by_name((*OPERATORS, *INTERNAL))
FUNCTION_ROWS = _by_name(FUNCTIONS)


# every name that a call has without a definition
CALLS: tuple[str, ...] = (*FUNCTION_ROWS, *AGGREGATES, *SCORES, BANDS.name, SAMPLE.name, *HISTORY_CALLS)


def operator(name: str, variant: str = "") -> Function:
    """The operator row of a name and variant, for code that builds nodes of its own."""
    for row in OPERATOR_ROWS[name]:
        if row.variant == variant:
            return row
    raise KeyError(f"{name} {variant}")
