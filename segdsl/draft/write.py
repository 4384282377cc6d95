"""A draft as text: `segdsl.yaml` with remarks, and a first .seg file that works with it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from sqlglot import exp

from segdsl.diagnostics import Source
from segdsl.draft.draft import Draft, DraftField, DraftPart
from segdsl.draft.names import free
from segdsl.syntax.formatter import format_source
from segdsl.syntax.literals import quoted
from segdsl.syntax.scanner import is_plain_name
from segdsl.types import BOOL, DATE, TEXT, TIME

MODEL_FILE = "segdsl.yaml"
STARTER_FILE = "segments/start.seg"

_PLAIN = re.compile(r"[^\W\d][\w./-]*(?: [\w./-]+)*")
_NOT_PLAIN = frozenset(("null", "true", "false", "yes", "no", "on", "off", "y", "n"))
_COLUMN = 30  # where remarks start, where the line leaves room for that


def model_text(draft: Draft, source: str, check: str = "segdsl model check") -> str:
    """The model, each guess with its reason beside it; `check` is what holds it against the data."""
    lines = [
        f"# Drafted by `segdsl init --from` of {_plain(source)}.",
        f"# Each guess says why. Look it through, then hold it against the data: {_plain(check)}",
    ]
    lines.append(_line(0, "name", draft.name, []))
    lines.append(_line(0, "timezone", "UTC", ["a guess: the zone of the clocks that the data were written by"]))
    if draft.as_of is not None:
        remark = "the midnight after the last event, for data that stand still; without it, a run is as of now"
        lines.append(_line(0, "as_of", draft.as_of, [remark], bare=True))
    if draft.database is not None:
        lines.append(_line(0, "database", draft.database, []))
    if draft.tables:
        lines.extend(["", "tables:"])
        lines.extend(_line(2, name, place, []) for name, place in draft.tables.items())
    for section, parts in (("entities", draft.entities), ("events", draft.events), ("lookups", draft.lookups)):
        if parts:
            lines.extend(["", f"{section}:"])
            for number, part in enumerate(parts):
                lines.extend([""] if number else [])
                lines.extend(_part(part))
    lines.extend(["", "# Not to be told from the data:"])
    lines.extend(f"# - {_plain(item)}" for item in draft.open)
    return "\n".join(lines) + "\n"


def _part(part: DraftPart) -> Iterator[str]:
    yield _commented(f"  {scalar(part.name)}:", part.why)
    if part.kind == "event":
        yield _line(4, "of", part.of, [])
    if part.sql is not None:
        yield "    sql: |-"
        yield from (f"      {line}" for line in part.sql.splitlines())
    elif part.table is not None:
        yield _line(4, "table", part.table, [f"{part.rows:,} row{'s' * (part.rows != 1)}"])
    if part.key_type is None:
        yield _line(4, "key", part.key, part.why_key)
    else:
        yield _commented(f"    key: {{column: {_inside(part.key)}, type: {part.key_type}}}", part.why_key)
    if part.kind == "event":
        yield _line(4, "time", part.time, part.why_time)
    if part.parent is not None:
        text = f"    parent: {{entity: {_inside(part.parent[0])}, key: {_inside(part.parent[1])}}}"
        yield _commented(text, part.why_parent)
    if part.fields:
        yield "    attributes:" if part.kind == "entity" else "    fields:"
        yield from map(_field, part.fields)


def _field(field: DraftField) -> str:
    entries: list[str] = []
    if field.column.casefold() != field.name.casefold():
        entries.append(f"column: {_inside(field.column)}")
    if field.type is not None:
        entries.append(f"type: {field.type}")
    if field.values:
        entries.append(f"values: [{', '.join(json.dumps(value, ensure_ascii=False) for value in field.values)}]")
    if field.lookup is not None:
        entries.append(f"lookup: {_inside(field.lookup)}")
    if entries == [f"type: {field.type}"]:
        return _commented(f"      {scalar(field.name)}: {field.type}", field.remarks)
    return _commented(f"      {scalar(field.name)}: {{{', '.join(entries)}}}", field.remarks)


def _line(indent: int, key: str, value: str, remarks: Sequence[str], bare: bool = False) -> str:
    return _commented(f"{' ' * indent}{scalar(key)}: {value if bare else scalar(value)}", remarks)


def _commented(text: str, remarks: Sequence[str]) -> str:
    if not remarks:
        return text
    return f"{text:{_COLUMN}}  # {_plain('; '.join(remarks))}"


def scalar(text: str) -> str:
    """A text in YAML: as it is where that is safe, else in quotes."""
    if _PLAIN.fullmatch(text) and text.casefold() not in _NOT_PLAIN:
        return text
    if (
        re.fullmatch(r"[\w./ *-]*[/.*][\w./ *-]*", text)
        and re.match(r"[./\w]", text)
        and not re.fullmatch(r"[\d._-]+", text)
    ):
        return text.strip() if text.strip() == text else json.dumps(text)
    return json.dumps(text, ensure_ascii=not text.isprintable())


def sql_entry(select: exp.Select) -> str:
    """A SELECT as an entry of a part, on one line: in quotes where YAML would read something else."""
    sql = select.sql(dialect="duckdb")
    is_read = sql.isprintable() and not re.search(r":( |$)| #", sql)
    return f"sql: {sql if is_read else json.dumps(sql, ensure_ascii=not sql.isprintable())}"


def _inside(text: str) -> str:
    """A text in a YAML mapping in braces."""
    return scalar(text)


def _plain(text: str) -> str:
    """A text on one line."""
    return "".join(char if char.isprintable() else " " for char in text)


# ---------------------------------------------------------------- a first file of definitions


def starter_text(draft: Draft) -> str:
    """A few segments that work with the drafted model, to be changed into better ones."""
    entity = draft.entities[0]
    taken = [field.name for field in entity.fields] + [other.name for other in draft.entities]
    lines = ["# A start: change these into what you want to know, and try them with `segdsl run`."]
    events = draft.events_of(entity.name)
    event = next((item for item in events if item.name == "order"), None) or max(
        events, key=lambda item: ("JOIN" not in (item.sql or ""), item.rows), default=None
    )
    blocks = [*(_event_blocks(event, taken) if event else []), *_attribute_blocks(entity, taken)]
    if not blocks:
        blocks = [f'## A fixed tenth of all.\nsegment {free("tenth", taken)} = sample(10%, "start")']
    text = "\n\n".join([*lines, *blocks]) + "\n"
    return format_source(Source(STARTER_FILE, text)).text


def _event_blocks(event: DraftPart, taken: list[str]) -> Iterator[str]:
    name = _spelled(event.name)
    word = event.name
    never, once = _take(f"never_{word}", taken), _take(f"one_{word}", taken)
    recent, frequent = _take(f"recent_{word}", taken), _take(f"frequent_{word}", taken)
    within_year, ever = f"count({name} within 365d)", f"count({name})"
    if event.whole is not None:  # its rows are lines: what counts is how many orders they are of
        number = _spelled(event.whole)
        within_year, ever = f"distinct({name}.{number} within 365d)", f"distinct({name}.{number})"
    yield f"## Had one within 90 days.\nsegment {_spelled(recent)} = any({name} within 90d)"
    yield f"## Had three or more within a year.\nsegment {_spelled(frequent)} = {within_year} >= 3"
    yield f"## Has never had one.\nsegment {_spelled(never)} = none({name})"
    yield f"## Had exactly one.\nsegment {_spelled(once)} = {ever} = 1"
    amount = next((field for field in event.fields if field.name == "amount"), None)
    if amount is not None and amount.type is not None and amount.type.is_number:
        top = _take(f"top_by_{word}", taken)
        yield (
            f"## The best tenth by money, among those who had one within a year.\nsegment {_spelled(top)} =\n"
            f"  percentile(sum({name}.amount within 365d) among any({name} within 365d)) >= 90%"
        )
    recency = _take(f"{word}_recency", taken)
    yield (
        f"## How long ago the last one was; everybody is somewhere.\nsegmentation {_spelled(recency)} {{\n"
        f"  none_yet when none({name})\n  active   when any({name} within 90d)\n"
        f"  cooling  when any({name} within 365d)\n"
        f"  gone     otherwise\n}}\n\nexpect covers({_spelled(recency)})"
    )


def _attribute_blocks(entity: DraftPart, taken: list[str]) -> Iterator[str]:
    """One segment of an attribute that rules can say something about."""
    for field in entity.fields:
        name = _spelled(field.name)
        if field.type == TEXT and field.remarks and ", " in field.remarks[-1] and "different" not in field.remarks[-1]:
            value = field.remarks[-1].split(", ")[0]
            if "…" not in value and not value.startswith('"'):
                segment = _take(f"of_one_{field.name}", taken)
                yield f"## One value of many.\nsegment {_spelled(segment)} = {name} = {quoted(value)}"
                return
        if field.type in (DATE, TIME):
            segment = _take(f"with_{field.name}", taken)
            yield f"## Those of whom it is known.\nsegment {_spelled(segment)} = {name} is known"
            return
        if field.type == BOOL:
            segment = _take(f"is_{field.name}", taken)
            yield f"## Yes, as far as known.\nsegment {_spelled(segment)} = {name}"
            return


def _spelled(name: str) -> str:
    return name if is_plain_name(name) else f"`{name}`"


def _take(name: str, taken: list[str]) -> str:
    found = free(name, taken)
    taken.append(found)
    return found
