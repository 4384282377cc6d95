"""Building SQL as sqlglot trees: templates with holes, literals, names. No SQL is ever put together as text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from functools import cache

import sqlglot
from sqlglot import Dialect, exp

# nodes that bind as tightly as a name, so that a hole filled with one needs no parentheses
_ATOMS = (
    exp.Column,
    exp.Literal,
    exp.Paren,
    exp.Cast,
    exp.Boolean,
    exp.Null,
    exp.Anonymous,
    exp.Case,
    exp.Coalesce,
    exp.Subquery,
)

# what sqlglot notes of where a node stood in a text
_PLACE = frozenset({"line", "col", "start", "end"})


@cache
def _template(sql: str, grammar: str) -> exp.Expr:
    found = sqlglot.parse_one(sql, read=grammar)
    for node in found.walk():
        # where it stood in the text: to copy that, too, takes longer than all the rest
        kept = {name: value for name, value in node.meta.items() if name not in _PLACE}
        node._meta = kept or None
    return found


@cache
def data_type(sql: str, grammar: str = "duckdb") -> exp.DataType:
    return exp.DataType.build(sql, dialect=grammar)


def fill(sql: str, holes: dict[str, exp.Expr], grammar: str = "duckdb", are_used_up: bool = False) -> exp.Expr:
    """A template with its holes filled by trees, each in parentheses where it could come apart. Trees that
    `are_used_up` are not needed any more: the first of their holes takes them, which saves a copy."""
    taken: set[int] = set()

    def filled(hole: exp.Placeholder) -> exp.Expr:
        value = holes[hole.name]
        if not are_used_up or value.parent is not None or id(value) in taken:
            return wrap(value.copy())
        taken.add(id(value))
        return wrap(value)

    return _made(_template(sql, grammar), filled)


def copied(node: exp.Expr) -> exp.Expr:
    """A copy of a small tree, such as a column: quicker than sqlglot's own, which takes one of any depth."""
    return _made(node, None)


def _made(node: exp.Expr, filled: Callable[[exp.Placeholder], exp.Expr] | None) -> exp.Expr:
    """A tree of new nodes like the one given, with its holes filled."""
    if filled is not None and isinstance(node, exp.Placeholder):
        return filled(node)
    args: dict[str, object] = {}
    for name, part in node.args.items():
        if isinstance(part, exp.Expr):
            args[name] = _made(part, filled)
        elif type(part) is list:
            args[name] = [_made(item, filled) if isinstance(item, exp.Expr) else item for item in part]
        else:
            args[name] = part
    found = node.__class__(**args)
    if node.type is not None:
        found.type = node.type
    if node._meta is not None:
        found._meta = dict(node._meta)
    return found


def wrap(node: exp.Expr) -> exp.Expr:
    """The node in parentheses, unless it binds as tightly as a name."""
    return node if isinstance(node, _ATOMS) else exp.Paren(this=node)


def name(text: str) -> exp.Identifier:
    return exp.Identifier(this=text, quoted=True)


def column(text: str, table: str | None = None) -> exp.Column:
    return exp.Column(this=name(text), table=name(table) if table else None)


def alias(node: exp.Expr, text: str) -> exp.Alias:
    return exp.Alias(this=node, alias=name(text))


def table(text: str, as_: str | None = None) -> exp.Table:
    found = exp.Table(this=name(text))
    if as_:
        found.set("alias", exp.TableAlias(this=name(as_)))
    return found


def function_table(function: str, *arguments: exp.Expr) -> exp.Table:
    """The rows that a function gives."""
    return exp.Table(this=exp.Anonymous(this=function, expressions=list(arguments)))


def number(value: int | Decimal) -> exp.Expr:
    text = format(abs(value), "f") if isinstance(value, Decimal) else str(abs(value))
    literal = exp.Literal.number(text)
    return exp.Neg(this=literal) if value < 0 else literal


def text(value: str) -> exp.Expr:
    return exp.Literal.string(value)


def cast(node: exp.Expr, type_: str, grammar: str = "duckdb") -> exp.Cast:
    return exp.Cast(this=node, to=copied(data_type(type_, grammar)))


def and_(parts: Sequence[exp.Expr]) -> exp.Expr:
    """A flat chain; true for none."""
    return _chain(exp.And, parts) or exp.true()


def or_(parts: Sequence[exp.Expr]) -> exp.Expr:
    """A flat chain; false for none."""
    return _chain(exp.Or, parts) or exp.false()


def _chain(kind: type[exp.Connector], parts: Sequence[exp.Expr]) -> exp.Expr | None:
    found: exp.Expr | None = None
    for part in parts:
        inner = exp.Paren(this=part) if isinstance(part, exp.Connector) else part
        found = inner if found is None else kind(this=found, expression=inner)
    return found


def case(branches: Iterable[tuple[exp.Expr, exp.Expr]], otherwise: exp.Expr | None = None) -> exp.Case:
    ifs = [exp.If(this=condition, true=value) for condition, value in branches]
    return exp.Case(ifs=ifs, default=otherwise)


def coalesce(first: exp.Expr, *rest: exp.Expr) -> exp.Coalesce:
    return exp.Coalesce(this=first, expressions=list(rest))


def is_null(node: exp.Expr) -> exp.Expr:
    return exp.Is(this=wrap(node), expression=exp.Null())


def is_known(node: exp.Expr) -> exp.Expr:
    return exp.Not(this=is_null(node))


def eq(left: exp.Expr, right: exp.Expr) -> exp.Expr:
    return exp.EQ(this=wrap(left), expression=wrap(right))


def count_all() -> exp.Expr:
    return exp.Count(this=exp.Star(), big_int=True)


def count_where(condition: exp.Expr) -> exp.Expr:
    """How many rows hold a condition."""
    return exp.Count(this=case([(condition, number(1))]), big_int=True)


def select(*columns: exp.Expr) -> exp.Select:
    return exp.Select(expressions=list(columns))


def left_join(query: exp.Select, source: exp.Expr, on: exp.Expr) -> exp.Select:
    return query.join(source, on=on, join_type="left", copy=False)


def inner_join(query: exp.Select, source: exp.Expr, on: exp.Expr) -> exp.Select:
    return query.join(source, on=on, copy=False)


def order_of_known(orders: Sequence[tuple[exp.Expr, bool]], grammar: str) -> exp.Order:
    """An order of what is never NULL, with no word of NULLs in it: some dialects allow for none in some windows."""
    ordering = Dialect.get_or_raise(grammar).NULL_ORDERING
    first = {"nulls_are_small": False, "nulls_are_large": True}
    return exp.Order(
        expressions=[
            exp.Ordered(this=node, desc=desc, nulls_first=ordering in first and desc is first[ordering])
            for node, desc in orders
        ]
    )


def window(function: exp.Expr, partition: Sequence[exp.Expr], order: Sequence[tuple[exp.Expr, bool]] = ()) -> exp.Expr:
    """A window function; `order` holds expressions and whether they descend."""
    ordered = [exp.Ordered(this=node, desc=desc, nulls_first=False) for node, desc in order]
    return exp.Window(
        this=function,
        partition_by=list(partition),
        order=exp.Order(expressions=ordered) if ordered else None,
        over="OVER",
    )
