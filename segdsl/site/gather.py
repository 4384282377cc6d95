"""The entries of a site: every definition with its words, its SQL, its tests, and its sizes where they are known."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from segdsl.catalog import Definition
from segdsl.check import Checker
from segdsl.counts.wanted import evaluated
from segdsl.engines.problem import EngineProblem
from segdsl.error import SegdslError, raised
from segdsl.evaluator import Evaluator
from segdsl.model.model import Field, Model, Relational
from segdsl.options import Period
from segdsl.plan.about import about, annotated
from segdsl.plan.uses import Uses
from segdsl.program import Output
from segdsl.report.words import cell, counted, day, percent
from segdsl.result import Size
from segdsl.say import LANGUAGES, say
from segdsl.site import coloured
from segdsl.site.entries import Count, Entry, Label, ModelPart, Site
from segdsl.site.names import file_name
from segdsl.site.past import counted_back, saved
from segdsl.sql import DUCKDB, Query, make_query, sql_text
from segdsl.syntax import tree
from segdsl.syntax.printer import print_expr

if TYPE_CHECKING:
    from segdsl.engines.handed import Data

FOLLOWED = 48  # segments whose past is worked out; one that was saved is shown of all


def gather(
    evaluator: Evaluator, as_of: dt.datetime | None, period: Period, min_size: int, data: Data | None = None
) -> Site:
    """Everything that a site shows of a catalog without errors. With an `as_of` the sizes are counted, then and a
    period apart before; else nothing but what the history has. Raises SegdslError.
    """
    checker = evaluator.without_errors()
    catalog = checker.catalog
    uses = Uses(checker)
    entries = {
        name: _entry(checker, definition, uses, catalog.examples) for name, definition in catalog.definitions.items()
    }
    checker.work_off()
    outputs = evaluator.outputs
    for name, text, note in _sql(evaluator, outputs, data):
        entries[name] = replace(entries[name], sql=text, sql_note=note)
    site = Site(catalog.model.name, catalog.model.timezone, entries, tuple(_model(catalog.model, entries)))
    return _with_sizes(evaluator, site, outputs, as_of, period, min_size, data)


def _entry(checker: Checker, definition: Definition, uses: Uses, examples: Sequence[tree.Example]) -> Entry:
    name, node = definition.name, definition.tree
    found = about(checker, definition, uses)
    labels: tuple[Label, ...] = ()
    if isinstance(node, tree.Segmentation):
        labels = tuple(
            Label(rule.label.text, coloured.plain("" if rule.condition is None else print_expr(rule.condition)))
            for rule in node.rules
        )
    mine = [item for item in examples if item.target.text in (name, *(f"{name}.{label.name}" for label in labels))]
    return Entry(
        found,
        file_name(name),
        say(checker, definition, LANGUAGES["en"]),
        coloured.rule(checker, definition, found.uses),
        labels=labels,
        examples=tuple(coloured.said(checker, item, definition.entity) for item in mine),
        expectations=tuple(coloured.said(checker, item, definition.entity) for item in uses.expectations(name)),
        deprecated=", ".join(annotated(node.head, "deprecated")),
    )


# ---------------------------------------------------------------- SQL


def _sql(evaluator: Evaluator, outputs: Sequence[Output], data: Data | None) -> Iterator[tuple[str, str, str]]:
    """The SQL of each output by itself, or why there is none. The rows are looked at once; where they cannot be, their
    types are not known, and the SQL casts every column."""
    from segdsl.engines.describe import describe_model
    from segdsl.engines.unseen import unseen_schema
    from segdsl.plan import make_plan

    model = evaluator.catalog.model
    program = evaluator.checked().done().program
    parts = make_plan(program, outputs).parts(model) if outputs else []
    try:
        with closing(evaluator.open(data)) as engine:
            schema, diagnostics = describe_model(model, engine, parts)
    except (SegdslError, EngineProblem) as problem:
        diagnostics = list(problem.diagnostics)
    if any(item.is_error for item in diagnostics):
        schema, diagnostics = unseen_schema(model, evaluator.catalog.root or Path(), DUCKDB, parts)
    wrong = next((item for item in diagnostics if item.is_error), None)
    moment = None if model.as_of is None else evaluator.moment(None)
    for output in outputs:
        if wrong is not None:
            yield output.name, "", f"There is no SQL: {wrong.message} ({wrong.code})."
            continue
        try:
            with raised():
                query: Query = make_query(model, schema, make_plan(program, [output]), DUCKDB, moment)
        except SegdslError as problem:
            (told,) = problem.diagnostics
            yield output.name, "", f"There is no SQL: {told.message} ({told.code})."
            continue
        select = query.wide(output.entity, [output]) if output.kind == "trait" else query.members([output])
        yield output.name, f"{sql_text(query.with_steps(select), DUCKDB)};", ""


# ---------------------------------------------------------------- sizes


def _with_sizes(
    evaluator: Evaluator,
    site: Site,
    outputs: Sequence[Output],
    as_of: dt.datetime | None,
    period: Period,
    min_size: int,
    data: Data | None,
) -> Site:
    """The same with what is known of sizes: counted now, counted back, or saved."""
    entries = dict(site.entries)
    members = [output for output in outputs if output.kind != "trait"]
    pasts, note = saved(evaluator, members, as_of, min_size)
    for output in members:
        entries[output.name] = replace(entries[output.name], past_note=note)
    sized = ""
    unknown = {} if as_of is None else evaluator.unknown(members, as_of)
    for name in unknown:
        entries[name] = replace(entries[name], size_note="Nobody knows: the history that it asks for begins later.")
    members = [output for output in members if output.name not in unknown]
    if as_of is not None and members:
        with evaluated(evaluator, members, as_of, data) as evaluation:
            counted_now = evaluation.counts(members)
        sized = f"as of {day(as_of)} in {site.timezone}"
        for output in members:
            names = [f"{output.name}.{label}" for label in output.labels] or [output.name]
            sizes = [Size(name, output.entity, *counted_now[name]) for name in names]
            entries[output.name] = replace(entries[output.name], counts=tuple(_count(size, min_size) for size in sizes))
        # a library has what may be of no use here
        wanted = sorted(
            (output for output in members if output.name not in pasts),
            key=lambda item: (
                not evaluator.is_own(item),
                -max((counted_now[name][0] for name in _names(item)), default=0),
            ),
        )
        if wanted:
            pasts |= counted_back(evaluator, wanted[:FOLLOWED], as_of, period, min_size, data)
        for output in wanted[FOLLOWED:]:
            chosen = f"{FOLLOWED} definitions, the catalog's own first, then the largest"
            told = note or f"Its sizes are not counted back: those of {chosen} are."
            entries[output.name] = replace(entries[output.name], past_note=told)
    for name, past in pasts.items():
        entries[name] = replace(entries[name], past=past)
    return replace(site, entries=entries, sized=sized)


def _names(output: Output) -> list[str]:
    return [f"{output.name}.{label}" for label in output.labels] or [output.name]


def _count(size: Size, min_size: int) -> Count:
    is_shown = size.members == 0 or size.members >= min_size
    return Count(
        size.segment, cell(size.members if is_shown else None, min_size), percent(size.share) if is_shown else "–"
    )


# ---------------------------------------------------------------- the model


def _model(model: Model, entries: Mapping[str, Entry]) -> Iterator[ModelPart]:
    """The parts of the model, with the definitions that read each."""

    def part(kind: str, item: Relational, note: str, fields: Sequence[Field], read_by: Sequence[str]) -> ModelPart:
        shown = tuple(
            (field.name, field.type.kind.value, ", ".join(field.type.values or ()) or (field.lookup or ""))
            for field in fields
        )
        return ModelPart(kind, item.name, note, shown, tuple(read_by))

    for entity in model.entities.values():
        note = f"key {entity.key.column}" + (f", belongs to {entity.parent.entity}" if entity.parent else "")
        read = [
            name
            for name, entry in entries.items()
            if any(_reads(entity.name, entry, attribute) for attribute in entry.about.attributes)
        ]
        yield part("entity", entity, note, list(entity.attributes.values()), read)
    for event in model.events.values():
        read = [name for name, entry in entries.items() if event.name in entry.about.events]
        yield part("event", event, f"of {event.of}, at {event.time}", list(event.fields.values()), read)
    for lookup in model.lookups.values():
        yield part("lookup", lookup, f"key {lookup.key.column}", list(lookup.fields.values()), ())


def _reads(entity: str, entry: Entry, attribute: str) -> bool:
    """Whether an attribute, as a definition writes it, is one of an entity."""
    head, dot, _ = attribute.partition(".")
    return head == entity if dot else entry.about.listed.entity == entity


def summary(entry: Entry) -> str:
    """A definition in one line of a list."""
    return entry.about.listed.first_line or entry.about.title


def how_many(site: Site) -> str:
    """What there is, in words."""
    kinds: dict[str, int] = {}
    for entry in site.entries.values():
        if not entry.about.listed.library:
            kinds[entry.about.listed.kind] = kinds.get(entry.about.listed.kind, 0) + 1
    order = ("segment", "segmentation", "trait", "param")
    return ", ".join(counted(kinds[kind], kind) for kind in order if kind in kinds)
