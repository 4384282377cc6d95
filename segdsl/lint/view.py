"""A definition as the rules see it: its expressions, and its conditions as formulas.

What is found in one depends on the definition and on what it names, on nothing else in the catalog: so findings can be
kept while other definitions change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property, partial
from typing import Literal, TypeAlias

from segdsl.catalog import Catalog, Definition
from segdsl.check import Checker
from segdsl.check.context import Context
from segdsl.lint.sites import Site, Walker
from segdsl.lint.uses import Use, uses
from segdsl.logic.formula import FALSE, TRUE, Formula, every, opposite, some
from segdsl.logic.free import Freedom
from segdsl.logic.reading import Reader
from segdsl.program import Apply, Constant, Node
from segdsl.syntax import tree
from segdsl.types import Kind

# what an output of the catalog means, by its name, as a hash; None for what is none
Meaning: TypeAlias = Callable[[str], str | None]
# what holds where a condition does, and beside it; worked out where it is asked for, as few are looked at so closely
Holding: TypeAlias = Callable[[], Formula]
_Beside: TypeAlias = Callable[[], list[Formula]]
# whether a condition can plainly be true and plainly be false, and whether that is seen without its formula
_Free: TypeAlias = Literal["no", "free", "plain"]


class View:
    """One definition; what several rules need of it is worked out once. `roots` are its outermost expressions."""

    def __init__(self, definition: Definition, walker: Walker, freedom: Freedom, meaning: Meaning) -> None:
        self.definition = definition
        self.checker: Checker = walker.checker
        self.catalog: Catalog = self.checker.catalog
        self.freedom = freedom
        self.meaning = meaning
        self.roots: tuple[Site, ...] = walker.sites(definition)
        self.checker.work_off()
        self._formulas: dict[int, Formula] = {}  # by the identity of a site; `roots` hold them all

    @cached_property
    def uses(self) -> list[Use]:
        """The names in it that mean a definition."""
        return list(uses(self.checker, self.definition))

    @cached_property
    def text(self) -> str:
        """It as it is written."""
        return self.definition.tree.span.text

    @property
    def is_alias(self) -> bool:
        """Whether it is nothing but a name for another definition."""
        return len(self.roots) == 1 and isinstance(self.roots[0].node, tree.Name)

    @cached_property
    def sites(self) -> list[Site]:
        """All its expressions, each after its parts."""
        return [site for root in self.roots for site in root.walk()]

    @cached_property
    def reader(self) -> Reader:
        # one of its own: how far definitions are unfolded must not hang on who else is read
        return Reader(self.checker.instances)

    def unheard(self, ctx: Context, node: tree.Expr) -> Node:
        """What an expression would mean in a context; nobody hears what is wrong with it."""
        before = len(self.checker.diagnostics)
        value = self.checker.expr(ctx, node)
        del self.checker.diagnostics[before:]
        self.checker.work_off()
        return value

    def formula(self, site: Site) -> Formula:
        found = self._formulas.get(id(site))
        if found is None:
            found = self._formulas[id(site)] = self._read(site)
        return found

    def _read(self, site: Site) -> Formula:
        """A condition as a formula; one that is joined of others from theirs, where none was left out."""
        value = site.value
        if isinstance(value, Apply) and _is_chain(site.node) and value.args == tuple(part.value for part in site.parts):
            match value.function.name:
                case "not":
                    return opposite(self.formula(site.parts[0]))
                case "and":
                    return every([self.formula(part) for part in site.parts])
                case "or":
                    return some([self.formula(part) for part in site.parts])
        return self.reader.condition(value)

    @cached_property
    def unsure(self) -> list[Site]:
        """The conditions that may be never or always true, each after its parts; of those whose meaning does not depend
        on who calls. They are found from the whole to its parts: where a chain of `and`, `or` and `not` is free, each
        of its parts is."""
        found: list[Site] = []
        for root in self.roots:
            self._unsure(root, "no", found)
        return found

    def _unsure(self, site: Site, whole: _Free, found: list[Site]) -> None:
        """Adds what is unsure in a condition, which is a part of a chain that is free so far as `whole` says."""
        is_rule = site.role != "value" and site.value.type.kind is Kind.BOOL
        free: _Free = self._free(site, whole) if is_rule else "no"
        if free == "plain" and _is_as_written(site.node, site.value):
            return
        if not (is_rule and _is_bare(site)):
            inner: _Free = free if _is_chain(site.node) else "no"
            for part in site.parts:
                self._unsure(part, inner, found)
        if site.role != "value" and free == "no" and not site.is_open:
            found.append(site)

    def _free(self, site: Site, whole: _Free) -> _Free:
        # what is plainly true or false has been left out of the whole
        if whole == "plain":
            return "no" if isinstance(site.value, Constant) else whole
        if whole == "free":
            return "no" if self.formula(site) in (TRUE, FALSE) else whole
        if self.freedom.is_plain(site.value, self.reader):
            return "plain"
        return "free" if self.freedom.is_free(self.formula(site), self.reader) else "no"

    def conditions(self) -> Iterator[tuple[Site, Holding]]:
        """Every condition that is not below a `not`, with what holds wherever it does and matters: itself, its
        neighbours in an `and`, the opposites of those in an `or`. It is one for all parts of an `and`, of which there
        can be thousands."""
        for root in self.roots:
            yield from self._conditions(root, list)

    def _conditions(
        self, site: Site, beside: _Beside, holding: Holding | None = None
    ) -> Iterator[tuple[Site, Holding]]:
        node = site.node
        is_rule = site.role != "value" and site.value.type.kind is Kind.BOOL
        if holding is None:
            holding = partial(self._holding, site, beside)
        if is_rule:
            yield site, holding
        if isinstance(node, tree.Operation) and node.op == "not":
            return
        for part in site.parts:
            if is_rule and isinstance(node, tree.Operation) and node.op in ("and", "or"):
                inner = partial(self._beside_part, site, part, beside)
                yield from self._conditions(part, inner, holding if node.op == "and" else None)
            elif is_rule and isinstance(node, tree.AsOf):
                # as true as what is in it, at the moment that its terms are of
                yield from self._conditions(part, beside, holding)
            else:
                yield from self._conditions(part, list)

    def _holding(self, site: Site, beside: _Beside) -> Formula:
        return every((*beside(), self.formula(site)))

    def _beside_part(self, chain: Site, part: Site, beside: _Beside) -> list[Formula]:
        assert isinstance(chain.node, tree.Operation)
        others = [self.formula(other) for other in chain.parts if other is not part]
        return [*beside(), *(others if chain.node.op == "and" else map(opposite, others))]


def _is_chain(node: tree.Expr) -> bool:
    return isinstance(node, tree.Operation) and node.op in ("and", "or", "not")


def _is_as_written(node: tree.Expr, value: Node) -> bool:
    """Whether a condition is a chain of comparisons of bare values and of names, none of which was left out for being
    a constant: then it has as many as what it means."""
    if isinstance(node, tree.Operation):
        return (
            isinstance(value, Apply)
            and _is_chain(node)
            and value.function.name == node.op
            and len(value.args) == len(node.args)
            and all(map(_is_as_written, node.args, value.args))
        )
    if isinstance(node, tree.Comparison):
        return len(node.args) == 2 and all(map(_is_value, node.args)) and not isinstance(value, Constant)
    return isinstance(node, tree.Name) and not isinstance(value, Constant)


def _is_bare(site: Site) -> bool:
    """Whether a condition compares bare values, as most do: there is no condition in it."""
    node, value = site.node, site.value
    return (
        isinstance(node, tree.Comparison)
        and isinstance(value, Apply)
        and all(map(_is_value, node.args))
        and all(arg.type.kind is not Kind.BOOL for arg in value.args)
    )


def _is_value(node: tree.Expr) -> bool:
    return isinstance(node, tree.Name | tree.Number | tree.Quantity | tree.Text | tree.Date)
