"""A heat map: a number in every cell of a grid, and a shade that goes with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from segdsl.charts.style import NAMES, STEPS, Spec, data, field, fitted, value, vega

ROOM = "bandwidth('x') > 110"  # for a name in a cell


@dataclass(frozen=True, slots=True)
class Square:
    """A cell: its column and row, what stands in it, how dark it is from 0 to 1 (None: no shade), what it says, and
    what stands below its text where there is room."""

    x: str
    y: str
    text: str
    shade: float | None
    said: str
    below: str = ""


def heat(
    squares: Sequence[Square], columns: Sequence[str], rows: Sequence[str], *, x: str = "", y: str = "", row: int = 30
) -> Spec:
    """A grid of squares; column names stand slanted above where there are many."""
    many = len(columns) > 6 or max(map(len, columns), default=0) > 6
    values = [
        {"x": str(columns.index(item.x)), "y": str(rows.index(item.y)), "text": item.text, "said": item.said,
         "below": fitted(item.below, 19),
         "fill": "var(--empty)" if item.shade is None else f"var(--heat-{_step(item.shade)})",
         "ink": "var(--soft)" if item.shade is None else f"var(--on-heat-{_step(item.shade)})"}
        for item in squares
    ]  # fmt: skip
    names = {"x": [fitted(name) for name in columns], "y": [fitted(name) for name in rows]}
    top: Spec = {**NAMES, "orient": "top", "scale": "x", "labelLimit": 170,
                 "encode": {"labels": {"update": {"text": {"signal": "names.x[datum.value]"}}}}}  # fmt: skip
    if many:
        top |= {"labelAngle": -45, "labelAlign": "left", "labelBaseline": "middle", "labelOverlap": False}
    if x:
        top["title"] = x
    # slanted names reach beyond the last column
    beyond = 6 * min(max(map(len, columns), default=0), 22) if many else 0
    left: Spec = {**NAMES, "orient": "left", "scale": "y", "labelLimit": 190,
                  "labelOverlap": False,
                  "encode": {"labels": {"update": {"text": {"signal": "names.y[datum.value]"}}}}}  # fmt: skip
    if y:
        left["title"] = y
    spec = vega(
        row * max(len(rows), 1),
        data=[data("squares", values)],
        signals=[{"name": "names", "value": names}],
        scales=[
            {"name": "x", "type": "band", "domain": [str(n) for n in range(len(columns))], "range": "width",
             "padding": 0.04},
            {"name": "y", "type": "band", "domain": [str(n) for n in range(len(rows))], "range": "height",
             "padding": 0.04},
        ],
        axes=[top, left],
        marks=[
            {"type": "rect", "from": {"data": "squares"}, "description": "cells",
             "encode": {"update": {"x": {"scale": "x", "field": "x"}, "width": {"scale": "x", "band": 1},
                                   "y": {"scale": "y", "field": "y"}, "height": {"scale": "y", "band": 1},
                                   "cornerRadius": value(2), "fill": field("fill"), "tooltip": field("said"),
                                   "description": field("said")}}},
            {"type": "text", "from": {"data": "squares"}, "interactive": False, "aria": False,
             "encode": {"update": {"x": {"scale": "x", "field": "x", "band": 0.5},
                                   "y": {"scale": "y", "field": "y", "band": 0.5,
                                         "offset": {"signal": f"datum.below && {ROOM} ? -8 : 0"}},
                                   "align": value("center"), "baseline": value("middle"), "fill": field("ink"),
                                   "fontSize": {"signal": "bandwidth('x') < 40 ? 10 : 12"},
                                   # a number without room is left to the tooltip and the table
                                   "text": {"signal": "bandwidth('x') < 24 ? '' : datum.text"}}}},
            {"type": "text", "from": {"data": "squares"}, "interactive": False, "aria": False,
             "encode": {"update": {"x": {"scale": "x", "field": "x", "band": 0.5},
                                   "y": {"scale": "y", "field": "y", "band": 0.5, "offset": 9},
                                   "align": value("center"), "baseline": value("middle"), "fill": field("ink"),
                                   "fontSize": value(11),
                                   "text": {"signal": f"{ROOM} ? datum.below : ''"}}}},
        ],
    )  # fmt: skip
    spec["padding"] = {"left": 4, "top": 4, "bottom": 4, "right": 4 + beyond // 2}
    return spec


def _step(shade: float) -> int:
    return min(int(shade * STEPS), STEPS - 1)
