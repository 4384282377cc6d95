"""How segments overlap: combinations of a few, and pairs of many."""

from __future__ import annotations

from segdsl.charts.heat import Square, heat
from segdsl.charts.upset import upset
from segdsl.counts.overlap import Overlap, Pair
from segdsl.report.content import Cell, Chart, Note, Part, Section, Table
from segdsl.report.gather import CROSSED, JOINED, Found
from segdsl.report.words import cell, listed, number, percent

COLUMNS = 20  # combinations that have room


def together(found: Found) -> Section | None:
    """Overlaps of the segments of each entity; None where there are no two segments with members."""
    parts: list[Part] = []
    for crossed, joined in zip(found.overlaps, found.joined, strict=True):
        of = f" of {crossed.entity}" if len(found.overlaps) > 1 else ""
        behind = f"-{crossed.entity}" if of else ""
        is_whole = len(joined.sizes) == len(crossed.sizes)
        parts.extend((_combinations(joined, of, behind, is_whole), _matrix(crossed, of, behind)))
        left = sum(size.entity == crossed.entity and size.members > 0 for size in found.segments) - CROSSED
        if left > 0:
            text = f"The {CROSSED} largest segments{of} are compared; {left} smaller ones are left out here."
            parts.append(Note(text))
    if not parts:
        return None
    about = "Who is in one segment can be in others too."
    if found.min_size:
        about += f" Numbers of fewer than {found.min_size} members are shown as <{found.min_size}."
    return Section("together", "Overlap", about, tuple(parts))


def _combinations(overlap: Overlap, of: str, behind: str, is_whole: bool) -> Chart:
    """The combinations of some segments, that are the only ones with members (`is_whole`) or the largest."""
    some = [item for item in overlap.intersections if item.segments]
    told = [(item.segments, item.members) for item in some if item.members is not None][:COLUMNS]
    sizes = [(size.segment, size.members) for size in overlap.sizes]
    takeaway = f"Of {len(sizes)} segments{of}" if is_whole else f"Of the {len(sizes)} largest segments{of}"
    if told:
        names, members = told[0]
        takeaway += f", the most frequent combination is {listed(names, JOINED)} alone" if len(names) == 1 else (
            f", the most frequent combination is {listed(names, JOINED)}"
        )  # fmt: skip
        takeaway += f" with {number(members)} members"
    if overlap.several:
        takeaway += f"{';' if told else ','} {number(overlap.several)} members are in two or more"
    takeaway += "."
    if len(some) > len(told):
        takeaway += f" {number(len(some) - len(told))} smaller combinations are not drawn."
    table = Table(
        ("in exactly", "members", "share"),
        (False, True, True),
        tuple(
            (Cell(", ".join(names)), Cell(number(members)), Cell(percent(_share(members, overlap.population))))
            for names, members in told
        ),
        "Members in exactly these segments",
    )
    title = f"Combinations{of}"
    return Chart(f"combinations{behind}", title, takeaway, upset(told, sizes), table, 380)


def _matrix(overlap: Overlap, of: str, behind: str) -> Chart:
    names = [size.segment for size in overlap.sizes]
    sizes = {size.segment: size.members for size in overlap.sizes}
    cells: dict[tuple[str, str], Pair] = {}
    for pair in overlap.pairs:
        cells[pair.segment, pair.other] = cells[pair.other, pair.segment] = pair
    squares, rows = [], []
    for name in names:
        line = [Cell(f"{name} ({number(sizes[name])})")]
        for other in names:
            if name == other:
                squares.append(Square(other, name, "", None, f"{name}: {number(sizes[name])} members"))
                line.append(Cell("–"))
                continue
            pair = cells[name, other]
            share = pair.share_of_segment if pair.segment == name else pair.share_of_other
            told = cell(pair.members, overlap.min_size)
            text = told if share is None else f"{share:.0%}"
            said = f"{told} of {number(sizes[name])} in {name} are in {other} too"
            said += "" if share is None else f", {percent(share)}"
            squares.append(Square(other, name, text, share, said))
            line.append(Cell(told if share is None else percent(share)))
        rows.append(tuple(line))
    table = Table(
        ("of the members of", *(f"in {name}" for name in names)),
        (False, *([True] * len(names))),
        tuple(rows),
        "Shares of members that two segments have in common",
    )
    spec = heat(squares, names, names, row=max(22, min(34, 640 // len(names))))
    return Chart(f"matrix{behind}", f"Pairs{of}", _nearest(overlap), spec, table, 120 + 22 * len(names))


def _nearest(overlap: Overlap) -> str:
    """The two that have most in common, and the nested ones."""
    known = [pair for pair in overlap.pairs if pair.members]
    if not known:
        return "No two of these segments have as many members in common as can be told."
    nearest = max(known, key=lambda pair: pair.jaccard or 0)
    text = f"{nearest.segment} and {nearest.other} have most in common: {number(nearest.members or 0)} members, "
    text += f"{percent(nearest.jaccard)} of those who are in either."
    inside = [f"{pair.segment} in {pair.other}" for pair in known if pair.share_of_segment == 1]
    inside += [f"{pair.other} in {pair.segment}" for pair in known if pair.share_of_other == 1]
    text += f" Wholly contained: {listed(inside)}." if inside else ""
    return f"{text} A cell is the share of the row's members who are in the column's segment too."


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
