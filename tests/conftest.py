"""What several files of tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.benches import Benches
from tests.counts import PROPERTY, Counts, constructs_of


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--counts", metavar="FILE", help="write how many cases of what were equal on which engine")


def pytest_configure(config: pytest.Config) -> None:
    path = config.getoption("--counts")
    if path and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Counts(Path(path)))


@pytest.fixture(scope="session")
def benches() -> Iterator[Benches]:
    """The engines beside DuckDB, each started once."""
    running = Benches()
    yield running
    running.close()


@pytest.fixture
def count(
    request: pytest.FixtureRequest, benches: Benches, record_property: Callable[[str, object], None]
) -> Callable[..., None]:
    """Tells `--counts` what a test is about: the engine, or the dialect as `read back: NAME`; its title, whose begin is
    its theme; the rules, and how many cases it is; `refused`, where the dialect lacks something of it."""

    def counted(engine: str, title: str, rules: str = "", number: int = 1, refused: bool = False) -> None:
        if request.config.getoption("--counts"):
            told = {
                "engine": engine, "version": benches.version(engine),
                "theme": title.partition(": ")[0], "number": number,
                "constructs": constructs_of(rules), "refused": refused,
            }  # fmt: skip
            record_property(PROPERTY, told)

    return counted
