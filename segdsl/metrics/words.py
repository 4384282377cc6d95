"""Numbers as people read them, by their unit."""

from __future__ import annotations

UNKNOWN = "–"
TOO_SMALL = "too small"


def shown(value: float | None, unit: str, too_small: bool = False) -> str:
    """A metric's value: `12.3%`, `1,234.50`, `1,234`, `12.3 d`, `0.42`; `–` where it is unknown. What is rounded to
    nothing has no sign."""
    if too_small:
        return TOO_SMALL
    if value is None:
        return UNKNOWN
    match unit:
        case "percent":
            return percent(value)
        case "currency":
            return f"{value:z,.2f}"
        case "count":
            return f"{value:z,.0f}" if value == int(value) else f"{value:z,.2f}"
        case "days":
            return f"{value:z,.1f} d"
        case _:
            return f"{value:z,.2f}"


def percent(value: float) -> str:
    """A share with one decimal; what is neither nothing nor all does not look as if it were."""
    if 0 < value < 0.0005:
        return "<0.1%"
    if 0.9995 <= value < 1:
        return ">99.9%"
    return f"{value:z,.1%}"
