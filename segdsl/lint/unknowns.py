"""`!=` and `not` that hold for those of whom nothing is known, without a word."""

from __future__ import annotations

import re
from collections.abc import Iterator

from segdsl import problems
from segdsl.check.constants import is_constant
from segdsl.check.context import BROKEN
from segdsl.diagnostics import Diagnostic
from segdsl.lint.sites import Site
from segdsl.lint.view import Beside, View
from segdsl.logic.formula import every, opposite
from segdsl.logic.solver import is_never
from segdsl.program import is_condition
from segdsl.syntax import tree
from segdsl.syntax.printer import print_expr
from segdsl.types import Kind

_TESTS = ("between", "in", "contains", "starts with", "ends with", "matches", "has any", "has all")

# a definition without these negates nothing
_NEGATION = re.compile(r"!=|\bnot\b")


def includes_unknown(view: View) -> Iterator[Diagnostic]:
    """Negated tests of a value that can be unknown, in rules about the entity. Inside `where` an event that lacks a
    field is one event less, not a customer too many, and there it is left alone."""
    if not _NEGATION.search(view.text):
        return
    for site, beside in view.conditions():
        if site.role == "rule" and not site.is_open:
            for operand in _negated(site):
                found = _told(view, site, operand, beside)
                if found is not None:
                    yield found


def _negated(site: Site) -> list[Site]:
    """The values whose tests a condition is the opposite of, each once."""
    node = site.node
    if isinstance(node, tree.Operation) and node.op == "not":
        tests = _joined(site.parts[0]) if site.parts else []
        found = [part for test in tests if (part := _tested(test)) is not None]
    else:
        part = _opposed(site)
        found = [] if part is None else [part]
    return list({part.value: part for part in reversed(found)}.values())[::-1]


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


def _told(view: View, site: Site, operand: Site, beside: Beside) -> Diagnostic | None:
    known = view.reader.known(operand.value)
    if is_never(every((*beside(), view.formula(site), opposite(known))), view.reader):
        return None
    if operand.value.type.kind is Kind.ANY:
        return None
    name, written = print_expr(operand.node), print_expr(site.node)
    return problems.includes_unknown(
        name, site.node.span, f"{name} is known and {written}", f"{name} is unknown or {written}"
    )
