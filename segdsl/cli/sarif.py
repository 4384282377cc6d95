"""Findings as SARIF 2.1.0, the format that code scanners exchange."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from segdsl import __version__
from segdsl.diagnostics import Diagnostic, Span

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def as_sarif(diagnostics: Sequence[Diagnostic]) -> str:
    """One run with a result per finding, and a rule per code among them."""
    from segdsl import rules

    codes = sorted({item.code for item in diagnostics})
    known = set(rules.codes())
    described = [
        {"id": code, "shortDescription": {"text": rules.title(code) if code in known else code}} for code in codes
    ]
    driver = {"name": "segdsl", "version": __version__, "rules": described}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(item, codes.index(item.code)) for item in diagnostics],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2)


def _result(item: Diagnostic, index: int) -> dict[str, Any]:
    text = item.message if item.help is None else f"{item.message}\nhelp: {item.help}"
    found: dict[str, Any] = {
        "ruleId": item.code,
        "ruleIndex": index,
        "level": item.severity,
        "message": {"text": text},
    }
    if item.span is not None:
        found["locations"] = [{"physicalLocation": _place(item.span)}]
    if item.labels:
        found["relatedLocations"] = [
            {"physicalLocation": _place(label.span), "message": {"text": label.message}} for label in item.labels
        ]
    if item.fix is not None:
        replaced = {"deletedRegion": _region(item.fix.span), "insertedContent": {"text": item.fix.replacement}}
        change = {"artifactLocation": _file(item.fix.span), "replacements": [replaced]}
        found["fixes"] = [{"artifactChanges": [change]}]
    return found


def _place(span: Span) -> dict[str, Any]:
    return {"artifactLocation": _file(span), "region": _region(span)}


def _file(span: Span) -> dict[str, str]:
    path = span.source.seen_from(Path.cwd())
    return {"uri": Path(path).as_uri() if Path(path).is_absolute() else quote(path)}


def _region(span: Span) -> dict[str, int]:
    line, column = span.source.position(span.start)
    end_line, end_column = span.source.position(span.end)
    return {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}
