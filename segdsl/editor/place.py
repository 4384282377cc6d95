"""What can stand at a place of an unfinished text: the parser is led up to it and asked what it would take."""

from __future__ import annotations

from dataclasses import dataclass, field

from segdsl.functions import AGGREGATES
from segdsl.syntax.machine import accepted_after
from segdsl.syntax.scanner import pieces
from segdsl.syntax.table import table

_NO_WORDS = {"NAME", "LABEL"}


@dataclass
class Frame:
    """An open bracket: what is called by it, and how far inside one is."""

    callee: str = ""
    first: list[str] = field(default_factory=list)
    is_where: bool = False
    event: str | None = None
    commas: int = 0


@dataclass(frozen=True)
class Place:
    """`path` are the names before the last dot, `left` the path that the value here is compared with, `frames` the
    open brackets from the outside in, `accepts` the parser's terminals, `quote` the mark of an open text, `argument`
    the name before a colon whose value is wanted here."""

    accepts: frozenset[str]
    path: tuple[str, ...]
    left: tuple[str, ...]
    frames: tuple[Frame, ...]
    before: str
    quote: str = ""
    argument: str = ""

    @property
    def row(self) -> str | None:
        """The event whose fields bare names are."""
        inner = self.frames[-1] if self.frames else None
        outer = [frame for frame in self.frames if frame.is_where and frame.event]
        return outer[-1].event if outer and inner is not None else None

    @property
    def is_subject(self) -> bool:
        """Whether this is where an aggregate or a sequence takes its event."""
        if not self.frames:
            return False
        inner = self.frames[-1]
        if inner.callee == "sequence":
            return self.before in ("(", "then", "no")
        return inner.callee in AGGREGATES and not inner.is_where and self.before in ("(", ",")


def place(text: str) -> Place:
    """The place behind a text, which is a definition from its start, without the word that is being written."""
    tokens = _tokens(text)
    quote = ""
    if tokens and tokens[-1][:1] in "\"'" and (len(tokens[-1]) == 1 or tokens[-1][-1] != tokens[-1][0]):
        quote = tokens.pop()[0]
    elif (open_ := _open_text(text)) is not None:
        quote, text = text[open_], text[:open_]
        tokens = _tokens(text)
    frames = _frames(tokens)
    path: list[str] = []
    rest = list(tokens)
    while len(rest) > 1 and rest[-1] == ".":
        path.insert(0, rest[-2].strip("`"))
        del rest[-2:]
    before = rest[-1] if rest else ""
    argument = rest[-2].strip("`") if before == ":" and len(rest) > 1 else ""
    accepts = _accepts(text if not path else text.rstrip())
    return Place(accepts, tuple(path), _left(rest), tuple(frames), before, quote, argument)


def _tokens(text: str) -> list[str]:
    return [piece for kind, piece in pieces(text) if kind not in ("comment", "blank")]


def _open_text(text: str) -> int | None:
    """Where the text begins that is open at the end of the last line."""
    start = text.rfind("\n") + 1
    open_: int | None = None
    for offset in range(start, len(text)):
        char = text[offset]
        if open_ is None and char == "#":
            return None
        if char in "\"'" and open_ is None:
            open_ = offset
        elif open_ is not None and char == text[open_]:
            open_ = None
    return open_


def _frames(tokens: list[str]) -> list[Frame]:
    frames: list[Frame] = []
    for number, token in enumerate(tokens):
        if token == "(":
            previous = number - 1
            callee: list[str] = []
            while previous >= 0 and (tokens[previous][:1].isalpha() or tokens[previous][:1] in "_`"):
                callee.insert(0, tokens[previous].strip("`"))
                if previous >= 2 and tokens[previous - 1] == ".":
                    previous -= 2
                    continue
                break
            frames.append(Frame(".".join(callee)))
        elif token == ")" and frames:
            frames.pop()
        elif frames:
            frame = frames[-1]
            if token == ",":
                frame.commas += 1
            elif token == "where":
                frame.is_where = True
            elif frame.callee == "sequence" and token == "then":
                frame.is_where, frame.event = False, None
            elif frame.event is None and token != "no" and (token[:1].isalpha() or token[:1] == "`"):
                frame.event = token.strip("`")
    return frames


def _left(tokens: list[str]) -> tuple[str, ...]:
    """The path that stands before a comparison at the end: `country =`, `country in ("DE",`, `tier !=`."""
    rest = list(tokens)
    if rest and rest[-1] in ("(", ","):
        while rest and rest[-1] != "(":
            rest.pop()
        if len(rest) > 1 and rest[-2] in ("in", "any", "all"):
            del rest[-2:]
            while rest and rest[-1] in ("not", "has"):
                rest.pop()
        else:
            return ()
    elif rest and rest[-1] in ("=", "!=", "<", "<=", ">", ">=", "contains", "with", "was"):
        rest.pop()
        if rest and rest[-1] in ("starts", "ends"):
            rest.pop()
    else:
        return ()
    path: list[str] = []
    while rest and (rest[-1][:1].isalpha() or rest[-1][:1] in "_`"):
        path.insert(0, rest.pop().strip("`"))
        if rest and rest[-1] == ".":
            rest.pop()
        else:
            break
    return tuple(path)


def _accepts(text: str) -> frozenset[str]:
    """The terminals that the parser would take next."""
    return accepted_after(table(), text, "definition")


def keywords(accepts: frozenset[str]) -> list[str]:
    """The words that terminals are."""
    from segdsl.syntax.keywords import KEYWORDS

    special = {"NEXT_PERIOD": ["next"], "CALENDAR_UNIT": ["day", "week", "month", "quarter", "year"]}
    found: list[str] = []
    for name in sorted(accepts - _NO_WORDS):
        found.extend(special.get(name, [name.lower()] if name.lower() in KEYWORDS else []))
    return list(dict.fromkeys(found))


__all__ = ["Frame", "Place", "keywords", "place"]
