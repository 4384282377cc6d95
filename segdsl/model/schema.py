"""What the model's tables hold in the data at hand: their columns, the engine's types, and how to read them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from sqlglot import exp

PartKind = Literal["entity", "event", "lookup"]
PartName = tuple[PartKind, str]


def folded(name: str) -> str:
    """A plain name in capital letters, as engines read it that do so without quotes; other names stay."""
    return name.upper() if re.fullmatch(r"[a-z_][a-z0-9_$]*", name) else name


@dataclass(frozen=True)
class Rows:
    """The rows of a part: its columns with the engine's types as it writes them, and what stands in FROM for them.

    `folds`: plain names that are none of these columns are spelled in capital letters. `files` are the paths and globs
    of the Parquet files on a disk that they are the rows of, where they are such rows and nothing else.
    """

    columns: Mapping[str, str]
    tree: exp.Expr
    folds: bool = False
    files: tuple[str, ...] = ()

    def type_of(self, column: str) -> str | None:
        """The engine's type of a column; letter case does not matter where it is not needed to tell two apart."""
        return self.columns.get(self.name_of(column))

    def name_of(self, column: str) -> str:
        """A column as the engine spells it, in whatever letter case it is named."""
        if column in self.columns:
            return column
        wanted = column.casefold()
        otherwise = folded(column) if self.folds else column
        return next((name for name in self.columns if name.casefold() == wanted), otherwise)


@dataclass(frozen=True)
class Schema:
    """The rows of each part that was asked for."""

    parts: Mapping[PartName, Rows] = field(default_factory=dict)

    def of(self, parts: Iterable[PartName]) -> Schema:
        """Some parts alone; a population that comes of events has no rows of its own."""
        return Schema({part: self.parts[part] for part in parts if part in self.parts})

    def __getitem__(self, part: PartName) -> Mapping[str, str]:
        return self.parts[part].columns

    def __contains__(self, part: object) -> bool:
        return part in self.parts

    def type_of(self, part: PartName, column: str) -> str | None:
        return self.parts[part].type_of(column)

    def tree(self, part: PartName) -> exp.Expr:
        """What stands in FROM for the part: a fresh copy, to be given an alias with `exp.alias_(…, table=True)`."""
        return self.parts[part].tree.copy()
