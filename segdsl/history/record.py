"""Saving a run: what it found becomes intervals, in one transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from segdsl import problems
from segdsl.engines.problem import EngineProblem
from segdsl.history.store import Store

if TYPE_CHECKING:
    import pyarrow

# rows of one INSERT
_BATCH = 200


@dataclass(frozen=True, slots=True)
class Recorded:
    """A definition of a run: what it is, what it means (as a hash), and what prints the rule, where it is another than
    before."""

    entity: str
    name: str
    kind: str
    labels: tuple[str, ...]
    meaning: str
    rule: Callable[[], str]


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What is kept of a run itself. `populations` are by entity; `rows` and `fingerprint` tell its data."""

    as_of: dt.datetime
    timezone: str
    seconds: float
    rows: int
    fingerprint: str
    segdsl: str
    populations: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Saved:
    """What saving changed: members who entered and left, runs that gave way, definitions whose rule is another.

    `definitions` are those saved now; where the run was there already, there are none. Of those that no earlier run has
    saved (`first`), members are `found`: nobody knows when they entered.
    """

    as_of: dt.datetime
    definitions: tuple[str, ...] = ()
    first: tuple[str, ...] = ()
    found: int = 0
    entered: int = 0
    left: int = 0
    dropped: int = 0
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """What tells who moved without rows of all members: `find` gives everybody who is in there a number, and adds to
    the tables `gone` and `come`, of `definition`, `label` and `member`. How many there are of the definitions
    `carried`, by their places, follows from what the last run has saved; the others are counted."""

    carried: frozenset[int]
    find: Callable[[], None]


def check_zone(store: Store, timezone: str) -> dt.datetime | None:
    """Refuses a history whose times are those of another zone than the model's; gives the as-of of its last run."""
    row = store.fetch("SELECT as_of, timezone FROM runs ORDER BY as_of DESC LIMIT 1")
    if not row:
        return None
    last: dt.datetime = row[0][0]
    if row[0][1] != timezone:
        raise EngineProblem([problems.store_of_another_zone(store.name, row[0][1], timezone)])
    return last


def check_order(store: Store, as_of: dt.datetime, timezone: str, rewrite: bool) -> None:
    """Refuses a run that the history is past already, or whose times are another zone's."""
    last = check_zone(store, timezone)
    if last is not None and as_of < last and not rewrite:
        is_twice = last - as_of < min(_repeated(time, timezone) for time in (as_of, last))
        raise EngineProblem([problems.earlier_run(as_of, last, timezone if is_twice else None)])


def _repeated(time: dt.datetime, timezone: str) -> dt.timedelta:
    """By how much the clocks of a zone go back where they show a time twice; nothing for any other time."""
    first, second = (time.replace(tzinfo=ZoneInfo(timezone), fold=fold).utcoffset() for fold in (0, 1))
    assert first is not None
    assert second is not None
    return first - second


def record(
    store: Store,
    facts: RunFacts,
    definitions: Sequence[Recorded],
    found: Callable[[], pyarrow.RecordBatchReader] | Comparison,
    rewrite: bool = False,
    keep: Callable[[Sequence[int]], None] | None = None,
) -> Saved:
    """Saves a run: what was `found` is a row per definition (`definition`, its place in the list), `label` ("" for a
    segment) and `key`, or what compares it with the run before. What a run as of the same moment has saved of a
    definition stays, unless `rewrite` drops it, together with all later runs.

    What the last run has kept to go on from goes, unless `keep` sees to that and puts there what this one keeps; it is
    told the places of the definitions saved now.
    """
    with store.transaction():
        check_order(store, facts.as_of, facts.timezone, rewrite)
        dropped = _cut(store, facts.as_of) if rewrite else 0
        there = store.fetch(
            "SELECT entity, name FROM evaluations JOIN definitions ON definition = id WHERE as_of = ?", [facts.as_of]
        )
        fresh = [index for index, item in enumerate(definitions) if (item.entity, item.name) not in there]
        if not fresh:
            return Saved(facts.as_of, dropped=dropped)
        last = store.fetch("SELECT MAX(as_of) FROM runs WHERE as_of < ?", [facts.as_of])[0][0]
        _run(store, facts)
        carried = found.carried if isinstance(found, Comparison) else frozenset[int]()
        first, changed = _definitions(store, facts.as_of, definitions, fresh, carried)
        for table in ("gone", "come"):
            store.execute(f"CREATE TEMP TABLE {table} (definition INTEGER, label TEXT, member INTEGER)")
        if isinstance(found, Comparison):
            found.find()
        else:
            _find_by_members(store, found)
        _intervals(store, facts.as_of, last)
        if keep is None:
            drop_kept(store)
        else:
            keep(fresh)
        members, entered, left = store.fetch(
            """SELECT COALESCE(SUM(CASE WHEN is_new THEN members ELSE 0 END), 0),
                COALESCE(SUM(CASE WHEN is_new THEN 0 ELSE entered END), 0), COALESCE(SUM(gone), 0)
            FROM sizes JOIN saving ON id = definition WHERE as_of = ?""",
            [facts.as_of],
        )[0]
        for table in ("gone", "come", "saving", "labels"):
            store.execute(f"DROP TABLE {table}")
    names = tuple(definitions[index].name for index in fresh)
    return Saved(facts.as_of, names, first, int(members), int(entered), int(left), dropped, changed)


def _run(store: Store, facts: RunFacts) -> None:
    """The row of the run itself, and its populations; a run that is there already gets what is new."""
    known = {row[0] for row in store.fetch("SELECT entity FROM populations WHERE as_of = ?", [facts.as_of])}
    if not store.fetch("SELECT 1 FROM runs WHERE as_of = ?", [facts.as_of]):
        saved_at = dt.datetime.now(dt.UTC).replace(tzinfo=None)
        row = [facts.as_of, saved_at, facts.timezone, facts.seconds, facts.rows, facts.fingerprint, facts.segdsl]
        store.execute("INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    for entity, population in facts.populations.items():
        if entity not in known:
            store.execute("INSERT INTO populations VALUES (?, ?, ?)", [facts.as_of, entity, population])


def _definitions(
    store: Store,
    as_of: dt.datetime,
    definitions: Sequence[Recorded],
    fresh: Sequence[int],
    carried: frozenset[int],
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Notes the definitions and the versions of their rules; the table `saving` has those of this run, `labels` what
    they can give. Gives the names of those that are saved for the first time, and of those whose rule is another than
    before."""
    known = {(entity, name): number for number, entity, name in store.fetch("SELECT id, entity, name FROM definitions")}
    versions = {
        number: (version, meaning)
        for number, version, meaning in store.fetch(
            "SELECT definition, version, meaning FROM versions ORDER BY version"
        )
    }
    evaluated = {row[0] for row in store.fetch("SELECT DISTINCT definition FROM evaluations")}
    rows: dict[str, list[tuple[Any, ...]]] = {
        name: [] for name in ("definitions", "versions", "evaluations", "saving", "labels")
    }
    first: list[str] = []
    changed: list[str] = []
    for place in fresh:
        item = definitions[place]
        number = known.setdefault((item.entity, item.name), max(known.values(), default=0) + 1)
        rows["definitions"].append((number, item.entity, item.name, item.kind))
        version, meaning = versions.get(number, (0, None))
        if meaning != item.meaning:
            if meaning is not None:
                changed.append(item.name)
            version += 1
            rows["versions"].append((number, version, as_of, item.meaning, item.rule()))
        rows["evaluations"].append((as_of, number, version))
        if number not in evaluated:
            first.append(item.name)
        rows["saving"].append((place, number, number not in evaluated, place in carried))
        rows["labels"].extend((number, label) for label in (item.labels if item.kind == "segmentation" else ("",)))
    numbers = [row[0] for row in rows["definitions"]]
    for start in range(0, len(numbers), _BATCH):
        batch = numbers[start : start + _BATCH]
        store.execute(f"DELETE FROM definitions WHERE id IN ({', '.join('?' * len(batch))})", batch)
    store.execute("CREATE TEMP TABLE saving (place INTEGER, id INTEGER, is_new BOOLEAN, is_carried BOOLEAN)")
    store.execute("CREATE TEMP TABLE labels (id INTEGER, label TEXT)")
    for table, found in rows.items():
        if found:
            slots = f"({', '.join('?' * len(found[0]))})"
            for start in range(0, len(found), _BATCH):
                some = found[start : start + _BATCH]
                values = [value for row in some for value in row]
                store.execute(f"INSERT INTO {table} VALUES {', '.join([slots] * len(some))}", values)
    return tuple(first), tuple(changed)


def _find_by_members(store: Store, members: Callable[[], pyarrow.RecordBatchReader]) -> None:
    """Adds to the tables `gone` and `come` who left and who entered, by everybody that was found."""
    with store.rows("given", members()):
        store.execute(
            """CREATE TEMP TABLE seen AS SELECT d.id AS definition, i.entity, g.label, g.key
            FROM given AS g JOIN saving AS d ON g.definition = d.place JOIN definitions AS i ON i.id = d.id"""
        )
    number_members(store, "SELECT DISTINCT entity, key FROM seen")
    store.execute(
        """CREATE TEMP TABLE found AS SELECT s.definition, s.label, m.number AS member
        FROM seen AS s JOIN members AS m ON m.entity = s.entity AND m.key = s.key"""
    )
    open_ones = """SELECT definition, label, member FROM stays
        WHERE left_at IS NULL AND definition IN (SELECT id FROM saving)"""
    store.execute(f"INSERT INTO gone {open_ones} EXCEPT ALL SELECT * FROM found")
    store.execute(f"INSERT INTO come SELECT * FROM found EXCEPT ALL ({open_ones})")
    for table in ("seen", "found"):
        store.execute(f"DROP TABLE {table}")


def number_members(store: Store, found: str) -> None:
    """Gives numbers to those who have none: `found` is a SELECT of `entity` and `key`, each once."""
    store.execute(
        f"""INSERT INTO members
        SELECT CAST((SELECT COALESCE(MAX(number), 0) FROM members) + ROW_NUMBER() OVER (ORDER BY f.entity, f.key)
            AS INTEGER), f.entity, f.key
        FROM ({found}) AS f
        WHERE NOT EXISTS (SELECT 1 FROM members AS m WHERE m.entity = f.entity AND m.key = f.key)"""
    )


def _intervals(store: Store, as_of: dt.datetime, last: dt.datetime | None) -> None:
    """Ends the intervals of those who left, begins those of who entered, and counts both; members from the numbers of
    the `last` run, or by the intervals."""
    store.end_stays(as_of)
    store.execute(
        """INSERT INTO stays
        SELECT come.definition, come.label, come.member, CAST(? AS TIMESTAMP), CAST(NULL AS TIMESTAMP), saving.is_new
        FROM come JOIN saving ON saving.id = come.definition
        ORDER BY come.definition, come.label, come.member""",
        [as_of],
    )
    carried = "definition IN (SELECT id FROM saving WHERE is_carried)"
    counted = f"""SELECT definition, label, members, 0, 0 FROM sizes WHERE as_of = ? AND {carried} AND members > 0
        UNION ALL SELECT definition, label, COUNT(*), 0, 0 FROM come WHERE {carried} GROUP BY definition, label
        UNION ALL SELECT definition, label, -COUNT(*), 0, 0 FROM gone WHERE {carried} GROUP BY definition, label
        UNION ALL SELECT definition, label, COUNT(*), 0, 0 FROM stays WHERE left_at IS NULL
            AND definition IN (SELECT id FROM saving WHERE NOT is_carried) GROUP BY definition, label"""
    # a label that the rule no longer has is counted when it is left
    store.execute(
        f"""INSERT INTO sizes
        WITH counted AS (
          SELECT id AS definition, label, 0 AS members, 0 AS entered, 0 AS gone FROM labels
          UNION ALL {counted}
          UNION ALL SELECT definition, label, 0, COUNT(*), 0 FROM come GROUP BY definition, label
          UNION ALL SELECT definition, label, 0, 0, COUNT(*) FROM gone GROUP BY definition, label)
        SELECT CAST(? AS TIMESTAMP), definition, label, SUM(members), SUM(entered), SUM(gone) FROM counted
        GROUP BY definition, label ORDER BY definition, label""",
        [last, as_of],
    )


def _cut(store: Store, as_of: dt.datetime) -> int:
    """Takes the history back to what it was before a moment; gives the number of runs that went."""
    count = store.fetch("SELECT COUNT(*) FROM runs WHERE as_of >= ?", [as_of])[0][0]
    for statement in (
        "DELETE FROM stays WHERE entered_at >= ?",
        "UPDATE stays SET left_at = NULL WHERE left_at >= ?",
        "DELETE FROM runs WHERE as_of >= ?",
        "DELETE FROM populations WHERE as_of >= ?",
        "DELETE FROM evaluations WHERE as_of >= ?",
        "DELETE FROM sizes WHERE as_of >= ?",
        "DELETE FROM versions WHERE since >= ?",
    ):
        store.execute(statement, [as_of])
    drop_unevaluated(store)
    return int(count)


def drop_kept(store: Store, but: Collection[str] = ()) -> None:
    """Drops what runs have kept to go on from, `but` for some tables."""
    for name in store.tables("kept_"):
        if name not in but:
            store.execute(f"DROP TABLE {name}")
    store.execute("DELETE FROM kept")


def drop_unevaluated(store: Store) -> None:
    """Forgets definitions of which no run is left."""
    store.execute("DELETE FROM definitions WHERE id NOT IN (SELECT definition FROM evaluations)")
    for table in ("stays", "versions"):
        store.execute(f"DELETE FROM {table} WHERE definition NOT IN (SELECT id FROM definitions)")
