"""Differences between versions of the model: what nobody reads of it changes nothing, all that is read does."""

from __future__ import annotations

from pathlib import Path

import pytest

from segdsl import load
from tests.test_diff import FIRST, MODEL, call, commit, repository

__all__ = ["repository"]


def test_the_model_changes_what_reads_it(repository: Path) -> None:
    (repository / "segments" / "segdsl.yaml").write_text(MODEL.replace("time: at,", "time: at, sql: SELECT 1,"))
    file = repository / "segments" / "segdsl.yaml"
    file.write_text(MODEL.replace("table: orders.csv", "sql: SELECT * FROM 'orders.csv' WHERE amount > 10"))
    found = {item.name: item for item in load().diff("HEAD").changes}
    assert found["loyal"].through == ("event order",)
    assert found["loyal"].direction == "unknown"
    assert found["fans"].through == ("loyal", "event order")
    assert "~ event order, in the model" in call("HEAD").output


UNUSED: tuple[tuple[str, str, str], ...] = (
    ("an attribute", "kids: int", "kids: int, town: {column: city, type: text}"),
    ("a field", "amount: decimal", "amount: decimal, channel: text"),
    ("values that a text can have", "country: text", "country: {type: text, values: [DE, AT]}"),
    ("a table", "entities:", "tables: {visits: visits.csv}\nentities:"),
    ("an event", "events:", "events:\n  visit: {of: customer, table: visits.csv, key: id, time: at}"),
    ("a lookup", "events:", "lookups:\n  product: {table: products.csv, key: id, fields: {price: decimal}}\nevents:"),
    ("an entity", "events:", "  account: {table: accounts.csv, key: id, attributes: {plan: text}}\nevents:"),
    ("a parent", "kids: int}", "kids: int}, parent: {entity: account, key: account}"),
    ("a database of no table", "entities:", "database: shop.duckdb\nentities:"),
)


@pytest.mark.parametrize(("old", "new"), [each[1:] for each in UNUSED], ids=[each[0] for each in UNUSED])
def test_what_nobody_reads_of_the_model_changes_nothing(repository: Path, old: str, new: str) -> None:
    model = MODEL.replace(old, new)
    if "parent:" in new:
        model = model.replace("events:", "  account: {table: accounts.csv, key: id}\nevents:")
    (repository / "segments" / "segdsl.yaml").write_text(model)
    assert load().check() == []
    assert load().diff("HEAD").changes == ()
    # and it takes nothing away from what is told of others
    (repository / "segments" / "a.seg").write_text(FIRST.replace("orders >= 3", "orders >= 4"))
    found = [(item.kind, item.name, item.direction) for item in load().diff("HEAD").changes]
    assert found == [("changed", "loyal", "narrower"), ("through", "fans", "narrower")]


ALL = {"loyal", "fans", "spend", "tier"}
READ: tuple[tuple[str, str, str, set[str]], ...] = (
    ("a column", "kids: int", "kids: {column: children, type: int}", {"fans"}),
    ("a type", "kids: int", "kids: decimal", {"fans"}),
    ("another's type of the same column", "kids: int", "kids: int, n: {column: KIDS, type: text}", {"fans"}),
    ("a field", "amount: decimal", "amount: {column: net, type: decimal}", {"spend", "tier"}),
    ("a time", "time: at", "time: paid_at", ALL),
    ("a key", "key: id, time", "key: customer, time", ALL),
    ("a table", "table: orders.csv", "table: sales.csv", ALL),
    ("what a name stands for", "entities:", "tables: {orders.csv: sales.csv}\nentities:", ALL),
    ("the time zone", "as_of:", "timezone: Europe/Berlin\nas_of:", ALL),
    ("the type of keys", "key: id, attr", "key: {column: id, type: text}, attr", ALL),
)


@pytest.mark.parametrize(("old", "new", "told"), [each[1:] for each in READ], ids=[each[0] for each in READ])
def test_what_is_read_of_the_model_changes_what_reads_it(repository: Path, old: str, new: str, told: set[str]) -> None:
    (repository / "segments" / "segdsl.yaml").write_text(MODEL.replace(old, new))
    found = {item.name: item for item in load().diff("HEAD").changes}
    assert found.keys() == told
    assert all(item.kind == "through" and item.direction in ("unknown", "") for item in found.values())
    if told == {"fans"}:
        assert found["fans"].through == ("entity customer",)


def test_a_renamed_definition_over_other_rows_has_other_members(repository: Path) -> None:
    folder = repository / "segments"
    (folder / "a.seg").write_text(FIRST.replace("segment fans", "segment germans"))
    (folder / "segdsl.yaml").write_text(MODEL.replace("orders.csv", "sales.csv"))
    found = {item.name: item for item in load().diff("HEAD").changes}["germans"]
    assert (found.kind, found.before_name, found.direction) == ("renamed", "fans", "unknown")
    assert found.through == ("event order",)
    assert "segment germans: was fans: members may get in and drop out" in call("HEAD").output
    assert "| `germans` | was `fans`, through `event order` | unknown |" in call("HEAD", "--format", "markdown").output


def test_a_name_that_means_something_else_is_told_as_the_reason(repository: Path) -> None:
    folder = repository / "segments"
    (folder / "a.seg").write_text(f'{FIRST}trait city = country\nsegment berlin = city = "Berlin"\n')
    commit(repository, "a trait")
    (folder / "a.seg").write_text(f'{FIRST}segment berlin = city = "Berlin"\n')
    (folder / "segdsl.yaml").write_text(MODEL.replace("kids: int", "kids: int, city: text"))
    found = {item.name: item for item in load().diff("HEAD").changes}
    assert found.keys() == {"city", "berlin"}
    assert (found["berlin"].kind, found["berlin"].through) == ("through", ("city",))


def test_definitions_of_another_first_entity_say_so(repository: Path) -> None:
    folder = repository / "segments"
    account = "  account: {table: accounts.csv, key: id, attributes: {kids: int}}\n"
    (folder / "a.seg").write_text("segment parents = kids > 0\n")
    (folder / "segdsl.yaml").write_text(MODEL.replace("events:", f"{account}events:"))
    commit(repository, "two entities")
    (folder / "segdsl.yaml").write_text(MODEL.replace("entities:\n", f"entities:\n{account}"))
    (found,) = [item for item in load().diff("HEAD").changes if item.name == "parents"]
    assert (found.kind, found.through) == ("through", ("entity account",))


SHOP = """\
database: a.duckdb
as_of: 2026-03-31
tables: {raw: orders.csv}
entities:
  customer: {table: customers, key: id, attributes: {kids: int}, parent: {entity: account, key: account}}
  account: {table: accounts.csv, key: id, attributes: {plan: text}}
events:
  order: {of: customer, table: raw, key: id, time: at, fields: {product: {column: product, lookup: product}}}
lookups:
  product: {table: products.csv, key: id, fields: {category: text, price: decimal}}
"""
OF_A_SHOP = """\
segment parents = kids > 0
segment often = any(order within 30d)
segment shoes = any(order where product.category = "shoes")
segment families of account = count(customer) >= 3
segment pro = account.plan = "pro"
"""
ALL_OF_A_SHOP = ("parents", "often", "shoes", "families", "pro")
READ_OF_A_SHOP: tuple[tuple[str, str, str, dict[str, tuple[str, ...]]], ...] = (
    ("the database of a table", "a.duckdb", "b.duckdb", dict.fromkeys(ALL_OF_A_SHOP, ("entity customer",))),
    ("a column of a lookup", "category: text", "category: {column: sort, type: text}", {"shoes": ("lookup product",)}),
    ("the type of keys of a lookup", "products.csv, key: id", "products.csv, key: {column: id, type: text}",
     {"shoes": ("event order", "lookup product")}),
    ("the column of a parent's key", "key: account}", "key: house}",
     {"families": ("entity customer",), "pro": ("entity customer",)}),
)  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "told"), [each[1:] for each in READ_OF_A_SHOP], ids=[each[0] for each in READ_OF_A_SHOP]
)
def test_what_is_read_of_lookups_parents_and_a_database_changes_what_reads_it(
    repository: Path, old: str, new: str, told: dict[str, tuple[str, ...]]
) -> None:
    folder = repository / "segments"
    (folder / "segdsl.yaml").write_text(SHOP)
    (folder / "a.seg").write_text(OF_A_SHOP)
    commit(repository, "a shop")
    assert old in SHOP
    (folder / "segdsl.yaml").write_text(SHOP.replace(old, new))
    found = load().diff("HEAD").changes
    assert {item.name: item.through for item in found} == told
    assert {(item.kind, item.direction) for item in found} == {("through", "unknown")}
