"""Examples that were tried as JUnit XML, which CI systems show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from segdsl.syntax.scanner import on_one_line

if TYPE_CHECKING:
    from segdsl.testing.trial import Trial

# what XML cannot hold
_NOT_XML = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 65534, 65535), "�")


def as_junit(name: str, trials: Sequence[Trial], why: Callable[[Trial], str]) -> bytes:
    """A test suite with a case per example; `why` tells of one that failed."""
    failed = [trial for trial in trials if not trial.passed]
    numbers = {"tests": f"{len(trials)}", "failures": f"{len(failed)}", "errors": "0", "skipped": "0"}
    suites = ElementTree.Element("testsuites", numbers)
    suite = ElementTree.SubElement(suites, "testsuite", {"name": _text(name), **numbers})
    for trial in trials:
        span = trial.example.span
        case = ElementTree.SubElement(
            suite,
            "testcase",
            {
                "classname": _text(trial.example.target.name),
                "name": _text(on_one_line(span.text)),
                "file": _text(span.source.seen_from(Path.cwd())),
                "line": f"{span.line}",
            },
        )
        if not trial.passed:
            expected, found = ("out", "in") if trial.example.negated else ("in", "out")
            message = {"message": f"expected {expected}, found {found}", "type": "example"}
            ElementTree.SubElement(case, "failure", message).text = _text(why(trial))
    ElementTree.indent(suites)
    text: str = ElementTree.tostring(suites, "unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'.encode()


def _text(text: str) -> str:
    return text.translate(_NOT_XML)
