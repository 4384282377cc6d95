"""The pages of the problem codes: each code has one, and its examples are what it says."""

from __future__ import annotations

import ast
import datetime as dt
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from segdsl import SegdslError, load, problems, rules
from segdsl.check import Checker
from segdsl.cli.commands import segdsl
from segdsl.diagnostics import Diagnostic, Source
from segdsl.metrics.ask import expression_of
from segdsl.metrics.asked import Asked
from segdsl.metrics.measure import Measuring
from segdsl.metrics.template import read_template
from segdsl.model.loader import load_model
from tests import engine
from tests.cases import AS_OF, default_model

if TYPE_CHECKING:
    pass

_FENCE = re.compile(r"^```(\S[^\n]*)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CODES = rules.codes()
# what is wrong with these cannot be shown in a few lines of rules or model
PROSE = {
    *("SEG108", "SEG110", "SEG111", "SEG212", "SEG214", "SEG215", "SEG217", "SEG233", "SEG234", "SEG235", "SEG414"),
    *(
        "SEG501",
        "SEG502",
        "SEG503",
        "SEG504",
        "SEG623",
        "SEG671",
        "SEG624",
        "SEG625",
        "SEG626",
        "SEG690",
        "SEG691",
        "SEG692",
        "SEG693",
        "SEG806",
        "SEG807",
        "SEG845",
    ),
    *(
        "SEG650",
        "SEG651",
        "SEG652",
        "SEG653",
        "SEG654",
        "SEG655",
        "SEG656",
        "SEG657",
        "SEG658",
        "SEG640",
        "SEG641",
        "SEG660",
    ),
}


def _blocks(code: str) -> list[tuple[str, str]]:
    return [(info or "", text) for info, text in _FENCE.findall(rules.read(code))]


def _found(code: str, info: str, text: str) -> list[Diagnostic]:
    """What is wrong with the rules or the model of a block; for a warning, whether it is told."""
    if code.startswith("SEG8"):
        codes = ("SEG805", code) if code == "SEG816" else (code,)
        return engine.warnings(default_model(), text, *codes)
    if info.startswith("yaml"):
        return load_model(Source("segdsl.yaml", text))[1]
    if info.startswith("jinja"):
        return _of_metric(text)
    return engine.diagnostics(default_model(), text)


def _of_metric(text: str) -> list[Diagnostic]:
    """What is wrong with a metric of the usual model's customers."""
    checker = Checker(engine.catalog_of(default_model(), "segment all = orders >= 0"))
    checker.check_definitions()
    template, wrong = read_template("found", Source("metrics/found.sql.j2", text), is_own=True)
    if template is None:
        return wrong
    output = checker.outputs["all"]
    measuring = Measuring(checker, [Asked(output, expression_of(checker, output))], AS_OF)
    return measuring.add(template, {}, is_required=True)


def _examples(kind: str) -> list[tuple[str, str, str]]:
    return [(code, info, text) for code in CODES for info, text in _blocks(code) if info.endswith(f" {kind}")]


def test_every_code_has_a_page_and_every_page_its_code() -> None:
    assert sorted(_given()) == CODES


def _given() -> set[str]:
    """The codes that the constructors in `problems` give."""
    file = Path(problems.__file__)
    files = file.parent.glob("*.py") if file.name == "__init__.py" else [file]
    return {
        str(node.value)
        for path in files
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and re.fullmatch(r"SEG\d{3}", str(node.value))
    }


@pytest.mark.parametrize("code", CODES)
def test_a_page_is_short_and_of_one_form(code: str) -> None:
    page = rules.read(code)
    assert re.match(rf"# {code}: [^\n]+[^.\n]\n\n[A-Z`]", page)
    assert len(page.splitlines()) <= 36
    assert all(len(line) <= 120 for line in page.splitlines())
    assert page.endswith("\n")
    assert page == page.strip() + "\n"


@pytest.mark.parametrize("code", [code for code in CODES if not code.startswith("SEG7") and code not in PROSE])
def test_a_page_shows_the_problem_and_how_it_is_right(code: str) -> None:
    kinds = {info.rpartition(" ")[2] for info, _ in _blocks(code)}
    assert {"bad", "good"} <= kinds


@pytest.mark.parametrize(("code", "info", "text"), _examples("bad"))
def test_a_bad_example_gives_the_code(code: str, info: str, text: str) -> None:
    found = [item for item in _found(code, info, text) if item.is_error or code.startswith("SEG8")]
    assert found
    assert found[0].code == code, found[0].render()


@pytest.mark.parametrize(("code", "info", "text"), _examples("good"))
def test_a_good_example_is_fine(code: str, info: str, text: str) -> None:
    found = _found(code, info, text)
    assert not found, "\n\n".join(item.render() for item in found)


# ---------------------------------------------------------------- segdsl rule


def _call(*args: str) -> tuple[int, str]:
    result = CliRunner().invoke(segdsl, ["rule", *args], prog_name="segdsl")
    return result.exit_code, result.output


@pytest.mark.parametrize("written", ["SEG301", "seg301", "301"])
def test_a_page_is_printed_as_it_is_written(written: str) -> None:
    assert _call(written) == (0, rules.read("SEG301"))


def test_all_codes_are_listed_with_their_titles() -> None:
    code, output = _call()
    assert code == 0
    assert [line.partition("  ")[0] for line in output.splitlines()] == CODES
    assert "SEG301  expected a condition\n" in output


def test_an_unknown_code_brings_the_near_ones() -> None:
    code, output = _call("SEG31")
    assert code == 2
    assert "no code `SEG31`, did you mean " in output
    assert "`segdsl rule` lists them" in _call("nothing")[1]


def test_pages_are_laid_out_on_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from segdsl.cli import rule

    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    rule._show(rules.read("SEG301"))
    shown = capsys.readouterr().out
    assert "expected a condition" in shown
    assert "```" not in shown


# ---------------------------------------------------------------- codes whose examples are no blocks

MODEL = """\
as_of: 2026-03-31
entities:
  customer: {table: customers.csv, key: id, attributes: {country: text}, parent: {entity: account, key: account}}
  account: {table: accounts.csv, key: id, attributes: {plan: text}}
"""
RULES = 'segment loyal = country = "DE"\ntrait home = country\nsegment paying of account = plan = "pro"\n'
CHAIN = "\n".join(f"trait a{n}(x) = a{n + 1}(x + 1)" for n in range(70)) + "\ntrait a70(x) = x\ntrait b = a0(1)"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "segdsl.yaml").write_text(MODEL)
    (tmp_path / "customers.csv").write_text("id,country,account\n1,DE,1\n2,FR,1\n")
    (tmp_path / "accounts.csv").write_text("id,plan\n1,pro\n")
    (tmp_path / "rules.seg").write_text(RULES)
    return tmp_path


# how a folder is changed, and the command then
PROVOKED: list[tuple[str, dict[str, str | bytes], list[str]]] = [
    ("SEG108", {"rules.seg": f"segment a = {'not ' * 70}country is known"}, ["check"]),
    ("SEG110", {"rules.seg": "segment a = country in (" + '"x", ' * 10_001 + ")"}, ["check"]),
    ("SEG110", {"rules.seg": "# " + "x" * 1_000_000}, ["check"]),
    ("SEG111", {"rules.seg": 'segment a = country = "\x01"'}, ["check"]),
    ("SEG214", {}, ["check", "--set", "recent=3d"]),
    ("SEG215", {}, ["run", "loyl"]),
    ("SEG233", {"libraries/rfm.seg": "param x = 1"}, ["library", "rfm", "--eject"]),
    ("SEG414", {"rules.seg": CHAIN}, ["check"]),
    ("SEG501", {}, ["compile", "--dialect", "oracle"]),
    ("SEG502", {"rules.seg": r'segment a = country matches "\\p{Greek}"'}, ["compile", "--dialect", "postgres"]),
    (
        "SEG503",
        {"segdsl.yaml": MODEL.replace("table: customers.csv", "sql: SELECT * FROM c QUALIFY id = 1")},
        ["compile", "loyal", "--dialect", "postgres"],
    ),
    ("SEG504", {}, ["compile", "--dialect", "postgres"]),
    (
        "SEG671",
        {"rules.seg": RULES + "segment new = entered(loyal) < 7d"},
        ["export", "dbt", "--out", "project"],
    ),
    ("SEG776", {}, ["run", "--into", "main"]),
    ("SEG770", {}, ["run", "--engine", "oracle://scott:tiger@host/db"]),
    ("SEG785", {}, ["run", "--engine", "no_such_profile"]),
    ("SEG623", {}, ["metrics", "size", "--param", "size.period=3d"]),
    ("SEG624", {}, ["metrics", "sise"]),
    ("SEG624", {"segdsl.yaml": MODEL + "metrics: {params: {sise: {period: 3d}}}\n"}, ["metrics"]),
    ("SEG625", {}, ["metrics", "open_rate"]),
    ("SEG626", {}, ["profile", "loyal"]),
    ("SEG690", {"rules.seg": b'segment a = country = "\xe4"'}, ["check"]),
    ("SEG692", {"segdsl.yaml": ""}, ["check"]),
    ("SEG701", {"customers.csv": ""}, ["run"]),
    ("SEG702", {"segdsl.yaml": MODEL.replace("customers.csv", "customers")}, ["run"]),
    ("SEG703", {"segdsl.yaml": MODEL.replace("customers.csv", "'${SEGDSL_NOT_SET}/x.csv'")}, ["run"]),
    ("SEG704", {"segdsl.yaml": MODEL.replace("customers.csv", "'package:no_such_one/x.csv'")}, ["run"]),
    ("SEG705", {"segdsl.yaml": MODEL.replace("customers.csv", "customers.xls"), "customers.xls": "x"}, ["run"]),
    ("SEG706", {"customers.csv": "id,land,account\n1,DE,1\n"}, ["run"]),
    ("SEG707", {"accounts.csv": "id,plan\nx,pro\n"}, ["run"]),
    (
        "SEG708",
        {
            "segdsl.yaml": MODEL.replace("country: text", "country: date").replace(
                "table: customers.csv", "sql: 'SELECT 1 AS id, 5 AS country, 1 AS account'"
            ),
            "rules.seg": "trait a = country",
        },
        ["run", "--layout", "wide"],
    ),
    ("SEG709", {"segdsl.yaml": MODEL + "database: nothing.duckdb\n"}, ["run"]),
    ("SEG710", {"segdsl.yaml": MODEL.replace("customers.csv", "x.parquet"), "x.parquet": "no Parquet"}, ["run"]),
    ("SEG711", {"customers.csv": "id,country,account\n1,DE,1\n1,FR,1\n"}, ["run"]),
    ("SEG712", {}, ["run", "home"]),
    ("SEG713", {}, ["run", "loyal", "paying", "--layout", "wide"]),
    ("SEG714", {}, ["run", "--as-of", "yesterday"]),
    ("SEG715", {}, ["run", "--out", "members.xls"]),
    ("SEG716", {}, ["run", "--out", "nowhere/members.csv"]),
    ("SEG722", {}, ["run", "--out", "customers.csv"]),
    (
        "SEG723",
        {"segdsl.yaml": MODEL.replace("country: text", "country: decimal"), "rules.seg": "segment a = country > 3"},
        ["run"],
    ),
    ("SEG717", {"rules.seg": "trait home = country"}, ["run"]),
    ("SEG718", {"rules.seg": RULES + "segment Loyal = not loyal"}, ["run", "loyal", "Loyal", "--layout", "wide"]),
    ("SEG719", {"rules.seg": RULES + "expect loyal between 90% and 100%"}, ["run"]),
    ("SEG742", {"rules.seg": RULES + "param recent = 90d"}, ["run", "recent"]),
    ("SEG749", {}, ["history", "loyal"]),
    ("SEG760", {}, ["flow", "home"]),
    ("SEG761", {}, ["overlap", "loyal", "paying"]),
    ("SEG762", {}, ["flow", "loyal", "--from", "2026-04-01"]),
    ("SEG720", {"rules.seg": RULES + "segment none = not loyal\nexpect none inside loyal"}, ["run"]),
]


@pytest.mark.parametrize(("code", "files", "args"), PROVOKED, ids=[f"{code} {' '.join(a)}" for code, _, a in PROVOKED])
def test_a_catalog_provokes_the_code(
    folder: Path, monkeypatch: pytest.MonkeyPatch, code: str, files: dict[str, str | bytes], args: list[str]
) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        if not content:
            (folder / name).unlink()
        else:
            (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    monkeypatch.chdir(folder)
    result = CliRunner().invoke(segdsl, args, prog_name="segdsl")
    assert result.exit_code == 1
    found = re.findall(r"^error\[(SEG\d+)\]", result.output, re.MULTILINE)
    assert found[:1] == [code], result.output[:1000]


def test_a_setting_that_is_no_value_of_the_language(folder: Path) -> None:
    with pytest.raises(SegdslError, match="SEG217"):
        load(folder).run(set={"recent": dt.timedelta(days=60)})  # type: ignore[dict-item]


@pytest.mark.parametrize(("own", "given"), [("summer", {"season": "autumn"}), ("autumn", {})])
def test_a_word_that_a_param_cannot_be_is_one_error(folder: Path, own: str, given: dict[str, str]) -> None:
    """What compares the param with its own words is right."""
    rules = f"param season in (summer, winter) = {own}\nsegment hot = season = summer\nsegment s = season in (winter)\n"
    (folder / "rules.seg").write_text(rules)
    with pytest.raises(SegdslError) as caught:
        load(folder).run(set=given)
    assert [item.code for item in caught.value.diagnostics] == ["SEG231"]


def test_a_key_that_nobody_has(folder: Path) -> None:
    with pytest.raises(SegdslError, match="SEG721"):
        load(folder).explain("loyal", "3")


def test_a_file_that_cannot_be_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = Path.read_bytes

    def read_bytes(path: Path) -> bytes:
        if path.suffix == ".seg":
            raise PermissionError(13, "Permission denied")
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", read_bytes)
    assert [item.code for item in load(folder).check()] == ["SEG691"]


def test_an_engine_whose_library_is_missing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "clickhouse_connect", None)
    monkeypatch.delitem(sys.modules, "segdsl.engines.drivers.clickhouse", raising=False)
    with pytest.raises(SegdslError, match=r"SEG771.*clickhouse"):
        load(folder).run(engine="clickhouse://host")


def test_profiles_that_cannot_be_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "segdsl").mkdir()
    (folder / "segdsl" / "profiles.toml").write_text("[shop]\nuser = 'joe'\n")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder))
    with pytest.raises(SegdslError, match="SEG786"):
        load(folder).run(engine="shop")
