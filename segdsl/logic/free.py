"""Formulas that need no search: those that can plainly be true and plainly be false."""

from __future__ import annotations

from segdsl.logic.facts import facts, limits, whole
from segdsl.logic.formula import All, Atom, Formula, Not, Relation, Some, Test
from segdsl.logic.reading import Reader
from segdsl.logic.solver import is_always, is_never
from segdsl.program import Attribute, Node

MOST = 100  # parts that are looked at


class Freedom:
    """Answers for one reader; what an atom can be is found out once."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self._atoms: dict[Atom, bool] = {}

    def is_free(self, formula: Formula) -> bool:
        """Whether a formula is surely neither never nor always true; False says nothing.

        Where each term stands in one atom alone and no fact ties two of them, the atoms can be chosen one by one: by
        induction every `and`, `or` and `not` of them can be true, and can be false.
        """
        terms = self.terms(formula)
        if not terms:
            return False
        tied = [term for term in terms if not isinstance(term, Attribute)]
        return len(tied) < 2 or not facts(tied, self.reader.condition, lambda inner: is_never(inner, self.reader))

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
        if atom not in self._atoms:
            self._atoms[atom] = not is_never(atom, self.reader) and not is_always(atom, self.reader)
        return self._atoms[atom]
