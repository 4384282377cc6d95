"""Texts that go through dbt's Jinja, and come out as they were; and the places in SQL that Jinja is to fill."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

# a brace that would open an expression, a statement or a comment; Jinja also makes \n of every other line end
_SPECIAL = re.compile(r"\{(?=[{%#\r])|\r")
# what stands around names and texts in the dialects, as patterns
_QUOTES = (('"', '"'), ("'", "'"), ("`", "`"), (r"\[", r"\]"))


def escaped(text: str) -> str:
    """A text of which Jinja makes that text."""
    return _SPECIAL.sub(lambda match: '{{ "\\r" }}' if match[0] == "\r" else '{{ "{" }}', text)


def literal(text: str) -> str:
    """A text inside of a Jinja expression."""
    return json.dumps(text)


class Template(str):
    """A text that is Jinja already."""

    __slots__ = ()


class Places:
    """Names and texts that stand in SQL until Jinja's expressions take their place."""

    def __init__(self, known: str) -> None:
        """`known` are all texts of a user that the SQL may hold: none of them is taken for a place."""
        number = 0
        while (start := f"segdsl_place_{number}_") in known:
            number += 1
        self._start = start
        self._expressions: list[str] = []

    def take(self, expression: str) -> str:
        """The word that stands for a Jinja expression, wherever it is quoted."""
        if expression not in self._expressions:
            self._expressions.append(expression)
        return f"{self._start}{self._expressions.index(expression)}_"

    def filled(self, sql: str) -> str:
        """SQL as a template: its own braces escaped, and the expressions in their places, however these are quoted."""
        word = rf"{self._start}(\d+)_"
        pattern = re.compile("|".join(f"{start}{word}{end}" for start, end in _QUOTES))
        found = pattern.sub(
            lambda match: f"{{{{ {self._expressions[int(match[match.lastindex or 0])]} }}}}", escaped(sql)
        )
        assert self._start not in found  # dbt would look for a table of that name
        return found


def escaped_all(value: object) -> object:
    """The same of all texts in lists and mappings, keys aside."""
    match value:
        case Template():
            return str(value)
        case str():
            return escaped(value)
        case Mapping():
            return {key: escaped_all(item) for key, item in value.items()}
        case list():
            return [escaped_all(item) for item in value]
        case _:
            return value
