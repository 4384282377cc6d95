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


SCORES = """\
segment upper = percentile(count(ping)) >= 50%
segment top of device = place <= 1
trait place = rank(count(ping) among count(ping) > 0 or count(call) > 0)
segment was_upper = upper as of 20d ago
segmentation half { best when quantile(2, count(ping)) = 2  other otherwise }
trait within_half = percentile(count(ping) per half)
segment above = within_half >= 50%
"""


def test_scores_of_then_rank_those_who_were_there(devices: Catalog, tmp_path: Path) -> None:
    """On 2026-02-28 there were a, b and d: with c, who came later, half of all would have less than a and b."""
    (tmp_path / "rules.seg").write_text(RULES + SCORES)
    catalog = load(tmp_path)
    names = ["upper", "top", "was_upper", "half", "above"]
    found = catalog.trend(names, periods=4)
    assert found.sizes["upper"] == (0, 0, 0, 2)
    for place, moment in enumerate(found.moments):
        with catalog.run(names, as_of=moment) as result:
            assert {size.segment: size.members for size in result.sizes} == {
                name: sizes[place] for name, sizes in found.sizes.items()
            }
    for start in ("2026-02-01", "2026-02-15", "2026-03-25"):
        with catalog.run(names, as_of=start) as result:
            sizes = {size.segment: size.members for size in result.sizes}
        for name in ("upper", "top", "was_upper", "above"):
            assert catalog.flow(name, start, min_size=0).sizes_before[name] == sizes[name]
    metrics = catalog.metrics(["entered", "left"], segments=["upper"], period="44d", min_size=0)
    assert (metrics.value("upper", "entered"), metrics.value("upper", "left")) == (2, 0)


def test_a_rule_as_of_ranks_the_population_of_its_run(devices: Catalog, tmp_path: Path) -> None:
    """What a rule says of an earlier moment is of those whom its run knows."""
    (tmp_path / "rules.seg").write_text("trait place = rank(count(ping)) as of 2026-02-01\nsegment last = place > 1\n")
    with load(tmp_path).run(["last"]) as result:
        assert [size.members for size in result.sizes] == [3]


def test_a_parent_that_came_later_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "segdsl.yaml").write_text(
        "as_of: 2026-03-31\nentities:\n  child: {table: children.csv, key: id, parent: {entity: house, key: house}}\n"
        "  house: {key: house, from_events: true}\n"
        "events:\n  bill: {of: house, table: bills.csv, key: house, time: at}\n"
    )
    (tmp_path / "rules.seg").write_text(
        "segment quiet of house = count(bill) >= 0\nsegment housed of child = house.quiet\n"
        "trait bills of house = count(bill)\nsegment counted of child = house.bills is known\n"
    )
    (tmp_path / "children.csv").write_text("id,house\na,h1\nb,h2\nc,h3\n")
    (tmp_path / "bills.csv").write_text("house,at\nh1,2026-01-10\nh2,2026-02-10\n")
    names = ["housed", "counted"]
    catalog = load(tmp_path)
    found = catalog.trend(names, periods=4)
    assert found.sizes == {"housed": (0, 1, 2, 2), "counted": (0, 1, 2, 2)}
    for place, moment in enumerate(found.moments):
        with catalog.run(names, as_of=moment) as result:
            assert {size.segment: size.members for size in result.sizes} == {
                name: sizes[place] for name, sizes in found.sizes.items()
            }
