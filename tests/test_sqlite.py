"""SQLite by its URL: rows that hold whatever they like, exact decimals on whole numbers, and what fails loudly."""

from __future__ import annotations

import sqlite3
import unicodedata
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from segdsl import Catalog, SegdslError, load
from segdsl.engines.problem import EngineProblem
from segdsl.program import InstanceKey, Moment, Output
from segdsl.sql import Dialect, Query, build
from segdsl.sql.dialects import SQLITE, SQLITE_HERE, TRINO, TSQL
from segdsl.testing.sample import sample_sql
from segdsl.types import BOOL

MODEL = """\
timezone: Europe/Berlin
as_of: 2026-03-31
entities:
  customer:
    table: customers
    key: id
    attributes: {country: text, signup: timestamp, born: date, seats: int, active: bool}
events:
  order: {of: customer, table: orders, key: customer, time: at, fields: {amount: decimal}}
"""
RULES = """\
segment vip = total_spend > 100.3
segment german = country = "DE"
segment of_this_year = signup in 2026
trait spent = total_spend
trait per_order = total_spend / orders
trait since = signup
trait day = born
segmentation tier { gold when orders >= 2  silver otherwise }
"""
# texts, whole and floating numbers in one column; moments as people write them; a collation that takes `de` for `DE`
TABLES = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, country TEXT COLLATE NOCASE, signup DATETIME, born DATE, seats,
  active BOOLEAN);
CREATE TABLE orders (customer INT, at TIMESTAMP, amount NUMERIC(12, 2));
INSERT INTO customers VALUES (1, 'DE', '2026-01-02T10:00', '1990-02-28', 3, 1), (2, 'de', '2025-12-31 23:59:59.999999',
  NULL, '4', 0), (3, 'FR', NULL, '2000-02-29', 2.0, NULL);
INSERT INTO orders VALUES (1, '2026-01-01', 100.1), (1, '2026-01-02 10:00:00.5', 0.2), (2, '2026-02-01', '7'), (2,
  '2026-02-01', 1000000), (2, '2026-04-01', 5);
"""


def _shop(folder: Path, *more: str) -> str:
    with sqlite3.connect(folder / "shop.db") as connection:
        connection.executescript(TABLES)
        for statement in more:
            connection.execute(statement)
    connection.close()
    return f"sqlite:///{folder}/shop.db"


def _catalog(folder: Path, rules: str = RULES) -> Catalog:
    (folder / "segdsl.yaml").write_text(MODEL)
    (folder / "rules.seg").write_text(rules)
    return load(folder)


def test_a_catalog_runs_in_a_file(tmp_path: Path) -> None:
    url, catalog = _shop(tmp_path), _catalog(tmp_path)
    with catalog.run(engine=url) as result:
        assert [(size.segment, size.members, size.population) for size in result.sizes] == [
            ("vip", 1, 3), ("german", 1, 3), ("of_this_year", 1, 3), ("tier.gold", 2, 3), ("tier.silver", 1, 3)
        ]  # fmt: skip
        assert result.write_into("main") == ("main.segdsl_members", 6)
    with catalog.run(["spent", "per_order", "since", "day", "german"], layout="wide", engine=url) as result:
        assert [str(field.type) for field in result.wide.schema][3:] == ["timestamp[us]", "date32[day]", "bool"]
        found = result.wide.to_pydict()
        assert found["spent"] == [100.3, 1000007.0, 0.0]
        assert found["per_order"] == [50.15, 500003.5, None]
        assert [str(moment) for moment in found["since"]] == [
            "2026-01-02 10:00:00",
            "2025-12-31 23:59:59.999999",
            "None",
        ]
        assert [str(day) for day in found["day"]] == ["1990-02-28", "None", "2000-02-29"]
        assert result.write(tmp_path / "wide.parquet", "wide") == 3


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE orders SET amount = '1,5'",
        "UPDATE orders SET amount = 922337204",
        "UPDATE orders SET at = '2026-02-30'",
        "UPDATE orders SET at = '2026-02-03 10:00:00+01:00'",
        "UPDATE orders SET at = 1770000000",
        "UPDATE orders SET at = '2026-02-03 24:00'",
        "UPDATE orders SET amount = 900000000",  # the sum of two is none of the decimals there are
    ],
)
def test_what_cannot_be_read_or_kept_is_an_error(tmp_path: Path, statement: str) -> None:
    url, catalog = _shop(tmp_path, statement), _catalog(tmp_path)
    with pytest.raises(SegdslError, match="SEG710"):
        catalog.run(["vip"], engine=url)


def test_compiled_sql_stands_by_itself(tmp_path: Path) -> None:
    """Any connection runs it; what would take a function of ours is refused."""
    catalog = _catalog(tmp_path, f'{RULES}\nsegment big = upper(country) = "DE"\nsegment half = sample(50%, "a")')
    url = _shop(tmp_path)
    names = ["vip", "german", "of_this_year", "tier"]
    connection = sqlite3.connect(tmp_path / "shop.db")
    for sql in (catalog.compile(names, dialect="sqlite"), catalog.compile(names, engine=url)):
        rows = connection.execute(sql).fetchall()
        assert sorted(rows) == [
            ("german", 1), ("of_this_year", 1), ("tier.gold", 1), ("tier.gold", 2), ("tier.silver", 3), ("vip", 2)
        ]  # fmt: skip
    connection.close()
    with catalog.run(["big", "half"], engine=url) as result:
        assert next(size.members for size in result.sizes) == 2
    for name in ("big", "half"):
        for engine in (None, url):
            with pytest.raises(SegdslError, match="SEG502"):
                catalog.compile([name], dialect="sqlite", engine=engine)


def test_the_current_time_in_a_zone_is_refused(tmp_path: Path) -> None:
    catalog = _catalog(tmp_path)
    (tmp_path / "segdsl.yaml").write_text(MODEL.replace("as_of: 2026-03-31\n", ""))
    with pytest.raises(SegdslError, match="the current time in `Europe/Berlin`"):
        load(tmp_path).compile(["vip"], dialect="sqlite")
    assert "SELECT" in catalog.compile(["vip"], dialect="sqlite")


def test_a_file_that_is_not_there_or_not_in_utf8_is_refused(tmp_path: Path) -> None:
    from segdsl.engines.connect import connect

    with pytest.raises(EngineProblem) as error:
        connect(f"sqlite:///{tmp_path}/none.db", tmp_path)
    assert error.value.diagnostics[0].code == "SEG773"
    with sqlite3.connect(tmp_path / "wide.db") as other:
        other.execute("PRAGMA encoding = 'UTF-16'")
        other.execute("CREATE TABLE t (x)")
    other.close()
    with pytest.raises(EngineProblem) as error:
        connect(f"sqlite:///{tmp_path}/wide.db", tmp_path)
    assert error.value.diagnostics[0].code == "SEG773"


# ---------------------------------------------------------------- arithmetic on ten-billionths

_ONE = Decimal(10) ** 10
_TENTH = Decimal("0.0000000001")
_numbers = st.decimals(min_value=-90_000_000, max_value=90_000_000, places=10, allow_nan=False)


def _evaluated(key: str) -> Callable[[Decimal, Decimal], Decimal | None]:
    connection = sqlite3.connect(":memory:")
    tree = build.fill(SQLITE.overrides[key], {"a": exp.column("a"), "b": exp.column("b")}, "sqlite")
    sql = f"SELECT {tree.sql(dialect='sqlite')} FROM (SELECT ? AS a, ? AS b) AS t"

    def found(a: Decimal, b: Decimal) -> Decimal | None:
        ((value,),) = connection.execute(sql, (int(a * _ONE), int(b * _ONE))).fetchall()
        return None if value is None else Decimal(value) / _ONE

    return found


_DIVIDED, _TIMES = _evaluated("/"), _evaluated("*")


@settings(max_examples=300, deadline=None)
@given(_numbers, _numbers)
def test_quotients_and_products_are_exact(a: Decimal, b: Decimal) -> None:
    import decimal

    with decimal.localcontext(prec=80):
        for evaluate, exact in ((_DIVIDED, a / b if b else None), (_TIMES, a * b)):
            expected = None if exact is None else exact.quantize(_TENTH, ROUND_HALF_UP)
            if expected is not None and abs(expected) > 922_337_202:
                with pytest.raises(sqlite3.OperationalError, match="overflow"):
                    evaluate(a, b)
            else:
                assert evaluate(a, b) == expected


def test_letter_case_is_duckdbs(tmp_path: Path) -> None:
    """Of every letter that has one, but `ß`, whose capital is a letter of its own there."""
    from segdsl.engines.drivers.sqlite import SQLite

    letters = [chr(code) for code in range(0x1FFF) if chr(code).isalpha() and chr(code) != "ß"]
    driver = SQLite("sqlite:")
    for word in ("lower", "upper"):
        sql = SQLITE_HERE.overrides[word].replace(":s", "?")
        found = [driver._connection.execute(f"SELECT {sql}", (letter,)).fetchone()[0] for letter in letters]
        rows = duckdb.execute(f"SELECT {word}(t) FROM (SELECT unnest(?::VARCHAR[]) AS t)", [letters]).fetchall()
        differ = [pair for pair in zip(letters, found, [row[0] for row in rows], strict=True) if pair[1] != pair[2]]
        # DuckDB's Unicode is newer than the oldest Python's
        assert [letter for letter, *_ in differ if unicodedata.category(letter) != "Lo"] == []
    driver.close()


def test_a_sample_is_the_same_one_as_everywhere(tmp_path: Path) -> None:
    people = [f"INSERT INTO customers (id, country) VALUES ({number}, 'DE')" for number in range(10, 40)]
    url = _shop(tmp_path, *people)
    catalog = _catalog(tmp_path, 'segment german = country = "DE"\n')
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE customers AS SELECT n AS id, 'DE' AS country FROM range(40) AS t(n)")
        for column in ("signup TIMESTAMP", "born DATE", "seats BIGINT", "active BOOLEAN"):
            connection.execute(f"ALTER TABLE customers ADD COLUMN {column}")
        connection.execute("DELETE FROM customers WHERE id <> 1 AND id < 10")
        connection.execute('CREATE TABLE orders (customer INT, "at" TIMESTAMP, amount DECIMAL(12, 2))')
        here = catalog.sample("german", 9, data=connection)
    there = catalog.sample("german", 9, engine=url)
    assert there["id"].to_pylist() == here["id"].to_pylist()
    assert there["id"].to_pylist() != sorted(there["id"].to_pylist())


def test_a_sample_goes_by_the_hash_of_each_dialect() -> None:
    german = Output("german", "segment", "customer", BOOL, InstanceKey("german", (), Moment()))

    def sampled(dialect: Dialect) -> str:
        query = Query((), {"customer": "c"}, {"german": "german"}, (german,), {"customer": "id"}, dialect)
        return " ".join(sample_sql(query, german, (), 5).split())

    assert "SEGDSL_HASH('' || '/' || CAST(" in sampled(SQLITE_HERE)
    assert "MD5(TO_UTF8(" in sampled(TRINO)
    for dialect in (SQLITE, TSQL):
        with pytest.raises(EngineProblem) as error:
            sampled(dialect)
        (found,) = error.value.diagnostics
        assert (found.code, found.message) == (
            "SEG502",
            f"a hash of the key, which `segdsl sample` uses, cannot be said in the dialect `{dialect.name}`: "
            + dialect.lacks["sample"],
        )
