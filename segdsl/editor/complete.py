"""What could be written next."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple

from lsprotocol import types

from segdsl import library
from segdsl.editor.index import Index
from segdsl.editor.place import Place, keywords, place
from segdsl.editor.project import Outcome
from segdsl.functions import AGGREGATES, BANDS, FUNCTION_ROWS, HISTORY_CALLS, SAMPLE, SCORES, AggregateRow, ScoreRow
from segdsl.lint.names import ANNOTATIONS
from segdsl.model.model import Field
from segdsl.syntax import tree
from segdsl.syntax.keywords import CONSTANTS
from segdsl.syntax.parser import parse
from segdsl.syntax.scanner import STARTERS, is_plain_name, pieces
from segdsl.texts import NAMED
from segdsl.types import BOOL, TIME, Kind, Type

_Kind = types.CompletionItemKind
_KINDS = {"segment": _Kind.Class, "trait": _Kind.Variable, "segmentation": _Kind.Enum, "param": _Kind.Constant}
MOST_ITEMS = 200
_NUMBERS = frozenset({Kind.INT, Kind.DECIMAL})
_MOMENTS = frozenset({Kind.DATE, Kind.TIME, Kind.DURATION})
_CALLED: Mapping[str, AggregateRow | ScoreRow] = {**AGGREGATES, **SCORES, BANDS.name: BANDS, SAMPLE.name: SAMPLE}
_TARGET = re.compile(r"example\s+(?:not\s+)?in\s+(`[^`]+`|\w+)")
_FAMILIES = (_NUMBERS, _MOMENTS)


class _Item(NamedTuple):
    """What could be offered: of a whole catalog a few are, and only these become what the protocol sends."""

    label: str
    kind: types.CompletionItemKind
    detail: str | None = None
    sort_text: str | None = None
    documentation: str | None = None
    insert_text: str | None = None


def complete(index: Index, outcome: Outcome, path: str, offset: int) -> types.CompletionList:
    """The items that fit at an offset and what is written there already; those whose type fits come first. Of many the
    best, and the editor asks again with the next letter."""
    items, written = _complete(index, outcome, path, offset)
    fitting = [item for item in items if _fits_word(written, item.label)]
    if len(fitting) > MOST_ITEMS:
        fitting.sort(key=lambda item: (not item.label.casefold().startswith(written), item.sort_text or item.label))
    found = [types.CompletionItem(**item._asdict()) for item in fitting[:MOST_ITEMS]]
    return types.CompletionList(len(found) < len(items), found)


def _fits_word(written: str, label: str) -> bool:
    """Whether the letters stand in a label, in their order: what editors themselves go by."""
    letters = iter(label.casefold())
    return all(letter in letters for letter in written)


def _complete(index: Index, outcome: Outcome, path: str, offset: int) -> tuple[list[_Item], str]:
    """All that fits, and what is written of it."""
    source = next((item for item in index.sources if item.source.path == path), None)
    if source is None:
        return [], ""
    text = source.source.text
    start = offset
    while start and (text[start - 1].isalnum() or text[start - 1] in "_`"):
        start -= 1
    written = text[start:offset].strip("`").casefold()
    if written[:1].isdigit():
        return [], ""
    line = text[text.rfind("\n", 0, start) + 1 : start]
    if any(kind == "comment" for kind, _ in pieces(line)):
        return [], ""
    stretch = source.at(start - 1) if start else None
    if stretch is None:
        return [_keyword(word) for word in sorted(STARTERS)], written
    before = text[stretch.chunk.start : start]
    found = place(before)
    own = stretch.name if stretch.starter in NAMED else ""
    items = list(_Completion(index, outcome, found, before, own).items())
    if not line.strip():
        items.extend(_keyword(word) for word in sorted(STARTERS))
    return list({item.label: item for item in reversed(items)}.values())[::-1], written


class _Completion:
    def __init__(self, index: Index, outcome: Outcome, at: Place, before: str, own: str) -> None:
        self.index = index
        self.own = own  # the definition that is being written, which cannot name itself
        self.outcome = outcome
        self.at = at
        self.words = before.split()
        self.model = index.model
        self.entity = self._entity(before)
        self.left = self._type(at.left) if at.left else self._asked() if at.argument else None

    def items(self) -> Iterator[_Item]:
        at = self.at
        if at.quote:
            yield from (_Item(value, kind=_Kind.Value) for value in self._values())
            return
        if at.before == "@":
            yield from (_Item(name, kind=_Kind.Property) for name in ANNOTATIONS)
            return
        if at.path:
            yield from self._behind_dot()
            return
        match at.before:
            case "use":
                # those that ship are known before anything has been checked
                names = self.index.checked.libraries if self.index.checked else library.names()
                yield from (_Item(name, kind=_Kind.Module) for name in names if name != library.COMMERCE)
                return
            case "of" if self.words[-2:-1] != ["as"]:
                yield from (_Item(name, kind=_Kind.Struct) for name in self.model.entities)
                return
            case "param" | "trait" | "segment" | "segmentation":
                return
        if at.is_subject:
            yield from self._events()
            return
        if self.words[0] == "use" and at.frames:
            yield from self._in_use()
            return
        if self.words[0] == "example":
            yield from self._in_example()
            return
        if self.left is not None and at.before not in ("<", "<=", ">", ">="):
            yield from (_Item(f'"{value}"', kind=_Kind.Value, sort_text=f"0{value}") for value in self._values())
            owner = self._segmentation(at.left)
            if owner is not None:
                labels = self.index.labels(owner)
                yield from (_Item(label, kind=_Kind.EnumMember, sort_text=f"0{label}") for label in labels)
        yield from self._arguments()
        if "NAME" in at.accepts:
            yield from self._names()
        yield from (_keyword(word) for word in keywords(at.accepts))

    # ------------------------------------------------------------ whose names

    def _entity(self, before: str) -> str:
        if self.words[:1] == ["example"]:
            target = _TARGET.match(before)
            name = target.group(1).strip("`") if target is not None else ""
            return self.index.entity_named(name) if name in self.index.names else self.model.default_entity.name
        for frame in reversed(self.at.frames):
            if frame.is_where and frame.event in self.model.entities:
                return str(frame.event)
        tokens = before.replace("=", " = ").split()
        for one, two in pairwise(tokens):
            if one == "=":
                break
            if one == "of" and two in self.model.entities:
                return two
        return self.model.default_entity.name

    def _events(self) -> Iterator[_Item]:
        for event in self.model.events_of(self.entity):
            yield _Item(event.name, kind=_Kind.Event, detail=f"event of {self.entity}", sort_text=f"0{event.name}")
        for child in self.model.children_of(self.entity):
            yield _Item(child.name, kind=_Kind.Struct, sort_text=f"1{child.name}")
        if self.at.before == "then":
            yield _keyword("no")

    def _behind_dot(self) -> Iterator[_Item]:
        head, *rest = self.at.path
        row = self.at.row
        fields = self.model.events[row].fields if row in self.model.events else {}
        if head in self.model.events and not rest:
            yield from self._fields(head)
        elif head in self.model.events:
            yield from self._through(self.model.events[head].fields.get(rest[0]))
        elif head in fields and head != self.entity:
            yield from self._through(fields[head])
        elif head in self.model.owners(self.entity):
            yield from self._owned_by(head)
        elif head in self.index.aliases and not rest:
            yield from (
                self._definition(name, name.partition(".")[2])
                for name in self.index.names
                if name.startswith(f"{head}.")
            )
            yield from (_Item(label, kind=_Kind.EnumMember) for label in self.index.labels(head))
        elif head in self.model.entities:
            yield from self._owned_by(head)
        else:
            labels = self.index.labels(".".join(self.at.path))
            yield from (_Item(label, kind=_Kind.EnumMember) for label in labels)

    def _owned_by(self, entity: str) -> Iterator[_Item]:
        self.entity = entity
        yield from (item for item in self._of_entity() if item.kind is not _Kind.Constant)

    def _fields(self, event: str) -> Iterator[_Item]:
        yield self._typed("at", TIME, _Kind.Field, f"when the {event} was")
        for field in self.model.events[event].fields.values():
            yield self._typed(field.name, field.type, _Kind.Field, f"field of {event}")

    def _through(self, field: Field | None) -> Iterator[_Item]:
        lookup = self.model.lookup_of(field) if field is not None else None
        for found in lookup.fields.values() if lookup is not None else ():
            yield self._typed(found.name, found.type, _Kind.Field, f"field of {lookup.name}" if lookup else "")

    def _names(self) -> Iterator[_Item]:
        row = self.at.row
        if row in self.model.events:
            yield from self._fields(str(row))
            yield _Item(self.entity, kind=_Kind.Struct, sort_text=f"2{self.entity}")
            yield from (self._definition(name) for name in self.index.names if self.index.starter(name) == "param")
        else:
            yield from self._of_entity()
            for name, row_ in _CALLED.items():
                yield _Item(name, kind=_Kind.Function, detail=row_.form, documentation=row_.doc, sort_text=f"1{name}")
            yield from (_Item(name, kind=_Kind.Function, sort_text=f"2{name}") for name in HISTORY_CALLS)
        for name, rows in FUNCTION_ROWS.items():
            form = f"{name}({', '.join(item.name for item in rows[0].params)})"
            rank = "0" if self.left and rows[0].result == self.left.kind.value else "2"
            yield _Item(name, kind=_Kind.Function, detail=form, documentation=rows[0].doc, sort_text=f"{rank}{name}")

    def _of_entity(self) -> Iterator[_Item]:
        for field in self.model.entities[self.entity].attributes.values():
            yield self._typed(field.name, field.type, _Kind.Property, f"attribute of {self.entity}")
        has_others = len(self.model.entities) > 1
        for name in self.index.names:
            is_anyone_s = not has_others or self.index.starter(name) == "param"
            if name != self.own and (is_anyone_s or self.index.entity_named(name) == self.entity):
                yield self._definition(name)
        parent = self.model.parent_of(self.entity)
        if parent is not None:
            yield _Item(parent.name, kind=_Kind.Struct, sort_text=f"2{parent.name}")

    def _arguments(self) -> Iterator[_Item]:
        """The parameters of what is called here, as they are named: `minimum:`."""
        if not self.at.frames or self.at.before not in ("(", ","):
            return
        callee = self.at.frames[-1].callee
        node = self.index.definition(callee)
        if isinstance(node, tree.Trait | tree.Segment | tree.Segmentation):
            for parameter in node.parameters:
                yield _Item(f"{parameter.name.text}:", kind=_Kind.Variable, sort_text=f"0{parameter.name.text}")

    def _in_use(self) -> Iterator[_Item]:
        """What a `use` line sets: the params of the library, each with a word that it can be, or a constant."""
        if not self.at.argument and len(self.at.frames) == 1:
            for item in self._library_params():
                yield _Item(f"{item.name.text}:", kind=_Kind.Constant, documentation=item.head.description)
            return
        wanted = next((item for item in self._library_params() if item.name.text == self.at.argument), None)
        if wanted is not None and wanted.words:
            yield from (_Item(word.text, kind=_Kind.EnumMember) for word in wanted.words)
            return
        yield from self._constants()

    def _library_params(self) -> Iterator[tree.Param]:
        name = self.at.frames[0].callee
        own = self.index.checked.libraries if self.index.checked else {}
        found = parse(own[name]) if name in own else library.parsed(name) if name in library.names() else None
        return (item for item in found.module.definitions if isinstance(item, tree.Param)) if found else iter(())

    def _in_example(self) -> Iterator[_Item]:
        """Of whom an example is, what is given of a customer, and constants as its values."""
        at = self.at
        if at.before in ("in", "example", "not"):
            yield from (_keyword(word) for word in keywords(at.accepts))
            if at.before == "in":
                names = [name for name in self.index.names if self.index.starter(name) in ("segment", "segmentation")]
                yield from (self._definition(name) for name in names)
        elif at.frames and at.frames[-1].callee in self.model.events and at.before in ("(", ","):
            yield from self._constants()
            if at.before == ",":
                fields = self.model.events[at.frames[-1].callee].fields
                yield from (_Item(f"{name}:", kind=_Kind.Field, sort_text=f"0{name}") for name in fields)
        elif not at.frames and at.before in (":", ","):
            yield from self._events()
            for field in self.model.entities[self.entity].attributes.values():
                yield self._typed(field.name, field.type, _Kind.Property, f"attribute of {self.entity}")
            yield from (_keyword(word) for word in keywords(at.accepts))
        else:
            yield from (_Item(f'"{value}"', kind=_Kind.Value, sort_text=f"0{value}") for value in self._values())
            yield from self._constants()
            yield from (_keyword(word) for word in keywords(at.accepts) if word in CONSTANTS)

    def _constants(self) -> Iterator[_Item]:
        names = (name for name in self.index.own if self.index.starter(name) == "param" and name != self.own)
        yield from (self._definition(name) for name in names)

    def _asked(self) -> Type | None:
        """The type of the field that an example gives a value."""
        callee = self.at.frames[-1].callee if self.at.frames else ""
        event = self.model.events.get(callee) if self.words[:1] == ["example"] else None
        field = event.fields.get(self.at.argument) if event is not None else None
        return field.type if field is not None else None

    # ------------------------------------------------------------ how well a name fits

    def _definition(self, name: str, label: str | None = None) -> _Item:
        starter = self.index.starter(name)
        found = self.outcome.types.get(name) or (BOOL if starter == "segment" else None)
        item = self._typed(label or name, found, _KINDS.get(starter, _Kind.Variable), starter)
        told = self.index.description(name)
        if told:
            item = item._replace(documentation=told)
        if label is None and not is_plain_name(name) and "." not in name:
            item = item._replace(insert_text=f"`{name}`")
        return item

    def _typed(self, name: str, found: Type | None, kind: types.CompletionItemKind, detail: str) -> _Item:
        rank = "1" if found is None else "0" if self._fits(found) else "2"
        return _Item(name, kind=kind, detail=f"{detail}: {found}" if found else detail, sort_text=f"{rank}{name}")

    def _fits(self, found: Type) -> bool:
        if self.left is not None:
            kinds = {self.left.kind, found.kind}
            return len(kinds) == 1 or any(kinds <= family for family in _FAMILIES)
        if self.at.before in ("and", "or", "not", "when", "where", "among", "expect", "disjoint"):
            return found.kind is Kind.BOOL
        return self.at.before != "=" or self.words[:1] != ["segment"] or found.kind is Kind.BOOL

    def _type(self, path: tuple[str, ...]) -> Type | None:
        if not path:
            return None
        row = self.at.row
        fields = self.model.events[row].fields if row in self.model.events else None
        if fields is not None:
            if path[0] == "at":
                return TIME
            field = fields.get(path[0])
            if field is not None and len(path) > 1:
                lookup = self.model.lookup_of(field)
                field = lookup.fields.get(path[1]) if lookup else None
            return field.type if field is not None else None
        attributes = self.model.entities[self.entity].attributes
        if len(path) == 1 and path[0] in attributes and path[0] not in self.index.own:
            return attributes[path[0]].type
        found = self.outcome.types.get(".".join(path))
        if found is None and self._segmentation(path):
            return Type(Kind.LABEL)
        return found

    def _values(self) -> list[str]:
        known = self.left.values if self.left is not None and self.left.kind is Kind.TEXT else None
        return list(known or ())

    def _segmentation(self, path: tuple[str, ...]) -> str | None:
        name = ".".join(path)
        return name if self.index.labels(name) else None


def _keyword(word: str) -> _Item:
    return _Item(word, kind=_Kind.Keyword, sort_text=f"3{word}")
