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
from segdsl.diagnostics import Source, sort
from segdsl.error import SegdslError
from segdsl.functions import operator
from segdsl.logic.entities import entity_of_node
from segdsl.program import Apply, Moment, Node, Output
from segdsl.syntax import tree
from segdsl.syntax.parser import parse, parse_value
from segdsl.syntax.scanner import on_one_line, pieces
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


def read_claim(checker: Checker, text: str, number: int) -> Claim:
    """A claim: `never A`, `disjoint A B`, `A inside B`, `covers tier`. Raises SegdslError."""
    text = on_one_line(text)
    first, _, rest = text.partition(" ")
    before = len(checker.diagnostics)
    try:
        if first in ("never", "always") and rest:
            return _of_one(checker, first, text, rest, number)
        if called := re.match(r"(disjoint|same|covers) ?\(", text):
            return _of_call(checker, called.group(1), text, number)
        if first in ("disjoint", "same"):
            return _of_two(checker, first, text, _parts(rest), number)
        if first == "covers" and rest:
            return _expected(checker, f"covers({rest})", text, number)
        if re.search(r"\binside\b", text):
            return _expected(checker, text, text, number)
        raise SegdslError([problems.not_a_claim(text)])
    finally:
        del checker.diagnostics[before:]


def _of_one(checker: Checker, word: str, text: str, rest: str, number: int) -> Claim:
    node = _condition(checker, rest)
    broken = node if word == "never" else negation(node)
    return Claim(text, _held(checker, broken, number), ((rest.strip(), word == "never"),))


def _of_call(checker: Checker, word: str, text: str, number: int) -> Claim:
    """`disjoint(A, B)`, `same(A, B)`, `covers(tier)`."""
    if word == "covers":
        return _expected(checker, text, text, number)
    node, diagnostics = parse_value(Source("claim", text))
    if diagnostics or not isinstance(node, tree.Call):
        raise SegdslError(diagnostics or [problems.not_a_claim(text)])
    return _of_two(checker, word, text, [argument.value.span.text for argument in node.args], number)


def _of_two(checker: Checker, word: str, text: str, parts: Sequence[str], number: int) -> Claim:
    if len(parts) != 2:
        raise SegdslError([problems.not_a_claim(text)])
    one, other = (_condition(checker, part) for part in parts)
    if word == "disjoint":
        return Claim(text, _held(checker, conjunction([one, other]), number), ((parts[0], True), (parts[1], True)))
    apart = [conjunction([one, negation(other)]), conjunction([negation(one), other])]
    return Claim(text, _held(checker, Apply(operator("or"), tuple(apart), BOOL), number))


def _parts(text: str) -> list[str]:
    """What stands between blanks, those within quotes apart."""
    parts = [""]
    for kind, piece in pieces(text):
        if kind == "blank":
            parts.append("")
        else:
            parts[-1] += piece
    return parts


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


def _expected(checker: Checker, expect: str, text: str, number: int) -> Claim:
    """A claim that could be an `expect` line."""
    node = _read(expect)
    if node.inside is None and not isinstance(node.condition, tree.Call):
        raise SegdslError([problems.not_a_claim(text)])  # it asks how many there are
    before = len(checker.diagnostics)
    made = list(expectation(checker, node, 1_000_000 + number))
    if not made:
        raise SegdslError(sort(checker.diagnostics[before:]))
    checker.work_off()
    return Claim(text, made[0].output, _names(node))


def _read(expect: str) -> tree.Expect:
    parsed = parse(Source("claim", f"expect {expect}"))
    definitions = parsed.module.definitions
    if parsed.diagnostics or len(definitions) != 1 or not isinstance(definitions[0], tree.Expect):
        raise SegdslError(parsed.diagnostics or [problems.not_a_claim(expect)])
    return definitions[0]


def _names(node: tree.Expect) -> tuple[tuple[str, bool], ...]:
    """What it speaks of, each with whether who breaks it is in it."""
    if node.inside is not None:
        return (node.condition.span.text, True), (node.inside.span.text, False)
    if isinstance(node.condition, tree.Call) and node.condition.name.text == "disjoint":
        parts = [argument.value.span.text for argument in node.condition.args]
        return tuple((part, True) for part in parts) if len(parts) == 2 else ()
    return ()


def expected_claims(checker: Checker) -> list[Claim]:
    """The `expect` lines that say something of all customers."""
    found: list[Claim] = []
    for item in checker.expectations:
        if item.kind != "between":
            text = on_one_line(item.span.text.removeprefix("expect"))
            found.append(Claim(text, item.output, _names(_read(text))))
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
