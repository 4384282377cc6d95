"""How a diagnostic is shown."""

from __future__ import annotations

import pytest

from segdsl.catalog import build_catalog
from segdsl.check import check
from segdsl.diagnostics import Diagnostic, Source, Span
from segdsl.model.loader import load_model

MODEL = """
name: shop
entities:
  customer:
    table: customers.csv
    key: id
    attributes: {visits: int, came_by: {type: text, values: [search, social]}}
"""


@pytest.mark.parametrize("begin", [0, 10, 190, 199, 200, 5000, 9990, 9999])
def test_a_long_line_is_shown_around_the_place(begin: int) -> None:
    text = "x" * begin + "HERE"[: 10_000 - begin] + "y" * max(0, 9_996 - begin)
    rendered = Diagnostic("SEG101", "no", Span(Source("f.seg", text), begin, min(begin + 4, 10_000))).render()
    line, under = rendered.splitlines()[-2:]
    assert len(line) <= 210
    carets = [index for index, char in enumerate(under) if char == "^"]
    assert "".join(line[index] for index in carets) == text[begin : begin + 4]
    assert f"f.seg:1:{begin + 1}" in rendered


@pytest.mark.parametrize(
    ("condition", "marked", "mended"),
    [
        ('visits > 3 and came_by = "serch"', '"serch"', '"search"'),
        ("came_by != 'serch'", "'serch'", '"search"'),
        ('"serch" = came_by', '"serch"', '"search"'),
        ('came_by in ("search", "ads")', '"ads"', None),
        ('came_by in ("search", "socal")', '"socal"', '"social"'),
        ("came_by = word", "word", None),
        ('tier = "glod"', '"glod"', "gold"),
        ('"the x y" = tier', '"the x y"', "`the xy`"),
    ],
)
def test_a_value_that_is_none_is_marked_where_it_stands(condition: str, marked: str, mended: str | None) -> None:
    model, _ = load_model(Source("segdsl.yaml", MODEL))
    assert model is not None
    tier = "segmentation tier { gold when visits > 3 `the xy` otherwise }"
    text = f'param word = "ads"\n{tier}\nsegment s = {condition}'
    found = check(build_catalog(model, [Source("a.seg", text)])).diagnostics
    assert [item.code for item in found] in (["SEG307"], ["SEG208"])
    assert found[0].span is not None
    assert found[0].span.text == marked
    fix = found[0].fix
    assert (fix and (fix.span.text, fix.replacement)) == (mended and (marked, mended))


@pytest.mark.parametrize(
    ("rule", "named"),
    [
        ('segment s = came_by = "ads"', "came_by"),
        ('trait t = came_by\nsegment s = t = "ads"', "t"),
        (
            'segment s = case when visits > 3 then\n  came_by end in ("search", "ads")',
            "case when visits > 3 then came_by end",
        ),
        ('trait t = bands(case when visits > 3 then came_by end, "ads")', "case when visits > 3 then came_by end"),
        ('segment s = "ads" != came_by as of 3d ago', "came_by as of 3d ago"),
        ('example in s: came_by = "ads"\nsegment s = visits > 3', "came_by"),
    ],
)
def test_whose_value_it_is_not_is_said_as_it_is_written(rule: str, named: str) -> None:
    model, _ = load_model(Source("segdsl.yaml", MODEL))
    assert model is not None
    (found,) = check(build_catalog(model, [Source("a.seg", rule)])).diagnostics
    assert found.message.startswith(f"`ads` is not a value of `{named}`, expected ")
