"""Differences between versions: as a tree of lines, as Markdown for a pull request, as plain values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from segdsl.cli.grid import visible

if TYPE_CHECKING:
    from segdsl.versions.diff import Change
    from segdsl.versions.members import Diff

# GitHub takes comments of 65,536 characters
MOST = 65_000
# what the line takes that says what is left out
_LEFT_OUT = 200
_SIGNS = {"added": "+", "removed": "-", "renamed": "~", "changed": "~", "through": "~"}
_COLOURS = {"+": "green", "-": "red"}
_DIRECTIONS = {
    "": "",
    "same": "the same members, proved",
    "narrower": "narrower: nobody new can get in",
    "wider": "wider: nobody can drop out",
    "unknown": "members may get in and drop out",
}


def as_lines(diff: Diff) -> Iterator[tuple[str, str | None]]:
    """Lines with their colours: each change, below it what changed through it."""
    if not diff.changes:
        yield f"no meaning changed since {diff.version[:10]}", None
        return
    yield from _tree(diff)
    yield "", None
    for note in diff.notes:
        yield visible(note), None
    yield f"{_counts(diff.changes)} since {diff.version[:10]}", None


def _tree(diff: Diff) -> Iterator[tuple[str, str | None]]:
    changed = {item.name for item in diff.changes}
    through: dict[str, list[Change]] = {}
    for item in diff.changes:
        for name in item.through:
            through.setdefault(name, []).append(item)
    told: set[str] = set()

    def below(name: str) -> Iterator[tuple[str, str | None]]:
        levels = [iter(through.get(name, ()))]  # a chain of definitions may be longer than calls can be deep
        while levels:
            item = next(levels[-1], None)
            if item is None:
                levels.pop()
                continue
            again = item.name in told
            told.add(item.name)
            yield from _lines(diff, item, len(levels), again)
            if not again:
                levels.append(iter(through.get(item.name, ())))

    roots = [item for item in diff.changes if changed.isdisjoint(item.through)]
    parts = list(dict.fromkeys(part for item in roots for part in item.through))
    for part in parts:  # parts of the model
        yield f"~ {part}, in the model", None
        yield from below(part)
    for item in roots:
        if item.through:
            continue
        told.add(item.name)
        yield from _lines(diff, item, 0, False)
        yield from below(item.name)


def _lines(diff: Diff, item: Change, depth: int, again: bool) -> Iterator[tuple[str, str | None]]:
    indent = "  " * depth
    sign = _SIGNS[item.kind]
    yield visible(f"{indent}{sign} {_headline(item)}{'  (see above)' if again else ''}"), _COLOURS.get(sign)
    if again:
        return
    if item.kind == "changed":
        for mark, text, colour in (("-", item.before, "red"), ("+", item.after, "green")):
            for line in text.split("\n"):
                yield visible(f"{indent}    {mark} {line}"), colour
    for label, direction in item.labels:
        yield visible(f"{indent}    {label}: {_DIRECTIONS[direction]}"), None
    for line in _numbers(diff, item):
        yield visible(f"{indent}    {line}"), None


def _headline(item: Change) -> str:
    words = f"{item.word} {item.name}"
    if item.kind in ("added", "removed"):
        return f"{words}: {item.kind}"
    direction = "" if item.labels else _DIRECTIONS[item.direction]
    if item.kind == "renamed":  # with the same meaning, which is the same members where the model is the same
        words, direction = f"{words}: was {item.before_name}", direction if item.through else ""
    return f"{words}: {direction}" if direction else words


def _numbers(diff: Diff, item: Change) -> list[str]:
    found: list[str] = []
    for each in diff.members:
        if each.segment == item.name or each.segment.rpartition(".")[0] == item.name:
            label = "" if each.segment == item.name else f"{each.segment}: "
            numbers = f"{each.before:,} → {each.after:,} members, {each.gained:,} gained, {each.lost:,} lost"
            found.append(f"{label}{numbers}")
    found.extend(f"{metric}: {before} → {after}" for metric, before, after in _measures(diff, item.name))
    return found


def _measures(diff: Diff, name: str) -> list[tuple[str, str, str]]:
    """Each metric of a segment, and of the labels of a segmentation, before and after."""
    pairs: dict[str, list[str]] = {}
    for each in diff.metrics:
        if each.segment == name or each.segment.rpartition(".")[0] == name:
            label = each.metric if each.segment == name else f"{each.segment} {each.metric}"
            pairs.setdefault(label, ["–", "–"])[each.is_after] = each.text
    return [(label, before, after) for label, (before, after) in pairs.items()]


def _counts(changes: Sequence[Change]) -> str:
    """`2 changed, 1 changed through others, 1 added`."""
    words = {"changed": "changed", "through": "changed through others", "renamed": "renamed"}
    words |= {"added": "added", "removed": "removed"}
    numbers = ((sum(item.kind == kind for item in changes), word) for kind, word in words.items())
    return ", ".join(f"{number} {word}" for number, word in numbers if number)


# ---------------------------------------------------------------- Markdown


def as_markdown(diff: Diff, most: int = MOST) -> str:
    """A comment for a pull request, of so many characters at most: a table of what changed, and each change in full
    below it. Where not all has room, what changed in itself goes first, and a line says how much is left out."""
    if not diff.changes:
        return f"**Segments:** no meaning changed since `{diff.version[:10]}`."
    columns = ["definition", "change", "members", *(("before", "after", "gained", "lost") if diff.members else ())]
    head = [f"**Segments:** {_counts(diff.changes)} since `{diff.version[:10]}`.", "", f"| {' | '.join(columns)} |"]
    head.append(f"|{'|'.join([' --- '] * 3 + [' ---: '] * (len(columns) - 3))}|")
    below = ["", f"Members as of {diff.as_of}."] if diff.members else []
    notes = [line for note in diff.notes for line in ("", _cell(note))]
    room = _Room(most - _size((*head, *below, *notes)) - _LEFT_OUT)
    rows = room.take(diff.changes, lambda item: _rows(diff, item), "rows of the table")
    measures = room.take(diff.changes, lambda item: _measured(diff, item), "lines of metrics")
    texts = room.take(diff.changes, _in_full, "texts")
    if room.left_out:
        told = ", ".join(f"{number:,} {what}" for what, number in room.left_out.items())
        notes.extend(("", f"Left out, as a comment has not the room for them: {told}. `segdsl diff` shows all."))
    return "\n".join((*head, *rows, *below, *measures, *notes, *texts))


class _Room:
    """So many characters, taken by blocks of lines as long as they last."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.left_out: dict[str, int] = {}

    def take(self, changes: Sequence[Change], block: Callable[[Change], list[str]], what: str) -> list[str]:
        """The blocks of changes that have room, in the order of these; how many have not is kept as `what` they are."""
        blocks = [block(item) for item in changes]
        kept: set[int] = set()
        for number in sorted(range(len(blocks)), key=lambda number: changes[number].kind == "through"):
            size = _size(blocks[number])
            if size <= self.size:
                kept.add(number)
                self.size -= size
        if len(kept) < len(blocks):
            self.left_out[what] = len(blocks) - len(kept)
        return [line for number, lines in enumerate(blocks) if number in kept for line in lines]


def _size(lines: Iterable[str]) -> int:
    return sum(len(line) + 1 for line in lines)


def _rows(diff: Diff, item: Change) -> list[str]:
    """A change in the table, and below it the labels whose members are others."""
    change = "" if item.kind == "through" else f"was `{item.before_name}`" if item.before_name else item.kind
    change = ", ".join(filter(None, (change, f"through {_and(item.through)}" if item.through else "")))
    cells = [f"`{item.name}`", change, item.direction or ""]
    moves = [each for each in diff.members if each.segment == item.name]
    if diff.members:
        cells.extend([f"{n:,}" for n in _four(moves[0])] if moves else [""] * 4)
    lines = [f"| {' | '.join(map(_cell, cells))} |"]
    labels = dict(item.labels)
    for each in diff.members:
        owner, _, label = each.segment.rpartition(".")
        if owner == item.name and (each.gained or each.lost):
            cells = [f"`{each.segment}`", "", labels.get(label, ""), *(f"{number:,}" for number in _four(each))]
            lines.append(f"| {' | '.join(map(_cell, cells))} |")
    return lines


def _measured(diff: Diff, item: Change) -> list[str]:
    measures = _measures(diff, item.name)
    told = ", ".join(f"{name} {one} → {two}" for name, one, two in measures)
    return ["", f"`{item.name}`: {told}"] if measures else []


def _in_full(item: Change) -> list[str]:
    """The texts of a change."""
    if not item.before and not item.after:
        return []
    lines = ["", f"<details><summary><code>{_html(item.name)}</code></summary>", "", "```diff"]
    lines.extend(f"- {line}" for line in item.before.split("\n") if item.before)
    lines.extend(f"+ {line}" for line in item.after.split("\n") if item.after)
    return [*lines, "```", "</details>"]


def _four(each: Any) -> tuple[int, int, int, int]:
    return each.before, each.after, each.gained, each.lost


def _and(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _html(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


# ---------------------------------------------------------------- plain values


def as_dict(diff: Diff) -> dict[str, Any]:
    """A diff as plain JSON values."""
    members = [{**asdict(each), "before": each.before, "after": each.after} for each in diff.members]
    return {
        "since": diff.version,
        "as_of": diff.as_of.isoformat(),
        "changes": [asdict(item) for item in diff.changes],
        "members": members,
        "metrics": [asdict(each) for each in diff.metrics],
        "notes": list(diff.notes),
    }
