"""The public names: few, each with a docstring, and all on the page of Python."""

from __future__ import annotations

import inspect
import runpy
from pathlib import Path
from typing import Any

import pytest

import segdsl
from tests.console import ROOT

PAGE = ROOT / "docs" / "python.md"
_GENERATOR: dict[str, Any] = runpy.run_path(str(ROOT / "docs" / "generate_python.py"))
_CLASSES = [item for name in segdsl.__all__ if inspect.isclass(item := getattr(segdsl, name))]
_MEMBERS = [(owner, name, member) for owner in _CLASSES for name, member in _GENERATOR["public"](owner)]


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == _GENERATOR["python"](), "`python docs/generate_python.py` writes it anew"


def test_there_are_few_public_names() -> None:
    assert len(segdsl.__all__) <= 15


@pytest.mark.parametrize("name", [name for name in segdsl.__all__ if not name.startswith("__")])
def test_a_public_name_has_a_docstring(name: str) -> None:
    item = getattr(segdsl, name)
    assert item.__doc__
    assert f"## `segdsl.{name}`" in PAGE.read_text("utf-8")


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
