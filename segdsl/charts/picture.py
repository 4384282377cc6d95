"""A chart as a picture by itself, for notebooks: the page's light colours put in, drawn without a browser."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

# those of the page in light (report/page/style.css)
LIGHT = {
    "ink": "#1c2127", "soft": "#5b6570", "line": "#dfe4ea", "empty": "#f4f6f8", "main": "#0072b2", "quiet": "#b4bec8",
    "label-1": "#0072b2", "label-2": "#e69f00", "label-3": "#009e73", "label-4": "#cc79a7",
    "label-5": "#56b4e9", "label-6": "#d55e00", "label-7": "#b8a800", "label-8": "#5b6570",
    "heat-0": "#e8f1f8", "heat-1": "#c5deef", "heat-2": "#92c3e2", "heat-3": "#5aa3d0", "heat-4": "#1f73ad",
    "heat-5": "#0a4a7c", "on-heat-0": "#1c2127", "on-heat-1": "#1c2127", "on-heat-2": "#10202e",
    "on-heat-3": "#08141d", "on-heat-4": "#fff", "on-heat-5": "#fff",
}  # fmt: skip
WIDTH = 760


def svg(spec: Mapping[str, Any]) -> str | None:
    """The picture of a specification; None where the extra that draws is not installed."""
    try:
        import vl_convert
    except ImportError:
        return None
    text = re.sub(r"var\(--([a-z0-9-]+)\)", lambda match: LIGHT[match[1]], json.dumps(spec))
    found = json.loads(text)
    found["width"] = WIDTH
    # notebooks may be dark around it
    found["background"] = "white"
    for signal in found["signals"]:
        if signal["name"] == "room":
            signal["value"] = WIDTH - 8
    return str(vl_convert.vega_to_svg(found))


def bundle(spec: Mapping[str, Any], table: str, text: str) -> dict[str, str]:
    """What a notebook chooses from: the picture above a table in HTML, the picture by itself, and plain text."""
    picture = svg(spec)
    if picture is None:
        return {"text/plain": text, "text/html": table}
    return {"text/plain": text, "text/html": f"{picture}{table}", "image/svg+xml": picture}
