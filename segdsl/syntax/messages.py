"""What the parser's refusals mean, in words."""

from __future__ import annotations

import re
from typing import cast

from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from segdsl import problems
from segdsl.diagnostics import Diagnostic, Source, Span
from segdsl.syntax.grammar import RESERVED

_VALUE = {"NAME", "NUMBER", "QUANTITY"}
_SHOWN = {
    "LPAR": "`(`",
    "RPAR": "`)`",
    "LBRACE": "`{`",
    "RBRACE": "`}`",
    "EQUAL": "`=`",
    "COMMA": "`,`",
    "COLON": "`:`",
    "NAME": "a name",
    "LABEL": "a label with `when` or `otherwise`",
    "CALENDAR_UNIT": "`day`, `week`, `month`, `quarter` or `year`",
    "PERIOD": "a period",
    "NEXT_PERIOD": "`next`",
    "PLUS": "`+`",
    "MINUS": "`-`",
    "STAR": "`*`",
    "SLASH": "`/`",
    "COMPARE": "a comparison",
    "AT": "`@`",
    "DATE": "a date",
    "TEXT": "a text",
    "$END": "the end of the definition",
}
_ARITHMETIC = {"PLUS", "MINUS", "STAR", "SLASH"}
_OPERATORS = {*_ARITHMETIC, "COMPARE", "AND", "OR", "BETWEEN", "IS", "CONTAINS", "WITHIN"}
_DEFINITIONS = {"PARAM", "TRAIT", "SEGMENT", "SEGMENTATION", "USE", "EXAMPLE", "EXPECT"}
_DURATION = "a duration is written `90d`, `12h`, `3mo`"
_KNOWN = "whether a value is there is asked by `is known` and `is unknown`; all else by `=` and `!=`"
_LIKE = 'write `contains "…"`, `starts with "…"`, `ends with "…"` or `matches "…"`'
_UNIT = r"(?i:(?:second|minute|hour|day|week|month|quarter|year)s?)\b"
# what people bring along from SQL and other languages, and how it is spelled here; what is refused is part of the match
_HABITS = tuple(
    (re.compile(pattern), help_)
    for pattern, help_ in (
        (r"==", "equality is written `=`"),
        (r"<>", "inequality is written `!=`"),
        (r":=", "write `=`"),
        (r"&&", "write `and`"),
        (r"\|\|", "write `or`"),
        (r"!(?!=)", "write `not`"),
        (r"\bis\s+not\b|(?i:\bis\s+(?:not\s+)?null\b)|\bis\s+(?:true|false)\b", _KNOWN),
        (r"(?i:\bnull\b)", "write `is unknown` or `is known`"),
        (r"\bnot\s+between\b", "write `not x between a and b`"),
        (r"(?i:\b(?:not\s+)?i?like\b)", _LIKE),
        (r"\bnot\s+(?:contains|starts|ends|matches|has|within)\b", "write `not` in front of the whole condition"),
        (rf"(?i:\blast\s+\d+\s*)(?:{_UNIT})?", "a window up to now is written `within 30d`"),
        (r"(?i:\bwithin\s+last\s+\d)", "a window up to now is written `within 30d`"),
        (rf"(?i:\binterval\s+)\S|(?<=\d)\s+{_UNIT}|(?<=\d)\s+(?:s|min|h|d|w|mo|q|y|km|mi)\b", _DURATION),
        (
            r"(?i:\b(?:date|timestamp)\s+)['\"]",
            "dates and times are written as they are: `2026-01-31`, `2026-01-31T18:30`",
        ),
        (r"\*\s*\)", "all events are counted by `count(order)`"),
        (r"(?i:\bdistinct\s+)\w", "different values are counted by `distinct(order.product)`"),
        (r"\bif\s+\w", "write `case when … then … else … end`"),
        (r"\)\s*where\b", "`where` stands inside the brackets: `sum(order.amount where …)`"),
        (r";", "definitions need no end mark"),
        (r"//|/\*|--", "comments start with `#`"),
        (r"[“”„‘’«»]", 'text is written in straight quotes: `"…"`'),
        (r"[\[\]]", 'a list is written in round brackets: `("a", "b")`'),
        (r"[%^&|~?$]", "known operators are + - * / = != < <= > >= and or not"),
        (r"\b(?:AND|OR|NOT|IN|IS|OF|AS|BETWEEN|CASE|WHEN|THEN|ELSE|END)\b(?:\s+\S)?", "keywords are lower case"),
        (r"(?i:\b(?:param|trait|segment|segmentation|use|example|expect)\b)", "keywords are lower case"),
    )
)
_FAR = 40  # how far before what is refused a habit can begin


def explain(source: Source, start: int, end: int, error: UnexpectedToken | UnexpectedCharacters) -> Diagnostic:
    """The diagnostic for a refusal of Lark in the stretch of a source from `start` to `end`."""
    if isinstance(error, UnexpectedToken):
        expected = set(error.accepts or error.expected)
        if error.token.type == "$END":
            return _at_end(source, start, end, expected)
        position = start + cast(int, error.token.start_pos)
        found = str(error.token)
    else:
        parser = getattr(error, "interactive_parser", None)
        expected = set(parser.accepts() if parser is not None else error.allowed or ())
        position = start + cast(int, error.pos_in_stream)
        match = re.compile(r"\w+|[^\w\s]{1,2}|\S").match(source.text, position, end)
        found = match.group() if match else source.text[position : position + 1]
    span = Span(source, position, position + max(len(found), 1))
    if found[:1] in "\"'" and (len(found) < 2 or found[-1] != found[0]):
        line_end = source.text.find("\n", position, end)
        return problems.text_not_closed(found[0], Span(source, position, end if line_end < 0 else line_end))
    if found in RESERVED and "NAME" in expected and not expected >= _VALUE:
        return problems.reserved_word(found, span)
    return problems.unexpected(f"`{_short(found)}`", _expected(expected), span, _habit(source, position))


def _at_end(source: Source, start: int, end: int, expected: set[str]) -> Diagnostic:
    code_end, bracket = _brackets(source, start, end)
    here = Span(source, code_end, code_end)
    if bracket is not None:
        opening = source.text[bracket]
        return problems.not_closed(opening, {"(": ")", "{": "}"}[opening], Span(source, bracket, bracket + 1), here)
    return problems.unexpected("the end of the definition", _expected(expected - {"$END"}), here)


def _brackets(source: Source, start: int, end: int) -> tuple[int, int | None]:
    """Where the code ends (comments and blanks apart), and the innermost bracket that is not closed."""
    pattern = re.compile(r"\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|`[^`\n]*`|#[^\n]*|[(){}]|\S")
    open_at: list[int] = []
    code_end = start
    for match in pattern.finditer(source.text, start, end):
        found = match.group()
        if found.startswith("#"):
            continue
        code_end = match.end()
        if found in "({":
            open_at.append(match.start())
        elif found in ")}" and open_at:
            open_at.pop()
    return code_end, open_at[-1] if open_at else None


def _expected(expected: set[str]) -> str:
    if expected >= _VALUE:
        return "a value"
    if expected >= _DEFINITIONS:
        return f"a definition with {_join([f'`{name.lower()}`' for name in sorted(_DEFINITIONS)])}"
    if len(expected & _OPERATORS) > len(_ARITHMETIC) + 1:
        # after a complete value: only what can close or go on is worth naming
        closing = [_SHOWN[name] for name in ("RPAR", "RBRACE", "COMMA", "LABEL", "$END") if name in expected]
        words = [f"`{name.lower()}`" for name in ("THEN", "WHEN", "ELSE", "END") if name in expected]
        return _join(["an operator", *words, *closing])
    if "PERIOD" in expected:
        expected = expected - {"DATE"}
    told = expected - _ARITHMETIC or expected
    return _join(sorted(_SHOWN.get(name, f"`{name.lower()}`") for name in told)) or "nothing more"


def _join(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}" if words else ""


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"


def _habit(source: Source, position: int) -> str | None:
    """What to write instead, where something is refused at a position that is a habit from elsewhere."""
    start = max(source.text.rfind("\n", 0, position) + 1, position - _FAR)
    end = source.text.find("\n", position)
    for pattern, help_ in _HABITS:
        for match in pattern.finditer(source.text, start, end if end >= 0 else len(source.text)):
            if match.start() <= position < match.end():
                return help_
            if match.start() > position:
                break
    return None
