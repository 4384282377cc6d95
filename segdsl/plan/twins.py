"""Outputs of one value share what is worked out: an attribute is the same at whatever moment a segment of it is asked
for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from segdsl.program import InstanceKey, Node, Output, Program, Reference


def with_shared_instances(program: Program, outputs: Iterable[Output]) -> tuple[Output, ...]:
    """The outputs, each with the instance of the first that has the same value."""
    first: dict[tuple[str, Node], InstanceKey] = {}
    found: list[Output] = []
    for output in outputs:
        instance = first.setdefault((output.entity, _value(program, output)), output.instance)
        found.append(output if instance is output.instance else replace(output, instance=instance))
    return tuple(found)


def _value(program: Program, output: Output) -> Node:
    value = program.instances[output.instance].value
    while isinstance(value, Reference):
        value = program.instances[value.instance].value
    return value
