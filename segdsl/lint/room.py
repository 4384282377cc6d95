"""What the rules look at: a checked catalog, its sites, and its conditions as formulas."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from segdsl.catalog import Catalog, Definition
from segdsl.check import Checker
from segdsl.lint.sites import Site, Walker
from segdsl.lint.uses import Use, uses
from segdsl.logic.formula import FALSE, TRUE, Formula, opposite
from segdsl.logic.free import Freedom
from segdsl.logic.reading import Reader
from segdsl.plan.meaning import meanings
from segdsl.program import InstanceKey, Program
from segdsl.syntax import tree
from segdsl.types import Kind


class Room:
    """A catalog without errors, as the rules see it; what several of them need is worked out once."""

    def __init__(self, checker: Checker) -> None:
        self.checker = checker
        self.catalog: Catalog = checker.catalog
        self._formulas: dict[int, Formula] = {}  # by the identity of a site; `by_definition` holds them all

    @cached_property
    def own(self) -> list[Definition]:
        """The definitions of the catalog's own files."""
        return list(self.catalog.own())

    @cached_property
    def by_definition(self) -> dict[str, tuple[Site, ...]]:
        walker = Walker(self.checker)
        found = {definition.name: walker.sites(definition) for definition in self.own}
        self.checker.work_off()
        return found

    @cached_property
    def sites(self) -> list[Site]:
        """All expressions of the catalog's own definitions, each after its parts."""
        return [site for roots in self.by_definition.values() for root in roots for site in root.walk()]

    @cached_property
    def uses(self) -> list[Use]:
        """Every name of the catalog's own files that means a definition, with where it stands."""
        return list(uses(self.checker))

    @cached_property
    def program(self) -> Program:
        _ = self.by_definition
        return self.checker.done().program

    @cached_property
    def reader(self) -> Reader:
        return Reader(self.program.instances)

    @cached_property
    def freedom(self) -> Freedom:
        return Freedom(self.reader)

    def formula(self, site: Site) -> Formula:
        found = self._formulas.get(id(site))
        if found is None:
            found = self._formulas[id(site)] = self.reader.condition(site.value)
        return found

    @cached_property
    def plain(self) -> frozenset[Site]:
        """The conditions that are surely neither never nor always true, found from the whole to its parts: where a
        chain of `and`, `or` and `not` is free, each of its parts is."""
        found: set[Site] = set()
        for roots in self.by_definition.values():
            for root in roots:
                self._plain(root, False, found)
        return frozenset(found)

    def _plain(self, site: Site, is_free: bool, found: set[Site]) -> None:
        is_rule = site.role != "value" and site.value.type.kind is Kind.BOOL
        # what is plainly true or false has been left out of the whole
        is_free = is_rule and (
            self.formula(site) not in (TRUE, FALSE) if is_free else self.freedom.is_free(self.formula(site))
        )
        if is_free:
            found.add(site)
        is_chain = isinstance(site.node, tree.Operation) and site.node.op in ("and", "or", "not")
        for part in site.parts:
            self._plain(part, is_free and is_chain, found)

    @cached_property
    def meanings(self) -> dict[str, str]:
        """What each of the catalog's outputs means, as a hash."""
        keys: dict[str, InstanceKey] = {name: output.instance for name, output in self.program.outputs.items()}
        found = meanings(self.program, list(keys.values()))
        return {name: found[key] for name, key in keys.items()}

    def rules(self) -> Iterator[Site]:
        """The conditions that are looked at: those whose meaning does not depend on who calls."""
        return (site for site in self.sites if site.role != "value" and not site.is_open)

    def conditions(self) -> Iterator[tuple[Site, list[Formula]]]:
        """Every condition that is not below a `not`, with what holds wherever it matters: its neighbours in an `and`,
        the opposites of those in an `or`."""
        for roots in self.by_definition.values():
            for root in roots:
                yield from self._beside(root, [])

    def _beside(self, site: Site, beside: list[Formula]) -> Iterator[tuple[Site, list[Formula]]]:
        node = site.node
        is_rule = site.role != "value" and site.value.type.kind is Kind.BOOL
        if is_rule:
            yield site, beside
        if isinstance(node, tree.Operation) and node.op == "not":
            return
        is_chain = is_rule and isinstance(node, tree.Operation) and node.op in ("and", "or")
        for part in site.parts:
            inner: list[Formula] = []
            if is_chain:
                assert isinstance(node, tree.Operation)
                others = [self.formula(other) for other in site.parts if other is not part]
                inner = [*beside, *(others if node.op == "and" else map(opposite, others))]
            elif is_rule and isinstance(node, tree.AsOf):
                # as true as what is in it, at the moment that its terms are of
                inner = beside
            yield from self._beside(part, inner)
