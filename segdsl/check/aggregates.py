"""Aggregates over events and over children."""

from __future__ import annotations

from dataclasses import replace

from segdsl import problems
from segdsl.check import guesses, names, windows
from segdsl.check.constants import number
from segdsl.check.context import BROKEN, Checking, Context
from segdsl.check.origins import origins
from segdsl.functions import AGGREGATES, FUNCTION_ROWS, WORDS, AggregateRow, operator
from segdsl.model.model import Event
from segdsl.moment import NOW
from segdsl.program import Aggregate, Apply, At, Bound, ChildAggregate, Constant, Moment, Node
from segdsl.syntax import tree
from segdsl.types import BOOL, DATE, DECIMAL, DURATION, INT, TIME, Type

_NOW = Bound("<=", NOW)


def aggregate(check: Checking, ctx: Context, call: tree.Call) -> Node:
    """The value of an aggregate call."""
    row = AGGREGATES[call.name.text]
    if ctx.row is not None:
        help = f"an aggregate of the customer can be a trait, read as `{ctx.entity}.NAME`"
        return check.report(problems.not_here(f"the aggregate `{row.name}`", "inside `where`", call.span, help))
    if call.among is not None or call.per:
        return check.report(problems.wrong_call(row.form, f"`{row.name}` takes no `among` and no `per`", call.span))
    target, n = _target(check, ctx, row, call)
    if target is None:
        return BROKEN
    subject = target.subject if isinstance(target, tree.InWindow) else target
    window = target.window if isinstance(target, tree.InWindow) else None
    args: tuple[tree.Argument, ...] | None = None
    if isinstance(subject, tree.Call) and _is_child(check, ctx, subject.name):
        args, subject = subject.args, subject.name
    if not isinstance(subject, tree.Name):
        found = f"`{row.name}` reads the events of one kind"
        help = _how_to_narrow(check, row, subject)
        return check.report(problems.wrong_call(row.form, found, call.span, help))
    head = subject.parts[0]
    if head.text in check.model.events:
        event = check.model.events[head.text]
        if event.of != ctx.entity:
            help = f"`of {event.of}` after a definition's name makes it one of `{event.of}`"
            return check.report(problems.other_entity(event.name, event.of, ctx.entity, head.span, help))
        return _Events(check, ctx, call, row, event, subject, window, n).value()
    if _is_child(check, ctx, subject):
        if window is not None:
            return check.report(problems.wrong_call(row.form, f"`{head.text}` has no time for a window", window.span))
        return _children(check, ctx, call, row, subject, args)
    known = [event.name for event in check.model.events_of(ctx.entity)]
    known.extend(child.name for child in check.model.children_of(ctx.entity))
    owners = [event.name for event in check.model.events_of(ctx.entity) if head.text in event.fields]
    advice = f"a field is written behind its event: `{row.name}({owners[0]}.{head.text})`" if owners else None
    if advice is None and names.find(check, ctx, subject.parts)[0] is not None:
        advice = f"aggregates read events; a score compares a customer with all others: `percentile({head.text})`"
    return check.report(problems.unknown_event(head.text, known, head.span, advice))


def _of_several(row: AggregateRow, call: tree.Call) -> str | None:
    """What is meant by an aggregate of several arguments."""
    written = [argument.span.text for argument in call.args]
    if len(written) < 2:
        return None
    if row.name in ("min", "max"):
        function = {"min": "least", "max": "greatest"}[row.name]
        return f"of several values of one customer: `{function}({', '.join(written)})`"
    if isinstance(call.args[1].value, tree.Text) and row.name == "any":
        return f"items of a list are tested by `x has any ({', '.join(written)})`"
    if isinstance(call.args[1].value, tree.Comparison):
        return f"conditions of the events stand in `where`: `{row.name}({written[0]} where {written[1]})`"
    if isinstance(call.args[1].value, tree.Quantity):
        return f"a window is written `{row.name}({written[0]} within {written[1]})`"
    if row.name != "nth" and row.word and isinstance(call.args[1].value, tree.Name):
        return f"an aggregate reads one field: `{row.name}({written[0]})`, `{row.name}({written[1]})`"
    return None


def _how_to_narrow(check: Checking, row: AggregateRow, found: tree.Expr) -> str:
    """How a condition that stands where the events should is written."""
    first = found.args[0] if isinstance(found, tree.Comparison | tree.Operation) else found
    if isinstance(first, tree.Name) and first.parts[0].text in check.model.events:
        event = first.parts[0].text
        if isinstance(found, tree.Operation) and found.op in ("+", "-", "*", "/"):
            return _of_calculation(row, found)
        if len(first.parts) == 1:
            rest = found.span.text.removeprefix(event).strip()
            return f"the time of an event is `at`: `{row.name}({event} where at {rest})`"
        condition = found.span.text.removeprefix(f"{event}.")
        return f"conditions of the events stand in `where`: `{row.name}({event} where {condition})`"
    if isinstance(found, tree.Text):
        return 'items of a list are tested by `x has any ("a", "b")`'
    return "the window stands before `where`, and conditions of the events stand in `where`"


def _of_calculation(row: AggregateRow, found: tree.Operation) -> str:
    """How an aggregate of what is worked out for each event is made."""
    told = "an aggregate reads one field; what is worked out for each event is a field by the model's `sql`"
    if row.name != "sum" or found.op not in ("+", "-") or not all(isinstance(arg, tree.Name) for arg in found.args):
        return told
    sums = f" {found.op} ".join(f"sum({arg.span.text})" for arg in found.args)
    return f"{told}; `{sums}` is the same where both are known of every event"


def _target(check: Checking, ctx: Context, row: AggregateRow, call: tree.Call) -> tuple[tree.Expr | None, int]:
    """The argument that names the events, and the number of `nth`."""
    named = next((arg for arg in call.args if arg.name is not None), None)
    if named is not None:
        check.report(problems.wrong_call(row.form, f"`{row.name}` has no named arguments", named.span))
        return None, 0
    wanted = 2 if row.name == "nth" else 1
    if len(call.args) != wanted:
        found = f"`{row.name}` takes {wanted} argument{'s' * (wanted > 1)}, found {len(call.args)}"
        check.report(problems.wrong_call(row.form, found, call.span, _of_several(row, call)))
        return None, 0
    if row.name != "nth":
        return call.args[0].value, 0
    first, second = call.args
    if isinstance(first.value, tree.Name) and isinstance(second.value, tree.Number):
        help = f"the number comes first: `nth({second.span.text}, {first.span.text})`"
        check.report(problems.wrong_call(row.form, "`nth` found its number behind the field", call.span, help))
        return None, 0
    value = check.expr(ctx, call.args[0].value)
    n = number(value)
    if value == BROKEN:
        return None, 0
    if n is None or n != int(n) or not 1 <= n <= 1_000_000:
        found_text = call.args[0].span.text
        check.report(
            problems.bad_value("the number of `nth`", "a constant whole number from 1", found_text, call.args[0].span)
        )
        return None, 0
    return call.args[1].value, int(n)


class _Events:
    """One aggregate over the events of one kind."""

    def __init__(
        self,
        check: Checking,
        ctx: Context,
        call: tree.Call,
        row: AggregateRow,
        event: Event,
        subject: tree.Name,
        window: tree.Window | None,
        n: int,
    ) -> None:
        self.check, self.ctx, self.call, self.row = check, ctx, call, row
        self.event, self.subject, self.n = event, subject, n
        self.broken = False
        self.bounds = self._bounds(window)
        self.condition = self._condition()

    def _bounds(self, window: tree.Window | None) -> tuple[Bound, ...]:
        # what as-of can see: nothing after it, nor after the run's own
        now = self.ctx.moment
        found: list[Bound] = []
        if now is not NOW:
            found.extend(Bound("<=", moment) for moment in (Moment(now.base, now.steps), *now.limits))
        if window is not None:
            if window.kind == "within next":
                what = "`within next`"
                help = "no event after as-of exists; it is for times among the attributes"
                self.check.report(problems.not_here(what, "with events", window.span, help))
                self.broken = True
            extra = windows.bounds(self.check, self.ctx, window)
            self.broken |= extra is None
            found.extend(extra or ())
        told = [bound for bound in found if bound != _NOW]
        return tuple(sorted(dict.fromkeys(told), key=repr) if len(told) > 1 else told)

    def _condition(self) -> Node | None:
        if self.call.where is None:
            return None
        condition = self.check.condition(self.ctx.inside(self.event.name), self.call.where)
        self.broken |= condition == BROKEN
        return condition

    def value(self) -> Node:
        if self.row.word:
            field = self._field()
            return BROKEN if field is None or self.broken else self._of_field(field)
        if len(self.subject.parts) > 1:
            found = f"`{self.row.name}` takes an event, without a field"
            path = ".".join(part.text for part in self.subject.parts)
            help = f"different values are counted by `distinct({path})`" if self.row.name == "count" else None
            self.check.report(problems.wrong_call(self._form(), found, self.call.span, help))
            return BROKEN
        return BROKEN if self.broken else self._of_events()

    def _form(self) -> str:
        return self.row.form.replace("event", self.event.name)

    def _field(self) -> Node | None:
        parts = self.subject.parts[1:]
        if not parts:
            known, fitting = guesses.known_fields(self.check, self.event, WORDS[self.row.word])
            found = f"`{self.row.name}` needs a field of `{self.event.name}`"
            advice = f"its fields: {', '.join(fitting or known)}"
            self.check.report(problems.wrong_call(self._form(), found, self.call.span, advice))
            return None
        field = names.field_of(self.event, parts, self.check)
        if field is None:
            known_names, fitting = guesses.known_fields(self.check, self.event, WORDS[self.row.word])
            owner, part = self.event.name, parts[0]
            help = guesses.field_help(self.check, self.ctx, self.event, parts)
            if len(parts) > 1 and parts[0].text in self.event.fields:
                lookup = self.check.model.lookup_of(self.event.fields[parts[0].text])
                known_names, fitting, help = list(lookup.fields) if lookup else [], [], None
                owner, part = f"{owner}.{parts[0].text}", parts[1]
            self.check.report(problems.unknown_field(owner, part.text, known_names, part.span, help, fitting))
            return None
        if field.type.kind not in WORDS[self.row.word]:
            expected = {"number": "a number", "scalar": "a field that is no list"}
            what = f"`{self.row.name}`"
            span, labels = self.subject.span, origins(self.check, field)
            found = str(field.type)
            self.check.report(problems.type_not_possible(what, found, expected[self.row.word], span, labels=labels))
            return None
        return field

    def _make(self, kind: str, value: Node | None, type_: Type, n: int = 0) -> Aggregate:
        found = Aggregate(kind, self.ctx.entity, self.event.name, value, self.condition, self.bounds, type_, n)
        return self.check.one_of_all(found)

    def _of_field(self, field: Node) -> Node:
        name = self.row.name
        match name:
            case "sum":
                return self._make("sum", field, field.type)
            case "avg":
                total = self._make("sum", field, field.type)
                return Apply(operator("mean"), (total, self._make("count", field, INT)), DECIMAL)
            case "median":
                middle = [self._make(kind, field, field.type) for kind in ("median_low", "median_high")]
                return Apply(operator("half"), tuple(middle), DECIMAL)
            case "distinct":
                return self._make("distinct", field, INT)
            case "first" | "last" if isinstance(field, At):
                return self._make("min" if name == "first" else "max", field, TIME)
            case _:
                return self._make(name, field, field.type, self.n)

    def _of_events(self) -> Node:
        at = At(self.event.name)
        match self.row.name:
            case "count":
                return self._make("count", None, INT)
            case "any":
                return Apply(operator(">"), (self._make("count", None, INT), Constant(0, INT)), BOOL)
            case "none":
                return Apply(operator("="), (self._make("count", None, INT), Constant(0, INT)), BOOL)
            case "days":
                return self._make("distinct", Apply(FUNCTION_ROWS["date"][0], (at,), DATE), INT)
            case "weeks":
                return self._make("distinct", Apply(operator("week start"), (at,), TIME), INT)
            case "months":
                return self._make("distinct", Apply(operator("month start"), (at,), TIME), INT)
            case "avg_gap":
                edges = [self._make(kind, at, TIME) for kind in ("max", "min")]
                span = Apply(operator("-", "times"), tuple(edges), DURATION)
                gaps = Apply(operator("-"), (self._make("count", None, INT), Constant(1, INT)), INT)
                return Apply(operator("mean_gap"), (span, gaps), DURATION)
            case _:
                return self._make(self.row.name, at, DURATION)


def _is_child(check: Checking, ctx: Context, name: tree.Name) -> bool:
    return any(child.name == name.parts[0].text for child in check.model.children_of(ctx.entity))


def _children(
    check: Checking,
    ctx: Context,
    call: tree.Call,
    row: AggregateRow,
    subject: tree.Name,
    args: tuple[tree.Argument, ...] | None,
) -> Node:
    child = subject.parts[0].text
    form = row.form.replace("event", child)
    if not row.children:
        return check.report(
            problems.wrong_call(row.form, f"`{row.name}` needs events, `{child}` has no time", call.span)
        )
    # bare names are the child's there, so an attribute wins over a parameter
    attributes = check.model.entities[child].attributes
    inner = replace(ctx.of(child), params=tuple(item for item in ctx.params if item[0] not in attributes))
    condition = None if call.where is None else check.condition(inner, call.where)
    value: Node | None = None
    parts = subject.parts[1:]
    if row.word:
        if not parts:
            return check.report(problems.wrong_call(form, f"`{row.name}` needs a field of `{child}`", call.span))
        value = names.of_entity(check, ctx.of(child), parts, args, parts[0].span.to(parts[-1].span))
        if value != BROKEN and value.type.kind not in WORDS[row.word]:
            return check.report(
                problems.type_not_possible(f"`{row.name}`", str(value.type), "another type", subject.span)
            )
    elif parts:
        return check.report(problems.wrong_call(form, f"`{row.name}` takes `{child}` without a field", call.span))
    if BROKEN in (condition, value):
        return BROKEN

    def make(kind: str, value: Node | None, type_: Type) -> ChildAggregate:
        return ChildAggregate(kind, ctx.entity, child, value, condition, type_)

    if value is None:
        count = make("count", None, INT)
        if row.name == "count":
            return count
        return Apply(operator(">" if row.name == "any" else "="), (count, Constant(0, INT)), BOOL)
    match row.name:
        case "avg":
            return Apply(operator("mean"), (make("sum", value, value.type), make("count", value, INT)), DECIMAL)
        case "median":
            middle = [make(kind, value, value.type) for kind in ("median_low", "median_high")]
            return Apply(operator("half"), tuple(middle), DECIMAL)
        case "distinct":
            return make("distinct", value, INT)
        case _:
            return make(row.name, value, value.type)
