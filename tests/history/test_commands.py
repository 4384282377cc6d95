"""`segdsl run --save`, `segdsl history` and `segdsl changes` over a small shop."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner, Result

from segdsl import SegdslError, load
from segdsl.cli.commands import segdsl
from segdsl.history.file_store import FILE, FileStore

MODEL = """
name: shop
timezone: Europe/Berlin
entities:
  customer: {table: customers.csv, key: {column: id, type: text}, attributes: {country: text}}
events:
  order: {of: customer, table: orders.csv, key: customer, time: at_, fields: {amount: decimal}}
"""
RULES = """\
segment vip = sum(order.amount within 30d) >= 100
segmentation tier {
  gold   when vip
  silver when any(order)
}
trait spend = sum(order.amount)
"""
ORDERS = """customer,at_,amount
a,2026-01-10 10:00:00,100
b,2026-01-20 10:00:00,10
b,2026-02-20 10:00:00,200
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "segdsl.yaml").write_text(MODEL)
    (tmp_path / "customers.csv").write_text("id,country\na,DE\nb,DE\nc,DE\n")
    (tmp_path / "orders.csv").write_text(ORDERS)
    (tmp_path / "rules.seg").write_text(RULES)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*args: str) -> Result:
    return CliRunner().invoke(segdsl, args, prog_name="segdsl")


def said(*args: str) -> str:
    result = call(*args)
    assert result.exit_code == 0, result.output
    return result.output


def save(*days: str) -> None:
    for day in days:
        said("run", "--save", "--as-of", day)


def test_a_saved_run_says_what_changed(shop: Path) -> None:
    assert "saved 2 definitions: for the first time, 2 members\n" in said("run", "--save", "--as-of", "2026-01-15")
    # b has bought, and so has a label
    assert "saved 2 definitions: 1 entered, 0 left" in said("run", "--save", "--as-of", "2026-02-01")
    # vip ends for a and begins for b, the labels are exchanged
    assert "saved 2 definitions: 3 entered, 3 left" in said("run", "--save", "--as-of", "2026-03-01")
    assert "the history has this run already" in said("run", "--save", "--as-of", "2026-03-01")
    # when those entered whom a first run finds, nobody knows
    (shop / "rules.seg").write_text(RULES + "segment all = true\n")
    printed = said("run", "--save", "--as-of", "2026-04-01")
    assert "saved 3 definitions: 1 entered, 2 left; 1 for the first time, 3 members\n" in printed
    assert (shop / ".segdsl" / ".gitignore").read_text() == "*\n"


def test_runs_are_saved_in_their_order(shop: Path) -> None:
    save("2026-01-15", "2026-02-01", "2026-03-01")
    refused = call("run", "--save", "--as-of", "2026-02-01")
    assert refused.exit_code == 1
    assert "error[SEG744]: the run is as of 2026-02-01, the history has one as of 2026-03-01" in refused.output
    assert "2 runs dropped" in said("run", "--save", "--rewrite", "--as-of", "2026-02-01")
    assert [run["as_of"] for run in json.loads(said("history", "--format", "json"))] == [
        "2026-01-15T00:00:00",
        "2026-02-01T00:00:00",
    ]


def test_a_run_of_a_time_to_come_says_what_that_means(shop: Path) -> None:
    assert "yet to come" not in said("run", "--save", "--as-of", "2026-02-01")
    told = "2999-01-01 is yet to come: runs as of earlier times are refused from now on, unless they `--rewrite`"
    assert told in said("run", "--save", "--as-of", "2999-01-01")


def test_a_folder_in_the_place_of_the_file_is_told(shop: Path) -> None:
    (shop / FILE).mkdir(parents=True)
    for args in (["history"], ["run", "--save"]):
        result = call(*args)
        assert result.exit_code == 1
        assert "error[SEG746]: cannot use the history" in result.output
        assert "Is a directory" in result.output


def test_a_segment_over_time(shop: Path) -> None:
    save("2026-01-15", "2026-02-01")
    (shop / "rules.seg").write_text(RULES.replace(">= 100", ">= 10"))
    save("2026-02-02")
    lines = [line.rstrip() for line in said("history", "vip").splitlines()]
    assert [line.split() for line in lines[1:4]] == [
        ["2026-01-15", "1", "████████████"],
        ["2026-02-01", "1", "+0", "-0", "████████████"],
        ["2026-02-02", "2", "+1", "-0", "████████████████████████", "rule", "2"],
    ]
    assert lines[4].startswith("at `rule 2` and so on the rule is another")
    found = json.loads(said("history", "tier.gold", "--format", "json"))
    assert [(row["members"], row["entered"], row["left"], row["population"]) for row in found] == [
        (1, 1, 0, 3),
        (1, 0, 0, 3),
        (2, 1, 0, 3),
    ]


def test_where_somebody_was(shop: Path) -> None:
    save("2026-01-15", "2026-02-01", "2026-03-01")
    lines = [line.split() for line in said("history", "--id", "b").splitlines()]
    assert [line[:4] for line in lines[1:]] == [
        ["tier.silver", "2026-02-01", "2026-03-01", "1"],
        ["tier.gold", "2026-03-01", "in,", "2026-03-01"],
        ["vip", "2026-03-01", "in,", "2026-03-01"],
    ]
    assert "before 2026-01-15  2026-03-01" in said("history", "--id", "a")
    found = json.loads(said("history", "--id", "a", "--format", "json"))
    assert found[1]["rule"] == "segment vip = sum(order.amount within 30d) >= 100"
    assert (found[1]["entered"], found[1]["found"]) == (None, "2026-01-15T00:00:00")
    refused = call("history", "--id", "nobody")
    assert refused.exit_code == 1
    assert "SEG753" in refused.output


def _changes(path: Path) -> list[tuple[Any, ...]]:
    table = "changes" if path.suffix == ".duckdb" else f"'{path}'"
    with duckdb.connect(str(path) if path.suffix == ".duckdb" else ":memory:") as connection:
        found = connection.sql(
            f"SELECT segment, entity, key, change, strftime(CAST(as_of AS TIMESTAMP), '%d.%m.') FROM {table}"
        )
        return found.fetchall()


@pytest.mark.parametrize("ending", ["csv", "parquet", "duckdb", "json"])
def test_changes_are_those_who_came_and_went(shop: Path, ending: str) -> None:
    save("2026-01-15", "2026-02-01", "2026-03-01")
    out = shop / f"changes.{ending}"
    assert "wrote" in said("changes", "--out", str(out))
    assert sorted(_changes(out)) == [
        ("tier.gold", "customer", "a", "left", "01.03."),
        ("tier.gold", "customer", "b", "entered", "01.03."),
        ("tier.silver", "customer", "a", "entered", "01.03."),
        ("tier.silver", "customer", "b", "left", "01.03."),
        ("vip", "customer", "a", "left", "01.03."),
        ("vip", "customer", "b", "entered", "01.03."),
    ]
    said("changes", "--since", "2026-01-31", "--out", str(out))
    assert ("tier.silver", "customer", "b", "left", "01.03.") not in _changes(out)
    assert ("tier.gold", "customer", "b", "entered", "01.03.") in _changes(out)


def test_the_first_run_is_all_change(shop: Path) -> None:
    save("2026-01-15")
    assert "2 changes from the beginning to 2026-01-15" in said("changes", "--out", "x.csv")
    refused = call("changes", "--since", "2026-01-01", "--out", "x.csv")
    assert "error[SEG752]: no run as of 2026-01-01 or before was saved" in refused.output


def test_pruned_and_forgotten(shop: Path) -> None:
    save("2026-01-15", "2026-02-01", "2026-03-01")
    assert "dropped 2 runs and 3 stays" in said("history", "prune", "--keep", "1d", "--as-of", "2026-03-02")
    assert "erased 2 stays" in said("history", "forget", "--id", "b")
    for words, message in (
        (("--id", "b"), "the history knows nobody of the key `b`"),
        (("--id", ""), "the history knows nobody of the key ``"),
        (("--id", "a", "--of", "custmer"), "unknown entity `custmer`, expected `customer`"),
    ):
        refused = call("history", "forget", *words)
        assert refused.exit_code == 1
        assert message in refused.output
    assert "unknown entity `house`" in call("history", "--id", "a", "--of", "house").output
    assert said("history", "--id", "a", "--of", "customer") == said("history", "--id", "a")
    assert "--of goes with --id" in call("history", "vip", "--of", "customer").output
    assert call("history", "--id", "b").exit_code == 1
    assert said("history", "--id", "a")


@pytest.mark.parametrize("incremental", [False, True])
def test_what_becomes_a_segmentation_and_a_segment_again_ends_and_begins(shop: Path, incremental: bool) -> None:
    as_segment = "segment vip = sum(order.amount) >= 50\n"
    as_labels = """segmentation vip { much when sum(order.amount) >= 100  some when any(order)  none otherwise }\n"""
    for day, rules in enumerate((as_segment, as_labels, as_labels, as_segment), start=1):
        (shop / "rules.seg").write_text(rules + "segment german = country = 'DE'\n")
        with load(".").run(save=True, incremental=incremental, as_of=f"2026-02-0{day}") as result:
            members = {tuple(row.values()) for row in result.members.to_pylist()}
            sizes = {size.segment: size.members for size in result.sizes}
        with FileStore.open(FILE) as store:
            assert set(store.fetch("SELECT segment, key FROM history WHERE left_at IS NULL")) == members
            found = store.fetch(
                """SELECT name, label, members FROM sizes JOIN definitions ON definition = id
                WHERE as_of = (SELECT MAX(as_of) FROM runs) AND members > 0"""
            )
        assert {f"{name}.{label}" if label else name: size for name, label, size in found} == {
            name: size for name, size in sizes.items() if size
        }


def test_a_segment_can_have_the_name_of_a_command(shop: Path) -> None:
    (shop / "rules.seg").write_text("segment prune = any(order)")
    save("2026-03-01")
    assert "2026-03-01" in said("history", "show", "prune")


def test_nothing_is_saved_where_an_expectation_is_broken(shop: Path) -> None:
    (shop / "rules.seg").write_text(f"{RULES}expect vip inside tier.silver\n")
    assert call("run", "--save", "--as-of", "2026-03-01").exit_code == 1
    assert "no run was saved" in said("history")


def test_what_has_no_name_is_not_saved(shop: Path) -> None:
    refused = call("run", "-e", "any(order)", "--save")
    assert "SEG748" in refused.output
    with load(shop).run(["tier.gold"], expression="any(order)", as_of="2026-03-01", save=True) as result:
        assert result.saved is not None
        assert result.saved.definitions == ("tier",)


def test_another_time_zone_is_another_history(shop: Path) -> None:
    save("2026-01-15")
    (shop / "segdsl.yaml").write_text(MODEL.replace("Berlin", "London"))
    assert "SEG747" in call("run", "--save").output


def test_a_run_notes_what_it_read(shop: Path) -> None:
    save("2026-01-15", "2026-01-16", "2026-03-01")
    first, second, third = load(shop).history.runs
    assert first.rows == 6
    # nothing new up to the second, so the same rows are seen
    assert first.fingerprint == second.fingerprint != third.fingerprint
    with pytest.raises(SegdslError, match="SEG750"):
        load(shop).history.sizes("vipp")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--out", "x.txt"), "error[SEG715]"),
        (("--out", "nowhere/x.csv"), "error[SEG716]: cannot write `nowhere/x.csv`: No such file or directory"),
        (("--out", "other.duckdb"), "other.duckdb`: it is a database that holds `mine` as well"),
        (("--into", "main"), "error[SEG776]"),
    ],
)
def test_a_run_that_cannot_be_written_is_not_saved(shop: Path, words: tuple[str, str], message: str) -> None:
    with duckdb.connect("other.duckdb") as connection:
        connection.execute("CREATE TABLE mine (id INTEGER)")
    refused = call("run", "--save", "--as-of", "2026-03-01", *words)
    assert refused.exit_code == 1
    assert message in refused.output
    assert "no run was saved" in said("history")


_TWO = """
entities:
  customer: {table: customers.csv, key: id, attributes: {n: int}}
  account: {table: accounts.csv, key: id, attributes: {n: int}}
"""


@pytest.fixture
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A name that is a segment of one entity in a run, and of another in the next."""
    (tmp_path / "segdsl.yaml").write_text(_TWO)
    for table in ("customers", "accounts"):
        (tmp_path / f"{table}.csv").write_text("id,n\n1,1\n2,2\n3,3\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_who_leaves_in_the_run_of_another_rule_leaves_by_that(two: Path) -> None:
    for day, rule in ((1, "n >= 2"), (2, "n >= 3")):
        (two / "rules.seg").write_text(f"segment big = {rule}\n")
        save(f"2026-03-0{day}")
    (stay,) = load(".").history.member("2")
    assert (stay.version, stay.left_by) == (1, 2)


def test_a_name_of_another_entity_is_saved_as_of_the_same_moment_too(two: Path) -> None:
    for entity in ("customer", "account"):
        (two / "rules.seg").write_text(f"segment big of {entity} = n >= 2\n")
        save("2026-03-01")
    for entity in ("customer", "account"):
        assert [stay.segment for stay in load(".").history.member("2", entity)] == ["big"]
