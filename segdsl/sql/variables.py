"""SQL for engines that replace variables in it before they read it, inside of texts too."""

from __future__ import annotations

from sqlglot import exp


def without_variables(tree: exp.Expr, start: str) -> exp.Expr:
    """A copy of a query in which no text holds what a variable starts with: such a text is joined of parts, each with
    but the first character of it at its end."""
    found = exp.Paren(this=tree.copy())  # a root of its own, so that a text by itself can be exchanged too
    for literal in list(found.find_all(exp.Literal)):
        if literal.is_string and start in literal.this:
            literal.replace(exp.Concat(expressions=_parts(literal.this, start)))
    held = found.this
    assert isinstance(held, exp.Expr)
    return held.pop()


def _parts(text: str, start: str) -> list[exp.Expr]:
    first, *others = text.split(start)
    parts = [first + start[0], *(start[1:] + part + start[0] for part in others)]
    parts[-1] = parts[-1][: -len(start[0])]
    return [exp.Literal.string(part) for part in parts]
