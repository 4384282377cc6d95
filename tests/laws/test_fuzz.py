"""No input gives anything but diagnostics: programs, models and data that a seeded mutator has changed.

`SEGDSL_FUZZ` is the number of programs, `SEGDSL_FUZZ_SEED` where they start.
"""

from __future__ import annotations

import datetime as dt
import gc
import io
import os
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from segdsl.api import SegdslError, load
from segdsl.catalog import assemble, build_catalog
from segdsl.check import Checker
from segdsl.diagnostics import Diagnostic, Source
from segdsl.engines.describe import describe_model
from segdsl.engines.duckdb import DuckDB
from segdsl.engines.problem import EngineProblem
from segdsl.history import past
from segdsl.model.loader import load_model
from segdsl.model.model import Model
from segdsl.model.schema import Schema
from segdsl.plan import make_plan
from segdsl.program import Output, Program
from segdsl.sql import DUCKDB, Query, make_query, sql_text
from segdsl.syntax.formatter import format_parsed
from segdsl.syntax.parser import parse, parse_customer, parse_value
from tests.cases import SPEC, default_model
from tests.engine import arrow_tables
from tests.laws.mutations import Mutator
from tests.world import customer_rows

PROGRAMS = int(os.environ.get("SEGDSL_FUZZ", "20000"))
SEED = int(os.environ.get("SEGDSL_FUZZ_SEED", "1"))
EXAMPLES = SPEC.parents[1] / "examples"
AS_OF = dt.datetime(2026, 3, 31)
CUSTOMERS = (
    'a: country = "DE", birth_date = 1990-02-28, signup = 2025-12-31T23:59:59, newsletter = true, visits = 3,'
    ' interests = ("a", "b"), account_id = "x", order(10d ago, amount: 30, product: "p"),'
    " order(2026-03-31, amount: 0.1),"
    ' view(3d ago, category: "shoes"), cart_add(2d ago), order(40d ago, channel: "web", due: 2026-04-01, gift: true)',
    'b: country = "A\'T", renewal = 2026-05-01, credit = -1.5, lat = 52.5, lon = 13.4, channel = "web", interests = (),'
    " order(2020-02-29T12:00), order(2020-02-29T12:00, amount: 500, items: 2), message(1d ago)",
    "c: visits = 0",
)
ONE_MODEL = """
name: shop
timezone: Europe/Berlin
as_of: 2026-03-31
tables: {others: data/*.csv, raw: "package:segdsl/x.csv", env: "${HOME}/x.csv"}
entities:
  customer:
    table: data/customers.csv
    key: {column: id, type: text}
    attributes:
      country: text
      born: {column: born, type: date}
      interests: list(text)
      channel: {type: text, values: [web, store, "yes"]}
    parent: {entity: account, key: account_id}
  account: {key: id, from_events: true}
events:
  order:
    of: customer
    sql: |
      WITH x AS (SELECT id, at_, sum(amount) AS amount, any_value(product) AS product FROM others GROUP BY ALL)
      SELECT * FROM x WHERE amount > 0 QUALIFY row_number() OVER (PARTITION BY id ORDER BY at_) < 3
    key: id
    time: at_
    fields: {amount: decimal, product: {column: product, lookup: product}}
  visit: {of: account, table: data/orders.csv, key: id, time: at_}
lookups:
  product: {table: data/products.csv, key: {column: id, type: int}, fields: {brand: text}}
"""


def _pool() -> list[str]:
    """Small programs that are right, or wrong in one place: those of the cases, and each definition of the examples."""
    found: list[str] = []
    for path in sorted(SPEC.rglob("*.md")):
        found.extend(block.split("\n```")[0] for block in path.read_text("utf-8").split("```segdsl\n")[1:])
    for path in sorted((SPEC / "conformance").glob("*.yaml")):
        found.extend(_rules(yaml.safe_load(path.read_text("utf-8"))))
    for path in sorted(EXAMPLES.rglob("*.seg")):
        found.extend(part.strip() for part in path.read_text("utf-8").split("\n\n"))
    return [text for text in found if 0 < len(text) < 2000]


def _rules(node: Any) -> Iterator[str]:
    match node:
        case dict():
            for key, value in node.items():
                if key in ("rules", "definitions", "rule", "segdsl") and isinstance(value, str):
                    yield value if "=" in value.split("\n")[0] else f"segment s = {value}"
                else:
                    yield from _rules(value)
        case list():
            for item in node:
                yield from _rules(item)


class World:
    """A model with its schema on a connection, on which every program is tried."""

    def __init__(self) -> None:
        found, _ = load_model(Source("segdsl.yaml", yaml.safe_dump(default_model(), sort_keys=False)))
        assert found is not None
        self.model: Model = found
        self.engine = DuckDB(found, Path(), arrow_tables(found, customer_rows(default_model(), CUSTOMERS, AS_OF)))
        self.schema: Schema = describe_model(found, self.engine)[0]

    def fetch(self, program: Program, outputs: list[Output], query: str) -> None:
        """Evaluates, as after no run where the history is asked for."""
        if pasts := make_plan(program, outputs).pasts:
            past.provide(self.engine, None, pasts)
        self.engine.fetch(query)

    def query(self, program: Program, outputs: list[Output], as_of: dt.datetime | None) -> Query:
        return make_query(self.model, self.schema, make_plan(program, outputs), DUCKDB, as_of)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    found = World()
    yield found
    found.engine.close()


def _show(diagnostics: list[Diagnostic] | tuple[Diagnostic, ...]) -> bool:
    """Renders findings, as every caller does; whether there is an error among them."""
    for item in diagnostics:
        assert item.render()
        assert item.as_dict()
        if item.span is not None:
            assert 0 <= item.span.start <= item.span.end <= len(item.span.source.text) + 1, item
    return any(item.is_error for item in diagnostics)


def _try_program(world: World, text: str, deep: bool) -> None:
    """Everything that a program goes through; with `deep` it is evaluated too."""
    source = Source("rules.seg", text)
    parsed = parse(source)
    checker = Checker(assemble(world.model, [parsed]))
    checker.check_definitions()
    checked = checker.done()
    failed = _show(checked.diagnostics)
    format_parsed(source, parsed)
    if failed:
        return
    program = checked.program
    outputs = list(program.outputs.values())
    for entity in dict.fromkeys(output.entity for output in outputs):
        of_entity = [output for output in outputs if output.entity == entity]
        query = world.query(program, of_entity, AS_OF if deep else None)
        text = sql_text(query.with_steps(query.wide(entity, of_entity, raw=True)), DUCKDB)
        if deep:
            try:
                world.fetch(program, of_entity, text)
            except EngineProblem as problem:
                if not _is_overflow(problem):
                    raise


def _is_overflow(problem: EngineProblem) -> bool:
    """Whether values were too great for what they are kept in, which no check can know."""
    message = problem.diagnostics[0].message
    return any(
        word in message for word in ("Overflow", "out of range", "Out of Range", "could not be cast", "Conversion")
    )


def test_programs_give_diagnostics(world: World) -> None:
    mutator = Mutator(SEED, _pool())
    for number in range(PROGRAMS):
        text = mutator.text()
        try:
            _try_program(world, text, number % 50 == 0)
        except Exception as error:
            error.add_note(f"program {number} of seed {SEED}:\n{text!r}\n{text}")
            raise


def test_programs_leave_nothing_behind(world: World) -> None:
    """What a process keeps is bounded by the language, not by how many programs it has seen."""
    mutator = Mutator(SEED, _pool())

    def try_some() -> int:
        for number in range(300):
            _try_program(world, mutator.text(), number % 50 == 0)
        gc.collect()
        return len(gc.get_objects())

    found = [try_some() for _ in range(4)]
    # a tree alone has dozens of objects; a library that is read for the first time is kept
    assert min(after - before for before, after in pairwise(found)) < 300 * 3


def test_values_and_customers_give_diagnostics() -> None:
    mutator = Mutator(SEED, [*CUSTOMERS, '"60d"', "90d ago", "2026-01-31T18:30:00Z", "orders >= 3 and country = 'DE'"])
    for _ in range(PROGRAMS // 10):
        source = Source("given", mutator.text())
        for read in (parse_value, parse_customer):
            found, diagnostics = read(source)
            assert found is not None or diagnostics, source.text
            _show(diagnostics)


def test_models_give_diagnostics(tmp_path: Path) -> None:
    mutator = Mutator(SEED, [ONE_MODEL])
    for number in range(PROGRAMS // 20):
        text = mutator.text()
        try:
            found, diagnostics = load_model(Source("segdsl.yaml", text))
            assert _show(diagnostics) is (found is None)
            if found is not None:
                _show(
                    list(Checker(build_catalog(found, [Source("r.seg", "segment s = count(order) > 1")])).diagnostics)
                )
                if number % 10 == 0:
                    try:
                        with DuckDB(found, tmp_path) as engine:
                            _show(describe_model(found, engine)[1])
                    except EngineProblem as problem:
                        _show(problem.diagnostics)
        except Exception as error:
            error.add_note(text)
            raise


def _files() -> dict[str, bytes]:
    rows = pa.table(
        {"id": ["1", "2", "x'y"], "x": [1.5, None, -2.0], "at_": pa.array([0, 10**15, None], pa.timestamp("us"))}
    )
    parquet = io.BytesIO()
    pq.write_table(rows, parquet)
    lines = [",".join(rows.column_names), "1,1.5,2026-01-01 10:00:00", '2,,"2026-01-02"', '"x\'y",-2,']
    objects = b'[{"id": "1", "x": 1.5, "at_": "2026-01-01"}, {"id": "2", "x": null, "at_": null}]'
    return {"csv": "\n".join(lines).encode(), "parquet": parquet.getvalue(), "json": objects}


@pytest.mark.parametrize("ending", ["csv", "parquet", "json"])
def test_data_give_members_or_diagnostics(tmp_path: Path, ending: str) -> None:
    data = _files()[ending]
    (tmp_path / "segdsl.yaml").write_text(
        "as_of: 2026-03-31\n"
        f"entities: {{customer: {{table: c.{ending}, key: {{column: id, type: text}}, attributes: {{x: decimal}}}}}}\n"
        f"events: {{order: {{of: customer, table: c.{ending}, key: id, time: at_}}}}\n"
    )
    (tmp_path / "rules.seg").write_text("segment s = x > 1 or count(order within 90d) > 0\n")
    mutator = Mutator(SEED, [""])
    for _ in range(max(PROGRAMS // 400, 3)):
        changed = mutator.data(data)
        (tmp_path / f"c.{ending}").write_bytes(changed)
        try:
            with load(tmp_path).run() as result:
                assert result.sizes[0].population >= result.sizes[0].members
                assert result.members.num_rows == result.sizes[0].members
        except SegdslError as error:
            _show(error.diagnostics)
        except Exception as error:
            error.add_note(repr(changed))
            raise


def test_bytes_of_definitions_give_diagnostics(tmp_path: Path) -> None:
    (tmp_path / "segdsl.yaml").write_text("entities: {customer: {table: c.csv, key: id, attributes: {x: text}}}\n")
    (tmp_path / "folder.seg").mkdir()
    (tmp_path / "loop.seg").symlink_to("loop.seg")
    (tmp_path / "nowhere.seg").symlink_to("nothing")
    (tmp_path / "up").symlink_to(tmp_path)
    mutator = Mutator(SEED, [""])
    for _ in range(PROGRAMS // 200):
        (tmp_path / "rules.seg").write_bytes(mutator.data('## größe\nsegment s = x = "é" # x\n'.encode()))
        _show(load(tmp_path).check())


# ---------------------------------------------------------------- too much

NUMBERS = ", ".join(map(str, range(10_001)))
TOO_MUCH = {
    "values": (f"segment s = visits in ({NUMBERS})", "SEG110"),
    "texts of a list": (f"segment s = interests has any ({NUMBERS})", "SEG110"),
    "a list that is given": (f"segment s = newsletter\nexample in s: interests = ({NUMBERS})", "SEG110"),
    "bytes": ("#" * 1_000_001, "SEG110"),
    "brackets": (f"trait s = {'(' * 5000}visits{')' * 5000}", "SEG108"),
    "open brackets": ("trait s = " + "(" * 100_000, "SEG102"),
    "negations": ("segment s = " + "not " * 9000 + "newsletter", "SEG108"),
    "sums": ("trait s = " + " + ".join(["visits"] * 5000), "SEG108"),
    "shifts": ("trait s = visits" + " as of 1d ago" * 5000, "SEG108"),
    "digits": ("trait s = " + "1" * 900_000, "SEG106"),
}


@pytest.mark.parametrize("what", TOO_MUCH)
def test_too_much_is_an_error(world: World, what: str) -> None:
    text, code = TOO_MUCH[what]
    checker = Checker(build_catalog(world.model, [Source("rules.seg", text)]))
    checker.check_definitions()
    assert code in {item.code for item in checker.done().diagnostics}
    _show(checker.done().diagnostics)


def test_too_many_values_of_a_model_are_an_error() -> None:
    _, diagnostics = load_model(Source("segdsl.yaml", ONE_MODEL.replace('"yes"', NUMBERS)))
    assert [item.code for item in diagnostics] == ["SEG110"]


def test_as_many_values_as_may_be_can_be_run(world: World) -> None:
    numbers = ", ".join(map(str, range(10_000)))
    _try_program(world, f"segment s = visits in ({numbers})\nsegment t = not s", True)
