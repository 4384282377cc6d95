"""The comparisons of a model's `sql:` in another dialect: of values of one type, texts by code point."""

from __future__ import annotations

import re

from sqlglot import exp

from segdsl.engines.translate.casts import Casts
from segdsl.engines.translate.frames import Told, Untranslatable, quoted
from segdsl.engines.translate.operands import MOMENTS, NUMBERS, Operand, Sort
from segdsl.engines.translate.uses import Uses
from segdsl.sql import build
from segdsl.types import DATE, TEXT, TIME, Kind

_EQUAL = (exp.EQ, exp.NEQ)
# texts that begin with a letter and are a value of another type all the same, beside UUIDs
_WORDS = frozenset({"true", "t", "false", "f", "yes", "y", "no", "n", "nan", "inf", "infinity", "epoch", "null"})
_UUID = re.compile(r"[0-9a-fA-F{}-]{32,}")


class Comparisons:
    """The comparisons of one `sql:`."""

    def __init__(self, uses: Uses, casts: Casts) -> None:
        self.uses, self.casts = uses, casts
        self.expressions, self.dialect = uses.expressions, uses.dialect

    def told(self, op: type[exp.Expr], left: Told, right: Told) -> exp.Expr:
        left, right = self.aligned(left, right, op)
        # one value may be compared with several others
        trees = [left.tree.copy(), right.tree.copy()]
        if Sort.TEXT in (left.is_.sort, right.is_.sort):
            trees = [
                tree if isinstance(tree, exp.Column | exp.Literal) else self.expressions.ordered(tree, TEXT)
                for tree in trees
            ]
            trees = [self.expressions.compared(tree, TEXT) for tree in trees]
        one, other = map(build.wrap, trees)
        return op(this=one, expression=other)

    def aligned(self, left: Told, right: Told, op: type[exp.Expr]) -> tuple[Told, Told]:
        """Two values as they are compared; raises Untranslatable where that may have another outcome there."""
        left, right = self._read_beside(left, right), self._read_beside(right, left)
        sorts = {self.uses.use(left).is_.sort, self.uses.use(right).is_.sort} - {Sort.NULL}
        is_equal = issubclass(op, _EQUAL)
        if Sort.UNSEEN in sorts:
            seen = sorts - {Sort.UNSEEN}
            if (not seen and self.uses.by_code) or (seen and seen <= NUMBERS and self.uses.is_strict):
                return left, right
            raise self.uses.unseen(left if left.is_.sort is Sort.UNSEEN else right)
        if sorts == MOMENTS:
            left, right = self._as_time(left), self._as_time(right)
            return left, right
        if sorts <= NUMBERS or len(sorts) <= 1:
            if not is_equal and sorts <= {Sort.TRUTH, Sort.UUID} and sorts:
                raise Untranslatable(f"{quoted(left.tree)} is {sorts.pop().value}, which may have another order there")
            return left, right
        if Sort.FLOATING in sorts and sorts <= {Sort.FLOATING, Sort.INT}:
            return left, right
        said = " beside ".join(f"{quoted(each.tree)}, {each.is_.sort.value}" for each in (left, right))
        raise Untranslatable(f"{said}: values of two types are compared otherwise there")

    def _as_time(self, told: Told) -> Told:
        if told.is_.sort is Sort.TIME:
            return told
        return Told(self.uses.function("midnight", told.tree), Operand(Sort.TIME))

    def _read_beside(self, told: Told, other: Told) -> Told:
        """A text that is written out as the moment it is beside; a column beside a text that can be nothing else."""
        if isinstance(told.tree, exp.Literal) and told.tree.is_string and other.is_.sort in MOMENTS:
            return self.casts.moment(told.tree, DATE if other.is_.sort is Sort.DATE else TIME)
        if told.is_.sort is Sort.UNSEEN and isinstance(other.tree, exp.Literal) and _is_text_alone(other.tree):
            text = self.expressions.ordered(self.expressions.cast(told.tree, Kind.TEXT), TEXT)
            return Told(text, Operand(Sort.TEXT))
        return told


def _is_text_alone(literal: exp.Literal) -> bool:
    """Whether a text can be read as nothing else, so that whatever it is compared with is a text."""
    text = literal.this.strip().casefold()
    is_word = text[:1].isalpha() and text not in _WORDS and not _UUID.fullmatch(text)
    return bool(literal.is_string and (is_word or not text))
