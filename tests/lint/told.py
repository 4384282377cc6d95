"""What lint says of rules, and a folder to ask it in."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from segdsl.cli.commands import segdsl
from tests import engine
from tests.cases import default_model


def told(rules: str, *codes: str) -> list[tuple[str, str]]:
    """The code of each warning, and the text that it points at."""
    return [
        (item.code, item.span.text if item.span else "") for item in engine.warnings(default_model(), rules, *codes)
    ]


MODEL = """\
as_of: 2026-03-31
entities:
  customer:
    table: customers.csv
    key: id
    attributes: {country: text, renewal: date}
events:
  order: {of: customer, table: orders.csv, key: id, time: at, fields: {amount: decimal}}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "segdsl.yaml").write_text(MODEL)
    (tmp_path / "customers.csv").write_text("id,country,renewal\n1,DE,2027-01-01\n2,FR,2026-01-01\n")
    (tmp_path / "orders.csv").write_text("id,at,amount\n1,2026-03-01,5\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def check(*args: str) -> Result:
    return CliRunner().invoke(segdsl, ["check", *args], prog_name="segdsl")
