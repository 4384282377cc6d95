"""SQL for engines that read a backslash in a text as the session says."""

from __future__ import annotations

from sqlglot import exp


def with_escapes(tree: exp.Expr) -> exp.Expr:
    """The query itself, which is changed: each text that has a backslash is one in which it is always an escape."""
    found = exp.Paren(this=tree)  # a root of its own, so that a text by itself can be exchanged too
    for literal in list(found.find_all(exp.Literal)):
        if literal.is_string and "\\" in literal.this:
            literal.replace(exp.ByteString(this=literal.this))
    held = found.this
    assert isinstance(held, exp.Expr)
    return held.pop()
