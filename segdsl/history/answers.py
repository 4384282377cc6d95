"""Where everybody was in the last run, a bit for each segment, so that the next run finds who moved without looking at
all members of all segments.

It is kept beside the run in a table per entity: `member`, a number of the store's, `w0`, `w1` … with a bit per segment,
and `l0`, `l1` … with the labels of the segmentations. Only definitions that stand at the same place in both tables are
compared so.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

from segdsl.engines.results import Evaluation
from segdsl.history import kept as keeping
from segdsl.history.kept import Kept, Layout
from segdsl.history.record import number_members
from segdsl.history.store import Store
from segdsl.program import Output
from segdsl.sql import build
from segdsl.sql.rows import KEY
from segdsl.sql.words import BITS, packed, words


@dataclass(frozen=True)
class Answers:
    """The answers of one run that is to be saved, laid out as those of the last one are.

    `compared` are the outputs, by their places, of which the last run has kept the answers too.
    """

    outputs: tuple[Output, ...]
    was: dict[str, Layout]
    now: dict[str, Layout]
    compared: frozenset[int]

    @staticmethod
    def of(outputs: Sequence[Output], found: tuple[dt.datetime, Kept] | None, as_of: dt.datetime, name: str) -> Answers:
        """`found` is what the last run has kept, `name` what the tables of this one begin with."""
        was = dict(found[1].answers) if found is not None and found[0] < as_of else {}
        now: dict[str, Layout] = {}
        compared: set[int] = set()
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
                compared.update(own[item] for item in same)
        return Answers(tuple(outputs), was, now, frozenset(compared))

    def put(self, store: Store, evaluation: Evaluation) -> None:
        """Puts the answers into the store."""
        import pyarrow as pa

        for entity, layout in self.now.items():
            rows = evaluation.stream(self._packed(evaluation, entity, layout))
            # of a column that is NULL throughout some drivers do not say of what
            types = [pa.int64() if name.startswith("w") else pa.string() for name in rows.schema.names]
            keeping.fill(store, "told", rows.cast(pa.schema(zip(rows.schema.names, types, strict=True))))
            number_members(store, f"SELECT {_text(entity)} AS entity, key FROM told")
            columns = ", ".join(f"t.{name}" for name in rows.schema.names if name != KEY)
            store.execute(
                f"""CREATE TABLE {layout.table} AS SELECT m.number AS member, {columns}
                FROM told AS t JOIN members AS m ON m.entity = {_text(entity)} AND m.key = t.key"""
            )
            store.execute("DROP TABLE told")

    def find_moved(self, store: Store) -> None:
        """Adds whoever of those compared has left or entered since the last run to the tables `gone` and `come`."""
        places = {self.outputs[place].name: place for place in self.compared}
        for entity, layout in self.now.items():
            if entity in self.was:
                own = {name: place for name, place in places.items() if self.outputs[place].entity == entity}
                _compare(store, self.was[entity], layout, own)

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
        return build.select(*found).from_(build.table(table))


def _text(value: str) -> str:
    return exp.Literal.string(value).sql(dialect="duckdb")


def _arranged(was: Sequence[str | None], names: Sequence[str]) -> tuple[str | None, ...]:
    """Names at the places where they were, new ones behind; all anew where most places would be empty."""
    here: list[str | None] = [name if name in names else None for name in was]
    known = set(here)
    here.extend(name for name in names if name not in known)
    return tuple(here) if len(here) <= 2 * len(names) else tuple(names)


def _compare(store: Store, was: Layout, now: Layout, places: dict[str, int]) -> None:
    ids = dict(store.fetch("SELECT place, id FROM saving"))
    spots = [(index, ids[places[name]]) for index, name in enumerate(now.segments) if name in places]
    masks = {
        word: sum(2**bit for bit, name in enumerate(names) if name in places)
        for word, names in enumerate(words(now.segments))
    }
    masks = {word: mask for word, mask in masks.items() if mask}
    labels = {number: ids[places[name]] for number, name in enumerate(now.labels) if name in places}
    if not masks and not labels:
        return
    # whoever is in one of the tables alone has no bits, and no labels, in the other
    pairs = {f"w{word}": f"COALESCE({{}}.w{word}, 0) & {mask}" for word, mask in masks.items()}
    pairs.update((f"l{number}", f"{{}}.l{number}") for number in labels)
    values = ", ".join(f"{sql.format(of)} AS {of}_{name}" for name, sql in pairs.items() for of in ("o", "n"))
    differ = " OR ".join(f"{sql.format('o')} IS DISTINCT FROM {sql.format('n')}" for sql in pairs.values())
    store.execute(
        f"""CREATE TEMP TABLE moved AS SELECT COALESCE(n.member, o.member) AS member, {values}
        FROM {now.table} AS n FULL JOIN {was.table} AS o ON n.member = o.member WHERE {differ}"""
    )
    store.execute("CREATE TEMP TABLE spots (spot INTEGER, definition INTEGER)")
    for start in range(0, len(spots), 500):
        batch = spots[start : start + 500]
        slots = ", ".join("(?, ?)" for _ in batch)
        store.execute(f"INSERT INTO spots VALUES {slots}", [value for spot in batch for value in spot])
    for table, here, there in (("gone", "o", "n"), ("come", "n", "o")):
        selects = [
            f"""SELECT definition, '', member FROM
            (SELECT member, {here}_w{word} & ~{there}_w{word} AS bits FROM moved
             WHERE {here}_w{word} & ~{there}_w{word} != 0)
            JOIN spots ON spot BETWEEN {word * BITS} AND {word * BITS + BITS - 1}
                AND bits >> (spot - {word * BITS}) & 1 = 1"""
            for word in masks
        ]
        selects += [
            f"""SELECT {id_}, {here}_l{number}, member FROM moved
            WHERE {here}_l{number} IS NOT NULL AND {here}_l{number} IS DISTINCT FROM {there}_l{number}"""
            for number, id_ in labels.items()
        ]
        store.execute(f"INSERT INTO {table} {' UNION ALL '.join(selects)}")
    for table in ("moved", "spots"):
        store.execute(f"DROP TABLE {table}")
