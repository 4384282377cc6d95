"""The public names: few, each with a docstring, and all on the page of Python."""

from __future__ import annotations

import ast
import inspect
import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import segdsl
from tests.console import ROOT

PAGE = ROOT / "docs" / "python.md"
_GENERATOR: dict[str, Any] = runpy.run_path(str(ROOT / "docs" / "generate_python.py"))
_SHOWN = [*_GENERATOR["MAIN"], *_GENERATOR["GIVEN"]]
_CLASSES = [item for name in _SHOWN if inspect.isclass(item := getattr(segdsl, name))]
_MEMBERS = [(owner, name, member) for owner in _CLASSES for name, member in _GENERATOR["public"](owner)]


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == _GENERATOR["python"](), "`python docs/generate_python.py` writes it anew"


def test_there_is_little_to_begin_with() -> None:
    assert len(_GENERATOR["MAIN"]) <= 10
    assert [name for name in segdsl.__all__ if inspect.isfunction(getattr(segdsl, name))] == ["load"]


def test_every_public_name_is_on_the_page() -> None:
    shown = [*_SHOWN, *_GENERATOR["TAKEN"], *_GENERATOR["PARTS"], "__version__"]
    assert sorted(shown) == sorted(segdsl.__all__)


@pytest.mark.parametrize("name", [name for name in segdsl.__all__ if not name.startswith("__")])
def test_a_public_name_has_a_docstring(name: str) -> None:
    assert name in _GENERATOR["TAKEN"] or getattr(segdsl, name).__doc__
    assert f"## `segdsl.{name}`\n" in PAGE.read_text("utf-8")


def test_names_are_the_same_for_type_checkers_and_programs() -> None:
    source = ast.parse(Path(segdsl.__file__).read_text("utf-8"))
    imported = {
        (node.module, alias.name)
        for branch in source.body
        if isinstance(branch, ast.If)
        for node in branch.body
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("segdsl")
        for alias in node.names
    }
    assert imported == {(place, name) for place, names in segdsl._PLACES.items() for name in names}
    assert {name for _, name in imported} == set(segdsl.__all__) - {"__version__"}


@pytest.mark.parametrize(("owner", "name", "member"), _MEMBERS, ids=[f"{a.__name__}.{b}" for a, b, _ in _MEMBERS])
def test_what_a_signature_names_can_be_imported(owner: type, name: str, member: object) -> None:
    asked = inspect.signature(member.fget if isinstance(member, property) else member)  # type: ignore[arg-type]
    said = [str(item.annotation) for item in asked.parameters.values() if item.name != "self"]
    named = set(re.findall(r"\b(?<![.\w])[A-Z]\w+(?!\w*\.)", " ".join([*said, str(asked.return_annotation)])))
    assert named - {"None", "Any", "Self", "Path", "Mapping", "Sequence"} <= set(segdsl.__all__)


USERS_FILE = """
from __future__ import annotations

import datetime as dt

import segdsl
from segdsl import Catalog, Data, History, Layout, Metrics, Overlap, Period, Profile, Session, Settings, load


def sizes(catalog: Catalog, layout: Layout, data: Data | None = None, set: Settings | None = None) -> segdsl.Sizes:
    with catalog.run(["loyal"], layout=layout, data=data, set=set) as result:
        return result.sizes


def looked_at(catalog: Catalog, period: Period) -> tuple[Overlap, Metrics, Profile, segdsl.Trend]:
    trend = catalog.trend(["loyal"], period=period)
    return catalog.overlap(["loyal"]), catalog.metrics(["size"]), catalog.profile("loyal"), trend


def asked(session: Session, history: History) -> tuple[segdsl.Member, list[segdsl.SavedRun]]:
    return session.member("c001"), history.runs


catalog: Catalog = load(".", {"recent": "60d"})
members: int | None = catalog.overlap(as_of=dt.date(2026, 3, 31)).pairs[0].members
"""


def test_a_file_of_a_user_is_typed(tmp_path: Path) -> None:
    (tmp_path / "users.py").write_text(USERS_FILE)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path), "users.py"],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.stdout.startswith("Success"), done.stdout


@pytest.mark.parametrize(("owner", "name", "member"), _MEMBERS, ids=[f"{a.__name__}.{b}" for a, b, _ in _MEMBERS])
def test_a_public_method_has_a_docstring(owner: type, name: str, member: object) -> None:
    assert inspect.getdoc(member)


@pytest.mark.parametrize("name", ["load", "Catalog.compile", "Catalog.run", "Catalog.test", "Result.write"])
def test_what_raises_says_so(name: str) -> None:
    owner, _, method = name.rpartition(".")
    item = getattr(getattr(segdsl, owner), method) if owner else getattr(segdsl, method)
    assert "Raises SegdslError" in " ".join((inspect.getdoc(item) or "").split())


def test_the_generator_writes_beside_itself() -> None:
    assert Path(_GENERATOR["PAGE"]) == PAGE
