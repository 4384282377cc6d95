"""Windows that no time lies in: written backwards, of no length, or ahead of as-of where events are looked at."""

from __future__ import annotations

import re
from collections.abc import Iterator

from segdsl.diagnostics import Span
from segdsl.functions import AGGREGATES
from segdsl.lint.sites import Site
from segdsl.lint.view import View
from segdsl.logic.windows import is_empty, is_no_length, sees_nothing
from segdsl.program import Aggregate, Apply, Bound, Node, Sequence
from segdsl.syntax import tree
from segdsl.syntax.walk import descend

# a definition without them has no window but `within` some length, which most are
_WORDS = re.compile(r"\b(?:from|in|since|after|before)\b|\bwithin\b(?!\s+\d*[1-9])")
_SHORT = "a window is longer than nothing, and goes back without a sign: `within 30d`"


def empty_windows(view: View) -> Iterator[tuple[Site, Span, str]]:
    """What looks at such a window, the window as it is written, and what is wrong with it. One that is as long as a
    parameter says is told where that is given."""
    if not _WORDS.search(view.text) or not any(map(_is_looked_at, descend(view.definition.tree))):
        return
    for site in view.sites:
        for window, help in _empty(site):
            if not site.reads_parameter(window):
                yield site, window.span, help


def _empty(site: Site) -> Iterator[tuple[tree.Expr | tree.Window, str]]:
    match site.node, site.value:
        case tree.Sequence(steps=steps), Sequence(steps=made):
            for step, of_step in zip(steps, made, strict=True):
                if step.within is not None and of_step.within is not None and is_no_length(of_step.within):
                    yield step.within, _SHORT
        case tree.InWindow(window=window), value if is_empty(_bounds(value)):
            yield window, _help(window)
        case tree.Call(name=name, args=[*_, tree.Argument(value=tree.InWindow(window=window))]), value:
            if name.text in AGGREGATES and _looks_at_nothing(value):
                yield window, _help(window)


def _is_looked_at(node: object) -> bool:
    return isinstance(node, tree.Window) or (isinstance(node, tree.Step) and node.within is not None)


def _bounds(value: Node) -> list[Bound]:
    """The bounds of a time in a window."""
    if not isinstance(value, Apply):
        return []
    parts = value.args if value.function.name == "and" else (value,)
    return [
        Bound(part.function.name, part.args[1])  # type: ignore[arg-type]
        for part in parts
        if isinstance(part, Apply) and part.function.name in ("<", "<=", ">", ">=")
    ]


def _looks_at_nothing(value: Node) -> bool:
    """Whether what an aggregate call is made of looks at no event: all of it looks at the same ones."""
    while isinstance(value, Apply) and value.args:
        value = value.args[0]
    return isinstance(value, Aggregate) and sees_nothing(value)


def _help(window: tree.Window) -> str:
    if window.kind.startswith("within"):
        return _SHORT
    if window.kind != "from":
        return "no event after as-of exists"
    low, high = (arg.span.text for arg in window.args)
    if high.endswith(" ago") and not low.endswith(" ago"):
        low, high = high.removesuffix(" ago"), f"{low} ago"
    else:
        low, high = high, low
    return f"it begins after its end; what lies earlier comes first: `from {low} to {high}`"
