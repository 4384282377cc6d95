"""The rules: the codes that each tells, and whether they are told where nothing is said about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from segdsl.diagnostics import Diagnostic
from segdsl.lint import names, slips, time, truth, unknowns
from segdsl.lint.view import View


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule about single definitions: what it tells, and how it finds it. `codes` are told by default, `wanted` where
    asked for."""

    find: Callable[[View], Iterator[Diagnostic]]
    codes: tuple[str, ...] = ()
    wanted: tuple[str, ...] = ()


RULES: tuple[Rule, ...] = (
    Rule(truth.never_and_always, ("SEG801", "SEG802")),
    Rule(truth.repeated, ("SEG803",)),
    Rule(truth.unreached, ("SEG804",)),
    Rule(unknowns.includes_unknown, ("SEG805",)),
    Rule(names.unused_parameters, ("SEG808",)),
    Rule(names.deprecated_used, ("SEG810",)),
    Rule(names.no_description, wanted=("SEG812",)),
    Rule(names.no_owner, wanted=("SEG813",)),
    Rule(time.anniversary_behind, ("SEG806",)),
    Rule(time.beside_its_opposite, ("SEG814",)),
    Rule(time.mixed_ends, ("SEG814",)),
    Rule(time.as_of_nothing, ("SEG815",)),
    Rule(names.no_labels, ("SEG841",)),
    Rule(truth.scores_of_constants, ("SEG842",)),
    Rule(slips.thousands, ("SEG843",)),
    Rule(slips.ends_with_first, ("SEG844",)),
    Rule(slips.sums_of_keys, ("SEG845",)),
)
# what only all definitions together show (SEG808 and SEG810 of some too), and what stands above other lines too
TOGETHER, TOGETHER_WANTED = ("SEG808", "SEG810", "SEG811", "SEG840"), ("SEG809",)
# told only where the data are at hand, but for an age that needs none
OF_DATA = ("SEG806", "SEG807")
UNUSED_ALLOW, WRONG_ALLOW = "SEG816", "SEG817"
OF_COMMENTS = (UNUSED_ALLOW, WRONG_ALLOW)

DEFAULT = frozenset((*(code for rule in RULES for code in rule.codes), *TOGETHER, *OF_DATA, *OF_COMMENTS))
EVERY = frozenset((*DEFAULT, *(code for rule in RULES for code in rule.wanted), *TOGETHER_WANTED))
