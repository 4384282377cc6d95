"""What parts of a model say about each other: names that lead nowhere, names for two things, keys of two types."""

from __future__ import annotations

from collections.abc import Iterator

from segdsl import problems
from segdsl.diagnostics import Diagnostic, Span
from segdsl.model.model import Entity, Event, Key, Model


def find_contradictions(model: Model, unread: frozenset[str]) -> Iterator[Diagnostic]:
    """All contradictions; names in `unread` are of parts that could not be read, which has been told."""
    for entity in model.entities.values():
        yield from _entity(model, entity, unread)
    for event in model.events.values():
        yield from _event(model, event, unread)
    yield from _cycles(model)


def _entity(model: Model, entity: Entity, unread: frozenset[str]) -> Iterator[Diagnostic]:
    parent = entity.parent
    if parent is not None and parent.entity not in model.entities and parent.entity not in unread:
        what = f"`parent` of entity `{entity.name}`"
        yield problems.unknown_part("entity", parent.entity, what, model.entities, _place(parent.span("entity")))
    elif parent is not None and parent.entity in model.entities:
        yield from _keys(model.entities[parent.entity], parent.key, f"`key` of the parent of entity `{entity.name}`")
    reserved = {entity.name: "its entity"}
    if parent is not None:
        reserved[parent.entity] = "the parent of its entity"
    for attribute in entity.attributes.values():
        if attribute.name in reserved:
            owner = reserved[attribute.name]
            yield problems.name_hides(f"attribute `{attribute.name}`", owner, _place(attribute.span()))
    if entity.from_events and not unread and not model.events_of(entity.name):
        yield problems.no_rows(f"entity `{entity.name}`", _place(entity.span()), because="no event is `of` it either")


def _event(model: Model, event: Event, unread: frozenset[str]) -> Iterator[Diagnostic]:
    what = f"event `{event.name}`"
    if event.name in model.entities:
        first = _place(model.entities[event.name].span())
        yield problems.named_twice(event.name, "an event", "an entity", _place(event.span()), first)
    if event.of in model.entities:
        yield from _keys(model.entities[event.of], event.key, f"`key` of {what}")
    elif event.of not in unread:
        yield problems.unknown_part("entity", event.of, what, model.entities, _place(event.span("of")))
    for field in event.fields.values():
        if field.lookup is None:
            continue
        place = f"field `{field.name}` of {what}"
        if field.lookup not in model.lookups and field.lookup not in unread:
            yield problems.unknown_part("lookup", field.lookup, place, model.lookups, _place(field.span("lookup")))
        if field.name == event.of:
            yield problems.name_hides(f"field `{field.name}`", "the entity of its event", _place(field.span()))


def _keys(entity: Entity, key: Key, what: str) -> Iterator[Diagnostic]:
    if key.type is not None and entity.key.type is not None and key.type != entity.key.type:
        first = _place(entity.key.span("type"))
        yield problems.key_types_differ(
            what, str(key.type), entity.name, str(entity.key.type), span=_place(key.span("type")), first=first
        )


def _cycles(model: Model) -> Iterator[Diagnostic]:
    """Entities that are parents of themselves, each cycle once."""
    told: set[str] = set()
    for start in model.entities:
        path = [start]
        while (entity := model.entities.get(path[-1])) and entity.parent and entity.parent.entity not in path:
            path.append(entity.parent.entity)
        if entity and entity.parent and entity.parent.entity == start and not told.intersection(path):
            told.update(path)
            yield problems.parent_cycle([*path, start], _place(_parent_place(model.entities[start])))


def _parent_place(entity: Entity) -> Span | None:
    return entity.parent.span("entity") if entity.parent else None


def _place(span: Span | None) -> Span:
    assert span is not None, "what the loader built remembers its places"
    return span
