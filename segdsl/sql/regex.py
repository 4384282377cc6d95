"""Regular expressions of RE2 said to engines that have another kind.

A pattern is read into what it is made of, and written out of the little that all kinds have in common: sets of
characters by their codes, groups, alternatives, repetitions, the two ends, looking around. So what differs between
kinds (what `.`, `$`, `\\w` or a flag means) is never written. Whether a text matches is all that is asked, so it does
not matter which match is found. The syntax is https://github.com/google/re2/wiki/Syntax.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import TypeAlias

Ranges: TypeAlias = tuple[tuple[int, int], ...]
_LAST = 0x10FFFF
_SURROGATES = (0xD800, 0xDFFF)
_WORD: Ranges = ((48, 57), (65, 90), (95, 95), (97, 122))
_CLASSES: Mapping[str, Ranges] = {
    "d": ((48, 57),),
    "w": _WORD,
    "s": ((9, 10), (12, 13), (32, 32)),
    "alnum": ((48, 57), (65, 90), (97, 122)),
    "alpha": ((65, 90), (97, 122)),
    "ascii": ((0, 127),),
    "blank": ((9, 9), (32, 32)),
    "cntrl": ((0, 31), (127, 127)),
    "digit": ((48, 57),),
    "graph": ((33, 126),),
    "lower": ((97, 122),),
    "print": ((32, 126),),
    "punct": ((33, 47), (58, 64), (91, 96), (123, 126)),
    "space": ((9, 13), (32, 32)),
    "upper": ((65, 90),),
    "word": _WORD,
    "xdigit": ((48, 57), (65, 70), (97, 102)),
}
_ESCAPE = re.compile(r"\\(?:([1-7][0-7]{1,2}|0[0-7]{0,2})|x([0-9A-Fa-f]{2})|x\{([0-9A-Fa-f]+)\}|(.))", re.DOTALL)
_CONTROLS = {"n": 10, "r": 13, "t": 9, "a": 7, "f": 12, "v": 11}
_UNICODE = re.compile(r"\\([pP])(?:\{(\^?)(\w+)\}|([A-Z]))", re.ASCII)
_REPEAT = re.compile(r"(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})\??")
_GROUP = re.compile(r"\((?:\?(?:P<\w+>|([imsU]*)(?:-([imsU]+))?([:)])))?")


@dataclass(frozen=True, slots=True)
class Style:
    """How a kind of regular expressions writes what is not the same in all: a character by its code, the end of the
    text, how often a repetition may be at most, and places for which it has words of its own."""

    short: str
    long: str
    end: str
    most: int = 1000
    least_code: int = 0
    places: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    group: str = "(?:"
    looks: bool = True  # whether it can look around, where it has no word for a place
    whole: bool = False  # whether a pattern has to match all of a text


STYLES: Mapping[str, Style] = MappingProxyType(
    {
        "postgres": Style(r"\u{:04x}", r"\U{:08x}", r"\Z", 255, 1),
        "java": Style(r"\x{{{:x}}}", r"\x{{{:x}}}", r"\z"),
        "pcre": Style(r"\x{{{:x}}}", r"\x{{{:x}}}", r"\z"),
        # RE2 itself, but with other flags set by the engine
        "re2 with dots": Style(
            r"\x{{{:x}}}",
            r"\x{{{:x}}}",
            r"\z",
            places=MappingProxyType({"word": r"\b", "no word": r"\B", "line start": "(?m:^)", "line end": "(?m:$)"}),
        ),
        "rust": Style(
            r"\x{{{:x}}}",
            r"\x{{{:x}}}",
            r"\z",
            places=MappingProxyType(
                {"word": r"(?-u:\b)", "no word": r"(?-u:\B)", "line start": "(?m:^)", "line end": "(?m:$)"}
            ),
        ),
        # characters as they are, and only what its documentation has
        "snowflake": Style(
            "{}",
            "{}",
            "$",
            least_code=1,
            places=MappingProxyType({"start": "^", "word": r"\b", "no word": r"\B"}),
            group="(",
            looks=False,
            whole=True,
        ),
        "python": Style(r"\u{:04x}", r"\U{:08x}", r"\Z"),
    }
)


class Unsayable(Exception):  # noqa: N818
    """What in a pattern has no other form."""


@dataclass(frozen=True, slots=True)
class _Set:
    ranges: Ranges


@dataclass(frozen=True, slots=True)
class _Place:
    """start, end, line start, line end, word, no word."""

    kind: str


@dataclass(frozen=True, slots=True)
class _Repeat:
    node: _Node
    least: int
    most: int | None


@dataclass(frozen=True, slots=True)
class _Row:
    nodes: tuple[_Node, ...]


@dataclass(frozen=True, slots=True)
class _Either:
    nodes: tuple[_Node, ...]


_Node: TypeAlias = _Set | _Place | _Repeat | _Row | _Either


def written(pattern: str, style: str) -> str:
    """A pattern that RE2 takes, as another kind of regular expressions has it; as it is where the kind is RE2's.

    Raises Unsayable.
    """
    if style == "re2":
        return pattern
    found = _write(_Reader(pattern).read(), STYLES[style])
    return f".*({found}).*" if STYLES[style].whole else found


# ---------------------------------------------------------------- reading


class _Reader:
    """Reads a pattern; what is no pattern of RE2 has been refused before."""

    def __init__(self, pattern: str) -> None:
        self.text = pattern
        self.at = 0

    def read(self) -> _Node:
        return self._either(frozenset())

    def _either(self, flags: frozenset[str]) -> _Node:
        """Alternatives up to the end or the bracket that closes them; flags hold from where they are set."""
        branches: list[_Node] = []
        row: list[_Node] = []
        while self.at < len(self.text) and self.text[self.at] != ")":
            if self.text[self.at] == "|":
                self.at += 1
                branches.append(_Row(tuple(row)))
                row = []
                continue
            if self.text[self.at] == "(":
                found = _GROUP.match(self.text, self.at)
                assert found is not None
                self.at = found.end()
                inner = flags | set(found[1] or "") - set(found[2] or "")
                if found[3] == ")":
                    flags = frozenset(inner)
                    continue
                node = self._either(frozenset(inner))
                self.at += 1
                row.append(self._repeated(node))
            else:
                row.extend(self._atoms(flags))
        branches.append(_Row(tuple(row)))
        return branches[0] if len(branches) == 1 else _Either(tuple(branches))

    def _repeated(self, node: _Node) -> _Node:
        found = _REPEAT.match(self.text, self.at)
        if found is None:
            return node
        self.at = found.end()
        if found[1]:
            return _Repeat(node, int(found[1] == "+"), 1 if found[1] == "?" else None)
        least = int(found[2])
        most = least if not found[3] else (int(found[4]) if found[4] else None)
        return _Repeat(node, least, most)

    def _atoms(self, flags: frozenset[str]) -> list[_Node]:
        if self.text.startswith("\\Q", self.at):
            end = self.text.find("\\E", self.at + 2)
            literal = self.text[self.at + 2 : end if end >= 0 else len(self.text)]
            self.at = len(self.text) if end < 0 else end + 2
            found: list[_Node] = [_Set(_folded(((ord(char), ord(char)),), flags)) for char in literal]
            return [*found[:-1], self._repeated(found[-1])] if found else []
        return [self._repeated(self._atom(flags))]

    def _atom(self, flags: frozenset[str]) -> _Node:
        char, following = self.text[self.at], self.text[self.at + 1 : self.at + 2]
        if char == "." or char in "^$":
            self.at += 1
            if char == ".":
                return _Set(((0, _LAST),) if "s" in flags else _without(((10, 10),)))
            word = "start" if char == "^" else "end"
            return _Place(f"line {word}" if "m" in flags else word)
        if char == "\\" and following in tuple("bBAzC"):
            self.at += 2
            if following == "C":
                raise Unsayable("`\\C`, a single byte")
            return _Place({"b": "word", "B": "no word", "A": "start", "z": "end"}[following])
        if char == "[":
            return _Set(self._class(flags))
        named = self._named(flags)
        if named is not None:
            return _Set(named)
        code = self._code()
        return _Set(_folded(((code, code),), flags))

    def _named(self, flags: frozenset[str]) -> Ranges | None:
        """A class by its name, as `\\d` or `\\p{L}`; a negated one is what is in neither letter case of the other."""
        following = self.text[self.at + 1 : self.at + 2] if self.text[self.at] == "\\" else ""
        if following and following in "dDsSwW":
            self.at += 2
            ranges = _folded(_CLASSES[following.lower()], flags)
            return ranges if following.islower() else _without(ranges)
        found = _UNICODE.match(self.text, self.at) if following and following in "pP" else None
        if found is None:
            return None
        self.at = found.end()
        ranges = _folded(_category(found[3] or found[4]), flags)
        return _without(ranges) if (found[1] == "P") != bool(found[2]) else ranges

    def _class(self, flags: frozenset[str]) -> Ranges:
        negated = self.text.startswith("[^", self.at)
        self.at += 1 + negated
        found: list[tuple[int, int]] = []
        first = True
        while first or self.text[self.at] != "]":
            first = False
            posix = re.compile(r"\[:(\^?)(\w+):\]").match(self.text, self.at)
            if posix is not None:
                self.at = posix.end()
                ranges = _folded(_CLASSES[posix[2]], flags)
                found.extend(_without(ranges) if posix[1] else ranges)
            elif (named := self._named(flags)) is not None:
                found.extend(named)
            else:
                low = high = self._code()
                if self.text[self.at] == "-" and self.text[self.at + 1] != "]":
                    self.at += 1
                    high = self._code()
                found.extend(_folded(((low, high),), flags))
        self.at += 1
        ranges = _joined(found)
        return _without(ranges) if negated else ranges

    def _code(self) -> int:
        char = self.text[self.at]
        if char != "\\":
            self.at += 1
            return ord(char)
        found = _ESCAPE.match(self.text, self.at)
        assert found is not None
        self.at = found.end()
        octal, short, long, plain = found.groups()
        if octal:
            return int(octal, 8)
        return int(short or long, 16) if short or long else _CONTROLS.get(plain, ord(plain))


# ---------------------------------------------------------------- sets of characters


def _joined(ranges: Iterable[tuple[int, int]]) -> Ranges:
    out: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if out and low <= out[-1][1] + 1:
            out[-1] = (out[-1][0], max(out[-1][1], high))
        else:
            out.append((low, high))
    return tuple(out)


def _without(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """All characters but these."""
    out: list[tuple[int, int]] = []
    start = 0
    for low, high in _joined(ranges):
        if low > start:
            out.append((start, low - 1))
        start = high + 1
    return (*out, (start, _LAST)) if start <= _LAST else tuple(out)


def _folded(ranges: Ranges, flags: frozenset[str]) -> Ranges:
    """The characters in both letter cases, where the flag `i` asks for that."""
    if "i" not in flags:
        return ranges
    more = [code for orbit in _orbits() if any(_holds(ranges, code) for code in orbit) for code in orbit]
    return _joined([*ranges, *((code, code) for code in more)])


def _holds(ranges: Ranges, code: int) -> bool:
    at = bisect_right(ranges, (code, _LAST))
    return at > 0 and code <= ranges[at - 1][1]


@cache
def _orbits() -> tuple[frozenset[int], ...]:
    """The sets of characters that are one another's letter cases, each of one character, as `k`, `K` and the kelvin."""
    by_folded: dict[str, set[int]] = defaultdict(set)
    for code in range(sys.maxunicode + 1):
        char = chr(code)
        if char.lower() == char == char.upper():
            continue
        # where Unicode folds one to several, as `ß`, its small letter is what stands for both cases
        folded = next((each for each in (char.casefold(), char.lower()) if len(each) == 1), char)
        by_folded[folded].add(code)
    return tuple(frozenset(orbit) for orbit in by_folded.values() if len(orbit) > 1)


@cache
def _category(name: str) -> Ranges:
    if name == "Any":
        return ((0, _LAST),)
    if len(name) > 2:
        raise Unsayable(f"`\\p{{{name}}}`, a script")
    codes = [code for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)).startswith(name)]
    return _joined((code, code) for code in codes)


# ---------------------------------------------------------------- writing


def _write(node: _Node, style: Style) -> str:
    match node:
        case _Set(ranges=ranges):
            return _written_set(ranges, style)
        case _Place(kind=kind):
            return _written_place(kind, style)
        case _Row(nodes=nodes):
            return "".join(_write(item, style) for item in nodes)
        case _Either(nodes=nodes):
            return f"{style.group}{'|'.join(_write(item, style) or f'{style.group})' for item in nodes)})"
        case _Repeat():
            return _written_repeat(node, style)


def _written_set(ranges: Ranges, style: Style) -> str:
    """A set by the codes of its characters; those that no text holds are left out."""
    parts: list[tuple[int, int]] = []
    for low, high in ranges:
        for start, end in ((low, min(high, _SURROGATES[0] - 1)), (max(low, _SURROGATES[1] + 1), high)):
            if max(start, style.least_code) <= end:
                parts.append((max(start, style.least_code), end))
    if len(parts) == 1 and parts[0][0] == parts[0][1]:
        return _char(parts[0][0], style)
    if not parts:  # no character at all
        return f"[^{_char(style.least_code, style)}-{_char(_LAST, style)}]"
    inner = (
        _char(low, style) if low == high else f"{_char(low, style)}-{_char(high, style)}"
        for low, high in _joined(parts)
    )
    return f"[{''.join(inner)}]"


def _char(code: int, style: Style) -> str:
    char = chr(code)
    if char.isascii() and char.isalnum():
        return char
    if style.short == "{}":
        return f"\\{char}" if char.isascii() and char.isprintable() and char not in " _" else char
    return (style.short if code <= 0xFFFF else style.long).format(code)


def _written_place(kind: str, style: Style) -> str:
    word, line = _written_set(_WORD, style), _char(10, style)
    if not style.looks and kind not in style.places and kind != "end":
        raise Unsayable("`^` or `$` at the ends of lines")
    return (
        style.places.get(kind)
        or {
            "start": r"\A",
            "end": style.end,
            "line start": rf"(?:\A|(?<={line}))",
            "line end": f"(?:{style.end}|(?={line}))",
            "word": f"(?:(?<={word})(?!{word})|(?<!{word})(?={word}))",
            "no word": f"(?:(?<={word})(?={word})|(?<!{word})(?!{word}))",
        }[kind]
    )


def _written_repeat(node: _Repeat, style: Style) -> str:
    if isinstance(node.node, _Place):  # a place is no longer for being asked again
        return _write(node.node, style) if node.least else ""
    inner = _write(node.node, style)
    if not isinstance(node.node, _Set):
        inner = f"{style.group}{inner})"
    if node.most is None:
        if node.least <= 1:
            return f"{inner}{'+' if node.least else '*'}"
        return f"{_times(inner, node.least, style, '{%d}')}{inner}*"
    optional = node.most - node.least
    return f"{_times(inner, node.least, style, '{%d}')}{_times(inner, optional, style, '{0,%d}')}"


def _times(inner: str, count: int, style: Style, form: str) -> str:
    """A repetition, as several in a row where it is larger than the kind allows."""
    out = ""
    while count > 0:
        part = min(count, style.most)
        out += inner + (form % part if form != "{%d}" or part > 1 else "")
        count -= part
    return out
