"""What is in a library, as it is shown: what it says of itself, what the model must have, params, definitions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from segdsl.library import description
from segdsl.syntax import tree
from segdsl.syntax.printer import print_definition, print_expr

_NEEDS = "needs"
_KINDS = {tree.Trait: "trait", tree.Segment: "segment", tree.Segmentation: "segmentation"}


@dataclass(frozen=True)
class Entry:
    """A param or a definition of a library, and what it needs beyond what the library does. A definition that is there
    in several forms has an entry for each."""

    name: str
    kind: str
    description: str
    needs: tuple[str, ...]
    text: str  # without description and annotations
    labels: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    default: str = ""

    @property
    def first_line(self) -> str:
        return self.description.partition("\n")[0]

    @property
    def first_sentence(self) -> str:
        first, stop, _ = self.description.replace("\n", " ").partition(". ")
        return first.removesuffix(".") + "." if first and (stop or first.endswith(".")) else first


@dataclass(frozen=True)
class Contents:
    """A library: `needs` is what its main definition needs of the model, if there is one."""

    name: str
    description: str
    needs: tuple[str, ...]
    params: tuple[Entry, ...]
    definitions: tuple[Entry, ...]

    @property
    def reads(self) -> tuple[str, ...]:
        """All that it can make use of in a model: each part once, in the order of the file."""
        found = [need for entry in self.definitions for need in entry.needs if "=" not in need and " in " not in need]
        return tuple(dict.fromkeys((*self.needs, *found)))


def contents(name: str, module: tree.Module) -> Contents:
    """What is in a library's file."""
    items = [item for item in module.definitions if not isinstance(item, tree.Use | tree.Example | tree.Expect)]
    main = next((item for item in items if item.name.text == name), None)
    shared = tuple(need for need in _needs(main) if "=" not in need and " in " not in need) if main is not None else ()
    entries = [_entry(item, shared) for item in items]
    return Contents(
        name,
        description(module.source.text),
        shared,
        tuple(entry for entry in entries if entry.kind == "param"),
        tuple(entry for entry in entries if entry.kind != "param"),
    )


def _entry(item: tree.Param | tree.Trait | tree.Segment | tree.Segmentation, shared: tuple[str, ...]) -> Entry:
    needs = tuple(need for need in _needs(item) if need not in shared)
    text = print_definition(_bare(item))
    match item:
        case tree.Param(words=words, value=value):
            known = tuple(word.text for word in words)
            return Entry(item.name.text, "param", item.head.description, needs, text, (), known, print_expr(value))
        case tree.Segmentation(rules=rules):
            labels = tuple(dict.fromkeys(rule.label.text for rule in rules))
            return Entry(item.name.text, "segmentation", item.head.description, needs, text, labels)
        case _:
            return Entry(item.name.text, _KINDS[type(item)], item.head.description, needs, text)


def _bare(item: tree.Definition) -> tree.Definition:
    return replace(item, head=tree.Head("", ()))


def _needs(item: tree.Definition) -> Iterator[str]:
    for annotation in item.head.annotations:
        if annotation.name.text == _NEEDS:
            yield from (print_expr(value.value) for value in annotation.values)
