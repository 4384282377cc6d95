"""Cases of the language as data: a model, customers, rules, and who is a member of what."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import yaml

from segdsl.diagnostics import Diagnostic, Source
from segdsl.syntax import tree
from segdsl.syntax.parser import parse
from tests.reference.evaluator import Reference
from tests.world import Row, World, customer_rows, fact_as_of, fact_rows, named_tables, stray_rows, typed_tables

SPEC = Path(__file__).parent / "spec"
AS_OF = dt.datetime(2026, 3, 31)


class Backend(Protocol):
    """Whatever evaluates rules: the named definitions, each with a value by key."""

    def __call__(
        self, world: World, rules: str, names: Sequence[str], params: dict[str, str]
    ) -> dict[str, dict[str, Any]]: ...


@dataclass(frozen=True)
class Refusal:
    """The error that rules must be refused with: where (any of the places), a word of its message, its code."""

    places: tuple[str, ...]
    says: str
    code: str | None = None


@dataclass(frozen=True)
class MetricCase:
    """What a metric is of a segment (None: of everybody), with values for its params."""

    metric: str
    params: dict[str, str]
    segment: str | None
    value: Decimal | None


@dataclass(frozen=True)
class Case:
    """One case, wherever it was written."""

    title: str
    rules: str
    model: dict[str, Any]
    customers: tuple[str, ...] = ()
    strays: tuple[str, ...] = ()
    tables: dict[str, list[Row]] = field(default_factory=dict)
    as_of: dt.datetime = AS_OF
    runs: tuple[dt.datetime, ...] = ()
    params: dict[str, str] = field(default_factory=dict)
    members: dict[str, list[str]] = field(default_factory=dict)
    values: dict[str, dict[str, Any]] = field(default_factory=dict)
    metrics: tuple[MetricCase, ...] = ()
    refusal: Refusal | None = None
    warnings: tuple[Refusal, ...] | None = None
    claims: tuple[tuple[str, str], ...] = ()
    examples: bool = False

    @property
    def names(self) -> list[str]:
        """Every name that the case says something about."""
        return list(dict.fromkeys([*self.members, *self.values]))


def default_model() -> dict[str, Any]:
    """The model of every case that brings none."""
    return deepcopy(_default_model())


@cache
def _default_model() -> dict[str, Any]:
    model: dict[str, Any] = yaml.safe_load((SPEC / "conformance" / "model.yaml").read_text(encoding="utf-8"))
    return named_tables(model)


def world_of(case: Case) -> World:
    """The world that a case describes."""
    tables = customer_rows(case.model, case.customers, case.as_of)
    for extra in (stray_rows(case.model, case.strays, case.as_of), typed_tables(case.model, case.tables)):
        tables = {name: [*tables.get(name, []), *extra.get(name, [])] for name in {**tables, **extra}}
    return World(case.model, tables, case.as_of, case.runs)


def reference(world: World, rules: str, names: Sequence[str], params: dict[str, str]) -> dict[str, dict[str, Any]]:
    """The reference evaluator as a backend."""
    evaluator = Reference(world, rules, params)
    return {name: evaluator.values(name) for name in names}


def backend(name: str) -> Backend:
    """The backend by its name; the compiler's is looked up only when it is asked for."""
    if name == "reference":
        return reference
    from tests import engine

    evaluate: Backend = engine.evaluate
    return evaluate


def check(case: Case, evaluate: Backend) -> None:
    """Asserts what a case says, on a backend."""
    if case.names:
        found = evaluate(world_of(case), case.rules, case.names, case.params)
        for name, members in case.members.items():
            holds = sorted(key for key, value in found[name].items() if value is True)
            assert holds == sorted(str(key) for key in members), f"members of {name}"
        for name, values in case.values.items():
            for key, value in values.items():
                assert same(value, found[name][str(key)]), f"{name} of {key}: {found[name][str(key)]!r}, not {value!r}"
    if case.examples:
        for example in _examples(case.rules):
            _check_example(case, example, evaluate)


def check_refused(case: Case, diagnostics: Iterable[Diagnostic]) -> None:
    """Asserts that the first error is the one that a case asks for."""
    assert case.refusal is not None
    errors = [item for item in diagnostics if item.is_error]
    assert errors, "the rules were not refused"
    check_told(case.refusal, errors[0])


def check_told(expected: Refusal, found: Diagnostic) -> None:
    """Asserts that a diagnostic is the one that a case asks for."""
    assert found.span is not None, found.message
    assert any(_lies_at(found, place) for place in expected.places), found.render()
    assert expected.says.casefold() in found.message.casefold(), found.render()
    assert expected.code in (None, found.code), found.render()


def same(expected: Any, found: Any) -> bool:
    """Whether a value is the one expected: numbers to six digits, dates and times by their text."""
    if expected is None or found is None:
        return expected is None and found is None
    if isinstance(expected, bool) or isinstance(found, bool):
        return expected is found
    if isinstance(expected, dt.timedelta):
        return found in (expected, expected // dt.timedelta(microseconds=1))
    if isinstance(expected, int | float | Decimal):
        return isinstance(found, int | float | Decimal | Fraction) and _near(expected, found)
    if isinstance(found, tuple | list):
        return [str(item) for item in expected] == [str(item) for item in found]
    return str(expected) == str(found)


def _near(expected: Any, found: Any) -> bool:
    left, right = Fraction(Decimal(str(expected))), Fraction(found if isinstance(found, int) else str(found))
    return bool(abs(left - right) * 1_000_000 <= max(Fraction(1), abs(left)))


def _lies_at(found: Diagnostic, place: str) -> bool:
    assert found.span is not None
    line, _, columns = place.partition(":")
    if found.span.line != int(line):
        return False
    if not columns:
        return True
    low, _, high = columns.partition("-")
    return int(low) <= found.span.column <= int(high or low)


def _examples(rules: str) -> list[tree.Example]:
    module = parse(Source("rules.seg", rules)).module
    return [one for one in module.definitions if isinstance(one, tree.Example)]


def _check_example(case: Case, example: tree.Example, evaluate: Backend) -> None:
    as_of = fact_as_of(case.model, example.facts, case.as_of)
    tables = fact_rows(case.model, [("example", example.facts)], as_of)
    world = world_of(replace(case, customers=(), strays=()))
    tables = {name: [*world.tables.get(name, []), *rows] for name, rows in tables.items()}
    name = example.target.text
    found = evaluate(World(case.model, tables, as_of), case.rules, [name], case.params)[name]["example"]
    assert found is not example.negated, f"line {example.span.line}: {example.span.text}"
    assert isinstance(found, bool)
