"""segdsl: customer segments as text."""

__version__ = "0.1.0"
