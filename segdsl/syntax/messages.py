"""What the parser's refusals mean, in words."""

from __future__ import annotations

import re

from segdsl import problems
from segdsl.diagnostics import Diagnostic, Source, Span
from segdsl.syntax.grammar import RESERVED
from segdsl.syntax.habits import habit_at
from segdsl.syntax.machine import Refused
from segdsl.syntax.table import END

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
    "DOT": "`.`",
    "DATE": "a date",
    "TEXT": "a text",
    END: "the end of the definition",
}
_ARITHMETIC = {"PLUS", "MINUS", "STAR", "SLASH"}
_OPERATORS = {*_ARITHMETIC, "COMPARE", "AND", "OR", "BETWEEN", "IS", "CONTAINS", "WITHIN"}
_DEFINITIONS = {"PARAM", "TRAIT", "SEGMENT", "SEGMENTATION", "USE", "EXAMPLE", "EXPECT"}


def explain(source: Source, start: int, end: int, refused: Refused) -> Diagnostic:
    """The diagnostic for a refusal of the parser in the stretch of a source from `start` to `end`."""
    expected, position, found = set(refused.expected), refused.position, refused.found
    if found == "":
        return _at_end(source, start, end, expected)
    if found is None:
        match = re.compile(r"\w+|[^\w\s]{1,2}|\S").match(source.text, position, end)
        found = match.group() if match else source.text[position : position + 1]
    span = Span(source, position, position + max(len(found), 1))
    if found[:1] in "\"'" and (len(found) < 2 or found[-1] != found[0]):
        habit = habit_at(source, position)
        if habit is not None and found == "'":
            return problems.unexpected(f"`{found}`", _expected(expected), Span(source, position, position + 1), habit)
        line_end = source.text.find("\n", position, end)
        return problems.text_not_closed(found[0], Span(source, position, end if line_end < 0 else line_end))
    if found == "not" and "NO" in expected:
        return problems.unexpected("`not`", "an event", span, "what must not happen is a step `no order within 30d`")
    if found in RESERVED and "NAME" in expected and not expected >= _VALUE:
        return problems.reserved_word(found, span)
    help = habit_at(source, position) or _form(found, expected)
    return problems.unexpected(f"`{_short(found)}`", _expected(expected), span, help)


def _form(found: str, expected: set[str]) -> str | None:
    """How what is being read is written, where that is plain from what could stand."""
    if "LABEL" in expected:
        return "a rule is written `gold when orders > 3`, the last one `silver otherwise`; nothing stands between them"
    if "LBRACE" in expected and found == "=":
        return "a segmentation is written `tier { gold when orders > 3  silver otherwise }`"
    if {"AND", "OR", END} <= expected and "WHERE" not in expected and re.match(r"[^\W\d]", found):
        return "two conditions are joined by `and` or by `or`"
    if "WHERE" in expected and "STAR" in expected and found[0].isalpha():
        return "conditions of the events stand after `where`: `any(order where amount > 50)`"
    return None


def _at_end(source: Source, start: int, end: int, expected: set[str]) -> Diagnostic:
    code_end, bracket = _brackets(source, start, end)
    here = Span(source, code_end, code_end)
    if bracket is not None:
        opening = source.text[bracket]
        return problems.not_closed(opening, {"(": ")", "{": "}"}[opening], Span(source, bracket, bracket + 1), here)
    return problems.unexpected("the end of the definition", _expected(expected - {END}), here)


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
        closing = [_SHOWN[name] for name in ("RPAR", "RBRACE", "COMMA", "LABEL", END) if name in expected]
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
