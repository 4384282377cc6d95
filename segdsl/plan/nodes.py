"""What is below a node, and which instances values need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from segdsl.program import InstanceKey, Node, Program, Reference, children


def needed(program: Program, roots: Iterable[InstanceKey]) -> list[InstanceKey]:
    """The instances that some need, themselves included, each after those it refers to; without recursion."""
    return list(nodes_needed(program, roots))


def nodes_needed(program: Program, roots: Iterable[InstanceKey]) -> dict[InstanceKey, list[Node]]:
    """The same instances in the same order, each with the nodes of its value."""
    nodes: dict[InstanceKey, list[Node]] = {}
    done: dict[InstanceKey, list[Node]] = {}

    def entered(key: InstanceKey) -> tuple[InstanceKey, Iterator[InstanceKey]]:
        nodes[key] = descend(program.instances[key].value)
        return key, iter(references_in(nodes[key]))

    for root in roots:
        stack = [] if root in nodes else [entered(root)]
        while stack:
            key, rest = stack[-1]
            following = next((item for item in rest if item not in nodes), None)
            if following is None:
                done[key] = nodes[key]
                stack.pop()
            else:
                stack.append(entered(following))
    return done


def references(node: Node) -> list[InstanceKey]:
    """The instances that a value refers to, at whatever depth and level, in order, with repeats."""
    return references_in(descend(node))


def references_in(nodes: Iterable[Node]) -> list[InstanceKey]:
    """The instances that some nodes refer to, likewise. To ask most nodes for a class that is not theirs takes long."""
    return [node.instance for node in nodes if type(node) is Reference]


def descend(node: Node) -> list[Node]:
    """A node and everything below it, each before what is below itself."""
    found: list[Node] = []
    stack = [node]
    while stack:
        item = stack.pop()
        found.append(item)
        if below := children(item):
            stack.extend(below[::-1])
    return found
