"""Sizes and rows of a result, as tables and as JSON."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from segdsl.cli.grid import Grid, Row, visible
from segdsl.engines import cells

if TYPE_CHECKING:
    import pyarrow

    from segdsl.api import Size
    from segdsl.program import Output

# rows of a table that are shown before it is cut off
ROWS = 20
_HOUR, _MINUTE, _SECOND = 3_600_000_000, 60_000_000, 1_000_000


def size_grid(outputs: Sequence[Output], sizes: Iterable[Size], below: Sequence[str]) -> Grid:
    """Segments with their members and shares; the labels of a segmentation stand below its name."""
    by_name = {(size.entity, size.segment): size for size in sizes}
    entities = list(dict.fromkeys(size.entity for size in by_name.values()))
    sections: list[list[Row]] = []
    for entity in entities:
        rows: list[Row] = []
        for output in outputs:
            if output.entity != entity:
                continue
            if output.kind == "segmentation":
                rows.append((visible(output.name), "", ""))
                labels = ((label, by_name[(entity, f"{output.name}.{label}")]) for label in output.labels)
                rows.extend(_size_row(f"  {visible(label)}", size) for label, size in labels)
            elif output.kind == "segment":
                rows.append(_size_row(visible(output.name), by_name[(entity, output.name)]))
        population = next(size.population for size in by_name.values() if size.entity == entity)
        word = "population" if len(entities) == 1 else f"population of {visible(entity)}"
        sections.extend((rows, [(word, f"{population:,}", "")]))
    return Grid(("segment", "members", "share"), (False, True, True), sections, below, whole=True)


def _size_row(name: str, size: Size) -> Row:
    return name, f"{size.members:,}", "" if size.share is None else percent(size.share)


def percent(share: float) -> str:
    """A share with one decimal; what is neither nothing nor all does not look as if it were."""
    if 0 < share < 0.0005:
        return "<0.1%"
    if 0.9995 <= share < 1:
        return ">99.9%"
    return f"{share:.1%}"


def sizes_json(sizes: Iterable[Size]) -> str:
    found = [
        {"segment": size.segment, "members": size.members, "population": size.population, "share": size.share}
        for size in sizes
    ]
    return "[" + ",".join(f"\n  {json.dumps(item, ensure_ascii=False)}" for item in found) + "\n]\n"


def row_grid(table: pyarrow.Table, below: Sequence[str], most: int = ROWS) -> Grid:
    """The first rows of a table."""
    import pyarrow

    numeric = tuple(
        pyarrow.types.is_integer(kind) or pyarrow.types.is_floating(kind) or pyarrow.types.is_decimal(kind)
        for kind in table.schema.types
    )
    rows = [tuple(visible(cell(value)) for value in row.values()) for row in cells.rows(table.slice(0, most))]
    left = table.num_rows - len(rows)
    more = [f"… {left:,} more"] if left else []
    return Grid(tuple(visible(name) for name in table.column_names), numeric, [rows], [*more, *below])


def cell(value: object) -> str:
    """A value in a table; unknown is empty."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case dt.datetime():
            return value.isoformat(sep=" ")
        case float() | Decimal():
            return _number(value)
        case list():
            return ", ".join(cell(item) for item in value)
        case dt.timedelta():
            return _duration(value)
    return str(value)


def rows_json(table: pyarrow.Table) -> Iterator[str]:
    """The rows as a list of JSON objects, piece by piece."""
    yield "["
    comma = ""
    for batch in table.to_batches(max_chunksize=1_000):
        lines = []
        for row in cells.rows(batch):
            fields = ", ".join(f"{json.dumps(name, ensure_ascii=False)}: {_json(value)}" for name, value in row.items())
            lines.append(f"{comma}\n  {{{fields}}}")
            comma = ","
        yield "".join(lines)
    yield "\n]\n"


def _json(value: object) -> str:
    match value:
        case None | bool() | int() | str():
            return json.dumps(value, ensure_ascii=False)
        case float() | Decimal():
            return _number(value)
        case dt.date():
            return json.dumps(value.isoformat())
        case list():
            return f"[{', '.join(map(_json, value))}]"
    return json.dumps(cell(value), ensure_ascii=False)


def _number(value: float | Decimal) -> str:
    """Digits without an exponent and without zeros at the end."""
    text = format(Decimal(repr(value)) if isinstance(value, float) else value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _duration(value: dt.timedelta) -> str:
    """A length of time as DuckDB writes it: `7 days 03:50:30.83`, `-7 days -03:50:30.83`."""
    micros = abs(value) // dt.timedelta(microseconds=1)
    sign = "-" * (value < dt.timedelta())
    days, micros = divmod(micros, 24 * _HOUR)
    parts = [f"{sign}{days} day{'s' * (days != 1)}"] if days else []
    if micros or not parts:
        clock = f"{micros // _HOUR:02}:{micros // _MINUTE % 60:02}:{micros // _SECOND % 60:02}"
        fraction = f".{micros % _SECOND:06}".rstrip("0").rstrip(".")
        parts.append(f"{sign}{clock}{fraction}")
    return " ".join(parts)
