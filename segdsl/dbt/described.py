"""What a dbt project says of its tables: by its manifest and catalog where dbt has written them, else by its YAML."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from segdsl import problems
from segdsl.draft.names import thing, words_of
from segdsl.draft.told import ToldColumn, ToldTable
from segdsl.engines.problem import EngineProblem

PROJECT_FILE = "dbt_project.yml"
_MOST_BYTES = 400_000_000
_REF = re.compile(r"\b(ref|source)\s*\(([^()]*)\)")
_QUOTED = re.compile(r"""(?<![=\w])\s*(?:'([^']*)'|"([^"]*)")""")
# models that are on the way to others
_LAYERS = frozenset(("stg", "staging", "int", "intermediate", "base", "raw", "src", "tmp"))
_PLAIN = re.compile(r'[^".{}]+')


@dataclass
class _Node:
    """A source, model, seed or snapshot, with the columns that are described."""

    kind: str
    name: str
    parts: tuple[str, ...]
    description: str = ""
    columns: dict[str, ToldColumn] = field(default_factory=dict)

    @property
    def rank(self) -> int:
        """How near it is to what analysts read: models meant for it, and last the tables that these are made of."""
        if self.kind == "source":
            return 0
        return 1 if words_of(self.name)[:1] and words_of(self.name)[0] in _LAYERS else 3 if self.kind == "model" else 2


@dataclass(frozen=True)
class Project:
    """The tables of a project, of each thing the one that is nearest to analysts; what was left aside, and why."""

    name: str
    adapter: str | None  # sqlglot's name for the dialect of its warehouse
    tables: tuple[ToldTable, ...]
    left: tuple[str, ...]


def read_project(folder: Path) -> Project:
    """The tables that a dbt project describes. Raises EngineProblem where there is none."""
    if not (folder / PROJECT_FILE).is_file():
        raise _problem(folder, f"there is no {PROJECT_FILE} in it")
    settings = _yaml(folder / PROJECT_FILE, folder)
    target = folder / _text(settings.get("target-path"), "target")
    manifest = _json(target / "manifest.json", folder)
    if manifest is None:
        nodes = _of_yaml(folder, settings)
        left = ["dbt has not written target/manifest.json: `dbt parse` does, and knows the schemas of models"]
        adapter = None
    else:
        nodes = _of_manifest(manifest)
        _take_types(nodes, _json(target / "catalog.json", folder) or {})
        adapter = manifest.get("metadata", {}).get("adapter_type")
        left = []
    chosen, aside = _chosen(nodes)
    left += aside
    if not chosen:
        raise _problem(folder, "none of its sources and models has columns in a YAML file or in target/catalog.json")
    known = {key: _written(node.parts) for key, node in chosen.items()}
    for node in chosen.values():
        for column in node.columns.values():
            column.leads_to = _led(column.leads_to, nodes, chosen, known)
    tables = tuple(
        ToldTable(known[key], node.parts, node.description, node.columns) for key, node in sorted(chosen.items())
    )
    return Project(_text(settings.get("name"), folder.name), adapter, tables, tuple(left))


def _led(
    to: tuple[str, str] | None, nodes: Mapping[str, _Node], chosen: Mapping[str, _Node], known: Mapping[str, str]
) -> tuple[str, str] | None:
    """What a column leads to by the name of a table; of a table that another was taken for, to that other."""
    if to is None:
        return None
    key, column = to
    if key not in chosen and key in nodes:
        wanted = thing(nodes[key].name)
        key = next((other for other, node in chosen.items() if thing(node.name) == wanted), key)
    return (known[key], column) if key in chosen and column in chosen[key].columns else None


def _chosen(nodes: Mapping[str, _Node]) -> tuple[dict[str, _Node], list[str]]:
    """Of the tables that hold the same thing (`raw.customers`, `stg_customers`, `dim_customers`) the last one."""
    by_thing: dict[str, list[str]] = {}
    bare: list[str] = []
    for key, node in nodes.items():
        if node.columns:
            by_thing.setdefault(thing(node.name), []).append(key)
        else:
            bare.append(node.name)
    chosen: dict[str, _Node] = {}
    left: list[str] = []
    for keys in by_thing.values():
        best, *others = sorted(keys, key=lambda key: (-nodes[key].rank, key))
        chosen[best] = nodes[best]
        if others:
            names = ", ".join(_written(nodes[key].parts) for key in others)
            left.append(f"{_written(nodes[best].parts)} was taken rather than {names}, by their names")
    if bare:
        shown = f"{', '.join(sorted(bare)[:8])}{' …' if len(bare) > 8 else ''}"
        left.append(f"without columns in a YAML file or target/catalog.json (`dbt docs generate`): {shown}")
    return chosen, left


# ---------------------------------------------------------------- what dbt has written


def _of_manifest(manifest: Mapping[str, Any]) -> dict[str, _Node]:
    found: dict[str, _Node] = {}
    tests: list[Mapping[str, Any]] = []
    everything = [*manifest.get("sources", {}).items(), *manifest.get("nodes", {}).items()]
    databases = {item.get("database") for _, item in everything if item.get("resource_type") != "test"}
    for key, item in everything:
        kind = item.get("resource_type")
        if kind == "test":
            tests.append(item)
        is_one = kind in ("source", "seed", "snapshot") or (
            kind == "model" and item.get("config", {}).get("materialized") != "ephemeral"
        )
        if not is_one or str(item.get("package_name", "")).startswith("segdsl_"):
            continue
        name = item.get("identifier") or item.get("alias") or item["name"]
        parts = [item.get("schema"), name]
        if len(databases) > 1:
            parts.insert(0, item.get("database"))
        node = _Node(kind, item["name"], tuple(part for part in parts if part), item.get("description") or "")
        for column in item.get("columns", {}).values():
            told = ToldColumn(column["name"], column.get("data_type") or "", column.get("description") or "")
            kinds = {each.get("type") for each in column.get("constraints") or ()}
            told.is_unique = bool(kinds & {"primary_key", "unique"})
            node.columns[told.name] = told
        found[key] = node
    names = {_name_of(key, manifest): key for key in found}
    for test in tests:
        meta = test.get("test_metadata") or {}
        given = meta.get("kwargs") or {}
        key = names.get(_reference(given.get("model")))
        if key is not None:
            _take_test(found[key].columns, meta.get("name"), given, test.get("column_name"), names)
    return found


def _name_of(key: str, manifest: Mapping[str, Any]) -> str:
    source = manifest.get("sources", {}).get(key)
    return f"{source['source_name']}.{source['name']}" if source else str(manifest["nodes"][key]["name"])


def _take_types(nodes: Mapping[str, _Node], catalog: Mapping[str, Any]) -> None:
    """The columns that the warehouse itself has told dbt of."""
    for key, item in [*catalog.get("nodes", {}).items(), *catalog.get("sources", {}).items()]:
        if key not in nodes:
            continue
        node = nodes[key]
        spelled = {name.casefold(): name for name in node.columns}
        ordered: dict[str, ToldColumn] = {}
        for column in sorted(item.get("columns", {}).values(), key=lambda each: each.get("index") or 0):
            told = node.columns.get(spelled.get(column["name"].casefold(), "")) or ToldColumn(column["name"])
            told.type = column.get("type") or told.type
            told.description = told.description or column.get("comment") or ""
            ordered[told.name] = told
        node.columns = ordered or node.columns


# ---------------------------------------------------------------- what people have written


def _of_yaml(folder: Path, settings: Mapping[str, Any]) -> dict[str, _Node]:
    found: dict[str, _Node] = {}
    tests: list[tuple[str, ToldColumn, Any]] = []
    for path in _files(folder, settings):
        content = _yaml(path, folder)
        for source in _dicts(content.get("sources")):
            schema = _text(source.get("schema"), _text(source.get("name"), ""))
            for table in _dicts(source.get("tables")):
                name = _text(table.get("name"), "")
                own = _text(table.get("identifier"), name)
                parts = (schema, own) if _PLAIN.fullmatch(schema) else (own,)
                key = f"{_text(source.get('name'), '')}.{name}"
                found[key] = _node("source", name, parts, table, key, tests)
        for kind in ("model", "seed", "snapshot"):
            for table in _dicts(content.get(f"{kind}s")):
                name = _text(table.get("name"), "")
                config: dict[str, Any] = next(iter(_dicts([table.get("config")])), {})
                alias = _text(config.get("alias"), name)
                if config.get("materialized") != "ephemeral":
                    found[name] = _node(kind, name, (alias,), table, name, tests)
    names = {key: key for key in found}
    for key, column, test in tests:
        kind, given = (test, {}) if isinstance(test, str) else next(iter(test.items()))
        arguments = given.get("arguments", given) if isinstance(given, dict) else {}
        _take_test(found[key].columns, kind, arguments, column.name, names)
    return {key: node for key, node in found.items() if node.name}


def _node(kind: str, name: str, parts: tuple[str, ...], table: Mapping[str, Any], key: str, tests: list[Any]) -> _Node:
    node = _Node(kind, name, parts, _told(table))
    for item in _dicts(table.get("columns")):
        column = ToldColumn(_text(item.get("name"), ""), _text(item.get("data_type"), ""), _told(item))
        if not column.name:
            continue
        node.columns[column.name] = column
        kinds = {each.get("type") for each in _dicts(item.get("constraints"))}
        column.is_unique = bool(kinds & {"primary_key", "unique"})
        for test in (*_list(item.get("data_tests")), *_list(item.get("tests"))):
            if isinstance(test, str) or (isinstance(test, dict) and test):
                tests.append((key, column, test))
    return node


def _files(folder: Path, settings: Mapping[str, Any]) -> Iterator[Path]:
    for kind in ("model", "seed", "snapshot"):
        for place in _list(settings.get(f"{kind}-paths")) or [f"{kind}s"]:
            base = folder / str(place)
            for ending in ("yml", "yaml"):
                yield from sorted(path for path in base.rglob(f"*.{ending}") if path.is_file())


# ---------------------------------------------------------------- both


def _take_test(
    columns: Mapping[str, ToldColumn], kind: Any, given: Mapping[str, Any], name: str | None, names: Mapping[str, str]
) -> None:
    """What a test of dbt's own says about a column."""
    column = columns.get(name or "")
    if column is None:
        return
    if kind == "unique":
        column.is_unique = True
    elif kind == "accepted_values":
        values = _list(given.get("values"))
        if values and all(isinstance(value, str) and "{{" not in value for value in values):
            column.values = tuple(values)
    elif kind == "relationships" and (to := names.get(_reference(given.get("to")))) is not None:
        column.leads_to = (to, str(given.get("field")))


def _reference(text: Any) -> str:
    """`ref('x')` as `x`, `source('a', 'b')` as `a.b`."""
    found = _REF.search(text) if isinstance(text, str) else None
    if found is None:
        return ""
    words = [one or other for one, other in _QUOTED.findall(found[2])]
    return ".".join(words[:2]) if found[1] == "source" else (words or [""])[-1]


def _written(parts: Iterable[str]) -> str:
    quoted = [part if _PLAIN.fullmatch(part) else '"' + part.replace('"', '""') + '"' for part in parts]
    return ".".join(quoted)


def _json(path: Path, folder: Path) -> dict[str, Any] | None:
    if not path.is_file():
        return None
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise _problem(folder, f"{path.name} is larger than {_MOST_BYTES // 1_000_000} MB")
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        raise _problem(folder, f"{path.name} cannot be read as JSON") from None
    return found if isinstance(found, dict) else None


def _yaml(path: Path, folder: Path) -> dict[str, Any]:
    try:
        found = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, ValueError, yaml.YAMLError, RecursionError):
        raise _problem(folder, f"{path.relative_to(folder)} cannot be read as YAML") from None
    return found if isinstance(found, dict) else {}


def _problem(folder: Path, reason: str) -> EngineProblem:
    return EngineProblem([problems.nothing_to_draft(str(folder), reason)])


def _told(item: Mapping[str, Any]) -> str:
    """A description, unless it stands elsewhere, as `{{ doc('x') }}` does."""
    text = _text(item.get("description"), "")
    return "" if "{{" in text else text


def _text(value: Any, otherwise: str) -> str:
    return value if isinstance(value, str) and value else otherwise


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else []


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [item for item in _list(value) if isinstance(item, dict)]
