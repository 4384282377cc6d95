"""The journey example against queries that were written by hand over the same files."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import md5
from pathlib import Path

import duckdb
import pytest

import segdsl
from segdsl.diagnostics import Source
from segdsl.syntax import tree
from segdsl.syntax.parser import parse
from tests.journey_reference import QUERIES, connect, data, fingerprint

LIBRARIES = {"rfm", "lifecycle", "loyalty", "value"}
JOURNEY = Path(__file__).parent.parent / "examples" / "journey"


def run_catalog() -> dict[str, list[str]]:
    """The members of everything that the reference knows, as the compiler finds them: keys as text, by name."""
    found: dict[str, list[str]] = {name: [] for name in QUERIES}
    with segdsl.load(JOURNEY).run(list(QUERIES)) as result:
        for row in result.members.to_pylist():
            found[row["segment"]].append(str(row["household_id"]))
    return found


@pytest.fixture(scope="module")
def compiled() -> dict[str, list[str]]:
    return run_catalog()


@pytest.fixture(scope="module")
def reference() -> Iterator[duckdb.DuckDBPyConnection]:
    with connect() as connection:
        yield connection


def definitions() -> list[tree.Definition]:
    found: list[tree.Definition] = []
    for path in sorted(JOURNEY.rglob("*.seg")):
        parsed = parse(Source(path.name, path.read_text("utf-8")))
        assert parsed.diagnostics == ()
        found.extend(parsed.module.definitions)
    return found


@pytest.mark.parametrize("name", QUERIES)
def test_the_compiler_finds_the_members_of_the_handwritten_query(
    name: str, compiled: dict[str, list[str]], reference: duckdb.DuckDBPyConnection
) -> None:
    keys = sorted(compiled[name])
    assert (len(keys), md5(",".join(keys).encode()).hexdigest()) == fingerprint(reference, QUERIES[name])


@pytest.mark.parametrize("name", [name for name in QUERIES if name.partition(".")[0] not in LIBRARIES])
def test_no_handwritten_query_is_trivial(name: str, reference: duckdb.DuckDBPyConnection) -> None:
    assert 10 < fingerprint(reference, QUERIES[name])[0] < 2_469 - 10


def test_every_line_of_the_model_has_the_time_that_the_stores_clocks_showed(
    reference: duckdb.DuckDBPyConnection,
) -> None:
    sql = segdsl.load(JOURNEY).model.events["line"].sql
    found = reference.execute(
        f"SELECT count(*) FROM (WITH transactions AS (FROM '{data().as_posix()}/transactions.parquet'), line AS ({sql})"
        " SELECT household_id, basket_id, ordered_at FROM line EXCEPT ALL SELECT hh, basket_id, t FROM lines)"
    )
    assert found.fetchall() == [(0,)]


def test_every_segment_and_label_has_a_handwritten_query() -> None:
    names: set[str] = set()
    for definition in definitions():
        match definition:
            case tree.Segment():
                names.add(definition.name.text)
            case tree.Segmentation():
                names.update(f"{definition.name.text}.{rule.label.text}" for rule in definition.rules)
            case _:
                pass
    for output in segdsl.load(JOURNEY).outputs:
        if output.name.partition(".")[0] in LIBRARIES and output.kind != "trait":
            names.update([f"{output.name}.{label}" for label in output.labels] or [output.name])
    assert names == QUERIES.keys()


def test_every_segment_says_what_it_is_and_whose() -> None:
    for definition in definitions():
        if isinstance(definition, tree.Segment | tree.Segmentation | tree.Trait):
            annotations = {annotation.name.text for annotation in definition.head.annotations}
            assert definition.head.description, definition.name.text
            assert {"owner", "tags"} <= annotations, definition.name.text


def test_the_data_are_what_the_readme_says(reference: duckdb.DuckDBPyConnection) -> None:
    facts = reference.execute(
        "SELECT count(*), count(DISTINCT basket_id), count(DISTINCT hh), sum(cents),"
        " CAST(min(t) AS VARCHAR), CAST(max(t) AS VARCHAR) FROM lines"
    ).fetchone()
    assert facts == (1_469_307, 155_848, 2_469, 459_603_958, "2017-01-01 06:53:26", "2017-12-31 23:01:20")
