"""What the methods of the API are given, read once and in one place: words, names, numbers, moments, paths.

A parameter is read by what its annotation says, so that the signature that users see is the one that is held. What is
no such thing is told as everything else is, by a SegdslError.
"""

from __future__ import annotations

import datetime as dt
import inspect
import os
from collections.abc import Callable, Iterable, Mapping
from functools import partial, wraps
from itertools import chain, repeat
from numbers import Integral
from typing import Any, Literal, NoReturn, TypeAlias, TypeVar, cast, get_args

from segdsl import problems
from segdsl.error import SegdslError
from segdsl.problems.options import not_one_of, not_such_a_value

Layout = Literal["members", "wide"]
Period = Literal["day", "week", "month", "quarter", "year"]
By = Literal["file", "tag", "entity"]

C = TypeVar("C", bound=type)
F = TypeVar("F", bound=Callable[..., Any])
# an option's name and what was given for it, to what is meant; raises SegdslError
Reader: TypeAlias = Callable[[str, Any], Any]

# DuckDB says itself what is too little for it
LEAST: Mapping[str, int | None] = {"periods": 1, "threads": None}
# keys are compared as text, whatever they are
ANYTHING = frozenset({"key"})


def word(words: tuple[str, ...], option: str, given: object) -> str:
    """One of some words."""
    if isinstance(given, str) and given in words:
        return given
    raise SegdslError([not_one_of(option, _shown(given), words)])


def text(option: str, given: object) -> str:
    return given if isinstance(given, str) else _refuse(option, given, "a text")


def texts(option: str, given: object) -> tuple[str, ...]:
    """Several names or expressions; one text is one of them."""
    if isinstance(given, str):
        return (given,)
    if not isinstance(given, Iterable) or isinstance(given, Mapping | bytes):
        _refuse(option, given, "a text or several")
    found = tuple(given)
    wrong = next((item for item in found if not isinstance(item, str)), None)
    return found if wrong is None and None not in found else _refuse(option, wrong, "texts")


def number(option: str, given: object) -> int:
    """A whole number; true and false are none."""
    least = LEAST.get(option, 0)
    if isinstance(given, bool) or not isinstance(given, Integral) or (least is not None and int(given) < least):
        _refuse(option, given, "a whole number" if least is None else f"a whole number from {least}")
    return int(given)


def flag(option: str, given: object) -> bool:
    """True or false, as Python or a library of numbers has them; a text such as "no" would be true."""
    if not isinstance(given, bool) and type(given).__name__ not in ("bool", "bool_"):
        _refuse(option, given, "`True` or `False`")
    return bool(given)


def moment(option: str, given: object) -> str | dt.date:
    """A date, a time, or the text of one, which is left to whoever knows the time zone."""
    if isinstance(given, str | dt.date):
        return given
    raise SegdslError([problems.bad_moment(_shown(given))])


def time(option: str, given: object) -> dt.datetime:
    """A time as Python has it, of the clocks of the model."""
    if not isinstance(given, dt.datetime) or given.tzinfo is not None:
        _refuse(option, given, "a `datetime` of the model's clocks, without a time zone")
    return given


def path(option: str, given: object) -> object:
    if not isinstance(given, str | os.PathLike) or "\0" in os.fsdecode(given):
        _refuse(option, given, "the path of a file or a folder")
    return given


def settings(option: str, given: object) -> object:
    """Values by the names of params; what is wrong with one of them is told where they become texts."""
    if not isinstance(given, Mapping) or not all(isinstance(name, str) for name in given):
        _refuse(option, given, 'values by name, as in `{"recent": "60d"}`')
    return given


def texts_by_name(option: str, given: object) -> object:
    if not isinstance(given, Mapping) or not all(isinstance(item, str) for pair in given.items() for item in pair):
        _refuse(option, given, "texts by name")
    return given


def data(option: str, given: object) -> object:
    """Tables by name, or what has cursors as a connection of DuckDB has; what is in it is told where it is read."""
    if not isinstance(given, Mapping) and not (hasattr(given, "cursor") and hasattr(given, "sql")):
        _refuse(option, given, "tables by name, or a connection of DuckDB")
    return given


def callback(option: str, given: object) -> object:
    return given if callable(given) else _refuse(option, given, "a function")


# how what an annotation says is read; `None` in it is nothing, which every one of them takes
READERS: Mapping[str, Reader] = {
    "Layout": partial(word, get_args(Layout)),
    "Period": partial(word, get_args(Period)),
    "By": partial(word, get_args(By)),
    "str": text,
    "Sequence[str]": texts,
    "str | Sequence[str]": texts,
    "int": number,
    "bool": flag,
    "str | dt.date": moment,
    "dt.datetime": time,
    "str | Path": path,
    "Settings": settings,
    "Mapping[str, str]": texts_by_name,
    "Data": data,
    "Progress": callback,
}


def read_options(function: F) -> F:
    """A function of the API that reads what it is given before anything else."""
    parameters = inspect.signature(function).parameters.values()
    readers = {item.name: found for item in parameters if (found := reader_of(item)) is not None}
    named = [(item.kind, item.name, readers.get(item.name)) for item in parameters]
    in_order = [(name, read) for kind, name, read in named if kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    rest = [(name, read) for kind, name, read in named if kind is inspect.Parameter.VAR_POSITIONAL]

    @wraps(function)
    def reading(*args: Any, **options: Any) -> Any:
        # one too many is left to Python to tell
        places = chain(in_order, repeat(rest[0] if rest else ("", None)))
        given = [
            value if read is None else read(name, value) for (name, read), value in zip(places, args, strict=False)
        ]
        for name, value in options.items():
            if name in readers:
                options[name] = readers[name](name, value)
        return function(*given, **options)

    return cast("F", reading)


def read_options_of(owner: C) -> C:
    """A class of the API whose public methods all read what they are given."""
    for name, member in list(vars(owner).items()):
        if inspect.isfunction(member) and not name.startswith("_"):
            setattr(owner, name, read_options(member))
    return owner


def reader_of(parameter: inspect.Parameter) -> Reader | None:
    """How a parameter is read; None for what takes anything or looks at it itself."""
    if parameter.name in ANYTHING:
        return None
    said, optional, _ = str(parameter.annotation).partition(" | None")
    read = READERS.get(said)
    return partial(_unless_none, read) if read is not None and optional else read


def _unless_none(read: Reader, option: str, given: object) -> object:
    return None if given is None else read(option, given)


def _refuse(option: str, given: object, expected: str) -> NoReturn:
    raise SegdslError([not_such_a_value(option, _shown(given), expected)])


def _shown(given: object) -> str:
    """What was found: as it is written where that is short and plain, else what kind of thing it is."""
    if isinstance(given, str | bool | int | float | dt.date):
        return str(given)
    return "nothing" if given is None else type(given).__name__
