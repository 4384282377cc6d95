"""SEG722 and on: files that are read and written."""

from __future__ import annotations

from segdsl.diagnostics import Diagnostic


def output_is_needed(path: str, what: str) -> Diagnostic:
    help = "name another file for the output"
    return Diagnostic("SEG722", f"cannot write `{path}`: it is {what}", None, help)
