"""Dialects: that their templates are whole, and what is told of what they cannot say."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
import sqlglot
from click.testing import CliRunner
from sqlglot import exp

from segdsl import SegdslError, load
from segdsl.cli.commands import segdsl
from segdsl.evaluator import Evaluator
from segdsl.functions import FUNCTIONS, INTERNAL, OPERATORS
from segdsl.model.schema import Rows as Columns
from segdsl.model.schema import Schema
from segdsl.plan import make_plan
from segdsl.program import Program
from segdsl.sql import DIALECTS, DUCKDB, Dialect, Query, build, regex, sql_text
from segdsl.sql.dialects.duckdb import STRUCTURES
from segdsl.sql.expressions import Expressions
from segdsl.sql.rows import Rows
from segdsl.types import TEXT, Type
from tests.cases import default_model
from tests.engine import catalog_of
from tests.engine import load as model_of

# a step of every kind
_EVERYTHING = """
segment some = count(order within 30d) >= 2 and country = "DE"
segment middle = median(order.amount within 30d) >= 1 or first(order.channel) starts with "w"
segment abandoned = sequence(cart_add within 7d then no order within 24h)
segment best = percentile(sum(order.amount within 30d)) >= 50% and not some
segment big of account = count(customer where some) >= 1
segmentation tier among any(order) { gold when best
  low otherwise }
"""
ROWS = {row.key: row for row in (*OPERATORS, *FUNCTIONS, *INTERNAL)}
OTHERS = [dialect for dialect in DIALECTS.values() if dialect is not DUCKDB]
MODEL = """\
as_of: 2026-03-31
entities:
  customer: {table: customers, key: id, attributes: {country: text, city: text}}
events:
  order: {of: customer, SOURCE, key: customer, time: at, fields: {amount: decimal}}
"""


def _catalog(folder: Path, rules: str, source: str = "table: orders") -> Path:
    (folder / "segdsl.yaml").write_text(MODEL.replace("SOURCE", source))
    (folder / "rules.seg").write_text(rules)
    return folder


def _holes(template: str, dialect: Dialect) -> set[str]:
    return {hole.name for hole in sqlglot.parse_one(template, read=dialect.grammar).find_all(exp.Placeholder)}


@pytest.mark.parametrize("dialect", OTHERS, ids=lambda dialect: dialect.name)
def test_a_dialect_has_every_structure_and_type(dialect: Dialect) -> None:
    assert set(STRUCTURES) <= set(dialect.structures)
    assert set(DUCKDB.types) == set(dialect.types)
    for name, template in STRUCTURES.items():
        assert _holes(dialect.structures[name], dialect) == _holes(template, DUCKDB), name


@pytest.mark.parametrize("dialect", OTHERS, ids=lambda dialect: dialect.name)
def test_templates_have_the_holes_of_their_rows(dialect: Dialect) -> None:
    for key, template in dialect.overrides.items():
        assert _holes(template, dialect) - {"now"} == {param.name for param in ROWS[key.split(" of ")[0]].params}, key


@pytest.mark.parametrize("dialect", OTHERS, ids=lambda dialect: dialect.name)
def test_the_shop_is_compiled_and_read_back(tmp_path: Path, dialect: Dialect) -> None:
    rules = 'segment vip = total_spend > 100 and country = "DE"\nsegmentation tier { gold when vip  rest otherwise }'
    sql = load(_catalog(tmp_path, rules)).compile(dialect=dialect.name)
    assert sqlglot.parse_one(sql, read=dialect.grammar).find(exp.Union)
    assert "-- the types of the columns were not looked at" in sql


@pytest.mark.parametrize("dialect", OTHERS, ids=lambda dialect: dialect.name)
def test_the_comment_asks_for_one_zone_at_most(tmp_path: Path, dialect: Dialect) -> None:
    catalog = _catalog(tmp_path, "segment a = orders > 1")
    model = tmp_path / "segdsl.yaml"
    model.write_text("timezone: Europe/Berlin\n" + re.sub(r"(?m)^timezone:.*\n", "", model.read_text()))
    comment = [line for line in load(catalog).compile(dialect=dialect.name).splitlines() if line.startswith("--")]
    asks = [line for line in comment if "zone" in line.lower() and ("= " in line or "has to be" in line)]
    assert len(asks) <= 1
    told = any("none may hold times with a zone" in line for line in comment)
    assert told == any("zone" in name.lower() for name in dialect.session)


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        ("mariadb", "sql_select_limit = 18446744073709551615"),
        ("mysql", "sql_select_limit = 18446744073709551615"),
        ("snowflake", "ROWS_PER_RESULTSET = 0"),
        ("clickhouse", "limit = 0"),
        ("postgres", "extra_float_digits = 1"),
    ],
)
def test_the_comment_asks_for_what_a_server_can_have_otherwise(tmp_path: Path, name: str, setting: str) -> None:
    comment = load(_catalog(tmp_path, "segment a = orders > 1")).compile(dialect=name).splitlines()
    assert any(line.startswith("-- run it in a session with ") and setting in line for line in comment)


@pytest.mark.parametrize(("name", "told"), [("spark", True), ("databricks", True), ("trino", False), ("tsql", False)])
def test_the_comment_tells_of_blanks_that_nobody_takes_off(tmp_path: Path, name: str, told: bool) -> None:
    sql = load(_catalog(tmp_path, 'segment a = city = "Ulm"')).compile(dialect=name)
    comment = "-- texts of a CHAR(n) keep the blanks that fill them up: make a view with RTRIM(column)"
    assert (comment in sql.splitlines()) == told


@pytest.mark.parametrize("name", ["spark", "databricks", "trino", "athena", "duckdb", "postgres"])
@pytest.mark.parametrize("stated", [TEXT, None])
def test_only_blanks_that_fill_a_key_up_are_taken_off(name: str, stated: Type | None) -> None:
    """`a ` and `a` are two keys of a VARCHAR, whether the model says that it is a text or not."""
    dialect, nothing = DIALECTS[name], make_plan(Program({}, {}), [])
    columns = Columns({"plain": "VARCHAR", "filled": "CHAR(5)"}, build.table("customers"))
    expressions = Expressions(nothing, dialect, datetime(2026, 3, 31), "UTC")
    rows = Rows(model_of(default_model()), Schema({("entity", "customer"): columns}), nothing, expressions)
    assert not rows.raw_key(("entity", "customer"), "plain", "t", stated).find(exp.Trim, exp.Cast)
    taken_off = rows.raw_key(("entity", "customer"), "filled", "t", stated).find(exp.Trim)
    assert (taken_off is not None) == ("read text of text" in dialect.structures)


def test_no_text_holds_what_databricks_takes_for_a_variable(tmp_path: Path) -> None:
    rules = 'segment a = city in ("${HOME}", "$${x}${y}", "$", "{HOME}") or city = "${"'
    sql = load(_catalog(tmp_path, rules)).compile(dialect="databricks")
    assert "${" not in sql
    joined = sqlglot.parse_one(sql, read="databricks").find_all(exp.Concat)
    assert {"".join(part.name for part in node.expressions) for node in joined} == {"${HOME}", "$${x}${y}", "${"}
    assert "spark.sql" not in sql  # whose settings a warehouse of Databricks does not take


def test_duckdb_is_written_as_before(tmp_path: Path) -> None:
    with pytest.raises(SegdslError, match="SEG702"):  # its tables are looked at
        load(_catalog(tmp_path, "segment a = orders > 1")).compile()


@pytest.mark.parametrize("dialect", OTHERS, ids=lambda dialect: dialect.name)
def test_long_names_stay_apart(tmp_path: Path, dialect: Dialect) -> None:
    long = "x" * 80
    rules = "\n".join(f"trait {long}{n} = {n} + orders" for n in range(3))
    sql = load(_catalog(tmp_path, rules)).compile(layout="wide", dialect=dialect.name)
    names = sqlglot.parse_one(sql, read=dialect.grammar).find(exp.Select).named_selects  # type: ignore[union-attr]
    assert len(set(names)) == 4
    if dialect.name_limit:
        assert all(len(name.encode()) <= dialect.name_limit for name in names)


def test_what_is_lacking_is_told_at_the_definition(tmp_path: Path) -> None:
    rules = 'segment fine = orders > 1\nsegment greek = city matches "\\\\p{Greek}"'
    catalog = load(_catalog(tmp_path, rules))
    assert catalog.compile(["fine"], dialect="postgres")
    with pytest.raises(SegdslError) as error:
        catalog.compile(dialect="postgres")
    (found,) = error.value.diagnostics
    assert found.code == "SEG502"
    assert found.span is not None
    assert found.span.place == "rules.seg:2:9"
    assert "a script" in found.message


# ---------------------------------------------------------------- the `sql:` of a model

# of each SELECT, the dialects that refuse it where nobody has looked at the tables: those in which texts have an order
# of their own ask for the types of columns that are compared, and those that take texts for numbers ask where one is
COLLATED = "postgres redshift mariadb mysql sqlite tsql"
LENIENT = f"{COLLATED} spark databricks sail snowflake".replace("postgres ", "")
TYPED = (
    "CAST(customer AS TEXT) AS customer, min(CAST(at AS TIMESTAMP)) AS at, sum(CAST(amount AS DECIMAL(9, 2))) AS amount"
)
KEPT = [
    ("SELECT customer, at, amount FROM orders", ""),
    ("SELECT customer, at, coalesce(amount, 0) AS amount FROM orders UNION ALL SELECT * FROM b", ""),
    ("WITH a AS (SELECT * FROM orders WHERE channel = 'web') SELECT customer, at, amount FROM a", ""),
    (f"SELECT {TYPED} FROM lines GROUP BY ALL", "sqlite redshift tsql"),
    ("SELECT customer, CAST(at AS TIMESTAMP) AS at, amount FROM orders WHERE CAST(amount AS DECIMAL(9, 2)) > 0.5",
     "sqlite"),
    ("SELECT customer, min(at) AS at, sum(amount) AS amount FROM lines GROUP BY ALL", f"{COLLATED} {LENIENT}"),
    ("SELECT o.* FROM orders o LEFT JOIN returns r ON r.id = o.id WHERE r.id IS NULL", COLLATED),
    ("SELECT customer, at, CASE WHEN amount > 1 THEN amount END AS amount FROM orders", LENIENT),
]  # fmt: skip
REFUSED = [
    ("SELECT customer, date_trunc('week', at) AS at, amount FROM orders", "may mean something else"),
    ("SELECT customer, at, date_diff('month', at, now()) AS amount FROM orders", "may mean something else"),
    ("SELECT customer, at, amount // 2 AS amount FROM orders", "may mean something else"),
    ("SELECT customer, at, CAST(amount AS INTEGER) AS amount FROM orders", "a cast to int"),
    ("SELECT customer, at, TRY_CAST(amount AS DECIMAL(9, 2)) AS amount FROM orders", "may mean something else"),
    ("SELECT customer, at, median(amount) AS amount FROM orders GROUP BY ALL", "may mean something else"),
    ("SELECT customer, at, amount FROM orders WHERE customer LIKE 'a%'", "may mean something else"),
    ("SELECT customer, at, amount FROM orders WHERE customer NOT IN (SELECT id FROM c)", "NOT EXISTS"),
    ("SELECT customer, at, amount FROM orders WHERE NOT (customer IN (SELECT id FROM c))", "NOT EXISTS"),
    ("SELECT * EXCLUDE (x) FROM orders", "EXCLUDE"),
    ("SELECT DISTINCT ON (customer) * FROM orders", "DISTINCT ON"),
    ("SELECT * FROM orders QUALIFY row_number() OVER (PARTITION BY customer ORDER BY at) = 1",
     "ROW_NUMBER() OVER"),
    ("SELECT customer, at, regexp_replace(x, 'a', 'b') AS amount FROM orders", "may mean something else"),
    ("SELECT customer, at, greatest(amount, 0) AS amount FROM orders", "may mean something else"),
    ("SELECT customer, at, amount * 1.1 AS amount FROM orders", "`CAST(amount AS TEXT)`, `DECIMAL(18, 2)`"),
    ("SELECT customer, at, 1e3 AS amount FROM orders", "a floating-point number"),
    ("SELECT o.customer, o.at, o.amount FROM orders o SEMI JOIN b ON b.id = o.id", "may mean something else"),
    ("SELECT customer, at, amount FROM orders TABLESAMPLE 10%", "may mean something else"),
    ("SELECT customer, at, amount FROM orders AS o(customer, at, amount)", "use AS"),
    ("SELECT customer, at, amount FROM orders ORDER BY amount + 1", "order by a column"),
]  # fmt: skip


@pytest.mark.parametrize(("select", "refused"), KEPT)
@pytest.mark.parametrize("dialect", OTHERS, ids=lambda dialect: dialect.name)
def test_plain_selects_are_translated(tmp_path: Path, dialect: Dialect, select: str, refused: str) -> None:
    catalog = load(_catalog(tmp_path, "segment a = total_spend > 1", f'sql: "{select}"'))
    if dialect.name in refused.split():
        with pytest.raises(SegdslError, match="SEG503"):
            catalog.compile(dialect=dialect.name)
    else:
        assert "SELECT" in catalog.compile(dialect=dialect.name)


@pytest.mark.parametrize(("select", "says"), REFUSED)
def test_what_may_change_its_meaning_is_refused(tmp_path: Path, select: str, says: str) -> None:
    catalog = load(_catalog(tmp_path, "segment a = total_spend > 1", f'sql: "{select}"'))
    with pytest.raises(SegdslError, match="SEG503") as error:
        catalog.compile(dialect="clickhouse")
    (found,) = error.value.diagnostics
    assert says in found.message
    assert found.span is not None


# ---------------------------------------------------------------- patterns

PATTERNS = [
    "", "a", "^a", "a$", "^$", "a|b", "(?:a|)b", "[abc]", "[^abc]", ".", "a.b", "(?s)a.b", r"\d+", r"\D", r"\w", r"\W",
    r"\s", r"\S", r"\bfoo\b", r"\Bo", "(?i)straße", "(?i)K", "(?i)[a-f]x", "(?i)[^a]", "(?m)^b$", r"\Aa\z", "a{2,3}",
    "a{0,2}b", "(?:ab){300}", "x{260,300}", "a+?", "(?U)a+", r"[[:alpha:]]+[[:^digit:]]", r"\pL+", r"\PL", r"\p{Lu}",
    r"[\d\-x]", r"[]a]", r"[a\]]", r"\Qa.b\E", r"\x41", r"\x{1F600}", r"\.", "é", "😀", r"\t", r"a\\b", "(?i:A)b",
    "(?P<n>a)(b)", "^*a", "(a|b)*c", "[a-z&&b]", r"[\x00-\x{10FFFF}]", r"(?-s).", r"\n", "a  b", "%_", "a{1}", r"\141",
]  # fmt: skip
TEXTS = [
    "", "a", "b", "ab", "aab", "aaab", "foo", "a foo b", "xfoo", "A", "K", "\u212a", "straße", "STRASSE", "STRAßE", "é",
    "É", "1", "a1", "a\nb", "b\n", "a\n", "\n", "\t", " ", "a.b", "a-b", "]", "-", "&", "a\\b", "😀", "中文",
    "ab" * 300, "x" * 270, "x" * 259, "a  b", "%_", "ß", "Ω", "_", "ac", "bc", "\u00a0", "a\r",
]  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS)
def test_patterns_mean_the_same_in_another_kind(pattern: str) -> None:
    """RE2, inside DuckDB, against Python's kind of the same pattern."""
    written = re.compile(regex.written(pattern, "python"))
    with duckdb.connect() as connection:
        rows = connection.execute(
            "SELECT t, regexp_matches(t, $1) FROM (SELECT unnest($2::VARCHAR[]) AS t)", [pattern, TEXTS]
        ).fetchall()
    assert {text: bool(found) for text, found in rows} == {text: written.search(text) is not None for text in TEXTS}


@pytest.mark.parametrize("pattern", [r"\p{Greek}", r"\C", r"[\p{Han}]"])
def test_patterns_that_only_re2_has_are_told(pattern: str) -> None:
    with pytest.raises(regex.Unsayable):
        regex.written(pattern, "java")
    assert regex.written(pattern, "re2") == pattern


def test_dialects_are_listed() -> None:
    result = CliRunner().invoke(segdsl, ["dialects"], prog_name="segdsl")
    assert result.exit_code == 0
    for dialect in DIALECTS.values():
        assert re.search(rf"^{dialect.name} .* {dialect.trust}", result.output, re.MULTILINE)


@pytest.mark.parametrize("name", ["duckdb", "postgres", "tsql", "clickhouse", "spark"])
def test_a_query_that_is_used_up_is_written_as_its_copy_is(name: str) -> None:
    evaluator = Evaluator(catalog_of(default_model(), _EVERYTHING))
    outputs, dialect = evaluator.outputs, DIALECTS[name]

    def query() -> Query:
        return evaluator.unseen_query(outputs, dialect, datetime(2026, 3, 31))[1]

    rows = exp.select("*").from_("rows")
    copied = sql_text(query().with_steps(rows), dialect)
    assert sql_text(query().with_steps(rows, is_used_up=True), dialect, is_used_up=True) == copied
    assert [sql_text(step, dialect, is_used_up=True) for _, step in query().steps] == [
        sql_text(step, dialect) for _, step in query().steps
    ]
