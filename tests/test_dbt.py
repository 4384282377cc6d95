"""`segdsl export dbt`: what dbt builds are the members of `segdsl run`, whatever stands in the texts of a catalog."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import duckdb
import pytest
import yaml
from click.testing import CliRunner

from segdsl import SegdslError, load
from segdsl.api import Catalog
from segdsl.cli.commands import segdsl
from segdsl.dbt.jinja import Places, escaped
from tests.benches import IN_CI, Benches

ROOT = Path(__file__).parent.parent
MODEL = """\
name: shop
timezone: Europe/Berlin
as_of: 2026-03-31
tables: {customers: customers.csv, orders: orders.csv}
entities:
  customer: {table: customers, key: id, attributes: {note: text, signup: timestamp}}
events:
  order: {of: customer, sql: "SELECT id, customer, at, amount FROM orders", key: customer, time: at,
          fields: {amount: decimal}}
"""
NASTY = ["{{ 1/0 }}", "{% endmacro %}", "{# gone #}", "it's", '"', "a{{{b", "{", "\\", "%s $1 $$", "x\r\ny", "😀"]
RULES = {
    "money.seg": """\
## What {{ was }} paid, {% in euros %}: "all" of it's sum.
@owner("crm") @tags(email)
trait spent = sum(order.amount)
## Paid more than a hundred.
@owner("crm") @tags(email, vip)
segment vip = spent > 100
@tags(email)
segmentation tier { `it's {{ gold }}` when spent > 100  silver when spent > 0 }
segment recent = any(order within 30d)
expect disjoint(tier.silver, vip)
""",
    "notes.seg": "segmentation note_kind {\n" + "\n".join(
        f"  n{number} when note = \"" + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
        for number, text in enumerate(NASTY) if "\r" not in text
    ) + "\n}\nsegment lost = vip as of 1mo ago and not recent or signup in this month\n",
    "few.seg": "segment few = spent > 1_000\nexpect few between 90% and 100%\n",
}  # fmt: skip
# the times are winter's and summer's, so that a day begins at two offsets
ORDERS = [
    (1, 1, "2026-03-30 23:30:00", "60.10"), (2, 1, "2026-01-05 10:00:00", "50"), (3, 2, "2026-02-27 00:00:00", "120"),
    (4, 3, "2026-03-31 18:00:00", "5"), (5, 4, "2025-12-31 23:59:59", "101"),
]  # fmt: skip


def _customers() -> list[tuple[int, str, str | None]]:
    times = [f"2026-03-0{n % 9 + 1} 12:00:00" for n in range(len(NASTY))]
    return [*((n + 1, text, time) for n, (text, time) in enumerate(zip(NASTY, times, strict=True))), (99, "", None)]


@pytest.fixture(scope="session")
def dbt() -> str:
    """The command, in an environment of its own: what dbt needs is not what segdsl needs."""
    found = os.environ.get("SEGDSL_DBT") or str(ROOT / ".venv-dbt" / "bin" / "dbt")
    if not Path(found).is_file() and not IN_CI:
        pytest.skip("dbt is not here: SEGDSL_DBT names it; pip install 'dbt-core<1.12' dbt-duckdb dbt-postgres")
    assert Path(found).is_file()
    return found


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "segdsl.yaml").write_text(MODEL)
    for name, text in RULES.items():
        (folder / name).write_text(text)
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE customers (id INT, note TEXT, signup TIMESTAMP)")
        connection.executemany("INSERT INTO customers VALUES (?, ?, ?)", _customers())
        connection.execute('CREATE TABLE orders (id INT, customer INT, "at" TIMESTAMP, amount DECIMAL(12, 2))')
        connection.executemany("INSERT INTO orders VALUES (?, ?, ?, ?)", ORDERS)
        for name in ("customers", "orders"):
            connection.execute(f"COPY {name} TO '{folder / name}.csv'")
    return load(folder)


def _export(catalog: Catalog, *options: str) -> Path:
    assert catalog.root is not None
    project = catalog.root.parent / "project"
    result = CliRunner().invoke(segdsl, ["-C", str(catalog.root), "export", "dbt", "--out", str(project), *options])
    assert result.exit_code == 0, result.output
    return project


def _build(dbt: str, project: Path, profile: dict[str, object], **variables: str) -> dict[str, str]:
    """The status of each model and test after `dbt build`."""
    outputs = {"target": "dev", "outputs": {"dev": profile}}
    (project / "profiles.yml").write_text(yaml.safe_dump({"segdsl_shop": outputs}))
    command = [
        dbt,
        "build",
        "--project-dir",
        str(project),
        "--profiles-dir",
        str(project),
        "--vars",
        json.dumps(variables),
    ]
    environment = {**os.environ, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DO_NOT_TRACK": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=300)
    results = project / "target" / "run_results.json"
    assert results.is_file(), done.stdout[-3000:]
    found = json.loads(results.read_text())["results"]
    return {item["unique_id"].split(".")[2]: item["status"] for item in found if "exposure" not in item["unique_id"]}


def _expected(catalog: Catalog, as_of: str | None = None, engine: str | None = None) -> list[tuple[str, int]]:
    with catalog.run(as_of=as_of, expect=False, engine=engine) as result:
        found = result.members.to_pydict()
    return sorted(zip(found["segment"], found["id"], strict=True))


def test_dbt_builds_the_members_on_duckdb(dbt: str, catalog: Catalog) -> None:
    project = _export(catalog)
    path = project / "shop.duckdb"
    status = _build(dbt, project, {"type": "duckdb", "path": str(path), "schema": "main", "threads": 1})
    skipped = {"seg_few_members", "seg_customer_members"}
    assert {name for name, found in status.items() if found == "fail"} == {"expect_between_few"}
    assert {name for name, found in status.items() if found == "skipped" and name.startswith("seg_")} == skipped
    with duckdb.connect(str(path)) as connection:
        union = "SELECT * FROM seg_money_members UNION ALL SELECT * FROM seg_notes_members"
        found = sorted(connection.execute(union).fetchall())
        wide = connection.execute("SELECT id, spent, tier FROM seg_money ORDER BY id").fetchall()
    assert found == _expected(catalog)
    assert {segment for segment, _ in found} >= {f"note_kind.n{n}" for n, text in enumerate(NASTY) if "\r" not in text}
    assert wide[0] == (1, 110.1, "it's {{ gold }}")
    manifest = json.loads((project / "target" / "manifest.json").read_text())
    column = manifest["nodes"]["model.segdsl_shop.seg_money"]["columns"]["spent"]
    assert column["description"] == 'What {{ was }} paid, {% in euros %}: "all" of it\'s sum.'
    exposures = {item["label"]: item for item in manifest["exposures"].values()}
    assert exposures["vip"]["owner"]["name"] == "crm"
    assert exposures["vip"]["depends_on"]["nodes"] == [
        "model.segdsl_shop.seg_money", "model.segdsl_shop.seg_money_members"
    ]  # fmt: skip


def test_dbt_builds_the_members_on_postgres_as_of_a_var(dbt: str, benches: Benches, catalog: Catalog) -> None:
    owner = benches("postgres")
    driver = owner.driver
    driver.execute("CREATE TABLE customers (id INT, note TEXT, signup TIMESTAMP)")
    driver.execute("CREATE TABLE orders (id INT, customer INT, at TIMESTAMP, amount NUMERIC(12, 2))")
    try:
        for n, text, signup in _customers():
            quoted = text.replace("'", "''")
            when = f"'{signup}'" if signup else "NULL"
            driver.execute(f"INSERT INTO customers VALUES ({n}, '{quoted}', {when})")
        for order in ORDERS:
            driver.execute(f"INSERT INTO orders VALUES {order}")
        project = _export(catalog, "--engine", owner.url, "--by", "entity")
        at = urlsplit(owner.url)
        options = parse_qs(at.query)
        profile: dict[str, object] = {
            "type": "postgres", "host": at.hostname or options["host"][0], "port": at.port or 5432, "threads": 1,
            "user": at.username, "password": at.password or "", "dbname": at.path.strip("/"), "schema": "segments",
        }  # fmt: skip
        as_of = "2026-03-31T18:30"
        status = _build(dbt, project, profile, segdsl_as_of=as_of)
        assert "expect_between_few" not in status  # it is of the present
        assert set(status.values()) == {"success", "pass"}
        rows = driver.stream("SELECT segment, id FROM segments.seg_customer_members").read_all().to_pydict()
        found = sorted(zip(rows["segment"], rows["id"], strict=True))
        assert found == _expected(catalog, as_of, owner.url) == _expected(catalog, as_of)
        assert found != _expected(catalog)
    finally:
        for statement in ("SCHEMA IF EXISTS segments CASCADE", "TABLE customers", "TABLE orders"):
            driver.execute(f"DROP {statement}")


# ---------------------------------------------------------------- a draft from a project

PROJECT = {
    "dbt_project.yml": "{name: shop, version: '1.0', profile: shop, model-paths: [models]}",
    "profiles.yml": "shop: {target: dev, outputs: {dev: {type: duckdb, path: shop.duckdb, schema: marts, threads: 1}}}",
    "models/sources.yml": """
sources:
  - name: crm
    schema: raw
    tables:
      - {name: customers, identifier: customers_v2, columns: [{name: id, data_type: integer}]}
      - name: tickets
        columns:
          - {name: ticket_id, data_type: varchar(10), data_tests: [unique]}
          - name: person
            data_type: integer
            data_tests: [{relationships: {arguments: {to: ref('stg_customers'), field: customer_id}}}]
          - {name: opened_at, data_type: timestamp}
          - name: topic
            data_type: varchar
            data_tests: [{accepted_values: {arguments: {values: [delivery, refund]}}}]
      - {name: forgotten}
""",
    "models/marts.yml": """
models:
  - name: dim_customers
    description: One row per customer, whoever they are.
    columns:
      - {name: customer_id, description: The key., data_tests: [unique, not_null]}
      - {name: signed_up_at}
  - {name: stg_customers, columns: [{name: customer_id}]}
  - {name: eph, config: {materialized: ephemeral}, columns: [{name: customer_id}]}
  - name: fct_orders
    config: {alias: Orders}
    columns:
      - {name: order_nr, data_type: bigint, constraints: [{type: primary_key}]}
      - name: who
        data_type: integer
        data_tests: [{relationships: {arguments: {to: ref('dim_customers'), field: customer_id}}}]
      - {name: ordered_at, data_type: timestamp}
      - {name: total, data_type: "decimal(12,2)", description: What was paid}
""",
    "models/stg_customers.sql": "select id as customer_id from {{ source('crm', 'customers') }}",
    "models/dim_customers.sql": "select * from {{ ref('stg_customers') }}",
    "models/eph.sql": "{{ config(materialized='ephemeral') }} select 1 as customer_id",
    "models/fct_orders.sql": "select 1 as order_nr",
}
CATALOG = {"nodes": {"model.shop.dim_customers": {"columns": {
    "customer_id": {"type": "INTEGER", "index": 1, "name": "customer_id", "comment": None},
    "signed_up_at": {"type": "TIMESTAMP", "index": 2, "name": "signed_up_at", "comment": "When they came"},
    "is_staff": {"type": "BOOLEAN", "index": 3, "name": "is_staff", "comment": None},
}}}, "sources": {}}  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    for name, text in PROJECT.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    people = "SELECT n AS customer_id, TIMESTAMP '2025-01-01' AS signed_up_at, n = 0 AS is_staff FROM range(30) AS t(n)"
    tickets = "SELECT 't' || n AS ticket_id, n % 20 AS person, now()::TIMESTAMP AS opened_at, 'refund' AS topic"
    orders = "SELECT n AS order_nr, n % 10 AS who, now()::TIMESTAMP AS ordered_at, n AS total FROM range(50) AS t(n)"
    with duckdb.connect(str(folder / "shop.duckdb")) as connection:
        for schema in ("raw", "marts"):
            connection.execute(f"CREATE SCHEMA {schema}")
        connection.execute(f"CREATE VIEW marts.dim_customers AS {people}")
        connection.execute(f"CREATE TABLE raw.tickets AS {tickets} FROM range(40) AS t(n)")
        connection.execute(f"CREATE TABLE marts.Orders AS {orders}")
    return folder


def _drafted(project: Path, folder: Path) -> tuple[str, Catalog]:
    done = CliRunner().invoke(segdsl, ["init", str(folder), "--from-dbt", str(project)])
    assert done.exit_code == 0, done.output
    catalog = load(folder)
    assert not [item.render() for item in catalog.check() if item.is_error]
    order, ticket = catalog.model.events["order"], catalog.model.events["ticket"]
    assert (order.key.column, order.fields["amount"].column, ticket.key.column) == ("who", "total", "person")
    assert ticket.fields["topic"].type.values == ("delivery", "refund")
    assert catalog.model.default_entity.key.column == "customer_id"
    text = (folder / "segdsl.yaml").read_text()
    assert "customers_v2, by their names" in text
    assert "forgotten" in text
    assert "eph" not in text
    return text, catalog


def test_a_model_is_drafted_from_what_dbt_has_parsed(dbt: str, project: Path, tmp_path: Path) -> None:
    """Schemas and aliases are dbt's own; types are those of the catalog, once there is one. The draft runs at once."""
    environment = {**os.environ, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DO_NOT_TRACK": "1"}
    command = [dbt, "parse", "--project-dir", str(project), "--profiles-dir", str(project)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=300)
    assert done.returncode == 0, done.stdout[-3000:]
    text, catalog = _drafted(project, tmp_path / "parsed")
    assert catalog.model.default_entity.table == "marts.dim_customers"
    assert catalog.model.events["order"].table == "marts.Orders"
    assert "tested to be in marts.dim_customers.customer_id" in text
    assert "its type is not stated" in text
    (project / "target/catalog.json").write_text(json.dumps(CATALOG))
    text, catalog = _drafted(project, tmp_path / "known")
    found = {name: str(field.type) for name, field in catalog.model.default_entity.attributes.items()}
    assert found == {"signed_up_at": "timestamp", "is_staff": "bool"}
    assert "its type is not stated" not in text
    with catalog.run(engine=f"duckdb:///{project / 'shop.duckdb'}") as result:
        sizes = {size.segment: (size.members, size.population) for size in result.sizes}
    assert sizes["recent_order"] == (10, 30)


def test_a_model_is_drafted_from_the_yaml_of_a_project(project: Path, tmp_path: Path) -> None:
    text, catalog = _drafted(project, tmp_path / "catalog")
    assert catalog.model.default_entity.table == "dim_customers"
    assert catalog.model.events["ticket"].table == "raw.tickets"
    assert "target/manifest.json: `dbt parse` does" in text
    (project / "models/marts.yml").write_text("a: [")
    for said in ("models/marts.yml cannot be read as YAML", "there is no dbt_project.yml in it"):
        done = CliRunner().invoke(segdsl, ["init", str(tmp_path / "none"), "--from-dbt", str(project)])
        assert (done.exit_code, "SEG732" in done.output, said in done.output) == (1, True, True), done.output
        (project / "dbt_project.yml").unlink(missing_ok=True)


def test_an_export_replaces_what_it_wrote_and_nothing_else(catalog: Catalog) -> None:
    project = _export(catalog)
    (project / "models/mine.sql").write_text("SELECT 1")
    assert (project / "models/seg_money.sql").is_file()
    _export(catalog, "--by", "tag")
    found = {path.name for path in (project / "models").iterdir()}
    assert {"mine.sql", "seg_email.sql", "seg_untagged.sql"} <= found
    assert "seg_money.sql" not in found
    (project / "models/seg_email.sql").write_text("SELECT 2")
    result = CliRunner().invoke(segdsl, ["-C", str(catalog.root), "export", "dbt", "--out", str(project)])
    assert result.exit_code == 0, result.output
    result = CliRunner().invoke(
        segdsl, ["-C", str(catalog.root), "export", "dbt", "--out", str(project), "--by", "tag"]
    )
    assert result.exit_code == 1
    assert "SEG731" in result.output
    assert (project / "models/seg_email.sql").read_text() == "SELECT 2"


def test_a_rule_that_asks_for_the_history_is_told(catalog: Catalog) -> None:
    assert catalog.root is not None
    (catalog.root / "past.seg").write_text("segment new_vip = entered(vip) < 7d\n")
    with pytest.raises(SegdslError, match="SEG671"):
        load(catalog.root).dbt()


@pytest.mark.parametrize("text", [*NASTY, "{{{{%%}}", "{%", "{\r{", "{%raw%}{{"])
def test_jinja_gives_back_what_was_escaped(text: str) -> None:
    jinja2 = pytest.importorskip("jinja2")
    assert jinja2.Environment(keep_trailing_newline=True).from_string(escaped(text)).render() == text


def test_a_place_is_no_text_of_a_user() -> None:
    places = Places("a rule with segdsl_place_0_0_ in it")
    word = places.take("ref('x')")
    assert places.filled(f"'segdsl_place_0_0_' \"{word}\"") == "'segdsl_place_0_0_' {{ ref('x') }}"
