"""Tables on terminals: whatever their width, names are there and numbers are whole."""

from __future__ import annotations

import io
import re
from contextlib import redirect_stdout

import pytest

from segdsl.cli.grid import Grid, show

MONTHS = tuple(f"2025-{month:02}-28" for month in range(1, 13))


class Terminal(io.StringIO):
    """What is shown, and how wide it may be."""

    width = 0

    def isatty(self) -> bool:
        return True


@pytest.fixture(params=[60, 80, 100, 120, 200])
def terminal(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    terminal = Terminal()
    terminal.width = request.param
    monkeypatch.setenv("COLUMNS", str(terminal.width))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    return terminal


def _shown(grid: Grid, terminal: Terminal) -> str:
    with redirect_stdout(terminal):
        show(grid)
    text = re.sub(r"\x1b\[\d*m", "", terminal.getvalue())
    assert max(map(len, text.split("\n"))) <= terminal.width
    return text


def _tables(text: str) -> list[list[str]]:
    return [table.split("\n") for table in text.rstrip("\n").split("\n\n")]


def test_numbers_without_room_stand_in_further_tables_with_the_names_again(terminal: Terminal) -> None:
    rows = [[(name, *(f"{number:,}" for number in range(1_000, 1_012))) for name in ("vip", "tier.gold")]]
    text = _shown(Grid(("segment", *MONTHS), (False, *(True,) * 12), rows, ("as of then",), whole=True), terminal)
    assert "…" not in text
    assert text.endswith("as of then\n")
    tables = _tables(text)
    headers = [table[0].split() for table in tables]
    assert [word for row in headers for word in row if word != "segment"] == list(MONTHS)
    for header, table in zip(headers, tables, strict=True):
        assert header[0] == "segment"
        assert [line.split()[0] for line in table[2:4]] == ["vip", "tier.gold"]
        first = 1_000 + MONTHS.index(header[1])
        assert table[2].split()[1:] == [f"{first + index:,}" for index in range(len(header) - 1)]


def test_long_names_are_folded_and_stay_whole(terminal: Terminal) -> None:
    name = "count(order.amount where amount > 1_000) within the last quarter of a year or so, and then some more"
    text = _shown(
        Grid(("segment", *MONTHS[:3]), (False, *(True,) * 3), [[(name, "1", "2", "3")]], whole=True), terminal
    )
    assert "…" not in text
    first = _tables(text)[0]
    letters = "".join(line[: line.rindex("1") if index == 0 else None] for index, line in enumerate(first[2:]))
    assert letters.replace(" ", "").startswith(name.replace(" ", "")[:20])


def test_tables_of_texts_alone_are_folded_in_one(terminal: Terminal) -> None:
    text = _shown(Grid(("name", "about"), (False, False), [[("vip", "word " * 60)]], whole=True), terminal)
    assert text.count("name") == 1
    assert text.count("word") == 60


def test_what_is_no_terminal_gets_one_table_where_no_room_is_given(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [[("vip", *("1",) * 12)]]
    show(Grid(("segment", *MONTHS), (False, *(True,) * 12), rows, whole=True))
    assert len(capsys.readouterr().out.splitlines()) == 2
    show(Grid(("segment", *MONTHS), (False, *(True,) * 12), rows, whole=True, room=50))
    text = capsys.readouterr().out
    assert text.count("segment") == 4
    assert max(map(len, text.splitlines())) <= 50
