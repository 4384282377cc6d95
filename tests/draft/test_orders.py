"""Exports of orders: whose they are, where no table of customers is there, and rows that are lines of orders."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

import segdsl
from tests.draft.drafted import Drafted, csv_folder, orders, table

HEADER = "Name,Email,Financial Status,Total,Discount Code,Created at,Lineitem quantity,Lineitem name,Id,Source"


def shop(count: int = 60, of: int = 17, total_on: Sequence[int] = (0,)) -> str:
    """An export as Shopify makes it: what is the order's stands in the first of its lines."""
    rows: list[str] = []
    for order in range(count):
        for line in range(1 + order % 3):
            day = f"2026-01-{1 + order % 28:02} 10:00:00 +0100"
            whole = f"paid,{order}.90,{['', '', 'SALE', 'XMAS'][order % 4]}" if line in total_on else ",,"
            rows.append(
                f"#{1001 + order},someone{order % of}@x.de,{whole},{day},{line + 1},Thing {line},"
                f"{5_000 + order if line == 0 else ''},{'web' if line == 0 else ''}"
            )
    return table(HEADER, *rows)


def test_the_buyers_of_an_export_of_orders_are_its_addresses(tmp_path: Path) -> None:
    drafted = Drafted(csv_folder(tmp_path / "data", {"orders_export.csv": shop()}), tmp_path / "shop")
    assert drafted.population == 17
    assert "entity customer: the keys of its events" in drafted.said
    assert "event order of customer: orders_export, key Email, time Created at, 60 rows" in drafted.said


def test_one_line_of_each_order_is_the_order_where_it_alone_has_the_money(tmp_path: Path) -> None:
    drafted = Drafted(csv_folder(tmp_path / "data", {"orders_export.csv": shop()}), tmp_path / "shop")
    assert "60 different Name in 120 rows: rows are lines of orders, and one of each has its Total" in drafted.said
    # 60 orders of 17: nine have four of them, eight have three
    assert (drafted.sizes["one_order"], drafted.sizes["frequent_order"]) == (0, 17)
    assert drafted.line("amount:").startswith("amount: {column: Total, type: decimal}  # guessed from its name")
    assert "lineitem" not in drafted.text.lower().partition("events:")[2]


def test_lines_that_all_have_the_money_of_their_order_are_one_event(tmp_path: Path) -> None:
    """A sum over the lines would have the total of an order three times."""
    drafted = Drafted(csv_folder(tmp_path / "data", {"orders_export.csv": shop(total_on=(0, 1, 2))}), tmp_path / "shop")
    assert "60 different Name in 120 rows: rows are lines of orders, and events are made of what" in drafted.said
    assert "key Email, time Created at, 60 rows" in drafted.said
    assert (drafted.sizes["one_order"], drafted.sizes["frequent_order"]) == (0, 17)
    fields = drafted.text.partition("fields:")[2]
    assert "Total, type: decimal" in fields
    assert "source" in fields
    assert "lineitem" not in fields.lower()


def test_an_order_without_money_is_not_left_out(tmp_path: Path) -> None:
    """One order whose total nobody knows would be no event."""
    text = shop().replace("paid,8.90", "paid,", 1)
    drafted = Drafted(csv_folder(tmp_path / "data", {"orders_export.csv": text}), tmp_path / "shop")
    assert "key Email, time Created at, 60 rows" in drafted.said
    (tmp_path / "shop" / "segments" / "more.seg").write_text(
        "segment unpaid = any(order where amount is unknown)\nsegment known = any(order where id = 5008)\n"
    )
    with segdsl.load(tmp_path / "shop").run(["unpaid", "known"]) as result:
        assert [size.members for size in result.sizes] == [1, 1]


@pytest.mark.parametrize("file", ["orders.csv", "shopify_orders.csv", "my_shop_export.csv"])
def test_lines_are_known_by_their_columns_whatever_the_file_is_called(tmp_path: Path, file: str) -> None:
    drafted = Drafted(csv_folder(tmp_path / "data", {file: shop()}), tmp_path / "shop")
    assert "event order of customer" in drafted.said
    assert "60 rows" in drafted.said
    assert drafted.sizes["one_order"] == 0


LINES = [
    (
        "Invoice.csv", "InvoiceNo,StockCode,Quantity,InvoiceDate,UnitPrice,CustomerID",
        "{order},{line}A,2,2026-01-{day:02},{line}.50,{whom}", "invoice_no",
    ),
    (
        "online_retail.csv", "InvoiceNo,StockCode,Quantity,InvoiceDate,UnitPrice,CustomerID",
        "{order},{line}A,2,2026-01-{day:02},{line}.50,{whom}", "invoice_no",
    ),
    (
        "amazon_orders.csv", "amazon-order-id,purchase-date,sku,quantity,item-price,buyer-email",
        "302-{order},2026-01-{day:02},S{line},1,{line}.50,b{whom}@x.de", "amazon_order_id",
    ),
    (
        "orders.csv", "order_id,product_id,ordered_at,amount,user_id",
        "{order},{line},2026-01-{day:02},{line}.50,{whom}", "order_id",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("file", "header", "row", "number"), LINES)
def test_orders_are_counted_by_their_numbers_where_lines_have_money_of_their_own(
    tmp_path: Path, file: str, header: str, row: str, number: str
) -> None:
    rows = [
        row.format(order=500 + order, line=line, day=1 + order % 28, whom=order % 20)
        for order in range(60)
        for line in range(1 + order % 3)
    ]
    drafted = Drafted(csv_folder(tmp_path / "data", {file: table(header, *rows)}), tmp_path / "shop")
    assert "60 different " in drafted.said
    assert f"a count of events is one of lines, and `distinct` of `{number}` counts orders" in drafted.said
    assert [drafted.sizes[name] for name in drafted.sizes if name.startswith(("one_", "frequent_"))] == [20, 0]


def test_lines_of_a_large_table_are_seen_though_a_sample_has_few_of_an_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("segdsl.draft.profile.SAMPLE", 40)
    rows = (f"{order},{line},{order % 20},2026-01-02,{order}.5" for order in range(600) for line in range(2))
    text = table("order_id,item_no,customer_id,ordered_at,total", *rows)
    drafted = Drafted(csv_folder(tmp_path / "data", {"orders.csv": text}), tmp_path / "shop")
    assert "600 different order_id in 1,200 rows" in drafted.said


def test_money_that_is_written_with_a_comma_is_that_of_an_order(tmp_path: Path) -> None:
    rows = (
        f"{order};k{order % 9};{1 + order % 28:02}.01.2026;1.0{10 + order},50;{line};N/A"
        for order in range(60) for line in range(2)
    )  # fmt: skip
    text = table("order_no;customer_no;order_date;total;item_name;note", *rows)
    drafted = Drafted(csv_folder(tmp_path / "data", {"orders.csv": text}), tmp_path / "shop")
    assert "rows are lines of orders" in drafted.said
    assert drafted.line("amount:").startswith("amount: {column: total as number, type: decimal}")
    with segdsl.load(tmp_path / "shop").run(layout="wide") as result:
        assert result.sizes[0].population == 9


def test_lines_below_their_order_are_told(tmp_path: Path) -> None:
    """Exports that fill in what is the order's in its first line alone."""
    rows = (
        f"{order},a{order % 9}@x.de,2026-01-{1 + order % 28:02},{order}.50,Thing" if line == 0 else f",,,,Thing {line}"
        for order in range(60) for line in range(2)
    )  # fmt: skip
    text = table("Order Number,Email (Billing),Order Date,Order Total Amount,Item Name", *rows)
    drafted = Drafted(csv_folder(tmp_path / "data", {"orders.csv": text}), tmp_path / "shop")
    assert "50% of the rows have neither Order Number nor Email (Billing)" in drafted.said
    assert drafted.population == 9


def test_lines_that_lead_to_orders_are_lines(tmp_path: Path) -> None:
    """Customers by their addresses, and what they bought through the order."""
    orders = (
        f"{i},{'' if i % 2 else 1 + i % 16},a{i % 16}@x.de,2026-01-{1 + i % 28:02},{i}.5,{i % 2}" for i in range(60)
    )
    items = (f"{order * 10 + line},{order},S{line},2.5" for order in range(60) for line in range(2))
    files = {
        "sales_order.csv": table(
            "entity_id,customer_id,customer_email,created_at,grand_total,customer_group_id", *orders
        ),
        "sales_order_item.csv": table("item_id,order_id,sku,price", *items),
    }
    drafted = Drafted(csv_folder(tmp_path / "data", files), tmp_path / "shop")
    assert drafted.population == 16
    assert "event order of customer: sales_order, key customer_email" in drafted.said
    assert "event sales_order_item of customer" in drafted.said
    assert "lines of orders" not in drafted.said
    assert (
        "`customer_email` (16 different, in 100% of the rows) was taken for whose events these are, "
        "`customer_id` (8 different, in 50% of the rows) could tell it too"
    ) in drafted.said


def test_guests_are_not_one_customer(tmp_path: Path) -> None:
    rows = [f"{i},{0 if i % 2 else i % 16},a{i % 16}@x.de,2026-01-{1 + i % 28:02},{i}.5" for i in range(60)]
    text = table("Order ID,Customer ID,Customer Email,Order Date,Total", *rows)
    drafted = Drafted(csv_folder(tmp_path / "data", {"orders.csv": text}), tmp_path / "shop")
    assert drafted.population == 16
    rows = [row.replace("@x.de", "") for row in rows]
    text = table("Order ID,Customer ID,Note,Order Date,Total", *rows)
    told = Drafted(csv_folder(tmp_path / "told", {"orders.csv": text}), tmp_path / "told_shop").said
    assert "orders: Customer ID is `0` in 56.7% of the rows, and one member has all of them" in told


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("id,amount,created,currency,customer,status", "ch_{i},5,{epoch},eur,cus_{whom},succeeded"),
        ("Record ID,Deal Name,Close Date,Amount,Associated Contact Email", "7{i},D{i},2026-01-{day:02},5,a{whom}@x.de"),
        ("Order No,Phone,Order Date,Total", "{i},+49 {whom},2026-01-{day:02},5"),
    ],
)
def test_payments_deals_and_orders_are_of_people(tmp_path: Path, header: str, row: str) -> None:
    rows = (row.format(i=100 + i, whom=70 + i % 9, day=1 + i % 28, epoch=1767225600 + 3600 * i) for i in range(60))
    drafted = Drafted(csv_folder(tmp_path / "data", {"export.csv": table(header, *rows)}), tmp_path / "shop")
    assert drafted.population == 9


def test_few_values_are_nobody_though_they_are_called_so(tmp_path: Path) -> None:
    rows = (f"{i},{['ios', 'web'][i % 2]},u{i % 9},2026-01-{1 + i % 28:02}" for i in range(60))
    text = table("event_id,client,account_id,event_time", *rows)
    drafted = Drafted(csv_folder(tmp_path / "data", {"visits.csv": text}), tmp_path / "shop")
    assert drafted.population == 9


def test_orders_that_are_all_of_different_people(tmp_path: Path) -> None:
    rows = (f"{i},a{i}@x.de,2026-01-{1 + i % 28:02},{i}.5" for i in range(30))
    text = table("order_id,email,ordered_at,total", *rows)
    drafted = Drafted(csv_folder(tmp_path / "data", {"orders.csv": text}), tmp_path / "shop")
    assert "entity customer: the keys of its events" in drafted.said
    assert drafted.population == 30


def test_customers_have_the_key_that_their_orders_know(tmp_path: Path) -> None:
    """Orders with nothing but an address are no less those of customers who have a number as well."""
    people = table("Customer ID,First Name,Email", *(f"65{i},N{i},someone{i}@x.de" for i in range(20)))
    files = {"customers_export.csv": people, "orders_export.csv": shop()}
    drafted = Drafted(csv_folder(tmp_path / "data", files), tmp_path / "shop")
    assert "entity customer: customers_export, key Email" in drafted.said
    assert "event order of customer: orders_export, key Email, time Created at, 60 rows" in drafted.said
    assert drafted.sizes["never_order"] == 3
    assert "`Email` was taken for the key, rather than `Customer ID`, as more events have it" in drafted.said


def test_what_several_people_have_in_common_is_no_order(tmp_path: Path) -> None:
    """The name of what was bought, or of a page, stands in many rows as well."""
    rows = (f"{i % 11},S{i % 13},Thing {i % 13},5,2026-01-{1 + i % 28:02}" for i in range(120))
    text = table("customer_id,sku,name,amount,bought_at", *rows)
    drafted = Drafted(csv_folder(tmp_path / "data", {"purchases.csv": text}), tmp_path / "shop")
    assert "lines of orders" not in drafted.said
    assert "distinct(" not in (tmp_path / "shop" / "segments" / "start.seg").read_text()


def test_the_same_row_twice_is_no_line(tmp_path: Path) -> None:
    """Files that overlap have orders twice, and which of them is right nobody can say."""
    drafted = Drafted(
        csv_folder(tmp_path / "d", {"orders_1.csv": orders(30), "orders_2.csv": orders(40)}), tmp_path / "c"
    )
    assert "40 different order_id in 70 rows" in drafted.said
    assert "GROUP BY" not in drafted.text.partition("events:")[2].partition("# Not to be told")[0]


def test_people_are_known_by_an_address_rather_than_a_telephone(tmp_path: Path) -> None:
    people = table("Email Address,First Name,Phone Number", *(f"a{i}@x.de,N{i},+49 {i}" for i in range(20)))
    drafted = Drafted(csv_folder(tmp_path / "data", {"subscribed_members.csv": people}), tmp_path / "shop")
    assert "key Email Address" in drafted.said


def test_a_number_of_a_customer_is_before_an_address(tmp_path: Path) -> None:
    rows = (f"{i},{i % 9},a{i % 8}@x.de,2026-01-{1 + i % 28:02},{i}.5" for i in range(40))
    text = table("order_id,customer_id,email,ordered_at,total", *rows)
    drafted = Drafted(csv_folder(tmp_path / "data", {"orders.csv": text}), tmp_path / "shop")
    assert drafted.line("key:").startswith("key: customer_id")
    assert drafted.population == 9


@pytest.mark.parametrize("name", ["Email (Billing)", "customer_email", "Customer E-Mail", "emailAddress"])
def test_addresses_are_whose_in_the_words_of_other_shops(tmp_path: Path, name: str) -> None:
    rows = (f"{i},a{i % 8}@x.de,{i % 3},2026-01-{1 + i % 28:02},{i}.5" for i in range(40))
    text = table(f"Order Number,{name},Coupon Code,Order Date,Order Total Amount", *rows)
    drafted = Drafted(csv_folder(tmp_path / "data", {"orders.csv": text}), tmp_path / "shop")
    assert drafted.population == 8


def test_a_store_and_its_staff_are_nobody_who_buys(tmp_path: Path) -> None:
    rows = (f"{i},{i % 3},s{i % 4}@x.de,{i % 7},2026-01-{1 + i % 28:02},{i}.5" for i in range(60))
    text = table("order_id,discount_code,store_email,member_no,ordered_at,total", *rows)
    drafted = Drafted(csv_folder(tmp_path / "data", {"orders.csv": text}), tmp_path / "shop")
    assert drafted.population == 7


TYPED = shop().replace("someone1@x.de", "SomeOne1@X.de", 1).replace("someone2@x.de", "SOMEONE2@x.de", 1)


def test_addresses_that_differ_in_letter_case_alone_are_one(tmp_path: Path) -> None:
    drafted = Drafted(csv_folder(tmp_path / "data", {"orders_export.csv": TYPED}), tmp_path / "shop")
    assert 'orders_export: 2 Email differ from another in letter case alone: `sql` reads LOWER("Email")' in drafted.said
    assert drafted.population == 17
    assert (drafted.sizes["one_order"], drafted.sizes["frequent_order"]) == (0, 17)


def test_addresses_of_events_meet_in_whatever_case_each_has_them(tmp_path: Path) -> None:
    opens = table("id,email,opened_at", *(f"m{i},SOMEONE{i % 17}@X.de,2026-01-{1 + i % 28:02}" for i in range(40)))
    lines = table("line_id,order_id,sku", *(f"{i},{1 + i % 60},S{i % 5}" for i in range(90)))
    orders = table(
        "order_id,email,ordered_at,total", *(f"{i},someone{i % 17}@x.de,02.01.2026,{i}.5" for i in range(1, 61))
    )
    files = {"opens.csv": opens, "orders.csv": orders, "order_lines.csv": lines}
    drafted = Drafted(csv_folder(tmp_path / "data", files), tmp_path / "shop")
    assert drafted.population == 17
    assert drafted.sizes["never_order"] == 0
    (tmp_path / "shop" / "segments" / "more.seg").write_text("segment bought = any(open) and any(order_line)\n")
    with segdsl.load(tmp_path / "shop").run(["bought"]) as result:
        assert result.sizes[0].members == 17


def test_keys_of_people_that_differ_in_letter_case_alone_are_told(tmp_path: Path) -> None:
    people = table("Email,First Name", *(f"someone{i}@x.de,N{i}" for i in range(20)))
    files = {"orders_export.csv": TYPED, "customers_export.csv": people}
    drafted = Drafted(csv_folder(tmp_path / "data", files), tmp_path / "shop")
    assert "orders_export: 2 Email differ from another in letter case alone" in drafted.said
    assert 'unless `sql:` reads LOWER("Email")' in drafted.said
    assert drafted.population == 20


def test_a_table_with_two_keys_is_told_once(tmp_path: Path) -> None:
    people = table("Record ID,Email,Name,Created", *(f"{i},a{i}@x.de,N{i},2025-01-01" for i in range(30)))
    users = table("user_id,email,city", *(f"{100 + i},a{i}@x.de,Ulm" for i in range(40)))
    orders = table("order_id,user_id,ordered_at,total", *(f"{i},{100 + i % 40},2026-01-02,5" for i in range(80)))
    files = {"crm_contacts.csv": people, "users.csv": users, "orders.csv": orders}
    drafted = Drafted(csv_folder(tmp_path / "data", files), tmp_path / "shop")
    assert drafted.said.count("crm_contacts: could be an entity too") == 1
