"""When an answer flips by time alone, found in an evaluation or two: one customer as many, each so much older.

Where a rule looks at nothing but ages of fixed length, a customer some days from now has the values of one now all
of whose times lie that much further back. So all moments at which something may change are one crowd. A rule that knows
the calendar (dates, months, weekdays, moments that are written out) has no such answer, and is looked at by `flip`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segdsl.engines import cells
from segdsl.engines.duckdb import DuckDB
from segdsl.model.model import Model
from segdsl.plan import Plan
from segdsl.plan.nodes import descend, needed
from segdsl.program import Aggregate, Apply, ChildAggregate, Constant, Length, Moment, Node, Output, ParentValue
from segdsl.sql import DUCKDB, make_query, sql_text
from segdsl.testing.flip import Alone, said
from segdsl.testing.turns import MICRO, midnights, turns
from segdsl.types import TIME, Kind

if TYPE_CHECKING:
    import pyarrow

CROWD = 120  # copies at a time
MOST_ROWS = 60_000  # of them all
ROUNDS = 8
# functions whose value stays when every time moves by the same length, and as-of with them
_UNMOVED = frozenset((
    "and", "or", "not", "=", "<", "<=", ">", ">=", "between", "in", "is known", "is unknown", "contains",
    "starts with", "ends with", "matches", "has any", "has all", "-", "+", "*", "/", "half", "mean", "share",
    "mean_gap", "bands", "abs", "round", "floor", "ceil", "least", "greatest", "coalesce", "lower", "upper", "trim",
    "length", "age", "distance", "shift",
))  # fmt: skip


def is_unmoved(plan: Plan, output: Output) -> bool:
    """Whether a value is another by ages of fixed length alone."""
    if output.type.kind not in (Kind.BOOL, Kind.LABEL):
        return False
    program = plan.program
    nodes = (node for key in needed(program, [output.instance]) for node in descend(program.instances[key].value))
    return all(map(_stays, nodes))


def _stays(node: Node) -> bool:
    bounds = [bound.value for bound in node.bounds] if isinstance(node, Aggregate) else []
    if node.type.kind is Kind.DATE or not all(map(_stays, bounds)):
        return False
    match node:
        case Moment(base=base, steps=steps):
            return base is None and all(isinstance(step, Length) and not step.months for step in steps)
        case Constant(value=Length() as length):
            return not length.months
        case Constant(value=value):
            return not isinstance(value, dt.date)
        case Apply(function=function, args=args):
            return function.name in _UNMOVED and (function.name != "shift" or args[1] == Constant(0, args[1].type))
        case ParentValue() | ChildAggregate():
            return False
        case _:
            return True


def soon(
    model: Model, plan: Plan, alone: Alone, output: Output, as_of: dt.datetime, quickly: bool
) -> dt.datetime | None:
    """The next moment at which an answer that stays unmoved is another; None where none was found in three years, or
    nobody can tell so. `quickly`, the first moments alone are looked at that the rule gives, and no midnights."""
    crowd = _Crowd(model, plan, alone, output, as_of)
    if not crowd.is_possible:
        return None
    moments = turns(plan.program, [output], alone.times, as_of)[: crowd.most - 1]
    if not quickly:
        moments = sorted({*moments, *midnights(as_of, is_every_day=True)})
    found = crowd.flip(as_of, moments)
    for _ in range(ROUNDS):
        if found is None or found[1] - found[0] <= MICRO:
            break
        # most often the moment is one of those that were tried; else it lies between two
        last, flipped = found
        step = (flipped - last) // crowd.most
        between = {last + step * number for number in range(1, crowd.most - 2)} if step else set()
        found = crowd.flip(last, sorted({*between, flipped - MICRO, flipped} - {last}))
    return None if found is None else found[1]


class _Crowd:
    """Copies of one customer, each with its times further back."""

    def __init__(self, model: Model, plan: Plan, alone: Alone, output: Output, as_of: dt.datetime) -> None:
        self.model, self.plan, self.alone, self.output, self.as_of = model, plan, alone, output, as_of
        rows = 0
        self.is_possible = True
        self.shifted: dict[str, tuple[str, list[str]]] = {}  # by table: the key, and the columns that hold times
        for number, part in enumerate(plan.parts(model), start=1):
            kind, name = part
            known_as = f"alone_{number}"
            table, read = alone.tables[known_as], alone.read[part]
            times = [column for column, types in read.items() if TIME in types]
            # what is a text too is another text where it is moved
            self.is_possible &= all(read[column] == {TIME} for column in times)
            if kind == "lookup":
                # its times are everybody's: they do not move with those of one customer
                self.is_possible &= not times
                continue
            key = model.entities[name].key.column if kind == "entity" else model.events[name].key.column
            key = alone.schema.parts[part].name_of(key)
            self.is_possible &= kind == "event" or name == output.entity
            self.shifted[known_as] = key, times
            self.is_possible &= _can_move(table, key, times)
            rows += table.num_rows
        self.most = min(CROWD, MOST_ROWS // max(rows, 1))
        self.is_possible &= self.most > 1

    def flip(self, last: dt.datetime, moments: Sequence[dt.datetime]) -> tuple[dt.datetime, dt.datetime] | None:
        """The first of some moments, which are later than `last`, at which the answer is another than now, behind the
        last at which it is not; None where there is none, or the customer is not there."""
        for start in range(0, len(moments), self.most - 1):
            some = moments[start : start + self.most - 1]
            values = self.values([self.as_of, *some])
            if values is None:
                return None
            for moment, value in zip(some, values[1:], strict=True):
                if value != values[0]:
                    return last, moment
                last = moment
        return None

    def values(self, moments: Sequence[dt.datetime]) -> list[Any] | None:
        """The answer at each of the moments; None where the customer is not there."""
        tables = dict(self.alone.tables)
        backs = [moment - self.as_of for moment in moments]
        for name, (key, times) in self.shifted.items():
            tables[name] = _copies(tables[name], key, times, backs)
        standing_alone = self.model.model_copy(update={"database": None, "tables": {}})
        with DuckDB(standing_alone, Path(), tables) as engine:
            query = make_query(self.model, self.alone.schema, self.plan, DUCKDB, self.as_of)
            select = query.wide(self.output.entity, [self.output], raw=True)
            rows = engine.fetch(sql_text(query.with_steps(select), DUCKDB))
        found = {int(key): said({self.output.name: value}, self.output) for key, value in rows}
        return [found[number] for number in range(len(moments))] if len(found) == len(moments) else None


def _can_move(table: pyarrow.Table, key: str, times: Sequence[str]) -> bool:
    """Whether keys can be numbers, and every time is one of microseconds that moves, as infinity does not, on no clock
    with a summer time."""
    import pyarrow as pa

    kind = table.schema.field(key).type
    is_key = pa.types.is_integer(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind)
    kinds = [table.schema.field(column).type for column in times]
    if not is_key or not all(kind == pa.timestamp("us") for kind in kinds):
        return False
    return not any(isinstance(value, str) for column in times for value in cells.values(table.column(column)))


def _copies(table: pyarrow.Table, key: str, times: Sequence[str], backs: Sequence[dt.timedelta]) -> pyarrow.Table:
    """A table once for each length, with its times so much further back, under keys from 0 on."""
    import pyarrow as pa
    import pyarrow.compute as pc

    count = table.num_rows
    found = table.take(pa.array([row for _ in backs for row in range(count)], pa.int64()))
    numbers = pa.array([number for number in range(len(backs)) for _ in range(count)], pa.int64())
    lengths = pa.array([back for back in backs for _ in range(count)], pa.duration("us"))
    for column in times:
        place = found.schema.get_field_index(column)
        found = found.set_column(place, column, pc.subtract(found.column(place), lengths))
    place = found.schema.get_field_index(key)
    return found.set_column(place, key, numbers.cast(found.schema.field(place).type))
