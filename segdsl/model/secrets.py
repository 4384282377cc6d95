"""Passwords that stand in a text that goes into git."""

from __future__ import annotations

import re

# joe:word@host, and word@ alone where a scheme is before it; `${VAR}` is the environment's, and nobody's secret
_IN_URL = re.compile(r"[A-Za-z][\w+.-]*://[^\s/?#:@'\"`]*:(?!\$\{[^}\s]*\}@)[^\s@'\"`]+@")
_IN_OPTION = re.compile(
    r"[A-Za-z][\w+.-]*://[^\s'\"`]*[?&](?:password|passwd|pwd|secret|token|access_token|sslpassword)=(?!\$\{)[^\s&'\"`]",
    re.IGNORECASE,
)


def lines_with_secrets(text: str) -> list[int]:
    """The lines, from 1 on, on which a URL with a password stands, comments too."""
    found = [match.start() for pattern in (_IN_URL, _IN_OPTION) for match in pattern.finditer(text)]
    return sorted({text.count("\n", 0, start) + 1 for start in found})
