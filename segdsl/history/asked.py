"""What there is to ask of a history: sizes over time, where somebody was, who came and who went."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from segdsl import problems
from segdsl.engines.problem import EngineProblem
from segdsl.history import kept as keeping
from segdsl.history.store import Store

if TYPE_CHECKING:
    import pyarrow


@dataclass(frozen=True, slots=True)
class SavedRun:
    """A run that was saved. `saved_at` is in UTC, `as_of` in the zone of the model."""

    as_of: dt.datetime
    saved_at: dt.datetime
    seconds: float
    rows: int
    fingerprint: str
    segdsl: str


@dataclass(frozen=True, slots=True)
class PastSize:
    """A segment or label in one run: how many members it had, who entered and left since the run before.

    `version` numbers the rules that its definition has had; where `is_new_rule`, who came and went may have done so
    through the rule. In the first run of a definition (`is_first`) members are found: nobody knows when they entered.
    """

    segment: str
    as_of: dt.datetime
    members: int
    entered: int
    left: int
    population: int
    version: int
    is_new_rule: bool
    is_first: bool


@dataclass(frozen=True, slots=True)
class Stay:
    """A time that somebody spent in a segment. `entered` is unknown (None) for who was found in it by its first run,
    `found` says when; `left` is None as long as they are in it.

    `version` and `rule` are of the rule that let them in, `left_by` the version of the rule that put them out;
    `evaluated` is the last run that evaluated the segment.
    """

    entity: str
    segment: str
    found: dt.datetime
    entered: dt.datetime | None
    left: dt.datetime | None
    version: int
    meaning: str
    rule: str
    left_by: int | None
    evaluated: dt.datetime


def runs(store: Store) -> list[SavedRun]:
    """The runs, oldest first."""
    rows = store.fetch("SELECT as_of, saved_at, seconds, rows_read, fingerprint, segdsl FROM runs ORDER BY as_of")
    return [SavedRun(*row) for row in rows]


def check_entity(store: Store, entity: str | None) -> None:
    """Raises EngineProblem for an entity that the history, and what the last run has kept, know nothing of."""
    if entity is not None:
        known = {name for (name,) in store.fetch("SELECT DISTINCT entity FROM definitions")}
        found = keeping.read(store)
        known |= set() if found is None else {one.entity for one in found[1].totals}
        if entity not in known:
            raise EngineProblem([problems.unknown_entity(entity, sorted(known), None)])


def segments(store: Store) -> list[str]:
    """Every name that the history knows, labels as `tier.gold`."""
    found: dict[str, None] = {}
    for name, label in store.fetch(
        "SELECT DISTINCT name, label FROM sizes JOIN definitions ON definition = id ORDER BY name, label"
    ):
        found.setdefault(name)
        if label:
            found.setdefault(f"{name}.{label}")
    return list(found)


def sizes(store: Store, segment: str) -> list[PastSize]:
    """A segment, a label, or all labels of a segmentation, run by run; of the entity that it was of the last time.
    Raises EngineProblem for an unknown name."""
    rows = store.fetch(
        """SELECT name || CASE WHEN s.label = '' THEN '' ELSE '.' || s.label END AS segment, s.as_of, s.members,
            s.entered, s.gone, p.population, e.version,
            e.version > 1 AND EXISTS (SELECT 1 FROM versions AS v
                WHERE v.definition = s.definition AND v.version = e.version AND v.since = s.as_of),
            s.as_of = (SELECT MIN(f.as_of) FROM evaluations AS f WHERE f.definition = s.definition) AND EXISTS (
                SELECT 1 FROM stays AS m WHERE m.definition = s.definition AND m.is_first
                AND m.entered_at = s.as_of)
        FROM sizes AS s
        JOIN definitions AS d ON d.id = s.definition
        JOIN evaluations AS e ON e.definition = s.definition AND e.as_of = s.as_of
        LEFT JOIN populations AS p ON p.as_of = s.as_of AND p.entity = d.entity
        WHERE (d.name = ? OR d.name || '.' || s.label = ?) AND d.entity = (
            SELECT x.entity FROM definitions AS x JOIN evaluations AS y ON y.definition = x.id
            WHERE x.name = d.name ORDER BY y.as_of DESC LIMIT 1)
        ORDER BY segment, s.as_of""",
        [segment, segment],
    )
    if not rows:
        raise EngineProblem([problems.not_in_history(segment, segments(store))])
    return [PastSize(*row) for row in rows]


def every_size(store: Store, entities: Mapping[str, str] | None = None) -> dict[str, list[tuple[dt.datetime, int]]]:
    """How many members every segment and label had in each run, by its name and in the order of time: of the entity
    that `entities` has for a definition, else of the one that it was of the last time."""
    last: dict[str, str] = dict(
        store.fetch(
            """SELECT d.name, d.entity FROM definitions AS d JOIN evaluations AS e ON e.definition = d.id
            GROUP BY d.name, d.entity ORDER BY MAX(e.as_of)"""
        )
    )
    rows = store.fetch(
        """SELECT d.name, d.entity, d.name || CASE WHEN s.label = '' THEN '' ELSE '.' || s.label END AS segment,
            s.as_of, s.members
        FROM sizes AS s JOIN definitions AS d ON d.id = s.definition ORDER BY segment, s.as_of, s.members"""
    )
    wanted = {**last, **(entities or {})}
    found: dict[str, list[tuple[dt.datetime, int]]] = {}
    for name, entity, segment, as_of, members in rows:
        if entity == wanted.get(name):
            found.setdefault(segment, []).append((as_of, members))
    return found


def rules(store: Store) -> dict[tuple[str, str], list[tuple[dt.datetime, str]]]:
    """Of each definition, by its entity and name, the rules that it had in runs: since when and what it meant."""
    found: dict[tuple[str, str], list[tuple[dt.datetime, str]]] = {}
    for entity, name, since, meaning in store.fetch(
        """SELECT d.entity, d.name, v.since, v.meaning FROM versions AS v JOIN definitions AS d ON d.id = v.definition
        ORDER BY v.version"""
    ):
        found.setdefault((entity, name), []).append((since, meaning))
    return found


def stays(store: Store, key: str, entity: str | None = None) -> list[Stay]:
    """Where somebody was, in the order of time. Raises EngineProblem where nobody of that key was in any segment."""
    check_entity(store, entity)
    of_entity = "" if entity is None else " AND d.entity = ?"
    rows = store.fetch(
        # the one key first: else what asks for versions asks for those of everybody's stays
        f"""WITH m AS MATERIALIZED (SELECT * FROM memberships WHERE key = ?)
        SELECT d.entity, d.name || CASE WHEN m.label = '' THEN '' ELSE '.' || m.label END AS segment, m.entered_at,
            CASE WHEN NOT m.is_first THEN m.entered_at END, m.left_at, v.version, v.meaning, v.rule, w.version,
            (SELECT MAX(as_of) FROM evaluations AS e WHERE e.definition = m.definition)
        FROM m
        JOIN definitions AS d ON d.id = m.definition
        JOIN versions AS v ON v.definition = m.definition AND v.version = (
            SELECT MAX(x.version) FROM versions AS x WHERE x.definition = m.definition AND x.since <= m.entered_at)
        LEFT JOIN versions AS w ON w.definition = m.definition AND w.version = (
            SELECT MAX(x.version) FROM versions AS x WHERE x.definition = m.definition AND x.since <= m.left_at)
        WHERE TRUE{of_entity}
        ORDER BY m.entered_at, d.entity, segment""",
        [key] if entity is None else [key, entity],
    )
    if not rows:
        raise EngineProblem([problems.key_not_in_history(key)])
    return [Stay(*row) for row in rows]


def changes(store: Store, since: dt.datetime | None) -> tuple[dt.datetime | None, dt.datetime, pyarrow.Table]:
    """Who is in a segment now that was not as of a run, and the other way round: `segment`, `entity`, `key`, `change`
    (entered or left) and `as_of`, sorted. The run is the last one at or before `since`, else the last but one; where
    there is none before, everybody has entered. Gives both runs, too.
    """
    found = [row[0] for row in store.fetch("SELECT as_of FROM runs ORDER BY as_of")]
    if not found:
        raise EngineProblem([problems.no_runs(store.name)])
    last = found[-1]
    if since is None:
        before = found[-2] if len(found) > 1 else None
    else:
        before = next((as_of for as_of in reversed(found) if as_of <= since), None)
        if before is None:
            raise EngineProblem([problems.no_run_before(since, found[0])])
    alone = """NOT EXISTS (SELECT 1 FROM {0} WHERE {0}.definition = {1}.definition AND {0}.label = {1}.label
            AND {0}.member = {1}.member)"""
    table = store.arrow(
        f"""WITH was AS (SELECT * FROM stays WHERE entered_at <= ? AND (left_at IS NULL OR left_at > ?)),
        now AS (SELECT * FROM stays WHERE left_at IS NULL),
        changed AS (
            SELECT n.*, 'entered' AS change, n.entered_at AS as_of FROM now AS n WHERE {alone.format("was", "n")}
            UNION ALL
            SELECT n.*, 'left', (SELECT MAX(x.left_at) FROM stays AS x WHERE x.definition = n.definition
                AND x.label = n.label AND x.member = n.member)
            FROM was AS n WHERE {alone.format("now", "n")})
        SELECT name || CASE WHEN label = '' THEN '' ELSE '.' || label END AS segment, d.entity, key, change, as_of
        FROM changed JOIN definitions AS d ON definition = id JOIN members ON number = member ORDER BY 1, 2, 3, 4, 5""",
        [before or dt.datetime(1, 1, 1)] * 2,
    )
    return before, last, table
