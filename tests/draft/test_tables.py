"""`segdsl init --from`: which tables a draft finds, and what each is. Each draft loads, checks and runs."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

import segdsl
from segdsl.cli.commands import segdsl as commands
from segdsl.types import DATE, DECIMAL, INT, TEXT, TIME
from tests.draft.drafted import Drafted, csv_folder, customers, database, orders, table


def test_customers_and_orders(tmp_path: Path) -> None:
    source = csv_folder(tmp_path / "data", {"customers.csv": customers(), "orders.csv": orders()})
    found = Drafted(source, tmp_path)
    assert list(found.model.entities) == ["customer"]
    customer = found.model.default_entity
    assert (customer.key.column, customer.key.type) == ("customer_id", None)
    assert {name: field.type for name, field in customer.attributes.items()} == {"country": TEXT, "born": DATE}
    order = found.model.events["order"]
    assert (order.of, order.key.column, order.time) == ("customer", "customer_id", "ordered_at")
    assert (order.fields["amount"].column, order.fields["amount"].type) == ("total", DECIMAL)
    assert found.model.tables == {"customers": "data/customers.csv", "orders": "data/orders.csv"}
    assert str(found.model.as_of) == "2026-01-29"
    assert found.model.timezone == "UTC"
    assert found.sizes["recent_order"] == found.population == 20
    assert "all of its values are in customers.customer_id" in found.text
    assert "20 different in 20 rows" in found.line("key: customer_id")
    assert "UTC was taken" in found.said


def test_the_model_names_files_as_seen_from_its_folder(tmp_path: Path) -> None:
    source = csv_folder(tmp_path / "my data" / "now", {"customers.csv": customers(), "orders.csv": orders()})
    found = Drafted(source, tmp_path / "catalogs" / "one")
    assert found.model.tables["orders"] == "../../my data/now/orders.csv"


def test_keys_with_zeros_in_front_stay_text(tmp_path: Path) -> None:
    people = table("id,zip", *(f"{i:05},0{1000 + i}" for i in range(30)))
    bought = table("customer_id,at,amount", *(f"{i % 30:05},2026-01-02,{i}.25" for i in range(90)))
    found = Drafted(csv_folder(tmp_path / "d", {"customers.csv": people, "orders.csv": bought}), tmp_path / "c")
    assert found.model.default_entity.key.type == TEXT
    assert found.model.default_entity.attributes["zip"].type == TEXT
    assert "zeros in front" in found.line("zip:")
    assert found.model.events["order"].key.column == "customer_id"
    assert found.sizes["recent_order"] == 30


def test_zeros_in_front_that_come_late_are_found(tmp_path: Path) -> None:
    people = table("customer_no,country", *(f"{1000 + i},DE" for i in range(25_000)), "0012,FR")
    visits = table("customer_no,visited_at", *(f"{1000 + i},2026-01-02" for i in range(50)), "0012,2026-01-02")
    found = Drafted(csv_folder(tmp_path / "d", {"customers.csv": people, "visits.csv": visits}), tmp_path / "c")
    assert found.model.default_entity.key.type == TEXT
    assert "SEG733" not in found.codes


def test_odd_names_become_plain_ones(tmp_path: Path) -> None:
    people = table("Customer ID,Full Name,as,order.count,123", *(f"C{i},N{i},a,{i % 3},7" for i in range(15)))
    bought = table('"CUSTOMER ID","When: at","Amt #",customer', *(f"C{i % 15},2026-01-02,{i},x" for i in range(40)))
    source = csv_folder(tmp_path / "d", {"Our Customers.csv": people, "Purchases 2026.csv": bought})
    found = Drafted(source, tmp_path / "c")
    customer = found.model.default_entity
    assert customer.key.column == "Customer ID"
    columns = {name: field.column for name, field in customer.attributes.items()}
    assert columns == {"full_name": "Full Name", "as_": "as", "order_count": "order.count", "n123": "123"}
    purchase = next(iter(found.model.events.values()))
    assert (purchase.key.column, purchase.time) == ("CUSTOMER ID", "When: at")


def test_a_parent_and_a_lookup(tmp_path: Path) -> None:
    files = {
        "accounts.csv": table("id,plan", *(f"A-{i},{'pro' if i % 2 else 'free'}" for i in range(6))),
        "users.csv": table("user_id,account_id,name", *(f"u{i},A-{i % 6},n{i}" for i in range(30))),
        "products.csv": table("sku,category", *(f"S{i},c{i % 3}" for i in range(9))),
        "orders.csv": table(
            "user_id,sku,created_at,amount", *(f"u{i % 30},S{i % 9},2026-01-02,{i}" for i in range(99))
        ),
    }
    found = Drafted(csv_folder(tmp_path / "d", files), tmp_path / "c")
    assert list(found.model.entities) == ["user", "account"]
    parent = found.model.entities["user"].parent
    assert parent is not None
    assert (parent.entity, parent.key.column) == ("account", "account_id")
    assert list(found.model.lookups) == ["product"]
    assert next(field for field in found.model.events["order"].fields.values() if field.lookup).column == "sku"


def test_no_entity_but_events_that_name_one(tmp_path: Path) -> None:
    files = {
        "clicks.csv": table("visitor_id,ts,page", *(f"v{i % 12},2026-02-01 10:{i:02}:00,p{i % 3}" for i in range(50))),
        "orders.csv": table("order_id,visitor_id,ts,amount", *(f"o{i},v{i % 9},2026-02-01,{i}" for i in range(20))),
    }
    found = Drafted(csv_folder(tmp_path / "d", files), tmp_path / "c")
    assert list(found.model.entities) == ["visitor"]
    assert found.model.default_entity.from_events
    assert set(found.model.events) == {"click", "order"}
    assert found.population == 12


def test_two_candidates_for_the_entity(tmp_path: Path) -> None:
    files = {
        "customers.csv": customers(),
        "users.csv": table("user_id,login", *(f"u{i},l{i}" for i in range(10))),
        "orders.csv": orders(),
        "logins.csv": table("user_id,logged_in_at", *(f"u{i % 10},2026-01-03" for i in range(40))),
    }
    found = Drafted(csv_folder(tmp_path / "d", files), tmp_path / "c")
    assert found.model.default_entity.name in ("customer", "user")
    other = {"customer": "users", "user": "customers"}[found.model.default_entity.name]
    assert f"{other}: could be an entity too" in found.said
    assert found.model.events


def test_empty_tables_are_guessed_from_names(tmp_path: Path) -> None:
    files = {
        "customers.csv": "customer_id,country\n",
        "orders.csv": "order_id,customer_id,ordered_at,amount\n",
    }
    found = Drafted(csv_folder(tmp_path / "d", files), tmp_path / "c")
    assert found.model.default_entity.name == "customer"
    assert (found.model.events["order"].time, found.model.as_of) == ("ordered_at", None)
    assert found.population == 0
    assert "SEG730" in found.codes


def test_one_empty_table_among_others(tmp_path: Path) -> None:
    files = {"customers.csv": customers(), "orders.csv": orders(), "tickets.csv": "ticket_id,customer_id,opened_at\n"}
    found = Drafted(csv_folder(tmp_path / "d", files), tmp_path / "c")
    assert {"order", "ticket"} == found.model.events.keys()
    assert found.model.events["ticket"].time == "opened_at"


def test_customers_alone(tmp_path: Path) -> None:
    found = Drafted(csv_folder(tmp_path / "d", {"customers.csv": customers()}), tmp_path / "c")
    assert found.model.events == {}
    assert found.population == 20


def test_one_file(tmp_path: Path) -> None:
    csv_folder(
        tmp_path, {"sales.csv": table("client_no,day,price", *(f"{i % 7},2026-01-0{1 + i % 9},2" for i in range(30)))}
    )
    found = Drafted(tmp_path / "sales.csv", tmp_path / "c")
    assert found.model.default_entity.name == "client"
    assert found.model.events["order"].fields["amount"].column == "price"


def test_files_that_differ_by_numbers_are_one_table(tmp_path: Path) -> None:
    files = {"customers.csv": customers(), "orders_2025-12.csv": orders(30), "orders_2026-01.csv": orders(40)}
    found = Drafted(csv_folder(tmp_path / "d", files), tmp_path / "c")
    assert found.model.tables["orders"].endswith("d/orders_*.csv")
    assert next(part.rows for part in found.measure.parts if part.kind == "event") == 70


def test_files_with_other_columns_stay_apart(tmp_path: Path) -> None:
    files = {"customers.csv": customers(), "list1.csv": orders(30), "list2.csv": "a,b\n1,2\n"}
    found = Drafted(csv_folder(tmp_path / "d", files), tmp_path / "c")
    assert len(found.model.tables) == 3


def test_a_folder_of_parts_is_one_table(tmp_path: Path) -> None:
    source = csv_folder(tmp_path / "d", {"customers.csv": customers()})
    for number in range(3):
        (source / "orders").mkdir(exist_ok=True)
        duckdb.sql(
            f"COPY (SELECT i % 20 AS customer_id, TIMESTAMP '2026-01-01' + to_days(CAST(i AS INT)) AS ordered_at, "
            f"i * 1.5::DOUBLE AS revenue FROM range(40) AS t(i)) TO '{source}/orders/part-{number}.parquet'"
        )
    found = Drafted(source, tmp_path / "c")
    assert found.model.tables["orders"].endswith("d/orders/*.parquet")
    assert "DOUBLE in the data" in found.line("amount:")
    assert "SEG737" in found.codes


@pytest.mark.parametrize(
    ("files", "pattern"),
    [
        (["2026-03-01.parquet"], "orders/*.parquet"),
        (["2026-02-28_before.parquet", "2026-03-01.parquet"], "orders/*.parquet"),
        (["dt=2026-03-01/part-0.parquet", "dt=2026-03-02/part-0.parquet"], "orders/*/*.parquet"),
        (["year=2026/month=3/data.parquet"], "orders/*/*/*.parquet"),
        (["year=2026/part-0.parquet", "year=2025/month=2/part-0.parquet"], "orders/**/*.parquet"),
        (["dt=2026-03-01/part-0.parquet", "tmp/part-0.parquet"], "orders/*/*.parquet"),
    ],
)
def test_files_of_days_are_one_table_with_those_to_come(tmp_path: Path, files: list[str], pattern: str) -> None:
    source = csv_folder(tmp_path / "d", {"customers.csv": customers()})
    for number, name in enumerate(files):
        path = source / "orders" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        duckdb.sql(
            f"COPY (SELECT i % 20 AS customer_id, TIMESTAMP '2026-01-01' + to_days(CAST(i AS INT)) AS ordered_at, "
            f"i * 1.5 AS revenue FROM range({number * 40}, {number * 40 + 40}) AS t(i)) TO '{path}' (FORMAT parquet)"
        )
    found = Drafted(source, tmp_path / "c")
    assert found.model.tables["orders"].endswith(f"d/{pattern}")
    assert list(found.model.events) == ["order"]
    with segdsl.load(tmp_path / "c").run(expression="count(order) >= 1") as result:
        assert [size.members for size in result.sizes] == [20]


def test_partitions_that_hold_several_tables_are_several(tmp_path: Path) -> None:
    source = csv_folder(tmp_path / "d", {"customers.csv": customers()})
    for day in ("dt=2026-03-01", "dt=2026-03-02"):
        csv_folder(source / "raw" / day, {"orders.csv": orders(), "leads.csv": customers().replace("customer", "lead")})
    found = Drafted(source, tmp_path / "c").model.tables
    assert sorted(path.rpartition("/d/")[2] for path in found.values() if "/raw/" in path) == [
        "raw/*/leads.csv", "raw/*/orders.csv"
    ]  # fmt: skip


def test_files_of_a_folder_that_are_no_pieces_are_tables_of_their_own(tmp_path: Path) -> None:
    source = csv_folder(tmp_path / "d", {"customers.csv": customers()})
    csv_folder(source / "more", {"orders.csv": orders(), "leads.csv": customers().replace("customer_id", "lead_id")})
    raw = source / "raw"
    raw.mkdir()
    for name, columns in (("data_partners", "i AS partner_id"), ("data_parts", "i AS part_id, 'x' AS color"),
                          ("2025_clicks", "i AS click_id, 1 AS y"), ("2026_views", "i AS view_id")):  # fmt: skip
        duckdb.sql(f"COPY (SELECT {columns} FROM range(30) AS t(i)) TO '{raw}/{name}.parquet'")
    found = Drafted(source, tmp_path / "c").model.tables
    assert {"orders", "leads"} <= set(found)
    assert sum("/raw/" in path for path in found.values()) == 4


def test_keys_that_are_doubles_because_of_gaps(tmp_path: Path) -> None:
    source = tmp_path / "d"
    source.mkdir()
    duckdb.sql(
        f"COPY (SELECT i AS customer_id, 'x' || i AS city FROM range(50) AS t(i)) TO '{source}/customers.parquet'"
    )
    duckdb.sql(
        f"COPY (SELECT CASE WHEN i % 9 > 0 THEN (i % 50)::DOUBLE END AS customer_id, DATE '2026-01-05' AS day "
        f"FROM range(200) AS t(i)) TO '{source}/visits.parquet'"
    )
    found = Drafted(source, tmp_path / "c")
    assert found.model.default_entity.key.type == INT
    assert found.model.events["session"].time == "day"
    assert "SEG734" in found.codes


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    source = csv_folder(tmp_path / "d", {"customers.csv": customers(), "orders.csv": orders(), "broken.parquet": "no"})
    found = Drafted(source, tmp_path / "c")
    assert "broken: cannot be read" in found.said


def test_small_numbers_are_no_keys(tmp_path: Path) -> None:
    files = {
        "customers.csv": customers(),
        "stores.csv": table("store_id,town", *(f"{i},t{i}" for i in range(1, 6))),
        "orders.csv": table(
            "customer_id,ordered_at,quantity,rating",
            *(f"{i % 20},2026-01-03,{1 + i % 5},{1 + i % 5}" for i in range(80)),
        ),
    }
    found = Drafted(csv_folder(tmp_path / "d", files), tmp_path / "c")
    assert not any(field.lookup for field in next(iter(found.model.events.values())).fields.values())
    assert "stores: not in use" in found.said


def test_keys_that_have_nothing_in_common_are_told(tmp_path: Path) -> None:
    files = {
        "customers.csv": table("customer_id,country", *(f"C{i},DE" for i in range(20))),
        "orders.csv": table("customer_id,ordered_at,amount", *(f"{i},2026-01-03,1" for i in range(20))),
        "visits.csv": table("customer_id,visited_at", *(f"C{i % 20},2026-01-03" for i in range(40))),
    }
    found = Drafted(csv_folder(tmp_path / "d", files), tmp_path / "c")
    assert list(found.model.events) == ["session"]
    assert "orders.customer_id has the name of customers.customer_id, but no values in common" in found.said


def test_keys_of_a_few_of_all_contradict_nothing(tmp_path: Path) -> None:
    files = {
        "customers.csv": customers(400),
        "orders.csv": orders(800, 400),
        "suppressed.csv": table("customer_id,reason", *(f"{i},spam" for i in range(12))),
    }
    found = Drafted(csv_folder(tmp_path / "d", files), tmp_path / "c")
    assert "its customer_id leads to customers" in found.said
    assert "in common" not in found.said


def test_keys_that_have_little_in_common_are_told_with_how_much(tmp_path: Path) -> None:
    files = {
        "customers.csv": table("customer_id,country", *(f"C{i},DE" for i in range(200))),
        "orders.csv": table("customer_id,ordered_at,amount", *(f"C{i},2026-01-03,1" for i in range(196, 396))),
    }
    found = Drafted(csv_folder(tmp_path / "d", files), tmp_path / "c")
    assert "orders.customer_id has the name of customers.customer_id, but 2% of its values in common" in found.said


def test_a_table_of_customers_with_some_twice(tmp_path: Path) -> None:
    people = table("customer_id,country,updated_at", *(f"{i % 38},DE,2026-01-{1 + i // 2:02}" for i in range(40)))
    found = Drafted(csv_folder(tmp_path / "d", {"customers.csv": people, "orders.csv": orders()}), tmp_path / "c")
    assert found.population == 38
    assert "2 rows with a key that another row has" in found.text


def test_lines_of_orders_are_reached_through_them(tmp_path: Path) -> None:
    lines = table("order_id,product,qty", *(f"{900 + i % 60},p{i % 4},{i % 3}" for i in range(150)))
    files = {"customers.csv": customers(), "orders.csv": orders(), "order_items.csv": lines}
    found = Drafted(csv_folder(tmp_path / "d", files), tmp_path / "c")
    item = found.model.events["order_item"]
    assert (item.key.column, item.time) == ("customer_id", "ordered_at")
    assert next(part.strays for part in found.measure.parts if part.name == "order_item") == 0


def test_a_database_with_schemas_views_and_types(tmp_path: Path) -> None:
    source = database(
        tmp_path / "my warehouse.duckdb",
        "CREATE SCHEMA crm",
        "CREATE TABLE crm.\"Client List\" AS SELECT printf('%05d', i) AS client_no, i % 2 = 0 AS active,"
        " ['a', 'b'] AS likes,"
        " {'x': i} AS nested FROM range(100) AS t(i)",
        "CREATE TABLE raw_sales AS SELECT i AS sale_id, printf('%05d', i % 90) AS client_no,"
        " TIMESTAMPTZ '2026-01-01 00:00+00' + to_hours(CAST(i AS INT)) AS sold_at, now() AS updated_at,"
        " CAST(['web', 'store'][1 + i % 2] AS ENUM('web', 'store')) AS channel, i / 7 AS revenue"
        " FROM range(500) AS t(i)",
        "CREATE VIEW visits AS SELECT client_no, CAST(sold_at AS VARCHAR) AS noted, sold_at AS at_time FROM raw_sales",
    )
    found = Drafted(source, tmp_path / "c")
    assert found.model.database == "../my warehouse.duckdb"
    entity = found.model.default_entity
    assert (entity.name, entity.table, entity.key.column) == ("client", "crm.Client List", "client_no")
    assert set(entity.attributes) == {"active", "likes"}
    assert "nested of a type that rules cannot read" in found.said
    order = found.model.events["order"]
    assert (order.time, order.fields["channel"].type.values) == ("sold_at", ("store", "web"))
    assert found.model.events["session"].time == "at_time"


def test_exports_of_one_system_lose_its_name(tmp_path: Path) -> None:
    reviews = table(
        "review_id,order_id,stars,review_creation_date", *(f"r{i},{900 + i},5,2026-01-20" for i in range(50))
    )
    items = table("order_id,sku,shipping_limit_date", *(f"{900 + i % 60},s{i % 4},2026-02-01" for i in range(90)))
    files = {
        "acme_customers_dataset.csv": customers(),
        "acme_orders_dataset.csv": orders(),
        "acme_order_items_dataset.csv": items,
        "acme_order_reviews_dataset.csv": reviews,
    }
    found = Drafted(csv_folder(tmp_path / "d", files), tmp_path / "c")
    assert found.model.default_entity.name == "customer"
    times = {name: event.time for name, event in found.model.events.items()}
    assert times == {"order": "ordered_at", "order_item": "ordered_at", "order_review": "review_creation_date"}


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    source = csv_folder(tmp_path / "d", {"sales.csv": table("customer_id,amount", "1,2", "1,3", "2,4")})
    done = CliRunner().invoke(commands, ["init", str(tmp_path / "c"), "--from", str(source)])
    assert "sales has `customer_id`, but no column that can be read as dates or times" in done.output


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16"])
def test_files_in_another_encoding_are_told_how_to_be_converted(tmp_path: Path, encoding: str) -> None:
    text = "id,ort\n" + "".join(f"{i},Köln\n" for i in range(9))
    source = csv_folder(tmp_path / "d", {"kunden.csv": ""})
    (source / "kunden.csv").write_bytes(text.encode(encoding))
    alone = CliRunner().invoke(commands, ["init", str(tmp_path / "c"), "--from", str(source)])
    assert alone.exit_code == 1
    assert "SEG725" in alone.output
    assert "CSV UTF-8" in alone.output
    # beside others that are read it is told, and how it would be
    csv_folder(source, {"customers.csv": customers(), "orders.csv": orders()})
    assert "CSV UTF-8" in Drafted(source, tmp_path / "c").said


@pytest.mark.parametrize(
    ("statements", "says"),
    [
        ((), "the database has no tables"),
        (("CREATE TABLE a AS SELECT 1 AS x, 2 AS y FROM range(5)",), "no table has a key"),
        (("CREATE TABLE a (x BLOB)",), "no table has a key"),
    ],
)
def test_nothing_to_draft_from(tmp_path: Path, statements: tuple[str, ...], says: str) -> None:
    source = database(tmp_path / "x.duckdb", *statements)
    done = CliRunner().invoke(commands, ["init", str(tmp_path / "c"), "--from", str(source)])
    assert done.exit_code == 1
    assert "SEG732" in done.output
    assert says in done.output
    assert not (tmp_path / "c").exists()


def test_a_folder_with_nothing_to_read(tmp_path: Path) -> None:
    source = csv_folder(tmp_path / "d", {"x.txt.bak": "1", "warehouse.duckdb": ""})
    done = CliRunner().invoke(commands, ["init", str(tmp_path / "c"), "--from", str(source)])
    assert done.exit_code == 1
    assert "it holds no CSV" in done.output
    assert "warehouse.duckdb" in done.output


def test_what_is_no_database(tmp_path: Path) -> None:
    source = csv_folder(tmp_path, {"x.db": "no database"}) / "x.db"
    done = CliRunner().invoke(commands, ["init", str(tmp_path / "c"), "--from", str(source)])
    assert (done.exit_code, "SEG709" in done.output) == (1, True)


def test_a_draft_never_overwrites(tmp_path: Path) -> None:
    source = csv_folder(tmp_path / "d", {"customers.csv": customers()})
    (tmp_path / "segdsl.yaml").write_text("mine")
    done = CliRunner().invoke(commands, ["init", str(tmp_path), "--from", str(source)])
    assert (done.exit_code, "SEG731" in done.output) == (1, True)
    assert (tmp_path / "segdsl.yaml").read_text() == "mine"
    assert not (tmp_path / "segments").exists()


def test_large_tables_are_sampled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segdsl.draft.profile.SAMPLE", 500)
    source = database(
        tmp_path / "x.duckdb",
        "CREATE TABLE customers AS SELECT i AS id, 'c' || (i % 5) AS city FROM range(5000) AS t(i)",
        # unique in most samples, but not unique
        "CREATE TABLE visits AS SELECT i // 2 AS visit_id, (i * 7919) % 5000 AS customer_id, DATE '2026-01-01' AS day,"
        " CASE WHEN i = 7 THEN 'soon' ELSE '2026-01-01' END AS noted FROM range(20000) AS t(i)",
    )
    found = Drafted(source, tmp_path / "c")
    assert found.model.events["session"].key.column == "customer_id"
    assert found.model.events["session"].fields["noted"].type == TEXT
    assert found.population == 5000


def test_the_shop_drafts_as_it_was_written(tmp_path: Path) -> None:
    shop = Path(__file__).parent.parent.parent / "examples" / "shop"
    found = Drafted(shop / "data", tmp_path / "c")
    written = segdsl.load(shop).model
    assert found.model.default_entity.key == written.default_entity.key
    assert set(written.events) - {"view", "cart_add"} == set(found.model.events) - {"action"}
    for event in set(written.events) & set(found.model.events):
        assert found.model.events[event].time == written.events[event].time
    assert found.model.lookups["product"].fields == written.lookups["product"].fields
    assert found.model.default_entity.attributes["signed_up_at"].type == TIME
