"""Engines by a name of one's own: a file outside of every catalog says where they are, and who one is there."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, urlsplit

from segdsl import problems
from segdsl.engines.files import expand_variables
from segdsl.engines.problem import EngineProblem
from segdsl.engines.urls import expand_url

FILE = "segdsl/profiles.toml"
_KEYS = ("url", "user", "password")


def profiles_file(environment: Mapping[str, str]) -> Path:
    """Where the profiles are: below `$XDG_CONFIG_HOME`, else below `~/.config`."""
    base = environment.get("XDG_CONFIG_HOME") or ""
    home = Path(base) if Path(base).is_absolute() else Path(environment.get("HOME") or Path.home()) / ".config"
    return home / FILE


def has_profile(name: str, environment: Mapping[str, str]) -> bool:
    """Whether there is a profile of a name. Raises EngineProblem where the file cannot be read."""
    return name in _read(profiles_file(environment))


def profile_url(name: str, environment: Mapping[str, str]) -> str:
    """The URL of a profile, with its user and password in it; `${VAR}` is the environment's. Raises EngineProblem.

    Nothing that is told shows a value of the file.
    """
    file = profiles_file(environment)
    profiles = _read(file)
    if name not in profiles:
        raise EngineProblem([problems.unknown_profile(name, str(file), profiles)])
    entries = profiles[name]
    what = f"profile `{name}`"
    if not isinstance(entries, Mapping):
        raise EngineProblem([problems.bad_profiles(str(file), f"`{name}` is no table: it begins with `[{name}]`")])
    for key, value in entries.items():
        if key not in _KEYS:
            known = ", ".join(f"`{each}`" for each in _KEYS)
            raise EngineProblem([problems.bad_profiles(str(file), f"{what} has `{key}`, known are {known}")])
        if not isinstance(value, str):
            raise EngineProblem([problems.bad_profiles(str(file), f"`{key}` of {what} is no text")])
    if "url" not in entries:
        raise EngineProblem([problems.bad_profiles(str(file), f"{what} has no `url`")])
    given = {
        key: expand_url(value, environment) if key == "url" else expand_variables(value, environment, None)
        for key, value in entries.items()
    }
    return _with_user(given, str(file), what)


def _read(file: Path) -> Mapping[str, object]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise EngineProblem([problems.bad_profiles(str(file), error.strerror or "it cannot be read")]) from None
    except UnicodeDecodeError:
        raise EngineProblem([problems.bad_profiles(str(file), "it is not UTF-8 text")]) from None
    except tomllib.TOMLDecodeError as error:  # it says where and what was expected, not what stands there
        raise EngineProblem([problems.bad_profiles(str(file), _place(str(error)))]) from None


def _place(told: str) -> str:
    _, found, place = told.rpartition("(at ")
    return f"it is no TOML ({found.strip('( ')} {place}" if found else "it is no TOML"


def _with_user(given: Mapping[str, str], file: str, what: str) -> str:
    url = given["url"]
    if "user" not in given and "password" not in given:
        return url
    try:
        parts = urlsplit(url)
        user = given.get("user")
        user = (parts.username or "") if user is None else quote(user, safe="")
        password = given.get("password")
        secret = parts.password if password is None else quote(password, safe="")
    except ValueError:
        raise EngineProblem([problems.bad_profiles(file, f"`url` of {what} is no URL")]) from None
    login = user if secret is None else f"{user}:{secret}"
    return parts._replace(netloc=f"{login}@{parts.netloc.rpartition('@')[2]}").geturl()
