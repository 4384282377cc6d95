"""A history in a schema of PostgreSQL: it holds and answers what one in a file does."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pyarrow as pa
import pytest
from click.testing import CliRunner

from segdsl import SegdslError, load
from segdsl.cli.commands import segdsl
from segdsl.engines.drivers.postgres import Postgres
from segdsl.engines.problem import EngineProblem
from segdsl.history import asked
from segdsl.history.erase import forget, prune
from segdsl.history.file_store import FileStore
from segdsl.history.schema_store import SchemaStore
from segdsl.history.store import Store
from tests.benches import Benches
from tests.history.killed import Begin, Killer, assert_kept, save_on, tell_commits, whole_runs
from tests.history.saved import AS_VERSION_2, Members, contents, day, save

# the client alone is killed here, of whose disk nothing is asked
KILLS = int(os.environ.get("SEGDSL_KILLS", "100")) // 4
MODEL = """\
name: shop
history: {engine: "%s", schema: "of the shop"}
entities:
  "who?": {table: customers, key: id, attributes: {visits: int}}
"""
RULES = """\
segment often = visits > 3
segmentation stage { new when visits = 1  old otherwise }
segment lately = entered(often) < 40d
"""


@pytest.fixture(scope="module")
def url(benches: Benches) -> str:
    return benches("postgres").url


@pytest.fixture
def schema(url: str, benches: Benches) -> Iterator[str]:
    """A name of a schema that is not there, nor afterwards."""
    name = f"history {random.getrandbits(40):x}"
    yield name
    benches("postgres").driver.execute(f'DROP SCHEMA IF EXISTS "{name}" CASCADE')


def _opened(url: str, schema: str, *, write: bool = True, wait: float = 60) -> SchemaStore:
    store = SchemaStore.open(url, schema, Path(), "the test", catalog="shop", write=write, begin=write, wait=wait)
    assert store is not None
    return store


def _random_members(chance: random.Random) -> Members:
    keys = ["1", "2", "a", "B", "ä", "Z", "o'clock", "\\", "😀", " "]
    labels = [("vip", ""), ("tier", "gold"), ("tier", 'sil"ver'), ("Ämter", "")]
    return {label: frozenset(key for key in keys if chance.random() < 0.5) for label in labels}


@pytest.mark.parametrize("seed", range(4))
def test_it_holds_and_answers_what_a_file_does(url: str, schema: str, seed: int) -> None:
    """The same runs, rewritten, pruned and forgotten in both: everything that they hold and say is equal."""
    chance = random.Random(seed)
    with FileStore.in_memory() as file, _opened(url, schema) as there:
        number = 0
        for _ in range(8):
            members, rule = _random_members(chance), chance.choice("12")
            if chance.random() < 0.2:
                members = dict(list(members.items())[:1])
            step = chance.choice([1, 1, 1, 0, -1])
            number = max(0, number + step)
            rewrite = step < 0 or chance.random() < 0.1
            saved = [save(store, day(number), members, rule, rewrite) for store in (file, there)]
            assert saved[0] == saved[1]
            _assert_alike(file, there, chance)
        assert prune(file, day(number - 1)) == prune(there, day(number - 1))
        _assert_alike(file, there, chance)
        key = chance.choice(["1", "ä", "o'clock"])
        assert forget(file, key) == forget(there, key)
        _assert_alike(file, there, chance)


def test_a_schema_with_keys_in_every_stay_becomes_one_with_numbers(url: str, schema: str) -> None:
    chance = random.Random(5)
    with FileStore.in_memory() as file:
        with _opened(url, schema) as there:
            for number in range(4):
                members = _random_members(chance)
                for store in (file, there):
                    save(store, day(number), members)
            for statement in AS_VERSION_2:
                there.make(statement)
        with _opened(url, schema) as there:
            _assert_alike(file, there, chance)
            members = _random_members(chance)
            assert save(file, day(4), members) == save(there, day(4), members)
            assert forget(file, "ä") == forget(there, "ä")
            _assert_alike(file, there, chance)


def _assert_alike(file: Store, there: Store, chance: random.Random) -> None:
    assert contents(file) == contents(there)
    assert asked.segments(file) == asked.segments(there)
    assert asked.every_size(file) == asked.every_size(there)
    for name in asked.segments(file):
        assert asked.sizes(file, name) == asked.sizes(there, name)
    for key in ("1", "ä", "😀", "\\"):
        for entity in (None, "customer", "nobody"):
            answers: list[object] = []
            for store in (file, there):
                try:
                    answers.append(asked.stays(store, key, entity))
                except EngineProblem as problem:
                    answers.append([str(item.message) for item in problem.diagnostics])
            assert answers[0] == answers[1]
    since = chance.choice([None, day(20)])
    (before, last, rows), (*moments, others) = asked.changes(file, since), asked.changes(there, since)
    assert [before, last] == moments
    assert rows.to_pylist() == others.to_pylist()


def test_a_catalog_keeps_its_history_there(url: str, benches: Benches, tmp_path: Path) -> None:
    """Through the façade and the command line, evaluated by DuckDB and by PostgreSQL."""
    (tmp_path / "segdsl.yaml").write_text(MODEL % url)
    (tmp_path / "rules.seg").write_text(RULES)
    driver = benches("postgres").driver
    driver.execute("CREATE TABLE customers (id INTEGER, visits INTEGER)")
    driver.execute("INSERT INTO customers VALUES (1, 5), (2, 1), (3, NULL)")
    data = {"customers": pa.table({"id": [1, 2, 3], "visits": [5, 4, 1]})}
    try:
        catalog = load(tmp_path)
        assert catalog.history.runs == []
        with pytest.raises(SegdslError, match="SEG749"):
            catalog.history.sizes("often")
        catalog.run(["often", "stage"], as_of="2026-01-01", save=True, engine=url).close()
        catalog.run(["often", "stage"], as_of="2026-02-01", save=True, data=data).close()
        assert not (tmp_path / ".segdsl").exists()
        assert [size.members for size in catalog.history.sizes("often")] == [1, 2]
        assert [stay.segment for stay in catalog.history.member("2")] == ["stage.new", "often", "stage.old"]
        with catalog.run(["lately"], as_of="2026-02-10", data=data) as result:
            assert result.members["id"].to_pylist() == [2]
        # PostgreSQL is given what the rule asks of the history, or of the days before
        with catalog.run(["lately"], as_of="2026-02-10", engine=url) as result:
            assert result.members["id"].to_pylist() == [2]
        with catalog.run(["lately", "often"], as_of="2026-02-10", replay="3d", engine=url) as result:
            assert result.members.to_pydict() == {"segment": ["often"], "id": [1]}
        assert catalog.changes(tmp_path / "changes.csv").rows == 5
        told = _invoke(tmp_path, "history", "often")
        assert "2026-02-01" in told
        assert "+1" in told
        assert "wrote" in _invoke(tmp_path, "changes", "--out", str(tmp_path / "moved.csv"))
        assert catalog.history.forget("2", "who?").intervals == 3
        with pytest.raises(SegdslError, match="SEG753"):
            catalog.history.member("2")
        with pytest.raises(SegdslError, match="SEG744"):
            catalog.run(["often"], as_of="2026-01-10", save=True, data=data)
    finally:
        driver.execute('DROP SCHEMA IF EXISTS "of the shop" CASCADE')
        driver.execute("DROP TABLE customers")


def _invoke(root: Path, *arguments: str) -> str:
    done = CliRunner().invoke(segdsl, ["-C", str(root), *arguments], prog_name="segdsl")
    assert done.exit_code == 0, done.output
    return done.output


def test_one_session_writes_at_a_time(url: str, schema: str) -> None:
    with _opened(url, schema) as first:
        save(first, day(0), {("vip", ""): frozenset("a")})
        with pytest.raises(EngineProblem) as caught:
            _opened(url, schema, wait=0.1)
        assert caught.value.diagnostics[0].code == "SEG745"
        with _opened(url, schema, write=False) as reader:
            assert asked.every_size(reader) == {"vip": [(day(0), 1)]}
        begun = time.monotonic()
        waiting = threading.Thread(target=_save_third, args=(url, schema))
        waiting.start()
        time.sleep(0.3)
        save(first, day(1), {("vip", ""): frozenset("ab")})
    waiting.join()
    assert time.monotonic() - begun > 0.3
    with _opened(url, schema, write=False) as reader:
        assert asked.every_size(reader) == {"vip": [(day(0), 1), (day(1), 2), (day(2), 3)]}


def _save_third(url: str, schema: str) -> None:
    with _opened(url, schema) as store:
        save(store, day(2), {("vip", ""): frozenset("abc")})


def test_who_may_not_make_schemas_writes_into_one_that_is_there(url: str, schema: str, benches: Benches) -> None:
    driver = benches("postgres").driver
    driver.execute("CREATE ROLE writer LOGIN")
    driver.execute(f'CREATE SCHEMA "{schema}" AUTHORIZATION writer')
    try:
        with _opened(url.replace("postgres:@", "writer:@"), schema) as store:
            save(store, day(0), {("vip", ""): frozenset("a")})
            assert asked.every_size(store) == {"vip": [(day(0), 1)]}
    finally:
        driver.execute(f'DROP SCHEMA "{schema}" CASCADE')
        driver.execute("DROP ROLE writer")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_killed_run_leaves_whole_runs(url: str, schema: str, benches: Benches) -> None:
    steps = ("open", "save", "commit", "close", "prune", "rewrite")
    killer = Killer(steps, random.Random(1))
    last = -1
    _opened(url, schema).close()
    for number in range(KILLS):
        step = killer.next_step
        is_new = number % 10 == 0
        name = f"{schema} {number}" if is_new else schema
        passed = killer.kill(partial(_save_on, url, name, step in steps[4:]), step)
        if not is_new and killer.chance.random() < 0.5:
            with _opened(url, name, write=False) as store:  # while the server may still be at what it was told
                whole_runs(store)
        with _opened(url, name) as store:
            numbers = whole_runs(store)
        if is_new:
            assert_kept(-1, numbers, passed)
            benches("postgres").driver.execute(f'DROP SCHEMA "{name}" CASCADE')
        else:
            last = assert_kept(last, numbers, passed)
    assert min(killer.hits[step] for step in steps) > KILLS // 20
    assert last > KILLS // 4  # the runs did get on


def _save_on(url: str, schema: str, tidies: bool, begin: Begin) -> None:
    tell_commits(begin, SchemaStore)
    save_on(partial(_opened, url, schema), begin, tidies)


def test_a_schema_holds_the_history_of_one_catalog(url: str, schema: str, benches: Benches, tmp_path: Path) -> None:
    model = f'history: {{engine: "{url}", schema: "{schema}"}}\nentities: {{c: {{table: c, key: id}}}}\n'
    data = {"c": pa.table({"id": ["a"]})}

    def run(as_of: str, first_line: str) -> None:
        (tmp_path / "segdsl.yaml").write_text(first_line + model)
        (tmp_path / "rules.seg").write_text("segment all_ = true\n")
        load(tmp_path).run(as_of=as_of, save=True, data=data).close()

    with pytest.raises(SegdslError, match="the model has no `name`"):
        run("2026-02-01", "")
    run("2026-02-01", "name: one\n")
    for name, says in (("", "this one has no `name`"), ("name: two\n", "this one is `two`")):
        with pytest.raises(SegdslError, match="SEG746") as error:
            run("2026-02-02", name)
        assert f"is that of the catalog `one`, {says}" in str(error.value)
        with pytest.raises(SegdslError, match="SEG746"):
            _ = load(tmp_path).history.runs
    driver = benches("postgres").driver
    # as the error says, of the same catalog under a new name
    driver.execute(str(error.value).rpartition("under a new name: `")[2].partition("`")[0])
    run("2026-02-03", "name: two\n")
    assert len(load(tmp_path).history.runs) == 2
    # an older one, which has nobody's name, is that of whoever writes to it next
    driver.execute(f"""DELETE FROM "{schema}".meta WHERE name = 'catalog'""")
    run("2026-02-04", "")
    run("2026-02-05", "name: one\n")
    with pytest.raises(SegdslError, match="SEG746"):
        run("2026-02-06", "name: two\n")
    with pytest.raises(SegdslError, match=rf"(?s)SEG747.*put the model back, or move `.*, schema {schema}` away"):
        run("2026-02-06", "name: one\ntimezone: Asia/Tokyo\n")


def test_another_engine_holds_no_history(tmp_path: Path) -> None:
    (tmp_path / "segdsl.yaml").write_text(MODEL % "sqlite:")
    (tmp_path / "rules.seg").write_text(RULES)
    with pytest.raises(SegdslError, match="SEG746"):
        _ = load(tmp_path).history.runs


@pytest.fixture
def role(schema: str, benches: Benches) -> Iterator[str]:
    """A role that is none of anybody's."""
    name = f"writer_{random.getrandbits(40):x}"
    driver = benches("postgres").driver
    driver.execute(f"CREATE ROLE {name}")
    yield name
    driver.execute(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE')
    driver.execute(f"DROP ROLE {name}")


def test_whoever_cannot_write_is_told_before_anything_is_evaluated(
    url: str, schema: str, role: str, benches: Benches
) -> None:
    _opened(url, schema).close()
    driver = benches("postgres").driver
    driver.execute(f'GRANT USAGE ON SCHEMA "{schema}" TO {role}')
    driver.execute(f'GRANT ALL ON ALL TABLES IN SCHEMA "{schema}" TO {role}')
    own = f"{url}{'&' if '?' in url else '?'}options=-c%20role%3D{role}"
    with pytest.raises(EngineProblem, match=f"the role `{role}` may make no tables there"):
        _opened(own, schema)
    driver.execute(f'GRANT CREATE ON SCHEMA "{schema}" TO {role}')
    owner = driver.stream("SELECT CAST(current_user AS TEXT)").read_all().columns[0][0].as_py()
    with pytest.raises(EngineProblem, match=f"those of the role `{owner}`, which `{role}` is not in"):
        _opened(own, schema)
    with _opened(own, schema, write=False) as store:  # it may look
        assert store.fetch("SELECT COUNT(*) FROM runs") == [(0,)]
    named = f"SELECT CAST(tablename AS TEXT) FROM pg_tables WHERE schemaname = '{schema}'"
    for table in driver.stream(named).read_all().columns[0].to_pylist():
        driver.execute(f'ALTER TABLE "{schema}".{table} OWNER TO {role}')
    with _opened(own, schema) as store:
        save(store, day(1), {("vip", ""): frozenset("ab")})
        forget(store, "a")
        store.rewrite()


def test_what_is_forgotten_is_gone_from_the_bytes_once_no_session_sees_it(
    url: str, schema: str, benches: Benches
) -> None:
    driver = benches("postgres").driver
    driver.execute("CREATE EXTENSION IF NOT EXISTS pageinspect")

    def is_there() -> bool:
        page = f"""SELECT count(*) FROM heap_page_items(get_raw_page('"{schema}".members', 0))
            WHERE position(CAST('who was here' AS BYTEA) IN t_data) > 0"""
        return bool(driver.stream(page).read_all().columns[0][0].as_py())

    members: Members = {("vip", ""): frozenset({"who was here", "b"})}
    with _opened(url, schema, wait=1) as store:
        save(store, day(1), members)
        assert is_there()
        other = Postgres(url)
        other.execute("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        other.stream("SELECT count(*) FROM pg_class").read_all()
        forget(store, "who was here")
        with pytest.raises(EngineProblem, match="can still see what was deleted"):
            store.rewrite()
    with _opened(url, schema) as store:
        threading.Timer(1, other.close).start()
        store.rewrite()
        assert not is_there()
