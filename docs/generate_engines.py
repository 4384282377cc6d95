"""Writes docs/engines.md: which cases of the language gave equal members on which engine.

The counts are those of runs: `pytest --counts FILE` writes them (see tests/counts.py), and
`python docs/generate_engines.py FILE…` puts them into docs/engines.json, and the page beside it; a later file's numbers
take the place of an earlier one's. Without files the page is written from docs/engines.json; a test holds it against
what that gives. `--only-show` prints the page of the files and leaves docs/ alone.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from segdsl.sql import DIALECTS, Dialect

DOCS = Path(__file__).parent
COUNTS = DOCS / "engines.json"
_WRITTEN = "<!-- written by docs/generate_engines.py -->"
_READ = "read back:"
# what a dialect has run on, where it is not an engine of its own name
RAN_AS = {"databricks": "spark", "athena": "read back:trino"}
_STAND_INS = {"snowflake": "fakesnow", "bigquery": "GoogleSQL's evaluator"}
# what is counted beside the cases, whose number is the same for all or grows with time
_BESIDE = ("nasty texts", "silent differences", "changes of the clocks", "random catalogs")
_HEAD = """\
A rule means the same on every engine. This page shows what was run to say so: each number is how many cases gave
exactly the members and values that are written in the case, and `·` is none. What the levels of trust mean, and what
runs with each change, is said in [warehouses](how-to/warehouses.md#how-far-to-trust-it).
"""


def pages() -> dict[Path, str]:
    """The page by its path."""
    return {DOCS / "engines.md": _page(json.loads(COUNTS.read_text("utf-8")))}


def merged(files: Sequence[Path]) -> dict[str, Any]:
    """The counts of several runs."""
    runs = [json.loads(path.read_text("utf-8")) for path in files]
    engines: dict[str, Any] = {}
    for run in runs:
        for name, counted in run["engines"].items():
            own = engines.setdefault(name, {})
            for key, value in {"day": run["day"], **counted}.items():
                # by theme and construct: a run may be of some tests alone
                own[key] = {**own.get(key, {}), **value} if isinstance(value, dict) else value
    return {"engines": engines}


def _page(counts: Mapping[str, Any]) -> str:
    engines: Mapping[str, Any] = counts["engines"]
    order = [name for name in _columns() if name in engines]
    all_ = engines["duckdb"]
    themes = [theme for theme in all_["equal"] if theme not in _BESIDE]
    total = sum(all_["equal"][theme] for theme in themes)
    lines = ["# Engines", "", _WRITTEN, "", _HEAD]
    lines += ["## Dialects", "", f"Of {total} cases of the language:", ""]
    lines += _table(
        ("dialect", "trust", "equal", "on", "lacks"),
        [_dialect(dialect, engines, themes, total) for dialect in DIALECTS.values()],
    )
    lines += [
        "What a dialect lacks is refused before any SQL is written, at the place in the rule that uses it (`SEG502`).",
        "History is what earlier runs have saved, which DuckDB has at hand; here others are given it as tables.",
        "",
        *_failing(engines),
    ]
    heads = [_head(name) for name in order]
    rows = [
        (theme, *(_number(engines[name]["equal"].get(theme, 0)) for name in order)) for theme in (*themes, *_BESIDE)
    ]
    lines += [
        "## Themes",
        "",
        "The files of `tests/spec`, and what runs beside them. What has fewer than DuckDB was asked a part, or lacks",
        "some construct. DuckDB's texts, clocks and catalogs are what others are held against.",
        "",
        *_table(("theme", *heads), rows),
    ]
    rows = [
        (f"`{word}`", *(_number(engines[name].get("constructs", {}).get(word, 0)) for name in order))
        for word in _constructs()
    ]
    lines += [
        "## Constructs",
        "",
        "In how many of the equal cases each word of the language stands. `in …` are the kinds of windows.",
        "",
        *_table(("construct", *heads), rows),
    ]
    return "\n".join(lines).rstrip("\n") + "\n"


def _constructs() -> Sequence[str]:
    sys.path.insert(0, str(DOCS.parent))
    from tests.counts import CONSTRUCTS

    return CONSTRUCTS


def _columns() -> list[str]:
    """Engines in the order of the dialects, then those that are read back."""
    return [*DIALECTS, *(f"{_READ}{name}" for name in DIALECTS)]


def _head(name: str) -> str:
    if name.startswith(_READ):
        return f"{name.removeprefix(_READ)}, read back"
    return f"{name} ({_STAND_INS[name]})" if name in _STAND_INS else name


def _dialect(dialect: Dialect, engines: Mapping[str, Any], themes: Sequence[str], total: int) -> tuple[str, ...]:
    own = RAN_AS.get(dialect.name, dialect.name)
    ran = [name for name in (own, f"{_READ}{own}") if name in engines]
    equal, on = [], []
    for name in ran:
        found = engines[name]
        equal.append(str(sum(found["equal"].get(theme, 0) for theme in themes)))
        on.append(_on(name, found["version"], dialect))
    lacks = "; ".join(_lacks(dialect))
    return (f"`{dialect.name}`: {dialect.title}", dialect.trust, ", ".join(equal), ", ".join(on), lacks)


def _on(name: str, version: str, dialect: Dialect) -> str:
    as_ = "" if name.removeprefix(_READ) == dialect.name else f", as {name.removeprefix(_READ)}"
    if name.startswith(_READ):
        return f"read back ({version}){as_}"
    return f"{version}{as_}" if name in _STAND_INS else f"itself, {version}{as_}"


def _lacks(dialect: Dialect) -> list[str]:
    words = {"\0": "U+0000 in texts", "zones": "zones but UTC"}
    return [words.get(name, f"`{name}`") for name in dialect.lacks]


def _failing(engines: Mapping[str, Any]) -> list[str]:
    told = [
        f"{_head(name)}: {sum(found['failing'].values())} of {', '.join(found['failing'])}"
        for name, found in engines.items()
        if found.get("failing")
    ]
    return [f"Known to fail, with an error and never with another member: {'; '.join(told)}.", ""] if told else []


def _number(count: int) -> str:
    return str(count) if count else "·"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [heads, ["---"] * len(heads), *rows]
    return [*("| " + " | ".join(row) + " |" for row in lines), ""]


if __name__ == "__main__":
    given = [Path(word) for word in sys.argv[1:] if word != "--only-show"]
    if "--only-show" in sys.argv:
        found = _page(merged(given))
        print(found)
        if found != (DOCS / "engines.md").read_text("utf-8"):
            print("docs/engines.md is of an older run, or of other versions")
    else:
        if given:
            COUNTS.write_text(json.dumps(merged(given), indent=1, sort_keys=True) + "\n", encoding="utf-8")
        for path, text in pages().items():
            path.write_text(text, encoding="utf-8")
