"""The language on the engines beside DuckDB: every case, and random catalogs, with equal members row for row."""

from __future__ import annotations

import datetime as dt
import os
import random
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from click.testing import CliRunner

from segdsl import SegdslError, load
from segdsl.api import Catalog
from segdsl.cli.commands import segdsl
from segdsl.engines.connect import connect
from segdsl.engines.describe import describe_model
from segdsl.engines.drivers.driver import Driver
from segdsl.engines.into import write_into
from segdsl.engines.problem import EngineProblem
from segdsl.engines.results import Evaluation
from segdsl.plan import make_plan
from segdsl.sql import make_query
from tests.benches import BENCHES, Benches
from tests.cases import Case, check
from tests.engine import Compiled, arrow_tables
from tests.laws.catalogs import make_catalog
from tests.laws.test_meaning_laws import assert_alike, run
from tests.laws.worlds import Picker, make_world
from tests.test_conformance import _MEANT as CONFORMANCE
from tests.test_spec import _MEANT as SPEC
from tests.warehouses import Bench
from tests.world import World, named_tables

CASES = [*SPEC, *CONFORMANCE]
Count = Callable[..., None]
# what is counted beside the cases
RANDOM, NASTY_TEXTS, CLOCKS = "random catalogs", "nasty texts", "changes of the clocks"
# all on all, where most are sampled otherwise
ALL = os.environ.get("SEGDSL_ENGINES") == "all"
# random catalogs on each engine, as many as its time allows
CATALOGS = {"postgres": 30, "clickhouse": 12, "mariadb": 3, "sqlite": 12, "sail": 3}
CATALOGS |= {"mariadb": 12, "sail": 8} if ALL else {}
CATALOGS |= {"spark": 4} if "spark" in BENCHES else {}
# what an engine is known to fail at, loudly
KNOWN = {("sail", "aggregates: Events at the same moment all count"): "counts of two different values side by side"}
# where engines differ most
SHARP = ("A quotient", "A product", "means of whole", "parts of a time", "conditions: lists", "gaps between")
# engines that are slow run the sharp cases, and of the others every so-manieth
EVERY = {} if ALL else {"sail": 16, "mariadb": 4, "sqlite": 2, "spark": 16}


def _cases() -> Iterator[Any]:
    for name in BENCHES:
        for number, (title, case) in enumerate(CASES):
            if case.runs and name == "sqlite":  # it reads no history, and keeps moments in its own way
                continue
            if number % EVERY.get(name, 1) == 0 or any(word in title for word in SHARP):
                reason = KNOWN.get((name, title))
                marks = [pytest.mark.xfail(reason=reason, strict=True)] if reason else []
                yield pytest.param(title, case, name, id=f"{title}-{name}", marks=marks)


@pytest.mark.parametrize(("title", "case", "name"), list(_cases()))
def test_meaning(benches: Benches, count: Count, title: str, case: Case, name: str) -> None:
    """The members and values of a case."""
    bench = benches(name)
    count(name, title, case.rules)
    check(case, bench)


@pytest.mark.parametrize(("name", "seed"), [(name, seed) for name, count in CATALOGS.items() for seed in range(count)])
def test_random_catalogs_give_what_duckdb_gives(benches: Benches, count: Count, seed: int, name: str) -> None:
    pick = Picker(random.Random(seed).randint)
    world, catalog = make_world(pick), make_catalog(pick)
    expected = run(world, catalog, catalog.names)
    compiled = Compiled(world, catalog.text, dict(catalog.settings))
    found = compiled.run(catalog.names, opened=benches(name).opened, held=True)
    count(name, RANDOM)
    assert_alike(expected, found, world, catalog.text)


# ---------------------------------------------------------------- literals

_PIECES = (
    "'", "''", "\\", "\\'", '"', "%", "%s", "{a: }", "$1", ":a", "?", "@x", "--", "/*", "*/", ";", "#", "`", "\n", "\t",
)  # fmt: skip
NASTY = [
    "a\\' OR 1=1 --", "'; DROP TABLE customer; --", "\\", "\\\\", "\\n", "\\x41", "\\u0041", "\\0", "E'x'", "'", "''",
    "'''", "$$x$$", "😀", "é", "e\u0301", "中文", "\u2028", "\u200b", "\ufeff", " ", "  a  ", "a ", "A", "a", "ß",
    "SS", "", "NULL", "null", "true", "0", "{{x}}", "${HOME}", "%d%n", "_", "a_b", "\u00a0", "\U0010ffff", "Ω", "ω",
    "[]", "{}",
    *(left + middle + right for left in ("", "a") for middle in _PIECES for right in ("", "b", "'", "\\")),
]  # fmt: skip


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


@pytest.mark.parametrize("name", list(BENCHES))
def test_nasty_texts_are_what_they_are(benches: Benches, count: Count, name: str) -> None:
    """Each of two hundred texts finds the one customer that has it, and no other."""
    bench = benches(name)
    count(name, NASTY_TEXTS, number=len(set(NASTY)))
    _check_nasty(bench)


def test_postgres_is_a_second_word_for_its_scheme(benches: Benches) -> None:
    """libpq takes both, and who hosts a database often writes this one."""
    url = benches("postgres").url
    assert url.startswith("postgresql://")
    with connect(url.replace("postgresql://", "postgres://", 1), Path()) as session:
        assert session.fetch("SELECT 1 AS one") == [(1,)]


def test_nasty_texts_in_a_hostile_session(benches: Benches) -> None:
    """A database that has every session read backslashes, and compare with NULL, in its own way."""
    from segdsl.engines.drivers.postgres import Postgres

    owner = benches("postgres")
    hostile = {"standard_conforming_strings": "off", "transform_null_equals": "on", "TimeZone": "Asia/Kolkata"}
    for setting, value in hostile.items():
        owner.driver.execute(f"ALTER DATABASE postgres SET {setting} = '{value}'")
    try:
        driver = Postgres(owner.url)
        try:
            _check_nasty(Bench(driver))
        finally:
            driver.close()
    finally:
        owner.driver.execute("ALTER DATABASE postgres RESET ALL")


# what a role or a database can set otherwise than the sessions of segdsl have it
STYLES = {
    "standard_conforming_strings": "off", "transform_null_equals": "on", "TimeZone": "Asia/Kolkata",
    "DateStyle": "SQL, DMY", "IntervalStyle": "sql_standard", "array_nulls": "off",
    "escape_string_warning": "off", "backslash_quote": "off",
}  # fmt: skip


@pytest.mark.parametrize("is_seen", [True, False])
def test_compiled_sql_of_postgres_means_the_same_in_every_session(
    benches: Benches, tmp_path: Path, is_seen: bool
) -> None:
    """Whatever runs the SQL, as dbt does, has the settings of its role."""
    from segdsl.engines.drivers.postgres import Postgres

    owner = benches("postgres")
    (tmp_path / "segdsl.yaml").write_text(
        "timezone: Europe/Berlin\nas_of: 2026-03-31\nentities:\n  customer: {table: texts, key: id, attributes:"
        " {x: text, day: date, at: timestamp, instant: timestamp, n: decimal}}\n"
    )
    _, rules, texts = nasty_catalog()
    others = {
        "one": 'x matches "^a\\\\\\\\b\\\\d?$"', "later": "day = 2026-02-01", "noon": "at = 2026-03-02T12:00",
        "here": "instant = 2026-03-02T12:00", "exact": "n = 0.1234567891", "recent": "at within 30d and day < 2mo",
    }  # fmt: skip
    (tmp_path / "rules.seg").write_text(rules + "".join(f"\nsegment {name} = {rule}" for name, rule in others.items()))
    catalog = load(tmp_path)
    driver = Postgres(owner.url)
    try:
        driver.execute(
            "CREATE TABLE texts (id TEXT PRIMARY KEY, x TEXT, day TEXT, at TEXT, instant TIMESTAMPTZ, n NUMERIC)"
        )
        for number, text in enumerate(texts):
            driver.execute("INSERT INTO texts VALUES ($1, $2)", [str(number), text])
        only = str(texts.index("a\\b"))
        driver.execute(
            "UPDATE texts SET day = '2026-02-01', at = '2026-03-02 12:00', instant = '2026-03-02 11:00+00',"
            f" n = 0.1234567891 WHERE id = '{only}'"
        )
        given = {"engine": owner.url} if is_seen else {"dialect": "postgres"}
        sql = catalog.compile(**given).rstrip(";\n")  # type: ignore[arg-type]
        for setting, value in STYLES.items():
            driver.execute(f"SET {setting} = '{value}'")
        rows = driver.stream(sql).read_all().to_pydict()
        found: dict[str, list[str]] = {}
        for segment, key in zip(rows["segment"], rows["id"], strict=True):
            found.setdefault(segment, []).append(key)
        assert found == {f"s{number}": [str(number)] for number in range(len(texts))} | {
            each: [only] for each in others
        }
    finally:
        owner.driver.execute("DROP TABLE IF EXISTS texts")
        driver.close()


def test_a_hostile_profile_of_clickhouse(benches: Benches) -> None:
    """A server that cuts results short, guesses counts, takes any row of a join, and reads NULL in its own way."""
    hostile = {
        "count_distinct_implementation": "'uniq'", "join_default_strictness": "'ANY'", "group_by_use_nulls": "1",
        "limit": "3", "offset": "1", "final": "1", "max_result_rows": "5", "result_overflow_mode": "'break'",
        "transform_null_in": "1", "join_use_nulls": "0", "session_timezone": "'Asia/Kolkata'",
        "aggregate_functions_null_for_empty": "0", "prefer_column_name_to_alias": "0", "cast_keep_nullable": "0",
        "data_type_default_nullable": "1", "additional_result_filter": "'1 = 0'",
    }  # fmt: skip
    driver: Any = benches("clickhouse").driver
    try:
        for setting, value in hostile.items():
            driver.execute(f"SET {setting} = {value}")
        with pytest.raises(AssertionError):  # the settings are felt
            assert driver.stream("SELECT number FROM numbers(9)").read_all().num_rows == 9
        driver.execute("SET max_result_rows = 0")  # what is left of a profile is an error
        driver._pin()
        _check_nasty(benches("clickhouse"))
        pick = Picker(random.Random(5).randint)
        world, catalog = make_world(pick), make_catalog(pick)
        compiled = Compiled(world, catalog.text, dict(catalog.settings))
        found = compiled.run(catalog.names, opened=benches("clickhouse").opened, held=True)
        assert_alike(run(world, catalog, catalog.names), found, world, catalog.text)
    finally:
        driver.execute("SET max_result_rows = 0")
        driver._pin()


@pytest.mark.parametrize("name", [name for name in ("sail", "spark") if name in BENCHES])
def test_a_hostile_session_of_spark(benches: Benches, name: str) -> None:
    """A server whose sessions begin with other literals, names, arithmetic and order."""
    hostile = {
        "spark.sql.parser.escapedStringLiterals": "true", "spark.sql.ansi.enabled": "false",
        "spark.sql.ansi.doubleQuotedIdentifiers": "true", "spark.sql.caseSensitive": "true",
        "spark.sql.decimalOperations.allowPrecisionLoss": "true", "spark.sql.session.timeZone": "Asia/Kolkata",
        "spark.sql.variable.substitute": "true", "spark.sql.orderByOrdinal": "false",
        "spark.sql.groupByOrdinal": "false", "spark.sql.timestampType": "TIMESTAMP_NTZ",
        "spark.sql.legacy.setopsPrecedence.enabled": "true", "spark.sql.legacy.integralDivide.returnBigint": "false",
        "spark.sql.legacy.literal.pickMinimumPrecision": "false", "spark.sql.legacy.sizeOfNull": "true",
    }  # fmt: skip
    bench = benches(name)
    driver: Any = bench.driver
    try:
        for setting, value in hostile.items():
            driver._spark.conf.set(setting, value)
        driver._pin()
        _check_nasty(bench)
        pick = Picker(random.Random(5).randint)
        world, catalog = make_world(pick), make_catalog(pick)
        compiled = Compiled(world, catalog.text, dict(catalog.settings))
        found = compiled.run(catalog.names, opened=bench.opened, held=True)
        assert_alike(run(world, catalog, catalog.names), found, world, catalog.text)
        model = named_tables({"entities": {"customer": {"key": "id", "attributes": {"x": "int"}}}})
        tables = {"customer": [{"id": str(n), "x": n} for n in (3, 1, 2)]}
        compiled = Compiled(World(model, tables, dt.datetime(2026, 3, 31)), "segment b = x > 1\nsegment a = x > 0")
        outputs = [compiled.output(each)[0] for each in ("b", "a")]
        with bench.opened(arrow_tables(compiled.catalog.model, tables)) as session:
            schema, _ = describe_model(compiled.catalog.model, session)
            plan = make_plan(compiled.checker.done().program, outputs)
            query = make_query(compiled.catalog.model, schema, plan, session.dialect, compiled.world.as_of)
            evaluation = Evaluation(session, query, outputs)
            rows = evaluation.members().to_pydict()
            evaluation.drop()
        assert (rows["segment"], rows["id"]) == (["a", "a", "a", "b", "b"], ["1", "2", "3", "2", "3"])
    finally:
        for setting in hostile:
            driver._spark.conf.unset(setting)
        driver._pin()


def test_a_database_in_another_encoding_is_refused(benches: Benches) -> None:
    owner = benches("postgres")
    owner.driver.execute("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    with pytest.raises(EngineProblem) as error:
        connect(owner.url.replace("/postgres?", "/latin?"), Path())
    (found,) = error.value.diagnostics
    assert found.code == "SEG773"
    assert "`LATIN1`, expected `UTF8`" in found.message


def test_sail_is_not_taken_for_spark(benches: Benches) -> None:
    owner = benches("sail")
    with connect(owner.url, Path()) as session:
        assert session.fetch("SELECT 1 AS one") == [(1,)]
    with pytest.raises(EngineProblem) as error:
        connect(owner.url.replace("sail:", "sc:"), Path())
    (found,) = error.value.diagnostics
    assert found.code == "SEG773"
    assert found.help == "Sail is written as `sail://host:port`"


def test_a_program_without_a_file_connects(benches: Benches) -> None:
    """The client of Spark Connect ends such a process where it is let."""
    program = (
        "import sys, pathlib; from segdsl.engines.connect import connect\n"
        "with connect(sys.argv[1], pathlib.Path()) as session: print(session.fetch('SELECT 1 AS one'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, benches("sail").url], capture_output=True, text=True, check=False
    )
    # what pyspark warns of is nobody's business here
    assert (done.stdout, done.stderr, done.returncode) == ("[(1,)]\n", "", 0)


@pytest.mark.parametrize("scheme", ["sc", "sail"])
def test_nobody_is_waited_for_who_does_not_listen(scheme: str) -> None:
    """The client of Spark Connect asks again for minutes, and says nothing meanwhile."""
    pytest.importorskip("pyspark")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens
        url = f"{scheme}://127.0.0.1:{taken.getsockname()[1]}"
        program = (
            "import sys, pathlib; from segdsl.engines.connect import connect; from segdsl.engines import problem\n"
            "try: connect(sys.argv[1], pathlib.Path())\n"
            "except problem.EngineProblem as error: print(error.diagnostics[0].message)"
        )
        done = subprocess.run(
            [sys.executable, "-c", program, url], capture_output=True, text=True, check=False, timeout=100
        )
    assert done.stderr == ""
    assert done.stdout.startswith(f"cannot connect to `{url}`: [Errno ")


def test_spark_is_asked_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has one need not be able to reach the host without."""
    from segdsl.engines.drivers.spark import PROXIES, see_that_listening

    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("https_proxy", "http://proxy:1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        see_that_listening(f"sc://localhost:{port}")
        with pytest.raises(OSError, match="refused"):
            see_that_listening(f"sc://127.0.0.1:{port}")
        taken.listen()
        see_that_listening(f"sc://127.0.0.1:{port}/;use_ssl=true")


@pytest.mark.parametrize("name", [name for name in ("spark",) if name in BENCHES])
def test_each_of_two_sessions_holds_its_own(benches: Benches, name: str) -> None:
    """The client of Spark Connect takes what the second holds for the first one's."""
    owner = benches(name)
    with connect(owner.url, Path()) as first, connect(owner.url, Path()) as second:
        for session, value in ((second, 2), (first, 1), (second, 3)):
            session.hold(f"held_{value}", f"SELECT {value} AS x", "a test")
            assert session.fetch(f"SELECT x FROM held_{value}") == [(value,)]


def test_what_held_an_evaluation_is_gone_after_it(benches: Benches) -> None:
    """Views read one another, so that all of them stay until the end, and none longer."""
    bench = benches("sail")
    world = World(
        named_tables({"entities": {"customer": {"key": "id", "attributes": {"x": "int"}}}}),
        {"customer": [{"id": "a", "x": 1}]},
        dt.datetime(2026, 3, 31),
    )
    for rule, held in (("x = 1", True), ("x = 2", False)):
        compiled = Compiled(world, f"segment s = {rule}\ntrait r = rank(x)")
        assert compiled.run(["s", "r"], opened=bench.opened, held=True)["s"] == {"a": held}


@pytest.mark.parametrize("is_standby", [False, True])
def test_who_may_only_read_runs_on_postgres_too(
    benches: Benches, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_standby: bool
) -> None:
    """Without the right to make temporary tables, and where all transactions only read, as on a standby."""
    owner = benches("postgres")
    (tmp_path / "segdsl.yaml").write_text(MODEL)
    (tmp_path / "rules.seg").write_text(RULES + "segment back = vip and entered(vip) < 30d\n")
    role = "postgres" if is_standby else "reader"
    for statement in (*TABLES, "CREATE ROLE reader LOGIN", "GRANT pg_read_all_data TO reader"):
        owner.driver.execute(statement)
    limit = "ALTER DATABASE postgres SET default_transaction_read_only = on" if is_standby else ""
    owner.driver.execute(limit or "REVOKE TEMPORARY ON DATABASE postgres FROM PUBLIC")
    url = owner.url.replace("postgres:@", f"{role}:@")
    try:
        catalog = load(tmp_path)
        names = ["vip", "of_this_year", "tier"]
        with catalog.run(names, engine=url) as result:
            assert [(size.segment, size.members, size.population) for size in result.sizes] == [
                ("vip", 1, 3), ("of_this_year", 2, 3), ("tier.gold", 1, 3), ("tier.silver", 2, 3)
            ]  # fmt: skip
            assert result.members["id"].to_pylist() == [1, 2, 1, 2, 3, 1]
            result.evaluation.drop()
        with catalog.run(["spent", "vip"], layout="wide", engine=url) as result:
            assert result.wide["spent"].to_pylist() == [110.5, 20.0, 0.0]
        for command in (["explain", "vip"], ["explain", "vip", "--id", "1"], ["sample", "vip"], ["model", "check"]):
            done = CliRunner().invoke(segdsl, ["-C", str(tmp_path), *command, "--engine", url], prog_name="segdsl")
            assert done.exit_code == 0, done.output
        with pytest.raises(SegdslError, match="earlier runs come as temporary tables, which this session may not make"):
            catalog.run(["back"], engine=url)
    finally:
        driver = connect(owner.url, tmp_path).driver
        for statement in (
            "SET default_transaction_read_only = off", "ALTER DATABASE postgres RESET ALL",
            "GRANT TEMPORARY ON DATABASE postgres TO PUBLIC", "DROP OWNED BY reader", "DROP ROLE reader",
            "DROP TABLE customers, lines CASCADE",
        ):  # fmt: skip
            driver.execute(statement)
        driver.close()


def test_a_catalog_runs_where_its_tables_are(benches: Benches, tmp_path: Path) -> None:
    """Through the façade: sizes, members, values, a file, and the SQL with a look at the tables."""
    owner = benches("postgres")
    (tmp_path / "segdsl.yaml").write_text(MODEL)
    (tmp_path / "rules.seg").write_text(RULES)
    for statement in TABLES:
        owner.driver.execute(statement)
    try:
        catalog = load(tmp_path)
        with catalog.run(engine=owner.url) as result:
            assert [(size.segment, size.members, size.population) for size in result.sizes] == [
                ("vip", 1, 3), ("of_this_year", 2, 3), ("tier.gold", 1, 3), ("tier.silver", 2, 3)
            ]  # fmt: skip
            assert result.members.to_pydict() == {
                "segment": ["of_this_year", "of_this_year", "tier.gold", "tier.silver", "tier.silver", "vip"],
                "id": [1, 2, 1, 2, 3, 1],
            }
        with catalog.run(["spent", "gap"], layout="wide", engine=owner.url) as result:
            assert result.wide["spent"].to_pylist() == [110.5, 20.0, 0.0]
            assert str(result.wide["gap"].type) == "duration[us]"
            assert result.write(tmp_path / "wide.parquet", "wide") == 3
        owner.driver.execute("CREATE SCHEMA marketing")
        for names, count in ((["vip"], 1), (["vip", "of_this_year"], 3)):
            with catalog.run(names, engine=owner.url) as result:
                assert result.write_into("marketing") == ("marketing.segdsl_members", count)
        with catalog.run(["spent"], layout="wide", engine=owner.url) as result:
            assert result.write_into("marketing", "wide") == ("marketing.segdsl_customer", 3)
            with pytest.raises(SegdslError, match=r'SEG710.*: schema "no_such_schema" does not exist$'):
                result.write_into("no_such_schema", "wide")
        rows = owner.driver.stream("SELECT * FROM marketing.segdsl_customer ORDER BY id").read_all()
        assert rows.to_pydict() == {"id": [1, 2, 3], "spent": [110.5, 20.0, 0.0]}
        sql = catalog.compile(["of_this_year"], engine=owner.url)
        assert "AT TIME ZONE 'Europe/Berlin'" in sql
        assert owner.driver.stream(sql.rstrip(";\n")).read_all().num_rows == 2
        with pytest.raises(SegdslError, match="SEG774"):
            catalog.run(engine=owner.url, data={})
        _check_reasons(owner.url)
        _check_questions(catalog, owner.url)
        _check_order(catalog, owner.url, owner.driver)
        _check_readers(catalog, owner.url)
        _check_changes(catalog, owner.url)
    finally:
        owner.driver.execute("DROP SCHEMA IF EXISTS marketing CASCADE")
        for table in ("customers", "lines"):
            owner.driver.execute(f"DROP TABLE {table}")


def _check_reasons(url: str) -> None:
    """The server's own words, whatever statement of many lines they are of, and nothing that is secret."""
    with connect(f"{url}&application_name=sesame", Path()) as session:
        for sql, reason in (
            ("CREATE TEMPORARY TABLE t AS\nSELECT\n 1/0", "division by zero"),
            ("SELECT\n  1 / (n - 50000) FROM GENERATE_SERIES(1, 100000) AS t(n)", "division by zero"),
            ("SELECT CAST('sesame'\nAS INT)", 'invalid input syntax for type integer: "…"'),
            (
                "CREATE TEMPORARY TABLE u AS SELECT 1 AS a;\nCREATE UNIQUE INDEX i ON u (a);\nINSERT INTO u VALUES (1)",
                'duplicate key value violates unique constraint "i": Key (a)=(1) already exists',
            ),
        ):
            *before, last = sql.split(";")
            for statement in before:
                session.execute(statement)
            with pytest.raises(EngineProblem) as found:
                session.arrow(last, "it")  # reading all, as some fail at a row
            assert [item.message for item in found.value.diagnostics] == [f"it: {reason}"]


def _check_questions(catalog: Catalog, url: str) -> None:
    """Why, who, and whether the data fit, asked there, give what they give on DuckDB with the same rows."""
    customers = pa.table({"id": [1, 2, 3], "country": ["DE", "FR", "de"], "signup": [
        dt.datetime(2026, 1, 1, 0, 30), dt.datetime(2026, 1, 2, 1), None]})  # fmt: skip
    moments = [dt.datetime(2026, 1, 1), dt.datetime(2026, 1, 1), dt.datetime(2026, 3, 1), dt.datetime(2026, 2, 1)]
    amounts = pa.array([Decimal(60), Decimal(50), Decimal("0.5"), Decimal(20)], pa.decimal128(12, 2))
    lines = pa.table({"id": [1, 1, 2, 3], "customer": [1, 1, 1, 2], "at": moments, "amount": amounts})
    data = {"customers": customers, "lines": lines}
    for name, key in (("tier", "1"), ("spent", "1"), ("of_this_year", "3")):
        assert catalog.explain(name, key, engine=url) == catalog.explain(name, key, data=data)
    with pytest.raises(SegdslError, match="`customer`"):
        catalog.explain("vip", "99", engine=url)
    for name in ("vip", "tier"):
        assert catalog.funnel(name, engine=url) == catalog.funnel(name, data=data)
    for name in ("of_this_year", "tier"):
        found = catalog.sample(name, engine=url)
        assert found.to_pylist() == catalog.sample(name, data=data).to_pylist()
    assert [item.code for item in catalog.check_data(engine=url) if item.is_error] == []
    assert catalog.root is not None
    (catalog.root / "wrong.seg").write_text("expect vip between 2 and 3\n")
    assert [item.code for item in load(catalog.root).check_data(engine=url) if item.is_error] == ["SEG719"]
    (catalog.root / "wrong.seg").unlink()
    for arguments in (
        ["explain", "vip", "--id", "1"], ["explain", "vip"], ["sample", "vip"], ["check", "--data"], ["model", "check"]
    ):  # fmt: skip
        done = CliRunner().invoke(segdsl, ["-C", str(catalog.root), *arguments, "--engine", url], prog_name="segdsl")
        assert done.exit_code == 0, done.output


def _check_order(catalog: Catalog, url: str, driver: Driver) -> None:
    """Columns that only stand in another order are others: rows go in by their places."""
    for names in (["spent", "orders"], ["orders", "spent"], ["late", "spent"]):
        with catalog.run(names, layout="wide", engine=url) as result:
            result.write_into("marketing", "wide")
            found = driver.stream("SELECT * FROM marketing.segdsl_customer ORDER BY id").read_all()
            assert found.column_names == ["id", *names]
            assert found.to_pylist() == result.wide.to_pylist()
    driver.execute("CREATE VIEW marketing.over_it AS SELECT * FROM marketing.segdsl_customer")
    with (
        catalog.run(["spent"], layout="wide", engine=url) as result,
        pytest.raises(SegdslError, match="SEG710"),
    ):
        result.write_into("marketing", "wide")
    tables = "SELECT tablename AS t FROM pg_tables WHERE schemaname = 'marketing'"
    assert sorted(driver.stream(tables).read_all()["t"].to_pylist()) == ["segdsl_customer", "segdsl_members"]
    assert len(driver.stream("SELECT late FROM marketing.over_it").read_all()) == 3
    driver.execute("DROP VIEW marketing.over_it")


def _check_changes(catalog: Catalog, url: str) -> None:
    """Where each run has other columns than the one before, who reads those that stay sees all rows of one of them."""
    from segdsl.engines.drivers.postgres import Postgres

    seen: list[int] = []
    is_done = threading.Event()

    def read() -> None:
        reader = Postgres(url)
        try:
            while not is_done.is_set():
                seen.append(reader.stream("SELECT id, spent FROM marketing.segdsl_customer").read_all().num_rows)
        finally:
            reader.close()

    with (
        catalog.run(["spent"], layout="wide", engine=url) as one,
        catalog.run(["orders", "spent"], layout="wide", engine=url) as two,
    ):
        one.write_into("marketing", "wide")
        thread = threading.Thread(target=read)
        thread.start()
        try:
            for rounds in range(200):  # a reader can take long to begin
                two.write_into("marketing", "wide")
                one.write_into("marketing", "wide")
                if rounds >= 8 and len(seen) > 3:
                    break
        finally:
            is_alive = thread.is_alive()  # it failed at nothing
            is_done.set()
            thread.join()
    assert is_alive
    assert set(seen) == {3}
    assert len(seen) > 3


def _check_readers(catalog: Catalog, url: str) -> None:
    """While members are written over and over, a reader sees those of one run or of the other, whole."""
    from segdsl.engines.drivers.postgres import Postgres

    seen: list[list[int]] = []
    is_done = threading.Event()

    def read() -> None:
        reader = Postgres(url)
        try:
            while not is_done.is_set():
                rows = reader.stream("SELECT id FROM marketing.segdsl_members ORDER BY id").read_all()
                seen.append(rows["id"].to_pylist())
        finally:
            reader.close()

    with catalog.run(["vip"], engine=url) as few, catalog.run(["tier"], engine=url) as all_:
        few.write_into("marketing")
        thread = threading.Thread(target=read)
        thread.start()
        try:
            for rounds in range(200):  # a reader can take long to begin
                all_.write_into("marketing")
                few.write_into("marketing")
                if rounds >= 8 and len(seen) > 3:
                    break
        finally:
            is_done.set()
            thread.join()
    assert {tuple(found) for found in seen} <= {(1,), (1, 2, 3)}
    assert len(seen) > 3


SECRET = "postgresql://joe:s3cr3t-w0rd@127.0.0.1:1/shop?application_name=hidden-too"


def test_nothing_that_is_told_shows_a_secret(tmp_path: Path) -> None:
    pytest.importorskip("adbc_driver_postgresql")
    (tmp_path / "segdsl.yaml").write_text(MODEL)
    (tmp_path / "rules.seg").write_text(RULES)
    result = CliRunner().invoke(segdsl, ["-C", str(tmp_path), "run", "--engine", SECRET], prog_name="segdsl")
    assert result.exit_code == 1
    assert "SEG772" in result.output
    assert "127.0.0.1" in result.output
    assert not any(secret in result.output for secret in ("joe", "s3cr3t", "hidden"))


MODEL = """\
timezone: Europe/Berlin
as_of: 2026-03-31
entities:
  customer: {table: customers, key: id, attributes: {country: text, signup: timestamp}}
events:
  order:
    of: customer
    sql: SELECT id, customer, min(at) AS at, sum(amount) AS amount FROM lines GROUP BY ALL
    key: customer
    time: at
    fields: {amount: decimal}
"""
RULES = """\
segment vip = total_spend > 100
segment of_this_year = signup in 2026
segmentation tier { gold when orders >= 2  silver otherwise }
trait spent = total_spend
trait gap = last_purchase - first_purchase
trait late = last_purchase
expect vip inside of_this_year
"""
# the first signed up in 2025 by UTC, and in 2026 by the clocks of the model's zone
TABLES = (
    "CREATE TABLE customers (id INT PRIMARY KEY, country VARCHAR(2), signup TIMESTAMPTZ)",
    "CREATE TABLE lines (id INT, customer INT, at TIMESTAMP, amount NUMERIC(12, 2))",
    "INSERT INTO customers VALUES (1, 'DE', '2025-12-31 23:30+00'), (2, 'FR', '2026-01-02 00:00+00'), (3, 'de', NULL)",
    "INSERT INTO lines VALUES (1, 1, '2026-01-01', 60), (1, 1, '2026-01-01', 50), (2, 1, '2026-03-01', 0.5),"
    " (3, 2, '2026-02-01', 20)",
)


def nasty_catalog() -> tuple[World, str, list[str]]:
    """A customer and a segment for each of the texts."""
    texts = list(dict.fromkeys(text for text in NASTY))
    assert len(texts) >= 190
    model = named_tables({"entities": {"customer": {"key": "id", "attributes": {"x": "text"}}}})
    rows = [{"id": str(number), "x": text} for number, text in enumerate(texts)]
    world = World(model, {"customer": rows}, dt.datetime(2026, 3, 31))
    return world, "\n".join(f"segment s{number} = x = {_quoted(text)}" for number, text in enumerate(texts)), texts


def _check_nasty(bench: Bench) -> None:
    world, rules, texts = nasty_catalog()
    names = [f"s{number}" for number in range(len(texts))]
    found = bench(world, rules, names, {})
    for number, each in enumerate(names):
        assert [key for key, holds in found[each].items() if holds] == [str(number)], texts[number]


# ---------------------------------------------------------------- both changes of the clocks

CHANGES = [
    ("Europe/Berlin", dt.datetime(2026, 3, 29), dt.datetime(2026, 10, 25)),
    ("America/New_York", dt.datetime(2026, 3, 8), dt.datetime(2026, 11, 1)),
]


def changes_of_clocks(zone: str, spring: dt.datetime, autumn: dt.datetime) -> Iterator[tuple[World, str, list[str]]]:
    """Customers and orders around both changes of a zone, with rules that measure time."""
    model = named_tables(
        {
            "timezone": zone,
            "entities": {"customer": {"key": "id", "attributes": {"t": "timestamp", "d": "date"}}},
            "events": {"order": {"of": "customer", "key": "id", "time": "at"}},
        }
    )
    rules = (
        "segment recent = t < 1d\nsegment since_ = t >= 24h ago\nsegment month = t < 1mo\ntrait h = hour(t)\n"
        "trait gap = last_gap(order)\ntrait days = days_since(t)\ntrait day = date(t)\ntrait back = t + 24h\n"
        "segment soon = sequence(order then order within 1d)\ntrait age_ = age(d)"
    )
    names = ["recent", "since_", "month", "h", "gap", "days", "day", "back", "soon", "age_"]
    for change in (spring, autumn):
        moments = [change + dt.timedelta(hours=hour, minutes=30) for hour in range(-26, 28, 2)]
        customers = [{"id": str(n), "t": moment, "d": moment.date()} for n, moment in enumerate(moments)]
        orders = [
            {"id": str(n), "at": moment + shift}
            for n, moment in enumerate(moments)
            for shift in (dt.timedelta(), dt.timedelta(hours=24), dt.timedelta(hours=23, minutes=n))
        ]
        world = World(model, {"customer": customers, "order": orders}, change + dt.timedelta(hours=30))
        yield world, rules, names


@pytest.mark.parametrize("name", list(BENCHES))
@pytest.mark.parametrize(("zone", "spring", "autumn"), CHANGES, ids=[zone for zone, _, _ in CHANGES])
def test_lengths_of_time_cross_the_changes_of_the_clocks(
    benches: Benches, count: Count, zone: str, spring: dt.datetime, autumn: dt.datetime, name: str
) -> None:
    """On wall clocks a day has 24 hours, and what DuckDB finds is found everywhere, hour by hour."""
    count(name, CLOCKS, number=2)
    for world, rules, names in changes_of_clocks(zone, spring, autumn):
        expected = Compiled(world, rules).run(names)
        assert_alike(expected, Compiled(world, rules).run(names, opened=benches(name).opened), world, rules)


def test_a_table_of_clickhouse_is_replaced_at_once(benches: Benches) -> None:
    bench = benches("clickhouse")
    world = World(
        named_tables({"entities": {"customer": {"key": "id", "attributes": {"x": "int"}}}}),
        {"customer": [{"id": "a", "x": 1}, {"id": "b", "x": 2}, {"id": "c", "x": None}]},
        dt.datetime(2026, 3, 31),
    )
    bench.driver.execute("CREATE DATABASE IF NOT EXISTS marketing")
    for rule, count in (("x > 1", 1), ("x is known", 2)):
        compiled = Compiled(world, f"segment s = {rule}")
        output, _ = compiled.output("s")
        model = compiled.catalog.model
        with bench.opened(arrow_tables(model, world.tables)) as session:
            schema, _ = describe_model(model, session)
            plan = make_plan(compiled.checker.done().program, [output])
            query = make_query(model, schema, plan, session.dialect, world.as_of)
            evaluation = Evaluation(session, query, [output])
            assert write_into(evaluation, "marketing", None, model.entities) == ("marketing.segdsl_members", count)
            evaluation.drop()
    bench.driver.execute("DROP DATABASE marketing")
