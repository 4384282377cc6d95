"""Options of the command line: each does something, or it is said what goes with what."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from segdsl.cli.commands import segdsl

SHOP = Path(__file__).parents[1] / "examples" / "shop"


def call(*args: str) -> Result:
    return CliRunner().invoke(segdsl, ["-C", str(SHOP), *args], prog_name="segdsl")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ("metrics --list --segments vip", "--segments goes without --list"),
        ("metrics --list --threads 2", "--threads goes without --list"),
        ("metrics arpu --eject --list", "--list goes without --eject"),
        ("metrics arpu --eject --format csv", "--format goes without --eject"),
        ("metrics arpu --param projected_clv.margin=30%", "goes with the metric `projected_clv`"),
        ("test --suggest loyal --junit j.xml", "--junit goes without --suggest"),
        ("test --suggest loyal --coverage", "--coverage goes without --suggest"),
        ("test --suggest loyal --libraries", "--libraries goes without --suggest"),
        ("test tier --suggest loyal", "NAME goes without --suggest"),
        ("diff HEAD --as-of 2026-01-01", "--as-of goes with --data or --metric"),
        ("explain vip --next", "--next goes with --id"),
        ("docs --as-of 2026-01-01", "--as-of goes with --data"),
        ("docs --period week", "--period goes with --data"),
        ("library rfm --text --eject", "--text goes without --eject"),
        ("library --text", "--text goes with NAME"),
        ("library --eject", "--eject goes with NAME"),
        ("show vip --say --sql", "--sql goes without --say"),
        ("show commerce --sql", "--sql goes with the name of a definition"),
        ("show commerce --say", "--say goes with the name of a definition"),
        ("history --id 1 -n 3", "-n goes without --id KEY"),
        ("run --profile --layout wide", "--layout goes without --profile"),
        ("run --into shop --format json", "--format goes without --into"),
        ("compile vip --engine warehouse --dialect postgres", "--dialect goes without --engine"),
        ("export dbt --out x --engine warehouse --dialect postgres", "--dialect goes without --engine"),
        ("init . --ci --name other", "--name goes without --ci where a catalog is there"),
    ],
)
def test_what_would_do_nothing_is_refused(args: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if args.startswith("init"):
        monkeypatch.chdir(SHOP)
        monkeypatch.setattr("segdsl.cli.init._see_that_ci_is_free", lambda _: None)
    result = call(*args.split())
    assert (result.exit_code, said in result.stderr) == (2, True), result.output


def test_metrics_are_listed_in_all_formats_and_by_name() -> None:
    found = json.loads(call("metrics", "projected_clv", "arpu", "--list", "--format", "json").stdout)
    assert [item["metric"] for item in found] == ["projected_clv", "arpu"]
    assert found[0]["params"]["margin"] == "100%"
    rows = list(csv.DictReader(io.StringIO(call("metrics", "--list", "--format", "csv").stdout)))
    assert {"arpu", "size", "churn_rate"} <= {row["metric"] for row in rows}
    assert call("metrics", "arpu", "--list", "--format", "markdown").stdout.startswith("| metric | title |")
    assert "SEG624" in call("metrics", "nope", "--list").stderr


def test_coverage_is_in_json_too() -> None:
    alone = json.loads(call("test", "loyal", "--format", "json").stdout)
    both = json.loads(call("test", "loyal", "--coverage", "--format", "json").stdout)
    assert both["examples"] == alone
    assert {item["definition"] for item in both["coverage"]} == {"loyal"}
    assert all(item["true"] and item["false"] for item in both["coverage"])
    assert call("test", "loyal", "--coverage").stdout.count("seen true and false (100%)") == 1


def test_suggestions_are_in_json_too() -> None:
    found = json.loads(call("test", "--suggest", "loyal", "--format", "json").stdout)
    lines = [line for line in call("test", "--suggest", "loyal").stdout.split("\n") if line.startswith("example")]
    assert [item["line"] for item in found] == lines != []


def test_a_metric_that_there_is_not_is_told_where_nothing_changed() -> None:
    assert "SEG624" in call("diff", "HEAD", "--metric", "nope").stderr


def test_csv_has_truths_in_lower_case() -> None:
    found = call("metrics", "arpu", "--segments", "vip", "--format", "csv").stdout.splitlines()
    assert found[1].endswith(",17,false")


def test_what_was_written_is_told_beside_the_output(tmp_path: Path) -> None:
    result = call("export", "dbt", "--out", str(tmp_path / "project"))
    assert (result.stdout, result.stderr.startswith("wrote ")) == ("", True)
    (tmp_path / "segdsl.yaml").write_bytes((SHOP / "segdsl.yaml").read_bytes())
    for args in (["library", "rfm", "--eject"], ["metrics", "arpu", "--eject"]):
        result = CliRunner().invoke(segdsl, ["-C", str(tmp_path), *args], prog_name="segdsl")
        assert (result.stdout, result.stderr.startswith("wrote ")) == ("", True), result.output
