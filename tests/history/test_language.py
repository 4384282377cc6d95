"""Rules that ask for the history: where it comes from, and what they say where there is none."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from segdsl import SegdslError, load
from tests.history.test_commands import ORDERS, RULES, call, said, save, shop

__all__ = ["shop"]
ASKING = f"""{RULES}segment fresh = entered(vip) < 40d
segment lasting = vip for 10d
segment was_silver = tier was silver
trait came = entered(vip)
"""


@pytest.fixture
def asking(shop: Path) -> Path:
    (shop / "rules.seg").write_text(ASKING)
    return shop


def _members(folder: Path, name: str, as_of: str, **options: str) -> list[str]:
    with load(folder).run([name], as_of=as_of, replay=options.get("replay")) as result:
        return [str(row["id"]) for row in result.members.to_pylist()]


def test_without_a_history_a_run_says_what_to_do(asking: Path) -> None:
    refused = call("run", "fresh", "--as-of", "2026-03-01")
    assert refused.exit_code == 1
    assert "error[SEG743]: no run has saved `vip` before 2026-03-01, and `fresh` asks for its history" in refused.output
    assert "--> rules.seg:7:9" in refused.output
    assert "`segdsl run --replay 30d`" in refused.output


def test_the_first_run_that_is_saved_begins_the_history(asking: Path) -> None:
    assert "saved 5 definitions" in said("run", "--save", "--as-of", "2026-02-01")
    assert _members(asking, "fresh", "2026-03-01") == ["b"]
    early = call("run", "fresh", "--as-of", "2026-01-31")
    assert "the history of `vip` begins as of 2026-02-01, and `fresh` asks for it as of 2026-01-31" in early.output


def test_a_named_run_saves_what_it_asks_about_too(asking: Path) -> None:
    assert "saved 2 definitions" in said("run", "fresh", "--save", "--as-of", "2026-02-01")
    assert "2026-02-01" in said("history", "vip")


@pytest.mark.parametrize(
    ("rules", "asked"),
    [
        ("segment all_ = true", ["all_", "-e", "vip for 10d"]),
        ("segment all_ = true\ntrait came = entered(vip)", ["all_", "came", "--layout", "wide"]),
        ("segment all_ = vip or any(order)\nexpect vip for 10d inside all_", ["all_"]),
    ],
    ids=["expression", "trait", "expectation"],
)
def test_all_that_a_saved_run_evaluates_begins_its_history(shop: Path, rules: str, asked: list[str]) -> None:
    (shop / "rules.seg").write_text(f"{RULES}{rules}\n")
    said("run", *asked, "--save", "--as-of", "2026-02-01")
    said("run", *asked, "--save", "--as-of", "2026-03-01")
    assert [size.members for size in load(shop).history.sizes("vip")] == [1, 1]


def test_an_expression_of_a_saved_run_finds_the_history(shop: Path) -> None:
    for as_of, expected in (("2026-02-01", []), ("2026-02-25", []), ("2026-03-10", ["b"])):
        with load(shop).run(["tier"], expression="vip for 10d", as_of=as_of, save=True) as result:
            found = [row["id"] for row in result.members.to_pylist() if row["segment"] == "vip for 10d"]
        assert found == expected


def test_the_first_saved_run_evaluated_again_has_no_run_before(asking: Path) -> None:
    """Whoever was in it was found there; nobody has seen them enter."""
    save("2026-02-01")
    assert _members(asking, "tier.gold", "2026-02-01") == ["a"]
    assert _members(asking, "fresh", "2026-02-01") == []


def test_a_saved_run_evaluated_again_is_no_run_before_itself(asking: Path) -> None:
    (asking / "rules.seg").write_text(f"{ASKING}segment been = ever vip\n")
    save("2026-01-19", "2026-02-01")
    assert _members(asking, "been", "2026-02-01") == ["a"]
    # b is a vip in the second run alone, and is none any longer as the data now are
    (asking / "orders.csv").write_text(ORDERS.replace("b,2026-01-20 10:00:00,10", "b,2026-01-20 10:00:00,100"))
    said("run", "--save", "--rewrite", "--as-of", "2026-02-01")
    assert _members(asking, "been", "2026-02-01") == ["a", "b"]
    (asking / "orders.csv").write_text(ORDERS)
    assert _members(asking, "been", "2026-02-01") == ["a"]
    assert _members(asking, "been", "2026-02-02") == ["a", "b"]


def test_saving_a_run_twice_gives_the_same(asking: Path) -> None:
    save("2026-01-15", "2026-02-01")
    first = said("run", "fresh", "lasting", "was_silver", "--save", "--as-of", "2026-03-01")
    again = said("run", "fresh", "lasting", "was_silver", "--save", "--as-of", "2026-03-01")
    assert first.splitlines()[1:] == again.splitlines()[1:]


def test_a_replay_equals_runs_saved_each_day(asking: Path) -> None:
    days = [f"2026-02-{day:02}" for day in range(13, 29)]
    (asking / "rules.seg").write_text(ASKING)
    names = ("fresh", "lasting", "was_silver")
    replayed = {name: _members(asking, name, "2026-03-01", replay="16d") for name in names}
    for day in days:
        with load(asking).run(as_of=day, save=True):
            pass
    assert {name: _members(asking, name, "2026-03-01") for name in names} == replayed
    assert replayed == {"fresh": ["b"], "lasting": [], "was_silver": ["b"]}


def test_a_replay_goes_back_some_days(asking: Path) -> None:
    assert "SEG751" in call("run", "fresh", "--replay", "soon").output
    assert "SEG756" in call("run", "fresh", "--replay", "12h").output
    assert "SEG756" in call("run", "fresh", "--replay", "100y").output


def test_the_sql_reads_the_views_of_the_store(asking: Path) -> None:
    save("2026-01-15", "2026-02-01")
    sql = said("compile", "fresh", "was_silver", "--as-of", "2026-03-01")
    with duckdb.connect() as connection:
        connection.execute("ATTACH '.segdsl/history.duckdb' AS store (READ_ONLY)")
        for view in ("segdsl_stays", "segdsl_evaluations"):
            connection.execute(f"CREATE VIEW {view} AS FROM store.{view}")
        assert sorted(connection.sql(sql).fetchall()) == [("fresh", "b"), ("was_silver", "b")]


def test_an_example_has_no_history(asking: Path) -> None:
    (asking / "rules.seg").write_text(f"{ASKING}example in fresh: order(1d ago)\n")
    refused = call("test")
    assert refused.exit_code == 1
    assert "error[SEG755]: `fresh` asks for the history" in refused.output


def test_a_customer_is_explained_with_what_runs_have_seen(asking: Path) -> None:
    save("2026-01-15", "2026-02-01")
    assert "2026-03-01" in said("explain", "fresh", "--id", "b", "--as-of", "2026-03-01")
    assert said("sample", "fresh", "--columns", "came", "--as-of", "2026-03-01").split()[-2:] == [
        "2026-03-01",
        "00:00:00",
    ]


def test_expectations_about_the_history_are_held_against_it(asking: Path) -> None:
    (asking / "rules.seg").write_text(f"{ASKING}expect fresh inside tier.silver\n")
    assert "SEG743" in call("check", "--data").output
    save_anyway = call("run", "--save", "--no-expect", "--as-of", "2026-02-01")
    assert save_anyway.exit_code == 0
    with pytest.raises(SegdslError, match="SEG720"):
        load(asking).run(as_of="2026-03-01")


def test_a_rule_that_changes_goes_on_with_its_history(asking: Path) -> None:
    (asking / "orders.csv").write_text(ORDERS + "c,2026-01-20 10:00:00,50\n")
    save("2026-01-15", "2026-02-01")
    (asking / "rules.seg").write_text(ASKING.replace(">= 100", ">= 20"))
    save("2026-02-05")
    # c is let in by the new rule, a was in all along
    assert _members(asking, "fresh", "2026-02-06") == ["c"]
    assert _members(asking, "lasting", "2026-02-06") == ["a"]
    found = [(stay.version, stay.entered is None) for stay in load(asking).history.member("c") if stay.segment == "vip"]
    assert found == [(2, False)]


def test_a_database_file_is_asked_with_the_history_too(asking: Path) -> None:
    """Where the tables are in a database of their own, what the rule asks of the history is brought there."""
    save("2026-01-15", "2026-02-01")
    with duckdb.connect(str(asking / "shop.duckdb")) as connection:
        for name in ("customers", "orders"):
            connection.execute(f"CREATE TABLE {name} AS FROM '{asking / name}.csv'")
    model = (asking / "segdsl.yaml").read_text()
    (asking / "segdsl.yaml").write_text(model.replace(".csv", ""))
    url = f"duckdb:///{asking / 'shop.duckdb'}"
    for replay in (None, "20d"):
        with load(asking).run(["fresh"], as_of="2026-03-01", replay=replay, engine=url) as result:
            assert result.members["id"].to_pylist() == ["b"]
    said("run", "--save", "--as-of", "2026-03-01", "--engine", url)
    assert "2026-03-01" in said("history", "fresh")


LOOKING_BACK = f"{RULES}segment lasted = (vip for 10d) as of 60d ago\nsegment short = not lasted\n"


def test_a_rule_that_looks_at_a_moment_before_the_history_is_refused_where_it_stands(shop: Path) -> None:
    """As a run as of that moment is: until a run has looked, nobody knows who had been in for long."""
    (shop / "rules.seg").write_text(LOOKING_BACK)
    save("2026-01-15", "2026-02-01")
    for asked in (("lasted",), ("short",), ("-e", "short"), ("tier", "short")):
        refused = call("run", *asked, "--as-of", "2026-03-01")
        assert refused.exit_code == 1
        assert (
            "the history of `vip` begins as of 2026-01-15, and `lasted` asks for it as of 2025-12-31" in refused.output
        )
        assert "--> rules.seg:7:9" in refused.output
        assert "`segdsl run --replay 90d`" in refused.output
    with pytest.raises(SegdslError, match="SEG743"):
        load(shop).run(expression="not (vip for 10d) as of 60d ago", as_of="2026-03-01")
    # 60 days before is the first run
    assert _members(shop, "short", "2026-03-16") == ["a", "b", "c"]


def test_a_moment_that_is_later_than_the_run_is_the_run(shop: Path) -> None:
    """Nothing after a run's own as-of is seen, and so nothing is asked of the history there."""
    (shop / "rules.seg").write_text(f"{RULES}segment lasting = (vip for 10d) as of 2026-03-01\n")
    save("2026-02-01")
    assert _members(shop, "lasting", "2026-02-11") == []
    refused = call("run", "lasting", "--as-of", "2026-01-31")
    assert "and `lasting` asks for it as of 2026-01-31" in refused.output


def test_a_saved_run_begins_the_history_whatever_moment_a_rule_looks_at(shop: Path) -> None:
    (shop / "rules.seg").write_text(LOOKING_BACK)
    assert "saved 4 definitions" in said("run", "--save", "--as-of", "2026-02-01")
    assert "SEG743" in call("run", "short", "--as-of", "2026-03-01").output


def test_a_replay_that_is_too_short_is_refused_too(shop: Path) -> None:
    (shop / "rules.seg").write_text(LOOKING_BACK)
    refused = call("run", "short", "--as-of", "2026-03-01", "--replay", "30d")
    assert "the history of `vip` begins as of 2026-01-30, and `lasted` asks for it as of 2025-12-31" in refused.output
    assert _members(shop, "short", "2026-03-01", replay="90d") == ["a", "b", "c"]


@pytest.mark.parametrize("ago", ["16d", "17d", "18d"])
@pytest.mark.parametrize("rule", ["vip for 1d", "ever vip", "tier was silver", "entered(vip) is unknown"])
def test_as_of_asks_for_the_history_where_a_run_then_does(shop: Path, rule: str, ago: str) -> None:
    save("2026-01-15", "2026-01-20")
    then = {"16d": "2026-01-16", "17d": "2026-01-15", "18d": "2026-01-14"}[ago]
    at_once, in_a_run_then = (
        call("run", "-e", text, "--as-of", as_of)
        for text, as_of in ((f"({rule}) as of {ago} ago", "2026-02-01"), (rule, then))
    )
    assert [at_once.exit_code, in_a_run_then.exit_code] == [int(ago == "18d")] * 2
    refused = "the history of `vip` begins as of 2026-01-15, and a rule asks for it as of 2026-01-14"
    for result in (at_once, in_a_run_then):
        assert (refused.replace("vip", "tier" if "tier" in rule else "vip") in result.output) == (ago == "18d")
