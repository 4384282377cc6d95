"""SEG77x: engines that are reached over a connection."""

from __future__ import annotations

from collections.abc import Iterable

from segdsl.diagnostics import Diagnostic
from segdsl.problems.words import did_you_mean, either, nearest


def unknown_engine(scheme: str, examples: Iterable[str]) -> Diagnostic:
    of_schemes = {example.partition(":")[0]: example for example in examples}
    near = [of_schemes[name] for name in nearest(scheme, of_schemes)]
    help = (
        f"did you mean {either(near)}?" if near else f"an engine is written as {either(list(of_schemes.values()), 20)}"
    )
    return Diagnostic("SEG770", f"no engine is known by `{scheme}:`", None, help)


def engine_extra(engine: str, extra: str, module: str) -> Diagnostic:
    message = f"`{engine}` needs the module `{module}`, which is not installed"
    return Diagnostic("SEG771", message, None, f"install it: `pip install 'segdsl[{extra}]'`")


def cannot_connect(engine: str, reason: str | None) -> Diagnostic:
    """Without a reason its URL is not written as one: a password in it can be a part of whatever a driver says."""
    if reason is None:
        reason = "its host cannot be told from a password, or its port is no number"
        help = (
            "in a user or password `/` is written as `%2F`, `?` as `%3F`, `#` as `%23`, `@` as `%40`; or they come "
            "from the environment, as they are: `postgresql://${PGUSER}:${PGPASSWORD}@host/database`"
        )
    else:
        help = (
            "credentials come from the environment: `postgresql://${PGUSER}@host/database`, or the driver's own "
            "variables"
        )
    return Diagnostic("SEG772", f"cannot connect to `{engine}`: {reason}", None, help)


def session_refused(engine: str, reason: str, help: str | None) -> Diagnostic:
    return Diagnostic("SEG773", f"`{engine}` cannot be used: {reason}", None, help)


def of_duckdb_alone(option: str) -> Diagnostic:
    message = f"`{option}` is about what DuckDB does, and another engine is named"
    return Diagnostic("SEG777", message, None, f"leave `{option}` or the engine out")


def cannot_write_into(schema: str, dialect: str) -> Diagnostic:
    message = f"nothing can be written into `{schema}`: {dialect} is not the engine of a warehouse that allows for it"
    help = "name one by `--engine`, as `postgresql://…` or `clickhouse://…`, or write a file by `--out`"
    return Diagnostic("SEG776", message, None, help)


def opened_for_reading(schema: str) -> Diagnostic:
    message = f"nothing can be written into `{schema}`: the file of DuckDB is opened for reading"
    return Diagnostic("SEG776", message, None, "name it as `duckdb:///shop.duckdb?access=write`")


def data_and_engine() -> Diagnostic:
    help = "leave one of them out"
    return Diagnostic("SEG774", "data are handed over, and an engine is named that has its own", None, help)


def unknown_profile(name: str, file: str, known: Iterable[str]) -> Diagnostic:
    names = list(known)
    otherwise = f"there is {either(names)}" if names else f"`{file}` holds none; an engine is also written as a URL"
    help = did_you_mean(name, names, otherwise)
    return Diagnostic("SEG785", f"no profile `{name}` in `{file}`", None, help)


def bad_profiles(file: str, reason: str) -> Diagnostic:
    help = "a profile is a table `[NAME]` with `url`, and `user` and `password` where they are not in it"
    return Diagnostic("SEG786", f"cannot use `{file}`: {reason}", None, help)
