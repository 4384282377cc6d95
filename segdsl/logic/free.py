"""Formulas that need no search: those that can plainly be true and plainly be false."""

from __future__ import annotations

from collections.abc import Mapping

from segdsl.logic.cells import cells, test
from segdsl.logic.facts import facts, limits, whole
from segdsl.logic.formula import All, Atom, Formula, Not, Relation, Some, Test
from segdsl.logic.points import places
from segdsl.logic.reading import Reader
from segdsl.logic.solver import is_always, is_never
from segdsl.program import Attribute, Instance, InstanceKey, Node
from segdsl.types import Kind

MOST = 100  # parts that are looked at


class Freedom:
    """Answers for one program; what an atom can be is found out once."""

    def __init__(self, instances: Mapping[InstanceKey, Instance]) -> None:
        self._instances = instances
        self._atoms: dict[Atom, bool] = {}

    def is_free(self, formula: Formula, reader: Reader) -> bool:
        """Whether a formula is surely neither never nor always true; False says nothing.

        Where each term stands in one atom alone and no fact ties two of them, the atoms can be chosen one by one: by
        induction every `and`, `or` and `not` of them can be true, and can be false.
        """
        terms = self.terms(formula)
        if not terms:
            return False
        tied = [term for term in terms if not isinstance(term, Attribute)]
        return len(tied) < 2 or not facts(tied, reader.condition, lambda inner: is_never(inner, reader))

    def terms(self, formula: Formula) -> frozenset[Node]:
        """The terms of a formula whose atoms are free and share none; empty where they do, or where it is large."""
        found: set[Node] = set()
        stack: list[Formula] = [formula]
        for _ in range(MOST):
            if not stack:
                return frozenset(found)
            item = stack.pop()
            match item:
                case All(parts) | Some(parts):
                    if not parts:
                        return frozenset()
                    stack.extend(parts)
                case Not(part):
                    stack.append(part)
                case Relation():
                    return frozenset()
                case _:
                    if item.term in found or not self._is_free(item):
                        return frozenset()
                    found.add(item.term)
        return frozenset()

    def _is_free(self, atom: Atom) -> bool:
        if isinstance(atom, Test) and not whole(atom.term) and not any(limits(atom.term)):
            return True  # some values lie on either side of a point
        found = self._atoms.get(atom)
        if found is None:
            found = self._atoms[atom] = self._can_be_either(atom)
        return found

    def _can_be_either(self, atom: Atom) -> bool:
        if isinstance(atom, Test) and atom.term.type.kind is not Kind.BOOL:
            lying = places(atom.point)
            found = {test(cell, atom.op, lying) for cell in cells(atom.term, (atom.point,))}
            return found >= {True, False} and None not in found
        # read by one of its own, so that the answer does not hang on what else was read
        reader = Reader(self._instances)
        return not is_never(atom, reader) and not is_always(atom, reader)
