"""Exports of orders: whose they are, where no table of customers is there, and rows that are lines of orders."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.draft.drafted import Drafted, csv_folder, table

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


def test_lines_are_told_where_all_of_them_have_the_money(tmp_path: Path) -> None:
    drafted = Drafted(csv_folder(tmp_path / "data", {"orders_export.csv": shop(total_on=(0, 1, 2))}), tmp_path / "shop")
    assert "60 different Name in 120 rows: rows seem to be lines of orders" in drafted.said
    assert "lineitem_quantity" in drafted.text


def test_orders_without_money_are_not_left_out(tmp_path: Path) -> None:
    """One order whose total nobody knows would be no event."""
    text = shop().replace("paid,7.90", "paid,", 1)
    drafted = Drafted(csv_folder(tmp_path / "data", {"orders_export.csv": text}), tmp_path / "shop")
    assert "rows seem to be lines of orders" in drafted.said


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


def test_keys_that_differ_in_letter_case_alone_are_told(tmp_path: Path) -> None:
    text = shop().replace("someone1@x.de", "SomeOne1@X.de", 1).replace("someone2@x.de", "SOMEONE2@x.de", 1)
    drafted = Drafted(csv_folder(tmp_path / "data", {"orders_export.csv": text}), tmp_path / "shop")
    assert "orders_export: 2 Email differ from another in letter case alone" in drafted.said
    assert 'unless `sql:` reads LOWER("Email")' in drafted.said
    assert drafted.population == 19


def test_a_table_with_two_keys_is_told_once(tmp_path: Path) -> None:
    people = table("Record ID,Email,Name,Created", *(f"{i},a{i}@x.de,N{i},2025-01-01" for i in range(30)))
    users = table("user_id,email,city", *(f"{100 + i},a{i}@x.de,Ulm" for i in range(40)))
    orders = table("order_id,user_id,ordered_at,total", *(f"{i},{100 + i % 40},2026-01-02,5" for i in range(80)))
    files = {"crm_contacts.csv": people, "users.csv": users, "orders.csv": orders}
    drafted = Drafted(csv_folder(tmp_path / "data", files), tmp_path / "shop")
    assert drafted.said.count("crm_contacts: could be an entity too") == 1
