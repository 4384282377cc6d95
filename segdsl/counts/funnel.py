"""How many customers each part of a rule lets through, in one evaluation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from segdsl.check.comparisons import conjunction
from segdsl.counts.wanted import evaluated
from segdsl.evaluator import Evaluator
from segdsl.functions import operator
from segdsl.program import Apply, Node, Output, Reference
from segdsl.syntax import tree
from segdsl.testing.explain import Part
from segdsl.types import BOOL, Kind

if TYPE_CHECKING:
    from segdsl.engines.handed import Data

Word = Literal["and", "or", "label", ""]


@dataclass(frozen=True, slots=True)
class Passed:
    """A part of a rule, so `deep` in it: how many hold it (`alone`).

    Of the parts of the rule itself also how many hold it and all before it (of an `or`: any so far; of a segmentation:
    how many get the label), and how many would be members without it.
    """

    text: str
    deep: int
    alone: int
    so_far: int | None = None
    without: int | None = None


@dataclass(frozen=True, slots=True)
class Funnel:
    """What a rule lets through, part by part; `word` is what joins its parts (`label` for a segmentation)."""

    name: str
    entity: str
    word: Word
    as_of: dt.datetime
    population: int
    members: int
    parts: tuple[Passed, ...]


def funnel(
    evaluator: Evaluator, part: Part, as_of: dt.datetime, data: Data | None, engine: str | None = None
) -> Funnel:
    """The funnel of a rule that was taken apart; raises SegdslError."""
    assert part.output is not None
    rule = _rule(part)
    word = _word(rule, part)
    shown = rule.parts if word else (rule,)
    made = _Made(evaluator, part.output.entity)
    rows: list[tuple[Part, int, Output, Output | None, Output | None]] = []
    steps = [item for item in shown if item.output is not None and item.output.type.kind is Kind.BOOL]
    nodes = [_reference(item) for item in steps]
    for index, item in enumerate(steps):
        assert item.output is not None
        so_far = without = None
        if word in ("and", "or"):
            so_far = made.output(_joined(word, nodes[: index + 1]))
            without = made.output(_joined(word, [node for other, node in enumerate(nodes) if other != index]))
        elif word == "label" and item.role == "label":
            before = [node for node, one in zip(nodes[:index], steps, strict=False) if one.role == "label"]
            among = [node for node, one in zip(nodes, steps, strict=False) if one.role == "among"]
            not_before = [Apply(operator("not"), (node,), BOOL) for node in before]
            so_far = made.output(conjunction([*among, *not_before, nodes[index]]))
        rows.append((item, 0, item.output, so_far, without))
        rows.extend((each, deep, output, None, None) for each, deep, output in _inside(item, 1))
    whole = [_member(made, part)]
    outputs = list({output.name: output for row in rows for output in row[2:] if output is not None}.values())
    conditions = [made.output(Apply(operator("and"), (_of(output),), BOOL)) for output in outputs]
    made.evaluator.checked().work_off()
    with evaluated(evaluator, [*whole, *conditions], as_of, data, there=engine) as evaluation:
        counts = evaluation.counts([*whole, *conditions])
    by_name = {output.name: counts[made_.name][0] for output, made_ in zip(outputs, conditions, strict=True)}
    members, population = counts[whole[0].name]
    parts = tuple(
        Passed(
            item.text,
            deep,
            by_name[alone.name],
            None if so_far is None else by_name[so_far.name],
            None if without is None else by_name[without.name],
        )
        for item, deep, alone, so_far, without in rows
    )
    return Funnel(part.text, part.output.entity, word, as_of, population, members, parts)


class _Made:
    """Outputs that no file defines."""

    def __init__(self, evaluator: Evaluator, entity: str) -> None:
        self.evaluator, self.entity, self.count = evaluator, entity, 0

    def output(self, node: Node) -> Output:
        self.count += 1
        checker = self.evaluator.checked()
        return checker.hold(f".funnel {self.count}", self.entity, checker.settled(node))


def _member(made: _Made, part: Part) -> Output:
    """Who is a member; of a segmentation whoever has a label."""
    assert part.output is not None
    node = _of(part.output)
    if part.output.kind == "segmentation":
        node = Apply(operator("is known"), (node,), BOOL)
    return made.output(Apply(operator("and"), (node,), BOOL))


def _rule(part: Part) -> Part:
    """The part that a rule is written as: below a name, as long as that stands for one other rule alone."""
    while part.names and len(part.parts) == 1 and part.parts[0].output is not None:
        part = part.parts[0]
    return part


def _word(rule: Part, part: Part) -> Word:
    if part.output is not None and part.output.kind == "segmentation":
        return "label"
    if isinstance(rule.node, tree.Operation) and rule.node.op in ("and", "or"):
        return "and" if rule.node.op == "and" else "or"
    return ""


def _inside(part: Part, deep: int) -> Iterator[tuple[Part, int, Output]]:
    """The conditions that a part is made of, three deep."""
    inner = _rule(part)
    if deep > 3 or not isinstance(inner.node, tree.Operation) or inner.node.op not in ("and", "or", "not"):
        return
    for item in inner.parts:
        if item.output is not None and item.output.type.kind is Kind.BOOL:
            yield item, deep, item.output
            yield from _inside(item, deep + 1)


def _joined(word: str, nodes: Sequence[Node]) -> Node:
    """Nodes joined; none of an `and` holds for everybody, none of an `or` for nobody."""
    from segdsl.program import Constant

    if not nodes:
        return Constant(word == "and", BOOL)
    return nodes[0] if len(nodes) == 1 else Apply(operator(word), tuple(nodes), BOOL)


def _reference(part: Part) -> Node:
    assert part.output is not None
    return _of(part.output)


def _of(output: Output) -> Node:
    return Reference(output.instance, output.entity, output.type, output.kind == "segment")
