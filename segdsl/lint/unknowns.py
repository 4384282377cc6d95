"""`!=` and `not` that hold for those of whom nothing is known, without a word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeAlias

from segdsl import problems
from segdsl.check.constants import is_constant
from segdsl.check.context import BROKEN
from segdsl.diagnostics import Diagnostic
from segdsl.lint.sites import Site
from segdsl.lint.view import Holding, View
from segdsl.logic.formula import every, opposite
from segdsl.logic.solver import is_never
from segdsl.program import Node, is_condition
from segdsl.syntax import tree
from segdsl.syntax.printer import print_expr
from segdsl.types import Kind

_TESTS = ("between", "in", "contains", "starts with", "ends with", "matches", "has any", "has all")

# a condition, and the value that it tests if there is one that is no constant
_Test: TypeAlias = tuple[Site, Site | None]
# whether a value can be unknown where something holds: many conditions of one value can stand side by side
_Answers: TypeAlias = dict[tuple[Holding, Node], bool]

# a definition without these negates nothing
_NEGATION = re.compile(r"!=|\bnot\b")


def includes_unknown(view: View) -> Iterator[Diagnostic]:
    """Negated tests of a value that can be unknown, in rules about the entity. Inside `where` an event that lacks a
    field is one event less, not a customer too many, and there it is left alone."""
    if not _NEGATION.search(view.text):
        return
    answers: _Answers = {}
    for site, holding in view.conditions():
        if site.role == "rule" and not site.is_open:
            found = _told(view, site, holding, answers)
            if found is not None:
                yield found


def _negated(site: Site) -> list[_Test]:
    """The tests that a condition is the opposite of."""
    node = site.node
    if isinstance(node, tree.Operation) and node.op == "not":
        return [(test, _tested(test)) for test in _joined(site.parts[0])] if site.parts else []
    return [(site, _opposed(site))]


def _joined(site: Site) -> list[Site]:
    """The tests that a condition joins by `or`, or itself: the opposite of it is the opposite of each."""
    if isinstance(site.node, tree.Operation) and site.node.op == "or":
        return [test for part in site.parts for test in _joined(part)]
    return [site]


def _opposed(site: Site) -> Site | None:
    """The value of a test that is an opposite by itself."""
    node = site.node
    match node:
        case tree.Comparison(ops=("!=",)):
            return next((part for part in site.parts if part.value != BROKEN and _is_open(part)), None)
        case tree.Operation(op="not in"):
            return site.parts[0] if site.parts and _is_open(site.parts[0]) else None
    return None


def _tested(test: Site) -> Site | None:
    """The value that a condition tests."""
    if test.value == BROKEN:
        return None
    match test.node:
        case tree.Comparison(ops=(_,)) | tree.InWindow():
            return next((part for part in test.parts if _is_open(part)), None)
        case tree.Operation(op=op) if op in _TESTS:
            return test.parts[0] if test.parts and _is_open(test.parts[0]) else None
        case tree.Name() if not is_condition(test.value):
            return test
    return None


def _is_open(part: Site) -> bool:
    """Whether a value is no constant."""
    return part.value != BROKEN and not is_constant(part.value)


def _told(view: View, site: Site, holding: Holding, answers: _Answers) -> Diagnostic | None:
    """One warning of all values that can be unknown: what is written must speak of each."""
    tests = _negated(site)
    values = {part.value: part for _, part in reversed(tests) if part is not None}
    parts = [part for part in reversed(values.values()) if _can_be_unknown(view, part.value, holding, answers)]
    if not parts:
        return None
    return problems.includes_unknown(
        [print_expr(part.node) for part in parts],
        site.node.span,
        print_expr(_of("and", *(_of("is known", part.node) for part in parts), site.node)),
        print_expr(_with_unknown(site, tests, parts)),
    )


def _can_be_unknown(view: View, value: Node, holding: Holding, answers: _Answers) -> bool:
    if value.type.kind is Kind.ANY:
        return False
    found = answers.get((holding, value))
    if found is None:
        unknown = opposite(view.reader.known(value))
        found = answers[holding, value] = not is_never(every((holding(), unknown)), view.reader)
    return found


def _with_unknown(site: Site, tests: list[_Test], parts: list[Site]) -> tree.Expr:
    """The same condition, saying that it holds for the unknown. Of several tests each says so by itself: who fails one
    of them is not meant for being unknown to another."""
    values = [part.value for part in parts]
    if all(part is not None and [part.value] == values for _, part in tests):
        return _of("or", _of("is unknown", parts[0].node), site.node)
    said = [
        test.node if part is None or part.value not in values else _of("and", _of("is known", part.node), test.node)
        for test, part in tests
    ]
    return _of("not", _of("or", *said))


def _of(op: str, *args: tree.Expr) -> tree.Operation:
    return tree.Operation(op, args, args[0].span)
