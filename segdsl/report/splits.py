"""Each segmentation as a whole: its labels, its moves, and the grid where it is RFM."""

from __future__ import annotations

from segdsl.charts.bars import bars
from segdsl.charts.heat import Square, heat
from segdsl.charts.sankey import sankey
from segdsl.counts.flow import Flow
from segdsl.program import Output
from segdsl.report.content import Cell, Chart, Group, Note, Part, Section, Table
from segdsl.report.gather import FLOWS, Found
from segdsl.report.rfm import Grid
from segdsl.report.words import cell, counted, day, listed, number, percent

NOBODY = "no label"


def splits(found: Found, descriptions: dict[str, str]) -> Section | None:
    """The segmentations; None where there is none."""
    groups: list[Group | Note] = []
    for output in found.segmentations:
        parts: list[Part] = [_labels(found, output)]
        parts.extend(_grid(found, grid) for grid in found.grids if grid.name == output.name)
        flow = found.flows.get(output.name)
        if flow is not None:
            parts.append(_flow(flow))
        elif output in found.segmentations[:FLOWS]:
            parts.append(Note("Who moved where is not known: the history that it asks for begins later."))
        groups.append(Group(f"split-{output.name}", output.name, tuple(parts), descriptions.get(output.name, "")))
    if len(found.segmentations) > FLOWS:
        groups.append(Note(f"Moves are shown of the first {FLOWS} segmentations."))
    if not groups:
        return None
    about = "A segmentation puts everybody into one label at most: the first whose rule holds."
    return Section("splits", "Segmentations", about, tuple(groups))


def _labels(found: Found, output: Output) -> Chart:
    sizes = found.labels(output)
    everybody = found.populations[output.entity]
    without = everybody - sum(size.members for size in sizes)
    rows = [(label, size.members) for label, size in zip(output.labels, sizes, strict=True)]
    if without:
        rows.append((NOBODY, without))
    drawn = [(name, count, f"{number(count)} · {percent(_share(count, everybody))}") for name, count in rows]
    table = Table(
        ("label", "members", "share"),
        (False, True, True),
        tuple((Cell(name), Cell(number(n)), Cell(percent(_share(n, everybody)))) for name, n in rows),
        f"Members of {output.name}",
    )
    takeaway = _most(rows[: len(sizes)], everybody, without)
    return Chart(f"labels-{output.name}", "Members by label", takeaway, bars(drawn), table, 320)


def _most(rows: list[tuple[str, int]], everybody: int, without: int) -> str:
    labelled = everybody - without
    if not labelled:
        return "Nobody has a label."
    name, count = max(rows, key=lambda row: row[1])
    text = f"Most are {name}: {number(count)} of {number(labelled)} with a label, {percent(count / labelled)}"
    empty = [name for name, count in rows if not count]
    text += f"; nobody is {listed(empty)}." if empty else "."
    return f"{text} {number(without)} have no label." if without else text


def _grid(found: Found, grid: Grid) -> Chart:
    recencies = [str(score) for score in range(1, grid.recencies + 1)]
    means = [str(score) for score in range(grid.means, 0, -1)]
    total = sum(grid.members.values())
    most = max(grid.members.values(), default=0) or 1
    squares, rows = [], []
    for fm in means:
        line = [Cell(fm)]
        for recency in recencies:
            key = int(recency), int(fm)
            count = grid.members.get(key, 0)
            told = None if 0 < count < found.min_size else count
            text = cell(told, found.min_size) if count else ""
            groups = " and ".join(grid.groups.get(key, ()))
            said = f"recency {recency}, frequency and monetary {fm}: {cell(told, found.min_size)}"
            said += f", {groups}" if groups else ""
            squares.append(Square(recency, fm, text, count / most if told else None, said, groups))
            line.append(Cell(f"{cell(told, found.min_size)} {groups}".strip()))
        rows.append(tuple(line))
    table = Table(
        ("frequency and monetary", *(f"recency {score}" for score in recencies)),
        (False, *([True] * grid.recencies)),
        tuple(rows),
        f"Buyers by their {grid.name} scores",
    )
    # the outer quarter of each scale, which on that of the groups, from 1 to 5, are two scores
    wide, high = (grid.recencies - 1) // 4, (grid.means - 1) // 4
    cells = grid.members.items()
    best = sum(n for (recency, fm), n in cells if recency >= grid.recencies - wide and fm >= grid.means - high)
    worst = sum(n for (recency, fm), n in cells if recency <= 1 + wide and fm <= 1 + high)
    takeaway = f"Of {number(total)} buyers {percent(_share(best, total))} are in the best corner (top right: lately, "
    takeaway += f"often, for much), {percent(_share(worst, total))} in the worst (bottom left)."
    if not total:
        takeaway = "Nobody has bought within the window."
    spec = heat(
        squares, recencies, means, x="recency, 1 long ago, the highest lately",
        y="mean of frequency and monetary value", row=52,
    )  # fmt: skip
    return Chart(f"grid-{grid.name}", "Recency by frequency and monetary value", takeaway, spec, table, 300)


def _flow(flow: Flow) -> Chart:
    def name(label: str | None) -> str:
        return NOBODY if label is None else label

    before = [(name(label), size) for label, size in flow.sizes_before.items() if size]
    after = [(name(label), size) for label, size in flow.sizes_after.items() if size]
    told = [move for move in flow.moves if move.members is not None]
    drawn = [(name(move.before), name(move.after), move.members or 0) for move in told]
    table = Table(
        ("from", "to", "members", "share of from"),
        (False, False, True, True),
        tuple(
            (
                Cell(name(move.before)),
                Cell(name(move.after)),
                Cell(cell(move.members, flow.min_size)),
                Cell(percent(move.share_of_before)),
            )
            for move in flow.moves
        ),
        f"Moves in {flow.name}",
    )
    takeaway = f"From {day(flow.start)} to {day(flow.end)}, "
    takeaway += f"{percent(_share(flow.stayed, flow.population))} stayed where they were"
    moved = sorted((move for move in drawn if move[0] != move[1]), key=lambda move: -move[2])
    if moved:
        one, other, count = moved[0]
        takeaway += f"; the largest move was from {one} to {other}, {number(count)} members"
    takeaway += "."
    small = len(flow.moves) - len(told)
    if small:
        takeaway += f" {counted(small, 'move')} of fewer than {flow.min_size} members {'is' if small == 1 else 'are'} "
        takeaway += "not drawn."
    return Chart(f"flow-{flow.name}", "Who moved where", takeaway, sankey(drawn, before, after), table, 320)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
