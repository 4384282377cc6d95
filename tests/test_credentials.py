"""Credentials: where they come from, and that nothing which is told shows them."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import pytest
from click.testing import CliRunner

from segdsl import SegdslError, load
from segdsl.cli.commands import segdsl
from segdsl.engines.connect import SCHEMES, connect
from segdsl.engines.drivers.clickhouse import ClickHouse
from segdsl.engines.drivers.driver import Refused
from segdsl.engines.drivers.mariadb import arguments as mariadb_arguments
from segdsl.engines.drivers.snowflake import arguments as snowflake_arguments
from segdsl.engines.drivers.trino import arguments as trino_arguments
from segdsl.engines.problem import EngineProblem
from segdsl.engines.profiles import profile_url
from segdsl.engines.sources import TableRelation
from segdsl.engines.urls import expand_url, secrets, shown
from segdsl.engines.warehouse import Warehouse
from segdsl.sql.dialects import POSTGRES
from tests.benches import Benches

SECRET = "s3cr3t-w0rd"
MODEL = "entities:\n  customer: {key: id, table: customers}\n"


class _Failing:
    """A driver whose library tells everything that it was given."""

    errors = (OSError,)

    def __init__(self, url: str) -> None:
        self.url = url
        self.dialect = POSTGRES

    def columns(self, _: str) -> dict[str, str]:
        raise OSError(f"no relation, in a session of {self.url} with {SECRET}")

    def close(self) -> None:
        """Nothing is open."""


def _never(kind: type[Exception]) -> type[_Failing]:
    class Never(_Failing):
        def __init__(self, url: str) -> None:
            raise kind(f"{url}: login failed for joe with {SECRET}\nmore of {SECRET}")

    return Never


def _stand_in(monkeypatch: pytest.MonkeyPatch, driver: Callable[[str], Any]) -> None:
    """One driver in the place of all."""

    class Module:
        def __getattr__(self, _: str) -> Callable[[str], Any]:
            return driver

    def imported(name: str) -> Any:
        return Module() if ".drivers." in name else import_module(name)

    monkeypatch.setattr("segdsl.engines.connect.import_module", imported)


@pytest.mark.parametrize("scheme", list(SCHEMES))
@pytest.mark.parametrize("driver", [_Failing, _never(OSError), _never(ImportError), _never(Refused)])
@pytest.mark.parametrize("source", ["url", "variable", "profile", "environment"])
def test_no_driver_tells_a_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str, driver: type[_Failing], source: str
) -> None:
    """On connecting, on being refused, without its library, and while a query runs, wherever the password is from."""

    _stand_in(monkeypatch, driver)
    (tmp_path / "segdsl.yaml").write_text(MODEL)
    (tmp_path / "rules.seg").write_text("segment all = sample(100%, 'x')")
    engine = f"{scheme}://joe:{SECRET}@host/shop?application_name={SECRET}"
    if source == "variable":
        engine = engine.replace(SECRET, "${SHOP_WORD}")
        monkeypatch.setenv("SHOP_WORD", SECRET)
    elif source == "environment":
        engine = f"{scheme}://joe@host/shop"
        monkeypatch.setenv("PGPASSWORD", SECRET)
    elif source == "profile":
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
        (tmp_path / "segdsl").mkdir()
        text = f'[shop]\nurl = "{scheme}://host/shop"\nuser = "joe"\npassword = "{SECRET}"\n'
        (tmp_path / "segdsl/profiles.toml").write_text(text)
        engine = "shop"
    monkeypatch.setenv("SEGDSL_TRACEBACK", "1")
    result = CliRunner().invoke(segdsl, ["-C", str(tmp_path), "run", "--engine", engine], prog_name="segdsl")
    assert result.exit_code == 1
    assert "error[SEG7" in result.output
    assert SECRET not in result.output
    with pytest.raises(SegdslError) as error:
        load(tmp_path).run(engine=engine)
    assert not _mentions(error.value)


def _mentions(error: BaseException) -> bool:
    return SECRET in "".join(traceback.format_exception(error))


# what ends something in a URL, what escapes, and what Python or a driver could stumble over
CHARACTERS = (
    "/",
    "#",
    "?",
    "@",
    ":",
    "%",
    "%41",
    "&",
    ";",
    "=",
    "+",
    " ",
    "[",
    "]",
    "\\",
    "'",
    "${X}",
    "ü",
    "a\nb",
    "//",
    "@/",
)


@pytest.mark.parametrize("scheme", list(SCHEMES))
@pytest.mark.parametrize("source", ["url", "variable", "login", "whole", "profile", "profile's url"])
def test_any_text_is_a_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str, source: str) -> None:
    """It comes to the driver as it is, and nobody is told a part of it."""
    given: list[str] = []

    def tell(url: str) -> None:
        given.append(url)
        password = unquote(urlsplit(url).password or "")
        raise OSError(f"no {password}, {password!r} or {quote(password)} of {url}")

    _stand_in(monkeypatch, tell)
    (tmp_path / "segdsl").mkdir()
    for character in CHARACTERS:
        password = f"Zaq1{character}sw0rd"
        escaped = quote(password, safe="")
        environment = {"XDG_CONFIG_HOME": str(tmp_path), "WORD": password, "LOGIN": f"joe:{password}"}
        environment["WHOLE"] = f"{scheme}://joe:{escaped}@host:5/db"
        engine, profile = {
            "url": (environment["WHOLE"], ""),
            "variable": (f"{scheme}://joe:${{WORD}}@host:5/db?x=joe@host", ""),
            "login": (f"{scheme}://${{LOGIN}}@host:5/db", ""),
            "whole": ("shop", "url = '${WHOLE}'"),
            "profile": ("shop", f"url = '{scheme}://host:5/db'\nuser = 'joe'\npassword = '${{WORD}}'"),
            "profile's url": ("shop", f"url = '{scheme}://joe:${{WORD}}@host:5/db'"),
        }[source]
        (tmp_path / "segdsl/profiles.toml").write_text(f"[shop]\n{profile}\n")
        with pytest.raises(EngineProblem) as error:
            connect(engine, tmp_path, environment)
        parts = urlsplit(given.pop())
        assert (parts.username, unquote(parts.password or ""), parts.hostname) == ("joe", password, "host")
        assert (parts.port, parts.path) == (5, "/db")
        told = error.value.diagnostics[0].render()
        name = "shop" if engine == "shop" else f"{scheme}://host:5"
        assert f"cannot connect to `{name}`: no …" in told
        assert not any(piece in told for piece in ("Zaq1", "sw0rd"))


@pytest.mark.parametrize("scheme", list(SCHEMES))
@pytest.mark.parametrize("kind", [OSError, ImportError, Refused])
def test_a_password_that_ends_the_host_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, scheme: str, kind: type[Exception]
) -> None:
    """What a driver takes for a host or a port can be a part of a password that is not escaped."""

    def tell(url: str) -> None:
        place = url.partition("://")[2]
        pieces = (place.partition("/")[0].partition(":")[2], urlsplit(url).path, urlsplit(url).fragment)
        raise kind(f"no port or host {place.partition('?')[0]}, {pieces}")

    _stand_in(monkeypatch, tell)
    for login in ("joe:Zaq1{}sw0rd", "joe:Zaq1@Sws2{}sw0rd", "joe:1234{}sw0rd", "joe:sw0rd{}"):
        for character in "/?#":
            engine = f"{scheme}://{login.format(character)}@host:5/db"
            with pytest.raises(EngineProblem) as error:
                connect(engine, Path(), {})
            told = error.value.diagnostics[0].render()
            assert f"`{scheme}://…`" in told
            assert not any(piece in told for piece in ("Zaq1", "1234", "Sws2", "sw0rd"))
            if kind is OSError:
                assert "`/` is written as `%2F`" in told
    # an `@` ends nothing
    assert expand_url(f"{scheme}://joe:Zaq1@sw0rd@host:5/db", {}) == f"{scheme}://joe:Zaq1%40sw0rd@host:5/db"


@pytest.mark.parametrize(("url", "said"), [
    ("postgresql://joe@host:5432/db?application_name=a@b", "postgresql://host:5432"),
    ("postgresql://joe:x@one:1,two:2/db", "postgresql://one:1,two:2"),
    ("postgresql://joe:x@[::1]:5/db", "postgresql://[::1]:5"),
    ("postgresql:///db?host=/tmp", "postgresql://"),
    ("postgresql://${USER}:${WORD}@${HOST}:${PORT}/db", "postgresql://${HOST}:${PORT}"),
    ("sqlite:///a@b.db", "sqlite://"),
    ("sc://host:15002/;token=a@b", "sc://host:15002"),
    ("postgresql://joe:sw0rd", "postgresql://…"),
    ("chdb:", "chdb:…"),
    ("warehouse", "warehouse"),
])  # fmt: skip
def test_the_host_is_told(url: str, said: str) -> None:
    assert shown(url) == said


def test_options_come_from_variables_too() -> None:
    environment = {"WORD": "a&b=c;d#e/f+g h%41@", "MORE": "x=1&y=2", "HOST": "host:5/db"}
    word = quote(environment["WORD"], safe="")
    for template, expanded in (
        ("sc://host:1/;token=${WORD};use_ssl=true", f"sc://host:1/;token={word};use_ssl=true"),
        ("trino://${HOST}?x=1${WORD}&y=${WORD}", f"trino://host:5/db?x=1{word}&y={word}"),
        ("trino://host/c?${MORE}", "trino://host/c?x=1&y=2"),
    ):
        url = expand_url(template, environment)
        assert url == expanded
        assert (word in secrets(url)) == ("WORD" in template)
        assert (environment["WORD"] in secrets(url)) == ("WORD" in template)


def test_drivers_read_what_is_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    """And a password of the environment is taken as it is there."""
    word = "/?#@:%41 ü"
    for arguments in (mariadb_arguments, snowflake_arguments, trino_arguments):
        found = arguments(expand_url("x://${WORD}:${WORD}@host/db", {"WORD": word}))
        assert (found["user"], found["password"]) == (word, word)
    monkeypatch.setenv("MYSQL_PWD", word)
    assert mariadb_arguments("mysql://joe@host/db")["password"] == word
    assert mariadb_arguments("mysql://joe:a%41@host/db")["password"] == "aA"

    given: dict[str, str] = {}

    class Stopped(Exception):  # noqa: N818  nobody is asked
        pass

    def get_client(**named: str) -> None:
        given.update(named)
        raise Stopped

    # the library is not needed
    for name in ("clickhouse_connect", "clickhouse_connect.driver", "clickhouse_connect.driver.exceptions"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setattr(sys.modules["clickhouse_connect"], "get_client", get_client, raising=False)
    monkeypatch.setattr(sys.modules["clickhouse_connect.driver.exceptions"], "Error", OSError, raising=False)
    with pytest.raises(Stopped):
        ClickHouse(expand_url("clickhouses://joe:${WORD}@host/db", {"WORD": word}))
    assert (given["username"], given["password"]) == ("joe", word)
    assert given["dsn"] == f"clickhouse://joe:{quote(word, safe='')}@host/db"


def test_the_real_postgres_tells_no_secret(benches: Benches) -> None:
    """A wrong password, an unknown database, a table that is not there, and SQL that is none."""
    url = benches("postgres").url
    where = url.partition("?")[2]
    for wrong in (f"postgresql://joe:{SECRET}@/postgres?{where}", f"postgresql://joe:{SECRET}@127.0.0.1:1/shop"):
        with pytest.raises(EngineProblem) as error:
            connect(wrong, Path())
        assert error.value.diagnostics[0].code == "SEG772"
        assert not _mentions(error.value)
    with connect(url, Path(), {"PGPASSWORD": SECRET}) as session:
        for sql in (f'SELECT * FROM "{SECRET}"', f"SELEC '{SECRET}'"):
            with pytest.raises(EngineProblem) as error:
                session.execute(sql)
            assert not _mentions(error.value)


def test_a_profile_is_where_one_is_who_one_is_there(tmp_path: Path) -> None:
    file = tmp_path / "segdsl/profiles.toml"
    file.parent.mkdir()
    environment = {"XDG_CONFIG_HOME": str(tmp_path), "WORD": "a/b@c:ü"}

    def url(text: str) -> str:
        file.write_text(text)
        return profile_url("shop", environment)

    assert url('[shop]\nurl = "postgresql://joe@host:1/db?x=1"') == "postgresql://joe@host:1/db?x=1"
    assert (
        url('[shop]\nurl = "postgresql://host:1/db"\nuser = "jo e"\npassword = "${WORD}"')
        == "postgresql://jo%20e:a%2Fb%40c%3A%C3%BC@host:1/db"
    )
    assert url('[shop]\nurl = "postgresql://joe:old@host/db"\npassword = "new"') == "postgresql://joe:new@host/db"
    for text, said in (
        ("", "no profile `shop`"),
        ("[shp]\nurl = 'x'", "did you mean `shp`"),
        ("shop = 3", "`shop` is no table"),
        ("[shop]", "has no `url`"),
        (f"[shop]\nurl = '{SECRET}'\npasword = '{SECRET}'", "has `pasword`, known are"),
        (f"[shop]\nurl = 'x://y'\npassword = {SECRET}", "it is no TOML"),
        ("[shop]\nurl = 'x://y'\npassword = 5", "`password` of profile `shop` is no text"),
        ("[shop]\nurl = 'postgresql://${NOT_SET}@x'", "no variable `NOT_SET`"),
    ):
        with pytest.raises(EngineProblem) as error:
            url(text)
        told = error.value.diagnostics[0].render()
        assert said in told
        assert SECRET not in told


@pytest.mark.parametrize("line", [
    f"database: postgresql://joe:{SECRET}@warehouse/shop",
    f"tables: {{x: 'https://joe:{SECRET}@files/x.parquet'}}",
    f"# was: clickhouse://joe:{SECRET}@host",
    f"database: snowflake://account/db?password={SECRET}",
    f"database: postgresql://joe:{SECRET}@warehouse/shop\n  : ]",
])  # fmt: skip
def test_a_model_with_a_password_is_refused_and_not_shown(tmp_path: Path, line: str) -> None:
    (tmp_path / "segdsl.yaml").write_text(MODEL + line + "\n")
    result = CliRunner().invoke(segdsl, ["-C", str(tmp_path), "check", "--format", "text"], prog_name="segdsl")
    assert "error[SEG670]: the model holds a URL with a password, in line 3" in result.output
    assert SECRET not in result.output


def test_what_is_no_password_is_none(tmp_path: Path) -> None:
    lines = "# postgresql://joe@host, postgresql://${PGUSER}:${PGPASSWORD}@host/db, 12:30@noon, https://host:80/x\n"
    (tmp_path / "segdsl.yaml").write_text(MODEL + lines)
    assert load(tmp_path).model.entities


def test_secrets_are_blotted_out_whole() -> None:
    driver: Any = _Failing("x")
    with pytest.raises(EngineProblem) as error:
        Warehouse(driver, secrets=["s3cr3t", SECRET]).describe(TableRelation(("t",)))
    assert error.value.diagnostics[0].message.endswith("with …")
