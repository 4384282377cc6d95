"""Attributes and fields of a part, one for each column that is nothing else."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import chain

from segdsl.draft.commas import number_name
from segdsl.draft.draft import DraftField, DraftPart
from segdsl.draft.links import Key, Link
from segdsl.draft.names import free, snake
from segdsl.draft.profile import Column, Table, castable
from segdsl.engines.columns import kind_of
from segdsl.types import INT, TEXT, Type


def add_fields(part: DraftPart, table: Table, used: Collection[str], hidden: Sequence[str]) -> None:
    """Gives a part a field for each column that is not in use; `hidden` are names that no field can have."""
    taken = [*hidden, *(["at"] if part.kind == "event" else [])]
    for column in table.columns.values():
        if column.name in used or column.type is None or not castable(column):
            continue
        name = free(snake(column.name), taken)
        taken.append(name)
        read = column.name if column.number is None else number_name(column.name)
        field = DraftField(name, read, column.type, remarks=list(column.remarks))
        if column.native.startswith("ENUM(") and column.values and not table.is_partly_here:
            field.values = column.values
        elif column.values:
            shown = ", ".join(_shown(value) for value in column.values)
            field.remarks.append(shown if shown.isprintable() else f"{column.different} different values")
        part.fields.append(field)


def key_type(key: Key | None, links: Sequence[Link], columns: Sequence[Column] = ()) -> Type | None:
    """The type to state for a key: where zeros in front would get lost, or where only one side is text."""
    met = [*([key.column] if key is not None else []), *(link.column for link in links), *columns]
    if any("zeros" in remark for remark in chain.from_iterable(column.remarks for column in met)):
        return TEXT
    kinds = {kind_of(column.native) for column in met if column.known}
    if len(kinds) > 1:
        return TEXT
    if kinds == {"number"} and any(column.native in ("DOUBLE", "FLOAT") for column in met):
        return INT
    return None


def key_why(key: Key) -> list[str]:
    """What speaks for a column being the key of its table."""
    if not key.table.rows:
        return ["guessed from its name, as there are no rows"]
    if key.column.is_key:
        found = [f"declared to be unique, {key.table.rows:,} row{'s' * (key.table.rows != 1)}"]
    elif key.table.is_partly_here:
        found = [f"no value twice in {key.table.rows:,} rows" if key.certain else f"of {key.table.rows:,} rows"]
    else:
        found = [f"{key.column.different:,} different in {key.table.rows:,} rows"]
    found.extend(
        remark for remark in key.column.remarks if "unknown" in remark or "zeros" in remark or "whole" in remark
    )
    return found


def _shown(value: str) -> str:
    cut = value if len(value) <= 24 else value[:23] + "…"
    return cut if cut.strip() == cut and cut else f'"{cut}"'
