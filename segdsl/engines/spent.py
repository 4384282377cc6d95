"""What the stages of a run take: rows and memory from DuckDB's own profile of each statement, and seconds."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb

    from segdsl.engines.engine import Engine

# makes a connection keep the profile of its last statement, and print nothing
PROFILED = "SET enable_profiling = 'no_output'"


@dataclass(frozen=True, slots=True)
class Spent:
    """What one stage took. `definitions` are those that it is for, where it is for some more than for others.

    `rows_read` counts the rows of data and of earlier stages that its scans gave, `rows` what came out of it;
    `cpu` are the seconds of all threads, `memory` is what DuckDB held at its peak and `spilled` what it put into files,
    in bytes.
    """

    stage: str
    definitions: tuple[str, ...]
    rows_read: int
    rows: int
    seconds: float
    cpu: float
    memory: int
    spilled: int


@dataclass
class Stages:
    """Collects what stages took; `connection` is profiled."""

    connection: duckdb.DuckDBPyConnection
    spent: list[Spent] = field(default_factory=list)
    _statements: list[dict[str, Any]] = field(default_factory=list)

    @contextmanager
    def stage(self, name: str, definitions: Sequence[str] = ()) -> Iterator[None]:
        """What is done inside is a stage of that name."""
        self._statements.clear()
        started, used = time.perf_counter(), time.process_time()
        yield
        seconds, cpu = time.perf_counter() - started, time.process_time() - used
        found, self._statements = self._statements, []
        self.spent.append(
            Spent(
                name,
                tuple(definitions),
                sum(_rows_read(one["operator"]) for one in found),
                _rows(found[-1]["operator"]) if found else 0,
                seconds,
                cpu,
                max((one["system"]["peak_buffer_memory"] for one in found), default=0),
                sum(one["system"]["total_bytes_spilled"] for one in found),
            )
        )

    def note(self) -> None:
        """Takes in the profile of the statement that has just been run."""
        text = self.connection.get_profiling_information(format="json")
        found = json.loads(text) if text else {}
        if "operator" in found and "system" in found:
            self._statements.append(found)


def stage(engine: Engine, name: str, definitions: Sequence[str] = ()) -> AbstractContextManager[None]:
    """What is done inside is a stage of that name, where an engine is profiled."""
    stages = _stages(engine)
    return nullcontext() if stages is None else stages.stage(name, definitions)


def spent(engine: Engine) -> list[Spent]:
    """What the stages took so far; nothing where an engine is not profiled."""
    stages = _stages(engine)
    return [] if stages is None else list(stages.spent)


def _stages(engine: Engine) -> Stages | None:
    found = getattr(engine, "stages", None)
    return found if isinstance(found, Stages) else None


def _rows_read(operators: list[dict[str, Any]]) -> int:
    """The rows that the scans of a statement gave, as far as their filters let them through."""
    count, stack = 0, list(operators)
    while stack:
        operator = stack.pop()
        if operator["type"] == "TABLE_SCAN":
            count += operator["intermediate_rows"]
        stack.extend(operator.get("children", ()))
    return count


def _rows(operators: list[dict[str, Any]]) -> int:
    """The rows that a statement gave, or put into a table."""
    while operators and operators[0]["name"] in ("RESULT_COLLECTOR", "CREATE_TABLE_AS", "BATCH_CREATE_TABLE_AS"):
        operators = operators[0].get("children", [])
    return int(operators[0]["intermediate_rows"]) if operators else 0
