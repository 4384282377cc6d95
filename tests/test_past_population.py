"""Sizes at earlier moments, of an entity without a table: those who had an event by then are all there were."""

from __future__ import annotations

from pathlib import Path

import pytest

from segdsl import Catalog, load

MODEL = """
as_of: 2026-03-31
entities:
  device: {key: dev, from_events: true}
events:
  ping: {of: device, table: pings.csv, key: dev, time: at}
  call: {of: device, table: calls.csv, key: dev, time: at}
"""
RULES = """\
segment quiet = not any(ping within 3d)
segment all_ = true
segmentation t { often when count(ping) > 1  seldom otherwise }
"""


@pytest.fixture
def devices(tmp_path: Path) -> Catalog:
    (tmp_path / "segdsl.yaml").write_text(MODEL)
    (tmp_path / "rules.seg").write_text(RULES)
    (tmp_path / "pings.csv").write_text(
        "dev,at\na,2026-01-10\na,2026-01-11\nb,2026-02-10\nb,2026-02-11\nc,2026-03-30\n"
    )
    (tmp_path / "calls.csv").write_text("dev,at\nd,2026-02-20\na,2026-03-01\n")
    return load(tmp_path)


def test_a_trend_counts_those_who_were_there(devices: Catalog) -> None:
    names = ["quiet", "all_", "t", "t.seldom"]
    found = devices.trend(names, periods=4)
    assert found.sizes["quiet"] == (0, 1, 3, 3)
    assert found.sizes["t.seldom"] == (0, 0, 1, 2)
    for place, moment in enumerate(found.moments):
        with devices.run(names, as_of=moment) as result:
            assert {size.segment: size.members for size in result.sizes} == {
                name: sizes[place] for name, sizes in found.sizes.items()
            }


def test_a_flow_begins_with_those_who_were_there(devices: Catalog) -> None:
    assert devices.flow("t", "2026-02-15", min_size=0).sizes_before == {"often": 2, "seldom": 0, None: 2}
    assert devices.flow("t.seldom", "2026-02-15", min_size=0).sizes_before == {"t.seldom": 0, None: 4}


def test_metrics_look_back_to_those_who_were_there(devices: Catalog) -> None:
    found = devices.metrics(["entered", "left"], segments=["quiet"], period="44d", min_size=0)
    assert {item.metric: item.value for item in found if item.segment == "quiet"} == {"entered": 1, "left": 0}


def test_the_population_looks_back_to_those_who_were_there(devices: Catalog) -> None:
    """a and b came before 2026-02-15, c and d later: `all_` and the population are the same customers."""
    found = devices.metrics(["growth", "entered", "left"], segments=["all_"], period="44d", min_size=0)
    for segment in ("all_", None):
        assert {item.metric: item.value for item in found if item.segment == segment} == {
            "growth": 1.0,
            "entered": 2,
            "left": 0,
        }


def test_own_metrics_look_back_to_the_population_that_was_there(devices: Catalog, tmp_path: Path) -> None:
    head = "---\ntitle: T\nunit: count\nparams: {{period: 44d}}\nover: {}\n---\n{}\n"
    folder = tmp_path / "metrics"
    folder.mkdir()
    (folder / "parts.sql.j2").write_text(head.format("then", "count(*)"))
    (folder / "rows.sql.j2").write_text(head.format("then", "count(distinct {{ rule('count(ping)') }})"))
    found = load(tmp_path).metrics(["parts", "rows"], segments=["t"], min_size=0)
    assert (found.value(None, "parts"), found.value(None, "rows")) == (2, 1)


def test_a_rule_of_a_metric_does_not_change_who_was_there(devices: Catalog, tmp_path: Path) -> None:
    """A rule `as of` then holds of those who came later, too: of c and d nothing was known by then."""
    (tmp_path / "metrics").mkdir()
    (tmp_path / "metrics" / "mine.sql.j2").write_text(
        "---\ntitle: T\nunit: count\n---\ncount(*) filter (where {{ rule('quiet as of 44d ago') }})\n"
    )
    catalog = load(tmp_path)
    for names in (["mine", "entered"], ["entered", "mine"]):
        found = catalog.metrics(names, segments=["quiet"], period="44d", min_size=0)
        assert (found.value(None, "mine"), found.value("quiet", "entered")) == (4, 1)
