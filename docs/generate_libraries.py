"""Writes docs/libraries.md and a page per library in docs/libraries/, from the `.seg` files that ship with segdsl.

Run it in the root of the repository with `python docs/generate_libraries.py`; a test holds the pages against what it
gives.
The groups of the RFM grids in the pictures are evaluated, one customer for each combination of scores.
"""

from __future__ import annotations

import datetime as dt
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa

import segdsl
from segdsl import library
from segdsl.library.contents import Contents, Entry, contents

DOCS = Path(__file__).parent
_WRITTEN = "<!-- written by docs/generate_libraries.py -->"
_AS_OF = dt.datetime(2026, 1, 1)
_MODEL = """\
as_of: 2026-01-01
entities: {customer: {table: customers, key: id}}
events: {order: {of: customer, table: orders, key: id, time: at, fields: {amount: decimal}}}
"""
# by whether a group is to be kept, won, woken or let go; text is dark on all of them
_COLOURS = {
    "#7bc67b": ("champions",),
    "#a8d8a8": ("loyal", "active"),
    "#a9cfee": ("potential_loyalist", "recent"),
    "#cfe4f6": ("new_customers", "new", "promising"),
    "#f7e08c": ("need_attention", "needs_attention"),
    "#f6c98d": ("about_to_sleep", "almost_lost"),
    "#ef9f86": ("at_risk",),
    "#e57f6e": ("cannot_lose", "previously_loyal"),
    "#d9d9d9": ("hibernating", "dormant", "inactive"),
    "#bdbdbd": ("lost", "prospects"),
}


def pages() -> dict[Path, str]:
    """The pages by their paths."""
    found = [contents(name, library.parsed(name).module) for name in library.names()]
    return {DOCS / "libraries.md": _overview(found)} | {
        DOCS / "libraries" / f"{item.name}.md": _page(item) for item in found
    }


def _overview(found: list[Contents]) -> str:
    rows = [(f"[`{item.name}`](libraries/{item.name}.md)", _first_sentence(item.description)) for item in found]
    return "\n".join(
        [
            "# Libraries",
            "",
            _WRITTEN,
            "",
            "Definitions that ship with segdsl, written in the language itself. A line `use NAME` in a `.seg` file",
            "makes those of a library known; `commerce` is always there. `segdsl library NAME` shows one, and",
            "`segdsl library NAME --eject` copies it into your catalog, where you can change it.",
            "[The language](language.md#10-libraries) says what they see and need.",
            "",
            *_table(("library", ""), rows),
        ]
    )


def _first_sentence(text: str) -> str:
    first, stop, _ = text.replace("\n", " ").partition(". ")
    return f"{first}." if stop else first


def _page(item: Contents) -> str:
    is_commerce = item.name == library.COMMERCE
    use = [] if is_commerce else ["```segdsl", f"use {item.name}{_first_setting(item)}", "```", ""]
    lines = [f"# {item.name}", "", _WRITTEN, "", item.description, "", *use]
    if item.reads:
        reads = ", ".join(f"`{need}`" for need in item.reads)
        lines.extend((f"What it reads, where the model has it: {reads}.", ""))
    if item.name == "rfm":
        lines.extend(_grids())
    if item.params:
        lines.extend(("## Params", ""))
        rows = [(f"`{entry.name}`", f"`{entry.default}`", _said(entry)) for entry in item.params]
        lines.extend(_table(("", "default", ""), rows))
        first = item.params[0].name
        setting = f"`use {item.name}({first}: …)` sets one, `--set {item.name}.{first}=…` sets it for one run."
        lines.extend((setting, ""))
    lines.extend(("## Definitions", ""))
    for name, group in groupby(item.definitions, key=lambda entry: entry.name):
        lines.extend((f"### `{_shown(item, name)}`", ""))
        for entry in group:
            lines.extend(_definition(entry))
    return "\n".join(lines).rstrip() + "\n"


def _first_setting(item: Contents) -> str:
    first = next((entry for entry in item.params if entry.words), None)
    return f"({first.name}: {first.words[-1]})" if first is not None else ""


def _shown(item: Contents, name: str) -> str:
    return name if item.name in (library.COMMERCE, name) else f"{item.name}.{name}"


def _definition(entry: Entry) -> list[str]:
    lines = []
    if entry.needs:
        lines.extend((f"Needs {', '.join(f'`{need}`' for need in entry.needs)}.", ""))
    if entry.description:
        lines.extend((entry.description, ""))
    return [*lines, "```segdsl", entry.text, "```", ""]


def _said(entry: Entry) -> str:
    words = f" One of {', '.join(f'`{word}`' for word in entry.words)}." if entry.words else ""
    return entry.description.replace("\n", " ") + words


def _table(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    head = [f"| {' | '.join(columns)} |", f"| {' | '.join('---' for _ in columns)} |"]
    return [line.replace("|  |", "| |") for line in [*head, *(f"| {' | '.join(row)} |" for row in rows)]] + [""]


# ---------------------------------------------------------------- the grids of rfm


def _grids() -> list[str]:
    across = "the mean of frequency and monetary value from left to right"
    return [
        "## The grids",
        "",
        f"`eleven`: recency from top to bottom, {across}.",
        "",
        *_grid("eleven", "mean of F and M"),
        "`shopify`, likewise. A mean of 4.5 counts as 5.",
        "",
        *_grid("shopify", "mean of F and M"),
        "`putler`: recency from top to bottom, frequency from left to right.",
        "",
        *_grid("putler", "F"),
        "`klaviyo`: recency from top to bottom, frequency from left to right, in each frequency monetary value.",
        "",
        *_klaviyo(),
    ]


def _grid(grid: str, across: str) -> list[str]:
    """A grid of scores 1 to 5, by customers whose frequency and monetary value have the same score."""
    bands = "recency_bands: (50d, 40d, 30d, 20d), frequency_bands: (2, 3, 4, 5), monetary_bands: (200, 300, 400, 500)"
    orders = {
        f"{r}{n}": [(_AS_OF - dt.timedelta(days=65 - 10 * r + k / 10), 100) for k in range(n)]
        for r in range(1, 6)
        for n in range(1, 6)
    }
    groups = _evaluate(f"use rfm(grid: {grid}, scores: bands, {bands})", orders)
    rows = [(f"R {r}", [groups[f"{r}{n}"] for n in range(1, 6)]) for r in range(5, 0, -1)]
    return _html([f"{across} {n}" if n == 1 else str(n) for n in range(1, 6)], rows)


def _klaviyo() -> list[str]:
    """The 27 codes: as many customers, so that each third is one of them."""
    days = {3: 10, 2: 200, 1: 400}
    orders = {
        f"{r}{f}{m}": [(_AS_OF - dt.timedelta(days=days[r] + k), m * 100 - f + 1 if not k else 1) for k in range(f)]
        for r in days
        for f in (1, 2, 3)
        for m in (1, 2, 3)
    }
    groups = _evaluate("use rfm(grid: klaviyo)", orders)
    columns = [f"{f}{m}" for f in (1, 2, 3) for m in (1, 2, 3)]
    rows = [(f"R {r}", [groups[f"{r}{column}"] for column in columns]) for r in (3, 2, 1)]
    return _html([f"F M {columns[0]}", *columns[1:]], rows)


def _evaluate(rules: str, orders: dict[str, list[tuple[dt.datetime, int]]]) -> dict[str, str]:
    customers = pa.table({"id": list(orders)})
    events = [{"id": key, "at": at, "amount": amount} for key, found in orders.items() for at, amount in found]
    with TemporaryDirectory() as folder:
        (Path(folder) / "segdsl.yaml").write_text(_MODEL)
        (Path(folder) / "rules.seg").write_text(rules)
        catalog = segdsl.load(folder)
        with catalog.run(
            ["rfm"], layout="wide", data={"customers": customers, "orders": pa.Table.from_pylist(events)}
        ) as found:
            return {row["id"]: row["rfm"] for row in found.wide.to_pylist()}


def _html(columns: list[str], rows: list[tuple[str, list[str]]]) -> list[str]:
    colour = {group: code for code, groups in _COLOURS.items() for group in groups}
    lines = ["<table>", "<thead><tr><th></th>" + "".join(f"<th>{column}</th>" for column in columns) + "</tr></thead>"]
    lines.append("<tbody>")
    for head, groups in rows:
        cells = "".join(f'<td style="background: {colour[group]}; color: #111">{group}</td>' for group in groups)
        lines.append(f"<tr><th>{head}</th>{cells}</tr>")
    return [*lines, "</tbody>", "</table>", ""]


if __name__ == "__main__":
    (DOCS / "libraries").mkdir(exist_ok=True)
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
