"""Tables for notebooks: HTML with every text escaped, and no styles but the notebook's own; and text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

Cells = Sequence[str]


def table(headers: Cells, rows: Iterable[Cells], right: Sequence[bool] = (), caption: str = "") -> str:
    """A table; `right` says which columns hold numbers."""
    sides = [*right, *([False] * (len(headers) - len(right)))]
    head = _row("th", headers, sides)
    body = "".join(_row("td", row, sides) for row in rows)
    below = f"<caption>{escape(caption)}</caption>" if caption else ""
    return f"<table>{below}<thead>{head}</thead><tbody>{body}</tbody></table>"


def paragraph(text: str) -> str:
    """A text as it is."""
    return f"<p>{escape(text)}</p>"


def _row(tag: str, cells: Cells, right: Sequence[bool]) -> str:
    found = [
        f'<{tag} style="text-align: {"right" if side else "left"}">{escape(cell)}</{tag}>'
        for cell, side in zip(cells, right, strict=True)
    ]
    return f"<tr>{''.join(found)}</tr>"


def lines(headers: Cells, rows: Iterable[Cells], right: Sequence[bool] = (), caption: str = "") -> str:
    """The same as text, in columns."""
    all_rows = [headers, *rows]
    sides = [*right, *([False] * (len(headers) - len(right)))]
    widths = [max(map(len, column)) for column in zip(*all_rows, strict=True)]
    found = [
        "  ".join(
            cell.rjust(width) if side else cell.ljust(width)
            for cell, width, side in zip(row, widths, sides, strict=True)
        ).rstrip()
        for row in all_rows
    ]
    return "\n".join([*found, caption] if caption else found)
