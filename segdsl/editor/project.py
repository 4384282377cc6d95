"""A catalog while it is being written: its files, the editor's unsaved texts before them, and what a check found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from segdsl.catalog import CATALOG, LIBRARY_FOLDER, MODEL_FILE, Catalog, assemble, read_libraries, read_sources
from segdsl.check import Checker
from segdsl.check.context import Context
from segdsl.diagnostics import Diagnostic, Source
from segdsl.editor.index import Index, SourceIndex
from segdsl.editor.kept import Kept, at_once, checked
from segdsl.error import SegdslError
from segdsl.history.file_store import FILE
from segdsl.history.history import History
from segdsl.history.place import InFile
from segdsl.lint.fix import fixed
from segdsl.model.loader import load_model
from segdsl.model.model import Model
from segdsl.program import Moment
from segdsl.syntax.parser import parse
from segdsl.types import Type


@dataclass(frozen=True)
class Snapshot:
    """Texts at one moment; what is worked out from them does not see later ones."""

    version: int
    model: Model
    model_diagnostics: tuple[Diagnostic, ...]
    indexes: tuple[SourceIndex, ...]
    libraries: Mapping[str, Source]


@dataclass(frozen=True)
class Outcome:
    """What a check of everything found. `counts` is how many members segments and labels had in the last saved run, and
    of when that is, `unread` what is wrong with a model that nothing can be checked by."""

    version: int
    kept: Kept | None = None
    types: Mapping[str, Type] = field(default_factory=dict)
    counts: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    unread: tuple[Diagnostic, ...] = ()

    @property
    def catalog(self) -> Catalog | None:
        return self.kept.catalog if self.kept is not None else None

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        return self.kept.diagnostics if self.kept is not None else self.unread

    @cached_property
    def mended(self) -> tuple[Diagnostic, ...]:
        """The warnings whose fix proves to change no meaning; found out when it is asked for."""
        kept = self.kept
        if kept is None or kept.has_errors or not any(item.fix is not None for item in kept.diagnostics):
            return ()
        return tuple(fixed(kept.catalog, kept.diagnostics, kept.meanings_with)[1])


class Project:
    """One catalog folder. Everything but `check` is called from one thread and answers at once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.buffers: dict[str, str] = {}
        self.version = 0
        self.outcome = Outcome(-1)
        self.model: Model | None = None
        self.model_source = Source(MODEL_FILE, "")
        self._disk: dict[str, Source] = {}
        self._indexes: dict[str, SourceIndex] = {}
        self._kept: Kept | None = None
        self._loaded: tuple[Source, Model | None, list[Diagnostic]] | None = None
        self._index: Index | None = None
        self._snapshot: Snapshot | None = None
        self._unread: list[Diagnostic] = []
        self.read()

    # ------------------------------------------------------------ texts

    def read(self) -> None:
        """Reads all files anew, as after a switch of branches."""
        sources, unread = read_sources(self.root)
        libraries, unread_too = read_libraries(self.root)
        self._unread = [*unread, *unread_too]
        self._disk = {source.path: source for source in (*sources, *libraries.values())}
        self._changed()

    @property
    def unread(self) -> tuple[Diagnostic, ...]:
        """What is wrong with files that could not be read: nothing is known of what stands in them."""
        return tuple(item for item in self._unread if item.is_error)

    def write(self, path: str, text: str | None) -> None:
        """Takes an unsaved text in place of a file, or (None) the file again."""
        if text is None:
            self.buffers.pop(path, None)
        else:
            self.buffers[path] = text.removeprefix("\ufeff").replace("\r\n", "\n")
        self._changed()

    def _changed(self) -> None:
        self.version += 1
        self._index = self._snapshot = None

    def source(self, path: str) -> Source | None:
        """A text as it is now."""
        if path == MODEL_FILE:
            return self._model_text()
        found = self._indexed(path)
        return found.source if found is not None else None

    def indexed(self, path: str) -> SourceIndex | None:
        return self._indexed(path)

    def _indexed(self, path: str) -> SourceIndex | None:
        text = self.buffers.get(path)
        if text is None and path not in self._disk:
            return None
        known = self._indexes.get(path)
        now = self._disk[path].text if text is None else text
        if known is None or known.source.text != now:
            known = self._indexes[path] = SourceIndex(Source(path, now, self.root / path))
        return known

    def _model_text(self) -> Source:
        text = self.buffers.get(MODEL_FILE)
        if text is None:
            try:
                text = (self.root / MODEL_FILE).read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
            except (OSError, UnicodeDecodeError):
                text = ""
        if text != self.model_source.text:
            self.model_source = Source(MODEL_FILE, text, self.root / MODEL_FILE)
        return self.model_source

    def _load(self) -> tuple[Model | None, list[Diagnostic]]:
        """The model of now, and what is wrong with it; read again where its text is another one."""
        source = self._model_text()
        if self._loaded is None or self._loaded[0] is not source:
            model, found = load_model(source)
            self._loaded = (source, model, list(found))
        return self._loaded[1], self._loaded[2]

    @property
    def paths(self) -> list[str]:
        """Every `.seg` file, those of own libraries too."""
        return sorted(path for path in {*self._disk, *self.buffers} if path.endswith(".seg"))

    def snapshot(self) -> Snapshot | None:
        """The texts as they are; None while there is no model that can be read."""
        if self._snapshot is None:
            model, found = self._load()
            self.model = model or self.model
            if self.model is None:
                self.outcome = Outcome(self.version, unread=tuple(found))
                return None
            indexes = [index for path in self.paths if (index := self._indexed(path)) is not None]
            own = [item for item in indexes if not _is_library(item.source.path)]
            libraries = {Path(i.source.path).stem: i.source for i in indexes if _is_library(i.source.path)}
            unread = [*found, *self._unread]
            self._snapshot = Snapshot(self.version, self.model, tuple(unread), tuple(own), libraries)
        return self._snapshot

    def index(self) -> Index | None:
        """The definitions as they are now."""
        if self._index is None:
            snapshot = self.snapshot()
            if snapshot is None:
                return None
            self._index = Index(snapshot.model, snapshot.indexes, self.outcome.catalog, self.outcome.types)
        return self._index

    # ------------------------------------------------------------ the check, in a thread of its own

    def check(self, snapshot: Snapshot, give_way: Callable[[], None] = at_once) -> Outcome:
        """Everything that is wrong, and what answers are made of; reads nothing of the project that changes.

        `give_way` is called often, and may wait."""
        parsed = []
        for index in snapshot.indexes:
            give_way()
            parsed.append(index.whole)
        model, libraries = snapshot.model, snapshot.libraries
        catalog = assemble(model, parsed, {}, self.root, snapshot.model_diagnostics, libraries)
        kept = self._kept = checked(catalog, self._kept, give_way=give_way)
        give_way()
        types = {name: output.type for name, output in kept.checker.outputs.items()}
        types |= _params(kept.checker)
        return Outcome(snapshot.version, kept, types, self._counts(catalog))

    def checked_with(self, texts: Mapping[str, str]) -> Kept | None:
        """Everything as it would be with other texts for some files, by their paths; no lint. None without a model."""
        snapshot = self.snapshot()
        if snapshot is None:
            return None
        files = [
            parse(Source(path, texts[path], self.root / path)) if (path := index.source.path) in texts else index.whole
            for index in snapshot.indexes
        ]
        found = assemble(snapshot.model, files, {}, self.root, snapshot.model_diagnostics, snapshot.libraries)
        return checked(found, self.outcome.kept, with_lint=False)

    def take(self, outcome: Outcome) -> None:
        """Makes what a check found the project's."""
        self.outcome = outcome
        self._index = None

    def _counts(self, catalog: Catalog) -> dict[str, tuple[str, int]]:
        place = InFile(self.root / FILE)  # a server is nothing to wait for while somebody types
        if self.model is None or self.model.history is not None or not place.path.is_file():
            return {}
        try:
            entities = {name: item.entity for name, item in catalog.definitions.items()}
            found = History(place, self.model).every_size(entities)
        except SegdslError:  # written to just now, or of another time zone
            return dict(self.outcome.counts)
        return {name: (sizes[-1][0].date().isoformat(), sizes[-1][1]) for name, sizes in found.items() if sizes}


def _is_library(path: str) -> bool:
    folder, _, name = path.rpartition("/")
    return folder == LIBRARY_FOLDER and bool(name)


def _params(checker: Checker) -> dict[str, Type]:
    before = len(checker.diagnostics)
    found = {
        name: checker.refer(Context(CATALOG, item.entity, Moment()), item, None, item.tree.name.span).type
        for name, item in checker.catalog.definitions.items()
        if item.is_param
    }
    del checker.diagnostics[before:]
    return found
