"""Comparing values: what can be compared, by day, by age, with labels and closed sets."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

from segdsl import problems
from segdsl.check import names, windows
from segdsl.check.constants import fold_comparison, length, logic, midnight
from segdsl.check.context import BROKEN, Checking, Context
from segdsl.check.lists import items_of
from segdsl.check.moments import A_DAY, after_end, before_end, day, move, start
from segdsl.check.origins import origins
from segdsl.diagnostics import Span
from segdsl.functions import WORDS, operator
from segdsl.program import Apply, Constant, Field, Node
from segdsl.syntax import tree
from segdsl.syntax.habits import calendar_of, date_of, duration_of
from segdsl.syntax.literals import quoted
from segdsl.types import BOOL, TIME, Kind, Type, unify

_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="}
_ORDERED = WORDS["ordered"]
_SINCE = re.compile(r"(?P<name>(?P<unit>days|months|years)_since)\(")
# how files and other languages write what is true or false
_WRITTEN_TRUTHS = {
    **dict.fromkeys(("1", "true", "t", "yes", "y", "on"), "true"),
    **dict.fromkeys(("0", "false", "f", "no", "n", "off"), "false"),
}
_LITERALS = frozenset((tree.Number, tree.Quantity, tree.Text, tree.Bool, tree.Date, tree.Time))


def negation(node: Node) -> Node:
    return logic("not", (node,))


def conjunction(parts: Sequence[Node]) -> Node:
    return parts[0] if len(parts) == 1 else logic("and", parts)


def comparison(check: Checking, ctx: Context, node: tree.Comparison) -> Node:
    """One comparison, or a chain: each neighbour with the next."""
    operands = resolve_beside_labels(check, ctx, node.args)
    if len(operands) == 2:
        return compare(check, ctx, node.ops[0], operands[0], operands[1], node.span, _spans(node.args))
    if BROKEN in operands:
        return BROKEN
    operands = [operands[0], *(check.share(ctx, operand) for operand in operands[1:-1]), operands[-1]]
    parts = [
        compare(
            check,
            ctx,
            op,
            left,
            right,
            node.args[index].span.to(node.args[index + 1].span),
            _spans(node.args[index : index + 2]),
        )
        for index, (op, left, right) in enumerate(zip(node.ops, operands, operands[1:], strict=False))
    ]
    return BROKEN if any(part == BROKEN for part in parts) else conjunction(parts)


def resolve_beside_labels(check: Checking, ctx: Context, args: Sequence[tree.Expr]) -> list[Node]:
    """The operands of a comparison; a bare name that is a label of the segmentation beside it is that label."""
    # which operands are segmentations is seen without resolving any: a name may be both a label and a definition; what
    # stands beside literals alone is no label
    others = [arg for arg in args if type(arg) not in _LITERALS]
    is_alone = len(others) < 2
    if is_alone and not any(isinstance(arg, tree.Name) for arg in others):
        return [check.expr(ctx, arg) for arg in args]
    beside = [None if is_alone else names.labels_of(check, ctx, arg) for arg in args]
    segmentations = [(index, labels) for index, labels in enumerate(beside) if labels is not None]
    found: dict[int, Node] = {}
    owner: Node | None = None
    waiting: list[tuple[int, tree.Name]] = []
    for index, arg in enumerate(args):
        is_bare = isinstance(arg, tree.Name) and len(arg.parts) == 1
        labels = next((labels for other, labels in segmentations if other != index), ())
        label = arg.value if isinstance(arg, tree.AsOf) else None
        if isinstance(label, tree.Name) and label.text in labels and not _exists(check, ctx, label):
            found[index] = _label_as_of(check, args, arg, label)
            continue
        if isinstance(arg, tree.Name) and is_bare and (beside[index] is None or arg.text in labels):
            waiting.append((index, arg))
            continue
        found[index] = check.expr(ctx, arg)
        if found[index].type.kind is Kind.LABEL and owner is None:
            owner = found[index]
    later: list[tuple[int, tree.Name]] = []
    for index, name in waiting:
        # a trait whose value is a label shows itself only when resolved
        definition, _ = names.find(check, ctx, name.parts)
        is_open = definition is not None and check.is_open(definition)
        if owner is not None or is_open or (definition is None and not _exists(check, ctx, name)):
            later.append((index, name))
            continue
        found[index] = check.expr(ctx, name)
        if found[index].type.kind is Kind.LABEL:
            owner = found[index]
    if later:
        ctx = ctx.wanting(*(_beside(value) for value in found.values() if value.type.kind is not Kind.ANY))
    for index, name in later:
        found[index] = _label_or_name(check, ctx, name, owner)
    return [found[index] for index in range(len(args))]


def _label_as_of(check: Checking, args: Sequence[tree.Expr], arg: tree.Expr, label: tree.Name) -> Node:
    """`tier = gold as of 30d ago`, where `as of` belongs to the label."""
    moved = arg.span.text[len(label.span.text) :]
    others = [f"({other.span.text}{moved})" for other in args if other is not arg]
    help = f"`as of` belongs to what stands right before it: write `{others[0]} = {label.text}`"
    return check.report(problems.unknown_name(label.text, (), label.span, help))


def _beside(value: Node) -> Type:
    is_text = isinstance(value, Constant) and value.type.kind is Kind.TEXT
    return Type(Kind.TEXT, ()) if is_text else value.type


def _exists(check: Checking, ctx: Context, name: tree.Name) -> bool:
    head = name.parts[0].text
    if ctx.param(head) is not None or head in check.model.entities[ctx.entity].attributes:
        return True
    if ctx.row is not None:
        return head == "at" or head in check.model.events[ctx.row].fields
    return names.find(check, ctx, name.parts)[0] is not None


def _label_or_name(check: Checking, ctx: Context, arg: tree.Name, owner: Node | None) -> Node:
    if owner is not None and owner.type.values is not None:
        if arg.text in owner.type.values:
            return Constant(arg.text, owner.type)
        if not _exists(check, ctx, arg):
            return check.report(problems.unknown_label(arg.text, owner.type.of or "", owner.type.values, arg.span))
    return check.expr(ctx, arg)


def _spans(args: Sequence[tree.Expr]) -> tuple[Span, Span]:
    left, right = args
    return left.span, right.span


def compare(
    check: Checking,
    ctx: Context,
    op: str,
    left: Node,
    right: Node,
    span: Span,
    sides: tuple[Span, Span] | None = None,
) -> Node:
    """Two values compared: times and dates by day, a time and a duration by age, everything else as it is. What is
    wrong with one of the `sides` is told where it stands."""
    sides = sides or (span, span)
    if Kind.ANY in (left.type.kind, right.type.kind):  # as BROKEN is
        return BROKEN
    if op == "!=":
        equal = compare(check, ctx, "=", left, right, span, sides)
        return BROKEN if equal == BROKEN else negation(equal)
    kinds = (left.type.kind, right.type.kind)
    if left.type.is_moment and right.type.is_moment:
        return _by_day(check, op, left, right, span) if kinds[0] is not kinds[1] else _plain(op, left, right)
    if left.type.is_moment and kinds[1] is Kind.DURATION:
        return _by_age(check, ctx, op, left, right, span)
    if right.type.is_moment and kinds[0] is Kind.DURATION:
        return _by_age(check, ctx, _FLIPPED[op], right, left, span)
    if Kind.LABEL in kinds:
        return _label(check, op, left, right, span, sides)
    if unify(left.type, right.type) is None or kinds[0] is Kind.LIST:
        labels = origins(check, left, right)
        hint = _hint(check, left, right, span.text, sides)
        return check.report(problems.not_comparable(str(left.type), str(right.type), span, hint, labels))
    if op != "=" and kinds[0] not in _ORDERED:
        found = [str(left.type)]
        labels = origins(check, left, right)
        return check.report(problems.wrong_operands(op, found, "values that have an order", span, labels=labels))
    if kinds[0] is Kind.DURATION:
        lengths = (length(left), length(right))
        if any(item is not None and not item.is_fixed for item in lengths):
            return check.report(problems.calendar_length(span))
    for value, other, (side, beside) in ((left, right, sides), (right, left, sides[::-1])):
        if not in_set(check, value, other, side, beside.text):
            return BROKEN
    return _plain(op, left, right)


def in_set(check: Checking, value: Node, other: Node, span: Span, beside: str) -> bool:
    """Whether a literal is one of the values of the closed set that it is compared with, as written `beside` it;
    reports its place if not."""
    if other.type.kind is not Kind.TEXT or other.type.values is None or isinstance(other, Constant):
        return True
    if isinstance(value, Constant) and isinstance(value.value, str) and value.value not in other.type.values:
        name = " ".join(beside.split())
        labels = origins(check, other)
        # where a name stands for the text, the name is not what is wrong
        written = quoted if span.text[:1] in ("'", '"') else None
        check.report(problems.value_not_in_set(value.value, other.type.values, f"`{name}`", span, labels, written))
        return False
    return True


def _plain(op: str, left: Node, right: Node) -> Node:
    return fold_comparison(op, left, right) or Apply(operator(op), (left, right), BOOL)


def _label(check: Checking, op: str, left: Node, right: Node, span: Span, sides: tuple[Span, Span]) -> Node:
    if op != "=":
        return check.report(problems.wrong_operands(op, ["labels"], "values that have an order", span))
    for label, other, side in ((left, right, sides[1]), (right, left, sides[0])):
        if label.type.kind is Kind.LABEL and isinstance(other, Constant) and isinstance(other.value, str):
            known = label.type.values or ()
            if other.value not in known:
                return check.report(problems.unknown_label(other.value, label.type.of or "", known, side))
    if left.type == right.type or Kind.TEXT in (left.type.kind, right.type.kind):
        return _plain(op, left, right)
    return check.report(problems.not_comparable(f"a {left.type}", f"a {right.type}", span))


def _hint(check: Checking, left: Node, right: Node, written: str, sides: tuple[Span, Span]) -> str | None:
    kinds = {left.type.kind, right.type.kind}
    texts = [node.value for node in (left, right) if isinstance(node, Constant) and isinstance(node.value, str)]
    numbers = [node for node in (left, right) if isinstance(node, Constant) and node.type.is_number]
    if texts and kinds & {Kind.DATE, Kind.TIME, Kind.DURATION}:
        meant = duration_of(texts[0]) or date_of(texts[0])
        if meant is not None:
            return f"dates and durations are written without quotes: `{meant}`"
    if Kind.BOOL in kinds:
        return _truth_hint(left, right, sides)
    if texts and kinds & {Kind.INT, Kind.DECIMAL}:
        day = calendar_of(texts[0])
        if day is not None and f"{day[0]}(" in written:
            return f"days and months are numbers: `{day[1]}`"
        for field in (node for node in (left, right) if isinstance(node, Field)):
            lookup = check.model.lookup_of(check.model.events[field.event].fields[field.name])
            if lookup is not None and lookup.fields:
                known = ", ".join(f"`{field.name}.{name}`" for name in lookup.fields)
                return f"`{field.name}` is the key of a `{lookup.name}`, whose fields are {known}"
        return "numbers are written without quotes"
    if numbers and Kind.TEXT in kinds:
        return "a text stands in quotes, one of digits too"
    if kinds & {Kind.DATE, Kind.TIME} and kinds & {Kind.INT, Kind.DECIMAL}:
        return _moment_hint(numbers, written)
    if Kind.DURATION in kinds and kinds & {Kind.INT, Kind.DECIMAL}:
        counted = _SINCE.search(written)
        if counted is not None:
            return f"`{counted['name']}` gives a number of {counted['unit']}, which carries no unit"
        return "a duration carries its unit, as in `90d`; `days_since(t)` gives a number"
    if Kind.DISTANCE in kinds and kinds & {Kind.INT, Kind.DECIMAL}:
        return "a distance carries its unit, as in `25km`"
    if Kind.TEXT in kinds and kinds & {Kind.DATE, Kind.TIME}:
        return "dates are written without quotes, as in `2026-01-31`"
    if Kind.LIST in kinds:
        return 'a list is tested by `contains "a"`, `has any ("a", "b")` or `has all ("a", "b")`'
    return None


def _truth_hint(left: Node, right: Node, sides: tuple[Span, Span]) -> str:
    """What is meant by a number or a text beside what is true or false, as files write it. Where that is unknown, it is
    neither."""
    for value, other in ((left, sides[1]), (right, sides[0])):
        if isinstance(value, Constant) and str(value.value).casefold() in _WRITTEN_TRUTHS and other.text:
            truth = _WRITTEN_TRUTHS[str(value.value).casefold()]
            more = "" if truth == "true" else f"; `not {other.text}` holds where it is unknown too"
            return f"that is written `{truth}` beside what is true or false{more}"
    return "what is true or false is a condition by itself: `newsletter`; it is false in `newsletter = false`"


def _moment_hint(numbers: Sequence[Constant], written: str) -> str:
    """What is meant by a number beside a time: a date without its zeros, a period, an age."""
    digits = re.search(r"(?<![\w.])\d[\d/.-]*$", written)
    date = date_of(digits.group()) if digits else None
    if date is not None:
        return f"a date is written `{date}`"
    european = re.search(r"(?<![\w.])(\d{1,2})/(\d{1,2})/(\d{4})$", written)
    if european is not None:
        one, two, year = (int(part) for part in european.groups())
        meant = [
            f"`{year}-{month:02}-{day:02}`" for month, day in dict.fromkeys([(one, two), (two, one)]) if month <= 12
        ]
        return f"a date is written {' or '.join(meant)}" if meant else "a date is written `2026-01-31`"
    if digits and re.fullmatch(r"(?:19|20)\d\d(?:-(?:0[1-9]|1[0-2]))?", digits.group()):
        return f"a period is tested by `in {digits.group()}`, a day is written `{digits.group()[:4]}-01-31`"
    if numbers and digits and digits.group().isdigit():
        return f"an age carries its unit, as in `{digits.group()}d`; a date is written `2026-01-31`"
    return "a time is compared with an age such as `90d`, or with a date such as `2026-01-31`"


def _by_day(check: Checking, op: str, left: Node, right: Node, span: Span) -> Node:
    if left.type.kind is Kind.DATE:
        left, right, op = right, left, _FLIPPED[op]
    if op != "=" and isinstance(right, Constant) and isinstance(right.value, dt.date):
        # against a fixed day the time itself is compared: engines can skip whole blocks of rows by it
        bound: Node = midnight(right.value)
        if op in ("<=", ">"):
            end = (before_end if op == "<=" else after_end)(check, bound, A_DAY, span)
            if end is None:
                return BROKEN
            op, bound = end.op, end.value
        return _plain(op, left, bound)
    return _plain(op, day(left), day(right))


def _by_age(check: Checking, ctx: Context, op: str, moment: Node, duration: Node, span: Span) -> Node:
    constant = length(duration)
    if constant is not None:
        bound = move(check, ctx.moment, -constant, span)
    else:
        bound = Apply(operator("-", "time"), (ctx.moment, duration), TIME)
    return BROKEN if bound == BROKEN else _plain(_FLIPPED[op], start(moment), bound)


def between(check: Checking, ctx: Context, node: tree.Operation) -> Node:
    """`x between a and b`, both ends included."""
    value, low, high = resolve_beside_labels(check, ctx, node.args)
    if BROKEN in (value, low, high):
        return BROKEN
    kinds = {value.type.kind, low.type.kind, high.type.kind}
    if len(kinds) == 1 and kinds <= _ORDERED - {Kind.DURATION}:
        return Apply(operator("between"), (value, low, high), BOOL)
    value = check.share(ctx, value)
    subject, *ends = [arg.span for arg in node.args]
    parts = [
        compare(check, ctx, op, value, end, node.span, (subject, span))
        for op, end, span in ((">=", low, ends[0]), ("<=", high, ends[1]))
    ]
    return BROKEN if BROKEN in parts else conjunction(parts)


def in_window(check: Checking, ctx: Context, node: tree.InWindow) -> Node:
    """Whether a time lies in a window."""
    value = check.expr(ctx, node.subject)
    if value == BROKEN:
        return BROKEN
    if not value.type.is_moment:
        help = None
        if isinstance(node.subject, tree.Name) and node.subject.parts[0].text in check.model.events:
            help = f"events are counted in a window: `any({node.span.text})`"
        elif isinstance(node.subject, tree.Sequence):
            help = "a window belongs to a step: `sequence(view within 30d then order within 1d)`"
        return check.report(problems.time_expected(str(value.type), node.span, help, origins(check, value)))
    is_date = value.type.kind is Kind.DATE
    found = windows.bounds(check, ctx, node.window, is_date)
    if found is None:
        return BROKEN
    subject = start(value)
    if len(found) > 1:
        subject = check.share(ctx, subject)
    parts = tuple(Apply(operator(bound.op), (subject, bound.value), BOOL) for bound in found)
    return conjunction(parts)


def in_values(check: Checking, ctx: Context, node: tree.Operation) -> Node:
    """`x in (a, b)` is `x = a or x = b`; `not in` its opposite."""
    subject, *written = node.args
    lists = [items_of(check, ctx, arg) for arg in written]
    alone = [arg for arg, listed in zip(written, lists, strict=True) if listed is None]
    value, *singles = resolve_beside_labels(check, ctx, [subject, *alone])
    items: list[Node] = []
    spans: list[Span] = []
    for arg, listed in zip(written, lists, strict=True):
        items.extend((singles.pop(0),) if listed is None else listed)
        spans.extend([arg.span] * (len(items) - len(spans)))
    if value == BROKEN or BROKEN in items:
        return BROKEN
    plain = all(item.type.kind is value.type.kind or (item.type.is_number and value.type.is_number) for item in items)
    if not plain:
        value = check.share(ctx, value)
    parts = [
        compare(check, ctx, "=", value, item, span if len(items) > 1 else node.span, (subject.span, span))
        for item, span in zip(items, spans, strict=True)
    ]
    if BROKEN in parts:
        return BROKEN
    if len(parts) == 1:
        found = parts[0]
    elif plain and all(isinstance(part, Constant) for part in parts):
        found = logic("or", parts)
    elif plain:
        found = Apply(operator("in"), (value, *items), BOOL)
    else:
        found = logic("or", parts)
    return found if node.op == "in" else negation(found)
