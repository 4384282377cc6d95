"""Moments of runs: what is printed of one can be given again, and means the same run."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import duckdb
import pytest

from segdsl import SegdslError, load
from tests.history.test_commands import MODEL, RULES, call, said, save, shop

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


@pytest.mark.parametrize(
    "words",
    [
        "run recent",
        "run recent --engine duckdb:///shop.duckdb",
        "metrics size --segments recent",
        "trend recent",
        "explain recent --id b",
        "run --save",
        "run --save --incremental",
        "history",
        "history vip",
        "history --id b",
        "history prune --keep 5d",
        "changes --out x.csv",
    ],
)
def test_times_on_the_clocks_of_another_zone_are_not_read(shop: Path, words: str) -> None:
    (shop / "rules.seg").write_text(f"{RULES}segment recent = entered(vip) < 3h\n")
    save("2026-01-15", "2026-02-20T12:00")
    with duckdb.connect("shop.duckdb") as connection:
        for name in ("customers", "orders"):
            connection.execute(f"CREATE TABLE {name} AS FROM '{name}.csv'")
    (shop / "segdsl.yaml").write_text(MODEL.replace("Europe/Berlin", "Asia/Tokyo"))
    if "--engine" in words:
        (shop / "segdsl.yaml").write_text(MODEL.replace("Europe/Berlin", "Asia/Tokyo").replace(".csv", ""))
    refused = call(*words.split(), *(("--as-of", "2026-02-20T22:00") if "recent" in words else ()))
    assert refused.exit_code == 1
    assert "error[SEG747]: the runs of the history are in the time zone `Europe/Berlin`, the model is" in refused.output
    (shop / "segdsl.yaml").write_text(MODEL.replace("Europe/Berlin", "Asia/Tokyo"))
    # what asks for none of these times goes on
    said("run", "vip", "--as-of", "2026-02-20T22:00")
    said("run", "recent", "--replay", "3d", "--as-of", "2026-02-20T22:00")
    said("history", "forget", "--id", "b")


def test_a_session_does_not_begin_as_of_a_time_of_another_zone(shop: Path) -> None:
    save("2026-02-20T12:00")
    (shop / "segdsl.yaml").write_text(MODEL.replace("Europe/Berlin", "Asia/Tokyo"))
    with pytest.raises(SegdslError, match="SEG747"):
        load(shop).session(saved=True)


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
