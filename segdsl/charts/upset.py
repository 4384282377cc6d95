"""An UpSet plot: how many are in exactly which segments; a column per combination, a row per segment.

Lex and others, "UpSet: Visualization of Intersecting Sets", IEEE TVCG 20 (12), 2014.
"""

from __future__ import annotations

from collections.abc import Sequence

from segdsl.charts.style import INK, LINE, MAIN, NAMES, Spec, data, field, fitted, value, vega

BARS, GAP, ROW = 150, 14, 26
COLUMN = 64  # at most


def upset(combinations: Sequence[tuple[Sequence[str], int]], segments: Sequence[tuple[str, int]]) -> Spec:
    """Combinations with their numbers, as columns; segments with theirs, as rows."""
    place = {name: n for n, (name, _) in enumerate(segments)}
    columns = [
        {"at": n, "n": count, "text": f"{count:,}",
         "said": f"{' and '.join(names) or 'none of them'}, nothing else: {count:,}"}
        for n, (names, count) in enumerate(combinations)
    ]  # fmt: skip
    dots = [
        {"at": n, "row": row, "held": name in names, "said": columns[n]["said"]}
        for n, (names, _) in enumerate(combinations)
        for name, row in place.items()
    ]
    spans = [
        {"at": n, "top": min(place[name] for name in names), "end": max(place[name] for name in names)}
        for n, (names, _) in enumerate(combinations)
        if len(names) > 1
    ]
    names = [f"{fitted(name)} · {size:,}" for name, size in segments]
    x = {"scale": "x", "field": "at", "band": 0.5}
    rows: Spec = {"scale": "y", "field": "row", "band": 0.5}
    return vega(
        BARS + GAP + ROW * len(segments),
        data=[data("columns", columns), data("dots", dots), data("spans", spans),
              data("stripes", [{"row": row} for row in range(0, len(segments), 2)])],
        signals=[{"name": "names", "value": names}],
        scales=[
            {"name": "x", "type": "band", "domain": list(range(len(combinations))),
             "range": [0, {"signal": f"min(width, {len(combinations)} * {COLUMN})"}],
             "paddingInner": 0.35, "paddingOuter": 0.2},
            {"name": "n", "type": "linear", "domain": {"data": "columns", "field": "n"}, "zero": True,
             "range": [BARS, 22]},
            {"name": "y", "type": "band", "domain": list(range(len(segments))),
             "range": [BARS + GAP, BARS + GAP + ROW * len(segments)]},
        ],
        axes=[{**NAMES, "orient": "left", "scale": "y", "labelLimit": 230,
               "labelOverlap": False,
               "encode": {"labels": {"update": {"text": {"signal": "names[datum.value]"}}}}}],
        marks=[
            {"type": "rect", "from": {"data": "stripes"}, "aria": False, "interactive": False,
             "encode": {"update": {"x": value(0), "x2": {"signal": "width"}, "y": {"scale": "y", "field": "row"},
                                   "height": {"scale": "y", "band": 1}, "fill": value("var(--empty)")}}},
            {"type": "rect", "from": {"data": "columns"}, "description": "combinations",
             "encode": {"update": {"x": {"scale": "x", "field": "at"}, "width": {"scale": "x", "band": 1},
                                   "y": {"scale": "n", "field": "n"}, "y2": value(BARS), "fill": value(MAIN),
                                   "cornerRadiusTopLeft": value(2), "cornerRadiusTopRight": value(2),
                                   "tooltip": field("said"), "description": field("said")}}},
            {"type": "text", "from": {"data": "columns"}, "aria": False, "interactive": False,
             "encode": {"update": {"x": x, "y": {"scale": "n", "field": "n", "offset": -5},
                                   "align": {"signal": "bandwidth('x') < 22 ? 'left' : 'center'"},
                                   "angle": {"signal": "bandwidth('x') < 22 ? -60 : 0"},
                                   "fontSize": {"signal": "bandwidth('x') < 22 ? 10 : 12"},
                                   "fill": value(INK), "text": field("text")}}},
            {"type": "rule", "from": {"data": "spans"}, "aria": False, "interactive": False,
             "encode": {"update": {"x": x, "y": {"scale": "y", "field": "top", "band": 0.5},
                                   "y2": {"scale": "y", "field": "end", "band": 0.5}, "stroke": value(MAIN),
                                   "strokeWidth": value(2.5)}}},
            {"type": "symbol", "from": {"data": "dots"}, "aria": False,
             "encode": {"update": {"x": x, "y": rows, "size": {"signal": "bandwidth('x') < 14 ? 40 : 90"},
                                   "fill": {"signal": f"datum.held ? '{MAIN}' : '{LINE}'"},
                                   "tooltip": field("said")}}},
        ],
    )  # fmt: skip
