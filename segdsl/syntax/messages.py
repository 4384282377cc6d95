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
    "$END": "the end of the definition",
}
_OPERATORS = {"PLUS", "MINUS", "STAR", "SLASH", "COMPARE", "AND", "OR", "BETWEEN", "IS", "CONTAINS", "WITHIN"}
# what people bring along from SQL and other languages, and how it is spelled here
_HABITS: tuple[tuple[str, str], ...] = (
    (r"==", "equality is written `=`"),
    (r"<>", "inequality is written `!=`"),
    (r"&&", "write `and`"),
    (r"\|\|", "write `or`"),
    (r"!(?!=)", "write `not`"),
    (r"(?:AND|OR|NOT|IN|IS|BETWEEN|CASE|WHEN|THEN|ELSE|END)\b", "keywords are lower case"),
    (r"(?i:is\s+(?:not\s+)?null)\b", "write `is unknown` or `is known`"),
    (r"(?i:null)\b", "write `is unknown` or `is known`"),
    (r"(?i:like)\b", 'write `contains "…"`, `starts with "…"`, `ends with "…"` or `matches "…"`'),
    (r"(?i:interval)\b", "a duration is written `90d`, `12h`, `3mo`"),
    (r"(?i:(?:second|minute|hour|day|week|month|quarter|year)s?)\b", "a duration is written `90d`, `12h`, `3mo`"),
    (r"\*\s*\)", "all events are counted by `count(order)`"),
    (r";", "definitions need no end mark"),
    (r"[%^&|~?$]", "known operators are + - * / = != < <= > >= and or not"),
)


def explain(source: Source, start: int, end: int, error: UnexpectedToken | UnexpectedCharacters) -> Diagnostic:
    """The diagnostic for a refusal of Lark in the stretch of a source from `start` to `end`."""
    if isinstance(error, UnexpectedToken):
        expected = set(error.accepts or error.expected)
        if error.token.type == "$END":
            return _at_end(source, start, end, expected)
        position = start + cast(int, error.token.start_pos)
        found = str(error.token)
    else:
        expected = set(error.allowed or ())
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
    if len(expected & _OPERATORS) > 4:
        # after a complete value: only what can close or go on is worth naming
        closing = [_SHOWN[name] for name in ("RPAR", "RBRACE", "COMMA", "LABEL", "$END") if name in expected]
        words = [f"`{name.lower()}`" for name in ("THEN", "WHEN", "ELSE", "END") if name in expected]
        return _join(["an operator", *words, *closing])
    return _join(sorted(_SHOWN.get(name, f"`{name.lower()}`") for name in expected)) or "nothing more"


def _join(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}" if words else ""


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"


def _habit(source: Source, position: int) -> str | None:
    for back in (position, position - 1):
        for pattern, help in _HABITS:
            if back >= 0 and re.compile(pattern).match(source.text, back):
                match = re.compile(pattern).match(source.text, back)
                if match and match.end() > position:
                    return help
    return None
