"""Everywhere that a thing is named, and giving it another name there."""

from __future__ import annotations

from collections.abc import Iterator

from segdsl import library
from segdsl.editor.index import Index
from segdsl.editor.marks import Mark, Thing, marks
from segdsl.functions import CALLS
from segdsl.syntax.scanner import is_name, is_plain_name


def mark_at(index: Index, path: str, offset: int) -> Mark | None:
    """The name at an offset of a text, where its definition can be read."""
    source = next((item for item in index.sources if item.source.path == path), None)
    stretch = source.at(offset) if source is not None else None
    node = source.parsed(stretch) if source is not None and stretch is not None else None
    if node is None:
        return None
    found = [mark for mark in marks(index, node) if mark.span.start <= offset <= mark.span.end]
    return found[-1] if found else None


def mentions(index: Index, thing: Thing) -> Iterator[Mark]:
    """Every name that speaks of a thing, in all texts; only definitions with the word in them are parsed."""
    # a name of a library stands behind its alias
    is_of_library = thing.kind == "definition" and thing.name not in index.own
    word = thing.name.rpartition(".")[2] if is_of_library else thing.name
    for source, stretch in index.everything():
        # the note of a deprecation is a text, of which no words are known
        may_speak = word in stretch.names or (thing.kind == "definition" and "deprecated" in stretch.names)
        if may_speak and (node := source.parsed(stretch)) is not None:
            yield from (mark for mark in marks(index, node) if mark.thing == thing)


def can_be_renamed(index: Index, thing: Thing) -> bool:
    """Own definitions and their parameters; what labels, fields and events are called is seen from elsewhere."""
    if thing.kind == "definition":
        return thing.name in index.own
    return thing.kind == "parameter" and thing.owner in index.own


def why_not(index: Index, thing: Thing, new: str) -> str:
    """Why a thing cannot have a new name; empty where it can.

    A name that is a word anywhere in the catalog is refused: nothing can come to mean something else by it.
    """
    if not can_be_renamed(index, thing):
        return f"`{thing.name}` is not named by a definition of this catalog"
    if not is_name(new):
        return f"`{new}` is no name"
    commerce = library.parsed(library.COMMERCE).module
    usual = {item.name.text for item in commerce.definitions if hasattr(item, "name")}
    if thing.kind == "definition" and thing.name in usual:
        return f"`{thing.name}` takes the place of a name of the library `commerce`, in other libraries too"
    model = index.model
    taken = {*usual, *index.names, *index.aliases, *model.entities, *model.events, *model.lookups, *CALLS, "at"}
    taken.update(name for entity in model.entities.values() for name in entity.attributes)
    taken.update(name for event in model.events.values() for name in event.fields)
    taken.update(name for lookup in model.lookups.values() for name in lookup.fields)
    if new in taken or any(new in stretch.names for _, stretch in index.everything()):
        return f"`{new}` is the name of something else here"
    word = thing.name
    broken = next(
        (item for source, item in index.everything() if word in item.names and source.parsed(item) is None), None
    )
    if broken is not None:
        return f"the definition `{broken.name or broken.starter}` speaks of it and cannot be read yet"
    return ""


def written(new: str) -> str:
    """A new name as it is written in place of a mention."""
    return new if is_plain_name(new) else f"`{new}`"


def can_stand(new: str, mark: Mark) -> bool:
    """Whether a new name can take the place of a mention: in a note one that is a word."""
    return not mark.is_quoted or is_plain_name(new)
