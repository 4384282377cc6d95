"""What people bring along from SQL and other languages, each with the exact help that it gets."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from itertools import product

import duckdb
import pytest

from segdsl.syntax import habits
from tests import engine
from tests.cases import default_model
from tests.world import Row, World

LOWER = "keywords are lower case: "
UNKNOWN_TOO = ", which holds for an unknown value too; SQL's is "
NOW = "times are compared by their age: `last_purchase < 90d`; `90d ago` is that long before as-of"
KNOWN = "whether a value is there is asked by `is known` and `is unknown`"
PER_EVENT = "an aggregate reads one field; what is worked out for each event is a field by the model's `sql`"
RULE = "a rule is written `gold when orders > 3`, the last one `silver otherwise`; nothing stands between them"
FALSE = "that is written `false` beside what is true or false; `not newsletter` holds where it is unknown too"
MONEY = "money is a plain number: `100`, `99.95`"
BRACKETS = "a name with spaces stands in backticks: `` `loyal ones` ``"

SPELLINGS = [
    # operators
    ("visits == 3", "equality is written `=`"),
    ("visits <> 3", f"inequality is written `!=`{UNKNOWN_TOO}`visits is known and visits != 3`"),
    ("visits => 3", "write `>=`"),
    ("visits =< 3", "write `<=`"),
    ("visits > 3 && newsletter", "write `and`"),
    ("visits > 3 || newsletter", "write `or`"),
    ("!newsletter", "write `not newsletter`"),
    ("!(visits > 3)", "write `not`"),
    ("visits > 3 AND newsletter", f"{LOWER}`and`"),
    ("visits > 3 Or newsletter", f"{LOWER}`or`"),
    ("NOT newsletter", f"{LOWER}`not`{UNKNOWN_TOO}`newsletter = false`"),
    ("visits IN (1, 2)", f"{LOWER}`in`"),
    ("visits BETWEEN 1 AND 2", f"{LOWER}`between`"),
    ("visits not between 1 and 2", "write `visits is known and not visits between 1 and 2`"),
    ("visits % 2 = 0", "known operators are + - * / = != < <= > >= and or not"),
    ("visits > 3 ? true : false", "write `case when … then … else … end`"),
    ("if visits > 3 then true", "write `case when … then … else … end`"),
    ("case visits when 1 then true end", "write `case when visits = … then … end`"),
    ("visits in 1, 2", 'values stand in brackets: `in (1, 2)`, `in ("a", "b")`'),
    ("visits in [1, 2]", 'a list is written in round brackets: `("a", "b")`'),
    # unknown values
    ("country IS NULL", "write `country is unknown`"),
    ("country is not null", "write `country is known`"),
    ("country = NULL", KNOWN),
    ("newsletter is true", "what is true or false is a condition by itself: `newsletter`"),
    ("newsletter IS NOT TRUE", "what is true or false is a condition by itself: `not newsletter`"),
    ("newsletter = TRUE", "write `true`, in lower case"),
    ("visits is 3", "write `visits = 3`"),
    ("visits is often", "`is known` and `is unknown` ask whether a value is there; `=` and `!=` compare values"),
    ("isnull(country)", "write `x is unknown`"),
    ("IFNULL(visits, 0) > 3", "write `coalesce(x, 0)`"),
    # texts
    ("city LIKE '%onn%'", 'write `city contains "onn"`'),
    ("city like 'Bo%'", 'write `city starts with "Bo"`'),
    ("city LIKE '%nn'", 'write `city ends with "nn"`'),
    ("city LIKE 'Bonn'", 'write `city = "Bonn"`'),
    ("city LIKE 'B%n'", 'write `city matches "^B.*n$"`'),
    ("city NOT LIKE '%onn%'", 'write `city is known and not city contains "onn"`'),
    ("city ILIKE '%Onn%'", 'write `lower(city) contains "onn"`'),
    ("city ~ 'Bo'", 'a pattern is tested by `matches "…"`'),
    ("city not contains 'Bo'", "write `not` in front of the whole condition"),
    ("city startswith 'Bo'", 'write `starts with "…"`'),
    ("city contains ('Bonn', 'Ulm')", '`contains` takes one text: `x contains "a" or x contains "b"`'),
    ("country = DE", 'a text stands in quotes: `"DE"`'),
    ("country in (DE, FR)", 'a text stands in quotes: `"DE"`'),
    ("city = “Bonn”", 'text is written in straight quotes: `"…"`'),
    ("visits > '3'", "numbers are written without quotes"),
    ("country = 49", "a text stands in quotes, one of digits too"),
    ("substr(city, 1, 2) = 'Bo'", "parts of a text are tested by `starts with`, `ends with`, `contains` and `matches`"),
    # times
    ("signup < 90 days", "a duration is written `90d`"),
    ("signup < 1 month", "a duration is written `1mo`"),
    ("signup < 1month", "write `1mo`"),
    ("signup < '30 days'", "dates and durations are written without quotes: `30d`"),
    ("signup < INTERVAL '30 days'", "a duration is written `30d`"),
    ("signup < interval 2 year", "a duration is written `2y`"),
    ("signup < INTERVAL '30' DAY", "a duration is written `30d`"),
    ("signup < 90", "an age carries its unit, as in `90d`; a date is written `2026-01-31`"),
    ("signup > '2026-01-31'", "dates and durations are written without quotes: `2026-01-31`"),
    ("signup > DATE '2026-01-31'", "dates and times are written as they are: `2026-01-31`, `2026-01-31T18:30`"),
    ("signup > date('2026-01-31')", "dates are written without quotes: `2026-01-31`"),
    ("signup > 2026-1-5", "a date is written `2026-01-05`"),
    ("signup = 2026", "a period is tested by `in 2026`, a day is written `2026-01-31`"),
    ("signup > now() - 90d", NOW),
    ("signup > CURRENT_DATE - 90d", NOW),
    (
        "datediff('day', signup, birth_date) > 3",
        "write `days_since(t)` or `months_since(t)`; times can be subtracted: `t2 - t1`",
    ),
    # aggregates
    ("COUNT(*) > 3", "all events are counted by `count(order)`"),
    ("count(distinct order.product) > 3", "different values are counted by `distinct(order.product)`"),
    ("count(order.product) > 3", "different values are counted by `distinct(order.product)`"),
    (
        "count(order) > 3 where amount > 5",
        "`where` stands inside the brackets of an aggregate: `sum(order.amount where …)`",
    ),
    ("count(order) where amount > 5", "`where` stands inside the brackets: `sum(order.amount where …)`"),
    ("any(order where order.amount > 5)", "the fields stand bare here: `amount`"),
    ("any(order.amount > 5)", "conditions of the events stand in `where`: `any(order where amount > 5)`"),
    ("any(order > 30d ago)", "the time of an event is `at`: `any(order where at > 30d ago)`"),
    ("any(order < 30d ago)", "the time of an event is `at`: `any(order where at < 30d ago)`"),
    (
        "sum(order.amount - order.items) > 3",
        f"{PER_EVENT}; `sum(order.amount) - sum(order.items)` is the same where both are known of every event",
    ),
    ("sum(order.amount * order.items) > 3", PER_EVENT),
    ('country = "DE" or "AT"', 'one of several values is asked by `in`: `x in (…, "AT")`'),
    ('interests contains any ("a", "b")', 'items of a list are tested by `x has any ("a", "b")`'),
    ('interests contains any ("a")', 'items of a list are tested by `x has any ("a", "b")`'),
    ('interests contains all ("a", "b")', 'write `x has all ("a", "b")`'),
    ("any(order last 30 days)", "a window up to now is written `order within 30d`"),
    ("any(order within last 2 weeks)", "a window up to now is written `order within 2w`"),
    ("avg(order.amount) within 30d > 5", "a window stands inside the brackets: `sum(order.amount within 30d)`"),
    ("order.amount > 5", "an event is read by an aggregate: `sum(order.amount)`, `any(order where amount …)`"),
    ("country.plan = 3", "`country` has no parts"),
    ("ordr.amount > 5", "an event is read by an aggregate: `sum(order.amount)`, `any(order where amount …)`"),
    ("orders.amount > 5", "an event is read by an aggregate: `sum(order.amount)`, `any(order where amount …)`"),
    ("sum(amount) > 5", "a field is written behind its event: `sum(order.amount)`"),
    ("any(order where category = 'a')", "it is a field of the lookup: `product.category`"),
    ("max(order.ordered_at) > 30d ago", "the time of an event is `at`"),
    ("exists(order where amount > 5)", "write `any(order)`, `any(order where …)`"),
    (
        "quintile(visits) over (partition by country) = 5",
        "a score stands alone, its groups inside the brackets: `quintile(x per country)`",
    ),
    ("rank(visits desc) < 10", "`rank` gives 1 to the greatest value; `rank(-x)` turns it round"),
    ("sequence(view, order)", "steps are joined by `then`: `sequence(view then order)`"),
    ("view then order", "steps stand in a sequence: `sequence(view then order)`"),
    ("count(order where amount > 3, items > 1) > 1", "conditions are joined by `and`"),
    (
        "count(order where amount > 3 within 30d) > 1",
        "the window stands before `where`: `count(order within 30d where …)`",
    ),
    (
        "count(order, amount > 3) > 1",
        "conditions of the events stand in `where`: `count(order where amount > 3)`",
    ),
    ("sum(order.amount, 90d) > 1", "a window is written `sum(order.amount within 90d)`"),
    ("max(visits, credit) > 1", "of several values of one customer: `greatest(visits, credit)`"),
    (
        "avg(total_spend) > 1",
        "aggregates read events; a score compares a customer with all others: `percentile(total_spend)`",
    ),
    ("any(order within 30d ago)", "the 30d up to now are `within 30d`; all since then is `since 30d ago`"),
    ("any(order within 30d to 60d)", "write `from 60d to 30d ago`"),
    (
        "any(order since last month)",
        "all since a day is written `since 2026-01-31`; `in last month` is that month alone",
    ),
    ("any(order within last month)", "write `in last month`, or `within 1mo` for the time up to now"),
    ("any(order from last month)", "write `in last month`"),
    ("signup last year", "write `in last year`"),
    ("signup older than 90d", "a time is compared by its age: `signup > 90d`"),
    ("any(order within 60d to 4w)", "write `from 60d to 4w ago`"),
    ("signup in 90d", "write `within 90d`"),
    ("signup + 30 > 2026-01-01", "a duration carries its unit: `30d`, `12h`, `3mo`"),
    (
        "sequence(view then not order within 3d)",
        "what must not happen is a step `no order within 30d`",
    ),
    # numbers
    ("visits = (1, 2)", "one of several values is asked by `in`: `x in (1, 2)`"),
    ("visits = 1 or 2", "one of several values is asked by `in`: `x in (1, 2)`"),
    ("newsletter = 1", "that is written `true` beside what is true or false"),
    ("newsletter = 0", FALSE),
    ('newsletter != "No"', FALSE),
    (
        "newsletter = 7",
        "what is true or false is a condition by itself: `newsletter`; it is false in `newsletter = false`",
    ),
    ("days_since(signup) < 90d", "`days_since` gives a number of days, which carries no unit"),
    ("years_since(signup) >= 18y", "`years_since` gives a number of years, which carries no unit"),
    ("signup since 2025", "a day stands here: `2025-01-01`; the whole period is `in 2025`"),
    ("signup from 2025-01 to 2025-02-28", "a day stands here: `2025-01-01`; the whole period is `in 2025-01`"),
    ("signup from 2025-01-01 to 2025-02", "a day stands here: `2025-02-28`; the whole period is `in 2025-02`"),
    ("any(order after 2025)", "a day stands here: `2025-12-31`; the whole period is `in 2025`"),
    ("visits(3) > 1", "`visits` is an attribute and takes no arguments"),
    (
        "customer_id = 3",
        "the key of a customer is no value of rules; named among the attributes of the model, it is one",
    ),
    ("credit > 1,000", "thousands are set apart by `_`: `1_000`"),
    ("credit > 0,5", "write `0.5`"),
    ("credit > 1.000,50", "write `1_000.50`"),
    ("credit > 1.000.000,5", "write `1_000_000.5`"),
    ("signup > 31.12.2025", "a date is written `2025-12-31`"),
    ("signup > 1.2.2025", "a date is written `2025-02-01`"),
    ("credit > 5k", "write the number in full: `5_000`"),
    ("credit > $100", MONEY),
    ("credit > 100€", MONEY),
]

NAMED = "names are of letters, digits and `_`, and begin with no digit; any other stands in backticks: "
DEFINITIONS = [
    ("segment loyal ones = visits > 3", BRACKETS),
    ('segment "loyal ones" = visits > 3', BRACKETS),
    ("segment a: visits > 3", "a name is followed by `=`"),
    ("Segment a = visits > 3", f"{LOWER}`segment`"),
    ("segment a = visits > 3;", "definitions need no end mark"),
    (
        "segment a = SELECT * FROM customer",
        "a rule is one condition and needs no SELECT: `segment big = sum(order.amount) > 500`",
    ),
    ("segmentation t { gold: visits > 3 }", RULE),
    ("segmentation t { gold when visits > 3, silver otherwise }", RULE),
    (
        "segmentation t = case when visits > 3 then 1 end",
        "a segmentation is written `tier { gold when orders > 3  silver otherwise }`",
    ),
    ("import rfm", "a library is put to use by `use rfm`"),
]


DAYS = "days and months are numbers: "
TYPE = "a value has the type that the model states, and none is made into another"
DEFINES = "a condition is defined by `segment name = …`, a value by `trait name = …`, a constant by `param name = …`"
BOUNDED = "a size is expected between two limits: "
INSIDE = "a window stands inside the brackets: "
FROM_NOW = "a window from now on is written "
ONE_BY_ONE = "a rule is one condition of one customer, whose events aggregates read: `count(order) > 3`"
STEP = "a step is one kind of event; two sequences are joined: `sequence(…) or sequence(…)`"
SPELLINGS += [
    ('month(last_purchase) = "December"', f"{DAYS}`12`"),
    ('weekday(last_purchase) = "mon"', f"{DAYS}`1`"),
    ("weekday(last_purchase) = Monday", f"{DAYS}`weekday(t) = 1`"),
    ('visits = "December"', "numbers are written without quotes"),
    ("view -> order", "what follows what is a sequence: `sequence(view then order)`"),
    (
        "sequence(view then order) within 30d",
        "a window belongs to a step: `sequence(view within 30d then order within 1d)`",
    ),
    ("sequence(view then order within 30d or message)", STEP),
    ("sequence(view where (category = 'x') then order and message)", STEP),
    (
        "sequence(view then order where amount > 10 and then message)",
        "steps are joined by `then` alone: `sequence(view then order)`",
    ),
    ("first(order).amount > 3", "write `first(order.amount)`"),
    ("any(order where product = 3)", "a text stands in quotes, one of digits too"),
    ("total_spend in top 10%", "write `percentile(total_spend) >= 90%`"),
    ("total_spend in the bottom 10%", "write `percentile(total_spend) < 10%`"),
    ("total_spend in top 100", "write `rank(total_spend) <= 100`"),
    ("total_spend in bottom 100", "write `rank(-total_spend) <= 100`"),
    ("rank(total_spend) over 10", "write `rank(total_spend) > 10`"),
    ("rank(total_spend) below 10", "write `rank(total_spend) < 10`"),
    ("quintile(5, total_spend) = 1", "`quantile(4, x)` takes the number of parts"),
    ("rank(10, total_spend) = 1", "`rank(x) <= 10` are the first ten"),
    ("last_purchase > 10/01/2017", "a date is written `2017-10-01` or `2017-01-10`"),
    ("last_purchase > 24/12/2017", "a date is written `2017-12-24`"),
    ("last_purchase > 24/24/2017", "a date is written `2026-01-31`"),
    ("visits > 50'000", "thousands are set apart by `_`: `50_000`"),
    ("year(last_purchase) = year", "`year` is built in and stands before brackets: `year(…)`"),
    ('id = "3"', "the key is no value of rules; `segdsl explain SEGMENT --id KEY` looks at one"),
    ("{visits} > 3", "a name stands without brackets: `visits`"),
    ('text(visits) = "3"', TYPE),
    ("visits as text", TYPE),
    ('coalesce(visits, "none") = "none"', "what is unknown may stay so: no text has to stand for it"),
    ("nth(order.amount, 2) > 3", "the number comes first: `nth(2, order.amount)`"),
    (
        "last(order.channel, order.amount) > 3",
        "an aggregate reads one field: `last(order.channel)`, `last(order.amount)`",
    ),
    ("visits > 3 orders < 5", "two conditions are joined by `and` or by `or`"),
    ("(visits > 3) newsletter", "two conditions are joined by `and` or by `or`"),
]
DEFINITIONS += [
    ("segment a(x) = visits > zzz", "the parameters here are `x`"),
    ("segment a = visits > 1\nexample a: visits = 1", "write `example in a: …`"),
    ("segment a = visits > 1\nexample in a visits = 1", "a colon stands after the name: `example in a: …`"),
    ("segment a = visits > 1\nexample not in a visits = 1", "a colon stands after the name: `example not in a: …`"),
    ("@owner crm\nsegment a = visits > 1", 'write `@owner("crm")`'),
    ("segment a = visits > 1\nexpect a > 3", f"{BOUNDED}`a between 4 and 1_000_000`"),
    ("segment a = visits > 1\nexpect a >= 2_000_000", f"{BOUNDED}`a between 2000000 and 20000000`"),
    ("segment a = visits > 1\nexpect a < 10%", f"{BOUNDED}`a between 0% and 10%`"),
    ("segment a = visits > 1\nexpect a < 1", f"{BOUNDED}`a between 0 and 0`"),
    ("segment a = visits > 1\nexpect a = 5", f"{BOUNDED}`a between 5 and 5`"),
    ("define a = visits > 3", DEFINES),
    ("segment my-seg = visits > 3", f"{NAMED}`` `my-seg` ``"),
    ("segment 2nd = visits > 3", f"{NAMED}`` `2nd` ``"),
    ("segmentation 2nd-tier { a otherwise }", f"{NAMED}`` `2nd-tier` ``"),
    ("audience a = visits > 3", DEFINES),
]


# the words of SQL and of segment editors
SPELLINGS += [
    ("avg(order.amount) over 30d > 50", f"{INSIDE}`avg(order.amount within 30d)`"),
    ("avg_gap(order) over 30d", "write `avg_gap(order) > 30d`"),
    ("last_purchase over 90 days ago", "a time is compared by its age: `last_purchase > 90d`"),
    ("count(order) >= 3 since 2026-01-01", f"{INSIDE}`sum(order.amount since 2026-01-31)`"),
    ("count(order) > 3 times", "how often is a plain number: `count(order) > 3`"),
    ("no order within 30d", "events stand in brackets: `none(order)`"),
    ("city LIKE 'a\\_b%'", 'write `contains "…"`, `starts with "…"`, `ends with "…"` or `matches "…"`'),
    ("city <> NULL", KNOWN),
    ("visits > 3 | newsletter", "write `or`"),
    ("visits > 3 & newsletter", "write `and`"),
    ("visits between 1 to 3", "write `between a and b`"),
    ('"shoes" not in interests', 'write `not interests contains "shoes"`'),
    ("visits + credit <> 3", "inequality is written `!=`, which holds for an unknown value too"),
    ("NOT (visits > 3)", "keywords are lower case: `not`, which holds for an unknown value too"),
    ('city includes "x"', 'a part is tested by `contains "…"`, items of a list too'),
    ('interests contains "a", "b"', 'of a list: `has any ("a", "b")`; of a text: `x contains … or x contains …`'),
    ('interests has any "a"', 'values stand in brackets: `has any ("a")`'),
    ('"shoes" in interests', 'write `interests contains "shoes"`'),
    ("country in eu", "values stand in brackets, those of a list too: `in (eu)`"),
    ("signup is after 2026-01-01", "`is` is left out: `signup after 2026-01-01`"),
    ("anniversary(birth_date) in next 7d", f"{FROM_NOW}`anniversary(birth_date) within next 7d`"),
    ("any(order in Q1 2025)", "a period is written `order in 2025-Q1`"),
    ("any(order in 2025-01 to 2025-02)", "write `order from 2025-01-01 to 2025-02-28`"),
    ("percentile(visits) > 80 %", "a share is written without a blank: `10%`"),
    ("credit > 100 EUR", MONEY),
    ("credit > 100EUR", "money is a plain number: `100`"),
    ("count(order) > 3 group by country", ONE_BY_ONE),
    ("count(order) filter (where amount > 3) > 1", "`where` stands inside the brackets: `count(order where …)`"),
    ("visits > 3 limit 10", "the first so many are found by a score: `rank(total_spend) <= 10`"),
    ("visits::int > 3", TYPE),
    ("visits mod 2 = 0", "known operators are + - * / = != < <= > >= and or not"),
]
DEFINITIONS += [
    (
        "segment x for account = seats > 3",
        "whose values it holds is said by `segment x of account`; a name with spaces stands in backticks",
    ),
    ("@tags(web mail)\nsegment a = visits > 1", 'a text stands in quotes: `@tags("web mail")`'),
    ("@owner(ann@shop.de)\nsegment a = visits > 1", 'a text stands in quotes: `@owner("ann@shop.de")`'),
]


@pytest.mark.parametrize(
    ("rules", "help_"), [*((f"segment a = {text}", help_) for text, help_ in SPELLINGS), *DEFINITIONS]
)
def test_a_habit_is_told_the_right_spelling(rules: str, help_: str) -> None:
    first = next(item for item in engine.diagnostics(default_model(), rules) if item.is_error)
    assert first.help == help_, first.render()


@pytest.mark.parametrize(
    ("text", "meant"),
    [("30 days", "30d"), ("2 Hours", "2h"), ("1 month", "1mo"), ("15 mins", "15min"), ("soon", None), ("days", None)],
)
def test_a_duration_in_words_is_understood(text: str, meant: str | None) -> None:
    assert habits.duration_of(text) == meant


# ---------------------------------------------------------------- names that fit, and where types come from


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        # a condition is wanted: the bool comes before the nearer number
        ("trait newsletters = 1\nsegment a = newslettr and visits > 1", "perhaps `newsletter` or `newsletters`"),
        ("trait is_big = visits\nsegment is_bigg = visits > 9\nsegment a = is_bigx", "perhaps `is_bigg` or `is_big`"),
        (
            "trait is_big = visits\nsegment is_bigg = visits > 9\nsegment a = is_bigx > 1",
            "perhaps `is_big` or `is_bigg`",
        ),
        # before a dot stands what has parts
        ('segment a = accounts.plan = "x"', "perhaps `account`"),
        ("segment a = custmer.visits > 1", "perhaps `customer`"),
        ("segmentation tier { gold otherwise }\nsegment a = teir.gold", "perhaps `tier`"),
        ("trait a = sum(order.itms)", "expected `items`"),
        ("trait a = sum(order.xyz)", "expected `amount` or `items`"),
        ("segment a = any(order where xyz > 3)", "expected `amount` or `items`"),
        ("segment a = any(order where xyz)", "expected `gift`"),
    ],
)
def test_names_that_fit_come_first(rules: str, message: str) -> None:
    (first,) = [item for item in engine.diagnostics(default_model(), rules) if item.is_error]
    assert first.message.endswith(message), first.render()


@pytest.mark.parametrize(
    ("rules", "labels"),
    [
        ("segment a = newsletter and visits", ["`visits` is int"]),
        ("trait home = city\nsegment a = home > credit", ["`home` is text", "`credit` is decimal"]),
        ("segment a = any(order where channel > 3)", ["`channel` is text"]),
        ("segment a = any(order where product.category > 3)", ["`category` is text"]),
        ("trait a = sum(order.channel)", ["`channel` is text"]),
        ("trait a = length(visits)", ["`visits` is int"]),
        ("segment a = visits within 3d", ["`visits` is int"]),
        ("segment a = account.seats = city", ["`seats` is int", "`city` is text"]),
    ],
)
def test_a_type_error_says_where_the_types_come_from(rules: str, labels: list[str]) -> None:
    (first,) = [item for item in engine.diagnostics(default_model(), rules) if item.is_error]
    assert [label.message for label in first.labels] == labels
    assert {label.span.source.path for label in first.labels} <= {"segdsl.yaml", "rules.seg"}


def test_bounds_of_another_type_are_told_once() -> None:
    assert len(engine.diagnostics(default_model(), 'trait a = bands(visits, "a", "b")')) == 1


def test_a_key_of_a_lookup_leads_to_its_fields() -> None:
    model = default_model()
    model["lookups"]["product"]["key"] = {"column": "id", "type": "int"}
    model["events"]["order"]["fields"]["product"] = {"column": "product", "lookup": "product", "type": "int"}
    (first, *_) = engine.diagnostics(model, 'segment a = any(order where product = "MILK")')
    assert first.help is not None
    assert first.help.startswith("`product` is the key of a `product`, whose fields are `product.category`"), first.help


def test_a_library_is_known_in_any_letter_case() -> None:
    (first, *_) = engine.diagnostics(default_model(), "use RFM")
    assert first.message == "unknown library `RFM`, expected `rfm`"


def test_an_example_that_gives_what_is_worked_out_is_told_what_it_gives() -> None:
    (first, *_) = engine.diagnostics(default_model(), "segment a = orders > 0\nexample in a: orders = 1")
    assert first.help is not None
    assert first.help.startswith("`orders` is worked out; an example gives attributes of `customer`, and events: `")


# ---------------------------------------------------------------- what is followed means what was written elsewhere

# rows with unknown values in all columns, each by itself, and texts that patterns of LIKE and of RE2 read differently
PEOPLE: list[Row] = [
    {"customer_id": f"c{number}", "newsletter": newsletter, "visits": visits, "credit": credit, "city": city}
    | {"country": country, "signup": signup}
    for number, (newsletter, visits, credit, city, country, signup) in enumerate(
        product(
            (True, False, None),
            (None, 1, 3),
            (None, Decimal("99.5")),
            (None, "", "Bonn", "BONN", "a.b", "aXb", "it's", 'the "Bonn"', "/help?q=1off", "/helq=1off"),
            (None, "DE", "FR"),
            (None, dt.datetime(2026, 3, 30), dt.datetime(2025, 1, 1)),
        )
    )
]

# a condition of SQL, as it is written here too
SQL = [
    "newsletter IS TRUE",
    "newsletter IS NOT TRUE",
    "newsletter IS FALSE",
    "newsletter IS NOT FALSE",
    "newsletter = FALSE",
    "NOT newsletter",
    "visits > 2 AND newsletter",
    "visits > 2 OR newsletter",
    "visits <> 3",
    "visits IN (1, 2)",
    "visits NOT IN (1, 2)",
    "country NOT IN ('DE', 'AT')",
    "visits BETWEEN 1 AND 2",
    "visits NOT BETWEEN 1 AND 2",
    "visits IS NULL",
    "visits IS NOT NULL",
    "visits IS DISTINCT FROM 3",
    "visits IS NOT DISTINCT FROM 3",
    "visits IS DISTINCT FROM NULL",
    "visits IS DISTINCT FROM credit",
    "visits IS NOT DISTINCT FROM credit",
    "city LIKE '%onn%'",
    "city LIKE 'Bo%'",
    "city LIKE '%nn'",
    "city LIKE 'Bonn'",
    "city LIKE 'B%n'",
    "city LIKE 'a_b'",
    "city LIKE 'a.b%c%'",
    "city LIKE '/help?q=%off'",
    "city LIKE '%'",
    "city LIKE ''",
    "city LIKE 'it''s'",
    "city LIKE '%\"Bonn\"'",
    "city NOT LIKE '%onn%'",
    "city NOT LIKE 'a.%b'",
    "city ILIKE '%ONN'",
    "city NOT ILIKE 'b%n'",
    "lower(city) LIKE '%onn%'",
    "lower(city) NOT LIKE '%onn%'",
    "IFNULL(visits, 0) < 3",
    "lcase(city) = 'bonn'",
    "len(city) = 4",
]
# as people say it, with what it is in SQL; the moment is the 31st of March 2026
SAID = [
    ("signup less than 90 days ago", "signup > TIMESTAMP '2026-03-31' - INTERVAL 90 DAY"),
    ("signup more than 3 months ago", "signup < TIMESTAMP '2025-12-31'"),
    ("signup newer than 90d", "signup > TIMESTAMP '2026-03-31' - INTERVAL 90 DAY"),
    ("signup older than 90 days", "signup < TIMESTAMP '2026-03-31' - INTERVAL 90 DAY"),
    ("signup is not older than 90 days", "signup >= TIMESTAMP '2026-03-31' - INTERVAL 90 DAY"),
    ("signup earlier than 2026-01-01", "signup < TIMESTAMP '2026-01-01'"),
    ("signup newer than 2026-01-01", "signup >= TIMESTAMP '2026-01-02'"),
    ("signup is at least 1 year ago", "signup <= TIMESTAMP '2025-03-31'"),
    ("credit more than 50", "credit > 50"),
    ("visits is greater than or equal to 3", "visits >= 3"),
    ("visits less than 3", "visits < 3"),
    ("visits at least 3", "visits >= 3"),
    ("visits at most 2", "visits <= 2"),
    ("visits no more than 2", "visits <= 2"),
    ("visits over 1", "visits > 1"),
    ("visits equals 3", "visits = 3"),
    ("visits is equal to 3", "visits = 3"),
    ("visits does not equal 3", "visits IS DISTINCT FROM 3"),
    ("country is any of ('DE', 'AT')", "country IN ('DE', 'AT')"),
    ("country is none of ('DE', 'AT')", "country NOT IN ('DE', 'AT') OR country IS NULL"),
    ("city does not contain 'onn'", "NOT coalesce(contains(city, 'onn'), false)"),
    ("newsletter except visits > 2", "newsletter AND NOT coalesce(visits > 2, false)"),
    ("signup in the past 90 days", "signup > TIMESTAMP '2026-03-31' - INTERVAL 90 DAY"),
    ("signup not in 2026", "signup IS NULL OR signup < '2026-01-01'"),
    ("signup not in last month", "signup IS NULL OR NOT (signup >= '2026-02-01' AND signup < '2026-03-01')"),
    ("signup not in the last 90 days", "signup IS NULL OR signup <= TIMESTAMP '2026-03-31' - INTERVAL 90 DAY"),
    ("signup not within 90d", "signup IS NULL OR signup <= TIMESTAMP '2026-03-31' - INTERVAL 90 DAY"),
    ("signup is never", "signup IS NULL"),
    ("country = 'DE', 'FR'", "country IN ('DE', 'FR')"),
    ("signup is on 2026-03-30", "signup::DATE = '2026-03-30'"),
    ("signup in march 2026", "signup >= '2026-03-01' AND signup < '2026-04-01'"),
    ("signup in 2025Q1", "signup >= '2025-01-01' AND signup < '2025-04-01'"),
    ("signup in 2025-01 to 2025-03", "signup >= '2025-01-01' AND signup < '2025-04-01'"),
]


def followed(text: str, steps: int = 3) -> str | None:
    """The rule that comes of following the help that a text gets, and the help of that; None where none comes. What
    the help ends with stands for what is refused, or for all from its own subject on; of a call it is the name alone.
    """
    found = next(iter(engine.diagnostics(default_model(), f"segment a = {text}")), None)
    if found is None or found.help is None or not steps:
        return None if found else text
    assert found.span is not None
    told = re.findall("`([^`]*)`", found.help)[-1]
    before = text[: found.span.start - len("segment a = ")]
    after = text[len(before) + len(found.span.text) :]
    subject = re.escape(told.removeprefix("not ").partition(" ")[0])
    tried = [
        f"{before}{told.partition('(')[0] if after.startswith('(') else told}{after}",
        re.split(rf"(?<!\w){subject}(?!\w)", before)[0] + told,
        told,
    ]
    rules = (followed(rule, left) for left in range(steps) for rule in tried)
    return next((rule for rule in rules if rule is not None), None)


@pytest.fixture(scope="module")
def people() -> duckdb.DuckDBPyConnection:
    """The same rows, for SQL."""
    connection = duckdb.connect()
    columns = engine.arrow_tables(engine.load(default_model()), {"customer": PEOPLE})["customer"]
    connection.register("customer", columns)
    return connection


def test_a_help_that_is_followed_gives_the_members_of_the_sql(people: duckdb.DuckDBPyConnection) -> None:
    asked = [(sql, sql) for sql in SQL] + SAID
    rules = {f"s{number}": followed(text) or f"nothing came of {text}" for number, (text, _) in enumerate(asked)}
    world = World(default_model(), {"customer": PEOPLE}, dt.datetime(2026, 3, 31))
    found = engine.evaluate(world, "\n".join(f"segment {name} = {rule}" for name, rule in rules.items()), rules)
    differing: list[str] = []
    for (name, rule), (text, sql) in zip(rules.items(), asked, strict=True):
        wanted = {key for (key,) in people.execute(f"SELECT customer_id FROM customer WHERE {sql}").fetchall()}
        members = {key for key, is_member in found[name].items() if is_member}
        if members != wanted:
            differing.append(f"{text} became {rule}: {len(members - wanted)} more, {len(wanted - members)} less")
    assert not differing, "\n".join(differing)


@pytest.mark.parametrize(
    "condition", ["tier = high as of 30d ago", "high as of 30d ago = tier", "tier != high as of 30d ago"]
)
def test_as_of_behind_a_label_is_told_where_it_belongs(condition: str) -> None:
    rules = f"segmentation tier {{ high when visits > 10  low otherwise }}\nsegment s = {condition}"
    (found,) = (item for item in engine.diagnostics(default_model(), rules) if item.is_error)
    assert (found.code, found.help) == (
        "SEG201",
        "`as of` belongs to what stands right before it: write `(tier as of 30d ago) = high`",
    )
