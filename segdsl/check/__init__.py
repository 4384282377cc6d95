"""Tree to program: names, types, windows, and what is wrong with them."""

from segdsl.check.checked import Checked
from segdsl.check.checker import Checker, check

__all__ = ["Checked", "Checker", "check"]
