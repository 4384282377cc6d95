"""What a diff does not tell of has the same members, whatever changed in the model."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from segdsl import SegdslError, load
from segdsl.api import Catalog
from tests.laws.test_meaning_laws import law

_MODEL = """
name: shop
timezone: Europe/Berlin
as_of: 2026-03-31
database: shop.duckdb
tables: {people: customers.csv, sales: orders.csv, more_sales: orders.json, views: visits.parquet, goods: products.csv}
entities:
  customer:
    table: people
    key: id
    attributes:
      country: text
      kids: int
      born: {column: birth, type: date}
      seen: timestamp
      plan: {type: text, values: [free, pro]}
      code: text
    parent: {entity: account, key: account}
  account:
    table: accounts
    key: id
    attributes: {size: int, region: text}
  guest: {key: id, from_events: true}
events:
  order:
    of: customer
    table: sales
    key: customer
    time: at
    fields: {amount: decimal, discount: decimal, channel: text, product: {lookup: product}}
  parcel:
    of: customer
    sql: SELECT customer, at, amount, code, length(code) AS digits FROM more_sales WHERE amount > 2
    key: customer
    time: at
    fields: {amount: decimal, digits: int}
  visit: {of: guest, table: views, key: guest, time: at, fields: {page: text}}
lookups:
  product: {table: goods, key: id, fields: {category: text, price: decimal}}
"""
_RULES = """
segment all = true
segment germans = country = "DE"
segment parents = kids >= 1
segment grown = born < 2005-01-01
segment seen_today = seen < 20d
segment awake = hour(seen) >= 12
segment pro = plan = "pro"
segment coded = code = "007"
segment big_account = account.size > 5
segment buyers = any(order)
segment loyal = count(order within 60d) >= 2
segment spenders = sum(order.amount) > 20
segment web = last(order.channel) = "web"
segment shoes = any(order where product.category = "shoes")
segment dear = max(order.product.price) > 5
segment product_x = any(order where product = "1")
segment packed = count(parcel where digits >= 3) >= 2
segment sent = sum(parcel.amount) > 5
segment chained = sequence(order then parcel within 30d)
segment top = percentile(sum(order.amount)) >= 50%
segment fans = loyal and parents
segment sampled = sample(50%, "a")
trait spend = sum(order.amount)
trait first_at = first(order.at)
segmentation tier { gold when spend > 30  silver when spend > 10  rest otherwise }
segment rich_account of account = sum(customer.kids) > 8
segment old_account of account = count(customer where loyal) >= 2
segment here of guest = any(visit)
segment at_home of guest = count(visit where page = "home") >= 2
"""
# what can stand in place of any text of a model, beside its other texts
_WORDS = ("id", "customer", "account", "at", "birth", "seen", "amount", "discount", "code", "country", "kids", "page",
          "text", "int", "decimal", "date", "timestamp", "UTC", "America/New_York", "people", "sales", "accounts",
          "orders.csv", "orders.json", "customers.csv", "late.csv", "guests", "other.duckdb", "shop.duckdb",
          "SELECT * FROM sales", "SELECT * FROM people",
          "SELECT *, length(code) AS digits FROM more_sales")  # fmt: skip
_FIELDS = ("country", "kids", "code", "amount", "discount", "channel", "size", "digits", "Code", "page", "birth", "new")
_TYPES = ("text", "int", "decimal", "date", "timestamp")


@pytest.fixture(scope="module", name="folder")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("diff")
    (folder / "rules.seg").write_text(_RULES)
    random_ = random.Random(7)
    day = [f"2026-0{month}-{number:02}" for month in (1, 2, 3) for number in (1, 9, 17, 28)]

    def moment() -> str:
        return f"{random_.choice(day)} {random_.choice(('00:30:00', '12:00:00', '23:30:00'))}"

    people = [
        f"{n},{random_.choice(('DE', 'AT', ''))},{n % 4},{1990 + n}-0{n % 9 + 1}-01,{moment()},"
        f"{random_.choice(('free', 'pro'))},00{n % 9},{n % 5}"
        for n in range(1, 25)
    ]
    (folder / "customers.csv").write_text("id,country,kids,birth,seen,plan,code,account\n" + "\n".join(people) + "\n")
    header = "id,customer,at,amount,discount,channel,product,account,code\n"
    for name, count in (("orders.csv", 80), ("late.csv", 40)):
        rows = [
            f"{n},{random_.randint(1, 24)},{moment()}{('', 'Z')[n % 2]},{random_.randint(1, 20)},{n % 3},"
            f"{random_.choice(('web', 'store'))},{n % 4},{n % 5},00{n % 20}"
            for n in range(count)
        ]
        (folder / name).write_text(header + "\n".join(rows) + "\n")
    parcels = [
        {"customer": n % 24 + 1, "at": moment(), "amount": n % 7, "discount": 1, "code": f"{n % 13:03}", "id": n}
        for n in range(60)
    ]
    (folder / "orders.json").write_text("\n".join(map(json.dumps, parcels)))
    visits = {
        "guest": [n % 9 for n in range(40)],
        "id": list(range(40)),
        "at": [f"2026-03-{n % 27 + 1:02}T10:00:00" for n in range(40)],
        "page": [("home", "shop")[n % 2] for n in range(40)],
    }
    pq.write_table(pa.table(visits), folder / "visits.parquet")
    goods = [f"{n},{('shoes', 'hats')[n % 2]},{n * 3}" for n in range(4)]
    (folder / "products.csv").write_text("id,category,price,customer\n" + "\n".join(f"{row},1" for row in goods) + "\n")
    for name, most in (("shop.duckdb", 5), ("other.duckdb", 4)):
        with duckdb.connect(str(folder / name)) as made:
            made.execute(
                f"CREATE TABLE accounts AS SELECT n AS id, 2 * n + {most} % 5 AS size, 'north' AS region, n AS kids"
                f" FROM range({most}) t(n)"
            )
            made.execute(f"CREATE TABLE guests AS SELECT n AS id FROM range({most}) t(n)")
    return folder


def _places(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if path:
        yield path
    if isinstance(node, dict):
        for name, inner in node.items():
            yield from _places(inner, (*path, name))


def _changed(model: dict[str, Any], choose: random.Random) -> None:
    """One change at a random place: another text, one thing less, one more, another order."""
    path = choose.choice([path for path in _places(model) if path not in (("name",), ("as_of",))])
    around: Any = model
    for name in path[:-1]:
        around = around[name]
    inner, above = around[path[-1]], path[-2] if len(path) > 1 else ""
    match choose.randrange(4):
        case 0:
            del around[path[-1]]
        case 1 if isinstance(inner, dict):
            items = list(inner.items())
            choose.shuffle(items)
            inner.clear()
            inner.update(items)
        case 2 if path[-1] in ("attributes", "fields"):
            field: Any = choose.choice(_TYPES)
            if choose.randrange(2):
                field = {"type": field, "column": choose.choice((*_FIELDS, *_WORDS[:11]))}
            inner[choose.choice(_FIELDS)] = field
        case 2 if path[-1] == "tables":
            inner[choose.choice(("accounts", "guests", "People", "unused", "orders.csv"))] = choose.choice(_WORDS)
        case 2 if path[0] == "events" and len(path) == 2:
            model["events"]["extra"] = deepcopy(inner)
        case 2 if path[-1] == "table":
            del around["table"]
            around["sql"] = f"SELECT * FROM {inner}"
        case _ if isinstance(inner, dict):
            if path[-1] == "parent" or above in ("fields", "attributes"):
                inner[choose.choice(("type", "column", "lookup", "key"))] = choose.choice((*_WORDS, "product"))
        case _ if path[-1] == "key":
            around["key"] = {"column": inner, "type": choose.choice(("int", "text"))}
        case _ if above in ("fields", "attributes") and choose.randrange(2):
            around[path[-1]] = {"type": inner, "column": choose.choice((*_FIELDS, *_WORDS[:11]))}
        case _:
            around[path[-1]] = choose.choice((*_WORDS, *_FIELDS))


@cache
def _catalog(folder: Path, model: str) -> Catalog | None:
    """A catalog with a model that is right."""
    (folder / "segdsl.yaml").write_text(model)
    try:
        found = load(folder)
    except SegdslError:
        return None
    return None if any(item.is_error for item in found.check()) else found


@cache
def _values(folder: Path, model: str) -> dict[str, object]:
    """The values of everybody by each own definition whose run is not refused."""
    catalog = _catalog(folder, model)
    assert catalog is not None
    own = {item.name for item in catalog.definitions if not item.library}
    by_entity: dict[str, list[str]] = {}
    for output in catalog.outputs:
        if output.name in own:
            by_entity.setdefault(output.entity, []).append(output.name)
    found: dict[str, object] = {}
    for names in by_entity.values():
        if not _run(catalog, names, found):
            for name in names:
                _run(catalog, [name], found)
    return found


def _run(catalog: Catalog, names: list[str], found: dict[str, object]) -> bool:
    try:
        with catalog.run(names, layout="wide", as_of="2026-03-31") as result:
            table = result.wide
    except SegdslError:
        return False
    keys, *columns = table.to_pydict().values()
    for name, column in zip(names, columns, strict=True):
        # a key of another type is another one for whoever gets it
        found[name] = {(str(key), str(table.schema.types[0])): value for key, value in zip(keys, column, strict=True)}
    return True


@law(0.12)
@given(st.integers(0, 10**9), st.integers(1, 2))
def test_what_is_not_told_of_has_the_same_members(folder: Path, seed: int, count: int) -> None:
    compared(folder, seed, count)


def compared(folder: Path, seed: int, count: int) -> tuple[int, int]:
    """How many definitions of a changed model are told of, and how many of these have the same values; every other has
    them."""
    choose = random.Random(seed)
    model = yaml.safe_load(_MODEL)
    if choose.randrange(2):  # a model to start from that is another one too
        _changed(model, choose)
    before = yaml.safe_dump(model, sort_keys=False)
    for _ in range(count):
        _changed(model, choose)
    after = yaml.safe_dump(model, sort_keys=False)
    old, new = _catalog(folder, before), _catalog(folder, after)
    if old is None or new is None:
        return 0, 0
    told = {change.name: change for change in new.compared(old, "before").changes}
    same = 0
    was, now = _values(folder, before), _values(folder, after)
    for name in was.keys() & now.keys():
        is_told = name in told and told[name].direction != "same"
        same += is_told and was[name] == now[name]
        assert is_told or was[name] == now[name], (name, before, after)
    return len(told), same
