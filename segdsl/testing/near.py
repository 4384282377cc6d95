"""Customers near a rule: many are tried at a time, and the best of them moved towards a goal."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from segdsl.check import Checker
from segdsl.logic.formula import Atom
from segdsl.logic.truth import condition_of
from segdsl.plan import Plan, make_plan
from segdsl.plan.nodes import descend, needed
from segdsl.program import Aggregate, Constant, Example, GivenEvent, Moment, Node, Output, ParentValue, Reference
from segdsl.program import Sequence as SequenceNode
from segdsl.syntax import literals
from segdsl.syntax.tree import Identifier
from segdsl.testing.drafts import NOWHERE, Draft, Value, as_facts, fewer, plainer
from segdsl.testing.making import Hints, Maker, Pool
from segdsl.testing.trial import Evaluations, evaluate_given, is_alone_apart
from segdsl.types import DATE, INT, TEXT, Kind, Type

Truth = Mapping[Atom, bool]
Goal = Callable[[Truth], float]  # 1 where a customer is what is looked for

# customers tried at a time, and how often
CROWD = 160
ROUNDS = 14
# how many of them are kept, and how many of those for whom the same conditions hold: where all come by one way, none
# gets any further
KEPT = 40
ALIKE = 4


class Near:
    """The customers near some conditions of one entity, as of one moment."""

    def __init__(
        self, checker: Checker, entity: str, atoms: Sequence[Atom], as_of: dt.datetime, hints: Hints | None = None
    ) -> None:
        hints = hints or Hints()
        self.checker = checker
        self.model = checker.catalog.model
        self.entity = self.model.entities[entity]
        self.as_of = as_of
        self.atoms = list(atoms)
        self.outputs = [
            checker.hold(f".near {number}", entity, condition_of(atom)) for number, atom in enumerate(self.atoms)
        ]
        checker.work_off()
        self.program = checker.done().program
        nodes = list(_nodes(checker, [output.instance for output in self.outputs]))
        own = {event.name for event in self.model.events_of(entity)}
        events = dict.fromkeys(event for node in nodes for event in _events_of(node) if event in own)
        has_parent = any(isinstance(node, ParentValue) for node in nodes)
        self._maker = Maker(self.model, self.entity, events, Pool(nodes, as_of, hints), has_parent)
        self._seed = Draft(hints.attributes)

    @cached_property
    def plan(self) -> Plan:
        return make_plan(self.program, self.outputs)

    @cached_property
    def _evaluations(self) -> Evaluations:
        return Evaluations(self.model, self.program, self.outputs, self.as_of)

    def close(self) -> None:
        """Lets go of what customers are tried on."""
        if "_evaluations" in vars(self):
            self._evaluations.close()

    @property
    def can_be_tried(self) -> bool:
        """Whether a customer's answer depends on nobody else."""
        return bool(self.outputs) and is_alone_apart(self.plan)

    # ------------------------------------------------------------ trying

    def truths(self, drafts: Sequence[Draft]) -> list[dict[Atom, bool]]:
        """Which atoms are true for each customer."""
        given = {f"{number}": self._example(draft, number) for number, draft in enumerate(drafts)}
        values = self._evaluations.values(given)
        named = [(atom, output.name) for atom, output in zip(self.atoms, self.outputs, strict=True)]
        found: list[dict[Atom, bool]] = []
        for number in range(len(drafts)):
            row: Mapping[str, Any] = values.get(f"{number}", {})
            found.append({atom: row.get(name) is True for atom, name in named})
        return found

    def holds(self, output: Output, draft: Draft) -> bool:
        """Whether a condition holds for a customer."""
        values = evaluate_given(
            self.model, self.checker.done().program, [output], {"0": self._example(draft)}, self.as_of
        )
        return values.get("0", {}).get(output.name) is True

    def search(self, goal: Goal, seeds: Iterable[Draft] = ()) -> Draft | None:
        """A customer that fulfils a goal, made small; None where none was come by."""
        chance = self._maker.random
        crowd = [Draft(), self._seed, *seeds]
        best: list[Draft] = []
        known: dict[Draft, tuple[float, int, tuple[bool, ...]]] = {}
        for _ in range(ROUNDS):
            while len(crowd) < CROWD:
                parent = chance.choice(best[:12]) if best and chance.random() < 0.7 else None
                crowd.append(self._maker.any() if parent is None else self._maker.changed(parent))
            for draft, truth in zip(crowd, self.truths(crowd), strict=True):
                known[draft] = (goal(truth), -draft.size, tuple(truth.values()))
            ranked = sorted(known, key=lambda draft: known[draft][:2], reverse=True)
            if known[ranked[0]][0] >= 1:
                return self._smaller(ranked[0], goal)
            alike: Counter[tuple[bool, ...]] = Counter()
            best = []
            for draft in ranked:
                alike[known[draft][2]] += 1
                if alike[known[draft][2]] <= ALIKE:
                    best.append(draft)
            best = best[:KEPT]
            known = {draft: known[draft] for draft in best}
            crowd = []
        return None

    def _smaller(self, draft: Draft, goal: Goal) -> Draft:
        while True:
            less = list(dict.fromkeys(fewer(draft)))[:CROWD]
            kept = (
                [item for item, truth in zip(less, self.truths(less), strict=True) if goal(truth) >= 1] if less else []
            )
            if not kept:
                return self._plainer(draft, goal)
            draft = min(kept, key=lambda item: item.size)

    def _plainer(self, draft: Draft, goal: Goal) -> Draft:
        for _ in draft.events:
            moved = list(plainer(draft, self.as_of))
            found = (item for item, truth in zip(moved, self.truths(moved), strict=True) if goal(truth) >= 1)
            if not moved or (better := next(found, None)) is None:
                break
            draft = better
        return draft

    # ------------------------------------------------------------ customers as examples

    def _example(self, draft: Draft, number: int = 0) -> Example:
        """The draft as an example; its parent, where it has one, is that of its number."""
        target = Output("", "segment", self.entity.name, self.outputs[0].type, self.outputs[0].instance)
        attributes = tuple(
            (name, _constant(value, self.entity.attributes[name].type)) for name, value in draft.attributes
        )
        events = []
        for item in draft.events:
            fields = self.model.events[item.event].fields
            given = [(name, _constant(value, fields[name].type)) for name, value in item.fields]
            events.append(GivenEvent(item.event, Moment(item.time), tuple(given)))  # type: ignore[arg-type]
        parent = Constant(number + 1, INT) if draft.has_parent else None
        return Example(target, False, None, attributes, parent, tuple(events), NOWHERE)

    def text(self, draft: Draft) -> str:
        """A customer as an example gives it."""
        parent = self.entity.parent
        if parent is None:
            return as_facts(draft, self.as_of)
        type_ = self.model.key_type(parent.entity) or TEXT
        key = "1" if type_.is_number else '"a1"'
        return as_facts(draft, self.as_of, f"{literals.name(Identifier(parent.key.column, NOWHERE))} = {key}")


def _nodes(checker: Checker, keys: Sequence[Any]) -> Iterator[Node]:
    program = checker.done().program
    for key in needed(program, keys):
        for node in descend(program.instances[key].value):
            if not isinstance(node, Reference):
                yield node


def _events_of(node: Node) -> Iterator[str]:
    if isinstance(node, Aggregate):
        yield node.event
    elif isinstance(node, SequenceNode):
        yield from (step.event for step in node.steps)


def _constant(value: Value, type_: Type) -> Constant | Moment | tuple[Constant, ...]:
    if isinstance(value, tuple):
        return tuple(Constant(item, Type(Kind.TEXT)) for item in value)
    if isinstance(value, dt.datetime):
        return Moment(value)
    return Constant(value, DATE if type_.kind is Kind.DATE else type_)
