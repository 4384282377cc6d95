"""Versions of a catalog: an earlier one out of git, and what is different between two."""
