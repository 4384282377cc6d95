"""Trino and BigQuery, by their own clients, with stand-ins for the services: their SQL is read back and run on DuckDB.

What is shown is that the drivers speak with the clients as these are, and that every question comes whole.
"""

from __future__ import annotations

import datetime as dt
import json
import threading
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

import segdsl
from segdsl.cli.commands import segdsl as commands
from segdsl.engines.connect import SCHEMES, connect
from segdsl.engines.problem import EngineProblem
from segdsl.sql import Dialect
from segdsl.sql.dialects import BIGQUERY, TRINO
from tests.readback import ReadBack, sql_on_duckdb
from tests.test_engines import MODEL, RULES

TABLES = (
    "CREATE TABLE customers (id BIGINT PRIMARY KEY, country VARCHAR, signup TIMESTAMPTZ)",
    'CREATE TABLE lines (id BIGINT, customer BIGINT, "at" TIMESTAMP, amount DECIMAL(12, 2))',
    "INSERT INTO customers VALUES (1, 'DE', '2025-12-31 23:30+00'), (2, 'FR', '2026-01-02 00:00+00'), (3, 'de', NULL)",
    "INSERT INTO lines VALUES (1, 1, '2026-01-01', 60), (1, 1, '2026-01-01', 50), (2, 1, '2026-03-01', 0.5),"
    " (3, 2, '2026-02-01', 20)",
)


class Service:
    """What stands in for a warehouse: it takes the SQL of a dialect, and remembers it."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.back = ReadBack()
        self.asked: list[str] = []
        self.lock = threading.Lock()
        for statement in TABLES:
            self.back.connection.execute(statement)

    def rows(self, sql: str) -> tuple[list[tuple[str, str]], list[tuple[Any, ...]]]:
        """Columns with DuckDB's types, and rows."""
        with self.lock:
            self.asked.append(sql)
            found = self.back.connection.execute(sql_on_duckdb(sql, self.dialect))
            columns = [(item[0], str(item[1])) for item in found.description]
            return columns, found.fetchall() if columns else []


@pytest.fixture
def catalog(tmp_path: Path) -> segdsl.api.Catalog:
    (tmp_path / "segdsl.yaml").write_text(MODEL)
    (tmp_path / "rules.seg").write_text(RULES)
    return segdsl.load(tmp_path)


def check_draft(folder: Path, url: str) -> None:
    """A model of the tables there, which checks and runs."""
    from click.testing import CliRunner

    done = CliRunner().invoke(commands, ["init", str(folder), "--from", url], prog_name="segdsl")
    assert done.exit_code == 0, done.output
    drafted = segdsl.load(folder)
    assert drafted.check() == []
    (event,) = drafted.model.events.values()
    assert (drafted.model.default_entity.table, event.table, event.key.column) == ("customers", "lines", "customer")
    assert {name: str(field.type) for name, field in event.fields.items()}["amount"] == "decimal"
    with drafted.run(engine=url) as result:
        assert {size.population for size in result.sizes} == {3}


def check_run(catalog: segdsl.api.Catalog, url: str, into: Callable[[segdsl.api.Result], None] | None = None) -> None:
    """Sizes, members and values are those that the same tables have on PostgreSQL (see test_engines.py)."""
    with catalog.run(engine=url) as result:
        assert [(size.segment, size.members, size.population) for size in result.sizes] == [
            ("vip", 1, 3), ("of_this_year", 2, 3), ("tier.gold", 1, 3), ("tier.silver", 2, 3)
        ]  # fmt: skip
        assert result.members.to_pydict() == {
            "segment": ["of_this_year", "of_this_year", "tier.gold", "tier.silver", "tier.silver", "vip"],
            "id": [1, 2, 1, 2, 3, 1],
        }
        if into is not None:
            into(result)
    with catalog.run(["spent"], layout="wide", engine=url) as result:
        assert [float(value) for value in result.wide["spent"].to_pylist()] == [110.5, 20.0, 0.0]


# ---------------------------------------------------------------- Trino: a server that speaks its protocol

_TRINO_TYPES = {
    "BIGINT": "bigint", "INTEGER": "integer", "VARCHAR": "varchar(10)", "BOOLEAN": "boolean", "DATE": "date",
    "TIMESTAMP": "timestamp(3)", "TIMESTAMP WITH TIME ZONE": "timestamp(3) with time zone", "DOUBLE": "double",
    "HUGEINT": "bigint",
}  # fmt: skip


class TrinoHandler(BaseHTTPRequestHandler):
    """A statement is taken by POST, and its rows are fetched by GET, as Trino hands them out."""

    service: ClassVar[Service]
    zone: ClassVar[str]
    waiting: ClassVar[dict[str, dict[str, Any]]]

    def do_POST(self) -> None:
        sql = self.rfile.read(int(self.headers["Content-Length"])).decode()
        assert self.headers["X-Trino-Time-Zone"] == "UTC"
        assert (self.headers["X-Trino-Catalog"], self.headers["X-Trino-Schema"]) == ("lake", "shop")
        key = str(len(self.waiting))
        try:
            if "CURRENT_TIMEZONE" in sql.upper():
                columns, rows = [("zone", "VARCHAR")], [(self.zone,)]
            else:
                columns, rows = self.service.rows(sql)
            self.waiting[key] = {"columns": [_trino_column(*each) for each in columns], "data": _plain_rows(rows)}
        except Exception as error:
            told = {"message": f"line 1: {error}", "errorCode": 1, "errorName": "GENERIC", "errorType": "USER_ERROR"}
            self.waiting[key] = {"error": told}
        self._answer({"id": key, "nextUri": f"http://{self.headers['Host']}/v1/{key}", "stats": {"state": "QUEUED"}})

    def do_GET(self) -> None:
        key = self.path.rpartition("/")[2]
        found = self.waiting[key]
        self._answer({"id": key, "stats": {"state": "FAILED" if "error" in found else "FINISHED"}, **found})

    def _answer(self, content: Mapping[str, Any]) -> None:
        body = json.dumps({"infoUri": "http://x", "warnings": [], **content}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing is told."""


def _trino_column(name: str, type_: str) -> dict[str, Any]:
    found = _TRINO_TYPES.get(type_) or type_.lower()
    raw, _, rest = found.partition("(")
    numbers = [int(text) for text in rest.partition(")")[0].split(",") if text]
    signature = {"rawType": raw + found.partition(")")[2], "arguments": [{"kind": "LONG", "value": n} for n in numbers]}
    return {"name": name, "type": found, "typeSignature": signature}


def _plain_rows(rows: list[tuple[Any, ...]]) -> list[list[Any]]:
    def plain(value: Any) -> Any:
        match value:
            case dt.datetime() if value.tzinfo is not None:
                return value.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M:%S.%f UTC")
            case dt.datetime() | dt.date():
                return str(value)
            case Decimal():
                return format(value, "f")
        return value

    return [[plain(value) for value in row] for row in rows]


@pytest.fixture
def trino_url() -> Iterator[str]:
    pytest.importorskip("trino")
    TrinoHandler.service, TrinoHandler.zone, TrinoHandler.waiting = Service(TRINO), "UTC", {}
    with ThreadingHTTPServer(("127.0.0.1", 0), TrinoHandler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"trino://joe@127.0.0.1:{server.server_address[1]}/lake/shop"
        finally:
            server.shutdown()


def test_a_catalog_runs_on_trino(trino_url: str, catalog: segdsl.api.Catalog) -> None:
    check_run(catalog, trino_url)
    assert catalog.root is not None
    check_draft(catalog.root / "drafted", trino_url)
    asked = TrinoHandler.service.asked
    assert all(sql.startswith(("SELECT", "WITH")) for sql in asked)
    with catalog.run(engine=trino_url) as result, pytest.raises(segdsl.SegdslError, match="SEG776"):
        result.write_into("marketing")
    with connect(trino_url, Path()) as session, pytest.raises(EngineProblem) as error:
        session.fetch("SELECT * FROM nowhere")
    assert error.value.diagnostics[0].code == "SEG710"
    TrinoHandler.zone = "Europe/Berlin"
    with pytest.raises(EngineProblem) as error:
        connect(trino_url, Path())
    assert "its time zone stays `Europe/Berlin`, expected `UTC`" in error.value.diagnostics[0].message


@pytest.mark.parametrize(("url", "found"), [
    ("trino://joe@host/lake/shop", ("http", 8080, None)), ("trino://joe:w%40rd@host/lake/shop", ("https", 443, "w@rd")),
    ("trino://joe@host:8443/lake?scheme=https", ("https", 8443, None)),
])  # fmt: skip
def test_a_password_goes_over_tls(url: str, found: tuple[str, int, str | None]) -> None:
    from segdsl.engines.drivers.trino import arguments

    given = arguments(url)
    assert (given["http_scheme"], given["port"], given.get("password")) == found


@pytest.mark.parametrize(("type_", "word"), [
    ("varchar", "VARCHAR"), ("varchar(3)", "VARCHAR"), ("char(3)", "CHAR"), ("decimal(12,2)", "DECIMAL(12,2)"),
    ("timestamp(6)", "TIMESTAMP"), ("timestamp(9)", "TIMESTAMP_NS"), ("real", "FLOAT"), ("bigint", "BIGINT"),
    ("timestamp(3) with time zone", "TIMESTAMP WITH TIME ZONE"), ("array(varchar(2))", "VARCHAR[]"),
    ("map(varchar, bigint)", "MAP(VARCHAR, BIGINT)"), ("json", "JSON"),
])  # fmt: skip
def test_types_of_trino(type_: str, word: str) -> None:
    from segdsl.engines.drivers.trino import word_of

    assert word_of(type_) == word


# ---------------------------------------------------------------- BigQuery: the client's own transport, in the process

_BIGQUERY_TYPES = {
    "BIGINT": "INTEGER", "INTEGER": "INTEGER", "HUGEINT": "INTEGER", "VARCHAR": "STRING", "BOOLEAN": "BOOLEAN",
    "DATE": "DATE", "TIMESTAMP": "DATETIME", "TIMESTAMP WITH TIME ZONE": "TIMESTAMP", "DOUBLE": "FLOAT",
}  # fmt: skip


class GoogleTransport:
    """What takes the requests of the client: jobs, their results, and the tables of a dataset."""

    is_mtls = False

    def __init__(self, service: Service) -> None:
        self.service = service
        self.jobs: dict[str, Any] = {}

    def request(self, method: str, url: str, data: Any = None, **_: Any) -> Any:
        import requests

        path = urllib.parse.urlsplit(url).path.partition("/projects/")[2]
        content = json.loads(data) if data else {}
        answer = self._answer(method, path, content)
        response = requests.Response()
        response.request = requests.Request(method, url).prepare()
        response.status_code = 400 if "error" in answer else 200
        response.headers["Content-Type"] = "application/json"
        response._content = json.dumps(answer).encode()
        return response

    def close(self) -> None:
        """Nothing is open."""

    @property
    def _auth_request(self) -> GoogleTransport:
        return self

    @property
    def session(self) -> GoogleTransport:
        return self

    def _answer(self, method: str, path: str, content: Any) -> dict[str, Any]:
        if path.endswith("/tables"):
            return {"tables": [{"tableReference": _reference(name)} for name in ("customers", "lines")]}
        if method == "POST" and path.endswith("/jobs"):
            query = content["configuration"]["query"]
            assert query["useLegacySql"] is False
            assert query["defaultDataset"] == {"projectId": "acme", "datasetId": "shop"}
            assert query["connectionProperties"] == [{"key": "time_zone", "value": "UTC"}]
            try:
                columns, rows = self.service.rows(query["query"])
            except Exception as error:
                return {"error": {"code": 400, "message": str(error), "errors": [{"reason": "invalidQuery"}]}}
            fields = [
                {"name": name, "type": _BIGQUERY_TYPES.get(type_) or "BIGNUMERIC", "mode": "NULLABLE"}
                for name, type_ in columns
            ]
            key = content["jobReference"]["jobId"]
            self.jobs[key] = {"schema": {"fields": fields}, "rows": rows}
            return self._job(key, content["configuration"])
        key = path.rpartition("/")[2]
        if "/queries/" in path or path.endswith("/data"):
            held = next(reversed(self.jobs.values())) if path.endswith("/data") else self.jobs[key]
            cells = [{"f": [{"v": _google(value)} for value in row]} for row in held["rows"]]
            reference = {"jobReference": {"projectId": "acme", "jobId": key}}
            return {
                **reference,
                "schema": held["schema"],
                "rows": cells,
                "totalRows": str(len(cells)),
                "jobComplete": True,
            }
        return self._job(key, {"query": {}})

    def _job(self, key: str, configuration: Any) -> dict[str, Any]:
        destination = {**_reference("anon"), "datasetId": "_anon"}
        configured = {**configuration, "query": {**configuration["query"], "destinationTable": destination}}
        statistics = {"query": {"schema": self.jobs[key]["schema"], "statementType": "SELECT"}}
        return {
            "jobReference": {"projectId": "acme", "jobId": key, "location": "EU"}, "configuration": configured,
            "status": {"state": "DONE"}, "statistics": statistics,
        }  # fmt: skip


def _reference(name: str) -> dict[str, str]:
    return {"projectId": "acme", "datasetId": "shop", "tableId": name}


def _google(value: Any) -> Any:
    """A value as it comes by JSON: everything is a text, an instant is its microseconds."""
    match value:
        case None:
            return None
        case bool():
            return str(value).lower()
        case dt.datetime() if value.tzinfo is not None:
            return str(int(value.timestamp() * 1_000_000))
        case dt.datetime():
            return value.isoformat()
    return str(value)


def test_a_catalog_runs_on_bigquery(catalog: segdsl.api.Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    bigquery: Any = pytest.importorskip("google.cloud.bigquery")
    from google.auth.credentials import AnonymousCredentials

    service = Service(BIGQUERY)
    made = bigquery.Client
    nobody: Any = AnonymousCredentials

    def client(**given: Any) -> Any:
        return made(**given, credentials=nobody(), _http=GoogleTransport(service))

    monkeypatch.setattr(bigquery, "Client", client)
    url = "bigquery://acme/shop?location=EU"
    check_run(catalog, url)
    assert catalog.root is not None
    check_draft(catalog.root / "drafted", url)
    assert all(sql.startswith(("SELECT", "WITH")) for sql in service.asked)
    with connect(url, Path()) as session:
        assert session.declared(None).tables == ("customers", "lines")
        with pytest.raises(EngineProblem) as error:
            session.fetch("SELECT * FROM nowhere")
        assert error.value.diagnostics[0].code == "SEG710"
    for wrong in ("bigquery://acme", "bigquery:///shop"):
        with pytest.raises(EngineProblem) as error:
            connect(wrong, Path())
        assert error.value.diagnostics[0].code == "SEG773"


# ---------------------------------------------------------------- what is not there


def test_an_unknown_engine_and_one_without_its_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from click.testing import CliRunner

    (tmp_path / "segdsl.yaml").write_text(MODEL)
    (tmp_path / "rules.seg").write_text(RULES)

    def told(url: str) -> str:
        return CliRunner().invoke(commands, ["-C", str(tmp_path), "run", "--engine", url], prog_name="segdsl").output

    output = told("oracle://host/db")
    assert "SEG770" in output
    assert all(scheme.example.split("?")[0] in output for scheme in SCHEMES.values())
    assert "did you mean `postgresql://user@host/database`?" in told("postgresq://host/shop")
    for url in ("sqlite:///nowhere.db", "sqlite://nowhere.db", "duckdb:///nowhere.db"):
        assert "there is no file `nowhere.db`" in told(url)
    for module, scheme in (("trino", "trino"), ("google.cloud", "bigquery")):
        monkeypatch.setitem(__import__("sys").modules, module, None)
        output = told(f"{scheme}://host/shop")
        assert "SEG771" in output
        assert f"pip install 'segdsl[{scheme}]'" in output
