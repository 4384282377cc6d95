"""SEG65x: claims that are to be proved, and versions that are to be compared."""

from __future__ import annotations

from segdsl.diagnostics import Diagnostic


def not_a_claim(text: str) -> Diagnostic:
    help = (
        "`never A`, `always A`, `disjoint A B`, `A inside B`, `same A B`, `covers SEGMENTATION`\n"
        "A and B are names of segments or conditions; of two conditions write `disjoint(A, B)`, `same(A, B)`"
    )
    return Diagnostic("SEG650", f"`{text}` is nothing that can be proved", None, help)


def prover_missing() -> Diagnostic:
    return Diagnostic("SEG651", "proofs need z3, which is not installed", None, "`pip install 'segdsl[prove]'`")
