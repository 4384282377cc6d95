"""The words of a language: a phrase for each construct, with holes for its parts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from string import Formatter
from typing import Any

# an article, and an adjective behind it
_BEGINNING = re.compile(r"(\w+) ([a-zäöüß]+e(?= ))?")


@dataclass(frozen=True)
class Language:
    """Phrases by construct. German keeps to main clauses (`gilt: …`), for its verbs move in others."""

    name: str
    phrases: Mapping[str, str]
    units: Mapping[str, tuple[str, str]]  # singular and plural
    periods: Mapping[str, tuple[str, str, str]]  # when that is: in the last, this, the next of the calendar
    spans: Mapping[str, tuple[str, str]]  # within the last one, within the next one
    times: tuple[str, ...]  # how often: once, twice, as far as there are words
    behind: Mapping[str, str] = field(default_factory=dict)  # lengths that are others behind a preposition
    articles: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # by case: those that are others in it

    def phrase(self, key: str, *parts: str) -> str:
        """A phrase with its holes filled; `{0:dative}` is a hole for a noun in that case."""
        return _Filled(self).format(self.phrases[key], *parts)

    def declined(self, noun: str, case: str) -> str:
        """A noun with its article, if it has one, in a case: `dem ersten Wert`."""
        found = _BEGINNING.match(noun)
        article = self.articles[case].get(found[1]) if found else None
        if found is None or article is None:
            return noun
        return f"{article} {f'{found[2]}n' if found[2] else ''}{noun[found.end() :]}"

    def has(self, key: str) -> bool:
        return key in self.phrases


class _Filled(Formatter):
    """Fills phrases of a language."""

    def __init__(self, language: Language) -> None:
        self._language = language

    def format_field(self, value: Any, format_spec: str) -> str:
        return self._language.declined(value, format_spec) if format_spec else str(value)
