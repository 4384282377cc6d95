"""The habits that the code keeps to, where a test can tell."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from segdsl.functions import FUNCTIONS, INTERNAL, OPERATORS, WORDS, Function
from segdsl.syntax.grammar import RESERVED
from segdsl.types import Kind

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "segdsl"
MODULES = sorted(PACKAGE.rglob("*.py"))
ROWS = (*OPERATORS, *FUNCTIONS, *INTERNAL)
_NAMES = [path.relative_to(ROOT).as_posix() for path in MODULES]


def test_imports_go_one_way() -> None:
    found = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command; lint_imports_command()",
            "--no-cache",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout + found.stderr


def test_nothing_else_lies_beside_the_rooms() -> None:
    """As git has it: what a tool or a try has left behind would be in every wheel's source."""
    if not (ROOT / ".git").exists():
        pytest.skip("this is no checkout of git")
    found = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    names = {name.partition("/")[0] for name in found.splitlines()}
    rooms = {"segdsl", "grammar", "tests", "examples", "docs", "benchmarks"}
    files = {"pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "zensical.toml"}
    assert {name for name in names if not name.startswith(".")} == rooms | files


def test_the_page_of_the_design_names_every_room() -> None:
    page = (ROOT / "docs" / "design.md").read_text("utf-8").partition("## The rooms")[2].partition("## The habits")[0]
    named = set(re.findall(r"\b[a-z]+(?:/|\.py|\.lark)", page))
    rooms = {f"{path.name}/" for path in PACKAGE.iterdir() if any(path.glob("*.*"))}
    modules = {path.name for path in PACKAGE.glob("*.py") if not path.stem.startswith("_")}
    assert rooms - {"examples/", "__pycache__/"} | modules <= named


def test_no_merge_is_left_unfinished() -> None:
    """In no file of the project; pages that show the marks have them in a block of code."""
    if not (ROOT / ".git").exists():
        pytest.skip("this is no checkout of git")
    found = subprocess.run(["git", "ls-files", "*.*"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    left = []
    for name in found.splitlines():
        text = (ROOT / name).read_bytes().decode("utf-8", "replace") if (ROOT / name).is_file() else ""
        shown = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
        left += [name] if re.search(r"^(<{7}|>{7}) ", shown, re.MULTILINE) else []
    assert left == ["tests/test_conflicts.py"]  # it tries them


@pytest.mark.parametrize("path", MODULES, ids=_NAMES)
def test_a_module_is_about_one_thing(path: Path) -> None:
    lines = len(path.read_text("utf-8").splitlines())
    assert lines <= 450
    assert path.stem not in {"utils", "util", "helpers", "helper", "common", "base", "manager", "misc"}


@pytest.mark.parametrize("path", MODULES, ids=_NAMES)
def test_a_module_says_what_it_is_about(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text("utf-8")))


def test_importing_segdsl_is_light() -> None:
    code = "import sys, segdsl; print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in found.stdout.split()}
    assert not loaded & {"click", "duckdb", "lark", "pyarrow", "pydantic", "rich", "sqlglot", "yaml"}


# ---------------------------------------------------------------- problems


def _codes() -> dict[str, set[str]]:
    """The constructors in `problems` by the codes that they give."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in MODULES:
        if "problems" not in path.relative_to(PACKAGE).parts[0]:
            continue
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef):
                for inner in ast.walk(node):
                    if isinstance(inner, ast.Constant) and re.fullmatch(r"SEG\d{3}", str(inner.value)):
                        found[str(inner.value)].add(node.name)
    return found


# findings of one kind that are told in several sentences
_ONE_KIND = {
    "SEG704": {"package_not_found", "demo_needs_data"},
    "SEG608": {"no_rows", "table_and_sql", "table_beside_events"},
    "SEG618": {"template_without_head", "bad_param_name", "bad_metric_name"},
    "SEG612": {"named_twice", "name_hides"},
    "SEG615": {"key_types_differ", "not_a_key"},
    "SEG764": {"saved_by_another_model", "not_saved"},
    "SEG716": {"cannot_write", "output_unusable", "output_holds_tables"},
    "SEG706": {"missing_column", "twin_columns"},
    "SEG707": {"key_kinds_differ", "fractional_keys", "inexact_keys"},
    "SEG727": {"no_rows_in_csv", "open_quote", "named_further_down"},
    "SEG746": {"store_unusable", "history_of_another_catalog", "history_without_name", "history_without_rights"},
    "SEG766": {"session_closed", "result_closed", "not_evaluated"},
    "SEG801": {"never_true", "empty_window"},
    "SEG802": {"always_true", "true_where_known"},
    "SEG806": {"future_too", "anniversary_ahead", "anniversary_left"},
    "SEG814": {"opposite_of_age", "age_and_moment"},
    "SEG776": {"cannot_write_into", "opened_for_reading"},
}


def test_a_code_stands_for_one_problem() -> None:
    codes = _codes()
    assert codes
    shared = {code: names for code, names in codes.items() if len(names) > 1}
    assert shared == _ONE_KIND


def test_codes_are_given_in_problems_alone() -> None:
    for path in MODULES:
        # the table of lint says which codes are told by default
        if "problems" in path.relative_to(PACKAGE).parts[0] or path == PACKAGE / "lint" / "table.py":
            continue
        assert not re.findall(r"[\"']SEG\d{3}[\"']", path.read_text("utf-8")), path.name


# ---------------------------------------------------------------- the table of functions


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.key)
def test_a_template_has_a_hole_for_each_parameter(row: Function) -> None:
    if not row.sql:  # the few whose SQL depends on how many arguments there are
        return
    parsed = sqlglot.parse_one(row.sql, dialect="duckdb")
    holes = {str(hole.this) for hole in parsed.find_all(exp.Placeholder)}
    assert holes - {"now"} == {param.name for param in row.params}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.key)
def test_a_row_speaks_of_types_that_there_are(row: Function) -> None:
    assert all(param.word in WORDS for param in row.params)
    assert row.result in {"widest", "same", *(kind.value for kind in Kind)}


def test_rows_are_told_apart() -> None:
    keys = [(row.operator, row.key, tuple(param.word for param in row.params)) for row in ROWS]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("row", FUNCTIONS, ids=lambda row: row.key)
def test_a_function_says_what_it_does(row: Function) -> None:
    assert row.doc.endswith(".")
    assert row.examples
    assert row.name not in RESERVED
