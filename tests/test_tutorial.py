"""The tutorial, the how-to pages and the page of Python print what they show, each in a shell of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import console
from tests.console import ROOT

DOCS = ROOT / "docs"
PAGES = [DOCS / "tutorial.md", DOCS / "python.md", *sorted((DOCS / "how-to").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_a_page_prints_what_it_says(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    console.follow(page, console.Shell(tmp_path), monkeypatch)


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_a_page_can_be_followed_from_its_start(page: Path) -> None:
    first = next((block for block in console.blocks(page.read_text("utf-8")) if block.kind == "console"), None)
    assert first is None or first.text.startswith("$ segdsl init shop")
