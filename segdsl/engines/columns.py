"""DuckDB's types of columns against the types of the language."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from segdsl.types import Kind, Type

if TYPE_CHECKING:
    from sqlglot import exp

    from segdsl.engines.engine import Engine

_KINDS = {
    "text": r"VARCHAR|ENUM\(.*|UUID|JSON|CHAR.*",
    "number": r"U?(?:TINY|SMALL|BIG|HUGE)?INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL.*|NUMERIC|BIGNUM|VARINT",
    "bool": r"BOOLEAN",
    "date": r"DATE(?:\(0\))?",
    "timestamp": r"TIMESTAMP.*",
    "nothing": r"NULL",
}
_LIST = re.compile(r".*\[\d*\]", re.DOTALL)
_TEMPORAL = ("date", "timestamp")
_CASTS = {
    Kind.TEXT: ("text", "number", "bool", *_TEMPORAL, "other scalar"),
    Kind.INT: ("number", "text", "bool"),
    Kind.DECIMAL: ("number", "text"),
    Kind.BOOL: ("bool", "text", "number"),
    Kind.DATE: ("text", *_TEMPORAL),
    Kind.TIME: ("text", *_TEMPORAL),
    Kind.LIST: ("text", "list of texts"),
}


def can_be(found: str, stated: Type) -> bool:
    """Whether a column of a DuckDB type can be cast to a type of the language, bar single values that cannot."""
    kind = _kind(found)
    return kind == "nothing" or kind in _CASTS[stated.kind]


def kind_of(found: str) -> str | None:
    """What keys of a type are compared as: dates and times are one kind; None where anything goes."""
    kind = _kind(found)
    if kind == "nothing":
        return None
    return "time" if kind in _TEMPORAL else kind


def has_places(found: str) -> bool:
    """Whether numbers of a DuckDB type have decimal places."""
    return re.fullmatch(r"FLOAT|DOUBLE|DECIMAL\(\d+, ?[1-9]\d*\)", found) is not None


def said(found: str) -> str:
    """A DuckDB type as a user is told it: what kind of thing it is, and its own name."""
    words = {"text": "text", "number": "a number", "bool": "a truth", "date": "a date", "timestamp": "a time"}
    shown = found if len(found) <= 60 else found[:57] + "…"
    kind = words.get(_kind(found))
    return f"`{shown}`" if kind is None else f"{kind} (`{shown}`)"


def is_empty_column(engine: Engine, tree: exp.Expr, column: str) -> bool:
    """Whether a column holds no known value."""
    from sqlglot import exp

    known = exp.column(column, quoted=True).is_(exp.null()).not_()
    rows = exp.alias_(tree.copy(), "rows", table=True)
    return not engine.fetch(exp.select("1").from_(rows).where(known).limit(1).sql(dialect=engine.dialect.grammar))


def _kind(found: str) -> str:
    if _LIST.fullmatch(found):
        return "list of texts" if _kind(found[: found.rindex("[")]) == "text" else "list"
    for kind, pattern in _KINDS.items():
        if re.fullmatch(pattern, found, re.DOTALL):
            return kind
    return "nested" if re.match(r"STRUCT|MAP|UNION|VARIANT|BLOB|BIT|GEOMETRY", found) else "other scalar"
