"""A catalog looked at as code: whether it is right, and how it can be made better."""

from __future__ import annotations

from typing import TYPE_CHECKING

from segdsl import problems
from segdsl.api.remembered import Remembered
from segdsl.diagnostics import Diagnostic, sort
from segdsl.error import SegdslError, raised

if TYPE_CHECKING:
    from segdsl.proving.prove import Verdict


class Reviewed(Remembered):
    """The part of `Catalog` that looks at definitions more than at data."""

    def check(self) -> list[Diagnostic]:
        """Everything that is wrong with the catalog, by file and place, and where there are no errors the warnings of
        lint; never raises."""
        from segdsl.lint import lint

        found = self._wrong()
        if not any(item.is_error for item in found):
            found.extend(lint(self._evaluator.checked()))
        return sort(found)

    def _wrong(self) -> list[Diagnostic]:
        """What is wrong with the definitions, and with the catalog's own templates of metrics."""
        found = list(self._evaluator.checked().done().diagnostics)
        if any(self.root.glob("metrics/*.sql.j2")) and not any(item.is_error for item in found):
            from segdsl.metrics.ask import check_templates

            found.extend(check_templates(self._evaluator))
        return found

    def fixed(self) -> tuple[dict[str, str], list[Diagnostic]]:
        """The texts of files, by their paths in the catalog, with those warnings mended that can be without changing
        what any definition means; and these warnings. Writes nothing, never raises."""
        from segdsl.lint.fix import fixed

        found = self.check()
        return ({}, []) if any(item.is_error for item in found) else fixed(self._catalog, found)

    # ------------------------------------------------------------ proofs

    def prove(self, *claims: str) -> list[Verdict]:
        """What becomes of claims about all customers: `never A`, `always A`, `disjoint A B`, `A inside B`, `same A B`,
        `covers SEGMENTATION`; without any, of the `expect` lines that are such claims. Raises SegdslError.
        """
        from segdsl.proving.claims import expected_claims, read_claim
        from segdsl.proving.prove import has_prover, prove

        checker = self._evaluator.without_errors()
        if not has_prover():
            raise SegdslError([problems.prover_missing()])
        with raised():
            read = [read_claim(checker, claim.split(), number) for number, claim in enumerate(claims)]
            return prove(checker, read or expected_claims(checker))
