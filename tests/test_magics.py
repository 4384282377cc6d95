"""`%%segments`, in a real shell of IPython: what a notebook's cells are run by."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from jupyter_client.manager import start_new_kernel

from segdsl import Catalog, Result, load
from tests.console import blocks

SHOP = Path(__file__).parents[1] / "examples" / "shop"
PAGE = Path(__file__).parents[1] / "docs" / "how-to" / "notebooks.md"


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load(SHOP)


@pytest.fixture
def shell(catalog: Catalog) -> Iterator[InteractiveShell]:
    InteractiveShell.clear_instance()
    found = InteractiveShell.instance()
    found.run_line_magic("load_ext", "segdsl")
    found.user_ns["shop"] = catalog
    yield found
    InteractiveShell.clear_instance()


def run(shell: InteractiveShell, text: str) -> Any:
    return shell.run_cell(text, store_history=True)  # type: ignore[no-untyped-call]


def cell(shell: InteractiveShell, line: str, text: str) -> tuple[Any, str]:
    """What a cell gives, and all that it writes."""
    with capture_output() as said:
        found = run(shell, f"%%segments {line}\n{text}")
    assert found.success, said.stdout  # no traceback, whatever happens
    assert "Traceback" not in said.stdout + said.stderr
    return found.result, said.stderr + said.stdout


def sizes(result: Any) -> dict[str, int]:
    assert isinstance(result, Result)
    return {size.segment: size.members for size in result.sizes}


def test_a_cell_shows_what_it_defines(shell: InteractiveShell) -> None:
    result, said = cell(
        shell, "shop", "segment frequent = orders >= 4\nsegmentation half { a when orders > 2  b otherwise }"
    )
    found = sizes(result)
    assert list(found) == ["frequent", "half.a", "half.b"]
    assert found["half.a"] + found["half.b"] == 200
    assert "SEG" not in said
    assert "as of 2026-03-31" in said
    shown, _ = shell.display_formatter.format(result)  # type: ignore[union-attr]
    assert f'<td style="text-align: right">{found["frequent"]}</td>' in shown["text/html"]
    assert shown["text/plain"].splitlines()[1].split()[:2] == ["frequent", f"{found['frequent']}"]
    result.close()


def test_later_cells_build_on_earlier_ones_and_may_change_them(shell: InteractiveShell) -> None:
    cell(
        shell,
        "shop",
        "param many = 4\nuse loyalty\n## Often.\nsegment shop_fans = orders >= many\nexample not in shop_fans:\n",
    )
    first, said = cell(shell, "shop", "segment fans_of_late = shop_fans and last_purchase < recent")
    assert "SEG" not in said
    cell(shell, "shop", "param many = 2")
    cell(shell, "shop", "use loyalty")
    second, _ = cell(
        shell, "shop --as mine --result kept", "segment fans_of_late = shop_fans and last_purchase < recent"
    )
    assert sizes(second)["fans_of_late"] > sizes(first)["fans_of_late"]
    assert shell.user_ns["kept"] is second
    assert shell.user_ns["mine"].explain("shop_fans", "c003").value is not None
    _, said = cell(shell, "shop --fresh", "segment again = shop_fans")
    assert "SEG201" in said
    assert "shop_fans" not in {item.name for item in shell.user_ns["shop"].definitions}


def test_what_is_put_into_a_file_stands_there(shell: InteractiveShell, tmp_path: Path) -> None:
    """As the page says: what has proved itself in a cell is put into a file by hand."""
    shutil.copytree(SHOP, tmp_path / "shop")
    shell.user_ns["own"] = load(tmp_path / "shop")
    cell(shell, "own", "segment regular = orders >= 3\nsegment rare = orders = 1")
    (tmp_path / "shop/segments/mine.seg").write_text("segment regular = orders >= 4\n")
    shell.user_ns["own"] = load(tmp_path / "shop")
    result, said = cell(shell, "own", "segment other = regular or rare")
    four, _ = cell(shell, "own", "segment same = orders >= 4 or orders = 1")
    assert sizes(result)["other"] == sizes(four)["same"], said
    # in a cell the name of a file is still not to be had
    assert "SEG202" in cell(shell, "own", "segment regular = orders >= 5")[1]


def test_a_cell_that_breaks_an_earlier_one_is_not_kept(shell: InteractiveShell) -> None:
    cell(shell, "shop --fresh", "trait score = orders")
    cell(shell, "shop", "segment top = score >= 5")
    result, said = cell(shell, "shop", 'trait score = case when orders > 5 then "high" else "low" end')
    assert result is None
    assert "SEG302" in said
    assert "nothing of this cell is kept; `--fresh` forgets the earlier ones" in said
    result, said = cell(shell, "shop", "segment other = score >= 6")
    assert "SEG" not in said
    assert list(sizes(result)) == ["other"]


def test_expectations_leave_what_earlier_cells_have_defined(shell: InteractiveShell) -> None:
    cell(shell, "shop", "segment fans = orders >= 4\nsegmentation fandom { big when fans  small otherwise }")
    for text in (
        "expect fans inside orders > 0",
        "segment buyers = orders > 0 and not fans\nexpect fans between 0 and 1_000",
        "expect fandom.big inside fans",
    ):
        _, said = cell(shell, "shop", text)
        assert "SEG" not in said, said
    again, said = cell(shell, "shop", "segment all_fans = fans and fandom = big")
    assert "SEG201" not in said
    assert "all_fans" in sizes(again)


def test_mistakes_are_told_as_text_with_the_cells_own_lines(shell: InteractiveShell) -> None:
    result, said = cell(shell, "shop", "\nsegment a = last_purchas < 90d")
    assert result is None
    assert f"--> In [{shell.execution_count - 1}]:3:13" in said
    assert "perhaps `last_purchase`" in said
    # a name of the catalog's files is theirs
    assert "SEG202" in cell(shell, "shop", "segment loyal = orders > 0")[1]
    # a warning hinders nothing
    result, said = cell(shell, "shop", "segment odd = orders > 3 and orders > 2")
    assert "warning[SEG80" in said
    assert sizes(result)["odd"] > 0
    # an example, an expectation
    _, said = cell(shell, "shop", "segment one = orders = 1\nexample in one: order(1d ago), order(2d ago)")
    assert "expected in, found out" in said
    assert "SEG7" in cell(shell, "shop", "segment one = orders = 1\nexpect one between 90% and 100%")[1]


def test_data_and_settings_come_from_the_notebook(shell: InteractiveShell) -> None:
    names = ("customer_id", "at", "amount", "discount", "channel", "product_id")
    row = dict.fromkeys(names) | {"customer_id": "c001", "at": "2026-03-01T10:00:00", "amount": "9"}
    schema = pa.schema([(name, pa.string()) for name in names])
    orders = pa.Table.from_pylist([row], schema)
    shell.user_ns |= {"newer": orders, "frames": {"data/orders.csv": orders}, "catalog": shell.user_ns["shop"]}
    for line in ("--data data/orders.csv=newer", "shop --data frames"):
        assert sizes(cell(shell, line, "segment buyer = orders > 0")[0]) == {"buyer": 1}
    line = f"{SHOP} --set recent=1d --as-of 2026-03-02"
    assert sizes(cell(shell, line, "segment now = last_purchase < recent")[0])["now"] < 20
    result, _ = cell(shell, "shop", "trait money = sum(order.amount)")
    assert "money" in result._repr_html_()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("nothing", "SEG234"),
        ("number", "SEG235"),
        ("shop --data nothing", "SEG234"),
        ("shop --data number --data number", "SEG235"),
        ("shop --as-of never", "SEG"),
        ("shop --set recent", "--set takes NAME=VALUE"),
        ("shop --nonsense", "unrecognized arguments"),
        ("/", "SEG692"),
    ],
)
def test_a_wrong_line_is_told_too(shell: InteractiveShell, line: str, said: str) -> None:
    shell.user_ns["number"] = 3
    with capture_output() as found:
        run(shell, f"%%segments {line}\nsegment a = orders > 0")
    assert said in found.stdout + found.stderr
    assert "Traceback" not in found.stdout + found.stderr


def test_the_page_can_be_followed(shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(SHOP.parent)
    found = [block for block in blocks(PAGE.read_text("utf-8")) if block.kind in ("ipython", "text")]
    assert len(found) >= 5
    for block, after in zip(found, [*found[1:], None], strict=True):
        if block.kind == "ipython":
            with capture_output() as said:
                shown = run(shell, block.text).result
            assert said.stderr == ""
            assert "failed" not in said.stdout
            if after is not None and after.kind == "text":
                plain = shell.display_formatter.format(shown)[0]["text/plain"]  # type: ignore[union-attr]
                assert f"{plain}\n" == after.text


def test_a_real_kernel_shows_what_a_cell_defines_and_keeps(tmp_path: Path) -> None:
    """DuckDB knows a notebook by its kernel, and is another one there."""
    manager, client = start_new_kernel(kernel_name="python3")
    try:
        said: list[dict[str, Any]] = []
        for code in (
            f"%load_ext segdsl\nimport segdsl\nshop = segdsl.load({str(SHOP)!r})",
            "%%segments shop --result found\nsegment often = orders >= 4",
            f"found.write({str(tmp_path / 'members.duckdb')!r})",
        ):
            client.execute_interactive(code, output_hook=lambda message: said.append(message["content"]), timeout=60)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    shown = [item["data"]["text/plain"] for item in said if "data" in item]
    assert [text.split()[:6:5] for text in shown] == [["segment", "97"], ["97"]], said
