"""A draft that is loaded, checked and run, and tables to draft from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb
from click.testing import CliRunner

import segdsl
from segdsl.cli.commands import segdsl as commands
from segdsl.diagnostics import Source
from segdsl.engines.measure import measure_model
from segdsl.model.loader import load_model
from segdsl.model.model import Model


class Drafted:
    """A draft that was written, after it has been loaded, checked and run."""

    def __init__(self, source: Path, target: Path) -> None:
        done = CliRunner().invoke(commands, ["init", str(target), "--from", str(source)])
        assert done.exit_code == 0, done.output
        self.said = done.output
        self.text = (target / "segdsl.yaml").read_text("utf-8")
        model, found = load_model(Source("segdsl.yaml", self.text, target / "segdsl.yaml"))
        assert [item.render() for item in found] == []
        assert model is not None
        self.model: Model = model
        self.measure = measure_model(model, target)
        assert [item.render() for item in self.measure.diagnostics if item.is_error] == []
        catalog = segdsl.load(target)
        assert [item.render() for item in catalog.check() if item.is_error] == []
        with catalog.run() as result:
            self.sizes = {size.segment: size.members for size in result.sizes}
            self.population = result.sizes[0].population

    def line(self, start: str) -> str:
        """The first line of the model that starts so."""
        return next(line.strip() for line in self.text.splitlines() if line.strip().startswith(start))

    def raw_line(self, start: str, after: str) -> str:
        """The first line that starts so, below one that starts so."""
        lines = self.text.splitlines()
        begin = next(number for number, line in enumerate(lines) if line.startswith(after))
        return next(line for line in lines[begin:] if line.strip().startswith(start))

    @property
    def codes(self) -> list[str]:
        return [item.code for item in self.measure.diagnostics]


def csv_folder(folder: Path, files: Mapping[str, str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


def database(path: Path, *statements: str) -> Path:
    with duckdb.connect(str(path)) as connection:
        for statement in statements:
            connection.execute(statement)
    return path


def table(header: str, *rows: str) -> str:
    return "\n".join((header, *rows)) + "\n"


def customers(count: int = 20) -> str:
    return table(
        "customer_id,country,born", *(f"{i},{'DE' if i % 3 else 'FR'},19{70 + i % 9}-05-01" for i in range(count))
    )


def orders(count: int = 60, of: int = 20) -> str:
    rows = (f"{900 + i},{i % of},2026-01-{1 + i % 28:02} 10:00:00,{i}.50" for i in range(count))
    return table("order_id,customer_id,ordered_at,total", *rows)
