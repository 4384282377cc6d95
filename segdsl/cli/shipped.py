"""Examples that come with segdsl."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path


def example_folder(name: str) -> Path:
    """The catalog of an example: beside the package in a wheel, in examples/ in a checkout."""
    shipped = Path(str(files("segdsl"))) / "examples" / name
    return shipped if shipped.is_dir() else Path(__file__).parents[2] / "examples" / name
