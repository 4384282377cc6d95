"""Limits that lie outside of what a value can be, as a percentile is a share: what is compared with them."""

from __future__ import annotations

from decimal import Decimal

from segdsl.lint.sites import Site
from segdsl.lint.view import View
from segdsl.logic.facts import limits
from segdsl.logic.formula import Known, every, opposite
from segdsl.logic.solver import is_never
from segdsl.program import Apply, Constant, Node, Score
from segdsl.syntax import tree
from segdsl.syntax.printer import print_expr


def of_compared(view: View, site: Site) -> tuple[str, str] | None:
    """The one value that a condition compares with numbers, and its range with what else was likely meant."""
    node = site.node
    if not isinstance(node, tree.Comparison) and not (isinstance(node, tree.Operation) and node.op == "between"):
        return None
    compared = _compared(site)
    if compared is None:
        return None
    term = view.reader.term(compared.value)
    found = _range(term)
    if found is None:
        return None
    written = print_expr(compared.node)
    return written, f"`{written}` goes {found}{_meant(term, site)}"


def holds_where_known(view: View, site: Site) -> bool:
    """Whether a condition tells of the value that it compares nothing but that it is known."""
    compared = _compared(site)
    if compared is None:
        return False
    known = Known(view.reader.term(compared.value))
    return is_never(every((known, view.reader.known(compared.value), opposite(view.formula(site)))), view.reader)


def ends_among_values(view: View, site: Site) -> bool:
    """Whether no limit of a condition lies beyond the least and the greatest of what it compares."""
    compared = _compared(site)
    if compared is None:
        return False
    numbers = [part.value.value for part in site.parts if isinstance(part.value, Constant)]
    ends = [(op, point) for op, point in limits(view.reader.term(compared.value)) if isinstance(point, Decimal)]
    return all(
        isinstance(number, int | Decimal) and (number >= point if op in (">", ">=") else number <= point)
        for number in numbers
        for op, point in ends
    )


def _compared(site: Site) -> Site | None:
    """The only part of a condition that is no number of its own."""
    others = [part for part in site.parts if not isinstance(part.value, Constant)]
    return others[0] if len(others) == 1 and others[0].value.type.is_number else None


def _range(term: Node) -> str | None:
    """From where to where a value goes, in words; None where it has no least."""
    ends = {op: point for op, point in limits(term) if isinstance(point, Decimal)}
    if ">=" not in ends:
        return None
    if "<=" in ends:
        return f"from {ends['>=']} to {ends['<=']}"
    return f"from {ends['>=']} up to below {ends['<']}" if "<" in ends else f"from {ends['>=']} on"


def _meant(term: Node, site: Site) -> str:
    """What a limit of another kind is likely to stand for."""
    written = [part.node for part in site.parts if isinstance(part.value, Constant)]
    if isinstance(term, Apply) and term.function.name == "share":
        plain = [node for node in written if isinstance(node, tree.Number) and 1 <= node.value <= 100]
        return f"; did you mean `{plain[0].text}%`?" if plain else ""
    if isinstance(term, Score) and any(isinstance(node, tree.Quantity) for node in written):
        return "; a share is compared with `percentile(…)`"
    return ""
