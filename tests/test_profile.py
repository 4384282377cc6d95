"""Profiles: the statistics against published and plainly computed figures, and what is said of a segment."""

from __future__ import annotations

import json
import math
import random
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean, pvariance

import pyarrow
import pytest
from click.testing import CliRunner, Result

import segdsl
from segdsl import SegdslError
from segdsl.cli.commands import segdsl as command
from segdsl.metrics.words import shown
from segdsl.profile import statistics
from segdsl.profile.persona import _sentence, strongest
from segdsl.profile.statistics import Sums, of_estimates, of_means, of_shares

SHOP = Path(__file__).parent.parent / "examples" / "shop"


def call(folder: Path, *args: str) -> Result:
    return CliRunner().invoke(command, ["-C", str(folder), "profile", *args], prog_name="segdsl")


def sums(values: Sequence[float]) -> Sums:
    return Sums(len(values), sum(values), sum(value * value for value in values))


# ---------------------------------------------------------------- statistics


def test_quantiles_of_t() -> None:
    for freedom, expected in ((9, 2.262157), (19, 2.093024), (29, 2.045230), (100, 1.983972)):
        assert statistics._t(freedom) == pytest.approx(expected, abs=5e-4)


def test_shares_are_those_that_newcombe_published() -> None:
    # Newcombe 1998, table II, method 10: 56/70 less 48/80
    found = of_shares(Sums(70, 56, 56), Sums(80, 48, 48), Sums(0, 0, 0))
    assert found is not None
    assert found.low == pytest.approx(0.0524, abs=1e-4)
    assert found.high == pytest.approx(0.3339, abs=1e-4)
    assert found.value == pytest.approx(0.2)


def test_nobody_among_a_few_is_not_surely_fewer() -> None:
    found = of_shares(Sums(14, 0, 0), Sums(200, 19, 19), Sums(14, 0, 0))
    assert found is not None
    assert not found.is_sure


def test_everybody_does_not_differ_from_everybody() -> None:
    for found in (of_shares(Sums(9, 3, 3), Sums(9, 3, 3), Sums(9, 3, 3)),
                  of_means(sums([1, 2, 3]), sums([1, 2, 3]), sums([1, 2, 3]))):  # fmt: skip
        assert found is not None
        assert (found.value, found.low, found.high) == pytest.approx((0, 0, 0), abs=1e-6)


def test_means_of_groups_apart_have_the_usual_interval() -> None:
    chance = random.Random(1)
    here, there = [chance.gauss(5, 2) for _ in range(400)], [chance.gauss(4, 3) for _ in range(500)]
    found = of_means(sums(here), sums(there), sums([]))
    assert found is not None
    error = math.sqrt(pvariance(here) / 400 + pvariance(there) / 500)
    assert found.value == pytest.approx(fmean(here) - fmean(there))
    assert found.high - found.value == pytest.approx(1.966 * error, rel=1e-2)
    assert found.effect == pytest.approx(found.value / math.sqrt(pvariance(there)))


def test_overlap_makes_means_nearer() -> None:
    """A segment against the population that holds it: the interval is that against the rest, brought to scale."""
    chance = random.Random(2)
    inside, outside = [chance.gauss(5, 2) for _ in range(300)], [chance.gauss(4, 2) for _ in range(700)]
    found = of_means(sums(inside), sums(inside + outside), sums(inside))
    assert found is not None
    error = 0.7 * math.sqrt(pvariance(inside) / 300 + pvariance(outside) / 700)
    assert found.value == pytest.approx(0.7 * (fmean(inside) - fmean(outside)))
    # the variance of the population holds the difference itself as well, so it is a little wider
    assert found.high - found.value == pytest.approx(1.968 * error, rel=0.05)


def test_estimates_have_the_interval_of_the_mean_where_they_are_means() -> None:
    chance = random.Random(3)
    here, there = [chance.gauss(5, 2) for _ in range(2000)], [chance.gauss(4, 2) for _ in range(2000)]
    buckets = statistics.BUCKETS

    def without(values: Sequence[float], bucket: int) -> float:
        return fmean(value for index, value in enumerate(values) if index % buckets != bucket)

    leaving = [(without(here, bucket), without(there, bucket)) for bucket in range(buckets)]
    found = of_estimates(fmean(here), fmean(there), leaving, 2000, 2000)
    exact = of_means(sums(here), sums(there), sums([]))
    assert found is not None
    assert exact is not None
    assert found.value == pytest.approx(exact.value)
    assert found.high - found.low == pytest.approx(exact.high - exact.low, rel=0.4)
    assert found.effect == pytest.approx(exact.effect, rel=0.4)


def test_intervals_hold_the_truth_nineteen_times_in_twenty() -> None:
    """A segment drawn by chance differs from the population in nothing but chance."""
    chance = random.Random(4)
    hits = 0
    for _ in range(400):
        people = [chance.random() < 0.2 for _ in range(300)]
        inside = people[:60]
        group, everybody = Sums(60, sum(inside), sum(inside)), Sums(300, sum(people), sum(people))
        found = of_shares(group, everybody, group)
        assert found is not None
        hits += not found.is_sure
    assert 0.92 <= hits / 400 <= 0.99


def test_means_far_from_zero_differ_as_those_near_it() -> None:
    """The squares of times in seconds have twenty digits, which no float holds."""
    chance = random.Random(5)
    here, there = [chance.randrange(4) for _ in range(100)], [chance.randrange(4) for _ in range(200)]
    near = of_means(sums(here), sums(there), sums([]))
    far = of_means(*(replace(one, origin=1_700_000_000) for one in (sums(here), sums(there), sums([]))))
    assert far == near


def test_what_float_cannot_tell_apart_does_not_differ() -> None:
    noise = Sums(300, 300 * 1e-17, 300 * 1e-34, origin=0.1)
    found = of_means(Sums(100, 0, 0, origin=0.1), noise, Sums(100, 0, 0, origin=0.1))
    assert found is not None
    assert not found.is_sure
    tenth = sum([0.1] * 3) / 3  # 0.10000000000000002
    found = of_estimates(0.1, tenth, [(0.1, tenth)] * 10 + [(tenth, 0.1)] * 10, 100, 300)
    assert found is not None
    assert not found.is_sure


def test_a_group_of_alike_members_has_the_spread_of_the_other_though_floats_are_rounded() -> None:
    tenth = sum([0.1] * 3) / 3
    others = [0.1 + 0.001 * n for n in range(-10, 11) if n]
    exact = of_estimates(0.1, 0.1005, [(0.1, one) for one in others], 4, 300)
    rounded = of_estimates(0.1, 0.1005, [((0.1, tenth)[n % 2], one) for n, one in enumerate(others)], 4, 300)
    assert exact is not None
    assert rounded is not None
    assert (rounded.low, rounded.high) == pytest.approx((exact.low, exact.high))


def test_a_whole_against_its_part_is_the_mirror_image() -> None:
    part, whole = Sums(100, 40, 40), Sums(250, 90, 90)
    found, mirrored = of_shares(part, whole, part), of_shares(whole, part, part)
    assert found is not None
    assert mirrored is not None
    assert (-mirrored.value, -mirrored.high, -mirrored.low, -mirrored.effect) == pytest.approx(
        (found.value, found.low, found.high, found.effect)
    )


# ---------------------------------------------------------------- profiles


@pytest.fixture(scope="module")
def catalog() -> segdsl.Catalog:
    return segdsl.load(SHOP)


def test_a_profile_has_what_plain_counting_gives(catalog: segdsl.Catalog) -> None:
    found = catalog.profile("loyal")
    assert (found.members, found.others) == (72, 200)
    with catalog.run(["loyal", "tier", "spend"], layout="wide") as result:
        rows = result.wide.to_pylist()
    members = [row for row in rows if row["loyal"]]
    gold = next(item for item in found.comparisons if (item.name, item.value) == ("tier", "gold"))
    assert gold.members == pytest.approx(sum(row["tier"] == "gold" for row in members) / 72)
    assert gold.others == pytest.approx(sum(row["tier"] == "gold" for row in rows) / 200)
    assert gold.index == pytest.approx(100 * gold.members / gold.others)
    spend = next(item for item in found.comparisons if item.name == "spend")
    assert spend.members == pytest.approx(fmean(row["spend"] for row in members))
    metric = next(item for item in found.comparisons if item.name == "open_rate")
    assert metric.members == pytest.approx(
        catalog.metrics(["open_rate"], segments=["loyal"]).value("loyal", "open_rate")
    )


def test_what_surely_differs_comes_first_the_strongest_ahead(catalog: segdsl.Catalog) -> None:
    found = list(catalog.profile("stage.at_risk").comparisons)
    sure = [item for item in found if item.is_sure]
    assert found[: len(sure)] == sure
    effects = [round(abs(item.effect), 9) for item in sure]
    assert effects == sorted(effects, reverse=True)
    assert all(item.low <= item.difference <= item.high for item in found)


def test_what_the_rule_reads_is_marked_and_not_told(catalog: segdsl.Catalog) -> None:
    found = catalog.profile("outdoor")
    marked = {item.name for item in found.comparisons if item.in_rule}
    assert marked == {"interests", "favourite_category"}
    assert "interests" not in found.persona


def test_a_persona_is_plain_sentences(catalog: segdsl.Catalog) -> None:
    persona = catalog.profile("loyal").persona
    assert persona.startswith(
        "loyal has 72 members, 36.0% of the population. 93.1% are in stage.active, against 38.0% of"
    )
    assert persona == catalog.profile("loyal").persona
    assert persona.count("retention") + persona.count("churn") <= 1


def test_values_are_told_for_what_they_are_of(tmp_path: Path) -> None:
    """A label or a text may be called `true`, and a name may hold any word."""
    (tmp_path / "segdsl.yaml").write_text(
        "entities: {person: {table: p.csv, key: id,"
        " attributes: {n: int, said: text, flag: bool, 'who has what': text, tags: list(text)}}}\n"
    )
    lines = ["id,n,said,flag,who has what,tags"]
    for n in range(60):
        lines.append(f"{n},{n % 3},{'false' if n % 3 else 'true'},{n % 3 == 0},{'a' if n % 3 else 'b'},"
                     f"{'[x]' if n % 3 else '[y]'}")  # fmt: skip
    (tmp_path / "p.csv").write_text("\n".join(lines))
    (tmp_path / "r.seg").write_text(
        "segmentation consent { `true` when n = 0  `false` otherwise }\nsegment plain = n < 1\nsegment yes = n = 0\n"
    )
    compared = {item.title: item for item in segdsl.load(tmp_path).profile("yes").comparisons}
    told = {
        "consent = true": "are in consent.true",
        "plain": "are in plain",
        "said = true": "have the said true",
        "flag": "have flag",
        "who has what = b": "have the who has what b",
        "tags has y": "have y among their tags",
    }
    for title, words in told.items():
        assert _sentence(compared[title], "everybody") == f"100.0% {words}, against 33.3% of everybody."


def test_the_same_numbers_are_told_once(catalog: segdsl.Catalog) -> None:
    """What a trait says, a metric that is made of it does not say again."""
    found = catalog.profile("vip")
    told = [(round(item.members, 6), round(item.others, 6)) for item in strongest(found.comparisons)]
    assert len(told) > 3
    assert len(set(told)) == len(told)


def test_nothing_to_tell(tmp_path: Path) -> None:
    (tmp_path / "segdsl.yaml").write_text(
        "entities: {person: {table: p.csv, key: id, attributes: {n: int, w: text}}}\n"
    )
    rows = "".join(f"{index},{index % 2},{'ab'[index % 2]}\n" for index in range(40))
    (tmp_path / "p.csv").write_text("id,n,w\n" + rows)
    (tmp_path / "r.seg").write_text("segment all = n >= 0\nsegment odd = n = 1\nsegment few = n = 7\n")
    catalog = segdsl.load(tmp_path)
    assert "They do not surely differ from everybody in anything that is known." in catalog.profile("all").persona
    odd = catalog.profile("odd")
    assert "100.0% have the w b, against 50.0% of everybody." in odd.persona
    against = catalog.profile("odd", "all")
    differences = {item.title: item.difference for item in odd.comparisons}
    assert {item.title: item.difference for item in against.comparisons}.items() <= differences.items()
    with pytest.raises(SegdslError, match="SEG626"):
        catalog.profile("few")
    (tmp_path / "t.seg").write_text("trait double = 2 * n")
    with pytest.raises(SegdslError, match="SEG712"):
        segdsl.load(tmp_path).profile("double")


def test_numbers_far_from_zero_are_compared_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "segdsl.yaml").write_text(
        "entities: {person: {table: p.csv, key: id,"
        " attributes: {grp: int, near: int, stamp: int, big: decimal, rate: decimal, third: decimal}}}\n"
    )
    chance = random.Random(6)
    lines = ["id,grp,near,stamp,big,rate,third"]
    for index in range(300):
        value = chance.randrange(4)
        lines.append(f"{index},{index % 3},{value},{1_700_000_000 + value},{10**12 + value},0.1,0.33333")
    (tmp_path / "p.csv").write_text("\n".join(lines))
    (tmp_path / "r.seg").write_text("segment g0 = grp = 0\nsegment g1 = grp = 1\n")
    catalog = segdsl.load(tmp_path)
    for against in (None, "g1"):
        found = {item.name: item for item in catalog.profile("g0", against).comparisons}
        near = found["near"]
        for name, origin in (("stamp", 1_700_000_000), ("big", 10**12)):
            far = found[name]
            assert (far.difference, far.low, far.high, far.effect) == pytest.approx(
                (near.difference, near.low, near.high, near.effect), rel=1e-9
            )
            assert (far.members - origin, far.others - origin) == pytest.approx((near.members, near.others), abs=1e-3)
        assert not found["rate"].is_sure
        assert not found["third"].is_sure


def test_a_mean_of_nothing_is_nothing(tmp_path: Path) -> None:
    """What is summed about another mean leaves a residue, which no mean is to be read from."""
    (tmp_path / "segdsl.yaml").write_text(
        "entities: {person: {table: p.csv, key: id, attributes: {grp: int, paid: decimal, owed: decimal}}}\n"
    )
    lines = ["id,grp,paid,owed"]
    lines += [f"{n},{n % 3},{f'{n}.37' if n % 3 else 0},{f'-{n}.37' if n % 3 else 0}" for n in range(301)]
    (tmp_path / "p.csv").write_text("\n".join(lines))
    (tmp_path / "r.seg").write_text("segment g0 = grp = 0\n")
    found = segdsl.load(tmp_path).profile("g0")
    paid, owed = (next(item for item in found.comparisons if item.name == name) for name in ("paid", "owed"))
    assert (paid.members, paid.index) == (0, 0)
    assert (owed.members, owed.index) == (0, None)
    assert "Their owed is higher: 0.00 against -99.91." in found.persona
    assert "Their paid is lower: 0.00 against 99.91." in found.persona
    assert "-0.00" not in found._repr_html_()


@pytest.mark.parametrize("unit", ["currency", "count", "days", "percent", "score"])
def test_nothing_has_no_sign(unit: str) -> None:
    for value in (-0.0, -1e-13):
        assert not shown(value, unit).startswith("-")


def test_a_profile_is_a_table_for_others_and_shows_itself(catalog: segdsl.Catalog) -> None:
    found = catalog.profile("tier.gold", "tier.silver")
    assert found.against == "tier.silver"
    assert pyarrow.table(found).num_rows == len(found.comparisons)
    assert "of tier.silver" in found._repr_html_()


def test_the_command(tmp_path: Path) -> None:
    shutil.copytree(SHOP, tmp_path / "shop")
    output = call(tmp_path / "shop", "loyal").output
    assert "Orders per customer" in output
    assert "do not surely differ: --all shows them" in output
    whole = json.loads(call(tmp_path / "shop", "loyal", "--format", "json").output)
    assert whole["members"] == 72
    assert {"name", "members", "others", "index", "low", "high", "effect"} <= whole["comparisons"][0].keys()
    assert "SEG626" in call(tmp_path / "shop", "fallen_gold").output
    assert "SEG215" in call(tmp_path / "shop", "loyl").output
