"""Python's search for garbage is as it was, whatever was made meanwhile."""

from __future__ import annotations

import gc
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from weakref import ref

import pytest

import segdsl
from segdsl import garbage
from segdsl.garbage import uncollected

SHOP = Path(__file__).parent.parent / "examples" / "shop"


def test_off_within_and_on_again() -> None:
    with uncollected():
        assert not gc.isenabled()
        with uncollected():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


def test_off_stays_off() -> None:
    gc.disable()
    try:
        with uncollected():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_on_again_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), uncollected():
        raise ZeroDivisionError
    assert gc.isenabled()
    with suppress(segdsl.SegdslError):
        segdsl.load(SHOP).compile(["nothing_of_this_name"])
    assert gc.isenabled()


def test_whoever_finds_it_off_leaves_it_to_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    turned_off: list[bool] = []
    monkeypatch.setattr(gc, "isenabled", lambda: False)
    monkeypatch.setattr(gc, "disable", lambda: turned_off.append(True))
    with uncollected():
        pass
    assert not turned_off


def test_on_again_after_several_threads() -> None:
    def often(_: int) -> None:
        for _ in range(2_000):
            with uncollected():
                pass

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(often, range(8)))
        assert len(set(pool.map(lambda _: segdsl.load(SHOP).compile(), range(8)))) == 1
    assert gc.isenabled()


class _Circle:
    """Garbage that only a search finds, once it is let go of."""

    def __init__(self) -> None:
        self.itself = self


def test_what_was_made_is_old_and_not_walked_through() -> None:
    with uncollected():
        made = [_Circle() for _ in range(5_000)]
    assert gc.get_count()[0] < len(made)
    assert gc.get_freeze_count() == 0
    assert any(one is made[0] for one in gc.get_objects(generation=2))


def test_what_is_frozen_stays_so() -> None:
    gc.freeze()
    try:
        before = gc.get_freeze_count()
        with uncollected():
            pass
        assert 0 < gc.get_freeze_count() <= before
    finally:
        gc.unfreeze()


def test_garbage_is_found_after_many_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(garbage, "MOST_AGED", 20_000)
    gc.collect()
    gone: list[ref[_Circle]] = []
    for _ in range(10):
        with uncollected():
            made = [_Circle() for _ in range(5_000)]
        gone.append(ref(made[0]))
        del made
    assert gone[0]() is None
