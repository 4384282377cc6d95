"""What the wheel holds, and what it does not."""

from __future__ import annotations

import email
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist of the checkout and the wheel that is built from that sdist."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> dict[str, bytes]:
    """The files of the wheel by their paths."""
    (path,) = built.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}


def of_checkout(folder: str, pattern: str) -> dict[str, bytes]:
    """The files below a folder of the checkout, by their paths in it."""
    top = ROOT / folder
    return {path.relative_to(top).as_posix(): path.read_bytes() for path in top.rglob(pattern) if path.is_file()}


def below(files: Mapping[str, bytes], folder: str) -> dict[str, bytes]:
    return {name.removeprefix(folder): content for name, content in files.items() if name.startswith(folder)}


def test_the_grammar_is_shipped_as_it_is(wheel: dict[str, bytes]) -> None:
    assert wheel["segdsl/syntax/segdsl.lark"] == (ROOT / "grammar" / "segdsl.lark").read_bytes()


def test_every_module_and_library_is_shipped(wheel: dict[str, bytes]) -> None:
    shipped = below(wheel, "segdsl/")
    for pattern in ("*.py", "*.seg", "*.md", "*.j2", "*.css", "*.js"):
        for name, content in of_checkout("segdsl", pattern).items():
            assert shipped[name] == content, name
    assert any(name.startswith("library/") and name.endswith(".seg") for name in shipped)


def test_the_types_are_for_others_too(wheel: dict[str, bytes]) -> None:
    assert "segdsl/py.typed" in wheel


def test_the_catalog_of_the_demo_is_shipped_as_it_is(wheel: dict[str, bytes]) -> None:
    shipped = below(wheel, "segdsl/examples/journey/")
    wanted = {**of_checkout("examples/journey", "*.seg"), **of_checkout("examples/journey", "segdsl.yaml")}
    wanted |= of_checkout("examples/journey", "*.j2")
    assert wanted
    for name, content in wanted.items():
        assert shipped.get(name) == content, name


def test_the_catalog_of_init_is_shipped_as_it_is(wheel: dict[str, bytes]) -> None:
    shipped = below(wheel, "segdsl/examples/shop/")
    assert shipped == of_checkout("examples/shop", "*")
    assert {"segdsl.yaml", "data/orders.csv", "segments/buying.seg"} <= shipped.keys()


def test_nothing_else_is_shipped(wheel: dict[str, bytes]) -> None:
    tops = {name.partition("/")[0].partition("-")[0] for name in wheel}
    assert tops == {"segdsl"}
    endings = {Path(name).suffix for name in wheel if not name.partition("/")[0].endswith(".dist-info")}
    assert endings <= {".py", ".typed", ".lark", ".seg", ".yaml", ".md", ".csv", ".j2", ".css", ".js"}
    assert not [
        name for name in wheel if name.startswith("tests/") or Path(name).name.startswith(("test_", "conftest"))
    ]


def test_the_wheel_says_what_it_is(wheel: dict[str, bytes]) -> None:
    metadata = next(content for name, content in wheel.items() if name.endswith(".dist-info/METADATA"))
    found = email.message_from_bytes(metadata)
    assert found["Name"] == "segdsl"
    assert found["License-Expression"] == "Apache-2.0"
    assert found["Requires-Python"] == ">=3.11"
    assert {"demo", "dev"} <= set(found.get_all("Provides-Extra") or ())
    assert any(name.endswith("/licenses/LICENSE") for name in wheel)
    entry_points = next(content for name, content in wheel.items() if name.endswith("/entry_points.txt"))
    assert b"segdsl = segdsl.cli:main" in entry_points


def test_the_version_is_stated_alike(wheel: dict[str, bytes]) -> None:
    from segdsl import __version__

    metadata = next(content for name, content in wheel.items() if name.endswith(".dist-info/METADATA"))
    assert email.message_from_bytes(metadata)["Version"] == __version__


def test_the_sdist_can_be_tested(built: Path) -> None:
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "grammar/segdsl.lark"} <= names
    for folder in ("tests", "examples", "docs"):
        assert any(name.startswith(f"{folder}/") for name in names), folder
    assert not [name for name in names if "__pycache__" in name or name.startswith((".git/", ".hypothesis/"))]
