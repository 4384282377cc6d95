"""The files of a catalog: its model, its definitions, its own libraries."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path, PurePath

from segdsl import problems
from segdsl.diagnostics import Diagnostic, Source
from segdsl.problems.model import passed_over

MODEL_FILE = "segdsl.yaml"
# the folder of a catalog's own libraries
LIBRARY_FOLDER = "libraries"


def find_root(start: Path) -> Path | None:
    """The folder that holds the model: this one or the nearest parent that does."""
    for folder in (start, *start.parents):
        if (folder / MODEL_FILE).is_file():
            return folder
    return None


def no_root(start: Path) -> Diagnostic:
    """What is told where no folder holds a model."""
    names = {"segdsl.yml", "segdsl.yaml.txt", "segdsl.yaml.yml"}
    near = next(
        (
            path
            for folder in (start, *start.parents)
            for path in sorted(folder.glob("*.*"))
            if path.name.casefold() in {MODEL_FILE, *names} and path.is_file()
        ),
        None,
    )
    return problems.no_catalog(str(start), None if near is None else near.as_posix())


def library_files(root: Path) -> list[Path]:
    """The `.seg` files of a catalog's own libraries."""
    return sorted(path for path in (root / LIBRARY_FOLDER).glob("*.seg") if path.is_file())


def seg_files(root: Path) -> list[Path]:
    """The `.seg` files in a folder and below it, in the order of their paths. Hidden folders are left out, and in a
    catalog's folder other catalogs below it."""
    return [path for path in _nearly_seg_files(root) if path.suffix == ".seg" and path.is_file()]


def _nearly_seg_files(root: Path) -> list[Path]:
    """The same, with what is named so in capitals, and links that lead nowhere."""
    is_catalog = cache(lambda folder: (root / folder / MODEL_FILE).is_file())
    found = (path.relative_to(root) for path in sorted(root.rglob("*.[sS][eE][gG]")) if not path.is_dir())
    return [root / path for path in found if is_own(path, is_catalog)]


def is_own(path: PurePath, is_catalog: Callable[[PurePath], bool]) -> bool:
    """Whether a file, by its path in a folder, belongs to the catalog that the folder may be."""
    below, top = path.parents[:-1], path.parents[-1]
    is_hidden = any(part.startswith(".") for part in path.parts)
    return not is_hidden and not (is_catalog(top) and any(is_catalog(folder) for folder in below))


def read_sources(root: Path) -> tuple[list[Source], list[Diagnostic]]:
    """The `.seg` files of a catalog, its own libraries apart, and what is wrong with those that cannot be read."""
    libraries = set(library_files(root))
    found = _nearly_seg_files(root)
    paths = [path for path in found if path.suffix == ".seg" and path not in libraries]
    sources, diagnostics = _read(root, paths)
    others = [path.relative_to(root).as_posix() for path in found if path.suffix != ".seg"]
    return sources, [*diagnostics, *map(passed_over, others)]


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
