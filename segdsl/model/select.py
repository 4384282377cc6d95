"""The `sql:` of a model: exactly one SELECT, which does nothing but read tables that have a name."""

from __future__ import annotations

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

# sqlglot reads nested brackets by recursion; some fifty levels fit into Python's default limit
MAX_DEPTH = 40

_FIRST = frozenset((TokenType.SELECT, TokenType.WITH, TokenType.FROM, TokenType.TABLE, TokenType.L_PAREN))
_FUNCTIONS_AS_TABLES = frozenset(("unnest", "range", "generate_series", "json_each", "json_tree"))
_FUNCTIONS_THAT_ACT = frozenset(("nextval", "setval", "setseed", "write_log", "sleep_ms", "pg_sleep"))
_FUNCTIONS_THAT_SPY = frozenset(("getenv", "current_setting", "getvariable", "current_query"))
_SIDE_EFFECTS = (
    exp.DML, exp.DDL, exp.Into, exp.Command, exp.Copy, exp.Attach, exp.Detach, exp.Drop, exp.Pragma, exp.Set, exp.Use
)  # fmt: skip
_NOT_ROWS = (exp.Describe, exp.Summarize, exp.Show)


class SelectError(Exception):
    """Why a text is not one SELECT, with what to do about it."""

    def __init__(self, reason: str, advice: str | None = None) -> None:
        super().__init__(reason)
        self.advice = advice


def parse_select(text: str) -> exp.Query:
    """The tree of one DuckDB SELECT without side effects; raises `SelectError`."""
    try:
        tokens = sqlglot.tokenize(text, dialect="duckdb")
        # sqlglot takes what it does not know for a command and logs that: such a text is refused before
        if not tokens or tokens[0].token_type not in _FIRST:
            found = f"`{tokens[0].text}`" if tokens else "nothing"
            raise SelectError(f"expected a SELECT, found {found}")
        check_tokens(tokens)
        trees = [tree for tree in sqlglot.parse(text, dialect="duckdb") if tree is not None]
    except SqlglotError as error:
        raise SelectError(sentence(error)) from None
    except TypeError:  # what the compiled parser says of an operator that lacks a side
        raise SelectError("it cannot be read") from None
    except RecursionError:
        raise SelectError("it is nested too deep") from None
    if len(trees) != 1:
        raise SelectError(f"expected one statement, found {len(trees)}")
    tree = trees[0]
    if not isinstance(tree, exp.Query):
        raise SelectError(f"expected a SELECT, found {tree.key.upper()}")
    for node in tree.walk():
        check_node(node)
    return tree


def check_tokens(tokens: list[Token]) -> None:
    """Raises `SelectError` for more brackets inside one another than sqlglot can read."""
    if _depth(tokens) > MAX_DEPTH:
        raise SelectError("it is nested too deep", f"at most {MAX_DEPTH} brackets stand inside one another")


def _depth(tokens: list[Token]) -> int:
    """How many brackets stand inside one another at the most."""
    deepest = depth = 0
    for token in tokens:
        if token.token_type is TokenType.L_PAREN:
            depth += 1
            deepest = max(deepest, depth)
        elif token.token_type is TokenType.R_PAREN:
            depth -= 1
    return deepest


def check_node(node: exp.Expr) -> None:
    """Raises `SelectError` where a part of a query does anything but read rows of tables that have a name."""
    if isinstance(node, _SIDE_EFFECTS) and not isinstance(node, exp.Query):
        raise SelectError(f"expected a SELECT that only reads, found {node.key.upper()}")
    if isinstance(node, _NOT_ROWS):
        raise SelectError(f"expected a SELECT of rows, found {node.key.upper()}")
    if isinstance(node, exp.Placeholder | exp.Parameter):
        raise SelectError(f"nothing gives `{node.sql('duckdb')}` a value")
    if isinstance(node, exp.Func):
        name = _name_of(node)
        if name in _FUNCTIONS_THAT_ACT:
            raise SelectError(f"expected a SELECT that only reads, found `{name}(…)`")
        if name in _FUNCTIONS_THAT_SPY:
            raise SelectError(f"expected a SELECT that reads rows alone, found `{name}(…)`")
    if isinstance(node, exp.Table | exp.Lateral) and isinstance(node.this, exp.Func):
        name = _name_of(node.this)
        if name not in _FUNCTIONS_AS_TABLES:
            advice = "name the file in `tables` and select from that name"
            raise SelectError(f"`{name}(…)` cannot stand for a table", advice)


def _name_of(function: exp.Func) -> str:
    return (function.name if isinstance(function, exp.Anonymous) else function.sql_name()).lower()


def sentence(error: SqlglotError) -> str:
    """What sqlglot says, as the end of a sentence of ours."""
    details = getattr(error, "errors", None)
    if details and details[0].get("description"):
        first = details[0]
        description = str(first["description"]).rstrip(".")
        near = f" near `{first['highlight']}`" if first.get("highlight") else ""
        return f"{description[:1].lower()}{description[1:]}, in its line {first['line']}{near}"
    first_line = str(error).splitlines()[0] if str(error) else "it cannot be read"
    return first_line[:1].lower() + first_line[1:]
