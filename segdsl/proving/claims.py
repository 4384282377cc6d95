"""What is claimed, as the condition of those who would break it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from segdsl import problems
from segdsl.catalog import CATALOG
from segdsl.check import Checker
from segdsl.check.comparisons import conjunction, negation
from segdsl.check.context import BROKEN, Context
from segdsl.check.expectations import entity_of, expectation
from segdsl.diagnostics import Diagnostic, Source, sort
from segdsl.error import SegdslError
from segdsl.functions import operator
from segdsl.logic.entities import entity_of_node
from segdsl.program import Apply, Moment, Node, Output
from segdsl.syntax import tree
from segdsl.syntax.parser import parse, parse_value
from segdsl.types import BOOL

Word = Literal["never", "always", "disjoint", "inside", "same", "covers"]
_PLAIN = re.compile(r"[\w.`]+")


@dataclass(frozen=True)
class Claim:
    """A claim: its text, the output that holds for whoever breaks it, and the names that it speaks of, each with
    whether who breaks it is in it (an example says so)."""

    text: str
    broken_by: Output
    names: tuple[tuple[str, bool], ...] = ()


def read_claim(checker: Checker, words: Sequence[str], number: int) -> Claim:
    """A claim as the command line gives it: `never A`, `disjoint A B`, `A inside B`, `covers tier`. Raises
    SegdslError."""
    text = " ".join(words).strip()
    first, _, rest = text.partition(" ")
    before = len(checker.diagnostics)
    try:
        if first in ("never", "always") and rest.strip():
            return _of_one(checker, first, text, rest, number)
        if first in ("disjoint", "same") or re.match(r"(disjoint|same|covers)\s*\(", text):
            return _of_two(checker, text, words, number)
        if first == "covers" and rest.strip():
            return _expected(checker, f"covers({rest})", text, number, ())
        sides = text.split(" inside ")
        if len(sides) == 2:
            names = tuple((side.strip(), is_in) for side, is_in in zip(sides, (True, False), strict=True))
            return _expected(checker, text, text, number, names)
        raise SegdslError([problems.not_a_claim(text)])
    finally:
        del checker.diagnostics[before:]


def _of_one(checker: Checker, word: str, text: str, rest: str, number: int) -> Claim:
    node = _condition(checker, rest)
    broken = node if word == "never" else negation(node)
    return Claim(text, _held(checker, broken, number), ((rest.strip(), word == "never"),))


def _of_two(checker: Checker, text: str, words: Sequence[str], number: int) -> Claim:
    called = re.fullmatch(r"(disjoint|same|covers)\s*\((.*)\)", text, re.DOTALL)
    if called and called.group(1) == "covers":
        return _expected(checker, text, text, number, ())
    word = called.group(1) if called else text.partition(" ")[0]
    parts = [part for part in words if part != word] if len(words) == 3 else text.split()[1:]
    if called:
        node, diagnostics = parse_value(Source("claim", text))
        if diagnostics or not isinstance(node, tree.Call) or len(node.args) != 2:
            raise SegdslError(diagnostics or [problems.not_a_claim(text)])
        parts = [argument.value.span.text for argument in node.args]
    if len(parts) != 2:
        raise SegdslError([problems.not_a_claim(text)])
    one, other = (_condition(checker, part) for part in parts)
    if word == "disjoint":
        return Claim(text, _held(checker, conjunction([one, other]), number), ((parts[0], True), (parts[1], True)))
    apart = [conjunction([one, negation(other)]), conjunction([negation(one), other])]
    return Claim(text, _held(checker, Apply(operator("or"), tuple(apart), BOOL), number))


def _condition(checker: Checker, text: str) -> Node:
    node, diagnostics = parse_value(Source("claim", text))
    if node is None or diagnostics:
        raise SegdslError(diagnostics)
    before = len(checker.diagnostics)
    value = checker.condition(Context(CATALOG, entity_of(checker, node), Moment()), node)
    if value == BROKEN:
        raise SegdslError(sort(checker.diagnostics[before:]))
    return value


def _held(checker: Checker, node: Node, number: int) -> Output:
    entity = entity_of_node(node) or checker.model.default_entity.name
    found = checker.hold(f".claim {number}", entity, Apply(operator("and"), (node,), BOOL))
    checker.work_off()
    return found


def _expected(checker: Checker, expect: str, text: str, number: int, names: tuple[tuple[str, bool], ...]) -> Claim:
    """A claim that could be an `expect` line."""
    parsed = parse(Source("claim", f"expect {expect}"))
    found: list[Diagnostic] = list(parsed.diagnostics)
    node = next(iter(parsed.module.definitions), None)
    if found or not isinstance(node, tree.Expect):
        raise SegdslError(found or [problems.not_a_claim(text)])
    before = len(checker.diagnostics)
    made = list(expectation(checker, node, 1_000_000 + number))
    if not made:
        raise SegdslError(sort(checker.diagnostics[before:]))
    checker.work_off()
    return Claim(text, made[0].output, names)


def expected_claims(checker: Checker) -> list[Claim]:
    """The `expect` lines that say something of all customers."""
    found: list[Claim] = []
    for item in checker.expectations:
        if item.kind != "between":
            text = " ".join(item.span.text.removeprefix("expect").split())
            sides = text.split(" inside ")
            names: tuple[tuple[str, bool], ...] = ()
            if item.kind == "inside" and len(sides) == 2:
                names = ((sides[0], True), (sides[1], False))
            elif item.kind == "disjoint":
                inner = text.removeprefix("disjoint").strip()[1:-1].split(",")
                names = tuple((part.strip(), True) for part in inner) if len(inner) == 2 else ()
            found.append(Claim(text, item.output, names))
    return found


def plain_names(checker: Checker, claim: Claim) -> list[tuple[str, bool]]:
    """Those of a claim's names that an example can be about."""
    found: list[tuple[str, bool]] = []
    for name, is_in in claim.names:
        if _PLAIN.fullmatch(name):
            output = checker.output(name.replace("`", ""))
            if output is not None and output.kind == "segment":
                found.append((name, is_in))
    return found
