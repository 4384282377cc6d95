"""The tables of a store, by version: what a new one is made with, and how an older one becomes one.

A definition's memberships are intervals, its `stays`: `label` is empty for a segment; `left_at` is the first run that
no longer had the member, NULL where none is known; `is_first` says that the definition was evaluated for the first time
when the interval begins, so that nobody knows when the member entered. Of a member they have a number, which is found
and compared in a fifth of the time that a key takes; `members` has the keys.
"""

from __future__ import annotations

VERSION = 3

# what the next run may go on from: of the last run alone, in tables of their own that `facts` (JSON) names
_KEPT = "CREATE TABLE IF NOT EXISTS kept (as_of TIMESTAMP, saved_at TIMESTAMP, facts TEXT)"

_MEMBERS = "CREATE TABLE members (number INTEGER, entity TEXT, key TEXT)"
_STAYS = """CREATE TABLE stays (definition INTEGER, label TEXT, member INTEGER, entered_at TIMESTAMP, left_at TIMESTAMP,
    is_first BOOLEAN)"""
_VIEWS = (
    """CREATE VIEW memberships AS
        SELECT definition, label, key, entered_at, left_at, is_first FROM stays JOIN members ON number = member""",
    # for whoever opens the file with a tool of their own
    """CREATE VIEW history AS
        SELECT entity, name || CASE WHEN label = '' THEN '' ELSE '.' || label END AS segment, key, entered_at, left_at
        FROM memberships JOIN definitions ON definition = id""",
    # what the SQL of rules that ask for the history reads
    """CREATE VIEW segdsl_stays AS
        SELECT entity, name AS definition, label, key, entered_at, left_at, is_first
        FROM memberships JOIN definitions ON definition = id""",
)

TABLES = (
    "CREATE TABLE meta (name TEXT, value TEXT)",
    f"INSERT INTO meta VALUES ('schema', '{VERSION}')",
    """CREATE TABLE runs (as_of TIMESTAMP, saved_at TIMESTAMP, timezone TEXT, seconds FLOAT8, rows_read BIGINT,
        fingerprint TEXT, segdsl TEXT)""",
    "CREATE TABLE populations (as_of TIMESTAMP, entity TEXT, population BIGINT)",
    "CREATE TABLE definitions (id INTEGER, entity TEXT, name TEXT, kind TEXT)",
    "CREATE TABLE versions (definition INTEGER, version INTEGER, since TIMESTAMP, meaning TEXT, rule TEXT)",
    "CREATE TABLE evaluations (as_of TIMESTAMP, definition INTEGER, version INTEGER)",
    "CREATE TABLE sizes (as_of TIMESTAMP, definition INTEGER, label TEXT, members BIGINT, entered BIGINT, gone BIGINT)",
    _MEMBERS,
    _STAYS,
    _KEPT,
    *_VIEWS,
    """CREATE VIEW segdsl_evaluations AS
        SELECT entity, name AS definition, as_of FROM evaluations JOIN definitions ON definition = id""",
)

# the statements that make a store of one version one of the next; the first version has none before it
MIGRATIONS: dict[int, tuple[str, ...]] = {
    1: (_KEPT,),
    2: (
        _MEMBERS,
        """INSERT INTO members SELECT CAST(ROW_NUMBER() OVER (ORDER BY entity, key) AS INTEGER), entity, key
        FROM (SELECT DISTINCT entity, key FROM memberships JOIN definitions ON definition = id) AS found""",
        _STAYS,
        """INSERT INTO stays SELECT s.definition, s.label, m.number, s.entered_at, s.left_at, s.is_first
        FROM memberships AS s JOIN definitions AS d ON d.id = s.definition
        JOIN members AS m ON m.entity = d.entity AND m.key = s.key
        ORDER BY s.definition, s.label, m.number""",
        "DROP VIEW history",
        "DROP VIEW segdsl_stays",
        "DROP TABLE memberships",
        *_VIEWS,
    ),
}
