"""Runs that go on from the one before, and sessions that begin with it, where the history is in a schema."""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from segdsl import Catalog, SegdslError, load
from segdsl.history import kept
from segdsl.history.file_store import FILE
from segdsl.history.folder import TOTALS
from tests.benches import Benches
from tests.history.saved import contents
from tests.history.test_commands import MODEL, RULES, shop
from tests.history.test_schema_store import schema, url

__all__ = ["schema", "shop", "url"]

COMPLETE = "what was kept is not complete"
ANOTHER = """\
segmentation size { large when sum(order.amount) >= 100  small when any(order) }
segment lately = entered(vip) < 20d
"""


@pytest.fixture
def there(shop: Path, url: str, schema: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop once more, with its history in a schema."""
    (shop / "rules.seg").write_text(RULES + ANOTHER)
    folder = tmp_path_factory.mktemp("there") / "shop"
    shutil.copytree(shop, folder)
    (folder / "segdsl.yaml").write_text(f'{MODEL}history: {{engine: "{url}", schema: "{schema}"}}\n')
    return folder


def _held(catalog: Catalog) -> dict[str, object]:
    store = catalog.history.place.open_if_there()
    assert store is not None
    with store:
        found = contents(store)
    return {**found, "runs": [run[:2] + run[3:] for run in found["runs"]]}  # but for how long they took


def test_runs_go_on_as_from_a_file(shop: Path, there: Path) -> None:
    """The same days, orders that come, change and go, a rule that is another: what both keep and say is the same."""
    changes = {
        "2026-02-01": ("c,2026-01-25 10:00:00,500", ""),
        "2026-02-02": ("10:00:00,500", "10:00:00,50"),
        "2026-02-03": ("c,2026-01-25 10:00:00,50\n", ""),
        "2026-02-25": ("", ""),
    }
    for number, (as_of, (old, new)) in enumerate(changes.items()):
        told: list[object] = []
        for folder in (shop, there):
            orders = (folder / "orders.csv").read_text()
            (folder / "orders.csv").write_text(orders.replace(old, new) if number else f"{orders}{old}\n")
            if number == 3:
                rules = (folder / "rules.seg").read_text()
                (folder / "rules.seg").write_text(rules.replace("small when any(order)", "little when any(order)"))
            with load(folder).run(save=True, incremental=True, as_of=as_of) as result:
                refreshed, saved = result.refreshed, result.saved
                assert refreshed is not None
                told.append((refreshed.since, refreshed.why, refreshed.redone, refreshed.evaluated, saved))
                told.append(result.members.to_pylist())
        assert told[:2] == told[2:]
        assert _held(load(shop)) == _held(load(there))
    assert not (there / FILE).exists()
    assert (there / ".segdsl" / ".gitignore").read_text() == "*\n"


def test_a_run_elsewhere_has_nothing_to_go_on_from(there: Path) -> None:
    elsewhere = there.parent / "elsewhere"
    shutil.copytree(there, elsewhere)
    whys: list[str | None] = []
    for day, folder in enumerate((there, there, elsewhere, elsewhere, there), start=1):
        with load(folder).run(save=True, incremental=True, as_of=f"2026-02-0{day}") as result:
            assert result.refreshed is not None
            whys.append(result.refreshed.why)
    assert whys == ["the last run has kept nothing to go on from", None, COMPLETE, None, COMPLETE]


def test_who_is_forgotten_goes_from_other_disks_with_the_next_run_there(there: Path) -> None:
    key = "Erika Mustermann in der Heidestr. 17"
    for name in ("customers.csv", "orders.csv"):
        path = there / name
        path.write_text(path.read_text().replace("\na,", f"\n{key},"))
    elsewhere = there.parent / "elsewhere"
    shutil.copytree(there, elsewhere)
    load(there).run(save=True, incremental=True, as_of="2026-02-01").close()
    before = there / TOTALS
    assert key.encode() in before.read_bytes()
    load(elsewhere).history.forget(key)
    for path in (elsewhere, there):
        for name in ("customers.csv", "orders.csv"):
            text = (path / name).read_text()
            (path / name).write_text("".join(row for row in text.splitlines(keepends=True) if key not in row))
    # whose totals the history names then
    load(elsewhere).run(save=True, incremental=True, as_of="2026-02-02").close()
    with before.open("rb") as old:
        load(there).run(save=True, incremental=True, as_of="2026-02-03").close()
        assert key.encode() not in old.read()
    assert key.encode() not in before.read_bytes()


def test_a_session_begins_with_what_was_saved_there(shop: Path, there: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in (shop, there):
        load(folder).run(save=True, as_of="2026-02-25").close()
    with load(shop).session(saved=True) as one, load(there).session(saved=True) as other:
        for key in "abc":
            assert one.member(key) == other.member(key)
        events = {"order": [{"at": dt.datetime(2026, 2, 24, 12), "amount": 500}]}
        assert one.update("c", events) == other.update("c", events)
    # another run is saved after the facts were read, and drops what they name
    read, runs = kept.read, iter(("2026-02-26",))

    def late(store: object) -> object:
        found = read(store)  # type: ignore[arg-type]
        for as_of in runs:
            load(there).run(save=True, as_of=as_of).close()
        return found

    monkeypatch.setattr(kept, "read", late)
    with load(there).session(saved=True) as session:
        assert f"{session.as_of:%Y-%m-%d}" == "2026-02-26"


def test_what_an_engine_evaluated_is_gone_on_from_by_a_session(there: Path, url: str, benches: Benches) -> None:
    driver = benches("postgres").driver
    driver.execute("CREATE TABLE customers (id TEXT, country TEXT)")
    driver.execute("INSERT INTO customers VALUES ('a', 'DE'), ('b', 'FR')")
    (there / "segdsl.yaml").write_text((there / "segdsl.yaml").read_text().replace("customers.csv", "customers"))
    (there / "rules.seg").write_text("segment german = country = 'DE'\n")
    try:
        catalog = load(there)
        catalog.run(save=True, engine=url, as_of="2026-02-01").close()
        driver.execute("UPDATE customers SET country = 'DE'")
        with catalog.run(save=True, engine=url, as_of="2026-02-02") as result:
            assert result.saved is not None
            assert (result.saved.entered, result.saved.left) == (1, 0)
        with catalog.session(saved=True) as session:
            assert [session.member(key).segments for key in "ab"] == [("german",), ("german",)]
    finally:
        driver.execute("DROP TABLE customers")


def test_a_file_that_another_process_uses_is_left_as_it_is(there: Path) -> None:
    load(there).run(save=True, incremental=True, as_of="2026-02-01").close()
    path = there / TOTALS
    size = path.stat().st_size
    code = "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print(flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", code, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(SegdslError, match="cannot write"):
            load(there).run(save=True, incremental=True, as_of="2026-02-02")
        other.communicate(b"\n")
    assert path.stat().st_size >= size
    with load(there).run(save=True, incremental=True, as_of="2026-02-02") as result:
        assert result.refreshed is not None
        assert result.refreshed.since is not None
