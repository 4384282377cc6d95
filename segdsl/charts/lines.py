"""Small multiples: a line per segment, each with a scale of its own that starts at zero."""

from __future__ import annotations

from collections.abc import Sequence

from segdsl.charts.style import INK, MAIN, SOFT, Spec, data, field, fitted, value, vega

CELL, GAP = 64, 46


def lines(series: Sequence[tuple[str, Sequence[int | None]]], moments: Sequence[str]) -> Spec:
    """Names with a number per moment, or None where it is unknown; as many side by side as there is room for."""
    values = [
        {"name": str(place), "shown": fitted(name, 24), "at": at, "n": count, "last": at == len(moments) - 1,
         "said": f"{name}, {moments[at]}: {count:,}", "text": f"{count:,}"}
        for place, (name, counts) in enumerate(series)
        for at, count in enumerate(counts)
        if count is not None
    ]  # fmt: skip
    x, y = {"scale": "x", "field": "at"}, {"scale": "y", "field": "n"}
    spec = vega(
        CELL,
        data=[data("points", values)],
        signals=[
            # a column is about 180 wide; what is left between is the gap
            {"name": "columns", "update": "max(1, floor(room / 180))"},
            {"name": "cell", "update": "max(80, room / columns - 28)"},
            {"name": "room", "value": 600},
        ],
        layout={"columns": {"signal": "columns"}, "padding": {"row": GAP - 12, "column": 28}, "bounds": "flush",
                "align": "all"},
        scales=[{"name": "x", "type": "point", "domain": list(range(len(moments))),
                 "range": [0, {"signal": "cell"}]}],
        marks=[{
            "type": "group",
            "from": {"facet": {"name": "series", "data": "points", "groupby": "name"}},
            "encode": {"update": {"width": {"signal": "cell"}, "height": value(CELL)}},
            "scales": [{"name": "y", "type": "linear", "domain": {"data": "series", "field": "n"}, "zero": True,
                        "domainMin": 0, "range": [CELL, 18]}],
            "marks": [
                {"type": "rule", "aria": False,
                 "encode": {"update": {"x": value(0), "x2": {"signal": "cell"}, "y": value(CELL),
                                       "stroke": value("var(--line)")}}},
                {"type": "area", "from": {"data": "series"}, "aria": False, "interactive": False,
                 "encode": {"update": {"x": x, "y": y, "y2": value(CELL), "fill": value(MAIN),
                                       "fillOpacity": value(0.12)}}},
                {"type": "line", "from": {"data": "series"}, "interactive": False, "description": "sizes",
                 "encode": {"update": {"x": x, "y": y, "stroke": value(MAIN), "strokeWidth": value(2)}}},
                {"type": "symbol", "from": {"data": "series"},
                 "encode": {"update": {"x": x, "y": y, "size": {"signal": "datum.last ? 36 : 60"},
                                       "fill": value(MAIN), "opacity": {"signal": "datum.last ? 1 : 0"},
                                       "tooltip": field("said"), "description": field("said")}}},
                {"type": "text", "from": {"data": "series"}, "interactive": False, "aria": False,
                 "encode": {"update": {"x": {"signal": "cell"}, "y": value(8), "align": value("right"),
                                       "opacity": {"signal": "datum.last ? 1 : 0"}, "fill": value(INK),
                                       "fontWeight": value("bold"), "text": field("text")}}},
                {"type": "text", "from": {"data": "series"}, "interactive": False, "aria": False,
                 "encode": {"update": {"x": value(0), "y": value(8), "align": value("left"), "fill": value(SOFT),
                                       "limit": {"signal": "cell - 44"},
                                       "opacity": {"signal": "datum.last ? 1 : 0"}, "text": field("shown")}}},
            ],
        }],
    )  # fmt: skip
    spec["autosize"] = {"type": "pad"}
    return spec
