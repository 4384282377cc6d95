"""How a diagnostic is shown."""

from __future__ import annotations

import pytest

from segdsl.diagnostics import Diagnostic, Source, Span


@pytest.mark.parametrize("begin", [0, 10, 190, 199, 200, 5000, 9990, 9999])
def test_a_long_line_is_shown_around_the_place(begin: int) -> None:
    text = "x" * begin + "HERE"[: 10_000 - begin] + "y" * max(0, 9_996 - begin)
    rendered = Diagnostic("SEG101", "no", Span(Source("f.seg", text), begin, min(begin + 4, 10_000))).render()
    line, under = rendered.splitlines()[-2:]
    assert len(line) <= 210
    carets = [index for index, char in enumerate(under) if char == "^"]
    assert "".join(line[index] for index in carets) == text[begin : begin + 4]
    assert f"f.seg:1:{begin + 1}" in rendered
