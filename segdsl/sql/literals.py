"""Texts in SQL, for engines that read something else in them than what they are."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp


def with_escapes(tree: exp.Expr) -> exp.Expr:
    """The query itself, which is changed: each text that has a backslash, which some engines read as the session says,
    is one in which it is always an escape."""
    return _exchanged(tree, lambda text: exp.ByteString(this=text) if "\\" in text else None)


def without_variables(tree: exp.Expr, start: str) -> exp.Expr:
    """The query itself, which is changed: no text holds what a variable starts with, which some engines replace before
    they read it. Such a text is joined of parts, each with but the first character of it at its end."""
    return _exchanged(tree, lambda text: exp.Concat(expressions=_parts(text, start)) if start in text else None)


def _exchanged(tree: exp.Expr, instead: Callable[[str], exp.Expr | None]) -> exp.Expr:
    found = exp.Paren(this=tree)  # a root of its own, so that a text by itself can be exchanged too
    for literal in list(found.find_all(exp.Literal)):
        if literal.is_string and (other := instead(literal.this)) is not None:
            literal.replace(other)
    held = found.this
    assert isinstance(held, exp.Expr)
    return held.pop()


def _parts(text: str, start: str) -> list[exp.Expr]:
    first, *others = text.split(start)
    parts = [first + start[0], *(start[1:] + part + start[0] for part in others)]
    parts[-1] = parts[-1][: -len(start[0])]
    return [exp.Literal.string(part) for part in parts]
