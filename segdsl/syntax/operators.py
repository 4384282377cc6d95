"""How tightly everything binds, and how each operator is written around its operands."""

from __future__ import annotations

from enum import IntEnum

from segdsl.syntax import tree


class Binding(IntEnum):
    """The levels of the grammar's expressions, loosest first."""

    OR = 0
    AND = 1
    NOT = 2
    TEST = 3
    SUM = 4
    PRODUCT = 5
    NEGATIVE = 6
    AS_OF = 7
    AGO = 8
    ATOM = 9


# symbol and number of operands -> how it binds; tests (all but these) take sums as their operands
ARITHMETIC = {
    ("+", 2): Binding.SUM,
    ("-", 2): Binding.SUM,
    ("*", 2): Binding.PRODUCT,
    ("/", 2): Binding.PRODUCT,
    ("-", 1): Binding.NEGATIVE,
    ("ago", 1): Binding.AGO,
    ("ever", 1): Binding.ATOM,
}
LOGIC = {"or": Binding.OR, "and": Binding.AND, "not": Binding.NOT}
# a list in brackets follows
LISTS = frozenset(("in", "not in", "has any", "has all"))
# nothing follows
SUFFIXES = frozenset(("is known", "is unknown"))
# between each operand and the next of a window
WINDOW_WORDS = {
    "within": ("within ",),
    "within next": ("within next ",),
    "within after": ("within ", "after "),
    "within before": ("within ", "before "),
    "from": ("from ", "to "),
    "since": ("since ",),
    "after": ("after ",),
    "before": ("before ",),
    "in": ("in ",),
}


def binding(expr: tree.Expr) -> Binding:
    """How tightly an expression's own outermost part binds."""
    match expr:
        case tree.Operation(op, args):
            return LOGIC[op] if op in LOGIC else ARITHMETIC.get((op, len(args)), Binding.TEST)
        case tree.Comparison() | tree.InWindow():
            return Binding.TEST
        case tree.AsOf():
            return Binding.AS_OF
        case _:
            return Binding.ATOM
