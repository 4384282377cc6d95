"""The language as readable cases: every Markdown file of tests/spec, on the compiler and on the reference evaluator."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from segdsl.syntax import tree
from tests.cases import AS_OF, SPEC, Case, MetricCase, Refusal, backend, check, check_refused, check_told, default_model
from tests.reference.moments import length_of
from tests.world import named_tables, read_customer

_HEADING = re.compile(r"#+ (.*)")
_FENCE = re.compile(r"```(\w*)")
_OPTION = re.compile(r"(as-of|set|runs): (.*)")
_ERROR = re.compile(r"(?:(SEG\d+) )?(\d+(?::[\d-]+)?) (.*)")
_METRIC = re.compile(r"(\w+)(?:\((.*)\))? of (\S+): (.*)")
_BLOCKS = {
    "customers",
    "strays",
    "tables",
    "model",
    "segdsl",
    "members",
    "values",
    "error",
    "metrics",
    "warnings",
    "claims",
}


@dataclass
class _Section:
    """What stands below one heading."""

    title: str
    blocks: dict[str, str] = field(default_factory=dict)
    as_of: dt.datetime = AS_OF
    runs: tuple[dt.datetime, ...] = ()
    params: dict[str, str] = field(default_factory=dict)


def _sections(path: Path) -> Iterator[_Section]:
    section = _Section("")
    block: str | None = None
    for line in path.read_text(encoding="utf-8").splitlines():
        if block is not None:
            if line == "```":
                block = None
            else:
                section.blocks[block] += f"{line}\n"
        elif match := _FENCE.fullmatch(line):
            block = match.group(1)
            assert block in _BLOCKS, f"{path.name}: {section.title}: unknown block {block}"
            assert block not in section.blocks, f"{path.name}: {section.title}: a second block {block}"
            section.blocks[block] = ""
        elif match := _HEADING.fullmatch(line):
            yield section
            section = _Section(match.group(1))
        elif match := _OPTION.fullmatch(line):
            if match.group(1) == "as-of":
                section.as_of = dt.datetime.fromisoformat(match.group(2))
            elif match.group(1) == "runs":
                section.runs = tuple(map(dt.datetime.fromisoformat, match.group(2).split(", ")))
            else:
                name, _, value = match.group(2).partition(" = ")
                section.params[name] = value
    assert block is None, f"{path.name}: {section.title}: a block is not closed"
    yield section


def _model(section: _Section, folder: Path) -> dict[str, Any]:
    """The model of a case: its own, else the one beside its file, else the usual one."""
    if "model" in section.blocks:
        return named_tables(yaml.safe_load(section.blocks["model"]))
    beside = folder / "model.yaml"
    return deepcopy(_beside(beside)) if beside.exists() else default_model()


@cache
def _beside(path: Path) -> dict[str, Any]:
    return named_tables(yaml.safe_load(path.read_text("utf-8")))


def _case(section: _Section, folder: Path) -> Case:
    blocks = section.blocks
    rules = blocks["segdsl"]
    return Case(
        title=section.title,
        rules=rules,
        model=_model(section, folder),
        customers=tuple(blocks.get("customers", "").splitlines()),
        strays=tuple(blocks.get("strays", "").splitlines()),
        tables=yaml.safe_load(blocks.get("tables", "")) or {},
        as_of=section.as_of,
        runs=section.runs,
        params=section.params,
        members={name: _list(text) for name, text in _named(blocks.get("members", ""))},
        values=_all_values(blocks.get("values", "")),
        metrics=tuple(map(_metric, blocks.get("metrics", "").splitlines())),
        refusal=_refusal(blocks["error"]) if "error" in blocks else None,
        warnings=tuple(map(_refusal, blocks["warnings"].splitlines())) if "warnings" in blocks else None,
        claims=tuple((claim, answer) for claim, answer in _claims(blocks.get("claims", ""))),
        examples=re.search(r"^example\b", rules, re.MULTILINE) is not None,
    )


def _named(block: str) -> Iterator[tuple[str, str]]:
    for line in block.splitlines():
        name, colon, text = line.partition(":")
        assert colon, f"no name before a colon: {line}"
        yield name.strip("` "), text.strip()


def _claims(block: str) -> Iterator[tuple[str, str]]:
    """`loyal inside buyers: proved`."""
    for line in block.splitlines():
        claim, colon, answer = line.rpartition(": ")
        assert colon, f"no answer behind a claim: {line}"
        assert answer in ("proved", "refuted", "not decided"), answer
        yield claim, answer


def _list(text: str) -> list[str]:
    return [key.strip() for key in text.split(",") if key.strip()]


def _all_values(block: str) -> dict[str, dict[str, Any]]:
    """The values of each name; a name can have several lines."""
    out: dict[str, dict[str, Any]] = {}
    for name, text in _named(block):
        out.setdefault(name, {}).update(_values(text))
    return out


def _values(text: str) -> dict[str, Any]:
    """`a = 1, b = unknown`, read like the attributes of a customer."""
    facts = read_customer(f"_: {text}").facts
    return {fact.name.text: _value(fact.value) for fact in facts if isinstance(fact, tree.AttributeFact)}


def _value(value: tree.FactValue) -> Any:
    match value:
        case tree.ListValue():
            return [_value(item) for item in value.items]
        case tree.Number() | tree.Text() | tree.Bool() | tree.Date() | tree.Time():
            return value.value
        case tree.Quantity():
            return dt.timedelta(microseconds=length_of(value).micros)
        case tree.Name():
            return None if value.text == "unknown" else value.text
        case tree.Operation(op="-", args=(one,)):
            inner = _value(one)
            assert isinstance(inner, Decimal | dt.timedelta)
            return -inner
        case _:
            raise ValueError(f"{value.span.text}: no value")


def _metric(line: str) -> MetricCase:
    """`open_rate(period: 30d) of loyal: 0.5`."""
    match = _METRIC.fullmatch(line)
    assert match is not None, f"no metric: {line}"
    name, params, segment, value = match.groups()
    given = dict(item.split(": ") for item in params.split(", ")) if params else {}
    expected = None if value == "unknown" else Decimal(value)
    return MetricCase(name, given, None if segment == "everybody" else segment, expected)


def _refusal(block: str) -> Refusal:
    match = _ERROR.fullmatch(block.strip())
    assert match is not None, f"no error: {block}"
    return Refusal((match.group(2),), match.group(3), match.group(1))


ALL = [
    (f"{path.relative_to(SPEC).with_suffix('').as_posix()}: {section.title}", _case(section, path.parent))
    for path in sorted(SPEC.rglob("*.md"))
    if path.name != "README.md"
    for section in _sections(path)
    if section.blocks
]
_MEANT = [
    (title, case)
    for title, case in ALL
    if case.refusal is None and (case.names or case.examples or not (case.metrics or case.claims or case.warnings))
]
_REFUSED = [(title, case) for title, case in ALL if case.refusal is not None]
_WARNED = [(title, case) for title, case in ALL if case.warnings is not None]
_CLAIMED = [(title, case) for title, case in ALL if case.claims]
# what no program causes, but files, data, engines, options or sheer size: by the hundred, and by themselves where most
# of a hundred is in the spec. Each stands in another test
_OUTSIDE = re.compile(r"SEG[567]\d\d")
_ELSEWHERE = {
    "SEG110", "SEG111",  # megabytes, and characters that cannot be seen
    "SEG214", "SEG215", "SEG217", "SEG233", "SEG234", "SEG235",  # options and arguments
    "SEG807",  # told of data
}  # fmt: skip


@pytest.mark.parametrize("name", ["reference", "duckdb"])
@pytest.mark.parametrize(("title", "case"), _MEANT, ids=[title for title, _ in _MEANT])
def test_meaning(count: Callable[..., None], title: str, case: Case, name: str) -> None:
    """The members and values of a case."""
    if name == "duckdb":
        count(name, title, case.rules)
    assert case.names or case.examples or case.metrics, "the case says nothing"
    check(case, backend(name))


@pytest.mark.parametrize("case", [case for _, case in _REFUSED], ids=[title for title, _ in _REFUSED])
def test_refused(case: Case) -> None:
    """The first error of rules that mean nothing."""
    from tests import engine

    check_refused(case, engine.diagnostics(case.model, case.rules))


@pytest.mark.parametrize("case", [case for _, case in _WARNED], ids=[title for title, _ in _WARNED])
def test_warned(case: Case) -> None:
    """All that lint tells of rules, in the order of the text: what it tells of itself, and the codes that are named."""
    from tests import engine

    assert case.warnings is not None
    named = [item.code for item in case.warnings if item.code in ("SEG809", "SEG812", "SEG813")]
    model = {**case.model, "lint": {"extend": named}} if named else case.model
    found = engine.warnings(model, case.rules)
    assert len(found) == len(case.warnings), "\n\n".join(item.render() for item in found)
    for expected, item in zip(case.warnings, found, strict=True):
        check_told(expected, item)


@pytest.mark.parametrize("case", [case for _, case in _CLAIMED], ids=[title for title, _ in _CLAIMED])
def test_claimed(case: Case) -> None:
    """What becomes of claims about all customers."""
    from segdsl.check import Checker
    from segdsl.proving.claims import read_claim
    from segdsl.proving.prove import prove
    from tests import engine

    checker = Checker(engine.catalog_of(case.model, case.rules))
    checker.check_definitions()
    assert not [item.render() for item in checker.done().diagnostics if item.is_error]
    claims = [read_claim(checker, claim, number) for number, (claim, _) in enumerate(case.claims)]
    assert [(item.claim, item.answer) for item in prove(checker, claims)] == list(case.claims)


def test_every_code_stands_in_the_spec_or_in_another_test() -> None:
    """Every message of segdsl comes with what causes it."""
    from segdsl import rules

    shown = set(re.findall(r"SEG\d{3}", "".join(path.read_text("utf-8") for path in SPEC.rglob("*.*"))))
    tests = [path.read_text("utf-8") for path in SPEC.parent.rglob("*.py") if path != Path(__file__)]
    # where the tests of the pages list those without examples, nothing is tried
    tried = set(
        re.findall(r"SEG\d{3}", "".join(re.sub(r"^PROSE = .*?^}", "", text, flags=re.M | re.S) for text in tests))
    )
    tried |= {code for code in rules.codes() if " bad\n" in rules.read(code)}  # run by the tests of the pages
    outside = {code for code in rules.codes() if _OUTSIDE.fullmatch(code) or code in _ELSEWHERE}
    assert [code for code in rules.codes() if code not in (tried | shown if code in outside else shown)] == []
    assert not _ELSEWHERE & shown
