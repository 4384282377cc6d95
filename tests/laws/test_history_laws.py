"""What has to hold of any sequence of saved runs."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from segdsl.history.erase import forget, prune
from segdsl.history.store import Store
from tests.engine import Compiled
from tests.history.saved import Members, contents, day, emptied, members_at, save
from tests.laws.test_meaning_laws import law
from tests.laws.worlds import worlds
from tests.reference.evaluator import Reference
from tests.world import World

_KEYS = ("a", "b", "c", "ä'; --", "")
_SEGMENTS = ("vip", "loyal")
_LABELS = ("gold", "silver")
_some = st.frozensets(st.sampled_from(_KEYS), max_size=4)


@st.composite
def _members(draw: st.DrawFn) -> Members:
    """Who is in some of the segments, and has which label of a segmentation."""
    found: dict[tuple[str, str], frozenset[str]] = {
        (name, ""): draw(_some) for name in _SEGMENTS if draw(st.integers(0, 3))
    }
    if not found or draw(st.booleans()):
        left = set(_KEYS)
        for label in _LABELS:
            found[("tier", label)] = draw(_some) & left
            left -= found[("tier", label)]
    return found


_runs = st.lists(st.tuples(st.integers(1, 5), _members(), st.sampled_from("112")), min_size=1, max_size=5)


def _save_all(store: Store, runs: list[tuple[int, Members, str]]) -> list[dt.datetime]:
    moments: list[dt.datetime] = []
    number = 0
    for days, members, rule in runs:
        number += days
        save(store, day(number), members, rule)
        moments.append(day(number))
    return moments


def _states(runs: list[tuple[int, Members, str]]) -> list[dict[str, set[tuple[str, str]]]]:
    """Who was in what after each run: what a run did not evaluate stays as it was."""
    state: dict[str, set[tuple[str, str]]] = {}
    out = []
    for _, members, _ in runs:
        names = {name for name, _ in members}
        state = {
            **state,
            **{
                name: {(label, key) for (other, label), keys in members.items() if other == name for key in keys}
                for name in names
            },
        }
        out.append(state)
    return out


@settings(max_examples=12, deadline=None)
@given(_runs)
def test_intervals_rebuild_each_run(runs: list[tuple[int, Members, str]]) -> None:
    with emptied(0) as store:
        moments = _save_all(store, runs)
        for moment, state in zip(moments, _states(runs), strict=True):
            for name, members in state.items():
                assert members_at(store, moment, name) == members
        # the numbers that are kept of each run are those of its intervals
        for name, label, as_of, count, entered, gone in store.fetch(
            "SELECT name, label, as_of, members, entered, gone FROM sizes JOIN definitions ON definition = id"
        ):
            here = {key for of, key in members_at(store, as_of, name) if of == label}
            before = {key for of, key in members_at(store, as_of - dt.timedelta(microseconds=1), name) if of == label}
            assert (count, entered, gone) == (len(here), len(here - before), len(before - here))


@settings(max_examples=12, deadline=None)
@given(_runs, _members(), st.data())
def test_rewriting_equals_a_fresh_history(
    runs: list[tuple[int, Members, str]], members: Members, data: st.DataObject
) -> None:
    with emptied(0) as store, emptied(1) as fresh:
        moments = _save_all(store, runs)
        count = data.draw(st.integers(0, len(runs) - 1))
        saved = save(store, moments[count], members, "3", rewrite=True)
        assert saved.dropped == len(runs) - count
        _save_all(fresh, runs[:count])
        save(fresh, moments[count], members, "3")
        assert contents(store) == contents(fresh)


@settings(max_examples=12, deadline=None)
@given(_runs)
def test_saving_again_changes_nothing(runs: list[tuple[int, Members, str]]) -> None:
    with emptied(0) as store:
        moments = _save_all(store, runs)
        before = contents(store)
        again = {place: frozenset(_KEYS[:1]) for place in runs[-1][1]}
        assert save(store, moments[-1], again, "4").definitions == ()
        assert contents(store) == before


@settings(max_examples=12, deadline=None)
@given(_runs, st.integers(0, 30))
def test_pruning_keeps_the_rest(runs: list[tuple[int, Members, str]], limit: int) -> None:
    with emptied(0) as store, emptied(1) as whole:
        moments = _save_all(store, runs)
        _save_all(whole, runs)
        prune(store, day(limit))
        kept = [row[0] for row in store.fetch("SELECT as_of FROM runs ORDER BY as_of")]
        assert kept == [moment for moment in moments if moment >= day(limit)] or kept == moments[-1:]
        for moment in kept:
            for (name,) in store.fetch("SELECT DISTINCT name FROM definitions"):
                assert members_at(store, moment, name) == members_at(whole, moment, name)
        ended = store.fetch("SELECT COUNT(*) FROM memberships WHERE left_at <= ?", [min(day(limit), moments[-1])])
        assert ended == [(0,)]


@settings(max_examples=12, deadline=None)
@given(_runs, st.sampled_from(_KEYS))
def test_forgetting_keeps_everybody_else(runs: list[tuple[int, Members, str]], key: str) -> None:
    with emptied(0) as store, emptied(1) as whole:
        _save_all(store, runs)
        _save_all(whole, runs)
        forget(store, key)
        found, all_of_them = contents(store), contents(whole)
        kept = [row for row in all_of_them.pop("memberships") if row[2] != key]
        assert found.pop("memberships") == kept
        assert found == all_of_them


# ---------------------------------------------------------------- what rules ask of it

_RULES = """
segment vip = count(order within 45d) >= 1 and visits is known
segment rich of customer = percentile(total_spend) >= 50%
segmentation tier among any(order) { gold when total_spend >= 50
  silver when any(view)
  low otherwise }
trait came = entered(vip)
trait went = left(vip)
trait came_tier = entered(tier)
trait went_tier = left(tier)
trait came_gold = entered(tier.gold) as of 20d ago
segment long = vip for 20d
segment longer = (rich for 1mo) as of 2026-03-10
segment been = ever rich
segment had_gold = tier was gold
segment had_low = (tier was low) as of 10d ago
segment loyal = long for 10d
segment family of account = any(customer where ever vip)
segment relative = account.family for 30d
trait ahead = entered(rich) as of 2026-06-01
"""
_ASKED = (
    "came", "went", "came_tier", "went_tier", "came_gold", "long", "longer", "been", "had_gold", "had_low", "loyal",
    "family", "relative", "ahead",
)  # fmt: skip


@law(0.1)
@given(worlds(), st.lists(st.integers(-5, 80), max_size=4, unique=True))
def test_rules_find_what_runs_have_seen(world: World, days: list[int]) -> None:
    runs = tuple(sorted(world.as_of - dt.timedelta(days=number) for number in days))
    world = replace(world, runs=runs)
    found = Compiled(world, _RULES).run(_ASKED)
    reference = Reference(world, _RULES)
    for name in _ASKED:
        assert found[name] == reference.values(name), name
