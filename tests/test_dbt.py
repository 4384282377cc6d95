"""`segdsl export dbt`: what dbt builds are the members of `segdsl run`, whatever stands in the texts of a catalog."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import duckdb
import pytest
import yaml
from click.testing import CliRunner

from segdsl import SegdslError, load
from segdsl.api import Catalog
from segdsl.cli.commands import segdsl
from segdsl.dbt.jinja import Places, escaped
from segdsl.options import By
from segdsl.sql import DIALECTS
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


# the catalog is called as a schema is, and the schema has a table of a name that is one of the main schema too
NAMED_ALIKE = """\
name: shop
timezone: Europe/Berlin
as_of: 2026-03-31
entities:
  customer: {table: customers, key: id}
events:
  order: {of: customer, table: shop.orders, key: customer, time: at, fields: {amount: decimal}}
  visit: {of: customer, table: orders, key: customer, time: at}
  call: {of: customer, table: a.b.calls, key: customer, time: at}
  mail: {of: customer, sql: 'SELECT * FROM "a.b".calls', key: customer, time: at}
"""
ALIKE_RULES = "segment big = sum(order.amount) > 100\nsegment seen = any(visit)\n"


def test_a_source_is_one_schema_whatever_the_catalog_is_called(tmp_path: Path) -> None:
    (tmp_path / "segdsl.yaml").write_text(NAMED_ALIKE)
    (tmp_path / "a.seg").write_text(ALIKE_RULES + "segment called = any(call) or any(mail)\n")
    files = load(tmp_path).dbt(dialect="postgres")
    found = {item["name"]: item for item in yaml.safe_load(files["models/sources.yml"])["sources"]}
    assert {name: [table["name"] for table in item["tables"]] for name, item in found.items()} == {
        "shop": ["customers", "orders"],
        "shop_2": ["orders"],
        "a.b": ["calls"],
        "a.b_2": ["calls"],
    }
    assert found["shop"]["schema"] == "{{ var('segdsl_schema', \"public\") }}"
    assert found["shop_2"]["schema"] == "shop"
    assert (found["a.b"]["database"], found["a.b"]["schema"]) == ("a", "b")
    assert "database" not in found["a.b_2"]
    assert found["a.b_2"]["schema"] == "a.b"


def test_a_file_and_a_table_of_one_name_are_two(tmp_path: Path) -> None:
    (tmp_path / "segdsl.yaml").write_text(
        "name: shop\ntimezone: UTC\ndatabase: w.duckdb\nentities:\n"
        "  customer: {table: orders.csv, key: id, attributes: {n: int}}\n"
        "events:\n  order: {of: customer, table: orders, key: id, time: at}\n"
    )
    (tmp_path / "orders.csv").write_text("id,n\n1,5\n")
    (tmp_path / "a.seg").write_text("segment big = n > 1 and any(order)\n")
    with duckdb.connect(str(tmp_path / "w.duckdb")) as connection:
        connection.execute('CREATE TABLE orders (id BIGINT, "at" TIMESTAMP)')
    files = load(tmp_path).dbt()
    (source,) = yaml.safe_load(files["models/sources.yml"])["sources"]
    file, table = source["tables"]
    assert "orders.csv" in file["config"]["meta"]["external_location"]
    assert table == {"name": "orders_2", "identifier": "orders"}
    assert '{{ source("shop", "orders_2") }}' in files["models/seg_a.sql"]


TWO = """\
timezone: UTC
entities:
  FIRST: {table: a, key: id, attributes: {note: text}}
  SECOND: {table: b, key: id, attributes: {note: text}}
"""
# names that are one where they are letters of ASCII, or with `_members` behind one of them
TWINS = {
    "letters": ("顧客", "会社", {"a": 'segment of_a of 顧客 = note = "x"', "b": 'segment of_b of 会社 = note = "x"'}),
    "one file": ("顧客", "会社", {"a": 'segment of_a of 顧客 = note = "x"\nsegment of_b of 会社 = note = "x"'}),
    "case": ("Käufer", "K_ufer", {"a": 'segment of_a of Käufer = note = "x"\nsegment of_b of K_ufer = note = "x"'}),
    "the union": ("a", "b", {
        "a_members": "trait name of a = note", "b_members": 'segment of_b of b = note = "x"',
        "x": 'segment of_a of a = note = "x"',
    }),
    "two unions": ("a", "a_members", {
        "x": 'segment of_a of a = note = "x"', "y": 'segment of_b of a_members = note = "x"',
    }),
    "a file": ("a", "b", {
        "vip": 'segment of_a of a = note = "x"', "vip_members": 'segment of_b of b = note = "x"',
    }),
    "a file before": ("a", "b", {
        "VIP": 'segment of_a of a = note = "x"', "A_vip_members": 'segment of_b of b = note = "x"',
        "vip_members": 'segment too of a = note = "x"',
    }),
}  # fmt: skip


@pytest.mark.parametrize("by", ["file", "tag", "entity"])
@pytest.mark.parametrize("twins", list(TWINS))
def test_no_model_takes_the_place_of_another(tmp_path: Path, twins: str, by: By) -> None:
    """Each model is written once, and all members of an entity are found in the view of these."""
    first, second, rules = TWINS[twins]
    (tmp_path / "segdsl.yaml").write_text(TWO.replace("FIRST", first).replace("SECOND", second))
    for name, text in rules.items():
        tagged = "".join(f"@tags({name})\n{line}\n" for line in text.splitlines())
        (tmp_path / f"{name}.seg").write_text(tagged if by == "tag" else text)
    files = load(tmp_path).dbt(dialect="postgres", by=by)
    written = [Path(path).stem for path in files if path.startswith("models/") and path.endswith(".sql")]
    assert len({name.casefold() for name in written}) == len(written)
    properties = [yaml.safe_load(text) for path, text in files.items() if re.fullmatch(r"models/.*[.]yml", path)]
    described = [model for item in properties for model in item.get("models", [])]
    assert sorted(model["name"] for model in described) == sorted(written)
    for path, text in files.items():
        assert set(re.findall(r'ref\("(\w+)"\)', text)) <= set(written), path
        assert f'ref("{Path(path).stem}")' not in text
    held = {  # the segments of each view of members
        model["name"]: set(_test_of(model["columns"][0], "accepted_values")["arguments"]["values"])
        for model in described
        if model["columns"][0]["name"] == "segment"
    }  # fmt: skip
    # one for each segment, as none shares a file with another of its entity, and one for each entity
    assert len(held) == (2 if by == "entity" else "\n".join(rules.values()).count("segment") + 2)
    for entity in (first, second):
        segments = set(re.findall(rf"segment (\w+) of {entity} ", "\n".join(rules.values())))
        assert segments in held.values()


def _test_of(column: Any, name: str) -> Any:
    return next(test[name] for test in column["data_tests"] if isinstance(test, dict) and name in test)


def test_models_are_called_the_same_whatever_the_seed_of_hashes(tmp_path: Path) -> None:
    first, second, rules = TWINS["letters"]
    (tmp_path / "segdsl.yaml").write_text(TWO.replace("FIRST", first).replace("SECOND", second))
    for name, text in rules.items():
        (tmp_path / f"{name}.seg").write_text(text)
    code = "import sys, segdsl; print([*segdsl.load(sys.argv[1]).dbt(dialect='postgres', by='entity').items()])"
    found = {
        subprocess.run(
            [sys.executable, "-c", code, str(tmp_path)],
            env={**os.environ, "PYTHONHASHSEED": str(seed)}, capture_output=True, text=True, check=True,
        ).stdout
        for seed in range(4)
    }  # fmt: skip
    assert len(found) == 1


def test_dbt_builds_the_members_of_a_catalog_called_as_a_schema(dbt: str, tmp_path: Path) -> None:
    root = tmp_path / "shop"
    root.mkdir()
    (root / "segdsl.yaml").write_text("".join(line for line in NAMED_ALIKE.splitlines(True) if "calls" not in line))
    (root / "a.seg").write_text(ALIKE_RULES)
    path = tmp_path / "w.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE customers AS SELECT * FROM (VALUES (1), (2)) AS t(id)")
        connection.execute("CREATE SCHEMA shop")
        for schema, customer in (("shop", 1), ("main", 2)):
            connection.execute(
                f"CREATE TABLE {schema}.orders AS SELECT {customer} AS customer, TIMESTAMP '2026-01-01' AS \"at\","
                " 200.0::DECIMAL(12, 2) AS amount"
            )
    engine = f"duckdb:///{path}"
    expected = _expected(load(root), engine=engine)
    assert expected == [("big", 1), ("seen", 2)]
    project = _export(load(root), "--engine", engine)
    _build(dbt, project, {"type": "duckdb", "path": str(path), "schema": "main", "threads": 1})
    with duckdb.connect(str(path)) as connection:
        assert sorted(connection.execute("SELECT * FROM seg_a_members").fetchall()) == expected


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


@pytest.mark.parametrize("quoted", ['"{}"', "'{}'", "`{}`", "[{}]"])
def test_a_place_is_filled_however_it_is_quoted(quoted: str) -> None:
    places = Places("")
    assert places.filled(quoted.format(places.take("ref('x')"))) == "{{ ref('x') }}"


@pytest.mark.parametrize("dialect", [name for name in DIALECTS if name != "duckdb"])
def test_every_dialect_has_its_places_filled(tmp_path: Path, dialect: str) -> None:
    (tmp_path / "segdsl.yaml").write_text(
        "name: shop\nentities:\n  customer: {table: customers, key: customer_id, attributes: {country: text}}\n"
        "events:\n  order: {of: customer, table: sales.orders, key: customer_id, time: ordered_at}\n"
    )
    (tmp_path / "rules.seg").write_text('segment a = country = "DE" and any(order within 30d)\nexpect a inside a\n')
    files = load(tmp_path).dbt(dialect=dialect)
    sales, orders, customers, column = (
        ("SALES", "ORDERS", "CUSTOMERS", "CUSTOMER_ID")
        if DIALECTS[dialect].folds
        else ("sales", "orders", "customers", "customer_id")
    )
    for name, text in files.items():
        assert "segdsl_place" not in text, name
    model, keys = files["models/seg_rules.sql"], files["tests/keys_of_entity_customer.sql"]
    for text in (model, keys):
        assert f'{{{{ source("shop", "{customers}") }}}}' in text
        read = set(re.findall(r"[.][\[`\"](customer_id|CUSTOMER_ID)\W", text))
        assert read == {column}
    assert f'{{{{ source("{sales}", "{orders}") }}}}' in model
    assert "{{ segdsl_as_of() }}" in model
    sources = yaml.safe_load(files["models/sources.yml"])["sources"]
    quoted = [{"identifier": True}, {"identifier": True, "schema": True}] if DIALECTS[dialect].folds else [None, None]
    assert [source.get("quoting") for source in sources] == quoted
