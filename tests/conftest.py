"""What several files of tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.benches import Benches


@pytest.fixture(scope="session")
def benches() -> Iterator[Benches]:
    """The engines beside DuckDB, each started once."""
    running = Benches()
    yield running
    running.close()
