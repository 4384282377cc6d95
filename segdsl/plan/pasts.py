"""What a plan asks of the history: of which definitions, as of which moments, and whose rules do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from segdsl.plan.nodes import nodes_needed
from segdsl.program import Begun, InstanceKey, Moment, Node, Output, Past, Program
from segdsl.values import frozen

# an entity, and the definition of it whose history is read
PastOf: TypeAlias = tuple[str, str]


@frozen
class AskedPast:
    """What a rule asks of the history: `by` is the definition (or the text) that it is of."""

    of: PastOf
    moment: Moment
    by: str

    def at(self, as_of: dt.datetime) -> dt.datetime:
        """The moment that runs are asked of which looked before it: no run after `as_of` is seen, nor one after what
        is around the moment."""
        moments = (Moment(self.moment.base, self.moment.steps), *self.moment.limits, Moment())
        return min(moment.at(as_of) for moment in moments)


def pasts_in(nodes: Mapping[InstanceKey, Iterable[Node]]) -> tuple[AskedPast, ...]:
    """What values ask of the history, each once."""
    found: dict[AskedPast, None] = {}
    for key, below in nodes.items():
        for node in below:
            if type(node) is Past or type(node) is Begun:
                found.setdefault(AskedPast((node.entity, node.definition), node.moment, key.definition))
    return tuple(found)


def pasts_of(program: Program, outputs: Sequence[Output]) -> tuple[AskedPast, ...]:
    """What outputs ask of the history, themselves or through what they read."""
    return pasts_in(nodes_needed(program, (output.instance for output in outputs)))
