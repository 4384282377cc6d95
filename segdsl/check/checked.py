"""What becomes of a check."""

from __future__ import annotations

from dataclasses import dataclass

from segdsl.diagnostics import Diagnostic
from segdsl.program import Program


@dataclass(frozen=True)
class Checked:
    """A program as far as it could be made, and every diagnostic, sorted."""

    program: Program
    diagnostics: tuple[Diagnostic, ...]

    @property
    def has_errors(self) -> bool:
        return any(item.is_error for item in self.diagnostics)
