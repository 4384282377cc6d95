"""What the definitions of a catalog name, and what names them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property

from segdsl.catalog import CATALOG, Definition
from segdsl.check import Checker, names
from segdsl.check.context import Context
from segdsl.plan.nodes import descend
from segdsl.program import Constant, Instance, Moment, Node, Reference
from segdsl.syntax import tree
from segdsl.syntax.walk import names_in


class Uses:
    """What is named in a catalog that has been checked, worked out once for any number of questions; it may have errors
    elsewhere."""

    def __init__(self, checker: Checker) -> None:
        self.checker = checker
        self._instances: defaultdict[str, list[Instance]] = defaultdict(list)
        for key, instance in list(checker.instances.items()):
            self._instances[key.definition].append(instance)
        self._named: dict[str, tuple[str, ...]] = {}

    def instances(self, name: str) -> Sequence[Instance]:
        """A definition with each of the arguments and at each of the moments that something asks for."""
        return self._instances.get(name, ())

    def of(self, name: str) -> tuple[str, ...]:
        """The definitions that one names: params by its text, the others by what its text was found to mean."""
        if name not in self._named:
            definition = self.checker.catalog.definitions[name]
            self._named[name] = tuple(sorted(self._find(definition) - {name}))
        return self._named[name]

    def users(self, name: str) -> tuple[str, ...]:
        """The definitions that name one, in their order."""
        return tuple(self._users.get(name, ()))

    def examples(self, name: str) -> int:
        """How many examples there are of a definition, those of its labels too."""
        return self._examples[name]

    def expectations(self, name: str) -> Sequence[tree.Expect]:
        """The expectations that speak of a definition."""
        return self._expectations.get(name, ())

    @cached_property
    def _users(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name in self.checker.catalog.definitions:
            for used in self.of(name):
                found.setdefault(used, []).append(name)
        return found

    @cached_property
    def _examples(self) -> Counter[str]:
        found: Counter[str] = Counter()
        for example in self.checker.catalog.examples:
            parts = example.target.text.split(".")
            found.update(".".join(parts[:end]) for end in range(1, len(parts) + 1))
        return found

    @cached_property
    def _expectations(self) -> dict[str, list[tree.Expect]]:
        found: dict[str, list[tree.Expect]] = {}
        catalog = self.checker.catalog
        scope = next((own.scope for own in catalog.own()), CATALOG)
        for expectation in catalog.expectations:
            named: dict[str, None] = {}
            for entity in catalog.model.entities:
                ctx = Context(scope, entity, Moment())
                meant = (names.find(self.checker, ctx, name.parts)[0] for name in names_in(expectation))
                named.update((item.name, None) for item in meant if item is not None and item.entity == entity)
            for name in named:
                found.setdefault(name, []).append(expectation)
        return found

    def _find(self, definition: Definition) -> set[str]:
        checker = self.checker
        found: set[str] = set()
        instances = self.instances(definition.name)
        for instance in instances:
            for node in values_of(checker, instance):
                if isinstance(node, Reference) and node.instance.definition in checker.catalog.definitions:
                    found.add(node.instance.definition)
        for other in self._said(definition):
            # what is constant stands in the program as its value
            is_constant = any(isinstance(instance.value, Constant) for instance in self.instances(other.name))
            if other.is_param or not instances or is_constant:
                found.add(other.name)
        found.update(self._given(definition))
        return found

    def _given(self, definition: Definition) -> Iterator[str]:
        """The params that the value names which a `use` line gives to one."""
        given = self.checker.catalog.settings.get(definition.name)
        if given is not None and isinstance(definition.tree, tree.Param):
            words = {word.text for word in definition.tree.words}
            ctx = Context(CATALOG, definition.entity, Moment())
            for name in names_in(given):
                other, _ = names.find(self.checker, ctx, name.parts)
                if other is not None and name.text not in words:
                    yield other.name

    def _said(self, definition: Definition) -> Iterator[Definition]:
        """The definitions that names in its text may mean."""
        own = {parameter.name.text for parameter in definition.parameters}
        ctx = Context(definition.scope, definition.entity, Moment())
        for name in names_in(definition.tree):
            if len(name.parts) > 1 or name.text not in own:
                found, _ = names.find(self.checker, ctx, name.parts)
                if found is not None:
                    yield found


def values_of(checker: Checker, instance: Instance) -> Iterator[Node]:
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
