"""Who is evaluated anew by a run that goes on from the one before: whoever may be elsewhere now. Of all others the
answers stay.

What changes by itself is asked of everybody, one condition at a time; rules are evaluated for whoever is told otherwise
by one of these, has other attributes, or had events that came or went.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256

from sqlglot import exp

from segdsl.engines.results import Held, as_bits, is_one_statement
from segdsl.history.answers import Since
from segdsl.history.kept import KeptAnswers
from segdsl.model.model import Model
from segdsl.model.schema import Schema
from segdsl.plan import Plan, make_plan
from segdsl.plan.meaning import meanings
from segdsl.plan.steady import is_steady
from segdsl.plan.unsteady import Apart, apart
from segdsl.plan.watched import Watched, watched
from segdsl.program import Attribute, Instance, InstanceKey, KeyOf, Output
from segdsl.refresh.totals_file import TotalsFile
from segdsl.sql import DUCKDB, Query, build, make_query
from segdsl.sql.digests import hashed
from segdsl.sql.rows import KEY, Given, is_joined
from segdsl.sql.words import BITS, Places, held, packed
from segdsl.types import TEXT

_CONDITIONS, _HASHED, _CONCERNED, _HELD, _SHOWN, _ANSWERS = (
    f"segdsl_{word}" for word in ("conditions", "hashed", "concerned", "bits", "evaluation", "answers")
)
_ATTRIBUTES = "attributes"


@dataclass(frozen=True, slots=True)
class Evaluated:
    """An evaluation that is done: the query that reads it, what it is held in, what the next run can go on from, how
    many were evaluated (None: everybody), and who may have moved since the last run, by their entity."""

    query: Query
    held: dict[str, Held]
    kept: KeptAnswers
    concerned: int | None
    since: dict[str, Since]


class Concerned:
    """The evaluation of outputs of one entity, taken apart."""

    def __init__(
        self,
        file: TotalsFile,
        model: Model,
        schema: Schema,
        as_of: dt.datetime,
        outputs: Sequence[Output],
        taken: Apart,
        places: Places,
        with_totals: Callable[[Query, str | None], Query],
    ) -> None:
        """`places` are the bits of the outputs that are saved, `with_totals` makes a query read totals that are up to
        date."""
        self._file, self._model, self._schema, self._as_of = file, model, schema, as_of
        self._outputs, self._taken, self._with_totals = tuple(outputs), taken, with_totals
        self.entity = outputs[0].entity
        self.rest = make_plan(taken.rest, outputs, is_steady)
        self._attributes = [
            leaf for leaf in self.rest.leaves if isinstance(leaf, Attribute) and leaf not in taken.given
        ]
        known = frozenset(places)
        more = [item.name for item in outputs if item.kind == "segment" and item.name not in known]
        # whole words of what is saved, so that these can be saved as they are
        self._saved = places
        self._places = [*places, *[None] * (-len(places) % BITS), *more]

    @staticmethod
    def of(
        file: TotalsFile,
        model: Model,
        schema: Schema,
        as_of: dt.datetime,
        plan: Plan,
        places: Places,
        with_totals: Callable[[Query, str | None], Query],
    ) -> Concerned | None:
        """None where the outputs of a plan are nothing that can be taken apart."""
        entities = {output.entity for output in plan.outputs}
        if len(entities) > 1 or model.entities[plan.outputs[0].entity].from_events:
            return None
        if any(output.kind == "trait" for output in plan.outputs):
            return None
        taken = apart(plan.program, plan.outputs)
        if taken is None:
            return None
        return Concerned(file, model, schema, as_of, plan.outputs, taken, places, with_totals)

    @cached_property
    def watched(self) -> Watched:
        """What of totals tells who may be elsewhere."""
        return watched(self._taken.rest, self._outputs)

    @cached_property
    def basis(self) -> str:
        """A hash of what the tables hold, and of whom."""
        keys = [output.instance for output in self._outputs]
        found = meanings(self._taken.conditions, keys)
        facts = [
            [item.name for item in self._taken.given],
            [[item.name, str(item.type)] for item in self._attributes],
            self._places,
            sorted([item.name, item.kind, item.labels, found[item.instance]] for item in self._outputs),
            sorted(self._rest_query.columns.items()),
            sorted(self._schema[("entity", self.entity)].items()),
        ]
        return sha256(json.dumps(facts).encode("utf-8", "surrogatepass")).hexdigest()

    def evaluate(self, kept: KeptAnswers | None, changed: Sequence[exp.Query]) -> Evaluated:
        """`changed` give the keys of those whom a rule may say something else of than what was `kept`, as totals are
        others than they were."""
        conditions, answers = f"{self._file.name}_conditions", f"{self._file.name}_answers"
        self._ask(conditions)
        self._file.view(_CONDITIONS, build.select(exp.Star()).from_(self._file.own(conditions), copy=False))
        query, others = self._rest_query, None
        rows, shown, words = as_bits(query, self.entity, self._places)
        if kept is not None and kept.basis == self.basis:
            self._file.create(_CONCERNED, self._concerned(kept, changed))
            others = self._others(kept, rows.named_selects)
        else:
            self._file.view(_CONCERNED, build.select(build.column(KEY)).from_(build.table(_CONDITIONS), copy=False))
        self._make(self._file.own(answers), query, rows, others)
        self._file.view(_HELD, build.select(exp.Star()).from_(self._file.own(answers), copy=False))
        self._file.view(_SHOWN, shown.from_(build.table(_HELD)))
        concerned = build.select(build.column(KEY)).from_(build.table(_CONCERNED), copy=False)
        found = None if others is None else self._file.rows(concerned)
        saved = {}
        if any(name is not None for name in self._saved):
            saved = {self.entity: Held(_HELD, self._saved, words[: -(-len(self._saved) // BITS)])}
        made = query.held_in({self.entity: _SHOWN})
        since = {}
        if others is not None and kept is not None:
            everybody, were = build.table(_CONDITIONS), self._file.own(kept.answers)
            since = {self.entity: Since(build.table(_HELD), were, build.table(_CONCERNED), everybody)}
        return Evaluated(made, saved, KeptAnswers(self.basis, conditions, answers), found, since)

    def held_here(self, kept: KeptAnswers) -> tuple[exp.Create, exp.Create]:
        """What has the answers on this connection itself, where they are not kept or the file is needed elsewhere."""
        answers = build.select(exp.Star()).from_(self._file.own(kept.answers), copy=False)
        shown = build.select(exp.Star()).from_(build.table(_ANSWERS), copy=False)
        return self._file.creation(_ANSWERS, answers), self._file.view_of(_HELD, shown)

    # ------------------------------------------------------------ what is asked of everybody

    def _ask(self, table: str) -> None:
        """A table of the conditions that change by themselves, and of a hash of the attributes."""
        moment = self._outputs[0].instance.moment
        values: Sequence[Attribute | KeyOf] = self._attributes or [KeyOf(self.entity, TEXT)]
        keys = [InstanceKey(f"value {number}", (), moment) for number in range(len(values))]
        asked = {key: Instance(key, self.entity, value) for key, value in zip(keys, values, strict=True)}
        traits = [
            Output(key.definition, "trait", self.entity, value.type, key)
            for key, value in zip(keys, values, strict=True)
        ]
        # apart from the conditions, whose stages would carry all attributes along
        query = self._query({**self._taken.conditions.instances, **asked}, traits)
        columns = [(build.column(query.columns[item.name]), item.type) for item in traits]
        found = [build.column(KEY), build.alias(hashed(columns) if self._attributes else build.number(0), _ATTRIBUTES)]
        of_attributes = build.select(*found).from_(build.table(query.last[self.entity]), copy=False)
        if not self._taken.given:
            self._make(self._file.own(table), query, of_attributes)
            return
        self._make(_HASHED, query, of_attributes)
        query = self._query(self._taken.conditions.instances, self._taken.outputs)
        found = [build.alias(build.column(KEY, "c"), KEY)]
        for number, word in enumerate(packed([item.name for item in self._taken.given], query.columns, DUCKDB)):
            found.append(build.alias(word, f"c{number}"))
        found.append(build.column(_ATTRIBUTES, "h"))
        rows = build.select(*found).from_(build.table(query.last[self.entity], "c"), copy=False)
        on = build.eq(build.column(KEY, "h"), build.column(KEY, "c"))
        self._make(self._file.own(table), query, build.inner_join(rows, build.table(_HASHED, "h"), on))
        self._file.drop(_HASHED)

    def _query(self, instances: dict[InstanceKey, Instance], outputs: Sequence[Output]) -> Query:
        plan = make_plan(replace(self._taken.conditions, instances=instances), outputs, is_steady)
        return self._with_totals(make_query(self._model, self._schema, plan, DUCKDB, self._as_of), None)

    def _concerned(self, kept: KeptAnswers, changed: Sequence[exp.Query]) -> exp.Query:
        """The keys of those who may be elsewhere now."""
        numbers = range(-(-len(self._taken.given) // BITS))
        differ: list[exp.Expr] = [build.is_null(build.column(KEY, "o"))]
        for name in (*(f"c{number}" for number in numbers), _ATTRIBUTES):
            differ.append(exp.NEQ(this=build.column(name, "n"), expression=build.column(name, "o")))
        differ += [is_joined(build.column(KEY, "n"), keys) for keys in changed]
        query = build.select(build.alias(build.column(KEY, "n"), KEY)).from_(build.table(_CONDITIONS, "n"), copy=False)
        on = build.eq(build.column(KEY, "n"), build.column(KEY, "o"))
        query = build.left_join(query, build.called(self._file.own(kept.conditions), "o"), on)
        return query.where(build.or_(differ), copy=False)

    # ------------------------------------------------------------ what is evaluated of whom

    @cached_property
    def _rest_query(self) -> Query:
        """The rules, where conditions that change by themselves are attributes that have no table yet."""
        values: dict[Attribute, exp.Expr] = {}
        for place, item in enumerate(self._taken.given):
            word, bit = divmod(place, BITS)
            values[item] = held(build.column(f"c{word}", "g"), bit)
        given = Given(self.entity, build.table(_CONDITIONS), values, build.table(_CONCERNED))
        return self._with_totals(
            make_query(self._model, self._schema, self.rest, DUCKDB, self._as_of, given), _CONCERNED
        )

    def _others(self, kept: KeptAnswers, columns: Sequence[str]) -> exp.Select:
        """The rows of all others, as they were."""
        query = build.select(*(build.alias(build.column(name, "o"), name) for name in columns))
        query = query.from_(build.called(self._file.own(kept.answers), "o"))
        on = build.eq(build.column(KEY, "n"), build.column(KEY, "o"))
        query = build.inner_join(query, build.table(_CONDITIONS, "n"), on)
        keys = build.select(build.column(KEY)).from_(build.table(_CONCERNED), copy=False)
        is_concerned = build.is_in(build.column(KEY, "n"), keys)
        return query.where(exp.Not(this=is_concerned), copy=False)  # no key is unknown

    def _make(self, table: str | exp.Table, query: Query, rows: exp.Query, others: exp.Query | None = None) -> None:
        """A table of rows of a query, and of others beside them."""
        names = [] if is_one_statement(query) else [name for name, _ in query.steps]
        for name, step in query.steps if names else ():
            assert isinstance(step, exp.Query)
            self._file.create(name, step)
        found = rows if names else query.with_steps(rows, is_used_up=True)
        if others is not None:
            found = exp.Union(this=found, expression=others, distinct=False)
        self._file.create(table, found)
        self._file.drop(*names)
