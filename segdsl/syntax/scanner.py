"""What can be seen in a text without parsing it: its words, its comments, and where each definition starts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from segdsl.diagnostics import Source, Span
from segdsl.syntax import tree
from segdsl.syntax.conflicts import with_one_side
from segdsl.syntax.grammar import RESERVED
from segdsl.values import frozen

STARTERS = frozenset(("param", "trait", "segment", "segmentation", "use", "example", "expect"))
_SCAN = re.compile(
    r"""
    (?P<text>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`[^`\n]*`)
    |(?P<comment>\#[^\n]*)
    |(?P<word>[^\W\d]\w*)
    |(?P<at>@)
    |(?P<closing>[)])
    |(?P<light>[(,])
    |(?P<other>
        [0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?(?:Z|[+-][0-9]{2}:[0-9]{2})?)?(?![\w:])
        |\d[\d_]*(?:\.\d[\d_]*)?(?:%|\w*)|<=|>=|!=|\S)
    """,
    re.VERBOSE,
)
# all that a text is cut by, each beginning with a character of its own: so `re` runs over everything between
_MARKS = re.compile(
    r"""
    "(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`[^`\n]*`
    |(?P<comment>\#[^\n]*)
    |(?P<word>param|trait|segment(?:ation)?|use|example|expect)(?!\w)
    |(?P<at>@)
    """,
    re.VERBOSE,
)
_NAME = re.compile(r"[^\W\d]\w*")
_NOT_IN_NAMES = re.compile(r"[`.\x00-\x1f\x7f\u0085\u2028\u2029]|^\s|\s$|^$")


@frozen
class Chunk:
    """The stretch of a text that is one definition, from its first annotation on: `end` is where the next one starts,
    `code_end` where its own text does, comments and blanks apart."""

    start: int
    code_end: int
    end: int


def pieces(text: str) -> Iterator[tuple[str, str]]:
    """All of a text in pieces: texts, comments, words and the rest, each with its kind; nothing is left out."""
    position = 0
    for match in _SCAN.finditer(text):
        if match.start() > position:
            yield "blank", text[position : match.start()]
        yield match.lastgroup or "other", match.group()
        position = match.end()
    if position < len(text):
        yield "blank", text[position:]


def on_one_line(text: str) -> str:
    """The same without comments, and with one blank for all that are between two words; in quotes all stay."""
    kept: list[str] = []
    for kind, piece in pieces(text):
        if kind not in ("blank", "comment"):
            kept.append(piece)
        elif kept and kept[-1] != " ":
            kept.append(" ")
    return "".join(kept).strip()


def cut(source: Source) -> tuple[list[Chunk], list[tree.Comment]]:
    """The stretches that are definitions, and every comment."""
    source = with_one_side(source)
    text = source.text
    starts: list[int] = []
    ends: list[int] = []
    comments: list[tree.Comment] = []
    pending = False  # annotations have been seen whose definition has not
    previous = ""  # what stands before on the same line
    position = 0
    for match in chain(_MARKS.finditer(text), (None,)):
        kind = match.lastgroup if match is not None else "end"
        start = match.start() if match is not None else len(text)
        if kind is None or (kind == "word" and start and _is_of_word(text[start - 1])):
            continue
        between = text[position:start]
        code = between.rstrip()
        if code:
            if not starts:
                starts.append(position + len(between) - len(between.lstrip()))
                ends.append(0)
            ends[-1] = position + len(code)
            previous = code[-1]
        if "\n" in between[len(code) :]:
            previous = ""
        if match is None:
            break
        position = match.end()
        if kind == "comment":
            comments.append(tree.Comment(match.group().rstrip(), not previous, Span(source, start, position)))
            continue
        starting = not starts
        if kind == "at" and not pending:
            starting = pending = True
        elif kind == "word" and previous != "." and previous not in STARTERS:
            # elsewhere a name was meant, as in `segment use = …`, which the parser then says
            starting = starting or not pending
            pending = False
        if starting:
            starts.append(start)
            ends.append(0)
        ends[-1] = position
        previous = match.group()
    edges = zip(starts, ends, [*starts[1:], len(text)], strict=False)
    return [Chunk(*edge) for edge in edges], comments


def _is_of_word(char: str) -> bool:
    return char == "_" or char.isalnum()


def heading(text: str, chunk: Chunk) -> tuple[str, str]:
    """The word that starts the definition in a stretch, and the name that follows it; empty where there is none."""
    starter = previous = ""
    for match in _SCAN.finditer(text, chunk.start, chunk.code_end):
        found, kind = match.group(), match.lastgroup
        if kind == "comment":
            continue
        if starter:
            if kind == "text" and found.startswith("`"):
                return starter, found[1:-1]
            return starter, found if kind == "word" and found not in RESERVED else ""
        if kind == "word" and found in STARTERS and previous != ".":
            starter = found
        previous = found
    return starter, ""


def names_within(text: str, start: int = 0, end: int | None = None) -> frozenset[str]:
    """Every word that may be a name, those in backticks too."""
    found: set[str] = set()
    for match in _SCAN.finditer(text, start, len(text) if end is None else end):
        if match.lastgroup == "word":
            found.add(match.group())
        elif match.lastgroup == "text" and match.group().startswith("`"):
            found.add(match.group()[1:-1])
    return frozenset(found)


def description_lines(source: Source, start: int) -> list[str]:
    """The `##` lines directly above the definition that starts at an offset."""
    text = source.text
    begin = text.rfind("\n", 0, start) + 1
    lines: list[str] = []
    if text[begin:start].strip():
        return lines
    while begin:
        end = begin - 1
        begin = text.rfind("\n", 0, end) + 1
        line = text[begin:end].strip()
        if not line.startswith("##"):
            break
        lines.append(line)
    return lines[::-1]


def description(source: Source, start: int) -> str:
    """The `##` lines directly above a definition, without their marks."""
    return "\n".join(line[2:].removeprefix(" ") for line in description_lines(source, start)).strip("\n")


def words(text: str, start: int = 0, end: int | None = None) -> Iterator[re.Match[str]]:
    """The words of a text that every way of writing the same tree has in common: all but `(`, `,` and comments; and
    each `)`, which the caller tells by its group."""
    for match in _SCAN.finditer(text, start, len(text) if end is None else end):
        if match.lastgroup not in ("light", "comment"):
            yield match


def count_words(text: str) -> int:
    """How many words a text has that every way of writing the same tree has in common."""
    return sum(match.lastgroup != "closing" for match in words(text))


def is_name(text: str) -> bool:
    """Whether something can have a text as its name, in backticks if need be. A dot stands between two names: what is
    called `a.b` could not be told from `b` of `a` wherever a name is a plain text, as in an option."""
    return _NOT_IN_NAMES.search(text) is None


def is_plain_name(text: str) -> bool:
    """Whether a name can be written without backticks."""
    return text not in RESERVED and _NAME.fullmatch(text) is not None
