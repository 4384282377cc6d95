"""The tree of a `.seg` text: what was written, before any name is looked up.

Every node knows its span; spans, and the way a number was spelled, take no part in equality.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import field
from decimal import Decimal
from typing import Literal, TypeAlias

from segdsl.diagnostics import Source, Span
from segdsl.values import frozen


def _span() -> Span:
    return field(compare=False, repr=False)  # type: ignore[no-any-return]


# ---------------------------------------------------------------- expressions


@frozen
class Identifier:
    """A single name, without its backticks."""

    text: str
    span: Span = _span()


@frozen
class Name:
    """A name or a dotted path: `orders`, `tier.gold`, `order.product.category`."""

    parts: tuple[Identifier, ...]
    span: Span = _span()

    @property
    def text(self) -> str:
        parts = self.parts
        return parts[0].text if len(parts) == 1 else ".".join([part.text for part in parts])


@frozen
class Number:
    value: Decimal
    text: str = field(compare=False)
    span: Span = _span()


@frozen
class Quantity:
    """A number with a unit: a duration (s min h d w mo q y), a distance (km mi) or a share (%)."""

    value: Decimal
    unit: str
    text: str = field(compare=False)
    span: Span = _span()


@frozen
class Text:
    value: str
    span: Span = _span()


@frozen
class Bool:
    value: bool
    span: Span = _span()


@frozen
class Date:
    value: dt.date
    span: Span = _span()


@frozen
class Time:
    """A date with a time of day; `value` is aware where an offset was written, else naive."""

    value: dt.datetime
    span: Span = _span()


@frozen
class Operation:
    """An operator with its operands: `and or not + - * / between in contains ago …` (a unary minus has one)."""

    op: str
    args: tuple[Expr, ...]
    span: Span = _span()


@frozen
class Comparison:
    """One comparison or a chain of them; one operator fewer than operands."""

    ops: tuple[str, ...]
    args: tuple[Expr, ...]
    span: Span = _span()


@frozen
class Period:
    """A stretch of the calendar: absolute from `start`, or `offset` units from the one that holds as-of."""

    unit: Literal["day", "week", "month", "quarter", "year"]
    start: dt.date | None
    offset: int
    span: Span = _span()


WindowKind: TypeAlias = Literal[
    "within", "within next", "within after", "within before", "from", "since", "after", "before", "in"
]


@frozen
class Window:
    """A window in time. `args` by kind: within D · within next D · within D after X · within D before X ·
    from A to B · since X · after X · before X · in PERIOD."""

    kind: WindowKind
    args: tuple[Expr | Period, ...]
    span: Span = _span()


@frozen
class InWindow:
    """`subject` in a window: a time, or an event inside an aggregate."""

    subject: Expr
    window: Window
    span: Span = _span()


@frozen
class AsOf:
    value: Expr
    moment: Expr
    span: Span = _span()


@frozen
class Branch:
    condition: Expr
    value: Expr


@frozen
class Case:
    branches: tuple[Branch, ...]
    otherwise: Expr | None
    span: Span = _span()


@frozen
class Argument:
    name: Identifier | None
    value: Expr
    span: Span = _span()


@frozen
class Call:
    """A function, an aggregate, a score or a definition with arguments; which of them, the checker finds."""

    name: Name
    args: tuple[Argument, ...]
    where: Expr | None
    among: Expr | None
    per: tuple[Expr, ...]
    span: Span = _span()


@frozen
class Step:
    no: bool
    event: Identifier
    within: Expr | None
    where: Expr | None
    span: Span = _span()


@frozen
class Sequence:
    steps: tuple[Step, ...]
    same: Identifier | None
    span: Span = _span()


@frozen
class ListValue:
    """`(365d, 180d)`: the value of a param, a parameter, an argument or a fact."""

    items: tuple[Expr, ...]
    span: Span = _span()


Expr: TypeAlias = (
    Name
    | Number
    | Quantity
    | Text
    | Bool
    | Date
    | Time
    | Operation
    | Comparison
    | InWindow
    | AsOf
    | Case
    | Call
    | Sequence
    | ListValue
)

# ---------------------------------------------------------------- a customer, as an example gives it

FactValue: TypeAlias = Expr


@frozen
class AsOfFact:
    """`as of 2026-01-01`, first in the list."""

    moment: Expr
    span: Span = _span()


@frozen
class AttributeFact:
    """`country = "DE"`."""

    name: Identifier
    value: FactValue
    span: Span = _span()


@frozen
class FactArgument:
    """The time of an event (without a name) or one of its fields."""

    name: Identifier | None
    value: FactValue
    span: Span = _span()


@frozen
class EventFact:
    """`order(10d ago, amount: 30)`."""

    event: Identifier
    args: tuple[FactArgument, ...]
    span: Span = _span()


Fact: TypeAlias = AsOfFact | AttributeFact | EventFact


@frozen
class Customer:
    """A customer by its key and what is known of it."""

    key: Identifier
    facts: tuple[Fact, ...]
    span: Span = _span()


# ---------------------------------------------------------------- definitions


@frozen
class AnnotationValue:
    name: Identifier | None
    value: Expr


@frozen
class Annotation:
    name: Identifier
    values: tuple[AnnotationValue, ...]
    span: Span = _span()


@frozen
class Head:
    """What stands above a definition: its description (the `##` lines) and its annotations."""

    description: str
    annotations: tuple[Annotation, ...]


@frozen
class Parameter:
    name: Identifier
    default: Expr | None


@frozen
class Param:
    """`param recent = 90d`, or with the words that it can be: `param grid in (eleven, klaviyo) = eleven`."""

    head: Head
    name: Identifier
    words: tuple[Identifier, ...]
    value: Expr
    span: Span = _span()


@frozen
class Trait:
    head: Head
    name: Identifier
    parameters: tuple[Parameter, ...]
    entity: Identifier | None
    value: Expr
    span: Span = _span()


@frozen
class Segment:
    head: Head
    name: Identifier
    parameters: tuple[Parameter, ...]
    entity: Identifier | None
    value: Expr
    span: Span = _span()


@frozen
class Rule:
    """`label when condition`, or `label otherwise` (no condition)."""

    label: Identifier
    condition: Expr | None
    span: Span = _span()


@frozen
class Segmentation:
    head: Head
    name: Identifier
    parameters: tuple[Parameter, ...]
    entity: Identifier | None
    among: Expr | None
    rules: tuple[Rule, ...]
    span: Span = _span()


@frozen
class Use:
    head: Head
    library: Identifier
    args: tuple[Argument, ...]
    alias: Identifier | None
    span: Span = _span()


@frozen
class Example:
    head: Head
    negated: bool
    target: Name
    facts: tuple[Fact, ...]
    span: Span = _span()


@frozen
class Expect:
    """`expect condition` or `expect condition inside other`."""

    head: Head
    condition: Expr
    inside: Expr | None
    span: Span = _span()


Definition: TypeAlias = Param | Trait | Segment | Segmentation | Use | Example | Expect


@frozen
class Comment:
    """A `#` or `##` comment; `own_line` when nothing else stands before it on its line."""

    text: str
    own_line: bool
    span: Span = _span()


@frozen
class Module:
    """One `.seg` file: its definitions in their order, and every comment."""

    source: Source = field(compare=False, repr=False)
    definitions: tuple[Definition, ...]
    comments: tuple[Comment, ...]
