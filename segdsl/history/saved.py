"""Where everybody was in the last saved run, to be asked for without evaluating anything."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from segdsl import problems
from segdsl.catalog import Catalog
from segdsl.engines.problem import EngineProblem
from segdsl.history import kept as keeping
from segdsl.history.kept import Kept, Layout
from segdsl.history.past import open_store
from segdsl.history.place import place_of
from segdsl.history.reading import readings
from segdsl.history.store import Store
from segdsl.plan.meaning import meanings
from segdsl.problems.history import saved_by_another_model
from segdsl.program import Output, Program
from segdsl.sql import build
from segdsl.sql.words import BITS, held, words

if TYPE_CHECKING:
    import pyarrow


@dataclass(frozen=True)
class SavedAnswers:
    """The answers of the last run: as of when, and of each entity a table as it is kept."""

    as_of: dt.datetime
    layouts: Mapping[str, Layout]
    tables: Mapping[str, pyarrow.Table]

    def value(self, output: Output, table: str) -> exp.Expr:
        """The label of a segmentation, or whether somebody is a member of a segment."""
        layout = self.layouts[output.entity]
        if output.kind == "segmentation":
            return build.column(f"l{layout.labels.index(output.name)}", table)
        word, bit = divmod(layout.segments.index(output.name), BITS)
        return held(build.column(f"w{word}", table), bit)


def saved_answers(catalog: Catalog, program: Program, outputs: Sequence[Output]) -> SavedAnswers:
    """Reads them from the catalog's store. Raises EngineProblem where there is none, or where the last run has not
    evaluated the outputs by the rules of now and what they read of the model of now: what is put in would be evaluated
    beside it by these."""
    store = open_store(catalog)
    if store is None:
        raise EngineProblem([problems.no_runs(str(place_of(catalog)))])
    with store:
        found = keeping.read(store)
        if found is None:
            raise EngineProblem([problems.not_saved([output.name for output in outputs])])
        as_of, kept = found
        known = {(entity, name) for entity, one in kept.answers.items() for name in (*one.segments, *one.labels)}
        missing = [output.name for output in outputs if (output.entity, output.name) not in known]
        if missing:
            raise EngineProblem([problems.not_saved(missing)])
        rows = store.fetch(
            """SELECT d.entity, d.name, v.meaning FROM evaluations AS e JOIN definitions AS d ON d.id = e.definition
            JOIN versions AS v ON v.definition = e.definition AND v.version = e.version WHERE e.as_of = ?""",
            [as_of],
        )
        meant = {(entity, name): meaning for entity, name, meaning in rows}
        now = meanings(program, [output.instance for output in outputs])
        changed = [item.name for item in outputs if meant.get((item.entity, item.name)) != now[item.instance]]
        if changed:
            raise EngineProblem([problems.not_saved(changed, by_another_rule=as_of)])
        reads = readings(catalog.model, program, outputs)
        were = {item.name: kept.reads.get(item.entity, {}).get(item.name) for item in outputs}
        moved = [item.name for item in outputs if were[item.name] != reads[item.entity][item.name]]
        if moved:
            is_known = all(were[name] for name in moved)
            raise EngineProblem([saved_by_another_model(moved, as_of, is_known)])
        entities = dict.fromkeys(output.entity for output in outputs)
        try:
            tables = {entity: _told(store, kept.answers[entity]) for entity in entities}
        except EngineProblem:
            if _is_last(catalog, found):
                raise
            # a run has been saved since the facts were read, and has dropped what they name
            return saved_answers(catalog, program, outputs)
    return SavedAnswers(as_of, kept.answers, tables)


def _told(store: Store, layout: Layout) -> pyarrow.Table:
    names = [f"w{number}" for number, _ in enumerate(words(layout.segments))]
    names += [f"l{number}" for number, _ in enumerate(layout.labels)]
    columns = "".join(f", a.{name}" for name in names)
    return store.arrow(f"SELECT key{columns} FROM {layout.table} AS a JOIN members ON number = member")


def _is_last(catalog: Catalog, found: tuple[dt.datetime, Kept]) -> bool:
    """Whether the last run is still the one that kept this."""
    store = open_store(catalog)
    if store is None:
        return True
    with store:
        return keeping.read(store) == found
