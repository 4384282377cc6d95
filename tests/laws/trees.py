"""Random trees, of every kind that the parser can produce."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any, cast

from hypothesis import strategies as st

from segdsl.diagnostics import Source, Span
from segdsl.syntax import tree
from segdsl.syntax.grammar import RESERVED
from segdsl.syntax.tokens import CALENDAR_UNITS, UNITS

SPAN = Span(Source("tree", ""), 0, 0)

SOFT = (  # noqa: SIM905
    "within last next no same first any all this known unknown contains starts ends with matches has where ago to "
    "from since after before inside day week month quarter year count sum order customer x y Ä été 名前 _ _1 A and_ "
    "ever for was entered"
).split()
ODD = ["a b", "a.b", '"', "'", "#", "1", "5m", "é è", " ", "(", "--", "\\", "AND"]

_plain = st.from_regex(r"[^\W\d]\w{0,5}", fullmatch=True)
_quoted = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="`"), min_size=1, max_size=6)
_words = st.one_of(
    st.sampled_from(["a", "b", "c", "orders", "spend"]),
    st.sampled_from(SOFT),
    st.sampled_from(sorted(RESERVED)),
    st.sampled_from(ODD),
    _plain,
    _quoted,
)
identifiers = st.builds(tree.Identifier, _words, st.just(SPAN))
names = st.builds(lambda parts: tree.Name(tuple(parts), SPAN), st.lists(identifiers, min_size=1, max_size=3))
single_names = st.builds(lambda part: tree.Name((part,), SPAN), identifiers)

_decimals = st.one_of(
    st.integers(0, 10**18 - 1).map(Decimal),
    st.integers(0, 100).map(Decimal),
    st.decimals(min_value=0, max_value=10**6, places=3),
    st.decimals(min_value=0, max_value=1, places=10),
)


@st.composite
def numbers(draw: st.DrawFn) -> tree.Number:
    value = draw(_decimals)
    text = draw(st.sampled_from(["", f"{value:f}", f"{value:,f}".replace(",", "_"), f"0{value:f}"]))
    return tree.Number(value, text, SPAN)


@st.composite
def quantities(draw: st.DrawFn) -> tree.Quantity:
    unit = draw(st.sampled_from(sorted(UNITS)))
    if unit in CALENDAR_UNITS:
        value = Decimal(draw(st.integers(0, 500)))
    else:
        value = draw(st.decimals(min_value=0, max_value=10**6, places=2) | st.integers(0, 400).map(Decimal))
    return tree.Quantity(value, unit, draw(st.sampled_from(["", f"{value:,f}{unit}".replace(",", "_")])), SPAN)


_texts = st.one_of(
    st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t"), max_size=8),
    st.text("\\\"'\n\t# `segment", max_size=8),
    st.text("abc ", min_size=20, max_size=60),
)
_dates = st.dates()
_times = st.one_of(
    st.datetimes(),
    st.datetimes().map(lambda time: time.replace(second=0, microsecond=0)),
    st.builds(
        lambda time, minutes: time.replace(tzinfo=dt.timezone(dt.timedelta(minutes=minutes))),
        st.datetimes(dt.datetime(2, 1, 1), dt.datetime(9998, 1, 1)),
        st.integers(-1439, 1439),
    ),
)
leaves: st.SearchStrategy[tree.Expr] = st.one_of(
    single_names,
    single_names,
    names,
    numbers(),
    quantities(),
    _texts.map(lambda text: tree.Text(text, SPAN)),
    st.booleans().map(lambda truth: tree.Bool(truth, SPAN)),
    _dates.map(lambda date: tree.Date(date, SPAN)),
    _times.map(lambda time: tree.Time(time, SPAN)),
)


@st.composite
def periods(draw: st.DrawFn) -> tree.Period:
    unit = cast(Any, draw(st.sampled_from(["day", "week", "month", "quarter", "year"])))
    if draw(st.booleans()):
        return tree.Period(unit, None, draw(st.integers(-1, 1)), SPAN)
    year, month = draw(st.integers(1, 9999)), draw(st.integers(1, 12))
    start = {
        "day": dt.date(year, month, draw(st.integers(1, 28))),
        "week": dt.date.fromisocalendar(year, draw(st.integers(1, 52)), 1),
        "month": dt.date(year, month, 1),
        "quarter": dt.date(year, (month - 1) // 3 * 3 + 1, 1),
        "year": dt.date(year, 1, 1),
    }[unit]
    return tree.Period(unit, start, 0, SPAN)


def _flat(op: str, args: list[tree.Expr]) -> tree.Operation:
    """A chain as the parser builds it: no `and` directly inside of an `and`."""
    out: list[tree.Expr] = []
    for arg in args:
        out.extend(arg.args if isinstance(arg, tree.Operation) and arg.op == op else [arg])
    return tree.Operation(op, tuple(out), SPAN)


def _many(inner: st.SearchStrategy[tree.Expr], least: int = 0, most: int = 3) -> st.SearchStrategy[Any]:
    return st.lists(inner, min_size=least, max_size=most).map(tuple)


@st.composite
def _operations(draw: st.DrawFn, inner: st.SearchStrategy[tree.Expr]) -> tree.Expr:
    op, count = draw(
        st.sampled_from(
            [
                *(
                    (op, 2)
                    for op in ("+", "-", "*", "/", "contains", "starts with", "ends with", "matches", "for", "was")
                ),
                *((op, 1) for op in ("-", "ago", "not", "is known", "is unknown")),
                *((op, 0) for op in ("in", "not in", "has any", "has all")),
                ("between", 3),
            ]
        )
    )
    args = draw(_many(inner, count or 2, count or 5))
    if op == "for" and draw(st.booleans()):
        return tree.Operation("ever", (draw(names),), SPAN)
    return tree.Operation(op, args, SPAN)


@st.composite
def _windows(draw: st.DrawFn, inner: st.SearchStrategy[tree.Expr]) -> tree.InWindow:
    kind, count = draw(
        st.sampled_from(
            [
                *((kind, 1) for kind in ("within", "within next", "since", "after", "before")),
                *((kind, 2) for kind in ("within after", "within before", "from")),
                ("in", 0),
            ]
        )
    )
    args = draw(_many(inner, count, count)) if count else (draw(periods()),)
    return tree.InWindow(draw(inner), tree.Window(cast(tree.WindowKind, kind), args, SPAN), SPAN)


@st.composite
def _comparisons(draw: st.DrawFn, inner: st.SearchStrategy[tree.Expr]) -> tree.Comparison:
    ops = draw(st.lists(st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), min_size=1, max_size=3))
    return tree.Comparison(tuple(ops), draw(_many(inner, len(ops) + 1, len(ops) + 1)), SPAN)


@st.composite
def _cases(draw: st.DrawFn, inner: st.SearchStrategy[tree.Expr]) -> tree.Case:
    branches = draw(st.lists(st.builds(tree.Branch, inner, inner), min_size=1, max_size=3))
    return tree.Case(tuple(branches), draw(st.none() | inner), SPAN)


def _arguments(inner: st.SearchStrategy[tree.Expr]) -> st.SearchStrategy[tree.Argument]:
    return st.builds(tree.Argument, st.none() | identifiers, inner, st.just(SPAN))


@st.composite
def _calls(draw: st.DrawFn, inner: st.SearchStrategy[tree.Expr]) -> tree.Call:
    args = tuple(draw(st.lists(_arguments(inner), max_size=3)))
    if not args:
        return tree.Call(draw(names), (), None, None, (), SPAN)
    where, among = draw(st.none() | inner), draw(st.none() | inner)
    return tree.Call(draw(names), args, where, among, draw(_many(inner, 0, 2)), SPAN)


@st.composite
def _sequences(draw: st.DrawFn, inner: st.SearchStrategy[tree.Expr]) -> tree.Sequence:
    step = st.builds(tree.Step, st.booleans(), identifiers, st.none() | inner, st.none() | inner, st.just(SPAN))
    steps = draw(st.lists(step, min_size=1, max_size=4))
    return tree.Sequence(tuple(steps), draw(st.none() | identifiers), SPAN)


def _extend(inner: st.SearchStrategy[tree.Expr]) -> st.SearchStrategy[tree.Expr]:
    chain = st.lists(inner, min_size=2, max_size=5)
    return st.one_of(
        _operations(inner),
        _operations(inner),
        _windows(inner),
        _comparisons(inner),
        st.builds(_flat, st.sampled_from(["and", "or"]), chain),
        st.builds(tree.AsOf, inner, inner, st.just(SPAN)),
        _cases(inner),
        _calls(inner),
        _sequences(inner),
    )


expressions: st.SearchStrategy[tree.Expr] = st.recursive(leaves, _extend, max_leaves=12)
_small: st.SearchStrategy[tree.Expr] = st.recursive(leaves, _extend, max_leaves=4)

# ---------------------------------------------------------------- definitions

_line = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n"), max_size=12).map(str.rstrip)
_descriptions = st.lists(_line, max_size=3).map(lambda lines: "\n".join(lines).strip("\n"))
_annotations = st.builds(
    lambda name, values: tree.Annotation(name, tuple(values), SPAN),
    identifiers,
    st.lists(st.builds(tree.AnnotationValue, st.none() | identifiers, leaves), max_size=3),
)
heads = st.builds(
    lambda description, annotations: tree.Head(description, tuple(annotations)),
    st.just("") | _descriptions,
    st.lists(_annotations, max_size=2),
)
_parameters = st.lists(st.builds(tree.Parameter, identifiers, st.none() | _small), max_size=3).map(tuple)
_entity = st.none() | identifiers
_rules = st.lists(st.builds(tree.Rule, identifiers, st.none() | _small, st.just(SPAN)), max_size=4).map(tuple)
_fact_values: st.SearchStrategy[tree.FactValue] = st.one_of(
    _small, st.builds(tree.ListValue, _many(_small), st.just(SPAN))
)
_fact_arguments = st.builds(tree.FactArgument, st.none() | identifiers, _fact_values, st.just(SPAN))
_facts: st.SearchStrategy[tree.Fact] = st.one_of(
    st.builds(tree.AsOfFact, _small, st.just(SPAN)),
    st.builds(tree.AttributeFact, identifiers, _fact_values, st.just(SPAN)),
    st.builds(tree.EventFact, identifiers, st.lists(_fact_arguments, max_size=3).map(tuple), st.just(SPAN)),
)
_given = st.lists(_facts, max_size=4).map(tuple)
_span = st.just(SPAN)
definitions: st.SearchStrategy[tree.Definition] = st.one_of(
    st.builds(tree.Param, heads, identifiers, st.lists(identifiers, max_size=3).map(tuple), _small, _span),
    st.builds(tree.Trait, heads, identifiers, _parameters, _entity, _small, _span),
    st.builds(tree.Segment, heads, identifiers, _parameters, _entity, _small, _span),
    st.builds(tree.Segmentation, heads, identifiers, _parameters, _entity, st.none() | _small, _rules, _span),
    st.builds(tree.Use, heads, identifiers, st.lists(_arguments(_small), max_size=3).map(tuple), _entity, _span),
    st.builds(tree.Example, heads, st.booleans(), names, _given, _span),
    st.builds(tree.Expect, heads, _small, st.none() | _small, _span),
)
modules = st.lists(definitions, max_size=3).map(lambda each: tree.Module(Source("module", ""), tuple(each), ()))
