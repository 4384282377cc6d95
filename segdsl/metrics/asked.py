"""What metrics read, as outputs of the one plan: segments, the same ones a period ago, and rules of templates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from segdsl.catalog import CATALOG
from segdsl.check import Checker
from segdsl.check.context import BROKEN, Context
from segdsl.check.population import of_then
from segdsl.diagnostics import Diagnostic, Source, Span
from segdsl.program import Moment, Node, Output
from segdsl.syntax import tree
from segdsl.syntax.parser import parse_value
from segdsl.types import Kind


@dataclass(frozen=True)
class Asked:
    """A segment or segmentation to measure: its output, and the expression that names it."""

    output: Output
    node: tree.Expr

    @property
    def groups(self) -> list[str]:
        """The names of its groups: its own, or that of each label."""
        if self.output.kind == "segmentation":
            return [f"{self.output.name}.{label}" for label in self.output.labels]
        return [self.output.name]


def rule_output(checker: Checker, entity: str, text: str, path: str) -> tuple[Output | None, list[Diagnostic]]:
    """The output of a rule's text; or what is wrong with it, at its place in the text."""
    node, diagnostics = parse_value(Source(path, text))
    if node is None or diagnostics:
        return None, list(diagnostics)
    return node_output(checker, entity, text, node)


def node_output(checker: Checker, entity: str, text: str, node: tree.Expr) -> tuple[Output | None, list[Diagnostic]]:
    """The output of an expression that is there as a tree; `text` is what it is told from others by."""
    return _hold(checker, f".{entity}: {text}", entity, node, lambda value: value)


def path_node(parts: Sequence[str]) -> tree.Name:
    """The expression that names something: `tier.gold` by its parts."""
    text = ".".join(parts)
    span = Span(Source(text, text), 0, len(text))
    return tree.Name(tuple(tree.Identifier(part, span) for part in parts), span)


def earlier_output(checker: Checker, asked: Asked, period: str) -> tuple[Output | None, list[Diagnostic]]:
    """Who was a member one period ago, of those who were there by then.

    That is another thing than a rule `x as of 90d ago`, which asks everybody who is there now, so it has a name that no
    rule's text can have.
    """
    back, diagnostics = parse_value(Source("--period", f"({period}) ago"))
    if back is None or diagnostics:
        return None, list(diagnostics)
    node = tree.AsOf(asked.node, back, asked.node.span)
    name = f".{asked.output.entity} {period} ago: {asked.output.name}"

    def settle(value: Node) -> Node:
        moment = checker.expr(Context(CATALOG, asked.output.entity, Moment()), back)
        if isinstance(moment, Moment):
            value = of_then(checker, asked.output.entity, moment, value)
        return checker.settled(value) if value.type.kind is Kind.BOOL else value

    output, wrong = _hold(checker, name, asked.output.entity, node, settle)
    if output is not None:
        output = replace(output, kind=asked.output.kind, labels=asked.output.labels)
    return output, wrong


def everybody_earlier(checker: Checker, entity: str, period: str) -> tuple[Output | None, list[Diagnostic]]:
    """Who there was one period ago; None where that is everybody who is there now."""
    if not checker.model.entities[entity].from_events:
        return None, []
    node, _ = parse_value(Source("--period", "true"))
    assert node is not None
    everybody, diagnostics = node_output(checker, entity, "true", node)
    if everybody is None:
        return None, diagnostics
    return earlier_output(checker, Asked(everybody, node), period)


def _hold(
    checker: Checker, name: str, entity: str, node: tree.Expr, settle: Callable[[Node], Node]
) -> tuple[Output | None, list[Diagnostic]]:
    known = checker.outputs.get(name)
    if known is not None:
        return known, []
    before = len(checker.diagnostics)
    value = checker.fixed(checker.expr(Context(CATALOG, entity, Moment()), node), node.span)
    checker.work_off()
    if value == BROKEN:
        found = checker.diagnostics[before:]
        del checker.diagnostics[before:]
        return None, found
    checker.outputs[name] = checker.hold(name, entity, settle(value))
    return checker.outputs[name], []
