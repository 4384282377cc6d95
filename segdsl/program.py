"""The program: definitions resolved and typed. No names are left, every as-of shift and constant is worked out.

A node is a value. `level` nodes stand for a value per member of an entity; `row` nodes (Field, LookupField, At, and
anything built on them) for a value per event, inside an aggregate or a step. References to definitions stay
references, so a program is no larger than its text, however its definitions refer to one another.

BOOL nodes come in two sorts. A *condition* is true or false; where SQL yields NULL for one, that means false. A bool
*value* (an attribute, a `case` …) may be unknown.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Literal, TypeAlias

from segdsl.diagnostics import Span
from segdsl.functions import Function
from segdsl.moment import DAY as DAY
from segdsl.moment import HOUR as HOUR
from segdsl.moment import MINUTE as MINUTE
from segdsl.moment import SECOND as SECOND
from segdsl.moment import Floor as Floor
from segdsl.moment import Length as Length
from segdsl.moment import Moment as Moment
from segdsl.moment import Unit as Unit
from segdsl.types import BOOL, DATE, DECIMAL, INT, TIME, Kind, Type
from segdsl.values import Hashed, frozen, hash_once

Value: TypeAlias = "bool | int | Decimal | str | dt.date | Length | tuple[Constant | Moment, ...] | None"


@frozen
class Constant:
    """A constant; None is unknown. Distances are metres, shares plain numbers; a list, a tuple of constants, is never a
    value of a customer."""

    value: Value
    type: Type


@hash_once
@frozen
class Attribute(Hashed):
    entity: str
    name: str
    type: Type


@frozen
class KeyOf:
    """The key of the entity, as text."""

    entity: str
    type: Type


@hash_once
@frozen
class Reference(Hashed):
    """The value of an instance: a definition with its arguments, at an as-of."""

    instance: InstanceKey
    entity: str
    type: Type
    condition: bool


@hash_once
@frozen
class ParentValue(Hashed):
    """A value of the parent, read by the child."""

    child: str
    parent: str
    value: Node
    type: Type


@hash_once
@frozen
class Field(Hashed):
    event: str
    name: str
    type: Type


@frozen
class LookupField:
    """A field of a lookup, read through a field of an event."""

    event: str
    field: str
    lookup: str
    name: str
    type: Type


@frozen
class At:
    """The time of an event."""

    event: str
    type: Type = TIME


@hash_once
@frozen
class Outer(Hashed):
    """Inside an aggregate: a value of the entity whose events are looked at."""

    value: Node
    type: Type
    condition: bool


@frozen
class Bound:
    """An event's time against a moment, constant or of the entity."""

    op: Literal["<", "<=", ">", ">="]
    value: Node


@hash_once
@frozen
class Aggregate(Hashed):
    """One value out of an entity's events.

    kind: count (of events, or of known values), sum, min, max, distinct · first, last, nth, mode, median_low,
    median_high (the middle values) · max_gap, last_gap. `bounds` hold the window and what as-of can see.
    """

    kind: str
    entity: str
    event: str
    value: Node | None
    condition: Node | None
    bounds: tuple[Bound, ...]
    type: Type
    n: int = 0


@hash_once
@frozen
class ChildAggregate(Hashed):
    """One value out of an entity's children; value and condition are of the child."""

    kind: str
    entity: str
    child: str
    value: Node | None
    condition: Node | None
    type: Type


PastKind = Literal["since", "entered", "left", "ever", "last", "previous"]


@frozen
class Past:
    """What the runs before a moment have seen of a customer in a segment, a label or (`label` None) any label.

    kind: since (when the stay began that was not yet over; where nobody saw it begin, when it was found) · entered,
    left (the last time that was seen) · ever (whether in at all) · last, previous (the labels of the last stay, and of
    the one before it).
    """

    kind: PastKind
    entity: str
    definition: str
    label: str | None
    moment: Moment
    type: Type


@frozen
class Begun:
    """The first run before a moment that evaluated a definition; the same for everybody."""

    entity: str
    definition: str
    moment: Moment
    type: Type = TIME


ScoreKind = Literal["below", "size", "rank", "part", "reaches"]


@hash_once
@frozen
class Score(Hashed):
    """A count over the population whose value is known, `among` and in the same `per` group.

    kind: below (with a smaller value) · size (all of them) · rank (1 + those with a greater value) · part and
    reaches, of which `Quantile` and `Reaches` say more.
    """

    kind: ScoreKind
    entity: str
    value: Node
    among: Node | None
    per: tuple[Node, ...]
    type: Type = INT


@hash_once
@frozen
class Quantile(Score):
    """Which of so many equal parts of the population a value is in: 1 + parts · below // size."""

    parts: int = 1


@hash_once
@frozen
class Reaches(Score):
    """How the share of the population with a smaller value, in percent, compares with a number between 0 and 100. The
    planner makes it."""

    op: str = ">="
    percents: int = 1


@frozen
class Step:
    no: bool
    event: str
    within: Length | None
    condition: Node | None
    same: Node | None


@hash_once
@frozen
class Sequence(Hashed):
    """Whether some choice of events fits all steps, at a moment."""

    entity: str
    steps: tuple[Step, ...]
    moment: Moment
    type: Type = BOOL


@hash_once
@frozen
class Apply(Hashed):
    """A function or operator of the table, with its arguments. `and` and `or` take any number."""

    function: Function
    args: tuple[Node, ...]
    type: Type


@hash_once
@frozen
class Case(Hashed):
    branches: tuple[tuple[Node, Node], ...]
    otherwise: Node | None
    type: Type


Node: TypeAlias = (
    Constant
    | Moment
    | Attribute
    | KeyOf
    | Reference
    | ParentValue
    | Field
    | LookupField
    | At
    | Outer
    | Aggregate
    | ChildAggregate
    | Score
    | Sequence
    | Past
    | Begun
    | Apply
    | Case
)


@hash_once
@frozen
class InstanceKey(Hashed):
    """A definition (by its name in the catalog, `lib.name` in a library) with its arguments, at an as-of."""

    definition: str
    args: tuple[tuple[str, Node], ...]
    moment: Moment


@frozen
class Instance:
    key: InstanceKey
    entity: str
    value: Node
    # a value that several places of one expression use: a column of its own, unless it is as good as one
    shared: bool = False


OutputKind = Literal["trait", "segment", "segmentation"]


@frozen
class Output:
    """A definition that a run can be asked for."""

    name: str
    kind: OutputKind
    entity: str
    type: Type
    instance: InstanceKey
    labels: tuple[str, ...] = ()


@frozen
class GivenEvent:
    """An event of an example: when, and the fields that are given; the others are unknown."""

    event: str
    time: Moment
    fields: tuple[tuple[str, Constant | Moment], ...]


@frozen
class Example:
    """A customer that has just what is given, and where it has to be in or out.

    Attributes are constants; lists are tuples of constants. `parent` is the parent's key. `as_of` may be left out.
    """

    target: Output
    negated: bool
    as_of: Moment | None
    attributes: tuple[tuple[str, Constant | Moment | tuple[Constant, ...]], ...]
    parent: Constant | None
    events: tuple[GivenEvent, ...]
    span: Span


ExpectationKind = Literal["between", "inside", "disjoint", "covers"]


@frozen
class Expectation:
    """What has to be true of the data: that so many customers hold a condition.

    `low` and `high` are counts, or shares from 0 to 1 of the population (`is_share`); `names` are the definitions that
    it speaks of.
    """

    kind: ExpectationKind
    output: Output
    low: Decimal
    high: Decimal
    is_share: bool
    names: tuple[InstanceKey, ...]
    span: Span


@frozen
class Program:
    instances: dict[InstanceKey, Instance]
    outputs: dict[str, Output]
    examples: tuple[Example, ...] = ()
    expectations: tuple[Expectation, ...] = ()


def is_condition(node: Node) -> bool:
    """Whether a BOOL node is a condition: true or false, where NULL means false."""
    match node:
        case Apply():
            return node.function.is_condition
        case Reference() | Outer():
            return node.condition
        case Sequence() | Reaches():
            return True
        case Past():
            return node.kind == "ever"
        case ParentValue():
            return is_condition(node.value)
        case Constant():
            return node.value is not None and node.type.kind is Kind.BOOL
        case _:
            return False


# nodes that nothing is below
_LOWEST = frozenset((Constant, Attribute, Reference, Moment, Field, LookupField, At, KeyOf, Past, Begun))


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below a node, of whatever level."""
    if type(node) in _LOWEST:  # most are: to try each case in turn for them takes long
        return ()
    match node:
        case Apply():
            return node.args
        case ParentValue() | Outer():
            return (node.value,)
        case Aggregate():
            return (*_given(node.value, node.condition), *[bound.value for bound in node.bounds])
        case ChildAggregate():
            return _given(node.value, node.condition)
        case Score():
            return (node.value, *_given(node.among), *node.per)
        case Sequence():
            return tuple([part for step in node.steps for part in _given(step.condition, step.same)])
        case Case():
            return (*[part for branch in node.branches for part in branch], *_given(node.otherwise))
        case _:
            return ()


def _given(*nodes: Node | None) -> tuple[Node, ...]:
    return tuple([node for node in nodes if node is not None])


def date_constant(value: dt.date) -> Constant:
    return Constant(value, DATE)


def number_constant(value: int | Decimal) -> Constant:
    if isinstance(value, Decimal) and value == int(value):
        return Constant(int(value), INT)
    return Constant(value, INT if isinstance(value, int) else DECIMAL)
