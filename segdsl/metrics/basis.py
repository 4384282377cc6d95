"""Of how many customers a metric's number is: of a mean those whose value is known, of a quotient those who make up its
divisor. Where these are few the number tells of them, however many members the group has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import reduce

from sqlglot import exp

from segdsl.sql import build

_DIVISIONS = (exp.Div, exp.IntDiv, exp.Mod)
_AGGREGATES = (exp.AggFunc, exp.Filter)
# what gives the same number in another form
_WRAPPED = (exp.Paren, exp.Cast, exp.Neg, exp.Nullif)


def base_of(tree: exp.Expr) -> exp.Expr:
    """How many customers an aggregate expression is of, as an aggregate over the same names: the fewest that any mean
    or divisor in it is of. What only adds up and counts is of all that it goes over."""
    return _fewest(_bases(tree))


def _fewest(counts: Iterable[exp.Expr]) -> exp.Expr:
    """The least of some counts; one of nobody is of a part without a value, and says nothing."""
    found = list(dict.fromkeys(counts))
    if len(found) < 2:
        return found[0] if found else build.count_all()
    several = [exp.Nullif(this=count, expression=build.number(0)) for count in found]
    return build.coalesce(exp.Least(this=several[0], expressions=several[1:], ignore_nulls=True), build.number(0))


def _bases(node: exp.Expr) -> Iterator[exp.Expr]:
    if isinstance(node, _AGGREGATES):
        if not isinstance(_unfiltered(node), exp.Count | exp.CountIf | exp.Sum):
            yield _known(node)
    elif isinstance(node, _DIVISIONS):
        yield from _bases(node.this)
        if node.expression.find(*_AGGREGATES):
            yield _divided_by(node.expression)
    else:
        for part in node.iter_expressions():
            yield from _bases(part)


def _known(node: exp.Expr) -> exp.Expr:
    """How many customers a mean or the like is of; of a mean as the count that it is put together with."""
    aggregate = _unfiltered(node)
    if not isinstance(aggregate, exp.Avg) or isinstance(aggregate.this, exp.Distinct):
        return _count(_is_counted(node))
    counted = exp.Count(this=aggregate.this.copy(), big_int=True)
    return exp.Filter(this=counted, expression=node.expression.copy()) if isinstance(node, exp.Filter) else counted


def _divided_by(node: exp.Expr) -> exp.Expr:
    """How many customers a divisor is of; all where none of its aggregates makes it up."""
    counted = _is_counted(node)
    if counted is not None:
        return _count(counted)
    if isinstance(node, _WRAPPED):
        return _divided_by(node.this)
    if isinstance(node, exp.Coalesce):
        *first, last = [node.this, *node.expressions]
        return reduce(
            lambda rest, part: build.case([(build.is_known(part.copy()), _divided_by(part))], rest),
            reversed(first),
            _divided_by(last),
        )
    return _fewest(_divided_by(part) for part in node.iter_expressions() if part.find(*_AGGREGATES))


def _is_counted(node: exp.Expr) -> exp.Expr | None:
    """Whether a customer adds anything to an aggregate, or to a sum or difference of some; None for what is neither."""
    if isinstance(node, exp.Paren):
        return _is_counted(node.this)
    if isinstance(node, exp.Add | exp.Sub):
        both = (_is_counted(node.this), _is_counted(node.expression))
        if both[0] is None or both[1] is None:
            return None
        if isinstance(node, exp.Sub) and _are_counts(node):
            # of all, those of whom something is not known
            return build.and_([both[0], exp.Not(this=build.wrap(both[1]))])
        return build.or_([both[0], both[1]])
    if not isinstance(node, _AGGREGATES):
        return None
    held = [node.expression.this.copy()] if isinstance(node, exp.Filter) else []
    aggregate = _unfiltered(node)
    for value in _values(aggregate):
        if isinstance(aggregate, exp.Sum):
            held.append(exp.NEQ(this=build.wrap(value), expression=build.number(0)))
        else:
            held.append(value if isinstance(aggregate, exp.CountIf) else build.is_known(build.wrap(value)))
    return build.and_([build.wrap(condition) for condition in held]) if held else exp.true()


def _are_counts(node: exp.Sub) -> bool:
    return all(isinstance(_unfiltered(part.unnest()), exp.Count | exp.CountIf) for part in (node.this, node.expression))


def _unfiltered(node: exp.Expr) -> exp.Expr:
    found = node.this if isinstance(node, exp.Filter) else node
    assert isinstance(found, exp.Expr)
    return found


def _values(aggregate: exp.Expr) -> Iterator[exp.Expr]:
    """The values of customers that an aggregate is of."""
    for part in aggregate.iter_expressions():
        if isinstance(part, exp.Distinct):
            yield from (value.copy() for value in part.expressions)
        elif part.find(exp.Column):
            yield (part.this if isinstance(part, exp.Order) else part).copy()


def _count(condition: exp.Expr | None) -> exp.Expr:
    counted = build.count_all()
    if condition is None or condition == exp.true():
        return counted
    return exp.Filter(this=counted, expression=exp.Where(this=condition))
