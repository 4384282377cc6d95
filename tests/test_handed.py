"""What somebody has made or set in a database of DuckDB changes nothing that rules mean, or is refused."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from segdsl import Catalog, SegdslError, load

MODEL = """
timezone: Europe/Berlin
as_of: 2026-03-31
entities:
  customer: {table: customers, key: id, attributes: {city: text, visits: int, spend: decimal, tags: "list(text)",
    at: timestamp}}
"""
RULES = """
segment berlin = lower(city) = "berlin"
segment often = visits / 2 > 1
segment exact = city = "Ulm"
segment some = sample(50%, "s")
segment late = at >= 2026-03-01T12:00
segment tagged = tags has any ("x", "y")
trait first = spend / 4
trait place = rank(visits)
trait floored = floor(spend)
segmentation half { top when percentile(visits) >= 50%  low otherwise }
"""
TABLES = """
CREATE TABLE customers AS SELECT * FROM (VALUES
    (1, 'Berlin', 3, 1.5, ['x'], TIMESTAMPTZ '2026-03-01 11:00+00'),
    (2, 'ULM', 1, 2.5, [], TIMESTAMPTZ '2026-03-01 10:00+00'),
    (3, 'Ulm', NULL, NULL, NULL, NULL),
    (4, 'bonn', 4, -1.5, ['z', 'y'], NULL)) AS t(id, city, visits, spend, tags, "at")
"""
SETTINGS = {
    "default_order": "DESC", "default_null_order": "NULLS_FIRST", "default_collation": "nocase",
    "TimeZone": "Asia/Tokyo", "Calendar": "buddhist", "integer_division": "true", "ieee_floating_point_ops": "false",
    "order_by_non_integer_literal": "true", "scalar_subquery_error_on_multiple_rows": "false",
    "disable_timestamptz_casts": "true", "preserve_identifier_case": "lowercase", "errors_as_json": "true",
    "arrow_large_buffer_size": "true", "arrow_output_list_view": "true", "arrow_lossless_conversion": "true",
    "dialect_compatibility_mode": "SPARK",
    "arrow_output_version": "1.4", "preserve_insertion_order": "false", "ordered_aggregate_threshold": "1",
}  # fmt: skip


def catalog(folder: Path, model: str = MODEL) -> Catalog:
    (folder / "segdsl.yaml").write_text(model)
    (folder / "rules.seg").write_text(RULES)
    return load(folder)


def asked(found: Catalog, connection: duckdb.DuckDBPyConnection) -> list[object]:
    """What a catalog says of a connection's tables, in all its forms."""
    with found.run(layout="wide", data=connection) as wide, found.run(data=connection) as long:
        said: list[object] = [
            wide.wide.schema,
            wide.wide.to_pylist(),
            long.sizes,
            sorted(long.members.to_pylist(), key=str),
        ]
    said.append(found.sample("some", 2, data=connection).to_pylist())
    return said


@pytest.mark.parametrize("scope", ["", "GLOBAL"])
@pytest.mark.parametrize("name", list(SETTINGS))
def test_what_is_set_on_a_connection_changes_nothing(tmp_path: Path, name: str, scope: str) -> None:
    found = catalog(tmp_path)
    with duckdb.connect() as connection:
        connection.execute(TABLES)
        expected = asked(found, connection)
        connection.execute(f"SET {scope} {name} = '{SETTINGS[name]}'")
        ask = "SELECT value FROM duckdb_settings() WHERE name = ?"
        before = connection.execute(ask, [name]).fetchall()
        assert asked(found, connection) == expected
        assert connection.execute(ask, [name]).fetchall() == before


MACROS = (
    "lower(x) AS upper(x)", "LOWER(x) AS upper(x)", "floor(x) AS 7", '"+"(a, b) AS 0', '"||"(a, b) AS a',
    "count_star() AS 3", "list_value(x) AS 1", "epoch_us(x) AS 0", "md5(x) AS x", "sum(x) AS 0",
    "read_csv(x) AS TABLE SELECT 1 AS id",
)  # fmt: skip


@pytest.mark.parametrize("place", ["connection", "schema", "database", "engine"])
@pytest.mark.parametrize("macro", MACROS)
def test_a_macro_called_as_a_function_of_duckdb_is_refused(tmp_path: Path, macro: str, place: str) -> None:
    name = macro.partition("(")[0].strip('"')
    with pytest.raises(SegdslError) as error:
        _run_with(tmp_path, [f"CREATE MACRO {macro}"], place)
    (told,) = error.value.diagnostics
    assert told.code == ("SEG709" if place == "database" else "SEG773")
    assert f"it has a macro called as a function of DuckDB's own: `{name}`" in told.message


@pytest.mark.parametrize("place", ["connection", "schema", "database", "engine"])
def test_other_macros_and_types_are_no_trouble(tmp_path: Path, place: str) -> None:
    sizes = _run_with(tmp_path, [], place)
    more = [
        "CREATE MACRO mine(x) AS upper(x)", "CREATE MACRO TABLE_OF(x) AS TABLE SELECT x", "CREATE SCHEMA elsewhere",
        "CREATE MACRO elsewhere.lower(x) AS upper(x)", "CREATE MACRO lower(x) AS TABLE SELECT 1 AS one",
    ]  # fmt: skip
    assert _run_with(tmp_path, more, place) == sizes


MACRO = "lower(x) AS upper(x)"


@pytest.mark.parametrize("statements", [
    [f"CREATE MACRO {MACRO}", "CREATE SCHEMA s", "USE s", TABLES],
    ["ATTACH ':memory:' AS b", "CREATE SCHEMA b.s", f"CREATE MACRO b.{MACRO}", "USE b.s", TABLES],
    ['CREATE SCHEMA "S"', f'CREATE MACRO "S".{MACRO}', "USE s", TABLES],
    ["ATTACH ':memory:' AS DB", f"CREATE MACRO DB.{MACRO}", "USE db", TABLES],
    [f"CREATE MACRO {MACRO}", "CREATE TEMP MACRO current_schema() AS 'elsewhere'"],
])  # fmt: skip
def test_a_macro_is_found_wherever_duckdb_finds_it(tmp_path: Path, statements: list[str]) -> None:
    with pytest.raises(SegdslError) as error:
        _run_with(tmp_path, statements, "connection")
    assert "it has a macro called as a function of DuckDB's own: `lower`" in error.value.diagnostics[0].message


@pytest.mark.parametrize("statements", [
    ["ATTACH ':memory:' AS b", f"CREATE MACRO {MACRO}", "USE b", TABLES],
    ["ATTACH ':memory:' AS b", f"CREATE MACRO b.{MACRO}"],
    ["CREATE SCHEMA s", f"CREATE MACRO s.{MACRO}", "SET search_path = 'main,s'"],
    [f"CREATE TEMP MACRO {MACRO}", "CREATE TEMP MACRO current_schema() AS 'elsewhere'"],
    ["CREATE TEMP MACRO duckdb_tables() AS TABLE SELECT 'customers' AS table_name, true AS temporary"],
])  # fmt: skip
def test_a_macro_that_rules_cannot_meet_is_no_trouble(tmp_path: Path, statements: list[str]) -> None:
    assert _run_with(tmp_path, statements, "connection") == _run_with(tmp_path, [], "connection")


@pytest.mark.parametrize("statements", [
    ["ATTACH ':memory:' AS DB", "USE db", TABLES], ['CREATE SCHEMA "S"', "USE s", TABLES],
])  # fmt: skip
def test_what_is_in_use_may_be_spelled_in_other_letter_case(tmp_path: Path, statements: list[str]) -> None:
    assert _run_with(tmp_path, statements, "connection") == _run_with(tmp_path, [], "connection")


def _run_with(folder: Path, statements: list[str], place: str) -> dict[str, int]:
    """The sizes over tables beside which something more is made."""
    database = folder / "shop.duckdb"
    database.unlink(missing_ok=True)
    with duckdb.connect() if place in ("connection", "schema") else duckdb.connect(str(database)) as connection:
        for statement in (*(["CREATE SCHEMA s", "USE s"] if place == "schema" else []), TABLES, *statements):
            connection.execute(statement)
        if place in ("connection", "schema"):
            with catalog(folder).run(data=connection) as result:
                return {size.segment: size.members for size in result.sizes}
    found = catalog(folder, f"database: shop.duckdb\n{MODEL}" if place == "database" else MODEL)
    with found.run(engine=None if place == "database" else f"duckdb:///{database}") as result:
        return {size.segment: size.members for size in result.sizes}
