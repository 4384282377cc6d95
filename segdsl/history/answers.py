"""Where everybody was in the last run, a bit for each segment, so that the next run finds who moved without looking at
all members of all segments.

It is kept beside the run in a table per entity: `member`, a number of the store's, `w0`, `w1` … with a bit per segment,
and `l0`, `l1` … with the labels of the segmentations. What stands at the same place in both tables is compared as it
is.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from segdsl.engines.results import Evaluation
from segdsl.history import kept as keeping
from segdsl.history.compared import Compared, columns_of
from segdsl.history.kept import Kept, Layout
from segdsl.history.record import number_members
from segdsl.history.store import Store
from segdsl.program import Output
from segdsl.sql import build
from segdsl.sql.rows import KEY
from segdsl.sql.words import packed

if TYPE_CHECKING:
    import pyarrow


@dataclass(frozen=True, slots=True)
class Since:
    """Tables of an evaluation that has gone on from the last run: its answers and those of then, by the same columns;
    the keys of all who may have moved, and of everybody."""

    answers: exp.Table
    were: exp.Table
    concerned: exp.Table
    everybody: exp.Table


@dataclass(frozen=True)
class Answers:
    """The answers of one run that is to be saved, laid out as those of the last one are.

    `carried` are the outputs, by their places, of which the last run has kept the answers too, where they are laid out
    now.
    """

    outputs: tuple[Output, ...]
    was: dict[str, Layout]
    now: dict[str, Layout]
    carried: frozenset[int]

    @staticmethod
    def of(outputs: Sequence[Output], found: tuple[dt.datetime, Kept] | None, as_of: dt.datetime, name: str) -> Answers:
        """`found` is what the last run has kept, `name` what the tables of this one begin with."""
        was = dict(found[1].answers) if found is not None and found[0] < as_of and not found[1].is_cut else {}
        now: dict[str, Layout] = {}
        carried: set[int] = set()
        for number, entity in enumerate(dict.fromkeys(output.entity for output in outputs)):
            own = {output.name: place for place, output in enumerate(outputs) if output.entity == entity}
            labelled = [item for item in own if outputs[own[item]].kind == "segmentation"]
            segments = [item for item in own if item not in labelled]
            before = was.get(entity, Layout("", (), ()))
            layout = Layout(
                f"{name}_answers_{number}", _arranged(before.segments, segments), _arranged(before.labels, labelled)
            )
            now[entity] = layout
            for here, there in ((layout.segments, before.segments), (layout.labels, before.labels)):
                same = [item for item, other in zip(here, there, strict=False) if item is not None and item == other]
                carried.update(own[item] for item in same)
        return Answers(tuple(outputs), was, now, frozenset(carried))

    def put(self, store: Store, evaluation: Evaluation, since: Mapping[str, Since]) -> dict[str, str]:
        """Puts the answers into the store: of an entity that the evaluation has gone on with `since` the last run, only
        those of whoever moved, all others as they are there. Gives the temporary table of whoever moved, by the entity.
        """
        found: dict[str, str] = {}
        for number, (entity, layout) in enumerate(self.now.items()):
            was, held = self.was.get(entity), evaluation.held.get(entity)
            is_as_it_was = was is not None and (was.segments, was.labels) == (layout.segments, layout.labels)
            if entity in since and is_as_it_was and held is not None and held.places == layout.segments:
                found[entity] = f"moved_{number}"
                self._put_moved(store, evaluation, entity, since[entity], found[entity])
            else:
                self._put_all(store, evaluation, entity, layout)
        return found

    def _put_all(self, store: Store, evaluation: Evaluation, entity: str, layout: Layout) -> None:
        self._told(store, evaluation.stream(self._packed(evaluation, entity, layout)))
        number_members(store, f"SELECT {_text(entity)} AS entity, key FROM told")
        columns = ", ".join(f"t.{name}" for name in columns_of(layout))
        store.execute(
            f"""CREATE TABLE {layout.table} AS SELECT m.number AS member, {columns}
            FROM told AS t JOIN members AS m ON m.entity = {_text(entity)} AND m.key = t.key"""
        )
        store.execute("DROP TABLE told")

    def _put_moved(self, store: Store, evaluation: Evaluation, entity: str, since: Since, moved: str) -> None:
        was, now = self.was[entity], self.now[entity]
        columns = columns_of(now)
        self._told(store, evaluation.stream(self._moved(evaluation, entity, since)))
        number_members(store, f"SELECT {_text(entity)} AS entity, key FROM told WHERE is_there")
        store.execute(
            f"""CREATE TEMP TABLE {moved} AS SELECT m.number AS member, t.*
            FROM told AS t JOIN members AS m ON m.entity = {_text(entity)} AND m.key = t.key"""
        )
        store.execute("DROP TABLE told")
        kept, found = (", ".join(f"{of}{name} AS {name}" for name in columns) for of in ("w.", "m.n_"))
        store.execute(
            f"""CREATE TABLE {now.table} AS SELECT w.member, {kept} FROM {was.table} AS w
            WHERE NOT EXISTS (SELECT 1 FROM {moved} AS m WHERE m.member = w.member)
            UNION ALL SELECT m.member, {found} FROM {moved} AS m WHERE m.is_there"""
        )

    def _told(self, store: Store, rows: pyarrow.RecordBatchReader) -> None:
        """The table `told`, of rows of the engine."""
        import pyarrow as pa

        # of a column that is NULL throughout some drivers do not say of what
        def type_of(name: str) -> pyarrow.DataType:
            if name == "is_there":
                return pa.bool_()
            return pa.int64() if name.removeprefix("o_").removeprefix("n_").startswith("w") else pa.string()

        fields = [(name, type_of(name)) for name in rows.schema.names]
        keeping.fill(store, "told", rows.cast(pa.schema(fields)))

    def find_moved(self, store: Store, moved: Mapping[str, str]) -> None:
        """Adds whoever has left or entered since the last run to the tables `gone` and `come`; of some entities there
        is a table of whoever `moved`."""
        ids = dict(store.fetch("SELECT place, id FROM saving"))
        for entity, layout in self.now.items():
            own = {output.name: place for place, output in enumerate(self.outputs) if output.entity == entity}
            saved = {name: ids[place] for name, place in own.items() if place in ids}
            compared = Compared(store, layout, saved)
            if entity in moved:
                compared.find(f"FROM {moved[entity]}", "member", ("o_", "n_"))
                store.execute(f"DROP TABLE {moved[entity]}")
                continue
            was = self.was.get(entity)
            carried = {name for name, place in own.items() if place in self.carried}
            old = compared.old(None if was is None else was.table, carried)
            source = f"FROM {layout.table} AS n FULL JOIN {old} AS o ON n.member = o.member"
            compared.find(source, "COALESCE(n.member, o.member)", ("o.", "n."))

    def _moved(self, evaluation: Evaluation, entity: str, since: Since) -> exp.Query:
        """The answers of then (`o_w0` …, `o_l0` …) and of now (`n_w0` …) of everybody whose answers are others, and
        whether somebody is there now."""
        query, held, layout = evaluation.query, evaluation.held[entity], self.now[entity]
        values = dict(zip((f"w{word}" for word in range(len(held.columns))), held.columns, strict=True))
        values |= {f"l{place}": build.column(query.columns[name]) for place, name in enumerate(layout.labels) if name}

        def of(name: str, table: str) -> exp.Expr:
            found = values.get(name)
            if found is None:
                return exp.Null()
            column = build.column(found.name, table)
            return query.text(column) if name.startswith("l") else column

        selects: list[exp.Select] = []
        for is_there, key_of in ((True, "n"), (False, "o")):
            found = [build.alias(query.text(build.column(KEY, key_of)), KEY)]
            found.append(build.alias(exp.true() if is_there else exp.false(), "is_there"))
            for name in columns_of(layout):
                found.append(build.alias(of(name, "o"), f"o_{name}"))
                found.append(build.alias(of(name, "n") if is_there else exp.Null(), f"n_{name}"))
            selects.append(build.select(*found))
        on = build.eq(build.column(KEY, "o"), build.column(KEY, "n"))
        concerned = exp.Subquery(this=build.select(build.column(KEY)).from_(since.concerned.copy(), copy=False))
        stay = selects[0].from_(build.called(since.answers, "n"))
        stay = build.left_join(stay, build.called(since.were, "o"), on)
        stay = stay.where(exp.In(this=build.column(KEY, "n"), query=concerned), copy=False)
        differ = [exp.NullSafeNEQ(this=of(name, "o"), expression=of(name, "n")) for name in columns_of(layout)]
        stay = stay.where(build.or_([build.is_null(build.column(KEY, "o")), *differ]), copy=False)
        everybody = exp.Subquery(this=build.select(build.column(KEY)).from_(since.everybody.copy(), copy=False))
        gone = selects[1].from_(build.called(since.were, "o"))
        gone = gone.where(exp.Not(this=exp.In(this=build.column(KEY, "o"), query=everybody)), copy=False)
        return exp.Union(this=stay, expression=gone, distinct=False)

    def _packed(self, evaluation: Evaluation, entity: str, layout: Layout) -> exp.Select:
        query, dialect = evaluation.query, evaluation.engine.dialect
        found = [build.alias(query.text(build.column(KEY)), KEY)]
        held = evaluation.held.get(entity)
        if held is not None and held.places == layout.segments:
            table, numbers = held.table, held.columns
        else:
            table, numbers = query.last[entity], packed(layout.segments, query.columns, dialect)
        found.extend(build.alias(number, f"w{word}") for word, number in enumerate(numbers))
        for number, name in enumerate(layout.labels):
            value: exp.Expr = exp.Null() if name is None else build.column(query.columns[name])
            found.append(build.alias(query.text(value), f"l{number}"))
        return build.select(*found).from_(build.table(table), copy=False)


def _text(value: str) -> str:
    return exp.Literal.string(value).sql(dialect="duckdb")


def _arranged(was: Sequence[str | None], names: Sequence[str]) -> tuple[str | None, ...]:
    """Names at the places where they were, new ones behind; all anew where most places would be empty."""
    here: list[str | None] = [name if name in names else None for name in was]
    known = set(here)
    here.extend(name for name in names if name not in known)
    return tuple(here) if len(here) <= 2 * len(names) else tuple(names)
