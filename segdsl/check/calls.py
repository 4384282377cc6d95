"""Calls of functions, scores, `bands` and `sample`, and operators, by their rows in the table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from segdsl import problems
from segdsl.check import aggregates, history, names
from segdsl.check.comparisons import compare
from segdsl.check.constants import fold, is_constant, length, number, truth
from segdsl.check.context import BROKEN, Checking, Context
from segdsl.check.lists import values_of
from segdsl.check.moments import move, start
from segdsl.check.origins import origins
from segdsl.diagnostics import Diagnostic, Span
from segdsl.exact import EXACT
from segdsl.functions import (
    AGGREGATES,
    CALLS,
    FUNCTION_ROWS,
    HISTORY_CALLS,
    OPERATOR_ROWS,
    SCORES,
    WORDS,
    Function,
    operator,
)
from segdsl.program import Apply, Constant, KeyOf, Node, Quantile, Score, ScoreKind
from segdsl.syntax import tree
from segdsl.syntax.habits import date_of, habit_of
from segdsl.types import BOOL, DECIMAL, DURATION, INT, STATED, TEXT, TIME, Kind, Type, unify

_RESULTS = {**STATED, "duration": DURATION, "timestamp": TIME, "distance": Type(Kind.DISTANCE)}
_EXPECTED = {
    "+": "two numbers, two durations, or a time and a duration",
    "-": "two numbers, two durations, two times, or a time and a duration",
    "*": "two numbers, or a duration and a number",
    "/": "two numbers, two durations, or a duration and a number",
    "contains": "a text or list(text) and a text",
}


def call(check: Checking, ctx: Context, node: tree.Call) -> Node:
    """Whatever a call is: a definition with parameters, an aggregate, a score, a function."""
    name = node.name.text
    if len(node.name.parts) == 1:
        # no definition that can be called has one of these names
        if name in AGGREGATES:
            return aggregates.aggregate(check, ctx, node)
        if name in SCORES:
            return _score(check, ctx, node)
        if name in HISTORY_CALLS:
            return history.call(check, ctx, node)
        if name not in CALLS and name not in dict(ctx.params) and names.find(check, ctx, node.name.parts)[0] is None:
            known = list(CALLS)
            known.extend(key for key, item in check.catalog.definitions.items() if item.parameters)
            help = habit_of(name)
            if name in check.model.entities[ctx.entity].attributes:
                help = f"`{name}` is an attribute and takes no arguments"
            return check.report(problems.unknown_function(name, known, node.name.span, help))
        if node.where is not None or node.among is not None or node.per:
            tail = "where" if node.where is not None else "among" if node.among is not None else "per"
            help = "`where` belongs to aggregates, `among` and `per` to scores"
            return check.report(problems.not_here(f"`{tail}`", f"in a call of `{name}`", node.span, help))
        if name in FUNCTION_ROWS:
            return _function(check, ctx, node)
        if name == "bands":
            return _bands(check, ctx, node)
        if name == "sample":
            return _sample(check, ctx, node)
    return _definition(check, ctx, node)


def _definition(check: Checking, ctx: Context, node: tree.Call) -> Node:
    if node.where is not None or node.among is not None or node.per:
        what = f"in a call of `{node.name.text}`"
        return check.report(problems.not_here("`where`, `among` and `per`", what, node.span))
    return names.resolve(check, ctx, node.name, node.args)


# ---------------------------------------------------------------- operators


def apply_operator(
    check: Checking, ctx: Context, op: str, args: Sequence[Node], spans: Sequence[Span], span: Span
) -> Node:
    """An operator of the table, by the types of its operands; constants are worked out."""
    if BROKEN in args or any(arg.type.kind is Kind.ANY for arg in args):
        return BROKEN
    given = tuple(args)
    if len(given) == 2 and given[0].type.kind is not given[1].type.kind:
        # the rows have the duration behind a time, and in front of a number
        kinds = (given[0].type.kind, given[1].type.kind)
        is_swapped = (op == "*" and kinds[1] is Kind.DURATION) or (op == "+" and kinds[0] is Kind.DURATION)
        given = (given[1], given[0]) if is_swapped else given
    row = next((row for row in OPERATOR_ROWS[op] if _fits(row, given)), None)
    if row is None:
        expected = _EXPECTED.get(op) or " and ".join(_word(param.word) for param in OPERATOR_ROWS[op][0].params)
        found = [str(arg.type) for arg in args]
        is_shift = any(arg.type.is_moment for arg in args) and any(arg.type.is_number for arg in args)
        help = "a duration carries its unit: `30d`, `12h`, `3mo`" if is_shift else None
        return check.report(problems.wrong_operands(op, found, expected, span, help, origins(check, *args)))
    if Kind.DURATION in (arg.type.kind for arg in given):
        shifted = _with_lengths(check, row, given, span)
        if shifted is not None:
            return shifted
    if row.name == "-" and row.variant == "times":
        given = (start(given[0]), start(given[1]))
    return _applied(check, ctx, row, given, spans)


def _fits(row: Function, args: Sequence[Node]) -> bool:
    params = row.params
    if params and params[-1].repeated and len(args) >= len(params):
        params = (*params[:-1], *(params[-1:] * (len(args) - len(params) + 1)))
    return len(params) == len(args) and all(
        arg.type.kind in WORDS[param.word] for param, arg in zip(params, args, strict=True)
    )


def _with_lengths(check: Checking, row: Function, args: tuple[Node, ...], span: Span) -> Node | None:
    """Arithmetic with constant lengths: folded, moved on the calendar, or refused for calendar lengths."""
    if row.variant == "time":
        found = length(args[1])
        if found is not None:
            return move(check, start(args[0]), -found if row.name == "-" else found, span)
        return None
    folded = fold(row, args)
    if folded is not None:
        return folded
    if any(found is not None and not found.is_fixed for found in map(length, args)):
        return check.report(problems.calendar_length(span))
    return None


def _applied(check: Checking, ctx: Context, row: Function, args: tuple[Node, ...], spans: Sequence[Span]) -> Node:
    if all(is_constant(arg) for arg in args):
        folded = fold(row, args)
        if folded is not None:
            return folded
    for index, param in enumerate(row.params):
        if param.constant and index < len(args) and not is_constant(args[index]):
            what = f"`{param.name}` of `{row.name}`" if not row.operator else f"the right side of `{row.name}`"
            return check.report(problems.constant_expected(what, spans[index]))
    # a template that names an argument twice gets a column for it, so that nothing is worked out twice
    args = tuple(
        check.share(ctx, arg) if index < len(row.params) and row.sql.count(f":{row.params[index].name}") > 1 else arg
        for index, arg in enumerate(args)
    )
    if ":now" in row.sql:
        args = (*args, ctx.moment)
    return Apply(row, args, _result(row, args))


def _result(row: Function, args: Sequence[Node]) -> Type:
    if row.result == "widest":
        return INT if all(arg.type.kind is Kind.INT for arg in args) else DECIMAL
    if row.result == "same":
        found = args[0].type
        for arg in args[1:]:
            found = unify(found, arg.type) or found
        return found
    return _RESULTS[row.result]


def _word(word: str) -> str:
    words = {"ordered": "values that have an order", "scalar": "a value", "moment": "a date or a time", "int": "an int"}
    return words.get(word, f"a {word}")


# ---------------------------------------------------------------- functions


def _function(check: Checking, ctx: Context, node: tree.Call) -> Node:
    rows = FUNCTION_ROWS[node.name.text]
    form = _form(rows[-1])
    named = next((arg for arg in node.args if arg.name is not None), None)
    if named is not None:
        return check.report(problems.wrong_call(form, f"`{node.name.text}` has no named arguments", named.span))
    args = tuple(check.expr(ctx, arg.value) for arg in node.args)
    if BROKEN in args:
        return BROKEN
    row = next((row for row in rows if _fits(row, args)), None)
    if row is None:
        return check.report(_misfit(check, rows, args, node, form))
    spans = [arg.span for arg in node.args]
    if row.result == "same":
        return _same(check, row, args, node)
    if any(arg.type.is_moment for arg in args) and row.name != "date":
        args = tuple(start(arg) if arg.type.is_moment and ":now" in row.sql else arg for arg in args)
    return _applied(check, ctx, row, args, spans)


def _misfit(check: Checking, rows: Sequence[Function], args: Sequence[Node], node: tree.Call, form: str) -> Diagnostic:
    counts = {len(row.params) for row in rows}
    repeated = rows[0].params and rows[0].params[-1].repeated
    if (not repeated and len(args) not in counts) or not args:
        some = " or ".join(str(count) for count in sorted(counts))
        found = f"`{node.name.text}` takes {some} argument{'s' * (some != '1')}, found {len(args)}"
        return problems.wrong_call(form, found, node.span)
    row = next((row for row in rows if len(row.params) == len(args)), rows[0])
    for index, arg in enumerate(args):
        param = row.params[min(index, len(row.params) - 1)]
        if arg.type.kind not in WORDS[param.word]:
            help = None
            if isinstance(arg, Constant) and isinstance(arg.value, str) and date_of(arg.value):
                help = f"dates are written without quotes: `{date_of(arg.value)}`"
            span, labels = node.args[index].span, origins(check, arg)
            return problems.wrong_argument(row.name, param.name, _word(param.word), str(arg.type), span, help, labels)
    return problems.wrong_call(form, f"`{node.name.text}` cannot be called so", node.span)


def _form(row: Function) -> str:
    names_ = [f"{param.name}, …" if param.repeated else param.name for param in row.params]
    return f"{row.name}({', '.join(names_)})"


def _same(check: Checking, row: Function, args: tuple[Node, ...], node: tree.Call) -> Node:
    """Functions that give one of their arguments: all have to be of one type."""
    found = args[0].type
    for arg, written in zip(args[1:], node.args[1:], strict=True):
        both = unify(found, arg.type)
        if both is None:
            labels = origins(check, args[0], arg)
            help = None
            if row.name == "coalesce" and arg.type.kind is Kind.TEXT:
                help = "what is unknown may stay so: no text has to stand for it"
            return check.report(problems.branches_differ(str(found), str(arg.type), written.span, labels, help))
        found = both
    if found.kind is Kind.TIME:
        args = tuple(start(arg) for arg in args)
    folded = fold(row, args) if all(is_constant(arg) for arg in args) else None
    if folded is None and any(value is not None and not value.is_fixed for value in map(length, args)):
        return check.report(problems.calendar_length(node.span))
    return folded if folded is not None else Apply(row, args, found)


# ---------------------------------------------------------------- scores, bands, sample


@dataclass(frozen=True, slots=True)
class _Scored:
    value: Node
    among: Node | None
    per: tuple[Node, ...]


def _score(check: Checking, ctx: Context, node: tree.Call) -> Node:
    row = SCORES[node.name.text]
    if ctx.row is not None:
        return check.report(problems.not_here(f"the score `{row.name}`", "inside `where`", node.span))
    wanted = 2 if row.name == "quantile" else 1
    if len(node.args) != wanted or any(arg.name is not None for arg in node.args) or node.where is not None:
        found = f"`{row.name}` takes {wanted} argument{'s' * (wanted > 1)} and no `where`"
        help = "`among` narrows the population"
        if len(node.args) == 2 and wanted == 1 and node.where is None:
            help = (
                "`quantile(4, x)` takes the number of parts"
                if row.name != "rank"
                else "`rank(x) <= 10` are the first ten"
            )
        return check.report(problems.wrong_call(row.form, found, node.span, help))
    scored = _scored(check, ctx, row.name, node)
    if scored is None:
        return BROKEN

    def count(kind: ScoreKind) -> Node:
        return Score(kind, ctx.entity, scored.value, scored.among, scored.per)

    match row.name:
        case "rank":
            return count("rank")
        case "percentile":
            return Apply(operator("share"), (count("below"), count("size")), DECIMAL)
        case _:
            parts = {"quintile": Decimal(5), "decile": Decimal(10)}.get(row.name)
            if parts is None:
                parts = number(check.expr(ctx, node.args[0].value))
                if parts is None or parts != int(parts) or not 1 <= parts <= 1_000_000:
                    span = node.args[0].span
                    return check.report(
                        problems.bad_value(
                            "the first argument of `quantile`", "a constant whole number from 1", span.text, span
                        )
                    )
            return Quantile("part", ctx.entity, scored.value, scored.among, scored.per, parts=int(parts))


def _scored(check: Checking, ctx: Context, name: str, node: tree.Call) -> _Scored | None:
    value = check.expr(ctx, node.args[-1].value)
    among = None if node.among is None else check.condition(ctx, node.among)
    per = tuple(check.expr(ctx, key) for key in node.per)
    if BROKEN in (value, among, *per):
        return None
    if value.type.kind not in WORDS["ordered"]:
        found, labels = str(value.type), origins(check, value)
        check.report(problems.wrong_argument(name, "x", _word("ordered"), found, node.args[-1].span, labels=labels))
        return None
    for key, written in zip(per, node.per, strict=True):
        if key.type.kind is Kind.LIST:
            check.report(problems.type_not_possible("`per`", str(key.type), "a value that is no list", written.span))
            return None
    return _Scored(value, among, per)


def _bands(check: Checking, ctx: Context, node: tree.Call) -> Node:
    if len(node.args) < 2 or any(arg.name is not None for arg in node.args):
        return check.report(
            problems.wrong_call("bands(x, bound, …)", "`bands` needs a value and its bounds", node.span)
        )
    value = check.expr(ctx, node.args[0].value)
    limits = values_of(check, ctx, [arg.value for arg in node.args[1:]])
    if value == BROKEN or any(limit == BROKEN for limit, _ in limits):
        return BROKEN
    value = check.share(ctx, value)
    reached = []
    for limit, span in limits:
        by_age = value.type.is_moment and limit.type.kind is Kind.DURATION
        first = node.args[0].span
        sides = (first, span)
        reached.append(compare(check, ctx, "<" if by_age else ">=", value, limit, first.to(span), sides))
        if reached[-1] == BROKEN:  # the other bounds are likely to be of the same type
            return BROKEN
    if isinstance(value, Constant) and value.value is None:
        return Constant(None, INT)
    if is_constant(value) and all(truth(part) is not None for part in reached):
        return Constant(1 + sum(truth(part) is True for part in reached), INT)
    return Apply(operator("bands"), (value, *reached), INT)


def _sample(check: Checking, ctx: Context, node: tree.Call) -> Node:
    form = 'sample(10%, "seed")'
    if ctx.row is not None:
        return check.report(problems.not_here("`sample`", "inside `where`", node.span))
    if len(node.args) != 2 or any(arg.name is not None for arg in node.args):
        return check.report(problems.wrong_call(form, "`sample` takes a share and a seed", node.span))
    share, seed = (check.expr(ctx, arg.value) for arg in node.args)
    if BROKEN in (share, seed):
        return BROKEN
    part = number(share)
    if part is None or not 0 <= part <= 1:
        span = node.args[0].span
        return check.report(problems.bad_value("the share of a sample", "a constant from 0% to 100%", span.text, span))
    if not isinstance(seed, Constant) or seed.type.kind is not Kind.TEXT:
        return check.report(problems.constant_expected("the seed of a sample", node.args[1].span))
    limit = int(EXACT.multiply(part, 2**32).to_integral_value(ROUND_CEILING, EXACT))
    return Apply(operator("sample"), (KeyOf(ctx.entity, TEXT), seed, Constant(limit, INT)), BOOL)


def ago(check: Checking, ctx: Context, value: Node, span: Span) -> Node:
    """`90d ago`: that long before as-of."""
    if value == BROKEN:
        return BROKEN
    if value.type.kind is not Kind.DURATION:
        return check.report(problems.wrong_operands("ago", [str(value.type)], "a duration", span))
    found = length(value)
    if found is None:
        return Apply(operator("-", "time"), (ctx.moment, value), TIME)
    return move(check, ctx.moment, -found, span)
