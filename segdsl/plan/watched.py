"""What has to be watched of totals, so that no answer changes unseen: conditions that are made of the totals of one
kind of events alone, of which it matters whether they hold, and totals of which every change matters.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from segdsl.plan.nodes import needed
from segdsl.program import (
    Aggregate,
    Apply,
    Case,
    Constant,
    InstanceKey,
    Moment,
    Node,
    Output,
    Program,
    Reference,
    children,
    is_condition,
)

# a condition of more nodes than this, with all that it refers to, is watched by the totals in it
LARGEST = 100
_OF_CONDITIONS = ("and", "or", "not")


@dataclass(frozen=True, slots=True)
class Watched:
    """Of each kind of events: conditions with the totals in them, and totals that matter as such."""

    conditions: dict[str, dict[Node, tuple[Aggregate, ...]]] = field(default_factory=dict)
    totals: set[Aggregate] = field(default_factory=set)


def watched(program: Program, outputs: Sequence[Output]) -> Watched:
    """What the answers of outputs depend on, but for attributes. The program has no values that change by themselves;
    what is not understood counts as made of all totals below it."""
    found = _Watched(program)
    for key in needed(program, (output.instance for output in outputs)):
        if found.is_looked_through(key):
            found.read(program.instances[key].value)
    return found.watched


class _Watched:
    def __init__(self, program: Program) -> None:
        self.program = program
        self.watched = Watched()

    def is_looked_through(self, key: InstanceKey) -> bool:
        """Whether an instance is watched by itself, so that whatever refers to it is. Others are watched as parts of
        the conditions that they are in: a number matters where it passes a bound."""
        value = self.program.instances[key].value
        return is_condition(value) or isinstance(value, Case)

    def read(self, node: Node) -> None:
        """A condition, or a value that conditions choose."""
        match node:
            case Apply(args=args) if node.function.name in _OF_CONDITIONS:
                self._all(args)
            case Case():
                self._all(part for branch in node.branches for part in branch)
                if node.otherwise is not None:
                    self.read(node.otherwise)
            case Reference(instance=key) if self.is_looked_through(key):
                pass
            case _:
                self._one(node)

    def _all(self, nodes: Iterable[Node]) -> None:
        for node in nodes:
            self.read(node)

    def _one(self, node: Node) -> None:
        """A comparison, or a value, that is watched as a whole."""
        totals: dict[Aggregate, None] = {}
        is_made_of_totals, number = is_condition(node), 0
        below, seen = [node], set[InstanceKey]()
        while below:
            item = below.pop()
            number += 1
            match item:
                case Aggregate():
                    totals.setdefault(item)
                case Reference(instance=key):
                    if self.is_looked_through(key):
                        is_made_of_totals = False
                    elif number <= LARGEST or key not in seen:
                        seen.add(key)
                        below.append(self.program.instances[key].value)
                case Apply() | Case() | Constant():
                    below.extend(children(item))
                case Moment() if item.base is not None:
                    pass
                case _:
                    is_made_of_totals = False
                    below.extend(children(item))
        events = {total.event for total in totals}
        if is_made_of_totals and len(events) == 1 and number <= LARGEST:
            self.watched.conditions.setdefault(events.pop(), {})[node] = tuple(totals)
        else:
            self.watched.totals.update(totals)
