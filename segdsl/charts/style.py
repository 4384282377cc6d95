"""What all charts have in common: colours by their role, fonts, axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Spec = dict[str, Any]

INK, SOFT, LINE, MAIN, QUIET = (f"var(--{name})" for name in ("ink", "soft", "line", "main", "quiet"))
# Okabe and Ito's colours that all readers can tell apart, in an order of their own per theme (page/style.css)
LABELS = tuple(f"var(--label-{number})" for number in range(1, 9))
STEPS = 6  # of a heat map
FONT = "system-ui, sans-serif"

# an axis of names; what a mark is of is said by the mark
NAMES: Spec = {"domain": False, "ticks": False, "labelPadding": 8, "aria": False}

CONFIG: Spec = {
    "background": None,
    "text": {"font": FONT, "fontSize": 12, "fill": INK},
    "axis": {
        "labelFont": FONT,
        "labelFontSize": 12,
        "labelColor": INK,
        "titleFont": FONT,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "titleColor": SOFT,
        "gridColor": LINE,
        "domainColor": LINE,
        "tickColor": LINE,
    },
}


def data(name: str, values: Sequence[Any], *transforms: Spec) -> Spec:
    return {"name": name, "values": list(values), **({"transform": list(transforms)} if transforms else {})}


def vega(height: int | Spec, **parts: Any) -> Spec:
    """A specification; the page puts in the width."""
    size: Spec = {"height": height} if isinstance(height, int) else {"signals": [{"name": "height", **height}]}
    signals = [*size.pop("signals", []), *parts.pop("signals", [])]
    return {
        "$schema": "https://vega.github.io/schema/vega/v6.json",
        "width": 600,
        **size,
        "padding": 4,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "config": CONFIG,
        "signals": signals,
        **parts,
    }


def field(name: str) -> Spec:
    return {"field": name}


def value(constant: Any) -> Spec:
    return {"value": constant}


def fitted(text: str, most: int = 28) -> str:
    """A name that has room on an axis; the table beside a chart has all of it."""
    return text if len(text) <= most else f"{text[: most - 1]}…"
