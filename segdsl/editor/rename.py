"""Everywhere that a thing is named, and giving it another name there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from segdsl import library
from segdsl.catalog import MODEL_FILE
from segdsl.diagnostics import Fix
from segdsl.editor.index import Index
from segdsl.editor.kept import Kept
from segdsl.editor.marks import Mark, Thing, marks
from segdsl.editor.project import Project
from segdsl.functions import CALLS
from segdsl.plan.nodes import descend
from segdsl.program import Apply, Constant, Node
from segdsl.syntax.literals import quoted
from segdsl.syntax.scanner import is_name, is_plain_name
from segdsl.types import Kind


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
        # the note of a deprecation is a text, of which no words are known, and so may a label be
        may_speak = word in stretch.names or (thing.kind == "definition" and "deprecated" in stretch.names)
        may_speak = may_speak or (thing.kind == "label" and word in source.source.text)
        if may_speak and (node := source.parsed(stretch)) is not None:
            yield from (mark for mark in marks(index, node) if mark.thing == thing)


def can_be_renamed(index: Index, thing: Thing) -> bool:
    """Own definitions, their parameters and labels; what fields and events are called is seen from elsewhere."""
    return not _fixed(index, thing)


def _fixed(index: Index, thing: Thing) -> str:
    """Why a thing has its name from elsewhere; empty where the catalog gives it."""
    owner = thing.name if thing.kind == "definition" else thing.owner
    if thing.kind == "label" and index.starter(owner) == "param":
        return f"the words that the param `{owner}` can be are set from outside too, as by `--set`"
    if thing.kind in ("definition", "parameter", "label") and owner in index.own:
        return ""
    of = f" of `{owner}`" if thing.kind == "label" else ""
    return f"`{thing.name}`{of} is not named by a definition of this catalog"


def why_not(index: Index, thing: Thing, new: str) -> str:
    """Why a thing cannot have a new name; empty where it can.

    A name that is a word anywhere in the catalog is refused: nothing can come to mean something else by it.
    """
    if fixed := _fixed(index, thing):
        return fixed
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


def in_metrics(project: Project, thing: Thing) -> str:
    """Why a name that a template of a metric speaks of stays; templates are text, of which nothing more is known."""
    if thing.kind == "parameter":
        return ""
    for file in sorted(project.root.glob("metrics/*.sql.j2")):
        if thing.name in file.read_text("utf-8", "replace"):
            return f"the template `metrics/{file.name}` speaks of `{thing.name}`"
    params = project.model.metrics.params if project.model is not None else {}
    for metric, values in params.items():
        if any(thing.name in value for value in values.values()):
            return f"the params of the metric `{metric}` in `{MODEL_FILE}` speak of `{thing.name}`"
    return ""


def renamed(index: Index, thing: Thing, new: str) -> list[Fix]:
    """A thing's new name in all places of the old one; in a note only where it is a word."""
    found = mentions(index, thing)
    return [Fix(item.span, written(new, item)) for item in found if not item.is_quoted or is_plain_name(new)]


def written(new: str, mark: Mark) -> str:
    """A new name as it is written in place of a mention."""
    if mark.is_text:
        return quoted(new)
    return new if is_plain_name(new) else f"`{new}`"


# ---------------------------------------------------------------- labels


def why_no_label(project: Project, thing: Thing, fixes: Sequence[Fix]) -> str:
    """Why a label cannot have the new name that some fixes give it; empty where it can.

    A label is known by what it is compared with, which a type tells and no text: so the check of the catalog as it
    would be has to find nothing wrong, as it does in every comparison with a label that is none.
    """
    if (wrong := _error(project.checked_with({}))) is not None:
        return f"labels are renamed where a check finds no error, and it finds: {wrong}"
    texts: dict[str, str] = {}
    for fix in sorted(fixes, key=lambda fix: fix.span.start, reverse=True):
        path = fix.span.source.path
        text = texts.get(path, fix.span.source.text)
        texts[path] = text[: fix.span.start] + fix.replacement + text[fix.span.end :]
    after = project.checked_with(texts)
    if after is None or (wrong := _error(after)) is not None:
        return f"not every place that speaks of the label is known; a check of the rest would find: {wrong}"
    for key, instance in after.checker.instances.items():
        if any(_is_text_compared(node, thing.owner) for node in descend(instance.value)):
            return f"`{key.definition}` compares labels of `{thing.owner}` with texts of the data"
    return ""


def _error(found: Kept | None) -> str | None:
    if found is None:
        return None
    wrong = next((item for item in found.diagnostics if item.is_error), None)
    if wrong is None:
        return None
    return f"{wrong.message} ({wrong.span.place})" if wrong.span is not None else wrong.message


def _is_text_compared(node: Node, segmentation: str) -> bool:
    """Whether a label is compared with what only the data know."""
    if not isinstance(node, Apply):
        return False
    is_label = any(arg.type.kind is Kind.LABEL and arg.type.of == segmentation for arg in node.args)
    return is_label and any(arg.type.kind is Kind.TEXT and not isinstance(arg, Constant) for arg in node.args)
