"""What a piece of text is checked in, and what checking it may ask for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from segdsl.catalog import Catalog, Definition, Scope
from segdsl.check.horizon import inside
from segdsl.diagnostics import Diagnostic, Span
from segdsl.model.model import Model
from segdsl.program import Aggregate, Attribute, Constant, Field, Moment, Node, Output
from segdsl.syntax import tree
from segdsl.types import ANY, Type
from segdsl.values import frozen

# what very many rules read
Read = TypeVar("Read", Aggregate, Attribute, Field)
# stands for what could not be made sense of; it fits everywhere, so that one mistake is told once
BROKEN = Constant(None, ANY)


@frozen
class Context:
    """Whose names are meant, whose values are looked for, and as of when.

    `row` is the event whose fields bare names are, inside `where`; `params` the arguments of the definition.
    """

    scope: Scope
    entity: str
    moment: Moment
    params: tuple[tuple[str, Node], ...] = ()
    row: str | None = None
    # the types that would fit a name here, where that is known; only messages make use of them (a text literal is one
    # of no `values`: no name beside it is meant as a text)
    wanted: tuple[Type, ...] = ()

    def param(self, name: str) -> Node | None:
        return next((value for key, value in self.params if key == name), None) if self.params else None

    def means_as(self, other: Context) -> bool:
        """Whether text means the same in both; what is wanted there changes messages only."""
        return (
            self.row == other.row
            and self.entity == other.entity
            and (self.scope is other.scope or self.scope == other.scope)
            and (self.moment is other.moment or self.moment == other.moment)
            and self.params == other.params
        )

    def at(self, moment: Moment) -> Context:
        return Context(self.scope, self.entity, inside(moment, self.moment), self.params, self.row, self.wanted)

    def of(self, entity: str) -> Context:
        return Context(self.scope, entity, self.moment, self.params, None, self.wanted)

    def wanting(self, *types: Type) -> Context:
        return Context(self.scope, self.entity, self.moment, self.params, self.row, types)

    def inside(self, event: str | None) -> Context:
        return Context(self.scope, self.entity, self.moment, self.params, event, self.wanted)


class Checking(Protocol):
    """The checker, as its parts see it."""

    catalog: Catalog
    model: Model
    is_unheard: bool

    def report(self, diagnostic: Diagnostic) -> Constant:
        """Collects a diagnostic; gives the stand-in for what it concerns."""

    def expr(self, ctx: Context, node: tree.Expr) -> Node:
        """A value of whatever type."""

    def condition(self, ctx: Context, node: tree.Expr) -> Node:
        """A value of type bool."""

    def constant(self, ctx: Context, node: tree.Expr, what: str) -> Node:
        """A value that has to be constant; reports, naming what it is, where it is not."""

    def refer(self, ctx: Context, definition: Definition, args: Sequence[tree.Argument] | None, span: Span) -> Node:
        """The value of a definition, called with arguments or (None) bare."""

    def output(self, name: str) -> Output | None:
        """The output of a definition or label by its name in the catalog."""

    def hold(self, name: str, entity: str, value: Node) -> Output:
        """A value that no file defines, as an output."""

    def is_open(self, definition: Definition) -> bool:
        """Whether the definition is being checked just now."""

    def one_of_all(self, node: Read) -> Read:
        """The first of all equal ones: many rules read the same few, which are found again at once where they are the
        same object."""
        ...

    def share(self, ctx: Context, node: Node) -> Node:
        """The same value, held in a column of its own where it is costly to repeat."""
        ...
