"""What runs keep of where everybody was: to begin a session with, and for the next run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from segdsl import SegdslError, load
from segdsl.history.file_store import FILE, FileStore
from tests.history.test_commands import MODEL, ORDERS, RULES, call, said, shop

__all__ = ["shop"]
MORE = """\
segment buyers = any(order)
segment big = any(order where amount >= 200)
segmentation size { much when sum(order.amount) > 100  little otherwise }
"""
DAY, NEXT = "2026-03-01", "2026-03-10"


@pytest.fixture
def much(shop: Path) -> Path:
    (shop / "rules.seg").write_text(RULES + MORE)
    return shop


def _answers(keys: str = "abc", as_of: str | None = None) -> list[tuple[str, ...]]:
    """Of a session that begins with what is saved; with `as_of`, of one that is evaluated."""
    with load(".").session(saved=as_of is None, as_of=as_of) as session:
        return [session.member(key).segments for key in keys]


def _save(*names: str, as_of: str = DAY, **options: bool) -> None:
    with load(".").run(names, save=True, as_of=as_of, **options):  # type: ignore[arg-type]
        pass


def _sizes_are_those_of_the_intervals() -> bool:
    with FileStore.open(FILE) as store:
        open_ones = store.fetch(
            "SELECT definition, label, COUNT(*) FROM stays WHERE left_at IS NULL GROUP BY ALL ORDER BY ALL"
        )
        sizes = store.fetch(
            """SELECT definition, label, members FROM sizes WHERE as_of = (SELECT MAX(as_of) FROM runs) AND members > 0
            ORDER BY ALL"""
        )
        return open_ones == sizes


@pytest.mark.parametrize(
    "runs",
    [
        [("vip", "tier"), ()],
        [("vip",), ("tier", "buyers"), ("buyers", "big", "size")],
        [("size",), ("big",), ("vip", "tier"), ("buyers",)],
        [(), ("vip",)],
    ],
    ids=["some and all", "overlapping", "one by one", "all and some"],
)
def test_runs_as_of_one_moment_are_kept_as_one(much: Path, runs: list[tuple[str, ...]]) -> None:
    _save(as_of="2026-02-01")
    for names in runs:
        _save(*names)
    assert _answers() == _answers(as_of=DAY)
    # and the next run finds who has moved
    (much / "orders.csv").write_text(ORDERS + "c,2026-03-05 10:00:00,300\n")
    _save(as_of=NEXT)
    assert _answers() == _answers(as_of=NEXT)
    assert _sizes_are_those_of_the_intervals()


def test_more_segments_than_a_number_has_bits_are_kept_as_one(shop: Path) -> None:
    rules = "".join(f"segment s{number} = sum(order.amount) > {number}\n" for number in range(0, 140, 2))
    (shop / "rules.seg").write_text(rules)
    _save(*(f"s{number}" for number in range(0, 140, 4)))
    _save()
    assert _answers() == _answers(as_of=DAY)


def test_what_is_saved_of_a_moment_stays_in_what_is_kept_of_it(much: Path) -> None:
    _save("buyers")
    (much / "orders.csv").write_text(ORDERS + "c,2026-02-28 10:00:00,300\n")
    _save("buyers", "big")
    with load(".").session(["buyers", "big"], saved=True) as session:
        assert session.member("c").segments == ("big",)
    _save("buyers", "big", as_of=NEXT)
    assert [(size.members, size.entered) for size in load(".").history.sizes("buyers")] == [(2, 2), (3, 1)]
    assert _sizes_are_those_of_the_intervals()


@pytest.mark.parametrize("incremental", [False, True])
def test_who_is_forgotten_leaves_what_is_kept_of_all_others(much: Path, incremental: bool) -> None:
    _save(incremental=incremental)
    said("history", "forget", "--id", "b")
    assert _answers("ac") == [each for key, each in zip("abc", _answers(as_of=DAY), strict=True) if key != "b"]
    with load(".").session(saved=True) as session, pytest.raises(SegdslError, match="SEG721"):
        session.member("b")
    # a further run as of then has found b, but not in what was saved before
    (much / "rules.seg").write_text(RULES + MORE + "segment all_ = true\n")
    _save(incremental=incremental)
    assert _answers("c") == [_answers(as_of=DAY)[2]]
    with load(".").session(saved=True) as session, pytest.raises(SegdslError, match="SEG721"):
        session.member("b")
    # who was forgotten enters anew, and is counted once
    _save(as_of=NEXT, incremental=incremental)
    assert _answers() == _answers(as_of=NEXT)
    assert _sizes_are_those_of_the_intervals()


def test_nothing_of_who_is_forgotten_is_in_what_is_kept(much: Path) -> None:
    _save()
    with FileStore.open(FILE) as store:
        (number,) = store.fetch("SELECT number FROM members WHERE key = 'b'")[0]
    said("history", "forget", "--id", "b")
    with FileStore.open(FILE) as store:
        tables = store.tables("kept_")
        assert tables
        for table in tables:
            assert number not in {member for (member,) in store.fetch(f"SELECT member FROM {table}")}


def _say(shop: Path, *changes: tuple[str, str]) -> None:
    """Another model than at first."""
    model = MODEL
    for old, new in changes:
        assert old in model
        model = model.replace(old, new)
    (shop / "segdsl.yaml").write_text(model)


@pytest.mark.parametrize(
    "change",
    [
        ("orders.csv", "orders2.csv"),
        ("customers.csv, key: {column: id", "customers.csv, key: {column: nr"),
        ("amount: decimal", "amount: {column: net, type: decimal}"),
    ],
)
@pytest.mark.parametrize("incremental", [False, True])
def test_answers_by_another_model_are_none_to_begin_with(
    shop: Path, change: tuple[str, str], incremental: bool
) -> None:
    _save(incremental=incremental)
    _say(shop, change)
    with pytest.raises(SegdslError, match=r"(?s)SEG764.*by another model.*with `--rewrite`"):
        _answers()
    _say(shop)
    assert _answers() == _answers(as_of=DAY)


@pytest.mark.parametrize(
    "change",
    [
        ("name: shop", "name: other\nas_of: 2026-03-05\nmetrics: {min_size: 3}"),
        ("country: text", "country: {column: city, type: text}"),
        ("country: text", "country: text, city: text"),
        ("entities:", "tables: {house: accounts.csv}\nentities:"),
    ],
)
def test_answers_outlast_a_change_of_the_model_that_no_rule_reads(shop: Path, change: tuple[str, str]) -> None:
    _save()
    before = _answers()
    _say(shop, change)
    assert _answers() == before


def test_answers_of_rules_that_read_what_changed_are_no_longer_to_be_had_and_the_others_are(much: Path) -> None:
    (much / "rules.seg").write_text(RULES + "segment german = country = 'DE'\n")
    _save()
    _say(much, ("country: text", "country: {column: id, type: text}"))
    with pytest.raises(SegdslError, match=r"SEG764.*evaluated `german` by another model"):
        _answers()
    with load(".").session(["vip", "tier"], saved=True) as session:
        assert session.member("a").segments


def test_what_rules_read_has_one_hash_in_every_process(much: Path) -> None:
    """Sets and mappings are in another order in each."""
    program = (
        "from segdsl import load; from segdsl.history.file_store import FILE, FileStore\n"
        "load('.').run(save=True, rewrite=True, as_of='2026-03-01').close()\n"
        "with FileStore.open(FILE) as store: print(store.fetch('SELECT facts FROM kept')[0][0])"
    )
    found = []
    for seed in "123":
        done = subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        found.append(json.loads(done.stdout)["reads"])
    assert found[0]["customer"].keys() == {"vip", "tier", "buyers", "big", "size"}
    assert found[0] == found[1] == found[2]


def test_answers_of_one_moment_by_two_models_are_each_by_its_own(much: Path) -> None:
    _save("buyers")
    (much / "fewer.csv").write_text(ORDERS.splitlines()[0] + "\n")
    _say(much, ("orders.csv", "fewer.csv"))
    _save("buyers", "big")
    for place, name, other in (("orders.csv", "buyers", "big"), ("fewer.csv", "big", "buyers")):
        _say(much, ("orders.csv", place))
        with load(".").session([name], saved=True) as session:
            assert session.member("b").segments == (() if name == "big" else ("buyers",))
        with pytest.raises(SegdslError, match=rf"SEG764.*evaluated `{other}` by another model"):
            load(".").session(["buyers", "big"], saved=True)
    with load(".").run(["buyers", "big"], save=True, rewrite=True, as_of=DAY):
        pass
    with load(".").session(["buyers", "big"], saved=True) as session:
        assert session.member("b").segments == ()


def test_answers_of_a_version_that_did_not_keep_the_model_are_none_to_begin_with(shop: Path) -> None:
    _save()
    with FileStore.open(FILE, write=True) as store:
        ((text,),) = store.fetch("SELECT facts FROM kept")
        facts = json.loads(text)
        del facts["reads"]
        facts["form"], facts["model"] = 9, "a hash of all of it"
        store.execute("UPDATE kept SET facts = ?", [json.dumps(facts)])
    with pytest.raises(SegdslError, match=r"SEG764.*no one knows by which model"):
        _answers()
    _save(as_of=NEXT)
    assert _answers() == _answers(as_of=NEXT)


def test_what_is_not_kept_can_be_kept_with_rewrite(much: Path) -> None:
    _save()
    (much / "rules.seg").write_text(RULES.replace(">= 100", ">= 10") + MORE)
    _save()
    with pytest.raises(SegdslError, match=r"(?s)SEG764.*by another rule.*with `--rewrite`"):
        _answers()
    assert call("run", "--save", "--rewrite", "--as-of", DAY).exit_code == 0
    assert _answers() == _answers(as_of=DAY)


_OTHER_KINDS = """\
segment buyers = any(order)
segmentation big { very when spend > 200 }
segment size = spend > 0
"""
_STEPS = [
    (RULES + MORE, "", (), "2026-02-01"),
    # another rule at the place of one that is gone, and one that was not there
    (
        RULES.replace("vip", "rich") + MORE + "segment often = count(order) >= 2\n",
        "c,2026-02-03 10:00:00,20\n",
        (),
        "2026-02-05",
    ),
    # some alone, then all
    (RULES + MORE, "c,2026-02-06 10:00:00,300\n", ("buyers", "size"), "2026-02-10"),
    (RULES + MORE, "b,2026-02-11 10:00:00,-205\n", (), "2026-02-25"),
    # what was a segmentation is a segment, and the other way round
    (RULES + _OTHER_KINDS, "a,2026-02-26 10:00:00,500\n", (), "2026-03-01"),
    (RULES + MORE, "b,2026-03-02 10:00:00,500\n", (), "2026-03-05"),
]
_NAME = "CASE WHEN label = '' THEN name ELSE name || '.' || label END"


def test_intervals_hold_who_each_run_has_found(shop: Path) -> None:
    """Whichever rules the run before had, and laid out as whatever."""
    orders = ORDERS
    for rules, more, names, day in _STEPS:
        orders += more
        (shop / "rules.seg").write_text(rules)
        (shop / "orders.csv").write_text(orders)
        with load(".").run(names, save=True, as_of=day) as result:
            found = sorted((row["segment"], row["id"]) for row in result.members.to_pylist())
        with FileStore.open(FILE) as store:
            open_ones = store.fetch(
                f"""SELECT {_NAME}, key
                FROM stays AS s JOIN definitions AS d ON d.id = s.definition JOIN members AS m ON m.number = s.member
                JOIN evaluations AS e ON e.definition = d.id AND e.as_of = (SELECT MAX(as_of) FROM runs)
                WHERE left_at IS NULL"""
            )
            left_and_entered = store.fetch(
                """SELECT o.definition, o.label, o.member FROM stays AS o JOIN stays AS n
                ON (o.definition, o.label, o.member, o.left_at) = (n.definition, n.label, n.member, n.entered_at)"""
            )
            sizes = store.fetch(
                f"""SELECT {_NAME}, members FROM sizes JOIN definitions ON id = definition
                WHERE as_of = (SELECT MAX(as_of) FROM runs) AND members > 0"""
            )
        assert sorted(map(tuple, open_ones)) == found, day
        assert left_and_entered == [], day
        assert dict(sizes) == Counter(segment for segment, _ in found), day
