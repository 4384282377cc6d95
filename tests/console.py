"""Pages that can be followed: files are written, commands are run, and what they print is compared.

A block `console` holds commands after `$` and what they print, `pycon` Python. A block with a title, as in
```` ```segdsl title="segments/mine.seg" ````, is a file that the reader writes.
"""

from __future__ import annotations

import atexit
import doctest
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
STARTED = Path(__file__).with_name("started.py")
_RUNNING: list[subprocess.Popen[str]] = []
_FENCE = re.compile(r"^```(?P<info>\S[^\n]*)?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_TITLE = re.compile(r'title="(?P<path>[^"]+)"')


@dataclass(frozen=True)
class Block:
    """A fenced block of a page: its kind (the first words of its info), its title, and the line of its first row."""

    kind: str
    title: str | None
    text: str
    line: int


@dataclass(frozen=True)
class Command:
    """A line after `$`, and the lines below it that it prints."""

    line: int
    text: str
    output: tuple[str, ...]


def blocks(page: str) -> Iterator[Block]:
    """The fenced blocks of a page, in order."""
    for match in _FENCE.finditer(page):
        info = match["info"] or ""
        title = _TITLE.search(info)
        kind = _TITLE.sub("", info).strip()
        yield Block(kind, title and title["path"], match["text"], page.count("\n", 0, match.start()) + 2)


def commands(block: Block) -> list[Command]:
    """The commands of a console block."""
    found: list[Command] = []
    for number, row in enumerate(block.text.splitlines(), start=block.line):
        if row.startswith("$ "):
            found.append(Command(number, row[2:], ()))
        else:
            last = found.pop()
            found.append(Command(last.line, last.text, (*last.output, row)))
    return found


def matches(expected: tuple[str, ...], found: str) -> bool:
    """Whether a print is the one expected: `…` by itself stands for any lines, within a line for any text."""
    pattern = ""
    for row in expected:
        if row == "…":
            pattern += r"(?:.*\n)*?"
        else:
            pattern += ".*".join(re.escape(part) for part in row.split("…")) + r"\n"
    return re.fullmatch(pattern, found) is not None


@cache
def server() -> str:
    """The socket of what runs the commands of all pages; it ends with this process."""
    folder = tempfile.mkdtemp(prefix="segdsl-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = f"{folder}/socket"
    process = subprocess.Popen(
        [sys.executable, STARTED, "serve", path],
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "LC_ALL": "C.UTF-8"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    _RUNNING.append(process)
    return path


class Shell:
    """A shell in a folder of its own, where `segdsl` is the one of this checkout."""

    def __init__(self, folder: Path) -> None:
        tools = folder / "tools"
        tools.mkdir()
        script = tools / "segdsl"
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "{STARTED}" "{server()}" "$@"\n')
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
            "HOME": str(self.home),
            "GIT_CONFIG_NOSYSTEM": "1",
            **{f"GIT_{who}_{what}": "me" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
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

    def write(self, block: Block) -> None:
        """Writes the file that a titled block is, below the folder where the shell is."""
        assert block.title is not None
        path = self.folder / block.title
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text, "utf-8")


def follow(path: Path, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Does all that a page says, and fails where it prints something else."""
    page = path.read_text("utf-8")
    name = path.relative_to(ROOT).as_posix()
    names: dict[str, Any] = {}
    for block in blocks(page):
        if block.title is not None:
            shell.write(block)
        elif block.kind == "console":
            for command in commands(block):
                printed = shell.run(command.text)
                assert matches(command.output, printed), f"{name}:{command.line}: {command.text}\n{printed}"
        elif block.kind == "pycon":
            monkeypatch.chdir(shell.folder)
            test = doctest.DocTestParser().get_doctest(block.text, names, name, name, block.line - 1)
            results = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, clear_globs=False)
            names = test.globs
            assert results.attempted
            assert not results.failed
