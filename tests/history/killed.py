"""Processes that save runs and are killed in one of their steps, and what a store has to hold afterwards."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import cache
from io import FileIO
from itertools import pairwise
from select import select
from typing import Any

import pytest

from segdsl.history.erase import prune
from segdsl.history.file_store import FileStore
from segdsl.history.store import Store
from tests.history.saved import Members, day, save

# begins a step, which ends with the block; a step may lie in another
Begin = Callable[[str], AbstractContextManager[None]]


@cache
def members(number: int) -> Members:
    """Whom the run of a number finds: some thousand keys, of which some change from run to run."""
    return {
        ("vip", ""): frozenset(f"key {key}" for key in range(3_000) if (key * 7 + number) % 13 < 4),
        ("tier", "gold"): frozenset(f"key {key}" for key in range(1_000) if (key + number) % 5 == 0),
        ("tier", "silver"): frozenset(f"key {key}" for key in range(1_000) if (key + number) % 5 == 1),
    }


def save_on(store: Callable[[], Store], begin: Begin, tidies: bool = False) -> None:
    """Saves runs one after the other, and prunes and rewrites after each if it `tidies`, until somebody ends the
    process."""
    while True:
        with begin("open"):
            opened = store()
            last = opened.fetch("SELECT MAX(as_of) FROM runs")[0][0]
        number = 0 if last is None else (last - day(0)).days + 1
        with begin("save"):
            save(opened, day(number), members(number))
        if tidies:
            with begin("prune"):
                prune(opened, day(number - 2))
            with begin("rewrite"):
                opened.rewrite()
        with begin("close"):
            opened.close()


def whole_runs(store: Store) -> list[int]:
    """The numbers of the runs that a store has; all that it holds is what these have found."""
    numbers = [(row[0] - day(0)).days for row in store.fetch("SELECT as_of FROM runs ORDER BY as_of")]
    assert not numbers or numbers == list(range(numbers[0], numbers[-1] + 1))
    for table, rows in (("populations", 1), ("evaluations", 2), ("sizes", 3)):
        assert store.fetch(f"SELECT COUNT(*) FROM {table}") == [(rows * len(numbers),)]
    held = store.fetch(
        "SELECT name, label, key, entered_at, left_at FROM memberships JOIN definitions ON definition = id"
    )
    for number in numbers:
        at = day(number)
        found = [
            (name, label, key) for name, label, key, entered, left in held if entered <= at < (left or day(number + 1))
        ]
        expected = {(name, label, key) for (name, label), keys in members(number).items() for key in keys}
        assert len(found) == len(expected)
        assert set(found) == expected
    last = day(numbers[-1] if numbers else 0)
    assert all(entered <= last and (left is None or left <= last) for *_, entered, left in held)
    return numbers


def assert_kept(before: int, numbers: list[int], passed: list[str]) -> int:
    """Every save that was whole when a process died is in the store's runs, and no other, unless it was about to be:
    `before` is the last run before that process began. Gives the last one now."""
    now = numbers[-1] if numbers else before
    whole = sum(pair == ("commit", "save") for pair in pairwise(passed))
    assert now - before == whole or (now - before == whole + 1 and passed[-2:] == ["save", "commit"])
    return now


@dataclass
class Killer:
    """Kills processes in each of some steps as often as in the others: `hits` has where they died."""

    steps: Sequence[str]
    chance: random.Random
    hits: Counter[str] = field(default_factory=Counter)
    # how long a process was in a step, when that was last seen from its begin to its end
    lasted: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        with FileStore.in_memory() as store:
            save(store, day(0), members(0))  # imports what it takes, which is not to be done in each process

    @property
    def next_step(self) -> str:
        return min(self.steps, key=lambda step: self.hits[step])

    def kill(self, work: Callable[[Begin], None], step: str) -> list[str]:
        """Has the work done by a process of its own, and kills that at some moment after it began a step. Gives the
        steps it was in, one after the other; in the last it died."""
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            try:
                os.close(reading)
                work(self._begin(writing))
            finally:
                os._exit(1)
        os.close(writing)
        with open(reading, "rb", buffering=0) as told:
            passed = self._watch(told, step)
            os.kill(child, signal.SIGKILL)
            assert os.waitpid(child, 0)[1] == signal.SIGKILL
            passed += [self.steps[number] for number in told.read()]
        self.hits[passed[-1]] += 1
        return passed

    def _watch(self, told: FileIO, step: str) -> list[str]:
        """Waits for some moment after a process began a step, and learns how long those last that it sees."""
        passed: list[str] = []
        lasted: dict[str, float] = {}
        begun = until = None
        while select([told], [], [], None if until is None else max(0, until - time.monotonic()))[0]:
            number = told.read(1)
            assert number, f"the process ended by itself after {passed}"
            now = time.monotonic()
            if begun is not None:
                lasted[passed[-1]] = max(now - begun, lasted.get(passed[-1], 0))
            begun = now
            passed.append(self.steps[number[0]])
            if until is None and passed[-1] == step:
                until = now + self.chance.uniform(0, self.lasted.get(step, 0.1))
        self.lasted.update(lasted)
        return passed

    def _begin(self, writing: int) -> Begin:
        within: list[str] = []

        @contextmanager
        def begin(step: str) -> Iterator[None]:
            within.append(step)
            os.write(writing, bytes([self.steps.index(step)]))
            yield
            within.pop()
            if within:
                os.write(writing, bytes([self.steps.index(within[-1])]))

        return begin


def tell_commits(begin: Begin, kind: type[Store]) -> None:
    """Makes a step of every `COMMIT` of a kind of store, in a process that is about to die."""
    execute = kind.execute

    def told(store: Store, sql: str, values: Sequence[Any] = ()) -> None:
        if sql != "COMMIT":
            return execute(store, sql, values)
        with begin("commit"):
            return execute(store, sql, values)

    pytest.MonkeyPatch().setattr(kind, "execute", told)
