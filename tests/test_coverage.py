"""Tests of tests: what examples have seen, which ones are suggested, and how results are handed on."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from segdsl import load
from segdsl.cli.commands import segdsl
from tests.test_prove import MODEL

RULES = """\
segment loyal = orders >= 3 and last_purchase < 90d
segment germans = country = "DE" or (kids >= 2 and not owner)
segmentation tier among orders > 0 { gold when total_spend >= 1_000  rest otherwise }
segment best = percentile(total_spend) >= 90%
segment both = loyal and germans
example in loyal: order(1d ago), order(2d ago), order(3d ago)
example not in loyal: order(1d ago)
example in tier.rest: order(1d ago, amount: 5)
example not in both: country = "DE", order(100d ago), order(100d ago), order(100d ago)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "segdsl.yaml").write_text(MODEL)
    (tmp_path / "a.seg").write_text(RULES)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*args: str) -> Result:
    return CliRunner().invoke(segdsl, ["test", *args], prog_name="segdsl")


def test_what_the_examples_have_seen(folder: Path) -> None:
    found = {(item.definition, item.text): (item.true, item.false) for item in load().coverage()}
    assert found == {
        ("loyal", "orders >= 3"): (2, 1),
        ("loyal", "last_purchase < 90d"): (2, 1),
        ("germans", 'country = "DE"'): (1, 0),
        ("germans", "kids >= 2"): (0, 1),
        ("germans", "owner"): (0, 1),
        ("tier", "orders > 0"): (1, 0),
        ("tier", "total_spend >= 1_000"): (0, 1),
        ("best", "percentile(total_spend) >= 90%"): (0, 0),
        ("both", "loyal"): (0, 1),
        ("both", "germans"): (1, 0),
    }
    output = call("--coverage").output
    assert "loyal    2 of 2\n" in output
    assert "  percentile(total_spend) >= 90%: not looked at\n" in output
    assert output.endswith("10 conditions: 2 seen true and false (20%)\n")
    assert call("loyal", "--coverage").output.endswith("2 conditions: 2 seen true and false (100%)\n")


@pytest.mark.parametrize("name", ["loyal", "germans", "tier"])
def test_suggestions_pass_and_cover_the_rule(folder: Path, name: str) -> None:
    lines = [line for line in call("--suggest", name).output.splitlines() if line.startswith("example")]
    (folder / "a.seg").write_text(RULES.partition("example")[0] + "\n".join(lines) + "\n")
    catalog = load()
    assert len(lines) >= 4
    assert all(trial.passed for trial in catalog.test())
    seen = [item for item in catalog.coverage([name]) if item.text != "orders > 0"]
    assert all(item.is_covered for item in seen), (lines, seen)


def test_suggestions_stand_on_the_borders(folder: Path) -> None:
    found = {item.about: item.line for item in load().suggest("loyal")}
    assert found["orders >= 3: just inside"].count("order(") == 3
    assert found["orders >= 3: just outside"].count("order(") == 2
    assert "order(89d ago)" in found["last_purchase < 90d: just inside"]
    assert "order(90d ago)" in found["last_purchase < 90d: just outside"]
    (folder / "b.seg").write_text('segment families = kids >= 2 and country = "DE"\n')
    found = {item.about: item.line for item in load().suggest("families")}
    assert found["kids >= 2: unknown"] == 'example not in families: country = "DE"'


def test_a_border_is_told_as_the_rule_has_it(folder: Path) -> None:
    (folder / "a.seg").write_text('segment abroad = country != "DE"\nsegment home = country = "DE" and orders > 2\n')
    abouts = [item.about for item in load().suggest("home")]
    assert 'country = "DE": just outside' in abouts
    assert not [about for about in abouts if "!=" in about]


def test_what_depends_on_others_has_no_suggestions(folder: Path) -> None:
    assert load().suggest("best") == []
    assert "no examples of `best`" in call("--suggest", "best").output


def test_junit(folder: Path) -> None:
    (folder / "b.seg").write_text("example in loyal: order(1d ago)\n")
    assert call("--junit", "out.xml").exit_code == 1
    suite = ElementTree.parse(folder / "out.xml").getroot()[0]
    assert suite.attrib == {"name": "catalog", "tests": "5", "failures": "1", "errors": "0", "skipped": "0"}
    failures = [case for case in suite if len(case)]
    assert [case.attrib["file"] for case in failures] == ["b.seg"]
    assert failures[0][0].attrib["message"] == "expected in, found out"
    assert "✗ orders >= 3" in (failures[0][0].text or "")
    assert "SEG716" in call("--junit", "nowhere/out.xml").output
