"""What each name in a definition speaks of: the same look-up as the checker's, on texts that are being written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from segdsl.catalog.needs import NEEDS
from segdsl.diagnostics import Span
from segdsl.editor.index import Index
from segdsl.functions import AGGREGATES, CALLS
from segdsl.lint.names import notes, words_of
from segdsl.syntax import tree


@dataclass(frozen=True, slots=True)
class Thing:
    """What a name speaks of. `owner`: the segmentation of a label, the definition of a parameter, the entity of an
    attribute, the event or lookup of a field."""

    kind: str  # definition label parameter attribute event field entity library function annotation
    name: str
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """A name in a text; `is_definition` where it is given there, `is_quoted` where it is a word of a note, `is_text`
    where it is a label that is written in quotes."""

    thing: Thing
    span: Span
    is_definition: bool = False
    is_quoted: bool = False
    is_text: bool = False


@dataclass(frozen=True, slots=True)
class _Here:
    entity: str
    owner: str = ""
    params: frozenset[str] = frozenset()
    row: str | None = None


def marks(index: Index, node: tree.Definition) -> Iterator[Mark]:
    """Every name in a definition that speaks of something known."""
    return _Walk(index).definition(node)


class _Walk:
    def __init__(self, index: Index) -> None:
        self.index = index
        self.model = index.model

    def definition(self, node: tree.Definition) -> Iterator[Mark]:
        entity = self.index.entity_of(node)
        for annotation in node.head.annotations:
            yield Mark(Thing("annotation", annotation.name.text), annotation.name.span)
            if annotation.name.text == NEEDS:
                for need in annotation.values:
                    yield from self._need(need.value)
        for note in notes(node):
            yield from self._successor(note)
        match node:
            case tree.Param(name=name, words=words, value=value):
                yield Mark(Thing("definition", name.text), name.span, True)
                for word in words:
                    yield Mark(Thing("label", word.text, name.text), word.span, True)
                labels = {word.text for word in words}
                if isinstance(value, tree.Name) and value.text in labels:
                    yield Mark(Thing("label", value.text, name.text), value.span)
                else:
                    yield from self.expr(value, _Here(entity))
            case tree.Use(library=library, args=args, alias=alias):
                yield Mark(Thing("library", library.text), library.span, alias is None)
                if alias is not None:
                    yield Mark(Thing("library", alias.text), alias.span, True)
                for arg in args:
                    yield from self.expr(arg.value, _Here(entity))
            case tree.Example(target=target, facts=facts):
                yield from self.name(target.parts, _Here(self._entity_of_target(target)))
                for fact in facts:
                    yield from self._fact(fact, self._entity_of_target(target))
            case tree.Expect(condition=value, inside=inside):
                yield from self.expr(value, _Here(entity))
                if inside is not None:
                    yield from self.expr(inside, _Here(entity))
            case _:
                yield from self._named(node, entity)

    def _successor(self, note: tree.Text) -> Iterator[Mark]:
        """The first definition that a deprecation names: what is to be used in its place."""
        for word in words_of(note.value):
            found = re.search(rf"(?<!\w){re.escape(word)}(?!\w)", note.span.text) if word in self.index.own else None
            if found is not None:
                start = note.span.start + found.start()
                span = Span(note.span.source, start, start + len(word))
                yield Mark(Thing("definition", word), span, is_quoted=True)
                return

    def _need(self, need: tree.Expr) -> Iterator[Mark]:
        """The params in what a definition needs, and the words that these are to be."""
        match need:
            case tree.Operation(op="not" | "or", args=args):
                for arg in args:
                    yield from self._need(arg)
            case tree.Comparison() | tree.Operation() if isinstance(name := need.args[0], tree.Name):
                if self.index.starter(name.text) == "param":
                    yield Mark(Thing("definition", name.text), name.span)
                    for word in need.args[1:]:
                        if isinstance(word, tree.Name):
                            yield Mark(Thing("label", word.text, name.text), word.span)

    def _named(self, node: tree.Trait | tree.Segment | tree.Segmentation, entity: str) -> Iterator[Mark]:
        name = node.name.text
        yield Mark(Thing("definition", name), node.name.span, True)
        here = _Here(entity, name)
        for parameter in node.parameters:
            yield Mark(Thing("parameter", parameter.name.text, name), parameter.name.span, True)
            if parameter.default is not None:
                yield from self.expr(parameter.default, here)
        if node.entity is not None:
            yield Mark(Thing("entity", node.entity.text), node.entity.span)
        here = replace(here, params=frozenset(parameter.name.text for parameter in node.parameters))
        if not isinstance(node, tree.Segmentation):
            yield from self.expr(node.value, here)
            return
        if node.among is not None:
            yield from self.expr(node.among, here)
        for rule in node.rules:
            yield Mark(Thing("label", rule.label.text, name), rule.label.span, True)
            if rule.condition is not None:
                yield from self.expr(rule.condition, here)

    def _entity_of_target(self, target: tree.Name) -> str:
        texts = [part.text for part in target.parts]
        for name in (".".join(texts[:2]), texts[0]):
            if (found := self.index.definition(name)) is not None:
                return self.index.entity_of(found, name)
        return self.model.default_entity.name

    def _fact(self, fact: tree.Fact, entity: str) -> Iterator[Mark]:
        here = _Here(entity)
        match fact:
            case tree.AttributeFact(name=name, value=value):
                if name.text in self.model.entities[entity].attributes:
                    yield Mark(Thing("attribute", name.text, entity), name.span)
                yield from self.expr(value, here)
            case tree.EventFact(event=event, args=args):
                yield from self._event((event,))
                for arg in args:
                    if arg.name is not None and event.text in self.model.events:
                        yield Mark(Thing("field", arg.name.text, event.text), arg.name.span)
                    yield from self.expr(arg.value, here)
            case tree.AsOfFact(moment=moment):
                yield from self.expr(moment, here)

    # ------------------------------------------------------------ names

    def name(self, parts: Sequence[tree.Identifier], here: _Here) -> Iterator[Mark]:
        head = parts[0]
        if here.row is not None:
            event = self.model.events.get(here.row)
            if head.text == here.entity and len(parts) > 1:
                yield Mark(Thing("entity", head.text), head.span)
                yield from self._of_entity(parts[1:], replace(here, row=None))
            elif event is not None and (head.text in event.fields or (head.text == "at" and len(parts) == 1)):
                yield from self._fields(event.name, parts)
            elif len(parts) == 1 and head.text in here.params:
                yield Mark(Thing("parameter", head.text, here.owner), head.span)
            elif self.index.starter(head.text) == "param":
                yield Mark(Thing("definition", head.text), head.span)
            return
        if len(parts) == 1 and head.text in here.params:
            yield Mark(Thing("parameter", head.text, here.owner), head.span)
            return
        yield from self._of_entity(parts, here)

    def _of_entity(self, parts: Sequence[tree.Identifier], here: _Here) -> Iterator[Mark]:
        head, *rest = parts
        attributes = self.model.entities[here.entity].attributes
        if rest and head.text in self.model.owners(here.entity):
            yield Mark(Thing("entity", head.text), head.span)
            yield from self._of_entity(rest, replace(here, entity=head.text))
            return
        if rest and head.text in self.index.aliases:
            dotted = f"{head.text}.{rest[0].text}"
            if self.index.definition(dotted) is not None:
                yield Mark(Thing("library", head.text), head.span)
                yield from self._found(dotted, rest[0], rest[1:])
                return
        found = self.index.definition(head.text)
        entity = self.index.entity_of(found, head.text)
        is_own = head.text in self.index.own
        steps_back = not is_own or (not isinstance(found, tree.Param) and entity != here.entity)
        if (is_own or found is not None) and not (steps_back and head.text in attributes):
            yield from self._found(head.text, head, rest)
        elif not rest and head.text in attributes:
            yield Mark(Thing("attribute", head.text, here.entity), head.span)

    def _found(self, name: str, head: tree.Identifier, rest: Sequence[tree.Identifier]) -> Iterator[Mark]:
        yield Mark(Thing("definition", name), head.span)
        if rest and rest[0].text in self.index.labels(name):
            yield Mark(Thing("label", rest[0].text, name), rest[0].span)

    def _event(self, parts: Sequence[tree.Identifier]) -> Iterator[Mark]:
        head = parts[0]
        if head.text in self.model.events:
            yield Mark(Thing("event", head.text), head.span)
            if len(parts) > 1:
                yield from self._fields(head.text, parts[1:])

    def _fields(self, event: str, parts: Sequence[tree.Identifier]) -> Iterator[Mark]:
        yield Mark(Thing("field", parts[0].text, event), parts[0].span)
        field = self.model.events[event].fields.get(parts[0].text)
        lookup = self.model.lookup_of(field) if field is not None else None
        if len(parts) > 1 and lookup is not None:
            yield Mark(Thing("field", parts[1].text, lookup.name), parts[1].span)

    # ------------------------------------------------------------ expressions

    def expr(self, node: tree.Expr | tree.Period, here: _Here) -> Iterator[Mark]:
        match node:
            case tree.Name(parts=parts):
                yield from self.name(parts, here)
            case tree.Comparison(args=args):
                for number, arg in enumerate(args):
                    yield from self._beside(
                        arg, [*args[max(0, number - 1) : number], *args[number + 1 : number + 2]], here
                    )
            case tree.Operation(op="in" | "not in" | "was", args=args):
                yield from self._beside(args[0], args[1:], here)
                for arg in args[1:]:
                    yield from self._beside(arg, args[:1], here)
            case tree.Operation(args=args) | tree.ListValue(items=args):
                for arg in args:
                    yield from self.expr(arg, here)
            case tree.InWindow(subject=subject, window=window):
                for part in (subject, *window.args):
                    yield from self.expr(part, here)
            case tree.AsOf(value=value, moment=moment):
                yield from self.expr(value, here)
                yield from self.expr(moment, here)
            case tree.Case(branches=branches, otherwise=otherwise):
                for branch in branches:
                    yield from self.expr(branch.condition, here)
                    yield from self.expr(branch.value, here)
                if otherwise is not None:
                    yield from self.expr(otherwise, here)
            case tree.Call():
                yield from self._call(node, here)
            case tree.Sequence(steps=steps, same=same):
                for step in steps:
                    yield from self._event((step.event,))
                    if step.within is not None:
                        yield from self.expr(step.within, here)
                    if step.where is not None:
                        yield from self.expr(step.where, replace(here, row=step.event.text))
                if same is not None and steps[0].event.text in self.model.events:
                    yield Mark(Thing("field", same.text, steps[0].event.text), same.span)

    def _beside(self, node: tree.Expr, others: Sequence[tree.Expr], here: _Here) -> Iterator[Mark]:
        """A value that is compared: a name, or a text, may be a label of the other side."""
        is_text = isinstance(node, tree.Text)
        word = node.value if isinstance(node, tree.Text) else node.text if isinstance(node, tree.Name) else None
        if word is not None and (is_text or "." not in word):
            for other in others:
                owner = self._labelled(other, here)
                if owner is not None and word in self.index.labels(owner):
                    yield Mark(Thing("label", word, owner), node.span, is_text=is_text)
                    return
        yield from self.expr(node, here)

    def _labelled(self, node: tree.Expr, here: _Here) -> str | None:
        """The segmentation, or the param with words, whose labels an expression has for values."""
        if isinstance(node, tree.AsOf):
            return self._labelled(node.value, here)
        path = node if isinstance(node, tree.Name) else node.name if isinstance(node, tree.Call) else None
        if path is None or path.parts[0].text in here.params:
            return None
        found = list(self.name(path.parts, here))
        if not found or found[-1].thing.kind != "definition":
            return None
        return self.index.labelled_by(found[-1].thing.name)

    def _call(self, node: tree.Call, here: _Here) -> Iterator[Mark]:
        name = node.name.text
        if name in AGGREGATES and node.args:
            yield Mark(Thing("function", name), node.name.span)
            yield from self._aggregate(node, here)
            return
        if name in CALLS or name in ("disjoint", "covers"):
            yield Mark(Thing("function", name), node.name.span)
        else:
            yield from self._called(node, node.name.parts, here)
        for arg in node.args:
            yield from self.expr(arg.value, here)
        for part in (node.where, node.among, *node.per):
            if part is not None:
                yield from self.expr(part, here)

    def _called(self, node: tree.Call, parts: Sequence[tree.Identifier], here: _Here) -> Iterator[Mark]:
        """The name of a definition that is called, and the parameters that are named there."""
        found = list(self.name(parts, replace(here, params=frozenset())))
        yield from found
        # `customer.spend(window: 30d)` names a parameter of `spend`
        owner = next((mark.thing.name for mark in reversed(found) if mark.thing.kind == "definition"), node.name.text)
        for arg in node.args:
            if arg.name is not None:
                yield Mark(Thing("parameter", arg.name.text, owner), arg.name.span)

    def _aggregate(self, node: tree.Call, here: _Here) -> Iterator[Mark]:
        for arg in node.args[:-1]:
            yield from self.expr(arg.value, here)
        last = node.args[-1].value
        subject = last.subject if isinstance(last, tree.InWindow) else last
        window = last.window if isinstance(last, tree.InWindow) else None
        inner = here
        path = subject.name if isinstance(subject, tree.Call) else subject
        if isinstance(path, tree.Name):
            head = path.parts[0]
            if isinstance(subject, tree.Call) and (head.text not in self.model.entities or len(path.parts) == 1):
                yield from self.expr(subject, here)
            elif head.text in self.model.events:
                yield from self._event(path.parts)
                inner = replace(here, row=head.text)
            elif head.text in self.model.entities:
                yield Mark(Thing("entity", head.text), head.span)
                params = here.params - set(self.model.entities[head.text].attributes)
                inner = replace(here, entity=head.text, params=params)
                if isinstance(subject, tree.Call):  # `sum(customer.spend(30d))`
                    yield from self._called(subject, path.parts[1:], inner)
                    for arg in subject.args:
                        yield from self.expr(arg.value, here)
                elif len(path.parts) > 1:
                    yield from self.name(path.parts[1:], inner)
        else:
            yield from self.expr(subject, here)
        for part in window.args if window is not None else ():
            yield from self.expr(part, here)
        if node.where is not None:
            yield from self.expr(node.where, inner)
