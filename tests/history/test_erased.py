"""What is taken out of a history, and what has to stay where that is done."""

from __future__ import annotations

from pathlib import Path

import pytest

from segdsl import load
from tests.history.test_commands import said

MODEL = """
entities:
  customer: {table: customers.csv, key: id, attributes: {n: int}}
  account: {table: accounts.csv, key: id, attributes: {n: int}}
"""


@pytest.fixture(autouse=True)
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "segdsl.yaml").write_text(MODEL)
    for name in ("customers", "accounts"):
        (tmp_path / f"{name}.csv").write_text("id,n\n1,1\n2,2\n3,3\n")
    (tmp_path / "rules.seg").write_text("segment big = n >= 2\nsegment large of account = n >= 2\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def save(*days: str) -> None:
    for day in days:
        load(".").run(save=True, as_of=day).close()


@pytest.mark.parametrize(
    ("entity", "intervals", "left"), [("account", 1, ["big"]), ("customer", 1, ["large"]), (None, 2, [])]
)
def test_the_same_key_of_another_entity_stays(entity: str | None, intervals: int, left: list[str]) -> None:
    save("2026-01-01", "2026-01-02")
    history = load(".").history
    assert history.forget("2", entity).intervals == intervals
    found = history.member("2") if left else ()
    assert [stay.segment for stay in found] == left
    with load(".").session(saved=True) as session:
        assert session.member("3").segments == ("big",)
        assert session.member("3", "account").segments == ("large",)
    assert {stay.segment for stay in history.member("3")} == {"big", "large"}


def test_who_is_in_no_segment_is_still_known_to_a_session_once_runs_are_pruned() -> None:
    save("2026-01-01", "2026-02-01")
    assert "dropped 1 run" in said("history", "prune", "--keep", "1d", "--as-of", "2026-02-02")
    with load(".").session(saved=True) as session:
        assert session.member("1").segments == ()
        assert session.member("2").segments == ("big",)
