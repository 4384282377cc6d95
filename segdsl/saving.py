"""From an evaluation to a saved run."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, partial

from segdsl import problems
from segdsl.catalog import Catalog
from segdsl.engines.fingerprint import fingerprint
from segdsl.engines.limits import Limits
from segdsl.engines.problem import EngineProblem
from segdsl.engines.results import Evaluation
from segdsl.engines.watch import Progress
from segdsl.history import kept as keeping
from segdsl.history.answers import Answers
from segdsl.history.joined import join
from segdsl.history.kept import Kept, Layout
from segdsl.history.past import subjects
from segdsl.history.place import place_of
from segdsl.history.reading import readings
from segdsl.history.record import Comparison, Recorded, RunFacts, Saved, check_order, drop_kept, record
from segdsl.plan import make_plan
from segdsl.plan.meaning import meanings
from segdsl.program import Output, Program
from segdsl.refresh.refresh import Refresh
from segdsl.sql.words import Places
from segdsl.syntax.printer import print_definition


def to_save(catalog: Catalog, program: Program, outputs: Iterable[Output]) -> list[Output]:
    """What a run keeps of what it evaluates: segments and segmentations that have a name; of a label, the whole
    segmentation. Raises EngineProblem where that is nothing."""
    found: dict[str, Output] = {}
    for output in outputs:
        owner = program.outputs.get(output.name.rpartition(".")[0])
        if owner is not None and output.name in (f"{owner.name}.{label}" for label in owner.labels):
            found.setdefault(owner.name, owner)
        elif output.kind != "trait" and output.name in catalog.definitions:
            found.setdefault(output.name, output)
    if not found:
        raise EngineProblem([problems.nothing_to_save()])
    return list(found.values())


class Saving:
    """A run that is to be saved. The store is held from before anything is evaluated until it is saved, so that two
    runs come one after the other."""

    def __init__(
        self,
        catalog: Catalog,
        program: Program,
        outputs: Sequence[Output],
        as_of: dt.datetime,
        rewrite: bool,
        limits: Limits | None = None,
        progress: Progress | None = None,
        expected: Sequence[Output] = (),
    ) -> None:
        """Opens the store, or begins one, and refuses what cannot be saved; `progress` is told while another run holds
        the store. Whatever is evaluated, `outputs` and what is `expected` of them, begins the history that it asks for.
        Raises EngineProblem."""
        asked = to_save(catalog, program, outputs)
        self.outputs = list(dict.fromkeys([*asked, *subjects(program, [*asked, *outputs, *expected])]))
        self._catalog, self._program = catalog, program
        self.as_of, self._rewrite = as_of, rewrite
        self._begun = time.monotonic()
        self.store = place_of(catalog, progress).begin(limits or Limits())
        try:
            check_order(self.store, as_of, catalog.model.timezone, rewrite)
        except BaseException:
            self.store.close()
            raise

    def __enter__(self) -> Saving:
        return self

    def __exit__(self, *_: object) -> None:
        self.store.close()

    def save(self, evaluation: Evaluation, version: str, refresh: Refresh | None = None) -> Saved:
        """Saves what an evaluation found; `version` is segdsl's. What `refresh` has brought up to date is kept for
        the next run. Of definitions of which the last run has kept the answers, only who moved is written."""
        plan = make_plan(self._program, self.outputs)
        model, engine = self._catalog.model, evaluation.engine
        schema = evaluation.query.schema.of(plan.parts(model))
        known = None if refresh is None else refresh.figures()
        rows, hashed, figures = fingerprint(model, schema, engine, self.as_of, known)
        entities = {output.entity for output in self.outputs}
        facts = RunFacts(
            self.as_of,
            model.timezone,
            time.monotonic() - self._begun,
            rows,
            hashed,
            version,
            {entity: evaluation.population(entity) for entity in sorted(entities)},
        )
        found = meanings(self._program, [output.instance for output in self.outputs])
        recorded = [
            Recorded(
                output.entity,
                output.name,
                output.kind,
                output.labels,
                found[output.instance],
                partial(_rule, self._catalog, output.name),
            )
            for output in self.outputs
        ]
        answers, name = self._answers

        since = {} if refresh is None else refresh.evaluated_since

        def find() -> None:
            answers.find_moved(self.store, answers.put(self.store, evaluation, since))

        def keep(fresh: Sequence[int]) -> None:
            last = keeping.read(self.store)
            # of this very moment, of which earlier runs have saved something
            there = last[1] if last is not None and last[0] == self.as_of else None
            layouts: Mapping[str, Layout] = answers.now
            is_all = there is None and len(fresh) == len(self.outputs)
            if not is_all:
                own = {(self.outputs[place].entity, self.outputs[place].name) for place in fresh}
                layouts = join(self.store, there, layouts, own, name)
            drop_kept(self.store, but=[layout.table for layout in layouts.values()])
            reads: Mapping[str, Mapping[str, str]] = readings(model, self._program, [self.outputs[n] for n in fresh])
            if there is not None:
                entities = {*there.reads, *reads}
                reads = {of: {**there.reads.get(of, {}), **reads.get(of, {})} for of in entities}
            kept = Kept(name, answers=layouts, is_cut=there is not None and there.is_cut, reads=reads)
            keeping.write(self.store, self.as_of, refresh.keep(kept, figures) if refresh and is_all else kept)

        compared = Comparison(answers.carried, find)
        saved = record(self.store, facts, recorded, compared, self._rewrite, keep)
        if refresh is None:
            self.store.drop_totals()
        else:
            refresh.settle()
        return saved

    @property
    def bits(self) -> dict[str, Places]:
        """The segments of each entity by their bits."""
        return {entity: layout.segments for entity, layout in self._answers[0].now.items()}

    @cached_property
    def _answers(self) -> tuple[Answers, str]:
        """The answers of this run, and what the names of its tables begin with."""
        found = keeping.read(self.store)
        name = keeping.next_name(self.store)
        return Answers.of(self.outputs, found, self.as_of, name), name


def _rule(catalog: Catalog, name: str) -> str:
    """A definition as it is printed, without what does not change its members."""
    definition = catalog.definitions.get(name)
    return "" if definition is None else print_definition(definition.tree)
