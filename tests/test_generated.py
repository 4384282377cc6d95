"""The pages of docs/ that are generated: up to date, and their examples mean something."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from segdsl.functions import FUNCTIONS
from tests import engine
from tests.cases import default_model

DOCS = Path(__file__).parent.parent / "docs"
PAGES: dict[Path, str] = runpy.run_path(str(DOCS / "generate.py"))["pages"]()
EXAMPLES = [example for row in FUNCTIONS for example in row.examples]


@pytest.mark.parametrize("path", PAGES, ids=[path.name for path in PAGES])
def test_a_page_is_up_to_date(path: Path) -> None:
    assert path.read_text("utf-8") == PAGES[path], "`python docs/generate.py` writes it anew"


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_of_the_table_means_something(example: str) -> None:
    found = engine.diagnostics(default_model(), f"trait value = {example}")
    assert not found, "\n\n".join(item.render() for item in found)
