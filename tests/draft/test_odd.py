"""Drafts over random tables with odd names and values: whatever comes, what is written loads, checks and runs."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import duckdb
import pyarrow
import pytest
from click.testing import CliRunner

from segdsl.cli.commands import segdsl as commands

COLUMNS = (
    "id|customer_id|Customer ID|user|as|in|at|order|time|date|created_at|a.b|x`y|é|名前|1st|amount|Total|kind|"
    "product_id|sku|parent|'q|\"dq|a,b|select|customer|$|null|no|{a}|#x|a: b|- z|segment|orders|total_spend|"
    "key|updated_at"
)
TABLES = (
    "customers|users|Kunden|orders|order|ORDERS 2024|sales|products|accounts|in|a'b|a\"b|é|select|items|1|tickets|null|"
    "messages|a b|-x"
)


def value(kind: int, row: int, dice: random.Random) -> Any:
    """A value of a row, in one of several kinds of columns."""
    if dice.random() < 0.1:
        return None
    day = dice.randrange(28) + 1
    values = [
        row,
        f"C{row}",
        dice.randrange(5),
        f"C{dice.randrange(20)}",
        f"2026-01-{day:02}",
        f"{day}.2.2025",
        day / 7,
    ]
    values += [
        f"{dice.randrange(30):04}",
        "x'y\"z\n--",
        20250100 + day,
        1735689600 + day,
        f"2026-02-{day + 3}",
        day > 9,
    ]
    return values[kind]


def make(dice: random.Random) -> dict[str, pyarrow.Table]:
    """Some tables by their names."""
    found: dict[str, pyarrow.Table] = {}
    for name in dice.sample(TABLES.split("|"), dice.randrange(1, 6)):
        rows = dice.choice([0, 1, 5, 60])
        kinds = {column: dice.randrange(13) for column in dice.sample(COLUMNS.split("|"), dice.randrange(1, 8))}
        kinds = {
            column: kind for column, kind in kinds.items() if column.lower() == column or column.lower() not in kinds
        }
        columns = {column: [value(kind, row, dice) for row in range(rows)] for column, kind in kinds.items()}
        found[name] = pyarrow.table({column: pyarrow.array(values) for column, values in columns.items()})
    return found


def keep(tables: dict[str, pyarrow.Table], folder: Path, form: str) -> Path:
    folder.mkdir()
    target = folder / "x.duckdb" if form == "duckdb" else folder
    with duckdb.connect(str(target) if form == "duckdb" else ":memory:") as connection:
        for name, table in tables.items():
            connection.register("given", table)
            if form == "duckdb":
                quoted = name.replace('"', '""')
                connection.execute(f'CREATE TABLE "{quoted}" AS FROM given')
            else:
                path = str(folder / f"{name}.{form}").replace("'", "''")
                connection.execute(f"COPY given TO '{path}' (FORMAT {form})")
            connection.unregister("given")
    return target


@pytest.mark.parametrize("seed", range(24))
def test_what_is_drafted_works(seed: int, tmp_path: Path) -> None:
    dice = random.Random(seed)
    source = keep(make(dice), tmp_path / "d", dice.choice(["duckdb", "csv", "parquet"]))
    made = CliRunner().invoke(commands, ["init", str(tmp_path / "c"), "--from", str(source)])
    if made.exit_code:
        assert "SEG732" in made.output, made.output
        return
    for command in (["check"], ["model", "check"], ["run"]):
        done = CliRunner().invoke(commands, ["-C", str(tmp_path / "c"), *command])
        assert done.exit_code == 0, done.output
