"""Asking on the command line: explain, show, list, sample, check --data, and the completion of names."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner, Result

from segdsl import SegdslError, load
from segdsl.cli.commands import segdsl
from segdsl.cli.sample import split

ROOT = Path(__file__).parents[1]

MODEL = """
name: shop
as_of: 2026-03-31
entities:
  customer:
    table: customers.csv
    key: {column: id, type: text}
    attributes: {country: text, wanted: bool, interests: list(text)}
events:
  order: {of: customer, table: orders.csv, key: {column: id, type: text}, time: at, fields: {amount: decimal}}
"""
CUSTOMERS = """\
id,country,wanted,interests
1,DE,true,"['a', 'b']"
2,"O'Brien ""x""\\",,
3,,false,[]
o'x,FR,,
"""
ORDERS = "id,at,amount\n1,2026-03-01 10:00:00,20\n1,2026-03-13 16:00:30,30.50\n2,2025-06-01 00:00:00,7\n"
SEGMENTS = """\
## How far back "lately" reaches.
param recent = 90d

## Bought lately.
## Not only once.
@title("Active buyers") @owner("crm") @tags(email, retention)
segment active = last_purchase < recent

@tags(email)
segment local = active and country = "DE"

## By money.
@owner("insights")
segmentation tier among orders > 0 {
  gold   when total_spend >= 50
  silver when total_spend >= 20
  bronze otherwise
}

trait spend(window = recent) = sum(order.amount within window)
trait over(least) = total_spend > least
trait kinds = interests
segment willing = wanted
segment eager = wanted and orders > 0
segment was_active = active as of 6mo ago

example in active: order(10d ago)
expect active between 1 and 3
"""


@pytest.fixture(autouse=True)
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small catalog, which is the current folder."""
    folder = tmp_path / "shop"
    folder.mkdir()
    for name, text in (
        ("segdsl.yaml", MODEL),
        ("customers.csv", CUSTOMERS),
        ("orders.csv", ORDERS),
        ("all.seg", SEGMENTS),
    ):
        (folder / name).write_text(text)
    monkeypatch.chdir(folder)
    return folder


def call(*args: str) -> Result:
    return CliRunner().invoke(segdsl, list(args), prog_name="segdsl")


def fine(*args: str) -> str:
    result = call(*args)
    assert result.exit_code == 0, result.output
    return result.stdout


# ---------------------------------------------------------------- explain


def test_a_rule_is_shown_with_its_values() -> None:
    assert fine("explain", "local", "--id", "1") == (
        '✓ local: active and country = "DE"\n'
        "  ✓ active: last_purchase < recent\n"
        "    · last_purchase = 2026-03-13 16:00:30, 17 days ago\n"
        "    · recent = 90d\n"
        '  ✓ country = "DE"\n'
        '    · country = "DE"\n'
        "customer 1, as of 2026-03-31 in UTC\n"
        "next: 2026-06-11 16:00:30, when `last_purchase < recent` turns false\n"
    )


def test_what_is_unknown_is_said() -> None:
    shown = fine("explain", "local", "--id", "3")
    assert "✗ local" in shown
    assert "    · last_purchase = unknown\n" in shown
    assert "    · country = unknown\n" in shown
    assert fine("explain", "willing", "--id", "2").startswith("✗ willing\n  · wanted = unknown\n")
    assert "  · wanted = unknown\n" in fine("explain", "eager", "--id", "2")


def test_the_rule_that_takes_a_customer_is_marked() -> None:
    assert fine("explain", "tier", "--id", "1") == (
        "· tier = gold\n"
        "  ✓ among orders > 0\n"
        "    · orders = 2\n"
        "  ✓ gold when total_spend >= 50  (takes the customer)\n"
        "    · total_spend = 50.5\n"
        "  ✓ silver when total_spend >= 20  (would have too)\n"
        "    · total_spend = 50.5  (see above)\n"
        "  ✓ bronze otherwise  (would have too)\n"
        "customer 1, as of 2026-03-31 in UTC\n"
    )
    assert "✓ bronze otherwise  (takes the customer)" in fine("explain", "tier", "--id", "2")
    outside = fine("explain", "tier", "--id", "3")
    assert "· tier = unknown\n  ✗ among orders > 0\n" in outside
    assert "takes the customer" not in outside
    assert fine("explain", "tier.silver", "--id", "1").startswith("✗ tier.silver\n")


def test_an_earlier_moment_is_said() -> None:
    shown = fine("explain", "was_active", "--id", "2")
    assert "(as of 2025-09-30)" in shown
    assert "last_purchase = 2025-06-01 00:00, 121 days ago" in shown
    assert "as of 2025-06-02 in UTC\n" in fine("explain", "active", "--id", "2", "--as-of", "2025-06-02")


def test_params_are_shown_as_they_are_set() -> None:
    assert "· recent = 2mo\n" in fine("explain", "active", "--id", "1", "--set", "recent=2mo")


@pytest.mark.parametrize("key", ["nosuch", "' OR 1=1 --", '"', "\\", "%", "", "🙂", "\x00", "1\n"])
def test_a_key_that_nobody_has_is_told(key: str) -> None:
    result = call("explain", "active", "--id", key)
    assert result.exit_code == 1
    assert "error[SEG721]" in result.stderr


def test_a_key_with_a_quote_is_found() -> None:
    assert "customer o'x, as of" in fine("explain", "active", "--id", "o'x")


def test_texts_are_quoted_and_lists_shown(shop: Path) -> None:
    assert '· country = "O\'Brien \\"x\\"\\\\"' in fine("explain", "local", "--id", "2")
    assert fine("explain", "kinds", "--id", "1").startswith('· kinds = ("a", "b")\n')


def test_an_explanation_for_programs() -> None:
    found = json.loads(fine("explain", "tier", "--id", "1", "--format", "json"))
    assert (found["name"], found["entity"], found["key"]) == ("tier", "customer", "1")
    top: dict[str, Any] = found["explanation"]
    assert (top["value"], top["as_of"]) == ("gold", "2026-03-31T00:00:00")
    assert [(part.get("label"), part.get("note")) for part in top["parts"]] == [
        (None, None),
        ("gold", "took"),
        ("silver", "would"),
        ("bronze", "would"),
    ]
    assert top["parts"][1]["parts"][0]["value"] == 50.5


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["nosuch", "--id", "1"], 1, "the catalog defines no `nosuch`"),
        (["recent", "--id", "1"], 1, "`recent` is a param"),
        (["over", "--id", "1"], 1, "it needs `least`"),
        (["active", "--id", "1", "--as-of", "x"], 1, "expected a date or a time"),
        (["active", "--id", "1", "--set", "recent=3"], 1, "SEG"),
        (["active", "--id", "\udcff"], 2, "expected UTF-8 text"),
    ],
)
def test_explain_tells_what_is_wrong(args: Sequence[str], code: int, said: str) -> None:
    result = call("explain", *args)
    assert result.exit_code == code
    assert said in result.stderr


def test_a_terminal_gets_lines(shop: Path) -> None:
    pty = pytest.importorskip("pty")
    main, terminal = pty.openpty()
    env = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "80", "NO_COLOR": "1", "TERM": "xterm"}
    command = [sys.executable, "-m", "segdsl", "explain", "local", "--id", "1"]
    subprocess.run(command, cwd=shop, env=env, stdout=terminal, check=True, timeout=120)
    os.close(terminal)
    text = re.sub(r"\x1b\[\d*m", "", os.read(main, 10_000).decode().replace("\r", ""))
    os.close(main)
    assert "├── ✓ active: last_purchase < recent" in text
    assert "└── ✓ country" in text


def test_constants_in_rules_are_shown(shop: Path) -> None:
    (shop / "more.seg").write_text("segmentation size {\n  all when recent > 30d\n  none otherwise\n}\n")
    assert fine("explain", "size", "--id", "3").startswith(
        "· size = all\n  ✓ all when recent > 30d  (takes the customer)\n    · recent = 90d\n"
        "  ✓ none otherwise  (would have too)\n"
    )


def test_definitions_of_a_parent_are_unfolded(shop: Path) -> None:
    model = MODEL.replace(
        "    attributes: {country", "    parent: {entity: home, key: country}\n    attributes: {country", 1
    )
    home = "  home: {table: homes.csv, key: {column: code, type: text}, attributes: {name: text}}\n"
    (shop / "segdsl.yaml").write_text(model.replace("events:", f"{home}events:"))
    (shop / "homes.csv").write_text("code,name\nDE,Germany\n")
    (shop / "more.seg").write_text(
        "segment busy of home = count(customer where orders > 0) >= 2\n"
        'segment there = home.busy and home.name starts with "G"\n'
    )
    assert fine("explain", "there", "--id", "1") == (
        '✗ there: home.busy and home.name starts with "G"\n'
        "  ✗ home.busy: count(customer where orders > 0) >= 2\n"
        "    · count(customer where orders > 0) = 1\n"
        '  ✓ home.name starts with "G"\n'
        '    · home.name = "Germany"\n'
        "customer 1, as of 2026-03-31 in UTC\n"
    )
    assert "    · count(customer where orders > 0) = unknown\n" in fine("explain", "there", "--id", "3")
    assert "reads      attribute home.name\n" in fine("show", "there")


def test_a_rule_without_end_is_cut_off(shop: Path) -> None:
    chain = ["segment d0 = orders > 0"]
    chain.extend(f"segment d{number} = {'not (' * 14}d{number - 1}{')' * 14}" for number in range(1, 20))
    many = " and ".join(f"count(order within {days + 1}d) >= 0" for days in range(550))
    (shop / "more.seg").write_text("\n".join([*chain, f"segment many = {many}\n"]))
    for name in ("d19", "many"):
        assert "· …\n" in fine("explain", name, "--id", "1")


# ---------------------------------------------------------------- show


def test_show_tells_all_about_a_definition() -> None:
    assert fine("show", "active") == (
        "Active buyers, segment of customer\n"
        "\n"
        "## Bought lately.\n"
        "## Not only once.\n"
        '@title("Active buyers") @owner("crm") @tags(email, retention)\n'
        "segment active = last_purchase < recent\n"
        "\n"
        "uses       last_purchase, recent\n"
        "used by    local, was_active\n"
        "tested by  1 example, 1 expectation\n"
        "stands in  all.seg:7\n"
    )


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("recent", ["param: duration", "used by    active, spend"]),
        ("spend", ["trait of customer: decimal", "uses       recent", "reads      event order"]),
        ("over", ["trait of customer", "uses       total_spend"]),
        ("local", ["segment of customer", "uses       active", "reads      attribute country"]),
        ("tier", ["segmentation of customer: gold, silver, bronze", "uses       orders, total_spend"]),
        ("tier.gold", ["segmentation of customer: gold, silver, bronze"]),
        ("last_purchase", ["trait of customer: timestamp", "used by    active", "reads      event order"]),
        ("commerce", ["library commerce", "orders              How many orders."]),
    ],
)
def test_show_knows_every_kind(name: str, lines: Sequence[str]) -> None:
    shown = fine("show", name).splitlines()
    assert shown[0] == lines[0]
    for line in lines[1:]:
        assert line in shown


def test_show_keeps_a_terminal_as_it_is(shop: Path) -> None:
    (shop / "more.seg").write_text("## \x1b[31mred\nsegment red = active\n")
    assert "\x1b" not in call("show", "red").output


def test_show_writes_sql() -> None:
    for name in ("active", "tier", "spend", "tier.gold"):
        assert "\n-- segdsl " in fine("show", name, "--sql")
    assert "`recent` is a param" in call("show", "recent", "--sql").stderr


def test_show_tells_what_is_wrong(shop: Path) -> None:
    result = call("show", "activ")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "did you mean `active`?" in result.stderr
    assert call("show", "tier.nosuch").exit_code == 1
    (shop / "broken.seg").write_text("segment broken = nosuch > 3\n")
    assert "segment broken = nosuch > 3" in fine("show", "broken")
    assert "uses       last_purchase, recent" in fine("show", "active")


# ---------------------------------------------------------------- list


def test_list_shows_definitions() -> None:
    lines = fine("list").splitlines()
    assert lines[0].split() == ["name", "kind", "owner", "tags", "description"]
    assert lines[2] == "active      segment       crm       email, retention  Bought lately."
    assert lines[-1] == "10 definitions"


@pytest.mark.parametrize(
    ("args", "names"),
    [
        (["--tag", "email"], ["active", "local"]),
        (["--tag", "email", "--tag", "retention"], ["active"]),
        (["--owner", "insights"], ["tier"]),
        (["--kind", "param"], ["recent"]),
        (["--kind", "trait", "--owner", "crm"], []),
    ],
)
def test_list_chooses(args: Sequence[str], names: Sequence[str]) -> None:
    found = json.loads(fine("list", "--format", "json", *args))
    assert [item["name"] for item in found] == names


def test_names_are_chosen_by_tag_and_owner(shop: Path) -> None:
    def run(*args: str) -> list[str]:
        return [item["segment"] for item in json.loads(fine("run", "--format", "json", *args))]

    assert run("--tag", "email") == ["active", "local"]
    assert run("--tag", "email", "--tag", "retention") == ["active"]
    assert run("local", "--tag", "retention") == ["local", "active"]
    assert run("--owner", "insights") == ["tier.gold", "tier.silver", "tier.bronze"]
    assert "FROM" in fine("compile", "--owner", "insights")
    for command in ("run", "compile", "test", "trend", "overlap"):
        result = call(command, "--tag", "email", "--owner", "nobody")
        assert (result.exit_code, result.stdout) == (2, "")  # and not everything
        assert "nothing with members has --tag email and --owner nobody: `segdsl list` shows" in result.stderr
    assert "chosen by an option: `--tag email`" in call("run", "tag:email").stderr
    assert "--tag goes without --suggest" in call("test", "--suggest", "active", "--tag", "email").stderr
    # a trait has no members, but a column; what needs arguments has no value
    (shop / "more.seg").write_text(
        "@owner(crm)\ntrait sums = total_spend\n@owner(crm)\nsegment many(n) = orders >= n\n"
    )
    assert load(shop).names_with(owner="crm") == ["active"]
    assert load(shop).names_with(owner="crm", traits=True) == ["active", "sums"]
    assert load(shop).names_with(tags="email") == load(shop).names_with(tags=["email"]) == ["active", "local"]
    header = fine("run", "--owner", "crm", "--layout", "wide", "--format", "csv").splitlines()[0]
    assert header.split(",")[1:] == ["active", "sums"]


def test_list_has_libraries_when_asked() -> None:
    found = json.loads(fine("list", "--all", "--format", "json"))
    by_name = {item["name"]: item for item in found}
    assert by_name["last_purchase"]["library"] == "commerce"
    assert by_name["active"]["description"] == "Bought lately.\nNot only once."
    assert fine("list", "--owner", "nobody") == "no such definitions\n"


# ---------------------------------------------------------------- sample


def test_sample_shows_what_the_rule_reads() -> None:
    assert fine("sample", "local") == ("id  last_purchase        country\n1   2026-03-13 16:00:30  DE\n")
    assert fine("sample", "tier.gold", "--columns", "tier, spend(30d), kinds") == (
        "id  tier  spend(30d)  kinds\n1   gold        50.5  a, b\n"
    )


def test_sample_is_stable_and_of_the_asked_size(shop: Path) -> None:
    rows = "".join(f"{key},DE,,\n" for key in range(200))
    (shop / "customers.csv").write_text(f"id,country,wanted,interests\n{rows}")
    (shop / "more.seg").write_text('segment german = country = "DE"\n')

    def keys(*args: str) -> list[str]:
        return [row["id"] for row in json.loads(fine("sample", "german", "--format", "json", *args))]

    five = keys()
    assert len(five) == 5
    assert five != ["0", "1", "2", "3", "4"]
    assert keys("-n", "30")[:5] == five
    assert len(fine("sample", "german", "-n", "30").splitlines()) == 31
    # whoever leaves makes room, the others stay
    (shop / "customers.csv").write_text(
        f"id,country,wanted,interests\n{rows}".replace(f"\n{five[0]},DE", f"\n{five[0]},")
    )
    assert keys()[:4] == five[1:]


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["spend"], 1, "`spend` is a trait"),
        (["nosuch"], 1, "the catalog defines no `nosuch`"),
        (["active", "--columns", "contry"], 1, "--> --columns:1:1"),
        (["active", "--columns", "country +"], 1, "--> --columns:1:"),
        (["active", "-n", "0"], 2, "-n"),
    ],
)
def test_sample_tells_what_is_wrong(args: Sequence[str], code: int, said: str) -> None:
    result = call("sample", *args)
    assert (result.exit_code, result.stdout) == (code, "")
    assert said in result.stderr


def test_an_empty_sample_is_said() -> None:
    assert fine("sample", "active", "--as-of", "2020-01-01") == "no members\n"


def test_columns_are_split_at_their_commas() -> None:
    assert split('a, f(b, c),"x,y" ,`d,e`') == ["a", "f(b, c)", '"x,y"', "`d,e`"]
    assert split(" , ") == []


# ---------------------------------------------------------------- check --data


def test_check_looks_at_the_data_when_asked(shop: Path) -> None:
    assert fine("check", "--data").endswith("no problems\n")
    (shop / "more.seg").write_text("expect active between 50% and 100%\nexpect disjoint(active, tier.gold)\n")
    assert fine("check").endswith("no problems\n")
    result = call("check", "--data")
    assert result.exit_code == 1
    assert "--> more.seg:1:" in result.stdout
    assert "expected 50% to 100% members, found 25.0% (1 of 4)" in result.stdout
    assert "expected nobody to be in more than one, found 1" in result.stdout
    assert "\n2 errors\n" in result.stdout
    found = json.loads(call("check", "--data", "--format", "json").stdout)
    assert [item["line"] for item in found] == [1, 2]


def test_check_holds_the_model_against_the_data(shop: Path) -> None:
    (shop / "orders.csv").write_text(ORDERS.replace("amount", "price"))
    result = call("check", "--data")
    assert result.exit_code == 1
    assert "event `order` has no column `amount`" in result.stdout
    (shop / "orders.csv").unlink()
    assert "no file `orders.csv`" in call("check", "--data").stdout


def test_check_finds_repeated_keys_in_the_data(shop: Path) -> None:
    (shop / "customers.csv").write_text(CUSTOMERS + "1,DE,,\n")
    assert "stands in several rows" in call("check", "--data").stdout


# ---------------------------------------------------------------- completion


def completed(*args: str) -> list[str]:
    completion = ShellComplete(segdsl, {}, "segdsl", "_SEGDSL_COMPLETE")
    assert isinstance(segdsl, click.Group)
    return [item.value for item in completion.get_completions(list(args[:-1]), args[-1])]


@pytest.mark.parametrize("command", ["run", "compile", "test", "explain", "sample"])
def test_names_are_completed(command: str) -> None:
    assert completed(command, "ti") == ["tier", "tier.gold", "tier.silver", "tier.bronze"]
    assert completed(command, "rec") == []


def test_names_of_other_things_are_completed() -> None:
    assert completed("history", "show", "ti") == ["tier", "tier.gold", "tier.silver", "tier.bronze"]
    assert completed("metrics", "retention") == ["retention_rate"]
    assert completed("library", "life") == ["lifecycle"]
    assert completed("rule", "SEG20")[:2] == ["SEG201", "SEG202"]


def test_what_an_option_takes_is_completed(shop: Path) -> None:
    assert completed("metrics", "--segments", "ti") == ["tier", "tier.gold", "tier.silver", "tier.bronze"]
    assert completed("report", "--segments", "tier,tier.g") == ["tier,tier.gold"]
    assert completed("history", "ti") == ["tier", "tier.gold", "tier.silver", "tier.bronze"]
    assert completed("history", "pr") == ["prune"]
    assert completed("prove", "ne") == ["never"]
    assert completed("prove", "tier.gold", "in") == ["inside"]
    assert completed("prove", "disjoint", "tier.s") == ["tier.silver"]
    (shop / "owned.seg").write_text('@owner("growth") @tags("mail", "web")\nsegment owned = orders > 1\n')
    assert completed("list", "--owner", "g") == ["growth"]
    assert completed("list", "--tag", "we") == ["web"]


def test_branches_and_tags_are_completed(shop: Path) -> None:
    assert completed("diff", "v") == []
    told = ["-c", "user.name=A", "-c", "user.email=a@b.c", "-c", "init.defaultBranch=main"]
    for args in (["init"], ["add", "."], ["commit", "-m", "First"], ["tag", "v1"], ["branch", "vip"]):
        subprocess.run(["git", *told, *args], cwd=shop, check=True, capture_output=True)
    assert completed("diff", "v") == ["vip", "v1"]


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_a_shell_gets_names(shop: Path) -> None:
    # what the script of `_SEGDSL_COMPLETE=bash_source segdsl` asks for when the tabulator is pressed
    env = {**os.environ, "PYTHONPATH": str(ROOT), "_SEGDSL_COMPLETE": "bash_complete"}
    env |= {"COMP_WORDS": "segdsl explain ti", "COMP_CWORD": "2"}
    command = [sys.executable, "-m", "segdsl"]
    done = subprocess.run(command, cwd=shop, env=env, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["plain,tier", "plain,tier.gold", "plain,tier.silver", "plain,tier.bronze"]


def test_names_are_completed_from_the_folder_that_is_meant(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert completed("show", "rec") == ["recent"]
    monkeypatch.chdir(shop.parent)
    assert completed("show", "rec") == []
    assert completed("-C", "shop", "show", "rec") == ["recent"]
    assert completed("show", "-C", "shop", "rec") == ["recent"]


def test_a_label_is_said_with_its_segmentation() -> None:
    assert fine("show", "tier.gold", "--say") == fine("show", "tier", "--say")
    assert "did you mean `tier.gold`?" in call("show", "tier.gld", "--say").stderr


@pytest.mark.parametrize(
    ("args", "expected", "help"),
    [
        ("profile tier", "is a segmentation, expected a segment or a label", "as `tier.gold`"),
        ("profile kinds", "is a trait, expected a segment or a label", "`segment known = kinds is known`"),
        ("explain kinds", "expected a segment, a segmentation or a label", "`segment known = kinds is known`"),
        ("sample kinds", "expected a segment, a segmentation or a label", "`segment known = kinds is known`"),
        ("trend kinds", "expected a segment, a segmentation or a label", "`segment known = kinds is known`"),
        (
            "metrics --segments kinds",
            "expected a segment, a segmentation or a label",
            "`segment known = kinds is known`",
        ),
        (
            "report --segments kinds",
            "expected a segment, a segmentation or a label",
            "`segment known = kinds is known`",
        ),
        ("test --suggest kinds", "expected a segment, a segmentation or a label", "`segment known = kinds is known`"),
        ("run kinds", "expected a segment, a segmentation or a label", "`--layout wide` has traits too"),
        ("compile kinds", "expected a segment, a segmentation or a label", "`--layout wide` has traits too"),
    ],
)
def test_what_has_no_members_is_told_with_what_would_do(args: str, expected: str, help: str) -> None:
    said = call(*args.split()).stderr
    assert "SEG712" in said
    assert expected in said
    assert help in said


def test_a_session_of_a_trait_is_told_what_would_do() -> None:
    with pytest.raises(SegdslError, match=r"SEG712(.|\n)*`segment known = kinds is known`"):
        load(".").session(["kinds"])


def test_an_expression_in_the_place_of_a_name_is_told_how_to_ask_it() -> None:
    assert "`segdsl run -e 'orders > 3'`; without `-e` stand names" in call("run", "orders > 3").stderr
    assert "did you mean `active`?" in call("run", "actve").stderr


def test_files_that_are_nearly_ones_of_definitions_are_told(shop: Path) -> None:
    (shop / "B.SEG").write_text("segment b = orders > 1\n")
    (shop / "gone.seg").symlink_to(shop / "nowhere.seg")
    found = load(shop).check()
    assert [(item.code, item.severity) for item in found] == [("SEG691", "error"), ("SEG693", "warning")]
    assert [item.message.split("`")[1] for item in found] == ["gone.seg", "B.SEG"]
    (shop / "gone.seg").unlink()
    assert fine("run", "active", "--format", "csv").startswith("segment,members")


@pytest.mark.parametrize("args", [["check"], ["fmt"], ["library", "rfm", "--eject"]])
def test_a_model_by_another_name_is_told(shop: Path, args: list[str]) -> None:
    (shop / "segdsl.yaml").rename(shop / "segdsl.yml")
    said = call(*args).output
    assert "SEG692" in said
    assert f"there is `{(shop / 'segdsl.yml').as_posix()}`: rename it to `segdsl.yaml`" in said


def test_one_key_stands_and_two_stand_in_several_rows(shop: Path) -> None:
    with (shop / "customers.csv").open("a") as file:
        file.write("1,DE,,\n")
    assert "1 key of entity `customer` stands in several rows" in call("run").output
    with (shop / "customers.csv").open("a") as file:
        file.write("3,DE,,\n")
    assert "2 keys of entity `customer` stand in several rows" in call("run").output
