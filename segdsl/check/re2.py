"""The syntax of RE2's regular expressions: whether a pattern is one, worked out the way RE2 reads it."""

from __future__ import annotations

import re

MAX_REPEAT = 1000
MAX_NESTING = 250
# roughly how many states RE2 has room for
MAX_STATES = 40_000

_REPETITION = re.compile(r"\{(\d+)(?:(,)(\d*))?\}")
_ESCAPE = re.compile(
    r"\\(?:[1-7][0-7]{1,2}|0[0-7]{0,2}|x[0-9A-Fa-f]{2}|x\{[0-9A-Fa-f]+\}|[nrtafv]|[^\x80-\U0010ffffA-Za-z0-9])",
    re.DOTALL,
)
_FLAGS = re.compile(r"\(\?(?:[imsU]*|[imsU]*-[imsU]+)[:)]")
_GROUP_NAME = re.compile(r"\(\?P<(?P<name>\w+)>")
_UNICODE = re.compile(r"\\[pP](?:\{\^?(\w+)\}|([A-Z]))", re.ASCII)
_POSIX = re.compile(r"\[:(.*?):\]", re.DOTALL)
_POSIX_NAMES = frozenset(
    "alnum alpha ascii blank cntrl digit graph lower print punct space upper word xdigit".split()  # noqa: SIM905
)
_CATEGORIES = frozenset(
    "Any C Cc Cf Co Cs L Ll Lm Lo Lt Lu M Mc Me Mn N Nd Nl No P Pc Pd Pe Pf Pi Po Ps S Sc Sk Sm So Z Zl Zp Zs".split()  # noqa: SIM905
)
_SCRIPTS = frozenset(
    "Adlam Ahom Anatolian_Hieroglyphs Arabic Armenian Avestan Balinese Bamum Bassa_Vah Batak Bengali Bhaiksuki "  # noqa: SIM905
    "Bopomofo Brahmi Braille Buginese Buhid Canadian_Aboriginal Carian Caucasian_Albanian Chakma Cham Cherokee "
    "Chorasmian Common Coptic Cuneiform Cypriot Cyrillic Deseret Devanagari Dives_Akuru Dogra Duployan "
    "Egyptian_Hieroglyphs Elbasan Elymaic Ethiopic Georgian Glagolitic Gothic Grantha Greek Gujarati Gunjala_Gondi "
    "Gurmukhi Han Hangul Hanifi_Rohingya Hanunoo Hatran Hebrew Hiragana Imperial_Aramaic Inherited Javanese Kaithi "
    "Kannada Katakana Kawi Kayah_Li Kharoshthi Khmer Lao Latin Lepcha Limbu Linear_A Linear_B Lisu Lycian Lydian "
    "Mahajani Malayalam Mandaic Manichaean Meetei_Mayek Miao Mongolian Myanmar New_Tai_Lue Nko Ogham Ol_Chiki "
    "Old_Italic Old_Persian Old_Turkic Oriya Osage Osmanya Phags_Pa Phoenician Rejang Runic Samaritan Saurashtra "
    "Shavian Sinhala Sundanese Syloti_Nagri Syriac Tagalog Tagbanwa Tai_Le Tai_Tham Tai_Viet Tamil Tangut Telugu "
    "Thaana Thai Tibetan Tifinagh Toto Ugaritic Vai Vithkuqi Yi Zanabazar_Square".split()
)


class _Fault(Exception):  # noqa: N818
    """Ends the reading of a pattern."""


def fault(pattern: str) -> str | None:
    """Why RE2 would refuse a pattern; None where it takes it."""
    try:
        _Reader(pattern).read()
    except _Fault as found:
        return str(found)
    return None


class _Item:
    """What a repetition can apply to: how many states it takes, and how often it is repeated in itself at most."""

    def __init__(self, states: int, repeats: int = 1) -> None:
        self.states, self.repeats = states, repeats


class _Reader:
    """Reads a pattern from left to right, with the groups that are open."""

    def __init__(self, pattern: str) -> None:
        self.text = pattern
        self.at = 0
        self.groups: list[tuple[list[_Item], list[_Item]]] = []  # before each open group: whole branches, this branch
        self.branches: list[_Item] = []
        self.branch: list[_Item] = []
        self.repeated = ""  # the repetition that has just been read

    def read(self) -> None:
        while self.at < len(self.text):
            before, start = self.repeated, self.at
            self.repeated = ""
            char = self.text[self.at]
            repetition = _REPETITION.match(self.text, self.at) if char == "{" else None
            if char in "*+?" or repetition is not None:
                self._repeat(before, start, repetition)
            elif char == "(":
                self._open()
            elif char == ")":
                self._close()
            elif char == "|":
                self.branches.extend(self.branch)
                self.branch = []
                self.at += 1
            elif char == "[":
                self.branch.append(_Item(self._class()))
            elif char == "\\":
                self._escape()
            else:
                self.at += 1
                self.branch.append(_Item(8 if char == "." else _width(char)))
        if self.groups:
            raise _Fault("a `(` is not closed")
        self._check_size(self.branches + self.branch)

    def _repeat(self, before: str, start: int, repetition: re.Match[str] | None) -> None:
        least, most = 1, 1
        if repetition is None:
            self.at += 1
        else:
            self.at = repetition.end()
            least = min(int(repetition[1]), MAX_REPEAT + 1)
            most = least if repetition[2] is None else min(int(repetition[3] or least), MAX_REPEAT + 1)
        if self.text.startswith("?", self.at):
            self.at += 1
        self.repeated = self.text[start : self.at]
        if before:
            raise _Fault(f"`{before}{self.repeated}` repeats what is repeated already")
        if not self.branch:
            raise _Fault(f"there is nothing that `{self.repeated}` could repeat")
        if repetition is not None and repetition[3] and most < least:
            raise _Fault(f"`{self.repeated}` has its bounds the wrong way round")
        if max(least, most) > MAX_REPEAT:
            raise _Fault(f"`{self.repeated}` is a repetition over 1,000")
        item = self.branch[-1]
        repeats = item.repeats * max(least, most, 1)
        if repeats > MAX_REPEAT:
            raise _Fault(f"`{self.repeated}` makes the repetitions in each other more than 1,000")
        self.branch[-1] = _Item((item.states + 1) * max(least, most, 1) + 1, repeats)
        self._check_size(self.branch)

    def _open(self) -> None:
        if self.text.startswith("(?", self.at):
            found = _FLAGS.match(self.text, self.at)
            named = _GROUP_NAME.match(self.text, self.at)
            if named is not None and all(char.isalpha() or char.isdecimal() or char == "_" for char in named["name"]):
                found = named
            if found is None:
                raise _Fault(f"`{self.text[self.at : self.at + 4]}` has no meaning there")
            self.at = found.end()
            if found.group().endswith(")"):  # flags for what follows, no group
                return
        else:
            self.at += 1
        self.groups.append((self.branches, self.branch))
        self.branches, self.branch = [], []
        if len(self.groups) > MAX_NESTING:
            raise _Fault(f"its groups are nested more than {MAX_NESTING} deep")

    def _close(self) -> None:
        if not self.groups:
            raise _Fault("a `)` closes nothing")
        self.at += 1
        inner = self.branches + self.branch
        self.branches, self.branch = self.groups.pop()
        states = sum(item.states for item in inner) + 2
        self.branch.append(_Item(states, max((item.repeats for item in inner), default=1)))
        self._check_size(self.branch)

    def _escape(self) -> None:
        """An escape outside of a class."""
        following = self.text[self.at + 1 : self.at + 2]
        if following == "Q":
            end = self.text.find("\\E", self.at + 2)
            literal = self.text[self.at + 2 : end if end >= 0 else len(self.text)]
            self.branch.extend(_Item(_width(char)) for char in literal)
            self.at = len(self.text) if end < 0 else end + 2
        elif following and following in "bBAzC":
            self.at += 2
            self.branch.append(_Item(1))
        else:
            self.branch.append(_Item(self._set() or self._char()[1]))

    def _set(self) -> int:
        r"""The states of `\d` and the like or `\p{…}`; none where there is no such thing."""
        following = self.text[self.at + 1 : self.at + 2]
        if following and following in "dDsSwW":
            self.at += 2
            return 8
        if following and following in "pP":
            found = _UNICODE.match(self.text, self.at)
            if found is None or (found[1] or found[2]) not in _CATEGORIES | _SCRIPTS:
                raise _Fault(
                    f"`{found.group() if found else self.text[self.at : self.at + 3]}` is no class of characters"
                )
            self.at = found.end()
            return 400
        return 0

    def _char(self) -> tuple[int, int]:
        """One character, written out or escaped: its code (-1 where that is not known) and its states."""
        char = self.text[self.at]
        if char != "\\":
            self.at += 1
            return ord(char), _width(char)
        found = _ESCAPE.match(self.text, self.at)
        if found is None:
            raise _Fault(f"`{self.text[self.at : self.at + 2]}` has no meaning there")
        self.at = found.end()
        code = _code(found.group()[1:])
        if code > 0x10FFFF:
            raise _Fault(f"`{found.group()}` is no character")
        return code, 4

    def _class(self) -> int:
        """A class in brackets: its states."""
        start = self.at
        states = 2
        self.at += 2 if self.text.startswith("[^", self.at) else 1
        first = True
        while first or not self.text.startswith("]", self.at):
            first = False
            if self.at >= len(self.text):
                raise _Fault(f"`{self.text[start : start + 10]}` has no closing `]`")
            posix = _POSIX.match(self.text, self.at)
            if posix is not None:
                if posix[1].removeprefix("^") not in _POSIX_NAMES:
                    raise _Fault(f"`{posix.group()}` is no class of characters")
                self.at = posix.end()
                states += 8
            elif self.text.startswith("\\", self.at) and (found := self._set()):
                states += found
            else:
                states += self._range()
        self.at += 1
        return states

    def _range(self) -> int:
        start = self.at
        low, states = self._char()
        if self.text.startswith("-", self.at) and self.at + 1 < len(self.text) and self.text[self.at + 1] != "]":
            self.at += 1
            high, _ = self._char()
            if high < low:
                raise _Fault(f"`{self.text[start : self.at]}` has its bounds the wrong way round")
            return 16
        return states

    def _check_size(self, items: list[_Item]) -> None:
        if sum(item.states for item in items) > MAX_STATES:
            raise _Fault("it is too large")


def _width(char: str) -> int:
    return len(char.encode("utf-8", "surrogatepass")) + 1


def _code(escape: str) -> int:
    """The code of the character that an escape, without its backslash, stands for."""
    if escape.startswith("x"):
        return int(escape[1:].strip("{}"), 16)
    if escape[0] in "01234567":
        return int(escape, 8)
    return ord({"n": "\n", "r": "\r", "t": "\t", "a": "\a", "f": "\f", "v": "\v"}.get(escape, escape))
