"""Tokens to the leaves of the tree: names and literals."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any, cast

from segdsl import problems
from segdsl.diagnostics import Diagnostic, Source, Span
from segdsl.exact import EXACT
from segdsl.syntax import tree
from segdsl.syntax.machine import Token
from segdsl.syntax.spellings import is_currency, unit_of

UNITS = frozenset(("s", "min", "h", "d", "w", "mo", "q", "y", "km", "mi", "%"))
CALENDAR_UNITS = frozenset(("mo", "q", "y"))
# what no text and no name can hold: control characters (in a text a tab may stand), and halves of characters
NOT_TEXT = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\ud800-\udfff]")
_ESCAPES = {'"': '"', "'": "'", "\\": "\\", "n": "\n", "t": "\t"}


class TokenReader:
    """Reads tokens of a text; a mistake in one is collected and leaves a stand-in."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text
        self.diagnostics: list[Diagnostic] = []

    def _span(self, token: Token) -> Span:
        return Span(self.source, *token)

    def _from(self, token: Token, end: Span) -> Span:
        """From the start of a token to the end of a span behind it."""
        return Span(self.source, token[0], end.end)

    def _word(self, token: Token) -> str:
        return self.text[token[0] : token[1]]

    def _identifier(self, token: Token) -> tree.Identifier:
        text, span = self._word(token), self._span(token)
        if not text.startswith("`"):
            return tree.Identifier(text, span)
        self._check_characters(text, span)
        return tree.Identifier(text[1:-1], span)

    def _optional_identifier(self, token: Token | None) -> tree.Identifier | None:
        return None if token is None else self._identifier(token)

    def _check_characters(self, text: str, span: Span) -> None:
        found = NOT_TEXT.search(text)
        if found is not None:
            place = Span(self.source, span.start + found.start(), span.start + found.end())
            self.diagnostics.append(problems.not_a_character(found.group(), place))

    def _absolute_period(self, token: Token) -> tree.Period:
        text, span = self._word(token), self._span(token)
        unit, start = "year", None
        if "T" in text:
            self.diagnostics.append(problems.unexpected(f"`{text}`", "a period such as `2026-03` or a day", span))
            text = text[:10]
        try:
            year = int(text[:4])
            if len(text) == 4:
                start = dt.date(year, 1, 1)
            elif text[5] == "Q":
                unit, start = "quarter", dt.date(year, int(text[6:]) * 3 - 2, 1)
            elif text[5] == "W":
                unit, start = "week", dt.date.fromisocalendar(year, int(text[6:]), 1)
            elif len(text) == 7:
                unit, start = "month", dt.date(year, int(text[5:]), 1)
            else:
                unit, start = "day", dt.date.fromisoformat(text)
        except ValueError:
            self.diagnostics.append(problems.no_such_date(text, span))
            start = dt.date(2000, 1, 1)
        return tree.Period(cast(Any, unit), start, 0, span)

    def _decimal(self, text: str, span: Span) -> Decimal:
        if len(text) < 18 and text.isdigit():
            return Decimal(text)
        plain = text.replace("_", "")
        whole, _, fraction = plain.partition(".")
        if len(whole.lstrip("0")) > 18 or len(fraction) > 10:
            message = "a number with at most 18 digits before the point and 10 after it"
            self.diagnostics.append(problems.bad_number(text, message, span))
            return Decimal(0)
        return Decimal(plain)

    def _number(self, token: Token) -> tree.Number:
        text, span = self._word(token), self._span(token)
        return tree.Number(self._decimal(text, span), text, span)

    def _quantity(self, token: Token) -> tree.Quantity | tree.Number:
        text, span = self._word(token), self._span(token)
        number = text.rstrip("%") if text.endswith("%") else text[: _digits(text)]
        unit = text[len(number) :]
        if unit not in UNITS:
            is_money = is_currency(unit)
            self.diagnostics.append(problems.unknown_unit(text, unit, span, unit_of(unit), is_money))
            if is_money or unit in ("k", "K"):
                return tree.Number(EXACT.multiply(self._decimal(number, span), 1 if is_money else 1000), text, span)
            unit = "d"
        value = self._decimal(number, span)
        if unit in CALENDAR_UNITS and value != int(value):
            self.diagnostics.append(problems.bad_number(text, f"a whole number of `{unit}`", span))
            value = Decimal(1)
        if unit not in ("%", "km", "mi") and value > 1_000_000_000:
            self.diagnostics.append(problems.bad_number(text, "a shorter duration", span))
            value = Decimal(1)
        return tree.Quantity(value, unit, text, span)

    def _date(self, token: Token) -> tree.Date | tree.Time:
        text, span = self._word(token), self._span(token)
        try:
            if "T" not in text:
                return tree.Date(dt.date.fromisoformat(text), span)
            return tree.Time(dt.datetime.fromisoformat(text), span)
        except ValueError:
            self.diagnostics.append(problems.no_such_date(text, span))
            return tree.Date(dt.date(2000, 1, 1), span)

    def _text(self, token: Token) -> tree.Text:
        text, span = self._word(token), self._span(token)
        self._check_characters(text, span)
        body = text[1:-1]
        if "\\" not in body:
            return tree.Text(body, span)
        out: list[str] = []
        index = 0
        while index < len(body):
            char = body[index]
            if char == "\\":
                escape = body[index + 1]
                if escape not in _ESCAPES:
                    place = Span(self.source, span.start + 1 + index, span.start + 3 + index)
                    self.diagnostics.append(problems.bad_escape(f"\\{escape}", place))
                out.append(_ESCAPES.get(escape, escape))
                index += 2
            else:
                out.append(char)
                index += 1
        return tree.Text("".join(out), span)

    def _true(self, token: Token) -> tree.Bool:
        return tree.Bool(True, self._span(token))

    def _false(self, token: Token) -> tree.Bool:
        return tree.Bool(False, self._span(token))


def _digits(text: str) -> int:
    """How many characters of a quantity belong to its number."""
    index = 0
    while index < len(text) and text[index] in "0123456789_.":
        index += 1
    return index
