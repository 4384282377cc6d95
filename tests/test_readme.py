"""The README does what it says: its commands are run, and what they print is compared."""

from __future__ import annotations

from pathlib import Path

import pytest

from segdsl.diagnostics import Source
from segdsl.syntax import tree
from segdsl.syntax.parser import parse
from tests import console
from tests.console import ROOT

README = (ROOT / "README.md").read_text("utf-8")


def test_the_tour_prints_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    console.follow(ROOT / "README.md", console.Shell(tmp_path), monkeypatch)
    kinds = {block.kind for block in console.blocks(README)}
    assert {"console", "pycon"} <= kinds


def test_two_commands_are_all_the_set_up() -> None:
    blocks = [block.text for block in console.blocks(README) if block.kind == "sh"]
    commands = [line for block in blocks for line in block.splitlines()]
    start = "python3 -m venv .venv && . .venv/bin/activate && pip install "
    assert len(commands) == 2
    assert all(command.startswith(start) for command in commands)
    assert [command.rpartition(" && ")[2] for command in commands] == ["segdsl demo", "pytest -q"]


def test_the_language_is_seen_at_once() -> None:
    assert README.splitlines().index("```segdsl") < 30
    assert len(README.splitlines()) < 170


def test_the_catalog_of_the_tour_is_the_one_that_is_told_of() -> None:
    found = [
        item
        for path in (ROOT / "examples" / "journey").rglob("*.seg")
        for item in parse(Source(path.name, path.read_text("utf-8"))).module.definitions
        if isinstance(item, tree.Segment)
    ]
    assert f"runs {len(found)} segments" in README
