"""Python's search for garbage, put off while very many values are made that all stay."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

# what is asked and what is set go together, or two threads could leave it off for good
_SWITCH = Lock()
# so many objects may be put with the old ones before everything is looked through: some 75 MB
MOST_AGED = 1_000_000


@contextmanager
def uncollected() -> Iterator[None]:
    """Nothing is looked through for garbage meanwhile; also a decorator.

    Thousands of definitions are some million objects, and Python looks through all of them again and again as they
    become more: more than half of the time that planning and writing SQL take. Whoever finds the search on turns it
    on again, so that parts within parts, and several threads, leave it as it was; and where the search was off
    already, it stays off. What was made is put with the old objects, or the search would begin by walking through all
    of it; once there is much of that, everything is looked through.
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
            is_due = _aged.age()
            gc.enable()
            if is_due:
                gc.collect()


class _Aged:
    """How many objects were put with the old ones since everything was last looked through for that."""

    def __init__(self) -> None:
        self.number = 0

    def age(self) -> bool:
        """Puts all young objects with the old ones; or says that it is time to look through everything."""
        with _SWITCH:
            self.number += gc.get_count()[0]
            if self.number > MOST_AGED:
                self.number = 0
                return True
            if gc.get_freeze_count() == 0:  # else others have frozen theirs, which would thaw, too
                gc.freeze()
                gc.unfreeze()
            return False


_aged = _Aged()
