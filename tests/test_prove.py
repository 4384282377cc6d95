"""Proofs: what is proved, what is refuted and by whom, what is left open."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from segdsl import SegdslError, load
from segdsl.cli.commands import segdsl

MODEL = """\
as_of: 2026-03-31
entities:
  customer:
    table: customers.csv
    key: id
    attributes: {country: text, kids: int, owner: bool, plan: {type: text, values: [free, pro]}, signup: timestamp}
events:
  order: {of: customer, table: orders.csv, key: id, time: at, fields: {amount: decimal, channel: text}}
"""
RULES = """
segment buyers = orders > 0
segment loyal = last_purchase < 90d and orders >= 3
segment lost = last_purchase >= 180d
segment families = kids >= 1
segment germans = country = "DE"
segment abroad = country != "DE"
segment best = percentile(total_spend among orders > 0) >= 90%
segmentation tier among orders > 0 { gold when total_spend >= 1_000  silver when total_spend >= 100  rest otherwise }
segmentation plans { pays when plan = "pro"  free when plan = "free" }
segmentation size { big when kids >= 3  small when kids < 3 }
expect loyal inside buyers
expect disjoint(loyal, lost)
expect families inside germans
expect covers(tier)
expect loyal between 1% and 90%
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "segdsl.yaml").write_text(MODEL)
    (tmp_path / "a.seg").write_text(RULES)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*args: str) -> Result:
    return CliRunner().invoke(segdsl, list(args), prog_name="segdsl")


PROVED = (
    "loyal inside buyers",
    "disjoint loyal lost",
    "disjoint(loyal, last_purchase > 100d)",
    "never loyal and not buyers",
    "always orders_90d <= orders",
    "same(abroad, not germans)",
    "covers tier",
    "best inside buyers",
    "never count(order within 30d where amount > 50) > count(order within 90d)",
    "never orders + 2 < orders + 1",
    "never orders * 2 < orders and orders > 0",
    "tier.gold inside total_spend > 500",
    'never plan is known and plan not in ("free", "pro")',
    "never count(order within 30d) + count(order from 90d to 30d ago) < count(order within 30d)",
    "never least(kids, 3) > 3",
    "never first_purchase > last_purchase",
    "never age(first_purchase) < age(last_purchase)",
)


def test_what_holds_for_everybody_is_proved(folder: Path) -> None:
    for item in load().prove(*PROVED):
        assert item.answer == "proved", item


REFUTED = (
    ("families inside germans", "example in families: kids = 1"),
    ("buyers inside loyal", "example in buyers: order("),
    ("disjoint germans families", 'example in germans: country = "DE"'),
    ("never tier.gold", "example in tier.gold: order("),
    ("same germans families", ""),
    ("covers size", ""),
    ("always owner", ""),
    ("lost inside count(order) < 3", "example in lost: order("),
)


def test_what_does_not_hold_is_refuted_by_a_customer(folder: Path) -> None:
    verdicts = load().prove(*(claim for claim, _ in REFUTED))
    for item, (claim, start) in zip(verdicts, REFUTED, strict=True):
        assert (item.claim, item.answer) == (claim, "refuted"), item
        assert not start or item.examples[0].startswith(start), item
    # the lines are examples, and pass
    lines = [line for item in verdicts for line in item.examples]
    assert len(lines) >= 8
    (folder / "b.seg").write_text("\n".join(lines) + "\n")
    assert all(trial.passed for trial in load().test())


def test_expectations_are_proved_where_they_can_be(folder: Path) -> None:
    result = call("prove")
    assert result.exit_code == 1
    assert [line for line in result.output.splitlines() if not line.startswith(" ")] == [
        "proved: loyal inside buyers",
        "proved: disjoint(loyal, lost)",
        "refuted: families inside germans",
        "proved: covers(tier)",
    ]
    found = json.loads(call("prove", "loyal", "inside", "buyers", "--format", "json").output)
    assert found == [{"claim": "loyal inside buyers", "answer": "proved"}]


def test_what_is_forgotten_is_not_taken_for_something_else(folder: Path) -> None:
    """What z3 was told of a formula that is no more once was told of the one that had its place in memory."""
    claims = [
        f"never signup since 1q ago and quintile(signup among kids != {word}) is known"
        for word in ("orders", "orders_90d", "orders - 1", "orders * 2", "length(country)")
    ]
    assert {item.answer for item in load().prove(*claims)} == {"not decided"}


def test_what_depends_on_the_others_is_not_decided(folder: Path) -> None:
    assert load().prove("disjoint best germans")[0].answer == "not decided"
    assert load().prove('never sample(10%, "x")')[0].answer == "not decided"


@pytest.mark.parametrize(
    ("claim", "code"),
    [
        ("loyal", "SEG650"),
        ("disjoint loyal", "SEG650"),
        ("never loyl", "SEG201"),
        ("never 3 +", "SEG101"),
        ("covers loyal", "SEG411"),
        ("same(loyal)", "SEG650"),
    ],
)
def test_a_claim_that_makes_no_sense(folder: Path, claim: str, code: str) -> None:
    catalog = load()
    with pytest.raises(SegdslError, match=code):
        catalog.prove(claim)
    assert not any(item.is_error for item in catalog.check())


def test_without_z3_it_says_what_to_install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segdsl.proving.prove.has_prover", lambda: False)
    with pytest.raises(SegdslError, match="SEG651"):
        load().prove("loyal inside buyers")
