"""Text that fits a width: groups that stand on one line where they can, else on one line per part."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from segdsl.syntax.scanner import count_words

WIDTH = 100


@dataclass(frozen=True, slots=True)
class Line:
    """A line break in a group that is broken, else `flat`."""

    flat: str = " "


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """What is broken as a whole or not at all."""

    content: Doc


@dataclass(frozen=True, slots=True, eq=False)
class Nest:
    """What is indented by two where it is broken."""

    content: Doc


Doc: TypeAlias = str | Line | Group | Nest | tuple["Doc", ...]

SPACE = Line(" ")
NOTHING = Line("")


def join(separator: Doc, docs: Iterable[Doc]) -> Doc:
    """The documents one after another, with the separator between them."""
    out: list[Doc] = []
    for doc in docs:
        if out:
            out.append(separator)
        out.append(doc)
    return tuple(out)


def bracket(left: str, content: Doc, right: str) -> Group:
    """Something in brackets, which stand on lines of their own where it does not fit."""
    return Group((left, Nest((NOTHING, content)), NOTHING, right))


def can_break(doc: Doc) -> bool:
    """Whether there is a place in a document where a line can end."""
    stack = [doc]
    while stack:
        match stack.pop():
            case Line():
                return True
            case Group(content) | Nest(content):
                stack.append(content)
            case tuple() as parts:
                stack.extend(parts)
            case str():
                pass
    return False


def start_of(doc: Doc) -> str:
    """The first text of a document."""
    while not isinstance(doc, str):
        match doc:
            case Group(content) | Nest(content):
                doc = content
            case tuple((first, *_)):
                doc = first
            case _:
                return ""
    return doc


@dataclass(frozen=True, slots=True)
class _End:
    """Where a group ends that began after so many words."""

    group: Group
    start: int


def broken_groups(docs: Iterable[Doc], places: Collection[int]) -> frozenset[Group]:
    """The groups that one of the places lies inside of; a place is the number of words before it."""
    out: set[Group] = set()
    count = 0
    stack: list[Doc | _End] = list(reversed(list(docs))) if places else []
    while stack:
        match stack.pop():
            case str() as text:
                count += count_words(text)
            case Group(content) as group:
                stack.extend((_End(group, count), content))
            case Nest(content):
                stack.append(content)
            case tuple() as parts:
                stack.extend(reversed(parts))
            case _End(group, start):
                if any(start < place < count for place in places):
                    out.add(group)
            case Line():
                pass
    return frozenset(out)


def render(doc: Doc, indent: int = 0, width: int | None = WIDTH, broken: frozenset[Group] = frozenset()) -> list[str]:
    """The lines of a document; without a width it is one line."""
    lines: list[str] = []
    current = " " * indent
    stack: list[tuple[int, bool, Doc]] = [(indent, True, doc)]
    while stack:
        depth, flat, part = stack.pop()
        match part:
            case str():
                current += part
            case Line(text) if flat:
                current += text
            case Line():
                lines.append(current.rstrip())
                current = " " * depth
            case Nest(content):
                stack.append((depth + 2, flat, content))
            case Group(content):
                stack.append((depth, True, content))
                if width is not None and (part in broken or not _fits(width - len(current), stack)):
                    stack[-1] = (depth, False, content)
            case tuple():
                stack.extend((depth, flat, item) for item in reversed(part))
    return [*lines, current.rstrip()]


def _fits(room: int, rest: list[tuple[int, bool, Doc]]) -> bool:
    """Whether what comes up to the next line break has room."""
    waiting = len(rest)
    stack: list[tuple[bool, Doc]] = []
    while room >= 0:
        if not stack:
            if not waiting:
                return True
            waiting -= 1
            _, flat, part = rest[waiting]
        else:
            flat, part = stack.pop()
        match part:
            case str():
                room -= len(part)
            case Line(text):
                if not flat:
                    return True
                room -= len(text)
            case Nest(content):
                stack.append((flat, content))
            case Group(content):
                stack.append((flat, content))
            case tuple():
                stack.extend((flat, item) for item in reversed(part))
    return False
