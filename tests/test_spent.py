"""`segdsl run --profile`: what each stage of a run took, in words of the catalog, with the members of any other run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from segdsl import SegdslError, load
from segdsl.cli.commands import segdsl

MODEL = """
as_of: 2026-03-31
entities:
  customer: {table: customers.csv, key: id, attributes: {country: text}, parent: {entity: account, key: account}}
  account: {table: accounts.csv, key: id, attributes: {plan: text}}
events:
  order: {of: customer, table: orders.csv, key: customer, time: at, fields: {amount: int, channel: text}}
  view: {of: customer, table: orders.csv, key: customer, time: at}
"""
# more than sixteen outputs that nothing reads further, and more than eight stages after them
RULES = """\
trait spend = sum(order.amount)
segment big = spend >= 20
segment usual = mode(order.channel) = "web"
segment first = percentile(spend) >= 50%
segment left_out = sequence(view within 30d then no order within 1d)
segment of_gold = account.plan = "gold" and account.busy
segment busy of account = count(customer where big) >= 1
""" + "".join(
    [f"segment a{index} = spend > {index}\n" for index in range(20)]
    + ["trait c0 = spend\n"]
    + [f"trait c{index} = percentile(c{index - 1})\n" for index in range(1, 12)]
    + ["segment last = c11 >= 0.5\n"]
)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "segdsl.yaml").write_text(MODEL)
    (tmp_path / "rules.seg").write_text(RULES)
    (tmp_path / "accounts.csv").write_text("id,plan\n1,gold\n2,free\n")
    (tmp_path / "customers.csv").write_text("id,country,account\n1,DE,1\n2,FR,1\n3,DE,2\n")
    (tmp_path / "orders.csv").write_text(
        "customer,at,amount,channel\n1,2026-03-01,20,web\n1,2026-03-02,5,app\n2,2026-03-03,7,web\n9,2026-03-04,1,web\n"
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_stages_by_themselves_give_what_they_give_together(shop: Path) -> None:
    with load(shop).run() as together, load(shop).run(profile=True) as apart:
        assert not together.spent
        assert apart.members == together.members
        stages = {one.stage: one for one in apart.spent}
    scan = stages["order: 1 total in one scan"]
    assert (scan.rows_read, scan.rows, scan.definitions) == (4, 3, ("spend",))
    assert stages["order: mode, by how often each value is there"].definitions == ("usual",)
    assert stages["sequence: view then no order"].definitions == ("left_out",)
    assert stages["customer: scores over spend"].definitions == ("first",)
    assert stages["customer: 1 total per parent"].definitions == ("busy",)
    assert stages["account: 1 value for its members"].rows == 2
    assert len([one for one in stages if one.startswith("customer: scores over c")]) == 11
    assert all(one.seconds >= 0 and one.memory > 0 for one in apart.spent)
    assert sum(one.cpu for one in apart.spent) > 0


def test_saving_and_writing_are_stages_too(shop: Path) -> None:
    for day in ("2026-03-30", "2026-03-31"):
        with load(shop).run(["big"], save=True, incremental=True, as_of=day, profile=True) as result:
            result.write(shop / "big.csv")
            stages = [one.stage for one in result.spent]
    assert stages == [
        "reading the model's columns and keys",
        "bringing totals up to date",
        "rules for whoever may be elsewhere now",
        "saving in the history",
        f"writing {shop / 'big.csv'}",
    ]
    assert result.refreshed is not None
    assert result.refreshed.since is not None


def test_what_is_printed(shop: Path) -> None:
    found = CliRunner().invoke(segdsl, ["run", "big", "--profile"])
    lines = found.output.splitlines()
    assert lines[0].split() == ["stage", "for", "rows", "read", "rows", "time", "CPU", "memory"]
    assert any(line.startswith("order: 1 total in one scan") for line in lines)
    assert lines[-2].startswith("all")
    rows = json.loads(CliRunner().invoke(segdsl, ["run", "big", "--profile", "--format", "json"]).output)
    assert [row["stage"] for row in rows][1:] == [
        "order: 1 total in one scan",
        "customer: 1 definition",
        "counting members",
    ]
    assert rows[1]["definitions"] == ["spend"]
    with pytest.raises(SegdslError, match="SEG777"):
        load(shop).run(profile=True, engine="postgresql://nowhere")
