"""`segdsl test`: examples, tried and told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from segdsl.cli.commands import segdsl

MODEL = """
name: shop
entities:
  customer:
    table: nowhere.csv
    key: id
    attributes: {country: text}
events:
  order: {of: customer, table: nowhere.csv, key: id, time: at, fields: {amount: decimal}}
"""
SEGMENTS = """\
segment loyal = last_purchase < 90d and orders >= 3
segmentation tier among orders > 0 {
  gold   when total_spend >= 50
  silver otherwise
}
segment best = rank(total_spend) <= 1
example in loyal: order(10d ago), order(20d ago, amount: 30), order(40d ago)
example not in loyal: country = "DE", order(10d ago)
example in tier.gold: as of 2026-01-01, order(2025-12-01, amount: 60)
example in best: order(10d ago)
"""


@pytest.fixture(autouse=True)
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A catalog whose data are nowhere, which is the current folder."""
    (tmp_path / "segdsl.yaml").write_text(MODEL)
    (tmp_path / "all.seg").write_text(SEGMENTS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*args: str) -> Result:
    return CliRunner().invoke(segdsl, ["test", *args], prog_name="segdsl")


def test_examples_that_pass_are_counted() -> None:
    result = call()
    assert (result.exit_code, result.stdout) == (0, "4 examples: 4 passed\n")
    assert call("loyal").stdout == "2 examples: 2 passed\n"
    assert call("tier").stdout == call("tier.gold").stdout == "1 example: 1 passed\n"


def test_an_example_that_fails_is_explained(shop: Path) -> None:
    (shop / "more.seg").write_text(
        'example in loyal:\n  country = "DE",\n  order(100d ago), order(120d ago, amount: 3)\n'
    )
    result = call("loyal")
    assert result.exit_code == 1
    assert result.stdout == (
        "more.seg:1:1: failed\n"
        "  example in loyal:\n"
        '    country = "DE",\n'
        "    order(100d ago), order(120d ago, amount: 3)\n"
        "expected in, found out, as of 2026-01-01:\n"
        "  ✗ loyal: last_purchase < 90d and orders >= 3\n"
        "    ✗ last_purchase < 90d\n"
        "      · last_purchase = 2025-09-23 00:00, 100 days ago\n"
        "    ✗ orders >= 3\n"
        "      · orders = 2\n"
        "\n"
        "3 examples: 2 passed, 1 failed\n"
    )


def test_an_example_that_should_be_out_is_explained(shop: Path) -> None:
    (shop / "more.seg").write_text("example not in tier.gold: as of 2025-06-01, order(1d ago, amount: 60)\n")
    result = call("tier")
    assert result.exit_code == 1
    assert ", order(1d ago, amount: 60)\nexpected out, found in, as of 2025-06-01:\n  ✓ tier.gold\n" in result.stdout
    assert "✓ gold when total_spend >= 50  (takes the customer)\n      · total_spend = 60\n" in result.stdout


def test_an_example_in_no_population_is_told_to_be_so(shop: Path) -> None:
    model = MODEL.replace("    table: nowhere.csv\n    key: id\n    attributes: {country: text}\n", "    key: id\n")
    assert "country" not in model
    (shop / "segdsl.yaml").write_text(model)
    (shop / "all.seg").write_text(
        "segment active = any(order)\n"
        "segment inactive = not active\n"
        "example in inactive: as of 2026-03-31\n"
        "example in inactive: as of 2026-03-31, order(2026-04-01)\n"
        "example in inactive: as of 2026-03-31, order(2026-03-01)\n"
        "example not in active: as of 2026-03-31\n"
    )
    outside = (
        "expected in, found out, as of 2026-03-31:\n  ✗ inactive  (without an event by then it is in no population)\n\n"
    )
    result = call("--coverage")
    assert result.stdout == (
        "all.seg:3:1: failed\n"
        "  example in inactive: as of 2026-03-31\n"
        f"{outside}"
        "all.seg:4:1: failed\n"
        "  example in inactive: as of 2026-03-31, order(2026-04-01)\n"
        f"{outside}"
        "all.seg:5:1: failed\n"
        "  example in inactive: as of 2026-03-31, order(2026-03-01)\n"
        "expected in, found out, as of 2026-03-31:\n"
        "  ✗ inactive: not active\n"
        "    ✓ active: any(order)\n"
        "\n"
        "4 examples: 1 passed, 3 failed\n"
        "\n"
        "active    0 of 1\n"
        "  any(order): never false\n"  # those who are in no population have not seen it false
        "inactive  0 of 1\n"
        "  active: never false\n"
        "2 conditions: 0 seen true and false (0%)\n"
    )
    call("--junit", "results.xml")
    assert "(without an event by then it is in no population)" in (shop / "results.xml").read_text("utf-8")


def test_examples_of_one_family_do_not_count_each_other(shop: Path) -> None:
    (shop / "segdsl.yaml").write_text(
        "entities:\n  account: {table: nowhere.csv, key: id}\n  customer:\n    table: nowhere.csv\n    key: id\n"
        "    parent: {entity: account, key: acc}\n"
    )
    (shop / "all.seg").write_text(
        "trait size of account = count(customer)\nsegment family of customer = account.size >= 2\n"
        + 'example not in family: acc = "1"\n' * 2
    )
    assert call().stdout == "2 examples: 2 passed\n"


def test_examples_for_programs(shop: Path) -> None:
    (shop / "more.seg").write_text('example in best: country = "DE"\nexample in loyal: order(1d ago)\n')
    result = call("--format", "json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert [item["passed"] for item in found] == [True, True, True, True, True, False]
    assert (found[5]["file"], found[5]["line"]) == ("more.seg", 2)
    assert (found[5]["expected"], found[5]["found"]) == ("in", "out")
    assert found[5]["explanation"]["value"] is False
    assert "explanation" not in found[0]


def test_a_catalog_without_examples_says_how_to_write_one(shop: Path) -> None:
    (shop / "all.seg").write_text("segment loyal = orders >= 3\n")
    result = call()
    assert result.exit_code == 0
    assert "no examples; " in result.stdout
    assert "example in loyal: order(10d ago)" in result.stdout
    assert call("loyal").stdout.startswith("no examples of `loyal`; ")
    assert json.loads(call("--format", "json").stdout) == []


def test_what_cannot_be_tried_is_told(shop: Path) -> None:
    result = call("nosuch")
    assert result.exit_code == 1
    assert "the catalog defines no `nosuch`" in result.stderr
    (shop / "more.seg").write_text("example in loyal: order(10d ago, amont: 3)\n")
    result = call()
    assert result.exit_code == 1
    assert "--> more.seg:1:34" in result.stderr
