"""What a name that is not there may have meant: names that fit its place, fields found elsewhere, columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from segdsl import library
from segdsl.check.constants import is_constant
from segdsl.check.context import Checking, Context
from segdsl.functions import AGGREGATES, CALLS, FUNCTION_ROWS, SCORES
from segdsl.model.model import Event
from segdsl.problems.words import nearest
from segdsl.program import Node
from segdsl.syntax import tree
from segdsl.types import Kind

_NUMBERS = frozenset({Kind.INT, Kind.DECIMAL})
_MOMENTS = frozenset({Kind.DATE, Kind.TIME})
# what values of a kind are compared with
_FITS = {
    **dict.fromkeys(_NUMBERS, _NUMBERS),
    **dict.fromkeys(_MOMENTS, _MOMENTS | {Kind.DURATION}),
    Kind.DURATION: _MOMENTS | {Kind.DURATION},
    Kind.TEXT: frozenset({Kind.TEXT, Kind.LABEL}),
    Kind.LABEL: frozenset({Kind.TEXT, Kind.LABEL}),
}
_COUNTS = frozenset({"count", "distinct", "days", "weeks", "months", "sum", "avg", "median", "bands"})
_CONDITIONS = frozenset({"any", "none", "sample"})


def known_names(check: Checking, ctx: Context) -> tuple[list[str], list[str]]:
    """The names that could stand in this place, nearest scope first; and those of them whose type fits it."""
    found = list(_named(check, ctx))
    wanted = _wanted(ctx)
    fitting = [name for name, kinds in found if kinds & wanted]
    return [name for name, _ in found], fitting


def known_owners(check: Checking, ctx: Context) -> list[str]:
    """The names that can stand before a dot in this place."""
    parent = check.model.parent_of(ctx.entity)
    found = [ctx.entity] if parent is None else [ctx.entity, parent.name]
    found.extend(alias for alias in check.catalog.used if alias != library.COMMERCE)
    for name, definition in check.catalog.definitions.items():
        if definition.entity == ctx.entity and isinstance(definition.tree, tree.Segmentation):
            found.append(name)
    return found


def known_fields(check: Checking, event: Event, wanted: frozenset[Kind]) -> tuple[list[str], list[str]]:
    """The fields of an event, and those whose type fits; all fit where nothing is wanted."""
    kinds = {"at": Kind.TIME} | {name: field.type.kind for name, field in event.fields.items()}
    return list(kinds), [name for name, kind in kinds.items() if not wanted or kind in wanted]


def wanted_fields(check: Checking, ctx: Context, event: Event) -> tuple[list[str], list[str]]:
    return known_fields(check, event, _wanted(ctx))


def is_text_without_quotes(ctx: Context, name: str) -> bool:
    """Whether a name stands where a text is compared with it, and is one of that text's values or can be any."""
    texts = [type_ for type_ in ctx.wanted if type_.kind is Kind.TEXT]
    return any(type_.values is None or name in type_.values for type_ in texts)


def field_help(check: Checking, ctx: Context, event: Event, parts: Sequence[tree.Identifier]) -> str | None:
    """Where a field that an event does not have is instead."""
    name = parts[0].text
    if name == event.name and len(parts) > 1:
        return f"the fields stand bare here: `{'.'.join(part.text for part in parts[1:])}`"
    if name == event.time:
        return "the time of an event is `at`"
    column = next((field.name for field in event.fields.values() if field.column == name), None)
    if column is not None:
        return f"the field of the column `{name}` is `{column}`"
    paths = [
        f"{field.name}.{name}"
        for field in event.fields.values()
        if (lookup := check.model.lookup_of(field)) is not None and name in lookup.fields
    ]
    if paths:
        return f"it is a field of the lookup: `{paths[0]}`"
    others = [item.name for item in check.model.events_of(ctx.entity) if name in item.fields]
    if others:
        return f"the event `{others[0]}` has one of that name"
    entity = check.model.entities[ctx.entity]
    if len(parts) > 1 and parts[1].text in entity.attributes:
        return f"values of the {entity.name} are written `{entity.name}.{parts[1].text}`"
    return None


def path_help(check: Checking, ctx: Context, parts: Sequence[tree.Identifier]) -> str | None:
    """What a dotted path whose head is unknown, or has no parts, may have meant."""
    head, *rest = (part.text for part in parts)
    entity = check.model.entities[ctx.entity]
    if head == entity.key.column and not rest:
        return f"the key of a {entity.name} is no value of rules; named among the attributes of the model, it is one"
    column = next((field.name for field in entity.attributes.values() if field.column == head), None)
    if column is not None and not rest:
        return f"the attribute of the column `{head}` is `{column}`"
    if not rest:
        return None
    for event in check.model.events_of(ctx.entity):
        if nearest(head, [event.name]) and rest[0] in event.fields:
            return event_help(event, rest[0])
    named = check.catalog.definitions.get(rest[0])
    parent = check.model.parent_of(entity.name)
    if parent is not None and named is not None and named.entity == parent.name and not named.is_param:
        return f"the parent's is written `{parent.name}.{rest[0]}`"
    if rest[0] in entity.attributes or (named is not None and (named.is_param or named.entity == entity.name)):
        return f"values of the {entity.name} are written without a name before them: `{rest[0]}`"
    return None


def hidden_help(check: Checking, owner: Context, parts: Sequence[tree.Identifier]) -> str | None:
    """How a label or a library is reached whose name before the dot is that of an entity without such a value."""
    head, name = parts[0].text, parts[1].text
    definitions = check.catalog.definitions
    if name in definitions or name in check.model.entities[owner.entity].attributes:
        return None
    of_library = definitions.get(f"{head}.{name}")
    if of_library is not None:
        another = f"`use {of_library.scope.library} as …`"
        return f"before a dot `{head}` is the entity; give the library another name: {another}"
    hidden = definitions.get(head)
    rules = hidden.tree.rules if hidden is not None and isinstance(hidden.tree, tree.Segmentation) else ()
    if any(rule.label.text == name for rule in rules):
        return f"before a dot `{head}` is the entity; a label is compared: `{head} = {name}`"
    return None


def call_help(ctx: Context, parts: Sequence[tree.Identifier]) -> str | None:
    """What a bare name is that only calls have; which parameters there are where no name is near."""
    if len(parts) > 1:
        return None
    name = parts[0].text
    if name in CALLS:
        return f"`{name}` is built in and stands before brackets: `{name}(…)`"
    if name.casefold() in ("id", "key"):
        return "the key is no value of rules; `segdsl explain SEGMENT --id KEY` looks at one"
    if ctx.params:
        return f"the parameters here are {', '.join(f'`{key}`' for key, _ in ctx.params)}"
    return None


def event_help(event: Event, field: str | None) -> str:
    """How events are read where a value of the customer is expected."""
    if field is None or field not in event.fields:
        return f"an event is read by an aggregate: `count({event.name})`, `any({event.name})`, `last({event.name}.at)`"
    first = "sum" if event.fields[field].type.is_number else "last"
    path = f"{event.name}.{field}"
    return f"an event is read by an aggregate: `{first}({path})`, `any({event.name} where {field} …)`"


def condition_help(node: tree.Expr, value: Node) -> str | None:
    """How a value that is no condition is made one."""
    written = node.span.text
    if value.type.kind is Kind.LABEL:
        return f"compare it with a label: `{written} = {(value.type.values or ('…',))[0]}`"
    if isinstance(node, tree.Case):
        return "a `case` is a condition where its values are: `then true else false`"
    if value.type.is_number:
        is_one_of_several = is_constant(value)
        return (
            "one of several values is asked by `in`: `x in (1, 2)`"
            if is_one_of_several
            else f"compare it: `{written} > 0`"
        )
    if value.type.is_moment:
        return f"compare it, as in `{written} < 90d`, or ask `{written} is known`"
    if value.type.kind is Kind.DURATION:
        return f"compare it, as in `{written} < 30d`"
    if value.type.kind is Kind.TEXT and is_constant(value):
        return f"one of several values is asked by `in`: `x in (…, {written})`"
    if value.type.kind is Kind.TEXT:
        return f'compare it, as in `{written} = "…"`'
    return f'test it, as in `{written} contains "…"`' if value.type.kind is Kind.LIST else None


def _wanted(ctx: Context) -> frozenset[Kind]:
    return frozenset().union(*(_FITS.get(type_.kind, {type_.kind}) for type_ in ctx.wanted))


def _named(check: Checking, ctx: Context) -> Iterator[tuple[str, frozenset[Kind]]]:
    for key, value in ctx.params:
        yield key, frozenset({value.type.kind})
    for attribute in check.model.entities[ctx.entity].attributes.values():
        yield attribute.name, frozenset({attribute.type.kind})
    for name, definition in check.catalog.definitions.items():
        if (definition.entity == ctx.entity or definition.is_param) and not check.is_open(definition):
            yield name, _kinds_of(definition.tree)
    for alias in check.catalog.used:
        if alias != library.COMMERCE:
            yield alias, frozenset()


def _kinds_of(definition: tree.Definition) -> frozenset[Kind]:
    match definition:
        case tree.Segment():
            return frozenset({Kind.BOOL})
        case tree.Segmentation():
            return frozenset({Kind.LABEL})
        case tree.Trait(value=value) | tree.Param(value=value):
            return _kinds(value)
        case _:
            return frozenset()


def _kinds(node: tree.Expr) -> frozenset[Kind]:
    """The kinds that a value is likely to have, seen from how it is written alone; none where that does not tell."""
    match node:
        case tree.Comparison() | tree.InWindow() | tree.Sequence() | tree.Bool():
            return frozenset({Kind.BOOL})
        case tree.Number():
            return _NUMBERS
        case tree.Text():
            return frozenset({Kind.TEXT})
        case tree.Date() | tree.Time():
            return _MOMENTS
        case tree.Quantity(unit=unit):
            return _NUMBERS if unit == "%" else frozenset({Kind.DISTANCE if unit in ("km", "mi") else Kind.DURATION})
        case tree.Operation(op=op, args=args):
            return _MOMENTS if op == "ago" else _kinds(args[0]) if op in "+-*/" else frozenset({Kind.BOOL})
        case tree.AsOf(value=value):
            return _kinds(value)
        case tree.Case(branches=branches):
            return _kinds(branches[0].value)
        case tree.Call(name=name, args=args):
            return _kinds_of_call(name.text, args)
        case _:
            return frozenset()


def _kinds_of_call(name: str, args: Sequence[tree.Argument]) -> frozenset[Kind]:
    if name in _CONDITIONS:
        return frozenset({Kind.BOOL})
    if name in _COUNTS or name in SCORES:
        return _NUMBERS
    if name.endswith("_gap"):
        return frozenset({Kind.DURATION})
    if name in AGGREGATES:
        subject = args[-1].value if args else None
        subject = subject.subject if isinstance(subject, tree.InWindow) else subject
        is_time = isinstance(subject, tree.Name) and subject.parts[-1].text == "at"
        return _MOMENTS if is_time else frozenset()
    if name in FUNCTION_ROWS:
        result = FUNCTION_ROWS[name][0].result
        return frozenset(kind for kind in Kind if kind.value == result)
    return frozenset()
