"""A cluster of Spark on this machine: a master, two workers with a core each, and a server of Spark Connect on them.

`python -m tests.spark_cluster` starts one, tells its URLs, and ends it with Ctrl-C or SIGTERM.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

HOST = "127.0.0.1"
WAIT = 180  # seconds for a process to be there, on a machine that has much else to do
# a quick start is worth more than the fastest code, with so few rows
JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto"
# small, as the data are: one part per worker, and plans that are not worth compiling
SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.connect.grpc.binding.address": HOST,
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.adaptive.enabled": "false",
    "spark.executor.memory": "1g",
    "spark.driver.memory": "1g",
    "spark.driver.host": HOST,
}


@dataclass(frozen=True)
class Cluster:
    master: str  # spark://host:port
    connect: str  # sc://host:port


def spark_home() -> Path | None:
    """The folder of a whole Spark, not of its client alone: `SEGDSL_SPARK`, else the wheel that is installed."""
    named = os.environ.get("SEGDSL_SPARK")
    spec = find_spec("pyspark")
    found = Path(named) if named else Path(spec.origin).parent if spec is not None and spec.origin else None
    return found if found is not None and (found / "bin/spark-class").is_file() else None


def missing() -> list[str]:
    """What there has to be, and is not."""
    return [*(["java"] if shutil.which("java") is None else []), *(["pyspark"] if spark_home() is None else [])]


@contextmanager
def spark_cluster(settings: dict[str, str] | None = None, memory: str = "1g") -> Iterator[Cluster]:
    """Four processes, which all end with it."""
    home = spark_home()
    assert home is not None
    with (
        tempfile.TemporaryDirectory(prefix="segdsl-spark-", ignore_cleanup_errors=True) as folder,
        ExitStack() as stack,
    ):
        place = Path(folder)
        master, served = _free_port(), _free_port()
        url = f"spark://{HOST}:{master}"

        def start(name: str, arguments: Sequence[str]) -> Path:
            log = place / f"{name}.log"
            environment = {**os.environ, "SPARK_HOME": str(home), "SPARK_LOCAL_IP": HOST, "JAVA_TOOL_OPTIONS": JAVA}
            with log.open("wb") as file:
                process = subprocess.Popen(
                    [str(home / "bin" / arguments[0]), *arguments[1:]],
                    stdout=file, stderr=subprocess.STDOUT, cwd=place, env=environment, start_new_session=True,
                )  # fmt: skip
            stack.callback(_end, process)
            return log

        deploy = "org.apache.spark.deploy"
        start(
            "master",
            ["spark-class", f"{deploy}.master.Master", "--host", HOST, "--port", str(master), "--webui-port", "0"],
        )
        _wait_for(master, place / "master.log")
        for number in (1, 2):
            options = ["--host", HOST, "--cores", "1", "--memory", memory, "--webui-port", "0"]
            options += ["--work-dir", str(place / f"work{number}")]
            start(f"worker{number}", ["spark-class", f"{deploy}.worker.Worker", *options, url])
        given = {**SETTINGS, "spark.connect.grpc.binding.port": str(served), **(settings or {})}
        given["spark.sql.warehouse.dir"] = str(place / "warehouse")
        configured = [word for name, value in given.items() for word in ("--conf", f"{name}={value}")]
        server = "org.apache.spark.sql.connect.service.SparkConnectServer"
        start("connect", ["spark-submit", "--class", server, "--master", url, *configured, "spark-internal"])
        _wait_for(served, place / "connect.log")
        yield Cluster(url, f"sc://{HOST}:{served}")


def _free_port() -> int:
    with socket.socket() as found:
        found.bind((HOST, 0))
        return int(found.getsockname()[1])


def _wait_for(port: int, log: Path) -> None:
    end = time.monotonic() + WAIT
    while time.monotonic() < end:
        with socket.socket() as tried:
            tried.settimeout(1)
            if tried.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError(log.read_text(errors="replace")[-2000:])


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(20)


if __name__ == "__main__":
    # a shell starts what is behind `&` without Ctrl-C
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with spark_cluster() as running:
        print(f"{running.master}\n{running.connect}", flush=True)
        with suppress(KeyboardInterrupt):
            while True:
                time.sleep(3600)
