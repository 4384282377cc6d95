"""Rows of a result: a sequence of values in Python, a table for whatever takes Arrow, and for notebooks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import ClassVar, Generic, TypeVar, overload

T = TypeVar("T")


class Records(Sequence[T], Generic[T]):
    """Items with the same fields. `columns` says which are shown, and their kind: text, texts, int, float or time."""

    columns: ClassVar[Mapping[str, str]] = {}

    def __init__(self, items: Iterable[T] = ()) -> None:
        self._items = tuple(items)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[T, ...]: ...
    def __getitem__(self, index: int | slice) -> T | tuple[T, ...]:
        return self._items[index]

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[T]:
        return iter(self._items)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Records) and self._items == other._items

    def __hash__(self) -> int:
        return hash(self._items)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({list(self._items)!r})"

    def rows(self) -> list[tuple[object, ...]]:
        """The values of the columns, a row per item."""
        return [tuple(getattr(item, name) for name in self.columns) for item in self._items]

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        import pyarrow

        kinds = {
            "text": pyarrow.string(),
            "texts": pyarrow.list_(pyarrow.string()),
            "int": pyarrow.int64(),
            "float": pyarrow.float64(),
            "time": pyarrow.timestamp("us"),
        }
        arrays = {
            name: pyarrow.array([getattr(item, name) for item in self._items], kinds[kind])
            for name, kind in self.columns.items()
        }
        return pyarrow.table(arrays).__arrow_c_stream__(requested_schema)

    def _repr_html_(self) -> str:
        from segdsl.notebook import table

        right = [kind in ("int", "float") for kind in self.columns.values()]
        rows = [[_cell(value, name) for value, name in zip(row, self.columns, strict=True)] for row in self.rows()]
        return table(list(self.columns), rows, right)


def _cell(value: object, name: str) -> str:
    match value:
        case None:
            return "–"
        case float():
            return f"{value:.1%}" if name.startswith(("share", "jaccard")) else f"{value:,.2f}"
        case int():
            return f"{value:,}"
        case dt.datetime():
            return value.isoformat(sep=" ", timespec="minutes").removesuffix(" 00:00")
        case tuple():
            return ", ".join(map(str, value))
    return str(value)
