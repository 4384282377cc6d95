"""SQL for engines on which a condition is no value: where a value is asked for, 1, 0 or NULL stands for it."""

from __future__ import annotations

from sqlglot import exp

_CONDITIONS = (
    exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Is, exp.In, exp.Between, exp.Exists, exp.Not, exp.Connector,
)  # fmt: skip


def without_truths(tree: exp.Expr) -> exp.Expr:
    """The query itself, which is changed: conditions stand only where conditions are asked for, and texts are of
    Unicode."""
    return _value(tree)


def _condition(node: exp.Expr) -> exp.Expr:
    """A node as it can stand behind WHERE, ON, WHEN, AND, OR and NOT."""
    match node:
        case exp.Paren(this=inner):
            node.set("this", _condition(inner))
            return node
        case exp.Connector() | exp.Not():
            for part in ("this", "expression"):
                if node.args.get(part) is not None:
                    node.set(part, _condition(node.args[part]))
            return node
        case exp.Boolean():
            one, other = exp.Literal.number(1), exp.Literal.number(1 if node.this else 0)
            return exp.Paren(this=exp.EQ(this=one, expression=other))
        case _ if isinstance(node, _CONDITIONS):
            return _parts(node)
        case _:
            return exp.EQ(this=_value(node), expression=exp.Literal.number(1))


def _value(node: exp.Expr) -> exp.Expr:
    """A node as it can stand where a value is."""
    match node:
        case exp.Boolean():
            return exp.Literal.number(1 if node.this else 0)
        case exp.Literal() if node.is_string:
            return exp.National(this=node.this)
        case exp.Coalesce(this=held, expressions=[exp.Boolean(this=False)]) if _is_condition(held):
            return _chosen(_condition(held))
        case exp.Paren(this=inner) if _is_condition(inner):
            return _value(inner)
        case _ if isinstance(node, _CONDITIONS):
            held = _condition(node)
            return _chosen(held, exp.Not(this=exp.Paren(this=held.copy())))
        case _:
            return _parts(node)


def _is_condition(node: exp.Expr) -> bool:
    return isinstance(node.unnest(), _CONDITIONS)


def _chosen(held: exp.Expr, denied: exp.Expr | None = None) -> exp.Expr:
    """1 where a condition holds, else 0; where it is known not to hold, if that is given."""
    ifs = [exp.If(this=held, true=exp.Literal.number(1))]
    if denied is None:
        return exp.Case(ifs=ifs, default=exp.Literal.number(0))
    return exp.Case(ifs=[*ifs, exp.If(this=denied, true=exp.Literal.number(0))])


def _parts(node: exp.Expr) -> exp.Expr:
    """The node with each of its parts as what it is asked for there."""
    for name, part in list(node.args.items()):
        asked = (isinstance(node, exp.If | exp.Where | exp.Having) and name == "this") or (
            isinstance(node, exp.Join) and name == "on"
        )
        lower = _condition if asked else _value
        if isinstance(part, exp.Expr):
            node.set(name, lower(part))
        elif isinstance(part, list):
            node.set(name, [lower(item) if isinstance(item, exp.Expr) else item for item in part])
    return node
