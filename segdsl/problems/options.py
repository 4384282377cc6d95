"""SEG78x: what the methods of the API are given."""

from __future__ import annotations

from collections.abc import Sequence

from segdsl.diagnostics import Diagnostic
from segdsl.problems.words import did_you_mean, either


def not_one_of(option: str, found: str, words: Sequence[str]) -> Diagnostic:
    message = f"`{option}` has to be {either(words, 20)}, found `{found}`"
    return Diagnostic("SEG781", message, None, did_you_mean(found, words))


def not_such_a_value(option: str, found: str, expected: str) -> Diagnostic:
    return Diagnostic("SEG782", f"`{option}` has to be {expected}, found `{found}`", None)
