"""What there is to know of a definition: what it says, of whom, what it reads, and what reads it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from segdsl import library
from segdsl.catalog import Catalog, Definition
from segdsl.check import Checker, names
from segdsl.check.context import Context
from segdsl.plan.uses import Uses, values_of
from segdsl.program import Aggregate, Attribute, Moment, Node
from segdsl.program import Sequence as SequenceNode
from segdsl.syntax import tree
from segdsl.syntax.printer import print_definition, print_expr

_KINDS = {
    tree.Param: "param",
    tree.Trait: "trait",
    tree.Segment: "segment",
    tree.Segmentation: "segmentation",
}


@dataclass(frozen=True)
class Listed:
    """A definition as a list shows it. `library` is the shipped library that it comes from, if any."""

    name: str
    kind: str
    entity: str
    owner: str
    tags: tuple[str, ...]
    description: str
    library: str = ""

    @property
    def first_line(self) -> str:
        """The first line of its description."""
        return next((line.strip() for line in self.description.splitlines() if line.strip()), "")


@dataclass(frozen=True)
class About:
    """Everything about a definition. `type` is empty where nothing has been worked out from it.

    `uses` are the definitions that it names, `used_by` those that name it; `attributes` and `events` what it reads.
    """

    listed: Listed
    title: str
    type: str
    text: str
    place: str
    labels: tuple[str, ...]
    uses: tuple[str, ...]
    attributes: tuple[str, ...]
    events: tuple[str, ...]
    used_by: tuple[str, ...]
    examples: int
    expectations: int

    @property
    def heading(self) -> str:
        """`segment of household`, `trait of household: timestamp`, `param: duration`."""
        found = self.listed
        of = "" if found.kind == "param" else f" of {found.entity}"
        match found.kind:
            case "segment":
                return f"segment{of}"
            case "segmentation":
                return f"segmentation{of}: {', '.join(self.labels)}"
        return f"{found.kind}{of}{f': {self.type}' if self.type else ''}"


def listed(definition: Definition) -> Listed:
    """A definition in short."""
    head = definition.tree.head
    return Listed(
        definition.name,
        _KINDS[type(definition.tree)],
        definition.entity,
        ", ".join(annotated(head, "owner")),
        tuple(annotated(head, "tags")),
        head.description,
        definition.scope.library,
    )


def title_of(definition: Definition) -> str:
    """What `@title` calls a definition; nothing where it has none."""
    return ", ".join(annotated(definition.tree.head, "title"))


def about(checker: Checker, definition: Definition, uses: Uses | None = None) -> About:
    """A definition in full; the catalog may have errors elsewhere. `uses` are those of the catalog, where many
    definitions are asked about."""
    found = listed(definition)
    name, node = definition.name, definition.tree
    output = None if definition.is_param else checker.output(name)
    uses = uses or Uses(checker)
    if output is not None:
        type_ = str(output.type)
    else:
        type_ = next((str(instance.value.type) for instance in uses.instances(name)), "")
    if definition.is_param:
        ctx = Context(definition.scope, definition.entity, Moment())
        type_ = str(checker.refer(ctx, definition, None, node.name.span).type)
    nodes = [item for instance in uses.instances(name) for item in values_of(checker, instance)]
    return About(
        found,
        title_of(definition),
        "" if type_ == "any" else type_,
        print_definition(node),
        node.name.span.place,
        names.labels(node) if isinstance(node, tree.Segmentation) else (),
        uses.of(name),
        tuple(sorted({_dotted(item, definition) for item in nodes if isinstance(item, Attribute)})),
        tuple(sorted({event for item in nodes for event in _events(item)})),
        uses.users(name),
        uses.examples(name),
        len(uses.expectations(name)),
    )


def _dotted(attribute: Attribute, definition: Definition) -> str:
    """An attribute as the definition writes it: that of a parent behind its name."""
    is_own = attribute.entity == definition.entity
    return attribute.name if is_own else f"{attribute.entity}.{attribute.name}"


def _events(node: Node) -> Iterator[str]:
    if isinstance(node, Aggregate):
        yield node.event
    elif isinstance(node, SequenceNode):
        yield from (step.event for step in node.steps)


def annotated(head: tree.Head, name: str) -> Iterator[str]:
    """The values of an annotation as plain texts."""
    for annotation in head.annotations:
        if annotation.name.text == name:
            for item in annotation.values:
                value = item.value
                yield value.value if isinstance(value, tree.Text) else print_expr(value)


@dataclass(frozen=True)
class Library:
    """A library: what its text starts with, the names it is in use by, and what it defines in this catalog."""

    name: str
    description: str
    used_as: tuple[str, ...]
    definitions: tuple[Listed, ...]


def about_library(catalog: Catalog, name: str) -> Library | None:
    """A library by its own name, or by the one that it is used by; None where there is none."""
    used = catalog.used.get(name)
    own_name = used.scope.library if used is not None else name
    if own_name not in catalog.libraries:
        return None
    aliases = [alias for alias, item in catalog.used.items() if item.scope.library == own_name]
    if used is not None:
        aliases = [name]
    defined = [item for item in catalog.definitions.values() if item.scope.alias in aliases and item.scope.alias]
    about_it = library.description(catalog.libraries[own_name].text)
    return Library(own_name, about_it, tuple(aliases), tuple(map(listed, defined)))
