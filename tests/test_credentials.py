"""Credentials: where they come from, and that nothing which is told shows them."""

from __future__ import annotations

import traceback
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from segdsl import SegdslError, load
from segdsl.cli.commands import segdsl
from segdsl.engines.connect import SCHEMES, connect
from segdsl.engines.drivers.driver import Refused
from segdsl.engines.problem import EngineProblem
from segdsl.engines.profiles import profile_url
from segdsl.engines.sources import TableRelation
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


@pytest.mark.parametrize("scheme", list(SCHEMES))
@pytest.mark.parametrize("driver", [_Failing, _never(OSError), _never(ImportError), _never(Refused)])
@pytest.mark.parametrize("source", ["url", "variable", "profile", "environment"])
def test_no_driver_tells_a_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str, driver: type[_Failing], source: str
) -> None:
    """On connecting, on being refused, without its library, and while a query runs, wherever the password is from."""

    class Module:
        def __getattr__(self, _: str) -> type[_Failing]:
            return driver

    def imported(name: str) -> Any:
        return Module() if ".drivers." in name else import_module(name)

    monkeypatch.setattr("segdsl.engines.connect.import_module", imported)
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
