"""Files by the text that a model names them with: beside the catalog, in a package, by a glob."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from segdsl import problems
from segdsl.diagnostics import Diagnostic, Span
from segdsl.engines.problem import EngineProblem

_ENDINGS: Mapping[str, Literal["csv", "parquet", "json"]] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
}
_COMPRESSED = (".gz", ".zst")
_GLOB = re.compile(r"[*?\[]")
# `${VAR}`, the name of an environment variable
VARIABLE = re.compile(r"\$\{([^}]*)\}")
_PACKAGE = "package:"


def expand_variables(text: str, environment: Mapping[str, str], span: Span | None) -> str:
    """A text with each `${VAR}` replaced from the environment."""
    unset = [name for name in VARIABLE.findall(text) if name not in environment]
    if unset:
        raise EngineProblem([problems.unset_variable(name, environment, span) for name in dict.fromkeys(unset)])
    return VARIABLE.sub(lambda match: environment[match[1]], text)


def is_file_like(text: str, folder: Path) -> bool:
    """Whether a text can only mean files: it has a folder, a glob, or the ending of a file that can be read."""
    if text.startswith(_PACKAGE) or re.search(r"[*?/\\]", text) or format_of(text) is not None:
        return True
    return _is_file(folder / text)


def format_of(path: str) -> Literal["csv", "parquet", "json"] | None:
    """The format that a file's ending speaks of."""
    name = path.casefold().removesuffix(compression_of(path))
    return next((format_ for ending, format_ in _ENDINGS.items() if name.endswith(ending)), None)


def compression_of(path: str) -> str:
    """The ending of a compressed file's name in small letters, as DuckDB looks at it; none of any other's."""
    return next(filter(path.casefold().endswith, _COMPRESSED), "")


def folder_of(path: str) -> str:
    """The folder that all files of a path or glob lie in."""
    return _GLOB.split(path, maxsplit=1)[0].rpartition("/")[0]


def find_files(
    text: str, folder: Path, what: str, span: Span | None
) -> tuple[tuple[str, ...], Literal["csv", "parquet", "json"], bool]:
    """Absolute paths or a glob as DuckDB takes them, their format, and whether they may be several."""
    if "://" in text:  # an object store: the engine's to find
        return (text,), _format_or_raise(text, text, what, span), bool(_GLOB.search(text))
    root, pattern = _package(text, what, span) if text.startswith(_PACKAGE) else (folder, text)
    root = Path(os.path.abspath(root))
    path = root / pattern
    if _is_file(path):
        return (literal(str(path)),), _format_or_raise(str(path), text, what, span), False
    if _GLOB.search(pattern):
        matches = sorted(match for match in _glob(root, pattern) if _is_file(Path(match)))
        if matches:
            formats = {format_of(match) for match in matches}
            format_ = format_of(pattern) or (formats.pop() if len(formats) == 1 else None)
            if format_ is None:
                raise EngineProblem([problems.unknown_format(text, what, span)])
            escaped = pattern if Path(pattern).is_absolute() else str(Path(literal(str(root))) / pattern)
            return (escaped,), format_, True
    raise EngineProblem([_not_found(text, path, what, span)])


def _format_or_raise(path: str, text: str, what: str, span: Span | None) -> Literal["csv", "parquet", "json"]:
    format_ = format_of(path)
    if format_ is None:
        raise EngineProblem([problems.unknown_format(text, what, span)])
    return format_


def _package(text: str, what: str, span: Span | None) -> tuple[Path, str]:
    """The folder of an installed package, found without importing it, and the path in it."""
    name, slash, path = text.removeprefix(_PACKAGE).partition("/")
    found: list[str] = []
    if name and slash and path:
        try:
            # a name with dots would import what is before them
            spec = find_spec(name.replace("-", "_")) if "." not in name else None
        except (ImportError, ValueError):
            spec = None
        if spec is not None:
            found = [str(place) for place in spec.submodule_search_locations or ()]
        else:
            found = _distribution_folder(name)
    if not found:
        raise EngineProblem([problems.package_not_found(name, what, span)])
    at = next((place for place in found if (Path(place) / path).exists()), found[0])
    return Path(at), path


def _distribution_folder(name: str) -> list[str]:
    """The folder that a distribution was installed into, for data beside its modules."""
    try:
        return [str(distribution(name).locate_file(""))] if name else []
    except (PackageNotFoundError, ValueError):
        return []


def _glob(root: Path, pattern: str) -> list[str]:
    if Path(pattern).is_absolute():
        return glob.glob(pattern, recursive=True)
    return [str(root / match) for match in glob.glob(pattern, root_dir=root, recursive=True)]


def literal(path: str) -> str:
    """A path in which DuckDB takes no character for a glob's."""
    return _GLOB.sub(lambda match: f"[{match[0]}]", path)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _not_found(text: str, path: Path, what: str, span: Span | None) -> Diagnostic:
    """What is said of files that are not there: the nearest folder that is, and names in it that are near."""
    folder, missing = path.parent, path.name
    while not folder.is_dir() and folder != folder.parent:
        folder, missing = folder.parent, folder.name
    names: list[str] = []
    with suppress(OSError):
        names = sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith("."))
    readable = [name for name in names if format_of(name) is not None or (folder / name).is_dir()]
    return problems.no_such_file(text, what, span, folder=str(folder), missing=missing, there=readable)
