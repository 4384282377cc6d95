"""Files that no output may take the place of: what the model reads, the catalog's own, and its history."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path

from segdsl.catalog import MODEL_FILE
from segdsl.engines.files import expand_variables
from segdsl.engines.problem import EngineProblem
from segdsl.engines.sources import Scope, paths_named
from segdsl.history.file_store import FILE
from segdsl.history.folder import TOTALS
from segdsl.model.model import Model
from segdsl.problems.files import output_is_needed

_OWN = (MODEL_FILE, "*.seg", "*.sql.j2")


def spare(path: Path, model: Model, root: Path) -> None:
    """Raises EngineProblem where a file is one that the catalog in the folder `root` needs, under whatever name, or
    would be one of those that a glob of the model means."""
    for what, pattern in _needed(model, root):
        if _is_one_of(path, pattern):
            raise EngineProblem([output_is_needed(str(path), what)])
    target = Path(os.path.realpath(path))
    is_below = Path(os.path.realpath(root)) in target.parents
    if is_below and target.exists() and any(fnmatchcase(target.name, pattern) for pattern in _OWN):
        raise EngineProblem([output_is_needed(str(path), "a part of the catalog")])


def _needed(model: Model, root: Path) -> Iterator[tuple[str, str]]:
    """What each file is, and its absolute path or a glob."""
    for name, pattern in paths_named(model.table_names, Scope(root, model.tables)):
        yield f"read by the model as `{name}`", pattern
    if model.database is not None:
        with suppress(EngineProblem):  # a variable that is not set is told where the database is opened
            yield "the model's database", _literal(root / expand_variables(model.database, os.environ, None))
    yield "the catalog's history", _literal(root / FILE)
    yield "a part of the catalog's history", _literal(root / TOTALS)


def _is_one_of(path: Path, pattern: str) -> bool:
    if path.exists():
        return any(os.path.samefile(path, found) for found in glob.iglob(pattern, recursive=True))
    names = (Path(os.path.abspath(path)), Path(os.path.realpath(path)))
    return any(_matches(name.parts, Path(pattern).parts) for name in names)


def _matches(parts: tuple[str, ...], patterns: tuple[str, ...]) -> bool:
    """Whether a path that is not there yet would be found by a glob; `**` stands for any number of folders."""
    if not patterns or not parts:
        return not parts and not patterns
    if patterns[0] == "**":
        return _matches(parts, patterns[1:]) or _matches(parts[1:], patterns)
    return fnmatchcase(parts[0], patterns[0]) and _matches(parts[1:], patterns[1:])


def _literal(path: Path) -> str:
    return glob.escape(os.path.abspath(path))
