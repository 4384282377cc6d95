"""The conformance cases: what a catalog must mean, on the compiler and on the reference evaluator."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from tests.cases import AS_OF, SPEC, Case, Refusal, backend, check, check_refused, default_model
from tests.world import named_tables


def _cases() -> list[tuple[str, Case]]:
    out: list[tuple[str, Case]] = []
    for path in sorted((SPEC / "conformance").glob("*.yaml")):
        if path.name != "model.yaml":
            content = yaml.safe_load(path.read_text(encoding="utf-8"))
            out.extend((f"{path.stem}: {raw['title']}", _case(raw)) for raw in content["cases"])
    return out


def _case(raw: dict[str, Any]) -> Case:
    error = raw.get("error")
    refusal = None
    if error is not None:
        places = error["at"] if isinstance(error["at"], list) else [error["at"]]
        refusal = Refusal(tuple(str(place) for place in places), str(error["says"]))
    as_of = raw.get("as_of", AS_OF)
    return Case(
        title=raw["title"],
        rules=raw["rules"],
        model=named_tables(raw["model"]) if "model" in raw else default_model(),
        customers=tuple((raw.get("customers") or "").splitlines()),
        strays=tuple(raw.get("strays", ())),
        tables=raw.get("tables", {}),
        as_of=dt.datetime.fromisoformat(as_of) if isinstance(as_of, str) else as_of,
        params={name: str(value) for name, value in raw.get("set", {}).items()},
        members=raw.get("expect", {}),
        values=raw.get("values", {}),
        refusal=refusal,
        examples=raw.get("examples", False),
    )


_ALL = _cases()
_MEANT = [(title, case) for title, case in _ALL if case.refusal is None]
_REFUSED = [(title, case) for title, case in _ALL if case.refusal is not None]


@pytest.mark.parametrize("name", ["reference", "duckdb"])
@pytest.mark.parametrize(("title", "case"), _MEANT, ids=[title for title, _ in _MEANT])
def test_meaning(count: Callable[..., None], title: str, case: Case, name: str) -> None:
    """The members and values of a case."""
    if name == "duckdb":
        count(name, title, case.rules)
    check(case, backend(name))


@pytest.mark.parametrize("case", [case for _, case in _REFUSED], ids=[title for title, _ in _REFUSED])
def test_refused(case: Case) -> None:
    """The first error of rules that mean nothing."""
    from tests import engine

    check_refused(case, engine.diagnostics(case.model, case.rules))
