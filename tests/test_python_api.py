"""segdsl in Python: data handed over, tables that speak Arrow, and what notebooks show."""

from __future__ import annotations

import copy
import datetime as dt
import pickle
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
import pytest

import segdsl
from segdsl import Catalog, Layout, SegdslError

MODEL = """
name: shop & <b>co</b>
as_of: 2026-03-31
tables:
  raw_orders: data/orders.csv
entities:
  customer: {table: customers, key: id, attributes: {country: text}}
events:
  order:
    of: customer
    sql: SELECT id, at, price AS amount FROM raw_orders WHERE price > 0
    key: id
    time: at
    fields: {amount: decimal}
"""
SEGMENTS = """\
## Bought "lately" & <i>often</i>.
@owner("<crm>")
segment active = last_purchase < 90d
segmentation tier among orders > 0 {
  gold   when total_spend >= 50
  silver otherwise
}
trait spend = sum(order.amount)
expect active between 0 and 10
"""
CUSTOMERS = pa.table({"id": [1, 2, 3], "country": ["DE", None, "FR"]})
ORDERS = pa.table(
    {
        "id": [1, 1, 2],
        "at": [dt.datetime(2026, 3, 1, 10), dt.datetime(2026, 3, 11), dt.datetime(2025, 6, 1)],
        "price": [20.0, 30.5, 7.0],
    }
)
DATA = {"customers": CUSTOMERS, "raw_orders": ORDERS}


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    """A catalog whose files are not there: all data are handed over."""
    (tmp_path / "segdsl.yaml").write_text(MODEL)
    (tmp_path / "all.seg").write_text(SEGMENTS)
    return segdsl.load(tmp_path)


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    found = duckdb.connect()
    found.register("given_customers", CUSTOMERS)
    found.register("given_orders", ORDERS)
    found.execute("CREATE TABLE customers AS FROM given_customers")
    found.execute("CREATE TABLE raw_orders AS FROM given_orders")
    found.unregister("given_customers")
    found.unregister("given_orders")
    return found


def sizes(catalog: Catalog, **options: Any) -> dict[str, int]:
    with catalog.run(**options) as result:
        return {size.segment: size.members for size in result.sizes}


EXPECTED = {"active": 1, "tier.gold": 1, "tier.silver": 1}

# ---------------------------------------------------------------- data frames


def test_arrow_tables_stand_for_the_model_s_tables(catalog: Catalog) -> None:
    assert sizes(catalog, data=DATA) == EXPECTED
    with pytest.raises(SegdslError, match="no table `customers`"):
        catalog.run()


def _pandas(table: pa.Table) -> Any:
    return pytest.importorskip("pandas") and table.to_pandas()


def _polars(table: pa.Table) -> Any:
    return pytest.importorskip("polars").from_arrow(table)


def _reader(table: pa.Table) -> Any:
    return table.to_reader()


def _batch(table: pa.Table) -> Any:
    return table.to_batches()[0]


def _relation(table: pa.Table) -> Any:
    return duckdb.connect().from_arrow(table)


@pytest.mark.parametrize("frame", [_pandas, _polars, _reader, _batch, _relation])
def test_whatever_speaks_arrow_is_taken(catalog: Catalog, frame: Callable[[pa.Table], Any]) -> None:
    data = {name: frame(table) for name, table in DATA.items()}
    assert sizes(catalog, data=data) == EXPECTED


def test_a_stream_that_can_be_read_once_is_the_same_wherever_it_is_asked_for(catalog: Catalog, tmp_path: Path) -> None:
    readers = {name: table.to_reader() for name, table in DATA.items()}
    (tmp_path / "before").mkdir()
    (tmp_path / "before" / "segdsl.yaml").write_text(MODEL)
    (tmp_path / "before" / "all.seg").write_text(SEGMENTS.replace(">= 1", ">= 2"))
    before = segdsl.load(tmp_path / "before")
    expected = catalog.compared(before, "before", members=True, data=DATA)
    assert catalog.compared(before, "before", members=True, data=readers) == expected
    assert sizes(catalog, data=readers) == sizes(catalog, data=readers) == EXPECTED


def test_a_frame_with_a_column_that_cannot_be_read_is_told_by_that_column(catalog: Catalog) -> None:
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    halves = CUSTOMERS.append_column("z", pa.array([1.0] * 3).cast(pa.float16()))
    for frame, says in (
        (pandas.DataFrame({"id": [1, 2], "z": [1, "x"]}), "Conversion failed for column z"),
        (polars.DataFrame({"id": [1], "z": polars.Series([1], dtype=polars.Int128)}), "_pli128"),
        (halves, "column `z` is halffloat"),
    ):
        with pytest.raises(SegdslError, match="SEG741") as error:
            catalog.run(data={**DATA, "customers": frame})
        assert says in str(error.value)
        assert "found `" not in str(error.value)


def test_some_data_can_stay_in_files(catalog: Catalog) -> None:
    (catalog.root / "data").mkdir()
    (catalog.root / "data" / "orders.csv").write_text("id,at,price\n3,2026-03-30,5\n")
    assert sizes(catalog, data={"customers": CUSTOMERS}) == {"active": 1, "tier.gold": 0, "tier.silver": 1}


def test_a_table_by_its_path_is_known_by_that(tmp_path: Path) -> None:
    (tmp_path / "segdsl.yaml").write_text(MODEL.replace("table: customers", 'table: data/it\'s "mine".csv'))
    (tmp_path / "all.seg").write_text(SEGMENTS)
    found = segdsl.load(tmp_path)
    assert sizes(found, data={'data/it\'s "mine".csv': CUSTOMERS, "raw_orders": ORDERS}) == EXPECTED


def test_what_cannot_be_taken_is_told(catalog: Catalog) -> None:
    with pytest.raises(SegdslError) as raised:
        catalog.run(data={"customer": CUSTOMERS, "raw_orders": [1, 2], "customers": pa.Table})
    assert [item.code for item in raised.value.diagnostics] == ["SEG740", "SEG741", "SEG741"]
    assert "did you mean `customers`?" in str(raised.value)
    assert "found `list`" in str(raised.value)
    with pytest.raises(SegdslError, match='"price" not found'):
        catalog.run(data={**DATA, "raw_orders": ORDERS.drop_columns("price")})


# ---------------------------------------------------------------- connections


def test_an_open_connection_stands_for_the_model_s_files(
    catalog: Catalog, connection: duckdb.DuckDBPyConnection
) -> None:
    before = connection.sql("SELECT table_name, temporary FROM duckdb_tables()").fetchall()
    zone = connection.sql("SELECT current_setting('TimeZone')").fetchall()
    assert sizes(catalog, data=connection) == EXPECTED
    catalog.run(data=connection)  # not closed
    assert connection.sql("SELECT table_name, temporary FROM duckdb_tables()").fetchall() == before
    assert connection.sql("SELECT current_setting('TimeZone')").fetchall() == zone
    connection.execute("CREATE TABLE mine AS SELECT 1")
    connection.execute("INSERT INTO customers VALUES (4, 'IT')")
    with catalog.run(data=connection) as result:
        assert result.wide.num_rows == 4


def test_what_only_the_connection_sees_is_found(catalog: Catalog, connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("DROP TABLE customers")
    connection.register("customers", CUSTOMERS)
    connection.execute("CREATE TEMP TABLE other AS FROM raw_orders")
    connection.execute("DROP TABLE raw_orders")
    connection.execute("CREATE TEMP VIEW raw_orders AS FROM other")
    assert sizes(catalog, data=connection) == EXPECTED
    assert connection.sql("FROM customers").fetchall()[0] == (1, "DE")


def test_tables_are_looked_up_where_the_connection_stands(
    catalog: Catalog, connection: duckdb.DuckDBPyConnection
) -> None:
    connection.execute('CREATE SCHEMA "my ""shop"""')
    connection.execute('CREATE TABLE "my ""shop""".customers AS SELECT 2 AS id, NULL AS country')
    connection.execute('CREATE TABLE "my ""shop""".raw_orders AS FROM main.raw_orders')
    connection.execute('USE "my ""shop"""')
    with catalog.run(data=connection) as result:
        assert result.wide["id"].to_pylist() == [2]


def test_a_connection_has_no_files(catalog: Catalog, connection: duckdb.DuckDBPyConnection) -> None:
    (catalog.root / "data").mkdir()
    (catalog.root / "data" / "orders.csv").write_text("id,at,price\n3,2026-03-30,5\n")
    connection.execute("DROP TABLE raw_orders")
    with pytest.raises(SegdslError, match="no table `raw_orders`"):
        catalog.run(data=connection)
    connection.execute("SELECT 1")  # still open
    connection.close()
    with pytest.raises(SegdslError):
        catalog.run(data=connection)


# ---------------------------------------------------------------- other questions


def test_data_can_be_given_to_every_question(catalog: Catalog, connection: duckdb.DuckDBPyConnection) -> None:
    for data in (DATA, connection):
        assert catalog.explain("tier", "1", data=data).value == "gold"
        assert catalog.sample("active", data=data).to_pylist() == [
            {"id": 1, "last_purchase": dt.datetime(2026, 3, 11)},
        ]
        assert catalog.check_data(data=data) == []
        assert "raw_orders" in catalog.compile(["active"], data=data)
    assert connection.sql(catalog.compile(["tier"], data=connection)).fetchall() != []


def test_an_explanation_is_a_value(catalog: Catalog) -> None:
    found = catalog.explain("active", "2", data=DATA)
    assert (found.value, found.role, found.as_of) == (False, "rule", dt.datetime(2026, 3, 31))
    with pytest.raises(SegdslError, match="SEG721"):
        catalog.explain("active", "4", data=DATA)


def test_what_is_known_of_definitions(catalog: Catalog) -> None:
    about = catalog.about("active")
    assert (about.heading, about.uses, about.used_by) == ("segment of customer", ("last_purchase",), ())
    assert [item.name for item in catalog.definitions if not item.library] == ["active", "tier", "spend"]
    assert "tier.silver" in catalog.names


# ---------------------------------------------------------------- results


def test_a_trait_has_no_members(catalog: Catalog, tmp_path: Path) -> None:
    with catalog.run(["active", "spend"], layout="wide", data=DATA) as result:
        assert result.members.to_pydict() == {"segment": ["active"], "id": [1]}
        assert result.write(tmp_path / "members.csv") == 1
    with catalog.run(["spend"], layout="wide", data=DATA) as result:
        for ask in (lambda: result.members, lambda: result.write(tmp_path / "members.csv")):
            with pytest.raises(SegdslError, match="`spend` is a trait, expected a segment"):
                ask()
        assert result.wide.num_rows == 3


def test_tables_go_on_without_copies(catalog: Catalog) -> None:
    with catalog.run(["active", "spend"], layout="wide", data=DATA) as result:
        wide = result.wide
    with catalog.run(data=DATA) as result:
        members = result.members
    assert hasattr(members, "__arrow_c_stream__")
    other = duckdb.connect()
    with catalog.run(data=DATA) as result:
        assert other.from_arrow(result.sizes).filter("members > 0").count("*").fetchall() == [(3,)]
        counted = pa.table(result.sizes)
    assert counted.column_names == ["segment", "entity", "members", "population", "share"]
    assert counted["share"].to_pylist() == [pytest.approx(1 / 3)] * 3
    assert other.from_arrow(members).fetchall() == [("active", 1), ("tier.gold", 1), ("tier.silver", 2)]
    assert other.from_arrow(wide).sum("spend").fetchall() == [(57.5,)]


def test_polars_takes_tables(catalog: Catalog) -> None:
    polars = pytest.importorskip("polars")
    with catalog.run(data=DATA) as result:
        assert polars.DataFrame(result.members).shape == (3, 2)
        assert polars.DataFrame(result.sizes)["members"].to_list() == [1, 1, 1]
        assert polars.DataFrame(result.wide).columns == ["id", "active", "tier"]


def test_pandas_takes_tables(catalog: Catalog) -> None:
    pytest.importorskip("pandas")
    with catalog.run(data=DATA) as result:
        assert list(result.members.to_pandas()["segment"]) == ["active", "tier.gold", "tier.silver"]


# ---------------------------------------------------------------- notebooks


def test_numbers_of_what_was_not_evaluated_are_refused(catalog: Catalog) -> None:
    with catalog.run(["active"], data=DATA) as result, catalog.run(["tier"], data=DATA) as other:
        assert result.counts(result.outputs) == {"active": (1, 3)}
        with pytest.raises(SegdslError, match=r"SEG766.*has not evaluated `tier`, but `active`"):
            result.counts(other.outputs)


@pytest.mark.parametrize("names", [["tier", "tier.gold"], ["tier.gold", "active", "tier"]])
def test_a_label_beside_its_segmentation_has_its_members_once(catalog: Catalog, names: list[str]) -> None:
    with catalog.run(names, data=DATA) as result:
        rows = [tuple(row.values()) for row in result.members.to_pylist()]
        assert len(rows) == len(set(rows))
        told = [size.segment for size in result.sizes]
        assert sorted(told) == sorted({*told})
        counted = {size.segment: size.members for size in result.sizes}
        assert counted == {name: sum(row[0] == name for row in rows) for name in told}
    assert catalog.compile(names, data=DATA).count("'tier.") == 1


def test_a_result_shows_its_sizes(catalog: Catalog) -> None:
    with catalog.run(data=DATA) as result:
        html = result._repr_html_()
    assert html.startswith("<table><caption>as of 2026-03-31 00:00:00 in UTC</caption>")
    assert '<td style="text-align: left">tier.gold</td><td style="text-align: right">1</td>' in html
    with catalog.run(["spend"], layout="wide", data=DATA) as result:
        assert '<td style="text-align: left">50.5</td>' in result._repr_html_()


def test_what_was_read_of_a_result_stays_and_the_rest_is_told(catalog: Catalog) -> None:
    with catalog.run(data=DATA) as result:
        sizes, members = result.sizes, result.members
        html = result._repr_html_()
    result.close()
    assert (result.sizes, result.members, result._repr_html_()) == (sizes, members, html)
    for ask in (lambda: result.wide, lambda: result.write("x.csv"), lambda: result.write_into("main")):
        with pytest.raises(SegdslError) as found:
            ask()
        (told,) = found.value.diagnostics
        assert (told.code, told.message) == ("SEG766", "the result is closed")
        assert told.help is not None
    with catalog.run(["spend"], layout="wide", data=DATA) as result:
        wide = result.wide
    assert result.wide is wide
    assert '<td style="text-align: left">50.5</td>' in result._repr_html_()


def test_a_closed_result_of_which_nothing_was_read_is_shown_as_that(catalog: Catalog) -> None:
    layouts: list[tuple[list[str], Layout]] = [([], "members"), (["spend"], "wide")]
    for names, layout in layouts:
        result = catalog.run(names, layout=layout, data=DATA)
        result.close()
        assert "the result is closed" in result._repr_html_()
        assert result._repr_html_().startswith("<p>&lt;Result of ")


def test_a_catalog_shows_its_definitions_escaped(catalog: Catalog) -> None:
    html = catalog._repr_html_()
    assert "<caption>catalog shop &amp; &lt;b&gt;co&lt;/b&gt;</caption>" in html
    assert "Bought &quot;lately&quot; &amp; &lt;i&gt;often&lt;/i&gt;." in html
    assert "&lt;crm&gt;" in html
    assert "last_purchase" not in html
    assert repr(catalog).startswith("<Catalog shop")


def test_names_in_a_result_are_escaped(catalog: Catalog) -> None:
    with catalog.run(expression='country = "<script>"', data=DATA) as result:
        assert "<script>" not in result._repr_html_()


# ---------------------------------------------------------------- the same once more


def test_answers_of_the_same_question_are_equal(catalog: Catalog) -> None:
    def ask(least: int) -> list[object]:
        with catalog.run(data=DATA) as result:
            found: list[object] = [result.sizes]
        names = [size.segment for size in result.sizes if "." not in size.segment][:2]
        found.append(catalog.overlap(names, min_size=least, data=DATA))
        found.append(catalog.metrics(["size"], segments=names, min_size=least, data=DATA))
        return found

    assert ask(1) == ask(1)
    assert [hash(one) for one in ask(1)[::2]] == [hash(one) for one in ask(1)[::2]]
    assert ask(1)[1] != ask(2)[1]


# ---------------------------------------------------------------- times


def test_a_time_that_the_clocks_of_its_own_zone_skip_is_the_moment_it_stands_for(tmp_path: Path) -> None:
    """The day before and 24 hours by the calendar give one; it is the same as in any other zone."""
    (tmp_path / "segdsl.yaml").write_text("timezone: Europe/Berlin\nentities: {c: {table: c, key: id}}\n")
    (tmp_path / "rules.seg").write_text("segment everybody = true\n")
    skipped = dt.datetime(2026, 3, 28, 2, 10, tzinfo=ZoneInfo("Europe/Berlin")) + dt.timedelta(days=1)
    for moment in (skipped, skipped.astimezone(dt.UTC)):
        with segdsl.load(tmp_path).run(as_of=moment, data={"c": pa.table({"id": ["a"]})}) as result:
            assert result.as_of == dt.datetime(2026, 3, 29, 3, 10)


# ---------------------------------------------------------------- threads


def test_catalogs_can_be_used_from_several_threads(catalog: Catalog) -> None:
    found: list[dict[str, int]] = []

    def work() -> None:
        own = segdsl.load(catalog.root)
        found.append(sizes(own, data=DATA))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [EXPECTED] * 4


# ---------------------------------------------------------------- other processes


def test_an_error_comes_back_from_another_process_as_what_it_was(catalog: Catalog) -> None:
    with pytest.raises(SegdslError) as raised:
        catalog.run(["no_such_segment"], data=DATA)
    for again in (pickle.loads(pickle.dumps(raised.value)), copy.copy(raised.value), copy.deepcopy(raised.value)):
        assert type(again) is SegdslError
        assert str(again) == str(raised.value)
        assert [item.code for item in again.diagnostics] == [item.code for item in raised.value.diagnostics]
