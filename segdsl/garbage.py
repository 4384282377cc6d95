"""Python's search for garbage, put off while very many values are made that all stay."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

# what is asked and what is set go together, or two threads could leave it off for good
_SWITCH = Lock()


@contextmanager
def uncollected() -> Iterator[None]:
    """Nothing is looked through for garbage meanwhile; also a decorator.

    Thousands of definitions are some million objects, and Python looks through all of them again and again as they
    become more: more than half of the time that planning and writing SQL take. Whoever finds the search on turns it
    on again, so that parts within parts, and several threads, leave it as it was; and where the search was off
    already, it stays off.
    """
    is_ours = False
    try:
        with _SWITCH:
            is_ours = gc.isenabled()
            # whoever finds it off leaves it to the other, who may be turning it on at this very moment
            if is_ours:
                gc.disable()
        yield
    finally:
        if is_ours:
            gc.enable()
