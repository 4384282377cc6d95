"""The first sections: how many there are, and how that has changed."""

from __future__ import annotations

from segdsl.charts.bars import bars
from segdsl.charts.lines import lines
from segdsl.report.content import Cell, Chart, Fact, Facts, Note, Part, Section, Table
from segdsl.report.gather import Found
from segdsl.report.words import change, counted, day, listed, number, percent
from segdsl.result import Size

SHOWN = 25  # segments that the first chart has room for


def overview(found: Found) -> Section:
    """The population, the segments by size, and all of them in a table."""
    segments = found.segments
    facts = [Fact(f"population of {entity}", number(count)) for entity, count in found.populations.items()]
    facts.append(Fact("segments", number(len(segments))))
    if found.segmentations:
        facts.append(Fact("segmentations", number(len(found.segmentations))))
    grown = _grown(found)
    if grown:
        name, before, after = grown[0]
        of = " of those followed" if found.unfollowed else ""
        facts.append(Fact(f"largest change in a {found.period}{of}", change(before, after), name))
    parts: list[Part] = [Facts(tuple(facts))]
    if segments and any(size.members for size in segments):
        parts.append(_sizes(segments))
    elif segments:
        parts.append(Note("Nobody is in any of the segments."))
    parts.append(_table(found))
    if found.unfollowed:
        text = found.unfollowed.sentence("followed", "not")
        parts.append(Note(f"– stands where no change was looked for. {text}"))
    if found.unknown:
        parts.append(Note(f"Left out, as the history that they ask for begins later: {listed(found.unknown, 12)}."))
    about = f"How many members there are as of {day(found.as_of)}, and how that compares with a {found.period} before."
    return Section("overview", "Overview", about, tuple(parts))


def _sizes(segments: list[Size]) -> Chart:
    shown = segments[:SHOWN]
    largest, empty = segments[0], [size.segment for size in segments if not size.members]
    takeaway = f"The largest of {counted(len(segments), 'segment')} is {largest.segment} with "
    takeaway += f"{number(largest.members)} members, {percent(largest.share)} of all"
    takeaway += f"; nobody is in {listed(empty)}." if empty else "."
    if len(segments) > SHOWN:
        takeaway += f" Shown are the {SHOWN} largest; the table below has all."
    rows = [(size.segment, size.members, f"{number(size.members)} · {percent(size.share)}") for size in shown]
    table = Table(
        ("segment", "members", "share"),
        (False, True, True),
        tuple((Cell(size.segment), Cell(number(size.members)), Cell(percent(size.share))) for size in shown),
        "Members of the segments",
    )
    return Chart("sizes", "Segments by size", takeaway, bars(rows), table, 320)


def _table(found: Found) -> Table:
    """Everything that has a size, with its change over the last period."""
    rows = []
    # of a label its segmentation; in a library these may begin with the name of another one
    rules = {f"{item.name}.{label}": item.name for item in found.outputs for label in item.labels}
    most = max((size.members for size in found.sizes.values()), default=0) or 1
    for name, size in found.sizes.items():
        past = found.trend.sizes.get(name)
        before, after = (past[-2] or 0, past[-1] or 0) if past else (0, 0)
        is_known = past is not None and None not in past[-2:]
        rows.append((
            Cell(name, link=f"rule-{rules.get(name, name)}"),
            Cell(number(size.members), size.members, size.members / most),
            Cell(percent(size.share), -1 if size.share is None else size.share),
            Cell(change(before, after) if is_known else "–", (after - before) / before if is_known and before else 0),
            Cell(f"{after - before:+,}".replace("-", "−") if is_known else "–", after - before if is_known else 0),
        ))  # fmt: skip
    headers = ("segment or label", "members", "share", f"change in a {found.period}", "net")
    return Table(headers, (False, True, True, True, True), tuple(rows), "All sizes", sortable=True, id="all-sizes")


def _grown(found: Found) -> list[tuple[str, int, int]]:
    """What changed in the last period among what is large enough, the largest change first."""
    changes = [
        (name, before, after)
        for name, (*_, before, after) in found.trend.sizes.items()
        if before is not None and after is not None and before >= max(found.min_size, 1) and after != before
    ]
    return sorted(changes, key=lambda item: -abs(item[2] / item[1] - 1))


def past(found: Found) -> Section:
    """Every size as of the ends of the last periods."""
    moments = [moment.date().isoformat() for moment in found.trend.moments]
    series = list(found.trend.sizes.items())
    about = f"Sizes as of the ends of the last {len(moments)} {found.period}s, from {moments[0]} to {moments[-1]}. "
    about += "Each is that of a run as of then, attributes apart: these are as they are now. Each line has a scale of "
    about += "its own that starts at zero."
    both = [(sizes[0], sizes[-1]) for _, sizes in series]
    rising = sum(first is not None and last is not None and last > first for first, last in both)
    falling = sum(first is not None and last is not None and last < first for first, last in both)
    unknown = sum(None in ends for ends in both)
    steady = len(series) - rising - falling - unknown
    takeaway = f"Since {moments[0]}, {rising} of {len(series)} sizes have grown, {falling} have shrunk"
    takeaway += f" and {steady} are what they were." if steady else "."
    takeaway += f" Of {unknown} nobody knows: the history that they ask for begins later." if unknown else ""
    table = Table(
        ("segment or label", *moments),
        (False, *([True] * len(moments))),
        tuple((Cell(name), *(Cell("–" if size is None else number(size)) for size in sizes)) for name, sizes in series),
        "Sizes over time",
    )
    parts: list[Part] = []
    if series:
        parts.append(Chart("past", "Sizes over time", takeaway, lines(series, moments), table))
    if found.unfollowed:
        parts.append(Note(found.unfollowed.sentence("followed", "left out here")))
    return Section("past", "Over time", about, tuple(parts))
