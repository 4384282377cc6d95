"""`segdsl init` without data of one's own: the shop, which works at once and is what its generator makes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import segdsl
import segdsl.diagnostics
import segdsl.syntax.parser
from examples.shop_data import FOLDER, make
from segdsl.catalog import seg_files
from segdsl.cli.commands import segdsl as commands
from segdsl.syntax import tree
from segdsl.syntax.formatter import format_source

SHOP = Path(__file__).parent.parent.parent / "examples" / "shop"


def call(*arguments: str | Path) -> Result:
    return CliRunner().invoke(commands, [str(argument) for argument in arguments])


def content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_data_of_the_shop_are_what_the_generator_makes() -> None:
    made = {name: text.encode() for name, text in make().items()}
    assert content(FOLDER) == made


def test_the_readme_of_the_shop_counts_right() -> None:
    text = (SHOP / "README.md").read_text("utf-8")
    for name, data in make().items():
        assert f"| {name.removesuffix('.csv')} | {len(data.splitlines()) - 1:,} |" in text


def test_the_shop_is_fine_and_canonical() -> None:
    catalog = segdsl.load(SHOP)
    assert [item.render() for item in catalog.check()] == []
    for path in SHOP.rglob("*.seg"):
        assert not format_source(segdsl.diagnostics.Source(path.name, path.read_text("utf-8"))).changed, path.name


def test_the_shop_has_every_event_that_libraries_want() -> None:
    model = segdsl.load(SHOP).model
    assert {"order", "message", "session", "survey", "review", "ticket", "touch"} <= model.events.keys()
    fields = {(event.name, field) for event in model.events.values() for field in event.fields}
    wanted = {("order", "amount"), ("message", "channel"), ("message", "kind"), ("survey", "score")}
    wanted |= {("review", "rating"), ("review", "sentiment"), ("touch", "channel"), ("touch", "cost")}
    assert wanted | {("touch", "campaign")} <= fields


def test_no_segment_of_the_shop_is_trivial() -> None:
    with segdsl.load(SHOP).run() as result:
        for size in result.sizes:
            if size.segment.partition(".")[0] in ("rfm", "engagement", "satisfaction"):
                continue  # what a library defines may fit nobody
            assert 3 <= size.members <= 0.8 * size.population, size


def test_every_segment_of_the_shop_is_described() -> None:
    for path in SHOP.rglob("*.seg"):
        for definition in segdsl.syntax.parser.parse(
            segdsl.diagnostics.Source("", path.read_text("utf-8"))
        ).module.definitions:
            if isinstance(definition, tree.Segment | tree.Segmentation | tree.Trait | tree.Param):
                assert definition.head.description, definition.name.text


def test_init_makes_a_catalog_that_works(tmp_path: Path) -> None:
    made = call("init", tmp_path / "deep" / "shop")
    assert made.exit_code == 0, made.output
    assert "segdsl check" in made.output
    folder = tmp_path / "deep" / "shop"
    assert content(folder) == {
        name: data for name, data in content(SHOP).items() if "__pycache__" not in name and ".py" not in name
    }
    for command in (["check"], ["run"], ["model", "check"]):
        done = call("-C", folder, *command)
        assert done.exit_code == 0, done.output


def test_init_never_overwrites(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "orders.csv").write_text("mine")
    before = content(tmp_path)
    refused = call("init", tmp_path)
    assert refused.exit_code == 1
    assert "SEG731" in refused.output
    assert "`data/orders.csv`" in refused.output
    assert content(tmp_path) == before


def test_init_goes_beside_files_of_other_names(tmp_path: Path) -> None:
    (tmp_path / "README.txt").write_text("mine")
    assert call("init", tmp_path, "--name", "my: shop").exit_code == 0
    assert (tmp_path / "README.txt").read_text() == "mine"
    assert segdsl.load(tmp_path).model.name == "my: shop"


def test_a_failing_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from segdsl.cli import replace

    real = replace.replace_file

    def fail_late(path: Path, data: bytes) -> None:
        if path.name == "touches.csv":
            raise OSError(28, "No space left on device")
        real(path, data)

    monkeypatch.setattr(replace, "replace_file", fail_late)
    done = call("init", tmp_path / "x")
    assert done.exit_code == 1
    assert "No space left on device" in done.output
    assert content(tmp_path) == {}


def test_a_target_that_is_a_file_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("mine")
    assert call("init", tmp_path / "x").exit_code == 2
    assert call("init", tmp_path / "y", "--from", tmp_path / "nothing").exit_code == 2
    # a word alone may be a profile, but was more likely meant as a folder
    done = call("init", tmp_path / "y", "--from", "nothing")
    assert (done.exit_code, "there is no file or folder `nothing`, and no profile either" in done.output) == (2, True)


def test_the_examples_of_the_shop_hold() -> None:
    trials = segdsl.load(SHOP).test()
    assert len(trials) >= 10
    assert [trial.example.target.name for trial in trials if not trial.passed] == []


def test_a_catalog_in_a_catalog_is_one_of_its_own(tmp_path: Path) -> None:
    outer, inner = tmp_path / "outer", tmp_path / "outer" / "more" / "inner"
    for folder in (outer, inner):
        assert call("init", folder).exit_code == 0
    for folder in (outer, inner):
        found = call("check", "-C", folder)
        assert found.exit_code == 0, found.output
    # of a folder that is no catalog all files are meant
    assert seg_files(tmp_path) == sorted([*seg_files(outer), *seg_files(inner)])
    for command in (["init", "-q"], ["add", "-A"], ["-c", "user.name=n", "-c", "user.email=e", "commit", "-qm", "x"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    found = call("diff", "HEAD", "-C", outer)
    assert found.exit_code == 0, found.output
