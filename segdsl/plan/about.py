"""What there is to know of a definition: what it says, of whom, what it reads, and what reads it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from segdsl import library
from segdsl.catalog import CATALOG, Catalog, Definition
from segdsl.check import Checker, names
from segdsl.check.context import Context
from segdsl.plan.nodes import descend
from segdsl.program import Aggregate, Attribute, Constant, Instance, Moment, Node, Reference
from segdsl.program import Sequence as SequenceNode
from segdsl.syntax import tree
from segdsl.syntax.printer import print_definition, print_expr
from segdsl.syntax.walk import names_in

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


def uses_of_all(checker: Checker) -> dict[str, tuple[str, ...]]:
    """What each definition of the catalog names."""
    by_name: dict[str, list[Instance]] = defaultdict(list)
    for key, instance in list(checker.instances.items()):
        by_name[key.definition].append(instance)
    return {definition.name: uses(checker, definition, by_name) for definition in checker.catalog.definitions.values()}


def about(checker: Checker, definition: Definition, known: Mapping[str, tuple[str, ...]] | None = None) -> About:
    """A definition in full; the catalog may have errors elsewhere. `known` is what all definitions name, where many
    are asked about."""
    found = listed(definition)
    node = definition.tree
    output = None if definition.is_param else checker.output(definition.name)
    if output is not None:
        type_ = str(output.type)
    else:
        instance = next(_instances(checker, definition.name), None)
        type_ = "" if instance is None else str(instance.value.type)
    if definition.is_param:
        type_ = str(checker.refer(_context(definition), definition, None, node.name.span).type)
    nodes = [item for instance in _instances(checker, definition.name) for item in _values(checker, instance)]
    catalog = checker.catalog
    dotted = f"{definition.name}."
    targets = [example.target.text for example in catalog.examples]
    return About(
        found,
        title_of(definition),
        "" if type_ == "any" else type_,
        print_definition(node),
        node.name.span.place,
        names.labels(node) if isinstance(node, tree.Segmentation) else (),
        uses(checker, definition) if known is None else known[definition.name],
        tuple(sorted({_dotted(item, definition) for item in nodes if isinstance(item, Attribute)})),
        tuple(sorted({event for item in nodes for event in _events(item)})),
        _used_by(checker, definition, known),
        sum(target == definition.name or target.startswith(dotted) for target in targets),
        sum(names_in_expectation(checker, item, definition) for item in catalog.expectations),
    )


def _used_by(checker: Checker, definition: Definition, known: Mapping[str, tuple[str, ...]] | None) -> tuple[str, ...]:
    return tuple(
        other.name
        for other in checker.catalog.definitions.values()
        if other.name != definition.name
        and definition.name in (uses(checker, other) if known is None else known[other.name])
    )


def uses(
    checker: Checker, definition: Definition, by_name: Mapping[str, Sequence[Instance]] | None = None
) -> tuple[str, ...]:
    """The definitions that one names: params by its text, the others by what its text was found to mean. `by_name`
    are the instances of all, where many are asked about."""
    found: dict[str, None] = {}

    def of(name: str) -> Sequence[Instance]:
        return list(_instances(checker, name)) if by_name is None else by_name.get(name, ())

    instances = of(definition.name)
    for instance in instances:
        for node in _values(checker, instance):
            if isinstance(node, Reference) and node.instance.definition in checker.catalog.definitions:
                found.setdefault(node.instance.definition)
    for other in _named(checker, definition, definition.tree):
        # what is constant stands in the program as its value
        is_constant = any(isinstance(instance.value, Constant) for instance in of(other.name))
        if other.is_param or not instances or is_constant:
            found.setdefault(other.name)
    found.update(dict.fromkeys(_given(checker, definition)))
    return tuple(sorted(name for name in found if name != definition.name))


def _given(checker: Checker, definition: Definition) -> Iterator[str]:
    """The params that the value names which a `use` line gives to one."""
    given = checker.catalog.settings.get(definition.name)
    if given is not None and isinstance(definition.tree, tree.Param):
        words = {word.text for word in definition.tree.words}
        ctx = Context(CATALOG, definition.entity, Moment())
        for name in names_in(given):
            other, _ = names.find(checker, ctx, name.parts)
            if other is not None and name.text not in words:
                yield other.name


def _named(checker: Checker, definition: Definition, node: object) -> Iterator[Definition]:
    """The definitions that names in a text may mean."""
    own = {parameter.name.text for parameter in definition.parameters}
    ctx = _context(definition)
    for name in names_in(node):
        if len(name.parts) > 1 or name.text not in own:
            found, _ = names.find(checker, ctx, name.parts)
            if found is not None:
                yield found


def names_in_expectation(checker: Checker, expectation: tree.Expect, definition: Definition) -> bool:
    """Whether an expectation speaks of a definition."""
    ctx = Context(next(iter(checker.catalog.own()), definition).scope, definition.entity, Moment())
    return any(names.find(checker, ctx, name.parts)[0] is definition for name in names_in(expectation))


def _context(definition: Definition) -> Context:
    return Context(definition.scope, definition.entity, Moment())


def _instances(checker: Checker, name: str) -> Iterator[Instance]:
    """A definition with each of the arguments and at each of the moments that something asks for."""
    return (instance for key, instance in list(checker.instances.items()) if key.definition == name)


def _values(checker: Checker, instance: Instance) -> Iterator[Node]:
    """The nodes of an instance's value, through the columns that are shared with others."""
    seen: set[object] = set()
    stack = [instance.value]
    while stack:
        for node in descend(stack.pop()):
            yield node
            if isinstance(node, Reference) and node.instance not in seen:
                shared = checker.instances.get(node.instance)
                if shared is not None and shared.shared:
                    seen.add(node.instance)
                    stack.append(shared.value)


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
