"""Names as names of files."""

from __future__ import annotations

import hashlib
import re

_PLAIN = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)*")
_LONGEST = 100
# what Windows takes for a device, whatever the ending
_DEVICES = frozenset(("con", "prn", "aux", "nul", *(f"{name}{n}" for name in ("com", "lpt") for n in range(10))))


def file_name(name: str) -> str:
    """A definition's name as that of its page; different names have different ones, where case does not count too."""
    if _PLAIN.fullmatch(name) and len(name) <= _LONGEST and name.partition(".")[0] not in _DEVICES:
        return f"{name}.html"
    # no plain name holds a `-`
    readable = re.sub(r"[^a-z0-9_.]+", "_", name.lower()).strip("._")[: _LONGEST // 2]
    return f"{readable}-{hashlib.sha256(name.encode()).hexdigest()[:12]}.html"
