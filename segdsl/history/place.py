"""Where a catalog's history lies: in a file beside it, or in a schema of PostgreSQL that the model names."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from segdsl.catalog import Catalog
from segdsl.engines.limits import UNLIMITED, Limits
from segdsl.engines.urls import shown
from segdsl.engines.watch import Progress
from segdsl.history.file_store import FILE, FileStore
from segdsl.history.schema_store import SchemaStore
from segdsl.history.store import Store
from segdsl.model.model import Model


class Place(Protocol):
    """Where a store is, or will be."""

    def open_if_there(self, *, write: bool = False) -> Store | None:
        """The store; None where none was begun. Raises EngineProblem."""

    def begin(self, limits: Limits = UNLIMITED) -> Store:
        """The store to write to, made where there is none. Raises EngineProblem."""


@dataclass(frozen=True, slots=True)
class InFile:
    """A file of DuckDB; `progress` is told while another process holds it."""

    path: Path
    progress: Progress | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return str(self.path)

    def open_if_there(self, *, write: bool = False) -> FileStore | None:
        return FileStore.open(self.path, write=write, progress=self.progress) if self.path.exists() else None

    def begin(self, limits: Limits = UNLIMITED) -> FileStore:
        FileStore.create(self.path)
        return FileStore.open(self.path, write=True, limits=limits, progress=self.progress)


@dataclass(frozen=True, slots=True)
class InSchema:
    """A schema on the engine of a URL or profile; files that these name are below `root`. `catalog` is the name of the
    one whose history it is to be, where it has one. `progress` is told while another session holds it."""

    engine: str
    schema: str
    root: Path
    catalog: str | None = None
    progress: Progress | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return f"{shown(self.engine)}, schema {self.schema}"

    def open_if_there(self, *, write: bool = False) -> SchemaStore | None:
        return self._open(write=write)

    def begin(self, limits: Limits = UNLIMITED) -> SchemaStore:
        found = self._open(write=True, begin=True)
        assert found is not None
        return found

    def _open(self, *, write: bool, begin: bool = False) -> SchemaStore | None:
        return SchemaStore.open(
            self.engine,
            self.schema,
            self.root,
            str(self),
            catalog=self.catalog,
            write=write,
            begin=begin,
            progress=self.progress,
        )


def place_of(catalog: Catalog, progress: Progress | None = None) -> Place:
    """Where the history of a catalog is, as its model says."""
    return place_in(catalog.model, catalog.root or Path(), progress)


def place_in(model: Model, root: Path, progress: Progress | None = None) -> Place:
    """The same for a model and the folder of its catalog."""
    if model.history is not None:
        name = model.name if "name" in model.spans else None
        return InSchema(model.history.engine, model.history.schema_name, root, name, progress)
    return InFile(root / FILE, progress)
