"""What nobody knows, as the history that a rule asks for begins later: it is told or left out, never counted."""

from __future__ import annotations

import csv
import datetime as dt
import json
from pathlib import Path

import pytest

from segdsl import SegdslError, load
from tests.history.test_commands import RULES, call, said, save, shop

__all__ = ["shop"]
BEGUN = dt.datetime(2026, 1, 15)
ASKING = f"""{RULES}segment stayed = vip for 1d
segment other = not stayed
segmentation where {{ there when stayed  elsewhere otherwise }}
"""
LOOKING_BACK = ("growth", "entered", "left")


@pytest.fixture
def asking(shop: Path) -> Path:
    (shop / "rules.seg").write_text(ASKING)
    said("run", "vip", "--save", "--as-of", "2026-01-15")
    said("run", "vip", "--save", "--as-of", "2026-02-01")
    return shop


def test_who_was_in_a_segment_before_the_history_is_in_no_metric(asking: Path) -> None:
    catalog = load(asking)
    found = catalog.metrics(LOOKING_BACK, segments=["other", "where", "vip"], as_of="2026-02-20", period="37d")
    for metric in LOOKING_BACK:
        for segment in ("other", "where.there", "where.elsewhere"):
            cell = next(item for item in found if (item.segment, item.metric) == (segment, metric))
            assert (cell.value, cell.members, cell.too_small, cell.text) == (None, None, False, "–")
        for whole in ("vip", None):  # who ask for none
            assert next(item for item in found if (item.segment, item.metric) == (whole, metric)).members is not None
    assert found.begins == dict.fromkeys(("other", "where"), BEGUN)


def test_from_the_first_run_on_a_metric_counts_what_a_run_then_finds(asking: Path) -> None:
    catalog = load(asking)
    found = catalog.metrics(LOOKING_BACK, segments=["other"], as_of="2026-02-20", period="31d", min_size=0)
    members = []
    for as_of in ("2026-01-20", "2026-02-20"):
        with catalog.run(["other"], as_of=as_of) as result:
            members.append({row["id"] for row in result.members.to_pylist()})
    before, after = members
    assert before != after
    assert [found.value("other", metric) for metric in LOOKING_BACK] == [
        len(after) / len(before) - 1,
        len(after - before),
        len(before - after),
    ]
    assert found.begins == {}


def test_a_metric_whose_own_rule_asks_is_unknown_of_everybody(asking: Path) -> None:
    (asking / "metrics").mkdir()
    head = "---\ntitle: Mine\nunit: count\nparams: {ago: 1d}\n---\n"
    rule = '{{ rule("not (vip for 1d) as of " ~ ago ~ " ago") }}'
    (asking / "metrics" / "mine.sql.j2").write_text(f"{head}count(*) filter (where {rule})\n")
    catalog = load(asking)
    late = catalog.metrics(["mine", "size"], segments=["vip"], as_of="2026-02-01", min_size=0)
    assert [late.value(segment, "mine") for segment in ("vip", None)] == [0, 2]
    early = catalog.metrics(
        ["mine", "size"], segments=["vip"], as_of="2026-02-01", params={"mine.ago": "18d"}, min_size=0
    )
    assert [early.value(segment, "mine") for segment in ("vip", None)] == [None, None]
    assert [early.value(segment, "size") for segment in ("vip", None)] == [1, 3]
    assert early.begins == {"mine": BEGUN}


def test_below_metrics_stands_what_asks_for_a_history_that_begins_later(asking: Path) -> None:
    words = ("metrics", "growth", "size", "--segments", "other,vip,tier", "--as-of", "2026-02-20", "--period", "37d")
    line = "other asks for the history, which begins 2026-01-15"
    assert line in said(*words).splitlines()
    assert line in said(*words, "--format", "markdown").splitlines()
    for format_ in ("csv", "json"):
        result = call(*words, "--format", format_)
        assert line in result.stderr
        rows = list(csv.DictReader(result.stdout.splitlines())) if format_ == "csv" else json.loads(result.stdout)
        cell = next(row for row in rows if (row["segment"], row["metric"]) == ("other", "growth"))
        assert (cell["value"] or None, cell["members"] or None) == (None, None)


def test_without_a_name_what_nobody_knows_takes_nothing_else_along(shop: Path) -> None:
    (shop / "rules.seg").write_text(ASKING)
    line = "stayed asks for the history, which no run has saved"
    for words in (("metrics", "size"), ("trend",)):
        rows = said(*words, "--as-of", "2026-02-01").splitlines()
        assert line in rows
        assert next(row for row in rows if row.startswith("stayed ")).split()[-1] == "–"
        assert next(row for row in rows if row.startswith("vip ")).split()[-1] != "–"
    for named in (["metrics", "size", "--segments"], ["trend"], ["flow"], ["run"]):
        refused = call(*named, "other")
        assert refused.exit_code == 1
        assert "and `stayed` asks for its history" in refused.output
        assert "--> rules.seg:7:9" in refused.output


def test_a_profile_leaves_out_what_asks_for_a_history(shop: Path) -> None:
    (shop / "rules.seg").write_text(ASKING)
    words = ("profile", "tier.silver", "--as-of", "2026-02-01", "--min-size", "1")
    assert "left out: stayed asks for the history, which no run has saved" in said(*words)
    found = json.loads(said(*words, "--format", "json"))
    assert found["begins"] == dict.fromkeys(("stayed", "other", "where"))
    assert "vip" in {item["name"] for item in found["comparisons"]}
    refused = call("profile", "stayed", "--as-of", "2026-02-01")
    assert "SEG743" in refused.output
    assert "`stayed` asks for its history" in refused.output


def test_a_profile_has_no_metric_of_members_whom_nobody_knows(asking: Path) -> None:
    catalog = load(asking)
    for name, against in (("other", None), ("vip", "other")):
        found = catalog.profile(name, against, as_of="2026-02-20", min_size=0)
        assert "retention_rate" not in {item.name for item in found.comparisons}
        assert found.begins == {"other": BEGUN}
    words = ("profile", "other", "--as-of", "2026-02-20", "--min-size", "0")
    line = "metrics that look back are left out: other asks for the history, which begins 2026-01-15"
    assert line in said(*words).splitlines()


def test_a_report_leaves_out_what_asks_for_a_history(shop: Path) -> None:
    (shop / "rules.seg").write_text(ASKING)
    catalog = load(shop)
    page = catalog.report(as_of="2026-02-01")
    assert "Left out, as the history that they ask for begins later: stayed, other and where." in page
    with pytest.raises(SegdslError, match="`stayed` asks for its history"):
        catalog.report(["vip", "other"], as_of="2026-02-01")
    save("2026-01-15")
    page = catalog.report(as_of="2026-02-01")
    assert "Left out, as the history" not in page
    assert "Where numbers are not known, the history that is asked for begins later: " in page
    assert "Who moved where is not known: the history that it asks for begins later." in page


def test_a_page_of_the_documentation_says_why_there_is_no_size(shop: Path) -> None:
    (shop / "rules.seg").write_text(ASKING)
    load(shop).docs(shop / "site", sizes=True, as_of="2026-02-01")
    note = "Nobody knows: the history that it asks for begins later."
    assert note in (shop / "site" / "definitions" / "stayed.html").read_text("utf-8")
    assert note not in (shop / "site" / "definitions" / "vip.html").read_text("utf-8")
