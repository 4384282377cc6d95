"""What of a plan a dialect cannot say: found before any SQL is written."""

from __future__ import annotations

from collections.abc import Iterator

from segdsl.plan.plan import Plan
from segdsl.program import (
    Aggregate,
    Apply,
    Attribute,
    Begun,
    ChildAggregate,
    Constant,
    Field,
    InstanceKey,
    LookupField,
    Node,
    Past,
    Score,
    Sequence,
)
from segdsl.sql import regex
from segdsl.sql.dialects import Dialect
from segdsl.types import Kind

NUL = "\0"


def lacking(plan: Plan, dialect: Dialect, zone: str = "UTC") -> Iterator[tuple[InstanceKey, str, str]]:
    """Each construct that a dialect lacks: the definition it is in, what it is, and why it cannot be said.

    `zone` is the one in which the SQL asks for the current time."""
    if zone != "UTC" and "zones" in dialect.lacks:
        yield plan.outputs[0].instance, f"the current time in `{zone}`", dialect.lacks["zones"]
    for key, nodes in plan.nodes.items():
        seen: set[tuple[str, str]] = set()
        for node in nodes:
            # whatever else a dialect lacks, no two have the same regular expressions
            if not dialect.lacks and not _is_pattern(node):
                continue
            for found in _of_node(node, dialect):
                if found not in seen:
                    seen.add(found)
                    yield key, *found


def _of_node(node: Node, dialect: Dialect) -> Iterator[tuple[str, str]]:
    word = _word(node)
    if word in dialect.lacks:
        yield f"`{word}`", dialect.lacks[word]
    of_text = _of_text(node)
    if of_text in dialect.lacks:
        yield f"`{of_text}`", dialect.lacks[of_text]
    if isinstance(node, Attribute | Field | LookupField) and str(node.type) in dialect.lacks:
        yield f"`{node.name}`, a `{node.type}`", dialect.lacks[str(node.type)]
    if isinstance(node, Constant) and isinstance(node.value, str) and NUL in node.value and NUL in dialect.lacks:
        yield "a text with the character U+0000", dialect.lacks[NUL]
    if _is_pattern(node):
        assert isinstance(node, Apply)
        pattern = node.args[1]
        assert isinstance(pattern, Constant)
        try:
            regex.written(str(pattern.value), dialect.regex)
        except regex.Unsayable as found:
            yield f"{found} in a pattern", "its regular expressions have no such thing"


def _is_pattern(node: Node) -> bool:
    return type(node) is Apply and node.function.name == "matches"


def _of_text(node: Node) -> str:
    """What is done with texts, or is no such thing."""
    if isinstance(node, Sequence):
        same = node.steps[0].same
        return "same of text" if same is not None and same.type.kind is Kind.TEXT else ""
    return f"{_word(node)} of text" if node.type.kind is Kind.TEXT else ""


def _word(node: Node) -> str:
    """What a construct is called: a function's row by its key, others by their kind."""
    match node:
        case Apply():
            return node.function.key
        case Aggregate() | ChildAggregate():
            return node.kind
        case Sequence():
            return "sequence"
        case Score():
            return "score"
        case Past() | Begun():
            return "history"
        case _:
            return ""
