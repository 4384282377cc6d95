"""Overlaps, flows and trends: worked out by hand on a few customers, and held against plain runs on the shop."""

from __future__ import annotations

import datetime as dt
import json
import re
import sys
from itertools import combinations
from pathlib import Path

import pyarrow
import pytest
from click.testing import CliRunner

from segdsl import Catalog, SegdslError, load
from segdsl.cli.commands import segdsl
from segdsl.counts.flow import Move
from segdsl.counts.overlap import Intersection, Pair

ROOT = Path(__file__).parent.parent
MODEL = """
name: shop
as_of: 2026-03-31
entities:
  customer: {table: customers.csv, key: {column: id, type: text}, attributes: {country: text}}
events:
  order: {of: customer, table: orders.csv, key: {column: id, type: text}, time: at, fields: {amount: decimal}}
"""
RULES = """
segment german = country = "DE"
segment buyers = orders > 0
segment rich = total_spend >= 100
segment nobody = orders > 100
segmentation stage among orders > 0 {
  fresh when last_purchase < 30d
  stale otherwise
}
trait spend = total_spend
"""
CUSTOMERS = "id,country\n1,DE\n2,DE\n3,FR\n4,\n5,DE\n"
# as of 31 March: 1 and 3 are fresh, 2 is stale; as of 31 December 2 is fresh, 1 is stale, 3 has not bought yet
ORDERS = """id,at,amount
1,2025-06-01 00:00:00,60
1,2026-03-20 00:00:00,60
2,2025-12-20 00:00:00,10
3,2026-03-02 00:00:00,500
"""


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Catalog:
    for name, text in (
        ("segdsl.yaml", MODEL),
        ("customers.csv", CUSTOMERS),
        ("orders.csv", ORDERS),
        ("rules.seg", RULES),
    ):
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return load(tmp_path)


@pytest.fixture(scope="module")
def shop() -> Catalog:
    return load(ROOT / "examples" / "shop")


def members(catalog: Catalog, names: list[str], as_of: str | None = None) -> dict[str, set[str]]:
    """The members of segments and labels by a plain run."""
    with catalog.run(names, as_of=as_of, expect=False) as result:
        found: dict[str, set[str]] = {size.segment: set() for size in result.sizes}
        for row in result.members.to_pylist():
            found[row["segment"]].add(row["customer_id"])
    return found


def call(*args: str) -> tuple[int, str]:
    result = CliRunner().invoke(segdsl, list(args), prog_name="segdsl")
    return result.exit_code, result.output


# ---------------------------------------------------------------- overlap


def test_pairs_are_counted(small: Catalog) -> None:
    found = small.overlap(["german", "buyers", "rich", "nobody"], min_size=0)
    assert found.population == 5
    assert [(size.segment, size.members) for size in found.sizes] == [
        ("german", 3),
        ("buyers", 3),
        ("rich", 2),
        ("nobody", 0),
    ]
    # german 1 2 5, buyers 1 2 3, rich 1 3
    assert list(found.pairs) == [
        Pair("german", "buyers", 2, 2 / 3, 2 / 3, 2 / 4),
        Pair("german", "rich", 1, 1 / 3, 1 / 2, 1 / 4),
        Pair("german", "nobody", 0, 0.0, None, 0.0),
        Pair("buyers", "rich", 2, 2 / 3, 2 / 2, 2 / 3),
        Pair("buyers", "nobody", 0, 0.0, None, 0.0),
        Pair("rich", "nobody", 0, 0.0, None, 0.0),
    ]


def test_exact_intersections_add_up_to_everybody(small: Catalog) -> None:
    found = small.overlap(["german", "buyers", "rich"], min_size=0)
    assert {item.segments: item.members for item in found.intersections} == {
        ("german", "buyers", "rich"): 1,
        ("german", "buyers"): 1,
        ("buyers", "rich"): 1,
        (): 1,
        ("german",): 1,
    }
    assert found.combinations == 5


def test_few_members_are_not_told(small: Catalog) -> None:
    found = small.overlap(["german", "buyers", "nobody"], min_size=3)
    assert found.sizes[0].members == 3
    assert found.pairs[0] == Pair("german", "buyers", None, None, None, None)
    assert found.pairs[1].members == 0
    assert Intersection(("german", "buyers"), None, None) in found.intersections


@pytest.mark.parametrize("width", [1, 7, 64, 65_536])
def test_pairs_are_counted_however_many_members_a_string_of_bits_is_of(
    shop: Catalog, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("segdsl.counts.groups._CHUNK", width)
    found = shop.overlap(min_size=0)
    with shop.run(layout="wide") as result:
        held = {name: result.wide.column(name).to_pylist() for name in result.wide.column_names}
    known = [pair for pair in found.pairs if pair.segment in held and pair.other in held]
    assert len(known) > 100
    for pair in known:
        both = zip(held[pair.segment], held[pair.other], strict=True)
        assert pair.members == sum(one is True and other is True for one, other in both), pair


def test_overlap_is_what_the_members_have_in_common(shop: Catalog) -> None:
    names = ["loyal", "vip", "missed", "promoters", "detractors", "holdout", "tier", "outdoor"]
    sets = members(shop, names)
    found = shop.overlap(names, min_size=0)
    assert {size.segment: size.members for size in found.sizes} == {name: len(keys) for name, keys in sets.items()}
    assert {(pair.segment, pair.other): pair.members for pair in found.pairs} == {
        (one, other): len(sets[one] & sets[other]) for one, other in combinations(sets, 2)
    }
    everybody = {f"c{number:03}" for number in range(1, 201)}
    exact: dict[tuple[str, ...], int] = {}
    for key in everybody:
        inside = tuple(name for name, keys in sets.items() if key in keys)
        exact[inside] = exact.get(inside, 0) + 1
    assert {item.segments: item.members for item in found.intersections} == exact
    sizes = [item.members or 0 for item in found.intersections]
    assert sizes == sorted(sizes, reverse=True)
    assert sum(sizes) == found.population == 200


def test_all_segments_are_compared_where_none_is_named(shop: Catalog) -> None:
    # the library's own beside them
    assert len(shop.overlap().sizes) == sum(output.kind == "segment" for output in shop.outputs)


# ---------------------------------------------------------------- flow


def test_moves_are_counted(small: Catalog) -> None:
    found = small.flow("stage", "2025-12-31", "2026-03-31", min_size=0)
    assert list(found.moves) == [
        Move("fresh", "stale", 1, 1.0),
        Move("stale", "fresh", 1, 1.0),
        Move(None, "fresh", 1, 1 / 3),
        Move(None, None, 2, 2 / 3),
    ]
    assert found.sizes_before == {"fresh": 1, "stale": 1, None: 3}
    assert found.sizes_after == {"fresh": 2, "stale": 1, None: 2}
    assert (found.stayed, found.population) == (2, 5)
    assert all(move.members is None for move in small.flow("stage", "2025-12-31").moves)


def test_a_flow_is_three_months_long_where_nothing_is_said(small: Catalog) -> None:
    found = small.flow("stage")
    assert (found.start, found.end) == (dt.datetime(2025, 12, 31), dt.datetime(2026, 3, 31))


def test_in_and_out_of_a_segment(small: Catalog) -> None:
    found = small.flow("rich", "2025-12-31", min_size=0)
    assert list(found.moves) == [Move(None, "rich", 2, 2 / 5), Move(None, None, 3, 3 / 5)]


@pytest.mark.parametrize("name", ["stage", "tier", "loyal"])
def test_a_flow_is_what_two_runs_say(shop: Catalog, name: str) -> None:
    days = ("2025-11-15", "2026-02-10")
    before, after = (members(shop, [name], day) for day in days)
    found = shop.flow(name, *days, min_size=0)
    everybody = {f"c{number:03}" for number in range(1, 201)}

    def label(sets: dict[str, set[str]], key: str) -> str | None:
        return next((name.rpartition(".")[2] for name, keys in sets.items() if key in keys), None)

    expected: dict[tuple[str | None, str | None], int] = {}
    for key in everybody:
        move = label(before, key), label(after, key)
        expected[move] = expected.get(move, 0) + 1
    assert {(move.before, move.after): move.members for move in found.moves} == expected


# ---------------------------------------------------------------- trend


def test_a_trend_is_what_runs_of_those_days_say(shop: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["vip", "fallen_gold", "stage", "abandoned_cart"]
    monkeypatch.setattr("segdsl.counts.trend.COLUMNS", 8)  # in several evaluations
    found = shop.trend(names, period="month", periods=4)
    assert [moment.date().isoformat() for moment in found.moments] == [
        "2025-12-31",
        "2026-01-31",
        "2026-02-28",
        "2026-03-31",
    ]
    for place, moment in enumerate(found.moments):
        with shop.run(names, as_of=moment, expect=False) as result:
            for size in result.sizes:
                assert found.sizes[size.segment][place] == size.members, (size.segment, moment)


def test_nobody_is_0_members(small: Catalog) -> None:
    # before anybody bought no label is known of anybody, and without customers there is nobody to be counted
    assert small.trend(["stage", "rich"], as_of="2025-02-28", periods=2).sizes["stage.fresh"] == (0, 0)
    (small.root / "customers.csv").write_text("id,country\n")
    with load(small.root).run(expect=False) as result:
        assert {size.members for size in result.sizes} == {0}


# ---------------------------------------------------------------- as tables, and on the command line


def test_results_are_tables(small: Catalog) -> None:
    overlap = pyarrow.table(small.overlap(["german", "buyers"], min_size=0))
    assert overlap.column("members").to_pylist() == [2]
    exact = pyarrow.table(small.overlap(["german", "buyers"], min_size=0).intersections)
    assert exact.column("segments").to_pylist()[0] == ["german", "buyers"]
    assert pyarrow.table(small.flow("stage", min_size=0)).num_rows == 4
    trend = pyarrow.table(small.trend(["rich"], periods=2))
    assert trend.column("as_of").to_pylist() == [dt.datetime(2026, 2, 28), dt.datetime(2026, 3, 31)]


def test_notebooks_show_charts(small: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = [
        small.overlap(["german", "buyers", "rich"], min_size=0)._repr_mimebundle_(),
        small.flow("stage", min_size=0)._repr_mimebundle_(),
        small.trend(["rich", "stage"], periods=3)._repr_mimebundle_(),
    ]
    for bundle, said in zip(shown, ("german", "stale", "stage.fresh"), strict=True):
        assert set(bundle) == {"text/plain", "text/html", "image/svg+xml"}
        assert bundle["text/html"] == bundle["image/svg+xml"] + bundle["text/html"][len(bundle["image/svg+xml"]) :]
        assert "<table>" in bundle["text/html"]
        assert said in bundle["image/svg+xml"]
        assert "var(" not in bundle["image/svg+xml"]
        assert bundle["image/svg+xml"].count("<path") > 5
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    assert set(small.flow("stage")._repr_mimebundle_()) == {"text/plain", "text/html"}


def test_pictures_have_the_colours_of_the_page() -> None:
    from segdsl.charts.picture import LIGHT

    style = (ROOT / "segdsl" / "report" / "page" / "style.css").read_text("utf-8").partition("@media")[0]
    assert LIGHT.items() <= dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]+);", style)).items()


def test_commands_print_what_is_counted(small: Catalog) -> None:
    assert call("overlap", "german", "buyers", "--min-size", "0") == (
        0,
        "segment  other   in both  of segment  of other\n"
        "german   buyers        2       66.7%     66.7%\n"
        "5 in the population, as of 2026-03-31 in UTC\n",
    )
    assert "german & buyers       <3      –\n" in call("overlap", "german", "buyers", "--exact", "--min-size", "3")[1]
    assert call("flow", "stage", "--from", "2025-12-31", "--min-size", "0", "--format", "markdown") == (
        0,
        "| from | to | members | of from |\n"
        "| --- | --- | ---: | ---: |\n"
        "| fresh | stale | 1 | 100.0% |\n"
        "| stale | fresh | 1 | 100.0% |\n"
        "| no label | fresh | 1 | 33.3% |\n"
        "| no label | no label | 2 | 66.7% |\n"
        "\n"
        "2 of 5 are where they were  \n"
        "2025-12-31 to 2026-03-31 in UTC\n",
    )
    assert call("trend", "rich", "--periods", "2", "--format", "csv") == (
        0,
        "segment,as_of,members\nrich,2026-02-28T00:00:00,0\nrich,2026-03-31T00:00:00,2\n",
    )
    found = json.loads(call("flow", "stage", "--format", "json")[1])
    assert found[0] == {"before": "fresh", "after": "stale", "members": None, "share_of_before": None}


def test_an_overlap_without_names_says_whose_segments_it_leaves_out(small: Catalog, tmp_path: Path) -> None:
    assert "left out" not in call("overlap", "--min-size", "0")[1]
    shop = "  shop: {table: shops.csv, key: {column: id, type: text}, attributes: {town: text}}\n"
    (tmp_path / "segdsl.yaml").write_text(MODEL.replace("events:", f"{shop}events:"))
    (tmp_path / "shops.csv").write_text("id,town\n1,A\n2,B\n")
    (tmp_path / "shops.seg").write_text('segment here of shop = town = "A"\nsegment there of shop = not here\n')
    for format_ in ("table", "json"):
        done = CliRunner().invoke(segdsl, ["overlap", "--min-size", "0", "--format", format_], prog_name="segdsl")
        assert done.stderr == "left out: segments of shop (these are of customer; name some to compare them)\n"
        assert "there" not in done.stdout
    assert "left out" not in call("overlap", "here", "there", "--min-size", "0")[1]


def test_what_cannot_be_counted_is_told(small: Catalog) -> None:
    with pytest.raises(SegdslError, match=r"SEG760.*`spend` is a trait"):
        small.overlap(["spend"])
    with pytest.raises(SegdslError, match="SEG215"):
        small.flow("stag")
