"""Lint: from a checked catalog to what is rarely meant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from segdsl.check import Checker
from segdsl.diagnostics import Diagnostic, sort
from segdsl.lint import allow
from segdsl.lint.room import Room
from segdsl.lint.table import DEFAULT, EVERY, OF_DATA, RULES, UNUSED_ALLOW, WRONG_ALLOW
from segdsl.model.model import Model


def told(model: Model) -> frozenset[str]:
    """The codes that a catalog wants to be told of: what `lint` in its model says, else the usual ones."""
    chosen = frozenset(model.lint.select) or DEFAULT
    if "all" in chosen:
        chosen = EVERY
    return (chosen | frozenset(model.lint.extend)) - frozenset(model.lint.ignore)


def lint(checker: Checker, of_data: Iterable[Diagnostic] | None = None) -> list[Diagnostic]:
    """The warnings about a catalog that has no errors. `of_data` are those that come from the data, where these were
    looked at; where not, comments that allow such are left alone."""
    codes = told(checker.catalog.model)
    room = Room(checker)
    found: list[Diagnostic] = []
    for rule in RULES:
        if codes.intersection((*rule.codes, *rule.wanted)):
            found.extend(item for item in rule.find(room) if item.code in codes)
    found.extend(item for item in of_data or () if item.code in codes)
    return sort(_allowed(checker, found, codes if of_data is not None else codes - frozenset(OF_DATA)))


def _allowed(checker: Checker, found: Sequence[Diagnostic], codes: frozenset[str]) -> list[Diagnostic]:
    comments, wrong = allow.allows(checker.catalog.modules)
    left = list(allow.without_allowed(sort(found), comments))
    left.extend(wrong if WRONG_ALLOW in codes else ())
    left.extend(allow.unused(comments, codes) if UNUSED_ALLOW in codes else ())
    return left
