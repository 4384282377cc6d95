"""What is defined and not used, what is deprecated and used, what is defined twice, what lacks its head."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from segdsl import problems
from segdsl.catalog import Definition
from segdsl.diagnostics import Diagnostic, Fix, Span
from segdsl.lint.room import Room
from segdsl.syntax import literals, tree
from segdsl.syntax.walk import names_in

# what the language gives a meaning
ANNOTATIONS = ("title", "owner", "tags", "deprecated", "meta", "needs")


def unread_annotations(room: Room) -> Iterator[Diagnostic]:
    """Annotations that nothing reads, by whatever is near."""
    for module in room.catalog.modules:
        for item in module.definitions:
            for annotation in item.head.annotations:
                if annotation.name.text not in ANNOTATIONS:
                    yield problems.unread_annotation(annotation.name.text, ANNOTATIONS, annotation.span)


def no_labels(room: Room) -> Iterator[Diagnostic]:
    """Segmentations without a rule: nobody gets a label."""
    for definition in room.own:
        if isinstance(definition.tree, tree.Segmentation) and not definition.tree.rules:
            yield problems.no_labels(definition.name, definition.tree.name.span)


def unused_params(room: Room) -> Iterator[Diagnostic]:
    """Params that nothing names, and parameters that their own definition does not."""
    used = {found.name for found, _, _ in room.uses}
    for definition in room.own:
        if definition.is_param:
            if definition.name not in used:
                yield problems.unused_param("param", definition.name, definition.tree.name.span)
            continue
        if not definition.parameters:
            continue
        named = {name.parts[0].text for name in names_in(_body(definition))}
        defaults = {name.parts[0].text for item in definition.parameters for name in names_in(item.default)}
        for parameter in definition.parameters:
            if parameter.name.text not in named | defaults:
                yield problems.unused_param("parameter", parameter.name.text, parameter.name.span)


def _body(definition: Definition) -> object:
    node = definition.tree
    return (node.among, node.rules) if isinstance(node, tree.Segmentation) else node.value


def unused_traits(room: Room) -> Iterator[Diagnostic]:
    used = {found.name for found, _, holder in room.uses if holder is None or holder.name != found.name}
    for definition in room.own:
        if isinstance(definition.tree, tree.Trait) and definition.name not in used:
            yield problems.unused_trait(definition.name, definition.tree.name.span)


def deprecated_used(room: Room) -> Iterator[Diagnostic]:
    """Names in use whose definitions say `@deprecated`."""
    for found, name, holder in room.uses:
        annotation = next((item for item in found.tree.head.annotations if item.name.text == "deprecated"), None)
        if annotation is None or holder is found:
            continue
        values = [item.value.value for item in annotation.values if isinstance(item.value, tree.Text)]
        note = values[0] if values else ""
        yield problems.deprecated(
            found.name, note, name.span, annotation.span, _successor(room, found, name.span, note)
        )


def _successor(room: Room, found: Definition, span: Span, note: str) -> Fix | None:
    """The name that the note gives, where it means the same."""
    meaning = room.meanings.get(found.name)
    if meaning is None or span.text != found.name:
        return None
    for word in (word.strip("`.,") for word in note.split()):
        other = room.catalog.definitions.get(word)
        if other is not None and other is not found and room.meanings.get(word) == meaning:
            return Fix(span, literals.name(other.tree.name))
    return None


def twins(room: Room) -> Iterator[Diagnostic]:
    """Segments and segmentations that mean the same and read the same params, which can change; a name for another is
    no twin."""
    groups: dict[object, list[Definition]] = defaultdict(list)
    params = {name for name, item in room.catalog.definitions.items() if item.is_param}
    for definition in room.own:
        if isinstance(definition.tree, tree.Segment | tree.Segmentation) and definition.name in room.meanings:
            read = frozenset(name.text for name in definition.names if name.text in params)
            groups[(definition.entity, room.meanings[definition.name], read)].append(definition)
    for first, *others in groups.values():
        for other in others:
            yield problems.same_meaning(other.name, first.name, other.tree.name.span, first.tree.name.span)


def no_description(room: Room) -> Iterator[Diagnostic]:
    for definition in room.own:
        if not definition.tree.head.description.strip():
            yield problems.no_description(definition.name, definition.tree.name.span)


def no_owner(room: Room) -> Iterator[Diagnostic]:
    for definition in room.own:
        is_owned = any(item.name.text == "owner" and item.values for item in definition.tree.head.annotations)
        if isinstance(definition.tree, tree.Segment | tree.Segmentation) and not is_owned:
            yield problems.no_owner(definition.name, definition.tree.name.span)
