"""The libraries that ship with segdsl: `.seg` files, written in the language, without privileges. A catalog's own come
before them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from segdsl.diagnostics import Source
from segdsl.syntax.parser import Parsed, parse

# always there, unprefixed, where the model has the event `order`
COMMERCE = "commerce"


@cache
def names() -> tuple[str, ...]:
    """The names of all shipped libraries, sorted."""
    folder = files("segdsl.library")
    return tuple(sorted(item.name.removesuffix(".seg") for item in folder.iterdir() if item.name.endswith(".seg")))


@cache
def read(name: str) -> Source:
    """The text of a library; its path in messages is `<library>/NAME.seg`. Raises KeyError for an unknown name."""
    if name not in names():
        raise KeyError(name)
    return Source(f"<library>/{name}.seg", (files("segdsl.library") / f"{name}.seg").read_text("utf-8"))


@cache
def parsed(name: str) -> Parsed:
    """The tree of a library, which no catalog can change. Raises KeyError for an unknown name."""
    return parse(read(name))


def texts(own: Mapping[str, Source]) -> dict[str, Source]:
    """The text of every library that a catalog can use, by name; one of its own takes the place of a shipped one."""
    return dict(sorted({**{name: read(name) for name in names()}, **own}.items()))


def description(text: str) -> str:
    """What a library says of itself: the comment that its file starts with, in Markdown."""
    lines: list[str] = []
    for line in text.splitlines():
        if not line.startswith("#") or line.startswith("##"):
            break
        lines.append(line.removeprefix("#").removeprefix(" ").rstrip())
    return "\n".join(lines)


def summary(text: str) -> str:
    """The first sentence of that."""
    first, stop, _ = description(text).replace("\n", " ").partition(". ")
    return first + "." if stop else first
