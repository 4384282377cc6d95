"""`segdsl run --save --incremental`: what it goes on from, and why it does not where it does not."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from segdsl import load
from segdsl.history.refresh import Refreshed
from tests.history.test_commands import MODEL, RULES, said, shop

__all__ = ["shop"]


def go_on(as_of: str, rewrite: bool = False) -> Refreshed:
    with load(".").run(save=True, incremental=True, rewrite=rewrite, as_of=as_of) as result:
        assert result.refreshed is not None
        return result.refreshed


def _change_rule(shop: Path) -> None:
    (shop / "rules.seg").write_text(RULES.replace(">= 100", ">= 50"))


def _change_model(shop: Path) -> None:
    (shop / "segdsl.yaml").write_text(MODEL.replace("amount: decimal", "amount: int"))


def _change_columns(shop: Path) -> None:
    text = (shop / "orders.csv").read_text().replace(",amount", ",amount,note").replace("0\n", "0,x\n")
    (shop / "orders.csv").write_text(text)


def _forget(shop: Path) -> None:
    said("history", "forget", "--id", "a")


def _save_otherwise(shop: Path) -> None:
    said("run", "--save", "--as-of", "2026-02-01")


def _lose_digests(shop: Path) -> None:
    with duckdb.connect(str(shop / ".segdsl" / "history.duckdb")) as store:
        store.execute('UPDATE kept SET facts = replace(facts, \'"order": "kept\', \'"ordr": "kept\')')


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (_change_rule, "`tier`, `vip` changed"),
        (_change_model, "the model is another than before"),
        (_change_columns, "the list of the events' columns is another than before"),
        (_forget, "the last run has kept nothing to go on from"),
        (_save_otherwise, "the last run has kept nothing to go on from"),
        (_lose_digests, "what was kept is not complete"),
    ],
)
def test_what_does_not_fit_is_a_full_run_that_says_why(shop: Path, change: object, why: str) -> None:
    assert go_on("2026-01-31").why == "the last run has kept nothing to go on from"
    assert callable(change)
    change(shop)
    found = go_on("2026-02-21")
    assert (found.since, found.why) == (None, why)


def test_a_run_of_the_same_moment_or_a_rewritten_one_is_full(shop: Path) -> None:
    go_on("2026-02-01")
    assert go_on("2026-02-01").why == "the last run is of this as-of"
    assert go_on("2026-02-01", rewrite=True).why == "`--rewrite` drops what was kept"
    assert go_on("2026-02-02").since is not None


def test_another_version_begins_anew(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on("2026-02-01")
    monkeypatch.setattr("segdsl.api.catalog.__version__", "another")
    assert go_on("2026-02-02").why == "the version of segdsl is another than before"


def test_each_definition_says_which_way_it_goes(shop: Path) -> None:
    (shop / "rules.seg").write_text(
        RULES + "segment german = country = 'DE'\nsegment best = percentile(spend) >= 50%\n"
        "segment latest = last(order.amount) > 5 and any(order)\n"
    )
    assert {way.definition: (way.way, way.why) for way in go_on("2026-02-01").ways} == {
        "vip": ("differences", ()),
        "tier": ("differences", ()),
        "german": ("attributes", ("it reads no events",)),
        "best": ("partly", ("a score looks at everybody",)),
        "latest": ("partly", ("`last` needs the events in order",)),
    }
