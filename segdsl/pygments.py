"""Segments in colours wherever Pygments gives them: the site of the docs, terminals, notebooks.

Pygments finds it by its entry point, under the names `segdsl` and `seg`.
"""

from __future__ import annotations

from typing import ClassVar

from pygments.lexer import RegexLexer, bygroups, words
from pygments.token import (
    Comment,
    Keyword,
    Literal,
    Name,
    Number,
    Operator,
    Punctuation,
    String,
    Whitespace,
)

from segdsl.functions import CALLS
from segdsl.syntax.keywords import CONSTANTS, CONTROL, KEYWORDS, LOGIC
from segdsl.syntax.scanner import STARTERS
from segdsl.syntax.tokens import UNITS

_NO_NAME_BEFORE = r"(?<![\w.`])"
_NAME = r"(?:[^\W\d]\w*|`[^`\n]+`)"
_NUMBER = r"(?<!\w)[0-9][0-9_]*(?:\.[0-9][0-9_]*)?"
_CLOCK = r"T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?(?:Z|[+-][0-9]{2}:[0-9]{2})?"
_ESCAPE = r"\\[\"'\\nt]"


def _of(found: frozenset[str]) -> words:
    return words(sorted(found), prefix=_NO_NAME_BEFORE, suffix=r"(?!\w)")


class SegdslLexer(RegexLexer):
    """The segment language."""

    name = "segdsl"
    aliases: ClassVar[list[str]] = ["segdsl", "seg"]
    filenames: ClassVar[list[str]] = ["*.seg"]
    mimetypes: ClassVar[list[str]] = ["text/x-segdsl"]
    tokens: ClassVar[dict[str, list[object]]] = {
        "root": [
            (r"\s+", Whitespace),
            (r"##[^\n]*", String.Doc),
            (r"#[^\n]*", Comment.Single),
            (r'"', String, "double"),
            (r"'", String, "single"),
            (r"@\s*\w+", Name.Decorator),
            (rf"(?<!\w)[0-9]{{4}}-(?:Q[0-9]|W[0-9]{{2}}|[0-9]{{2}}-[0-9]{{2}}(?:{_CLOCK})?)(?![\w:])", Literal.Date),
            (rf"{_NUMBER}(?:%|(?:{'|'.join(sorted(UNITS - {'%'}))})(?!\w))", Number),
            (rf"{_NUMBER}(?!\w)", Number),
            (
                rf"{_NO_NAME_BEFORE}(segmentation|segment|trait|param|use)(\s+)({_NAME})",
                bygroups(Keyword.Declaration, Whitespace, Name.Class),
            ),
            (_of(STARTERS), Keyword.Declaration),
            # built in calls are no keywords: `last(order.at)`, but `in last month`
            (rf"{_NO_NAME_BEFORE}(?:{'|'.join(sorted(CALLS))})(?=\()", Name.Builtin),
            (_of(CONSTANTS), Keyword.Constant),
            (_of(LOGIC), Operator.Word),
            (_of(CONTROL), Keyword),
            (rf"(?!(?:{'|'.join(sorted(KEYWORDS))})(?!\w)){_NAME}(?=\s+(?:when|otherwise)(?!\w))", Name.Label),
            (r"[^\W\d]\w*(?=\s*\()", Name.Function),
            (_NAME, Name),
            (r"<=|>=|!=|[=<>+*/-]", Operator),
            (r"[(){},.:]", Punctuation),
        ],
        "double": [
            (_ESCAPE, String.Escape),
            (r'[^"\\\n]+|\\.', String),
            (r'"', String, "#pop"),
            (r"\n", Whitespace, "#pop"),
        ],
        "single": [
            (_ESCAPE, String.Escape),
            (r"[^'\\\n]+|\\.", String),
            (r"'", String, "#pop"),
            (r"\n", Whitespace, "#pop"),
        ],
    }
