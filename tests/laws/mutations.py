"""Texts and bytes gone wrong: what a seeded mutator makes of things that were right."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

_TOKENS = re.compile(r"\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|`[^`\n]*`|#[^\n]*|\w+|[<>!]=|\s+|\S")
_WORDS = (
    "param", "trait", "segment", "segmentation", "use", "example", "expect", "and", "or", "not", "in", "is", "as",
    "of", "between", "when", "then", "else", "end", "otherwise", "among", "per", "case", "sequence", "true", "false",
    "known", "unknown", "contains", "starts with", "ends with", "matches", "has any", "has all", "within", "after",
    "before", "from", "to", "since", "this", "last", "next", "day", "week", "month", "quarter", "year", "ago", "where",
    "same", "no", "inside", "disjoint", "covers", "count", "sum", "avg", "min", "max", "median", "any", "none",
    "distinct", "first", "nth", "mode", "days", "weeks", "months", "avg_gap", "max_gap", "last_gap", "percentile",
    "quantile", "quintile", "decile", "rank", "bands", "abs", "round", "floor", "ceil", "least", "greatest",
    "coalesce", "lower", "upper", "trim", "length", "hour", "weekday", "years_since", "months_since", "days_since",
    "date", "distance", "anniversary", "sample", "age", "customer", "account", "order", "view", "cart_add", "message",
    "product", "country", "city", "birth_date", "signup", "renewal", "newsletter", "visits", "credit", "interests",
    "channel", "lat", "lon", "amount", "items", "due", "gift", "at", "kind", "category", "brand", "plan", "seats",
    "orders", "total_spend", "last_purchase", "first_purchase", "order.amount", "order.product.category",
    "customer.country", "account.plan", "customer.customer", "order.product", "x.y.z.w", "rfm", "commerce", "lifecycle",
)  # fmt: skip
_LITERALS = (
    "0", "1", "-1", "00", "007", "1_000", "1__0", "999999999999999999", "9999999999999999999", "0.0000000001",
    "1.00000000001", "1e5", "10%", "100000%", "0%", "1.5%", "3d", "0d", "1.5h", "0.0000001s",
    "1.5mo", "5m",
    "1y", "9999y",
    "1000000000d",
    "999999999y", "120000mo", "2q", "25km", "10mi", "0km", "1x", "2026-01-31", "2026-02-30",
    "0001-01-01",
    "9999-12-31", "0000-01-01", "2026-01-31T18:30", "2026-01-31T18:30:00Z", "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59.999999-14:00", "2026-13-01T25:00", "2026", "0000", "9999", "2026-Q1", "2026-Q5", "9999-Q4",
    "2026-03", "2026-13", "2026-W07", "2026-W54", "9999-W52", "0001-W01", '""', '"x"', "'it'", '"\\n"', '"\\q"', '"\\"',
    '"^A[0-9]+$"', '"("', '"(?=a)"', '"a{1001}"', '"\\\\p{L}"', '"[[:alpha:]]"', '"("*', '"%"', '"🦆"', '"\u202eabc"',
    '"\x00"', "'\x1b'", "`x y`", "`a\"b`", "`\x00`", "``", "`", '"', "'", "\\", "\x00", "\ufeff", "\u2028",
    "\u200b", "é",
    "名前", "𝒳", "٣", "²", "Ⅷ", "٣d", "1٣", "\ud800", "#", "##", "# x\n", "## d\n", "\r", "\t", "\n", "\x0c",
    "\x85", "\xa0",
    "(", ")", "{", "}", "[", "]", ",", ":", ";", ".", "..", "@", "@x(", "=", "==", "!=", "<", "<=", ">", ">=",
    "<>", "!",
    "+", "-", "*", "/", "%", "^", "&", "|", "~", "?", "$", "--", "/*", "*/", "//", "->", "...", "((((((((", "))))))))",
    "not not not not ", "- - - - ", "as of 1d ago ", "as of 9999y ago ", " ago ago ago ", "x as of 2026-01-01",
)  # fmt: skip


class Mutator:
    """Changes texts, by chance and by a seed."""

    def __init__(self, seed: int, pool: Sequence[str]) -> None:
        self.random = random.Random(seed)
        self.pool = pool
        self.pieces = [_TOKENS.findall(text) for text in pool]

    def text(self) -> str:
        """One of the pool's texts, changed in one place or in several."""
        pieces = list(self.random.choice(self.pieces))
        for _ in range(self.random.choice((1, 1, 1, 2, 2, 3, 5, 8))):
            self._change(pieces)
        return "".join(pieces)

    def data(self, data: bytes) -> bytes:
        """Bytes of which some are others, are gone, or stand twice."""
        out = bytearray(data)
        for _ in range(self.random.choice((1, 1, 2, 4, 16))):
            at = self.random.randrange(len(out) + 1)
            length = self.random.choice((1, 1, 2, 8, 64))
            match self.random.randrange(5):
                case 0:
                    del out[at : at + length]
                case 1:
                    out[at:at] = self.random.randbytes(length)
                case 2:
                    out[at : at + length] = self.random.randbytes(length)
                case 3:
                    out[at:at] = self.random.choice(
                        (b'"', b"'", b"\x00", b"\n", b"\r", b",", b";", b"\xff", b"\\", b"NULL")
                    )
                case _:
                    del out[at:]
        return bytes(out)

    def _change(self, pieces: list[str]) -> None:
        at = self.random.randrange(len(pieces) + 1)
        some = min(self.random.choice((1, 1, 1, 2, 3, 8)), len(pieces) - at)
        match self.random.randrange(9):
            case 0:
                del pieces[at : at + some]
            case 1:
                pieces[at:at] = pieces[at : at + some]
            case 2 if len(pieces) > 1:
                other = self.random.randrange(len(pieces))
                at = min(at, len(pieces) - 1)
                pieces[at], pieces[other] = pieces[other], pieces[at]
            case 3:
                pieces[at:at] = [" ", self.random.choice(_WORDS), " "]
            case 4:
                pieces[at : at + 1] = [self.random.choice(_WORDS)]
            case 5:
                pieces[at : at + self.random.randrange(2)] = [self.random.choice(_LITERALS)]
            case 6:  # a stretch of another text
                other_text = self.random.choice(self.pieces)
                start = self.random.randrange(len(other_text) + 1)
                pieces[at:at] = [" ", *other_text[start : start + self.random.randrange(1, 12)], " "]
            case 7:  # the end of another text
                other_text = self.random.choice(self.pieces)
                pieces[at:] = other_text[self.random.randrange(len(other_text) + 1) :]
            case _ if pieces:  # single characters
                at = min(at, len(pieces) - 1)
                piece = pieces[at]
                index = self.random.randrange(len(piece) + 1)
                new = self.random.choice(("", chr(self.random.randrange(1, 0x250)), self.random.choice(_LITERALS)[:1]))
                pieces[at] = piece[:index] + new + piece[index + self.random.randrange(2) :]
