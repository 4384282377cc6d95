"""A progress bar on a terminal, for what takes over a second."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from segdsl.engines.watch import Progress

AFTER = 1.0  # seconds


@contextmanager
def bar() -> Iterator[Progress | None]:
    """What draws the bar on stderr, once a second has passed, and wipes it away at the end; None where stderr is no
    terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    started = time.monotonic()
    with ExitStack() as stack:
        drawn: list[Progress] = []

        def progress(what: str, share: float | None) -> None:
            if not drawn and time.monotonic() - started >= AFTER:
                drawn.append(stack.enter_context(_drawn()))
            if drawn:
                drawn[0](what, share)

        yield progress


@contextmanager
def _drawn() -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=console.is_dumb_terminal) as found:
        task = found.add_task("", total=None)

        def progress(what: str, share: float | None) -> None:
            found.update(task, description=what, total=None if share is None else 1.0, completed=share or 0.0)

        yield progress
