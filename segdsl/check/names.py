"""What a name means at its place."""

from __future__ import annotations

from collections.abc import Sequence

from segdsl import library, problems
from segdsl.catalog import Definition
from segdsl.check import guesses
from segdsl.check.context import BROKEN, Checking, Context
from segdsl.diagnostics import Diagnostic, Span
from segdsl.functions import operator
from segdsl.model.model import Event
from segdsl.program import Apply, At, Attribute, Constant, Field, LookupField, Node, Outer, ParentValue, is_condition
from segdsl.syntax import tree
from segdsl.syntax.habits import habit_of
from segdsl.types import BOOL


def resolve(check: Checking, ctx: Context, name: tree.Name, args: Sequence[tree.Argument] | None = None) -> Node:
    """The value of a name, or of a call of a definition (`args` not None)."""
    if ctx.row is not None:
        return _in_row(check, ctx, name, args)
    if len(name.parts) == 1 and args is None:
        given = ctx.param(name.parts[0].text)
        if given is not None:
            return given
    return of_entity(check, ctx, name.parts, args, name.span)


def labels_of(check: Checking, ctx: Context, node: tree.Expr) -> tuple[str, ...] | None:
    """The labels of a segmentation, or the words of a param, that an expression names, found without resolving it."""
    if isinstance(node, tree.AsOf):
        return labels_of(check, ctx, node.value)
    if isinstance(node, tree.Name):
        parts = node.parts
    elif isinstance(node, tree.Call):
        parts = node.name.parts
    else:
        return None
    if ctx.row is None and ctx.param(parts[0].text) is None:
        found, rest = find(check, ctx, parts)
        if found is not None and not rest and isinstance(found.tree, tree.Segmentation):
            return labels(found.tree)
        if found is not None and not rest and isinstance(found.tree, tree.Param) and found.tree.words:
            return tuple(word.text for word in found.tree.words)
    return None


def labels(node: tree.Segmentation) -> tuple[str, ...]:
    """The labels of a segmentation, each once, in their order."""
    return tuple(dict.fromkeys(rule.label.text for rule in node.rules))


def find(
    check: Checking, ctx: Context, parts: Sequence[tree.Identifier]
) -> tuple[Definition | None, Sequence[tree.Identifier]]:
    """The definition that the first part or parts of a path name in this scope, and the parts left over."""
    if owner_of(check, ctx, parts) is not None:
        return None, parts
    definitions = check.catalog.definitions
    head = parts[0].text
    if ctx.scope.alias and ctx.scope.library != library.COMMERCE:
        own = definitions.get(ctx.scope.qualify(head))
        if own is not None:
            return own, parts[1:]
        found = definitions.get(head)
        # of the catalog's names only those that take the place of the usual ones are seen; attributes win over these
        if found is None or head not in _commerce(check):
            return None, parts
        steps_back = found.scope.alias and head in check.model.entities[ctx.entity].attributes
        return (None, parts) if steps_back else (found, parts[1:])
    if len(parts) > 1 and head in check.catalog.used:
        found = definitions.get(f"{head}.{parts[1].text}")
        if found is not None:
            return found, parts[2:]
    found = definitions.get(head)
    if found is None:
        return None, parts
    # commerce steps back behind an attribute, and so does what belongs to another entity
    steps_back = found.scope.library == library.COMMERCE or (not found.is_param and found.entity != ctx.entity)
    if steps_back and head in check.model.entities[ctx.entity].attributes:
        return None, parts
    return found, parts[1:]


def owner_of(check: Checking, ctx: Context, parts: Sequence[tree.Identifier]) -> str | None:
    """The entity whose value a path is: this one or its parent, with whose name it begins. Before a dot that is no
    definition's."""
    head = parts[0].text
    return head if len(parts) > 1 and head in check.model.owners(ctx.entity) else None


def _commerce(check: Checking) -> frozenset[str]:
    used = check.catalog.used.get(library.COMMERCE)
    if used is None:
        return frozenset()
    return frozenset(item.name.text for item in used.module.definitions if isinstance(item, tree.Trait | tree.Segment))


def of_entity(
    check: Checking,
    ctx: Context,
    parts: Sequence[tree.Identifier],
    args: Sequence[tree.Argument] | None,
    span: Span,
) -> Node:
    """The value of a path that starts at an entity, where parameters are no names (but may stand in arguments)."""
    head = parts[0].text
    entity = check.model.entities[ctx.entity]
    definition, rest = find(check, ctx, parts)
    if definition is not None:
        return _definition(check, ctx, definition, rest, args, span)
    if len(parts) == 1 and head in entity.attributes and args is None:
        return check.one_of_all(Attribute(entity.name, head, entity.attributes[head].type))
    owner = owner_of(check, ctx, parts)
    if owner is not None and (help := guesses.hidden_help(check, ctx.of(owner), parts)) is not None:
        dotted = ".".join(part.text for part in parts)
        return BROKEN if check.is_unheard else check.report(problems.unknown_name(dotted, (), span, help))
    if owner == entity.name:
        return of_entity(check, ctx, parts[1:], args, span)
    if owner is not None:
        value = of_entity(check, ctx.of(owner), parts[1:], args, span)
        return BROKEN if value == BROKEN else ParentValue(entity.name, owner, value, value.type)
    return BROKEN if check.is_unheard else check.report(_unknown(check, ctx, parts, span))


def _unknown(check: Checking, ctx: Context, parts: Sequence[tree.Identifier], span: Span) -> Diagnostic:
    head = parts[0]
    entity = check.model.entities[ctx.entity]
    dotted = ".".join(part.text for part in parts)
    left_out = check.catalog.left_out
    for name in (ctx.scope.qualify(head.text), head.text, dotted):
        if name in left_out:
            return left_out[name].problem(span)
    if len(parts) > 1 and head.text in check.catalog.used:
        prefix = f"{head.text}."
        known = [name for name in check.catalog.definitions if name.startswith(prefix)]
        return problems.unknown_name(dotted, known, span)
    if len(parts) > 1 and head.text in check.model.entities:
        help = f"`{entity.name}` has no parent `{head.text}` in the model"
        return problems.unknown_name(dotted, (), span, help)
    if head.text in check.model.events:
        help = guesses.event_help(check.model.events[head.text], parts[1].text if len(parts) > 1 else None)
        return problems.unknown_name(dotted, (), span, help)
    known, fitting = guesses.known_names(check, ctx)
    if head.text in _commerce_texts():
        help = "the library `commerce` is there when the model has the event `order`"
        return problems.unknown_name(dotted, known, head.span, help)
    if head.text in check.catalog.libraries and head.text != library.COMMERCE:
        return problems.unknown_name(dotted, (), span, f"a library is put to use by a line `use {head.text}`")
    habit = habit_of(head.text) if len(parts) == 1 else None
    if habit is None and len(parts) == 1 and guesses.is_text_without_quotes(ctx, head.text):
        return problems.text_without_quotes(head.text, fitting, span)
    advice = habit or guesses.path_help(check, ctx, parts) or guesses.call_help(ctx, parts)
    if len(parts) > 1 and head.text in entity.attributes:
        return problems.unknown_name(dotted, (), span, advice or f"`{head.text}` has no parts")
    if len(parts) > 1:
        return problems.unknown_name(head.text, guesses.known_owners(check, ctx), head.span, advice)
    return problems.unknown_name(head.text, known, head.span, advice, fitting)


def _commerce_texts() -> frozenset[str]:
    module = library.parsed(library.COMMERCE).module
    return frozenset(item.name.text for item in module.definitions if isinstance(item, tree.Trait))


def _definition(
    check: Checking,
    ctx: Context,
    definition: Definition,
    rest: Sequence[tree.Identifier],
    args: Sequence[tree.Argument] | None,
    span: Span,
) -> Node:
    if rest:
        return _label(check, ctx, definition, rest, args, span)
    if not definition.is_param and definition.entity != ctx.entity:
        return check.report(_other_entity(check, ctx, definition, span))
    return check.refer(ctx, definition, args, span)


def _label(
    check: Checking,
    ctx: Context,
    definition: Definition,
    rest: Sequence[tree.Identifier],
    args: Sequence[tree.Argument] | None,
    span: Span,
) -> Node:
    label = rest[0]
    if not isinstance(definition.tree, tree.Segmentation) or len(rest) > 1:
        dotted = f"{definition.name}.{'.'.join(part.text for part in rest)}"
        help = guesses.path_help(check, ctx, [definition.tree.name, *rest])
        return check.report(problems.unknown_name(dotted, (), span, help or f"`{definition.name}` has no parts"))
    known = labels(definition.tree)
    if label.text not in known:
        return check.report(problems.unknown_label(label.text, definition.name, known, label.span))
    if definition.entity != ctx.entity:
        return check.report(_other_entity(check, ctx, definition, span))
    value = check.refer(ctx, definition, args, span)
    if value == BROKEN:
        return BROKEN
    return Apply(operator("="), (value, Constant(label.text, value.type)), BOOL)


def _other_entity(check: Checking, ctx: Context, definition: Definition, span: Span) -> Diagnostic:
    name = definition.name
    parent = check.model.parent_of(ctx.entity)
    if parent is not None and parent.name == definition.entity:
        help = f"the parent's is written `{parent.name}.{name}`"
    elif any(child.name == definition.entity for child in check.model.children_of(ctx.entity)):
        help = f"children are read by an aggregate: `count({definition.entity} where {name})`"
    else:
        help = f"`of {definition.entity}` after a definition's name makes it one of `{definition.entity}`"
    return problems.other_entity(name, definition.entity, ctx.entity, span, help)


# ---------------------------------------------------------------- inside `where`


def _in_row(check: Checking, ctx: Context, name: tree.Name, args: Sequence[tree.Argument] | None) -> Node:
    assert ctx.row is not None
    event = check.model.events[ctx.row]
    head = name.parts[0].text
    if head == ctx.entity and len(name.parts) > 1:
        value = of_entity(check, ctx.inside(None), name.parts[1:], args, name.span)
        if value == BROKEN or isinstance(value, Constant):
            return value
        return Outer(value, value.type, is_condition(value))
    if args is not None:
        return check.report(_called_in_row(check, ctx, name))
    field = field_of(event, name.parts, check)
    if field is not None:
        return field
    if len(name.parts) == 1:
        given = ctx.param(head)
        if given is not None:
            return given
    definition, rest = find(check, ctx, name.parts)
    if definition is not None and not rest and definition.is_param:
        return check.refer(ctx.inside(None), definition, None, name.span)
    return check.report(_unknown_in_row(check, ctx, event, name))


def _called_in_row(check: Checking, ctx: Context, name: tree.Name) -> Diagnostic:
    definition, rest = find(check, ctx, name.parts)
    if definition is not None and not rest:
        return problems.outer_name(name.text, ctx.entity, name.span)
    from segdsl.functions import FUNCTION_ROWS

    return problems.unknown_function(name.text, FUNCTION_ROWS, name.span, habit_of(name.text))


def _unknown_in_row(check: Checking, ctx: Context, event: Event, name: tree.Name) -> Diagnostic:
    head = name.parts[0].text
    if len(name.parts) > 1 and head in event.fields:
        lookup = check.model.lookup_of(event.fields[head])
        if lookup is None:
            return problems.unknown_field(head, name.parts[1].text, (), name.span)
        return problems.unknown_field(f"{event.name}.{head}", name.parts[1].text, lookup.fields, name.parts[1].span)
    definition, _ = find(check, ctx, name.parts)
    parent = check.model.parent_of(ctx.entity)
    if (
        definition is not None
        or head in check.model.entities[ctx.entity].attributes
        or (parent is not None and head == parent.name)
    ):
        return problems.outer_name(name.text, ctx.entity, name.span)
    help = habit_of(head) or guesses.field_help(check, ctx, event, name.parts)
    known, fitting = guesses.wanted_fields(check, ctx, event)
    if help is None and len(name.parts) == 1 and guesses.is_text_without_quotes(ctx, head):
        return problems.text_without_quotes(head, fitting, name.span)
    return problems.unknown_field(event.name, head, known, name.parts[0].span, help, fitting)


def field_of(event: Event, parts: Sequence[tree.Identifier], check: Checking) -> Node | None:
    """The value that a path of a field is: `amount`, `at`, `product`, `product.category`; None for no such field."""
    head = parts[0].text
    if head == "at" and len(parts) == 1:
        return At(event.name)
    field = event.fields.get(head)
    if field is None:
        return None
    if len(parts) == 1:
        return check.one_of_all(Field(event.name, head, field.type))
    lookup = check.model.lookup_of(field)
    if lookup is None or len(parts) > 2 or parts[1].text not in lookup.fields:
        return None
    return LookupField(event.name, head, lookup.name, parts[1].text, lookup.fields[parts[1].text].type)
