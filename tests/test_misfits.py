"""Values that a run fails of are told by those who look at the data before it."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from segdsl.api import SegdslError, load
from segdsl.diagnostics import Diagnostic
from segdsl.engines.measure import measure_model
from tests.benches import Benches

MODEL = """\
as_of: 2026-03-31
entities:
  customer: {table: customers.csv, key: ID_KEY, attributes: {since: SINCE, note: date}}
events:
  order: {of: customer, table: orders.csv, key: customer, time: at, fields: {amount: AMOUNT}}
"""
FILES = {
    "customers.csv": "id;since;note\n1;2026-01-05;none\n2;2026-02-05;none\n",
    "orders.csv": "customer;at;amount\n1;2026-01-05;12.50\n2;2026-01-06;1\n",
}
RULES = {
    "since": "segment new = since within 90d\n",
    "amount": "trait spend = sum(order.amount)\n",
    "at": "segment buyer = any(order)\n",
}


def make(
    folder: Path, rules: str, key: str = "{column: id, type: text}", since: str = "date", amount: str = "decimal"
) -> Path:
    model = MODEL.replace("ID_KEY", key).replace("SINCE", since).replace("AMOUNT", amount)
    (folder / "segdsl.yaml").write_text(model)
    for name, text in FILES.items():
        (folder / name).write_text(text)
    (folder / "rules.seg").write_text(rules)
    return folder


def change(folder: Path, name: str, old: str, new: str) -> None:
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new))


def in_parquet(folder: Path, name: str) -> None:
    """A file as Parquet, all of it texts."""
    source, target = folder / f"{name}.csv", folder / f"{name}.parquet"
    duckdb.sql(f"COPY (FROM read_csv('{source}', all_varchar = true)) TO '{target}' (FORMAT parquet)")
    change(folder, "segdsl.yaml", f"{name}.csv", f"{name}.parquet")


def checked(folder: Path) -> list[Diagnostic]:
    return [item for item in load(folder).check_data() if item.is_error]


def measured(folder: Path) -> list[Diagnostic]:
    """What is told of the rows, but for the attribute that no rule reads."""
    catalog = load(folder)
    found = measure_model(catalog.model, catalog.root).diagnostics
    return [item for item in found if "`note`" not in item.message]


def is_runnable(folder: Path) -> bool:
    try:
        with load(folder).run(layout="wide"):
            return True
    except SegdslError:
        return False


@pytest.mark.parametrize(
    ("column", "file", "old", "new", "told"),
    [
        ("since", "customers", "2026-02-05", "AT", "attribute `since` of entity `customer` is stated as `date`, but"),
        ("amount", "orders", ";1\n", ";12,50\n", "field `amount` of event `order` is stated as `decimal`, but"),
        ("at", "orders", "2026-01-06", "soon", "`time` of event `order` has to be a `timestamp`, but"),
    ],
)
@pytest.mark.parametrize("is_parquet", [True, False])
def test_whoever_looks_at_the_data_tells_what_a_run_fails_of(
    tmp_path: Path, column: str, file: str, old: str, new: str, told: str, is_parquet: bool
) -> None:
    folder = make(tmp_path, RULES[column])
    change(folder, f"{file}.csv", old, new)
    if is_parquet:
        in_parquet(folder, file)
    assert not is_runnable(folder)
    for found in (checked(folder), measured(folder)):
        assert [item.is_error for item in found] == [True], found
        assert (found[0].code, found[0].message.partition(" 1 row holds")[0]) == ("SEG738", told)
        assert found[0].message.endswith("`" if is_parquet else f"in line 3 of `{file}.csv`")
        assert found[0].span is not None


def test_whole_numbers_in_a_csv(tmp_path: Path) -> None:
    folder = make(tmp_path, RULES["amount"], amount="int")
    change(folder, "orders.csv", ";12.50", ";12,50")
    assert not is_runnable(folder)
    assert [item.code for item in checked(folder)] == ["SEG738"]


def test_keys_of_a_stated_type(tmp_path: Path) -> None:
    folder = make(tmp_path, RULES["at"], key="{column: id, type: int}")
    change(folder, "orders.csv", "2;", "2x;")
    in_parquet(folder, "orders")
    assert not is_runnable(folder)
    for found in (checked(folder), measured(folder)):
        assert [item.code for item in found] == ["SEG738"]
        assert "`key` of event `order` is stated as `int`, but 1 row holds something else, such as `2x`" in (
            found[0].message
        )


def test_what_no_definition_reads_is_not_looked_at(tmp_path: Path) -> None:
    folder = make(tmp_path, RULES["amount"])
    change(folder, "customers.csv", "2026-02-05", "AT")
    assert is_runnable(folder)
    assert checked(folder) == []


def test_a_rule_of_the_parent_reads_its_columns(tmp_path: Path) -> None:
    folder = make(tmp_path, "segment new_account of account = opened within 90d\nsegment new = account.new_account\n")
    change(folder, "segdsl.yaml", "attributes:", "parent: {entity: account, key: note}, attributes:")
    change(folder, "segdsl.yaml", "events:", "  account: {table: a.csv, key: id, attributes: {opened: date}}\nevents:")
    (folder / "a.csv").write_text("id,opened\nnone,soon\n")
    assert not is_runnable(folder)
    assert ["attribute `opened`" in item.message for item in checked(folder)] == [True]


def test_a_field_of_a_lookup_is_looked_at(tmp_path: Path) -> None:
    folder = make(tmp_path, "segment dear = any(order where amount.price > 1)\n", amount="{lookup: product}")
    (folder / "segdsl.yaml").write_text(
        (folder / "segdsl.yaml").read_text() + "lookups:\n  product: {table: p.parquet, key: id, fields: "
        "{price: decimal, kind: int}}\n"
    )
    duckdb.sql(f"COPY (SELECT '1' AS id, '2,50' AS price, 'x' AS kind) TO '{folder}/p.parquet' (FORMAT parquet)")
    in_parquet(folder, "orders")
    assert not is_runnable(folder)
    assert ["field `price` of lookup" in item.message for item in checked(folder)] == [True]


def test_rows_without_a_time_are_counted_apart_from_times_that_cannot_be_read(tmp_path: Path) -> None:
    folder = make(tmp_path, RULES["at"])
    (folder / "orders.csv").write_text("customer;at;amount\n1;2026-01-05;1\n2;;1\n2;13.01.2026;1\n2;;1\n")
    in_parquet(folder, "orders")
    assert {item.code: item.message for item in measured(folder)} == {
        "SEG734": "`at` is unknown in 2 of 4 rows of event `order`",
        "SEG738": "`time` of event `order` has to be a `timestamp`, but 1 row holds something else, "
        "such as `13.01.2026`",
    }


def test_on_another_engine(benches: Benches, tmp_path: Path) -> None:
    bench = benches("postgres")
    names = ("customers", "orders")
    bench.driver.execute("CREATE TABLE customers (id INT, since TEXT, note TEXT)")
    bench.driver.execute("INSERT INTO customers VALUES (1, '2026-01-05', 'none'), (2, 'AT', 'none')")
    bench.driver.execute("CREATE TABLE orders (customer INT, at TEXT, amount TEXT)")
    bench.driver.execute("INSERT INTO orders VALUES (1, '2026-01-05', '1.5'), (2, 'soon', '1')")
    folder = make(tmp_path, "".join(RULES.values()))
    for name in names:
        change(folder, "segdsl.yaml", f"{name}.csv", name)
    try:
        found = [item for item in load(folder).check_data(engine=bench.url) if item.is_error]
    finally:
        for name in names:
            bench.driver.execute(f"DROP TABLE {name}")
    assert [item.code for item in found] == ["SEG710", "SEG710"]
    assert ["AT" in found[0].message, "soon" in found[1].message] == [True, True]
    assert all(item.span is not None for item in found)
