"""How many cases of what gave equal members on which engine: `pytest --counts FILE` writes it, docs/generate_engines.py
makes a page of it."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from segdsl.diagnostics import Source
from segdsl.functions import AGGREGATES, FUNCTIONS, HISTORY, OPERATORS, SCORES
from segdsl.syntax import tree
from segdsl.syntax.parser import parse
from segdsl.syntax.walk import descend

PROPERTY = "segdsl"
_CALLED = {*(row.name for row in FUNCTIONS), *AGGREGATES, *SCORES, "bands", "sample", "entered", "left"}
# what can be asked, in the order of the tables of functions
CONSTRUCTS: tuple[str, ...] = tuple(
    dict.fromkeys(
        (
            *(row.name for row in OPERATORS), "!=", "not in", "case", "as of",
            *(f"in {kind}" for kind in get_args(tree.WindowKind)),
            *(f"{row.name}()" for row in FUNCTIONS), *(f"{name}()" for name in (*AGGREGATES, *SCORES)),
            "bands()", "sample()", "where", "among", "per",
            "sequence", "sequence: no", "sequence: same", "segmentation", "param", "use",
            *(f"{row.name}()" if row.name in _CALLED else row.name for row in HISTORY),
        )
    )
)  # fmt: skip


def constructs_of(rules: str) -> list[str]:
    """What of the language stands in rules, each once."""
    found = set(_found(parse(Source("rules.seg", rules)).module.definitions))
    return [word for word in CONSTRUCTS if word in found]


def _found(definitions: tuple[tree.Definition, ...]) -> Iterator[str]:
    for node in descend(definitions):
        match node:
            case tree.Operation(op=op):
                yield op
            case tree.Comparison(ops=ops):
                yield from ops
            case tree.Case():
                yield "case"
            case tree.AsOf():
                yield "as of"
            case tree.Window(kind=kind):
                yield f"in {kind}"
            case tree.Call(name=name, where=where, among=among, per=per):
                if name.text in _CALLED:
                    yield f"{name.text}()"
                yield from (word for word, value in (("where", where), ("among", among), ("per", per)) if value)
            case tree.Sequence(steps=steps, same=same):
                yield "sequence"
                yield from ["sequence: no"] * any(step.no for step in steps)
                yield from ["sequence: same"] * (same is not None)
            case tree.Segmentation():
                yield "segmentation"
            case tree.Param():
                yield "param"
            case tree.Use():
                yield "use"


class Counts:
    """What the tests of a run have told, over all of its processes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.engines: dict[str, dict[str, Any]] = {}

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A test that has run; what failed is not counted."""
        if report.when != "call":
            return
        for name, value in report.user_properties:
            if name == PROPERTY and isinstance(value, dict):
                self._add(value, "equal" if report.passed else "failing" if hasattr(report, "wasxfail") else "")

    def _add(self, told: dict[str, Any], outcome: str) -> None:
        engine = self.engines.setdefault(told["engine"], {"version": told["version"]})
        outcome = "refused" if outcome == "equal" and told["refused"] else outcome
        if outcome:
            engine.setdefault(outcome, Counter())[told["theme"]] += told["number"]
        if outcome == "equal":
            engine.setdefault("constructs", Counter()).update(told["constructs"])

    @pytest.hookimpl
    def pytest_sessionfinish(self) -> None:
        """Writes what was counted."""
        content = {"day": dt.date.today().isoformat(), "engines": self.engines}
        self.path.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")
