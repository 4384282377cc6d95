# ruff: noqa: E501 - a table
"""What cannot be read: each mistake has its place, its sentence and its help."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from segdsl.diagnostics import Source
from segdsl.syntax import tree
from segdsl.syntax.builder import MAX_DEPTH
from segdsl.syntax.formatter import format_source
from segdsl.syntax.parser import MAX_BYTES, parse, parse_customer, parse_value
from segdsl.syntax.printer import print_expr

GOES_ON = "expected an operator or the end of the definition, found"

MISTAKES = [
    # unfinished, or something too many
    ("segment a =", "1:12", "SEG101", "expected a value, found the end of the definition", None),
    ("segment a = x <", "1:16", "SEG101", "expected a value, found the end of the definition", None),
    ("segment a = x and not # more", "1:22", "SEG101", "expected a value, found the end of the definition", None),
    ("segment a = x and and y", "1:19", "SEG101", "expected a value, found `and`", None),
    ("segment a = b c", "1:15", "SEG101", f"{GOES_ON} `c`", "two conditions are joined by `and` or by `or`"),
    ("segment a = x in (a, b))", "1:24", "SEG101", "expected the end of the definition, found `)`", None),
    ("segment = 3", "1:9", "SEG101", "expected a name, found `=`", None),
    (
        "trait a = case when x then y",
        "1:29",
        "SEG101",
        "expected `else`, `end` or `when`, found the end of the definition",
        None,
    ),
    (
        "segmentation t {\n  a x\n}",
        "2:3",
        "SEG101",
        "expected `}` or a label with `when` or `otherwise`, found `a`",
        "a rule is written `gold when orders > 3`, the last one `silver otherwise`; nothing stands between them",
    ),
    ("example loyal: order()", "1:9", "SEG101", "expected `in` or `not`, found `loyal`", "write `example in loyal: …`"),
    ("segment a = x between 1, 2", "1:24", "SEG101", "expected `and`, found `,`", None),
    # brackets and quotes
    (
        "segment a = x in (1",
        "1:18",
        "SEG102",
        "`(` is never closed, expected `)` before the end of the definition",
        None,
    ),
    (
        "segmentation t {\n a when x",
        "1:16",
        "SEG102",
        "`{` is never closed, expected `}` before the end of the definition",
        None,
    ),
    (
        'segment a = "abc',
        "1:13",
        "SEG103",
        'text is not closed, expected " before the end of the line',
        "a line break is written `\\n`",
    ),
    # names
    (
        "segment use = 3",
        "1:9",
        "SEG104",
        "expected a name, found the reserved word `use`",
        "choose another name, or write it in backticks: `` `use` ``",
    ),
    (
        "segment a = x.segment",
        "1:15",
        "SEG104",
        "expected a name, found the reserved word `segment`",
        "choose another name, or write it in backticks: `` `segment` ``",
    ),
    # numbers and units
    ("param a = 5m", "1:11", "SEG105", "`5m` is ambiguous, expected `5min` or `5mo`", None),
    (
        "param a = 5parsec",
        "1:11",
        "SEG105",
        "unknown unit `parsec` in `5parsec`",
        "durations end in s, min, h, d, w, mo, q or y; distances in km or mi; shares in %",
    ),
    (
        "param a = 3²",
        "1:11",
        "SEG105",
        "unknown unit `²` in `3²`",
        "durations end in s, min, h, d, w, mo, q or y; distances in km or mi; shares in %",
    ),
    ("param a = 1.5mo", "1:11", "SEG106", "expected a whole number of `mo`, found `1.5mo`", None),
    (
        "param a = 1234567890123456789",
        "1:11",
        "SEG106",
        "expected a number with at most 18 digits before the point and 10 after it, found `1234567890123456789`",
        None,
    ),
    # dates
    ("param a = 2026-02-30", "1:11", "SEG107", "`2026-02-30` is not in the calendar", None),
    ("param a = 2026-01-31T24:30", "1:11", "SEG107", "`2026-01-31T24:30` is not in the calendar", None),
    ("segment a = t in 2026-Q5", "1:18", "SEG107", "`2026-Q5` is not in the calendar", None),
    ("segment a = t in 2026-13", "1:18", "SEG107", "`2026-13` is not in the calendar", None),
    ("segment a = t in 2026-W54", "1:18", "SEG107", "`2026-W54` is not in the calendar", None),
    (
        "segment a = t in 2026-01-01T10:00",
        "1:18",
        "SEG101",
        "expected a period such as `2026-03` or a day, found `2026-01-01T10:00`",
        None,
    ),
    (
        'segment a = x matches "a\\.b"',
        "1:25",
        "SEG109",
        "unknown escape `\\.` in text",
        "known are \\\" \\' \\\\ \\n \\t; a pattern's backslash is written twice: `\\\\.`",
    ),
    (
        'segment a = x matches "\\d+"',
        "1:24",
        "SEG109",
        "unknown escape `\\d` in text",
        "known are \\\" \\' \\\\ \\n \\t; a pattern's backslash is written twice: `\\\\d`",
    ),
    ('param a = "a\\q"', "1:13", "SEG109", "unknown escape `\\q` in text", "known are \\\" \\' \\\\ \\n \\t"),
    # habits from SQL and elsewhere
    ("segment a = x == 1", "1:16", "SEG101", "expected a value, found `=`", "equality is written `=`"),
    (
        "segment a = x <> 1",
        "1:16",
        "SEG101",
        "expected a value, found `>`",
        "inequality is written `!=`, which holds for an unknown value too; SQL's is `x is known and x != 1`",
    ),
    ("segment a = x && y", "1:15", "SEG101", f"{GOES_ON} `&&`", "write `and`"),
    ("segment a = x || y", "1:15", "SEG101", f"{GOES_ON} `||`", "write `or`"),
    ("segment a = !x", "1:13", "SEG101", "expected a value, found `!`", "write `not x`"),
    ("segment a = x AND y", "1:15", "SEG101", f"{GOES_ON} `AND`", "keywords are lower case: `and`"),
    (
        "segment a = NOT x",
        "1:17",
        "SEG101",
        f"{GOES_ON} `x`",
        "keywords are lower case: `not`, which holds for an unknown value too; SQL's is `x = false`",
    ),
    (
        "Segment a = x",
        "1:1",
        "SEG101",
        "expected a definition with `example`, `expect`, `param`, `segment`, `segmentation`, `trait` or `use`, found `Segment`",
        "keywords are lower case: `segment`",
    ),
    ("segment a = x IS NULL", "1:15", "SEG101", f"{GOES_ON} `IS`", "write `x is unknown`"),
    ("segment a = x is not null", "1:18", "SEG101", "expected `known` or `unknown`, found `not`", "write `x is known`"),
    ("segment a = x LIKE 'a%'", "1:15", "SEG101", f"{GOES_ON} `LIKE`", 'write `x starts with "a"`'),
    (
        "segment a = x not like 'a%'",
        "1:19",
        "SEG101",
        "expected `in`, found `like`",
        'write `x is known and not x starts with "a"`',
    ),
    ("segment a = x < 90 days", "1:20", "SEG101", f"{GOES_ON} `days`", "a duration is written `90d`"),
    ("segment a = x < interval '90 days'", "1:26", "SEG101", f"{GOES_ON} `'90 days'`", "a duration is written `90d`"),
    (
        "segment a = count(*) > 3",
        "1:19",
        "SEG101",
        "expected a value, found `*`",
        "all events are counted by `count(order)`",
    ),
    (
        "segment a = order in last 30 days",
        "1:27",
        "SEG101",
        "expected `day`, `week`, `month`, `quarter` or `year`, found `30`",
        "a window up to now is written `order within 30d`",
    ),
    ("segment a = x;", "1:14", "SEG101", f"{GOES_ON} `;`", "definitions need no end mark"),
    ("segment a = “x”", "1:13", "SEG101", "expected a value, found `“`", 'text is written in straight quotes: `"…"`'),
    (
        "segment a = x in [1, 2]",
        "1:18",
        "SEG101",
        "expected `(`, `last`, `next`, `this` or a period, found `[`",
        'a list is written in round brackets: `("a", "b")`',
    ),
    (
        "trait a = sum(order.amount) where x",
        "1:29",
        "SEG101",
        "expected the end of the definition, found `where`",
        "`where` stands inside the brackets: `sum(order.amount where …)`",
    ),
]


@pytest.mark.parametrize(("text", "place", "code", "message", "help_"), MISTAKES, ids=[each[0] for each in MISTAKES])
def test_a_mistake_has_its_place_and_its_sentence(
    text: str, place: str, code: str, message: str, help_: str | None
) -> None:
    (found,) = parse(Source("f.seg", text)).diagnostics
    assert found.span is not None
    assert (found.span.place, found.code, found.message, found.help) == (f"f.seg:{place}", code, message, help_)


def test_a_mistake_in_one_definition_hides_nothing_in_the_others() -> None:
    text = 'segment a = \nsegment b = x\ntrait c = 5m + 2026-02-30\n@owner("x"\nsegment d = (y\nexpect b\n'
    parsed = parse(Source("f.seg", text))
    assert [(each.code, each.span.line if each.span else 0) for each in parsed.diagnostics] == [
        ("SEG101", 1),
        ("SEG105", 3),
        ("SEG107", 3),
        ("SEG101", 5),
    ]
    assert [type(each).__name__ for each in parsed.module.definitions] == ["Segment", "Trait", "Expect"]


def test_a_value_and_a_customer_are_read_by_themselves() -> None:
    assert parse_value(Source("-e", "a < "))[0] is None
    customer, diagnostics = parse_customer(Source("c", 'ada: country = "DE", order(10d ago, amount: 30)'))
    assert diagnostics == ()
    assert customer is not None
    assert customer.key.text == "ada"
    assert len(customer.facts) == 2


# ---------------------------------------------------------------- size and depth

NESTED: dict[str, Callable[[int], str]] = {
    "brackets": lambda n: "(" * n + "a" + ")" * n,
    "calls": lambda n: "f(" * n + "a" + ")" * n,
    "not": lambda n: "not " * n + "a",
    "minus": lambda n: "-" * n + "a",
    "sums": lambda n: "a" + " + a" * n,
    "products": lambda n: "a" + " / a" * n,
    "as of": lambda n: "a" + " as of 1d ago" * n,
    "cases": lambda n: "case when b then " * n + "a" + " end" * n,
    "filters": lambda n: "count(a where " * n + "a" + ")" * n,
    "lists": lambda n: "a in ((" * n + "a" + "))" * n,
    "sequences": lambda n: "sequence(a where " * n + "a" + ")" * n,
}


@pytest.mark.parametrize("kind", sorted(NESTED))
def test_what_is_nested_too_deep_is_refused(kind: str) -> None:
    nest = NESTED[kind]
    most = MAX_DEPTH - (kind == "as of")  # the `ago` in the last one is a level, too
    expr, diagnostics = parse_value(Source("value", nest(most)))
    assert diagnostics == ()
    assert expr is not None
    again = parse_value(Source("value", print_expr(expr)))[0]
    assert again == expr
    assert (hash(again), repr(again)) == (hash(expr), repr(expr))
    assert format_source(Source("f.seg", f"trait t = {nest(most)}")).diagnostics == ()
    # the first pair of brackets is no level
    for n in (MAX_DEPTH + 1 + (kind == "brackets"), 200, 5_000):
        (found,) = parse_value(Source("value", nest(n)))[1]
        assert (found.code, found.message) == ("SEG108", f"expression is nested more than {MAX_DEPTH} deep")
        assert format_source(Source("f.seg", f"trait t = {nest(n)}")).diagnostics[0].code == "SEG108"


def test_a_sum_of_sixty_terms_is_read() -> None:
    text = " + ".join(f"count(order where amount > {n})" for n in range(60))
    expr, diagnostics = parse_value(Source("value", text))
    assert diagnostics == ()
    assert expr is not None
    assert print_expr(expr) == text


@pytest.mark.parametrize("op", ["and", "or"])
def test_a_chain_of_thousands_of_conditions_is_read(op: str) -> None:
    text = f" {op} ".join(f"a{n} > 1" for n in range(5_000))
    expr, diagnostics = parse_value(Source("value", text))
    assert diagnostics == ()
    assert isinstance(expr, tree.Operation)
    assert len(expr.args) == 5_000
    assert print_expr(expr) == text
    lines = format_source(Source("f.seg", f"segment s = {text}")).text.splitlines()
    assert lines[:3] == ["segment s =", "  a0 > 1", f"  {op} a1 > 1"]


def test_a_file_has_a_limit() -> None:
    assert parse(Source("f.seg", "# " + "x" * (MAX_BYTES - 2))).diagnostics == ()
    (found,) = parse(Source("f.seg", "# " + "é" * (MAX_BYTES // 2))).diagnostics
    assert (found.code, found.message) == (
        "SEG110",
        "a file of definitions holds 1,000,002, at most 1,000,000 are allowed",
    )


# ---------------------------------------------------------------- what is read


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("a or b and not c = d", "a or (b and (not (c = d)))"),
        ("a + b * -c as of 3d ago", "a + (b * (-(c as of (3d ago))))"),
        ("a and (b and c)", "a and b and c"),
        ("case when a then 3d ago when b then c end", "case when a then (3d ago) when b then c end"),
        ("t within next as of 3d ago", "t within (`next` as of (3d ago))"),
        ("t within next ago", "t within (`next` ago)"),
        ("t within next 30d", "t within next (30d)"),
        ("t within 2 * next", "t within (2 * next)"),
        ("f(where where where)", "f(`where` where `where`)"),
        ("sequence(no then no no within 3d)", "sequence(`no` then no `no` within 3d)"),
        ("x in last month", "x in last  # a comment\n month"),
        ("1_000.50", "1000.5"),
        ("'it\\'s'", '"it\'s"'),
        ("2026-01-01T10:00Z", "2026-01-01T10:00:00.000+00:00"),
    ],
)
def test_two_texts_that_are_the_same_tree(text: str, same: str) -> None:
    expr, diagnostics = parse_value(Source("text", text))
    assert diagnostics == ()
    assert parse_value(Source("same", same)) == (expr, ())


def test_a_description_belongs_to_the_definition_right_below_it() -> None:
    text = "## far\n\n##  one\n##\n##two\nsegment a = x segment b = y\n## three\n@tags(a)\nsegment c = z\n"
    heads = [definition.head.description for definition in parse(Source("f.seg", text)).module.definitions]
    assert heads == [" one\n\ntwo", "", "three"]


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("web-mail", '"web-mail"'),
        ("web - mail", '"web - mail"'),
        ("web\n-  mail", '"web - mail"'),
        ("2026-q1", '"2026-q1"'),
        ("(crm)/de", '"crm / de"'),
        ("web", "web"),
        ("`web-mail`", "`web-mail`"),
        ("3", "3"),
    ],
)
def test_an_annotation_keeps_what_is_written(written: str, text: str) -> None:
    for name, before in (("tags", ""), ("owner", ""), ("meta", "team: ")):
        source = Source("f.seg", f"@{name}({before}{written})\nsegment a = x\n")
        assert format_source(source).text == f"@{name}({before}{text})\nsegment a = x\n"


def test_the_needs_of_a_definition_are_conditions() -> None:
    text = "@needs(not order.amount or season = winter)\nsegment a = x\n"
    assert format_source(Source("f.seg", text)).text == text
