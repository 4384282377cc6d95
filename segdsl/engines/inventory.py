"""What an engine says about its tables: which there are, and which keys were declared.

An engine's inventory is data: SELECTs over its own catalog, as templates in its dialect.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from segdsl.sql import build, sql_text

if TYPE_CHECKING:
    from segdsl.engines.drivers.driver import Driver

# what `run --into` writes is nothing to draft from
_OWN = "segdsl_"


@dataclass(frozen=True, slots=True)
class Inventory:
    """Templates with `:schema` where its name goes; one that is left out asks for nothing.

    `current` gives the schema in use, `schemas` those that hold tables, `tables` the tables of a schema. `keys` gives
    tables and columns of which no value stands twice, `links` a table, its column, and the schema, table and column
    whose keys that holds. `enforced`: what is declared is also seen to.
    """

    current: str
    schemas: str
    tables: str
    keys: str = ""
    links: str = ""
    enforced: bool = False


STANDARD = Inventory(
    current="SELECT CURRENT_SCHEMA() AS name",
    schemas="SELECT DISTINCT table_schema AS name FROM information_schema.tables"
    " WHERE LOWER(table_schema) <> 'information_schema' ORDER BY 1",
    tables="SELECT table_name AS name FROM information_schema.tables WHERE table_schema = :schema ORDER BY 1",
)

_POSTGRES_COLUMNS = """\
SELECT CAST(c.relname AS TEXT) AS name, CAST(a.attname AS TEXT) AS key{more} FROM pg_catalog.pg_constraint AS k
JOIN pg_catalog.pg_class AS c ON c.oid = k.conrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = ANY(k.conkey){joins}
WHERE n.nspname = :schema AND CARDINALITY(k.conkey) = 1 AND k.contype IN ({kinds})"""

POSTGRES = Inventory(
    current="SELECT CAST(CURRENT_SCHEMA() AS TEXT) AS name",
    schemas="SELECT DISTINCT CAST(n.nspname AS TEXT) AS name FROM pg_catalog.pg_class AS c"
    " JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')"
    " AND NOT n.nspname IN ('pg_catalog', 'information_schema', 'pg_toast') ORDER BY 1",
    tables="SELECT CAST(c.relname AS TEXT) AS name FROM pg_catalog.pg_class AS c"
    " JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname = :schema"
    " AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition"
    " AND HAS_TABLE_PRIVILEGE(c.oid, 'SELECT') ORDER BY 1",
    keys=_POSTGRES_COLUMNS.format(more="", joins="", kinds="'p', 'u'"),
    links=_POSTGRES_COLUMNS.format(
        more=", CAST(fn.nspname AS TEXT) AS of_schema, CAST(f.relname AS TEXT) AS of,"
        " CAST(fa.attname AS TEXT) AS of_key",
        joins="""
JOIN pg_catalog.pg_class AS f ON f.oid = k.confrelid
JOIN pg_catalog.pg_namespace AS fn ON fn.oid = f.relnamespace
JOIN pg_catalog.pg_attribute AS fa ON fa.attrelid = f.oid AND fa.attnum = ANY(k.confkey)""",
        kinds="'f'",
    ),
    enforced=True,
)

DUCKDB = Inventory(
    current="SELECT CURRENT_SCHEMA() AS name",
    schemas="SELECT DISTINCT table_schema AS name FROM information_schema.tables"
    " WHERE table_catalog = CURRENT_DATABASE() ORDER BY 1",
    tables="SELECT table_name AS name FROM information_schema.tables"
    " WHERE table_schema = :schema AND table_catalog = CURRENT_DATABASE() ORDER BY 1",
    keys="SELECT table_name AS name, LIST_EXTRACT(constraint_column_names, 1) AS key FROM DUCKDB_CONSTRAINTS()"
    " WHERE schema_name = :schema AND database_name = CURRENT_DATABASE()"
    " AND constraint_type IN ('PRIMARY KEY', 'UNIQUE') AND LEN(constraint_column_names) = 1",
    # a foreign key of DuckDB stays within its schema
    links="SELECT table_name AS name, LIST_EXTRACT(constraint_column_names, 1) AS key, schema_name AS of_schema,"
    " referenced_table AS of, LIST_EXTRACT(referenced_column_names, 1) AS of_key FROM DUCKDB_CONSTRAINTS()"
    " WHERE schema_name = :schema AND database_name = CURRENT_DATABASE()"
    " AND constraint_type = 'FOREIGN KEY' AND LEN(constraint_column_names) = 1",
    enforced=True,
)

CLICKHOUSE = Inventory(
    current="SELECT currentDatabase() AS name",
    schemas="SELECT DISTINCT database AS name FROM system.tables"
    " WHERE NOT LOWER(database) IN ('system', 'information_schema') ORDER BY 1",
    tables="SELECT name FROM system.tables WHERE database = :schema AND NOT is_temporary ORDER BY 1",
)

MARIADB = Inventory(
    current="SELECT DATABASE() AS name",
    schemas="SELECT DISTINCT table_schema AS name FROM information_schema.tables WHERE NOT table_schema IN"
    " ('information_schema', 'mysql', 'performance_schema', 'sys') ORDER BY 1",
    tables=STANDARD.tables,
    keys="SELECT table_name AS name, MIN(column_name) AS key_column FROM information_schema.statistics"
    " WHERE table_schema = :schema AND non_unique = 0 GROUP BY table_name, index_name HAVING COUNT(*) = 1",
    links="SELECT table_name AS name, MIN(column_name) AS key_column, MIN(referenced_table_schema) AS of_schema,"
    " MIN(referenced_table_name) AS of_table, MIN(referenced_column_name) AS of_key"
    " FROM information_schema.key_column_usage WHERE table_schema = :schema AND NOT referenced_table_name IS NULL"
    " GROUP BY table_name, constraint_name HAVING COUNT(*) = 1",
    enforced=True,
)

# foreign keys are declared there, and seen to only where a connection asks for it
SQLITE = Inventory(
    current="SELECT 'main' AS name",
    schemas="SELECT 'main' AS name",
    tables="SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND SUBSTR(name, 1, 7) <> 'sqlite_'"
    " AND :schema = 'main' ORDER BY 1",
    keys="SELECT m.name, MIN(p.name) FROM sqlite_master AS m, PRAGMA_TABLE_INFO(m.name) AS p WHERE m.type = 'table'"
    " AND :schema = 'main' AND p.pk > 0 GROUP BY m.name HAVING COUNT(*) = 1",
    links='SELECT m.name, MIN(f."from"), :schema, MIN(f."table"), MIN(f."to") FROM sqlite_master AS m,'
    " PRAGMA_FOREIGN_KEY_LIST(m.name) AS f GROUP BY m.name, f.id HAVING COUNT(*) = 1",
)


@dataclass(frozen=True)
class Declared:
    """The tables of a schema, and what was declared of them: columns without a value that stands twice, by (table,
    column), and for a column the table and column whose keys it holds. `is_current`: the schema needs no mention."""

    schema: str
    is_current: bool
    tables: tuple[str, ...]
    keys: frozenset[tuple[str, str]] = frozenset()
    links: Mapping[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    enforced: bool = False
    others: tuple[str, ...] = ()  # schemas with tables, where this one has none


def shared(names: Iterable[str]) -> tuple[str, ...]:
    """The tables that somebody may draft from."""
    return tuple(name for name in names if not name.startswith(_OWN))


def declared(driver: Driver, inventory: Inventory, schema: str | None) -> Declared:
    """The tables of a schema, of the one in use where none is named. Raises what the driver raises."""

    def rows(template: str, name: str = "") -> list[tuple[str, ...]]:
        if not template:
            return []
        tree = build.fill(template, {"schema": build.text(name)}, driver.dialect.grammar)
        table = driver.stream(sql_text(tree, driver.dialect)).read_all()
        found = zip(*(column.to_pylist() for column in table.columns), strict=True)
        return [tuple(str(value) for value in row) for row in found if None not in row]

    current = rows(inventory.current)
    mine = current[0][0] if current else ""
    place = schema if schema is not None else mine
    if schema is not None and driver.dialect.folds == "upper" and schema == schema.lower():
        place = schema.upper()
    tables = shared(name for (name,) in rows(inventory.tables, place))
    if not tables:
        return Declared(place, place == mine, (), others=tuple(name for (name,) in rows(inventory.schemas)))
    keys = frozenset((table, column) for table, column in rows(inventory.keys, place))
    links = {
        (table, column): (other, key)
        for table, column, of_schema, other, key in rows(inventory.links, place)
        if of_schema == place
    }
    return Declared(place, place == mine, tables, keys, links, inventory.enforced)
