"""What the language reads otherwise than the hand that wrote it: thousands with a point, a window a day too long, keys
that are added up."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

from segdsl import problems
from segdsl.check.context import BROKEN
from segdsl.diagnostics import Diagnostic
from segdsl.lint.sites import Site
from segdsl.lint.view import View
from segdsl.program import Constant
from segdsl.syntax import tree
from segdsl.syntax.walk import descend
from segdsl.types import Kind

_THOUSAND = re.compile(r"[1-9]\d{0,2}\.\d{3}")
_CHOICES = ("between", "in", "not in")
_ADDED = ("sum", "avg", "median")

# definitions without these are not looked into
_DECIMALS = re.compile(r"\.\d{3}\b")
_ENDS = re.compile(r"-01\b.*-01\b", re.DOTALL)


def thousands(view: View) -> Iterator[Diagnostic]:
    """Numbers like `50.000` beside whole numbers: nobody counts in thousandths, but many write thousands so."""
    for site in view.sites if _DECIMALS.search(view.text) else ():
        node = site.node
        if isinstance(node, tree.Comparison) or (isinstance(node, tree.Operation) and node.op in _CHOICES):
            beside = [part for part in site.parts if not isinstance(part.value, Constant)]
            for arg in node.args if beside and all(map(_is_whole, beside)) else ():
                if isinstance(arg, tree.Number) and _THOUSAND.fullmatch(arg.text):
                    yield problems.thousands(arg.text, arg.value, arg.span)


def _is_whole(part: Site) -> bool:
    return part.value != BROKEN and part.value.type.kind is Kind.INT


def ends_with_first(view: View) -> Iterator[Diagnostic]:
    """`from 2026-01-01 to 2026-02-01`: whole months, and one day more."""
    for node in descend(view.definition.tree) if _ENDS.search(view.text) else ():
        match node:
            case tree.Window(kind="from", args=(tree.Date() as start, tree.Date() as end)):
                pass
            case tree.Operation(op="between", args=(_, tree.Date() as start, tree.Date() as end)):
                pass
            case _:
                continue
        if start.value.day == end.value.day == 1 and start.value < end.value:
            yield problems.a_day_more(end.value, end.value - dt.timedelta(days=1), end.span)


def sums_of_keys(view: View) -> Iterator[Diagnostic]:
    """Sums and means of a field that is the key of a lookup."""
    if not view.catalog.model.lookups or not any(name.text in _ADDED for name in view.definition.names):
        return
    for node in descend(view.definition.tree):
        if not isinstance(node, tree.Call) or node.name.text not in _ADDED or not node.args:
            continue
        subject = node.args[-1].value
        subject = subject.subject if isinstance(subject, tree.InWindow) else subject
        if not isinstance(subject, tree.Name) or len(subject.parts) != 2:
            continue
        event = view.catalog.model.events.get(subject.parts[0].text)
        field = event.fields.get(subject.parts[1].text) if event is not None else None
        if field is not None and field.lookup is not None:
            yield problems.sum_of_keys(node.name.text, subject.text, field.lookup, subject.span)
