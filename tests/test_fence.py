"""What a catalog cannot reach: attempts on files, extensions and settings, through the model and on the connection."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from segdsl.api import SegdslError, load
from segdsl.diagnostics import Source
from segdsl.engines.duckdb import DuckDB
from segdsl.engines.problem import EngineProblem
from segdsl.model.loader import load_model
from segdsl.model.model import Model
from segdsl.model.select import SelectError, parse_select

MODEL = """
tables: {others: "data/[b-c]*.csv"}
entities: {customer: {table: data/a.csv, key: id, attributes: {x: text}}}
events: {order: {of: customer, sql: "SELECT id, at_ FROM others", key: id, time: at_}}
"""
secret_rows = pa.table({"id": [1]})  # what a query could take for a table, were variables tables


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    for name in ("a", "b1", "c [x]", "secret"):
        (tmp_path / "data" / f"{name}.csv").write_text("id,x,at_\n1,y,2020-01-01\n")
    (tmp_path / "segdsl.yaml").write_text(MODEL)
    (tmp_path / "rules.seg").write_text("segment bought = count(order) = 2\n")
    return tmp_path


def model(text: str = MODEL) -> Model:
    found, diagnostics = load_model(Source("segdsl.yaml", text))
    assert found is not None, diagnostics
    return found


def test_the_files_of_the_model_are_read(folder: Path) -> None:
    with load(folder).run() as result:
        assert [(size.segment, size.members) for size in result.sizes] == [("bought", 1)]


ATTEMPTS = """
SELECT * FROM read_csv('{data}/secret.csv')
SELECT * FROM read_csv('{data}/*.csv')
SELECT * FROM read_csv(['{data}/a.csv', '{data}/secret.csv'])
SELECT * FROM read_csv('{data}/a.csv/../secret.csv')
SELECT * FROM read_text('{data}/secret.csv')
SELECT * FROM read_blob('/etc/passwd')
SELECT * FROM read_json('/etc/passwd')
SELECT * FROM read_parquet('{data}/secret.csv')
SELECT * FROM parquet_metadata('{data}/secret.csv')
SELECT * FROM sniff_csv('{data}/secret.csv')
SELECT * FROM read_duckdb('{data}/secret.csv')
SELECT * FROM glob('{data}/*')
SELECT * FROM '{data}/secret.csv'
SELECT * FROM query('FROM read_text(''{data}/secret.csv'')')
SELECT * FROM query_table('{data}/secret.csv')
SELECT * FROM secret_rows
SELECT * FROM duckdb_secrets()
SELECT * FROM read_csv('http://localhost:1/x.csv')
SELECT getenv('HOME')
COPY (SELECT 1) TO '{data}/new.csv'
COPY (SELECT 1) TO '{data}/a.csv/../new.csv'
CREATE TABLE t AS FROM '{data}/secret.csv'
ATTACH '{data}/new.duckdb'
ATTACH '{data}/new.db' (TYPE sqlite)
EXPORT DATABASE '{data}/new'
IMPORT DATABASE '{data}'
INSTALL httpfs
LOAD httpfs
LOAD '{data}/a.csv'
CREATE PERSISTENT SECRET s (TYPE s3)
SET allowed_paths = ['{data}/secret.csv']
SET allowed_directories = ['{data}']
SET enable_external_access = true
SET lock_configuration = false
RESET lock_configuration
SET python_enable_replacements = true
SET autoload_known_extensions = true
SET temp_directory = '{data}'
PRAGMA enable_profiling
SET profile_output = '{data}/new.json'
""".strip().splitlines()


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_a_connection_reaches_nothing_else(folder: Path, attempt: str) -> None:
    data = folder / "data"
    before = sorted(data.iterdir())
    with DuckDB(model(), folder) as engine, pytest.raises(duckdb.Error) as caught:
        engine.connection.execute(attempt.format(data=data)).fetchall()
    assert "Parser Error" not in str(caught.value)
    assert sorted(data.iterdir()) == before


def test_a_connection_can_spill(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spill = folder / "spill"
    spill.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(spill))
    with DuckDB(model(), folder) as engine:
        rows = engine.fetch("SELECT value FROM duckdb_settings() WHERE name = 'temp_directory'")
        # as much memory as there is cannot be asked for in a test: the folder is there to be written to
        engine.execute("CREATE TEMP TABLE t AS SELECT i, md5(i::TEXT) AS s FROM range(1000) t(i)")
        assert Path(rows[0][0]).parent == spill
    assert list(spill.iterdir()) == []


def test_views_of_a_database_read_its_tables_alone(folder: Path) -> None:
    with duckdb.connect(str(folder / "d.duckdb")) as connection:
        connection.execute("CREATE TABLE own AS SELECT 1 AS id, 'y' AS x")
        connection.execute("CREATE VIEW inside AS FROM own")
        connection.execute(f"CREATE VIEW outside AS FROM read_csv('{folder}/data/secret.csv')")
    text = "database: d.duckdb\nentities: {customer: {table: inside, key: id}}"
    with DuckDB(model(text), folder) as engine:
        assert engine.fetch("FROM inside") == [(1, "y")]
        with pytest.raises(EngineProblem):
            engine.fetch("FROM outside")


def test_globs_hold_what_the_engine_takes_them_for(folder: Path) -> None:
    (folder / "data" / ".b.csv").write_text("id,x,at_\n1,y,2020-01-01\n")
    (folder / "data" / "deep").mkdir()
    (folder / "data" / "deep" / "b [1].csv").write_text("id,x,at_\n1,y,2020-01-01\n")
    for pattern in ("data/*.csv", "data/**/*.csv", "data/**", "data/?1.csv", "**/*.csv", "data/c [[]x].csv"):
        (folder / "segdsl.yaml").write_text(MODEL.replace("data/[b-c]*.csv", pattern))
        with load(folder).run() as result:
            assert result.sizes[0].population == 1, pattern


# ---------------------------------------------------------------- the SELECTs of a model

REFUSED = """
ATTACH 'x'
SELECT 1; ATTACH 'x'
SELECT 1; DROP TABLE t
COPY t TO 'x'
CALL x()
EXECUTE x
EXPLAIN SELECT 1
PRAGMA database_list
SET threads = 1
SUMMARIZE t
DESCRIBE t
INSTALL httpfs
MERGE INTO t USING x ON a = b WHEN MATCHED THEN DELETE
WITH x AS (INSERT INTO t VALUES (1) RETURNING *) SELECT * FROM x
WITH x AS (COPY t TO 'y') SELECT 1
SELECT * INTO x FROM t
SELECT * FROM (DESCRIBE t)
SELECT * FROM (SUMMARIZE 'x.csv')
SELECT * FROM read_csv('x')
SELECT * FROM "read_csv"('x')
SELECT * FROM system.main.read_csv('x')
SELECT * FROM t, read_text('x')
SELECT * FROM t, LATERAL read_csv('x')
SELECT * FROM t, LATERAL (SELECT * FROM read_csv('x'))
SELECT * FROM t POSITIONAL JOIN glob('x')
SELECT * FROM t ASOF JOIN read_csv('x') USING (a)
SELECT * FROM t WHERE x IN (FROM read_csv('y'))
SELECT (SELECT content FROM read_text('y'))
FROM read_blob('x')
SELECT * FROM (PIVOT read_csv('x') ON a)
UNPIVOT read_csv('x') ON a INTO NAME b VALUE c
SELECT * FROM parquet_scan('x')
SELECT * FROM sniff_csv('x')
SELECT * FROM query('SELECT 1')
SELECT * FROM query_table('x')
SELECT * FROM json_execute_serialized_sql('x')
SELECT * FROM arrow_scan(1, 2, 3)
SELECT * FROM pandas_scan(1)
SELECT * FROM python_map_function(1)
SELECT * FROM duckdb_secrets()
SELECT * FROM duckdb_settings()
SELECT * FROM pragma_table_info('t')
SELECT getenv('HOME')
SELECT current_setting('s3_secret_access_key')
SELECT nextval('s')
SELECT list_transform([1], x -> write_log('x'))
SELECT sleep_ms(1)
SELECT $1
SELECT ?
""".strip().splitlines()


@pytest.mark.parametrize("text", REFUSED)
def test_a_select_does_nothing_but_read_rows(text: str) -> None:
    with pytest.raises(SelectError):
        parse_select(text)


NAMED_NOWHERE = (
    "SELECT * FROM 'data/secret.csv'",
    'SELECT * FROM "data/secret.csv"',
    "SELECT * FROM (FROM 'data/secret.csv')",
    "SELECT * FROM data.'secret.csv'",
    "SELECT * FROM others WHERE EXISTS (FROM 'data/secret.csv')",
    "SELECT * FROM secret_rows",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM pg_catalog.pg_tables",
    "SELECT * FROM sqlite_master",
    "SELECT * FROM duckdb_settings",
    "SELECT * FROM (SHOW TABLES)",
)


@pytest.mark.parametrize("text", NAMED_NOWHERE)
def test_a_select_reads_what_the_model_names(folder: Path, text: str) -> None:
    (folder / "segdsl.yaml").write_text(MODEL.replace("SELECT id, at_ FROM others", text.replace('"', '\\"')))
    with pytest.raises(SegdslError) as caught:
        load(folder).run()
    assert [item.code for item in caught.value.diagnostics] == ["SEG702"]
