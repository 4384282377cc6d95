"""Coverage: which conditions of which rules the examples have seen true, and which false."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from segdsl.catalog import Definition
from segdsl.check import Checker
from segdsl.check.context import BROKEN
from segdsl.diagnostics import Span
from segdsl.lint.sites import Site, Walker
from segdsl.plan import make_plan
from segdsl.plan.nodes import needed
from segdsl.program import Example, Output
from segdsl.syntax import tree
from segdsl.syntax.printer import print_expr
from segdsl.testing.trial import as_of_of, evaluate_given, is_alone_anyway
from segdsl.types import Kind


@dataclass(frozen=True, slots=True)
class Seen:
    """A condition of a definition's own text, and how often examples that reach the definition found it true and
    false."""

    definition: str
    text: str
    span: Span
    true: int
    false: int

    @property
    def is_covered(self) -> bool:
        """Whether it was found both true and false."""
        return bool(self.true and self.false)


def coverage(checker: Checker, examples: Sequence[Example], names: Sequence[str] = ()) -> list[Seen]:
    """What the examples have seen of the catalog's own segments and segmentations, or of those named."""
    walker = Walker(checker)
    conditions: list[tuple[Definition, Site, Output]] = []
    for definition in list(checker.catalog.own()):
        is_rule = isinstance(definition.tree, tree.Segment | tree.Segmentation)
        if is_rule and (not names or definition.name in names):
            for site in (leaf for root in walker.sites(definition) for leaf in _leaves(root)):
                name = f".seen {len(conditions)}"
                conditions.append(
                    (definition, site, checker.hold(name, definition.entity, checker.settled(site.value)))
                )
    checker.work_off()
    counts = _counts(checker, conditions, examples)
    return [
        Seen(definition.name, print_expr(site.node), site.node.span, *counts[output.name])
        for definition, site, output in conditions
    ]


def _leaves(site: Site) -> Iterator[Site]:
    """The conditions of a rule that are made of no others."""
    if site.role != "rule" or site.value == BROKEN or site.value.type.kind is not Kind.BOOL:
        return
    is_joined = isinstance(site.node, tree.Operation) and site.node.op in ("and", "or", "not")
    if not is_joined:
        yield site
        return
    for part in site.parts:
        yield from _leaves(part)


def _counts(
    checker: Checker, conditions: Sequence[tuple[Definition, Site, Output]], examples: Sequence[Example]
) -> dict[str, tuple[int, int]]:
    program = checker.done().program
    model = checker.catalog.model
    by_entity: dict[str, list[tuple[str, Output]]] = defaultdict(list)
    for definition, _, output in conditions:
        by_entity[definition.entity].append((definition.name, output))
    true: dict[str, int] = defaultdict(int)
    false: dict[str, int] = defaultdict(int)
    groups: dict[tuple[dt.datetime, str, str], list[Example]] = defaultdict(list)
    for number, example in enumerate(examples):
        if example.target.entity in by_entity:
            outputs = [output for _, output in by_entity[example.target.entity]]
            shared = "" if is_alone_anyway(make_plan(program, outputs)) else f"{number}"
            groups[(as_of_of(model, example), example.target.entity, shared)].append(example)
    for (as_of, entity, _), group in groups.items():
        reached = [
            {key.definition for key in needed(program, [example.target.instance])} | {_owner(example.target.name)}
            for example in group
        ]
        wanted = [(name, output) for name, output in by_entity[entity] if any(name in names for names in reached)]
        if not wanted:
            continue
        given = {f"{number}": example for number, example in enumerate(group)}
        values = evaluate_given(model, program, [output for _, output in wanted], given, as_of)
        for number, names in enumerate(reached):
            row = values.get(f"{number}")
            if row is None:  # in no population, of whom nothing is false either
                continue
            for name, output in wanted:
                if name in names:
                    (true if row.get(output.name) is True else false)[output.name] += 1
    return {output.name: (true[output.name], false[output.name]) for _, _, output in conditions}


def _owner(name: str) -> str:
    return name.rpartition(".")[0] or name
