"""The words of a language: a phrase for each construct, with holes for its parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


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

    def phrase(self, key: str, *parts: str) -> str:
        return self.phrases[key].format(*parts)

    def has(self, key: str) -> bool:
        return key in self.phrases
