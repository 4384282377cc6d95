"""Building SQL as sqlglot trees: templates with holes, literals, names. No SQL is ever put together as text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from functools import cache
from typing import Any, TypeAlias

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


# gives the tree that stands in a hole
_Filled: TypeAlias = Callable[[exp.Placeholder], exp.Expr]
# makes a tree of new nodes, or what else a node holds
_Make: TypeAlias = Callable[[_Filled], Any]


def _no_holes(hole: exp.Placeholder) -> exp.Expr:
    raise AssertionError(hole.name)


@cache
def _template(sql: str, grammar: str) -> _Make:
    # `(:a & :b) <> 0` is read as what an alias could stand before in DuckDB, with no alias
    found = sqlglot.parse_one(sql, read=grammar).transform(_without_alias, copy=False)
    for node in found.walk():
        # where it stood in the text: to copy that, too, takes longer than all the rest
        kept = {name: value for name, value in node.meta.items() if name not in _PLACE}
        node._meta = kept or None
    return _maker(found)


def _without_alias(node: exp.Expr) -> exp.Expr:
    return node.this if isinstance(node, exp.Alias) and not node.alias else node


def _maker(node: exp.Expr) -> _Make:
    """What makes trees like a node: a template is filled thousands of times, so what it holds is looked at once."""
    if isinstance(node, exp.Placeholder):
        return lambda filled: filled(node)
    kind, type_, meta = node.__class__, node._type, node._meta
    held = {name: part for name, part in node.args.items() if part is not None}
    makers = {name: _part_maker(part) for name, part in held.items()}
    parts = [(name, make) for name, make in makers.items() if make is not None]
    if type_ is not None or meta is not None:

        def make_with_notes(filled: _Filled) -> exp.Expr:
            found = kind(**{**held, **{name: make(filled) for name, make in parts}})
            found._type, found._meta = type_, None if meta is None else dict(meta)
            return found

        return make_with_notes
    if not parts:
        return lambda _: kind(**held)

    def make_plain(filled: _Filled) -> exp.Expr:
        args = held.copy()
        for name, make in parts:
            args[name] = make(filled)
        return kind(**args)

    return make_plain


def _part_maker(part: object) -> _Make | None:
    """What makes a part of a node anew; None for what is no tree."""
    if isinstance(part, exp.Expr):
        return _maker(part)
    if type(part) is not list:
        return None
    items = [(_part_maker(item), item) for item in part]
    return lambda filled: [item if make is None else make(filled) for make, item in items]


@cache
def data_type(sql: str, grammar: str = "duckdb") -> exp.DataType:
    return exp.DataType.build(sql, dialect=grammar)


@cache
def _type_maker(sql: str, grammar: str) -> _Make:
    return _maker(data_type(sql, grammar))


def fill(sql: str, holes: dict[str, exp.Expr], grammar: str = "duckdb", are_used_up: bool = False) -> exp.Expr:
    """A template with its holes filled by trees, each in parentheses where it could come apart. Trees that
    `are_used_up` are not needed any more: the first of their holes takes them, which saves a copy."""
    taken: set[int] = set()

    def filled(hole: exp.Placeholder) -> exp.Expr:
        value = holes[hole.name]
        if not are_used_up or value.parent is not None or id(value) in taken:
            return wrap(copied(value) if isinstance(value, exp.Column) else value.copy())
        taken.add(id(value))
        return wrap(value)

    found: exp.Expr = _template(sql, grammar)(filled)
    return found


def copied(node: exp.Expr) -> exp.Expr:
    """A copy of a small tree, such as a column: quicker than sqlglot's own, which takes one of any depth."""
    args: dict[str, object] = {}
    for name, part in node.args.items():
        if isinstance(part, exp.Expr):
            args[name] = copied(part)
        elif type(part) is list:
            args[name] = [copied(item) if isinstance(item, exp.Expr) else item for item in part]
        else:
            args[name] = part
    found = node.__class__(**args)
    found._type = node._type
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


def create(table: exp.Table, query: exp.Expr, kind: str = "TABLE", *, temporary: bool, replace: bool) -> exp.Create:
    """A statement that makes a table or a view of a query."""
    properties = exp.Properties(expressions=[exp.TemporaryProperty()]) if temporary else None
    return exp.Create(this=table, kind=kind, expression=query, properties=properties, replace=replace)


def function_table(function: str, *arguments: exp.Expr) -> exp.Table:
    """The rows that a function gives."""
    return exp.Table(this=exp.Anonymous(this=function, expressions=list(arguments)))


def number(value: int | Decimal) -> exp.Expr:
    text = format(value.copy_abs(), "f") if isinstance(value, Decimal) else str(abs(value))
    literal = exp.Literal(this=text, is_string=False)
    return exp.Neg(this=literal) if value < 0 else literal


def text(value: str) -> exp.Expr:
    return exp.Literal(this=value, is_string=True)


def cast(node: exp.Expr, type_: str, grammar: str = "duckdb") -> exp.Cast:
    return exp.Cast(this=node, to=_type_maker(type_, grammar)(_no_holes))


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


def subquery(query: exp.Expr, as_: str) -> exp.Subquery:
    return exp.Subquery(this=query, alias=exp.TableAlias(this=name(as_)))


def is_in(value: exp.Expr, values: exp.Query) -> exp.In:
    """Whether a query of one column has a value."""
    return exp.In(this=value, query=exp.Subquery(this=values))


def called(table: exp.Table, as_: str) -> exp.Table:
    """A table by another name."""
    found = table.copy()
    found.set("alias", exp.TableAlias(this=name(as_)))
    return found


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
