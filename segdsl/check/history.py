"""What is asked of a history: `entered(vip)`, `left(vip)`, `vip for 30d`, `ever vip`, `lifecycle was active`.

Runs before an as-of have seen whether a customer was in a segment; the run itself sees whether it is now, and is the
last one to look. What earlier runs have seen comes as `Past` nodes, what is now is the segment's own value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from segdsl import problems
from segdsl.check import names
from segdsl.check.constants import length
from segdsl.check.context import BROKEN, Checking, Context
from segdsl.check.moments import move
from segdsl.functions import HISTORY, operator
from segdsl.program import Apply, Begun, Case, Constant, Moment, Node, ParentValue, Past, PastKind
from segdsl.syntax import tree
from segdsl.types import BOOL, TIME, Type

_FORMS = {row.name: row.form for row in HISTORY}


@dataclass(frozen=True, slots=True)
class _Subject:
    """What has a history: a segment, a label (`label`), or a segmentation (`label` None); and what it is now."""

    entity: str
    definition: str
    label: str | None
    now: Node
    moment: Moment

    @property
    def as_of(self) -> Moment:
        return Moment(self.moment.base, self.moment.steps)

    def past(self, kind: PastKind, type_: Type = TIME) -> Past:
        return Past(kind, self.entity, self.definition, self.label, self.moment, type_)

    @property
    def was_in(self) -> Node:
        """Whether the last run before found the customer in it."""
        return _apply("is known", self.past("since"))

    @property
    def is_in(self) -> Node:
        """Whether the customer is in it now, or has a label."""
        return self.now if self.label is not None else _apply("is known", self.now)

    @property
    def stayed(self) -> Node:
        """Whether the customer is where the last run before found it."""
        if self.label is not None:
            return _apply("and", self.was_in, self.now)
        return _apply("and", self.was_in, self._is_last)

    @property
    def _is_last(self) -> Node:
        return _apply("=", self.now, self.past("last", self.now.type))

    @property
    def has_runs(self) -> Node:
        """Whether a run before has looked at all: what the first one finds, it has not seen enter."""
        return _apply("is known", Begun(self.entity, self.definition, self.moment))


_Make = Callable[[Checking, Context, _Subject, tree.Expr], Node]


def _apply(name: str, *args: Node) -> Node:
    return Apply(operator(name), args, BOOL)


def call(check: Checking, ctx: Context, node: tree.Call) -> Node:
    """`entered(vip)`, `left(vip)`: the last time that happened, the run itself included."""
    name = node.name.text
    tail = node.where is not None or node.among is not None or node.per
    if len(node.args) != 1 or node.args[0].name is not None or tail:
        return check.report(problems.wrong_call(_FORMS[name], f"`{name}` takes one segment", node.span))
    return _asked(check, ctx, name, node.args[0].value, node, _moment_of)


def ever(check: Checking, ctx: Context, node: tree.Operation) -> Node:
    """`ever vip`."""
    return _asked(check, ctx, "ever", node.args[0], node, _ever)


def lasting(check: Checking, ctx: Context, node: tree.Operation) -> Node:
    """`vip for 30d`: without a break."""
    return _asked(check, ctx, "for", node.args[0], node, _lasting)


def was(check: Checking, ctx: Context, node: tree.Operation) -> Node:
    """`lifecycle was active`: the label before the present one."""
    return _asked(check, ctx, "was", node.args[0], node, _was)


def _moment_of(check: Checking, ctx: Context, subject: _Subject, node: tree.Expr) -> Node:
    assert isinstance(node, tree.Call)
    if node.name.text == "entered":
        moved = _apply("and", subject.is_in, _apply("not", subject.stayed), subject.has_runs)
        return Case(((moved, subject.as_of),), subject.past("entered"), TIME)
    moved = _apply("and", subject.was_in, _apply("not", subject.stayed))
    return Case(((moved, subject.as_of),), subject.past("left"), TIME)


def _ever(check: Checking, ctx: Context, subject: _Subject, node: tree.Expr) -> Node:
    if subject.label is None:
        return _label_expected(check, "ever", subject, node)
    return _apply("or", subject.now, subject.past("ever", BOOL))


def _lasting(check: Checking, ctx: Context, subject: _Subject, node: tree.Expr) -> Node:
    assert isinstance(node, tree.Operation)
    if subject.label is None:
        return _label_expected(check, "for", subject, node)
    written = node.args[1]
    value = check.expr(ctx, written)
    if value == BROKEN:
        return BROKEN
    found = None if isinstance(written, tree.AsOf) else length(value)
    if found is None or found.months < 0 or found.micros < 0 or not (found.months or found.micros):
        help = None
        if isinstance(written, tree.AsOf):
            help = "what it was then stands in brackets: `(vip for 30d) as of 90d ago`"
        what, expected = "the length after `for`", "a constant length of time above nothing"
        return check.report(problems.bad_value(what, expected, f"`{written.span.text}`", written.span, help))
    start = move(check, subject.as_of, -found, written.span)
    if start == BROKEN:
        return BROKEN
    return _apply("and", subject.now, _apply("<=", subject.past("since"), start))


def _was(check: Checking, ctx: Context, subject: _Subject, node: tree.Expr) -> Node:
    assert isinstance(node, tree.Operation)
    written = node.args[1]
    if subject.label is not None:
        help = "`ever vip` and `left(vip)` ask of a segment"
        return check.report(problems.history_of_segments("was", node.args[0].span.text, node.args[0].span, help))
    labels = subject.now.type.values or ()
    if isinstance(written, tree.Name) and len(written.parts) == 1:
        text = written.text
    elif isinstance(written, tree.Text):
        text = written.value
    else:
        return check.report(problems.unknown_label(written.span.text, subject.definition, labels, written.span))
    if text not in labels:
        return check.report(problems.unknown_label(text, subject.definition, labels, written.span))
    label = Constant(text, subject.now.type)
    stayed = subject.stayed
    previous = _apply("=", subject.past("previous", subject.now.type), label)
    last = _apply("=", subject.past("last", subject.now.type), label)
    return _apply("or", _apply("and", stayed, previous), _apply("and", _apply("not", stayed), last))


def _label_expected(check: Checking, form: str, subject: _Subject, node: tree.Expr) -> Node:
    assert isinstance(node, tree.Operation)
    written = node.args[0].span
    example = f"{written.text}.{(subject.now.type.values or ('label',))[0]}"
    help = f"a label of it is a segment: `{example}`"
    return check.report(problems.history_of_segments(form, written.text, written, help))


# ---------------------------------------------------------------- whose history


def _asked(check: Checking, ctx: Context, form: str, written: tree.Expr, node: tree.Expr, make: _Make) -> Node:
    """What `make` gives for the segment that is written; of a parent it is read by the child."""
    if ctx.row is not None:
        return check.report(problems.not_here(f"`{_FORMS[form]}`", "inside `where`", node.span))
    if not isinstance(written, tree.Name) or (len(written.parts) == 1 and ctx.param(written.text) is not None):
        return check.report(problems.history_of_segments(form, written.span.text, written.span))
    parts: Sequence[tree.Identifier] = written.parts
    if len(parts) > 1 and parts[0].text == ctx.entity:
        parts = parts[1:]
    parent = check.model.parent_of(ctx.entity)
    is_parents = parent is not None and len(parts) > 1 and parts[0].text == parent.name
    if parent is not None and is_parents:
        inner = ctx.of(parent.name)
        subject = _subject(check, inner, form, written, parts[1:])
        value = BROKEN if subject is None else make(check, inner, subject, node)
        return BROKEN if value == BROKEN else ParentValue(ctx.entity, parent.name, value, value.type)
    subject = _subject(check, ctx, form, written, parts)
    return BROKEN if subject is None else make(check, ctx, subject, node)


def _subject(
    check: Checking, ctx: Context, form: str, node: tree.Name, parts: Sequence[tree.Identifier]
) -> _Subject | None:
    definition, rest = names.find(check, ctx, parts)
    if definition is None or definition.is_param or isinstance(definition.tree, tree.Trait):
        if names.of_entity(check, ctx, parts, None, node.span) != BROKEN:
            check.report(problems.history_of_segments(form, node.span.text, node.span))
        return None
    now = names.of_entity(check, ctx, parts, None, node.span)
    if now == BROKEN:
        return None
    label: str | None = rest[0].text if rest else ""
    if not rest and isinstance(definition.tree, tree.Segmentation):
        label = None
    return _Subject(ctx.entity, definition.name, label, now, ctx.moment)
