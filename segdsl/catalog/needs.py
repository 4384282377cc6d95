"""What a definition needs to be there, as its `@needs(…)` says: parts of the model, and words of params.

`@needs(order)` an event · `@needs(order.discount)` a field · `@needs(order.product.category)` one of a lookup ·
`@needs(customer.birth_date)` an attribute · `@needs(account)` an entity · `@needs(message.kind = "clicked")` a text
that a field can be · `@needs(grid = klaviyo)`, `@needs(grid in (eleven, shopify))` the word that a param is · any of
them after `not`, or joined by `or`. A definition that needs something else than there is is left out of the catalog.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from segdsl import problems
from segdsl.diagnostics import Diagnostic
from segdsl.library.roles import ACCOUNT, CUSTOMER
from segdsl.model.model import Field, Model
from segdsl.syntax import tree
from segdsl.syntax.printer import print_expr
from segdsl.values import frozen

NEEDS = "needs"


@frozen
class Lack:
    """Something that is needed and is not there, in words: of the model, or of the words that params are."""

    text: str
    is_of_model: bool


@dataclass(frozen=True)
class Surroundings:
    """What needs are held against: the model, the entity that bare names are attributes of, the entities that the
    words of a library stand for (None: there is none), and the words of params by their names."""

    model: Model
    entity: str
    roles: Mapping[str, str | None]
    word_of: Callable[[str], str | None]


def of_model(need: tree.Expr) -> bool:
    """Whether a need is one of the model, not of a word."""
    match need:
        case tree.Operation(op="not" | "or", args=args):
            return any(map(of_model, args))
        case tree.Comparison(args=(tree.Name() as name, other)):
            return len(name.parts) > 1 and isinstance(other, tree.Text)
        case _:
            return isinstance(need, tree.Name)


def needs_of(item: tree.Definition) -> Iterator[tree.Expr]:
    """Everything that a definition needs, as it is written."""
    for annotation in item.head.annotations:
        if annotation.name.text == NEEDS:
            yield from (value.value for value in annotation.values)


def lacks_of(needs: Iterable[tree.Expr], around: Surroundings) -> tuple[list[Lack], list[Diagnostic]]:
    """What is needed and is not there, and what is wrong with how it is said."""
    lacks: list[Lack] = []
    found: list[Diagnostic] = []
    for need in needs:
        lack = _lack(need, around)
        if isinstance(lack, Diagnostic):
            found.append(lack)
        elif lack is not None:
            lacks.append(lack)
    return lacks, found


def _lack(need: tree.Expr, around: Surroundings) -> Lack | Diagnostic | None:
    match need:
        case tree.Operation(op="not", args=(inner,)):
            lack = _lack(inner, around)
            if isinstance(lack, Diagnostic):
                return lack
            return Lack(f"`{print_expr(need)}`", of_model(inner)) if lack is None else None
        case tree.Operation(op="or", args=args):
            each = [_lack(arg, around) for arg in args]
            wrong = next((item for item in each if isinstance(item, Diagnostic)), None)
            if wrong is not None or None in each:
                return wrong
            return Lack(" or ".join(item.text for item in each if isinstance(item, Lack)), of_model(need))
        case tree.Name():
            return _lack_of_model(need, around)
        case tree.Comparison(ops=("=",), args=(tree.Name() as name, tree.Text() as text)) if len(name.parts) > 1:
            return _lack_of_model(name, around) or _lack_of_value(name, text.value, around)
        case tree.Comparison(ops=("=",), args=(tree.Name() as name, tree.Name() as word)):
            return _lack_of_word(need, name, [word.text], around)
        case tree.Operation(op="in", args=(tree.Name() as name, *words)):
            return _lack_of_word(need, name, [word.text for word in words if isinstance(word, tree.Name)], around)
        case _:
            return problems.bad_need(need.span)


def _lack_of_word(need: tree.Expr, name: tree.Name, words: list[str], around: Surroundings) -> Lack | Diagnostic | None:
    word = around.word_of(name.text)
    if word is None:
        return problems.bad_need(need.span)
    return None if word in words else Lack(f"`{print_expr(need)}`, and `{name.text}` is `{word}`", False)


def _lack_of_model(name: tree.Name, around: Surroundings) -> Lack | None:
    head, *rest = (part.text for part in name.parts)
    model = around.model
    if head in model.events:
        return None if not rest or _field(around, head, rest) else Lack(_field_text(head, rest), True)
    entity = around.roles.get(head, head)
    if entity is not None and entity in model.entities:
        found = not rest or (len(rest) == 1 and rest[0] in model.entities[entity].attributes)
        return None if found else Lack(f"the attribute `{'.'.join(rest)}` of `{entity}`", True)
    if head == ACCOUNT and ACCOUNT in around.roles:
        return Lack(f"a parent of `{around.roles[CUSTOMER]}`", True)
    if not rest and head in model.entities[around.entity].attributes:
        return None
    # `@needs(order.amount)` without any `order`: the event is what is missing
    return Lack(f"the event `{head}`", True)


def _lack_of_value(name: tree.Name, value: str, around: Surroundings) -> Lack | None:
    head, *rest = (part.text for part in name.parts)
    field = _field(around, head, rest)
    if field is None:
        entity = around.model.entities.get(around.roles.get(head, head) or "")
        field = entity.attributes.get(rest[0]) if entity is not None else None
    values = field.type.values if field is not None else None
    return None if values is None or value in values else Lack(f"`{value}` among the values of `{name.text}`", True)


def _field(around: Surroundings, event: str, rest: list[str]) -> Field | None:
    """The field that a path behind an event leads to, through lookups."""
    found = around.model.events[event].fields if event in around.model.events else {}
    field: Field | None = None
    for name in rest:
        field = found.get(name)
        if field is None:
            return None
        lookup = around.model.lookup_of(field)
        found = lookup.fields if lookup is not None else {}
    return field


def _field_text(event: str, rest: list[str]) -> str:
    return f"the field `{rest[-1]}` of `{'.'.join((event, *rest[:-1]))}`"
