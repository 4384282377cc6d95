"""What an engine could not do."""

from __future__ import annotations

from collections.abc import Iterable

from segdsl.diagnostics import Diagnostic


class EngineProblem(Exception):  # noqa: N818  a problem, as everywhere here, is what makes a diagnostic
    """Carries what is told about data or an engine up to the façade. `is_settled`: it is so as whatever the columns of
    files are read."""

    def __init__(self, diagnostics: Iterable[Diagnostic], is_settled: bool = False) -> None:
        self.diagnostics = tuple(diagnostics)
        self.is_settled = is_settled
        super().__init__("\n".join(item.message for item in self.diagnostics))
