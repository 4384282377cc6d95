"""Which table is whom, which are events, what is looked up: from keys, links and names to a draft."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path

from segdsl import problems
from segdsl.diagnostics import Diagnostic
from segdsl.draft.commas import how_to_read, how_to_read_points
from segdsl.draft.draft import Draft, DraftField, DraftPart
from segdsl.draft.far import Far, names_of
from segdsl.draft.fields import add_fields, key_type, key_why
from segdsl.draft.joins import join_through, latest_of_each, read_values, table_tree
from segdsl.draft.keys import tell_keys
from segdsl.draft.links import Key, Link, find_keys, find_links
from segdsl.draft.names import (
    free,
    is_group,
    is_thing,
    is_whom,
    snake,
    stem,
    thing,
    time_score,
    usual_event,
)
from segdsl.draft.profile import Column, Table, latest, read_far_table, read_table
from segdsl.draft.tables import MOST, find_tables, told_unread
from segdsl.draft.times import time_column, time_score_of
from segdsl.draft.usual import name_events, tell_kinds
from segdsl.draft.whom import key_of, key_that_is_met, name_of, shared_keys, told_key, told_others
from segdsl.engines.duckdb import DuckDB
from segdsl.engines.problem import EngineProblem
from segdsl.engines.warehouse import Warehouse
from segdsl.model.model import Model

# share of an event's keys that are in the entity's table, below which it is worth a word
_MOST = 0.9


def draft_model(source: Path, target: Path) -> Draft:
    """A model for the tables of a database or a folder, as it is going to lie in the target folder.

    Raises EngineProblem where there is nothing that could be one.
    """
    origin = find_tables(source, target)
    with DuckDB(origin.model, source.resolve().parent) as engine:
        tables: list[Table] = []
        unread: dict[str, Diagnostic] = {}
        for number, found in enumerate(origin.tables):
            try:
                tables.append(read_table(found, number, engine))
            except EngineProblem as problem:
                unread[found.name] = problem.diagnostics[0]
        draft = _guessed(tables, engine, str(source), unread)
        draft.name = snake(target.resolve().name or source.stem)
        draft.database = origin.database
        draft.tables = {table.name: table.place for table in origin.tables if table.place is not None}
        draft.open = [*origin.left, *told_unread(unread), *draft.open]
        return draft


def draft_engine(engine: Warehouse, schema: str | None, source: str, target: Path) -> Draft:
    """A model for the tables of a schema of an engine, of the one in use where none is named.

    `source` is what the engine is called. Raises EngineProblem where there is nothing that could be a model.
    """
    declared = engine.declared(schema)
    if not declared.tables:
        reason = f"schema `{declared.schema}` has no tables"
        if declared.others:
            reason += f"; name another by `--schema`: {', '.join(declared.others[:8])}"
        raise EngineProblem([problems.nothing_to_draft(source, reason)])
    names = names_of(declared, engine)
    with DuckDB(Model(entities={}), target) as here:
        tables: list[Table] = []
        unread: dict[str, Diagnostic] = {}
        for number, (own, name) in enumerate(list(names.items())[:MOST]):
            try:
                table = read_far_table(Far(name, engine), number, here)
            except EngineProblem as problem:
                unread[name] = problem.diagnostics[0]
                continue
            for column in table.columns.values():
                column.is_key = declared.enforced and (own, column.name) in declared.keys
                of, key = declared.links.get((own, column.name), ("", ""))
                column.leads_to = (names[of], key) if of in names else None
            tables.append(table)
        draft = _guessed(tables, here, source, unread)
        draft.name = snake(target.resolve().name)
        left = [f"only the first {MOST} of {len(names)} tables were looked at"] if len(names) > MOST else []
        if sizes := [table.sampled for table in tables if table.is_partly_here]:
            left.append(f"of larger tables the first {max(sizes):,} rows were looked at, and their keys as a whole")
        draft.open = [*left, *told_unread(unread), *draft.open]
        return draft


def _guessed(tables: Sequence[Table], engine: DuckDB, source: str, unread: Mapping[str, Diagnostic]) -> Draft:
    if unread and not tables:
        raise EngineProblem(list(unread.values()))
    guess = _Guess(tables, engine)
    guess.find_entity(source, told_unread(unread))
    guess.find_events()
    guess.find_joined_events()
    guess.find_lookups()
    guess.finish()
    return guess.draft


class _Guess:
    """The draft as it grows."""

    def __init__(self, tables: Sequence[Table], engine: DuckDB) -> None:
        self.tables = tables
        self.engine = engine
        self.keys = find_keys(tables, engine)
        self.links, self.apart = find_links(tables, self.keys, engine)
        self.draft = Draft("catalog", None, {})
        self.parts: dict[str, DraftPart] = {}  # by their tables
        self.main: Key | None = None
        self.used: dict[str, set[str]] = {}  # columns by table that are no fields, as they are keys or times

    # ------------------------------------------------------------ whom

    def find_entity(self, source: str, unread: Sequence[str]) -> None:
        """The main entity: a table of keys that others refer to, else the key that events have in common."""
        by_table = max(self.keys, key=self._entity_score, default=None)
        shared = shared_keys(self.tables, self.links, self.engine)
        score = -9.0 if by_table is None else self._entity_score(by_table)
        if shared and shared[0][1] > score:
            self._entity_of_events(shared[0][0])
            self.apart.extend(told_others(self.tables, shared, self.engine))
        elif by_table is not None and (score > 0 or len(self.tables) == 1):
            met = key_that_is_met(by_table, self.keys, self.links)
            self._entity_of_table(met)
            self.apart.extend(told_key(met, by_table))
        else:
            reason = "no table has a key that tells its rows apart and that others refer to"
            for table in self.tables:
                named = [column.name for column in table.columns.values() if is_whom(stem(column.name))]
                if named and time_column(table) is None:
                    reason = f"{table.name} has `{named[0]}`, but no column that can be read as dates or times"
            raise EngineProblem([problems.nothing_to_draft(source, "; ".join([*unread[:3], reason]))])

    def _entity_score(self, key: Key) -> float:
        name = thing(key.table.name)
        referring = {link.table.name for link in self._links_to(key) if time_column(link.table) is not None}
        others = {link.table.name for link in self._links_to(key)} - referring
        outward = [
            link
            for link in self.links
            if link.table is key.table and link.column is not key.column and link.nearness >= 2
            and not is_thing(thing(link.to.table.name))
        ]  # fmt: skip
        hint = 4 * is_whom(name) + is_group(name) - 5 * is_thing(name) + 2 * is_whom(stem(key.column.name))
        events = min(len(referring), 4) + 0.5 * min(len(others), 2)
        as_event = 3 * (usual_event(name) is not None) + (1.5 * bool(outward) if not is_whom(name) else 0)
        return hint + events - as_event + key.score / 10 - (0 if key.certain else 0.5)

    def _entity_of_table(self, key: Key) -> None:
        self.main = key
        part = self._entity(key)
        others = {
            other.table.name: None for other in self.keys
            if other.table is not key.table and other.table.name not in self.parts and is_whom(thing(other.table.name))
        }  # fmt: skip
        for other in others:
            self.draft.open.append(f"{other}: could be an entity too, `{part.name}` was taken for the main one")
        self._find_parent(part, key)

    def _entity(self, key: Key) -> DraftPart:
        taken = [entity.name for entity in self.draft.entities]
        name = thing(key.table.name)
        if self.main is key and is_whom(stem(key.column.name)) and not is_whom(name.rpartition("_")[2]):
            name = snake(stem(key.column.name))  # demographics of households
        part = DraftPart("entity", free(name, taken), key.table.name, key.column.name, key.table.rows)
        part.key_type = key_type(key, self._links_to(key))
        part.why_key = key_why(key)
        referring = sorted({link.table.name for link in self._links_to(key)})
        if referring:
            part.why.append(f"its keys stand in {', '.join(referring[:4])}{' …' if len(referring) > 4 else ''} too")
        elif is_whom(part.name):
            part.why.append("guessed from its name")
        if not key.certain:
            part.sql, why = latest_of_each(key, time_column(key.table), self.engine)
            part.why_key.append(why)
        self.draft.entities.append(part)
        self.parts[key.table.name] = part
        self.used.setdefault(key.table.name, set()).add(key.column.name)
        return part

    def _find_parent(self, part: DraftPart, key: Key) -> None:
        """What the members of an entity belong to."""
        links = [
            link for link in self.links
            if link.table is key.table and link.column is not key.column and link.to.table.name not in self.parts
            and link.to.certain and time_score_of(link.to.table) < 3 and len(link.to.table.columns) > 1
        ]  # fmt: skip
        if not links:
            return
        ranked = sorted(links, key=lambda link: (is_group(thing(link.to.table.name)), *link.rank), reverse=True)
        best = ranked[0]
        parent = self._entity(best.to)
        part.parent = (parent.name, best.column.name)
        part.why_parent = [best.why]
        self.used[key.table.name].add(best.column.name)
        for other in ranked[1:]:
            if other.to.table is not best.to.table:
                self.draft.open.append(
                    f"{other.table.name}.{other.column.name} leads to {other.to.table.name}, but an entity has one "
                    "parent: join it in `sql:` to have its columns"
                )
        self._find_parent(parent, best.to)

    def _entity_of_events(self, of: str) -> None:
        part = DraftPart("entity", name_of(of), None, f"{of}_id")
        part.why.append("no table of them was found: its population is the keys of its events")
        columns = []
        for table in self.tables:
            column = key_of(of, table)
            if column is not None and time_column(table) is not None:
                columns.append((table, column))
        if columns:
            part.key = columns[0][1].name
            kinds = {column.type for _, column in columns}
            part.key_type = key_type(None, [], [column for _, column in columns]) if len(kinds) > 1 else None
            if any("zeros" in remark for _, column in columns for remark in column.remarks):
                part.key_type = columns[0][1].type
        self.draft.entities.append(part)
        for table, column in columns:
            self._event(table, part, column, f"its name says whose event it is; {column.different:,} different")

    # ------------------------------------------------------------ what happened

    def find_events(self) -> None:
        """Tables with a time and a key of an entity, of the main one rather than of its parents."""
        for table in self.tables:
            if table.name in self.parts:
                continue
            if time_column(table) is None:
                continue
            links = [link for link in self.links if link.table is table and self._leads_to(link, "entity")]
            if links:
                order = {entity.name: -number for number, entity in enumerate(self.draft.entities)}
                ranked = sorted(
                    links,
                    key=lambda link: (min(link.nearness, 1), order[self.parts[link.to.table.name].name], *link.rank),
                    reverse=True,
                )
                best = ranked[0]
                entity = self.parts[best.to.table.name]
                self._event(table, entity, best.column, best.why)
                if best.share < _MOST and table.sampled and best.to.table.sampled:
                    self.draft.open.append(
                        f"{table.name}: {1 - best.share:.0%} of its {best.column.name} are not in "
                        f"{best.to.table.name}; such events are ignored, unless the entity's table has them all"
                    )
                for other in ranked[1:]:
                    if (
                        self.parts[other.to.table.name] is entity
                        and other.column is not best.column
                        and other.nearness > 1
                    ):
                        self.draft.open.append(
                            f"{table.name}.{other.column.name} holds keys of `{entity.name}` too; "
                            f"`{best.column.name}` was taken for whose event it is"
                        )

    def _event(self, table: Table, entity: DraftPart, key: Column, why: str) -> DraftPart:
        taken = [part.name for part in (*self.draft.entities, *self.draft.events)]
        part = DraftPart("event", free(thing(table.name), taken), table.name, key.name, table.rows)
        part.of = entity.name
        part.why_key = [why]
        if table.share(key) < 1 and table.sampled:
            part.why_key.append(f"unknown in {1 - table.share(key):.1%}, such rows are ignored")
        time = time_column(table)
        assert time is not None
        part.time = time.name
        others = [column.name for column in table.columns.values() if column.has_time and column is not time]
        part.why_time = list(time.remarks)
        if others:
            part.why_time.append(f"rather than {', '.join(others[:3])}{' …' if len(others) > 3 else ''}")
        self.draft.events.append(part)
        self.parts[table.name] = part
        self.used[table.name] = {key.name, time.name}
        return part

    def find_joined_events(self) -> None:
        """Tables that lead to an entity through a row of another: the lines of an order."""
        events = dict(self.parts)
        for table in self.tables:
            if table.name in self.parts:
                continue
            links = [
                link for link in self.links
                if link.table is table and link.nearness >= 2 and link.to.certain and link.to.column.known
                and (events.get(link.to.table.name) or DraftPart("lookup", "", None, "")).kind == "event"
                and (link.column.different < link.column.known or table.is_partly_here or time_column(table))
            ]  # fmt: skip
            if not links:
                continue
            best = max(links, key=lambda link: link.rank)
            through = self.parts[best.to.table.name]
            own = time_column(table)
            part = join_through(table, best, through, own if own is not None and time_score(own.name) >= 2 else None)
            taken = [other.name for other in (*self.draft.entities, *self.draft.events)]
            part.name = free(thing(table.name), taken)
            self.draft.events.append(part)
            self.parts[table.name] = part
            self.used[table.name] = {part.time}

    # ------------------------------------------------------------ what is looked up

    def find_lookups(self) -> None:
        """Tables of keys that a field of an event holds."""
        lookups: dict[str, DraftPart] = {}
        for event in self.draft.events:
            table = self._table(event.table or "")
            add_fields(event, table, self.used[table.name], [other.name for other in self.draft.entities])
            for field in event.fields:
                link = self._lookup_link(table, field)
                if link is None:
                    continue
                name = lookups[link.to.table.name].name if link.to.table.name in lookups else ""
                if not name:
                    part = self._lookup(link)
                    lookups[link.to.table.name] = part
                    name = part.name
                key = lookups[link.to.table.name].key_type
                field.lookup, field.type = name, key
                field.remarks = [link.why]
                wished = snake(stem(field.column)) if stem(field.column) else field.name
                if wished != event.of:
                    field.name = free(wished, [other.name for other in event.fields if other is not field])

    def _lookup_link(self, table: Table, field: DraftField) -> Link | None:
        links = [
            link for link in self.links
            if link.table is table and link.column.name == field.column and link.to.certain
            and len(link.to.table.columns) > 1
            and (link.to.table.name not in self.parts or self._leads_to(link, "lookup"))
            and (link.to.table.rows or link.nearness == 3)
        ]  # fmt: skip
        return max(links, key=lambda link: link.rank, default=None)

    def _lookup(self, link: Link) -> DraftPart:
        key = link.to
        taken = [part.name for part in self.draft.lookups]
        part = DraftPart("lookup", free(thing(key.table.name), taken), key.table.name, key.column.name, key.table.rows)
        part.key_type = key_type(key, self._links_to(key))
        part.why_key = key_why(key)
        add_fields(part, key.table, {key.column.name}, [])
        self.draft.lookups.append(part)
        self.parts[key.table.name] = part
        return part

    # ------------------------------------------------------------ the rest

    def finish(self) -> None:
        """Attributes, the usual names of events, as-of, and what is left over."""
        for entity in self.draft.entities:
            if entity.table is not None:
                hidden = [entity.name, *([entity.parent[0]] if entity.parent else [])]
                add_fields(entity, self._table(entity.table), self.used[entity.table], hidden)
        name_events(self.draft, {table.name: table for table in self.tables}, self.engine)
        self._find_as_of()
        for part in self.draft.parts:
            if part.table is not None and part.sql is None and (select := read_values(self._table(part.table))):
                part.sql = select.sql(dialect="duckdb", pretty=True)
        for table in self.tables:
            for column in table.columns.values():
                if column.clock is not None and not column.clock.is_certain:
                    self.draft.open.append(f"{table.name}.{column.name}: {column.clock.remark}")
                if column.unsure is not None:
                    of_table = next((part for part in self.draft.parts if part.table == table.name), None)
                    told = how_to_read if column.unsure == "," else how_to_read_points
                    self.draft.open.append(told(of_table, table_tree(table), table.name, column.name))
        tell_keys(self.draft, {table.name: table for table in self.tables}, self.engine)
        self.draft.open.append("the time zone of the clocks that the data were written by: UTC was taken")
        self.draft.open.extend(self.apart)
        for event in self.draft.events:
            tell_kinds(self.draft, event, self._table(event.table or ""))
        for table in self.tables:
            if table.name not in self.parts:
                self.draft.open.append(self._why_unused(table))
            elif any(column.type is None for column in table.columns.values()):
                names = [column.name for column in table.columns.values() if column.type is None]
                self.draft.open.append(f"{table.name}: {', '.join(names[:5])} of a type that rules cannot read")

    def _find_as_of(self) -> None:
        """As-of for data that stand still: the midnight after the last event."""
        now = dt.datetime.now()
        latests: list[str] = []
        for event in self.draft.events:
            table = self._table(event.table or "")
            column = table.columns.get(event.time)
            if column is not None and table.rows:
                found = latest(table, column, self.engine, now.isoformat(sep=" "))
                latests.extend([found] if found else [])
        if latests:
            last = dt.datetime.fromisoformat(max(latests)).date()
            if last < (now - dt.timedelta(days=2)).date():
                self.draft.as_of = (last + dt.timedelta(days=1)).isoformat()

    def _why_unused(self, table: Table) -> str:
        linked = [link for link in self.links if link.table is table and link.to.table.name in self.parts]
        if linked:
            to = max(linked, key=lambda link: (self.parts[link.to.table.name].kind == "entity", *link.rank))
            known = self.parts[to.to.table.name]
            why = "it has no time" if time_column(table) is None else f"that is no key of `{known.name}`"
            return (
                f"{table.name}: not in use; its {to.column.name} leads to {to.to.table.name}, but {why}: "
                f"join it to `{known.name}` in `sql:`"
            )
        if time_column(table) is not None:
            return f"{table.name}: not in use; it has times, but no column with keys of {self._known_keys()}"
        return (
            f"{table.name}: not in use; nothing leads to it, and it has neither times nor keys of {self._known_keys()}"
        )

    def _known_keys(self) -> str:
        return " or ".join(f"`{entity.name}`" for entity in self.draft.entities)

    def _leads_to(self, link: Link, kind: str) -> bool:
        """Whether a link leads to a part of a kind, by the column that is the part's key."""
        part = self.parts.get(link.to.table.name)
        return part is not None and part.kind == kind and part.key == link.to.column.name

    def _links_to(self, key: Key) -> list[Link]:
        return [link for link in self.links if link.to is key]

    def _table(self, name: str) -> Table:
        return next(table for table in self.tables if table.name == name)
