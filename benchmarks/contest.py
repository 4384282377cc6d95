"""Commands against one another: each in a process of its own, in turns; medians of CPU, wall and peak memory."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Measured:
    """Medians over the runs of one contender: seconds of CPU and of the clock, megabytes at the peak."""

    cpu: float
    wall: float
    memory: float


def contest(contenders: dict[str, list[str]], runs: int) -> dict[str, Measured]:
    """Runs each contender so many times, in turns, so that what else the machine does meets all of them."""
    found: dict[str, list[Measured]] = {name: [] for name in contenders}
    for _ in range(runs):
        for name, command in contenders.items():
            found[name].append(_once(command))
    return {
        name: Measured(*(statistics.median(getattr(one, part) for one in all_) for part in ("cpu", "wall", "memory")))
        for name, all_ in found.items()
    }


def _once(command: list[str]) -> Measured:
    started = time.perf_counter()
    process = subprocess.Popen([sys.executable, *command], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return Measured(used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024)


def apart(command: list[str]) -> None:
    """Runs a command first. What this process itself does would count as memory of the processes that it starts."""
    subprocess.run([sys.executable, *command], check=True)


def show(found: dict[str, Measured], against: str) -> None:
    """A line per contender, and its CPU as a multiple of another's."""
    print(f"{'':24}{'CPU s':>9}{'wall s':>9}{'MB':>9}{f'CPU / {against}':>16}")
    for name, one in found.items():
        ratio = one.cpu / found[against].cpu
        print(f"{name:24}{one.cpu:9.2f}{one.wall:9.2f}{one.memory:9.0f}{ratio:16.2f}")
