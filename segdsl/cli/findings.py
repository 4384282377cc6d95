"""Diagnostics for people, for programs and for pull requests."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from segdsl.cli.grid import visible
from segdsl.diagnostics import Diagnostic

_COLOURS = {"error": "red", "warning": "yellow"}


def show_findings(diagnostics: Iterable[Diagnostic], err: bool = True) -> None:
    """Diagnostics as text with a blank line between two, their paths as seen from the current folder."""
    for index, item in enumerate(diagnostics):
        if index:
            click.echo(err=err)
        head, *rest = item.render(Path.cwd()).split("\n")
        kind = f"{item.severity}[{item.code}]"
        click.echo(click.style(kind, fg=_COLOURS[item.severity], bold=True) + head.removeprefix(kind), err=err)
        for line in rest:
            click.echo(line, err=err)


def as_json(diagnostics: Sequence[Diagnostic]) -> str:
    return json.dumps([item.as_dict(Path.cwd()) for item in diagnostics], ensure_ascii=False, indent=2)


def as_line(item: Diagnostic) -> str:
    """`segments/value.seg:4:17: SEG803 this part adds nothing`."""
    place = "" if item.span is None else f"{item.span.place_from(Path.cwd())}: "
    return visible(f"{place}{item.code} {item.message}")


def as_annotation(item: Diagnostic) -> str:
    """A line that GitHub shows beside the line of the pull request."""
    found = item.as_dict(Path.cwd())
    properties = {
        "file": found.get("file"),
        "line": found.get("line"),
        "col": found.get("column"),
        "endLine": found.get("end_line"),
        "endColumn": found.get("end_column"),
        "title": item.code,
    }
    shown = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items() if value is not None)
    message = item.message if item.help is None else f"{item.message}\nhelp: {item.help}"
    return f"::{item.severity} {shown}::{_data(message)}"


def count(number: int, word: str) -> str:
    """`1 error`, `2 errors`."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def summary(diagnostics: Sequence[Diagnostic]) -> str:
    """`2 errors, 1 warning`, or `no problems`."""
    errors = sum(item.is_error for item in diagnostics)
    numbers = ((errors, "error"), (len(diagnostics) - errors, "warning"))
    return ", ".join(count(number, word) for number, word in numbers if number) or "no problems"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
