"""What `segdsl.yaml` says, and every finding about a wrong one: code, words, place."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from segdsl.diagnostics import Source
from segdsl.model.loader import load_model
from segdsl.model.model import Key, Model
from segdsl.model.select import SelectError, parse_select
from segdsl.types import DATE, DECIMAL, INT, LIST, TEXT, TIME, Kind, Type

SHOP = """\
name: shop
timezone: Europe/Berlin
as_of: 2026-03-31
tables:
  raw_orders: data/orders/*.parquet
entities:
  customer:
    table: customers
    key: {column: customer_id, type: text}
    attributes:
      country: text
      birth_date: date
      signup: {column: created_at, type: timestamp}
      interests: list(text)
      channel: {type: text, values: [web, store, no]}
    parent: {entity: account, key: account_id}
  account: {table: accounts, key: account_id, attributes: {plan: text, seats: int}}
events:
  order:
    of: customer
    sql: SELECT order_id, customer_id, min(ordered_at) AS ordered_at, sum(amount) AS amount FROM raw_orders GROUP BY ALL
    key: customer_id
    time: ordered_at
    fields:
      amount: decimal
      product: {column: product_id, lookup: product}
      place: {lookup: place, type: int}
lookups:
  product: {table: data/products.parquet, key: {column: product_id, type: int}, fields: {category: text}}
  place: {table: places, key: place_id}
"""


def read(text: str) -> Model:
    model, found = load_model(Source("segdsl.yaml", text))
    assert [item.render() for item in found] == []
    assert model is not None
    return model


def test_a_model_is_read_with_its_short_forms_written_out() -> None:
    model = read(SHOP)
    assert (model.name, model.timezone, model.as_of) == ("shop", "Europe/Berlin", date(2026, 3, 31))
    customer = model.default_entity
    assert customer.key == Key(column="customer_id", type=TEXT)
    types = {name: (field.column, field.type) for name, field in customer.attributes.items()}
    assert types == {
        "country": ("country", TEXT),
        "birth_date": ("birth_date", DATE),
        "signup": ("created_at", TIME),
        "interests": ("interests", LIST),
        "channel": ("channel", Type(Kind.TEXT, values=("web", "store", "no"))),
    }
    order = model.events["order"]
    assert order.fields["amount"].type == DECIMAL
    assert (order.fields["product"].lookup, order.fields["product"].type) == ("product", INT)
    assert order.fields["place"].type == INT
    assert [child.name for child in model.children_of("account")] == ["customer"]
    assert [event.name for event in model.events_of("customer")] == ["order"]
    parent = model.parent_of("customer")
    assert parent is not None
    assert parent.name == "account"
    assert not customer.from_events


def test_parts_remember_their_place_which_takes_no_part_in_equality() -> None:
    model = read(SHOP)
    assert model == read("# moved down\n" + SHOP)
    span = model.events["order"].span("time")
    assert span is not None
    assert (span.text, span.line) == ("ordered_at", 23)
    missing = model.default_entity.attributes["country"].span("column")
    assert missing is not None
    assert missing.text == "country"


def test_a_population_without_a_table_comes_from_the_events() -> None:
    text = "entities: {visitor: {key: who, from_events: true}}\n"
    text += "events: {hit: {of: visitor, table: hits, key: who, time: t}}"
    model = read(text)
    assert model.default_entity.from_events
    assert read(text.replace(", from_events: true", "")) == model
    assert (model.name, model.timezone, model.as_of) == ("catalog", "UTC", None)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-03-31", date(2026, 3, 31)),
        ('"2026-03-31"', date(2026, 3, 31)),
        ("2026-03-31 18:30", datetime(2026, 3, 31, 18, 30)),
        ("2026-03-31T18:30:05.25", datetime(2026, 3, 31, 18, 30, 5, 250_000)),
        ("2026-03-31T16:30:00Z", datetime(2026, 3, 31, 18, 30)),
    ],
)
def test_as_of_is_a_date_or_a_wall_clock_time(written: str, meant: date) -> None:
    assert read(SHOP.replace("as_of: 2026-03-31", f"as_of: {written}")).as_of == meant


def test_words_that_older_yaml_takes_for_truths_are_names() -> None:
    model = read(SHOP.replace("country: text", "on: text\n      no: {column: yes, type: int}"))
    assert list(model.default_entity.attributes)[:2] == ["on", "no"]
    assert model.default_entity.attributes["no"].column == "yes"


MINIMAL = """\
entities:
  customer: {table: customers, key: id}
events:
  order: {of: customer, table: orders, key: id, time: t}
"""
CUSTOMER = "{table: customers, key: id}"
ORDER = "{of: customer, table: orders, key: id, time: t}"

# a change to the minimal model, and what is found: code, what it points at, words of message or help
FINDINGS: list[tuple[str, str, str, str, str]] = [
    ("entities:", "entites:", "SEG604", "entites", "did you mean `entities`?"),
    ("time: t}", "tme: t}", "SEG604", "tme", "did you mean `time`?"),
    (", time: t}", "}", "SEG605", "order", "`time` is missing in event `order`"),
    ("of: customer, ", "", "SEG605", "order", "`of` is missing"),
    ("key: id}\nevents", "key: }\nevents", "SEG605", "key", "`key` is missing"),
    ("of: customer", "of: custmer", "SEG607", "custmer", "did you mean `customer`?"),
    (", table: orders", "", "SEG608", "order", "neither `table` nor `sql`"),
    ("table: orders", "table: orders, sql: SELECT 1", "SEG608", "sql", "both `table` and `sql`"),
    (CUSTOMER, "{table: c, from_events: true, key: id}", "SEG608", "true", "rows of its own"),
    (CUSTOMER, "{key: id, attributes: {a: text}}", "SEG608", "customer", "columns of a table"),
    (ORDER, "{of: customer, sql: DELETE FROM x, key: id, time: t}", "SEG614", "DELETE FROM x", "expected a SELECT"),
    (ORDER, "{of: customer, sql: 'SELECT 1; SELECT 2', key: id, time: t}", "SEG614", "'SELECT 1; SELECT 2'", "found 2"),
    (ORDER, "{of: customer, sql: 'SELECT (1', key: id, time: t}", "SEG614", "'SELECT (1'", "in its line 1"),
    (
        ORDER,
        "{of: customer, sql: \"FROM read_csv('x')\", key: id, time: t}",
        "SEG614",
        "\"FROM read_csv('x')\"",
        "name the file in `tables`",
    ),
    (CUSTOMER, "{table: c, key: id, attributes: {a: strng}}", "SEG606", "strng", "known are"),
    (CUSTOMER, "{table: c, key: id, attributes: {a: varchar}}", "SEG606", "varchar", "did you mean `text`?"),
    (CUSTOMER, "{table: c, key: id, attributes: {a: tex}}", "SEG606", "tex", "did you mean `text`?"),
    (CUSTOMER, "{table: c, key: id, attributes: {a: [text]}}", "SEG603", "a", "found a list"),
    (CUSTOMER, "{table: c, key: id, attributes: {a: {column: b}}}", "SEG605", "a", "`type` is missing"),
    (CUSTOMER, "{table: c, key: id, attributes: {a: {type: int, values: [x]}}}", "SEG617", "int", "found `int`"),
    (CUSTOMER, "{table: c, key: id, attributes: {a: {values: [x, x]}}}", "SEG602", "x", "second time"),
    (CUSTOMER, "{table: c, key: id, attributes: {a: {values: []}}}", "SEG603", "values", "at least one"),
    (CUSTOMER, "{table: c, key: id, attributes: {a: int, a: text}}", "SEG602", "a", "a second time"),
    (CUSTOMER, "{table: c, key: id, attributes: {customer: int}}", "SEG612", "customer", "the name of its entity"),
    (CUSTOMER, "{table: c, key: id, attributes: {a.b: int}}", "SEG611", "a.b", "`column:`"),
    (CUSTOMER, "{table: c, key: {column: id, type: list(text)}}", "SEG615", "list(text)", "a key cannot be"),
    (CUSTOMER, "{table: c, key: id, parent: {entity: acount, key: a}}", "SEG607", "acount", "has `customer`"),
    (CUSTOMER, "{table: c, key: id, parent: {entity: customer, key: a}}", "SEG616", "customer", "own parent"),
    ("time: t}", "time: t, fields: {at: date}}", "SEG613", "at", "always its time"),
    ("time: t}", "time: t, fields: {p: {lookup: prod}}}", "SEG607", "prod", "the model has no lookup"),
    ("order: {", "customer: {", "SEG612", "customer", "`customer` is an event and an entity"),
    (MINIMAL[:9], "timezone: Berlin\nentities:", "SEG609", "Berlin", "did you mean `Europe/Berlin`?"),
    (MINIMAL[:9], "timezone: ../etc\nentities:", "SEG609", "../etc", "unknown time zone"),
    (MINIMAL[:9], "timezone: europe/berlin\nentities:", "SEG609", "europe/berlin", "did you mean `Europe/Berlin`?"),
    (MINIMAL[:9], "timezone: GMT+00:00\nentities:", "SEG609", "GMT+00:00", "did you mean `UTC`?"),
    (MINIMAL[:9], "timezone: PST\nentities:", "SEG609", "PST", "the name of a place"),
    (MINIMAL[:9], "timezone: localtime\nentities:", "SEG609", "localtime", "the name of a place"),
    (MINIMAL[:9], "timezone: posix/Europe/Berlin\nentities:", "SEG609", "posix/Europe/Berlin", "`Europe/Berlin`"),
    (MINIMAL[:9], "as_of: 2026-02-30\nentities:", "SEG610", "2026-02-30", "expected a date"),
    (MINIMAL[:9], "as_of: soon\nentities:", "SEG610", "soon", "found `soon`"),
    (MINIMAL[:9], "as_of: today\nentities:", "SEG610", "today", "leave it out"),
    (MINIMAL[:9], "as_of: NOW()\nentities:", "SEG610", "NOW()", "leave it out"),
    (MINIMAL[:9], "tables: [a]\nentities:", "SEG603", "tables", "a mapping"),
    (MINIMAL[:9], "name: {a: b}\nentities:", "SEG603", "name", "expected a text"),
    ("customer: {table", "cust`omer: {table", "SEG611", "cust`omer", "name of an entity"),
]


@pytest.mark.parametrize(("old", "new", "code", "at", "says"), FINDINGS)
def test_a_finding_has_a_code_a_place_and_help(old: str, new: str, code: str, at: str, says: str) -> None:
    assert old in MINIMAL
    model, found = load_model(Source("segdsl.yaml", MINIMAL.replace(old, new, 1)))
    assert model is None
    shown = [item for item in found if item.code == code and item.span is not None and item.span.text == at]
    assert shown, [item.render() for item in found]
    assert any(says in f"{item.message} {item.help} {item.labels}" for item in shown), shown


@pytest.mark.parametrize("written", ["{}", "GMT{}", "UTC{}", "Etc/UTC{}", "utc {}"])
@pytest.mark.parametrize(("offset", "hours"), [("+2", 2), ("+02:00", 2), ("-1", -1), ("+14", 14), ("-0500", -5)])
def test_an_offset_is_told_the_zone_of_that_offset(written: str, offset: str, hours: int) -> None:
    _, found = load_model(Source("segdsl.yaml", f'timezone: "{written.format(offset)}"\n{MINIMAL}'))
    told = re.findall(r"`(Etc/[^`]*)`", found[0].help or "")
    assert [datetime(2026, 7, 1, tzinfo=ZoneInfo(zone)).utcoffset() for zone in told] == [timedelta(hours=hours)]
    assert found[0].fix is None


@pytest.mark.parametrize("written", ["UTC+05:30", "GMT+15", "UTC+100"])
def test_an_offset_that_no_zone_has_is_told_none(written: str) -> None:
    _, found = load_model(Source("segdsl.yaml", f"timezone: {written}\n{MINIMAL}"))
    assert found[0].help is not None
    assert "Etc/" not in found[0].help


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("", "found nothing"),
        ("-- nothing", "found nothing"),
        ("ATTACH 'x'", "found `ATTACH`"),
        ("SELECT 1 INTO x", "found INTO"),
        ("WITH x AS (DELETE FROM a RETURNING *) FROM x", "found DELETE"),
        ("SELECT 1 WHERE 1 IN (FROM read_text('a'))", "`read_text(…)` cannot stand for a table"),
        ("SELECT nextval('s')", "found `nextval(…)`"),
        ("SELECT ?", "nothing gives `?` a value"),
        ("SELECT " + "(" * 90 + "1" + ")" * 90, "nested too deep"),
    ],
)
def test_sql_is_one_select_that_only_reads_named_tables(sql: str, says: str) -> None:
    with pytest.raises(SelectError, match=re.escape(says)):
        parse_select(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "FROM orders;",
        "(SELECT 1) UNION ALL (SELECT 2)",
        "WITH a AS (SELECT 1 AS x) SELECT * FROM a, unnest([1]), range(3), (VALUES (1)) AS v(y)",
        "SELECT * EXCLUDE (a) FROM t QUALIFY row_number() OVER (PARTITION BY a) = 1",
    ],
)
def test_sql_may_be_any_select_of_duckdb(sql: str) -> None:
    assert parse_select(sql).sql(dialect="duckdb")


def test_all_findings_come_at_once() -> None:
    text = "zone: x\nentities: {c: {table: a, kee: id}}\n"
    text += "events: {e: {of: d, table: t, key: k, time: t, fields: {a: txt}}}"
    _, found = load_model(Source("segdsl.yaml", text))
    # `kee` is told once, and read as what it means
    assert [item.code for item in found] == ["SEG604", "SEG604", "SEG606", "SEG607"]


def test_keys_stated_as_two_types_are_told_with_both_places() -> None:
    text = SHOP.replace("key: customer_id\n", "key: {column: customer_id, type: int}\n")
    _, found = load_model(Source("segdsl.yaml", text))
    assert [item.code for item in found] == ["SEG615"]
    assert found[0].labels[0].span.line == 9


@pytest.mark.parametrize(
    "text",
    [
        "",
        "~",
        "[]",
        "a",
        "a: [",
        "a: b: c",
        "a: *x",
        "&a [*a]",
        "--- a\n--- b",
        "\x00",
        "a: \x07",
        "{" * 3000,
        "? [a]: b",
        "entities: 3",
        "entities: {c: }",
        "entities: {c: {}}",
        "entities: {c: 3}",
        "entities: {? : 3}",
        "\t",
        "%YAML 9",
        "entities: {c: &c {key: *c}}",
        "entities: {c: {key: {column: [x]}, sql: '', parent: 3}}",
        "!!python/object:os.x {}",
        "entities: {a: {table: a, key: a, parent: {entity: b, key: c}},\n  "
        "b: {table: a, key: a, parent: {entity: a, key: c}}}",
        "entities: {c: {sql: " + "(" * 3000 + ", key: c}}",
        "as_of: 9999-12-31T23:59-14:00\nentities: {c: {table: c, key: c}}",
    ],
)
def test_no_text_is_too_odd(text: str) -> None:
    model, found = load_model(Source("segdsl.yaml", text))
    assert model is None
    assert found
    for item in found:
        assert item.render()


def test_the_places_are_right_where_lines_end_the_other_way() -> None:
    _, found = load_model(Source("segdsl.yaml", MINIMAL.replace("time: t", "tüme: t").replace("\n", "\r\n")))
    assert next(item.span.text for item in found if item.span) == "tüme"


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("name: a\nentities:\n\tcustomer: x\n", (3, 1), "a tab stands where"),
        ("name: 'a\nentities:\n  customer: {table: c.csv, key: id}\n", (1, 7), "is never closed"),
        ("name: 'a\nentities:\n  customer: {table: 'c.csv', key: id}\n", (1, 7), "is closed in line 3, and more"),
        ('name: "a\nentities:\n  customer: {table: "c.csv", key: id}\n', (1, 7), "is closed in line 3, and more"),
        ("name: a\nentities: {customer: {table: c.csv\nevents: {}\n", (2, 22), "what this bracket begins goes wrong"),
        ("name: @a\n", (1, 7), "put the text into quotes"),
    ],
)
def test_what_is_no_yaml_is_told_where_it_begins(text: str, place: tuple[int, int], said: str) -> None:
    _, (found,) = load_model(Source("segdsl.yaml", text))
    assert found.code == "SEG601"
    assert found.span is not None
    assert (found.span.line, found.span.column) == place
    assert said in f"{found.message}\n{found.help}"


def test_a_misspelled_section_is_read_as_the_one_meant() -> None:
    text = MINIMAL.replace("entities:", "entitys:", 1)
    assert text != MINIMAL
    found = load_model(Source("segdsl.yaml", text))[1]
    assert [item.code for item in found] == ["SEG604"]
    assert "entities" in (found[0].help or "") + found[0].message
