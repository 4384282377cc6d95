"""The language on the engines beside DuckDB: every case, and random catalogs, with equal members row for row."""

from __future__ import annotations

import random

import pytest

from tests.benches import BENCHES, Benches
from tests.cases import Case, check
from tests.engine import Compiled
from tests.laws.catalogs import make_catalog
from tests.laws.test_meaning_laws import assert_alike, run
from tests.laws.worlds import Picker, make_world
from tests.test_conformance import _MEANT as CONFORMANCE
from tests.test_spec import _MEANT as SPEC

CASES = [*SPEC, *CONFORMANCE]
CATALOGS = 40


@pytest.mark.parametrize("name", list(BENCHES))
@pytest.mark.parametrize("case", [case for _, case in CASES], ids=[title for title, _ in CASES])
def test_meaning(benches: Benches, case: Case, name: str) -> None:
    """The members and values of a case."""
    check(case, benches(name))


@pytest.mark.parametrize("name", list(BENCHES))
@pytest.mark.parametrize("seed", range(CATALOGS))
def test_random_catalogs_give_what_duckdb_gives(benches: Benches, seed: int, name: str) -> None:
    pick = Picker(random.Random(seed).randint)
    world, catalog = make_world(pick), make_catalog(pick)
    expected = run(world, catalog, catalog.names)
    compiled = Compiled(world, catalog.text, dict(catalog.settings))
    found = compiled.run(catalog.names, opened=benches(name).opened)
    assert_alike(expected, found, world, catalog.text)
