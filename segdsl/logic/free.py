"""Conditions that need no search: those that can plainly be true and plainly be false."""

from __future__ import annotations

from collections.abc import Mapping

from segdsl.logic.cells import cells, test
from segdsl.logic.facts import facts, limits, whole
from segdsl.logic.formula import All, Atom, Formula, Holds, Not, Op, Point, Relation, Some, Test
from segdsl.logic.points import places
from segdsl.logic.reading import OPS, Reader, point_of
from segdsl.logic.solver import is_always, is_never
from segdsl.logic.windows import sees_nothing
from segdsl.program import (
    Aggregate,
    Apply,
    Attribute,
    Constant,
    Field,
    Instance,
    InstanceKey,
    LookupField,
    Moment,
    Node,
    Reference,
)
from segdsl.types import Kind

MOST = 100  # parts that are looked at
_DEEPEST = 30  # definitions in one another that are looked into
_NONE: frozenset[Node] = frozenset()
# values that are terms as they stand
_TERMS = (Attribute, Aggregate, Field, LookupField)


class Freedom:
    """Answers for one program; what an atom and what a definition can be is found out once.

    Where each term stands in one atom alone and no fact ties two of them, the atoms can be chosen one by one: by
    induction every `and`, `or` and `not` of them can be true, and can be false.
    """

    def __init__(self, instances: Mapping[InstanceKey, Instance]) -> None:
        self._instances = instances
        self._atoms: dict[Atom, bool] = {}
        self._definitions: dict[InstanceKey, frozenset[Node]] = {}

    def is_free(self, formula: Formula, reader: Reader) -> bool:
        """Whether a formula is surely neither never nor always true; False says nothing."""
        return self._are_untied(self.terms(formula), reader)

    def is_plain(self, condition: Node, reader: Reader) -> bool:
        """The same of a condition of the program, without a formula made of it: so most are found to be free."""
        return self._are_untied(self._of_condition(condition, 0), reader)

    def _are_untied(self, terms: frozenset[Node], reader: Reader) -> bool:
        """Whether there are terms, and no fact ties two of them."""
        if not terms:
            return False
        tied = [term for term in terms if not isinstance(term, Attribute)]
        return len(tied) < 2 or not facts(tied, reader.condition, lambda inner: is_never(inner, reader))

    # ------------------------------------------------------------ of a program

    def _of_condition(self, node: Node, depth: int) -> frozenset[Node]:
        """The terms of a condition whose atoms are free and share none; empty where it is not plainly so."""
        if isinstance(node, Reference):
            found = self._definitions.get(node.instance)
            if found is None:
                instance = self._instances.get(node.instance)
                if instance is None or depth > _DEEPEST:
                    return _NONE
                found = self._definitions[node.instance] = self._of_condition(instance.value, depth + 1)
            return found
        if isinstance(node, _TERMS) and node.type.kind is Kind.BOOL:
            return frozenset((node,)) if not _is_constant(node) and self._is_free(Holds(node)) else _NONE
        if not isinstance(node, Apply):
            return _NONE
        name = node.function.name
        if name in ("and", "or", "not"):
            return self._of_all(node.args, depth)
        if name not in OPS:
            return _NONE
        left, right = node.args
        point = point_of(right) if isinstance(right, Constant | Moment) else None
        while isinstance(left, Reference) and left.instance in self._instances:
            left = self._instances[left.instance].value
        # such a comparison is one atom
        if point is None or not isinstance(left, _TERMS) or _is_constant(left):
            return _NONE
        if not self._is_test_free(left, OPS[name], point):
            return _NONE
        return frozenset((left,))

    def _of_all(self, parts: tuple[Node, ...], depth: int) -> frozenset[Node]:
        found = _NONE
        for part in parts:
            terms = self._of_condition(part, depth)
            if not terms or not found.isdisjoint(terms) or len(found) + len(terms) > MOST:
                return _NONE
            found |= terms
        return found

    # ------------------------------------------------------------ of a formula

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
        if isinstance(atom, Test):
            return self._is_test_free(atom.term, atom.op, atom.point)
        return self._can_be_found_either(atom)

    def _is_test_free(self, term: Node, op: Op, point: Point) -> bool:
        if not any(limits(term)) and not (op == "=" and whole(term)):
            return True  # some values lie on either side of a point
        return self._can_be_found_either(Test(term, op, point))

    def _can_be_found_either(self, atom: Atom) -> bool:
        found = self._atoms.get(atom)
        if found is None:
            found = self._atoms[atom] = self._can_be_either(atom)
        return found

    def _can_be_either(self, atom: Atom) -> bool:
        if isinstance(atom, Test) and atom.term.type.kind is not Kind.BOOL:
            lying = places(atom.point)
            # a limit that tells apart but the known from the unknown is worth a look
            known = [cell for cell in cells(atom.term, (atom.point,)) if cell is not None]
            found = {test(cell, atom.op, lying) for cell in known}
            return found >= {True, False} and None not in found
        # read by one of its own, so that the answer does not hang on what else was read
        reader = Reader(self._instances)
        return not is_never(atom, reader) and not is_always(atom, reader)


def _is_constant(node: Node) -> bool:
    """Whether it is an aggregate that is the same for everybody."""
    return isinstance(node, Aggregate) and sees_nothing(node)
