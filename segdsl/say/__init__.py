"""Rules in plain words, in English and German: the same sentence for the same tree."""

from segdsl.say.rule import LANGUAGES, say

__all__ = ["LANGUAGES", "say"]
