"""How far a statement is, told while it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import duckdb

# what is being done, and how far it is: from 0 to 1, None where nobody knows
Progress: TypeAlias = Callable[[str, float | None], None]
INTERVAL = 0.1  # seconds


def show_bar(connection: duckdb.DuckDBPyConnection, is_shown: bool) -> None:
    """Whether DuckDB counts how far it is; it never draws a bar itself.

    In a notebook without ipywidgets it counts nothing, and refuses to be told anything about it.
    """
    import duckdb

    with suppress(duckdb.Error):
        connection.execute("SET enable_progress_bar_print = false")
        connection.execute(f"SET enable_progress_bar = {'true' if is_shown else 'false'}")


@contextmanager
def watched(what: str, percent: Callable[[], float], progress: Progress) -> Iterator[None]:
    """Calls `progress` from a thread of its own, some times a second, until what is done inside is done.

    `percent` is what DuckDB says, negative where it cannot say anything.
    """
    over = Event()

    def tell() -> None:
        while not over.wait(INTERVAL):
            found = percent()
            progress(what, found / 100 if 0 <= found <= 100 else None)

    thread = Thread(target=tell, name="segdsl progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
