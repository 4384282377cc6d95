"""What the rules look at: the definitions of a checked catalog, and what they mean."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property

from segdsl.catalog import Catalog, Definition
from segdsl.check import Checker
from segdsl.lint.sites import Walker
from segdsl.lint.view import View
from segdsl.logic.free import Freedom
from segdsl.plan.meaning import meanings
from segdsl.program import InstanceKey, Program


class Room:
    """A catalog without errors. Looked at are its own definitions, or those `among` them; `digests` are what some
    instances of its program are known to mean, and all that is found out besides."""

    def __init__(
        self,
        checker: Checker,
        among: Collection[str] | None = None,
        digests: dict[InstanceKey, str] | None = None,
    ) -> None:
        self.checker = checker
        self.catalog: Catalog = checker.catalog
        self.among = among
        self.digests: dict[InstanceKey, str] = {} if digests is None else digests

    @cached_property
    def own(self) -> list[Definition]:
        """The definitions that are looked at, in the order of the catalog."""
        among = self.among
        return [item for item in self.catalog.own() if among is None or item.name in among]

    @cached_property
    def views(self) -> list[View]:
        """The same, each as the rules see it."""
        walker, freedom = Walker(self.checker), Freedom(self.checker.instances)
        return [View(definition, walker, freedom, self.meaning) for definition in self.own]

    @cached_property
    def program(self) -> Program:
        return self.checker.done().program

    def meaning(self, name: str) -> str | None:
        """What an output of the catalog means, as a hash; None for what is none."""
        output = self.checker.outputs.get(name)
        if output is None:
            return None
        return meanings(self.program, [output.instance], self.digests)[output.instance]
