"""What is right, but rarely what was meant: warnings about a catalog without errors."""

from segdsl.lint.findings import lint

__all__ = ["lint"]
