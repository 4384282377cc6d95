"""A Sankey diagram of two days: labels then at the left, labels now at the right, bands of those who moved between."""

from __future__ import annotations

from collections.abc import Sequence

from segdsl.charts.style import INK, LABELS, QUIET, Spec, data, field, fitted, value, vega

NODE, APART = 12, 8  # width of a node, and pixels between two
LINE = 16  # of text


def sankey(
    moves: Sequence[tuple[str, str, int]], before: Sequence[tuple[str, int]], after: Sequence[tuple[str, int]]
) -> Spec:
    """Moves with their numbers, and the labels of both days with theirs, in order. A move says nothing of who is in
    none of those given: nodes keep their whole height."""
    height = max(260, 34 * max(len(before), len(after)))
    total = max(sum(size for _, size in before), 1)
    room = height - APART * (max(len(before), len(after)) - 1)
    left, right = _stacked(before, room / total), _stacked(after, room / total)
    names = [name for name, _ in before]
    colours = {name: LABELS[n % len(LABELS)] for n, name in enumerate(names)}
    if len(names) > len(LABELS):  # more than can be told apart
        colours = dict.fromkeys(names, LABELS[0])
    from_top, to_top = ({name: top for name, (top, _) in side.items()} for side in (left, right))
    bands = []
    for one, other, count in moves:
        thick = count * room / total
        bands.append({
            "a": from_top[one], "b": to_top[other], "thick": thick, "stays": one == other,
            "colour": QUIET if one == other else colours[one],
            "said": f"{one} → {other}: {count:,}" if one != other else f"stayed in {one}: {count:,}",
        })  # fmt: skip
        from_top[one] += thick
        to_top[other] += thick
    nodes = [
        {"right": side, "top": top, "thick": thick, "text_at": text_at, "name": fitted(name, 22), "n": f"{size:,}",
         "colour": colours.get(name, QUIET), "said": f"{name}: {size:,}"}
        for side, (days, places) in enumerate(((before, left), (after, right)))
        for (name, size), text_at in zip(days, _apart([places[name] for name, _ in days], height), strict=True)
        for top, thick in [places[name]]
    ]  # fmt: skip
    # a band from (start, a) to (end, b), its edges two cubic curves
    curve = (
        "'M' + start + ',' + datum.a + 'C' + middle + ',' + datum.a + ' ' + middle + ',' + datum.b + ' ' + end + ',' "
        "+ datum.b + 'v' + datum.thick + 'C' + middle + ',' + (datum.b + datum.thick) + ' ' + middle + ',' "
        "+ (datum.a + datum.thick) + ' ' + start + ',' + (datum.a + datum.thick) + 'Z'"
    )
    at = {"signal": f"datum.right ? end + {NODE} + 8 : start - {NODE} - 8"}
    return vega(
        height + 8,
        data=[data("bands", bands), data("nodes", nodes)],
        signals=[
            {"name": "side", "update": "min(170, width * 0.3)"},
            {"name": "start", "update": f"side + {NODE}"},
            {"name": "end", "update": f"width - side - {NODE}"},
            {"name": "middle", "update": "(start + end) / 2"},
        ],
        marks=[
            {"type": "path", "from": {"data": "bands"}, "description": "moves",
             "encode": {"update": {"path": {"signal": curve}, "fill": field("colour"),
                                   "fillOpacity": {"signal": "datum.stays ? 0.45 : 0.6"},
                                   "tooltip": field("said"), "description": field("said")},
                        "hover": {"fillOpacity": value(0.9)}}},
            {"type": "rect", "from": {"data": "nodes"}, "description": "labels",
             "encode": {"update": {"x": {"signal": f"datum.right ? end : start - {NODE}"}, "width": value(NODE),
                                   "y": field("top"), "height": {"signal": "max(datum.thick, 1)"},
                                   "fill": field("colour"), "tooltip": field("said"),
                                   "description": field("said")}}},
            {"type": "text", "from": {"data": "nodes"}, "interactive": False, "aria": False,
             "encode": {"update": {"x": at, "y": field("text_at"),
                                   "align": {"signal": "datum.right ? 'left' : 'right'"}, "baseline": value("middle"),
                                   "fill": value(INK), "limit": {"signal": "side - 12"},
                                   "text": {"signal": "datum.name + ' · ' + datum.n"}}}},
        ],
    )  # fmt: skip


def _stacked(sizes: Sequence[tuple[str, int]], scale: float) -> dict[str, tuple[float, float]]:
    """Where each label starts, and how thick it is."""
    found: dict[str, tuple[float, float]] = {}
    top = 4.0
    for name, size in sizes:
        found[name] = (top, size * scale)
        top += size * scale + APART
    return found


def _apart(nodes: Sequence[tuple[float, float]], height: float) -> list[float]:
    """Where the texts of nodes stand: in their middles, but never closer than a line of text."""
    found: list[float] = []
    for top, thick in nodes:
        found.append(max(top + thick / 2, found[-1] + LINE if found else LINE / 2))
    lowest = height + 4
    for place in range(len(found) - 1, -1, -1):
        found[place] = min(found[place], lowest)
        lowest = found[place] - LINE
    return found
