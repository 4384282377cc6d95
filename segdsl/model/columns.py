"""The columns that a model reads of its parts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from segdsl.diagnostics import Span
from segdsl.model.model import Entity, Event, Field, Lookup, Model, Relational
from segdsl.types import TIME, Type


def fields_of(part: Relational) -> Iterable[Field]:
    """The attributes or fields of a part."""
    match part:
        case Entity(attributes=fields) | Event(fields=fields) | Lookup(fields=fields):
            return fields.values()
        case _:
            return ()


def key_type_of(model: Model, part: Relational) -> Type | None:
    """The type that keys of a part are stated to be of."""
    match part:
        case Entity(name=name):
            return model.key_type(name)
        case Event(of=of):
            return model.key_type(of)
        case _:
            return part.key.type


def field_type_of(model: Model, field: Field) -> Type:
    """The type of a field's column; that of a lookup's key where the field is one."""
    lookup = model.lookup_of(field)
    return lookup.key.type if lookup is not None and lookup.key.type is not None else field.type


def columns_of(model: Model, part: Relational, what: str) -> Iterator[tuple[str, Span | None, str, Type | None]]:
    """Each column that the model reads of a part: its name, its place, what it is, the type to be cast to."""
    yield part.key.column, part.key.span("column"), f"`key` of {what}", key_type_of(model, part)
    if isinstance(part, Event):
        yield part.time, part.span("time"), f"`time` of {what}", TIME
    if isinstance(part, Entity) and part.parent is not None:
        key = part.parent.key
        yield key.column, key.span("column"), f"`key` of the parent of {what}", model.key_type(part.parent.entity)
    word = "attribute" if isinstance(part, Entity) else "field"
    for field in fields_of(part):
        yield (
            field.column,
            field.span("column", "type"),
            f"{word} `{field.name}` of {what}",
            field_type_of(model, field),
        )
