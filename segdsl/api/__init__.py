"""The façade: load, check, compile, run. The only place that raises, and it raises one thing: `SegdslError`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from segdsl import catalog as catalogs
from segdsl import problems
from segdsl.api.catalog import Catalog
from segdsl.diagnostics import Source, sort
from segdsl.engines.limits import limits_of
from segdsl.error import SegdslError, raised
from segdsl.model.loader import load_model
from segdsl.options import Layout, read_options
from segdsl.result import Result, Size
from segdsl.texts import Files, Settings, Texts, as_texts

if TYPE_CHECKING:
    from segdsl.engines.watch import Progress


@read_options
def load(
    path: str | Path = ".",
    set: Settings | None = None,
    progress: Progress | None = None,
    *,
    threads: int | None = None,
    memory_limit: str | None = None,
    temp_dir: str | Path | None = None,
) -> Catalog:
    """Reads the catalog in a folder, or the nearest one above it that has a `segdsl.yaml`.

    `set` gives params other values, as `--set` does: `{"recent": "60d"}`, each as text in the language, or as a plain
    number, bool or date. `progress` is called some times a second while DuckDB works, from another thread, with what
    is being done and how far it is: from 0 to 1, None where nobody knows. `threads`, `memory_limit` (`4GB`) and
    `temp_dir` say how much of the machine DuckDB may take for any question: what does not fit into memory goes to that
    folder, the machine's for temporary files where it is left out. Raises SegdslError where there is no catalog or its
    model cannot be read; what is wrong with definitions is left to `Catalog.check`.
    """
    start = Path(path).resolve()
    root = catalogs.find_root(start)
    if root is None:
        raise SegdslError([catalogs.no_root(start)])
    file = root / catalogs.MODEL_FILE
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SegdslError([problems.not_utf8(catalogs.MODEL_FILE, error.start)]) from None
    except OSError as error:
        raise SegdslError([problems.cannot_read(catalogs.MODEL_FILE, error.strerror or "unknown reason")]) from None
    model, diagnostics = load_model(Source(catalogs.MODEL_FILE, text, file))
    if model is None:
        raise SegdslError(sort(diagnostics))
    sources, found = catalogs.read_sources(root)
    libraries, unread = catalogs.read_libraries(root)
    texts = Texts(model, Files(tuple(sources), libraries), {}, root, (*diagnostics, *found, *unread))
    limits = limits_of(threads, memory_limit, temp_dir)
    with raised():
        limits.check()
    return Catalog(texts.setting(as_texts(set or {})), progress, limits)


__all__ = ["Catalog", "Layout", "Result", "SegdslError", "Size", "load"]
