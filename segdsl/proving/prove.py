"""Proofs: whether a claim holds for every customer, with a customer where it does not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Literal

from segdsl.check import Checker
from segdsl.check.examples import example
from segdsl.diagnostics import Source
from segdsl.logic.formula import Formula, atoms
from segdsl.logic.reading import Reader
from segdsl.logic.solver import is_never
from segdsl.logic.truth import nearness
from segdsl.proving.claims import Claim, plain_names
from segdsl.proving.hints import solver_hints
from segdsl.proving.undecided import why_open
from segdsl.syntax import tree
from segdsl.syntax.parser import parse
from segdsl.testing.near import Near
from segdsl.testing.trial import as_of_standing, try_examples

Answer = Literal["proved", "refuted", "not decided"]


@dataclass(frozen=True)
class Verdict:
    """What became of a claim; where it is refuted, the customer who breaks it, and example lines that say so, each of
    which was tried; where it is not decided, why."""

    claim: str
    answer: Answer
    customer: str = ""
    examples: tuple[str, ...] = ()
    reason: str = ""


def has_prover() -> bool:
    """Whether z3 is there."""
    return find_spec("z3") is not None


def is_refuted(formula: Formula, reader: Reader) -> bool:
    """Whether it is proved that nobody fulfils a formula; with z3 where that is there."""
    if is_never(formula, reader):
        return True
    if not has_prover():
        return False
    from segdsl.proving import encode

    return encode.is_refuted(formula, reader)


def prove(checker: Checker, claims: Iterable[Claim]) -> list[Verdict]:
    """The verdict on each claim."""
    return [_verdict(checker, claim) for claim in claims]


def _verdict(checker: Checker, claim: Claim) -> Verdict:
    reader = Reader(checker.instances)
    formula = reader.condition(checker.instances[claim.broken_by.instance].value)
    if is_refuted(formula, reader):
        return Verdict(claim.text, "proved")
    as_of, entity = as_of_standing(checker.catalog.model), claim.broken_by.entity
    near = Near(checker, entity, list(atoms(formula)), as_of, solver_hints(formula, reader, as_of, entity))
    with closing(near):
        draft = near.search(lambda truth: nearness(formula, truth)) if near.can_be_tried else None
    if draft is not None and near.holds(claim.broken_by, draft):
        customer = near.text(draft)
        names = plain_names(checker, claim)
        lines = [f"example {'in' if is_in else 'not in'} {name}:{_spaced(customer)}" for name, is_in in names]
        if _come_out(checker, lines):
            return Verdict(claim.text, "refuted", customer, tuple(lines))
    reason = why_open(checker.catalog.model, near.plan, entity, near.can_be_tried)
    return Verdict(claim.text, "not decided", reason=reason)


def _spaced(text: str) -> str:
    return f" {text}" if text else ""


def _come_out(checker: Checker, lines: Sequence[str]) -> bool:
    """Whether example lines, read as those of a file are, come out as they say."""
    parsed = parse(Source("claim", "\n".join(lines)))
    if parsed.diagnostics:
        return False
    before = len(checker.diagnostics)
    examples = [
        made for node in parsed.module.definitions if isinstance(node, tree.Example) for made in example(checker, node)
    ]
    del checker.diagnostics[before:]
    if len(examples) != len(lines):
        return False
    program = checker.done().program
    return all(trial.passed for trial in try_examples(checker.catalog.model, program, examples))
