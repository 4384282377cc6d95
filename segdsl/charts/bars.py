"""Bars: how many members each label or segment has."""

from __future__ import annotations

from collections.abc import Sequence

from segdsl.charts.style import INK, MAIN, NAMES, Spec, data, field, fitted, value, vega

ROW = 28


def bars(rows: Sequence[tuple[str, int, str]]) -> Spec:
    """Names with their numbers and what is written behind each bar; in the order given."""
    values = [{"name": str(n), "shown": fitted(name), "n": count, "said": said, "of": name}
              for n, (name, count, said) in enumerate(rows)]  # fmt: skip
    y = {"scale": "y", "field": "name"}
    names = {item["name"]: item["shown"] for item in values}
    return vega(
        ROW * max(len(values), 1),
        data=[data("rows", values)],
        signals=[{"name": "names", "value": names}],
        scales=[
            {"name": "y", "type": "band", "domain": {"data": "rows", "field": "name"}, "range": "height",
             "paddingInner": 0.3, "paddingOuter": 0.15},
            # room at the right for what is written behind the longest bar
            {"name": "x", "type": "linear", "domain": {"data": "rows", "field": "n"}, "zero": True,
             "range": [0, {"signal": "max(width - 104, 40)"}]},
        ],
        axes=[{**NAMES, "orient": "left", "scale": "y", "labelLimit": 190,
               "encode": {"labels": {"update": {"text": {"signal": "names[datum.value]"}}}}}],
        marks=[
            {"type": "rect", "from": {"data": "rows"}, "description": "bars",
             "encode": {"update": {"y": y, "height": {"scale": "y", "band": 1}, "x": {"scale": "x", "value": 0},
                                   "x2": {"scale": "x", "field": "n"}, "fill": value(MAIN),
                                   "cornerRadiusTopRight": value(2), "cornerRadiusBottomRight": value(2),
                                   "tooltip": {"signal": "datum.of + ': ' + datum.said"},
                                   "description": {"signal": "datum.of + ': ' + datum.said"}}}},
            {"type": "text", "from": {"data": "rows"}, "interactive": False, "aria": False,
             "encode": {"update": {"y": {**y, "band": 0.5}, "x": {"scale": "x", "field": "n", "offset": 6},
                                   "baseline": value("middle"), "fill": value(INK), "text": field("said")}}},
        ],
    )  # fmt: skip
