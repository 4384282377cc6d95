"""Tree to program: names, types, windows, and what is wrong with them."""

from segdsl.check.checker import Checked, Checker, check

__all__ = ["Checked", "Checker", "check"]
