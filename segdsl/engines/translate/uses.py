"""What may be done with an operand of a model's `sql:` in another dialect; what is looked at is kept in mind."""

from __future__ import annotations

from sqlglot import exp

from segdsl.engines.translate.frames import Told, Untranslatable, quoted
from segdsl.engines.translate.operands import NUMBERS, Base, Sort
from segdsl.functions import FUNCTION_ROWS, OPERATOR_ROWS
from segdsl.sql.expressions import Expressions
from segdsl.types import TEXT


class Uses:
    """Operations of one `sql:`. `used` are the columns of base tables that one looks at."""

    def __init__(self, expressions: Expressions) -> None:
        self.expressions = expressions
        self.dialect = expressions.dialect
        self.used: set[Base] = set()
        # texts are compared by their codes whatever column they are of; blanks at their end may count for nothing
        self.is_padded = "compared" in self.dialect.structures
        self.by_code = "text" not in self.dialect.structures and not self.is_padded
        # numbers and texts are never taken for one another
        self.is_strict = "strict" in self.dialect.keeps

    def use(self, told: Told) -> Told:
        """Has an operation look at a value; raises Untranslatable for what no operation means the same with."""
        sort = told.is_.sort
        if sort is Sort.OTHER:
            raise Untranslatable(f"{quoted(told.tree)} is {sort.value}")
        if sort is Sort.FLOATING and ("floating" not in self.dialect.keeps or told.is_.native == "FLOAT"):
            raise Untranslatable(f"{quoted(told.tree)} is {sort.value}, which may be equal to another number there")
        self.used |= told.is_.bases
        return told

    def function(self, name: str, *values: exp.Expr, variant: str = "") -> exp.Expr:
        """A function of the language, as the dialect says it."""
        rows = (*FUNCTION_ROWS.get(name, ()), *OPERATOR_ROWS.get(name, ()))
        return self.expressions.filled(next(row for row in rows if row.variant == variant), list(values))

    def wide(self, tree: exp.Expr) -> exp.Expr:
        """A whole number to reckon with, where one of the usual length would go round without a word."""
        return self.expressions.structure("wide int", a=tree) if "wide int" in self.dialect.structures else tree

    def narrow(self, tree: exp.Expr) -> exp.Expr:
        """What was reckoned with wide numbers, of the usual length again; an error where it has none."""
        return self.expressions.structure("int of wide", a=tree) if "int of wide" in self.dialect.structures else tree

    def unseen(self, told: Told) -> Untranslatable:
        """Why a column of an unknown type is refused, and how its type is said."""
        shown = told.tree.sql(dialect="duckdb")
        said = f"`CAST({shown} AS TEXT)`"
        if self.dialect.decimals is None:
            said += ", `DECIMAL(18, 2)`, `DATE`, `TIMESTAMP`"
        looked = "" if told.is_.native else ", or have it looked at (`--engine`)"
        return Untranslatable(f"`{shown}` is {Sort.UNSEEN.value}: say it ({said}){looked}")

    def grouped(self, told: Told) -> exp.Expr:
        """A value of which equal ones are taken together."""
        sort = self.use(told).is_.sort
        if sort is Sort.UNSEEN and not self.by_code:
            raise self.unseen(told)
        if sort is Sort.TEXT and self.is_padded:
            raise Untranslatable(f"{quoted(told.tree)} is a text, and one with blanks behind it is equal to it there")
        return told.tree

    def ordered(self, told: Told) -> exp.Expr:
        """A value that is put in order."""
        tree = self.grouped(told)
        if told.is_.sort in (Sort.TRUTH, Sort.UUID):
            raise Untranslatable(f"{quoted(tree)} is {told.is_.sort.value}, which may have another order there")
        return self.expressions.ordered(tree, TEXT) if told.is_.sort is Sort.TEXT else tree

    def number(self, told: Told) -> Told:
        if told.is_.sort is Sort.UNSEEN:
            raise self.unseen(told)
        if told.is_.sort not in NUMBERS:
            raise Untranslatable(f"{quoted(told.tree)} is {told.is_.sort.value}: exact numbers alone are reckoned with")
        return self.use(told)

    def of_sort(self, told: Told, wanted: frozenset[Sort] | set[Sort]) -> exp.Expr:
        if told.is_.sort is Sort.UNSEEN:
            raise self.unseen(told)
        if told.is_.sort not in wanted:
            raise Untranslatable(f"{quoted(told.tree)} is {told.is_.sort.value}")
        return self.use(told).tree
