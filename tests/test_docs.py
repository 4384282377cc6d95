"""The code in docs/: every block of the language is read, and what can be checked is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from segdsl import library
from segdsl.diagnostics import Source
from segdsl.functions import AGGREGATES, FUNCTIONS, SCORES
from segdsl.model.loader import load_model
from segdsl.syntax import tree
from segdsl.syntax.formatter import format_source
from segdsl.syntax.grammar import RESERVED
from segdsl.syntax.parser import parse, parse_value
from tests import engine
from tests.cases import default_model

ROOT = Path(__file__).parent.parent
# the pages of the problem codes are looked at by test_rules, those of libraries by test_libraries
_DOCS = (page for page in sorted((ROOT / "docs").rglob("*.md")) if page.parent.name not in ("problems", "libraries"))
PAGES = [ROOT / "README.md", *_DOCS]
LANGUAGE = ROOT / "docs" / "language.md"
_FENCE = re.compile(r"^```(?P<info>\S[^\n]*)?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def _blocks(info: str) -> list[tuple[str, str]]:
    """The blocks of all pages whose info string is this one, with the page and line where they stand."""
    return [(place, text) for place, found, text in _all_blocks() if found == info]


def _all_blocks() -> Iterator[tuple[str, str, str]]:
    for page in PAGES:
        content = page.read_text("utf-8")
        for match in _FENCE.finditer(content):
            line = content.count("\n", 0, match.start()) + 1
            yield f"{page.relative_to(ROOT).as_posix()}:{line}", match["info"] or "", match["text"]


def _ids(blocks: list[tuple[str, str]]) -> list[str]:
    return [place for place, _ in blocks]


_WHOLE = _blocks("segdsl")
_FRAGMENTS = _blocks("segdsl-fragment")
_VALUES = [
    (place, line.partition(" #")[0])
    for place, text in _blocks("segdsl-value")
    for line in text.splitlines()
    if line.strip()
]


@pytest.mark.parametrize("block", _WHOLE, ids=_ids(_WHOLE))
def test_definitions_mean_something(block: tuple[str, str]) -> None:
    found = engine.diagnostics(default_model(), block[1])
    assert not found, "\n\n".join(item.render() for item in found)


@pytest.mark.parametrize("block", _FRAGMENTS, ids=_ids(_FRAGMENTS))
def test_fragments_can_be_read(block: tuple[str, str]) -> None:
    assert parse(Source("rules.seg", block[1])).diagnostics == ()


@pytest.mark.parametrize("block", _VALUES, ids=_ids(_VALUES))
def test_values_mean_something(block: tuple[str, str]) -> None:
    node, problems = parse_value(Source("value", block[1]))
    assert node is not None
    assert problems == ()
    found = engine.diagnostics(default_model(), f"trait value = {block[1]}")
    assert not found, "\n\n".join(item.render() for item in found)


@pytest.mark.parametrize("text", [text for place, text in _WHOLE if place.startswith("README")])
def test_the_readme_is_written_as_the_formatter_writes(text: str) -> None:
    assert format_source(Source("rules.seg", text)).text == text


def test_every_block_of_the_language_is_looked_at() -> None:
    kinds = {info for _, info, _ in _all_blocks() if info.startswith("segdsl") and "title=" not in info}
    assert kinds <= {"segdsl", "segdsl-fragment", "segdsl-value"}
    assert len(_WHOLE) >= 10
    assert _VALUES


def test_the_model_on_the_page_is_one() -> None:
    models = [text for _, text in _blocks("yaml") if "entities:" in text]
    assert models
    for text in models:
        model, found = load_model(Source("segdsl.yaml", text))
        assert model is not None, "\n\n".join(item.render() for item in found)
        assert yaml.safe_load(text)["name"] == model.name


@pytest.mark.parametrize("name", sorted({row.name for row in FUNCTIONS} | {*AGGREGATES, *SCORES, "bands", "sample"}))
def test_the_reference_tells_of_every_function(name: str) -> None:
    assert re.search(rf"^\|.*`{re.escape(name)}\(", LANGUAGE.read_text("utf-8"), re.MULTILINE)


def test_the_reference_tells_of_every_reserved_word() -> None:
    text = LANGUAGE.read_text("utf-8")
    paragraph = text[text.index("**Reserved**") : text.index("All other words")]
    words = {word for quoted in re.findall(r"`([^`]+)`", paragraph) for word in quoted.split()}
    assert words == RESERVED


def test_the_reference_tells_of_every_trait_of_commerce() -> None:
    text = LANGUAGE.read_text("utf-8")
    section = text[text.index("## 10.") : text.index("## 11.")]
    for item in parse(library.read(library.COMMERCE)).module.definitions:
        if isinstance(item, tree.Trait):
            assert f"`{item.name.text}`" in section, item.name.text


_LINKS = [
    (page.relative_to(ROOT).as_posix(), link)
    for page in [*PAGES, ROOT / "CHANGELOG.md"]
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8"))
    if "://" not in link
]


@pytest.mark.parametrize(("page", "link"), _LINKS, ids=[f"{page} {link}" for page, link in _LINKS])
def test_links_lead_somewhere(page: str, link: str) -> None:
    path, _, anchor = link.partition("#")
    target = (ROOT / page).parent / path if path else ROOT / page
    assert target.exists()
    if anchor:
        headings = re.findall(r"^#+ (.*)$", target.read_text("utf-8"), re.MULTILINE)
        assert anchor in {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
