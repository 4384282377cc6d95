"""Tree to text: the one canonical print of a definition and of an expression."""

from __future__ import annotations

import re
from collections.abc import Iterable

from segdsl.syntax import tree
from segdsl.syntax.layout import SPACE, WIDTH, Doc, Group, Nest, bracket, can_break, join, render, start_of
from segdsl.syntax.literals import name, path, period, quoted, spelled, time
from segdsl.syntax.operators import ARITHMETIC, LISTS, SUFFIXES, WINDOW_WORDS, Binding, binding

COMMA: Doc = (",", SPACE)
# a name that could be read as part of the window, in front of the length of `within` and of `within next`; one behind
# `ever` that would make that a name
_NEXT = re.compile(r"^next$")
_AFTER_EVER = re.compile(
    r"^(contains|starts|ends|matches|has|within|after|before|from|to|since|where|same|inside|ago|for|was)(?!\w)"
)
_GOES_ON = re.compile(r"^(where|after|before|same|inside|ago)(?!\w)")

Line = tuple[int, Doc]  # its indentation, and what stands there


def print_expr(expr: tree.Expr) -> str:
    """An expression on one line."""
    return render(expression(expr), width=None)[0]


def print_definition(definition: tree.Definition) -> str:
    """A definition with its description and annotations, without a line break at its end."""
    lines = description(definition.head)
    for indent, doc in layout(definition):
        lines.extend(render(doc, indent))
    return "\n".join(lines)


def description(head: tree.Head) -> list[str]:
    """The `##` lines above a definition."""
    return [f"## {line}" if line else "##" for line in head.description.split("\n")] if head.description else []


# ---------------------------------------------------------------- definitions


def layout(definition: tree.Definition) -> list[Line]:
    """What a definition is printed from: its annotations and its own text, each of which starts a line."""
    annotations = definition.head.annotations
    above: list[Line] = [(0, Group(join((SPACE,), map(_annotation, annotations))))] if annotations else []
    return [*above, *_body(definition)]


def _annotation(annotation: tree.Annotation) -> Doc:
    values = [(_named(value.name), expression(value.value)) for value in annotation.values]
    return bracket(f"@{name(annotation.name)}(", join(COMMA, values), ")") if values else f"@{name(annotation.name)}()"


def _body(definition: tree.Definition) -> list[Line]:
    match definition:
        case tree.Param(words=words):
            among: Doc = (" in ", bracket("(", join(COMMA, map(name, words)), ")")) if words else ""
            return [(0, _assigned((f"param {name(definition.name)}", among, " ="), definition.value))]
        case tree.Trait() | tree.Segment():
            return [(0, _assigned((_signature(definition), " ="), definition.value))]
        case tree.Segmentation(among=population, rules=rules):
            narrowed: Doc = (" among ", Nest(expression(population))) if population is not None else ""
            width = max((len(name(rule.label, label=True)) for rule in rules), default=0)
            head: Doc = Group((_signature(definition), narrowed, " {"))
            return [(0, head), *((2, _rule(rule, width)) for rule in rules), (0, "}")]
        case tree.Use(library=library, args=args, alias=alias):
            used: Doc = f"use {name(library)}"
            if args:
                used = bracket(f"{used}(", join(COMMA, map(_argument, args)), ")")
            return [(0, (used, f" as {name(alias)}" if alias else ""))]
        case tree.Example(negated=negated, target=target, facts=facts):
            start = f"example {'not ' if negated else ''}in {path(target)}:"
            return [(0, _facts(start, facts))]
        case tree.Expect(condition=condition, inside=inside):
            within: Doc = (SPACE, "inside ", expression(inside)) if inside is not None else ""
            return [(0, Group(("expect ", Nest((expression(condition), within)))))]


def _assigned(head: Doc, value: tree.Expr) -> Doc:
    """`head = value`. A long value has lines of its own, or where that is not enough and it starts with brackets, it
    opens them on the first line."""
    first: tree.Expr = value
    if isinstance(value, tree.Comparison) or (isinstance(value, tree.Operation) and binding(value) is Binding.TEST):
        first = value.args[0]
    opens = isinstance(first, tree.Call | tree.Case | tree.Sequence)
    if opens and (first is value or len(print_expr(value)) > WIDTH - 2):
        return (head, " ", expression(value))
    return Group((head, Nest((SPACE, expression(value)))))


def _signature(definition: tree.Trait | tree.Segment | tree.Segmentation) -> Doc:
    parameters: Doc = ""
    if definition.parameters:
        parameters = bracket("(", join(COMMA, map(_parameter, definition.parameters)), ")")
    entity = f" of {name(definition.entity)}" if definition.entity else ""
    return (f"{type(definition).__name__.lower()} {name(definition.name)}", parameters, entity)


def _parameter(parameter: tree.Parameter) -> Doc:
    default: Doc = (" = ", expression(parameter.default)) if parameter.default is not None else ""
    return (name(parameter.name), default)


def _rule(rule: tree.Rule, width: int) -> Doc:
    label = name(rule.label, label=True).ljust(width)
    if rule.condition is None:
        return f"{label} otherwise"
    return (f"{label} when ", Nest(expression(rule.condition)))


# ---------------------------------------------------------------- customers


def _facts(start: str, facts: tuple[tree.Fact, ...]) -> Doc:
    return Group((start, Nest((SPACE, join(COMMA, map(_fact, facts)))))) if facts else start


def _fact(fact: tree.Fact) -> Doc:
    match fact:
        case tree.AsOfFact(moment):
            return ("as of ", _operand(moment, Binding.AGO))
        case tree.AttributeFact(attribute, value):
            return (f"{name(attribute)} = ", _operand(value, Binding.SUM))
        case tree.EventFact(event, args):
            if not args:
                return f"{name(event)}()"
            values = [(_named(arg.name), _operand(arg.value, Binding.SUM)) for arg in args]
            return bracket(f"{name(event)}(", join(COMMA, values), ")")


def _list(items: tuple[tree.Expr, ...]) -> Doc:
    """A list; one of a single item keeps a comma, without which it would be a value in brackets."""
    if len(items) < 2:
        return ("(", *(_operand(item, Binding.SUM) for item in items), ",)" if items else ")")
    return _values(items)


# ---------------------------------------------------------------- expressions


def expression(expr: tree.Expr) -> Doc:
    """An expression as a document."""
    match expr:
        case tree.Name():
            # by itself `ever` would take what follows for what it is about
            return "`ever`" if expr.text == "ever" else path(expr)
        case tree.Number() | tree.Quantity():
            return spelled(expr)
        case tree.Text(text):
            return quoted(text)
        case tree.Bool(truth):
            return "true" if truth else "false"
        case tree.Date(date):
            return date.isoformat()
        case tree.Time(moment):
            return time(moment)
        case tree.Operation():
            return _operation(expr)
        case tree.Comparison(ops, args):
            first, *rest = (_operand(arg, Binding.SUM) for arg in args)
            return _test(first, [(f"{op} ", arg) for op, arg in zip(ops, rest, strict=True)])
        case tree.InWindow(subject, window):
            return _test(_operand(subject, Binding.SUM), _window(window))
        case tree.AsOf(value, moment_):
            return (_operand(value, Binding.AGO), " as of ", _operand(moment_, Binding.AGO))
        case tree.Case():
            return _case(expr)
        case tree.Call():
            return _call(expr)
        case tree.Sequence():
            return _sequence(expr)
        case tree.ListValue(items):
            return _list(items)


def _operand(expr: tree.Expr, least: Binding) -> Doc:
    """An expression where something that binds at least so tightly can stand."""
    doc = expression(expr)
    # `as of` beside an operator needs no brackets, but is easily read as concerning more than its neighbour
    is_clear = binding(expr) >= least and not (isinstance(expr, tree.AsOf) and least >= Binding.SUM)
    return doc if is_clear else bracket("(", doc, ")")


def _operation(expr: tree.Operation) -> Doc:
    op, args = expr.op, expr.args
    level = binding(expr)
    match level:
        case Binding.OR | Binding.AND:
            # `and` inside `or` needs no brackets, but is easier to read with them
            first, *rest = (_operand(arg, Binding.NOT) for arg in args)
            return Group((first, *((SPACE, f"{op} ", part) for part in rest)))
        case Binding.NOT:
            return ("not ", _operand(args[0], Binding.NOT))
        case Binding.NEGATIVE:
            return ("-", _operand(args[0], Binding.NEGATIVE))
        case Binding.ATOM:
            return (f"{op} ", _edit_start(expression(args[0]), _AFTER_EVER, r"`\1`"))
        case Binding.AGO:
            return (_operand(args[0], Binding.ATOM), " ago")
        case Binding.SUM | Binding.PRODUCT:
            return _arithmetic(expr, level)
        case _:
            first = _operand(args[0], Binding.SUM)
            if op in SUFFIXES:
                return (first, f" {op}")
            if op in LISTS:
                return (first, f" {op} ", _values(args[1:]))
            words = [f"{op} ", *["and "] * (len(args) - 2)]
            return _test(first, [(word, _operand(arg, Binding.SUM)) for word, arg in zip(words, args[1:], strict=True)])


def _arithmetic(expr: tree.Operation, level: Binding) -> Doc:
    """A chain of `+ -` or of `* /`, which groups to the left."""
    rest: list[Doc] = []
    first: tree.Expr = expr
    while isinstance(first, tree.Operation) and ARITHMETIC.get((first.op, len(first.args))) is level:
        right = _operand(first.args[1], Binding(level + 1))
        rest.append((SPACE, f"{first.op} ", right))
        first = first.args[0]
    return Group((_operand(first, level), Nest(tuple(reversed(rest)))))


def _test(first: Doc, rest: list[tuple[str, Doc]]) -> Doc:
    """An operand and what it is tested against; lines end inside the one operand where they can, else between them."""
    if sum(map(can_break, (first, *(part for _, part in rest)))) == 1:
        return (first, *((" ", word, part) for word, part in rest))
    return Group((first, Nest(tuple((SPACE, word, part) for word, part in rest))))


def _window(window: tree.Window) -> list[tuple[str, Doc]]:
    parts = [period(arg) if isinstance(arg, tree.Period) else _operand(arg, Binding.SUM) for arg in window.args]
    if window.kind == "within next":
        parts[0] = _after_next(parts[0])
    elif window.kind.startswith("within"):
        parts[0] = _edit_start(parts[0], _NEXT, "`next`")
    return list(zip(WINDOW_WORDS[window.kind], parts, strict=True))


def _after_next(length: Doc) -> Doc:
    """What follows `within next`, where some beginnings would make `next` a name."""
    if re.match(r"[\w`(]", start_of(length)) is None:
        return bracket("(", length, ")")
    return _edit_start(length, _GOES_ON, r"`\1`")


def _edit_start(doc: Doc, pattern: re.Pattern[str], new: str) -> Doc:
    """The document with a different beginning, if its first text fits the pattern."""
    match doc:
        case str():
            return pattern.sub(new, doc, count=1)
        case tuple((first, *rest)):
            return (_edit_start(first, pattern, new), *rest)
        case Group(content):
            return Group(_edit_start(content, pattern, new))
        case Nest(content):
            return Nest(_edit_start(content, pattern, new))
        case _:
            return doc


def _values(values: Iterable[tree.Expr]) -> Doc:
    return bracket("(", join(COMMA, (_operand(value, Binding.SUM) for value in values)), ")")


def _named(identifier: tree.Identifier | None) -> str:
    return f"{name(identifier)}: " if identifier else ""


def _argument(argument: tree.Argument) -> Doc:
    return (_named(argument.name), expression(argument.value))


def _call(call: tree.Call) -> Doc:
    if not call.args:
        return f"{path(call.name)}()"
    parts = [join(COMMA, map(_argument, call.args))]
    if call.where is not None:
        parts.append(("where ", Nest(expression(call.where))))
    if call.among is not None:
        parts.append(("among ", Nest(expression(call.among))))
    if call.per:
        parts.append(("per ", Nest(join(COMMA, (_operand(key, Binding.SUM) for key in call.per)))))
    return bracket(f"{path(call.name)}(", join(SPACE, parts), ")")


def _case(case: tree.Case) -> Doc:
    parts: list[Doc] = []
    for branch in case.branches:
        value: Doc = Nest((SPACE, "then ", Nest(expression(branch.value))))
        parts.append((SPACE, Group(("when ", Nest(expression(branch.condition)), value))))
    if case.otherwise is not None:
        parts.append((SPACE, "else ", Nest(expression(case.otherwise))))
    return Group(("case", Nest(tuple(parts)), SPACE, "end"))


def _sequence(sequence: tree.Sequence) -> Doc:
    parts = [_step(step) for step in sequence.steps]
    docs: list[Doc] = [parts[0], *((SPACE, "then ", part) for part in parts[1:])]
    if sequence.same is not None:
        docs.append((SPACE, f"same {name(sequence.same)}"))
    return bracket("sequence(", tuple(docs), ")")


def _step(step: tree.Step) -> Doc:
    event = name(step.event)
    if step.no and event in ("within", "where", "same"):
        event = f"`{event}`"  # after `no`, these would go on with an event called `no`
    within: Doc = (" within ", _operand(step.within, Binding.SUM)) if step.within is not None else ""
    where: Doc = (SPACE, "where ", Nest(expression(step.where))) if step.where is not None else ""
    return Group((f"{'no ' if step.no else ''}{event}", Nest((within, where))))
