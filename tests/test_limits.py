"""What a run may take of the machine: threads, memory, a folder for what does not fit."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from click import Context
from click.testing import CliRunner

from segdsl import SegdslError, load
from segdsl.cli.commands import segdsl

MODEL = """
as_of: 2026-03-31
entities:
  customer: {table: customers.parquet, key: id, attributes: {country: text}}
events:
  order: {of: customer, table: orders.parquet, key: customer, time: at, fields: {amount: int, note: text}}
"""
RULES = """\
segment top = percentile(sum(order.amount)) >= 90%
segment noted = distinct(order.note) >= 4
segment first = first(order.note) < "m"
"""
EVALUATING = (
    "run", "metrics", "report", "docs", "overlap", "flow", "trend", "profile", "explain", "sample", "check", "diff",
)  # fmt: skip
CUSTOMERS, ORDERS = 150_000, 1_000_000
# evaluating these takes some 700 MB where there is no limit
RUN = """
import sys, segdsl
with segdsl.load(".").run(threads=2, memory_limit=sys.argv[1] or None, temp_dir="spill") as result:
    print([size.members for size in result.sizes])
# of this program alone: what getrusage says begins with the size of the process that started it
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("large")
    (folder / "segdsl.yaml").write_text(MODEL)
    (folder / "rules.seg").write_text(RULES)
    (folder / "spill").mkdir()
    with duckdb.connect() as connection:
        connection.execute(
            f"""COPY (SELECT 'customer number ' || md5(i::TEXT) AS id, 'DE' AS country FROM range({CUSTOMERS}) AS r(i))
            TO '{folder}/customers.parquet'"""
        )
        connection.execute(
            f"""COPY (SELECT 'customer number ' || md5((hash(i) % {CUSTOMERS})::TEXT) AS customer,
                TIMESTAMP '2026-01-01' + to_seconds((hash(i + 1) % 7_000_000)::BIGINT) AS "at",
                (hash(i + 2) % 1_000)::BIGINT AS amount, md5((hash(i + 3) % 100_000)::TEXT) AS note
                FROM range({ORDERS}) AS r(i)) TO '{folder}/orders.parquet'"""
        )
    return folder


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs the size of a process")
def test_too_little_memory_says_what_to_do(shop: Path) -> None:
    with pytest.raises(SegdslError, match="SEG710") as error:
        load(shop).run(expression="country is known", memory_limit="1MB")
    assert "give it more by `--memory-limit`" in str(error.value)
    assert "segdsl.yaml" not in str(error.value)


def test_data_larger_than_memory_give_the_same(shop: Path) -> None:
    def run(limit: str) -> list[str]:
        found = subprocess.run(
            [sys.executable, "-c", RUN, limit], cwd=shop, capture_output=True, text=True, check=False, env=os.environ
        )
        assert found.returncode == 0, found.stderr
        return found.stdout.splitlines()

    limited, free = run("120MB"), run("")
    assert limited[0] == free[0]
    assert int(limited[1]) < int(free[1]) / 2  # the process as a whole, at its largest
    assert list((shop / "spill").iterdir()) == []  # nothing is left behind


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize(
    ("rule", "selected"),
    [
        (
            "order where amount < 300 then order within 1d where amount >= 700",
            """SELECT DISTINCT customer FROM few AS p JOIN many AS n USING (customer)
               WHERE n."at" > p."at" AND n."at" <= p."at" + INTERVAL 1 DAY""",
        ),
        (
            "order where amount < 300 then no order within 20d where amount >= 700",
            """SELECT DISTINCT customer FROM few AS p WHERE p."at" + INTERVAL 20 DAY <= TIMESTAMP '2026-03-31'
               AND NOT EXISTS (FROM many AS n WHERE n.customer = p.customer
                               AND n."at" > p."at" AND n."at" <= p."at" + INTERVAL 20 DAY)""",
        ),
    ],
    ids=["then", "no"],
)
def test_sequences_read_sorted_rows_in_their_order(shop: Path, rule: str, selected: str, threads: int) -> None:
    """Also under a limit of memory, where rows without an order of their own may come in any."""
    with duckdb.connect() as connection:
        orders = f"(SELECT * FROM '{shop}/orders.parquet' WHERE \"at\" <= TIMESTAMP '2026-03-31')"
        connection.execute(f"SET threads = {threads}")
        connection.execute("SET preserve_insertion_order = false")
        connection.execute(f"CREATE TEMP VIEW few AS FROM {orders} WHERE amount < 300")
        connection.execute(f"CREATE TEMP VIEW many AS FROM {orders} WHERE amount >= 700")
        expected = connection.execute(selected).fetchall()
        found = connection.execute(load(shop).compile(expression=f"sequence({rule})")).fetchall()
    assert sorted(member for _, member in found) == sorted(member for (member,) in expected)
    assert 1_000 < len(found) < CUSTOMERS


@pytest.mark.parametrize(
    "limits",
    [
        {"threads": 0},
        {"threads": 1_025},
        {"memory_limit": "much"},
        {"memory_limit": "4"},
        {"temp_dir": "no/such/folder"},
    ],
)
def test_a_limit_that_is_none_is_refused(shop: Path, limits: dict[str, object]) -> None:
    with pytest.raises(SegdslError, match="SEG759"):
        load(shop).run(**limits)  # type: ignore[arg-type]


def test_limits_are_set_on_the_connection(shop: Path) -> None:
    with load(shop).run(expression="country is known", threads=1, memory_limit="300MB", temp_dir=shop) as result:
        rows = result.evaluation.engine.fetch(
            "SELECT current_setting('threads'), current_setting('memory_limit'), current_setting('temp_directory')"
        )
    assert rows[0][:2] == (1, "286.1 MiB")
    assert str(rows[0][2]).startswith(str(shop))


def test_a_catalog_has_limits_for_all_questions(shop: Path) -> None:
    catalog = load(shop, threads=1, memory_limit="300MB", temp_dir=shop)
    asked = "SELECT current_setting('threads'), current_setting('memory_limit')"
    with catalog.run(expression="country is known") as result:
        assert result.evaluation.engine.fetch(asked) == [(1, "286.1 MiB")]
    with catalog.adding("segment x = country is known").run(["x"], threads=2) as result:
        assert result.evaluation.engine.fetch(asked)[0][0] == 2
    with pytest.raises(SegdslError, match="SEG759"):
        load(shop, memory_limit="much").sample("first")


@pytest.mark.parametrize("name", EVALUATING)
def test_a_command_that_evaluates_takes_limits(shop: Path, name: str) -> None:
    command = segdsl.get_command(Context(segdsl), name)
    assert command is not None
    options = {option for param in command.params for option in param.opts}
    assert {"--threads", "--memory-limit", "--temp-dir"} <= options


def test_limits_reach_the_engine_from_the_command_line(shop: Path) -> None:
    found = CliRunner().invoke(segdsl, ["-C", str(shop), "overlap", "first", "--memory-limit", "much"])
    assert "SEG759" in found.output
