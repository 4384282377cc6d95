"""Proofs: what is proved, what is refuted and by whom, what is left open."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from segdsl import Catalog, SegdslError, load
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
segment `new yorkers` = country = "New York"
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
    'never country = "a  b" and country = "a b"',
    'country = " inside " inside country is known',
    "disjoint `new yorkers` germans",
    'disjoint `new yorkers` country="DE"',
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
    ('country = "New  York" inside `new yorkers`', ""),
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


def test_a_claim_in_a_shell_s_words(folder: Path) -> None:
    """A word that the shell keeps together is one of the claim's parts, and blanks in texts stay as they are."""
    for words in (
        ("same", "loyal", "loyal and buyers"),
        ("disjoint", "`new yorkers`", "germans"),
        ("disjoint", "(loyal)", "(lost)"),
        ("always", "orders > 3 or not orders > 3"),
    ):
        result = call("prove", *words)
        assert (result.exit_code, result.output.split(":")[0]) == (0, "proved"), result.output
    assert call("prove", 'country = "New  York"', "inside", "`new yorkers`").output.startswith(
        'refuted: country = "New  York" inside `new yorkers`\n'
    )
    assert call("prove", "disjoint", "loyal", "lost").output == "proved: disjoint loyal lost\n"


def test_an_expectation_is_told_on_one_line_as_it_is_written(folder: Path) -> None:
    (folder / "b.seg").write_text('expect country = "New  York"  # twice\n  inside `new yorkers`\n')
    assert 'refuted: country = "New  York" inside `new yorkers`\n' in call("prove").output


def test_what_is_forgotten_is_not_taken_for_something_else(folder: Path) -> None:
    """What z3 was told of a formula that is no more once was told of the one that had its place in memory."""
    claims = [
        f"never signup since 1q ago and quintile(signup among kids != {word}) is known"
        for word in ("orders", "orders_90d", "orders - 1", "orders * 2", "length(country)")
    ]
    assert {item.answer for item in load().prove(*claims)} == {"not decided"}


# found by what the solver says, by events that are alike, or by a parent of whom only the key is known
FOUND = (
    "never kids * 3 = 51 and length(country) = 7",
    "never orders = 12 and total_spend = 600 and last_purchase >= 3 * purchase_gap",
    "never first_purchase > 300d and last_purchase < 2d and orders >= 5 and avg_order_value = 77",
    "never account.colleagues = 1",
    "never account.plan is unknown and account.colleagues > 0",
)
LEFT = {
    "disjoint best germans": "other customers",
    'never sample(10%, "x")': "key",
    "never buyers for 30d": "earlier runs",
    'never any(order where product.category = "shoes")': "`order.product` as a key, for which `category` is unknown",
    'never account.plan = "pro"': "of the account its key alone",
    "never account.colleagues > 1": "of the account its key alone",
    "never crowded": "no customer belongs to it",
    "never orders * total_spend = 31 and orders * orders = 7": "no customer who breaks it",
}


def test_who_breaks_a_claim_is_found(folder: Path) -> None:
    catalog = _with_accounts(folder)
    for item in catalog.prove(*FOUND):
        assert item.answer == "refuted", item
        # as a line of a file it comes out as it says
        (folder / "c.seg").write_text(f"segment broken = {item.claim.removeprefix('never ')}\n")
        (folder / "c.seg").open("a").write(f"example in broken: {item.customer}\n")
        assert [trial.passed for trial in load().test()] == [True]


def test_what_is_left_open_comes_with_the_reason(folder: Path) -> None:
    for item, said in zip(_with_accounts(folder).prove(*LEFT), LEFT.values(), strict=True):
        assert item.answer == "not decided", item
        assert said in item.reason
    result = call("prove", "disjoint", "best", "germans")
    assert result.output.splitlines()[1].startswith("  it depends on other customers")
    assert "reason" in json.loads(call("prove", "disjoint", "best", "germans", "--format", "json").output)[0]


def test_gold_customers_who_are_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five orders of much, long ago for how often they came: hard to come by, and once missed."""
    monkeypatch.chdir(Path(__file__).parents[1] / "examples" / "shop")
    (found,) = load().prove("disjoint tier.gold missed")
    assert [line.partition(":")[0] for line in found.examples] == ["example in tier.gold", "example in missed"]


def _with_accounts(folder: Path) -> Catalog:
    model = MODEL.replace(
        "signup: timestamp}\n", "signup: timestamp}\n    parent: {entity: account, key: account_id}\n"
    )
    model = model.replace("channel: text}", "channel: text, product: {lookup: product}}")
    accounts = "  account: {table: accounts.csv, key: account_id, attributes: {plan: text}}\n"
    lookups = "lookups:\n  product: {table: products.csv, key: product, fields: {category: text}}\n"
    (folder / "segdsl.yaml").write_text(model.replace("events:\n", f"{accounts}events:\n") + lookups)
    (folder / "b.seg").write_text(
        "trait colleagues of account = count(customer)\nsegment crowded of account = count(customer) > 2\n"
    )
    return load()


@pytest.mark.parametrize(
    ("claim", "code"),
    [
        ("loyal", "SEG650"),
        ("disjoint loyal", "SEG650"),
        ("never loyl", "SEG201"),
        ("never 3 +", "SEG101"),
        ("covers loyal", "SEG411"),
        ("same(loyal)", "SEG650"),
        ("disjoint loyal lost buyers", "SEG650"),
        ("loyal between 1 and 3", "SEG650"),
        ("loyal inside buyers segment x = loyal", "SEG650"),
        ("loyal inside > 3", "SEG101"),
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
