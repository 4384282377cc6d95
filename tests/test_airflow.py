"""The page about Airflow: its DAG is Python, and the commands in it are ones that segdsl has."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import pytest

from segdsl.cli.commands import segdsl

PAGE = Path(__file__).parent.parent / "docs/how-to/airflow.md"


class _Task:
    """What stands in for an operator: it keeps what it was made with."""

    made: list[dict[str, Any]]

    def __init__(self, **given: Any) -> None:
        self.made.append(given)

    def __rshift__(self, other: _Task) -> _Task:
        return other


class _Dag:
    def __init__(self, *_: Any, **given: Any) -> None:
        assert given["start_date"].tzinfo is not None

    def __enter__(self) -> _Dag:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is run."""


def test_the_dag_calls_commands_that_there_are(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (block,) = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    made: list[dict[str, Any]] = []
    modules: dict[str, dict[str, Any]] = {
        "airflow.sdk": {"DAG": _Dag},
        "airflow.providers.standard.operators.bash": {"BashOperator": type("Bash", (_Task,), {"made": made})},
    }
    for name, content in modules.items():
        module = ModuleType(name)
        vars(module).update(content)
        monkeypatch.setitem(sys.modules, name, module)
    exec(compile(block, str(PAGE), "exec"), {})
    commands = [line for task in made for line in task["bash_command"].split(" && ")]
    assert len(commands) == 5
    for line in commands:
        program, *arguments = shlex.split(
            line.replace("/opt/segments", str(tmp_path)).replace("{{ ds }}", "2026-03-31")
        )
        assert program == "segdsl"
        group = segdsl.make_context("segdsl", arguments)
        assert isinstance(segdsl, click.Group)
        found, command, rest = segdsl.resolve_command(group, [*group._protected_args, *group.args])
        assert command is not None
        command.make_context(found, rest, parent=group)
