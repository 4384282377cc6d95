"""The files of a catalog: its model, its definitions, its own libraries."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path, PurePath

from segdsl import problems
from segdsl.diagnostics import Diagnostic, Source

MODEL_FILE = "segdsl.yaml"
# the folder of a catalog's own libraries
LIBRARY_FOLDER = "libraries"


def find_root(start: Path) -> Path | None:
    """The folder that holds the model: this one or the nearest parent that does."""
    for folder in (start, *start.parents):
        if (folder / MODEL_FILE).is_file():
            return folder
    return None


def library_files(root: Path) -> list[Path]:
    """The `.seg` files of a catalog's own libraries."""
    return sorted(path for path in (root / LIBRARY_FOLDER).glob("*.seg") if path.is_file())


def seg_files(root: Path) -> list[Path]:
    """The `.seg` files in a folder and below it, in the order of their paths. Hidden folders are left out, and in a
    catalog's folder other catalogs below it."""
    is_catalog = cache(lambda folder: (root / folder / MODEL_FILE).is_file())
    found = (path.relative_to(root) for path in sorted(root.rglob("*.seg")) if path.is_file())
    return [root / path for path in found if is_own(path, is_catalog)]


def is_own(path: PurePath, is_catalog: Callable[[PurePath], bool]) -> bool:
    """Whether a file, by its path in a folder, belongs to the catalog that the folder may be."""
    below, top = path.parents[:-1], path.parents[-1]
    is_hidden = any(part.startswith(".") for part in path.parts)
    return not is_hidden and not (is_catalog(top) and any(is_catalog(folder) for folder in below))


def read_sources(root: Path) -> tuple[list[Source], list[Diagnostic]]:
    """The `.seg` files of a catalog, its own libraries apart, and what is wrong with those that cannot be read."""
    libraries = set(library_files(root))
    return _read(root, [path for path in seg_files(root) if path not in libraries])


def read_libraries(root: Path) -> tuple[dict[str, Source], list[Diagnostic]]:
    """The libraries in the folder `libraries` of a catalog by their names, and what is wrong with those that cannot be
    read."""
    sources, diagnostics = _read(root, library_files(root))
    return {Path(source.path).stem: source for source in sources}, diagnostics


def _read(root: Path, paths: list[Path]) -> tuple[list[Source], list[Diagnostic]]:
    sources: list[Source] = []
    diagnostics: list[Diagnostic] = []
    for path in paths:
        relative = path.relative_to(root)
        try:
            text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
            sources.append(Source(relative.as_posix(), text, path))
        except UnicodeDecodeError as error:
            diagnostics.append(problems.not_utf8(relative.as_posix(), error.start))
        except OSError as error:
            diagnostics.append(problems.cannot_read(relative.as_posix(), error.strerror or "unknown reason"))
    return sources, diagnostics
