"""The site of docs/: every page is in its navigation, and is written so that it can be built."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.console import ROOT

DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
_PROJECT: dict[str, Any] = tomllib.loads((ROOT / "zensical.toml").read_text("utf-8"))["project"]


def _places(item: Any) -> Iterator[str]:
    """The pages of a navigation, at whatever depth."""
    match item:
        case str():
            yield item
        case list():
            for inner in item:
                yield from _places(inner)
        case dict():
            for inner in item.values():
                yield from _places(inner)


def test_every_page_is_in_the_navigation_once() -> None:
    # the pages of the codes are reached from problems.md
    named = [page for page in PAGES if page.parent.name != "problems"]
    assert sorted(_places(_PROJECT["nav"])) == sorted(page.relative_to(DOCS).as_posix() for page in named)


@pytest.mark.parametrize("page", PAGES, ids=[page.relative_to(DOCS).as_posix() for page in PAGES])
def test_code_blocks_are_ones_that_the_site_knows(page: Path) -> None:
    # after the language there may be a title; with other words there, the builder takes the block for text
    fences = re.findall(r"^ *```(.*)$", page.read_text("utf-8"), re.MULTILINE)
    assert len(fences) % 2 == 0
    assert [info for info in fences if not re.fullmatch(r'[\w-]*( title="[^"]+")?', info)] == []
