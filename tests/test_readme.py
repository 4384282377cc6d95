"""The README does what it says: its commands are run, and what they print is compared."""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from segdsl.diagnostics import Source
from segdsl.syntax import tree
from segdsl.syntax.parser import parse

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
_FENCE = re.compile(r"^```(?P<info>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Command:
    """A line after `$`, and the lines below it that it prints."""

    line: int
    text: str
    output: tuple[str, ...]


def _commands(text: str, line: int) -> list[Command]:
    found: list[Command] = []
    for number, row in enumerate(text.splitlines(), start=line):
        if row.startswith("$ "):
            found.append(Command(number, row[2:], ()))
        else:
            last = found.pop()
            found.append(Command(last.line, last.text, (*last.output, row)))
    return found


def _matches(expected: tuple[str, ...], found: str) -> bool:
    """Whether a print is the one expected: `…` by itself stands for any lines, within a line for any text."""
    pattern = ""
    for row in expected:
        if row == "…":
            pattern += r"(?:.*\n)*?"
        else:
            pattern += ".*".join(re.escape(part) for part in row.split("…")) + r"\n"
    return re.fullmatch(pattern, found) is not None


class Shell:
    """A shell in a folder of its own, where `segdsl` is the one of this checkout."""

    def __init__(self, folder: Path) -> None:
        tools = folder / "tools"
        tools.mkdir()
        script = tools / "segdsl"
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m segdsl "$@"\n')
        script.chmod(0o755)
        self.home = folder / "home"
        self.home.mkdir()
        self.folder = self.home
        self._place = folder / "place"
        self._environment = {
            **os.environ,
            "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "PYTHONUTF8": "1",
            "LC_ALL": "C.UTF-8",
        }

    def run(self, text: str) -> str:
        """What a command prints; where it goes with `cd`, the next one starts."""
        script = f'{text}\nstatus=$?; pwd > "{self._place}"; exit $status'
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            check=False,
        )
        self.folder = Path(self._place.read_text().strip())
        return done.stdout


def test_the_tour_prints_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shell = Shell(tmp_path)
    python = 0
    for match in _FENCE.finditer(README):
        line = README.count("\n", 0, match.start()) + 2
        if match["info"] == "console":
            for command in _commands(match["text"], line):
                printed = shell.run(command.text)
                matched = _matches(command.output, printed)
                assert matched, f"README.md:{command.line}: {command.text}\n{printed}"
        elif match["info"] == "pycon":
            monkeypatch.chdir(shell.folder)
            test = doctest.DocTestParser().get_doctest(match["text"], {}, "README.md", "README.md", line - 1)
            results = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test)
            assert results.attempted
            assert not results.failed
            python += 1
    assert python


def test_two_commands_are_all_the_set_up() -> None:
    blocks = [match["text"] for match in _FENCE.finditer(README) if match["info"] == "sh"]
    commands = [line for block in blocks for line in block.splitlines()]
    start = "python3 -m venv .venv && . .venv/bin/activate && pip install "
    assert len(commands) == 2
    assert all(command.startswith(start) for command in commands)
    assert [command.rpartition(" && ")[2] for command in commands] == ["segdsl demo", "pytest -q"]


def test_the_language_is_seen_at_once() -> None:
    assert README.splitlines().index("```segdsl") < 30
    assert len(README.splitlines()) < 150


def test_the_catalog_of_the_tour_is_the_one_that_is_told_of() -> None:
    found = [
        item
        for path in (ROOT / "examples" / "journey").rglob("*.seg")
        for item in parse(Source(path.name, path.read_text("utf-8"))).module.definitions
        if isinstance(item, tree.Segment)
    ]
    assert f"runs {len(found)} segments" in README
