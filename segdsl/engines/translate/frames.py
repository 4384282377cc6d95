"""What is known inside one SELECT of a model's `sql:`: its names, and what they stand for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlglot import exp

from segdsl.engines.translate.operands import UNSEEN, Operand


class Untranslatable(Exception):  # noqa: N818
    """What has no form of the same meaning."""


class Told(NamedTuple):
    """A value as the dialect says it, and what it is."""

    tree: exp.Expr
    is_: Operand


@dataclass
class Columns:
    """What may be read of a table, by names in small letters; `is_open`: of other columns nobody knows."""

    names: dict[str, Operand] = field(default_factory=dict)
    is_open: bool = False


@dataclass
class Frame:
    """What names stand for in one SELECT: columns of its tables, what it gives a name itself, and what is around it."""

    sources: dict[str, Columns] = field(default_factory=dict)
    outer: Frame | None = None
    results: dict[str, Told] = field(default_factory=dict)

    def column(self, name: str, table: str) -> Operand | None:
        """A column of the tables of this SELECT; None where they have none of that name."""
        sources = [self.sources[table]] if table in self.sources else [] if table else list(self.sources.values())
        found = next((source.names[name] for source in sources if name in source.names), None)
        return UNSEEN if found is None and any(source.is_open for source in sources) else found


# a SELECT inside another one, as the dialect says it, and the columns it gives
Inner = Callable[[exp.Expr, Frame], tuple[exp.Expr, Columns]]


def only(node: exp.Expr, *names: str) -> None:
    """Raises Untranslatable for a word of a node that nobody has looked into."""
    for name, part in node.args.items():
        if name not in names and part not in (None, False, []):
            raise strange(part if isinstance(part, exp.Expr) else node)


def strange(node: exp.Expr) -> Untranslatable:
    """Why a word is refused of which nothing is known."""
    return Untranslatable(f"{quoted(node)} may mean something else there")


def quoted(node: exp.Expr) -> str:
    """A piece of the SELECT as a message shows it."""
    text = node.sql(dialect="duckdb")
    return f"`{text if len(text) <= 40 else f'{text[:39]}…'}`"
