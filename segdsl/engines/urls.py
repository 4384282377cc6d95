"""URLs of engines: variables in them, what of them can be told, and what is nobody else's business."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, unquote

from segdsl.engines.files import VARIABLE, expand_variables

# what ends the host of a URL
_END = re.compile(r"[/?#]")
# a user and password at the start of what follows `://`
_LOGIN = re.compile(r"[^/?#]*@")
# a host with its port, or several
_HOST = rf"(?:\[[^\]]*\]|(?:{VARIABLE.pattern}|[^:,\[\]])*)(?::(?:{VARIABLE.pattern}|\d)*)?"
_HOSTS = re.compile(rf"{_HOST}(?:,{_HOST})*")
# where the options begin, also as Spark Connect has them, and one of them with its value
_OPTIONS = re.compile(r"[?;]")
_OPTION = re.compile(r"[?&;][^=&;#]*=([^&;#]*)")
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
# the schemes behind which stands the path of a file, from the folder that one is in where it is not whole
OF_FILES = ("duckdb", "sqlite")
# a shorter piece would be blotted out of words that have nothing to do with it
_SHORTEST = 4


def is_profile(engine: str) -> bool:
    """Whether an engine is named, rather than written as a URL."""
    return ":" not in engine


def expand_url(url: str, environment: Mapping[str, str]) -> str:
    """A URL with each `${VAR}` replaced from the environment. What stands for a user, a password or the value of an
    option is escaped, so that any text can be one; `${VAR}@` may hold both user and password. Raises EngineProblem.
    """
    expanded = expand_variables(url, environment, None)  # tells all that are unset at once
    scheme, mark, rest = url.partition("://")
    if not mark:
        return _with_escaped_login(expanded)
    found = _LOGIN.match(rest)
    end = found.end() if found else 0
    # the colon between the two stays
    safe = ":" if VARIABLE.fullmatch(rest, 0, max(end - 1, 0)) else ""
    options = _OPTIONS.search(rest, end)
    values = [value.span(1) for value in _OPTION.finditer(rest, options.start())] if options else []

    def escaped(variable: re.Match[str]) -> str:
        text, place = environment[variable[1]], variable.start()
        if place < end:
            return quote(text, safe=safe)
        return quote(text, safe="") if any(start <= place < stop for start, stop in values) else text

    return _with_escaped_login(expand_variables(scheme, environment, None) + mark + VARIABLE.sub(escaped, rest))


def _with_escaped_login(url: str) -> str:
    """The same URL. What libraries read each in their own way, such as an `@` within a password, is escaped."""
    scheme, mark, rest = url.partition("://")
    place = _END.split(rest, maxsplit=1)[0]
    login = place.rpartition("@")[0]
    escaped = quote(_BROKEN_ESCAPE.sub("%25", login), safe="%:!$&'()*+,;=")
    return f"{scheme}{mark}{escaped}{rest[len(login) :]}"


def has_early_end(url: str) -> bool:
    """Whether a password seems to hold what ends a URL's host, so that a part of it is taken for a host or a port."""
    rest = url.partition("://")[2]
    place = _END.split(rest, maxsplit=1)[0]
    if not place:
        return False
    behind = rest[len(place) :]
    if behind.startswith("/"):  # an option may have an `@` in its value
        behind = _OPTION.sub("", behind)
    return "@" in behind or not _HOSTS.fullmatch(place.rpartition("@")[2])


def from_anywhere(url: str) -> str:
    """The URL of a database that is a file, with its whole path and without options, which is no secret; of any other
    engine, and where something is the environment's, the word for it."""
    scheme, _, rest = url.partition(":///")
    if scheme not in OF_FILES or not rest or VARIABLE.search(url):
        return "URL"
    path = Path(unquote(re.split(r"[?#]", rest, maxsplit=1)[0])).absolute()
    return f"{scheme}:///{quote(path.as_posix())}"


def shown(url: str) -> str:
    """A URL as it can be told: its scheme and host, nothing that could be secret. The name of a profile is none."""
    if is_profile(url):
        return url
    scheme, mark, rest = url.partition("://")
    if not mark:
        return f"{scheme.partition(':')[0][:20]}:…"
    host = "…" if has_early_end(url) else _END.split(rest, maxsplit=1)[0].rpartition("@")[2]
    return f"{scheme}://{host}"


def secrets(url: str) -> list[str]:
    """The parts of a URL that are nobody else's business: the URL itself, its password, the values of its options."""
    password = _login(url).partition(":")[2]
    wholes = [password, unquote(password)]
    pieces = [*(piece for text in wholes for piece in re.split(r"[/?#:@]", text)), *_OPTION.findall(url)]
    texts = [*wholes, *(text for piece in pieces for text in (piece, unquote(piece)) if len(text) >= _SHORTEST)]
    # libraries tell a text as they were given it, escaped, or as Python writes it
    forms = [form for text in texts for form in (text, quote(text, safe=""), repr(text)[1:-1])]
    return [text for text in dict.fromkeys((url, *forms)) if text]


def _login(url: str) -> str:
    """What stands before the host, also where a character in it ends the host early; empty where nothing does."""
    rest = url.partition("://")[2]
    if has_early_end(url):
        return rest.rpartition("@")[0] or rest
    return _END.split(rest, maxsplit=1)[0].rpartition("@")[0]
