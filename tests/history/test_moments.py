"""Moments of runs: what is printed of one can be given again, and means the same run."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest

from segdsl import SegdslError, load
from tests.history.test_commands import call, said, save, shop

__all__ = ["shop"]


def test_a_run_as_of_now_is_as_of_a_whole_second(shop: Path) -> None:
    for _ in range(2):  # one of a million of all moments is whole anyway
        with load(shop).run(["vip"]) as result:
            assert result.as_of.microsecond == 0


@pytest.mark.parametrize("time", ["18:30:00", "18:30:00.004406"])
def test_what_is_printed_of_a_run_is_its_moment(shop: Path, time: str) -> None:
    save("2026-01-15", f"2026-02-01T{time}")
    printed = said("history").splitlines()[-1][:26].strip()
    assert printed == f"2026-02-01 {time}"
    assert f"as of 2026-02-01 {time} in" in said("run", "vip", "--as-of", printed)
    assert f"as of 2026-02-01 {time} in" in said("metrics", "size", "--as-of", printed)
    save("2026-03-01")
    assert f"from {printed} to 2026-03-01" in said("changes", "--since", printed, "--out", "x.csv")
    # what was sent by then is not sent again
    assert not re.search("silver,.*entered,2026-02-01", (shop / "x.csv").read_text())


def test_the_hour_that_clocks_show_twice_is_told_and_nothing_is_to_be_rewritten(shop: Path) -> None:
    model = shop / "segdsl.yaml"
    lines = [line for line in model.read_text().splitlines() if not line.startswith("timezone:")]
    model.write_text("\n".join(["timezone: Europe/Berlin", *lines, ""]))
    save("2026-10-25T00:30Z", "2026-10-25T00:45Z")
    refused = call("run", "--save", "--as-of", "2026-10-25T01:15Z").output
    assert (
        "error[SEG744]: the run is as of 2026-10-25T02:15:00, the history has one as of 2026-10-25T02:45:00" in refused
    )
    assert "the clocks of `Europe/Berlin` go back there and show 2026-10-25T02:15:00 twice" in refused
    assert "--rewrite" not in refused
    with load(shop).run(["vip"], as_of="2026-10-25T01:45Z", save=True) as result:
        assert result.saved is not None
        assert result.saved.definitions == ()
        assert result.as_of == dt.datetime(2026, 10, 25, 2, 45)
        assert result.as_of.fold == 0
    save("2026-10-25T02:00Z")
    refused = call("run", "--save", "--as-of", "2026-10-25T00:15Z").output  # the last one is of after that hour
    assert "`--rewrite` drops the later ones" in refused


def test_a_day_and_what_is_no_time_are_none(shop: Path) -> None:
    for text in ("2026-02-01 noon", "last week", "2026-02-01 25:00"):
        refused = call("run", "vip", "--as-of", text)
        assert f"expected a date or a time, found `{text}`" in refused.output


def test_changes_from_python_take_a_moment_as_a_catalog_does(shop: Path) -> None:
    save("2026-01-15", "2026-02-01T18:30", "2026-03-01")
    runs = [dt.datetime(2026, 1, 15), dt.datetime(2026, 2, 1, 18, 30)]
    for since, expected in (
        (dt.date(2026, 2, 1), runs[1]),
        ("2026-02-01", runs[1]),
        (dt.datetime(2026, 2, 1), runs[0]),
        ("2026-02-01T18:30", runs[1]),
        (dt.datetime(2026, 2, 1, 17, 30, tzinfo=dt.UTC), runs[1]),
        (dt.datetime(2026, 2, 1, 17, 29, tzinfo=dt.UTC), runs[0]),
    ):
        assert load(shop).history.changes("x.csv", since=since).since == expected
        assert load(shop).changes("x.csv", since=since).since == expected
    with pytest.raises(SegdslError, match="SEG714"):
        load(shop).history.changes("x.csv", since="soon")
