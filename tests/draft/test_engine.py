"""`segdsl init --from ENGINE_URL`: models drafted from the tables of engines; each draft checks, and runs there."""

from __future__ import annotations

import shlex
import sqlite3
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner, Result

import segdsl
from segdsl.cli.commands import segdsl as commands
from segdsl.draft.guess import draft_engine
from segdsl.draft.write import model_text, starter_text
from segdsl.engines.warehouse import Warehouse
from segdsl.types import Kind
from tests.benches import Benches


def call(*arguments: str | Path) -> Result:
    return CliRunner().invoke(commands, [str(argument) for argument in arguments], prog_name="segdsl")


# forty customers of two accounts, orders with lines, and products; what leads where is declared under names of its own
PEOPLE = "SELECT n AS id, {zip} AS zip, 1 + n % 2 AS belongs_to FROM {numbers} WHERE n < 40"
ORDERS = "SELECT n AS nr, n % 40 AS placed_by, {at} AS ordered_at, n * 1.5 AS total FROM {numbers} WHERE n < 900"
LINES = "SELECT n % 900 AS order_nr, n % 9 AS product_id, 1 AS pieces FROM {numbers} WHERE n < 1500"
POSTGRES = (
    "CREATE SCHEMA sales",
    'CREATE TABLE sales."key.accounts" (id INT PRIMARY KEY, name TEXT)',
    "INSERT INTO sales.\"key.accounts\" VALUES (1, 'one'), (2, 'two')",
    'CREATE TABLE sales.customers (id INT PRIMARY KEY, zip VARCHAR(5), belongs_to INT REFERENCES sales."key.accounts")',
    "INSERT INTO sales.customers SELECT n, '0' || (1000 + n % 7), 1 + n % 2 FROM generate_series(0, 39) AS t(n)",
    "CREATE TABLE sales.raw_orders (nr BIGINT PRIMARY KEY, placed_by INT REFERENCES sales.customers,"
    " ordered_at TIMESTAMPTZ, total NUMERIC(12, 2))",
    "INSERT INTO sales.raw_orders SELECT n, n % 40, TIMESTAMPTZ '2026-01-01 10:00+00' + n * INTERVAL '1 hour', n * 1.5"
    " FROM generate_series(0, 899) AS t(n)",
    "CREATE TABLE sales.lines (order_nr BIGINT REFERENCES sales.raw_orders, product_id INT, pieces INT)",
    "INSERT INTO sales.lines SELECT n % 900, n % 9, 1 FROM generate_series(0, 1499) AS t(n)",
    'CREATE TABLE sales."Products" (id INT, brand TEXT)',
    "INSERT INTO sales.\"Products\" SELECT n, 'b' || n FROM generate_series(0, 8) AS t(n)",
    "CREATE TABLE sales.segdsl_members (segment TEXT, id INT)",
)


def test_a_schema_of_postgres(benches: Benches, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys and links as they were declared, also where the tables are larger than what is looked at."""
    owner = benches("postgres")
    url = owner.url.replace("postgres:@", "postgres:${SHOP_WORD}@")
    monkeypatch.setenv("SHOP_WORD", "s3cr3t-w0rd")
    for statement in POSTGRES:
        owner.driver.execute(statement)
    try:
        texts = set()
        for number, sample in enumerate((20_000, 50)):
            monkeypatch.setattr("segdsl.draft.far.SAMPLE", sample)
            folder = tmp_path / f"c{number}"
            done = call("init", folder, "--from", url, "--schema", "sales", "--name", "shop")
            assert done.exit_code == 0, done.output
            model = (folder / "segdsl.yaml").read_text("utf-8")
            assert "s3cr3t" not in done.output + model
            catalog = segdsl.load(folder)
            customer = catalog.model.entities["customer"]
            assert customer.table == "sales.customers"
            assert customer.parent is not None
            assert (customer.parent.entity, customer.parent.key.column) == ("account", "belongs_to")
            order = catalog.model.events["order"]
            assert (order.key.column, order.time, order.fields["amount"].column) == ("placed_by", "ordered_at", "total")
            assert catalog.model.events["line"].of == "customer"
            assert catalog.model.lookups["product"].table == "sales.Products"
            assert catalog.model.entities["account"].table == 'sales."key.accounts"'
            assert "a foreign key to sales.customers.id" in model
            assert "declared to be unique, 40 rows" in model
            assert str(catalog.model.as_of) == "2026-02-08"
            assert "segdsl_members" not in model
            assert not [item.render() for item in catalog.check() if item.is_error]
            with catalog.run(engine=url) as result:
                sizes = {size.segment: size.members for size in result.sizes}
            assert sizes["recent_order"] == 40
            texts.add((folder / "segments/start.seg").read_text("utf-8"))
        assert "first 50 rows" in model
        assert len(texts) == 1
        done = call("init", tmp_path / "none", "--from", url)
        assert done.exit_code == 1
        assert "schema `public` has no tables; name another by `--schema`: sales" in done.output
    finally:
        owner.driver.execute("DROP SCHEMA sales CASCADE")


def drafted(engine: Warehouse, folder: Path, schema: str | None = None) -> segdsl.api.Catalog:
    """A draft over a session that is open, after it has been loaded and checked."""
    draft = draft_engine(engine, schema, "engine://host", folder)
    (folder / "segments").mkdir(parents=True)
    (folder / "segdsl.yaml").write_text(model_text(draft, "engine://host"), "utf-8")
    (folder / "segments/start.seg").write_text(starter_text(draft), "utf-8")
    catalog = segdsl.load(folder)
    assert not [item.render() for item in catalog.check() if item.is_error]
    return catalog


def test_a_file_of_duckdb_as_an_engine(tmp_path: Path) -> None:
    """With what was declared; it is read by any number at once, and written to where that is asked for."""
    path = tmp_path / "shop.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE people (code INT PRIMARY KEY, born DATE)")
        connection.execute("INSERT INTO people SELECT n, '1980-01-01' FROM range(30) AS t(n)")
        connection.execute(
            "CREATE TABLE bought (nr INT UNIQUE, payer INT REFERENCES people (code), bought_at TIMESTAMP, total INT)"
        )
        connection.execute("INSERT INTO bought SELECT n, n % 20, '2026-01-01', n FROM range(90) AS t(n)")
        connection.execute("CREATE SCHEMA marketing")
    url = f"duckdb:///{path}"
    done = call("init", tmp_path / "c", "--from", url)
    assert done.exit_code == 0, done.output
    catalog = segdsl.load(tmp_path / "c")
    assert catalog.model.database is None
    assert (catalog.model.default_entity.table, catalog.model.events["bought"].key.column) == ("people", "payer")
    with catalog.run(engine=url) as result, catalog.run(engine=url) as other:
        assert {size.members for size in result.sizes if size.segment == "recent_bought"} == {20}
        assert list(result.sizes) == list(other.sizes)
        with pytest.raises(segdsl.SegdslError, match="read-only"):
            result.write_into("marketing")
    done = call("-C", tmp_path / "c", "run", "recent_bought", "--engine", f"{url}?access=write", "--into", "marketing")
    assert done.exit_code == 0, done.output
    with duckdb.connect(str(path)) as connection:
        assert connection.execute("SELECT count(*) FROM marketing.segdsl_members").fetchall() == [(20,)]
    done = call("-C", tmp_path / "c", "run", "--engine", "duckdb:///nowhere.duckdb")
    assert "error[SEG773]: `duckdb://` cannot be used: there is no file `nowhere.duckdb`" in done.output


# how a table is made, where numbers come from, a number as a text, and a time
WRITTEN = {
    "clickhouse": (
        "CREATE TABLE {0} ENGINE = Memory AS {1}", "(SELECT number AS n FROM numbers(400))",
        "concat('c', toString({}))",
        "toDateTime64('2026-01-02 10:00:00', 6)",
    ),
    "mariadb": (
        "CREATE TABLE {0} AS {1}", "(SELECT seq AS n FROM seq_0_to_399) AS t", "CONCAT('c', {})",
        "TIMESTAMP'2026-01-02 10:00:00'",
    ),
    "sail": (
        "CREATE TEMPORARY VIEW {0} AS {1}", "(SELECT id AS n FROM range(400)) AS t", "CONCAT('c', CAST({} AS STRING))",
        "TIMESTAMP_NTZ '2026-01-02 10:00:00'",
    ),
    "snowflake": (
        "CREATE TABLE {0} AS {1}", '(SELECT n FROM (SELECT UNNEST(RANGE(400)) AS n))', "CONCAT('c', {})",
        "TO_TIMESTAMP_NTZ('2026-01-02 10:00:00')",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", list(WRITTEN))
def test_values_tell_where_nothing_was_declared(
    benches: Benches, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Tables that are larger than what is looked at, with texts and numbers as keys."""
    driver = benches(name).driver
    make, numbers, text, at = WRITTEN[name]
    tables = {
        "customers": f"SELECT {text.format('n')} AS customer_id, n % 3 AS tier FROM {numbers} WHERE n < 90",
        "orders": f"SELECT n AS order_id, {text.format('n % 60')} AS customer_id, {at} AS ordered_at, n AS amount,"
        f" n % 120 AS product_id FROM {numbers}",
        "products": f"SELECT n AS product_id, n % 5 AS brand FROM {numbers} WHERE n < 120",
    }
    monkeypatch.setattr("segdsl.draft.far.SAMPLE", 80)
    for table, select in tables.items():
        driver.execute(make.format(table, select))
    try:
        catalog = drafted(Warehouse(driver), tmp_path / "c")
        order = catalog.model.events["order"]
        assert (catalog.model.default_entity.table, order.key.column.lower()) == ("customers", "customer_id")
        assert (order.fields["product"].lookup, order.fields["amount"].column.lower()) == ("product", "amount")
        assert str(catalog.model.as_of) == "2026-01-03"
        text_of_model = (tmp_path / "c/segdsl.yaml").read_text("utf-8")
        assert "all of its values are in customers.customer_id" in text_of_model.lower()
        assert "no value twice in 90 rows" in text_of_model
        monkeypatch.setattr("segdsl.evaluator.Evaluator.connect", lambda *_: Unclosed(driver))
        with catalog.run(engine="x://") as result:
            assert {size.segment: size.members for size in result.sizes}["recent_order"] == 60
            result.evaluation.drop()
    finally:
        for table in tables:
            driver.execute(f"DROP {'VIEW' if name == 'sail' else 'TABLE'} {table}")


def test_a_file_of_sqlite(tmp_path: Path) -> None:
    """With what was declared, and a column without a type that holds numbers and texts."""
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.executescript(
            "CREATE TABLE people (id INTEGER PRIMARY KEY, country TEXT, signup DATETIME, note);"
            "CREATE TABLE orders (nr INTEGER PRIMARY KEY, payer INT REFERENCES people (id), at TIMESTAMP,"
            " amount NUMERIC(12, 2));"
        )
        people = [(n, "DE", "2025-01-01 10:00", n if n % 2 else f"n{n}") for n in range(30)]
        connection.executemany("INSERT INTO people VALUES (?, ?, ?, ?)", people)
        orders = [(n, n % 20, "2026-01-02 10:00:00", n / 4) for n in range(90)]
        connection.executemany("INSERT INTO orders VALUES (?, ?, ?, ?)", orders)
    connection.close()
    url = f"sqlite:///{tmp_path}/shop.db"
    done = call("init", tmp_path / "c", "--from", url)
    assert done.exit_code == 0, done.output
    catalog = segdsl.load(tmp_path / "c")
    assert catalog.check() == []
    order = catalog.model.events["order"]
    assert (catalog.model.default_entity.table, order.key.column, order.time) == ("people", "payer", "at")
    types = {name: str(field.type) for name, field in catalog.model.default_entity.attributes.items()}
    assert types == {"country": "text", "signup": "timestamp", "note": "text"}
    assert str(order.fields["amount"].type) == "decimal"
    with catalog.run(engine=url) as result:
        assert {size.segment: size.members for size in result.sizes}["recent_order"] == 20


@pytest.mark.parametrize("scheme", ["duckdb", "sqlite"])
def test_what_a_draft_of_a_file_says_comes_next_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    """A path in a URL goes from the folder that one is in, which is another one then."""
    place = tmp_path / "my data"
    place.mkdir()
    opened = duckdb.connect(str(place / "shop.db")) if scheme == "duckdb" else sqlite3.connect(place / "shop.db")
    opened.execute("CREATE TABLE people (id INTEGER PRIMARY KEY, country TEXT)")
    opened.execute("INSERT INTO people VALUES (1, 'DE')")
    opened.commit()
    opened.close()
    monkeypatch.chdir(place)
    done = call("init", "m", "--from", f"{scheme}:///shop.db")
    assert done.exit_code == 0, done.output
    *_, change, check, run = done.output.splitlines()
    told = run.strip().split("  ")
    assert (change.strip(), told[-1]) == ("cd m", "how many members each segment has")
    assert check.index("all that is wrong") == run.index("how many members")
    assert str(tmp_path) not in (place / "m/segdsl.yaml").read_text("utf-8")
    monkeypatch.chdir(place / "m")
    done = call(*shlex.split(told[0])[1:])
    assert done.exit_code == 0, done.output
    done = call("run", "--engine", f"{scheme}:///shop.db")
    assert f"error[SEG773]: `{scheme}://` cannot be used: there is no file `shop.db`" in done.output
    assert f"from the folder you are in, here to `{place}/m/shop.db`" in done.output


class Unclosed(Warehouse):
    """A session that others go on with."""

    def close(self) -> None:
        """It stays open."""


def test_what_was_declared_on_mariadb(benches: Benches) -> None:
    driver = benches("mariadb").driver
    driver.execute("CREATE TABLE one (id INT PRIMARY KEY, a INT, b INT, UNIQUE (a, b)) ENGINE = InnoDB")
    driver.execute("CREATE TABLE many (of INT, FOREIGN KEY (of) REFERENCES one (id)) ENGINE = InnoDB")
    try:
        found = driver.declared(None)
    finally:
        driver.execute("DROP TABLE many, one")
    assert (found.is_current, found.tables, found.keys) == (True, ("many", "one"), frozenset({("one", "id")}))
    assert found.links == {("many", "of"): ("one", "id")}
    assert driver.declared("nowhere").tables == ()


def test_zero_dates_of_mariadb_are_unknown(benches: Benches, tmp_path: Path) -> None:
    driver = benches("mariadb").driver
    mode = driver.dialect.session["sql_mode"]
    driver.execute("CREATE TABLE people (id INT PRIMARY KEY, born DATE, seen DATETIME, at TIMESTAMP NULL)")
    try:
        driver.execute("SET SESSION sql_mode = ''")
        driver.execute(
            "INSERT INTO people VALUES (1, '0000-00-00', '0000-00-00', 0),"
            " (2, '2026-00-00', '2026-02-31 10:00:00', '2026-01-01 10:00:00'), (3, '1990-01-01', NULL, NULL)"
        )
        found = driver.stream("SELECT born, seen, at FROM people ORDER BY id").read_all()
        assert [column.null_count for column in found.columns] == [2, 3, 2]
        driver.execute(f"SET SESSION sql_mode = {mode}")
        attributes = drafted(Warehouse(driver), tmp_path / "c").model.default_entity.attributes
    finally:
        driver.execute(f"SET SESSION sql_mode = {mode}")
        driver.execute("DROP TABLE people")
    assert {name: str(field.type) for name, field in attributes.items()} == {
        "born": "date", "seen": "timestamp", "at": "timestamp"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "type_", "long"), [("postgres", "NUMERIC", "NUMERIC(28)"), ("mariadb", "DECIMAL(65, 30)", "DECIMAL(65)")]
)
def test_decimals_with_more_digits_than_there_are_here(
    benches: Benches, tmp_path: Path, name: str, type_: str, long: str
) -> None:
    """They are rounded to ten after the point, as a rule reads them."""
    driver = benches(name).driver
    driver.execute(f"CREATE TABLE people (id INT PRIMARY KEY, worth {type_}, far {long})")
    try:
        digits = 60 if name == "mariadb" else 28
        driver.execute(
            f"INSERT INTO people VALUES (1, 3.14159265358979323846, {'9' * digits}), (2, -0.00000000005, 2),"
            " (3, NULL, 3)"
        )
        catalog = drafted(Warehouse(driver), tmp_path / "c")
        if name == "postgres":
            found = driver.stream("SELECT worth FROM people ORDER BY id").read_all().column(0)
            assert [str(value) for value in found] == ["3.1415926536", "-1E-10", "None"]
    finally:
        driver.execute("DROP TABLE people")
    attributes = catalog.model.default_entity.attributes
    assert attributes["worth"].type.kind is Kind.DECIMAL
    assert "far" in attributes
