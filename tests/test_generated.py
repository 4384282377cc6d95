"""The pages of docs/ that are generated: up to date, and their examples mean something."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path

import pytest

from segdsl.functions import FUNCTIONS
from segdsl.sql import DIALECTS
from tests import engine
from tests.cases import default_model
from tests.counts import CONSTRUCTS
from tests.test_engines import CASES

DOCS = Path(__file__).parent.parent / "docs"
PAGES: dict[Path, str] = runpy.run_path(str(DOCS / "generate.py"))["pages"]()
ENGINES = runpy.run_path(str(DOCS / "generate_engines.py"))
EXAMPLES = [example for row in FUNCTIONS for example in row.examples]


@pytest.mark.parametrize("path", PAGES, ids=[path.name for path in PAGES])
def test_a_page_is_up_to_date(path: Path) -> None:
    assert path.read_text("utf-8") == PAGES[path], "`python docs/generate.py` writes it anew"


def test_the_page_of_engines_is_up_to_date() -> None:
    """Its numbers are those of runs, whenever these were; what they are about is what there is now."""
    for path, text in ENGINES["pages"]().items():
        assert path.read_text("utf-8") == text, "`python docs/generate_engines.py` writes it anew"
    engines = json.loads(ENGINES["COUNTS"].read_text("utf-8"))["engines"]
    themes = {title.partition(": ")[0] for title, _ in CASES}
    assert themes <= set(engines["duckdb"]["equal"]), "a theme is new: see docs/generate_engines.py"
    assert set(CONSTRUCTS) == set(engines["duckdb"]["constructs"]), "a construct is new, or stands in no case"
    for name, dialect in DIALECTS.items():
        known = ENGINES["RAN_AS"].get(name, name)
        assert known in engines or f"read back:{known}" in engines, f"nothing was run for {name}"
        if dialect.trust == "executed":  # a theme in which all of it fails would be told nowhere else
            found = set(engines[name]["equal"]) | set(engines[name].get("failing", ()))
            assert themes - found <= ({"history"} if name == "sqlite" else set()), name
        if dialect.trust == "emulated":
            assert name in engines


def test_a_table_of_engines_has_a_column_for_each() -> None:
    text = (DOCS / "engines.md").read_text("utf-8")
    for name, dialect in DIALECTS.items():
        assert re.search(rf"^\| `{name}`: .* \| {dialect.trust} \| \d", text, re.MULTILINE), name


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_of_the_table_means_something(example: str) -> None:
    found = engine.diagnostics(default_model(), f"trait value = {example}")
    assert not found, "\n\n".join(item.render() for item in found)
